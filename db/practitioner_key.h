/* The keys that an account's practitioners gave, sealed: what is written with one carries its owner as the author. */
#ifndef DB_PRACTITIONER_KEY_H
#define DB_PRACTITIONER_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "db/connection.h"

struct practitioner_key_row {
    const char *label; /* the practitioner as the operator named it */
    const unsigned char *sealed;
    size_t sealed_size;
};

/* Makes these the practitioners' keys of the account; others that it had go. Whose each is has to be asked for again.
 */
void practitioner_key_replace(struct db *db, int64_t account, const struct practitioner_key_row *keys, size_t count,
                              db_done_fn *done, void *argument);

enum practitioner_key_column {
    PRACTITIONER_KEY_LABEL,
    PRACTITIONER_KEY_SEALED,
    PRACTITIONER_KEY_USER, /* null until it was asked for */
    PRACTITIONER_KEY_ID,   /* of the practitioner; null until it was asked for */
};

/* One row a key, in the order of their labels. */
void practitioner_key_load(struct db *db, int64_t account, db_done_fn *done, void *argument);

/* Whose the key is: Cliniko's ids of its user and of the practitioner who that is. */
void practitioner_key_resolve(struct db *db, int64_t account, const char *label, const char *cliniko_user,
                              const char *practitioner_id, db_done_fn *done, void *argument);

#endif
