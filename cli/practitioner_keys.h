/* The file of keys of single practitioners: a note carries the author whose key it was written with. */
#ifndef CLI_PRACTITIONER_KEYS_H
#define CLI_PRACTITIONER_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "db/connection.h"
#include "db/seal.h"

struct practitioner_key {
    char *label; /* the practitioner's Cliniko id, name or source key, as the file has it */
    char *key;   /* in clear, in locked memory */
};

struct practitioner_keys {
    struct practitioner_key *items;
    size_t count;
};

/* Reads a JSON object {"practitioner": "key"} from a file that only its owner can read. Every key must be of the given
 * shard. FAULT_BAD_INPUT names the practitioner, never the key. */
MUST_CHECK bool practitioner_keys_read(const char *path, const char *shard, struct practitioner_keys *ret,
                                       struct fault *fault);
void practitioner_keys_release(struct practitioner_keys *keys);

/* Makes them the keys of the account, sealed; others that it had go. Queued: the caller waits for the connection. */
void practitioner_keys_store(struct db *db, int64_t account, const struct seal *seal,
                             const struct practitioner_keys *keys, db_done_fn *done, void *argument);

#endif
