/*
 * The token buckets in Redis, one for each Cliniko user, that all processes share: a connection and one Lua script. The
 * script works by Redis' own clock and hands out reservations: slots, evenly spaced, that nobody else will get. So
 * nobody polls, and the sum over all processes never exceeds the rate. A bucket that was lost starts empty, not full.
 *
 * While Redis is away, questions wait here and are asked again once it is back; nothing fails. A reservation whose
 * answer was lost is a slot that stays unused: the error is always on the slow side.
 */
#ifndef CLINIKO_BUCKET_H
#define CLINIKO_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/loop.h"

enum {
    BUCKET_USER_SIZE = 101,    /* a user's name in the bucket's key, with its NUL */
    BUCKET_RATE_DEFAULT = 180, /* requests a minute of the 200 that Cliniko allows (API reference 2) */
    BUCKET_RATE_MAX = 1000000, /* requests a minute */
    BUCKET_BURST_MAX = 10,
    BUCKET_LOT_MAX = 1000, /* slots in one reservation */
};

struct bucket;     /* the connection */
struct bucket_ask; /* a question under way */

struct bucket_settings {
    const char *url;           /* redis://host:port/db or unix:///path/of/socket; port and db may be left out */
    const char *password_file; /* NULL or "" for none; the file's first line is the password */
};

/* Checks the settings and starts to connect; being away is no fault here. The loop must outlive it. */
MUST_CHECK bool bucket_open(struct loop *loop, const struct bucket_settings *settings, struct bucket **ret,
                            struct fault *fault);
void bucket_close(struct bucket **bucket); /* drops what is asked; no callback is called any more */
bool bucket_is_connected(const struct bucket *bucket);

/* Connects, runs the script once and leaves again, waiting at most wait_ms: for the check at a program's start. The
 * fault says what to do: FAULT_BAD_INPUT for settings, FAULT_GONE when Redis cannot be reached. */
MUST_CHECK bool bucket_check(const struct bucket_settings *settings, int wait_ms, struct fault *fault);

struct bucket_reservation {
    const char *user;    /* digits of the Cliniko user's id, or another name of [A-Za-z0-9_.-]; borrowed for the call */
    int rate_per_minute; /* 1 to BUCKET_RATE_MAX */
    int burst;           /* slots that may stand unused and be caught up on; 1 = always evenly spaced */
    int slots;           /* how many are wanted, 1 to BUCKET_LOT_MAX */
    int64_t horizon_ms;  /* slots after the first are given only when they begin within this time */
};

struct bucket_grant {
    int slots;           /* at least 1 */
    int64_t wait_us;     /* from now to the first slot */
    int64_t interval_us; /* from slot to slot */
};

typedef void bucket_fn(void *argument, const struct bucket_grant *grant);

/* Reserves slots; the callback comes in a later turn, as late as Redis is away. */
struct bucket_ask *bucket_reserve(struct bucket *bucket, const struct bucket_reservation *reservation,
                                  bucket_fn *granted, void *argument);
void bucket_drop(struct bucket_ask **ask); /* its callback is not called any more */

/* Closes a user's bucket for all processes for wait_ms, as a 429 demands, and lowers its rate: by a tenth, recovering
 * over 10 minutes; to a half for 10 minutes at the third closing in a row. */
void bucket_shut(struct bucket *bucket, const char *user, int64_t wait_ms);

#endif
