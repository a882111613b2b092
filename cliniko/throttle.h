/*
 * How long to wait after a 429, and how far apart attempts are: the tables of API reference 2 and 4.2 as pure
 * functions.
 */
#ifndef CLINIKO_THROTTLE_H
#define CLINIKO_THROTTLE_H

#include <stdint.h>

#include "base/text.h"

enum {
    THROTTLE_RESET_FURTHEST_S = 120, /* a reset further away than this is not believed */
    THROTTLE_UNKNOWN_MS = 60000,     /* the wait when the reset is missing, past or absurd */
    THROTTLE_JITTER_MS = 2000,
};

/* The wait that a 429 asks for. `reset` is X-RateLimit-Reset in UNIX seconds and `date` the same answer's Date: both
 * are the service's clock, ours is never compared with it. jitter_permille (0 to 1000) adds up to 2 s to a believed
 * reset. */
int64_t throttle_wait_ms(struct slice reset, struct slice date, int jitter_permille);

#endif
