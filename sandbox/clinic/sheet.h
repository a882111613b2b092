/*
 * One table of the sample clinic, cell by cell; who writes rows does not know what becomes of them. Here it is a CSV
 * file: RFC 4180, CRLF, UTF-8, the column names first; NULL is a field with nothing in it, an empty text is ""; bytes
 * are files beside it, and their cells hold the path. Every cell names its column, and a cell in the wrong place ends
 * the program. Rows can be sent elsewhere, see sheet_redirect.
 */
#ifndef SANDBOX_CLINIC_SHEET_H
#define SANDBOX_CLINIC_SHEET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/text.h"
#include "sandbox/clinic/tables.h"

struct sheet;

/* Takes rows instead of CSV files. `to` is what create gave for the table; NULL there keeps the CSV file. Cells come in
 * the order of the columns, between begin_row and end_row. */
struct sheet_sink {
    bool (*create)(void *context, const struct table *table, void **ret, struct fault *fault);
    void (*begin_row)(void *to);
    void (*null)(void *to);
    void (*text)(void *to, const char *text);
    void (*integer)(void *to, int64_t value);
    void (*date)(void *to, int64_t days);
    void (*moment)(void *to, int64_t minutes, int milliseconds);
    void (*decimal)(void *to, int64_t hundredths);
    void (*bytes)(void *to, struct slice bytes);
    void (*stream)(void *to, int64_t size, void (*fill)(void *context, unsigned char *buffer, size_t size),
                   void *context);
    void (*end_row)(void *to);
    bool (*finish)(void *to, struct fault *fault);
    void (*destroy)(void *to);
};

/* Sends the rows of sheets that are created from now on to the sink; NULL: to files again. For the whole program. */
void sheet_redirect(const struct sheet_sink *sink, void *context);

/* Creates folder/<table>.csv. Both are borrowed. */
MUST_CHECK bool sheet_create(const char *folder, const struct table *table, struct sheet **ret, struct fault *fault);

/* Cells in the order of the columns; the last one of a row ends it. NULL writes NULL. */
void sheet_text(struct sheet *sheet, const char *column, const char *text);
void sheet_integer(struct sheet *sheet, const char *column, int64_t value);
void sheet_key(struct sheet *sheet, const char *column, int64_t key); /* 0 writes NULL */
void sheet_bit(struct sheet *sheet, const char *column, bool value);
void sheet_date(struct sheet *sheet, const char *column, int64_t days);      /* YYYY-MM-DD; DAY_NONE writes NULL */
void sheet_moment(struct sheet *sheet, const char *column, int64_t minutes); /* wall clock; MOMENT_NONE writes NULL */

/* As sheet_moment and so many milliseconds, less than a minute either way: datetime keeps ticks of 1/300 second, so
 * that 10:00 may stand there as 09:59:59.997. */
void sheet_ticks(struct sheet *sheet, const char *column, int64_t minutes, int milliseconds);

/* Hundredths: money with four decimals, decimal with two. DECIMAL_NONE writes NULL. */
void sheet_decimal(struct sheet *sheet, const char *column, int64_t hundredths);

/* The current row's bytes: binary values, or text that is none. `name` is a file name, unique in its table; NULL writes
 * NULL. A file that cannot be written shows in sheet_finish. */
void sheet_bytes(struct sheet *sheet, const char *column, const char *name, struct slice bytes);

/* The same for bytes that no memory holds: `fill` gives the next ones, `size` in all. */
void sheet_stream(struct sheet *sheet, const char *column, const char *name, int64_t size,
                  void (*fill)(void *context, unsigned char *buffer, size_t size), void *context);

#define DAY_NONE     INT64_MIN
#define MOMENT_NONE  INT64_MIN
#define DECIMAL_NONE INT64_MIN

/* Wall-clock time as minutes since 1970-01-01 00:00, without a zone. */
int64_t moment_of(int64_t days, int64_t minute_of_day);

/* Flushes and closes; a full disk shows here at the latest. */
MUST_CHECK bool sheet_finish(struct sheet **sheet, struct fault *fault);

/* For a sheet that is given up: closes it without a word. */
void sheet_destroy(struct sheet **sheet);

#endif
