/*
 * The old system, whatever it is: tables with named columns, read row by row in constant memory. CSV exports stand
 * behind it today (a folder, one file, .csv.gz, .zip); a database backup or a live server fits the same calls.
 */
#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "model/value.h"

struct source;
struct scan;

/* What a profile may say about reading; zero means "find out". */
struct source_options {
    const char *encoding; /* of text files, any name that ICU knows; NULL: detect */
    char separator;       /* of text files; '\0': detect */
};

/* Opens a source read-only and lists its tables. The path is a folder of *.csv files, or one .csv, .txt, .tsv, .csv.gz
 * or .zip file. Faults with FAULT_BAD_INPUT when there is nothing to read, a zip is damaged, password-protected or
 * absurdly large, or the file is of a known other kind (a workbook, a database backup). */
MUST_CHECK bool source_open(const char *path, const struct source_options *options, struct source **ret,
                            struct fault *fault);
void source_close(struct source **source);

/* Tables in name order. A CSV table is named after its file, without the ending. Borrowed from the source. */
size_t source_table_count(const struct source *source);
const char *source_table_name(const struct source *source, size_t table);

/* Where the table's rows stand, for messages: a CSV table's file name. */
const char *source_table_origin(const struct source *source, size_t table);

/* Finds the one table that fits a name, ignoring case; the name may hold the wildcards * and ?. Faults when none or
 * more than one fits, and lists what there is. */
MUST_CHECK bool source_find_table(const struct source *source, const char *name, size_t *ret, struct fault *fault);

/* Starts a pass over a table; several may be open at once. The scan borrows the source. */
MUST_CHECK bool source_scan(struct source *source, size_t table, struct scan **ret, struct fault *fault);
void scan_close(struct scan **scan);

/* Column names with white space collapsed to single blanks. A repeated name is told apart by "#2", "#3"; a nameless
 * column is called "#" and its number. */
size_t scan_column_count(const struct scan *scan);
const char *scan_column_name(const struct scan *scan, size_t column);

/* Finds a column by its name, exactly or else ignoring ASCII case. A name that the header holds twice is refused unless
 * it says which one ("name#1", "name#2"). The fault names the table's origin and lists the columns there are. */
MUST_CHECK bool scan_find_column(const struct scan *scan, const char *name, size_t *ret, struct fault *fault);

/* The next row: as many values as there are columns, borrowed until the next call; NULL at the end. */
MUST_CHECK bool scan_next(struct scan *scan, const struct value **ret, struct fault *fault);

/* Number of the row that scan_next gave last, as people count: in a CSV file the header is row 1. */
uint64_t scan_row(const struct scan *scan);

/* Describes the value in a column of the current row so that it can be read later, by any process that has the source:
 * appends a locator (printable ASCII, at most 500 bytes) and gives its size in bytes. A cell of a CSV export holds the
 * path of a file beside it, relative to the export's folder; text may stand in the cell itself. *ret_found is false
 * when the value has no locator: its text is then all there is. FAULT_BAD_INPUT when it names a file that is missing,
 * cannot be read or stands outside the folder. */
MUST_CHECK bool scan_locate(const struct scan *scan, size_t column, struct text *locator, int64_t *ret_size_bytes,
                            bool *ret_found, struct fault *fault);

/* A large value, read from its beginning to its end in pieces, in constant memory. */
struct blob;

/* FAULT_BAD_INPUT when the locator is not of this source, or what it names is gone or has another size by now. */
MUST_CHECK bool source_open_blob(struct source *source, const char *locator, struct blob **ret, struct fault *fault);
void blob_close(struct blob **blob);
int64_t blob_size(const struct blob *blob);

/* Reads up to `size` bytes; *ret_size is 0 at the end. */
MUST_CHECK bool blob_read(struct blob *blob, void *buffer, size_t size, size_t *ret_size, struct fault *fault);

/* How a text file is read, for people: "UTF-8 with byte order mark, separated by ;". */
const char *scan_format(const struct scan *scan);

#endif
