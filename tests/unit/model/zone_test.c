#include "model/zone.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"

struct wall_case {
    const char *zone;
    const char *wall; /* as if it were UTC */
    const char *want;
    enum wall_kind kind;
};

static void check(struct zones *zones, const struct wall_case *test)
{
    struct fault fault = {0};
    struct zone *zone = NULL;
    int64_t wall = 0;
    enum wall_kind kind = WALL_PLAIN;
    char got[INSTANT_SIZE];

    cr_assert(zones_find(zones, test->zone, &zone, &fault), "%s", fault.text);
    cr_assert(instant_parse(slice_of(test->wall), &wall, &fault), "%s", fault.text);
    instant_format(zone_to_utc(zone, wall, &kind), got);
    cr_expect_str_eq(got, test->want, "%s in %s: got %s, want %s", test->wall, test->zone, got, test->want);
    cr_expect_eq(kind, test->kind, "%s in %s: got kind %d, want %d", test->wall, test->zone, kind, test->kind);
}

Test(zone, turns_wall_clocks_into_utc_through_daylight_saving)
{
    static const struct wall_case cases[] = {
        {"Australia/Sydney", "2026-01-15T09:00:00Z", "2026-01-14T22:00:00Z", WALL_PLAIN},
        {"Australia/Sydney", "2026-07-15T09:00:00Z", "2026-07-14T23:00:00Z", WALL_PLAIN},
        {"Australia/Perth", "2026-01-15T09:00:00Z", "2026-01-15T01:00:00Z", WALL_PLAIN},
        {"Australia/Brisbane", "2026-01-15T09:00:00Z", "2026-01-14T23:00:00Z", WALL_PLAIN},
        {"Australia/Adelaide", "2026-01-15T09:00:00Z", "2026-01-14T22:30:00Z", WALL_PLAIN},
        /* Clocks go forward at 02:00 on 4 October 2026. */
        {"Australia/Sydney", "2026-10-04T01:59:59Z", "2026-10-03T15:59:59Z", WALL_PLAIN},
        {"Australia/Sydney", "2026-10-04T02:00:00Z", "2026-10-03T16:00:00Z", WALL_SKIPPED},
        {"Australia/Sydney", "2026-10-04T02:30:00Z", "2026-10-03T16:30:00Z", WALL_SKIPPED},
        {"Australia/Sydney", "2026-10-04T03:00:00Z", "2026-10-03T16:00:00Z", WALL_PLAIN},
        /* Clocks go back at 03:00 on 5 April 2026: from 02:00 on everything comes twice. */
        {"Australia/Sydney", "2026-04-05T01:59:59Z", "2026-04-04T14:59:59Z", WALL_PLAIN},
        {"Australia/Sydney", "2026-04-05T02:00:00Z", "2026-04-04T15:00:00Z", WALL_TWICE},
        {"Australia/Sydney", "2026-04-05T02:59:59Z", "2026-04-04T15:59:59Z", WALL_TWICE},
        {"Australia/Sydney", "2026-04-05T03:00:00Z", "2026-04-04T17:00:00Z", WALL_PLAIN},
        /* Half an hour on Lord Howe Island; a whole day that Samoa left out. */
        {"Australia/Lord_Howe", "2026-10-04T02:15:00Z", "2026-10-03T15:45:00Z", WALL_SKIPPED},
        {"Pacific/Apia", "2011-12-30T12:00:00Z", "2011-12-30T22:00:00Z", WALL_SKIPPED},
        {"Pacific/Apia", "2011-12-31T12:00:00Z", "2011-12-30T22:00:00Z", WALL_PLAIN},
        {"Europe/Zurich", "2025-03-30T02:30:00Z", "2025-03-30T01:30:00Z", WALL_SKIPPED},
        {"America/Sao_Paulo", "2016-04-29T09:00:00Z", "2016-04-29T12:00:00Z", WALL_PLAIN},
        {"W. Australia Standard Time", "2026-01-15T09:00:00Z", "2026-01-15T01:00:00Z", WALL_PLAIN},
    };
    struct zones *zones = zones_new();

    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < array_length(cases); i++)
            check(zones, &cases[i]);
    zones_destroy(&zones);
}

Test(zone, keeps_the_iana_name_and_finds_it_for_windows_names)
{
    struct zones *zones = zones_new();
    struct fault fault = {0};
    struct zone *zone = NULL;

    cr_assert(zones_find(zones, "Australia/Sydney", &zone, &fault));
    cr_expect_str_eq(zone_name(zone), "Australia/Sydney");
    cr_assert(zones_find(zones, "W. Australia Standard Time", &zone, &fault));
    cr_expect_str_eq(zone_name(zone), "Australia/Perth");
    zones_destroy(&zones);
}

Test(zone, refuses_names_that_are_no_place)
{
    static const char *const names[] = {"",       "Australia/Sidney", "GMT+10",       "+10:00", "EST",
                                        "Sydney", "Australia/",       "\xC3\x84gypt", "/",      "Etc/Unknown"};
    struct zones *zones = zones_new();

    for (size_t i = 0; i < array_length(names); i++) {
        struct fault fault = {0};
        struct zone *zone = NULL;

        cr_expect(!zones_find(zones, names[i], &zone, &fault), "'%s' passed", names[i]);
        cr_expect(strstr(fault.text, "is not a time zone"), "'%s': got '%s'", names[i], fault.text);
    }
    zones_destroy(&zones);
}

Test(zone, zones_agree_where_their_clocks_went_alike)
{
    static const struct {
        const char *one;
        const char *other;
        const char *from;
        const char *to;
        bool agree;
    } cases[] = {
        {"Australia/Sydney", "Australia/NSW", "1990-01-01T00:00:00Z", "2026-06-01T00:00:00Z", true},
        {"Australia/Sydney", "Australia/Melbourne", "2010-01-01T00:00:00Z", "2026-06-01T00:00:00Z", true},
        {"Australia/Sydney", "Australia/Brisbane", "2026-05-01T00:00:00Z", "2026-09-01T00:00:00Z", true},
        {"Australia/Sydney", "Australia/Brisbane", "2026-05-01T00:00:00Z", "2026-10-20T00:00:00Z", false},
        {"Australia/Sydney", "Australia/Brisbane", "2026-09-30T23:00:00Z", "2026-10-03T17:00:00Z", false},
        {"Australia/Sydney", "Australia/Perth", "2026-05-01T00:00:00Z", "2026-05-01T00:00:00Z", false},
    };
    struct zones *zones = zones_new();

    for (size_t i = 0; i < array_length(cases); i++) {
        struct fault fault = {0};
        struct zone *one = NULL;
        struct zone *other = NULL;
        int64_t from = 0;
        int64_t to = 0;

        cr_assert(zones_find(zones, cases[i].one, &one, &fault) && zones_find(zones, cases[i].other, &other, &fault));
        cr_assert(instant_parse(slice_of(cases[i].from), &from, &fault) &&
                  instant_parse(slice_of(cases[i].to), &to, &fault));
        cr_expect_eq(zones_agree(one, other, from, to), cases[i].agree, "case %zu", i);
    }
    zones_destroy(&zones);
}
