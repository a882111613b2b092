/*
 * Two equal records without a marker, as two appointments of one patient at one time are, sent by two jobs at once:
 * however their answers get lost, there are two objects in the end, one for each. What is looked up cannot be told
 * apart, so any object that nobody has in the ID map may be adopted.
 */
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "explorer.h"

TestSuite(twins_model, .timeout = 120);

enum { TWINS = 2, OBJECTS = 5, LOST_MOST = 2 };

enum place { READY, SENT, CARRIED_OUT, GONE, DOUBT, KNOWS, WRITTEN };

enum rule {
    NOT_TAKEN = 1 << 0, /* what the ID map has for another record is not adopted */
    ONE_EACH = 1 << 1,  /* the ID map takes an object once */
};

struct twin {
    uint8_t place;
    uint8_t object; /* its number, from 1; 0 none */
    uint8_t lost;
};

struct state {
    uint8_t objects;
    struct twin twins[TWINS];
};

static bool is_taken(const struct state *state, const struct twin *by, uint8_t object)
{
    for (int i = 0; i < TWINS; i++)
        if (&state->twins[i] != by && state->twins[i].place == WRITTEN && state->twins[i].object == object)
            return true;
    return false;
}

#define BRANCH(label, change)                                                                                          \
    do {                                                                                                               \
        struct state next = *state;                                                                                    \
        struct twin *twin = &next.twins[number];                                                                       \
        change;                                                                                                        \
        explorer_add(explorer, label, &next);                                                                          \
    } while (0)

static void look_up(struct explorer *explorer, const struct state *state, int number, unsigned without)
{
    const struct twin *it = &state->twins[number];
    bool found = false;

    for (uint8_t object = 1; object <= state->objects; object++) {
        if (!(without & NOT_TAKEN) && is_taken(state, it, object))
            continue;
        found = true;
        BRANCH("adopt", (twin->place = KNOWS, twin->object = object));
    }
    if (!found)
        BRANCH("absent", twin->place = READY);
}

static void step_twin(struct explorer *explorer, const struct state *state, int number, unsigned without)
{
    const struct twin *it = &state->twins[number];

    switch ((enum place)it->place) {
    case READY:
        BRANCH("send", twin->place = SENT);
        break;
    case SENT:
        if (state->objects < OBJECTS)
            BRANCH("carried out", (twin->place = CARRIED_OUT, twin->object = ++next.objects));
        if (it->lost < LOST_MOST)
            BRANCH("gone", (twin->place = GONE, twin->lost++));
        break;
    case CARRIED_OUT:
        BRANCH("answer", twin->place = KNOWS);
        if (it->lost < LOST_MOST)
            BRANCH("answer lost", (twin->place = DOUBT, twin->object = 0, twin->lost++));
        break;
    case GONE:
        BRANCH("no answer", twin->place = DOUBT);
        break;
    case DOUBT:
        look_up(explorer, state, number, without);
        break;
    case KNOWS:
        if (!(without & ONE_EACH) && is_taken(state, it, it->object))
            BRANCH("the other has it", (twin->place = DOUBT, twin->object = 0));
        else
            BRANCH("write outcome", twin->place = WRITTEN);
        break;
    case WRITTEN:
        break;
    }
}

static void step(struct explorer *explorer, const void *state, unsigned without)
{
    for (int i = 0; i < TWINS; i++)
        step_twin(explorer, state, i, without);
}

static const char *wrong(const void *given)
{
    const struct state *state = given;
    const struct twin *twins = state->twins;

    if (state->objects > TWINS)
        return "one is there twice";
    return twins[0].place == WRITTEN && twins[1].place == WRITTEN && twins[0].object == twins[1].object
               ? "both stand for one object"
               : NULL;
}

static const char *unfinished(const void *given)
{
    const struct state *state = given;

    return state->objects != TWINS ? "one is lost" : NULL;
}

static const struct model model = {sizeof(struct state), step, wrong, unfinished};

Test(twins_model, end_as_two_objects_in_every_order)
{
    struct exploration found;

    explore(&model, 0, &found);
    cr_expect_str_eq(found.wrong, "", "%s", found.wrong);
    cr_expect_gt(found.states, (size_t)100, "only %zu states", found.states);
}

Test(twins_model, need_an_id_map_that_takes_an_object_once)
{
    struct exploration found;

    explore(&model, ONE_EACH, &found);
    cr_expect(strstr(found.wrong, "both stand for one object"), "%s", found.wrong);
    explore(&model, NOT_TAKEN | ONE_EACH, &found);
    cr_expect(strstr(found.wrong, "both stand for one object"), "%s", found.wrong);
}
