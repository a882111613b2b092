#include "sandbox/clinic/bak_index.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/must.h"

enum { CHILD_SIZE = 6, FULL = 4 };

void mdf_index_release(struct mdf_index *index)
{
    for (size_t i = 0; i < MDF_LEVELS_MAX; i++) {
        free(index->levels[i]);
        index->levels[i] = NULL;
    }
}

static struct mdf_level *level_at(struct mdf_index *index, unsigned level)
{
    must(level < MDF_LEVELS_MAX);
    if (index->levels[level] == NULL) {
        index->levels[level] = x_alloc(sizeof(*index->levels[level]));
    }
    return index->levels[level];
}

static void begin_page(struct mdf_index *index, unsigned level)
{
    struct mdf_level *at = level_at(index, level);
    uint32_t number = mdf_unit_page(index->store, index->unit);

    if (at->begun) {
        at->previous = at->page.number;
    }
    mdf_page_init(&at->page, level > 0 ? MDF_PAGE_INDEX : index->leaf, level, index->unit->id, number);
    at->begun = true;
    at->has_key = false;
    if (level == 0) {
        index->unit->data++;
        mdf_page_shortest(&at->page, index->shortest);
    }
}

static struct mdf_address put(struct mdf_index *index, unsigned level, const uint8_t *record, size_t size,
                              const struct mdf_key *key);

static void put_above(struct mdf_index *index, unsigned level, const struct mdf_key *key, uint32_t child)
{
    uint8_t record[2 * MDF_KEY_BYTES_MAX + CHILD_SIZE];
    size_t size = key->before_size;

    memcpy(record, key->before, size);
    mdf_put_place(record + size, child);
    size += CHILD_SIZE;
    memcpy(record + size, key->after, key->after_size);
    put(index, level, record, size + key->after_size, key);
    mdf_page_shortest(&level_at(index, level)->page, (unsigned)key->before_size + CHILD_SIZE);
}

/* Writes the page, to be followed by `next`; 0 when it is the last one of its level. */
static void complete(struct mdf_index *index, struct mdf_level *at, struct mdf_page *page, uint32_t next)
{
    if (!index->is_heap) {
        mdf_page_link(page, at->previous, next);
    } else {
        mdf_store_full(index->store, page->number, next != 0 ? FULL : 1);
    }
    mdf_store_write(index->store, page);
    at->complete++;
}

static void turn_page(struct mdf_index *index, unsigned level)
{
    struct mdf_level *at = level_at(index, level);
    struct mdf_page *full = x_alloc(sizeof(*full));
    struct mdf_key first = at->first;
    uint32_t before = at->previous;
    uint32_t own;

    *full = at->page;
    begin_page(index, level);
    own = at->previous;
    at->previous = before;
    complete(index, at, full, at->page.number);
    at->previous = own;
    if (!index->is_heap) {
        put_above(index, level + 1, &first, full->number);
    }
    free(full);
}

static void make_room(struct mdf_index *index, unsigned level, size_t size)
{
    struct mdf_level *at = level_at(index, level);

    if (!at->begun) {
        begin_page(index, level);
    } else if (!mdf_page_fits(&at->page, size)) {
        turn_page(index, level);
    }
}

static struct mdf_address put(struct mdf_index *index, unsigned level, const uint8_t *record, size_t size,
                              const struct mdf_key *key)
{
    struct mdf_level *at = level_at(index, level);
    unsigned slot;

    make_room(index, level, size);
    if (!at->has_key && key != NULL) {
        at->first = *key;
        at->has_key = true;
    }
    slot = mdf_page_add(&at->page, record, size);
    return (struct mdf_address){at->page.number, (uint16_t)slot};
}

struct mdf_address mdf_index_add(struct mdf_index *index, const uint8_t *record, size_t size, const struct mdf_key *key)
{
    return put(index, 0, record, size, key);
}

void mdf_index_patch(struct mdf_index *index, struct mdf_address address, const uint8_t *record, size_t size)
{
    struct mdf_page *page = &level_at(index, 0)->page;

    must(page->number == address.page && address.slot < page->slots);
    memcpy(page->bytes + mdf_get_u16(page->bytes + MDF_PAGE_SIZE - 2 * ((size_t)address.slot + 1)), record, size);
}

void mdf_index_add_ghost(struct mdf_index *index, const uint8_t *record, size_t size, const struct mdf_key *key)
{
    struct mdf_address address = put(index, 0, record, size, key);

    level_at(index, 0)->page.ghosts++;
    mdf_store_has_ghosts(index->store, address.page);
}

void mdf_index_add_free_slot(struct mdf_index *index)
{
    make_room(index, 0, 0);
    mdf_page_add_free_slot(&level_at(index, 0)->page);
}

void mdf_index_finish(struct mdf_index *index)
{
    unsigned level = 0;

    for (; level < MDF_LEVELS_MAX && index->levels[level] != NULL; level++) {
        struct mdf_level *at = index->levels[level];
        bool only = at->complete == 0;

        complete(index, at, &at->page, 0);
        if (only) {
            index->unit->root = index->is_heap ? 0 : at->page.number;
        } else if (!index->is_heap) {
            put_above(index, level + 1, &at->first, at->page.number);
        }
    }
    mdf_index_release(index);
}
