/*
 * What stays behind as a whole: the profile's "left_behind". Rows are counted table by table, and what patients owe by
 * the rows of tables with a balance is added up. Read a few rows at a time, in memory that grows with the patients who
 * have such rows.
 */
#ifndef SOURCE_LEFT_BEHIND_H
#define SOURCE_LEFT_BEHIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "model/profile.h"
#include "source/observer.h"
#include "source/source.h"

struct left_behind;

struct left_entry {
    const char *what;   /* the profile's wording, all three borrowed from it */
    const char *advice; /* NULL for none */
    const char *table;  /* NULL: it is only named */
    bool present;       /* the source has the table, and the answers do not rule the entry out */
    bool balances;      /* stands for the list of balances */
    uint64_t rows;      /* patients with a balance, for `balances` */
    uint64_t unread;    /* rows whose patient or amount could not be read: they are in no balance */
};

/* Source, profile and answers (NULL for none) are borrowed. Faults when a table that is there lacks a column. */
MUST_CHECK bool left_behind_open(struct source *source, const struct profile *profile, const struct json *answers,
                                 struct left_behind **ret, struct fault *fault);
void left_behind_close(struct left_behind **left);

/* Who is told of the rows; NULL for nobody. Borrowed until it is closed. */
void left_behind_observe(struct left_behind *left, const struct observer *observer);

/* Looks at up to `most` further rows. */
MUST_CHECK bool left_behind_step(struct left_behind *left, uint64_t most, bool *ret_end, struct fault *fault);

size_t left_behind_size(const struct left_behind *left);
struct left_entry left_behind_at(const struct left_behind *left, size_t index);

/* Balances that are not zero, after the end; by key. */
struct left_balance {
    const char *source_key; /* of the patient, with the profile's prefix */
    const char *amount;     /* "120.00" is owed to the clinic, "-20.00" to the patient */
};
size_t left_behind_balance_size(const struct left_behind *left);
struct left_balance left_behind_balance_at(const struct left_behind *left, size_t index);

#endif
