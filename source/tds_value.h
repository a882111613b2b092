/*
 * Values of a live database exactly as those of its backup: each is brought to the form in which pages hold it and read
 * by the same code. Texts travel as the bytes of their code page, so that FreeTDS converts none of them.
 */
#ifndef SOURCE_TDS_VALUE_H
#define SOURCE_TDS_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/text.h"
#include "model/value.h"
#include "source/bak/scalar.h"
#include "source/tds_catalogue.h"
#include "source/tds_link.h"

/* How a column is asked for. */
enum tds_form {
    TDS_PLAIN,       /* as it is */
    TDS_TEXT,        /* as bytes of its code page */
    TDS_LARGE_TEXT,  /* two columns: size in bytes as the server keeps it, and the bytes when they are not too many */
    TDS_LARGE_BYTES, /* size only */
    TDS_VARIANT,     /* three columns, see tds_variant.h */
};

enum tds_form tds_form_of(const struct tds_column *column);

/* Texts up to this size, as the server keeps them, are read with their row. */
enum { TDS_TEXT_BYTES_MAX = 16 * 1024 * 1024 };

/* Appends what stands in the list of a SELECT; and how many columns that is there, at most TDS_CELLS_MAX. */
void tds_put_selected(const struct tds_column *column, struct text *out);
size_t tds_selected_columns(const struct tds_column *column);

enum { TDS_CELLS_MAX = 3 };

/* True for what db-lib gives as bytes. A cell of a whole number as that; 0 for NULL. */
bool tds_cell_is_bytes(const struct tds_cell *cell);
int64_t tds_cell_integer(const struct tds_cell *cell);

/* Appends an expression for the size in bytes that the server keeps a value in. */
void tds_put_measured(const struct tds_column *column, struct text *out);

/* Appends an expression that is a value as bytes. Text and ntext are not cast to bytes at once, and SUBSTRING takes no
 * more than 8,000 bytes of an image: those go by way of the types that took their place. */
void tds_put_bytes(const struct tds_column *column, struct text *out);

/* Appends a name in brackets. */
void tds_put_name(const char *name, struct text *out);

/* In which the bytes of a column's texts come. */
unsigned tds_code_page(const struct tds_column *column);

/* Reads a value; `cells` are those of tds_put_selected. Texts are written to `out`, bytes stay borrowed from the cell.
 * A large value that was not sent is VALUE_BYTES without text and its size in `integer`. *ret_size is the server's own
 * size of a large value. False with a phrase when the server sent what is no value of the type. */
MUST_CHECK bool tds_value_read(struct bak_scalars *scalars, const struct tds_column *column,
                               const struct tds_cell *cells, struct text *out, struct value *ret, int64_t *ret_size,
                               const char **ret_why);

/* Appends a literal for a statement; `text` is the value's text form. False when it is none of the column's type. */
MUST_CHECK bool tds_put_literal(const struct tds_column *column, struct slice text, struct text *out);

#endif
