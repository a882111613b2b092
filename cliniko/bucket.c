#include "cliniko/bucket.h"

#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/embedded_text.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/must.h"
#include "cliniko/redis_address.h"

enum {
    PATIENCE_MS = 5000, /* for a connection and for each answer */
    PAUSE_FIRST_MS = 100,
    PAUSE_LAST_MS = 5000,
    SHA_SIZE = 41,
    REASON_SIZE = 200,
    ARGUMENT_SIZE = 24,
};

extern const struct embedded_text bucket_scripts[]; /* bucket.lua */

/* A question, in one of the bucket's two lists until it is answered. */
struct bucket_ask {
    struct bucket *bucket;
    struct ask_list *list; /* the one that it is in, or NULL */
    struct bucket_ask *before;
    struct bucket_ask *after;
    bool sent;       /* in `sent`, else in `waiting` */
    bool is_closing; /* bucket_shut; else a reservation */
    char user[BUCKET_USER_SIZE];
    struct bucket_reservation reservation;
    int64_t closed_until_ms; /* is_closing: monotonic */
    bucket_fn *granted;      /* NULL when it was dropped */
    void *argument;
};

struct ask_list {
    struct bucket_ask *first;
    struct bucket_ask *last;
};

struct bucket {
    struct loop *loop;
    struct redis_address address;
    redisAsyncContext *redis; /* NULL while there is no connection */
    struct loop_watch *watch;
    int events;
    struct loop_timer *pause;    /* until the next attempt to connect */
    struct loop_timer *patience; /* running while an answer is due */
    int pause_ms;
    bool ready; /* connected, and the script is loaded */
    bool away;  /* its loss was logged, its return was not */
    int64_t away_since_ms;
    bool closing;
    char sha[SHA_SIZE];
    char reason[REASON_SIZE]; /* why we gave the connection up, else "" */
    struct ask_list waiting;
    struct ask_list sent;
};

static void send_ask(struct bucket *bucket, struct bucket_ask *ask, bool whole_script);
static void connect_now(void *argument);

/* ---- lists of questions ---- */

static void list_push(struct ask_list *list, struct bucket_ask *ask)
{
    ask->list = list;
    ask->before = list->last;
    ask->after = NULL;
    if (list->last)
        list->last->after = ask;
    else
        list->first = ask;
    list->last = ask;
}

static void list_remove(struct bucket_ask *ask)
{
    struct ask_list *list = ask->list;

    if (!list)
        return;
    if (ask->before)
        ask->before->after = ask->after;
    else
        list->first = ask->after;
    if (ask->after)
        ask->after->before = ask->before;
    else
        list->last = ask->before;
    ask->list = NULL;
}

/* Takes the first one out; NULL when there is none. */
static struct bucket_ask *list_pop(struct ask_list *list)
{
    struct bucket_ask *ask = list->first;

    if (!ask)
        return NULL;
    list->first = ask->after;
    if (list->first)
        list->first->before = NULL;
    else
        list->last = NULL;
    ask->list = NULL;
    return ask;
}

static void ask_move(struct bucket_ask *ask, bool sent)
{
    struct bucket *bucket = ask->bucket;

    list_remove(ask);
    ask->sent = sent;
    list_push(sent ? &bucket->sent : &bucket->waiting, ask);
}

static void ask_free(struct bucket_ask *ask)
{
    list_remove(ask);
    free(ask);
}

/* ---- the connection is lost ---- */

static void plan_connect(struct bucket *bucket, const char *why)
{
    if (bucket->closing)
        return;
    if (!bucket->away) {
        bucket->away = true;
        bucket->away_since_ms = clock_monotonic_ms();
        log_event(LOG_WARN, NULL, "redis_lost", "text=\"%s; sending waits until it is back\"", why);
    }
    loop_timer_start(bucket->pause, bucket->pause_ms);
    bucket->pause_ms = bucket->pause_ms * 2 < PAUSE_LAST_MS ? bucket->pause_ms * 2 : PAUSE_LAST_MS;
}

/* hiredis calls this when it is about to free the context, for whatever reason. By then it has answered every question
 * with NULL, so all of them wait again. */
static void on_cleanup(void *argument)
{
    struct bucket *bucket = argument;
    const char *why = bucket->reason[0] ? bucket->reason : bucket->redis->c.errstr;

    loop_watch_remove(&bucket->watch);
    loop_timer_stop(bucket->patience);
    bucket->events = 0;
    bucket->ready = false;
    plan_connect(bucket, why[0] ? why : "the connection was closed");
    bucket->redis = NULL;
}

static void give_up(struct bucket *bucket, const char *why)
{
    snprintf(bucket->reason, sizeof bucket->reason, "%s", why);
    bucket->ready = false;
    redisAsyncFree(bucket->redis);
}

static void on_impatience(void *argument)
{
    give_up(argument, "no answer within 5 s");
}

/* ---- answers ---- */

static bool is_error(const redisReply *reply, const char *code)
{
    return reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, code, strlen(code)) == 0;
}

static bool read_grant(const redisReply *reply, struct bucket_grant *ret)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3)
        return false;
    for (size_t i = 0; i < 3; i++)
        if (reply->element[i]->type != REDIS_REPLY_INTEGER)
            return false;
    *ret = (struct bucket_grant){
        .slots = (int)reply->element[0]->integer,
        .wait_us = reply->element[1]->integer,
        .interval_us = reply->element[2]->integer,
    };
    return true;
}

static void on_closed(const struct bucket_ask *ask, const struct bucket_grant *answer)
{
    if (answer->slots)
        log_event(
            LOG_WARN, NULL, "rate_halved",
            "user=%s text=\"three times in a row the limit was used up: something else uses it too; half the rate "
            "for 10 minutes\"",
            ask->user);
}

static void settle(struct bucket_ask *ask, const struct bucket_grant *answer)
{
    bucket_fn *granted = ask->granted;
    void *argument = ask->argument;

    ask->bucket->pause_ms = PAUSE_FIRST_MS;
    if (ask->is_closing)
        on_closed(ask, answer);
    ask_free(ask);
    if (granted)
        granted(argument, answer);
}

/* Without an answer a reservation is simply made again: the lost slots stay unused. */
static void ask_again(struct bucket_ask *ask)
{
    if (ask->granted || ask->is_closing)
        ask_move(ask, false);
    else
        ask_free(ask);
}

static void watch_patience(struct bucket *bucket)
{
    if (bucket->sent.first)
        loop_timer_start(bucket->patience, PATIENCE_MS);
    else
        loop_timer_stop(bucket->patience);
}

static void on_reply(redisAsyncContext *redis, void *data, void *argument)
{
    struct bucket_ask *ask = argument;
    struct bucket *bucket = ask->bucket;
    const redisReply *reply = data;
    struct bucket_grant answer;

    (void)redis;
    if (!reply) {
        ask_again(ask);
    } else if (is_error(reply, "NOSCRIPT")) {
        send_ask(bucket, ask, true);
    } else if (read_grant(reply, &answer)) {
        settle(ask, &answer);
        watch_patience(bucket);
    } else {
        ask_again(ask);
        give_up(bucket, reply->type == REDIS_REPLY_ERROR ? reply->str : "an answer of the script has not its form");
    }
}

/* ---- questions ---- */

static void send_arguments(struct bucket *bucket, struct bucket_ask *ask, bool whole_script, int count,
                           const char *const *arguments)
{
    const char *script = whole_script ? bucket_scripts[0].text : bucket->sha;
    char key[BUCKET_USER_SIZE + 20];
    const char *all[10] = {whole_script ? "EVAL" : "EVALSHA", script, "1", key};

    snprintf(key, sizeof key, "handover:bucket:%s", ask->user);
    for (int i = 0; i < count; i++)
        all[4 + i] = arguments[i];
    /* It takes nothing more once it is being given up. */
    if (redisAsyncCommandArgv(bucket->redis, on_reply, ask, 4 + count, all, NULL) != REDIS_OK) {
        bucket->ready = false;
        ask_move(ask, false);
        return;
    }
    ask_move(ask, true);
    if (!loop_timer_is_running(bucket->patience))
        loop_timer_start(bucket->patience, PATIENCE_MS);
}

static void send_reservation(struct bucket *bucket, struct bucket_ask *ask, bool whole_script)
{
    char rate[ARGUMENT_SIZE];
    char burst[ARGUMENT_SIZE];
    char slots[ARGUMENT_SIZE];
    char horizon[ARGUMENT_SIZE];
    const char *arguments[] = {"reserve", rate, burst, slots, horizon};

    snprintf(rate, sizeof rate, "%d", ask->reservation.rate_per_minute);
    snprintf(burst, sizeof burst, "%d", ask->reservation.burst);
    snprintf(slots, sizeof slots, "%d", ask->reservation.slots);
    snprintf(horizon, sizeof horizon, "%" PRId64, ask->reservation.horizon_ms * 1000);
    send_arguments(bucket, ask, whole_script, 5, arguments);
}

static void send_closing(struct bucket *bucket, struct bucket_ask *ask, bool whole_script)
{
    char wait[ARGUMENT_SIZE];
    const char *arguments[] = {"shut", wait};
    int64_t wait_ms = ask->closed_until_ms - clock_monotonic_ms();

    snprintf(wait, sizeof wait, "%" PRId64, wait_ms > 0 ? wait_ms * 1000 : 0);
    send_arguments(bucket, ask, whole_script, 2, arguments);
}

static void send_ask(struct bucket *bucket, struct bucket_ask *ask, bool whole_script)
{
    if (ask->is_closing)
        send_closing(bucket, ask, whole_script);
    else
        send_reservation(bucket, ask, whole_script);
}

static struct bucket_ask *ask_new(struct bucket *bucket, const char *user)
{
    struct bucket_ask *ask = x_alloc(sizeof *ask);
    size_t size = strlen(user);

    must(size > 0 && size < BUCKET_USER_SIZE);
    ask->bucket = bucket;
    memcpy(ask->user, user, size + 1);
    list_push(&bucket->waiting, ask);
    return ask;
}

struct bucket_ask *bucket_reserve(struct bucket *bucket, const struct bucket_reservation *reservation,
                                  bucket_fn *granted, void *argument)
{
    struct bucket_ask *ask = ask_new(bucket, reservation->user);

    must(reservation->rate_per_minute > 0 && reservation->rate_per_minute <= BUCKET_RATE_MAX);
    must(reservation->slots > 0 && reservation->slots <= BUCKET_LOT_MAX);
    must(reservation->burst > 0 && reservation->burst <= BUCKET_BURST_MAX);
    ask->reservation = *reservation;
    ask->reservation.user = NULL;
    ask->granted = granted;
    ask->argument = argument;
    if (bucket->ready)
        send_ask(bucket, ask, false);
    return ask;
}

void bucket_drop(struct bucket_ask **place)
{
    struct bucket_ask *ask = *place;

    *place = NULL;
    if (!ask)
        return;
    if (ask->sent)
        ask->granted = NULL; /* its answer is still to come */
    else
        ask_free(ask);
}

void bucket_shut(struct bucket *bucket, const char *user, int64_t wait_ms)
{
    struct bucket_ask *ask = ask_new(bucket, user);

    ask->is_closing = true;
    ask->closed_until_ms = clock_monotonic_ms() + wait_ms;
    if (bucket->ready)
        send_ask(bucket, ask, false);
}

/* ---- connecting ---- */

static void on_ready_to_ask(struct bucket *bucket)
{
    bucket->ready = true;
    loop_timer_stop(bucket->patience);
    if (bucket->away)
        log_event(LOG_INFO, NULL, "redis_back", "away_ms=%" PRId64, clock_monotonic_ms() - bucket->away_since_ms);
    bucket->away = false;
    /* Stops when a write fails at once: what is left waits for the next connection. */
    while (bucket->ready && bucket->waiting.first)
        send_ask(bucket, bucket->waiting.first, false);
}

static void on_greeting(redisAsyncContext *redis, void *data, void *argument)
{
    struct bucket *bucket = argument;
    const redisReply *reply = data;

    (void)redis;
    if (reply && reply->type == REDIS_REPLY_ERROR)
        give_up(bucket, reply->str);
}

static void on_script(redisAsyncContext *redis, void *data, void *argument)
{
    struct bucket *bucket = argument;
    const redisReply *reply = data;

    (void)redis;
    if (!reply)
        return;
    if (reply->type != REDIS_REPLY_STRING || reply->len != SHA_SIZE - 1) {
        give_up(bucket, reply->type == REDIS_REPLY_ERROR ? reply->str : "it does not load scripts");
        return;
    }
    memcpy(bucket->sha, reply->str, SHA_SIZE);
    on_ready_to_ask(bucket);
}

static void greet(struct bucket *bucket)
{
    if (bucket->address.password[0])
        redisAsyncCommand(bucket->redis, on_greeting, bucket, "AUTH %s", bucket->address.password);
    if (bucket->address.database)
        redisAsyncCommand(bucket->redis, on_greeting, bucket, "%s %d", "SELECT", bucket->address.database);
    redisAsyncCommand(bucket->redis, on_script, bucket, "SCRIPT LOAD %s", bucket_scripts[0].text);
}

/* The hooks that hiredis calls to be told of readiness. */
static void want(struct bucket *bucket, int events)
{
    bucket->events = events;
    if (bucket->watch)
        loop_watch_change(bucket->watch, events);
}

static void on_add_read(void *argument)
{
    want(argument, ((struct bucket *)argument)->events | LOOP_READ);
}

static void on_del_read(void *argument)
{
    want(argument, ((struct bucket *)argument)->events & ~LOOP_READ);
}

static void on_add_write(void *argument)
{
    want(argument, ((struct bucket *)argument)->events | LOOP_WRITE);
}

static void on_del_write(void *argument)
{
    want(argument, ((struct bucket *)argument)->events & ~LOOP_WRITE);
}

static void on_watch(void *argument, int events)
{
    struct bucket *bucket = argument;

    if (events & LOOP_READ)
        redisAsyncHandleRead(bucket->redis);
    if (events & LOOP_WRITE && bucket->redis && bucket->watch)
        redisAsyncHandleWrite(bucket->redis);
}

static void hook(struct bucket *bucket, redisAsyncContext *redis)
{
    redis->ev.data = bucket;
    redis->ev.addRead = on_add_read;
    redis->ev.delRead = on_del_read;
    redis->ev.addWrite = on_add_write;
    redis->ev.delWrite = on_del_write;
    redis->ev.cleanup = on_cleanup;
    bucket->redis = redis;
    bucket->events = 0;
    bucket->watch = loop_watch_add(bucket->loop, redis->c.fd, 0, on_watch, bucket);
}

static void connect_now(void *argument)
{
    struct bucket *bucket = argument;
    redisAsyncContext *redis = bucket->address.port ? redisAsyncConnect(bucket->address.host, bucket->address.port)
                                                    : redisAsyncConnectUnix(bucket->address.host);

    must(redis);
    bucket->reason[0] = '\0';
    if (redis->err) {
        plan_connect(bucket, redis->errstr);
        redisAsyncFree(redis);
        return;
    }
    hook(bucket, redis);
    loop_timer_start(bucket->patience, PATIENCE_MS);
    greet(bucket);
}

/* ---- opening, closing, checking ---- */

static bool address_of(const struct bucket_settings *settings, struct redis_address *ret, struct fault *fault)
{
    return redis_address_parse(settings->url, ret, fault) &&
           redis_address_read_password(ret, settings->password_file, fault);
}

bool bucket_open(struct loop *loop, const struct bucket_settings *settings, struct bucket **ret, struct fault *fault)
{
    struct redis_address address;
    struct bucket *bucket = NULL;

    if (!address_of(settings, &address, fault))
        return false;
    bucket = x_alloc(sizeof *bucket);
    bucket->loop = loop;
    bucket->address = address;
    redis_address_wipe(&address);
    bucket->pause_ms = PAUSE_FIRST_MS;
    bucket->pause = loop_timer_new(loop, connect_now, bucket);
    bucket->patience = loop_timer_new(loop, on_impatience, bucket);
    connect_now(bucket);
    *ret = bucket;
    return true;
}

void bucket_close(struct bucket **place)
{
    struct bucket *bucket = *place;
    struct bucket_ask *ask = NULL;

    *place = NULL;
    if (!bucket)
        return;
    bucket->closing = true;
    if (bucket->redis)
        redisAsyncFree(bucket->redis);
    while ((ask = list_pop(&bucket->waiting)))
        ask_free(ask);
    loop_timer_destroy(&bucket->pause);
    loop_timer_destroy(&bucket->patience);
    redis_address_wipe(&bucket->address);
    free(bucket);
}

bool bucket_is_connected(const struct bucket *bucket)
{
    return bucket->ready;
}

static void context_free(redisContext **redis)
{
    if (*redis)
        redisFree(*redis);
    *redis = NULL;
}

static void reply_free(redisReply **reply)
{
    if (*reply)
        freeReplyObject(*reply);
    *reply = NULL;
}

/* One command of the check; takes the reply over. */
static bool check_reply(redisContext *redis, void *answer, const char *what, struct fault *fault)
{
    scoped(reply_free) redisReply *reply = answer;

    if (!reply)
        return fault_set(fault, FAULT_GONE, "Redis does not answer (%s): %s", what, redis->errstr);
    if (reply->type == REDIS_REPLY_ERROR)
        return fault_set(fault, FAULT_BAD_INPUT, "Redis refuses %s: %.200s", what, reply->str);
    return true;
}

bool bucket_check(const struct bucket_settings *settings, int wait_ms, struct fault *fault)
{
    struct timeval wait = {.tv_sec = wait_ms / 1000, .tv_usec = wait_ms % 1000 * 1000};
    scoped(redis_address_wipe) struct redis_address address = {0};
    scoped(context_free) redisContext *redis = NULL;

    if (!address_of(settings, &address, fault))
        return false;
    redis = address.port ? redisConnectWithTimeout(address.host, address.port, wait)
                         : redisConnectUnixWithTimeout(address.host, wait);
    must(redis);
    if (redis->err)
        return fault_set(fault, FAULT_GONE, "cannot reach Redis at %s: %s; start it or correct its address",
                         settings->url, redis->errstr);
    redisSetTimeout(redis, wait);
    if (address.password[0] &&
        !check_reply(redis, redisCommand(redis, "AUTH %s", address.password), "the password", fault))
        return false;
    if (!check_reply(redis, redisCommand(redis, "%s %d", "SELECT", address.database), "the database", fault))
        return false;
    return check_reply(redis, redisCommand(redis, "EVAL %s 1 handover:bucket:check ping", bucket_scripts[0].text),
                       "the script", fault);
}
