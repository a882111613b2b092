/* Texts of SQL Server that are UTF-16LE, as UTF-8. */
#ifndef SOURCE_BAK_UTF16_H
#define SOURCE_BAK_UTF16_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* Appends the text. A lone surrogate becomes U+FFFD; an odd last byte is left out. */
void bak_put_utf16(const uint8_t *data, size_t size_bytes, struct text *out);

/* As an owned string, without anything from the first NUL on. */
char *bak_utf16_string(const uint8_t *data, size_t size_bytes);

#endif
