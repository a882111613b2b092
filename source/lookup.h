/*
 * A joined table in memory: some of its columns by the value of its key column. Where a key occurs more than once, its
 * first row counts.
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

/* Loads the table of the join with the columns that the mapping reads from it. `*budget` is what the tables may still
 * take in memory, in bytes; beyond it a fault says which table is too large to be joined. */
MUST_CHECK bool lookup_load(struct source *source, const struct profile *profile, const struct profile_mapping *mapping,
                            size_t join, size_t *budget, struct lookup **ret, struct fault *fault);
void lookup_destroy(struct lookup **lookup);

/* The values of a row, in the order in which the mapping's columns name that join; NULL when no row has the key. The
 * values are trimmed, with NULL data where they are empty. */
const struct slice *lookup_find(const struct lookup *lookup, struct slice key);

/* The row that is meant after the join's "follow" column was followed; false when it goes on for too long. *ret is NULL
 * when there is no row. */
MUST_CHECK bool lookup_follow(const struct lookup *lookup, struct slice key, const struct slice **ret,
                              struct fault *fault);

/* Name of the file that the table was read from. */
const char *lookup_origin(const struct lookup *lookup);

#endif
