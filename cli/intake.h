/* What a new transfer is made of, taken from flags and files and checked: profile, answers, account, key. */
#ifndef CLI_INTAKE_H
#define CLI_INTAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "base/fault.h"
#include "base/loop.h"
#include "cli/practitioner_keys.h"
#include "db/connection.h"

struct key;

/* The flags of `run` and `transfer new`. */
struct intake_settings {
    const char *profile;
    const char *to;       /* the clinic's Cliniko address, or a name for the account */
    const char *key_file; /* NULL: asked for on the terminal */
    const char *practitioner_keys;
    const char *answers;
    const char *bad_rows;
    const char *existing;
    const char *time_zone;
    int64_t rate;
    bool approve;
    bool cancel_earlier; /* of `run` alone */
};

extern struct intake_settings intake_settings;
extern const struct setting intake_rows[];

struct intake {
    char *source;  /* absolute path */
    char *profile; /* JSON */
    char *system;
    char *options; /* JSON */
    char *answers; /* JSON; NULL for none */
    char *account;
    char shard[8];
    char *key; /* in clear, in locked memory; NULL when an account is to be used whose key is stored */
    struct practitioner_keys practitioner_keys;
};

/* Reads and checks everything; nothing is written anywhere. The key is asked for on the terminal when no file is given.
 */
MUST_CHECK bool intake_read(const char *source, bool approve, struct intake *ret, struct fault *fault);
void intake_release(struct intake *intake);

/* The key in a file, or as it is typed on the terminal when the file is NULL. Free with key_destroy. */
MUST_CHECK bool intake_read_key(const char *key_file, struct key **ret, struct fault *fault);

/* Stores account and key (sealed), and makes the transfer, or finds the one of this account and source that has not
 * ended. *ret_found tells which. */
MUST_CHECK bool intake_store(struct db *db, const struct intake *intake, bool reuse, int64_t *ret_transfer,
                             bool *ret_found, struct fault *fault);

#endif
