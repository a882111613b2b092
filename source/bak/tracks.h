/*
 * The extents of one backup file as they follow each other in its pieces, counted from 0: where each lies, and which
 * extent of which database file it is by the headers of its pages.
 */
#ifndef SOURCE_BAK_TRACKS_H
#define SOURCE_BAK_TRACKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "source/bak/extent_map.h"
#include "source/bak/store.h"

struct bak_track {
    const struct bak_file *file;
    const struct bak_set *set;
    struct bak_progress progress;
    int64_t *starts; /* of each entry of set->pieces: ordinal of its first extent; one more for the end */
};

/* FAULT_BAD_INPUT when there are more than 2^32 extents. */
MUST_CHECK bool bak_track_init(const struct bak_member *member, struct bak_track *ret, struct fault *fault);
void bak_track_release(struct bak_track *track);

int64_t bak_track_offset(const struct bak_track *track, uint32_t ordinal);

/* The ordinals of a pass: from *ret_from up to, and without, *ret_to. */
void bak_track_pass(const struct bak_track *track, unsigned pass, uint32_t *ret_from, uint32_t *ret_to);

enum bak_identity {
    BAK_EXTENT_KNOWN,
    BAK_EXTENT_UNKNOWN, /* none of its pages can be believed: never written */
    BAK_EXTENT_FILLER,  /* appended by the server to fill its last transfer */
};

/* Asks the headers of the extent's pages; those that can be believed must agree. */
MUST_CHECK bool bak_track_identify(const struct bak_track *track, uint32_t ordinal, enum bak_identity *ret,
                                   uint16_t *ret_file, uint32_t *ret_extent, struct fault *fault);

struct bak_track_figures {
    int64_t unknown;
    int64_t filler;
};

/* Appends the runs of the ordinals to the map by looking at as few extents as prove them; *ret_orderly is false, and
 * the map then of no use, when the extents do not ascend. `number` is that of the backup file. */
MUST_CHECK bool bak_track_probe(const struct bak_track *track, uint16_t number, uint32_t from, uint32_t to,
                                struct bak_extent_map *map, struct bak_track_figures *figures, bool *ret_orderly,
                                struct fault *fault);

/* The same by looking at every extent, in whatever order they are. */
MUST_CHECK bool bak_track_walk(const struct bak_track *track, uint16_t number, uint32_t from, uint32_t to,
                               struct bak_extent_map *map, struct bak_track_figures *figures, struct fault *fault);

#endif
