#include "coordinator/plan.h"

static enum plan_step plan_running(const struct plan_facts *facts)
{
    if (facts->open_tasks > 0)
        return PLAN_NOTHING;
    return facts->next_phase > 0 ? PLAN_PHASE : PLAN_VERIFY;
}

enum plan_step plan_next(const struct plan_facts *facts)
{
    if (facts->failed_tasks > 0 && facts->open_tasks == 0 && !transfer_state_is_rest(facts->state) &&
        transfer_state_may_move(facts->state, TRANSFER_FAILED))
        return PLAN_FAIL;
    switch (facts->state) {
    case TRANSFER_EXTRACTING:
        return facts->stage_done ? PLAN_PREFLIGHT : PLAN_NOTHING;
    case TRANSFER_SCHEDULED:
        return PLAN_RUN;
    case TRANSFER_RUNNING:
        return plan_running(facts);
    case TRANSFER_VERIFYING:
        return facts->stage_done ? PLAN_REVIEW : PLAN_NOTHING;
    case TRANSFER_REVIEW:
        return facts->completes ? PLAN_COMPLETE : PLAN_NOTHING;
    case TRANSFER_PREFLIGHT:
    case TRANSFER_DRAFT:
    case TRANSFER_WAITING:
    case TRANSFER_COMPLETED:
    case TRANSFER_PURGED:
    case TRANSFER_PAUSED:
    case TRANSFER_FAILED:
    case TRANSFER_CANCELLED:
    case TRANSFER_UNDOING:
    case TRANSFER_UNDONE:
    case TRANSFER_STATE_COUNT:
        return PLAN_NOTHING;
    }
    return PLAN_NOTHING;
}
