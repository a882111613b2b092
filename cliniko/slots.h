/*
 * Reserved send slots and when they may be used: pure arithmetic on microseconds that the caller gives.
 */
#ifndef CLINIKO_SLOTS_H
#define CLINIKO_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "cliniko/bucket.h"

enum {
    SLOTS_HORIZON_MS = 1000, /* reservations reach about this far ahead */
    SLOTS_LATE_US = 1000000, /* a slot that was not used for this long is lost: many late ones would be a burst */
    SLOTS_LOTS_MAX = 4,
};

/* One reservation; the first slot that is left is at first_us. */
struct lot {
    int64_t first_us;
    int64_t interval_us;
    int64_t arrived_us; /* slots that lie before this (a burst) are late only from here on */
    int left;
};

struct slots {
    struct lot lots[SLOTS_LOTS_MAX]; /* in order of time */
    int count;
};

/* Takes a reservation in that arrived at now_us. */
void slots_add(struct slots *slots, const struct bucket_grant *grant, int64_t now_us);

/* Forgets what begins before `us`. */
void slots_drop_before(struct slots *slots, int64_t us);

/* When the next slot is; -1 when there is none. Slots that are too late at now_us are forgotten first. */
int64_t slots_next_us(struct slots *slots, int64_t now_us);

/* Uses the next slot if it has come. */
bool slots_take(struct slots *slots, int64_t now_us);

int slots_left(const struct slots *slots);

/* How many more to reserve now for `waiting` who wait: 0 while more than half a second's slots are left, never more
 * than a second holds or than are waited for. */
int slots_wanted(const struct slots *slots, int waiting, int rate_per_minute);

#endif
