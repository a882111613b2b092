#include "model/date_format.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"

struct date_case {
    const char *format;
    const char *text;
    const char *want; /* NULL: refused */
};

static void check(const struct date_case *test)
{
    struct moment moment = {0};
    char got[MOMENT_SIZE] = "refused";

    if (date_format_read(test->format, slice_of(test->text), &moment)) {
        if (moment.has_time)
            moment_put_time(&moment, got);
        else
            moment_put_date(&moment, got);
    }
    cr_expect_str_eq(got, test->want ? test->want : "refused", "%s by %s: got %s, want %s", test->text, test->format,
                     got, test->want ? test->want : "refused");
}

Test(date_format, reads_what_the_format_says_and_nothing_else)
{
    static const struct date_case cases[] = {
        {"YYYY-MM-DD", "2003-03-10", "2003-03-10"},
        {"YYYY-MM-DD", "2003-3-10", NULL},
        {"YYYY-MM-DD", "2003-03-10 ", NULL},
        {"YYYY-MM-DD", "2003-02-29", NULL},
        {"YYYY-MM-DD", "2004-02-29", "2004-02-29"},
        {"YYYY-MM-DD", "2003-13-01", NULL},
        {"YYYY-MM-DD", "", NULL},
        {"DD/MM/YYYY", "12/03/1975", "1975-03-12"},
        {"DD/MM/YYYY", "2/03/1975", NULL},
        {"D/M/YYYY", "2/3/1975", "1975-03-02"},
        {"M/D/YYYY", "12/31/1999", "1999-12-31"},
        {"D/M/YYYY", "12/31/1999", NULL},
        {"D.M.YY", "1.2.29", "2029-02-01"},
        {"D.M.YY", "1.2.30", "1930-02-01"},
        {"D MMM YYYY", "5 Mar 2020", "2020-03-05"},
        {"D MMM YYYY", "5 sept 2020", "2020-09-05"},
        {"D MMM YYYY", "15 December 2020", "2020-12-15"},
        {"D MMM YYYY", "15 Decem 2020", NULL},
        {"YYYY-MM-DD[ HH:mm[:ss[.f]]]", "2020-01-02", "2020-01-02"},
        {"YYYY-MM-DD[ HH:mm[:ss[.f]]]", "2020-01-02 03:04", "2020-01-02T03:04:00"},
        {"YYYY-MM-DD[ HH:mm[:ss[.f]]]", "2020-01-02 03:04:05", "2020-01-02T03:04:05"},
        {"YYYY-MM-DD[ HH:mm[:ss[.f]]]", "2020-01-02 24:00", NULL},
        {"YYYY-MM-DD[ HH:mm[:ss[.f]]]", "2020-01-02 23:60", NULL},
        {"M/D/YYYY h:mm A", "1/2/2020 12:05 am", "2020-01-02T00:05:00"},
        {"M/D/YYYY h:mm A", "1/2/2020 12:05 PM", "2020-01-02T12:05:00"},
        {"M/D/YYYY h:mm A", "1/2/2020 1:05 PM", "2020-01-02T13:05:00"},
        {"M/D/YYYY h:mm A", "1/2/2020 13:05 PM", NULL},
        {"YYYY-MM-DDTHH:mm:ssZ", "2016-04-29T18:38:08Z", "2016-04-29T18:38:08Z"},
        {"YYYY-MM-DDTHH:mm:ssZ", "2016-04-29T01:38:08+10:00", "2016-04-28T15:38:08Z"},
        {"YYYY-MM-DDTHH:mm:ssZ", "2016-04-29T01:38:08", NULL},
    };

    for (size_t i = 0; i < array_length(cases); i++)
        check(&cases[i]);
}

Test(date_format, rounds_the_ticks_of_sql_server_to_the_second_they_mean)
{
    static const struct date_case cases[] = {
        {"YYYY-MM-DD HH:mm:ss.f", "2020-12-31 23:59:59.997", "2021-01-01T00:00:00"},
        {"YYYY-MM-DD HH:mm:ss.f", "2020-12-31 09:00:00.003", "2020-12-31T09:00:00"},
    };

    for (size_t i = 0; i < array_length(cases); i++)
        check(&cases[i]);
}

Test(date_format, gives_the_day_as_it_was_written_even_with_an_offset)
{
    struct moment moment = {0};
    char got[MOMENT_SIZE];

    cr_assert(date_format_read("YYYY-MM-DDTHH:mm:ssZ", slice_of("2016-04-29T01:38:08+10:00"), &moment));
    moment_put_date(&moment, got);
    cr_expect_str_eq(got, "2016-04-29", "got %s, want 2016-04-29", got);
}

Test(date_format, refuses_formats_that_cannot_work)
{
    static const struct {
        const char *format;
        const char *want;
    } cases[] = {
        {"YYYY-MM", "needs a year, a month (MM) and a day"},
        {"DD/mm/YYYY", "needs a year, a month (MM) and a day"},
        {"YYYY-MM-DD MM", "names a part twice"},
        {"YYYY-MM-DD[ HH:mm", "brackets"},
        {"YYYY-MM-DD] HH:mm[", "brackets"},
        {"", "needs a year"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct fault fault = {0};

        cr_expect(!date_format_check(cases[i].format, &fault), "%s passed", cases[i].format);
        cr_expect(strstr(fault.text, cases[i].want), "%s: got '%s', want '%s'", cases[i].format, fault.text,
                  cases[i].want);
    }
}
