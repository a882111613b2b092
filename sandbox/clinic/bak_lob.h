/*
 * Values that do not stand in their row: text pointers with their roots, roots in the row, and the trees below them.
 */
#ifndef SANDBOX_CLINIC_BAK_LOB_H
#define SANDBOX_CLINIC_BAK_LOB_H

#include <stddef.h>
#include <stdint.h>

#include "sandbox/clinic/bak_bytes.h"
#include "sandbox/clinic/bak_store.h"

enum { MDF_ROOT_MAX = 72, MDF_POINTER_SIZE = 16, MDF_LOB_BYTES_MAX = INT32_MAX };

struct mdf_lob_link {
    uint64_t end; /* of its piece in the value */
    struct mdf_address address;
};

/* Writes the large values of one allocation unit. */
struct mdf_lob_writer {
    struct mdf_store *store; /* borrowed */
    struct mdf_unit *unit;   /* borrowed */
    struct mdf_page *shared; /* for short pieces of many values; NULL until there is one */
    struct mdf_lob_link *links;
    size_t link_count;
    size_t link_room;
    uint64_t size; /* of the value at hand, so far */
    uint64_t next_id;
    uint8_t piece[MDF_PAGE_SIZE];
    size_t piece_size;
};

void mdf_lob_init(struct mdf_lob_writer *writer, struct mdf_store *store, struct mdf_unit *unit);
void mdf_lob_release(struct mdf_lob_writer *writer);

/* A value in pieces of any size: any number of puts, then one of the ends. */
void mdf_lob_put(struct mdf_lob_writer *writer, const void *data, size_t size);

/* For (max) columns and such that overflow: writes the root that stands in the row; gives its size. */
size_t mdf_lob_end_root(struct mdf_lob_writer *writer, int overflow, uint8_t root[MDF_ROOT_MAX]);

/* For ntext and image: writes the pointer that stands in the row. */
void mdf_lob_end_pointer(struct mdf_lob_writer *writer, uint8_t pointer[MDF_POINTER_SIZE]);

/* Writes the page that is not yet full. */
void mdf_lob_finish(struct mdf_lob_writer *writer);

#endif
