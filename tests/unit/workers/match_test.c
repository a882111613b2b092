#include "workers/match.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"

static const struct {
    const char *id;
    const char *zone;
    const char *names[3];
} people[] = {
    {"101", NULL, {"Mary Smith", "Dr Mary Smith", NULL}},
    {"102", NULL, {"John Smith", NULL, "Johnny"}},
    {"103", NULL, {NULL, NULL, NULL}},
    {"104", "Australia/Perth", {"Zoë Žižek", "ZOË", ""}},
    {"105", NULL, {"Twin", NULL, NULL}},
    {"106", NULL, {"twin ", "101st", NULL}},
    {"107", NULL, {"Anna  Maria\tvon   Berg", NULL, NULL}},
    {"108", NULL, {"Same", "SAME", "same"}},
};

static void fill(struct match_list *list)
{
    for (size_t i = 0; i < array_length(people); i++)
        match_add(list, people[i].id, people[i].zone, people[i].names);
}

Test(match, finds_by_id_or_name_without_case_and_white_space)
{
    static const struct {
        const char *wanted;
        enum match_result want;
        const char *id;
    } cases[] = {
        {"Mary Smith", MATCH_ONE, "101"},
        {"  mary   SMITH ", MATCH_ONE, "101"},
        {"dr mary smith", MATCH_ONE, "101"},
        {"101", MATCH_ONE, "101"},
        {"Johnny", MATCH_ONE, "102"},
        {"John", MATCH_NONE, NULL},
        {"Smith", MATCH_NONE, NULL},
        {"Mary Smith.", MATCH_NONE, NULL},
        {"103", MATCH_ONE, "103"},
        {"zoë žižek", MATCH_ONE, "104"},
        {"ZOË ŽIŽEK", MATCH_ONE, "104"},
        {"Zoe Zizek", MATCH_NONE, NULL},
        {"zoë", MATCH_ONE, "104"},
        {"", MATCH_NONE, NULL},
        {"   ", MATCH_NONE, NULL},
        {"TWIN", MATCH_SEVERAL, NULL},
        {"105", MATCH_ONE, "105"},
        {"Anna Maria von Berg", MATCH_ONE, "107"},
        {"AnnaMaria von Berg", MATCH_NONE, NULL},
        /* Three of its own names are one candidate. */
        {"same", MATCH_ONE, "108"},
    };
    struct match_list list = {0};

    fill(&list);
    for (size_t i = 0; i < array_length(cases); i++) {
        size_t index = 0;
        enum match_result got = match_find(&list, cases[i].wanted, &index);

        cr_expect_eq(got, cases[i].want, "'%s': got %d, want %d", cases[i].wanted, got, cases[i].want);
        if (got == MATCH_ONE && cases[i].want == MATCH_ONE)
            cr_expect_str_eq(list.items[index].id, cases[i].id, "'%s': got %s, want %s", cases[i].wanted,
                             list.items[index].id, cases[i].id);
    }
    match_release(&list);
}

Test(match, keeps_copies_and_grows)
{
    struct match_list list = {0};
    char name[16] = "";
    char id[16] = "";

    for (int i = 0; i < 100; i++) {
        const char *const names[3] = {name, NULL, NULL};

        snprintf(id, sizeof id, "%d", i);
        snprintf(name, sizeof name, "name %d", i);
        match_add(&list, id, "Australia/Perth", names);
    }
    cr_expect_eq(list.count, 100);
    for (int i = 0; i < 100; i++) {
        size_t index = 1000;

        snprintf(name, sizeof name, "NAME %d", i);
        cr_expect_eq(match_find(&list, name, &index), MATCH_ONE, "%s", name);
        cr_expect_eq(index, (size_t)i, "%s: got %zu", name, index);
        cr_expect_str_eq(list.items[i].time_zone, "Australia/Perth");
    }
    match_release(&list);
    cr_expect(list.count == 0 && !list.items);
    match_release(&list);
}

Test(match, finds_nobody_in_an_empty_list)
{
    struct match_list list = {0};
    size_t index = 7;

    cr_expect_eq(match_find(&list, "anyone", &index), MATCH_NONE);
    cr_expect_eq(index, 7, "the output was touched");
}

Test(match, proposes_who_comes_nearest)
{
    static const struct {
        const char *wanted;
        const char *id; /* NULL: nobody is alike */
    } cases[] = {
        {"Mary A Smith", "101"}, {"Dr John Smith", "102"}, {"M Smith", "101"}, {"Zoë Nguyen", "104"},
        {"Berg, Anna", "107"},   {"Quentin Xu", NULL},     {"", NULL},         {"A", NULL},
    };
    struct match_list list = {0};

    fill(&list);
    for (size_t i = 0; i < array_length(cases); i++) {
        size_t index = 0;
        bool found = match_propose(&list, cases[i].wanted, &index);

        cr_expect_eq(found, cases[i].id != NULL, "%s", cases[i].wanted);
        if (found && cases[i].id)
            cr_expect_str_eq(list.items[index].id, cases[i].id, "%s: %s", cases[i].wanted, list.items[index].id);
    }
    match_release(&list);
}
