#include "sandbox/limit.h"

#include <string.h>

#include "base/memory.h"

static bool find(const char *const *names, int count, const char *name, int *ret)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            *ret = i;
            return true;
        }
    }
    return false;
}

bool limit_window_parse(const char *name, enum limit_window *ret)
{
    static const char *const names[] = {"fixed", "sliding", "bucket"};
    int place = 0;

    if (!find(names, array_length(names), name, &place))
        return false;
    *ret = (enum limit_window)place;
    return true;
}

bool limit_header_parse(const char *name, enum limit_header *ret)
{
    static const char *const names[] = {"right", "missing", "past", "future"};
    int place = 0;

    if (!find(names, array_length(names), name, &place))
        return false;
    *ret = (enum limit_header)place;
    return true;
}

static int64_t seconds_up(int64_t ms)
{
    return (ms + 999) / 1000;
}

static bool take_fixed(struct limiter *limiter, const struct limit_policy *policy, int64_t now_ms, int64_t *ret_reset)
{
    int64_t minute = now_ms / WINDOW_MS;

    if (minute != limiter->minute) {
        limiter->minute = minute;
        limiter->minute_count = 0;
    }
    if (limiter->minute_count < policy->per_minute) {
        limiter->minute_count++;
        return true;
    }
    *ret_reset = seconds_up((minute + 1) * WINDOW_MS);
    return false;
}

static bool take_sliding(struct limiter *limiter, const struct limit_policy *policy, int64_t now_ms, int64_t *ret_reset)
{
    if (window_total(&limiter->sliding, now_ms) < (uint64_t)policy->per_minute) {
        window_add(&limiter->sliding, now_ms);
        return true;
    }
    if (policy->count_refused)
        window_add(&limiter->sliding, now_ms);
    *ret_reset = seconds_up(window_falls_below_ms(&limiter->sliding, (uint64_t)policy->per_minute, now_ms));
    return false;
}

/* Whole numbers throughout: a request costs 60,000 tokens and a millisecond brings per_minute of them. */
static bool take_bucket(struct limiter *limiter, const struct limit_policy *policy, int64_t now_ms, int64_t *ret_reset)
{
    const int64_t cost = INT64_C(60000);
    const int64_t full = policy->per_minute * cost;
    int64_t gained = (now_ms - limiter->filled_ms) * policy->per_minute;

    if (!limiter->filled_ms || gained >= 2 * full)
        limiter->tokens = full;
    else if (gained > 0)
        limiter->tokens = limiter->tokens + gained > full ? full : limiter->tokens + gained;
    limiter->filled_ms = now_ms;
    if (limiter->tokens >= cost) {
        limiter->tokens -= cost;
        return true;
    }
    if (policy->count_refused && limiter->tokens > -full)
        limiter->tokens -= cost;
    *ret_reset = seconds_up(now_ms + (cost - limiter->tokens + policy->per_minute - 1) / policy->per_minute);
    return false;
}

bool limiter_take(struct limiter *limiter, const struct limit_policy *policy, int64_t now_ms, int64_t *ret_reset)
{
    if (policy->per_minute <= 0)
        return true;
    switch (policy->window) {
    case LIMIT_FIXED:
        return take_fixed(limiter, policy, now_ms, ret_reset);
    case LIMIT_SLIDING:
        return take_sliding(limiter, policy, now_ms, ret_reset);
    case LIMIT_BUCKET:
        return take_bucket(limiter, policy, now_ms, ret_reset);
    }
    return true;
}

void limiter_release(struct limiter *limiter)
{
    window_release(&limiter->sliding);
    *limiter = (struct limiter){0};
}

int64_t limit_header_value(enum limit_header header, int64_t reset, int64_t now_ms)
{
    switch (header) {
    case LIMIT_HEADER_RIGHT:
        return reset;
    case LIMIT_HEADER_MISSING:
        return -1;
    case LIMIT_HEADER_PAST:
        return now_ms / 1000 - 30;
    case LIMIT_HEADER_FUTURE:
        return now_ms / 1000 + 86400;
    }
    return -1;
}
