/* What a transfer leaves behind as a whole, and the balances of patients, for the outcome. */
#ifndef DB_LEFT_BEHIND_H
#define DB_LEFT_BEHIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/connection.h"

/* All that extraction found, under construction. */
struct left_batch;
struct left_batch *left_batch_new(void);
void left_batch_destroy(struct left_batch **batch);

/* `counted` is false for what is only named; advice may be NULL. */
void left_batch_add(struct left_batch *batch, const char *what, uint64_t found, uint64_t unread, bool counted,
                    const char *advice);

/* `amount` in decimal digits: above 0 the patient owes it to the clinic. */
void left_batch_add_balance(struct left_batch *batch, const char *source_key, const char *amount);

/* Puts the batch, which it takes over, in the place of an earlier one, if the lease is still good. */
void left_behind_store(struct db *db, int64_t transfer, int64_t task, int64_t token, struct left_batch **batch,
                       db_done_fn *done, void *argument);

enum left_column { LEFT_WHAT, LEFT_FOUND, LEFT_UNREAD, LEFT_COUNTED, LEFT_ADVICE };

/* In the order of the profile. */
void left_behind_list(struct db *db, int64_t transfer, db_done_fn *done, void *argument);

/* source_key, amount; the greatest first. */
void balance_list(struct db *db, int64_t transfer, db_done_fn *done, void *argument);

#endif
