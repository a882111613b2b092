/*
 * Text files of any encoding to UTF-8, chunk by chunk. A file that says nothing about its encoding is UTF-8 when all of
 * it is, else Windows-1252, in which Latin-1 is contained.
 */
#ifndef SOURCE_ENCODING_H
#define SOURCE_ENCODING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "base/text.h"
#include "source/bytes.h"

enum { ENCODING_NAME_SIZE = 48 };

struct encoding {
    char name[ENCODING_NAME_SIZE]; /* as ICU knows it */
    size_t mark_size;              /* bytes of byte order mark at the start */
};

/* Reads `bytes` as far as it must to know, to the end when it is all ASCII or UTF-8. */
MUST_CHECK bool encoding_detect(struct bytes *bytes, struct encoding *ret, struct fault *fault);

/* The encoding that the profile names; a byte order mark at the start of the file is skipped all the same. */
MUST_CHECK bool encoding_named(const char *name, struct bytes *bytes, struct encoding *ret, struct fault *fault);

struct decoder;

MUST_CHECK bool decoder_new(const struct encoding *encoding, struct decoder **ret, struct fault *fault);
void decoder_destroy(struct decoder **decoder);

/* Decodes a stretch of the file; an empty one is the end. *ret is borrowed until the next call, and may be empty before
 * the end. Faults when the bytes are no text of that encoding, or hold NUL characters; the text says at which byte. */
MUST_CHECK bool decoder_next(struct decoder *decoder, struct slice bytes, struct slice *ret, struct fault *fault);

#endif
