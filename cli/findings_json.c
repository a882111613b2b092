/* The findings of a check, for programs: the members of one object. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/findings.h"

static void begin_list(struct json_writer *writer, const char *name)
{
    json_key(writer, name);
    json_begin_array(writer);
}

static void put_count(struct json_writer *writer, const char *name, uint64_t count)
{
    json_member_integer(writer, name, (int64_t)count);
}

static void put_misfits(const struct findings *findings, struct json_writer *writer)
{
    begin_list(writer, "missing");
    for (size_t i = 0; i < findings->fit.count; i++) {
        const struct misfit *misfit = &findings->fit.misfits[i];

        json_begin_object(writer);
        json_member_text(writer, "table", misfit->table);
        json_member_text(writer, "column", misfit->column);
        json_member_text(writer, "read_by", misfit->needed);
        json_member_text(writer, "why", misfit->why);
        json_end_object(writer);
    }
    json_end_array(writer);
}

static void put_entities(const struct findings *findings, struct json_writer *writer)
{
    begin_list(writer, "entities");
    for (int entity = 0; entity < ENTITY_COUNT; entity++) {
        if (findings->records[entity] + findings->problems[entity] == 0)
            continue;
        json_begin_object(writer);
        json_member_text(writer, "entity", entity_facts((enum entity)entity)->name);
        put_count(writer, "records", findings->records[entity]);
        put_count(writer, "problems", findings->problems[entity]);
        put_count(writer, "warnings", findings->warnings[entity]);
        json_end_object(writer);
    }
    json_end_array(writer);
}

static void put_counts(const struct extraction *extraction, struct json_writer *writer)
{
    begin_list(writer, "left_behind");
    for (size_t i = 0; extraction && i < extraction_count_size(extraction); i++) {
        struct extraction_count count = extraction_count_at(extraction, i);

        if (count.rows == 0)
            continue;
        json_begin_object(writer);
        json_member_text(writer, "entity", entity_facts(count.entity)->name);
        json_member_text(writer, "reason", count.reason);
        json_member_bool(writer, "repeats_a_record", count.repeated);
        put_count(writer, "rows", count.rows);
        json_end_object(writer);
    }
    json_end_array(writer);
}

static void put_whole(const struct extraction *extraction, struct json_writer *writer)
{
    const struct left_behind *left = extraction ? extraction_left_behind(extraction) : NULL;

    begin_list(writer, "left_behind_as_a_whole");
    for (size_t i = 0; left && i < left_behind_size(left); i++) {
        struct left_entry entry = left_behind_at(left, i);

        if (entry.table && !entry.present)
            continue;
        json_begin_object(writer);
        json_member_text(writer, "what", entry.what);
        json_member_text(writer, "table", entry.table);
        put_count(writer, "rows", entry.rows);
        put_count(writer, "unread", entry.unread);
        json_member_text(writer, "advice", entry.advice);
        json_end_object(writer);
    }
    json_end_array(writer);
    begin_list(writer, "balances");
    for (size_t i = 0; left && i < left_behind_balance_size(left); i++) {
        struct left_balance balance = left_behind_balance_at(left, i);

        json_begin_object(writer);
        json_member_text(writer, "patient", balance.source_key);
        json_member_text(writer, "amount", balance.amount);
        json_end_object(writer);
    }
    json_end_array(writer);
}

static void put_tables(const struct findings *findings, struct json_writer *writer)
{
    begin_list(writer, "tables");
    for (size_t i = 0; i < findings->table_count; i++) {
        const struct table_use *table = &findings->tables[i];

        if (table->rows == 0)
            continue;
        json_begin_object(writer);
        json_member_text(writer, "table", table->name);
        put_count(writer, "rows", table->rows);
        put_count(writer, "not_taken", findings_lost_rows(table));
        json_end_object(writer);
    }
    json_end_array(writer);
}

static void put_columns(const struct profile_mapping *mapping, const struct mapping_use *use,
                        struct json_writer *writer)
{
    begin_list(writer, "columns");
    for (size_t k = 0; k < mapping->column_count; k++) {
        if (mapping->columns[k].join != PROFILE_ROW)
            continue;
        json_begin_object(writer);
        json_member_text(writer, "column", mapping->columns[k].name);
        put_count(writer, "empty", use->empty[k]);
        json_end_object(writer);
    }
    json_end_array(writer);
}

static void put_mappings(const struct findings *findings, struct json_writer *writer)
{
    begin_list(writer, "mappings");
    for (size_t i = 0; i < findings->profile->mapping_count; i++) {
        const struct profile_mapping *mapping = &findings->profile->mappings[i];
        const struct mapping_use *use = &findings->mappings[i];

        if (!use->table)
            continue;
        json_begin_object(writer);
        json_member_text(writer, "mapping", mapping->path);
        json_member_text(writer, "table", use->table);
        put_count(writer, "rows", use->rows);
        put_count(writer, "taken", use->taken);
        put_columns(mapping, use, writer);
        json_end_object(writer);
    }
    json_end_array(writer);
}

static void put_cases(const struct findings *findings, enum finding_kind kind, const char *name,
                      struct json_writer *writer)
{
    size_t count = 0;
    struct finding **list = findings_list(findings, kind, &count);

    begin_list(writer, name);
    for (size_t i = 0; i < count; i++) {
        json_begin_object(writer);
        json_member_text(writer, "where", list[i]->where);
        json_member_text(writer, kind == FINDING_PROBLEM || kind == FINDING_WARNING ? "text" : "value", list[i]->what);
        if (list[i]->noun)
            json_member_text(writer, "names", list[i]->noun);
        if (list[i]->fate)
            json_member_text(writer, "fate", list[i]->fate);
        put_count(writer, "rows", list[i]->rows);
        put_count(writer, "first_row", list[i]->first_row);
        json_member_bool(writer, "goes_over", list[i]->keeps_row);
        json_end_object(writer);
    }
    json_end_array(writer);
    free(list);
}

static void put_lines(const struct text *lines, const char *name, struct json_writer *writer)
{
    begin_list(writer, name);
    for (const char *at = text_string(lines); *at;) {
        size_t size = strcspn(at, "\n");

        json_put_slice(writer, (struct slice){at, size});
        at += size + (at[size] == '\n');
    }
    json_end_array(writer);
}

void findings_put_json(const struct findings *findings, const struct extraction *extraction, struct json_writer *writer)
{
    put_misfits(findings, writer);
    put_entities(findings, writer);
    put_counts(extraction, writer);
    put_whole(extraction, writer);
    put_tables(findings, writer);
    put_mappings(findings, writer);
    put_cases(findings, FINDING_UNMAPPED, "unmapped", writer);
    put_cases(findings, FINDING_DANGLING, "dangling", writer);
    put_cases(findings, FINDING_PROBLEM, "problems", writer);
    put_cases(findings, FINDING_WARNING, "warnings", writer);
    put_count(writer, "not_listed", findings->uncounted);
    put_lines(&findings->left, "left_behind_and_named", writer);
    put_lines(&findings->coverage, "not_read", writer);
}
