/* What a transfer needs next, decided from facts alone: no database, no clock, no messages. */
#ifndef COORDINATOR_PLAN_H
#define COORDINATOR_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "model/transfer_state.h"

struct plan_facts {
    enum transfer_state state;
    int64_t open_tasks;   /* ready or leased */
    int64_t failed_tasks; /* a failed task fails its transfer */
    bool stage_done;      /* the extract or verify task is done */
    int64_t next_phase;   /* 0 when no phase is left */
    bool completes;       /* nobody is asked to sign off */
};

enum plan_step {
    PLAN_NOTHING,
    PLAN_PREFLIGHT, /* the source is staged: check it against the account */
    PLAN_RUN,       /* scheduled: begin */
    PLAN_PHASE,     /* the phase is through: cut the next one into tasks */
    PLAN_VERIFY,    /* all phases are through */
    PLAN_REVIEW,    /* verified: wait for the clinic's word */
    PLAN_COMPLETE,
    PLAN_FAIL,
};

enum plan_step plan_next(const struct plan_facts *facts);

#endif
