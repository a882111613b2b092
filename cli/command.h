/* The commands of `handover`, their common settings, and how they wait for the database. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "base/fault.h"
#include "base/loop.h"
#include "db/connection.h"

enum { STATUS_DONE = 0, STATUS_FAILED = 1, STATUS_USAGE = 2, STATUS_WITH_FAILURES = 3, STATUS_WAITS = 4 };

struct command_settings {
    const char *database_url; /* "" when no services are configured */
    const char *database_password_file;
    const char *seal_key_file;
    const char *cliniko_url;
    const char *cliniko_ca_file;
    bool json;
};

extern struct command_settings command_settings;
extern const struct setting command_rows[];

struct command {
    const char *name;  /* "transfer new" */
    const char *usage; /* what follows the name */
    const char *summary;
    const struct setting *rows; /* its own settings; NULL for none */
    bool takes_source;          /* and the settings of source_choice_rows */
    int least_arguments;
    int most_arguments;

    /* arguments[0] is the first after the name. Returns the exit status; with a fault its text is printed. */
    bool (*run)(int count, char **arguments, int *ret_status, struct fault *fault);
};

extern const struct command command_run;
extern const struct command command_account_key;
extern const struct command command_inspect;
extern const struct command command_migrate;
extern const struct command command_workers;
extern const struct command command_profile_draft;
extern const struct command command_profile_check;
extern const struct command command_transfer_new;
extern const struct command command_transfer_start;
extern const struct command command_transfer_watch;
extern const struct command command_transfer_pause;
extern const struct command command_transfer_resume;
extern const struct command command_transfer_cancel;
extern const struct command command_transfer_show;
extern const struct command command_transfer_list;
extern const struct command command_transfer_questions;

/* Opens the configured database and checks its schema. */
MUST_CHECK bool command_connect(struct loop *loop, struct db **ret, struct fault *fault);

/* The first value of the first row that a call gave. */
struct reply {
    bool has_row;
    int64_t number;
    char text[64];
    struct fault fault;
};

/* Callback and wait for one call: `transfer_start(db, id, reply_take, &reply); reply_wait(db, &reply, fault)`. */
void reply_take(void *reply, const struct db_rows *rows, const struct fault *fault);
MUST_CHECK bool reply_wait(struct db *db, struct reply *reply, struct fault *fault);

#endif
