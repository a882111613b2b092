#include "sandbox/sandbox.h"

#include <ctype.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/memory.h"
#include "sandbox/act.h"
#include "sandbox/control.h"
#include "sandbox/input.h"
#include "sandbox/patient_attachments.h"
#include "sandbox/routes.h"
#include "sandbox/s3_upload.h"
#include "sandbox/seed.h"
#include "sandbox/state.h"

enum { SEED_MAX = 256 * 1024 * 1024, CREDENTIAL_MAX = 1024, HOST_MAX = 255, BODY_COPY_MAX = 16 * 1024 * 1024 };

/* One request, as far as it is understood. */
struct exchange {
    struct sandbox *sandbox;
    const struct request *request;
    struct target target;
    int route;
    int64_t now_ms;
    struct fault_action action;
    struct user *user;
    struct answer *answer;
};

struct sandbox *sandbox_new(const struct sandbox_options *options)
{
    struct sandbox *sandbox = x_alloc(sizeof *sandbox);

    sandbox->options = *options;
    sandbox->faults.seed = options->fault_seed;
    store_init(&sandbox->store);
    s3_bucket_init(&sandbox->bucket, options->files);
    text_init(&sandbox->seed, SEED_MAX);
    text_puts(&sandbox->seed, "{\"accounts\":[]}");
    return sandbox;
}

void sandbox_destroy(struct sandbox **place)
{
    struct sandbox *sandbox = *place;

    *place = NULL;
    if (!sandbox)
        return;
    store_release(&sandbox->store);
    stats_release(&sandbox->stats);
    fault_rules_release(&sandbox->faults);
    s3_bucket_release(&sandbox->bucket);
    transcript_close(&sandbox->transcript);
    text_release(&sandbox->seed);
    free(sandbox);
}

bool sandbox_seed(struct sandbox *sandbox, struct slice json, int64_t now_ms, struct fault *fault)
{
    if (!seed_load(&sandbox->store, &sandbox->options, &sandbox->stats, json, now_ms, fault))
        return false;
    text_clear(&sandbox->seed);
    text_put(&sandbox->seed, json.data, json.size);
    return true;
}

bool sandbox_set_faults(struct sandbox *sandbox, struct slice text, struct fault *fault)
{
    scoped(json_destroy) struct json *json = NULL;

    return json_parse(text.data, text.size, &json, fault) && fault_rules_read(&sandbox->faults, json, fault);
}

bool sandbox_record(struct sandbox *sandbox, const char *path, struct fault *fault)
{
    transcript_close(&sandbox->transcript);
    return transcript_open(path, &sandbox->transcript, fault);
}

static void record(struct exchange *exchange)
{
    if (exchange->sandbox->transcript)
        transcript_add(exchange->sandbox->transcript, exchange->request, exchange->answer,
                       exchange->action.kind != FAULT_RULE_NONE);
}

/* "name (mail@host)": API reference 1.3. */
static bool names_itself(const char *user_agent)
{
    const char *open = user_agent ? strrchr(user_agent, '(') : NULL;
    const char *at = open ? strchr(open, '@') : NULL;
    const char *close = at ? strchr(at, ')') : NULL;

    return close && close[1] == '\0' && at > open + 1 && close > at + 1 && open > user_agent + 1 && open[-1] == ' ' &&
           strcspn(open, " ") > (size_t)(close - open);
}

/* The key is the user name of HTTP Basic; the password does not matter (API reference 1.2). */
static struct user *authenticate(const struct store *store, const char *authorization)
{
    char credential[CREDENTIAL_MAX];
    size_t size = 0;
    char *colon = NULL;

    if (!authorization || strncasecmp(authorization, "Basic ", 6) != 0)
        return NULL;
    if (sodium_base642bin((unsigned char *)credential, sizeof credential - 1, authorization + 6,
                          strlen(authorization + 6), " ", &size, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
        return NULL;
    credential[size] = '\0';
    colon = strchr(credential, ':');
    if (!colon)
        return NULL;
    *colon = '\0';
    return store_authenticate(store, credential);
}

static void refuse_key(struct exchange *exchange)
{
    if (exchange->sandbox->options.empty_401)
        answer_empty(exchange->answer, 401);
    else
        answer_message(exchange->answer, 401, "Unauthorized");
}

static void refuse_rate(struct exchange *exchange, int64_t reset, enum limit_header header)
{
    answer_message(exchange->answer, 429, "Rate limit exceeded");
    exchange->answer->reset = limit_header_value(header, reset, exchange->now_ms);
}

/* Who asks, and may they? False: answered. */
static bool admit(struct exchange *exchange)
{
    const struct sandbox_options *options = &exchange->sandbox->options;
    int64_t reset = 0;

    if (!options->any_user_agent && !names_itself(exchange->request->user_agent)) {
        answer_empty(exchange->answer, 403);
        return false;
    }
    if (!exchange->user) {
        refuse_key(exchange);
        return false;
    }
    traffic_add(&exchange->user->traffic, exchange->now_ms);
    if (!limiter_take(&exchange->user->limiter, &options->limit, exchange->now_ms, &reset)) {
        bool faulty = exchange->action.kind == FAULT_RULE_RESET_HEADER;

        refuse_rate(exchange, reset, faulty ? exchange->action.header : options->limit.header);
        return false;
    }
    if (!route_allows(route_at(exchange->route), exchange->user->role)) {
        answer_empty(exchange->answer, 403);
        return false;
    }
    return true;
}

static bool is_json(const char *content_type)
{
    static const char wanted[] = "application/json";
    const char *end =
        content_type && strncasecmp(content_type, wanted, strlen(wanted)) == 0 ? content_type + strlen(wanted) : NULL;

    return end && (*end == '\0' || *end == ';' || *end == ' ');
}

/* Reads the body again, with its long numbers as texts. */
static bool parse_quoted(struct slice body, struct json **json, struct fault *fault)
{
    struct text quoted;
    bool parsed = false;

    json_destroy(json);
    text_init(&quoted, BODY_COPY_MAX);
    input_quote_long_numbers(body, &quoted);
    parsed = json_parse(text_string(&quoted), quoted.size, json, fault);
    text_release(&quoted);
    return parsed;
}

static bool parse_body(const struct request *request, struct json **ret, struct fault *fault)
{
    if (!is_json(request->content_type))
        return fault_set(fault, FAULT_BAD_INPUT, "the body must be application/json");
    if (!json_parse(request->body.data, request->body.size, ret, fault))
        return false;
    return !input_has_long_numbers(*ret) || parse_quoted(request->body, ret, fault);
}

void request_put_origin(const struct request *request, struct text *out)
{
    const char *host = request->host ? request->host : "";
    size_t size = strlen(host);

    for (size_t i = 0; i < size; i++)
        if (!isalnum((unsigned char)host[i]) && !strchr(".-_:[]", host[i]))
            size = 0;
    text_puts(out, request->scheme ? request->scheme : "http");
    text_puts(out, "://");
    if (size && size <= HOST_MAX)
        text_put(out, host, size);
    else
        text_puts(out, "localhost");
}

static int64_t created_now(struct store *store, int64_t now_ms)
{
    if (now_ms / 1000 > store->last_created)
        store->last_created = now_ms / 1000;
    return store->last_created;
}

/* The request itself, after all that stands before it. */
static void carry_out(struct exchange *exchange)
{
    const struct route *route = route_at(exchange->route);
    scoped(json_destroy) struct json *body = NULL;
    struct fault fault;
    struct text base;
    struct act act;

    if (route->takes_body && !parse_body(exchange->request, &body, &fault)) {
        answer_message(exchange->answer, 400, "%s", fault.text);
        return;
    }
    if (route->takes_body && !json_is_object(body)) {
        answer_message(exchange->answer, 400, "the body must be an object");
        return;
    }
    act_init(&act);
    act.options = &exchange->sandbox->options;
    act.store = &exchange->sandbox->store;
    act.stats = &exchange->sandbox->stats;
    act.account = exchange->user->account;
    act.user = exchange->user;
    act.now = created_now(&exchange->sandbox->store, exchange->now_ms);
    act.target = &exchange->target;
    act.kind = route->kind;
    act.now_ms = exchange->now_ms;
    act.bucket = &exchange->sandbox->bucket;
    act.request = exchange->request;
    act.answer = exchange->answer;
    attachments_process(&act);
    text_init(&base, HOST_MAX + 32);
    request_put_origin(exchange->request, &base);
    text_puts(&base, "/v1/");
    act.base = text_string(&base);
    act.body = body;
    route->carry_out(&act);
    text_release(&base);
}

static void run(struct exchange *exchange)
{
    if (admit(exchange))
        carry_out(exchange);
}

/* Runs for its consequences only. */
static void run_unseen(struct exchange *exchange)
{
    run(exchange);
    text_clear(&exchange->answer->body);
    exchange->answer->reset = -1;
}

static void answer_status(struct exchange *exchange)
{
    const struct fault_action *action = &exchange->action;

    if (action->commit)
        run_unseen(exchange);
    if (!action->body) {
        answer_html(exchange->answer, action->status, "Something went wrong");
        return;
    }
    text_clear(&exchange->answer->body);
    text_puts(&exchange->answer->body, action->body);
    answer_json(exchange->answer, action->status);
}

static void halve(struct text *body)
{
    if (body->size > 1) {
        body->size /= 2;
        body->data[body->size] = '\0';
    }
}

static void act_out(struct exchange *exchange)
{
    struct answer *answer = exchange->answer;
    const struct fault_action *action = &exchange->action;

    switch (action->kind) {
    case FAULT_RULE_NONE:
    case FAULT_RULE_LATENCY:
    case FAULT_RULE_RESET_HEADER:
        run(exchange);
        break;
    case FAULT_RULE_STALL:
        answer->finish_later = admit(exchange);
        answer->delay_ms = answer->finish_later ? action->ms : 0;
        break;
    case FAULT_RULE_STATUS:
        answer_status(exchange);
        break;
    case FAULT_RULE_429:
        refuse_rate(exchange, (exchange->now_ms + action->ms + 999) / 1000, action->header);
        break;
    case FAULT_RULE_HTML:
        answer_html(answer, action->status, "We’ll be right back");
        break;
    case FAULT_RULE_DROP_BEFORE:
    case FAULT_RULE_RESET:
    case FAULT_RULE_EXPIRED:
    case FAULT_RULE_WRONG_ETAG:
        answer->end = ANSWER_CLOSE;
        break;
    case FAULT_RULE_DROP_AFTER:
        run_unseen(exchange);
        answer->end = ANSWER_CLOSE;
        break;
    case FAULT_RULE_LATE_COMMIT:
        answer->finish_ms = admit(exchange) ? action->ms : 0;
        answer->end = ANSWER_CLOSE;
        break;
    case FAULT_RULE_TRUNCATE:
        run(exchange);
        halve(&answer->body);
        break;
    case FAULT_RULE_CUT:
        run(exchange);
        answer->end = ANSWER_CUT;
        break;
    }
    answer->delay_ms += action->delay_ms;
}

static void count_answer(struct exchange *exchange)
{
    const struct answer *answer = exchange->answer;
    int status = answer->end == ANSWER_CLOSE || answer->finish_later ? 0 : answer->status;

    stats_answered(&exchange->sandbox->stats, exchange->route, status);
    if (status != 429)
        return;
    exchange->sandbox->stats.all.refused++;
    if (exchange->user)
        exchange->user->traffic.refused++;
}

static void serve_api(struct exchange *exchange)
{
    struct sandbox *sandbox = exchange->sandbox;

    stats_arrived(&sandbox->stats, exchange->now_ms);
    if (exchange->route == ROUTES_NONE) {
        answer_html(exchange->answer, 404, "The page you were looking for doesn’t exist");
    } else {
        exchange->user = authenticate(&sandbox->store, exchange->request->authorization);
        exchange->action = fault_rules_next(&sandbox->faults, exchange->route,
                                            exchange->user ? exchange->user->account->subdomain : NULL, 0);
        act_out(exchange);
    }
    exchange->answer->delay_ms += sandbox->options.latency_ms;
    count_answer(exchange);
    if (!exchange->answer->finish_later)
        record(exchange);
}

/* All but the target, whose tables are too large to be cleared for every request. */
static void exchange_init(struct exchange *exchange, struct sandbox *sandbox, const struct request *request,
                          int64_t now_ms, struct answer *answer)
{
    exchange->sandbox = sandbox;
    exchange->request = request;
    exchange->route = ROUTES_NONE;
    exchange->now_ms = now_ms;
    exchange->action = (struct fault_action){.kind = FAULT_RULE_NONE};
    exchange->user = NULL;
    exchange->answer = answer;
}

void sandbox_serve(struct sandbox *sandbox, const struct request *request, int64_t now_ms, struct answer *answer)
{
    struct exchange exchange;
    bool understood = target_parse(request->target, &exchange.target);

    exchange_init(&exchange, sandbox, request, now_ms, answer);
    answer_clear(answer);
    if (understood && exchange.target.segment_count > 0 && strncmp(exchange.target.segments[0], "__", 2) == 0) {
        control_answer(sandbox, request, &exchange.target, now_ms, answer);
    } else if (understood && exchange.target.segment_count > 0 && strcmp(exchange.target.segments[0], "s3") == 0) {
        s3_answer_other(request, answer);
    } else {
        exchange.route = understood ? route_find(request->method, &exchange.target) : ROUTES_NONE;
        serve_api(&exchange);
    }
    target_release(&exchange.target);
}

void sandbox_finish(struct sandbox *sandbox, const struct request *request, int64_t now_ms, struct answer *answer)
{
    struct exchange exchange;

    exchange_init(&exchange, sandbox, request, now_ms, answer);
    answer_clear(answer);
    if (target_parse(request->target, &exchange.target)) {
        exchange.route = route_find(request->method, &exchange.target);
        exchange.user = authenticate(&sandbox->store, request->authorization);
    }
    if (exchange.route == ROUTES_NONE || !exchange.user)
        answer_empty(answer, 404);
    else if (route_allows(route_at(exchange.route), exchange.user->role))
        carry_out(&exchange);
    else
        answer_empty(answer, 403);
    exchange.action.kind = FAULT_RULE_STALL;
    record(&exchange);
    target_release(&exchange.target);
}
