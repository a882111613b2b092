#include "sandbox/window.h"

#include <stdlib.h>

#include "base/memory.h"

static struct window_mark *mark_at(const struct window *window, size_t index)
{
    return &window->marks[(window->first + index) % window->room];
}

static void grow(struct window *window)
{
    size_t room = window->room ? window->room * 2 : 64;
    struct window_mark *marks = x_alloc_array(room, sizeof marks[0]);

    for (size_t i = 0; i < window->size; i++)
        marks[i] = *mark_at(window, i);
    free(window->marks);
    window->marks = marks;
    window->first = 0;
    window->room = room;
}

static void expire(struct window *window, int64_t now_ms)
{
    while (window->size && mark_at(window, 0)->at_ms <= now_ms - WINDOW_MS) {
        window->total -= mark_at(window, 0)->count;
        window->first = (window->first + 1) % window->room;
        window->size--;
    }
}

void window_add(struct window *window, int64_t now_ms)
{
    expire(window, now_ms);
    window->total++;
    /* A clock that was set back counts with the latest mark, so that the ring stays in order. */
    if (window->size && mark_at(window, window->size - 1)->at_ms >= now_ms) {
        mark_at(window, window->size - 1)->count++;
        return;
    }
    if (window->size == window->room)
        grow(window);
    window->size++;
    *mark_at(window, window->size - 1) = (struct window_mark){now_ms, 1};
}

uint64_t window_total(struct window *window, int64_t now_ms)
{
    expire(window, now_ms);
    return window->total;
}

int64_t window_falls_below_ms(const struct window *window, uint64_t allowed, int64_t now_ms)
{
    uint64_t left = window->total;
    int64_t at_ms = now_ms;

    for (size_t i = 0; i < window->size && left >= allowed; i++) {
        left -= mark_at(window, i)->count;
        at_ms = mark_at(window, i)->at_ms + WINDOW_MS;
    }
    return at_ms;
}

void window_release(struct window *window)
{
    free(window->marks);
    *window = (struct window){0};
}
