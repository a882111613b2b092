/*
 * Plain text of unknown encoding, and bytes of a named code page, as UTF-8.
 */
#ifndef DOCUMENT_PLAIN_H
#define DOCUMENT_PLAIN_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/text.h"
#include "document/document.h"

/* True when the bytes are UTF-16: by its mark, or by the zeros in every second place. *ret_name is ICU's name of the
 * encoding, *ret_mark the size of the mark in bytes. */
bool plain_is_utf16(struct slice bytes, const char **ret_name, size_t *ret_mark);

/* Appends the bytes as UTF-8, without a byte order mark: UTF-16 by its mark or its zeros, UTF-8 where it is
 * well-formed, else Windows-1252. The cap of the buffer holds; bytes that are no character become U+FFFD. */
void plain_put_utf8(struct slice bytes, struct text *out);

/* The same from an encoding by its ICU name. False when ICU does not know the name; nothing is appended then. */
bool plain_put_encoded(const char *name, struct slice bytes, struct text *out);

/* The same for many short stretches of one encoding; NULL when ICU does not know the name. */
struct text_decoder;
struct text_decoder *text_decoder_new(const char *name);
void text_decoder_destroy(struct text_decoder **decoder);
void text_decoder_put(struct text_decoder *decoder, struct slice bytes, struct text *out);

/* Puts each line of UTF-8 text as a paragraph. Lines end with LF, CR, CRLF or a form feed. */
void plain_put_lines(struct document *document, struct slice text);

MUST_CHECK bool plain_read(struct slice bytes, struct document *document, struct fault *fault);

#endif
