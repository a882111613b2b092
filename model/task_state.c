#include "model/task_state.h"

#include "base/must.h"

static const char *const names[TASK_STATE_COUNT] = {
    [TASK_READY] = "ready",
    [TASK_LEASED] = "leased",
    [TASK_DONE] = "done",
    [TASK_FAILED] = "failed",
};

#define TO(state) (1U << (state))

/* A ready task is done at once when the stage that it belongs to is over. */
static const unsigned moves[TASK_STATE_COUNT] = {
    [TASK_READY] = TO(TASK_LEASED) | TO(TASK_DONE),
    [TASK_LEASED] = TO(TASK_READY) | TO(TASK_DONE) | TO(TASK_FAILED),
};

const char *task_state_name(enum task_state state)
{
    must(state < TASK_STATE_COUNT);
    return names[state];
}

bool task_state_may_move(enum task_state from, enum task_state to)
{
    must(from < TASK_STATE_COUNT && to < TASK_STATE_COUNT);
    return moves[from] & TO(to);
}
