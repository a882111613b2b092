/*
 * Which pages are in use, and whose: PFS bytes and the IAM chain of an allocation unit. Format, section 5.
 */
#ifndef SOURCE_BAK_ALLOCATION_H
#define SOURCE_BAK_ALLOCATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "source/bak/extent_map.h"
#include "source/bak/page.h"
#include "source/bak/store.h"

enum {
    BAK_PFS_PAGES = 8088,     /* one PFS page tells of so many */
    BAK_GAM_EXTENTS = 63904,  /* one bitmap of a GAM or IAM page */
    BAK_PFS_ALLOCATED = 0x40, /* of a page's byte */
};

/* True for the pages of a file that are allocation maps by their place; they may lie in an extent that a table owns. */
bool bak_place_is_map(struct bak_place place);

/* Says whether pages are in use; keeps the PFS page that it read last. */
struct bak_usage;

struct bak_usage *bak_usage_new(struct bak_store *store);
void bak_usage_destroy(struct bak_usage **usage);

/* *ret is false for a page without the allocated bit: it holds nothing, whatever its bytes say. FAULT_BAD_INPUT when
 * the PFS page is missing or damaged. */
MUST_CHECK bool bak_usage_allocated(struct bak_usage *usage, struct bak_place place, bool *ret, struct fault *fault);

/* The pages that an allocation unit owns, in the order of its IAM chain: first the single ones of each IAM page, then
 * those of its whole extents. */
struct bak_owned;

/* An empty chain (0:0) gives no pages. */
MUST_CHECK bool bak_owned_open(struct bak_store *store, struct bak_place first_iam, int64_t unit,
                               struct bak_owned **ret, struct fault *fault);
void bak_owned_close(struct bak_owned **owned);

/* The next page of the unit, used or not; *ret_end at the end. FAULT_BAD_INPUT when the chain is broken: an IAM page
 * that is missing, of another unit, damaged, or owns pages outside of the database's files, or a chain that goes in a
 * circle. */
MUST_CHECK bool bak_owned_next(struct bak_owned *owned, struct bak_place *ret, bool *ret_end, struct fault *fault);

/* Compares the allocation maps (GAM) of a data file with the extents that the backup carries. *ret_missing: allocated
 * ones that are absent; *ret_extra: carried ones that the map calls free. FAULT_BAD_INPUT when a map is missing or
 * damaged: the counts are then those up to it. */
MUST_CHECK bool bak_gam_compare(struct bak_store *store, uint16_t file, int64_t file_pages, int64_t *ret_missing,
                                int64_t *ret_extra, struct fault *fault);

/* Appends the allocated extents of a data file to the map, numbered from *ordinal on: as a full backup carries them.
 * FAULT_BAD_INPUT when they are more than the backup has, or a map is missing or damaged. */
MUST_CHECK bool bak_gam_runs(struct bak_store *store, uint16_t file, int64_t file_pages, uint32_t *ordinal,
                             struct bak_extent_map *map, struct fault *fault);

#endif
