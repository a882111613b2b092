#include <criterion/criterion.h>

#include "base/memory.h"
#include "sandbox/limit.h"

/* Ten seconds past a full minute. */
#define START (INT64_C(29453760) * 60000 + 10000)

/* How many of `count` requests at that instant are let through. */
static int burst(struct limiter *limiter, const struct limit_policy *policy, int64_t now_ms, int count,
                 int64_t *ret_reset)
{
    int passed = 0;

    for (int i = 0; i < count; i++)
        passed += limiter_take(limiter, policy, now_ms, ret_reset);
    return passed;
}

Test(limit, each_window_lets_through_what_it_should)
{
    static const struct {
        const char *name;
        enum limit_window window;
        bool count_refused;
        int64_t after_ms; /* the second burst; the first is at START */
        int want_first;
        int64_t want_reset; /* seconds after START */
        int want_second;
    } cases[] = {
        {"fixed, same minute", LIMIT_FIXED, false, 49999, 200, 50, 0},
        {"fixed, next minute", LIMIT_FIXED, false, 50000, 200, 50, 200},
        {"sliding, too early", LIMIT_SLIDING, false, 59999, 200, 60, 0},
        {"sliding, on time", LIMIT_SLIDING, false, 60000, 200, 60, 200},
        {"sliding, refused ones count", LIMIT_SLIDING, true, 59999, 200, 60, 0},
        {"bucket, a little", LIMIT_BUCKET, false, 3000, 200, 1, 10},
        {"bucket, full", LIMIT_BUCKET, false, 120000, 200, 1, 200},
        {"bucket, refused ones count", LIMIT_BUCKET, true, 15000, 200, 16, 0},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        const struct limit_policy policy = {
            .per_minute = 200, .window = cases[i].window, .count_refused = cases[i].count_refused};
        struct limiter limiter = {0};
        int64_t reset = 0;
        int first = burst(&limiter, &policy, START, 250, &reset);
        int64_t want_reset = START / 1000 + cases[i].want_reset;
        int second = 0;

        cr_expect_eq(first, cases[i].want_first, "%s: got %d, want %d at once", cases[i].name, first,
                     cases[i].want_first);
        cr_expect_eq(reset, want_reset, "%s: reset in got %lld, want %lld s", cases[i].name,
                     (long long)(reset - START / 1000), (long long)cases[i].want_reset);
        second = burst(&limiter, &policy, START + cases[i].after_ms, 250, &reset);
        cr_expect_eq(second, cases[i].want_second, "%s: got %d, want %d later", cases[i].name, second,
                     cases[i].want_second);
        limiter_release(&limiter);
    }
}

Test(limit, even_pace_at_the_limit_is_never_refused)
{
    for (int window = LIMIT_FIXED; window <= LIMIT_BUCKET; window++) {
        const struct limit_policy policy = {.per_minute = 200, .window = (enum limit_window)window};
        struct limiter limiter = {0};
        int64_t reset = 0;
        int refused = 0;

        for (int i = 0; i < 2000; i++)
            refused += !limiter_take(&limiter, &policy, START + i * 300, &reset);
        cr_expect_eq(refused, 0, "window %d: got %d refusals, want none", window, refused);
        limiter_release(&limiter);
    }
}

Test(limit, refused_requests_that_count_keep_a_sliding_window_closed)
{
    const struct limit_policy policy = {.per_minute = 5, .window = LIMIT_SLIDING, .count_refused = true};
    struct limiter limiter = {0};
    int64_t reset = 0;

    cr_assert_eq(burst(&limiter, &policy, START, 5, &reset), 5);
    for (int second = 1; second < 180; second++)
        cr_assert_not(limiter_take(&limiter, &policy, START + second * 1000, &reset), "second %d", second);
    /* The limit allows one again when all but 4 of those of the last minute are gone: 60 s after the one at 175 s. */
    cr_expect_eq(reset, START / 1000 + 175 + 60, "got %lld", (long long)(reset - START / 1000));
    limiter_release(&limiter);
}

Test(limit, no_limit_lets_everything_through)
{
    const struct limit_policy policy = {.per_minute = 0};
    struct limiter limiter = {0};
    int64_t reset = 0;

    cr_expect_eq(burst(&limiter, &policy, START, 5000, &reset), 5000);
    limiter_release(&limiter);
}

Test(limit, the_header_can_be_faulty_in_three_ways)
{
    const int64_t reset = START / 1000 + 50;

    cr_expect_eq(limit_header_value(LIMIT_HEADER_RIGHT, reset, START), reset);
    cr_expect_eq(limit_header_value(LIMIT_HEADER_MISSING, reset, START), -1);
    cr_expect_lt(limit_header_value(LIMIT_HEADER_PAST, reset, START), START / 1000);
    cr_expect_gt(limit_header_value(LIMIT_HEADER_FUTURE, reset, START), START / 1000 + 3600);
}

Test(limit, the_window_counts_exactly_and_survives_a_clock_that_is_set_back)
{
    struct window window = {0};

    for (int i = 0; i < 1000; i++)
        window_add(&window, START + i * 10);
    cr_expect_eq(window_total(&window, START + 9990), 1000);
    cr_expect_eq(window_total(&window, START + 60000), 999, "the first is exactly 60 s old");
    window_add(&window, START);
    cr_expect_eq(window_total(&window, START + 60000), 1000);
    cr_expect_eq(window_total(&window, START + 200000), 0);
    window_release(&window);
}
