#include "source/bak/store.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "source/bak/tracks.h"

enum { CACHE_PAGES = 64, PASSES_MAX = 10000 };

struct bak_store {
    struct bak_track *tracks;
    size_t track_count;
    struct bak_extent_map map;
    struct bak_store_figures figures;
    int64_t first_filler; /* filler extents of the first pass */
    bool walked;          /* every extent was looked at: there is no surer map */
    struct bak_page cache[CACHE_PAGES];
    bool cached[CACHE_PAGES];
};

/* Adds one pass of one backup file to the map of that pass. */
static bool map_track(struct bak_store *store, size_t track, unsigned pass, struct bak_extent_map *map,
                      struct bak_track_figures *figures, bool *ret_orderly, struct fault *fault)
{
    uint32_t from = 0;
    uint32_t to = 0;

    bak_track_pass(&store->tracks[track], pass, &from, &to);
    *ret_orderly = true;
    if (store->walked)
        return bak_track_walk(&store->tracks[track], (uint16_t)track, from, to, map, figures, fault);
    return bak_track_probe(&store->tracks[track], (uint16_t)track, from, to, map, figures, ret_orderly, fault);
}

static bool map_pass(struct bak_store *store, unsigned pass, bool *ret_orderly, struct fault *fault)
{
    struct bak_extent_map map = {0};
    struct bak_track_figures figures = {0};
    bool good = true;

    *ret_orderly = true;
    for (size_t i = 0; good && *ret_orderly && i < store->track_count; i++)
        good = map_track(store, i, pass, &map, &figures, ret_orderly, fault);
    if (!good || !*ret_orderly) {
        bak_extent_map_release(&map);
        return good;
    }
    store->figures.twice_extents += bak_extent_map_sort(&map);
    store->figures.unknown_extents += figures.unknown;
    store->figures.filler_extents += figures.filler;
    if (pass == 0)
        store->first_filler = figures.filler;
    store->figures.replaced_extents += bak_extent_map_overlay(&store->map, &map);
    return true;
}

static unsigned pass_count(const struct bak_store *store)
{
    unsigned passes = 0;

    for (size_t i = 0; i < store->track_count; i++)
        passes = store->tracks[i].set->passes > passes ? store->tracks[i].set->passes : passes;
    return passes;
}

static bool map_all(struct bak_store *store, bool *ret_orderly, struct fault *fault)
{
    unsigned passes = pass_count(store);
    int64_t declared = store->figures.declared_pages;

    if (passes > PASSES_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "%s says that it carries its pages %u times over",
                         bak_file_name(store->tracks[0].file), passes);
    bak_extent_map_release(&store->map);
    store->figures = (struct bak_store_figures){.declared_pages = declared};
    *ret_orderly = true;
    for (unsigned pass = 0; *ret_orderly && pass < passes; pass++) {
        if (!map_pass(store, pass, ret_orderly, fault))
            return false;
    }
    store->figures.runs = (int64_t)store->map.count;
    store->figures.extents = bak_extent_map_extents(&store->map) + store->figures.unknown_extents;
    return true;
}

bool bak_store_rescan(struct bak_store *store, struct fault *fault)
{
    bool orderly = true;

    if (store->walked)
        return true;
    store->walked = true;
    memset(store->cached, 0, sizeof store->cached);
    return map_all(store, &orderly, fault);
}

/* How many extents of the store's map stand elsewhere, or not at all, by the other map. */
static int64_t disagreements(const struct bak_store *store, const struct bak_extent_map *map)
{
    int64_t count = 0;

    for (size_t i = 0; i < store->map.count; i++) {
        const struct bak_run *run = &store->map.runs[i];

        for (uint32_t k = 0; k < run->count;) {
            const struct bak_run *other = bak_extent_map_find(map, run->file, run->extent + k);
            uint32_t skip = other ? run->extent + k - other->extent : 0;
            uint32_t same = other && other->ordinal + skip == run->ordinal + k ? other->count - skip : 0;

            count += same == 0;
            k += same ? same : 1;
        }
    }
    return count;
}

bool bak_store_adopt(struct bak_store *store, struct bak_extent_map *map, bool *ret_taken, struct fault *fault)
{
    enum { MISLED_EXTENTS = 8, MISLED_SHARE = 100 };
    struct bak_extent_map found = store->map;
    int64_t extents = bak_extent_map_extents(map);
    uint32_t from = 0;
    uint32_t to = 0;
    bool orderly = true;

    *ret_taken = false;
    if (store->track_count != 1)
        return true;
    bak_track_pass(&store->tracks[0], 0, &from, &to);
    if (from != 0 || extents != (int64_t)to - store->first_filler || bak_extent_map_sort(map) != 0 ||
        disagreements(store, map) > MISLED_EXTENTS + extents / MISLED_SHARE + store->figures.replaced_extents)
        return true;
    store->map = *map;
    *map = found;
    bak_extent_map_release(map);
    memset(store->cached, 0, sizeof store->cached);
    store->walked = true;
    store->figures.unknown_extents = 0;
    store->figures.twice_extents = 0;
    store->figures.replaced_extents = 0;
    for (unsigned pass = 1; pass < pass_count(store); pass++) {
        if (!map_pass(store, pass, &orderly, fault))
            return false;
    }
    store->figures.runs = (int64_t)store->map.count;
    store->figures.extents = bak_extent_map_extents(&store->map) + store->figures.unknown_extents;
    *ret_taken = true;
    return true;
}

static int64_t declared_pages(const struct bak_set *set)
{
    int64_t sum = 0;

    for (size_t i = 0; i < set->file_count; i++)
        sum += set->files[i].type == BAK_FILE_DATA ? set->files[i].pages : 0;
    return sum;
}

bool bak_store_open(const struct bak_member *members, size_t count, struct bak_store **ret, struct fault *fault)
{
    scoped(bak_store_close) struct bak_store *store = x_alloc(sizeof *store);
    bool orderly = true;

    store->tracks = x_alloc_array(count, sizeof *store->tracks);
    for (size_t i = 0; i < count; i++) {
        store->track_count++;
        if (!bak_track_init(&members[i], &store->tracks[i], fault))
            return false;
    }
    store->figures.declared_pages = count ? declared_pages(members[0].set) : 0;
    if (!map_all(store, &orderly, fault))
        return false;
    if (!orderly && !bak_store_rescan(store, fault))
        return false;
    *ret = steal(store);
    return true;
}

void bak_store_close(struct bak_store **store)
{
    if (!*store)
        return;
    for (size_t i = 0; i < (*store)->track_count; i++)
        bak_track_release(&(*store)->tracks[i]);
    free((*store)->tracks);
    bak_extent_map_release(&(*store)->map);
    free(*store);
    *store = NULL;
}

static void count_page(struct bak_store_figures *figures, const struct bak_page *page)
{
    figures->pages_read++;
    figures->with_checksum += (page->header.flags & BAK_PAGE_CHECKSUM) != 0;
    figures->with_torn_bits += !(page->header.flags & BAK_PAGE_CHECKSUM) && page->header.flags & BAK_PAGE_TORN_BITS;
    figures->bad_checksums += page->damage == BAK_PAGE_BAD_CHECKSUM;
    figures->torn += page->damage == BAK_PAGE_TORN;
}

static bool read_at(struct bak_store *store, const struct bak_run *run, struct bak_place place, struct bak_page *ret,
                    struct fault *fault)
{
    const struct bak_track *track = &store->tracks[run->member];
    uint32_t ordinal = run->ordinal + (place.page / BAK_EXTENT_PAGES - run->extent);
    int64_t offset = bak_track_offset(track, ordinal) + (int64_t)(place.page % BAK_EXTENT_PAGES) * BAK_PAGE_SIZE;

    if (!bak_file_read(track->file, offset, ret->bytes, BAK_PAGE_SIZE, fault))
        return false;
    bak_page_settle(ret);
    return true;
}

/* The page's neighbours say that it is another extent: the map has been inferred wrongly. */
static bool is_misplaced(struct bak_store *store, const struct bak_run *run, struct bak_place place, bool *ret,
                         struct fault *fault)
{
    uint32_t ordinal = run->ordinal + (place.page / BAK_EXTENT_PAGES - run->extent);
    enum bak_identity identity = BAK_EXTENT_UNKNOWN;
    uint16_t file = 0;
    uint32_t extent = 0;

    *ret = false;
    if (store->walked)
        return true;
    if (!bak_track_identify(&store->tracks[run->member], ordinal, &identity, &file, &extent, fault))
        return false;
    *ret = identity == BAK_EXTENT_KNOWN && (file != place.file || extent != place.page / BAK_EXTENT_PAGES);
    return true;
}

static bool find_page(struct bak_store *store, struct bak_place place, struct bak_page *ret, enum bak_found *ret_found,
                      struct fault *fault)
{
    const struct bak_run *run = bak_extent_map_find(&store->map, place.file, place.page / BAK_EXTENT_PAGES);
    bool misplaced = false;

    *ret_found = BAK_ABSENT;
    if (!run)
        return true;
    if (!read_at(store, run, place, ret, fault))
        return false;
    *ret_found = BAK_FOUND;
    if (ret->header.version == 1 && bak_place_equal(ret->header.place, place))
        return true;
    *ret_found = BAK_FOREIGN;
    if (!is_misplaced(store, run, place, &misplaced, fault))
        return false;
    if (!misplaced)
        return true;
    return bak_store_rescan(store, fault) && find_page(store, place, ret, ret_found, fault);
}

bool bak_store_holds(const struct bak_store *store, struct bak_place place)
{
    return bak_extent_map_find(&store->map, place.file, place.page / BAK_EXTENT_PAGES) != NULL;
}

int64_t bak_store_file_pages(const struct bak_store *store, uint16_t file)
{
    const struct bak_set *set = store->tracks[0].set;

    for (size_t i = 0; i < set->file_count; i++) {
        if (set->files[i].type == BAK_FILE_DATA && set->files[i].id == file)
            return set->files[i].size_bytes / BAK_PAGE_SIZE;
    }
    return 0;
}

static size_t cache_slot(struct bak_place place)
{
    return (place.page ^ place.page >> 6 ^ (uint32_t)place.file << 3) % CACHE_PAGES;
}

bool bak_store_read(struct bak_store *store, struct bak_place place, struct bak_page *ret, enum bak_found *ret_found,
                    struct fault *fault)
{
    size_t slot = cache_slot(place);

    if (store->cached[slot] && bak_place_equal(store->cache[slot].header.place, place)) {
        memcpy(ret, &store->cache[slot], sizeof *ret);
        *ret_found = BAK_FOUND;
        return true;
    }
    if (!find_page(store, place, ret, ret_found, fault))
        return false;
    if (*ret_found == BAK_FOUND) {
        count_page(&store->figures, ret);
        memcpy(&store->cache[slot], ret, sizeof *ret);
        store->cached[slot] = true;
    }
    return true;
}

bool bak_store_need(struct bak_store *store, struct bak_place place, const char *what, struct bak_page *ret,
                    struct fault *fault)
{
    enum bak_found found = BAK_ABSENT;
    char text[BAK_PLACE_TEXT_SIZE];

    if (!bak_store_read(store, place, ret, &found, fault))
        return false;
    if (found == BAK_FOUND)
        return true;
    return fault_set(fault, FAULT_BAD_INPUT, "%s, named by %s, %s", bak_place_text(place, text), what,
                     found == BAK_ABSENT ? "is not in the backup" : "has other content than it should");
}

const struct bak_store_figures *bak_store_figures(const struct bak_store *store)
{
    return &store->figures;
}

int64_t bak_store_page_count(const struct bak_store *store)
{
    return (store->figures.extents - store->figures.unknown_extents) * BAK_EXTENT_PAGES;
}

size_t bak_store_run_count(const struct bak_store *store)
{
    return store->map.count;
}

void bak_store_run(const struct bak_store *store, size_t run, struct bak_place *ret_first, int64_t *ret_pages)
{
    const struct bak_run *found = &store->map.runs[run];

    *ret_first = (struct bak_place){found->extent * BAK_EXTENT_PAGES, found->file};
    *ret_pages = (int64_t)found->count * BAK_EXTENT_PAGES;
}

size_t bak_store_memory(const struct bak_store *store)
{
    size_t size = sizeof *store + store->map.room * sizeof *store->map.runs;

    for (size_t i = 0; i < store->track_count; i++)
        size += (store->tracks[i].set->piece_count + 1) * sizeof *store->tracks[i].starts;
    return size;
}
