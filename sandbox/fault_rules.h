/*
 * Faults on demand: rules that say which requests of a route go wrong, and how. The choice depends on nothing but the
 * rules, their seed and how many requests each has seen, so a failing run can be repeated.
 */
#ifndef SANDBOX_FAULT_RULES_H
#define SANDBOX_FAULT_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/json.h"
#include "sandbox/limit.h"

enum fault_rule_kind {
    FAULT_RULE_NONE,
    FAULT_RULE_LATENCY,      /* carried out at once, the answer held for `ms` */
    FAULT_RULE_STALL,        /* nothing for `ms`, then carried out and answered */
    FAULT_RULE_STATUS,       /* answered with `status`; carried out before that when `commit` */
    FAULT_RULE_429,          /* answered 429, not carried out */
    FAULT_RULE_HTML,         /* an HTML page with `status`, as from a proxy */
    FAULT_RULE_DROP_BEFORE,  /* closed, not carried out */
    FAULT_RULE_DROP_AFTER,   /* carried out, then closed without an answer */
    FAULT_RULE_LATE_COMMIT,  /* closed now, carried out `ms` later */
    FAULT_RULE_TRUNCATE,     /* carried out; a complete answer that holds half of its JSON */
    FAULT_RULE_CUT,          /* carried out; closed in the middle of the answer */
    FAULT_RULE_RESET,        /* S3: the connection breaks in the middle of the body */
    FAULT_RULE_EXPIRED,      /* S3: the policy has expired */
    FAULT_RULE_WRONG_ETAG,   /* S3: stored, but the ETag is of other bytes */
    FAULT_RULE_RESET_HEADER, /* a 429 that the limit gives has a faulty X-RateLimit-Reset */
};

enum { FAULT_RULES_MAX = 64, FAULT_RULE_AT_MAX = 64 };

struct fault_rule {
    int route;           /* -1: all of /v1, not the bucket */
    char *account;       /* subdomain; NULL: all */
    int64_t above_bytes; /* S3: only requests with a longer body */
    enum fault_rule_kind kind;
    int64_t ms;
    int64_t spread_ms; /* up to so much more, evenly chosen */
    int status;
    bool commit;
    char *body; /* FAULT_RULE_STATUS: JSON; NULL for none */
    enum limit_header header;
    /* When: any that is given may choose the request; none given chooses all. */
    uint64_t every;
    uint64_t at[FAULT_RULE_AT_MAX]; /* request numbers of this rule, from 1 */
    size_t at_count;
    double probability; /* below 0 for not given */
    uint64_t most;      /* acts at most so often; 0 for no bound */
    uint64_t seen;
    uint64_t acted;
};

struct fault_rules {
    struct fault_rule list[FAULT_RULES_MAX];
    size_t count;
    uint64_t seed;
};

/* What is to happen to one request. Latencies of several rules add up; of the others the first one acts. */
struct fault_action {
    enum fault_rule_kind kind;
    int64_t delay_ms; /* FAULT_RULE_LATENCY */
    int64_t ms;
    int status;
    bool commit;
    const char *body; /* borrowed until the rules change */
    enum limit_header header;
};

void fault_rules_release(struct fault_rules *rules); /* keeps the seed */

/* Replaces the rules: an array, or {"seed": n, "rules": [...]}. Nothing changes when one is wrong. */
MUST_CHECK bool fault_rules_read(struct fault_rules *rules, const struct json *json, struct fault *fault);

void fault_rules_write(const struct fault_rules *rules, struct json_writer *writer);

/* Counts a request and says what happens to it. The size of its body matters for the bucket only. */
struct fault_action fault_rules_next(struct fault_rules *rules, int route, const char *account, int64_t size_bytes);

#endif
