#include "cliniko/client.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/must.h"
#include "cliniko/answer.h"
#include "cliniko/object.h"

enum { CONTACT_MAX = 200 };

/* Where a call is. It is in exactly one of the client's lists, and this says in which. */
enum call_state {
    CALL_WAITING, /* for its slot, at a limiter */
    CALL_SENT,    /* at the HTTP engine */
    CALL_ENDED,   /* with `fault`, before it was sent; its callback comes in the next turn */
    CALL_STATES,
};

struct cliniko_call {
    struct cliniko *client;
    enum call_state state;
    struct call_list *list; /* the one that it is in, or NULL */
    struct cliniko_call *before;
    struct cliniko_call *after;
    struct limiter_waiter waiter;
    struct http_exchange *exchange;
    struct cliniko_request request;
    char *url;
    struct fault *fault; /* CALL_ENDED */
    cliniko_done_fn *done;
    void *argument;
};

struct call_list {
    struct cliniko_call *first;
    struct cliniko_call *last;
    int count;
};

struct cliniko {
    struct cliniko_settings settings;
    char base_url[BASE_URL_SIZE];
    char shard[SHARD_SIZE];
    struct http_headers *headers;
    struct call_list calls[CALL_STATES];
    struct loop_timer *later; /* tells of calls that ended before they were sent */
    bool shut;
    struct fault shut_fault;
    int64_t server_seconds;
    bool telling; /* on_later runs: it frees a client that is closed meanwhile */
    bool closed;
};

/* ---- calls and their lists ---- */

static void list_push(struct call_list *list, struct cliniko_call *call)
{
    call->list = list;
    call->before = list->last;
    call->after = NULL;
    if (list->last)
        list->last->after = call;
    else
        list->first = call;
    list->last = call;
    list->count++;
}

static void list_remove(struct cliniko_call *call)
{
    struct call_list *list = call->list;

    if (!list)
        return;
    if (call->before)
        call->before->after = call->after;
    else
        list->first = call->after;
    if (call->after)
        call->after->before = call->before;
    else
        list->last = call->before;
    list->count--;
    call->list = NULL;
}

/* Takes the first one out; NULL when there is none. */
static struct cliniko_call *list_pop(struct call_list *list)
{
    struct cliniko_call *call = list->first;

    if (!call)
        return NULL;
    list->first = call->after;
    if (list->first)
        list->first->before = NULL;
    else
        list->last = NULL;
    list->count--;
    call->list = NULL;
    return call;
}

static void call_move(struct cliniko_call *call, enum call_state state)
{
    list_remove(call);
    call->state = state;
    list_push(&call->client->calls[state], call);
}

static void call_free(struct cliniko_call *call)
{
    list_remove(call);
    free(call->url);
    free(call->fault);
    free(call);
}

/* ---- ends ---- */

/* Takes the call apart before it tells the caller, who may do anything, even close the client. */
static void call_tell(struct cliniko_call *call, const struct cliniko_answer *answer, const struct fault *fault)
{
    cliniko_done_fn *done = call->done;
    void *argument = call->argument;

    call_free(call);
    done(argument, answer, fault);
}

static void call_end(struct cliniko_call *call, const struct fault *fault)
{
    call->fault = x_alloc(sizeof *call->fault);
    *call->fault = *fault;
    call_move(call, CALL_ENDED);
    loop_timer_start(call->client->later, 0);
}

static void on_later(void *argument)
{
    struct cliniko *client = argument;
    struct cliniko_call *call = NULL;

    client->telling = true;
    while ((call = list_pop(&client->calls[CALL_ENDED]))) {
        struct cliniko_answer answer = {0};
        struct fault fault = *call->fault;

        call_tell(call, &answer, &fault);
    }
    client->telling = false;
    if (client->closed)
        free(client);
}

static void call_gone(struct cliniko_call *call)
{
    struct fault fault;

    fault_set(&fault, FAULT_GONE, "not sent (%s): the next send slot comes after the end of the lease",
              call->request.action);
    call_end(call, &fault);
}

/* ---- answers ---- */

static int64_t server_seconds(struct slice date)
{
    struct fault ignored;
    int64_t seconds = 0;

    if (!http_date_parse(date, &seconds, &ignored))
        return 0;
    return seconds;
}

static void note_denial(struct cliniko *client, const struct fault *fault)
{
    if (fault->code == 401 && !client->shut)
        cliniko_shut(client, fault);
    if (fault->code == 429 && client->settings.limiter)
        limiter_throttled(client->settings.limiter, fault->retry_after_ms);
}

static void on_answer(void *argument, const struct http_answer *http_answer)
{
    struct cliniko_call *call = argument;
    struct cliniko *client = call->client;
    scoped(json_destroy) struct json *json = NULL;
    struct fault fault = {0};
    struct cliniko_answer answer = {.status = http_answer->status, .server_seconds = server_seconds(http_answer->date)};
    struct answer_question question = {
        .create = call->request.effect == CLINIKO_CREATE,
        .action = call->request.action,
        .shard = client->shard,
        .jitter_permille = http_answer->status == 429 ? cliniko_jitter() : 0,
    };
    bool worked = answer_judge(http_answer, &question, &json, &fault);

    call->exchange = NULL;
    if (answer.server_seconds)
        client->server_seconds = answer.server_seconds;
    if (client->settings.count)
        client->settings.count(client->settings.count_argument, http_answer->status);
    if (!worked)
        note_denial(client, &fault);
    if (worked && question.create && !object_id(json, &answer.id, &fault))
        worked = false;
    answer.json = json;
    call_tell(call, &answer, worked ? NULL : &fault);
}

static void call_send(struct cliniko_call *call)
{
    struct cliniko *client = call->client;
    struct http_request request = {
        .method = call->request.method,
        .url = call->url,
        .body = call->request.body,
        .headers = client->headers,
        .repeatable = call->request.effect == CLINIKO_REPEATABLE,
        .not_after_ms = call->request.not_after_ms,
    };

    call_move(call, CALL_SENT);
    call->exchange = http_send(client->settings.http, &request, on_answer, call);
}

static void on_slot(void *argument, bool granted)
{
    struct cliniko_call *call = argument;

    if (granted)
        call_send(call);
    else
        call_gone(call);
}

/* ---- sending ---- */

static struct cliniko_call *call_new(struct cliniko *client, const struct cliniko_request *request,
                                     cliniko_done_fn *done, void *argument)
{
    struct cliniko_call *call = x_alloc(sizeof *call);
    size_t base_size = strlen(client->base_url);
    size_t path_size = strlen(request->path);

    call->client = client;
    call->request = *request;
    call->url = x_alloc(base_size + path_size + 1);
    memcpy(call->url, client->base_url, base_size);
    memcpy(call->url + base_size, request->path, path_size);
    call->request.path = NULL;
    call->done = done;
    call->argument = argument;
    call->state = CALL_WAITING;
    list_push(&client->calls[CALL_WAITING], call);
    return call;
}

struct cliniko_call *cliniko_send(struct cliniko *client, const struct cliniko_request *request, cliniko_done_fn *done,
                                  void *argument)
{
    struct cliniko_call *call = call_new(client, request, done, argument);
    struct limiter *limiter = client->settings.limiter;

    if (client->shut)
        call_end(call, &client->shut_fault);
    else if (request->not_after_ms && clock_monotonic_ms() > request->not_after_ms)
        call_gone(call);
    else if (!limiter || limiter_try(limiter))
        call_send(call);
    else
        limiter_wait(limiter, &call->waiter, request->not_after_ms, on_slot, call);
    return call;
}

bool cliniko_cancel(struct cliniko_call **place)
{
    struct cliniko_call *call = *place;
    bool never_sent = true;

    *place = NULL;
    if (!call)
        return true;
    never_sent = call->state != CALL_SENT;
    limiter_leave(&call->waiter);
    http_cancel(&call->exchange);
    call_free(call);
    return never_sent;
}

/* ---- the gate ---- */

void cliniko_shut(struct cliniko *client, const struct fault *why)
{
    struct cliniko_call *call = NULL;

    client->shut = true;
    client->shut_fault = *why;
    while ((call = list_pop(&client->calls[CALL_WAITING]))) {
        limiter_leave(&call->waiter);
        call_end(call, why);
    }
}

void cliniko_reopen(struct cliniko *client)
{
    client->shut = false;
}

bool cliniko_is_shut(const struct cliniko *client)
{
    return client->shut;
}

/* ---- opening and closing ---- */

/* The form "name (mail)" is mandatory (API reference 1.3). */
static bool check_contact(const char *contact, struct fault *fault)
{
    size_t size = contact ? strlen(contact) : 0;
    const char *at = contact ? strchr(contact, '@') : NULL;
    bool plain = size > 0 && size <= CONTACT_MAX && at && at != contact && at[1] != '\0';

    for (size_t i = 0; i < size; i++)
        plain = plain && contact[i] > ' ' && contact[i] <= '~' && !strchr("()<>\"\\,;", contact[i]);
    if (plain)
        return true;
    return fault_set(fault, FAULT_BAD_INPUT,
                     "'%.100s' is not an e-mail address: Cliniko demands one to write to in every request's User-Agent",
                     contact ? contact : "");
}

/* "Basic " and the base64 of "<key>:" (RFC 4648, section 4; API reference 1.2). */
static void put_basic(const struct key *key, char *ret, size_t ret_size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *text = key_text(key);
    size_t size = strlen(text) + 1;
    size_t out = strlen("Basic ");

    must(ret_size > out + (size + 2) / 3 * 4);
    memcpy(ret, "Basic ", out);
    for (size_t i = 0; i < size; i += 3) {
        unsigned group = 0;

        for (size_t j = 0; j < 3; j++) {
            size_t at = i + j;
            unsigned char byte = at + 1 < size ? (unsigned char)text[at] : at + 1 == size ? ':' : 0;

            group = group << 8 | byte;
        }
        for (size_t j = 0; j < 4; j++)
            ret[out++] = i + j > size ? '=' : digits[group >> (18 - 6 * j) & 63];
    }
    ret[out] = '\0';
}

static struct http_headers *headers_of(const struct cliniko_settings *settings)
{
    struct http_headers *headers = http_headers_new();
    char basic[KEY_SIZE_MAX * 2];
    char agent[CONTACT_MAX + 32];

    put_basic(settings->key, basic, sizeof basic);
    snprintf(agent, sizeof agent, "Handover (%s)", settings->contact);
    http_headers_add(headers, "Authorization", basic);
    http_headers_add(headers, "User-Agent", agent);
    http_headers_add(headers, "Accept", "application/json");
    http_headers_add(headers, "Content-Type", "application/json");
    explicit_bzero(basic, sizeof basic);
    return headers;
}

bool cliniko_open(const struct cliniko_settings *settings, struct cliniko **ret, struct fault *fault)
{
    char base_url[BASE_URL_SIZE];
    struct cliniko *client = NULL;

    if (!check_contact(settings->contact, fault))
        return false;
    if (!settings->base_url || !settings->base_url[0])
        key_base_url(settings->key, base_url);
    else if (!base_url_check(settings->base_url, base_url, fault))
        return false;
    client = x_alloc(sizeof *client);
    client->settings = *settings;
    client->settings.key = NULL;
    client->settings.base_url = client->settings.contact = NULL;
    client->headers = headers_of(settings);
    client->later = loop_timer_new(settings->loop, on_later, client);
    memcpy(client->base_url, base_url, sizeof base_url);
    snprintf(client->shard, sizeof client->shard, "%s", key_shard(settings->key));
    *ret = client;
    return true;
}

void cliniko_close(struct cliniko **place)
{
    struct cliniko *client = *place;
    struct cliniko_call *call = NULL;

    *place = NULL;
    if (!client)
        return;
    for (int state = 0; state < CALL_STATES; state++)
        while ((call = list_pop(&client->calls[state])))
            cliniko_cancel(&call);
    loop_timer_destroy(&client->later);
    http_headers_destroy(&client->headers);
    client->closed = true;
    if (!client->telling)
        free(client);
}

const char *cliniko_base_url(const struct cliniko *client)
{
    return client->base_url;
}

const char *cliniko_shard(const struct cliniko *client)
{
    return client->shard;
}

struct loop *cliniko_loop(const struct cliniko *client)
{
    return client->settings.loop;
}

void cliniko_set_limiter(struct cliniko *client, struct limiter *limiter)
{
    client->settings.limiter = limiter;
}

int64_t cliniko_server_seconds(const struct cliniko *client)
{
    return client->server_seconds;
}

int cliniko_waiting(const struct cliniko *client)
{
    return client->calls[CALL_WAITING].count;
}

int cliniko_under_way(const struct cliniko *client)
{
    return client->calls[CALL_SENT].count;
}

int cliniko_jitter(void)
{
    unsigned number = 0;

    must(getrandom(&number, sizeof number, 0) == (ssize_t)sizeof number);
    return (int)(number % 1001);
}
