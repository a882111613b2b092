/* Values of the stand-in SQL Server: kept as an export writes them, and encoded by their type for the wire (MS-TDS
 * 2.2.5.5, 2.2.7.19). */
#ifndef SANDBOX_TDS_DATUM_H
#define SANDBOX_TDS_DATUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/text.h"
#include "sandbox/tds_type.h"

enum tds_datum_kind {
    TDS_NULL,
    TDS_NUMBER, /* an integer */
    TDS_TEXT,   /* UTF-8; dates, decimals and GUIDs too, as SQL Server writes them */
    TDS_BYTES,
    TDS_FILE, /* bytes that stand in a file */
};

/* Borrowed from wherever it came. */
struct tds_datum {
    enum tds_datum_kind kind;
    int64_t number;
    struct slice bytes; /* TDS_FILE: its path, ended by a NUL */
    int64_t from;       /* TDS_FILE: the part of it that is meant */
    int64_t size;
};

struct tds_datum tds_number(int64_t number);
struct tds_datum tds_text(struct slice text);

/* Appends the bytes in which a text stands in its type: UTF-16LE or Windows-1252, '?' for what that does not have. */
void tds_put_encoded(struct slice text, bool wide, struct text *out);

/* The same for a value of that type: char and nchar are filled up with blanks. */
void tds_put_stored(struct slice text, const struct tds_type *type, struct text *out);

/* Appends a value as a row of that type holds it. FAULT_BAD_INPUT when it is none of the type, or a file cannot be
 * read. */
MUST_CHECK bool tds_datum_put(const struct tds_datum *datum, const struct tds_type *type, struct text *out,
                              struct fault *fault);

/* Appends the bytes of a value of bytes, at most `most`. */
MUST_CHECK bool tds_datum_put_bytes(const struct tds_datum *datum, int64_t most, struct text *out, struct fault *fault);

/* What DATALENGTH says of a value that is not NULL. */
int64_t tds_datum_size(const struct tds_datum *datum, const struct tds_type *type);

#endif
