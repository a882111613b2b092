/* The states of a transfer and the moves between them. The database guards the same list (migration 0001); a test
 * compares the two. */
#ifndef MODEL_TRANSFER_STATE_H
#define MODEL_TRANSFER_STATE_H

#include <stdbool.h>

enum transfer_state {
    TRANSFER_DRAFT,      /* made, not started */
    TRANSFER_EXTRACTING, /* the source is read and staged */
    TRANSFER_PREFLIGHT,  /* everything that can be known before the first write is checked */
    TRANSFER_WAITING,    /* for answers or approval */
    TRANSFER_SCHEDULED,  /* may run; the coordinator starts it */
    TRANSFER_RUNNING,    /* records are sent, phase by phase */
    TRANSFER_VERIFYING,  /* what Cliniko holds is read back and compared */
    TRANSFER_REVIEW,     /* the clinic checks and signs off */
    TRANSFER_COMPLETED,
    TRANSFER_PURGED, /* staged records and key are erased */
    TRANSFER_PAUSED, /* goes on where it was */
    TRANSFER_FAILED,
    TRANSFER_CANCELLED,
    TRANSFER_UNDOING,
    TRANSFER_UNDONE,
    TRANSFER_STATE_COUNT,
};

const char *transfer_state_name(enum transfer_state state);
bool transfer_state_find(const char *name, enum transfer_state *ret);
bool transfer_state_may_move(enum transfer_state from, enum transfer_state to);

/* Nothing more happens by itself: a watcher may stop. */
bool transfer_state_is_rest(enum transfer_state state);

#endif
