/*
 * The piece of transaction log in a backup: which tables were changed while their pages were copied. Nothing is redone;
 * the tables are named. Format, section 11.
 */
#ifndef SOURCE_BAK_LOG_H
#define SOURCE_BAK_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "source/bak/database.h"

struct bak_log_table {
    const struct bak_table *table; /* borrowed from the catalogue; NULL: pages of no table that is known */
    int64_t stale;                 /* changes that came after the page was copied */
    int64_t uncommitted;           /* changes on a copied page whose transaction did not end within the backup */
};

struct bak_log_findings {
    int64_t blocks;
    int64_t records;
    int64_t row_changes;
    int64_t damaged_blocks; /* could not be read: what they say is not known */
    bool truncated;         /* more was going on than is kept track of: the figures are too low */
    struct bak_log_table *tables;
    size_t table_count;
};

/* Reads the log of all the set's files. */
MUST_CHECK bool bak_log_examine(struct bak_database *database, struct bak_log_findings *ret, struct fault *fault);
void bak_log_findings_release(struct bak_log_findings *findings);

/* One log block, for tests. */
struct bak_log_record {
    struct bak_lsn lsn;
    uint64_t transaction;
    uint8_t operation;
    uint8_t context;
    bool has_page;
    struct bak_place place;
    uint16_t slot;
};

/* Called for each record; false ends the walk. */
typedef bool bak_log_record_fn(void *context, const struct bak_log_record *record);

/* Reads a block of `size` bytes (a multiple of 512), which is changed: the first bytes of its sectors are put back.
 * False when it is no block, or is damaged, or the function said so. */
MUST_CHECK bool bak_log_block_read(uint8_t *block, size_t size, bak_log_record_fn *take, void *context);

/* The size of the block that begins with these 16 bytes; 0 when none does. */
size_t bak_log_block_size(const uint8_t *start);

#endif
