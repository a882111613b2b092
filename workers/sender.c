#include "workers/sender.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/must.h"
#include "db/record.h"
#include "workers/doubt.h"
#include "workers/stage.h"

enum {
    WINDOW_MOST = 256,
    WINDOW_LEAST = 4,
    AHEAD_SECONDS = 2, /* of sending that are journaled and under way: what a crash leaves in doubt */
    OUTCOMES_MOST = 256,
    FLUSH_MS = 100,
    HOLD_MS = 200,
    PATH_MAX_BYTES = 8000,
};

static void plan(struct sender *sender);

static void on_written(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct job *job = argument;
    struct sender *sender = job->state;

    sender->writing--;
    if (fault)
        sender_give_up(sender, fault);
    else if (db_integer(rows, 0, 1) > 0)
        log_event(LOG_ERROR, &job->log, "id_map_conflict", "count=%" PRId64, db_integer(rows, 0, 1));
    plan(sender);
}

static void free_outcomes(struct sender *sender)
{
    for (size_t i = 0; i < sender->outcome_count; i++) {
        free(sender->outcomes[i].cliniko_id);
        free(sender->outcomes[i].problem);
        free(sender->outcomes[i].warning);
    }
    sender->outcome_count = 0;
}

void sender_flush(struct sender *sender)
{
    struct job *job = sender->job;

    loop_timer_stop(sender->flush);
    if (sender->outcome_count == 0)
        return;
    sender->writing++;
    record_finish(job->db, job->transfer, job->task, job->token, sender->outcomes, sender->outcome_count, on_written,
                  job);
    free_outcomes(sender);
}

/* The one end of every item: its outcome waits for the next batch. */
void item_settle(struct item *item, enum record_state state, const char *cliniko_id, const char *problem)
{
    struct sender *sender = item->sender;
    struct log_context context = sender->job->log;

    context.record = item->key;
    if (state != RECORD_STAGED)
        log_event(state == RECORD_FAILED ? LOG_WARN : LOG_DEBUG, &context, "record_settled", "attempts=%d outcome=%s",
                  item->attempts,
                  state == RECORD_CREATED   ? "created"
                  : state == RECORD_SKIPPED ? "skipped"
                                            : "failed");
    sender->job->created += state == RECORD_CREATED;
    sender->job->failed += state == RECORD_FAILED;
    sender->job->skipped += state == RECORD_SKIPPED;
    sender->outcomes[sender->outcome_count++] =
        (struct record_outcome){.ordinal = item->ordinal,
                                .state = state,
                                .cliniko_id = x_strdup(cliniko_id),
                                .problem = x_strdup(problem),
                                .warning = state == RECORD_CREATED ? steal(item->warning) : NULL};
    item_drop(item);
    if (sender->outcome_count == OUTCOMES_MOST)
        sender_flush(sender);
    else if (!loop_timer_is_running(sender->flush))
        loop_timer_start(sender->flush, FLUSH_MS);
}

void sender_skip(struct item *item, const char *problem)
{
    item_settle(item, RECORD_SKIPPED, NULL, problem);
}

void item_rest(struct item *item, int64_t least_ms)
{
    int64_t pause_ms = cliniko_backoff_ms(item->attempts > 0 ? item->attempts : 1, cliniko_jitter());

    item_move(item, ITEM_RESTING);
    item->due_ms = clock_monotonic_ms() + (pause_ms > least_ms ? pause_ms : least_ms);
}

/* Not sent, or known not to have happened. 429s come with their own pause and are nobody's fault. */
static void try_again(struct item *item, const struct fault *fault)
{
    struct sender *sender = item->sender;

    if (fault->code == 429) {
        item_move(item, ITEM_READY);
        return;
    }
    if (item->attempts >= SENDER_ATTEMPTS_MOST) {
        item_move(item, ITEM_READY);
        sender_give_up(sender, fault);
        return;
    }
    item_rest(item, fault->retry_after_ms);
}

static void on_accepted(struct item *item, const char *created_id)
{
    const struct sender_entity *entity = item->sender->entity;
    const char *changed_id = item->target_id ? item->target_id : item->parent_id;

    if (!entity->accepted || entity->accepted(item, created_id)) {
        item_settle(item, RECORD_CREATED, entity->effect == CLINIKO_CREATE ? created_id : changed_id, NULL);
        return;
    }
    item->partly = true;
    stage_again(item);
}

static void on_refused(struct item *item, const struct fault *fault)
{
    if (item->sender->entity->refused && item->sender->entity->refused(item, fault))
        return;
    /* That a change was sent before is not always known here: when a reused connection dies, libcurl sends it again. */
    if (item->sender->entity->effect != CLINIKO_CREATE && item->sender->entity->look_up) {
        doubt_recheck(item, fault);
        return;
    }
    item_settle(item, RECORD_FAILED, NULL, fault->text);
}

/* Which key it is that Cliniko denies: the account's own or a practitioner's. */
static void deny(struct item *item, const struct fault *fault)
{
    struct sender *sender = item->sender;
    const struct context_key *key = context_key_of(sender->job->context, item->client);
    struct fault why = *fault;

    if (sender->entity->refused && sender->entity->refused(item, fault))
        return;
    if (key)
        fault_prefix(&why, "the key of practitioner %s", key->label);
    item_move(item, ITEM_READY);
    sender_give_up(sender, &why);
}

static void on_answer(void *argument, const struct cliniko_answer *answer, const struct fault *fault)
{
    struct item *item = argument;
    struct sender *sender = item->sender;

    item->call = NULL;
    if (!fault) {
        on_accepted(item, answer->id);
        loop_timer_start(sender->step, 0);
        return;
    }
    switch (fault->kind) {
    case FAULT_RETRY:
        try_again(item, fault);
        break;
    case FAULT_IN_DOUBT:
        doubt_begin(item, 0);
        break;
    case FAULT_REFUSED:
        on_refused(item, fault);
        break;
    case FAULT_GONE:
        item->attempts--;
        item_move(item, ITEM_READY);
        sender_hold(sender);
        break;
    case FAULT_DENIED:
        deny(item, fault);
        break;
    case FAULT_BAD_INPUT:
    case FAULT_INTERNAL:
    case FAULT_NONE:
        item_move(item, ITEM_READY);
        sender_give_up(sender, fault);
        break;
    }
    loop_timer_start(sender->step, 0);
}

static bool fits(const struct text *path, const struct text *body, struct fault *fault)
{
    return (!path->overflowed && !body->overflowed) ||
           fault_set(fault, FAULT_BAD_INPUT, "it is larger than a request may be");
}

static void send_item(struct item *item)
{
    struct sender *sender = item->sender;
    const struct sender_entity *entity = sender->entity;
    scoped(json_destroy) struct json *payload = NULL;
    struct text path;
    struct fault fault = {0};

    text_init(&path, PATH_MAX_BYTES);
    text_clear(&item->body);
    item_crash_if_told(item);
    if (!json_parse(item->payload.data, item->payload.size, &payload, &fault) ||
        !entity->compose(sender, item, payload, &path, &item->body, &fault) || !fits(&path, &item->body, &fault)) {
        item_settle(item, fault.kind == FAULT_REFUSED ? RECORD_SKIPPED : RECORD_FAILED, NULL, fault.text);
    } else {
        item->attempts++;
        item_move(item, ITEM_SENT);
        item->call = cliniko_send(item->client ? item->client : sender->job->context->client,
                                  &(struct cliniko_request){.method = entity->method,
                                                            .effect = entity->effect,
                                                            .path = text_string(&path),
                                                            .body = text_slice(&item->body),
                                                            .action = entity->action,
                                                            .not_after_ms = sender->job->deadline_ms},
                                  on_answer, item);
    }
    text_release(&path);
}

static void set_hungry(struct sender *sender, bool hungry)
{
    *sender->job->hungry += hungry - sender->hungry;
    sender->hungry = hungry;
}

/* The jobs of a process share its requests under way; one that only waits for its last answers takes no share. */
static int64_t share(struct sender *sender)
{
    int64_t share = 0;

    set_hungry(sender, !sender->stopping && (!sender->exhausted || sender->unsent > 0));
    share = sender->job->settings->in_flight / (*sender->job->hungry > 0 ? *sender->job->hungry : 1);
    share = share < 1 ? 1 : share;
    return share < sender->in_flight_most ? share : sender->in_flight_most;
}

/* The slot that was to be had comes after the end of the lease, and the lease is renewed four times until then. */
void sender_hold(struct sender *sender)
{
    sender->resume_ms = clock_monotonic_ms() + HOLD_MS;
}

static void send_ready(struct sender *sender)
{
    struct item *next = NULL;
    int64_t most = share(sender);
    int64_t now_ms = clock_monotonic_ms();

    if (sender->stopping || now_ms >= sender->job->deadline_ms || now_ms < sender->resume_ms || doubt_holds(sender))
        return;
    for (struct item *item = sender->items; item && sender->sent < most; item = next) {
        next = item->after;
        if (item->state == ITEM_READY)
            send_item(item);
    }
}

static void on_intended(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct job *job = argument;
    struct sender *sender = job->state;
    struct item *next = NULL;
    int64_t intended = 0;
    struct fault gone = {0};

    sender->intending = false;
    if (fault) {
        sender_give_up(sender, fault);
        return;
    }
    for (struct item *item = sender->items; item; item = next) {
        next = item->after;
        if (item->state != ITEM_INTENDING)
            continue;
        intended++;
        if (item->own_id)
            sender_found(item, item->own_id);
        else if (item->in_doubt && sender->entity->effect == CLINIKO_CREATE)
            doubt_begin(item, item->due_ms);
        else
            item_move(item, ITEM_READY);
    }
    if (db_affected(rows) < intended) {
        fault_set(&gone, FAULT_GONE, "the lease was lost before anything was sent");
        sender_give_up(sender, &gone);
        return;
    }
    plan(sender);
}

/* Writes the intent of everything that is loaded. Records of an earlier lease keep the time at which they were sent. */
static void intend(struct sender *sender)
{
    struct job *job = sender->job;
    int64_t there = cliniko_server_seconds(job->context->client);
    int64_t ordinals[WINDOW_MOST];
    bool in_doubt[WINDOW_MOST];
    size_t count = 0;

    if (sender->intending)
        return;
    for (struct item *item = sender->items; item && count < WINDOW_MOST; item = item->after) {
        if (item->state != ITEM_LOADED || !stage_lets_intend(item))
            continue;
        ordinals[count] = item->ordinal;
        in_doubt[count++] = item->in_doubt;
        item->sent_there = there;
        item_move(item, ITEM_INTENDING);
    }
    if (count == 0)
        return;
    sender->intending = true;
#ifdef HANDOVER_UNJOURNALED
    for (struct item *item = sender->items; item; item = item->after)
        if (item->state == ITEM_INTENDING)
            item_move(item, ITEM_READY);
    sender->intending = false;
    return;
#endif
    record_intend(job->db, job->transfer, job->task, job->token, ordinals, in_doubt, count, there, on_intended, job);
}

void sender_prepared(struct sender *sender, const struct fault *fault)
{
    sender->loading = false;
    if (fault) {
        sender_give_up(sender, fault);
        return;
    }
    if (!sender->stopping)
        intend(sender);
    plan(sender);
}

/* A record whose parent did not arrive cannot arrive either. */
static void skip_orphans(struct sender *sender)
{
    const struct entity_facts *facts = entity_facts(sender->job->entity);
    struct item *next = NULL;

    if (!facts->parent)
        return;
    for (struct item *item = sender->items; item; item = next) {
        next = item->after;
        if (item->state == ITEM_LOADED && !item->parent_id) {
            scoped(string_free) char *parent = item_member(item, facts->parent);
            scoped(string_free) char *problem = x_sprintf(
                "its %s %s is not in Cliniko", entity_facts(facts->parent_entity)->name, parent ? parent : "");

            sender_skip(item, problem);
        }
    }
}

static void on_loaded(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct job *job = argument;
    struct sender *sender = job->state;

    if (fault || sender->stopping) {
        sender->loading = false;
        if (fault)
            sender_give_up(sender, fault);
        else
            plan(sender);
        return;
    }
    sender->exhausted = db_rows_count(rows) < sender->window;
    for (int row = 0; row < db_rows_count(rows); row++)
        item_add(sender, rows, row);
    skip_orphans(sender);
    if (sender->entity->prepare)
        sender->entity->prepare(sender);
    else
        sender_prepared(sender, NULL);
}

static void load(struct sender *sender)
{
    struct job *job = sender->job;

    sender->loading = true;
    record_load(job->db, job->transfer, job->entity, sender->next_ordinal, job->last, sender->window, on_loaded, job);
}

static void wake_due(struct sender *sender, int64_t now_ms)
{
    if (sender->timed == 0)
        return;
    for (struct item *item = sender->items; item; item = item->after)
        if (item->state == ITEM_RESTING && item->due_ms <= now_ms)
            stage_wake(item);
    doubt_ask_next(sender, now_ms);
}

static void set_timer(struct sender *sender, int64_t now_ms)
{
    int64_t due_ms = INT64_MAX;

    for (struct item *item = sender->timed ? sender->items : NULL; item; item = item->after)
        if ((item->state == ITEM_RESTING || (item->state == ITEM_DOUBTFUL && !sender->asking)) && item->due_ms < due_ms)
            due_ms = item->due_ms;
    /* What is ready but held back by the lease's end is looked at again when the lease was renewed. */
    if (due_ms == INT64_MAX && sender->sent < sender->in_flight_most && sender->unsent > 0 && !sender->loading &&
        !sender->intending)
        due_ms = now_ms + HOLD_MS;
    if (due_ms != INT64_MAX)
        loop_timer_start(sender->timer, due_ms > now_ms ? due_ms - now_ms : 0);
    else
        loop_timer_stop(sender->timer);
}

/* What may still change in Cliniko or is not written down. */
static bool is_busy(const struct sender *sender)
{
    return sender->loading || sender->intending || sender->sent > 0 || sender->writing > 0 || sender->outcome_count > 0;
}

static void finish_stopping(struct sender *sender)
{
    struct item *next = NULL;

    for (struct item *item = sender->items; item; item = next) {
        next = item->after;
        switch (item->state) {
        case ITEM_READY:
        case ITEM_RESTING:
            if (item->partly)
                item_drop(item);
            else
                item_settle(item, RECORD_STAGED, NULL, NULL);
            break;
        case ITEM_LOADED:
        case ITEM_STAGING:
        case ITEM_DOUBTFUL: /* stays "sending": who takes the task next asks for it first */
            item_drop(item);
            break;
        case ITEM_ASKING:
        case ITEM_INTENDING:
        case ITEM_SENT:
        case ITEM_GONE:
            break;
        }
    }
    sender_flush(sender);
    if (is_busy(sender) || sender->asking)
        return;
    if (sender->why_stopping.kind == FAULT_NONE)
        job_returned(sender->job, 0, NULL);
    else
        job_ended_by(sender->job, &sender->why_stopping);
}

/* Looks at everything and does what can be done now; safe to call at any time, as often as one likes. */
static void plan(struct sender *sender)
{
    int64_t now_ms = clock_monotonic_ms();

    if (sender->job->ended)
        return;
    if (sender->stopping) {
        finish_stopping(sender);
        return;
    }
    wake_due(sender, now_ms);
    stage_begin_due(sender, now_ms);
    if (!sender->loading)
        intend(sender);
    send_ready(sender);
    if (!sender->exhausted && !sender->loading && !sender->intending &&
        sender->unsent < (sender->window + 1) / 2 + sender->in_flight_most / 2)
        load(sender);
    if (sender->exhausted && !sender->items && !sender->loading) {
        sender_flush(sender);
        if (!is_busy(sender))
            job_done(sender->job);
        return;
    }
    set_timer(sender, now_ms);
}

static void on_timer(void *argument)
{
    struct job *job = argument;

    plan(job->state);
}

static void on_flush(void *argument)
{
    struct job *job = argument;

    sender_flush(job->state);
}

void sender_give_up(struct sender *sender, const struct fault *why)
{
    if (sender->why_stopping.kind == FAULT_NONE)
        sender->why_stopping = *why;
    /* Whoever comes after the operator has given a new key must not get a client that is shut. */
    if (why->kind == FAULT_DENIED)
        context_retire(sender->job->contexts, sender->job->context);
    sender->stopping = true;
    if (!sender->job->ended)
        loop_timer_start(sender->step, 0);
}

void sender_begin(struct sender *sender)
{
    if (sender->entity->effect == CLINIKO_CREATE && !sender->stopping && doubt_learns_time(sender))
        return;
    plan(sender);
}

static void size_windows(struct sender *sender)
{
    int64_t rate = sender->job->context->rate_per_minute;
    int64_t ahead = rate * AHEAD_SECONDS / 60;
    int64_t most = sender->job->settings->in_flight;

    sender->window = rate == 0 ? WINDOW_MOST : ahead < WINDOW_LEAST ? WINDOW_LEAST : ahead;
    if (sender->window > WINDOW_MOST)
        sender->window = WINDOW_MOST;
    sender->in_flight_most = sender->window < most ? sender->window : most;
    if (sender->entity->window)
        sender->window = sender->entity->window;
}

void sender_start(struct job *job, const struct sender_entity *entity)
{
    struct sender *sender = x_alloc(sizeof *sender);

    job->state = sender;
    sender->job = job;
    sender->entity = entity;
    sender->next_ordinal = job->first;
    sender->outcomes = x_alloc_array(OUTCOMES_MOST, sizeof sender->outcomes[0]);
    sender->timer = loop_timer_new(job->loop, on_timer, job);
    sender->flush = loop_timer_new(job->loop, on_flush, job);
    sender->step = loop_timer_new(job->loop, on_timer, job);
    size_windows(sender);
    if (entity->open)
        entity->open(sender);
    else
        sender_begin(sender);
}

void sender_stop(struct job *job)
{
    struct sender *sender = job->state;

    context_retire(job->contexts, job->context);
    sender->stopping = true;
    if (sender->entity->stop)
        sender->entity->stop(sender);
    loop_timer_start(sender->step, 0);
}

void sender_close(struct job *job)
{
    struct sender *sender = job->state;

    set_hungry(sender, false);
    cliniko_cancel(&sender->time_call);
    if (sender->entity->close)
        sender->entity->close(sender);
    while (sender->items)
        item_drop(sender->items);
    free_outcomes(sender);
    free(sender->outcomes);
    loop_timer_destroy(&sender->timer);
    loop_timer_destroy(&sender->flush);
    loop_timer_destroy(&sender->step);
    free(sender);
    job->state = NULL;
}
