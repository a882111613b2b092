/*
 * One table of a sample database: rows become records on pages, large values trees, the clustered key an index.
 */
#ifndef SANDBOX_CLINIC_BAK_TABLE_H
#define SANDBOX_CLINIC_BAK_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "sandbox/clinic/bak_index.h"
#include "sandbox/clinic/bak_layout.h"
#include "sandbox/clinic/bak_lob.h"
#include "sandbox/clinic/bak_row.h"
#include "sandbox/clinic/bak_store.h"

/* A heap or an index, as the catalogue lists it. */
struct mdf_rowset {
    uint64_t id;
    int32_t index; /* 0 heap, 1 clustered, 2: the primary key beside it */
    int64_t rows;
    struct mdf_unit units[3];
    size_t unit_count;
};

struct mdf_table {
    const char *name; /* borrowed */
    int32_t object;
    bool is_heap;
    bool keys_first; /* a table of users */
    bool is_sorted;  /* rows come in another order than that of the key, which is not unique */
    struct mdf_layout layout;
    struct mdf_rowset rows;
    struct mdf_rowset primary; /* nonclustered, when the table is sorted: over the first column of the table */
    struct mdf_store *store;   /* borrowed */
    struct mdf_row *row;       /* at hand */
    struct mdf_index index;
    struct mdf_lob_writer large;
    struct mdf_lob_writer overflow;
    struct mdf_page *far; /* a heap's page for rows that were moved */
    struct sorting *sorting;
};

/* Begins a table whose names, numbers, flags, layout (placed) and ids of rowsets are set; units get numbers from *unit
 * on, `unit_step` apart. Sorted tables need room for a temporary file. */
MUST_CHECK bool mdf_table_begin(struct mdf_table *table, struct mdf_store *store, uint64_t *unit, uint64_t unit_step,
                                struct fault *fault);
void mdf_table_release(struct mdf_table *table);

/* Begins a row: values go to table->row. */
void mdf_table_row(struct mdf_table *table);

/* A value of the row's next column that no memory holds; `fill` gives the next bytes. */
void mdf_table_stream(struct mdf_table *table, int64_t size,
                      void (*fill)(void *context, unsigned char *buffer, size_t size), void *context);

/* The row is complete. */
void mdf_table_add(struct mdf_table *table);

/* A complete row of a heap that was moved to another page after it had grown. */
void mdf_table_add_moved(struct mdf_table *table);

/* Rows that were deleted: ghosts of the row at hand under the keys that follow its own (one int), or a heap's slots. */
void mdf_table_add_ghosts(struct mdf_table *table, unsigned count);
void mdf_table_add_free_slot(struct mdf_table *table);

/* Writes what is not yet written. */
MUST_CHECK bool mdf_table_finish(struct mdf_table *table, struct fault *fault);

#endif
