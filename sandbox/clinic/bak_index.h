/*
 * The pages of a heap, or of an index from its leaves up, filled from left to right: records come in their order.
 */
#ifndef SANDBOX_CLINIC_BAK_INDEX_H
#define SANDBOX_CLINIC_BAK_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sandbox/clinic/bak_bytes.h"
#include "sandbox/clinic/bak_store.h"

enum { MDF_LEVELS_MAX = 8, MDF_KEY_BYTES_MAX = 24 };

/* How a record's key stands on the pages above: what comes before the number of the page below, and after it. */
struct mdf_key {
    uint8_t before[MDF_KEY_BYTES_MAX];
    size_t before_size;
    uint8_t after[MDF_KEY_BYTES_MAX];
    size_t after_size;
};

struct mdf_level {
    struct mdf_page page; /* that is being filled */
    bool begun;
    bool has_key;
    struct mdf_key first; /* of the page's first record */
    uint32_t previous;    /* page before it */
    int64_t complete;     /* pages before it */
};

struct mdf_index {
    struct mdf_store *store; /* borrowed */
    struct mdf_unit *unit;   /* borrowed */
    bool is_heap;            /* pages without order and with none above them */
    enum mdf_page_type leaf; /* MDF_PAGE_DATA or MDF_PAGE_INDEX */
    unsigned shortest;       /* record on a leaf */
    struct mdf_level *levels[MDF_LEVELS_MAX];
};

void mdf_index_release(struct mdf_index *index);

/* Adds a record to the leaves. The key is not looked at in a heap. */
struct mdf_address mdf_index_add(struct mdf_index *index, const uint8_t *record, size_t size,
                                 const struct mdf_key *key);

/* Writes over a record of the same size on the leaf at hand. */
void mdf_index_patch(struct mdf_index *index, struct mdf_address address, const uint8_t *record, size_t size);

/* A deleted row: one that is still there until it is cleaned up, or a slot without one. */
void mdf_index_add_ghost(struct mdf_index *index, const uint8_t *record, size_t size, const struct mdf_key *key);
void mdf_index_add_free_slot(struct mdf_index *index);

/* Writes what is not yet written, and the unit's root. */
void mdf_index_finish(struct mdf_index *index);

#endif
