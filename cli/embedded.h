/*
 * What `handover run` uses when no services are configured: a private PostgreSQL and Redis in a data folder, reached
 * over sockets there, then a coordinator and workers as children that are started again when they end. All of them end
 * with this process, however it ends; a killed run leaves nothing that hinders the next one.
 */
#ifndef CLI_EMBEDDED_H
#define CLI_EMBEDDED_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/loop.h"

struct embedded;

struct embedded_options {
    const char *data_folder;    /* made where it is missing */
    const char *program_folder; /* where coordinator and worker are; NULL searches as search_program tells */
    const char *coordinator;    /* the programs' names; NULL for handover-coordinator and handover-worker */
    const char *worker;
    int workers;       /* how many worker processes */
    const char *kinds; /* the kinds that each of them takes, "extract,patients"; NULL for its own default */
    const char *const *environment; /* further NAME=value for coordinator and workers, NULL-terminated; NULL for none */
    int drain_limit_ms;             /* how long embedded_stop lets them finish; 0 for 40 s */
};

/* Opens the data folder and starts both servers; returns when they answer, a few seconds the first time. Blocks, so it
 * is called before loop_run. Strings of the options are copied. FAULT_BAD_INPUT says what is wrong with the folder or
 * the installation (data_folder_open, postgres_prepare); FAULT_INTERNAL carries the end of the log of a server that did
 * not start. The calling thread must live on: the children die with it. */
MUST_CHECK bool embedded_start(const struct embedded_options *options, struct embedded **ret, struct fault *fault);

/* Starts coordinator and workers and watches over all children from now on: one that ends is started again after a
 * pause that grows with each end. FAULT_BAD_INPUT when a program is not found. */
MUST_CHECK bool embedded_start_programs(struct embedded *embedded, struct loop *loop, struct fault *fault);

/* Stops the programs (they drain), then Redis, then PostgreSQL, waits for each, and gives the folder free. Blocks. */
void embedded_stop(struct embedded **embedded);

/* What the children get as settings, for the program's own use; they live as long as the embedded services. */
const char *embedded_database_url(const struct embedded *embedded);
const char *embedded_redis_url(const struct embedded *embedded);
const char *embedded_coordinator_url(const struct embedded *embedded);
const char *embedded_seal_key_file(const struct embedded *embedded);

/* NULL while all is well; a sentence for people when some child ended five times in a row soon after its start, with
 * the end of its log. Watching goes on. */
const char *embedded_trouble(const struct embedded *embedded);

/* The process of a child ("postgresql", "redis", "coordinator", "worker-1"), 0 while it does not run: for tests. */
int embedded_pid(const struct embedded *embedded, const char *name);

#endif
