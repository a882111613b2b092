/*
 * Rows of comma-separated values (RFC 4180, and what programs really write) from UTF-8 text, pulled row by row. Lenient
 * only where there is one reading: any line ends, newlines and doubled quotes within quotes, quotes within an unquoted
 * field as they stand, blanks after a closing quote, blank lines. All else is a fault with row and line.
 */
#ifndef SOURCE_CSV_H
#define SOURCE_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/text.h"
#include "model/value.h"

enum {
    CSV_FIELD_BYTES_MAX = 16 * 1024 * 1024,
    CSV_ROW_BYTES_MAX = 64 * 1024 * 1024,
    CSV_COLUMNS_MAX = 2000,
};

struct csv;

/* Gives the next stretch of text, borrowed until it is asked again; an empty one is the end. */
typedef bool (*csv_fill_fn)(void *context, struct slice *ret, struct fault *fault);

struct csv *csv_new(char separator, csv_fill_fn fill, void *context);
void csv_destroy(struct csv **csv);

/* The fields of the next row, borrowed until the next call: NULL for an empty field without quotes, else text. At the
 * end *ret is NULL. */
MUST_CHECK bool csv_next(struct csv *csv, const struct value **ret, size_t *ret_count, struct fault *fault);

/* The row given last, the first of the file being 1 (blank lines do not count), and the line it began on. */
uint64_t csv_row(const struct csv *csv);
uint64_t csv_line(const struct csv *csv);

/* The separator among , ; tab | that the beginning of a file speaks for: the one by which most rows have as many fields
 * as the first, and more than one. A comma when nothing speaks for any. */
char csv_detect_separator(struct slice beginning);

#endif
