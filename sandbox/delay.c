#include "sandbox/delay.h"

#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"

struct delay {
    int64_t due_us;
    uint64_t number; /* those that are due together run in the order in which they were added */
    delay_fn *run;
    void *argument;
};

struct delays {
    int timer;
    struct loop_watch *watch;
    delay_fn *after_batch;
    void *argument;
    struct delay *heap; /* heap[0] is due first */
    size_t count;
    size_t room;
    uint64_t added;
    int64_t set_us; /* what the timer is set to; 0 for nothing */
};

static bool before(const struct delay *one, const struct delay *other)
{
    return one->due_us != other->due_us ? one->due_us < other->due_us : one->number < other->number;
}

static void push(struct delays *delays, struct delay delay)
{
    size_t at = delays->count++;

    while (at > 0 && before(&delay, &delays->heap[(at - 1) / 2])) {
        delays->heap[at] = delays->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    delays->heap[at] = delay;
}

static struct delay pop(struct delays *delays)
{
    struct delay first = delays->heap[0];
    struct delay last = delays->heap[--delays->count];
    size_t at = 0;

    while (at * 2 + 1 < delays->count) {
        size_t child = at * 2 + 1;

        if (child + 1 < delays->count && before(&delays->heap[child + 1], &delays->heap[child]))
            child++;
        if (!before(&delays->heap[child], &last))
            break;
        delays->heap[at] = delays->heap[child];
        at = child;
    }
    delays->heap[at] = last;
    return first;
}

static void set_timer(struct delays *delays)
{
    int64_t wanted = delays->count ? delays->heap[0].due_us : 0;
    struct itimerspec when = {.it_value = {wanted / 1000000, wanted % 1000000 * 1000}};

    if (wanted == delays->set_us)
        return;
    delays->set_us = wanted;
    timerfd_settime(delays->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static void run_due(struct delays *delays, int64_t now_us)
{
    while (delays->count && delays->heap[0].due_us <= now_us) {
        struct delay delay = pop(delays);

        delay.run(delay.argument);
    }
    delays->after_batch(delays->argument);
}

static void on_timer(void *argument, int events)
{
    struct delays *delays = argument;
    uint64_t ticks = 0;

    (void)events;
    if (read(delays->timer, &ticks, sizeof ticks) != sizeof ticks)
        return;
    delays->set_us = 0;
    run_due(delays, clock_monotonic_us());
    set_timer(delays);
}

bool delays_open(struct loop *loop, delay_fn *after_batch, void *argument, struct delays **ret, struct fault *fault)
{
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    struct delays *delays = NULL;

    if (timer < 0)
        return fault_errno(fault, FAULT_INTERNAL, "The system gives no timer");
    delays = x_alloc(sizeof *delays);
    delays->timer = timer;
    delays->after_batch = after_batch;
    delays->argument = argument;
    delays->watch = loop_watch_add(loop, timer, LOOP_READ, on_timer, delays);
    *ret = delays;
    return true;
}

void delays_close(struct delays **place)
{
    struct delays *delays = *place;

    *place = NULL;
    if (!delays)
        return;
    loop_watch_remove(&delays->watch);
    close(delays->timer);
    free(delays->heap);
    free(delays);
}

void delays_add(struct delays *delays, int64_t after_ms, delay_fn *run, void *argument)
{
    if (delays->count == delays->room) {
        delays->room = delays->room ? delays->room * 2 : 64;
        delays->heap = x_grow_array(delays->heap, delays->room, sizeof delays->heap[0]);
    }
    push(delays, (struct delay){clock_monotonic_us() + after_ms * 1000, delays->added++, run, argument});
    set_timer(delays);
}

void delays_flush(struct delays *delays)
{
    while (delays->count)
        run_due(delays, INT64_MAX);
    set_timer(delays);
}
