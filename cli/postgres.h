/*
 * The private PostgreSQL of a data folder: a cluster that is made once, reached over a socket in the folder only, with
 * its journal always flushed to disk. Statements, parameters and rows never get into its log.
 */
#ifndef CLI_POSTGRES_H
#define CLI_POSTGRES_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/fault.h"
#include "cli/data_folder.h"

enum { POSTGRES_PORT = 5432 }; /* a part of the socket's name: nothing listens on TCP */

struct postgres {
    char programs[PATH_MAX]; /* the folder of initdb and postgres */
    char cluster[DATA_PATH_SIZE + 16];
};

/* Finds PostgreSQL's programs, makes the cluster where there is none (a few seconds), and clears away what a killed run
 * left: a server that still runs is stopped, its traces are made harmless. FAULT_BAD_INPUT: no PostgreSQL, a cluster of
 * another version, or one that is damaged; FAULT_INTERNAL with the end of the log when initdb fails. */
MUST_CHECK bool postgres_prepare(const struct data_folder *folder, const char *log_path, struct postgres *ret,
                                 struct fault *fault);

/* How to start the server; the strings belong to the plan, free it with postgres_plan_release. */
struct postgres_plan {
    char *arguments[32];
    struct child_plan child;
};
void postgres_plan(const struct postgres *postgres, const struct data_folder *folder, const char *log_path,
                   struct postgres_plan *ret);
void postgres_plan_release(struct postgres_plan *plan);

/* True when the server with this pid takes connections. */
bool postgres_is_ready(const struct postgres *postgres, pid_t pid);

/* Where libpq finds it, as a URI; the caller frees it with string_free. */
char *postgres_url(const struct data_folder *folder);

/* The environment that the servers get: nothing of ours. NULL-terminated. */
extern const char *const server_environment[];

#endif
