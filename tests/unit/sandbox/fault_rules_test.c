#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"
#include "sandbox/fault_rules.h"
#include "sandbox/routes.h"

static void read_rules(struct fault_rules *rules, const char *text)
{
    scoped(json_destroy) struct json *json = NULL;
    struct fault fault = {0};

    cr_assert(json_parse(text, strlen(text), &json, &fault), "%s", fault.text);
    cr_assert(fault_rules_read(rules, json, &fault), "%s", fault.text);
}

/* One letter a request: d for dropped, . for left alone. */
static void pattern(struct fault_rules *rules, int count, char *ret)
{
    int route = route_named("POST /v1/patients");

    for (int i = 0; i < count; i++)
        ret[i] = fault_rules_next(rules, route, "harbour", 0).kind == FAULT_RULE_DROP_AFTER ? 'd' : '.';
    ret[count] = '\0';
}

Test(fault_rules, requests_are_chosen_by_number)
{
    static const struct {
        const char *rules;
        const char *want;
    } cases[] = {
        {"[]", "........"},
        {"[{\"kind\":\"drop_after\"}]", "dddddddd"},
        {"[{\"route\":\"POST /v1/patients\",\"kind\":\"drop_after\",\"every\":3}]", "..d..d.."},
        {"[{\"route\":\"POST /v1/patients\",\"kind\":\"drop_after\",\"at\":[1,5]}]", "d...d..."},
        {"[{\"route\":\"POST /v1/patients\",\"kind\":\"drop_after\",\"every\":2,\"count\":2}]", ".d.d...."},
        {"[{\"route\":\"GET /v1/patients\",\"kind\":\"drop_after\"}]", "........"},
        {"[{\"route\":\"*\",\"kind\":\"drop_after\",\"account\":\"other\"}]", "........"},
        {"[{\"route\":\"*\",\"kind\":\"drop_after\",\"account\":\"harbour\",\"count\":1}]", "d......."},
        {"[{\"kind\":\"drop_after\",\"probability\":0}]", "........"},
        {"[{\"kind\":\"drop_after\",\"probability\":1}]", "dddddddd"},
        {"[{\"kind\":\"status\",\"at\":[2]},{\"kind\":\"drop_after\",\"every\":2}]", "...d.d.d"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(string_free) char *got = x_alloc(16);
        struct fault_rules *rules = x_alloc(sizeof *rules);

        read_rules(rules, cases[i].rules);
        pattern(rules, 8, got);
        cr_expect_str_eq(got, cases[i].want, "%s: got %s, want %s", cases[i].rules, got, cases[i].want);
        fault_rules_release(rules);
        free(rules);
    }
}

Test(fault_rules, the_same_seed_chooses_the_same_requests)
{
    static const char text[] = "{\"seed\":%d,\"rules\":[{\"kind\":\"drop_after\",\"probability\":0.3}]}";
    char patterns[3][1001];
    static const int seeds[] = {7, 7, 8};
    int dropped = 0;

    for (int i = 0; i < 3; i++) {
        char filled[sizeof text + 8];
        struct fault_rules *rules = x_alloc(sizeof *rules);

        snprintf(filled, sizeof filled, "{\"seed\":%d,\"rules\":[{\"kind\":\"drop_after\",\"probability\":0.3}]}",
                 seeds[i]);
        read_rules(rules, filled);
        pattern(rules, 1000, patterns[i]);
        fault_rules_release(rules);
        free(rules);
    }
    cr_expect_str_eq(patterns[0], patterns[1]);
    cr_expect_str_neq(patterns[0], patterns[2]);
    for (int i = 0; i < 1000; i++)
        dropped += patterns[0][i] == 'd';
    cr_expect(dropped > 240 && dropped < 360, "got %d of 1000, want about 300", dropped);
}

Test(fault_rules, latencies_add_up_beside_another_fault)
{
    struct fault_rules *rules = x_alloc(sizeof *rules);
    struct fault_action action;

    read_rules(rules, "[{\"kind\":\"latency\",\"ms\":20},{\"kind\":\"latency\",\"ms\":5,\"spread_ms\":10},"
                      "{\"kind\":\"status\",\"status\":503,\"commit\":true}]");
    action = fault_rules_next(rules, route_named("GET /v1/user"), NULL, 0);
    cr_expect_eq(action.kind, FAULT_RULE_STATUS);
    cr_expect_eq(action.status, 503);
    cr_expect(action.commit);
    cr_expect(action.delay_ms >= 25 && action.delay_ms <= 35, "got %lld", (long long)action.delay_ms);
    fault_rules_release(rules);
    free(rules);
}

Test(fault_rules, wrong_rules_are_refused_and_change_nothing)
{
    static const struct {
        const char *rules;
        const char *want;
    } cases[] = {
        {"{}", "rules: not an array"},
        {"[{\"kind\":\"explode\"}]", "rules[0].kind: 'explode'"},
        {"[{}]", "rules[0].kind: missing"},
        {"[{\"kind\":\"429\"},{\"kind\":\"429\",\"route\":\"POST /patients\"}]", "rules[1].route: 'POST /patients'"},
        {"[{\"kind\":\"429\",\"sometimes\":1}]", "rules[0].sometimes"},
        {"[{\"kind\":\"429\",\"probability\":1.5}]", "rules[0].probability"},
        {"[{\"kind\":\"429\",\"at\":[0]}]", "rules[0].at"},
        {"[{\"kind\":\"status\",\"status\":99}]", "rules[0].status"},
        {"[{\"kind\":\"429\",\"header\":\"wrong\"}]", "rules[0].header"},
        {"[{\"kind\":\"latency\",\"ms\":-1}]", "rules[0].ms"},
    };
    struct fault_rules *rules = x_alloc(sizeof *rules);

    read_rules(rules, "[{\"kind\":\"drop_after\"}]");
    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(json_destroy) struct json *json = NULL;
        struct fault fault = {0};

        cr_assert(json_parse(cases[i].rules, strlen(cases[i].rules), &json, &fault));
        cr_expect_not(fault_rules_read(rules, json, &fault), "%s: got accepted", cases[i].rules);
        cr_expect(strstr(fault.text, cases[i].want), "%s: got '%s', want '%s'", cases[i].rules, fault.text,
                  cases[i].want);
    }
    cr_expect_eq(rules->count, 1);
    fault_rules_release(rules);
    free(rules);
}
