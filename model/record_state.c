#include "model/record_state.h"

#include "base/must.h"

static const char *const names[RECORD_STATE_COUNT] = {
    [RECORD_STAGED] = "staged",   [RECORD_SENDING] = "sending", [RECORD_CREATED] = "created",
    [RECORD_MATCHED] = "matched", [RECORD_SKIPPED] = "skipped", [RECORD_EXCLUDED] = "excluded",
    [RECORD_LEFT] = "left",       [RECORD_FAILED] = "failed",
};

#define TO(state) (1U << (state))

static const unsigned moves[RECORD_STATE_COUNT] = {
    [RECORD_STAGED] = TO(RECORD_SENDING) | TO(RECORD_CREATED) | TO(RECORD_MATCHED) | TO(RECORD_SKIPPED) |
                      TO(RECORD_LEFT) | TO(RECORD_FAILED),
    [RECORD_SENDING] =
        TO(RECORD_STAGED) | TO(RECORD_CREATED) | TO(RECORD_MATCHED) | TO(RECORD_SKIPPED) | TO(RECORD_FAILED),
    [RECORD_MATCHED] = TO(RECORD_STAGED), /* a preflight that is done again matches again, */
    [RECORD_LEFT] = TO(RECORD_STAGED),    /* and asks again what stays behind */
};

const char *record_state_name(enum record_state state)
{
    must(state < RECORD_STATE_COUNT);
    return names[state];
}

bool record_state_may_move(enum record_state from, enum record_state to)
{
    must(from < RECORD_STATE_COUNT && to < RECORD_STATE_COUNT);
    return moves[from] & TO(to);
}
