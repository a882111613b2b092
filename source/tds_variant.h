/*
 * Values of sql_variant columns of a live database, exactly as the reader of backups gives them. The server says what a
 * value holds; numbers and texts travel in a form that loses nothing.
 */
#ifndef SOURCE_TDS_VARIANT_H
#define SOURCE_TDS_VARIANT_H

#include <stdbool.h>

#include "base/text.h"
#include "model/value.h"
#include "source/bak/scalar.h"
#include "source/tds_link.h"

enum { TDS_VARIANT_CELLS = 3 };

/* Appends three columns for the list of a SELECT: the name of the type that the value holds, the code page of its text,
 * and its bytes. */
void tds_variant_put_selected(const char *column_name, struct text *out);

/* Reads a value that is not NULL from those. Texts are written to `out`, which is empty; bytes stay borrowed from the
 * cell. False with a phrase when the server sent something else. */
MUST_CHECK bool tds_variant_read(struct bak_scalars *scalars, const struct tds_cell cells[TDS_VARIANT_CELLS],
                                 struct text *out, struct value *ret, const char **ret_why);

#endif
