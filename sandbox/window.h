/*
 * Counts what happened in the last 60 seconds, exact to the millisecond, and in each minute of the clock. The rate
 * limit and the statistics both read it. The time is a parameter: UTC milliseconds.
 */
#ifndef SANDBOX_WINDOW_H
#define SANDBOX_WINDOW_H

#include <stddef.h>
#include <stdint.h>

enum { WINDOW_MS = 60000 };

struct window_mark {
    int64_t at_ms;
    uint32_t count;
};

/* What happened within (now - 60 s, now]. */
struct window {
    struct window_mark *marks; /* a ring, oldest first */
    size_t first;
    size_t size;
    size_t room;
    uint64_t total;
};

void window_add(struct window *window, int64_t now_ms);
uint64_t window_total(struct window *window, int64_t now_ms);

/* When the total will have fallen below `allowed`, if nothing more is added; now_ms when it has already. */
int64_t window_falls_below_ms(const struct window *window, uint64_t allowed, int64_t now_ms);

void window_release(struct window *window);

#endif
