#include "sandbox/clinic/bak_lob.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/must.h"

enum {
    PIECE_MAX = 8040,
    HEAD = 14, /* of a record: status, length, id, kind */
    KIND_SMALL = 0,
    KIND_INTERNAL = 2,
    KIND_DATA = 3,
    KIND_ROOT = 5,
    SMALL_MAX = 64,
    SMALL_RECORD = 84,
    SMALL_DATA = 20,
    ROOT_LINKS_MAX = 5,
    ROOT_HEAD = 24,
    INTERNAL_LINKS_MAX = 501,
    INTERNAL_HEAD = 20,
    INTERNAL_LINK = 16,
    IN_ROW_HEAD = 12,
    SHORT_LINK = 12,
    IN_ROW_LARGE = 4,
    IN_ROW_OVERFLOW = 2,
    FIRST_ID = 2000,
};

void mdf_lob_init(struct mdf_lob_writer *writer, struct mdf_store *store, struct mdf_unit *unit)
{
    *writer = (struct mdf_lob_writer){.store = store, .unit = unit, .next_id = FIRST_ID};
}

void mdf_lob_release(struct mdf_lob_writer *writer)
{
    free(writer->shared);
    free(writer->links);
    writer->shared = NULL;
    writer->links = NULL;
}

static void begin_page(struct mdf_lob_writer *writer, struct mdf_page *page, enum mdf_page_type type)
{
    mdf_page_init(page, type, 0, writer->unit->id, mdf_unit_page(writer->store, writer->unit));
    writer->unit->root = writer->unit->root != 0 ? writer->unit->root : page->number;
    mdf_store_full(writer->store, page->number, 4);
}

static void begin_record(const struct mdf_lob_writer *writer, uint8_t *record, size_t size, unsigned kind)
{
    memset(record, 0, HEAD);
    record[0] = 0x08; /* a piece of a large value */
    mdf_put_u16(record + 2, (unsigned)size);
    mdf_put_u64(record + 4, writer->next_id << 16);
    mdf_put_u16(record + 12, kind);
}

/* A record on a page of its own when it is long, else beside others. */
static struct mdf_address add_record(struct mdf_lob_writer *writer, enum mdf_page_type type, const uint8_t *record,
                                     size_t size)
{
    struct mdf_page own;
    unsigned slot;

    if (type != MDF_PAGE_TEXT || size > MDF_PAGE_SIZE / 2) {
        begin_page(writer, &own, type);
        slot = mdf_page_add(&own, record, size);
        mdf_store_write(writer->store, &own);
        return (struct mdf_address){own.number, (uint16_t)slot};
    }
    if (writer->shared != NULL && !mdf_page_fits(writer->shared, size)) {
        mdf_store_write(writer->store, writer->shared);
        free(writer->shared);
        writer->shared = NULL;
    }
    if (writer->shared == NULL) {
        writer->shared = x_alloc(sizeof(*writer->shared));
        begin_page(writer, writer->shared, MDF_PAGE_TEXT);
    }
    slot = mdf_page_add(writer->shared, record, size);
    return (struct mdf_address){writer->shared->number, (uint16_t)slot};
}

static void add_link(struct mdf_lob_writer *writer, struct mdf_address address)
{
    if (writer->link_count == writer->link_room) {
        writer->link_room = writer->link_room > 0 ? 2 * writer->link_room : 64;
        writer->links = x_grow_array(writer->links, writer->link_room, sizeof(*writer->links));
    }
    writer->links[writer->link_count++] = (struct mdf_lob_link){writer->size, address};
}

static void write_piece(struct mdf_lob_writer *writer)
{
    begin_record(writer, writer->piece, HEAD + writer->piece_size, KIND_DATA);
    add_link(writer, add_record(writer, MDF_PAGE_TEXT, writer->piece, HEAD + writer->piece_size));
    writer->piece_size = 0;
}

void mdf_lob_put(struct mdf_lob_writer *writer, const void *data, size_t size)
{
    const uint8_t *from = data;

    while (size > 0) {
        size_t part = PIECE_MAX - writer->piece_size;

        part = part < size ? part : size;
        memcpy(writer->piece + HEAD + writer->piece_size, from, part);
        writer->piece_size += part;
        writer->size += part;
        from += part;
        size -= part;
        if (writer->piece_size == PIECE_MAX) {
            write_piece(writer);
        }
    }
    must(writer->size <= MDF_LOB_BYTES_MAX);
}

static struct mdf_address write_internal(struct mdf_lob_writer *writer, size_t first, size_t count, unsigned level)
{
    uint8_t record[INTERNAL_HEAD + INTERNAL_LINKS_MAX * INTERNAL_LINK];
    uint64_t before = first > 0 ? writer->links[first - 1].end : 0;
    size_t size = INTERNAL_HEAD + count * INTERNAL_LINK;

    begin_record(writer, record, size, KIND_INTERNAL);
    mdf_put_u16(record + HEAD, INTERNAL_LINKS_MAX);
    mdf_put_u16(record + 16, (unsigned)count);
    mdf_put_u16(record + 18, level);
    for (size_t i = 0; i < count; i++) {
        uint8_t *at = record + INTERNAL_HEAD + i * INTERNAL_LINK;

        /* Ends count from the node's own beginning. */
        mdf_put_u64(at, writer->links[first + i].end - before);
        mdf_put_address(at + 8, writer->links[first + i].address);
    }
    return add_record(writer, MDF_PAGE_TEXT_TREE, record, size);
}

/* Puts nodes above the links until few enough are left for a root; gives the height. */
static unsigned build_tree(struct mdf_lob_writer *writer)
{
    unsigned level = 0;

    if (writer->piece_size > 0) {
        write_piece(writer);
    }
    for (; writer->link_count > ROOT_LINKS_MAX; level++) {
        struct mdf_lob_link *above = x_alloc_array(writer->link_count, sizeof(*above));
        size_t nodes = 0;
        size_t count;

        for (size_t first = 0; first < writer->link_count; first += count) {
            count = writer->link_count - first;
            count = count < INTERNAL_LINKS_MAX ? count : INTERNAL_LINKS_MAX;
            above[nodes].address = write_internal(writer, first, count, level);
            above[nodes++].end = writer->links[first + count - 1].end;
        }
        free(writer->links);
        writer->links = above;
        writer->link_room = writer->link_count;
        writer->link_count = nodes;
    }
    return level;
}

static void put_links(const struct mdf_lob_writer *writer, uint8_t *at)
{
    for (size_t i = 0; i < writer->link_count; i++) {
        mdf_put_u32(at + i * SHORT_LINK, (uint32_t)writer->links[i].end);
        mdf_put_address(at + i * SHORT_LINK + 4, writer->links[i].address);
    }
}

static void next_value(struct mdf_lob_writer *writer)
{
    writer->next_id++;
    writer->link_count = 0;
    writer->size = 0;
    writer->piece_size = 0;
}

size_t mdf_lob_end_root(struct mdf_lob_writer *writer, int overflow, uint8_t root[MDF_ROOT_MAX])
{
    unsigned level = build_tree(writer);
    size_t size = IN_ROW_HEAD + writer->link_count * SHORT_LINK;

    must(writer->link_count > 0 && size <= MDF_ROOT_MAX);
    memset(root, 0, IN_ROW_HEAD);
    root[0] = overflow ? IN_ROW_OVERFLOW : IN_ROW_LARGE;
    root[1] = (uint8_t)level;
    mdf_put_u32(root + 4, 1);
    mdf_put_u32(root + 8, (uint32_t)writer->next_id);
    put_links(writer, root + IN_ROW_HEAD);
    next_value(writer);
    return size;
}

/* What is so short stands in the root itself. */
static struct mdf_address write_small(struct mdf_lob_writer *writer)
{
    uint8_t record[SMALL_RECORD] = {0};

    begin_record(writer, record, sizeof(record), KIND_SMALL);
    mdf_put_u16(record + HEAD, (unsigned)writer->piece_size);
    memcpy(record + SMALL_DATA, writer->piece + HEAD, writer->piece_size);
    return add_record(writer, MDF_PAGE_TEXT, record, sizeof(record));
}

static struct mdf_address write_root(struct mdf_lob_writer *writer)
{
    unsigned level = build_tree(writer);
    uint8_t record[SMALL_RECORD] = {0};

    begin_record(writer, record, sizeof(record), KIND_ROOT);
    mdf_put_u16(record + HEAD, ROOT_LINKS_MAX);
    mdf_put_u16(record + 16, (unsigned)writer->link_count);
    mdf_put_u16(record + 18, level);
    put_links(writer, record + ROOT_HEAD);
    return add_record(writer, MDF_PAGE_TEXT, record, sizeof(record));
}

void mdf_lob_end_pointer(struct mdf_lob_writer *writer, uint8_t pointer[MDF_POINTER_SIZE])
{
    struct mdf_address root = writer->size <= SMALL_MAX ? write_small(writer) : write_root(writer);

    memset(pointer, 0, MDF_POINTER_SIZE);
    mdf_put_u32(pointer, (uint32_t)writer->next_id);
    mdf_put_address(pointer + 8, root);
    next_value(writer);
}

void mdf_lob_finish(struct mdf_lob_writer *writer)
{
    if (writer->shared != NULL) {
        mdf_store_write(writer->store, writer->shared);
        free(writer->shared);
        writer->shared = NULL;
    }
}
