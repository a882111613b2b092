#include "sandbox/clinic/bak_page.h"

#include <string.h>

#include "base/must.h"
#include "sandbox/clinic/bak_bytes.h"

enum {
    AT_TYPE = 1,
    AT_LEVEL = 3,
    AT_FLAGS = 4,
    AT_INDEX = 6,
    AT_PREVIOUS = 8,
    AT_SHORTEST = 14,
    AT_NEXT = 16,
    AT_SLOTS = 22,
    AT_OBJECT = 24,
    AT_FREE_BYTES = 28,
    AT_FREE_OFFSET = 30,
    AT_NUMBER = 32,
    AT_LSN = 40,
    AT_GHOSTS = 58,
    AT_CHECKSUM = 60,
    FLAG_CHECKSUM = 0x200,
    SECTORS = 16,
    SECTOR_WORDS = 128,
};

void mdf_page_init(struct mdf_page *page, enum mdf_page_type type, unsigned level, uint64_t unit, uint32_t number)
{
    *page = (struct mdf_page){.number = number, .end = MDF_PAGE_HEAD};
    page->bytes[0] = 1;
    page->bytes[AT_TYPE] = (uint8_t)type;
    page->bytes[AT_LEVEL] = (uint8_t)level;
    mdf_put_u16(page->bytes + AT_FLAGS, FLAG_CHECKSUM);
    mdf_put_u16(page->bytes + AT_INDEX, (unsigned)(unit >> 48));
    mdf_put_u32(page->bytes + AT_OBJECT, (uint32_t)(unit >> 16));
    mdf_put_u32(page->bytes + AT_NUMBER, number);
    mdf_put_u16(page->bytes + AT_NUMBER + 4, 1);
}

bool mdf_page_fits(const struct mdf_page *page, size_t size)
{
    return page->end + size + 2 * ((size_t)page->slots + 1) <= MDF_PAGE_SIZE;
}

static void add_slot(struct mdf_page *page, unsigned offset)
{
    page->slots++;
    mdf_put_u16(page->bytes + MDF_PAGE_SIZE - 2 * (size_t)page->slots, offset);
}

unsigned mdf_page_add(struct mdf_page *page, const uint8_t *record, size_t size)
{
    must(mdf_page_fits(page, size));
    memcpy(page->bytes + page->end, record, size);
    add_slot(page, page->end);
    page->end += (unsigned)size;
    page->record_bytes += (unsigned)size;
    return page->slots - 1;
}

void mdf_page_add_free_slot(struct mdf_page *page)
{
    must(mdf_page_fits(page, 0));
    add_slot(page, 0);
}

void mdf_page_link(struct mdf_page *page, uint32_t previous, uint32_t next)
{
    mdf_put_place(page->bytes + AT_PREVIOUS, previous);
    mdf_put_place(page->bytes + AT_NEXT, next);
}

void mdf_page_shortest(struct mdf_page *page, unsigned size)
{
    mdf_put_u16(page->bytes + AT_SHORTEST, size);
}

static uint32_t word_at(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

uint32_t mdf_page_checksum(const uint8_t bytes[MDF_PAGE_SIZE])
{
    uint32_t sum = 0;

    for (unsigned sector = 0; sector < SECTORS; sector++) {
        const uint8_t *at = bytes + (size_t)sector * SECTOR_WORDS * 4;
        unsigned turn = SECTORS - 1 - sector;
        uint32_t part = 0;

        for (unsigned word = 0; word < SECTOR_WORDS; word++) {
            part ^= sector == 0 && word == AT_CHECKSUM / 4 ? 0 : word_at(at + 4 * (size_t)word);
        }
        sum ^= turn > 0 ? part << turn | part >> (32 - turn) : part;
    }
    return sum;
}

void mdf_page_seal(struct mdf_page *page)
{
    uint8_t *bytes = page->bytes;

    mdf_put_u16(bytes + AT_SLOTS, page->slots);
    mdf_put_u16(bytes + AT_FREE_BYTES, MDF_PAGE_SIZE - MDF_PAGE_HEAD - page->record_bytes - 2 * page->slots);
    mdf_put_u16(bytes + AT_FREE_OFFSET, page->end);
    mdf_put_u16(bytes + AT_GHOSTS, page->ghosts);
    mdf_put_u32(bytes + AT_LSN, MDF_LSN_FILE - 1);
    mdf_put_u32(bytes + AT_LSN + 4, 16 + 8 * (page->number % 1000));
    mdf_put_u16(bytes + AT_LSN + 8, 1 + page->number % 40);
    mdf_put_u32(bytes + AT_CHECKSUM, mdf_page_checksum(bytes));
}
