/*
 * The pages of the sample database's one data file, written into the backup as they come: a page's place follows from
 * its extent's rank among the allocated ones. Keeps count of what is allocated, by extent and by page, and writes the
 * maps (GAM, SGAM, PFS, differential, bulk-logged) at the end. Some extents stay free, so that they are absent.
 */
#ifndef SANDBOX_CLINIC_BAK_STORE_H
#define SANDBOX_CLINIC_BAK_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "sandbox/clinic/bak_page.h"

struct mdf_store;

enum { MDF_SYSTEM_UNIT_OBJECT = 99, MDF_SINGLES_MAX = 8 };

enum mdf_unit_type { MDF_UNIT_ROWS = 1, MDF_UNIT_LARGE = 2, MDF_UNIT_OVERFLOW = 3 };

/* An allocation unit: pages of one kind of one heap or index. */
struct mdf_unit {
    uint64_t id;
    uint64_t owner; /* rowset */
    enum mdf_unit_type type;
    uint32_t first; /* pages; 0: none */
    uint32_t root;
    uint32_t first_iam;
    int64_t used; /* pages, with IAM and index pages */
    int64_t data; /* leaf pages */
    int64_t reserved;
    unsigned single_count;
    uint32_t extent; /* first page of the one that is being used, and how many of it are */
    unsigned extent_used;
    struct mdf_page *iam; /* the newest, not yet written */
    uint32_t iam_start;   /* first page that it maps */
};

/* Pages go to the descriptor (borrowed) from `offset` on. */
struct mdf_store *mdf_store_new(int descriptor, int64_t offset);
void mdf_store_destroy(struct mdf_store **store);

/* The next page for the unit, with its IAM pages. */
uint32_t mdf_unit_page(struct mdf_store *store, struct mdf_unit *unit);

/* Writes the last IAM page, and leaves something old in a page that was never written. */
void mdf_unit_close(struct mdf_store *store, struct mdf_unit *unit);

/* What the free-space map says of a page that is allocated. */
void mdf_store_full(struct mdf_store *store, uint32_t page, unsigned fullness); /* 0 to 4 */
void mdf_store_has_ghosts(struct mdf_store *store, uint32_t page);

/* Seals and writes. What fails shows in mdf_store_finish. */
void mdf_store_write(struct mdf_store *store, struct mdf_page *page);

/* Reads back what mdf_store_write wrote. */
void mdf_store_read(struct mdf_store *store, uint32_t number, struct mdf_page *page);

/* Writes the maps. After it only the file header and the boot page may be written. */
MUST_CHECK bool mdf_store_finish(struct mdf_store *store, struct fault *fault);

/* The first thing that went wrong, if any did. */
MUST_CHECK bool mdf_store_good(const struct mdf_store *store, struct fault *fault);

int64_t mdf_store_allocated_pages(const struct mdf_store *store); /* eight for each allocated extent */
int64_t mdf_store_file_pages(const struct mdf_store *store);      /* of the database file, free ones at its end too */

#endif
