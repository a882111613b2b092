/* Large values of the source in memory: what stands in the payload, or is read from the source by its locator. */
#ifndef WORKERS_CONTENT_H
#define WORKERS_CONTENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/json.h"
#include "base/text.h"
#include "model/body.h"
#include "source/source.h"

/* Beyond it a note or a letter is none. */
#define CONTENT_MOST_BYTES (INT64_C(256) * 1024 * 1024)

struct content {
    struct slice bytes;
    char *owned; /* NULL when the payload has the bytes */
};

/* Reads the value of a FIELD_BLOB (model/record.h). The source is opened when it is needed first, and kept in *source.
 * FAULT_BAD_INPUT when it is larger than CONTENT_MOST_BYTES or the source does not give it. Borrows from `blob`. */
MUST_CHECK bool content_read(struct source **source, const char *source_path, const struct json *blob,
                             struct content *ret, struct fault *fault);
void content_release(struct content *content);

/* Appends what a person reads in the value: RTF, HTML and DOCX as plain text, lines apart by '\n'; counts
 * the pictures that are no text. FAULT_BAD_INPUT says why it cannot be read. */
MUST_CHECK bool content_put_text(const struct content *content, struct text *out, size_t *ret_pictures,
                                 struct fault *fault);

/* Appends the body of a treatment note (model/body.h) with the text that the payload's member "body" names.
 * *ret_pictures_left: pictures in it that no document of its own shows, since they were not seen when it was staged. */
MUST_CHECK bool content_write_note(struct source **source, const char *source_path, const char *source_key,
                                   const struct json *payload, const struct body_ids *ids, struct text *out,
                                   size_t *ret_pictures_left, struct fault *fault);

#endif
