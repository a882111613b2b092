#include "base/number.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <locale.h>

#include "base/memory.h"

Test(number, reads_what_is_within_bounds)
{
    static const struct {
        const char *text;
        int64_t want;
    } cases[] = {
        {"0", 0},
        {"-0", 0},
        {"7", 7},
        {"-7", -7},
        {"007", 7},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
        {"00000000000000000000000000000000000001", 1},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct fault fault = {0};
        int64_t got = 99;

        cr_expect(number_parse(slice_of(cases[i].text), INT64_MIN, INT64_MAX, &got, &fault), "'%s': %s", cases[i].text,
                  fault.text);
        cr_expect_eq(got, cases[i].want, "'%s': got %" PRId64, cases[i].text, got);
    }
}

Test(number, refuses_all_else)
{
    static const char *const cases[] = {"",
                                        "-",
                                        "+",
                                        "+1",
                                        " 1",
                                        "1 ",
                                        "1\n",
                                        "1.0",
                                        "1e3",
                                        "0x10",
                                        "--1",
                                        "1-",
                                        "a",
                                        "1a",
                                        "\xD9\xA3",
                                        "1_000",
                                        "1,000",
                                        "9223372036854775808",
                                        "-9223372036854775809",
                                        "99999999999999999999999"};

    for (size_t i = 0; i < array_length(cases); i++) {
        struct fault fault = {0};
        int64_t got = 99;

        cr_expect_not(number_parse(slice_of(cases[i]), INT64_MIN, INT64_MAX, &got, &fault), "'%s': got %" PRId64,
                      cases[i], got);
        cr_expect_eq(fault.kind, FAULT_BAD_INPUT, "'%s'", cases[i]);
        cr_expect(cases[i][0] == '\0' || (unsigned char)cases[i][0] > 0x7F || strstr(fault.text, cases[i]),
                  "'%s' is not quoted: %s", cases[i], fault.text);
        cr_expect_eq(got, 99, "'%s': the output was touched", cases[i]);
    }
}

Test(number, keeps_to_its_bounds)
{
    static const struct {
        const char *text;
        bool within;
    } cases[] = {{"-3", false}, {"-2", true}, {"5", true}, {"6", false}};

    for (size_t i = 0; i < array_length(cases); i++) {
        struct fault fault = {0};
        int64_t got = 0;

        cr_expect_eq(number_parse(slice_of(cases[i].text), -2, 5, &got, &fault), cases[i].within, "%s", cases[i].text);
        if (!cases[i].within)
            cr_expect(strstr(fault.text, "-2 to 5"), "got '%s'", fault.text);
    }
}

Test(number, with_a_nul_inside_is_refused)
{
    struct fault fault = {0};
    int64_t whole = 0;
    double decimal = 0;

    cr_expect_not(number_parse((struct slice){"1\0002", 3}, 0, 100, &whole, &fault));
    cr_expect_not(decimal_parse((struct slice){"1\0002", 3}, &decimal, &fault));
}

Test(number, quotes_no_more_than_forty_bytes)
{
    char digits[5000];
    struct fault fault = {0};
    int64_t got = 0;

    memset(digits, '1', sizeof digits);
    cr_expect_not(number_parse((struct slice){digits, sizeof digits}, 0, INT64_MAX, &got, &fault));
    cr_expect(strlen(fault.text) < 80, "got '%s'", fault.text);
}

Test(decimal, reads_what_is_one)
{
    static const struct {
        const char *text;
        double want;
    } cases[] = {{"0", 0},  {"-12.50", -12.5}, {"1e-3", 0.001},  {"1E3", 1000},
                 {"3.", 3}, {"0.1", 0.1},      {"1e308", 1e308}, {"-0", 0}};

    for (size_t i = 0; i < array_length(cases); i++) {
        struct fault fault = {0};
        double got = 99;

        cr_expect(decimal_parse(slice_of(cases[i].text), &got, &fault), "'%s': %s", cases[i].text, fault.text);
        cr_expect(got == cases[i].want, "'%s': got %g, want %g", cases[i].text, got, cases[i].want);
    }
}

Test(decimal, refuses_all_else)
{
    static const char *const cases[] = {"",
                                        "-",
                                        "--1",
                                        ".5",
                                        "+1",
                                        " 1",
                                        "1 ",
                                        "1,5",
                                        "1e",
                                        "e3",
                                        "abc",
                                        "inf",
                                        "-inf",
                                        "nan",
                                        "-nan",
                                        "1e999",
                                        "0x10",
                                        "-0x1p3",
                                        "1111111111111111111111111111111111111111111111111111111111111111"};

    for (size_t i = 0; i < array_length(cases); i++) {
        struct fault fault = {0};
        double got = 99;

        cr_expect_not(decimal_parse(slice_of(cases[i]), &got, &fault), "'%s': got %g", cases[i], got);
        cr_expect_eq(fault.kind, FAULT_BAD_INPUT, "'%s'", cases[i]);
    }
}

Test(decimal, does_not_depend_on_the_locale)
{
    struct fault fault = {0};
    double got = 0;

    if (!setlocale(LC_ALL, "de_DE.UTF-8"))
        setlocale(LC_ALL, "");
    cr_expect(decimal_parse(slice_of("1.5"), &got, &fault), "%s", fault.text);
    cr_expect(got == 1.5, "got %g", got);
}
