/*
 * Values of single columns from the bytes in which rows hold them. Format, section 9.
 */
#ifndef SOURCE_BAK_SCALAR_H
#define SOURCE_BAK_SCALAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "model/value.h"
#include "source/bak/catalogue.h"
#include "source/bak/collation.h"

/* What kind of value a type holds, for readers of large ones. */
enum bak_nature {
    BAK_NATURE_PLAIN, /* of fixed size */
    BAK_NATURE_TEXT,  /* characters, in the code page of bak_scalars_code_page */
    BAK_NATURE_BYTES, /* binary */
    BAK_NATURE_XML,   /* XML as tokens */
    BAK_NATURE_OTHER, /* sql_variant, or a type that is not known */
};

enum bak_nature bak_nature(uint8_t type);

/* Decodes values; holds a decoder for each code page met. */
struct bak_scalars;

/* `database_collation` is of columns that name none. */
struct bak_scalars *bak_scalars_new(uint32_t database_collation);
void bak_scalars_destroy(struct bak_scalars **scalars);

/* Of a column of characters. */
unsigned bak_scalars_code_page(const struct bak_scalars *scalars, const struct bak_column *column);

/* The decoder of a code page, borrowed. */
struct bak_decoder *bak_scalars_decoder(struct bak_scalars *scalars, unsigned code_page);

/* The value of a column that is not NULL. Texts are written to `out`, which is cleared first; bytes are borrowed from
 * `data`. `bit` is for columns of type bit. Dates and times are texts as SQL Server writes them, in full: "2025-01-15
 * 09:00:00.000"; float and real have the fewest digits that give the same number again. False, with a phrase in
 * *ret_why, when the bytes are no value of the type. */
MUST_CHECK bool bak_scalar_read(struct bak_scalars *scalars, const struct bak_column *column, const uint8_t *data,
                                size_t size, unsigned bit, struct text *out, struct value *ret, const char **ret_why);

/* As bak_scalar_read for a sql_variant, which says itself what it holds. */
MUST_CHECK bool bak_variant_read(struct bak_scalars *scalars, const uint8_t *data, size_t size, struct text *out,
                                 struct value *ret, const char **ret_why);

/* "nvarchar(40)", "decimal(7,2)": the type as it stands in a CREATE TABLE statement. */
void bak_type_put(const struct bak_column *column, struct text *out);

#endif
