/* Blocks of the transaction log, made by hand after section 11.2 of the format reference. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "bak_fixture.h"
#include "base/memory.h"
#include "source/bak/log.h"

enum { BLOCK = 1536, RECORDS_MAX = 8, PAGE_RECORD = 32, PLAIN_RECORD = 24, FILE_MAX = 5000000, DOCTOR_PAGE = 313 };

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

/* The bytes of a real backup, and where its page and the unused end of its log stand. */
struct real {
    char *bytes;
    size_t size;
    uint8_t *page;
    uint8_t *log;
    struct bak_lsn first;
};

static bool load(struct real *real)
{
    const char *path = bak_shared("aelg-Hospital.bak");
    scoped(file_close) FILE *file = path ? fopen(path, "rb") : NULL;
    struct bak_database *database = NULL;
    struct fault fault = {0};
    const struct bak_set *set;

    if (!file)
        return false;
    real->bytes = x_alloc(FILE_MAX);
    real->size = fread(real->bytes, 1, FILE_MAX, file);
    cr_assert(bak_fixture_open(path, &database, &fault), "%s", fault.text);
    set = bak_set_of(database);
    real->first = set->first_lsn;
    cr_assert_gt(set->log_count, 0);
    real->log = (uint8_t *)real->bytes + set->log[0].offset + set->log[0].size - BLOCK;
    for (int64_t at = set->pieces[0].offset; !real->page && at < set->pieces[0].offset + set->pieces[0].size;
         at += 8192) {
        uint8_t *page = (uint8_t *)real->bytes + at;

        if (page[32] == (DOCTOR_PAGE & 0xFF) && page[33] == DOCTOR_PAGE >> 8 && page[34] == 0 && page[36] == 1)
            real->page = page;
    }
    cr_assert(real->page != NULL);
    bak_close(&database);
    return true;
}

/* A block with LSNs from just after the beginning of the backup: a change on the page, and a commit when it is to be.
 */
static void put_change(struct real *real, bool committed, unsigned page)
{
    uint8_t block[BLOCK];

    make_block(block);
    block[24 + 0x16] = 0x96;
    put16(block + 24 + 0x10, 0);
    put16(block + 490 + 0x18, page);
    block[700 + 0x16] = committed ? 0x81 : 0x96;
    put16(block + 700 + 0x10, committed ? 500 : 0);
    put16(block + 12, real->first.file & 0xFFFF);
    put16(block + 14, real->first.file >> 16);
    put16(block + 16, (real->first.block + 1) & 0xFFFF);
    put16(block + 18, (real->first.block + 1) >> 16);
    memcpy(real->log, block, BLOCK);
}

/* The page as if it had been written after the change. */
static void make_page_newer(struct real *real)
{
    put16(real->page + 40, real->first.file & 0xFFFF);
    put16(real->page + 42, real->first.file >> 16);
    put16(real->page + 44, (real->first.block + 2) & 0xFFFF);
    put16(real->page + 46, (real->first.block + 2) >> 16);
    put16(real->page + 48, 9);
    built_checksum(real->page);
}

static void expect_findings(const struct real *real, const char *table, int64_t stale, int64_t uncommitted)
{
    struct bak_fixture fixture;
    struct bak_database *database = NULL;
    struct bak_log_findings found;
    struct fault fault = {0};

    bak_fixture_make(&fixture, real->bytes, real->size);
    cr_assert(bak_fixture_open(fixture.path, &database, &fault), "%s", fault.text);
    cr_assert(bak_log_examine(database, &found, &fault), "%s", fault.text);
    cr_expect_eq(found.damaged_blocks, 0);
    cr_assert_eq(found.table_count, stale || uncommitted ? 1 : 0, "%zu tables were changed", found.table_count);
    if (found.table_count) {
        cr_expect_str_eq(found.tables[0].table ? found.tables[0].table->name : "(unknown)", table);
        cr_expect_eq(found.tables[0].stale, stale);
        cr_expect_eq(found.tables[0].uncommitted, uncommitted);
    }
    bak_log_findings_release(&found);
    bak_close(&database);
    bak_fixture_remove(&fixture);
}

Test(bak_log, changes_while_the_backup_was_taken_are_found_and_their_table_named)
{
    struct real real = {0};

    if (!load(&real))
        return;
    expect_findings(&real, "", 0, 0);
    put_change(&real, true, DOCTOR_PAGE);
    expect_findings(&real, "doctor", 1, 0);
    put_change(&real, false, DOCTOR_PAGE);
    expect_findings(&real, "doctor", 1, 0);
    make_page_newer(&real);
    expect_findings(&real, "doctor", 0, 1);
    put_change(&real, true, DOCTOR_PAGE);
    expect_findings(&real, "", 0, 0);
    put_change(&real, true, 500);
    expect_findings(&real, "(unknown)", 1, 0);
    free(real.bytes);
}
