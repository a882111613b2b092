/* `handover account key`: a new API key in place of one that was revoked, while transfers of the account are paused. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/account_key.h"
#include "cli/command.h"
#include "cli/intake.h"
#include "db/account.h"
#include "db/seal.h"

static struct {
    const char *key_file;
} settings;

static const struct setting rows[] = {
    {.name = "key-file",
     .type = SETTING_FILE,
     .target = &settings.key_file,
     .help = "File that holds the new API key. Without it the key is asked for on the terminal."},
    {.name = NULL},
};

static bool store(struct db *db, const struct known_account *found, const struct key *key, struct fault *fault)
{
    scoped(seal_destroy) struct seal *seal = NULL;
    unsigned char *sealed = NULL;
    size_t size = 0;
    struct reply reply = {0};

    if (!command_settings.seal_key_file || !command_settings.seal_key_file[0])
        return fault_set(fault, FAULT_BAD_INPUT,
                         "The API key cannot be sealed: set HANDOVER_SEAL_KEY_FILE to the file that the workers use.");
    if (!seal_open_file(command_settings.seal_key_file, &seal, fault))
        return false;
    seal_close(seal, key_text(key), &sealed, &size);
    account_set_key(db, found->account, sealed, size, reply_take, &reply);
    free(sealed);
    return reply_wait(db, &reply, fault);
}

static bool change_key(struct loop *loop, struct db *db, const char *name, struct fault *fault)
{
    scoped(key_destroy) struct key *key = NULL;
    struct known_account found = {.exists = false};
    bool good = known_account_find(db, name, &found, fault);

    if (good && !found.exists)
        good =
            fault_set(fault, FAULT_BAD_INPUT, "There is no account '%s'. 'handover transfer list' shows them.", name);
    good = good && intake_read_key(settings.key_file, &key, fault);
    if (good && strcmp(key_shard(key), found.shard) != 0)
        good = fault_set(fault, FAULT_BAD_INPUT,
                         "This key is of shard %s, and the account '%s' is on %s: it is another clinic's key.",
                         key_shard(key), name, found.shard);
    good = good && account_key_check(loop, key, found.known, fault) && store(db, &found, key, fault);
    free(found.known);
    return good;
}

static bool run_key(int count, char **arguments, int *ret_status, struct fault *fault)
{
    scoped(loop_close) struct loop *loop = NULL;
    scoped(db_close) struct db *db = NULL;

    (void)count;
    if (!loop_open(&loop, fault) || !command_connect(loop, &db, fault) || !change_key(loop, db, arguments[0], fault))
        return false;
    printf("account %s has its new key; paused transfers go on with 'handover transfer resume NUMBER'\n", arguments[0]);
    *ret_status = STATUS_DONE;
    return true;
}

const struct command command_account_key = {
    .name = "account key",
    .usage = "NAME --key-file FILE",
    .summary =
        "Gives an account a new API key, in place of one that was revoked or whose user may no longer do what is "
        "needed. The key is tried first.",
    .rows = rows,
    .least_arguments = 1,
    .most_arguments = 1,
    .run = run_key,
};
