#include "sandbox/fault_rules.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "sandbox/routes.h"

enum { BODY_MAX = 64 * 1024, WHERE_SIZE = 24, MS_MAX = 3600 * 1000 };

static const char *const kind_names[] = {
    [FAULT_RULE_NONE] = "none",
    [FAULT_RULE_LATENCY] = "latency",
    [FAULT_RULE_STALL] = "stall",
    [FAULT_RULE_STATUS] = "status",
    [FAULT_RULE_429] = "429",
    [FAULT_RULE_HTML] = "html",
    [FAULT_RULE_DROP_BEFORE] = "drop_before",
    [FAULT_RULE_DROP_AFTER] = "drop_after",
    [FAULT_RULE_LATE_COMMIT] = "late_commit",
    [FAULT_RULE_TRUNCATE] = "truncate",
    [FAULT_RULE_CUT] = "cut",
    [FAULT_RULE_RESET] = "reset",
    [FAULT_RULE_EXPIRED] = "expired",
    [FAULT_RULE_WRONG_ETAG] = "wrong_etag",
    [FAULT_RULE_RESET_HEADER] = "reset_header",
};

static const char *const header_names[] = {"right", "missing", "past", "future"};

static void release_rule(struct fault_rule *rule)
{
    string_free(&rule->account);
    string_free(&rule->body);
}

void fault_rules_release(struct fault_rules *rules)
{
    for (size_t i = 0; i < rules->count; i++)
        release_rule(&rules->list[i]);
    rules->count = 0;
}

static bool read_integer(const struct json *rule, const char *where, const char *name, int64_t least, int64_t greatest,
                         int64_t *target, struct fault *fault)
{
    return !json_member(rule, name) || json_need_integer(rule, where, name, least, greatest, target, fault);
}

static bool read_text(const struct json *rule, const char *where, const char *name, const char **target,
                      struct fault *fault)
{
    return !json_member(rule, name) || json_need_text(rule, where, name, target, fault);
}

static bool known_members(const struct json *rule, const char *where, struct fault *fault)
{
    static const char *const names[] = {"route", "account", "kind",  "ms", "spread_ms",   "status", "commit",
                                        "body",  "header",  "every", "at", "probability", "count",  "above_bytes"};

    for (const struct json *member = json_first(rule); member; member = json_next(member)) {
        bool known = false;

        for (size_t i = 0; i < array_length(names); i++)
            known = known || strcmp(json_name(member), names[i]) == 0;
        if (!known)
            return fault_set(fault, FAULT_BAD_INPUT, "%s.%.40s: a fault rule has no such member", where,
                             json_name(member));
    }
    return true;
}

static bool read_route(const struct json *json, const char *where, struct fault_rule *rule, struct fault *fault)
{
    const char *route = "*";

    if (!read_text(json, where, "route", &route, fault))
        return false;
    rule->route = strcmp(route, "*") == 0 ? -1 : route_named(route);
    if (rule->route < 0 && strcmp(route, "*") != 0)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "%s.route: '%.60s' is no route; write it like POST /v1/patients or GET /v1/patients/{id}, "
                         "or * for all",
                         where, route);
    return true;
}

static bool read_kind(const struct json *json, const char *where, struct fault_rule *rule, struct fault *fault)
{
    const char *kind = NULL;
    const char *header = NULL;

    if (!json_need_text(json, where, "kind", &kind, fault) || !read_text(json, where, "header", &header, fault))
        return false;
    for (size_t i = 1; i < array_length(kind_names); i++)
        if (strcmp(kind_names[i], kind) == 0)
            rule->kind = (enum fault_rule_kind)i;
    if (rule->kind == FAULT_RULE_NONE)
        return fault_set(fault, FAULT_BAD_INPUT, "%s.kind: '%.40s' is no kind of fault", where, kind);
    rule->header = rule->kind == FAULT_RULE_RESET_HEADER ? LIMIT_HEADER_MISSING : LIMIT_HEADER_RIGHT;
    if (header && !limit_header_parse(header, &rule->header))
        return fault_set(fault, FAULT_BAD_INPUT, "%s.header: '%.40s' is none of right, missing, past, future", where,
                         header);
    return true;
}

/* Some faults are of the API alone, some of the bucket alone. */
static bool check_place(const char *where, const struct fault_rule *rule, struct fault *fault)
{
    bool is_s3 = rule->route == ROUTES_S3;

    switch (rule->kind) {
    case FAULT_RULE_RESET:
    case FAULT_RULE_EXPIRED:
    case FAULT_RULE_WRONG_ETAG:
        return is_s3 || fault_set(fault, FAULT_BAD_INPUT, "%s.kind: '%s' is for the route %s alone", where,
                                  kind_names[rule->kind], route_at(ROUTES_S3)->name);
    case FAULT_RULE_429:
    case FAULT_RULE_HTML:
    case FAULT_RULE_LATE_COMMIT:
    case FAULT_RULE_TRUNCATE:
    case FAULT_RULE_RESET_HEADER:
        return !is_s3 || fault_set(fault, FAULT_BAD_INPUT, "%s.kind: '%s' is not for the route %s", where,
                                   kind_names[rule->kind], route_at(ROUTES_S3)->name);
    case FAULT_RULE_NONE:
    case FAULT_RULE_LATENCY:
    case FAULT_RULE_STALL:
    case FAULT_RULE_STATUS:
    case FAULT_RULE_DROP_BEFORE:
    case FAULT_RULE_DROP_AFTER:
    case FAULT_RULE_CUT:
        break;
    }
    return true;
}

static int64_t default_ms(enum fault_rule_kind kind)
{
    if (kind == FAULT_RULE_STALL)
        return 35000;
    if (kind == FAULT_RULE_429)
        return 60000;
    return 1000;
}

static bool read_effect(const struct json *json, const char *where, struct fault_rule *rule, struct fault *fault)
{
    int64_t status = rule->kind == FAULT_RULE_HTML ? 503 : 500;
    const struct json *body = json_member(json, "body");
    const char *account = NULL;

    rule->ms = default_ms(rule->kind);
    if (!read_integer(json, where, "ms", 0, MS_MAX, &rule->ms, fault) ||
        !read_integer(json, where, "spread_ms", 0, MS_MAX, &rule->spread_ms, fault) ||
        !read_integer(json, where, "status", 200, 599, &status, fault) ||
        !read_integer(json, where, "above_bytes", 0, INT64_C(1) << 53, &rule->above_bytes, fault) ||
        !read_text(json, where, "account", &account, fault))
        return false;
    rule->status = (int)status;
    rule->commit = json_bool(json_member(json, "commit"), false);
    rule->account = x_strdup(account);
    if (body) {
        struct json_writer writer;
        struct text text;

        text_init(&text, BODY_MAX);
        json_write_init(&writer, &text);
        json_put_value(&writer, body);
        rule->body = text_take(&text);
    }
    return true;
}

static bool read_choice(const struct json *json, const char *where, struct fault_rule *rule, struct fault *fault)
{
    int64_t every = 0;
    int64_t most = 0;
    const struct json *probability = json_member(json, "probability");

    if (!read_integer(json, where, "every", 1, INT32_MAX, &every, fault) ||
        !read_integer(json, where, "count", 1, INT32_MAX, &most, fault))
        return false;
    rule->every = (uint64_t)every;
    rule->most = (uint64_t)most;
    rule->probability = json_number(probability, -1);
    if (probability && !(rule->probability >= 0 && rule->probability <= 1))
        return fault_set(fault, FAULT_BAD_INPUT, "%s.probability: not a number from 0 to 1", where);
    for (const struct json *at = json_first(json_member(json, "at")); at; at = json_next(at)) {
        double number = json_number(at, 0);

        if (!(number >= 1 && number < 1e15) || rule->at_count == FAULT_RULE_AT_MAX)
            return fault_set(fault, FAULT_BAD_INPUT, "%s.at: not a list of at most %d request numbers from 1", where,
                             FAULT_RULE_AT_MAX);
        rule->at[rule->at_count++] = (uint64_t)number;
    }
    return true;
}

static bool read_rule(const struct json *json, size_t number, struct fault_rule *rule, struct fault *fault)
{
    char where[WHERE_SIZE];

    snprintf(where, sizeof where, "rules[%zu]", number);
    *rule = (struct fault_rule){.probability = -1};
    return known_members(json, where, fault) && read_route(json, where, rule, fault) &&
           read_kind(json, where, rule, fault) && check_place(where, rule, fault) &&
           read_effect(json, where, rule, fault) && read_choice(json, where, rule, fault);
}

bool fault_rules_read(struct fault_rules *rules, const struct json *json, struct fault *fault)
{
    const struct json *list = json_is_array(json) ? json : json_member(json, "rules");
    struct fault_rules *fresh = NULL;
    int64_t seed = (int64_t)rules->seed;

    if (!json_is_array(list))
        return fault_set(fault, FAULT_BAD_INPUT, "rules: not an array");
    if (json_count(list) > FAULT_RULES_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "rules: more than %d", FAULT_RULES_MAX);
    if (!read_integer(json, "", "seed", 0, INT64_C(1) << 53, &seed, fault))
        return false;
    fresh = x_alloc(sizeof *fresh);
    fresh->seed = (uint64_t)seed;
    for (const struct json *item = json_first(list); item; item = json_next(item)) {
        fresh->count++;
        if (!read_rule(item, fresh->count - 1, &fresh->list[fresh->count - 1], fault)) {
            fault_rules_release(fresh);
            free(fresh);
            return false;
        }
    }
    fault_rules_release(rules);
    *rules = *fresh;
    free(fresh);
    return true;
}

static void write_rule(const struct fault_rule *rule, struct json_writer *writer)
{
    json_begin_object(writer);
    json_member_text(writer, "route", rule->route < 0 ? "*" : route_at(rule->route)->name);
    json_member_text(writer, "account", rule->account);
    json_member_text(writer, "kind", kind_names[rule->kind]);
    json_member_integer(writer, "ms", rule->ms);
    json_member_integer(writer, "status", rule->status);
    json_member_bool(writer, "commit", rule->commit);
    json_member_text(writer, "header", header_names[rule->header]);
    json_member_integer(writer, "seen", (int64_t)rule->seen);
    json_member_integer(writer, "acted", (int64_t)rule->acted);
    json_end_object(writer);
}

void fault_rules_write(const struct fault_rules *rules, struct json_writer *writer)
{
    json_begin_object(writer);
    json_member_integer(writer, "seed", (int64_t)rules->seed);
    json_key(writer, "rules");
    json_begin_array(writer);
    for (size_t i = 0; i < rules->count; i++)
        write_rule(&rules->list[i], writer);
    json_end_array(writer);
    json_end_object(writer);
}

/* splitmix64 (S. Vigna): one well-mixed number for each triple. */
static uint64_t mix(uint64_t seed, uint64_t rule, uint64_t number)
{
    uint64_t z = seed + (rule + 1) * UINT64_C(0x9E3779B97F4A7C15) + number * UINT64_C(0xD1342543DE82EF95);

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static bool chooses(const struct fault_rules *rules, size_t which)
{
    const struct fault_rule *rule = &rules->list[which];

    if (rule->most && rule->acted >= rule->most)
        return false;
    if (!rule->every && !rule->at_count && rule->probability < 0)
        return true;
    if (rule->every && rule->seen % rule->every == 0)
        return true;
    for (size_t i = 0; i < rule->at_count; i++)
        if (rule->at[i] == rule->seen)
            return true;
    return rule->probability >= 0 && (double)(mix(rules->seed, which, rule->seen) >> 11) * 0x1p-53 < rule->probability;
}

static int64_t time_of(const struct fault_rules *rules, size_t which)
{
    const struct fault_rule *rule = &rules->list[which];

    if (!rule->spread_ms)
        return rule->ms;
    return rule->ms + (int64_t)(mix(rules->seed + 1, which, rule->seen) % (uint64_t)(rule->spread_ms + 1));
}

struct fault_action fault_rules_next(struct fault_rules *rules, int route, const char *account, int64_t size_bytes)
{
    struct fault_action action = {.kind = FAULT_RULE_NONE};

    for (size_t i = 0; i < rules->count; i++) {
        struct fault_rule *rule = &rules->list[i];

        if ((rule->route >= 0 ? rule->route != route : route == ROUTES_S3) ||
            (rule->above_bytes && size_bytes <= rule->above_bytes) ||
            (rule->account && (!account || strcmp(rule->account, account) != 0)))
            continue;
        rule->seen++;
        if (!chooses(rules, i))
            continue;
        if (rule->kind == FAULT_RULE_LATENCY) {
            rule->acted++;
            action.delay_ms += time_of(rules, i);
        } else if (action.kind == FAULT_RULE_NONE) {
            rule->acted++;
            action.kind = rule->kind;
            action.ms = time_of(rules, i);
            action.status = rule->status;
            action.commit = rule->commit;
            action.body = rule->body;
            action.header = rule->header;
        }
    }
    return action;
}
