/* What `handover inspect` finds out, and how it is shown. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/bar.h"
#include "cli/inspect_parts.h"

enum { JSON_BYTES_MAX = 64 * 1024 * 1024, TYPE_BYTES_MAX = 100, ROWS_PER_MOVE = 1000 };

static void read_columns(const struct scan *scan, struct inspected_table *table)
{
    table->column_count = scan_column_count(scan);
    table->columns = x_alloc_array(table->column_count + 1, sizeof *table->columns);
    for (size_t i = 0; i < table->column_count; i++) {
        struct text type;

        text_init(&type, TYPE_BYTES_MAX);
        scan_column_type(scan, i, &type);
        table->columns[i] = (struct inspected_column){x_strdup(scan_column_name(scan, i)), text_take(&type)};
    }
}

static bool read_rows(struct scan *scan, struct inspected_table *table, struct bar *bar, struct fault *fault)
{
    const struct value *values = NULL;
    int64_t done = 0;

    do {
        if (!scan_next(scan, &values, fault))
            return false;
        done += values != NULL;
        if (done % ROWS_PER_MOVE == 0 && table->table.rows > 0)
            bar_move_bytes(bar, done, table->table.rows);
    } while (values);
    scan_tally_of(scan, &table->tally);
    table->rows = done;
    table->read = true;
    return true;
}

/* Values that no page holds (FILESTREAM, xml) are counted. */
static void find_absent(const struct scan *scan, struct inspected_table *table)
{
    for (size_t i = 0; i < scan_column_count(scan); i++) {
        struct fault fault = {0};

        if (scan_may_read(scan, i, &fault))
            continue;
        table->absent = x_grow_array(table->absent, table->absent_count + 1, sizeof *table->absent);
        table->absent[table->absent_count++] = x_strdup(fault.text);
    }
}

static void read_table(struct inspection *inspection, size_t number, bool all)
{
    struct inspected_table *table = &inspection->tables[number];
    struct bar bar = {.title = "reading rows", .shown = -1};
    scoped(scan_close) struct scan *scan = NULL;
    struct fault fault = {0};

    table->table = source_table_at(inspection->source, number);
    table->rows = table->table.rows;
    if (!source_scan(inspection->source, number, &scan, &fault)) {
        table->trouble = x_strdup(table->table.trouble ? table->table.trouble : fault.text);
        return;
    }
    read_columns(scan, table);
    if ((all || table->rows < 0) && !read_rows(scan, table, &bar, &fault))
        table->trouble = x_strdup(fault.text);
    if (all)
        find_absent(scan, table);
    bar_end(&bar);
}

void inspection_read_tables(struct inspection *inspection, bool all)
{
    inspection->table_count = source_table_count(inspection->source);
    inspection->tables = x_alloc_array(inspection->table_count + 1, sizeof *inspection->tables);
    inspection->checked = all;
    for (size_t i = 0; i < inspection->table_count; i++)
        read_table(inspection, i, all);
}

bool inspection_check(struct inspection *inspection, struct fault *fault)
{
    struct bar bar = {.title = "checking pages", .shown = -1};
    double done = 0;
    bool end = false;
    bool good = true;

    while (good && !end) {
        good = source_check_step(inspection->source, &inspection->facts, &done, &end, fault);
        bar_move(&bar, done);
    }
    bar_end(&bar);
    return good;
}

void inspection_release(struct inspection *inspection)
{
    source_facts_release(&inspection->facts);
    for (size_t i = 0; i < inspection->table_count; i++) {
        struct inspected_table *table = &inspection->tables[i];

        for (size_t k = 0; k < table->column_count; k++) {
            free(table->columns[k].name);
            free(table->columns[k].type);
        }
        for (size_t k = 0; k < table->absent_count; k++)
            free(table->absent[k]);
        free(table->absent);
        free(table->columns);
        free(table->trouble);
    }
    free(inspection->tables);
}

static bool is_complete(const struct inspected_table *table)
{
    return !table->trouble && table->absent_count == 0 &&
           (!table->read ||
            (table->tally.problem_count == 0 && (table->tally.expected < 0 || table->rows == table->tally.expected)));
}

bool inspection_is_readable(const struct inspection *inspection)
{
    for (size_t i = 0; i < inspection->table_count; i++)
        if (inspection->tables[i].trouble)
            return false;
    return true;
}

bool inspection_is_good(const struct inspection *inspection)
{
    for (size_t i = 0; i < inspection->table_count; i++)
        if (!is_complete(&inspection->tables[i]))
            return false;
    return inspection->facts.fault_count == 0;
}

static int name_width(const struct inspection *inspection)
{
    size_t width = sizeof "table" - 1;

    for (size_t i = 0; i < inspection->table_count; i++)
        if (strlen(inspection->tables[i].table.name) > width)
            width = strlen(inspection->tables[i].table.name);
    return (int)width;
}

static void print_verdict(const struct inspected_table *table, FILE *out)
{
    const struct scan_tally *tally = &table->tally;

    if (table->trouble) {
        fprintf(out, "  cannot be read: %s", table->trouble);
        return;
    }
    if (!table->read || tally->expected < 0)
        return;
    if (table->rows != tally->expected)
        fprintf(out, "  its server counted %" PRId64 " rows", tally->expected);
    else if (is_complete(table))
        fputs("  all there", out);
    if (tally->damaged_rows)
        fprintf(out, "  %" PRId64 " damaged rows", tally->damaged_rows);
    if (tally->damaged_pages)
        fprintf(out, "  %" PRId64 " damaged pages", tally->damaged_pages);
    if (tally->missing_pages)
        fprintf(out, "  %" PRId64 " missing pages", tally->missing_pages);
}

static void print_tables(const struct inspection *inspection, FILE *out)
{
    int width = name_width(inspection);

    fprintf(out, "\n%-*s  %12s  %7s\n", width, "Table", "rows", "columns");
    for (size_t i = 0; i < inspection->table_count; i++) {
        const struct inspected_table *table = &inspection->tables[i];

        fprintf(out, "%-*s  ", width, table->table.name);
        if (table->rows < 0)
            fprintf(out, "%12s  %7zu", "?", table->column_count);
        else
            fprintf(out, "%12" PRId64 "  %7zu", table->rows, table->column_count);
        print_verdict(table, out);
        fputc('\n', out);
        for (size_t k = 0; k < table->tally.problem_count && k < SCAN_PROBLEMS_MAX; k++)
            fprintf(out, "    %s\n", table->tally.problems[k]);
        if (table->tally.problem_count > SCAN_PROBLEMS_MAX)
            fprintf(out, "    and %zu more\n", table->tally.problem_count - SCAN_PROBLEMS_MAX);
        for (size_t k = 0; k < table->absent_count; k++)
            fprintf(out, "    %s\n", table->absent[k]);
    }
}

/* Some of the warnings. */
static void print_warnings(const char *title, const struct source_facts *facts, size_t from, size_t to, FILE *out)
{
    if (from < to)
        fprintf(out, "\n%s:\n", title);
    for (size_t i = from; i < to; i++)
        fprintf(out, "  %s\n", facts->warnings[i]);
}

void inspection_print(const struct inspection *inspection, FILE *out)
{
    fprintf(out, "%s\n", inspection->path);
    for (size_t i = 0; i < inspection->facts.count; i++)
        fprintf(out, "  %-26s %s\n", inspection->facts.facts[i].title, inspection->facts.facts[i].text);
    print_tables(inspection, out);
    print_warnings("Wrong", &inspection->facts, 0, inspection->facts.fault_count, out);
    print_warnings("To note", &inspection->facts, inspection->facts.fault_count, inspection->facts.warning_count, out);
    if (inspection->checked)
        fprintf(out, "\n%s\n",
                inspection_is_good(inspection) ? "Everything was read, and nothing is damaged or missing."
                                               : "Not everything is as it should be: see above.");
}

/* Some of the texts. */
static void put_texts(const char *key, char *const *texts, size_t from, size_t to, struct json_writer *writer)
{
    json_key(writer, key);
    json_begin_array(writer);
    for (size_t i = from; i < to; i++)
        json_put_text(writer, texts[i]);
    json_end_array(writer);
}

static void put_facts(const struct source_facts *facts, struct json_writer *writer)
{
    json_key(writer, "facts");
    json_begin_object(writer);
    for (size_t i = 0; i < facts->count; i++) {
        const struct source_fact *fact = &facts->facts[i];

        if (fact->is_number)
            json_member_integer(writer, fact->name, strtoll(fact->text, NULL, 10));
        else if (!fact->in_list)
            json_member_text(writer, fact->name, fact->text);
        if (fact->is_number || !fact->in_list)
            continue;
        json_key(writer, fact->name);
        json_begin_array(writer);
        json_put_text(writer, fact->text);
        for (; i + 1 < facts->count && strcmp(facts->facts[i + 1].name, fact->name) == 0; i++)
            json_put_text(writer, facts->facts[i + 1].text);
        json_end_array(writer);
    }
    json_end_object(writer);
    put_texts("faults", facts->warnings, 0, facts->fault_count, writer);
    put_texts("warnings", facts->warnings, facts->fault_count, facts->warning_count, writer);
}

static void put_tally(const struct scan_tally *tally, struct json_writer *writer)
{
    json_member_integer(writer, "damaged_rows", tally->damaged_rows);
    json_member_integer(writer, "damaged_pages", tally->damaged_pages);
    json_member_integer(writer, "missing_pages", tally->missing_pages);
    json_key(writer, "problems");
    json_begin_array(writer);
    for (size_t i = 0; i < tally->problem_count && i < SCAN_PROBLEMS_MAX; i++)
        json_put_text(writer, tally->problems[i]);
    json_end_array(writer);
}

static void put_table(const struct inspected_table *table, struct json_writer *writer)
{
    json_begin_object(writer);
    json_member_text(writer, "name", table->table.name);
    if (table->rows >= 0)
        json_member_integer(writer, "rows", table->rows);
    if (table->table.rows >= 0)
        json_member_integer(writer, "counted_by_server", table->table.rows);
    json_member_bool(writer, "read", table->read);
    json_member_bool(writer, "complete", is_complete(table));
    if (table->trouble)
        json_member_text(writer, "trouble", table->trouble);
    if (table->read)
        put_tally(&table->tally, writer);
    if (table->absent_count)
        put_texts("absent", table->absent, 0, table->absent_count, writer);
    json_key(writer, "columns");
    json_begin_array(writer);
    for (size_t i = 0; i < table->column_count; i++) {
        json_begin_object(writer);
        json_member_text(writer, "name", table->columns[i].name);
        json_member_text(writer, "type", table->columns[i].type);
        json_end_object(writer);
    }
    json_end_array(writer);
    json_end_object(writer);
}

void inspection_print_json(const struct inspection *inspection, FILE *out)
{
    struct json_writer writer;
    struct text text;

    text_init(&text, JSON_BYTES_MAX);
    json_write_init(&writer, &text);
    json_begin_object(&writer);
    json_member_text(&writer, "source", inspection->path);
    put_facts(&inspection->facts, &writer);
    json_key(&writer, "tables");
    json_begin_array(&writer);
    for (size_t i = 0; i < inspection->table_count; i++)
        put_table(&inspection->tables[i], &writer);
    json_end_array(&writer);
    if (inspection->checked)
        json_member_bool(&writer, "sound", inspection_is_good(inspection));
    json_end_object(&writer);
    fprintf(out, "%s\n", text_string(&text));
    text_release(&text);
}
