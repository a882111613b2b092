#include <criterion/criterion.h>
#include <inttypes.h>

#include "base/memory.h"
#include "cliniko/slots.h"

TestSuite(slots, .timeout = 10);

enum { SECOND = 1000000 };

static void add(struct slots *slots, int count, int64_t wait_us, int64_t interval_us, int64_t now_us)
{
    slots_add(slots, &(struct bucket_grant){.slots = count, .wait_us = wait_us, .interval_us = interval_us}, now_us);
}

Test(slots, are_used_at_their_times)
{
    struct slots slots = {0};
    int64_t start = 5 * SECOND;

    add(&slots, 3, 100, 1000, start);
    cr_expect_eq(slots_left(&slots), 3);
    cr_expect(!slots_take(&slots, start + 99));
    cr_expect(slots_take(&slots, start + 100));
    cr_expect(!slots_take(&slots, start + 1099));
    cr_expect(slots_take(&slots, start + 1100));
    cr_expect_eq(slots_next_us(&slots, start + 1100), start + 2100);
    cr_expect(slots_take(&slots, start + 2100));
    cr_expect(!slots_take(&slots, start + 9000));
    cr_expect_eq(slots_next_us(&slots, start), -1);
}

Test(slots, that_are_a_second_late_are_lost)
{
    struct slots slots = {0};

    add(&slots, 3, 0, 400000, 0);
    cr_expect_eq(slots_next_us(&slots, SECOND + 1), 400000);
    cr_expect_eq(slots_left(&slots), 2);
    cr_expect_eq(slots_next_us(&slots, 3 * SECOND), -1);
}

Test(slots, of_a_burst_are_late_from_their_arrival_on)
{
    struct slots slots = {0};

    add(&slots, 3, -3 * SECOND, SECOND, 10 * SECOND);
    for (int i = 0; i < 3; i++)
        cr_expect(slots_take(&slots, 10 * SECOND + 5));
    cr_expect(!slots_take(&slots, 10 * SECOND + 5));
}

Test(slots, before_a_closing_are_dropped)
{
    struct slots slots = {0};

    add(&slots, 3, 0, 1000, 0);
    add(&slots, 2, 5000, 1000, 0);
    slots_drop_before(&slots, 1500);
    cr_expect_eq(slots_left(&slots), 3);
    cr_expect_eq(slots_next_us(&slots, 0), 2000);
    slots_drop_before(&slots, 1000000);
    cr_expect_eq(slots_left(&slots), 0);
}

Test(slots, without_sense_are_not_taken_in)
{
    struct slots slots = {0};

    add(&slots, 0, 0, 1000, 0);
    add(&slots, 3, 0, 0, 0);
    cr_expect_eq(slots.count, 0);
}

static const struct {
    int waiting;
    int rate;
    int left;
    int want;
} wanted[] = {
    {0, 180, 0, 0},   {1, 180, 0, 1},         {100, 180, 0, 3},      {100, 180, 1, 3},         {100, 180, 2, 0},
    {2, 180, 1, 1},   {1, 180, 1, 0},         {100, 20, 0, 1},       {100, 20, 1, 0},          {100, 1, 0, 1},
    {5, 60000, 0, 5}, {5000, 60000, 0, 1000}, {5000, 60000, 501, 0}, {5000, 1000000, 0, 1000},
};

Test(slots, are_asked_for_a_second_ahead_at_most)
{
    for (size_t i = 0; i < array_length(wanted); i++) {
        struct slots slots = {0};
        int got = 0;

        if (wanted[i].left)
            add(&slots, wanted[i].left, 0, 1000, 0);
        got = slots_wanted(&slots, wanted[i].waiting, wanted[i].rate);
        cr_expect_eq(got, wanted[i].want, "%d waiting, %d/min, %d left: got %d, want %d", wanted[i].waiting,
                     wanted[i].rate, wanted[i].left, got, wanted[i].want);
    }
}

/* The script's arithmetic with a clock of our own: asking as the limiter does, every slot of the line is used. */
Test(slots, keep_a_saturated_queue_at_its_full_rate)
{
    struct slots slots = {0};
    int64_t interval = 333334;
    int64_t line = 0;
    int used = 0;

    for (int64_t now = 0; now < 180 * (int64_t)SECOND; now += 1000) {
        int more = slots_wanted(&slots, 50, 180);

        if (more > 0) {
            int64_t first = line > now ? line : now;
            int64_t fit = 1 + (now + SECOND - first) / interval;
            int given = more < fit ? more : (int)(fit > 1 ? fit : 1);

            add(&slots, given, first - now, interval, now);
            line = first + given * interval;
        }
        while (slots_take(&slots, now))
            used++;
    }
    cr_expect(used >= 539 && used <= 540, "got %d of 540", used);
}
