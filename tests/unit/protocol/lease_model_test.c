/*
 * One record, two workers, a service that answers or not, in every order: lease, journal, deadline, look-up and fencing
 * together bring it to Cliniko exactly once. And each of these rules is needed: without it there is an order of events
 * in which the record is lost or stands there twice, which the test finds.
 *
 * Left out of the model: that statements are pipelined (each is one step here) and how long a wait is (a look-up waits
 * until nothing sent before can be carried out any more).
 */
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "explorer.h"

TestSuite(lease_model, .timeout = 120);

enum { WORKERS = 2, CRASHES_MOST = 2, EXPIRIES_MOST = 2, RETURNS_MOST = 1, REFUSED_MOST = 1 };

enum record { STAGED, SENDING, CREATED };
enum task { READY_TASK, LEASED, DONE };
enum request { NO_REQUEST, FLYING, CARRIED_OUT, GONE };

enum place {
    IDLE,
    LEASING, /* holds the lease, has read nothing */
    LOADED,
    READY, /* the intent is written */
    SENT,
    DOUBT,
    KNOWS, /* the object's id, from an answer or a look-up; not written yet */
};

/* The rules, each of which can be left out. */
enum rule {
    INTENT_FIRST = 1 << 0,   /* the intent is committed before a byte leaves */
    INTENT_FENCED = 1 << 1,  /* an intent under a lease that is over changes nothing */
    DEADLINE = 1 << 2,       /* nothing is sent near the end of a lease, by the worker's own clock */
    LOOK_UP = 1 << 3,        /* what is in doubt is asked for before it is sent again */
    LATE_WAIT = 1 << 4,      /* and not before the latest time at which it may be carried out */
    OUTCOME_FENCED = 1 << 5, /* an outcome is written only to a record that this lease intended */
    NOTHING_OPEN = 1 << 6,   /* a task with an unsettled record is not done */
    SENT_ONCE = 1 << 7,      /* the HTTP library must not send a create again by itself */
};

struct worker {
    uint8_t place;
    uint8_t token;
    uint8_t doubt;    /* it was "sending" when it was read */
    uint8_t may_send; /* the deadline has not passed */
    uint8_t request;
};

struct state {
    uint8_t record;
    uint8_t record_token;
    uint8_t task;
    uint8_t task_token;
    uint8_t tokens;
    uint8_t objects; /* in Cliniko */
    uint8_t late;    /* requests nobody waits for any more */
    uint8_t crashes;
    uint8_t expiries;
    uint8_t returns;
    uint8_t refused;
    struct worker workers[WORKERS];
};

static bool holds(const struct state *state, const struct worker *worker)
{
    return state->task == LEASED && state->task_token == worker->token;
}

static bool is_settled(const struct state *state, const struct worker *but)
{
    for (int i = 0; i < WORKERS; i++)
        if (&state->workers[i] != but && state->workers[i].request == FLYING)
            return false;
    return state->late == 0;
}

/* What the worker had under way goes on without it. */
static void let_go(struct state *state, struct worker *worker)
{
    state->late += worker->request == FLYING;
    *worker = (struct worker){.place = IDLE};
}

#define BRANCH(label, change)                                                                                          \
    do {                                                                                                               \
        struct state next = *state;                                                                                    \
        struct worker *worker = &next.workers[number];                                                                 \
        (void)worker;                                                                                                  \
        change;                                                                                                        \
        explorer_add(explorer, label, &next);                                                                          \
    } while (0)

static void take(struct state *next, struct worker *worker)
{
    next->task = LEASED;
    next->task_token = ++next->tokens;
    *worker = (struct worker){.place = LEASING, .token = next->tokens, .may_send = 1};
}

static void intend(struct state *next, struct worker *worker, unsigned without)
{
    bool fenced = !(without & INTENT_FENCED);

    if (fenced && !holds(next, worker)) {
        let_go(next, worker);
        return;
    }
    if (next->record == CREATED || (next->record == SENDING && !worker->doubt && fenced)) {
        let_go(next, worker);
        return;
    }
    next->record = SENDING;
    next->record_token = worker->token;
    worker->place = worker->doubt && !(without & LOOK_UP) ? DOUBT : READY;
}

static void write_outcome(struct state *next, struct worker *worker, enum record outcome, unsigned without)
{
    if ((next->record == SENDING && next->record_token == worker->token) || (without & OUTCOME_FENCED))
        next->record = outcome;
    worker->place = LEASING;
    worker->request = NO_REQUEST;
    worker->doubt = 0;
}

static void step_lease(struct explorer *explorer, const struct state *state, int number, unsigned without)
{
    const struct worker *it = &state->workers[number];

    if (it->place == IDLE) {
        if (state->task == READY_TASK)
            BRANCH("lease", take(&next, worker));
        return;
    }
    if (it->place == LEASING && state->record != CREATED && holds(state, it))
        BRANCH("load", (worker->place = LOADED, worker->doubt = next.record == SENDING));
    if (it->place == LEASING && (state->record == CREATED || (without & NOTHING_OPEN)) && state->record != STAGED)
        BRANCH("done", {
            if (holds(&next, worker))
                next.task = DONE;
            let_go(&next, worker);
        });
    if (it->place == LEASING && !holds(state, it))
        BRANCH("lost", let_go(&next, worker));
    if (it->may_send)
        BRANCH("deadline", worker->may_send = 0);
    else
        BRANCH("renew", {
            if (holds(&next, worker))
                worker->may_send = 1;
            else
                let_go(&next, worker);
        });
    if (state->crashes < CRASHES_MOST)
        BRANCH("crash", (next.crashes++, let_go(&next, worker)));
}

static void step_send(struct explorer *explorer, const struct state *state, int number, unsigned without)
{
    const struct worker *it = &state->workers[number];
    bool may_send = it->may_send || (without & DEADLINE);

    if (it->place == LOADED && (without & INTENT_FIRST) && !it->doubt && may_send)
        BRANCH("send without intent", (worker->place = SENT, worker->request = FLYING));
    if (it->place == LOADED)
        BRANCH("intend", intend(&next, worker, without));
    if (it->place == READY && may_send)
        BRANCH("send", (worker->place = SENT, worker->request = FLYING));
    if (it->place == READY && state->returns < RETURNS_MOST)
        BRANCH("give back unsent", (next.returns++, write_outcome(&next, worker, STAGED, without)));
    if (it->place == DOUBT && may_send && (is_settled(state, it) || (without & LATE_WAIT)))
        BRANCH("look up", worker->place = next.objects > 0 ? KNOWS : READY);
    if (it->place == KNOWS)
        BRANCH("write outcome", write_outcome(&next, worker, CREATED, without));
    if (it->place == KNOWS && state->refused < REFUSED_MOST)
        BRANCH("outcome refused", (next.refused++, worker->place = LEASING, worker->request = NO_REQUEST));
}

static void step_network(struct explorer *explorer, const struct state *state, int number, unsigned without)
{
    const struct worker *it = &state->workers[number];

    if (it->place != SENT)
        return;
    if (it->request == FLYING) {
        BRANCH("carried out", (next.objects++, worker->request = CARRIED_OUT));
        BRANCH("gone", worker->request = GONE);
        BRANCH("time-out", (next.late++, worker->request = NO_REQUEST, worker->place = DOUBT));
    }
    if (it->request == CARRIED_OUT) {
        BRANCH("answer", worker->place = KNOWS);
        BRANCH("answer lost", (worker->request = NO_REQUEST, worker->place = DOUBT));
        if (without & SENT_ONCE)
            BRANCH("sent again by the library", worker->request = FLYING);
    }
    if (it->request == GONE) {
        BRANCH("no answer", (worker->request = NO_REQUEST, worker->place = DOUBT));
        BRANCH("refused for now", (worker->request = NO_REQUEST, worker->place = READY));
    }
}

static void step(struct explorer *explorer, const void *given, unsigned without)
{
    const struct state *state = given;
    const int number = 0;
    bool held = false;

    for (int i = 0; i < WORKERS; i++) {
        held |= state->workers[i].place != IDLE && holds(state, &state->workers[i]) &&
                (state->workers[i].may_send && !(without & DEADLINE));
        step_lease(explorer, state, i, without);
        step_send(explorer, state, i, without);
        step_network(explorer, state, i, without);
    }
    /* The lease outlasts the worker's own deadline. */
    if (state->task == LEASED && !held && state->expiries < EXPIRIES_MOST + CRASHES_MOST)
        BRANCH("lease ends", (next.task = READY_TASK, next.expiries++));
    if (state->late > 0) {
        BRANCH("carried out late", (next.late--, next.objects++));
        BRANCH("gone at last", next.late--);
    }
}

static const char *wrong(const void *given)
{
    const struct state *state = given;

    return state->objects > 1 ? "it is there twice" : NULL;
}

static const char *unfinished(const void *given)
{
    const struct state *state = given;

    if (state->task != DONE)
        return state->expiries == EXPIRIES_MOST + CRASHES_MOST ? NULL : "it stands still";
    return state->record != CREATED || state->objects != 1 ? "it is lost" : NULL;
}

static const struct model model = {sizeof(struct state), step, wrong, unfinished};

Test(lease_model, brings_the_record_once_in_every_order)
{
    struct exploration found;

    explore(&model, 0, &found);
    cr_expect_str_eq(found.wrong, "", "%s", found.wrong);
    cr_expect_gt(found.states, (size_t)10000, "only %zu states", found.states);
    cr_log_info("%zu states", found.states);
}

Test(lease_model, needs_each_of_its_rules)
{
    static const struct {
        enum rule rule;
        const char *name;
        const char *want;
    } rules[] = {
        {INTENT_FIRST, "the intent before the request", "twice"},
        {INTENT_FENCED, "the fence of the intent", "twice"},
        {DEADLINE, "the deadline", "twice"},
        {LOOK_UP, "the look-up", "twice"},
        {LATE_WAIT, "the wait for a late commit", "twice"},
        {OUTCOME_FENCED, "the fence of the outcome", "lost"},
        {NOTHING_OPEN, "the check for unsettled records", "lost"},
        {SENT_ONCE, "a library that sends once", "twice"},
    };

    for (size_t i = 0; i < array_length(rules); i++) {
        struct exploration found;

        explore(&model, rules[i].rule, &found);
        cr_expect(strstr(found.wrong, rules[i].want), "without %s nothing happens in %zu states: %s", rules[i].name,
                  found.states, found.wrong);
        cr_log_info("without %s, %s", rules[i].name, found.wrong);
    }
}
