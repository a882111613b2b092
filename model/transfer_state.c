#include "model/transfer_state.h"

#include <string.h>

#include "base/memory.h"
#include "base/must.h"

static const char *const names[TRANSFER_STATE_COUNT] = {
    [TRANSFER_DRAFT] = "draft",         [TRANSFER_EXTRACTING] = "extracting", [TRANSFER_PREFLIGHT] = "preflight",
    [TRANSFER_WAITING] = "waiting",     [TRANSFER_SCHEDULED] = "scheduled",   [TRANSFER_RUNNING] = "running",
    [TRANSFER_VERIFYING] = "verifying", [TRANSFER_REVIEW] = "review",         [TRANSFER_COMPLETED] = "completed",
    [TRANSFER_PURGED] = "purged",       [TRANSFER_PAUSED] = "paused",         [TRANSFER_FAILED] = "failed",
    [TRANSFER_CANCELLED] = "cancelled", [TRANSFER_UNDOING] = "undoing",       [TRANSFER_UNDONE] = "undone",
};

#define TO(state) (1U << (state))

static const unsigned moves[TRANSFER_STATE_COUNT] = {
    [TRANSFER_DRAFT] = TO(TRANSFER_EXTRACTING) | TO(TRANSFER_CANCELLED),
    [TRANSFER_EXTRACTING] = TO(TRANSFER_PREFLIGHT) | TO(TRANSFER_WAITING) | TO(TRANSFER_PAUSED) | TO(TRANSFER_FAILED) |
                            TO(TRANSFER_CANCELLED),
    [TRANSFER_PREFLIGHT] = TO(TRANSFER_WAITING) | TO(TRANSFER_SCHEDULED) | TO(TRANSFER_PAUSED) | TO(TRANSFER_FAILED) |
                           TO(TRANSFER_CANCELLED),
    [TRANSFER_WAITING] =
        TO(TRANSFER_EXTRACTING) | TO(TRANSFER_PREFLIGHT) | TO(TRANSFER_SCHEDULED) | TO(TRANSFER_CANCELLED),
    [TRANSFER_SCHEDULED] = TO(TRANSFER_RUNNING) | TO(TRANSFER_CANCELLED) | TO(TRANSFER_PAUSED),
    [TRANSFER_RUNNING] = TO(TRANSFER_VERIFYING) | TO(TRANSFER_PAUSED) | TO(TRANSFER_FAILED) | TO(TRANSFER_CANCELLED),
    [TRANSFER_VERIFYING] = TO(TRANSFER_REVIEW) | TO(TRANSFER_PAUSED) | TO(TRANSFER_FAILED) | TO(TRANSFER_CANCELLED),
    [TRANSFER_REVIEW] = TO(TRANSFER_COMPLETED) | TO(TRANSFER_UNDOING),
    [TRANSFER_COMPLETED] = TO(TRANSFER_PURGED) | TO(TRANSFER_UNDOING),
    [TRANSFER_PAUSED] = TO(TRANSFER_EXTRACTING) | TO(TRANSFER_PREFLIGHT) | TO(TRANSFER_SCHEDULED) |
                        TO(TRANSFER_RUNNING) | TO(TRANSFER_VERIFYING) | TO(TRANSFER_CANCELLED),
    [TRANSFER_CANCELLED] = TO(TRANSFER_UNDOING),
    [TRANSFER_FAILED] = TO(TRANSFER_UNDOING),
    [TRANSFER_UNDOING] = TO(TRANSFER_UNDONE) | TO(TRANSFER_FAILED),
};

const char *transfer_state_name(enum transfer_state state)
{
    must(state < TRANSFER_STATE_COUNT);
    return names[state];
}

bool transfer_state_find(const char *name, enum transfer_state *ret)
{
    for (size_t i = 0; i < array_length(names); i++) {
        if (strcmp(names[i], name) == 0) {
            *ret = (enum transfer_state)i;
            return true;
        }
    }
    return false;
}

bool transfer_state_may_move(enum transfer_state from, enum transfer_state to)
{
    must(from < TRANSFER_STATE_COUNT && to < TRANSFER_STATE_COUNT);
    return moves[from] & TO(to);
}

bool transfer_state_is_rest(enum transfer_state state)
{
    switch (state) {
    case TRANSFER_DRAFT:
    case TRANSFER_WAITING:
    case TRANSFER_REVIEW:
    case TRANSFER_COMPLETED:
    case TRANSFER_PURGED:
    case TRANSFER_PAUSED:
    case TRANSFER_FAILED:
    case TRANSFER_CANCELLED:
    case TRANSFER_UNDONE:
        return true;
    case TRANSFER_EXTRACTING:
    case TRANSFER_PREFLIGHT:
    case TRANSFER_SCHEDULED:
    case TRANSFER_RUNNING:
    case TRANSFER_VERIFYING:
    case TRANSFER_UNDOING:
    case TRANSFER_STATE_COUNT:
        return false;
    }
    must(!"a state outside its enum");
    return false;
}
