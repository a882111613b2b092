/* The states of a task and the moves between them. The database guards the same list (migration 0008); a test compares
 * the two. */
#ifndef MODEL_TASK_STATE_H
#define MODEL_TASK_STATE_H

#include <stdbool.h>

enum task_state {
    TASK_READY,  /* may be leased, once its time has come */
    TASK_LEASED, /* somebody works on it, under a token and until a time */
    TASK_DONE,
    TASK_FAILED, /* ends the transfer */
    TASK_STATE_COUNT,
};

const char *task_state_name(enum task_state state);
bool task_state_may_move(enum task_state from, enum task_state to);

#endif
