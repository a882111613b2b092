/*
 * A transfer is cancelled while a request of it is under way, and another one of the same system into the same account
 * begins: its record is the same, and must not be sent again. The first worker may write its outcome at any time, even
 * after its lease is over, since it is true knowledge.
 */
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "explorer.h"

TestSuite(transfers_model, .timeout = 120);

/* The first transfer's worker. */
enum old { INTENDING, OLD_READY, OLD_SENT, OLD_CARRIED_OUT, OLD_KNOWS, OLD_OVER };

/* The second transfer's record. */
enum new { NOT_PLANNED, HALF_PLANNED, STAGED, DOUBTFUL, KNOWN, ASKED, SENT, DONE };

enum rule {
    WAITS = 1 << 0,       /* the second begins when the last lease of the first has ended */
    DOUBT_FIRST = 1 << 1, /* doubts are taken over before what is known */
    DOUBTS = 1 << 2,      /* what the first left in doubt is in doubt for the second */
    OWN_ID = 1 << 3,      /* an object that the ID map has for this very record is its own */
};

struct state {
    uint8_t old;
    uint8_t old_record; /* 1: sending, 2: created */
    uint8_t lease;      /* 0: held, 1: over; its deadline has passed before */
    uint8_t flying;     /* the request of the first */
    uint8_t objects;
    uint8_t mapped; /* the ID map has an object for the record */
    uint8_t new;
    uint8_t doubt; /* taken over by the first half of the planning */
    uint8_t known;
};

#define BRANCH(label, change)                                                                                          \
    do {                                                                                                               \
        struct state next = *state;                                                                                    \
        change;                                                                                                        \
        explorer_add(explorer, label, &next);                                                                          \
    } while (0)

static void step_old(struct explorer *explorer, const struct state *state)
{
    if (state->old == INTENDING && state->lease == 0)
        BRANCH("first: intend", (next.old = OLD_READY, next.old_record = 1));
    if (state->old == OLD_READY && state->lease == 0)
        BRANCH("first: send", (next.old = OLD_SENT, next.flying = 1));
    if (state->old == OLD_CARRIED_OUT)
        BRANCH("first: answer", next.old = OLD_KNOWS);
    if (state->old == OLD_KNOWS)
        BRANCH("first: write outcome", (next.old = OLD_OVER, next.old_record = 2, next.mapped = 1));
    if (state->old != OLD_OVER)
        BRANCH("first: crash", next.old = OLD_OVER);
    if (state->lease == 0)
        BRANCH("first: lease ends", next.lease = 1);
    if (state->flying) {
        BRANCH("first: carried out", {
            next.flying = 0;
            next.objects++;
            if (next.old == OLD_SENT)
                next.old = OLD_CARRIED_OUT;
        });
        BRANCH("first: request gone", next.flying = 0);
    }
}

static void plan(struct explorer *explorer, const struct state *state, unsigned without)
{
    bool doubt_first = !(without & DOUBT_FIRST);

    if (state->new == NOT_PLANNED && (state->lease == 1 || (without & WAITS)))
        BRANCH("second: plan", {
            next.new = HALF_PLANNED;
            if (doubt_first)
                next.doubt = next.old_record == 1 && !(without & DOUBTS);
            else
                next.known = next.mapped;
        });
    if (state->new == HALF_PLANNED)
        BRANCH("second: plan on", {
            if (doubt_first)
                next.known = next.mapped;
            else
                next.doubt = next.old_record == 1 && !(without & DOUBTS);
            next.new = next.known ? KNOWN : next.doubt ? DOUBTFUL : STAGED;
        });
}

/* Two looks that find nothing, with the wait for a late commit before them, are one step here. */
static void step_new(struct explorer *explorer, const struct state *state, unsigned without)
{
    bool may_adopt = state->objects > 0 && (!state->mapped || !(without & OWN_ID));

    plan(explorer, state, without);
    if (state->new == DOUBTFUL && !state->flying)
        BRANCH("second: list", next.new = ASKED);
    if (state->new == ASKED)
        BRANCH("second: look up", next.new = may_adopt ? KNOWN : STAGED);
    if (state->new == STAGED)
        BRANCH("second: send", (next.new = SENT, next.objects++));
    if (state->new == SENT || state->new == KNOWN)
        BRANCH("second: write outcome", (next.new = DONE, next.mapped = 1));
}

static void step(struct explorer *explorer, const void *state, unsigned without)
{
    step_old(explorer, state);
    step_new(explorer, state, without);
}

static const char *wrong(const void *given)
{
    const struct state *state = given;

    return state->objects > 1 ? "it is there twice" : NULL;
}

static const char *unfinished(const void *given)
{
    const struct state *state = given;

    return state->new != DONE || state->objects != 1 ? "it is lost" : NULL;
}

static const struct model model = {sizeof(struct state), step, wrong, unfinished};

Test(transfers_model, bring_a_record_once_in_every_order)
{
    struct exploration found;

    explore(&model, 0, &found);
    cr_expect_str_eq(found.wrong, "", "%s", found.wrong);
    cr_expect_gt(found.states, (size_t)50, "only %zu states", found.states);
}

Test(transfers_model, need_each_of_their_rules)
{
    static const struct {
        enum rule rule;
        const char *name;
    } rules[] = {
        {WAITS, "the wait for the last lease"},
        {DOUBT_FIRST, "the order of what is taken over"},
        {DOUBTS, "the taking over of doubts"},
        {OWN_ID, "the eye for one's own id"},
    };

    for (size_t i = 0; i < array_length(rules); i++) {
        struct exploration found;

        explore(&model, rules[i].rule, &found);
        cr_expect(strstr(found.wrong, "twice"), "without %s nothing happens: %s", rules[i].name, found.wrong);
    }
}
