/* A bar for long pieces of work, drawn on standard error where that is a terminal, and nowhere else. */
#ifndef CLI_BAR_H
#define CLI_BAR_H

#include <stdint.h>

struct bar {
    const char *title; /* "unpacking" */
    int shown;         /* permille drawn last; -1 for none */
};

/* Draws it when it has moved since the last time. */
void bar_move(struct bar *bar, double done);

/* As source_progress_fn; the context is a bar. */
void bar_move_bytes(void *bar, int64_t done, int64_t total);

/* Wipes it away. */
void bar_end(struct bar *bar);

#endif
