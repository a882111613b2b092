#include "lob_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bak_builder.h"

enum { INDEX_PART = 256, OBJECT_PART = 77, TREE_PAGE = 4, LEAF_PAGE = 3 };

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value & 0xFFFF);
    put16(at + 2, value >> 16);
}

static void put_address(uint8_t *at, uint32_t page, unsigned slot)
{
    put32(at, page);
    put16(at + 4, 1);
    put16(at + 6, slot);
}

static void start_record(uint8_t *record, size_t size, unsigned kind)
{
    memset(record, 0, size);
    record[0] = 0x08;
    put16(record + 2, (unsigned)size);
    record[4] = 42;
    put16(record + 12, kind);
}

uint8_t lob_builder_byte(size_t at)
{
    return (uint8_t)(at * 7 + at / 256);
}

static void put_root(uint8_t *page, unsigned kind)
{
    uint8_t record[84];

    start_record(record, sizeof record, kind);
    put16(record + 14, 5);
    put16(record + 16, 1);
    put16(record + 18, 1);
    put32(record + 24, LOB_WHOLE);
    put_address(record + 28, LOB_FIRST_PAGE, LOB_SLOT_INTERNAL);
    built_add(page, record, sizeof record);
}

static void put_internal(uint8_t *page)
{
    uint8_t record[20 + 3 * 16];

    start_record(record, sizeof record, 2);
    put16(record + 14, 3);
    put16(record + 16, 3);
    for (unsigned i = 0; i < 3; i++) {
        put32(record + 20 + 16 * i, (i + 1) * LOB_PIECE);
        put_address(record + 28 + 16 * i, LOB_FIRST_PAGE + 1 + i, 0);
    }
    built_add(page, record, sizeof record);
}

static void put_small(uint8_t *page, unsigned kind)
{
    uint8_t record[84];

    start_record(record, sizeof record, kind);
    put16(record + 14, LOB_SMALL);
    memcpy(record + 20, "small value", LOB_SMALL);
    built_add(page, record, sizeof record);
}

void lob_builder_extent(uint8_t extent[8 * BAK_PAGE_SIZE])
{
    for (unsigned i = 0; i < LOB_PAGES; i++)
        built_page(extent + (size_t)i * BAK_PAGE_SIZE, i ? LEAF_PAGE : TREE_PAGE, 1, LOB_FIRST_PAGE + i, INDEX_PART,
                   OBJECT_PART);
    put_small(extent, 0);
    put_root(extent, 5);
    put_root(extent, 4);
    put_internal(extent);
    put_small(extent, 8);
    for (unsigned i = 0; i < 3; i++) {
        uint8_t record[14 + LOB_PIECE];

        start_record(record, sizeof record, 3);
        for (size_t k = 0; k < LOB_PIECE; k++)
            record[14 + k] = lob_builder_byte(i * LOB_PIECE + k);
        built_add(extent + (size_t)(i + 1) * BAK_PAGE_SIZE, record, sizeof record);
    }
}

bool lob_store_open(struct lob_store *opened, const uint8_t extent[8 * BAK_PAGE_SIZE], struct fault *fault)
{
    const uint8_t *extents[] = {extent};
    struct built_set set = {.kind = 'D', .extents = extents, .extent_count = 1, .declared_pages = 8, .file_pages = 16};
    struct built built = {0};
    struct bak_input input = {0};
    struct bak_member member;
    char path[64];
    bool good;

    *opened = (struct lob_store){.descriptor = memfd_create("backup", 0)};
    opened->units.large = (int64_t)INDEX_PART << 48 | (int64_t)OBJECT_PART << 16;
    built_tape(&built, &set);
    built_set(&built, &set);
    good = write(opened->descriptor, built.data, built.size) == (ssize_t)built.size;
    built_release(&built);
    snprintf(path, sizeof path, "/proc/self/fd/%d", opened->descriptor);
    input.path = path;
    if (!good || !bak_file_open(&input, &opened->file, fault) ||
        !bak_container_open(opened->file, &opened->container, fault))
        return false;
    member = (struct bak_member){.file = opened->file, .set = bak_container_set(opened->container, 0)};
    return bak_store_open(&member, 1, &opened->store, fault);
}

void lob_store_close(struct lob_store *opened)
{
    bak_store_close(&opened->store);
    bak_container_close(&opened->container);
    bak_file_close(&opened->file);
    close(opened->descriptor);
}

void lob_builder_pointer(uint8_t cell[LOB_POINTER_SIZE], unsigned slot)
{
    memset(cell, 0, LOB_POINTER_SIZE);
    cell[0] = 9;
    put_address(cell + 8, LOB_FIRST_PAGE, slot);
}

void lob_builder_inline(uint8_t cell[LOB_INLINE_SIZE])
{
    memset(cell, 0, LOB_INLINE_SIZE);
    cell[0] = 4;
    put32(cell + 12, LOB_WHOLE);
    put_address(cell + 16, LOB_FIRST_PAGE, LOB_SLOT_INTERNAL);
}
