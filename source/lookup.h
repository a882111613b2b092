/*
 * A joined table in memory: some of its columns by the value of its key column. Where a key occurs more than once, its
 * first row counts, or all of them do in a join of many.
 */
#ifndef SOURCE_LOOKUP_H
#define SOURCE_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "base/text.h"
#include "model/profile.h"
#include "source/source.h"

enum { LOOKUP_BYTES_MAX = 256 * 1024 * 1024 }; /* of all joins of one mapping */

struct lookup;

/* A row of the table. Its values stand in the order in which the mapping's columns name that join, trimmed, with NULL
 * data where they are empty. */
struct lookup_row {
    struct slice key;
    const struct slice *values;
    const struct lookup_row *next; /* of the same key, in a join of many; in the order of the table */
};

/* Loads the table of the join with the columns that the mapping reads from it. `through` is the lookup of its
 * "key_through", else NULL. `*budget` is what the tables may still take in memory, in bytes; beyond it a fault says
 * which table is too large to be joined. */
MUST_CHECK bool lookup_load(struct source *source, const struct profile *profile, const struct profile_mapping *mapping,
                            size_t join, const struct lookup *through, size_t *budget, struct lookup **ret,
                            struct fault *fault);
void lookup_destroy(struct lookup **lookup);

/* The first row of the key; NULL when there is none. */
const struct lookup_row *lookup_find(const struct lookup *lookup, struct slice key);

/* The row that is meant after the join's "follow" column was followed, as far as there are rows; false when it goes in
 * a circle. *ret is NULL when there is no row of the key itself. */
MUST_CHECK bool lookup_follow(const struct lookup *lookup, struct slice key, const struct lookup_row **ret,
                              struct fault *fault);

/* Name of the file that the table was read from. */
const char *lookup_origin(const struct lookup *lookup);

#endif
