#include "coordinator/plan.h"

#include <criterion/criterion.h>

#include "base/memory.h"

static const char *const step_names[] = {
    [PLAN_NOTHING] = "nothing", [PLAN_PREFLIGHT] = "preflight", [PLAN_RUN] = "run",           [PLAN_PHASE] = "phase",
    [PLAN_VERIFY] = "verify",   [PLAN_REVIEW] = "review",       [PLAN_COMPLETE] = "complete", [PLAN_FAIL] = "fail",
};

Test(plan, follows_from_state_and_facts)
{
    static const struct {
        struct plan_facts facts;
        enum plan_step want;
    } cases[] = {
        {{.state = TRANSFER_EXTRACTING}, PLAN_NOTHING},
        {{.state = TRANSFER_EXTRACTING, .open_tasks = 1}, PLAN_NOTHING},
        {{.state = TRANSFER_EXTRACTING, .stage_done = true}, PLAN_PREFLIGHT},
        {{.state = TRANSFER_EXTRACTING, .failed_tasks = 1}, PLAN_FAIL},
        {{.state = TRANSFER_PREFLIGHT}, PLAN_NOTHING},
        {{.state = TRANSFER_PREFLIGHT, .stage_done = true}, PLAN_NOTHING},
        {{.state = TRANSFER_PREFLIGHT, .failed_tasks = 1}, PLAN_FAIL},
        {{.state = TRANSFER_SCHEDULED}, PLAN_RUN},
        {{.state = TRANSFER_SCHEDULED, .failed_tasks = 1}, PLAN_RUN},
        {{.state = TRANSFER_RUNNING, .next_phase = 2}, PLAN_PHASE},
        {{.state = TRANSFER_RUNNING, .next_phase = 2, .open_tasks = 1}, PLAN_NOTHING},
        {{.state = TRANSFER_RUNNING}, PLAN_VERIFY},
        {{.state = TRANSFER_RUNNING, .open_tasks = 3}, PLAN_NOTHING},
        {{.state = TRANSFER_RUNNING, .failed_tasks = 1}, PLAN_FAIL},
        {{.state = TRANSFER_RUNNING, .failed_tasks = 1, .next_phase = 3}, PLAN_FAIL},
        /* What is under way comes to its end first. */
        {{.state = TRANSFER_RUNNING, .failed_tasks = 1, .open_tasks = 1}, PLAN_NOTHING},
        {{.state = TRANSFER_VERIFYING}, PLAN_NOTHING},
        {{.state = TRANSFER_VERIFYING, .stage_done = true}, PLAN_REVIEW},
        {{.state = TRANSFER_VERIFYING, .failed_tasks = 1}, PLAN_FAIL},
        {{.state = TRANSFER_REVIEW}, PLAN_NOTHING},
        {{.state = TRANSFER_REVIEW, .completes = true}, PLAN_COMPLETE},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        enum plan_step got = plan_next(&cases[i].facts);

        cr_expect_eq(got, cases[i].want, "case %zu, %s: got %s, want %s", i, transfer_state_name(cases[i].facts.state),
                     step_names[got], step_names[cases[i].want]);
    }
}

/* Nothing happens by itself to a transfer that rests, whatever else is true of it. */
Test(plan, leaves_what_rests_alone)
{
    for (int state = 0; state < TRANSFER_STATE_COUNT; state++) {
        if (!transfer_state_is_rest((enum transfer_state)state))
            continue;
        for (int bits = 0; bits < 16; bits++) {
            struct plan_facts facts = {.state = (enum transfer_state)state,
                                       .open_tasks = bits & 1,
                                       .failed_tasks = bits >> 1 & 1,
                                       .stage_done = bits >> 2 & 1,
                                       .next_phase = bits >> 3 & 1};

            cr_expect_eq(plan_next(&facts), PLAN_NOTHING, "%s with facts %d: got %s", transfer_state_name(facts.state),
                         bits, step_names[plan_next(&facts)]);
        }
    }
}

static enum transfer_state target(enum plan_step step, enum transfer_state from)
{
    switch (step) {
    case PLAN_PREFLIGHT:
        return TRANSFER_PREFLIGHT;
    case PLAN_RUN:
        return TRANSFER_RUNNING;
    case PLAN_VERIFY:
        return TRANSFER_VERIFYING;
    case PLAN_REVIEW:
        return TRANSFER_REVIEW;
    case PLAN_COMPLETE:
        return TRANSFER_COMPLETED;
    case PLAN_FAIL:
        return TRANSFER_FAILED;
    case PLAN_NOTHING:
    case PLAN_PHASE:
        break;
    }
    return from;
}

Test(plan, asks_only_for_moves_that_are_allowed)
{
    for (int state = 0; state < TRANSFER_STATE_COUNT; state++) {
        for (int bits = 0; bits < 32; bits++) {
            struct plan_facts facts = {.state = (enum transfer_state)state,
                                       .open_tasks = bits & 1,
                                       .failed_tasks = bits >> 1 & 1,
                                       .stage_done = bits >> 2 & 1,
                                       .next_phase = bits >> 3 & 1,
                                       .completes = bits >> 4 & 1};
            enum plan_step step = plan_next(&facts);
            enum transfer_state to = target(step, facts.state);

            cr_expect(to == facts.state || transfer_state_may_move(facts.state, to), "%s with facts %d: %s",
                      transfer_state_name(facts.state), bits, step_names[step]);
        }
    }
}
