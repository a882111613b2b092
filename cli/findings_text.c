/* The findings of a check, for people. */
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/findings.h"

enum { LINES_SHOWN = 10, VALUES_SHOWN = 4, BALANCES_SHOWN = 5, EMPTY_PERCENT = 90, SECTION_MAX = 16 * 1024 * 1024 };

struct section {
    const char *title;
    struct text lines;
    size_t count;
    size_t most; /* lines that are shown */
};

static void section_begin(struct section *section, const char *title, bool all)
{
    *section = (struct section){.title = title, .most = all ? SIZE_MAX : LINES_SHOWN};
    text_init(&section->lines, SECTION_MAX);
}

/* True when the line that comes next is still to be shown. */
static bool section_line(struct section *section)
{
    return section->count++ < section->most;
}

static void section_end(struct section *section, struct text *out)
{
    if (section->count) {
        text_printf(out, "\n%s\n", section->title);
        text_put(out, section->lines.data, section->lines.size);
    }
    if (section->count > section->most)
        text_printf(out, "  … and %zu more (--all shows them)\n", section->count - section->most);
    text_release(&section->lines);
}

static void put_rows(const struct finding *finding, struct text *out)
{
    if (finding->rows == 1 && finding->first_row)
        text_printf(out, "row %" PRIu64, finding->first_row);
    else if (finding->first_row)
        text_printf(out, "%" PRIu64 " rows, first in row %" PRIu64, finding->rows, finding->first_row);
    else
        text_puts(out, "a record of the profile itself");
}

static void put_tally(const struct findings *findings, struct text *out)
{
    for (int entity = 0; entity < ENTITY_COUNT; entity++) {
        if (findings->records[entity] + findings->problems[entity] == 0)
            continue;
        text_printf(out, "%s: %" PRIu64 " records, %" PRIu64 " problems, %" PRIu64 " with warnings\n",
                    entity_facts((enum entity)entity)->plural, findings->records[entity], findings->problems[entity],
                    findings->warnings[entity]);
    }
}

static void put_counts(const struct extraction *extraction, struct text *out)
{
    for (size_t i = 0; i < extraction_count_size(extraction); i++) {
        struct extraction_count count = extraction_count_at(extraction, i);

        if (count.rows)
            text_printf(out, "%s: %" PRIu64 " rows %s%s\n", entity_facts(count.entity)->plural, count.rows,
                        count.repeated ? "" : "left behind: ", count.repeated ? "repeat a record" : count.reason);
    }
}

/* Rows that a mapping looks up for others are not taken, and yet they may go over within them. */
static void put_joiners(const struct findings *findings, const struct table_use *table, struct text *out)
{
    for (size_t i = 0; i < findings->profile->mapping_count; i++) {
        const struct profile_mapping *mapping = &findings->profile->mappings[i];
        bool joins = false;

        for (size_t k = 0; k < mapping->join_count; k++)
            joins |= fnmatch(mapping->joins[k].table, table->name, FNM_CASEFOLD | FNM_NOESCAPE) == 0;
        if (joins)
            text_printf(out, "; %s joins them", mapping->path);
    }
}

static void put_takers(const struct findings *findings, const struct table_use *table, struct text *out)
{
    for (size_t i = 0; i < findings->profile->mapping_count; i++) {
        const struct profile_mapping *mapping = &findings->profile->mappings[i];
        const struct mapping_use *use = &findings->mappings[i];

        if (use->table && strcmp(use->table, table->name) == 0 && (!mapping->distinct || !table->has_plain))
            text_printf(out, "; %s takes %" PRIu64 "%s", mapping->path, use->taken,
                        mapping->when ? " by its \"when\"" : "");
    }
}

static void put_lost(const struct findings *findings, bool all, struct text *out)
{
    struct section section;

    section_begin(&section, "Rows that nothing in the profile takes (say why in \"leave_behind\", or take them):", all);
    for (size_t i = 0; i < findings->table_count; i++) {
        uint64_t lost = findings_lost_rows(&findings->tables[i]);

        if (lost == 0 || !section_line(&section))
            continue;
        text_printf(&section.lines, "  %s: %" PRIu64 " of %" PRIu64 " rows", findings->tables[i].name, lost,
                    findings->tables[i].rows);
        put_takers(findings, &findings->tables[i], &section.lines);
        put_joiners(findings, &findings->tables[i], &section.lines);
        text_putc(&section.lines, '\n');
    }
    section_end(&section, out);
}

static void put_unmapped(const struct findings *findings, bool all, struct text *out)
{
    size_t count = 0;
    struct finding **list = findings_list(findings, FINDING_UNMAPPED, &count);
    struct section section;

    section_begin(&section, "Codes without a mapping:", all);
    for (size_t i = 0; i < count; i++) {
        if (!section_line(&section))
            continue;
        text_printf(&section.lines, "  %s: '%s' has no mapping (", list[i]->where, list[i]->what);
        put_rows(list[i], &section.lines);
        text_printf(&section.lines, "%s)\n", list[i]->keeps_row ? "; they go over without it" : "");
    }
    section_end(&section, out);
    free(list);
}

/* How many findings from list[0] on are about the same column and the same fate. */
static size_t alike(struct finding *const *list, size_t count, uint64_t *ret_rows)
{
    size_t same = 0;

    *ret_rows = 0;
    for (; same < count && strcmp(list[same]->where, list[0]->where) == 0 &&
           strcmp(list[same]->fate, list[0]->fate) == 0 && list[same]->keeps_row == list[0]->keeps_row;
         same++)
        *ret_rows += list[same]->rows;
    return same;
}

static void put_dangling_group(struct finding *const *list, size_t count, uint64_t rows, bool all, struct text *out)
{
    size_t shown = all || count <= VALUES_SHOWN ? count : VALUES_SHOWN;
    const char *noun = list[0]->noun ? list[0]->noun : "key";

    text_printf(out, "  %s: %" PRIu64 " %s %s %s that %s: ", list[0]->where, rows,
                rows == 1 ? "row names" : "rows name", strchr("aeiou", noun[0]) ? "an" : "a", noun, list[0]->fate);
    for (size_t i = 0; i < shown; i++) {
        text_printf(out, "%s'%s' (", i ? ", " : "", list[i]->what);
        put_rows(list[i], out);
        text_putc(out, ')');
    }
    if (shown < count)
        text_printf(out, ", and %zu others", count - shown);
    text_puts(out, list[0]->keeps_row ? "; they go over without it\n" : "\n");
}

static void put_dangling(const struct findings *findings, bool all, struct text *out)
{
    size_t count = 0;
    size_t same = 0;
    struct finding **list = findings_list(findings, FINDING_DANGLING, &count);
    struct section section;

    section_begin(&section, "References to what is not there:", all);
    for (size_t i = 0; i < count; i += same) {
        uint64_t rows = 0;

        same = alike(list + i, count - i, &rows);
        if (section_line(&section))
            put_dangling_group(list + i, same, rows, all, &section.lines);
    }
    section_end(&section, out);
    free(list);
}

static void put_cases(const struct findings *findings, enum finding_kind kind, const char *title, bool all,
                      struct text *out)
{
    size_t count = 0;
    struct finding **list = findings_list(findings, kind, &count);
    struct section section;

    section_begin(&section, title, all);
    for (size_t i = 0; i < count; i++) {
        if (!section_line(&section))
            continue;
        text_printf(&section.lines, "  %s: %s (", list[i]->where, list[i]->what);
        put_rows(list[i], &section.lines);
        text_puts(&section.lines, ")\n");
    }
    section_end(&section, out);
    free(list);
}

static void put_empty(const struct findings *findings, bool all, struct text *out)
{
    struct section section;

    section_begin(&section, all ? "Empty values:" : "Columns that are read and hardly ever filled in:", all);
    for (size_t i = 0; i < findings->profile->mapping_count; i++) {
        const struct profile_mapping *mapping = &findings->profile->mappings[i];
        const struct mapping_use *use = &findings->mappings[i];

        for (size_t k = 0; k < mapping->column_count && use->taken; k++) {
            uint64_t percent = use->empty[k] * 100 / use->taken;

            if (mapping->columns[k].join != PROFILE_ROW || use->empty[k] == 0 || (!all && percent < EMPTY_PERCENT) ||
                !section_line(&section))
                continue;
            text_printf(&section.lines, "  %s.%s: empty in %" PRIu64 " of %" PRIu64 " rows (%" PRIu64 " %%), %s\n",
                        use->table, mapping->columns[k].name, use->empty[k], use->taken, percent, mapping->path);
        }
    }
    section_end(&section, out);
}

static void put_left_entry(const struct left_entry *entry, struct text *out)
{
    if (entry->table && (!entry->present || entry->rows == 0))
        return;
    text_printf(out, "  %s", entry->what);
    if (entry->table)
        text_printf(out, ": %" PRIu64 " rows of %s", entry->rows, entry->table);
    else if (entry->balances)
        text_printf(out, ": %" PRIu64, entry->rows);
    if (entry->unread)
        text_printf(out, ", %" PRIu64 " of them without a patient or an amount that can be read", entry->unread);
    text_printf(out, "%s%s\n", entry->advice ? ". " : "", entry->advice ? entry->advice : "");
}

static void put_left_behind(const struct left_behind *left, bool all, struct text *out)
{
    struct section section;

    section_begin(&section, "Left behind as a whole:", true);
    for (size_t i = 0; i < left_behind_size(left); i++) {
        struct left_entry entry = left_behind_at(left, i);
        size_t before = section.lines.size;

        put_left_entry(&entry, &section.lines);
        section.count += section.lines.size > before;
    }
    section_end(&section, out);
    section_begin(&section, "First balances:", all);
    section.most = all ? SIZE_MAX : BALANCES_SHOWN;
    for (size_t i = 0; i < left_behind_balance_size(left); i++) {
        struct left_balance balance = left_behind_balance_at(left, i);

        if (section_line(&section))
            text_printf(&section.lines, "  %s %s\n", balance.source_key, balance.amount);
    }
    section_end(&section, out);
}

/* Lines that were made before, cut like the others. */
static void put_lines(const char *title, const struct text *lines, bool all, struct text *out)
{
    struct section section;

    section_begin(&section, title, all);
    for (const char *at = text_string(lines); *at;) {
        size_t size = strcspn(at, "\n");

        if (section_line(&section))
            text_printf(&section.lines, "  %.*s\n", (int)size, at);
        at += size + (at[size] == '\n');
    }
    section_end(&section, out);
}

void findings_put_text(const struct findings *findings, const struct extraction *extraction, bool all, struct text *out)
{
    put_tally(findings, out);
    put_counts(extraction, out);
    put_lost(findings, all, out);
    put_unmapped(findings, all, out);
    put_dangling(findings, all, out);
    put_cases(findings, FINDING_PROBLEM, "Other problems:", all, out);
    put_cases(findings, FINDING_WARNING, "Warnings (these records go over):", all, out);
    put_empty(findings, all, out);
    if (findings->uncounted)
        text_printf(out, "\n%" PRIu64 " further refusals and warnings differ from all of these and are not listed.\n",
                    findings->uncounted);
    put_lines("Left behind and named:", &findings->left, all, out);
    put_left_behind(extraction_left_behind(extraction), all, out);
    put_lines("Not read by the profile:", &findings->coverage, true, out);
}

void findings_put_misfits(const struct findings *findings, struct text *out)
{
    text_puts(out, "The source does not have:\n");
    for (size_t i = 0; i < findings->fit.count; i++) {
        const struct misfit *misfit = &findings->fit.misfits[i];

        text_printf(out, "  %s%s%s: %s (read by %s)\n", misfit->table, misfit->column ? "." : "",
                    misfit->column ? misfit->column : "", misfit->why, misfit->needed);
    }
}
