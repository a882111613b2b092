/*
 * One value of a row of the old system, typed as its source knows it: a CSV file has only text and NULL, a database has
 * numbers, times and bytes as well. Mapping works on text, so every type has one text form.
 */
#ifndef MODEL_VALUE_H
#define MODEL_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum value_type {
    VALUE_NULL,
    VALUE_TEXT, /* UTF-8 */
    VALUE_INTEGER,
    VALUE_DECIMAL, /* exact, as decimal digits in text: money and ids never pass through a double */
    VALUE_BOOL,
    VALUE_TIME,  /* wall clock without a zone */
    VALUE_BYTES, /* `integer` says how many; when they are not at hand `text.data` is NULL: see scan_locate */
};

/* Text, decimals and bytes are borrowed from the scan that gave them, until its next row. */
struct value {
    enum value_type type;
    struct slice text;    /* VALUE_TEXT, VALUE_DECIMAL, VALUE_BYTES */
    int64_t integer;      /* VALUE_INTEGER; VALUE_BOOL as 0 or 1; VALUE_TIME as seconds since 1970 on the wall */
    unsigned nanoseconds; /* VALUE_TIME */
};

struct value value_of_text(struct slice text);

/* Appends the text form: integers in decimal, booleans as 1 and 0, times as "YYYY-MM-DD HH:MM:SS[.mmm]". NULL appends
 * nothing; bytes have no text form and append nothing either. */
void value_put(const struct value *value, struct text *out);

#endif
