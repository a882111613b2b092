#include "model/amount.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"

struct amount_case {
    const char *text;
    char point;
    const char *want; /* NULL: refused */
};

static void check(bool (*read)(struct slice, char, struct scratch *, struct slice *), const struct amount_case *cases,
                  size_t count)
{
    for (size_t i = 0; i < count; i++) {
        scoped(scratch_destroy) struct scratch *scratch = scratch_new();
        struct slice got = {0};
        bool good = read(slice_of(cases[i].text), cases[i].point, scratch, &got);

        cr_expect_eq(good, cases[i].want != NULL, "'%s': %s", cases[i].text, good ? "taken" : "refused");
        if (good && cases[i].want)
            cr_expect(slice_equals(got, cases[i].want), "'%s': got '%.*s', want '%s'", cases[i].text, (int)got.size,
                      got.data, cases[i].want);
    }
}

Test(amount, reads_numbers_exactly)
{
    static const struct amount_case cases[] = {
        {"10.00", '.', "10"},
        {"-0.0", '.', "0"},
        {"007.50", '.', "7.5"},
        {"+3", '.', "3"},
        {"12345678901234567890.12345678901234567890", '.', "12345678901234567890.1234567890123456789"},
        {"1,234.5", '.', "1234.5"},
        {"1.234,5", ',', "1234.5"},
        {"1 234 567", '.', "1234567"},
        {"1\xC2\xA0"
         "234",
         '.', "1234"},
        {"1'234", '.', "1234"},
        {"12,5", ',', "12.5"},
        {"12,5", '.', NULL},
        {"1,23", '.', NULL},
        {"1,2345", '.', NULL},
        {"1234,567", '.', NULL},
        {"1,234,56", '.', NULL},
        {"1.5.2", '.', NULL},
        {"1e3", '.', NULL},
        {"$5", '.', NULL},
        {"", '.', NULL},
        {".", '.', NULL},
        {"--1", '.', NULL},
        {"1234567890123456789012345678901234567890123456789012345678901", '.', NULL},
    };

    check(amount_read_decimal, cases, array_length(cases));
}

Test(amount, reads_money_as_people_write_it)
{
    static const struct amount_case cases[] = {
        {"85.0000", '.', "85.00"},
        {"85", '.', "85.00"},
        {"0.1234", '.', "0.1234"},
        {"$1,234.50", '.', "1234.50"},
        {"AU$ 12.5", '.', "12.50"},
        {"12.50 AUD", '.', "12.50"},
        {"\xE2\x82\xAC 1.234,50", ',', "1234.50"},
        {"1.234,50 \xE2\x82\xAC", ',', "1234.50"},
        {"(5.00)", '.', "-5.00"},
        {"($5.00)", '.', "-5.00"},
        {"-$5", '.', "-5.00"},
        {"$-5", '.', "-5.00"},
        {"5-", '.', "-5.00"},
        {"-0.00", '.', "0.00"},
        {"free", '.', NULL},
        {"(-5)", '.', NULL},
        {"-5-", '.', NULL},
        {"5 or 6", '.', NULL},
        {"$", '.', NULL},
        {"", '.', NULL},
    };

    check(amount_read_money, cases, array_length(cases));
}
