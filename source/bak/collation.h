/*
 * Code pages of collations, and texts in them as UTF-8. Format, section 9.1.
 */
#ifndef SOURCE_BAK_COLLATION_H
#define SOURCE_BAK_COLLATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum {
    BAK_CODE_PAGE_UTF16 = 1200, /* of nchar, nvarchar and ntext, whatever the collation */
    BAK_CODE_PAGE_UTF8 = 65001,
};

/* The Windows code page in which char, varchar and text columns of the collation hold their texts. */
unsigned bak_code_page(uint32_t collation);

struct bak_decoder;

struct bak_decoder *bak_decoder_new(unsigned code_page);
void bak_decoder_destroy(struct bak_decoder **decoder);

/* Appends a piece of a text, of any length; a character may begin in one piece and end in the next. `last` ends the
 * text, and the decoder is ready for another. What is no character becomes U+FFFD; NUL characters, with which old
 * programs fill fields and which no text further on can hold, are left out. */
void bak_decoder_put(struct bak_decoder *decoder, const uint8_t *data, size_t size, bool last, struct text *out);

#endif
