#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"
#include "fixture.h"

Test(access, keys_user_agents_and_roles_decide_who_may)
{
    static const struct {
        const char *key;
        const char *user_agent;
        const char *method;
        const char *target;
        int want;
    } cases[] = {
        {"owner-key-au1", USER_AGENT, "GET", "/v1/user", 200},
        {"owner-key", USER_AGENT, "GET", "/v1/user", 200},
        {"owner-key-AU1", USER_AGENT, "GET", "/v1/user", 200},
        {"second-key-au1", USER_AGENT, "GET", "/v1/user", 200},
        {"owner-key-uk1", USER_AGENT, "GET", "/v1/user", 401},
        {"other-key-uk2", USER_AGENT, "GET", "/v1/user", 200},
        {"other-key", USER_AGENT, "GET", "/v1/user", 200},
        {"other-key-au1", USER_AGENT, "GET", "/v1/user", 401},
        {"no-such-key-au1", USER_AGENT, "GET", "/v1/user", 401},
        {"gone-key-au1", USER_AGENT, "GET", "/v1/user", 401},
        {"", USER_AGENT, "GET", "/v1/user", 401},
        {NULL, USER_AGENT, "GET", "/v1/user", 401},
        {"owner-key-au1", NULL, "GET", "/v1/user", 403},
        {"owner-key-au1", "curl/7.88.1", "GET", "/v1/user", 403},
        {"owner-key-au1", "Handover (nobody)", "GET", "/v1/user", 403},
        {"owner-key-au1", "(ops@example.com)", "GET", "/v1/user", 403},
        {"owner-key-au1", "My App 2 (a.b@example.com)", "GET", "/v1/user", 200},
        {"books-key-au1", USER_AGENT, "GET", "/v1/user", 200},
        {"books-key-au1", USER_AGENT, "GET", "/v1/patients", 200},
        {"books-key-au1", USER_AGENT, "GET", "/v1/users", 403},
        {"books-key-au1", USER_AGENT, "GET", "/v1/settings", 403},
        {"books-key-au1", USER_AGENT, "GET", "/v1/settings/public", 200},
        {"books-key-au1", USER_AGENT, "POST", "/v1/patients", 403},
        {"owner-key-au1", USER_AGENT, "GET", "/v1/users", 200},
        {"owner-key-au1", USER_AGENT, "POST", "/v1/practitioners", 404},
        {"owner-key-au1", USER_AGENT, "PUT", "/v1/patients", 404},
        {"owner-key-au1", USER_AGENT, "GET", "/v2/patients", 404},
        {"owner-key-au1", USER_AGENT, "GET", "/", 404},
        {"owner-key-au1", USER_AGENT, "GET", "/v1/invoices", 404},
    };
    struct fixture fixture;

    fixture_open(&fixture, NULL);
    for (size_t i = 0; i < array_length(cases); i++) {
        int got = 0;

        fixture.key = cases[i].key;
        fixture.user_agent = cases[i].user_agent;
        got = fixture_call(&fixture, cases[i].method, cases[i].target, NULL);
        cr_expect_eq(got, cases[i].want, "%zu: %s %s as %s: got %d, want %d", i, cases[i].method, cases[i].target,
                     cases[i].key ? cases[i].key : "nobody", got, cases[i].want);
    }
    fixture_close(&fixture);
}

Test(access, what_is_not_routed_is_an_html_page_and_a_missing_record_is_json)
{
    struct fixture fixture;

    fixture_open(&fixture, NULL);
    fixture_call(&fixture, "POST", "/v1/invoices", "{}");
    cr_expect(strstr(fixture.answer.content_type, "text/html"), "got %s", fixture.answer.content_type);
    cr_expect_eq(fixture_call(&fixture, "GET", "/v1/patients/123", NULL), 404);
    cr_expect(strstr(fixture.answer.content_type, "application/json"), "got %s", fixture.answer.content_type);
    cr_expect_eq(fixture_call(&fixture, "GET", "/v1/patients/abc", NULL), 404);
    fixture_close(&fixture);
}

Test(access, a_403_by_role_has_no_body)
{
    struct fixture fixture;

    fixture_open(&fixture, NULL);
    fixture.key = "books-key";
    cr_expect_eq(fixture_call(&fixture, "POST", "/v1/patients", "{}"), 403);
    cr_expect_eq(fixture.answer.body.size, 0);
    fixture_close(&fixture);
}

Test(access, switches_change_the_401_and_the_user_agent_rule)
{
    const struct sandbox_options options = {.empty_401 = true, .any_user_agent = true};
    struct fixture fixture;

    fixture_open(&fixture, &options);
    fixture.user_agent = NULL;
    cr_expect_eq(fixture_call(&fixture, "GET", "/v1/user", NULL), 200);
    fixture.key = "wrong";
    cr_expect_eq(fixture_call(&fixture, "GET", "/v1/user", NULL), 401);
    cr_expect_eq(fixture.answer.body.size, 0);
    fixture_close(&fixture);
}

Test(access, all_keys_of_a_user_share_the_limit_and_others_do_not)
{
    const struct sandbox_options options = {.limit = {.per_minute = 3}};
    struct fixture fixture;

    fixture_open(&fixture, &options);
    for (int i = 0; i < 3; i++) {
        fixture.key = i % 2 ? "second-key" : OWNER_KEY;
        cr_expect_eq(fixture_call(&fixture, "GET", "/v1/user", NULL), 200);
    }
    fixture.key = "second-key";
    cr_expect_eq(fixture_call(&fixture, "GET", "/v1/user", NULL), 429);
    cr_expect_eq(fixture.answer.reset, (fixture.now_ms / 60000 + 1) * 60, "got %lld", (long long)fixture.answer.reset);
    fixture.key = "books-key";
    cr_expect_eq(fixture_call(&fixture, "GET", "/v1/user", NULL), 200);
    fixture.key = OWNER_KEY;
    fixture.now_ms += 60000;
    cr_expect_eq(fixture_call(&fixture, "GET", "/v1/user", NULL), 200);
    fixture_close(&fixture);
}

Test(access, accounts_do_not_see_each_other)
{
    struct fixture fixture;
    scoped(string_free) char *patient = NULL;
    scoped(string_free) char *target = NULL;

    fixture_open(&fixture, NULL);
    patient = fixture_quiet_patient(&fixture);
    target = x_sprintf("/v1/patients/%s", patient);
    cr_expect_eq(fixture_call(&fixture, "GET", target, NULL), 200);
    fixture.key = "other-key-uk2";
    cr_expect_eq(fixture_call(&fixture, "GET", target, NULL), 404);
    cr_expect_eq(fixture_call(&fixture, "GET", "/v1/patients", NULL), 200);
    cr_expect_eq(json_number(fixture_at(&fixture, "total_entries"), -1), 0);
    fixture_close(&fixture);
}

Test(access, the_control_plane_shows_what_was_seen)
{
    struct fixture fixture;

    fixture_open(&fixture, NULL);
    fixture_call(&fixture, "GET", "/v1/user", NULL);
    fixture_call(&fixture, "GET", "/v1/user", NULL);
    fixture.now_ms += 59999;
    fixture_call(&fixture, "GET", "/v1/user", NULL);
    fixture.key = NULL;
    cr_assert_eq(fixture_call(&fixture, "GET", "/__stats", NULL), 200);
    cr_expect_eq(json_number(fixture_at(&fixture, "requests"), -1), 3);
    cr_expect_eq(json_number(fixture_at(&fixture, "max_in_sliding_minute"), -1), 3);
    cr_expect_eq(json_number(json_member(fixture_at(&fixture, "routes"), "GET /v1/user")
                                 ? json_member(json_member(fixture_at(&fixture, "routes"), "GET /v1/user"), "200")
                                 : NULL,
                             -1),
                 3);
    cr_expect_eq(fixture_call(&fixture, "POST", "/__reset?only=stats", NULL), 204);
    fixture_call(&fixture, "GET", "/__stats", NULL);
    cr_expect_eq(json_number(fixture_at(&fixture, "requests"), -1), 0);
    cr_expect_eq(fixture_call(&fixture, "GET", "/__nothing", NULL), 404);
    fixture_close(&fixture);
}

Test(access, a_reset_brings_back_the_seed_with_the_same_keys)
{
    struct fixture fixture;

    fixture_open(&fixture, NULL);
    fixture_create(&fixture, "patients", "{\"first_name\":\"A\",\"last_name\":\"B\"}");
    cr_expect_eq(fixture_call(&fixture, "POST", "/__reset", NULL), 204);
    cr_expect_eq(fixture_call(&fixture, "GET", "/v1/patients", NULL), 200);
    cr_expect_eq(json_number(fixture_at(&fixture, "total_entries"), -1), 0);
    cr_expect_eq(fixture_call(&fixture, "GET", "/v1/practitioners", NULL), 200);
    cr_expect_eq(json_number(fixture_at(&fixture, "total_entries"), -1), 1);
    fixture_close(&fixture);
}

Test(access, seeds_with_mistakes_name_row_and_field)
{
    static const struct {
        const char *seed;
        const char *want;
    } cases[] = {
        {"{}", "accounts: not an array"},
        {"{\"accounts\":[{}]}", "accounts[0].name: missing"},
        {"{\"accounts\":[{\"name\":\"A\",\"subdomain\":\"a\",\"nmae\":1}]}", "accounts[0].nmae"},
        {"{\"accounts\":[{\"name\":\"A\",\"subdomain\":\"a\",\"users\":[{\"first_name\":\"x\"}]}]}",
         "accounts[0].users[0]."},
        {"{\"accounts\":[{\"name\":\"A\",\"subdomain\":\"a\",\"businesses\":[{\"business_name\":\"x\",\"zone\":1}]}]}",
         "accounts[0].businesses[0].zone"},
        {"{\"accounts\":[{\"name\":\"A\",\"subdomain\":\"a\",\"practitioners\":[{\"first_name\":\"x\",\"last_name\":\"y\","
         "\"user_id\":\"@nobody\"}]}]}",
         "'nobody'"},
        {"{\"accounts\":[{\"name\":\"A\",\"subdomain\":\"a\",\"users\":[{\"first_name\":\"x\",\"last_name\":\"y\","
         "\"email\":\"x@example.com\",\"role\":\"administrator\",\"keys\":[\"k-uk1\"]}]}]}",
         "another shard"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        const struct sandbox_options plain = {0};
        struct sandbox *sandbox = sandbox_new(&plain);
        struct fault fault = {0};

        cr_expect_not(sandbox_seed(sandbox, slice_of(cases[i].seed), 0, &fault), "%s: got accepted", cases[i].seed);
        cr_expect(strstr(fault.text, cases[i].want), "%s: got '%s', want '%s'", cases[i].seed, fault.text,
                  cases[i].want);
        sandbox_destroy(&sandbox);
    }
}

Test(access, an_account_can_be_made_many_times)
{
    static const char seed[] =
        "{\"accounts\":[{\"copies\":300,\"name\":\"Clinic {n}\",\"subdomain\":\"clinic-{n}\",\"users\":[{\"ref\":\"u\","
        "\"first_name\":\"x\",\"last_name\":\"y\",\"email\":\"x{n}@example.com\",\"role\":\"administrator\","
        "\"keys\":[\"clinic-key-{n}-au1\"]}]}]}";
    struct fixture fixture;
    struct fault fault = {0};

    fixture_open(&fixture, NULL);
    cr_assert(sandbox_seed(fixture.sandbox, slice_of(seed), fixture.now_ms, &fault), "%s", fault.text);
    fixture.key = "clinic-key-300-au1";
    cr_expect_eq(fixture_call(&fixture, "GET", "/v1/settings/public", NULL), 200);
    cr_expect_str_eq(fixture_text(&fixture, "account.subdomain"), "clinic-300");
    fixture_close(&fixture);
}

Test(access, the_reset_header_can_be_made_faulty_for_a_route)
{
    static const struct {
        const char *header;
        int64_t least; /* seconds from now */
        int64_t greatest;
    } cases[] = {{"right", 0, 60}, {"past", -60, -1}, {"future", 3600, 100000}};
    struct fixture fixture;

    fixture_open(&fixture, NULL);
    cr_assert_eq(fixture_call(&fixture, "PUT", "/__limit", "{\"limit\":1,\"window\":\"sliding\"}"), 204);
    cr_expect_eq(fixture_call(&fixture, "GET", "/v1/user", NULL), 200);
    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(string_free) char *rules =
            x_sprintf("[{\"route\":\"GET /v1/user\",\"kind\":\"reset_header\",\"header\":\"%s\"}]", cases[i].header);
        int64_t wait = 0;

        cr_assert_eq(fixture_call(&fixture, "PUT", "/__faults", rules), 200);
        cr_expect_eq(fixture_call(&fixture, "GET", "/v1/user", NULL), 429);
        wait = fixture.answer.reset - fixture.now_ms / 1000;
        cr_expect(wait >= cases[i].least && wait <= cases[i].greatest, "%s: got %lld s", cases[i].header,
                  (long long)wait);
    }
    cr_assert_eq(fixture_call(&fixture, "PUT", "/__faults", "[{\"kind\":\"reset_header\"}]"), 200);
    cr_expect_eq(fixture_call(&fixture, "GET", "/v1/user", NULL), 429);
    cr_expect_eq(fixture.answer.reset, -1, "missing by default");
    cr_expect_eq(fixture_call(&fixture, "DELETE", "/__faults", NULL), 204);
    cr_expect_eq(fixture_call(&fixture, "PUT", "/__limit", "{\"window\":\"square\"}"), 400);
    cr_expect_eq(fixture_call(&fixture, "PUT", "/__limit", "{\"limit\":0}"), 204);
    cr_expect_eq(fixture_call(&fixture, "GET", "/v1/user", NULL), 200);
    fixture_close(&fixture);
}
