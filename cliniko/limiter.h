/*
 * The send slots of one Cliniko user in this process: a queue of those who wait, and reservations from the user's
 * bucket for about a second ahead. A slot is used at its time, in the order of the queue.
 */
#ifndef CLINIKO_LIMITER_H
#define CLINIKO_LIMITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/loop.h"
#include "cliniko/bucket.h"

struct limiter;

struct limiter_settings {
    const char *user;    /* names the bucket, see struct bucket_reservation; copied */
    int rate_per_minute; /* 0: no limit and no Redis; a 429 still holds this process back */
    int burst;           /* 0 for the default, 1 */
};

/* `bucket` may be NULL when the rate is 0. Loop and bucket must outlive the limiter. */
struct limiter *limiter_new(struct loop *loop, struct bucket *bucket, const struct limiter_settings *settings);
void limiter_destroy(struct limiter **limiter); /* nobody may wait any more */

/* True: this is your slot, use it now. False: call limiter_wait. Only unlimited ones give slots away like this. */
bool limiter_try(struct limiter *limiter);

/* `granted` false: the slot would come after not_after_ms, so there is none. */
typedef void limiter_fn(void *argument, bool granted);

/* One who waits; embedded in the caller's own struct, zeroed while idle. The fields belong to the limiter. */
struct limiter_waiter {
    struct limiter *limiter; /* NULL while idle */
    struct limiter_waiter *before;
    struct limiter_waiter *after;
    int64_t not_after_ms;
    limiter_fn *done;
    void *argument;
};

/* Queues for a slot; `done` is called once, in a later turn. not_after_ms is monotonic, 0 for no end. */
void limiter_wait(struct limiter *limiter, struct limiter_waiter *waiter, int64_t not_after_ms, limiter_fn *done,
                  void *argument);
void limiter_leave(struct limiter_waiter *waiter); /* gives up waiting; nothing happens when it does not wait */

/* A 429 came: no slot for wait_ms, here and (through the bucket) in every process. */
void limiter_throttled(struct limiter *limiter, int64_t wait_ms);

int limiter_waiting(const struct limiter *limiter);

#endif
