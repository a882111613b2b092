/*
 * One table of the sample clinic as a CSV file: RFC 4180, CRLF, UTF-8, the column names first. NULL is a field with
 * nothing in it, an empty text is "". Every cell names its column, and a cell in the wrong place ends the program.
 */
#ifndef SANDBOX_CLINIC_SHEET_H
#define SANDBOX_CLINIC_SHEET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"

struct sheet;

/* Creates folder/name.csv. `columns` is NULL-terminated and borrowed. */
MUST_CHECK bool sheet_create(const char *folder, const char *name, const char *const *columns, struct sheet **ret,
                             struct fault *fault);

/* Cells in the order of the columns; the last one of a row ends it. NULL writes NULL. */
void sheet_text(struct sheet *sheet, const char *column, const char *text);
void sheet_integer(struct sheet *sheet, const char *column, int64_t value);
void sheet_key(struct sheet *sheet, const char *column, int64_t key); /* 0 writes NULL */
void sheet_bit(struct sheet *sheet, const char *column, bool value);
void sheet_date(struct sheet *sheet, const char *column, int64_t days);      /* YYYY-MM-DD; DAY_NONE writes NULL */
void sheet_moment(struct sheet *sheet, const char *column, int64_t minutes); /* wall clock; MOMENT_NONE writes NULL */

#define DAY_NONE    INT64_MIN
#define MOMENT_NONE INT64_MIN

/* Wall-clock time as minutes since 1970-01-01 00:00, without a zone. */
int64_t moment_of(int64_t days, int64_t minute_of_day);

/* Flushes and closes; a full disk shows here at the latest. */
MUST_CHECK bool sheet_finish(struct sheet **sheet, struct fault *fault);

/* For a sheet that is given up: closes it without a word. */
void sheet_destroy(struct sheet **sheet);

#endif
