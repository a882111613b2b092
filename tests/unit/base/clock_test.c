#include "base/clock.h"

#include <criterion/criterion.h>
#include <inttypes.h>

#include "base/memory.h"

Test(dates, count_days_as_the_calendar_does)
{
    static const struct {
        int64_t year;
        unsigned month;
        unsigned day;
        int64_t days;
    } cases[] = {
        {1970, 1, 1, 0},       {1969, 12, 31, -1},   {2000, 2, 29, 11016},    {2000, 3, 1, 11017},
        {1900, 2, 28, -25509}, {1900, 3, 1, -25508}, {2038, 1, 19, 24855},    {1582, 10, 15, -141427},
        {0, 3, 1, -719468},    {0, 1, 1, -719528},   {9999, 12, 31, 2932896}, {2026, 3, 1, 20513},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        int64_t got = days_from_date(cases[i].year, cases[i].month, cases[i].day);
        int64_t year = 0;
        unsigned month = 0;
        unsigned day = 0;

        cr_expect_eq(got, cases[i].days, "%" PRId64 "-%u-%u: got %" PRId64 ", want %" PRId64, cases[i].year,
                     cases[i].month, cases[i].day, got, cases[i].days);
        date_from_days(cases[i].days, &year, &month, &day);
        cr_expect(year == cases[i].year && month == cases[i].month && day == cases[i].day,
                  "day %" PRId64 ": got %" PRId64 "-%u-%u", cases[i].days, year, month, day);
    }
}

Test(dates, go_to_days_and_back_for_ten_thousand_years)
{
    int64_t last = days_from_date(9999, 12, 31);
    int64_t expected = days_from_date(0, 1, 1);

    for (int64_t day = expected; day <= last; day++) {
        int64_t year = 0;
        unsigned month = 0;
        unsigned date = 0;

        date_from_days(day, &year, &month, &date);
        cr_assert(date_exists(year, month, date), "day %" PRId64 " is %" PRId64 "-%u-%u", day, year, month, date);
        cr_assert_eq(days_from_date(year, month, date), day, "day %" PRId64, day);
    }
}

Test(dates, exist_or_do_not)
{
    static const struct {
        int64_t year;
        unsigned month;
        unsigned day;
        bool exists;
    } cases[] = {
        {2024, 2, 29, true},  {2023, 2, 29, false},          {2000, 2, 29, true},
        {1900, 2, 29, false}, {2100, 2, 29, false},          {2024, 2, 30, false},
        {2024, 4, 31, false}, {2024, 12, 31, true},          {2024, 13, 1, false},
        {2024, 0, 1, false},  {2024, 1, 0, false},           {0, 2, 29, true},
        {-1, 1, 1, false},    {9999, 12, 31, true},          {10000, 1, 1, false},
        {2024, 1, 32, false}, {2024, 1, 4294967295u, false},
    };

    for (size_t i = 0; i < array_length(cases); i++)
        cr_expect_eq(date_exists(cases[i].year, cases[i].month, cases[i].day), cases[i].exists, "%" PRId64 "-%u-%u",
                     cases[i].year, cases[i].month, cases[i].day);
}

Test(instants, are_written_as_cliniko_wants_them)
{
    static const struct {
        int64_t seconds;
        const char *want;
    } cases[] = {
        {0, "1970-01-01T00:00:00Z"},
        {-1, "1969-12-31T23:59:59Z"},
        {1772323200, "2026-03-01T00:00:00Z"},
        {951782399, "2000-02-28T23:59:59Z"},
        {951782400, "2000-02-29T00:00:00Z"},
        {253402300799, "9999-12-31T23:59:59Z"},
        {253402300800, "9999-12-31T23:59:59Z"},
        {INT64_MAX, "9999-12-31T23:59:59Z"},
        {-62167219200, "0000-01-01T00:00:00Z"},
        {-62167219201, "0000-01-01T00:00:00Z"},
        {INT64_MIN, "0000-01-01T00:00:00Z"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        char got[INSTANT_SIZE];

        instant_format(cases[i].seconds, got);
        cr_expect_str_eq(got, cases[i].want, "%" PRId64 ": got %s, want %s", cases[i].seconds, got, cases[i].want);
    }
}

Test(instants, are_read_with_any_offset)
{
    static const struct {
        const char *text;
        int64_t want;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-03-01T00:00:00Z", 1772323200},
        {"2026-03-01T00:00:00.123456789Z", 1772323200},
        {"2026-03-01T10:00:00+10:00", 1772323200},
        {"2026-03-01T10:00:00+1000", 1772323200},
        {"2026-02-28T19:00:00-05:00", 1772323200},
        {"2026-03-01T05:45:00+05:45", 1772323200},
        {"1969-12-31T23:59:59Z", -1},
        {"2024-02-29T23:59:59Z", 1709251199},
        {"9999-12-31T23:59:59Z", 253402300799},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct fault fault = {0};
        int64_t got = 0;

        cr_expect(instant_parse(slice_of(cases[i].text), &got, &fault), "%s: %s", cases[i].text, fault.text);
        cr_expect_eq(got, cases[i].want, "%s: got %" PRId64 ", want %" PRId64, cases[i].text, got, cases[i].want);
    }
}

Test(instants, that_are_not_whole_are_refused)
{
    static const char *const cases[] = {
        "",
        "2026-03-01",
        "2026-03-01T00:00Z",
        "2026-03-01T00:00:00",
        "2026-03-01 00:00:00Z",
        "2026-03-01T00:00:00Z ",
        " 2026-03-01T00:00:00Z",
        "2026-03-01T00:00:00ZZ",
        "2026-03-01T00:00:00.Z",
        "2026-3-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-03-00T00:00:00Z",
        "2026-03-01T24:00:00Z",
        "2026-03-01T00:60:00Z",
        "2026-03-01T00:00:60Z",
        "2026-03-01T00:00:00+15:00",
        "2026-03-01T00:00:00+10:60",
        "2026-03-01T00:00:00+10",
        "2026-03-01T00:00:00+1:000",
        "2026-03-01T-1:00:00Z",
        "-026-03-01T00:00:00Z",
        "12026-03-01T00:00:00Z",
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct fault fault = {0};
        int64_t got = 0;

        cr_expect_not(instant_parse(slice_of(cases[i]), &got, &fault), "'%s': got %" PRId64, cases[i], got);
        cr_expect_eq(fault.kind, FAULT_BAD_INPUT, "'%s'", cases[i]);
    }
}

Test(instants, are_never_read_behind_their_end)
{
    static const char whole[] = "2026-03-01T10:00:00.5+10:00";

    for (size_t size = 0; size < sizeof whole - 1; size++) {
        char *copy = malloc(size + !size);
        struct fault fault;
        int64_t got = 0;

        memcpy(copy, whole, size);
        cr_expect_not(instant_parse((struct slice){copy, size}, &got, &fault), "cut to %zu", size);
        free(copy);
    }
}

Test(http_dates, are_read)
{
    static const struct {
        const char *text;
        int64_t want;
    } cases[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Sat, 29 Feb 2020 23:59:60 GMT", 1583020800},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct fault fault = {0};
        int64_t got = -5;

        cr_expect(http_date_parse(slice_of(cases[i].text), &got, &fault), "%s: %s", cases[i].text, fault.text);
        cr_expect_eq(got, cases[i].want, "%s: got %" PRId64, cases[i].text, got);
    }
}

Test(http_dates, that_are_none_are_refused)
{
    static const char *const cases[] = {
        "",
        "784111777",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Sun, 06 Nov 1994 08:49:37 PST",
        "Sun, 06 Nov 1994 08:49:37 GM",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nop 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun; 06 Nov 1994 08:49:37 GMT",
        "Sun, 06-Nov-1994 08:49:37 GMT",
        "Sun, 06 Nov 1994T08:49:37 GMT",
        "Sun, 06 Nov 19x4 08:49:37 GMT",
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct fault fault = {0};
        int64_t got = 0;

        cr_expect_not(http_date_parse(slice_of(cases[i]), &got, &fault), "'%s': got %" PRId64, cases[i], got);
    }
}

Test(clocks, go_forward_in_their_units)
{
    int64_t ms = clock_monotonic_ms();
    int64_t us = clock_monotonic_us();

    cr_expect(us / 1000 >= ms && us / 1000 - ms < 1000, "got %" PRId64 " ms and %" PRId64 " us", ms, us);
    cr_expect(clock_monotonic_us() >= us);
    cr_expect(clock_wall_ms() > 1700000000000, "got %" PRId64, clock_wall_ms());
}
