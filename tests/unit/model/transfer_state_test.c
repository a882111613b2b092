#include "model/transfer_state.h"

#include <criterion/criterion.h>

/* tests/unit/db/states_test.c compares the moves with those of the database. */

Test(transfer_state, is_found_by_its_name)
{
    enum transfer_state found = TRANSFER_STATE_COUNT;

    for (int i = 0; i < TRANSFER_STATE_COUNT; i++) {
        const char *name = transfer_state_name((enum transfer_state)i);

        cr_expect(transfer_state_find(name, &found), "%s is not found", name);
        cr_expect_eq((int)found, i, "%s: got %d, want %d", name, found, i);
    }
    cr_expect(!transfer_state_find("", &found));
    cr_expect(!transfer_state_find("Running", &found));
    cr_expect(!transfer_state_find("done", &found));
}

static int reach(bool seen[TRANSFER_STATE_COUNT], enum transfer_state from)
{
    int count = 0;

    if (seen[from])
        return 0;
    seen[from] = true;
    count = 1;
    for (int to = 0; to < TRANSFER_STATE_COUNT; to++)
        if (transfer_state_may_move(from, (enum transfer_state)to))
            count += reach(seen, (enum transfer_state)to);
    return count;
}

Test(transfer_state, can_each_be_reached_from_a_draft)
{
    bool seen[TRANSFER_STATE_COUNT] = {false};

    cr_expect_eq(reach(seen, TRANSFER_DRAFT), TRANSFER_STATE_COUNT);
}

Test(transfer_state, never_moves_to_itself_or_back_to_a_draft)
{
    for (int i = 0; i < TRANSFER_STATE_COUNT; i++) {
        enum transfer_state state = (enum transfer_state)i;

        cr_expect(!transfer_state_may_move(state, state), "%s moves to itself", transfer_state_name(state));
        cr_expect(!transfer_state_may_move(state, TRANSFER_DRAFT), "%s becomes a draft", transfer_state_name(state));
        cr_expect(!transfer_state_may_move(TRANSFER_PURGED, state), "a purged transfer becomes %s",
                  transfer_state_name(state));
        cr_expect(!transfer_state_may_move(TRANSFER_UNDONE, state), "an undone transfer becomes %s",
                  transfer_state_name(state));
    }
}

/* What was paused can go on where it was. */
Test(transfer_state, that_can_be_paused_can_be_resumed)
{
    for (int i = 0; i < TRANSFER_STATE_COUNT; i++) {
        enum transfer_state state = (enum transfer_state)i;

        if (transfer_state_may_move(state, TRANSFER_PAUSED))
            cr_expect(transfer_state_may_move(TRANSFER_PAUSED, state), "%s is left for good by a pause",
                      transfer_state_name(state));
    }
}

/* A watcher ends at a state of rest, so nothing may leave it without somebody's word; and all work can fail or stop. */
Test(transfer_state, that_works_is_no_rest)
{
    static const enum transfer_state working[] = {TRANSFER_EXTRACTING, TRANSFER_PREFLIGHT, TRANSFER_SCHEDULED,
                                                  TRANSFER_RUNNING,    TRANSFER_VERIFYING, TRANSFER_UNDOING};
    int rests = 0;

    for (int i = 0; i < TRANSFER_STATE_COUNT; i++)
        rests += transfer_state_is_rest((enum transfer_state)i);
    for (size_t i = 0; i < sizeof working / sizeof working[0]; i++)
        cr_expect(!transfer_state_is_rest(working[i]), "%s rests", transfer_state_name(working[i]));
    cr_expect_eq(rests, TRANSFER_STATE_COUNT - (int)(sizeof working / sizeof working[0]), "got %d states of rest",
                 rests);
}
