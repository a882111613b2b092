/*
 * The bytes of one file of a source, wherever they lie: on their own, gzipped, or as a member of a zip. Read once, from
 * front to back; what a compressed file may grow to is bounded.
 */
#ifndef SOURCE_BYTES_H
#define SOURCE_BYTES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "base/text.h"

enum packing { PACKING_NONE, PACKING_GZIP, PACKING_ZIP };

struct bytes;

/* `member` is the name within a zip, else NULL. */
MUST_CHECK bool bytes_open(const char *path, enum packing packing, const char *member, struct bytes **ret,
                           struct fault *fault);
void bytes_close(struct bytes **bytes);

/* The next stretch, borrowed until the next call; empty at the end. */
MUST_CHECK bool bytes_next(struct bytes *bytes, struct slice *ret, struct fault *fault);

#endif
