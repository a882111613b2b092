#include "source/bak/lob.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "source/bak/endian.h"
#include "source/bak/page.h"

enum {
    POINTER_SIZE = 16,
    POINTER_ADDRESS = 8,
    ROOT_HEADER = 12, /* of the roots that stand in rows */
    ROOT_LARGE = 4,
    ROOT_OVERFLOW = 2,
    SHORT_LINK = 12, /* u32 end, row pointer */
    LONG_LINK = 16,  /* u64 end, row pointer */
    RECORD_HEADER = 14,
    SMALL_DATA = 20,
    ROOT_LINKS = 24,
    INTERNAL_LINKS = 20,
    PIECES_PER_PAGE = 100, /* no page has room for so many */
};

/* Kinds of records on pages of large values. */
enum kind { KIND_SMALL = 0, KIND_INTERNAL = 2, KIND_DATA = 3, KIND_OLD_ROOT = 4, KIND_ROOT = 5, KIND_NULL = 8 };

/* A list of links that is being followed. */
struct level {
    uint8_t *links;
    size_t count;
    size_t link_size;
    size_t next;
    uint64_t end; /* of the link before `next` */
};

struct bak_lob {
    struct bak_store *store;
    struct bak_lob_units units;
    int64_t size;
    int64_t given;
    int64_t pieces; /* records read */
    struct level levels[BAK_LOB_DEPTH_MAX];
    size_t depth;
    const uint8_t *ready; /* a value of one piece, within `page` */
    size_t ready_size;
    struct bak_page page;
};

struct bak_lob_units bak_lob_units_of(const struct bak_catalogue *catalogue, int64_t rowset)
{
    const struct bak_unit *large = bak_catalogue_unit_of_rowset(catalogue, rowset, BAK_UNIT_LOB);
    const struct bak_unit *overflow = bak_catalogue_unit_of_rowset(catalogue, rowset, BAK_UNIT_OVERFLOW);

    return (struct bak_lob_units){large ? large->id : 0, overflow ? overflow->id : 0};
}

static bool damaged(struct bak_address address, const char *why, struct fault *fault)
{
    char text[BAK_PLACE_TEXT_SIZE];

    return fault_set(fault, FAULT_BAD_INPUT, "a large value at %s slot %u is damaged: %s",
                     bak_place_text(address.place, text), address.slot, why);
}

static bool is_of_units(const struct bak_lob *lob, const struct bak_page_header *header)
{
    return (lob->units.large && bak_page_belongs(header, lob->units.large)) ||
           (lob->units.overflow && bak_page_belongs(header, lob->units.overflow));
}

/* One record of a page of large values: its kind, and what follows the kind. */
static bool read_record(struct bak_lob *lob, struct bak_address address, unsigned *ret_kind, const uint8_t **ret,
                        size_t *ret_size, struct fault *fault)
{
    enum bak_found found = BAK_ABSENT;
    const uint8_t *data = NULL;
    size_t room = 0;
    size_t size;

    if (++lob->pieces > bak_store_page_count(lob->store) * PIECES_PER_PAGE)
        return damaged(address, "it has more pieces than there is room for", fault);
    if (!bak_store_read(lob->store, address.place, &lob->page, &found, fault))
        return false;
    if (found != BAK_FOUND)
        return damaged(address, "the page is not in the backup", fault);
    if (lob->page.damage != BAK_PAGE_SOUND)
        return damaged(address,
                       lob->page.damage == BAK_PAGE_TORN ? "the page was only half written"
                                                         : "the page's checksum is wrong",
                       fault);
    if ((lob->page.header.type != BAK_PAGE_TEXT && lob->page.header.type != BAK_PAGE_TEXT_TREE) ||
        !is_of_units(lob, &lob->page.header))
        return damaged(address, "the page belongs to something else", fault);
    if (bak_page_slot(&lob->page, address.slot, &data, &room) != BAK_SLOT_RECORD || room < RECORD_HEADER ||
        bak_record_type(data[0]) != BAK_RECORD_BLOB)
        return damaged(address, "there is no piece of a large value", fault);
    size = bak_u16(data + 2);
    if (size < RECORD_HEADER || size > room)
        return damaged(address, "its length is impossible", fault);
    *ret_kind = bak_u16(data + 12);
    *ret = data;
    *ret_size = size;
    return true;
}

static uint64_t link_end(const struct level *level, size_t link)
{
    const uint8_t *at = level->links + link * level->link_size;

    return level->link_size == SHORT_LINK ? bak_u32(at) : bak_u64(at);
}

static struct bak_address link_address(const struct level *level, size_t link)
{
    return bak_address_at(level->links + link * level->link_size + level->link_size - 8);
}

/* Takes over a list of links; they must rise, and end at `size` unless that is -1. */
static bool push(struct bak_lob *lob, struct bak_address address, const uint8_t *links, size_t count, size_t link_size,
                 int64_t size, struct fault *fault)
{
    struct level *level = &lob->levels[lob->depth];
    uint64_t before = 0;

    if (lob->depth == BAK_LOB_DEPTH_MAX)
        return damaged(address, "its tree is too deep", fault);
    if (count == 0)
        return damaged(address, "it has no pieces", fault);
    *level = (struct level){.links = x_alloc_raw(count * link_size), .count = count, .link_size = link_size};
    lob->depth++;
    memcpy(level->links, links, count * link_size);
    for (size_t i = 0; i < count; i++) {
        if (link_end(level, i) <= before || link_end(level, i) > (uint64_t)BAK_LOB_BYTES_MAX)
            return damaged(address, "the sizes of its pieces are impossible", fault);
        before = link_end(level, i);
    }
    if (size >= 0 && before != (uint64_t)size)
        return damaged(address, "its pieces are not as long as it is", fault);
    return true;
}

/* The list of links in a record of kind root or internal. */
static bool push_record(struct bak_lob *lob, struct bak_address address, unsigned kind, const uint8_t *record,
                        size_t record_size, int64_t size, struct fault *fault)
{
    size_t start = kind == KIND_INTERNAL ? INTERNAL_LINKS : ROOT_LINKS;
    size_t link_size = kind == KIND_INTERNAL ? LONG_LINK : SHORT_LINK;
    size_t count;

    if (record_size < start)
        return damaged(address, "its list of pieces is cut off", fault);
    count = bak_u16(record + 16);
    if (count > (record_size - start) / link_size)
        return damaged(address, "it claims more pieces than it lists", fault);
    return push(lob, address, record + start, count, link_size, size, fault);
}

static bool open_small(struct bak_lob *lob, struct bak_address address, const uint8_t *record, size_t size,
                       struct fault *fault)
{
    if (size < SMALL_DATA || bak_u16(record + 14) > size - SMALL_DATA)
        return damaged(address, "it is longer than the room it has", fault);
    lob->ready = record + SMALL_DATA;
    lob->ready_size = bak_u16(record + 14);
    return true;
}

/* The root to which a text pointer leads. *ret_null: there is no value. */
static bool open_root(struct bak_lob *lob, struct bak_address address, bool *ret_null, struct fault *fault)
{
    const uint8_t *record = NULL;
    unsigned kind = 0;
    size_t size = 0;

    if (!read_record(lob, address, &kind, &record, &size, fault))
        return false;
    switch (kind) {
    case KIND_NULL:
        *ret_null = true;
        return true;
    case KIND_SMALL:
        if (!open_small(lob, address, record, size, fault))
            return false;
        lob->size = (int64_t)lob->ready_size;
        return true;
    case KIND_DATA:
        lob->ready = record + RECORD_HEADER;
        lob->ready_size = size - RECORD_HEADER;
        lob->size = (int64_t)lob->ready_size;
        return true;
    case KIND_ROOT:
    case KIND_OLD_ROOT:
        if (!push_record(lob, address, kind, record, size, -1, fault))
            return false;
        lob->size = (int64_t)link_end(&lob->levels[0], lob->levels[0].count - 1);
        return true;
    default:
        return damaged(address, "its root is of an unknown kind", fault);
    }
}

static bool open_inline(struct bak_lob *lob, const struct bak_cell *cell, struct fault *fault)
{
    const struct bak_address none = {0};

    if (cell->size < ROOT_HEADER + SHORT_LINK || (cell->size - ROOT_HEADER) % SHORT_LINK != 0 ||
        (cell->data[0] != ROOT_LARGE && cell->data[0] != ROOT_OVERFLOW))
        return fault_set(fault, FAULT_BAD_INPUT,
                         "a large value is damaged, or stored by 'large value types out of row': it has no root");
    if (!push(lob, none, cell->data + ROOT_HEADER, (cell->size - ROOT_HEADER) / SHORT_LINK, SHORT_LINK, -1, fault))
        return false;
    lob->size = (int64_t)link_end(&lob->levels[0], lob->levels[0].count - 1);
    return true;
}

static bool has_pointer(uint8_t type)
{
    return type == BAK_TYPE_TEXT || type == BAK_TYPE_NTEXT || type == BAK_TYPE_IMAGE;
}

bool bak_lob_open(struct bak_store *store, struct bak_lob_units units, uint8_t type, const struct bak_cell *cell,
                  struct bak_lob **ret, struct fault *fault)
{
    scoped(bak_lob_close) struct bak_lob *lob = x_alloc(sizeof *lob);
    bool is_null = false;

    *ret = NULL;
    lob->store = store;
    lob->units = units;
    if (!has_pointer(type)) {
        if (!open_inline(lob, cell, fault))
            return false;
    } else {
        static const uint8_t nothing[POINTER_SIZE];

        if (cell->size != POINTER_SIZE)
            return fault_set(fault, FAULT_BAD_INPUT,
                             "a large value is damaged, or stored by 'text in row': its pointer has %zu bytes",
                             cell->size);
        is_null = memcmp(cell->data, nothing, POINTER_SIZE) == 0;
        if (!is_null && !open_root(lob, bak_address_at(cell->data + POINTER_ADDRESS), &is_null, fault))
            return false;
    }
    if (!is_null)
        *ret = steal(lob);
    return true;
}

void bak_lob_close(struct bak_lob **lob)
{
    if (!*lob)
        return;
    for (size_t i = 0; i < (*lob)->depth; i++)
        free((*lob)->levels[i].links);
    free(*lob);
    *lob = NULL;
}

int64_t bak_lob_size(const struct bak_lob *lob)
{
    return lob->size;
}

/* Follows the next link: gives its piece, or goes one level down. */
static bool follow(struct bak_lob *lob, const uint8_t **ret, size_t *ret_size, struct fault *fault)
{
    struct level *level = &lob->levels[lob->depth - 1];
    struct bak_address address = link_address(level, level->next);
    uint64_t end = link_end(level, level->next);
    int64_t size = (int64_t)(end - level->end);
    const uint8_t *record = NULL;
    size_t record_size = 0;
    unsigned kind = 0;

    level->next++;
    level->end = end;
    if (!read_record(lob, address, &kind, &record, &record_size, fault))
        return false;
    if (kind == KIND_INTERNAL)
        return push_record(lob, address, kind, record, record_size, size, fault);
    if (kind == KIND_SMALL && open_small(lob, address, record, record_size, fault)) {
        *ret = lob->ready;
        *ret_size = lob->ready_size;
        lob->ready = NULL;
    } else if (kind == KIND_DATA) {
        *ret = record + RECORD_HEADER;
        *ret_size = record_size - RECORD_HEADER;
    } else {
        return damaged(address, "a piece is of an unknown kind", fault);
    }
    return (int64_t)*ret_size == size || damaged(address, "a piece is not as long as its link says", fault);
}

bool bak_lob_next(struct bak_lob *lob, const uint8_t **ret, size_t *ret_size, struct fault *fault)
{
    *ret = NULL;
    *ret_size = 0;
    if (lob->ready) {
        *ret = lob->ready;
        *ret_size = lob->ready_size;
        lob->ready = NULL;
        lob->given += (int64_t)*ret_size;
        return true;
    }
    while (lob->depth && !*ret) {
        struct level *level = &lob->levels[lob->depth - 1];

        if (level->next == level->count) {
            free(level->links);
            lob->depth--;
        } else if (!follow(lob, ret, ret_size, fault)) {
            return false;
        }
    }
    lob->given += (int64_t)*ret_size;
    if (!*ret && lob->given != lob->size)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "a large value is damaged: it ends after %" PRId64 " of %" PRId64 " bytes", lob->given,
                         lob->size);
    return true;
}
