/*
 * Memory for the work on one row: handed out in pieces that stay where they are, taken back all at once.
 */
#ifndef MODEL_SCRATCH_H
#define MODEL_SCRATCH_H

#include <stddef.h>

#include "base/text.h"

struct scratch;

struct scratch *scratch_new(void);
void scratch_destroy(struct scratch **scratch);

/* Takes everything back; the memory is kept for the next row. */
void scratch_clear(struct scratch *scratch);

/* Bytes without alignment, valid until scratch_clear. */
char *scratch_take(struct scratch *scratch, size_t size_bytes);
struct slice scratch_copy(struct scratch *scratch, struct slice text);

#endif
