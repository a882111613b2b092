#include "sandbox/clinic/bak_store.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/must.h"
#include "sandbox/clinic/bak_bytes.h"

enum {
    PFS_PAGE = 1,
    PFS_INTERVAL = 8088,
    PFS_MAP = 100, /* offset in the page */
    GAM_PAGE = 2,
    SGAM_PAGE = 3,
    DIFFERENTIAL_PAGE = 6,
    BULK_LOGGED_PAGE = 7,
    BOOT_PAGE = 9,
    MAP_INTERVAL_EXTENTS = 63904,
    MAP_INTERVAL = MAP_INTERVAL_EXTENTS * MDF_EXTENT_PAGES,
    MAP_RECORD = 94, /* of the record before the bitmap's */
    MAP_BITS = 194,  /* offset in the page */
    MAP_BYTES = MAP_INTERVAL_EXTENTS / 8,
    IAM_SEQUENCE = 100,
    IAM_START = 136,
    IAM_SINGLES = 142,
    PFS_ALLOCATED = 0x40,
    PFS_MIXED = 0x20,
    PFS_IAM = 0x10,
    PFS_GHOSTS = 0x08,
    HOLE_EVERY = 53,
    HOLE_AT = 23,     /* extents 23, 76, …: free, as if a table had been dropped */
    FREE_AT_END = 32, /* extents, at least */
    EXTENTS_MAX = INT32_MAX / MDF_EXTENT_PAGES - 2 * FREE_AT_END, /* 16 TB */
};

enum extent_kind { EXTENT_FREE, EXTENT_UNIFORM, EXTENT_MIXED };

struct mdf_store {
    int descriptor;
    int64_t offset;
    uint8_t *kinds;  /* of extents, enum extent_kind */
    uint32_t *ranks; /* of extents among the allocated ones */
    uint8_t *pages;  /* the free-space map's byte for each page */
    size_t room;     /* extents */
    uint32_t count;  /* extents so far, the holes among them */
    uint32_t allocated;
    uint32_t mixed; /* the mixed extent that is being used, and how many of its pages are */
    unsigned mixed_used;
    struct fault fault;
};

/* ---- extents ---- */

static bool holds_maps(uint32_t extent)
{
    uint32_t first = extent * MDF_EXTENT_PAGES;

    return extent < 2 || first % MAP_INTERVAL == 0 || first % PFS_INTERVAL == 0;
}

static void take_extent(struct mdf_store *store, enum extent_kind kind)
{
    if (store->count == EXTENTS_MAX) {
        if (store->fault.kind == FAULT_NONE) {
            fault_set(&store->fault, FAULT_BAD_INPUT, "A database file holds 16 TB: ask for fewer attachments.");
        }
        return;
    }
    if (store->count == store->room) {
        store->room = store->room > 0 ? 2 * store->room : 1024;
        store->kinds = x_grow_array(store->kinds, store->room, sizeof(*store->kinds));
        store->ranks = x_grow_array(store->ranks, store->room, sizeof(*store->ranks));
        store->pages = x_grow_array(store->pages, store->room, MDF_EXTENT_PAGES);
    }
    store->kinds[store->count] = (uint8_t)kind;
    store->ranks[store->count] = store->allocated;
    memset(store->pages + (size_t)store->count * MDF_EXTENT_PAGES, 0, MDF_EXTENT_PAGES);
    store->count++;
    store->allocated += kind != EXTENT_FREE;
}

static void allocate(struct mdf_store *store, uint32_t page, unsigned flags)
{
    store->pages[page] = (uint8_t)(PFS_ALLOCATED | flags);
}

/* Those that hold maps have nothing else in them. */
static void take_map_extent(struct mdf_store *store)
{
    uint32_t first = store->count * MDF_EXTENT_PAGES;
    uint32_t place = first % MAP_INTERVAL;

    take_extent(store, EXTENT_MIXED);
    if (place == 0) {
        for (unsigned page = GAM_PAGE; page <= BULK_LOGGED_PAGE; page++) {
            if (page <= SGAM_PAGE || page >= DIFFERENTIAL_PAGE) {
                /* After the first interval the GAM is the interval's first page. */
                allocate(store, first + page - (first > 0 && page <= SGAM_PAGE ? GAM_PAGE : 0), 4);
            }
        }
    }
    if (first % PFS_INTERVAL == 0) {
        allocate(store, first + (first == 0 ? PFS_PAGE : 0), 4);
    }
}

/* The next extent's first page. */
static uint32_t next_extent(struct mdf_store *store, enum extent_kind kind)
{
    while (store->count < EXTENTS_MAX && (holds_maps(store->count) || store->count % HOLE_EVERY == HOLE_AT)) {
        if (holds_maps(store->count)) {
            take_map_extent(store);
        } else {
            take_extent(store, EXTENT_FREE);
        }
    }
    take_extent(store, kind);
    return (store->count - 1) * MDF_EXTENT_PAGES;
}

static uint32_t mixed_page(struct mdf_store *store, unsigned flags)
{
    uint32_t page;

    if (store->mixed_used == MDF_EXTENT_PAGES) {
        store->mixed = next_extent(store, EXTENT_MIXED);
        store->mixed_used = 0;
    }
    page = store->mixed + store->mixed_used++;
    allocate(store, page, PFS_MIXED | flags);
    return page;
}

struct mdf_store *mdf_store_new(int descriptor, int64_t offset)
{
    struct mdf_store *store = x_alloc(sizeof(*store));

    store->descriptor = descriptor;
    store->offset = offset;
    take_map_extent(store);
    allocate(store, 0, 4);
    take_extent(store, EXTENT_MIXED);
    allocate(store, BOOT_PAGE, PFS_MIXED | 4);
    store->mixed = MDF_EXTENT_PAGES;
    store->mixed_used = BOOT_PAGE + 1 - MDF_EXTENT_PAGES;
    return store;
}

void mdf_store_destroy(struct mdf_store **store)
{
    if (*store == NULL) {
        return;
    }
    free((*store)->kinds);
    free((*store)->ranks);
    free((*store)->pages);
    free(*store);
    *store = NULL;
}

/* ---- pages ---- */

static int64_t offset_of(const struct mdf_store *store, uint32_t page)
{
    uint32_t extent = page / MDF_EXTENT_PAGES;

    must(extent < store->count && store->kinds[extent] != EXTENT_FREE);
    return store->offset + ((int64_t)store->ranks[extent] * MDF_EXTENT_PAGES + page % MDF_EXTENT_PAGES) * MDF_PAGE_SIZE;
}

static void write_at(struct mdf_store *store, const uint8_t *bytes, uint32_t page)
{
    if (store->fault.kind != FAULT_NONE) {
        return;
    }
    if (pwrite(store->descriptor, bytes, MDF_PAGE_SIZE, offset_of(store, page)) != MDF_PAGE_SIZE) {
        fault_errno(&store->fault, FAULT_BAD_INPUT, "cannot write all of the backup; is the disk full?");
    }
}

void mdf_store_write(struct mdf_store *store, struct mdf_page *page)
{
    mdf_page_seal(page);
    write_at(store, page->bytes, page->number);
}

void mdf_store_read(struct mdf_store *store, uint32_t number, struct mdf_page *page)
{
    *page = (struct mdf_page){.number = number};
    if (store->fault.kind != FAULT_NONE) {
        return;
    }
    if (pread(store->descriptor, page->bytes, MDF_PAGE_SIZE, offset_of(store, number)) != MDF_PAGE_SIZE) {
        fault_errno(&store->fault, FAULT_BAD_INPUT, "cannot read the backup that is being written");
        return;
    }
    page->slots = mdf_get_u16(page->bytes + 22);
    page->end = mdf_get_u16(page->bytes + 30);
    page->ghosts = mdf_get_u16(page->bytes + 58);
    page->record_bytes = MDF_PAGE_SIZE - MDF_PAGE_HEAD - 2 * page->slots - mdf_get_u16(page->bytes + 28);
}

void mdf_store_full(struct mdf_store *store, uint32_t page, unsigned fullness)
{
    store->pages[page] = (uint8_t)((store->pages[page] & ~7u) | fullness);
}

void mdf_store_has_ghosts(struct mdf_store *store, uint32_t page)
{
    store->pages[page] |= PFS_GHOSTS;
}

/* ---- allocation units ---- */

static void begin_map(struct mdf_page *page)
{
    static const uint8_t empty[MDF_PAGE_SIZE];
    uint8_t head[MAP_RECORD] = {0};
    uint8_t bits[4 + MAP_BYTES] = {0};

    mdf_put_u16(head + 2, MAP_RECORD);
    mdf_put_u16(bits + 2, sizeof(bits));
    mdf_page_add(page, head, sizeof(head));
    mdf_page_add(page, bits, sizeof(bits));
    mdf_page_shortest(page, 90);
    must(memcmp(page->bytes + MAP_BITS, empty, MAP_BYTES) == 0);
}

static void set_bit(struct mdf_page *map, uint32_t extent)
{
    uint32_t bit = extent % MAP_INTERVAL_EXTENTS;

    map->bytes[MAP_BITS + bit / 8] |= (uint8_t)(1u << bit % 8);
}

/* Turns to the IAM page for the interval in which `page` lies. */
static void map_interval(struct mdf_store *store, struct mdf_unit *unit, uint32_t page)
{
    uint32_t start = page / MAP_INTERVAL * MAP_INTERVAL;
    uint32_t previous = unit->iam != NULL ? unit->iam->number : 0;
    unsigned sequence = 0;
    uint32_t number;

    if (unit->iam != NULL && unit->iam_start == start) {
        return;
    }
    number = mixed_page(store, PFS_IAM);
    if (unit->iam != NULL) {
        sequence = mdf_get_u16(unit->iam->bytes + IAM_SEQUENCE) + 1;
        mdf_put_place(unit->iam->bytes + 16, number);
        mdf_store_write(store, unit->iam);
    } else {
        unit->iam = x_alloc(sizeof(*unit->iam));
        unit->first_iam = number;
    }
    mdf_page_init(unit->iam, MDF_PAGE_IAM, 0, unit->id, number);
    begin_map(unit->iam);
    mdf_page_link(unit->iam, previous, 0);
    mdf_put_u16(unit->iam->bytes + IAM_SEQUENCE, sequence);
    mdf_put_place(unit->iam->bytes + IAM_START, start);
    mdf_put_u16(unit->iam->bytes + IAM_START + 4, 1);
    unit->iam_start = start;
    unit->used++;
    unit->reserved++;
}

uint32_t mdf_unit_page(struct mdf_store *store, struct mdf_unit *unit)
{
    uint32_t page;

    if (unit->single_count < MDF_SINGLES_MAX) {
        page = mixed_page(store, 0);
        map_interval(store, unit, page);
        mdf_put_place(unit->iam->bytes + IAM_SINGLES + 6 * (size_t)unit->single_count, page);
        unit->single_count++;
        unit->reserved++;
    } else {
        if (unit->extent == 0 || unit->extent_used == MDF_EXTENT_PAGES) {
            unit->extent = next_extent(store, EXTENT_UNIFORM);
            unit->extent_used = 0;
            map_interval(store, unit, unit->extent);
            set_bit(unit->iam, unit->extent / MDF_EXTENT_PAGES);
            unit->reserved += MDF_EXTENT_PAGES;
        }
        page = unit->extent + unit->extent_used++;
        allocate(store, page, 0);
    }
    unit->used++;
    unit->first = unit->first != 0 ? unit->first : page;
    return page;
}

void mdf_unit_close(struct mdf_store *store, struct mdf_unit *unit)
{
    if (unit->iam != NULL) {
        mdf_store_write(store, unit->iam);
        free(unit->iam);
        unit->iam = NULL;
    }
    if (unit->extent != 0 && unit->extent_used < MDF_EXTENT_PAGES) {
        struct mdf_page old;

        /* With instant file initialisation such places show what the disk held before: here a page of another file. */
        mdf_page_init(&old, MDF_PAGE_DATA, 0, unit->id, unit->extent + MDF_EXTENT_PAGES + 6);
        memset(old.bytes + MDF_PAGE_HEAD, 0xCC, 200);
        mdf_page_seal(&old);
        write_at(store, old.bytes, unit->extent + MDF_EXTENT_PAGES - 1);
    }
}

/* ---- maps ---- */

static uint32_t map_page(uint32_t interval, uint32_t in_first, uint32_t in_others)
{
    return interval == 0 ? in_first : interval * MAP_INTERVAL + in_others;
}

static bool has_free_page(const struct mdf_store *store, uint32_t extent)
{
    const uint8_t *pages = store->pages + (size_t)extent * MDF_EXTENT_PAGES;

    for (unsigned i = 0; i < MDF_EXTENT_PAGES; i++) {
        if ((pages[i] & PFS_ALLOCATED) == 0) {
            return true;
        }
    }
    return false;
}

static void write_extent_maps(struct mdf_store *store, uint32_t interval)
{
    static const struct {
        enum mdf_page_type type;
        uint32_t in_first;
        uint32_t in_others;
    } maps[] = {{MDF_PAGE_GAM, GAM_PAGE, 0},
                {MDF_PAGE_SGAM, SGAM_PAGE, 1},
                {MDF_PAGE_DIFFERENTIAL, DIFFERENTIAL_PAGE, DIFFERENTIAL_PAGE},
                {MDF_PAGE_BULK_LOGGED, BULK_LOGGED_PAGE, BULK_LOGGED_PAGE}};
    uint32_t first = interval * MAP_INTERVAL_EXTENTS;

    for (size_t map = 0; map < array_length(maps); map++) {
        struct mdf_page page;

        mdf_page_init(&page, maps[map].type, 0, (uint64_t)MDF_SYSTEM_UNIT_OBJECT << 16,
                      map_page(interval, maps[map].in_first, maps[map].in_others));
        begin_map(&page);
        for (uint32_t i = 0; i < MAP_INTERVAL_EXTENTS && maps[map].type <= MDF_PAGE_SGAM; i++) {
            uint32_t extent = first + i;
            bool known = extent < store->count;
            bool free_extent = !known || store->kinds[extent] == EXTENT_FREE;

            if (maps[map].type == MDF_PAGE_GAM ? free_extent
                                               : known && store->kinds[extent] == EXTENT_MIXED && !holds_maps(extent) &&
                                                     has_free_page(store, extent)) {
                set_bit(&page, extent);
            }
        }
        mdf_store_write(store, &page);
    }
}

static void write_page_map(struct mdf_store *store, uint32_t interval)
{
    uint64_t known = (uint64_t)store->count * MDF_EXTENT_PAGES;
    uint64_t first = (uint64_t)interval * PFS_INTERVAL;
    uint64_t left = known - first;
    uint8_t record[4 + PFS_INTERVAL] = {0};
    struct mdf_page page;

    mdf_put_u16(record + 2, sizeof(record));
    memcpy(record + 4, store->pages + first, left < PFS_INTERVAL ? left : PFS_INTERVAL);
    mdf_page_init(&page, MDF_PAGE_PFS, 0, (uint64_t)MDF_SYSTEM_UNIT_OBJECT << 16,
                  interval == 0 ? PFS_PAGE : interval * PFS_INTERVAL);
    mdf_page_add(&page, record, sizeof(record));
    must(page.end == PFS_MAP + PFS_INTERVAL);
    mdf_store_write(store, &page);
}

bool mdf_store_good(const struct mdf_store *store, struct fault *fault)
{
    if (store->fault.kind != FAULT_NONE) {
        *fault = store->fault;
        return false;
    }
    return true;
}

bool mdf_store_finish(struct mdf_store *store, struct fault *fault)
{
    uint64_t pages = (uint64_t)store->count * MDF_EXTENT_PAGES;

    for (uint32_t i = 0; (uint64_t)i * MAP_INTERVAL < pages; i++) {
        write_extent_maps(store, i);
    }
    for (uint32_t i = 0; (uint64_t)i * PFS_INTERVAL < pages; i++) {
        write_page_map(store, i);
    }
    return mdf_store_good(store, fault);
}

int64_t mdf_store_allocated_pages(const struct mdf_store *store)
{
    return (int64_t)store->allocated * MDF_EXTENT_PAGES;
}

/* Free extents at the end, unless the next map would be among them: then the file ends before it. */
int64_t mdf_store_file_pages(const struct mdf_store *store)
{
    int64_t extents = (int64_t)store->count + FREE_AT_END;

    for (int64_t extent = store->count; extent < extents; extent++) {
        if (holds_maps((uint32_t)extent)) {
            extents = extent;
        }
    }
    return extents * MDF_EXTENT_PAGES;
}
