/*
 * A look at every page that a backup carries: whether it is the one it should be, and whether its checksum is right. In
 * steps, so that a bar can move and the user can stop it.
 */
#ifndef SOURCE_BAK_CHECK_H
#define SOURCE_BAK_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "source/bak/database.h"

enum { BAK_CHECK_LINES_MAX = 100, BAK_CHECK_LINE_SIZE = 200 };

struct bak_check;

struct bak_check_result {
    int64_t pages;  /* looked at */
    int64_t total;  /* that there are */
    int64_t in_use; /* by the PFS */
    int64_t with_checksum;
    int64_t with_torn_bits;
    int64_t bad;                                          /* checksum wrong, or torn, and in use */
    int64_t not_there;                                    /* in use, but something else stands in its place */
    size_t line_count;                                    /* of all bad pages; the first BAK_CHECK_LINES_MAX are kept */
    char lines[BAK_CHECK_LINES_MAX][BAK_CHECK_LINE_SIZE]; /* "page 1:313 of dbo.Patients: its checksum is wrong" */
};

/* The database is borrowed. */
struct bak_check *bak_check_new(struct bak_database *database);
void bak_check_destroy(struct bak_check **check);

/* Looks at up to `pages` further ones. */
MUST_CHECK bool bak_check_step(struct bak_check *check, int64_t pages, bool *ret_end, struct fault *fault);
const struct bak_check_result *bak_check_result(const struct bak_check *check);

#endif
