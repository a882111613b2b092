/* The states of a staged record and the moves between them. The database guards the same list (migration 0008); a test
 * compares the two. */
#ifndef MODEL_RECORD_STATE_H
#define MODEL_RECORD_STATE_H

#include <stdbool.h>

enum record_state {
    RECORD_STAGED,   /* nothing was sent, or it is known that it did not happen */
    RECORD_SENDING,  /* the intent is written: it may have been sent */
    RECORD_CREATED,  /* in Cliniko */
    RECORD_MATCHED,  /* stands for something that was in Cliniko before */
    RECORD_SKIPPED,  /* what it points to is not in Cliniko */
    RECORD_EXCLUDED, /* cannot be sent */
    RECORD_LEFT,     /* stays behind by a rule or by choice */
    RECORD_FAILED,   /* Cliniko refused it, or it cannot be made */
    RECORD_STATE_COUNT,
};

const char *record_state_name(enum record_state state);
bool record_state_may_move(enum record_state from, enum record_state to);

#endif
