/*
 * Large values: what stands outside its row, read from front to back in constant memory. Format, section 8.
 */
#ifndef SOURCE_BAK_LOB_H
#define SOURCE_BAK_LOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "source/bak/catalogue.h"
#include "source/bak/record.h"
#include "source/bak/store.h"

enum { BAK_LOB_DEPTH_MAX = 16 };

/* The greatest size of a value, by the type's own limit. */
static const int64_t BAK_LOB_BYTES_MAX = INT32_MAX;

/* Whose pages a value may stand on. */
struct bak_lob_units {
    int64_t large;    /* allocation unit of large values; 0 for none */
    int64_t overflow; /* of values that did not fit their row; 0 for none */
};

struct bak_lob_units bak_lob_units_of(const struct bak_catalogue *catalogue, int64_t rowset);

struct bak_lob;

/* Opens the value to which a cell of state BAK_CELL_COMPLEX leads. `type` is the column's (enum bak_type). *ret is NULL
 * for a value that is NULL. Store is borrowed, the cell's bytes are not needed any longer. FAULT_BAD_INPUT when the
 * pointers lead nowhere, to pages of something else, or contradict each other. */
MUST_CHECK bool bak_lob_open(struct bak_store *store, struct bak_lob_units units, uint8_t type,
                             const struct bak_cell *cell, struct bak_lob **ret, struct fault *fault);
void bak_lob_close(struct bak_lob **lob);

int64_t bak_lob_size(const struct bak_lob *lob);

/* The next piece, borrowed until the next call, at most a page; empty at the end. FAULT_BAD_INPUT when a piece is
 * missing, damaged or of another size than its link says. */
MUST_CHECK bool bak_lob_next(struct bak_lob *lob, const uint8_t **ret, size_t *ret_size, struct fault *fault);

#endif
