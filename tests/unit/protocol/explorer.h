/*
 * Every state that a small model can reach, whatever order its steps are taken in. A model is a plain struct without
 * padding that differs only in what matters; its step function names each state that may come next.
 */
#ifndef TEST_EXPLORER_H
#define TEST_EXPLORER_H

#include <stdbool.h>
#include <stddef.h>

struct explorer;

struct model {
    size_t size; /* of its state; the first one is all zeros */
    void (*step)(struct explorer *explorer, const void *state, unsigned without);
    const char *(*wrong)(const void *state);      /* what must never be; NULL: all is well */
    const char *(*unfinished)(const void *state); /* what must not be where nothing more can happen */
};

struct exploration {
    size_t states;
    char wrong[2000]; /* "" or what is wrong, and the shortest way there */
};

/* `without`: rules that are left out, by the model's own bits. */
void explore(const struct model *model, unsigned without, struct exploration *ret);

/* For step: `label` (static) leads to `next`, which is copied. */
void explorer_add(struct explorer *explorer, const char *label, const void *next);

#endif
