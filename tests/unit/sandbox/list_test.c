#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"
#include "fixture.h"

enum { PATIENTS = 130 };

/* Patients P000 to P129, one a second, with last names L0 to L9 in turn. */
static void open_with_patients(struct fixture *fixture)
{
    fixture_open(fixture, NULL);
    for (int i = 0; i < PATIENTS; i++) {
        scoped(string_free) char *body =
            x_sprintf("{\"first_name\":\"P%03d\",\"last_name\":\"L%d\",\"old_reference_id\":\"FD-%d\"}", i, i % 10, i);

        fixture_create(fixture, "patients", body);
        fixture->now_ms += 1000;
    }
}

static int count(const struct fixture *fixture)
{
    return (int)json_count(fixture_at(fixture, "patients"));
}

Test(list, pages_have_the_right_size_and_links)
{
    static const struct {
        const char *query;
        int want_count;
        const char *first;
        const char *next;     /* "" for none */
        const char *previous; /* "" for none */
    } cases[] = {
        {"", 50, "P000", "http://api.test:81/v1/patients?page=2", ""},
        {"?page=2", 50, "P050", "http://api.test:81/v1/patients?page=3", "http://api.test:81/v1/patients?page=1"},
        {"?page=3", 30, "P100", "", "http://api.test:81/v1/patients?page=2"},
        {"?page=4", 0, "", "", "http://api.test:81/v1/patients?page=3"},
        {"?page=99", 0, "", "", "http://api.test:81/v1/patients?page=3"},
        {"?page=0", 50, "P000", "http://api.test:81/v1/patients?page=2", ""},
        {"?page=x", 50, "P000", "http://api.test:81/v1/patients?page=2", ""},
        {"?per_page=100", 100, "P000", "http://api.test:81/v1/patients?page=2&per_page=100", ""},
        {"?per_page=1000", 100, "P000", "http://api.test:81/v1/patients?page=2&per_page=1000", ""},
        {"?per_page=1&page=130", 1, "P129", "", "http://api.test:81/v1/patients?page=129&per_page=1"},
        {"?q[]=last_name:=L3&per_page=10", 10, "P003",
         "http://api.test:81/v1/patients?page=2&q%5B%5D=last_name%3A%3DL3&per_page=10", ""},
    };
    struct fixture fixture;

    open_with_patients(&fixture);
    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(string_free) char *target = x_sprintf("/v1/patients%s", cases[i].query);

        cr_expect_eq(fixture_call(&fixture, "GET", target, NULL), 200);
        cr_expect_eq(count(&fixture), cases[i].want_count, "%s: got %d, want %d", cases[i].query, count(&fixture),
                     cases[i].want_count);
        cr_expect_str_eq(fixture_text(&fixture, "patients.0.first_name"), cases[i].first, "%s: got %s", cases[i].query,
                         fixture_text(&fixture, "patients.0.first_name"));
        cr_expect_str_eq(fixture_text(&fixture, "links.next"), cases[i].next, "%s: next is %s", cases[i].query,
                         fixture_text(&fixture, "links.next"));
        cr_expect_str_eq(fixture_text(&fixture, "links.previous"), cases[i].previous, "%s: previous is %s",
                         cases[i].query, fixture_text(&fixture, "links.previous"));
    }
    fixture_close(&fixture);
}

Test(list, following_next_meets_every_record_once)
{
    struct fixture fixture;
    scoped(string_free) char *target = x_strdup("/v1/patients?per_page=7&q[]=last_name:!=L9");
    bool seen[PATIENTS] = {false};
    int met = 0;

    open_with_patients(&fixture);
    while (target) {
        const char *next = NULL;

        cr_assert_eq(fixture_call(&fixture, "GET", target, NULL), 200);
        cr_expect_eq(json_number(fixture_at(&fixture, "total_entries"), -1), 117);
        for (const struct json *one = json_first(fixture_at(&fixture, "patients")); one; one = json_next(one)) {
            int number = (int)strtol(json_text(json_member(one, "first_name"), "P999") + 1, NULL, 10);

            cr_assert_not(seen[number], "P%03d twice", number);
            seen[number] = true;
            met++;
        }
        next = fixture_text(&fixture, "links.next");
        string_free(&target);
        target = *next ? x_strdup(strstr(next, "/v1")) : NULL;
    }
    cr_expect_eq(met, 117);
    fixture_close(&fixture);
}

Test(list, order_is_by_creation_unless_said_otherwise)
{
    static const struct {
        const char *query;
        const char *first;
        const char *second;
    } cases[] = {
        {"", "P000", "P001"},
        {"?order=desc", "P129", "P128"},
        {"?sort=created_at:desc", "P129", "P128"},
        {"?sort=id", "P000", "P001"},
        {"?sort=id:desc", "P129", "P128"},
        {"?sort=last_name", "P000", "P010"},
        {"?sort=last_name:desc", "P009", "P019"},
        {"?sort=last_name:desc,first_name:desc", "P129", "P119"},
        {"?sort=last_name%2Cfirst_name:desc", "P120", "P110"},
        {"?sort=first_name&order=desc", "P129", "P128"},
    };
    struct fixture fixture;

    open_with_patients(&fixture);
    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(string_free) char *target = x_sprintf("/v1/patients%s", cases[i].query);

        cr_expect_eq(fixture_call(&fixture, "GET", target, NULL), 200, "%s", cases[i].query);
        cr_expect_str_eq(fixture_text(&fixture, "patients.0.first_name"), cases[i].first, "%s: got %s, want %s",
                         cases[i].query, fixture_text(&fixture, "patients.0.first_name"), cases[i].first);
        cr_expect_str_eq(fixture_text(&fixture, "patients.1.first_name"), cases[i].second, "%s: got %s, want %s",
                         cases[i].query, fixture_text(&fixture, "patients.1.first_name"), cases[i].second);
    }
    cr_expect_eq(fixture_call(&fixture, "GET", "/v1/patients?sort=notes", NULL), 400);
    cr_expect_eq(fixture_call(&fixture, "GET", "/v1/patients?sort=id:sideways", NULL), 400);
    fixture_close(&fixture);
}

Test(list, indexed_and_scanned_filters_agree)
{
    static const struct {
        const char *query;
        int want;
    } cases[] = {
        {"q[]=old_reference_id:=FD-77", 1},
        {"q[]=old_reference_id:=fd-77", 0},
        {"q[]=old_reference_id:~~FD-77", 1},
        {"q[]=last_name:=L3", 13},
        {"q[]=last_name:~~L3", 13},
        {"q[]=last_name:=L3&q[]=first_name:=P013", 1},
        {"q[]=last_name:=L3&q[]=last_name:=L4", 0},
        {"q[]=email:!?", 50},
        {"q[]=created_at:>=2026-01-01T00:02:00Z", 10},
        {"q[]=created_at:>=2026-01-01T00:02:00Z&q[]=created_at:<=2026-01-01T00:02:00Z", 1},
    };
    struct fixture fixture;

    open_with_patients(&fixture);
    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(string_free) char *target = x_sprintf("/v1/patients?%s", cases[i].query);

        cr_expect_eq(fixture_call(&fixture, "GET", target, NULL), 200, "%s", cases[i].query);
        cr_expect_eq(count(&fixture), cases[i].want, "%s: got %d, want %d", cases[i].query, count(&fixture),
                     cases[i].want);
    }
    cr_expect_eq(fixture_call(&fixture, "GET", "/v1/patients?q[]=notes:=x", NULL), 400);
    cr_expect_str_eq(fixture_text(&fixture, "message"), "notes is not filterable");
    fixture_close(&fixture);
}

Test(list, a_list_of_ids_gives_each_record_once_in_order)
{
    struct fixture fixture;
    scoped(string_free) char *third = NULL;
    scoped(string_free) char *target = NULL;

    open_with_patients(&fixture);
    fixture_call(&fixture, "GET", "/v1/patients", NULL);
    third = x_strdup(fixture_text(&fixture, "patients.2.id"));
    target = x_sprintf("/v1/patients?q[]=id:=%s,%s,5,%s", third, fixture_text(&fixture, "patients.1.id"), third);
    cr_expect_eq(fixture_call(&fixture, "GET", target, NULL), 200);
    cr_expect_eq(count(&fixture), 2);
    cr_expect_str_eq(fixture_text(&fixture, "patients.0.first_name"), "P001");
    cr_expect_str_eq(fixture_text(&fixture, "patients.1.id"), third);
    fixture_close(&fixture);
}

Test(list, practitioners_are_active_or_inactive)
{
    struct fixture fixture;
    scoped(string_free) char *business = NULL;
    scoped(string_free) char *nested = NULL;
    scoped(string_free) char *user = NULL;
    scoped(string_free) char *mine = NULL;

    fixture_open(&fixture, NULL);
    fixture_call(&fixture, "GET", "/v1/practitioners", NULL);
    cr_expect_eq(json_number(fixture_at(&fixture, "total_entries"), -1), 1);
    cr_expect_str_eq(fixture_text(&fixture, "practitioners.0.first_name"), "Mara");
    fixture_call(&fixture, "GET", "/v1/practitioners/inactive", NULL);
    cr_expect_eq(json_number(fixture_at(&fixture, "total_entries"), -1), 1);
    cr_expect_str_eq(fixture_text(&fixture, "practitioners.0.first_name"), "Left");
    business = fixture_seeded_id(&fixture, "businesses", 0);
    nested = x_sprintf("/v1/businesses/%s/practitioners", business);
    fixture_call(&fixture, "GET", nested, NULL);
    cr_expect_eq(json_number(fixture_at(&fixture, "total_entries"), -1), 1);
    cr_assert_eq(fixture_call(&fixture, "GET", "/v1/user", NULL), 200);
    user = x_strdup(fixture_text(&fixture, "id"));
    mine = x_sprintf("/v1/practitioners?q[]=user_id:=%s", user);
    fixture_call(&fixture, "GET", mine, NULL);
    cr_expect_eq(json_number(fixture_at(&fixture, "total_entries"), -1), 1);
    fixture_close(&fixture);
}
