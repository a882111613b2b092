/*
 * One row of a table in a sample database: values in the order of its columns, and the record that holds them.
 */
#ifndef SANDBOX_CLINIC_BAK_ROW_H
#define SANDBOX_CLINIC_BAK_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sandbox/clinic/bak_layout.h"
#include "sandbox/clinic/bak_page.h"

/* Types of records (bits 1 to 3 of their first byte). */
enum mdf_record { MDF_RECORD_PRIMARY = 0, MDF_RECORD_FORWARDED = 1, MDF_RECORD_GHOST = 6 };

struct mdf_variable {
    uint8_t *data;
    size_t size;
    size_t room;
    bool elsewhere; /* the data are a pointer or a root */
};

struct mdf_row {
    const struct mdf_layout *layout; /* borrowed */
    size_t next;                     /* column of the next value */
    bool is_null[MDF_COLUMNS_MAX];
    bool before_added; /* written before the last column was added */
    uint8_t fixed[MDF_PAGE_SIZE];
    struct mdf_variable variable[MDF_COLUMNS_MAX];
};

void mdf_row_init(struct mdf_row *row, const struct mdf_layout *layout);
void mdf_row_release(struct mdf_row *row);
void mdf_row_begin(struct mdf_row *row);

/* The column whose value is next. */
const struct mdf_column *mdf_row_column(const struct mdf_row *row);

/* Values, one for each column that is in the table's list. */
void mdf_row_null(struct mdf_row *row);
void mdf_row_integer(struct mdf_row *row, int64_t value);
void mdf_row_decimal(struct mdf_row *row, int64_t hundredths);
void mdf_row_date(struct mdf_row *row, int64_t days);                        /* since 1970-01-01 */
void mdf_row_moment(struct mdf_row *row, int64_t minutes, int milliseconds); /* since 1970-01-01 00:00 */
void mdf_row_text(struct mdf_row *row, const char *utf8);
void mdf_row_bytes(struct mdf_row *row, const void *data, size_t size);
void mdf_row_elsewhere(struct mdf_row *row, const void *root, size_t size);

/* Replaces what stands in a variable column by the root of what now stands elsewhere. */
void mdf_row_move_out(struct mdf_row *row, size_t column, const void *root, size_t size);

/* A row of a key that others have too. */
void mdf_row_set_uniquifier(struct mdf_row *row, uint32_t number);

size_t mdf_row_size(const struct mdf_row *row, enum mdf_record type);

/* `back` is the stub of a forwarded row, 10 bytes with its tag; else NULL. Gives the size. */
size_t mdf_row_encode(const struct mdf_row *row, enum mdf_record type, const uint8_t *back,
                      uint8_t record[MDF_PAGE_SIZE]);

/* UTF-8 to what the column keeps: UTF-16, or code page 1252. Appends to the buffer. */
void mdf_text_convert(const struct mdf_column *column, const char *utf8, struct mdf_variable *out);

#endif
