#include "source/coverage.h"

#include <fnmatch.h>
#include <stdlib.h>

#include "base/memory.h"

static bool fits(const char *pattern, const char *table)
{
    return pattern && fnmatch(pattern, table, FNM_CASEFOLD | FNM_NOESCAPE) == 0;
}

/* Columns that the scan does not have are another check's business. */
static void mark(const struct scan *scan, const char *column, bool *read)
{
    struct fault ignored = {0};
    size_t place = 0;

    if (column && scan_find_column(scan, column, &place, &ignored))
        read[place] = true;
}

/* What stays behind as a whole is known of, whatever its columns; of a table that tells the version
 * the columns that tell it. */
static bool mark_tables(const struct profile *profile, const char *table, const struct scan *scan, bool *read)
{
    bool uses = false;

    for (size_t i = 0; i < profile->left_count; i++) {
        if (!fits(profile->left[i].reading.table, table) || profile->left[i].reading.only_if)
            continue;
        uses = true;
        for (size_t k = 0; k < scan_column_count(scan); k++)
            read[k] = true;
    }
    for (size_t i = 0; i < profile->mark_count; i++) {
        if (!fits(profile->marks[i].reading.table, table))
            continue;
        uses |= profile->marks[i].row != NULL;
        for (size_t k = 0; k < profile->marks[i].reading.column_count; k++)
            mark(scan, profile->marks[i].reading.columns[k].name, read);
    }
    return uses;
}

/* Marks what the mapping reads of the table; true when it reads any of it. */
static bool mark_mapping(const struct profile_mapping *mapping, const char *table, const struct scan *scan, bool *read)
{
    bool uses = fits(mapping->table, table);

    for (size_t i = 0; i < mapping->join_count; i++) {
        if (!fits(mapping->joins[i].table, table))
            continue;
        uses = true;
        mark(scan, mapping->joins[i].key, read);
        mark(scan, mapping->joins[i].follow, read);
    }
    for (size_t i = 0; i < mapping->column_count; i++) {
        size_t join = mapping->columns[i].join;

        if (fits(join == PROFILE_ROW ? mapping->table : mapping->joins[join].table, table))
            mark(scan, mapping->columns[i].name, read);
    }
    return uses;
}

static void describe_table(const struct profile *profile, const char *table, const struct scan *scan, struct text *out)
{
    size_t count = scan_column_count(scan);
    bool *read = x_alloc_array(count, sizeof *read);
    bool uses = mark_tables(profile, table, scan, read);
    size_t left = 0;

    for (size_t i = 0; i < profile->mapping_count; i++)
        uses |= mark_mapping(&profile->mappings[i], table, scan, read);
    if (!uses)
        text_printf(out, "table %s is not read\n", table);
    for (size_t i = 0; uses && i < count; i++)
        if (!read[i])
            text_printf(out, "%s%s", left++ ? ", " : "", scan_column_name(scan, i));
    if (left)
        text_printf(out, ": not read of table %s\n", table);
    free(read);
}

bool coverage_describe(struct source *source, const struct profile *profile, struct text *out, struct fault *fault)
{
    for (size_t i = 0; i < source_table_count(source); i++) {
        scoped(scan_close) struct scan *scan = NULL;
        struct fault why = {0};

        if (source_scan(source, i, &scan, &why))
            describe_table(profile, source_table_name(source, i), scan, out);
        else if (why.kind == FAULT_BAD_INPUT)
            text_printf(out, "table %s is not read, and cannot be: %s\n", source_table_name(source, i), why.text);
        else {
            *fault = why;
            return false;
        }
    }
    return true;
}
