#include "source/bak/allocation.h"

#include <stdlib.h>

#include "base/memory.h"
#include "source/bak/endian.h"

enum {
    PFS_BYTES_AT = 100,
    GAM_FIRST = 2,
    FIRST_RECORD_AT = 96,
    SECOND_RECORD_AT = 190,
    BITMAP_AT = 194,
    INTERVAL_AT = 136,
    SINGLES_AT = 142,
    SINGLES = 8,
    PLACE_SIZE = 6,
    INTERVAL_PAGES = BAK_GAM_EXTENTS * BAK_EXTENT_PAGES,
};

struct bak_usage {
    struct bak_store *store;
    struct bak_page page;
    bool loaded;
};

struct bak_owned {
    struct bak_store *store;
    int64_t unit;
    struct bak_place next_iam;
    struct bak_page iam;
    bool loaded;
    struct bak_place interval; /* first page of the one that the IAM page tells of */
    unsigned single;           /* next to be given */
    unsigned extent;
    unsigned page;
    struct bak_place *intervals; /* of the chain so far: one that comes again is a circle */
    size_t interval_count;
};

struct bak_usage *bak_usage_new(struct bak_store *store)
{
    struct bak_usage *usage = x_alloc(sizeof *usage);

    usage->store = store;
    return usage;
}

void bak_usage_destroy(struct bak_usage **usage)
{
    free(*usage);
    *usage = NULL;
}

bool bak_place_is_map(struct bak_place place)
{
    uint32_t in_interval = place.page % INTERVAL_PAGES;

    if (place.page % BAK_PFS_PAGES == 0 || place.page == 1)
        return true;
    if (place.page < INTERVAL_PAGES)
        return place.page == GAM_FIRST || place.page == GAM_FIRST + 1 || place.page == 6 || place.page == 7;
    return in_interval == 0 || in_interval == 1 || in_interval == 6 || in_interval == 7;
}

static struct bak_place pfs_of(struct bak_place place)
{
    uint32_t interval = place.page / BAK_PFS_PAGES;

    return (struct bak_place){interval ? interval * BAK_PFS_PAGES : 1, place.file};
}

bool bak_usage_allocated(struct bak_usage *usage, struct bak_place place, bool *ret, struct fault *fault)
{
    struct bak_place pfs = pfs_of(place);
    char text[BAK_PLACE_TEXT_SIZE];

    if (!usage->loaded || !bak_place_equal(usage->page.header.place, pfs)) {
        usage->loaded = false;
        if (!bak_store_need(usage->store, pfs, "the rule that says which pages are in use (PFS)", &usage->page, fault))
            return false;
        if (usage->page.header.type != BAK_PAGE_PFS || usage->page.damage != BAK_PAGE_SOUND)
            return fault_set(fault, FAULT_BAD_INPUT, "%s, which says which pages are in use (PFS), is damaged",
                             bak_place_text(pfs, text));
        usage->loaded = true;
    }
    *ret = usage->page.bytes[PFS_BYTES_AT + place.page % BAK_PFS_PAGES] & BAK_PFS_ALLOCATED;
    return true;
}

bool bak_owned_open(struct bak_store *store, struct bak_place first_iam, int64_t unit, struct bak_owned **ret,
                    struct fault *fault)
{
    struct bak_owned *owned = x_alloc(sizeof *owned);

    (void)fault;
    owned->store = store;
    owned->unit = unit;
    owned->next_iam = first_iam;
    *ret = owned;
    return true;
}

void bak_owned_close(struct bak_owned **owned)
{
    if (!*owned)
        return;
    free((*owned)->intervals);
    free(*owned);
    *owned = NULL;
}

/* The records of IAM and GAM pages lie where they always do. */
static bool has_bitmap(const struct bak_page *page)
{
    const uint8_t *end = page->bytes + BAK_PAGE_SIZE;

    return page->header.slots == 2 && bak_u16(end - 2) == FIRST_RECORD_AT && bak_u16(end - 4) == SECOND_RECORD_AT;
}

static bool remember_interval(struct bak_owned *owned, struct fault *fault)
{
    char text[BAK_PLACE_TEXT_SIZE];

    for (size_t i = 0; i < owned->interval_count; i++) {
        if (bak_place_equal(owned->intervals[i], owned->interval))
            return fault_set(fault, FAULT_BAD_INPUT, "the chain of allocation pages (IAM) goes in a circle at %s",
                             bak_place_text(owned->iam.header.place, text));
    }
    if ((owned->interval_count & (owned->interval_count - 1)) == 0)
        owned->intervals = x_grow_array(owned->intervals, owned->interval_count ? 2 * owned->interval_count : 1,
                                        sizeof *owned->intervals);
    owned->intervals[owned->interval_count++] = owned->interval;
    return true;
}

/* Extents of the interval from `start` on that lie within the file. */
static uint32_t extents_from(int64_t start, int64_t file_pages)
{
    int64_t left = (file_pages - start) / BAK_EXTENT_PAGES;

    return left < BAK_GAM_EXTENTS ? (uint32_t)left : BAK_GAM_EXTENTS;
}

static bool has_bit(const struct bak_page *map, uint32_t extent)
{
    return map->bytes[BITMAP_AT + extent / 8] >> extent % 8 & 1;
}

/* An IAM page owns nothing outside of the database's files. */
static bool is_within_files(const struct bak_owned *owned)
{
    const uint8_t *single = owned->iam.bytes + SINGLES_AT;
    int64_t pages = bak_store_file_pages(owned->store, owned->interval.file);

    if (owned->interval.page >= pages)
        return false;
    for (uint32_t i = extents_from(owned->interval.page, pages); i < BAK_GAM_EXTENTS; i++)
        if (has_bit(&owned->iam, i))
            return false;
    for (unsigned i = 0; i < SINGLES; i++, single += PLACE_SIZE)
        if (!bak_place_is_none(bak_place_at(single)) &&
            bak_place_at(single).page >= bak_store_file_pages(owned->store, bak_place_at(single).file))
            return false;
    return true;
}

static bool load_iam(struct bak_owned *owned, struct fault *fault)
{
    struct bak_page *iam = &owned->iam;
    char text[BAK_PLACE_TEXT_SIZE];

    if (!bak_store_need(owned->store, owned->next_iam, "the chain of allocation pages (IAM)", iam, fault))
        return false;
    bak_place_text(iam->header.place, text);
    if (iam->header.type != BAK_PAGE_IAM || !bak_page_belongs(&iam->header, owned->unit))
        return fault_set(fault, FAULT_BAD_INPUT, "%s is no allocation page (IAM) of the table", text);
    owned->interval = bak_place_at(iam->bytes + INTERVAL_AT);
    if (iam->damage != BAK_PAGE_SOUND || !has_bitmap(iam) || owned->interval.page % INTERVAL_PAGES != 0)
        return fault_set(fault, FAULT_BAD_INPUT, "%s, an allocation page (IAM) of the table, is damaged", text);
    if (!is_within_files(owned))
        return fault_set(fault, FAULT_BAD_INPUT,
                         "%s, an allocation page (IAM) of the table, is damaged: it owns pages that no file of the "
                         "database has",
                         text);
    owned->next_iam = iam->header.next;
    owned->single = 0;
    owned->extent = 0;
    owned->page = 0;
    owned->loaded = true;
    return remember_interval(owned, fault);
}

/* From the page at hand; false at its end. */
static bool next_of_iam(struct bak_owned *owned, struct bak_place *ret)
{
    while (owned->single < SINGLES) {
        *ret = bak_place_at(owned->iam.bytes + SINGLES_AT + PLACE_SIZE * (size_t)owned->single++);
        if (!bak_place_is_none(*ret))
            return true;
    }
    while (owned->extent < BAK_GAM_EXTENTS && !has_bit(&owned->iam, owned->extent))
        owned->extent++;
    if (owned->extent == BAK_GAM_EXTENTS)
        return false;
    *ret =
        (struct bak_place){owned->interval.page + owned->extent * BAK_EXTENT_PAGES + owned->page, owned->interval.file};
    owned->page = (owned->page + 1) % BAK_EXTENT_PAGES;
    owned->extent += owned->page == 0;
    return true;
}

bool bak_owned_next(struct bak_owned *owned, struct bak_place *ret, bool *ret_end, struct fault *fault)
{
    *ret_end = false;
    for (;;) {
        if (owned->loaded && next_of_iam(owned, ret))
            return true;
        owned->loaded = false;
        if (bak_place_is_none(owned->next_iam))
            break;
        if (!load_iam(owned, fault))
            return false;
    }
    *ret_end = true;
    return true;
}

static bool load_gam(struct bak_store *store, uint16_t file, uint32_t start, struct bak_page *ret, struct fault *fault)
{
    struct bak_place place = {start ? start : GAM_FIRST, file};
    char text[BAK_PLACE_TEXT_SIZE];

    if (!bak_store_need(store, place, "the map of what is allocated (GAM)", ret, fault))
        return false;
    if (ret->header.type == BAK_PAGE_GAM && ret->damage == BAK_PAGE_SOUND && has_bitmap(ret))
        return true;
    return fault_set(fault, FAULT_BAD_INPUT, "%s, which says what is allocated (GAM), is damaged",
                     bak_place_text(place, text));
}

bool bak_gam_compare(struct bak_store *store, uint16_t file, int64_t file_pages, int64_t *ret_missing,
                     int64_t *ret_extra, struct fault *fault)
{
    struct bak_page gam;

    *ret_missing = 0;
    *ret_extra = 0;
    for (int64_t start = 0; start < file_pages && start <= UINT32_MAX; start += INTERVAL_PAGES) {
        uint32_t extents = extents_from(start, file_pages);

        if (!load_gam(store, file, (uint32_t)start, &gam, fault))
            return false;
        for (uint32_t i = 0; i < extents; i++) {
            bool carried = bak_store_holds(store, (struct bak_place){(uint32_t)start + i * BAK_EXTENT_PAGES, file});

            *ret_missing += !has_bit(&gam, i) && !carried;
            *ret_extra += has_bit(&gam, i) && carried;
        }
    }
    return true;
}

bool bak_gam_runs(struct bak_store *store, uint16_t file, int64_t file_pages, uint32_t *ordinal,
                  struct bak_extent_map *map, struct fault *fault)
{
    const struct bak_store_figures *figures = bak_store_figures(store);
    struct bak_page gam;

    for (int64_t start = 0; start < file_pages && start <= UINT32_MAX; start += INTERVAL_PAGES) {
        uint32_t extents = extents_from(start, file_pages);

        if (!load_gam(store, file, (uint32_t)start, &gam, fault))
            return false;
        for (uint32_t i = 0; i < extents; i++) {
            if (has_bit(&gam, i))
                continue;
            if (*ordinal >= figures->extents + figures->twice_extents + figures->filler_extents)
                return fault_set(fault, FAULT_BAD_INPUT,
                                 "the maps of what is allocated (GAM) have more extents than the backup carries");
            bak_extent_map_append(map, (struct bak_run){.extent = (uint32_t)start / BAK_EXTENT_PAGES + i,
                                                        .count = 1,
                                                        .ordinal = (*ordinal)++,
                                                        .file = file});
        }
    }
    return true;
}
