/*
 * The rows of a table, one after another in constant memory, as the bytes of their columns. Pages are found by the IAM
 * chain, which has every page of the table whatever became of its links; rows that moved are read where their stub
 * says. What could not be read is counted: a table never comes out silently short. Format, sections 6 and 7.4.
 */
#ifndef SOURCE_BAK_TABLE_H
#define SOURCE_BAK_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "source/bak/catalogue.h"
#include "source/bak/record.h"
#include "source/bak/store.h"

enum { BAK_PROBLEM_SIZE = 200, BAK_PROBLEMS_MAX = 16 };

struct bak_row {
    const struct bak_cell *cells; /* as many as the table has columns; NULL when the row could not be read */
    struct bak_address address;   /* of the row, or of its stub when it moved: no two rows share one */
    const struct bak_rowset *rowset;
    const char *problem; /* why there are no cells; "page 1:313 slot 4: …" */
};

/* What a scan met, final after its end. */
struct bak_tally {
    int64_t rows;     /* given, with cells */
    int64_t expected; /* by the server's own count */
    int64_t damaged_rows;
    int64_t damaged_pages; /* bad checksum or torn; their rows were given all the same */
    int64_t missing_pages; /* in use, but not in the backup */
    int64_t ghosts;
    int64_t forwarded;
    size_t problem_count; /* of all; the first BAK_PROBLEMS_MAX are kept */
    char problems[BAK_PROBLEMS_MAX][BAK_PROBLEM_SIZE];
};

struct bak_scan;

/* Starts a pass; several may be open at once. Store, catalogue and table are borrowed. FAULT_BAD_INPUT for a table that
 * is unreadable, with the reason. */
MUST_CHECK bool bak_scan_open(struct bak_store *store, const struct bak_catalogue *catalogue,
                              const struct bak_table *table, struct bak_scan **ret, struct fault *fault);
void bak_scan_close(struct bak_scan **scan);

/* The next row, borrowed until the next call; NULL at the end. Damage is a row with a problem, or is counted; only a
 * read error and a broken chain of allocation pages are faults. */
MUST_CHECK bool bak_scan_next(struct bak_scan *scan, const struct bak_row **ret, struct fault *fault);

/* The row at an address that an earlier scan of the table gave, borrowed until the next call. FAULT_BAD_INPUT when
 * there is none. Not to be mixed with bak_scan_next in one scan. */
MUST_CHECK bool bak_scan_at(struct bak_scan *scan, struct bak_address address, const struct bak_row **ret,
                            struct fault *fault);

const struct bak_tally *bak_scan_tally(const struct bak_scan *scan);

/* Of all pages of the table in use, how many were read so far: for progress. */
int64_t bak_scan_pages(const struct bak_scan *scan);

/* True when every row that the server counted was given, and nothing was damaged. */
bool bak_tally_is_complete(const struct bak_tally *tally);

#endif
