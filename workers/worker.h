/*
 * One worker process: it says what kinds of task it takes and how many, works on them side by side in one event loop,
 * and keeps their leases alive. It may be killed at any instant; PostgreSQL knows what it held.
 */
#ifndef WORKERS_WORKER_H
#define WORKERS_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/loop.h"
#include "workers/job.h"

struct worker;

struct worker_settings {
    const char *kinds; /* separated by commas; "all" */
    int64_t slots;     /* tasks of each kind at once */
    const char *coordinator_url;
    bool allow_network;
    const char *database_url;
    const char *database_password_file;
    const char *redis_url;
    const char *redis_password_file;
    const char *seal_key_file;
    const char *cliniko_url;
    const char *cliniko_ca_file;
    const char *contact;
    const char *health_file;
    struct job_settings job;
};

MUST_CHECK bool worker_open(struct loop *loop, const struct worker_settings *settings, struct worker **ret,
                            struct fault *fault);

/* Takes no new task, lets the running ones record what is under way, then stops the loop. */
void worker_drain(struct worker *worker);
void worker_close(struct worker **worker);

#endif
