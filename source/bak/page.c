#include "source/bak/page.h"

#include <inttypes.h>
#include <stdio.h>

#include "source/bak/endian.h"

enum { SECTORS = 16, SECTOR_SIZE = BAK_PAGE_SIZE / SECTORS, CHECK_AT = 60, HIGHEST_TYPE = 20 };

struct bak_place bak_place_at(const uint8_t *at)
{
    return (struct bak_place){bak_u32(at), bak_u16(at + 4)};
}

struct bak_address bak_address_at(const uint8_t *at)
{
    return (struct bak_address){bak_place_at(at), bak_u16(at + 6)};
}

bool bak_place_is_none(struct bak_place place)
{
    return place.page == 0 && place.file == 0;
}

bool bak_place_equal(struct bak_place left, struct bak_place right)
{
    return left.page == right.page && left.file == right.file;
}

const char *bak_place_text(struct bak_place place, char buffer[BAK_PLACE_TEXT_SIZE])
{
    snprintf(buffer, BAK_PLACE_TEXT_SIZE, "page %u:%" PRIu32, place.file, place.page);
    return buffer;
}

void bak_page_header_decode(const uint8_t *bytes, struct bak_page_header *ret)
{
    *ret = (struct bak_page_header){
        .version = bytes[0],
        .type = bytes[1],
        .level = bytes[3],
        .flags = bak_u16(bytes + 4),
        .index_part = bak_u16(bytes + 6),
        .object_part = bak_u32(bytes + 24),
        .previous = bak_place_at(bytes + 8),
        .next = bak_place_at(bytes + 16),
        .slots = bak_u16(bytes + 22),
        .place = bak_place_at(bytes + 32),
        .lsn = {bak_u32(bytes + 40), bak_u32(bytes + 44), bak_u16(bytes + 48)},
        .check = bak_u32(bytes + CHECK_AT),
    };
}

bool bak_page_header_is_plausible(const struct bak_page_header *header)
{
    return header->version == 1 && header->type >= 1 && header->type <= HIGHEST_TYPE && header->place.file != 0;
}

/* Format, section 4.1. */
static uint32_t checksum(const uint8_t *bytes)
{
    uint32_t sum = 0;

    for (unsigned sector = 0; sector < SECTORS; sector++) {
        const uint8_t *at = bytes + (size_t)sector * SECTOR_SIZE;
        unsigned turn = SECTORS - 1 - sector;
        uint32_t part = 0;

        for (size_t i = 0; i < SECTOR_SIZE; i += 4)
            part ^= bak_u32(at + i);
        if (sector == 0)
            part ^= bak_u32(bytes + CHECK_AT);
        sum ^= turn ? part << turn | part >> (32 - turn) : part;
    }
    return sum;
}

/* Format, section 4.2: false when the sectors do not show the same pattern. */
static bool restore_torn_bits(uint8_t *bytes, uint32_t torn)
{
    uint8_t pattern = torn & 3;
    bool alike = true;

    for (unsigned i = 1; i < SECTORS; i++) {
        uint8_t *last = bytes + (size_t)SECTOR_SIZE * (i + 1) - 1;

        alike = alike && (*last & 3) == pattern;
        *last = (uint8_t)((*last & 0xFC) | (torn >> (2 * i) & 3));
    }
    return alike;
}

void bak_page_settle(struct bak_page *page)
{
    bak_page_header_decode(page->bytes, &page->header);
    page->damage = BAK_PAGE_SOUND;
    if (page->header.flags & BAK_PAGE_CHECKSUM) {
        if (checksum(page->bytes) != page->header.check)
            page->damage = BAK_PAGE_BAD_CHECKSUM;
    } else if (page->header.flags & BAK_PAGE_TORN_BITS) {
        if (!restore_torn_bits(page->bytes, page->header.check))
            page->damage = BAK_PAGE_TORN;
    }
}

int64_t bak_page_unit(const struct bak_page_header *header)
{
    return (int64_t)((uint64_t)header->index_part << 48 | (uint64_t)header->object_part << 16);
}

bool bak_page_belongs(const struct bak_page_header *header, int64_t unit)
{
    uint64_t id = (uint64_t)unit;

    if (bak_page_unit(header) == unit)
        return true;
    return id >> 48 == 1 && header->index_part == 0 && (id & 0xFFFF) == 0 &&
           (uint32_t)(id >> 16) == header->object_part;
}

enum bak_slot bak_page_slot(const struct bak_page *page, unsigned slot, const uint8_t **ret, size_t *ret_room)
{
    size_t end = BAK_PAGE_SIZE - 2 * (size_t)page->header.slots;
    size_t offset;

    if (page->header.slots > BAK_PAGE_SLOTS_MAX || slot >= page->header.slots)
        return BAK_SLOT_OUTSIDE;
    offset = bak_u16(page->bytes + BAK_PAGE_SIZE - 2 * ((size_t)slot + 1));
    if (offset == 0)
        return BAK_SLOT_FREE;
    if (offset < BAK_PAGE_HEADER_SIZE || offset >= end)
        return BAK_SLOT_OUTSIDE;
    *ret = page->bytes + offset;
    *ret_room = end - offset;
    return BAK_SLOT_RECORD;
}
