/*
 * What others need to know of the kind "attachments": which records bring a file, and the one refusal that is not about
 * a single file.
 */
#ifndef WORKERS_ATTACHMENTS_H
#define WORKERS_ATTACHMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "model/entity.h"

/* True for entities whose records become attachments. */
bool attachments_carry(enum entity entity);

/* The source key in the mark of one of a record's files: "FD-X12" for its own, "FD-X12/image" for one beside it. The
 * caller frees. */
char *attachment_key(const char *source_key, const char *part);

/* The storage of a trial account is full. Status and text of this refusal are not documented (API reference 5.18), so
 * it is known by its words. Words that may as well be about the one file, of `size_bytes`, count for small files only:
 * a large one that is refused fails alone. For answers to the requests that an attachment makes. */
bool attachment_limit_reached(const struct fault *fault, int64_t size_bytes);

#endif
