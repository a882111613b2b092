/*
 * Settings: one table a program, one row a setting. Environment variable, flag, --help, the docs page and the start-up
 * log all come from the row. A flag wins over the environment, the environment over the default. An unknown
 * HANDOVER_… variable or flag is an error.
 */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/text.h"

enum setting_type {
    SETTING_TEXT,    /* target: const char ** (borrowed for the life of the program) */
    SETTING_INTEGER, /* target: int64_t * */
    SETTING_SWITCH,  /* target: bool *; the flag takes no value, the variable is 1 or 0 */
    SETTING_FILE,    /* target: const char **; as text, names a file or folder */
};

struct setting {
    const char *name; /* "database-url": the flag is --database-url, the variable HANDOVER_DATABASE_URL */
    enum setting_type type;
    void *target;
    const char *fallback; /* default as text; NULL leaves the target as it is */
    int64_t least;        /* SETTING_INTEGER */
    int64_t greatest;
    const char *unit; /* "ms", "requests a minute"; NULL for none */
    const char *help; /* one or more sentences */
    bool secret;      /* shown as "set"; only ever taken from the environment or a file, never from a flag */
};

/* Every variable that some program of the project knows: a program must not refuse its sibling's settings. */
extern const char *const config_known_variables[];

/* Reads environment and arguments into the targets. `tables` is a NULL-terminated list of tables, each ended by a row
 * without a name. Positional arguments are moved to the front of argv (after argv[0]) and *ret_positional counts them.
 */
MUST_CHECK bool config_load(const struct setting *const *tables, int argc, char **argv, int *ret_positional,
                            struct fault *fault);

/* The settings as --help shows them, or as a Markdown table for the docs. */
void config_print_help(const struct setting *const *tables, struct text *out);
void config_print_markdown(const struct setting *const *tables, struct text *out);

/* One line for the start-up log, `name=value …`, secrets as "set". */
void config_describe(const struct setting *const *tables, struct text *out);

#endif
