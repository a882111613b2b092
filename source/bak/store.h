/*
 * The pages of a backup set by file and number, wherever in its backup files they lie; the later of two copies. The map
 * holds runs of consecutive extents, 16 bytes each, and is found by looking at few headers: extents of a database file
 * ascend in the stream, so two that are as far apart as their numbers have nothing between them left out. Every page is
 * believed by its own header only. Format, section 3.
 */
#ifndef SOURCE_BAK_STORE_H
#define SOURCE_BAK_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "source/bak/container.h"
#include "source/bak/extent_map.h"
#include "source/bak/page.h"

struct bak_store;

/* One backup file of the set, in the order of its number; file and set are borrowed. */
struct bak_member {
    const struct bak_file *file;
    const struct bak_set *set;
    struct bak_progress progress; /* while all of its extents must be looked at */
};

MUST_CHECK bool bak_store_open(const struct bak_member *members, size_t count, struct bak_store **ret,
                               struct fault *fault);
void bak_store_close(struct bak_store **store);

enum bak_found {
    BAK_FOUND,
    BAK_ABSENT,  /* the backup does not carry its extent */
    BAK_FOREIGN, /* the extent is there, but what stands in the page's place is not that page: never written, or rubbish
                  */
};

/* Reads a page into the caller's memory and checks it (ret->damage). Only a read error of the file is a fault. Whether
 * the page is in use at all, the PFS says: see allocation.h. */
MUST_CHECK bool bak_store_read(struct bak_store *store, struct bak_place place, struct bak_page *ret,
                               enum bak_found *ret_found, struct fault *fault);

/* True when the backup carries the extent of the page. */
bool bak_store_holds(const struct bak_store *store, struct bak_place place);

/* As bak_store_read for a page that must be there: FAULT_BAD_INPUT when it is absent or foreign. `what` names, for the
 * message, what pointed to it. */
MUST_CHECK bool bak_store_need(struct bak_store *store, struct bak_place place, const char *what, struct bak_page *ret,
                               struct fault *fault);

/* Pages that the set says a data file has; 0 when the database has no such file. */
int64_t bak_store_file_pages(const struct bak_store *store, uint16_t file);

/* Takes `map` (from the allocation maps) for what the first pass of a single backup file carries, in its order, and
 * empties it. Pages alone may mislead: where little of a new extent was written, the rest of it is whatever the disk
 * held before, pages of an older database too. Refused, with *ret_taken false, unless it has as many extents as the
 * stream and agrees with nearly all that the pages say. */
MUST_CHECK bool bak_store_adopt(struct bak_store *store, struct bak_extent_map *map, bool *ret_taken,
                                struct fault *fault);

struct bak_store_figures {
    int64_t extents;          /* in the first pass, those that hold nothing known and no filler included */
    int64_t unknown_extents;  /* of these, without a single page that can be believed */
    int64_t filler_extents;   /* appended by the server to fill its last transfer; not counted in extents */
    int64_t twice_extents;    /* that stand twice in one pass: the copy among more of its neighbours is taken */
    int64_t replaced_extents; /* in later passes */
    int64_t declared_pages;   /* that the set says it carries: must be extents * 8 */
    int64_t runs;             /* in the map */
    int64_t pages_read;       /* by bak_store_read, cached ones not counted */
    int64_t with_checksum;    /* of these */
    int64_t with_torn_bits;
    int64_t bad_checksums;
    int64_t torn;
};

/* Builds the map anew by looking at every extent: for when what it says does not hold. Once only. */
MUST_CHECK bool bak_store_rescan(struct bak_store *store, struct fault *fault);

const struct bak_store_figures *bak_store_figures(const struct bak_store *store);

/* An upper bound for the steps of any chain of pages: as many as there are. */
int64_t bak_store_page_count(const struct bak_store *store);

/* Walks all extents of the map in order, a run at a time: file, first page and number of pages. */
size_t bak_store_run_count(const struct bak_store *store);
void bak_store_run(const struct bak_store *store, size_t run, struct bak_place *ret_first, int64_t *ret_pages);

/* Bytes that the map and the cache take. */
size_t bak_store_memory(const struct bak_store *store);

#endif
