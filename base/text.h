/*
 * Text: one owned, growable, capped buffer (struct text) and one borrowed stretch of bytes (struct slice).
 * A buffer that reaches its cap is marked as overflowed and takes nothing more; whoever made it checks once at the end.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"

struct slice {
    const char *data;
    size_t size;
};

struct text {
    char *data; /* always ends with a NUL that size does not count; NULL while empty */
    size_t size;
    size_t room;
    size_t cap;      /* greatest size in bytes */
    bool overflowed; /* something did not fit and was left out */
};

void text_init(struct text *text, size_t cap_bytes);
void text_release(struct text *text);
void text_clear(struct text *text); /* keeps the memory */

void text_put(struct text *text, const char *data, size_t size_bytes);
void text_puts(struct text *text, const char *string);
void text_putc(struct text *text, char byte);
void text_printf(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);

/* The content as a C string; "" when empty. Borrowed until the next change. */
const char *text_string(const struct text *text);
struct slice text_slice(const struct text *text);

/* Takes the content over: the caller owns the string (free with string_free); the buffer is empty afterwards. */
char *text_take(struct text *text);

struct slice slice_of(const char *string);
bool slice_equals(struct slice slice, const char *string);
struct slice slice_trim(struct slice slice); /* without leading and trailing ASCII white space */

/* True when the bytes are well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF; RFC 3629). */
bool utf8_valid(const char *data, size_t size_bytes);

/* Appends one code point as UTF-8; an invalid one becomes U+FFFD. */
void text_put_codepoint(struct text *text, unsigned codepoint);

#endif
