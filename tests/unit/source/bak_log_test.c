/* Blocks of the transaction log, made by hand after section 11.2 of the format reference. */
#include <criterion/criterion.h>
#include <string.h>

#include "source/bak/log.h"

enum { BLOCK = 1536, RECORDS_MAX = 8, PAGE_RECORD = 32, PLAIN_RECORD = 24 };

struct seen {
    struct bak_log_record records[RECORDS_MAX];
    size_t count;
    size_t most;
};

static bool take(void *context, const struct bak_log_record *record)
{
    struct seen *seen = context;

    if (seen->count == seen->most)
        return false;
    seen->records[seen->count++] = *record;
    return true;
}

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static void put_record(uint8_t *at, unsigned operation, unsigned transaction, unsigned page)
{
    size_t size = page ? PAGE_RECORD : PLAIN_RECORD;

    memset(at, 0, size);
    put16(at + 2, (unsigned)size);
    put16(at + 0x10, transaction);
    at[0x16] = (uint8_t)operation;
    at[0x17] = 1;
    if (page) {
        put16(at + 0x18, page);
        put16(at + 0x1C, 1);
        put16(at + 0x1E, 7);
    }
}

/* Three records, the last of which goes over the end of a sector, with the marks at the sectors' beginnings. */
static void make_block(uint8_t block[BLOCK])
{
    memset(block, 0, BLOCK);
    block[0] = 0x50;
    put16(block + 2, 3);
    put16(block + 4, 1200);
    put16(block + 6, BLOCK);
    put16(block + 12, 31);
    put16(block + 16, 80);
    put16(block + 20, 1);
    put_record(block + 24, 0x80, 500, 0);
    put_record(block + 490, 2, 500, 300);
    put_record(block + 700, 0x81, 500, 0);
    put16(block + 1200 - 2, 24);
    put16(block + 1200 - 4, 490);
    put16(block + 1200 - 6, 700);
    for (size_t sector = 1; sector < BLOCK / 512; sector++) {
        block[BLOCK - 1 - sector] = block[sector * 512];
        block[sector * 512] = 0x40;
    }
}

Test(bak_log, records_of_a_block)
{
    uint8_t block[BLOCK];
    struct seen seen = {.most = RECORDS_MAX};

    make_block(block);
    cr_expect_eq(bak_log_block_size(block), BLOCK);
    cr_assert(bak_log_block_read(block, BLOCK, take, &seen));
    cr_assert_eq(seen.count, 3);
    cr_expect_eq(seen.records[0].operation, 0x80);
    cr_expect(!seen.records[0].has_page);
    cr_expect_eq(seen.records[1].operation, 2);
    cr_expect_eq(seen.records[1].transaction, 500);
    cr_expect_eq(seen.records[1].place.page, 300);
    cr_expect_eq(seen.records[1].place.file, 1);
    cr_expect_eq(seen.records[1].slot, 7);
    cr_expect_eq(seen.records[1].lsn.file, 31);
    cr_expect_eq(seen.records[1].lsn.block, 80);
    cr_expect_eq(seen.records[1].lsn.record, 2);
    cr_expect_eq(seen.records[2].operation, 0x81);
}

Test(bak_log, damaged_blocks_are_refused)
{
    uint8_t block[BLOCK];
    struct seen seen = {.most = 2};

    make_block(block);
    cr_expect(!bak_log_block_read(block, BLOCK, take, &seen), "the walk was ended by its taker");
    seen.most = RECORDS_MAX;
    make_block(block);
    put16(block + 2, 2000);
    cr_expect(!bak_log_block_read(block, BLOCK, take, &seen), "more records than room");
    make_block(block);
    put16(block + 4, BLOCK + 1);
    cr_expect(!bak_log_block_read(block, BLOCK, take, &seen), "an end behind the block");
    make_block(block);
    put16(block + 1200 - 4, 1199);
    cr_expect(!bak_log_block_read(block, BLOCK, take, &seen), "a record that is cut off");
    make_block(block);
    block[0] = 0x40;
    cr_expect_eq(bak_log_block_size(block), 0);
    make_block(block);
    put16(block + 6, 700);
    cr_expect_eq(bak_log_block_size(block), 0);
}
