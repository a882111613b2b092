/*
 * The rate limit of one user (API reference, section 2): so many requests a minute, counted in one of three ways, since
 * the real way is not known. The time is a parameter.
 */
#ifndef SANDBOX_LIMIT_H
#define SANDBOX_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "sandbox/window.h"

enum limit_window {
    LIMIT_FIXED,   /* starts anew with each minute of the clock */
    LIMIT_SLIDING, /* the last 60 seconds */
    LIMIT_BUCKET,  /* refills evenly; may be spent at once when full */
};

/* What the X-RateLimit-Reset header of a 429 says. */
enum limit_header {
    LIMIT_HEADER_RIGHT,
    LIMIT_HEADER_MISSING,
    LIMIT_HEADER_PAST,
    LIMIT_HEADER_FUTURE, /* a day away */
};

struct limit_policy {
    int64_t per_minute; /* 0: no limit */
    enum limit_window window;
    bool count_refused; /* requests that were answered 429 use up the limit too */
    enum limit_header header;
};

struct limiter {
    struct window sliding;
    int64_t minute;
    int64_t minute_count;
    int64_t tokens;    /* of the bucket; a request costs 60,000, a millisecond brings per_minute */
    int64_t filled_ms; /* when the bucket was last filled; 0 for never */
};

bool limit_window_parse(const char *name, enum limit_window *ret); /* fixed, sliding, bucket */
bool limit_header_parse(const char *name, enum limit_header *ret); /* right, missing, past, future */

/* True: the request may go on. False: 429, and *ret_reset is the UNIX second at which the limit allows one again. */
bool limiter_take(struct limiter *limiter, const struct limit_policy *policy, int64_t now_ms, int64_t *ret_reset);
void limiter_release(struct limiter *limiter);

/* The header's value, or -1 for no header. */
int64_t limit_header_value(enum limit_header header, int64_t reset, int64_t now_ms);

#endif
