#include "cliniko/limiter.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/must.h"
#include "cliniko/slots.h"

struct limiter {
    struct loop *loop;
    struct bucket *bucket;
    char user[BUCKET_USER_SIZE];
    int rate_per_minute;
    int burst;
    struct limiter_waiter *first;
    struct limiter_waiter *last;
    int waiting;
    struct loop_timer *alarm;
    struct slots slots;
    struct bucket_ask *ask;
    int64_t closed_until_us; /* monotonic, after a 429 */
};

/* ---- the queue ---- */

static void queue_push(struct limiter *limiter, struct limiter_waiter *waiter)
{
    waiter->before = limiter->last;
    waiter->after = NULL;
    if (limiter->last)
        limiter->last->after = waiter;
    else
        limiter->first = waiter;
    limiter->last = waiter;
    limiter->waiting++;
}

static void queue_remove(struct limiter *limiter, struct limiter_waiter *waiter)
{
    if (waiter->before)
        waiter->before->after = waiter->after;
    else
        limiter->first = waiter->after;
    if (waiter->after)
        waiter->after->before = waiter->before;
    else
        limiter->last = waiter->before;
    limiter->waiting--;
    waiter->limiter = NULL;
}

static void tell(struct limiter *limiter, struct limiter_waiter *waiter, bool granted)
{
    queue_remove(limiter, waiter);
    waiter->done(waiter->argument, granted);
}

/* ---- slots ---- */

/* No slot before this; -1 when nothing is known of the next one. */
static int64_t next_us(struct limiter *limiter, int64_t now_us)
{
    if (limiter->rate_per_minute > 0)
        return slots_next_us(&limiter->slots, now_us);
    return limiter->closed_until_us > now_us ? limiter->closed_until_us : now_us;
}

static bool take(struct limiter *limiter, int64_t now_us)
{
    if (limiter->rate_per_minute > 0)
        return slots_take(&limiter->slots, now_us);
    return limiter->closed_until_us <= now_us;
}

/* One whose time is over before the next slot can come. */
static struct limiter_waiter *find_late(struct limiter *limiter, int64_t now_us)
{
    int64_t slot_us = next_us(limiter, now_us);
    int64_t earliest_us = slot_us > now_us ? slot_us : now_us;

    for (struct limiter_waiter *waiter = limiter->first; waiter; waiter = waiter->after)
        if (waiter->not_after_ms && waiter->not_after_ms * 1000 < earliest_us)
            return waiter;
    return NULL;
}

static void on_granted(void *argument, const struct bucket_grant *grant);

static void ask_for_more(struct limiter *limiter)
{
    struct bucket_reservation reservation = {
        .user = limiter->user,
        .rate_per_minute = limiter->rate_per_minute,
        .burst = limiter->burst,
        .horizon_ms = SLOTS_HORIZON_MS,
    };

    if (limiter->rate_per_minute == 0 || limiter->ask)
        return;
    reservation.slots = slots_wanted(&limiter->slots, limiter->waiting, limiter->rate_per_minute);
    if (reservation.slots > 0)
        limiter->ask = bucket_reserve(limiter->bucket, &reservation, on_granted, limiter);
}

/* The next slot, or the first of those who cannot wait any longer. */
static void set_alarm(struct limiter *limiter, int64_t now_us)
{
    int64_t due_us = limiter->first ? next_us(limiter, now_us) : -1;

    for (struct limiter_waiter *waiter = limiter->first; waiter; waiter = waiter->after)
        if (waiter->not_after_ms && (due_us < 0 || waiter->not_after_ms * 1000 < due_us))
            due_us = (waiter->not_after_ms + 1) * 1000;
    if (due_us < 0)
        loop_timer_stop(limiter->alarm);
    else
        loop_timer_start(limiter->alarm, (due_us - now_us + 999) / 1000);
}

/* Gives slots that have come to those who wait, sends away those who cannot get one in time, and sees to the next
 * slots. */
static void pump(void *argument)
{
    struct limiter *limiter = argument;
    struct limiter_waiter *late = NULL;
    int64_t now_us = clock_monotonic_us();

    while ((late = find_late(limiter, now_us)))
        tell(limiter, late, false);
    while (limiter->first && take(limiter, now_us))
        tell(limiter, limiter->first, true);
    ask_for_more(limiter);
    set_alarm(limiter, now_us);
}

static void on_granted(void *argument, const struct bucket_grant *grant)
{
    struct limiter *limiter = argument;

    limiter->ask = NULL;
    slots_add(&limiter->slots, grant, clock_monotonic_us());
    slots_drop_before(&limiter->slots, limiter->closed_until_us);
    pump(limiter);
}

/* ---- callers ---- */

struct limiter *limiter_new(struct loop *loop, struct bucket *bucket, const struct limiter_settings *settings)
{
    struct limiter *limiter = x_alloc(sizeof *limiter);
    size_t size = strlen(settings->user);

    must(settings->rate_per_minute == 0 || bucket);
    must(settings->rate_per_minute >= 0 && settings->rate_per_minute <= BUCKET_RATE_MAX);
    must(settings->burst >= 0 && settings->burst <= BUCKET_BURST_MAX);
    must(size > 0 && size < BUCKET_USER_SIZE);
    limiter->loop = loop;
    limiter->bucket = bucket;
    memcpy(limiter->user, settings->user, size + 1);
    limiter->rate_per_minute = settings->rate_per_minute;
    limiter->burst = settings->burst ? settings->burst : 1;
    limiter->alarm = loop_timer_new(loop, pump, limiter);
    return limiter;
}

void limiter_destroy(struct limiter **place)
{
    struct limiter *limiter = *place;

    *place = NULL;
    if (!limiter)
        return;
    must(!limiter->first);
    bucket_drop(&limiter->ask);
    loop_timer_destroy(&limiter->alarm);
    free(limiter);
}

bool limiter_try(struct limiter *limiter)
{
    return limiter->rate_per_minute == 0 && !limiter->first &&
           (limiter->closed_until_us == 0 || limiter->closed_until_us <= clock_monotonic_us());
}

void limiter_wait(struct limiter *limiter, struct limiter_waiter *waiter, int64_t not_after_ms, limiter_fn *done,
                  void *argument)
{
    must(!waiter->limiter);
    *waiter =
        (struct limiter_waiter){.limiter = limiter, .not_after_ms = not_after_ms, .done = done, .argument = argument};
    queue_push(limiter, waiter);
    loop_timer_start(limiter->alarm, 0);
}

void limiter_leave(struct limiter_waiter *waiter)
{
    if (waiter->limiter)
        queue_remove(waiter->limiter, waiter);
}

void limiter_throttled(struct limiter *limiter, int64_t wait_ms)
{
    int64_t until_us = clock_monotonic_us() + wait_ms * 1000;

    if (until_us > limiter->closed_until_us)
        limiter->closed_until_us = until_us;
    slots_drop_before(&limiter->slots, limiter->closed_until_us);
    if (limiter->rate_per_minute > 0)
        bucket_shut(limiter->bucket, limiter->user, wait_ms);
    loop_timer_start(limiter->alarm, 0);
}

int limiter_waiting(const struct limiter *limiter)
{
    return limiter->waiting;
}
