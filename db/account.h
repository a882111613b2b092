/* Accounts of Cliniko and their sealed keys. */
#ifndef DB_ACCOUNT_H
#define DB_ACCOUNT_H

#include <stdint.h>

#include "db/connection.h"

/* Makes the account or changes its shard and rate, and stores the sealed key (NULL keeps the old one). One row: id. */
void account_put(struct db *db, const char *name, const char *shard, int64_t rate_per_minute,
                 const unsigned char *sealed, size_t sealed_size, db_done_fn *done, void *argument);

enum account_column {
    ACCOUNT_NAME,
    ACCOUNT_SHARD,
    ACCOUNT_USER, /* null until the first preflight */
    ACCOUNT_RATE,
    ACCOUNT_SEALED, /* bytea; null when no key was stored */
};

/* One row as above; none when there is no such account. */
void account_load(struct db *db, int64_t account, db_done_fn *done, void *argument);

enum account_found_column {
    ACCOUNT_FOUND_ID,
    ACCOUNT_FOUND_SHARD,
    ACCOUNT_FOUND_PLACE, /* Cliniko's id of one of its locations; null until the first preflight */
};

/* One row as above; none when there is no account of this name. */
void account_find(struct db *db, const char *name, db_done_fn *done, void *argument);

/* Stores another sealed key; the audit log notes it. One row: the account. */
void account_set_key(struct db *db, int64_t account, const unsigned char *sealed, size_t sealed_size, db_done_fn *done,
                     void *argument);

/* The user whom the key belongs to, as preflight found it. */
void account_set_user(struct db *db, int64_t account, const char *cliniko_user, db_done_fn *done, void *argument);

#endif
