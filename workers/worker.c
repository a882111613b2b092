#include "workers/worker.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/health.h"
#include "base/memory.h"
#include "base/must.h"
#include "base/process.h"
#include "base/text.h"
#include "cliniko/bucket.h"
#include "cliniko/http.h"
#include "db/task.h"
#include "db/transfer.h"
#include "proto/channel.h"

enum {
    GREET_MS = 1000,
    SILENCE_MS = 2500,    /* the coordinator pings every second */
    RENEW_MOST_MS = 1000, /* a worker that renews no more and is not connected is taken for dead (coordinator.c) */
    REDIS_WAIT_MS = 5000,
    ATTEMPTS_MOST = 20,        /* returns of a task in a row without any progress, */
    STUCK_MS = 30 * 60 * 1000, /* when it makes none for so long: outages of minutes are waited for */
    NAME_SIZE = 301,
};

struct worker {
    struct loop *loop;
    struct worker_settings settings;
    char name[NAME_SIZE];
    char host[256];
    char kinds[201];
    struct db *db;
    struct http *http;
    struct bucket *bucket;
    struct seal *seal;
    struct contexts *contexts;
    struct channel *channel;
    struct job *jobs;
    struct loop_timer *greet;
    struct loop_timer *renew;
    struct loop_timer *reap;
    int64_t lease_ms;
    int64_t heard_ms;
    int64_t hungry;
    bool welcome;
    bool draining;
    bool renewing; /* a round of renewals is under way */
};

/* A task whose end is being written; the job itself may be closed before the answer comes. */
struct ending {
    struct worker *worker;
    struct message message; /* DONE or FAILED */
    char kind[33];
    struct log_context log;
};

static void tell(struct worker *worker, const struct message *message)
{
    struct fault fault = {0};

    if (!channel_send(worker->channel, NULL, message, &fault))
        log_fault(LOG_DEBUG, NULL, "message_not_sent", &fault);
}

static void say_ready(struct worker *worker, const char *kind, int64_t credit)
{
    struct message message = {.type = MESSAGE_READY, .ready.credit = credit};

    if (worker->draining || !worker->welcome || credit <= 0)
        return;
    message_set(message.ready.kind, kind);
    tell(worker, &message);
}

static int64_t jobs_of(const struct worker *worker, const char *kind)
{
    int64_t count = 0;

    for (const struct job *job = worker->jobs; job; job = job->next)
        count += !job->ended && strcmp(job->kind->name, kind) == 0;
    return count;
}

/* Calls for each kind in the worker's list; `kind` is a local copy. */
static void for_each_kind(struct worker *worker, void (*call)(struct worker *, const char *))
{
    const char *at = worker->kinds;

    while (*at) {
        size_t length = strcspn(at, ",");
        char kind[33] = "";

        must(length < sizeof kind);
        memcpy(kind, at, length);
        call(worker, kind);
        at += length;
        at += *at == ',';
    }
}

static void say_free_slots(struct worker *worker, const char *kind)
{
    say_ready(worker, kind, worker->settings.slots - jobs_of(worker, kind));
}

static void say_hello(struct worker *worker)
{
    struct message message = {.type = MESSAGE_HELLO};

    worker->welcome = false;
    message_set(message.hello.worker, worker->name);
    message_set(message.hello.kinds, worker->kinds);
    message_set(message.hello.host, worker->host);
    message.hello.slots = worker->settings.slots;
    message.hello.pid = getpid();
    tell(worker, &message);
}

static void on_greet(void *argument)
{
    struct worker *worker = argument;
    int64_t now_ms = clock_monotonic_ms();

    if (!worker->draining && (!worker->welcome || now_ms - worker->heard_ms > SILENCE_MS)) {
        if (now_ms - worker->heard_ms > SILENCE_MS)
            channel_next(worker->channel);
        say_hello(worker);
    }
    if (db_is_connected(worker->db))
        health_touch(worker->settings.health_file);
    loop_timer_start(worker->greet, GREET_MS);
}

static void job_free(struct worker *worker, struct job *job)
{
    if (job->started)
        job->kind->close(job);
    db_forget(worker->db, job);
    context_forget(worker->contexts, job);
    context_put(worker->contexts, &job->context);
    free(job);
}

static void on_reap(void *argument)
{
    struct worker *worker = argument;
    struct job **place = &worker->jobs;

    while (*place) {
        struct job *job = *place;

        if (job->ended) {
            *place = job->next;
            job_free(worker, job);
        } else {
            place = &job->next;
        }
    }
    if (worker->draining && !worker->jobs && db_pending(worker->db) == 0) {
        struct message bye = {.type = MESSAGE_BYE};

        tell(worker, &bye);
        loop_stop(worker->loop);
    }
}

static void on_ending_written(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct ending *ending = argument;
    struct worker *worker = ending->worker;

    (void)rows;
    if (fault)
        log_fault(LOG_ERROR, &ending->log, "task_end_refused", fault);
    tell(worker, &ending->message);
    say_ready(worker, ending->kind, 1);
    loop_timer_start(worker->reap, 0);
    free(ending);
}

static struct ending *ending_of(struct job *job, enum message_type type)
{
    struct ending *ending = x_alloc(sizeof *ending);

    must(!job->ended);
    job->ended = true;
    ending->worker = job->worker;
    ending->message.type = type;
    ending->log = (struct log_context){.transfer = job->transfer, .task = job->task};
    snprintf(ending->kind, sizeof ending->kind, "%s", job->kind->name);
    loop_timer_start(job->worker->reap, 0);
    return ending;
}

static struct ending *ending_by(struct job *job, const struct fault *why)
{
    struct ending *ending = ending_of(job, MESSAGE_FAILED);

    ending->message.failed.task = job->task;
    ending->message.failed.token = job->token;
    ending->message.failed.fault = why && why->kind != FAULT_NONE ? why->kind : FAULT_GONE;
    message_set(ending->message.failed.reason, why ? why->text : "it was told to stop");
    return ending;
}

void job_done(struct job *job)
{
    struct ending *ending = ending_of(job, MESSAGE_DONE);

    ending->message.done.task = job->task;
    ending->message.done.token = job->token;
    ending->message.done.created = job->created;
    ending->message.done.failed = job->failed;
    ending->message.done.skipped = job->skipped;
    log_event(LOG_INFO, &job->log, "task_done", "kind=%s created=%" PRId64 " failed=%" PRId64 " skipped=%" PRId64,
              job->kind->name, job->created, job->failed, job->skipped);
    task_done(job->db, job->task, job->token, on_ending_written, ending);
}

void job_returned(struct job *job, int64_t delay_ms, const struct fault *why)
{
    struct ending *ending = ending_by(job, why);

    log_event(LOG_INFO, &job->log, "task_returned", "kind=%s reason=\"%s\"", job->kind->name, why ? why->text : "");
    task_return(job->db, job->task, job->token, delay_ms, why ? why->text : NULL,
                &(struct task_patience){.attempts = ATTEMPTS_MOST, .ms = STUCK_MS}, on_ending_written, ending);
}

void job_failed(struct job *job, const struct fault *why)
{
    struct ending *ending = ending_by(job, why);

    log_fault(LOG_ERROR, &job->log, "task_failed", why);
    task_fail(job->db, job->task, job->token, why->text, on_ending_written, ending);
}

void job_denied(struct job *job, const struct fault *why)
{
    struct ending *ending = ending_by(job, why);

    log_fault(LOG_WARN, &job->log, "task_denied", why);
    transfer_pause(job->db, job->transfer, why->text, NULL, NULL);
    task_return(job->db, job->task, job->token, 0, why->text, NULL, on_ending_written, ending);
}

static void stop_job(struct job *job)
{
    if (job->ended || job->stopping)
        return;
    job->stopping = true;
    if (job->started)
        job->kind->stop(job);
    else
        job_returned(job, 0, NULL);
}

/* The lease is somebody else's now: nothing may be sent or written any more. */
static void lose_job(struct job *job)
{
    if (job->ended)
        return;
    log_event(LOG_WARN, &job->log, "lease_lost", "token=%" PRId64, job->token);
    job->ended = true;
    say_ready(job->worker, job->kind->name, 1);
    loop_timer_start(job->worker->reap, 0);
}

static int64_t deadline_from(int64_t now_ms, int64_t lease_ms)
{
    return now_ms + lease_ms - lease_ms / 5;
}

/* A round of renewals; `asked_ms` was read before the statement left, so the deadline errs on the safe side. */
struct renewal {
    struct worker *worker;
    int64_t asked_ms;
    size_t count;
    int64_t tokens[];
};

static struct job *job_with(struct worker *worker, int64_t token)
{
    struct job *job = worker->jobs;

    while (job && (job->ended || job->token != token))
        job = job->next;
    return job;
}

static void on_renewed(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct renewal *renewal = argument;
    struct worker *worker = renewal->worker;

    for (size_t i = 0; !fault && i < renewal->count; i++) {
        struct job *job = job_with(worker, renewal->tokens[i]);
        int row = 0;

        while (row < db_rows_count(rows) && db_integer(rows, row, 0) != renewal->tokens[i])
            row++;
        if (!job)
            continue;
        if (row == db_rows_count(rows)) {
            lose_job(job);
            continue;
        }
        job->deadline_ms = deadline_from(renewal->asked_ms, worker->lease_ms);
        if (!db_is_true(rows, row, 1))
            stop_job(job);
    }
    if (fault)
        log_fault(LOG_WARN, NULL, "renewal_refused", fault);
    worker->renewing = false;
    free(renewal);
    loop_timer_start(worker->renew, worker->lease_ms / 4 < RENEW_MOST_MS ? worker->lease_ms / 4 : RENEW_MOST_MS);
}

static void tell_progress(struct job *job)
{
    struct message message = {.type = MESSAGE_PROGRESS,
                              .progress = {.task = job->task,
                                           .token = job->token,
                                           .created = job->created,
                                           .failed = job->failed,
                                           .skipped = job->skipped}};

    tell(job->worker, &message);
}

static void on_renew(void *argument)
{
    struct worker *worker = argument;
    struct renewal *renewal = NULL;
    size_t count = 0;

    for (struct job *job = worker->jobs; job; job = job->next)
        count += !job->ended;
    if (count == 0)
        return;
    worker->renewing = true;
    renewal = x_alloc(sizeof *renewal + count * sizeof renewal->tokens[0]);
    renewal->worker = worker;
    renewal->asked_ms = clock_monotonic_ms();
    for (struct job *job = worker->jobs; job; job = job->next) {
        if (job->ended)
            continue;
        renewal->tokens[renewal->count++] = job->token;
        tell_progress(job);
    }
    task_renew(worker->db, worker->name, renewal->tokens, renewal->count, worker->lease_ms, on_renewed, renewal);
}

static void on_context(void *argument, struct context *context, const struct fault *fault)
{
    struct job *job = argument;

    if (!fault)
        job->context = context;
    if (job->ended)
        return;
    if (fault) {
        job_ended_by(job, fault);
        return;
    }
    job->started = true;
    job->kind->start(job);
}

static void on_task(struct worker *worker, const struct message *message)
{
    const struct job_kind *kind = job_kind_find(message->task.kind);
    struct job *job = NULL;

    if (!kind || worker->draining) {
        log_event(LOG_WARN, NULL, "task_not_taken", "kind=%s", message->task.kind);
        return;
    }
    worker->lease_ms = message->task.lease_ms;
    job = x_alloc(sizeof *job);
    *job = (struct job){.worker = worker,
                        .kind = kind,
                        .loop = worker->loop,
                        .db = worker->db,
                        .contexts = worker->contexts,
                        .settings = &worker->settings.job,
                        .hungry = &worker->hungry,
                        .task = message->task.task,
                        .token = message->task.token,
                        .transfer = message->task.transfer,
                        .entity = ENTITY_COUNT,
                        .first = message->task.first,
                        .last = message->task.last,
                        /* The lease began when the coordinator took it; how long the message travelled is unknown, so
                         * the first deadline is short: a round of renewals comes before it. */
                        .deadline_ms = clock_monotonic_ms() + message->task.lease_ms / 2,
                        .next = worker->jobs};
    if (strcmp(message->task.entity, "-") != 0 && !entity_find(message->task.entity, &job->entity)) {
        log_event(LOG_WARN, NULL, "task_not_taken", "entity=%s", message->task.entity);
        free(job);
        return;
    }
    job->log = (struct log_context){.transfer = job->transfer,
                                    .task = job->task,
                                    .entity = job->entity < ENTITY_COUNT ? entity_facts(job->entity)->name : NULL};
    worker->jobs = job;
    if (!worker->renewing && !loop_timer_is_running(worker->renew))
        loop_timer_start(worker->renew, 0);
    context_get(worker->contexts, job->transfer, on_context, job);
}

static void on_unknown_returned(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct worker *worker = argument;

    if (fault)
        log_fault(LOG_WARN, NULL, "statement_refused", fault);
    else if (db_affected(rows) > 0)
        log_event(LOG_WARN, NULL, "lost_tasks_returned", "count=%" PRId64, db_affected(rows));
    for_each_kind(worker, say_free_slots);
}

/* A lease whose message got lost, with the coordinator that gave it or with a connection, would hold its records up
 * until it runs out. What was given before the WELCOME and is not here will not come any more. */
static void return_unknown(struct worker *worker)
{
    int64_t *tokens = NULL;
    size_t count = 0;

    for (const struct job *job = worker->jobs; job; job = job->next)
        count += !job->ended;
    tokens = x_alloc_array(count, sizeof tokens[0]);
    count = 0;
    for (const struct job *job = worker->jobs; job; job = job->next)
        if (!job->ended)
            tokens[count++] = job->token;
    task_return_unknown(worker->db, worker->name, tokens, count, on_unknown_returned, worker);
    free(tokens);
}

static void on_message(void *argument, const struct peer *peer, const struct message *message)
{
    struct worker *worker = argument;
    struct message pong = {.type = MESSAGE_PONG};
    struct job *job = NULL;

    (void)peer;
    worker->heard_ms = clock_monotonic_ms();
    switch (message->type) {
    case MESSAGE_WELCOME:
        log_event(LOG_INFO, NULL, "coordinator_found", "coordinator=%s", message->welcome.coordinator);
        worker->welcome = true;
        return_unknown(worker);
        break;
    case MESSAGE_STANDBY:
        worker->welcome = false;
        channel_next(worker->channel);
        break;
    case MESSAGE_REFUSED:
        log_event(LOG_WARN, NULL, "coordinator_refused", "reason=\"%s\"", message->refused.reason);
        worker->welcome = false; /* on_greet says HELLO again, with a pause */
        break;
    case MESSAGE_TASK:
        on_task(worker, message);
        break;
    case MESSAGE_CANCEL:
        job = job_with(worker, message->cancel.token);
        if (job)
            stop_job(job);
        break;
    case MESSAGE_PING:
        tell(worker, &pong);
        break;
    case MESSAGE_HELLO:
    case MESSAGE_READY:
    case MESSAGE_PROGRESS:
    case MESSAGE_DONE:
    case MESSAGE_FAILED:
    case MESSAGE_PONG:
    case MESSAGE_BYE:
    case MESSAGE_TYPE_COUNT:
        must(!"the channel lets only a coordinator's messages through");
    }
}

static void on_garbage(void *argument, const struct peer *peer, const struct fault *fault)
{
    (void)argument;
    (void)peer;
    log_fault(LOG_WARN, NULL, "message_refused", fault);
}

/* The coordinator of this host tells by it whether the process has ended, whoever has its pid by then. */
static void make_name(struct worker *worker)
{
    char mark[PROCESS_MARK_SIZE];

    gethostname(worker->host, sizeof worker->host - 1);
    process_mark(mark);
    snprintf(worker->name, sizeof worker->name, "%s:%d:%s", worker->host, (int)getpid(), mark);
}

static bool open_outside(struct worker *worker, struct fault *fault)
{
    const struct worker_settings *settings = &worker->settings;
    struct bucket_settings redis = {.url = settings->redis_url, .password_file = settings->redis_password_file};
    struct http_settings http = {.ca_file = settings->cliniko_ca_file};

    if (settings->seal_key_file && settings->seal_key_file[0] &&
        !seal_open_file(settings->seal_key_file, &worker->seal, fault))
        return false;
    return db_open(worker->loop, settings->database_url, settings->database_password_file, worker->name, &worker->db,
                   fault) &&
           bucket_check(&redis, REDIS_WAIT_MS, fault) && bucket_open(worker->loop, &redis, &worker->bucket, fault) &&
           http_open(worker->loop, &http, &worker->http, fault);
}

bool worker_open(struct loop *loop, const struct worker_settings *settings, struct worker **ret, struct fault *fault)
{
    scoped(worker_close) struct worker *worker = x_alloc(sizeof *worker);
    struct channel_options options = {.allow_network = settings->allow_network};
    struct channel_handlers handlers = {.message = on_message, .garbage = on_garbage, .argument = worker};

    worker->loop = loop;
    worker->settings = *settings;
    worker->lease_ms = 15000;
    make_name(worker);
    if (!job_kinds_read(settings->kinds, worker->kinds, sizeof worker->kinds, fault) || !open_outside(worker, fault))
        return false;
    worker->contexts = contexts_new(&(struct contexts_settings){.loop = loop,
                                                                .db = worker->db,
                                                                .http = worker->http,
                                                                .bucket = worker->bucket,
                                                                .seal = worker->seal,
                                                                .base_url = settings->cliniko_url,
                                                                .contact = settings->contact});
    worker->greet = loop_timer_new(loop, on_greet, worker);
    worker->renew = loop_timer_new(loop, on_renew, worker);
    worker->reap = loop_timer_new(loop, on_reap, worker);
    if (!channel_connect(loop, settings->coordinator_url, &options, &handlers, &worker->channel, fault))
        return false;
    worker->heard_ms = clock_monotonic_ms();
    say_hello(worker);
    loop_timer_start(worker->greet, GREET_MS);
    *ret = steal(worker);
    return true;
}

void worker_drain(struct worker *worker)
{
    worker->draining = true;
    for (struct job *job = worker->jobs; job; job = job->next)
        stop_job(job);
    loop_timer_start(worker->reap, 0);
}

void worker_close(struct worker **place)
{
    struct worker *worker = *place;

    *place = NULL;
    if (!worker)
        return;
    while (worker->jobs) {
        struct job *job = worker->jobs;

        worker->jobs = job->next;
        job_free(worker, job);
    }
    loop_timer_destroy(&worker->greet);
    loop_timer_destroy(&worker->renew);
    loop_timer_destroy(&worker->reap);
    channel_close(&worker->channel);
    contexts_destroy(&worker->contexts);
    http_close(&worker->http);
    bucket_close(&worker->bucket);
    db_close(&worker->db);
    seal_destroy(&worker->seal);
    free(worker);
}
