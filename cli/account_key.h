/* A key for an account that is known already: is it this account's? */
#ifndef CLI_ACCOUNT_KEY_H
#define CLI_ACCOUNT_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/loop.h"
#include "cliniko/key.h"
#include "db/connection.h"

struct known_account {
    bool exists;
    int64_t account;
    char shard[SHARD_SIZE];
    char *known; /* Cliniko's id of a location that a transfer has met there; NULL when there was none. The caller's */
    struct fault fault;
};

MUST_CHECK bool known_account_find(struct db *db, const char *name, struct known_account *found, struct fault *fault);

/* Asks Cliniko, with this key, for a location that is known to be in the account: a key of another clinic must never
 * write where a transfer goes on. Without one (NULL) the key is only asked whether it is good. FAULT_DENIED: the key is
 * refused (code 401, 403), or it is another account's (code 0). FAULT_RETRY: Cliniko does not answer now. */
MUST_CHECK bool account_key_check(struct loop *loop, const struct key *key, const char *known, struct fault *fault);

/* For a key that is given again with a whole transfer: false only when it is another account's. */
MUST_CHECK bool account_key_guard(struct loop *loop, struct db *db, const char *name, const char *key_in_clear,
                                  struct fault *fault);

#endif
