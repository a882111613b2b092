#include "source/bak/log.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "source/bak/endian.h"

enum {
    SECTOR = 512,
    BYTES_PER_MOVE = 1024 * 1024,
    BLOCK_HEADER = 16,
    BLOCK_MAX = 60 * 1024 + 4 * 1024, /* a block has at most 60 KB; its size is a u16 */
    RECORD_HEADER = 24,
    RECORD_WITH_PAGE = 0x20,
    TRANSACTIONS_MAX = 1000000, /* at work at the same moment */
    OP_INSERT = 2,
    OP_DELETE = 3,
    OP_MODIFY_ROW = 4,
    OP_MODIFY_COLUMNS = 6,
    OP_DELETE_SPLIT = 8,
    OP_BEGIN = 0x80,
    OP_COMMIT = 0x81,
    OP_ABORT = 0x82,
};

/* Transactions that have begun, or changed something, and not ended so far. Open addressing; 0 is a free place. */
struct open_set {
    uint64_t *ids;
    size_t room; /* a power of two */
    size_t count;
};

struct walk {
    struct bak_database *database;
    struct bak_log_findings *findings;
    struct open_set open;
    bool second;   /* the pass that looks at pages */
    int64_t total; /* bytes to walk, in both passes */
    int64_t done;  /* in the pieces before */
    int64_t told;
    struct fault *fault;
    bool failed;
    struct bak_page page; /* looked at last */
    struct bak_place place;
    enum bak_found found;
};

size_t bak_log_block_size(const uint8_t *start)
{
    unsigned kind = start[0] >> 4;
    size_t size = bak_u16(start + 6);

    return (kind == 5 || kind == 9) && size >= SECTOR && size % SECTOR == 0 ? size : 0;
}

/* Every sector but the first begins with a mark; what it replaced stands at the block's end. */
static void put_back(uint8_t *block, size_t size)
{
    for (size_t sector = 1; sector < size / SECTOR; sector++)
        block[sector * SECTOR] = block[size - 1 - sector];
}

static bool read_record(const uint8_t *at, size_t room, struct bak_log_record *ret)
{
    size_t fixed;

    if (room < RECORD_HEADER)
        return false;
    fixed = bak_u16(at + 2);
    ret->transaction = (uint64_t)bak_u32(at + 0x10) | (uint64_t)bak_u16(at + 0x14) << 32;
    ret->operation = at[0x16];
    ret->context = at[0x17];
    ret->has_page = room >= RECORD_WITH_PAGE && fixed >= RECORD_WITH_PAGE;
    if (ret->has_page) {
        ret->place = bak_place_at(at + 0x18);
        ret->slot = bak_u16(at + 0x1E);
    }
    return true;
}

bool bak_log_block_read(uint8_t *block, size_t size, bak_log_record_fn *take, void *context)
{
    size_t count;
    size_t end;

    if (size < SECTOR || bak_log_block_size(block) != size)
        return false;
    put_back(block, size);
    count = bak_u16(block + 2);
    end = bak_u16(block + 4);
    if (end > size || end < BLOCK_HEADER + 6 || (end - BLOCK_HEADER - 6) / 2 < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        size_t at = bak_u16(block + end - 2 * (i + 1));
        struct bak_log_record record = {.lsn = {bak_u32(block + 12), bak_u32(block + 16), 0}};

        record.lsn.record = (uint16_t)(bak_u16(block + 20) + i);
        if (at < BLOCK_HEADER || at > end || !read_record(block + at, end - at, &record) || !take(context, &record))
            return false;
    }
    return true;
}

static size_t place_of(const struct open_set *set, uint64_t id)
{
    size_t at = (size_t)(id * 0x9E3779B97F4A7C15u >> 20) & (set->room - 1);

    while (set->ids[at] && set->ids[at] != id)
        at = (at + 1) & (set->room - 1);
    return at;
}

static bool contains(const struct open_set *set, uint64_t id)
{
    return set->room && set->ids[place_of(set, id)] == id;
}

static void grow(struct open_set *set)
{
    struct open_set larger = {.room = set->room ? set->room * 2 : 256};

    larger.ids = x_alloc_array(larger.room, sizeof *larger.ids);
    for (size_t i = 0; i < set->room; i++) {
        if (!set->ids[i])
            continue;
        larger.ids[place_of(&larger, set->ids[i])] = set->ids[i];
        larger.count++;
    }
    free(set->ids);
    *set = larger;
}

/* False when there are too many. */
static bool add(struct open_set *set, uint64_t id)
{
    size_t at;

    if (set->count * 2 >= set->room)
        grow(set);
    at = place_of(set, id);
    if (set->ids[at])
        return true;
    if (set->count == TRANSACTIONS_MAX)
        return false;
    set->ids[at] = id;
    set->count++;
    return true;
}

/* Those that follow without a gap are put in anew, so that they are found. */
static void remove_id(struct open_set *set, uint64_t id)
{
    size_t at;

    if (!contains(set, id))
        return;
    at = place_of(set, id);
    set->ids[at] = 0;
    set->count--;
    for (at = (at + 1) & (set->room - 1); set->ids[at]; at = (at + 1) & (set->room - 1)) {
        uint64_t moved = set->ids[at];

        set->ids[at] = 0;
        set->ids[place_of(set, moved)] = moved;
    }
}

static bool changes_row(const struct bak_log_record *record)
{
    return record->has_page && !bak_place_is_none(record->place) &&
           (record->operation == OP_INSERT || record->operation == OP_DELETE || record->operation == OP_MODIFY_ROW ||
            record->operation == OP_MODIFY_COLUMNS || record->operation == OP_DELETE_SPLIT);
}

static bool note_transaction(struct walk *walk, const struct bak_log_record *record)
{
    walk->findings->records++;
    if (record->transaction == 0)
        return true;
    if (record->operation == OP_COMMIT || record->operation == OP_ABORT)
        remove_id(&walk->open, record->transaction);
    else if (!add(&walk->open, record->transaction))
        walk->findings->truncated = true;
    return true;
}

static void count_change(struct walk *walk, const struct bak_table *table, bool stale)
{
    struct bak_log_findings *findings = walk->findings;
    size_t at = 0;

    while (at < findings->table_count && findings->tables[at].table != table)
        at++;
    if (at == findings->table_count) {
        findings->tables = x_grow_array(findings->tables, at + 1, sizeof *findings->tables);
        findings->tables[findings->table_count++] = (struct bak_log_table){.table = table};
    }
    if (stale)
        findings->tables[at].stale++;
    else
        findings->tables[at].uncommitted++;
}

/* Only pages that hold rows or values of tables: the server's own book-keeping goes on all the time. */
static bool judge_page(struct walk *walk, const struct bak_log_record *record)
{
    const struct bak_page_header *header = &walk->page.header;
    const struct bak_table *table = bak_catalogue_table_of_page(bak_catalogue_of(walk->database), header);
    bool stale = bak_lsn_compare(header->lsn, record->lsn) < 0;

    if (!table ||
        (header->type != BAK_PAGE_DATA && header->type != BAK_PAGE_TEXT && header->type != BAK_PAGE_TEXT_TREE))
        return true;
    if (stale || contains(&walk->open, record->transaction))
        count_change(walk, table, stale);
    return true;
}

static bool look_at_page(struct walk *walk, const struct bak_log_record *record)
{
    if (!changes_row(record))
        return true;
    walk->findings->row_changes++;
    if (!bak_place_equal(walk->place, record->place)) {
        walk->place = record->place;
        if (!bak_store_read(bak_store_of(walk->database), record->place, &walk->page, &walk->found, walk->fault)) {
            walk->failed = true;
            return false;
        }
    }
    if (walk->found == BAK_FOUND)
        return judge_page(walk, record);
    /* A page that was allocated after the backup had passed its place: nobody can say whose it is. */
    count_change(walk, NULL, true);
    return true;
}

static bool take_record(void *context, const struct bak_log_record *record)
{
    struct walk *walk = context;
    const struct bak_set *set = bak_set_of(walk->database);

    /* The log's files are reused: what is older than the backup's first mark is of an earlier round. */
    if (bak_lsn_compare(record->lsn, set->first_lsn) < 0 || bak_lsn_compare(record->lsn, set->last_lsn) >= 0)
        return true;
    return walk->second ? look_at_page(walk, record) : note_transaction(walk, record);
}

static void tell(struct walk *walk, int64_t done)
{
    struct bak_progress progress = bak_progress_of(walk->database);

    if (progress.tell && done >= walk->told + BYTES_PER_MOVE) {
        walk->told = done;
        progress.tell(progress.context, done, walk->total);
    }
}

static bool walk_piece(struct walk *walk, const struct bak_file *file, const struct bak_log_piece *piece)
{
    uint8_t *block = x_alloc_raw(BLOCK_MAX);
    int64_t at = 0;

    while (!walk->failed && at + SECTOR <= piece->size) {
        size_t size;

        tell(walk, walk->done + at);
        walk->failed = !bak_file_read(file, piece->offset + at, block, SECTOR, walk->fault);
        size = walk->failed ? 0 : bak_log_block_size(block);
        if (size == 0 || (int64_t)size > piece->size - at) {
            at += SECTOR;
            continue;
        }
        walk->failed = size > SECTOR &&
                       !bak_file_read(file, piece->offset + at + SECTOR, block + SECTOR, size - SECTOR, walk->fault);
        if (walk->failed)
            break;
        if (!walk->second)
            walk->findings->blocks++;
        if (!bak_log_block_read(block, size, take_record, walk) && !walk->failed && !walk->second)
            walk->findings->damaged_blocks++;
        at += (int64_t)size;
    }
    walk->done += piece->size;
    free(block);
    return !walk->failed;
}

/* Adds up the log, or walks it. */
static bool walk_all(struct walk *walk, bool only_measure)
{
    for (size_t i = 0; i < bak_member_count(walk->database); i++) {
        const struct bak_container *container = bak_member(walk->database, i);
        const struct bak_set *set = NULL;

        for (size_t k = 0; k < bak_container_set_count(container); k++)
            if (bak_container_set(container, k)->number == bak_set_of(walk->database)->number)
                set = bak_container_set(container, k);
        for (size_t k = 0; set && k < set->log_count; k++)
            if (only_measure)
                walk->total += 2 * set->log[k].size; /* it is walked twice */
            else if (!walk_piece(walk, bak_container_file(container), &set->log[k]))
                return false;
    }
    return true;
}

bool bak_log_examine(struct bak_database *database, struct bak_log_findings *ret, struct fault *fault)
{
    struct walk *walk = x_alloc(sizeof *walk);
    bool good;

    *ret = (struct bak_log_findings){0};
    walk->database = database;
    walk->findings = ret;
    walk->fault = fault;
    good = walk_all(walk, true) && walk_all(walk, false);
    walk->second = true;
    good = good && walk_all(walk, false);
    free(walk->open.ids);
    free(walk);
    return good;
}

void bak_log_findings_release(struct bak_log_findings *findings)
{
    free(findings->tables);
    *findings = (struct bak_log_findings){0};
}
