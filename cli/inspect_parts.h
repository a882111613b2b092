/* What the files of `handover inspect` share. */
#ifndef CLI_INSPECT_PARTS_H
#define CLI_INSPECT_PARTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/fault.h"
#include "source/source.h"

/* What is known of one table. */
struct inspected_table {
    struct source_table table;
    int64_t rows; /* that the source says, or that were read; -1: not known */
    bool read;    /* all its rows were read */
    struct scan_tally tally;
    char *trouble; /* NULL, or why it could not be read to its end */
    char **absent; /* of columns with values that the source does not hold, a sentence each */
    size_t absent_count;
    struct inspected_column *columns;
    size_t column_count;
};

struct inspected_column {
    char *name;
    char *type;
};

struct inspection {
    const char *path;
    struct source *source;
    struct source_facts facts;
    struct inspected_table *tables;
    size_t table_count;
    bool checked; /* pages and rows were all read */
};

/* Reads the columns of every table, and the rows of those whose source does not count them; with `all` of every one. */
void inspection_read_tables(struct inspection *inspection, bool all);

/* Checks everything that can be without reading rows, with a bar. */
MUST_CHECK bool inspection_check(struct inspection *inspection, struct fault *fault);
void inspection_release(struct inspection *inspection);

/* True when no table is known to be unreadable. */
bool inspection_is_readable(const struct inspection *inspection);

/* True when nothing is damaged, short or unreadable; what is only good to know does not count. */
bool inspection_is_good(const struct inspection *inspection);

void inspection_print(const struct inspection *inspection, FILE *out);
void inspection_print_json(const struct inspection *inspection, FILE *out);

/* The first rows of a table, for people or as JSON. What of them is damaged or missing is said after them, and sets
 * *ret_status. */
MUST_CHECK bool inspect_sample(struct source *source, const char *table, bool as_json, FILE *out, int *ret_status,
                               struct fault *fault);

/* The whole table as CSV (RFC 4180): UTF-8, NULL as an empty field, empty text as "", binary as 0x hex. Columns whose
 * values the source does not hold are left out, with a warning on standard error. */
MUST_CHECK bool inspect_csv(struct source *source, const char *table, FILE *out, struct fault *fault);

#endif
