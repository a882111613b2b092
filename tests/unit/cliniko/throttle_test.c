#include <criterion/criterion.h>
#include <inttypes.h>

#include "base/memory.h"
#include "base/text.h"
#include "cliniko/client.h"
#include "cliniko/throttle.h"

TestSuite(throttle, .timeout = 10);

static const char date[] = "Sun, 06 Nov 1994 08:49:37 GMT"; /* 784111777 */

/* API reference 2: how long a 429 closes. */
static const struct {
    const char *name;
    const char *reset;
    const char *date;
    int jitter;
    int64_t wait_ms;
} cases[] = {
    {"sane", "784111787", date, 0, 11000},
    {"sane, half the jitter", "784111787", date, 500, 12000},
    {"sane, all the jitter", "784111787", date, 1000, 13000},
    {"the nearest", "784111778", date, 0, 2000},
    {"the furthest", "784111897", date, 0, 121000},
    {"one too far", "784111898", date, 0, 60000},
    {"now", "784111777", date, 0, 60000},
    {"past", "784111776", date, 1000, 60000},
    {"missing", "", date, 0, 60000},
    {"no date", "784111787", "", 0, 60000},
    {"broken date", "784111787", "yesterday", 0, 60000},
    {"text", "soon", date, 0, 60000},
    {"negative", "-1", date, 0, 60000},
    {"greatest", "9223372036854775807", date, 0, 60000},
    {"beyond", "9223372036854775808", date, 0, 60000},
    {"milliseconds", "784111787000", date, 0, 60000},
    {"blanks around", " 784111787 ", date, 0, 11000},
};

Test(throttle, waits_as_the_reference_says)
{
    for (size_t i = 0; i < array_length(cases); i++) {
        int64_t got = throttle_wait_ms(slice_of(cases[i].reset), slice_of(cases[i].date), cases[i].jitter);

        cr_expect_eq(got, cases[i].wait_ms, "%s: got %" PRId64 ", want %" PRId64, cases[i].name, got, cases[i].wait_ms);
    }
}

Test(backoff, doubles_up_to_a_minute)
{
    static const int64_t want[] = {2000, 4000, 8000, 16000, 32000, 60000, 60000};

    for (size_t i = 0; i < array_length(want); i++) {
        cr_expect_eq(cliniko_backoff_ms((int)i + 1, 1000), want[i]);
        cr_expect_eq(cliniko_backoff_ms((int)i + 1, 0), want[i] / 2);
    }
    cr_expect_eq(cliniko_backoff_ms(1000000, 1000), 60000);
    cr_expect_eq(cliniko_backoff_ms(0, 1000), 2000);
}

Test(backoff, jitter_stays_within_its_bounds)
{
    for (int i = 0; i < 1000; i++) {
        int jitter = cliniko_jitter();

        cr_expect(jitter >= 0 && jitter <= 1000, "got %d", jitter);
    }
}
