#include "coordinator/coordinator.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/health.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/must.h"
#include "base/process.h"
#include "coordinator/plan.h"
#include "coordinator/workforce.h"
#include "db/connection.h"
#include "db/task.h"
#include "db/transfer.h"
#include "db/worker.h"
#include "proto/channel.h"

enum {
    TICK_MS = 200,
    STANDBY_TICK_MS = 1000,
    PING_MS = 1000,
    SILENT_MS = 5000,    /* a worker that was not heard for so long gets no task */
    FORGET_MS = 60000,   /* and after so long it is forgotten; if it lives, it says HELLO again */
    GONE_MS = 1000,      /* a worker comes back sooner when only its connection broke */
    UNRENEWED_MS = 2500, /* a worker that lives renews every second, or oftener (workers/worker.c) */
    NAMES_MAX = 1024,
};

struct coordinator {
    struct loop *loop;
    struct coordinator_settings settings;
    struct db *db;
    struct channel *channel;
    struct loop_timer *tick;
    struct loop_timer *ping;
    struct workforce workforce;
    char host[256];
    char name[WORKFORCE_NAME_SIZE];
    bool leads;
    bool ticking;                   /* the statements of a tick are under way */
    bool again;                     /* something happened meanwhile */
    struct lease_request *requests; /* those without an answer */
};

/* One worker's question for tasks of one kind; the answer finds the worker by name, since it may have left. */
struct lease_request {
    struct coordinator *coordinator;
    char worker[WORKFORCE_NAME_SIZE];
    char kind[WORKFORCE_KIND_SIZE];
    struct lease_request *next;
};

static void poke(struct coordinator *coordinator)
{
    if (coordinator->ticking)
        coordinator->again = true;
    else if (coordinator->leads)
        loop_timer_start(coordinator->tick, 1);
}

static void send_to(struct coordinator *coordinator, const struct peer *peer, const struct message *message)
{
    struct fault fault = {0};

    if (!channel_send(coordinator->channel, peer, message, &fault) && fault.kind != FAULT_GONE)
        log_fault(LOG_WARN, NULL, "message_not_sent", &fault);
}

static void refuse(struct coordinator *coordinator, const struct peer *peer, const char *reason)
{
    struct message message = {.type = MESSAGE_REFUSED};

    message_set(message.refused.reason, reason);
    send_to(coordinator, peer, &message);
}

static void log_refused(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    (void)argument;
    (void)rows;
    if (fault)
        log_fault(LOG_ERROR, NULL, "statement_refused", fault);
}

static void on_isolated(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    if (fault) {
        log_refused(argument, rows, fault);
        return;
    }
    for (int i = 0; i < db_rows_count(rows); i++) {
        struct log_context context = {.task = db_integer(rows, i, 0), .record = db_text(rows, i, 2)};

        log_event(LOG_ERROR, &context, context.record ? "record_given_up" : "task_cut_in_two", "reason=\"%s\"",
                  "workers died with it again and again");
    }
    poke(argument);
}

/* Of another host nothing but the end of the lease is seen when a worker dies. */
static void on_reaped(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct coordinator *coordinator = argument;

    if (fault) {
        log_refused(argument, rows, fault);
        return;
    }
    for (int i = 0; i < db_rows_count(rows); i++) {
        struct log_context context = {.task = db_integer(rows, i, 0)};

        log_event(LOG_WARN, &context, "lease_ended", "worker=%s", db_text(rows, i, 1));
    }
    if (db_rows_count(rows) > 0)
        task_isolate(coordinator->db, on_isolated, coordinator);
}

static void on_worker_reaped(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct coordinator *coordinator = argument;

    if (fault)
        log_refused(argument, rows, fault);
    else if (db_rows_count(rows) > 0)
        log_event(LOG_WARN, NULL, "tasks_taken_back", "count=%d", db_rows_count(rows));
    if (!fault && db_rows_count(rows) > 0)
        task_isolate(coordinator->db, on_isolated, coordinator);
    poke(argument);
}

/* "host:pid:mark" (workers/worker.c). */
static bool is_dead(const char *name, int64_t pid)
{
    const char *mark = strrchr(name, ':');

    return process_is_over(pid, mark ? mark + 1 : name);
}

static void bury_worker(struct coordinator *coordinator, const char *name)
{
    log_event(LOG_WARN, NULL, "worker_died", "worker=%s", name);
    task_reap_worker(coordinator->db, name, on_worker_reaped, coordinator);
}

/* A worker on this host whose process is gone will not renew its leases: no need to wait for them to run out. */
static void bury_dead(struct coordinator *coordinator)
{
    struct worker *next = NULL;

    for (struct worker *worker = coordinator->workforce.first; worker; worker = next) {
        next = worker->next;
        if (strcmp(worker->host, coordinator->host) == 0 && is_dead(worker->name, worker->pid)) {
            bury_worker(coordinator, worker->name);
            workforce_remove(&coordinator->workforce, worker);
        }
    }
}

static void on_workers_of_host(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct coordinator *coordinator = argument;

    if (fault) {
        log_refused(argument, rows, fault);
        return;
    }
    for (int i = 0; i < db_rows_count(rows); i++)
        if (is_dead(db_text(rows, i, 0), db_integer(rows, i, 1)))
            bury_worker(coordinator, db_text(rows, i, 0));
}

static void on_unwanted(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct coordinator *coordinator = argument;

    if (fault) {
        log_refused(argument, rows, fault);
        return;
    }
    for (int i = 0; i < db_rows_count(rows); i++) {
        const char *name = db_text(rows, i, 2);
        struct worker *worker = workforce_find_name(&coordinator->workforce, name ? name : "");
        struct message message = {.type = MESSAGE_CANCEL,
                                  .cancel = {.task = db_integer(rows, i, 0), .token = db_integer(rows, i, 1)}};

        if (worker)
            send_to(coordinator, &worker->peer, &message);
    }
}

static void on_moved(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    if (fault)
        log_refused(argument, rows, fault);
    poke(argument);
}

static void begin_phase(struct coordinator *coordinator, int64_t transfer, int64_t after, int64_t phase)
{
    struct log_context context = {.transfer = transfer};

    log_event(LOG_INFO, &context, "phase_planned", "phase=%" PRId64, phase);
    task_adopt_doubtful(coordinator->db, transfer, phase, log_refused, coordinator);
    task_adopt_known(coordinator->db, transfer, phase, log_refused, coordinator);
    task_plan_phase(coordinator->db, transfer, after, phase, coordinator->settings.task_size, on_moved, coordinator);
}

static void act(struct coordinator *coordinator, const struct db_rows *rows, int row, enum transfer_state state,
                enum plan_step step)
{
    struct db *db = coordinator->db;
    int64_t transfer = db_integer(rows, row, OVERVIEW_ID);

    switch (step) {
    case PLAN_NOTHING:
        break;
    case PLAN_PREFLIGHT:
        transfer_begin_preflight(db, transfer, on_moved, coordinator);
        break;
    case PLAN_RUN:
        transfer_move(db, transfer, TRANSFER_SCHEDULED, TRANSFER_RUNNING, NULL, on_moved, coordinator);
        break;
    case PLAN_PHASE:
        begin_phase(coordinator, transfer, db_integer(rows, row, OVERVIEW_PHASE),
                    db_integer(rows, row, OVERVIEW_NEXT_PHASE));
        break;
    case PLAN_VERIFY:
        transfer_begin_verify(db, transfer, on_moved, coordinator);
        break;
    case PLAN_REVIEW:
        transfer_move(db, transfer, TRANSFER_VERIFYING, TRANSFER_REVIEW, NULL, on_moved, coordinator);
        break;
    case PLAN_COMPLETE:
        transfer_move(db, transfer, TRANSFER_REVIEW, TRANSFER_COMPLETED, NULL, on_moved, coordinator);
        break;
    case PLAN_FAIL:
        transfer_move(db, transfer, state, TRANSFER_FAILED, db_text(rows, row, OVERVIEW_PROBLEM), on_moved,
                      coordinator);
        break;
    }
}

static void give_task(struct coordinator *coordinator, struct worker *worker, const struct db_rows *rows, int row)
{
    const char *entity = db_text(rows, row, TASK_ENTITY);
    struct message message = {.type = MESSAGE_TASK,
                              .task = {.task = db_integer(rows, row, TASK_ID),
                                       .token = db_integer(rows, row, TASK_TOKEN),
                                       .transfer = db_integer(rows, row, TASK_TRANSFER),
                                       .account = db_integer(rows, row, TASK_ACCOUNT),
                                       .first = db_integer(rows, row, TASK_FIRST),
                                       .last = db_integer(rows, row, TASK_LAST),
                                       .lease_ms = coordinator->settings.lease_ms}};
    struct log_context context = {.transfer = message.task.transfer, .task = message.task.task};

    message_set(message.task.kind, db_text(rows, row, TASK_KIND));
    message_set(message.task.entity, entity ? entity : "-");
    log_event(LOG_INFO, &context, "task_given", "kind=%s worker=%s token=%" PRId64, message.task.kind, worker->name,
              message.task.token);
    send_to(coordinator, &worker->peer, &message);
}

static void request_free(struct lease_request *request)
{
    struct lease_request **place = &request->coordinator->requests;

    while (*place != request)
        place = &(*place)->next;
    *place = request->next;
    free(request);
}

static void on_leased(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct lease_request *request = argument;
    struct coordinator *coordinator = request->coordinator;
    struct worker *worker = workforce_find_name(&coordinator->workforce, request->worker);
    struct credit *credit = worker ? worker_credit(worker, request->kind) : NULL;

    if (fault)
        log_refused(coordinator, rows, fault);
    if (fault || db_rows_count(rows) == 0) {
        if (credit)
            credit->free++;
    } else if (!worker) {
        /* It left between question and answer, or this coordinator leads no more. */
        task_return(coordinator->db, db_integer(rows, 0, TASK_ID), db_integer(rows, 0, TASK_TOKEN), 0, NULL, NULL,
                    on_worker_reaped, coordinator);
    } else {
        give_task(coordinator, worker, rows, 0);
        if (credit && credit->free > 0)
            poke(coordinator);
    }
    request_free(request);
}

static void ask_for_task(struct coordinator *coordinator, struct worker *worker, struct credit *credit)
{
    struct lease_request *request = x_alloc(sizeof *request);

    credit->free--;
    request->coordinator = coordinator;
    request->next = coordinator->requests;
    coordinator->requests = request;
    snprintf(request->worker, sizeof request->worker, "%s", worker->name);
    snprintf(request->kind, sizeof request->kind, "%s", credit->kind);
    task_lease(coordinator->db, credit->kind, worker->name, 1, coordinator->settings.lease_ms, on_leased, request);
}

/* One task of the kind for each worker in a round, so that work spreads over the workers. */
static void hand_out(struct coordinator *coordinator, const char *kind)
{
    int64_t now_ms = clock_monotonic_ms();

    for (struct worker *worker = coordinator->workforce.first; worker; worker = worker->next) {
        struct credit *credit = worker_credit(worker, kind);

        if (credit && credit->free > 0 && now_ms - worker->heard_ms <= SILENT_MS)
            ask_for_task(coordinator, worker, credit);
    }
}

static void end_tick(struct coordinator *coordinator)
{
    coordinator->ticking = false;
    loop_timer_start(coordinator->tick, !coordinator->leads ? STANDBY_TICK_MS : coordinator->again ? 1 : TICK_MS);
    coordinator->again = false;
    health_touch(coordinator->settings.health_file);
}

static void on_ready_kinds(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct coordinator *coordinator = argument;

    if (fault)
        log_refused(argument, rows, fault);
    for (int row = 0; !fault && row < db_rows_count(rows); row++)
        hand_out(coordinator, db_text(rows, row, 0));
    end_tick(coordinator);
}

static void on_overview(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct coordinator *coordinator = argument;

    if (fault) {
        log_refused(argument, rows, fault);
        end_tick(coordinator);
        return;
    }
    for (int row = 0; row < db_rows_count(rows); row++) {
        struct plan_facts facts = {.open_tasks = db_integer(rows, row, OVERVIEW_OPEN_TASKS),
                                   .failed_tasks = db_integer(rows, row, OVERVIEW_FAILED_TASKS),
                                   .stage_done = db_is_true(rows, row, OVERVIEW_STAGE_DONE),
                                   .next_phase = db_integer(rows, row, OVERVIEW_NEXT_PHASE),
                                   .completes = db_is_true(rows, row, OVERVIEW_COMPLETES)};

        must(transfer_state_find(db_text(rows, row, OVERVIEW_STATE), &facts.state));
        act(coordinator, rows, row, facts.state, plan_next(&facts));
    }
    task_ready_kinds(coordinator->db, on_ready_kinds, coordinator);
}

static void on_leader(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct coordinator *coordinator = argument;
    bool leads = !fault && db_is_true(rows, 0, 0);

    if (fault)
        log_refused(argument, rows, fault);
    if (leads && !coordinator->leads) {
        log_event(LOG_INFO, NULL, "leadership_taken", "coordinator=%s", coordinator->name);
        worker_of_host(coordinator->db, coordinator->host, on_workers_of_host, coordinator);
    } else if (!leads && coordinator->leads) {
        log_event(LOG_WARN, NULL, "leadership_lost", "coordinator=%s", coordinator->name);
        workforce_clear(&coordinator->workforce);
    }
    coordinator->leads = leads;
    if (!leads) {
        end_tick(coordinator);
        return;
    }
    bury_dead(coordinator);
    task_reap(coordinator->db, coordinator->host, on_reaped, coordinator);
    task_unwanted(coordinator->db, on_unwanted, coordinator);
    transfer_overview(coordinator->db, on_overview, coordinator);
}

static void on_tick(void *argument)
{
    struct coordinator *coordinator = argument;

    coordinator->ticking = true;
    leader_try(coordinator->db, on_leader, coordinator);
}

static void forget_silent(struct coordinator *coordinator, int64_t now_ms)
{
    struct worker *next = NULL;

    for (struct worker *worker = coordinator->workforce.first; worker; worker = next) {
        next = worker->next;
        if (now_ms - worker->heard_ms <= FORGET_MS)
            continue;
        log_event(LOG_WARN, NULL, "worker_forgotten", "worker=%s", worker->name);
        worker_gone(coordinator->db, worker->name, log_refused, coordinator);
        workforce_remove(&coordinator->workforce, worker);
    }
}

/* A worker of another host whose connection has ended: a process that ends closes it, a network that breaks may too. It
 * is taken for dead when it renews nothing either; until then its leases are its own. */
static void ping_worker(struct coordinator *coordinator, struct worker *worker, int64_t now_ms)
{
    struct message ping = {.type = MESSAGE_PING};
    struct fault fault = {0};

    if (channel_send(coordinator->channel, &worker->peer, &ping, &fault))
        worker->gone_ms = 0;
    else if (fault.kind == FAULT_GONE && worker->gone_ms == 0)
        worker->gone_ms = now_ms;
    else if (fault.kind == FAULT_GONE && now_ms - worker->gone_ms >= GONE_MS)
        task_reap_silent(coordinator->db, worker->name, coordinator->settings.lease_ms, UNRENEWED_MS, on_worker_reaped,
                         coordinator);
}

static void on_ping(void *argument)
{
    struct coordinator *coordinator = argument;
    const char *names[NAMES_MAX];
    size_t count = 0;
    int64_t now_ms = clock_monotonic_ms();

    forget_silent(coordinator, now_ms);
    for (struct worker *worker = coordinator->workforce.first; worker; worker = worker->next) {
        ping_worker(coordinator, worker, now_ms);
        if (now_ms - worker->heard_ms <= SILENT_MS && count < NAMES_MAX)
            names[count++] = worker->name;
    }
    /* While the database is away these would pile up; they matter to people only. */
    if (count > 0 && db_is_connected(coordinator->db) && db_pending(coordinator->db) < 100)
        worker_seen(coordinator->db, names, count, log_refused, coordinator);
    loop_timer_start(coordinator->ping, PING_MS);
}

static void on_hello(struct coordinator *coordinator, const struct peer *peer, const struct message *message)
{
    struct message reply = {.type = MESSAGE_WELCOME};

    if (!coordinator->leads) {
        reply.type = MESSAGE_STANDBY;
        message_set(reply.standby.reason, "Another coordinator leads, or this one is still starting.");
        send_to(coordinator, peer, &reply);
        return;
    }
    workforce_hello(&coordinator->workforce, peer, message, clock_monotonic_ms());
    log_event(LOG_INFO, NULL, "worker_came", "worker=%s kinds=%s", message->hello.worker, message->hello.kinds);
    worker_here(coordinator->db, message->hello.worker, message->hello.host, message->hello.pid, message->hello.kinds,
                message->hello.slots, log_refused, coordinator);
    message_set(reply.welcome.coordinator, coordinator->name);
    send_to(coordinator, peer, &reply);
}

static void on_bye(struct coordinator *coordinator, struct worker *worker)
{
    log_event(LOG_INFO, NULL, "worker_left", "worker=%s", worker->name);
    worker_gone(coordinator->db, worker->name, log_refused, coordinator);
    workforce_remove(&coordinator->workforce, worker);
}

static void on_ready(struct coordinator *coordinator, struct worker *worker, const struct message *message)
{
    struct credit *credit = worker_credit(worker, message->ready.kind);

    if (!credit) {
        refuse(coordinator, &worker->peer, "READY names a kind that HELLO did not");
        return;
    }
    credit->free += message->ready.credit;
    poke(coordinator);
}

static void on_message(void *argument, const struct peer *peer, const struct message *message)
{
    struct coordinator *coordinator = argument;
    struct worker *worker = workforce_find_peer(&coordinator->workforce, peer);

    if (message->type == MESSAGE_HELLO) {
        on_hello(coordinator, peer, message);
        return;
    }
    if (!worker) {
        refuse(coordinator, peer, "say HELLO first");
        return;
    }
    worker->heard_ms = clock_monotonic_ms();
    switch (message->type) {
    case MESSAGE_READY:
        on_ready(coordinator, worker, message);
        break;
    case MESSAGE_BYE:
        on_bye(coordinator, worker);
        break;
    case MESSAGE_DONE:
    case MESSAGE_FAILED:
        poke(coordinator);
        break;
    case MESSAGE_PROGRESS:
    case MESSAGE_PONG:
        break;
    case MESSAGE_HELLO:
    case MESSAGE_WELCOME:
    case MESSAGE_STANDBY:
    case MESSAGE_REFUSED:
    case MESSAGE_TASK:
    case MESSAGE_CANCEL:
    case MESSAGE_PING:
    case MESSAGE_TYPE_COUNT:
        must(!"the channel lets only a worker's messages through");
    }
}

static void on_garbage(void *argument, const struct peer *peer, const struct fault *fault)
{
    (void)argument;
    (void)peer;
    log_fault(LOG_WARN, NULL, "message_refused", fault);
}

bool coordinator_open(struct loop *loop, const struct coordinator_settings *settings, struct coordinator **ret,
                      struct fault *fault)
{
    scoped(coordinator_close) struct coordinator *coordinator = x_alloc(sizeof *coordinator);
    struct channel_options options = {.allow_network = settings->allow_network};
    struct channel_handlers handlers = {.message = on_message, .garbage = on_garbage, .argument = coordinator};

    coordinator->loop = loop;
    coordinator->settings = *settings;
    gethostname(coordinator->host, sizeof coordinator->host - 1);
    snprintf(coordinator->name, sizeof coordinator->name, "coordinator@%s:%d", coordinator->host, (int)getpid());
    if (!db_open(loop, settings->database_url, settings->database_password_file, coordinator->name, &coordinator->db,
                 fault) ||
        !channel_bind(loop, settings->listen_url, &options, &handlers, &coordinator->channel, fault))
        return false;
    coordinator->tick = loop_timer_new(loop, on_tick, coordinator);
    coordinator->ping = loop_timer_new(loop, on_ping, coordinator);
    loop_timer_start(coordinator->tick, 0);
    loop_timer_start(coordinator->ping, PING_MS);
    log_event(LOG_INFO, NULL, "coordinator_listens", "url=%s", channel_url(coordinator->channel));
    *ret = steal(coordinator);
    return true;
}

void coordinator_close(struct coordinator **place)
{
    struct coordinator *coordinator = *place;

    *place = NULL;
    if (!coordinator)
        return;
    loop_timer_destroy(&coordinator->tick);
    loop_timer_destroy(&coordinator->ping);
    channel_close(&coordinator->channel);
    db_close(&coordinator->db);
    while (coordinator->requests)
        request_free(coordinator->requests);
    workforce_clear(&coordinator->workforce);
    free(coordinator);
}
