#include "explorer.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { STATES_MAX = 4 * 1000 * 1000, TABLE_BITS = 23 };

struct explorer {
    size_t size;
    unsigned char *states;
    uint32_t *before;    /* the state from which one was reached first */
    const char **labels; /* and by what */
    size_t count;
    size_t room;
    uint32_t *table; /* of numbers of states, from 1 */
    size_t at;
    size_t added;
};

static uint64_t hash(const unsigned char *bytes, size_t size)
{
    uint64_t value = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < size; i++)
        value = (value ^ bytes[i]) * UINT64_C(1099511628211);
    return value ^ value >> 29;
}

static const unsigned char *state_at(const struct explorer *explorer, size_t number)
{
    return explorer->states + number * explorer->size;
}

void explorer_add(struct explorer *explorer, const char *label, const void *next)
{
    size_t mask = ((size_t)1 << TABLE_BITS) - 1;
    size_t place = hash(next, explorer->size) & mask;

    explorer->added++;
    for (; explorer->table[place]; place = (place + 1) & mask)
        if (memcmp(state_at(explorer, explorer->table[place] - 1), next, explorer->size) == 0)
            return;
    cr_assert_lt(explorer->count, (size_t)STATES_MAX, "the model has too many states");
    if (explorer->count == explorer->room) {
        explorer->room = explorer->room * 2 + 1024;
        explorer->states = x_grow_array(explorer->states, explorer->room, explorer->size);
        explorer->before = x_grow_array(explorer->before, explorer->room, sizeof explorer->before[0]);
        explorer->labels = x_grow_array(explorer->labels, explorer->room, sizeof explorer->labels[0]);
    }
    memcpy(explorer->states + explorer->count * explorer->size, next, explorer->size);
    explorer->before[explorer->count] = (uint32_t)explorer->at;
    explorer->labels[explorer->count] = label;
    explorer->table[place] = (uint32_t)++explorer->count;
}

static void tell(const struct explorer *explorer, const char *what, struct exploration *ret)
{
    size_t way[200];
    size_t steps = 0;
    size_t size = 0;

    for (size_t at = explorer->at; at != 0 && steps < array_length(way); at = explorer->before[at])
        way[steps++] = at;
    size = (size_t)snprintf(ret->wrong, sizeof ret->wrong, "%s:", what);
    while (steps > 0 && size < sizeof ret->wrong) {
        size_t at = way[--steps];

        size += (size_t)snprintf(ret->wrong + size, sizeof ret->wrong - size, " %s;", explorer->labels[at]);
    }
}

void explore(const struct model *model, unsigned without, struct exploration *ret)
{
    struct explorer explorer = {.size = model->size};
    scoped(string_free) char *state = x_alloc(model->size);

    *ret = (struct exploration){0};
    explorer.table = x_alloc_array((size_t)1 << TABLE_BITS, sizeof explorer.table[0]);
    explorer_add(&explorer, "", state);
    for (; explorer.at < explorer.count && !ret->wrong[0]; explorer.at++) {
        const char *what = NULL;

        memcpy(state, state_at(&explorer, explorer.at), model->size);
        what = model->wrong(state);
        explorer.added = 0;
        if (!what)
            model->step(&explorer, state, without);
        if (!what && explorer.added == 0)
            what = model->unfinished(state);
        if (what)
            tell(&explorer, what, ret);
    }
    ret->states = explorer.count;
    free(explorer.states);
    free(explorer.before);
    free((void *)explorer.labels);
    free(explorer.table);
}
