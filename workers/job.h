/*
 * A job is one leased task at work in this process. Each kind of work has one file that gives a struct job_kind; the
 * worker (worker.c) keeps the lease alive, tells the job when to stop, and writes down how it ended.
 */
#ifndef WORKERS_JOB_H
#define WORKERS_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/loop.h"
#include "db/connection.h"
#include "model/entity.h"
#include "workers/context.h"

struct worker;
struct job;

struct job_settings {
    int64_t in_flight;        /* requests of all jobs that are under way at once, at most */
    int64_t uploads;          /* files of one job that are on their way at once */
    int64_t in_doubt_wait_ms; /* how long a late commit may take: no look-up before it (API reference 7) */
};

struct job_kind {
    const char *name; /* the kind of worker: "patients" */

    /* Begins. The job has its context; it ends by one of the calls below, at once or later. */
    void (*start)(struct job *job);

    /* No new request from now on; what is under way is recorded, then job_returned. */
    void (*stop)(struct job *job);

    /* Frees job->state and cancels what it waits for. Called once, also when the lease was lost. */
    void (*close)(struct job *job);
};

struct job {
    struct worker *worker;
    const struct job_kind *kind;
    struct loop *loop;
    struct db *db;
    struct contexts *contexts;
    struct context *context;
    const struct job_settings *settings;
    int64_t *hungry; /* jobs of this process that have records to send: they share in_flight evenly */
    int64_t task;
    int64_t token;
    int64_t transfer;
    enum entity entity; /* ENTITY_COUNT for kinds without one */
    int64_t first;
    int64_t last;
    int64_t deadline_ms; /* monotonic: nothing is sent after it. The lease ends a little later */
    int64_t created;
    int64_t failed;
    int64_t skipped;
    bool started;
    bool stopping;
    bool ended;
    void *state; /* the kind's own */
    struct log_context log;
    struct job *next;
};

/* How a job ends; exactly one of them, once. The job is closed in a later turn. */
void job_done(struct job *job);
void job_returned(struct job *job, int64_t delay_ms, const struct fault *why); /* back to the queue; why may be NULL */
void job_failed(struct job *job, const struct fault *why);                     /* for good: the transfer fails */
void job_denied(struct job *job, const struct fault *why); /* the account is the trouble: the transfer pauses */

/* By the kind of a fault: retry and gone return the task, denied pauses, all else fails. */
void job_ended_by(struct job *job, const struct fault *why);

extern const struct job_kind job_extract;
extern const struct job_kind job_preflight;
extern const struct job_kind job_catalogue;
extern const struct job_kind job_patients;
extern const struct job_kind job_appointments;
extern const struct job_kind job_notes;
extern const struct job_kind job_attachments;
extern const struct job_kind job_verify;

/* NULL when there is no such kind. */
const struct job_kind *job_kind_find(const char *name);

/* Reads what a worker was told to do, "all" or names with commas between them, into a list with commas. */
MUST_CHECK bool job_kinds_read(const char *wanted, char *ret, size_t size, struct fault *fault);

/* All kinds, ended by NULL. */
extern const struct job_kind *const job_kinds[];

#endif
