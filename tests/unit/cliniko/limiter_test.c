#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/loop.h"
#include "base/memory.h"
#include "cliniko/bucket.h"
#include "cliniko/limiter.h"
#include "support/redis_fixture.h"

TestSuite(limiter, .timeout = 60);

enum { WAITERS = 400 };

static struct loop *loop;
static struct redis_fixture redis;
static struct bucket *bucket;

struct customer {
    struct limiter_waiter waiter;
    int calls;
    bool granted;
    int64_t at_us;
    int turn; /* in which order they were served */
};

static struct customer customers[WAITERS];
static int served;

static void on_slot(void *argument, bool granted)
{
    struct customer *customer = argument;

    customer->calls++;
    customer->granted = granted;
    customer->at_us = clock_monotonic_us();
    customer->turn = served++;
}

static void open_all(void)
{
    struct fault fault;

    redis_fixture_start(&redis, NULL);
    cr_assert(loop_open(&loop, &fault), "%s", fault.text);
    cr_assert(bucket_open(loop, &(struct bucket_settings){.url = redis.url}, &bucket, &fault), "%s", fault.text);
}

static void close_all(void)
{
    bucket_close(&bucket);
    loop_close(&loop);
    redis_fixture_stop(&redis);
}

static struct limiter *new_limiter(int rate)
{
    return limiter_new(loop, bucket, &(struct limiter_settings){.user = "7", .rate_per_minute = rate});
}

static void queue(struct limiter *limiter, int from, int to)
{
    for (int i = from; i < to; i++)
        limiter_wait(limiter, &customers[i].waiter, 0, on_slot, &customers[i]);
}

static void wait_for(int count)
{
    while (served < count)
        loop_turn(loop, 1000);
}

static int by_time(const void *left, const void *right)
{
    int64_t difference = ((const struct customer *)left)->at_us - ((const struct customer *)right)->at_us;

    return (difference > 0) - (difference < 0);
}

/* A busy machine wakes a process late: a span may look shorter by so much than its slots were apart. */
enum { LATE_US = 200000 };

Test(limiter, serves_in_order_at_an_even_rate)
{
    struct limiter *limiter = NULL;
    int64_t span_us = 0;

    open_all();
    limiter = new_limiter(6000); /* 10 ms apart */
    queue(limiter, 0, 200);
    cr_expect_eq(served, 0, "a slot came inside limiter_wait");
    cr_expect_eq(limiter_waiting(limiter), 200);
    wait_for(200);
    span_us = customers[199].at_us - customers[0].at_us;
    for (int i = 0; i < 200; i++) {
        cr_expect_eq(customers[i].turn, i);
        cr_expect(customers[i].granted && customers[i].calls == 1);
    }
    cr_expect(span_us >= 199 * 10000 - LATE_US, "199 intervals of 10 ms took %" PRId64 " us", span_us);
    limiter_destroy(&limiter);
    close_all();
}

Test(limiter, shares_the_rate_with_other_processes)
{
    struct limiter *one = NULL;
    struct limiter *other = NULL;
    struct bucket *second = NULL;
    struct fault fault;
    int64_t span_us = 0;

    open_all();
    cr_assert(bucket_open(loop, &(struct bucket_settings){.url = redis.url}, &second, &fault));
    one = new_limiter(12000); /* 5 ms apart */
    other = limiter_new(loop, second, &(struct limiter_settings){.user = "7", .rate_per_minute = 12000});
    queue(one, 0, 200);
    queue(other, 200, 400);
    wait_for(400);
    qsort(customers, WAITERS, sizeof customers[0], by_time);
    span_us = customers[399].at_us - customers[0].at_us;
    cr_expect(span_us >= 399 * 5000 - LATE_US, "the two went beyond the rate: 399 intervals in %" PRId64 " us",
              span_us);
    for (int i = 100; i < 400; i++)
        cr_expect(customers[i].at_us - customers[i - 100].at_us >= 100 * 5000 - LATE_US, "a burst around %d", i);
    limiter_destroy(&one);
    limiter_destroy(&other);
    bucket_close(&second);
    close_all();
}

Test(limiter, sends_away_who_cannot_get_a_slot_in_time)
{
    struct limiter *limiter = NULL;
    int64_t now_ms = clock_monotonic_ms();

    open_all();
    limiter = new_limiter(60); /* a second apart: the first in a second */
    limiter_wait(limiter, &customers[0].waiter, now_ms + 100, on_slot, &customers[0]);
    limiter_wait(limiter, &customers[1].waiter, 0, on_slot, &customers[1]);
    wait_for(1);
    cr_expect_eq(customers[0].calls, 1);
    cr_expect(!customers[0].granted);
    cr_expect(clock_monotonic_ms() - now_ms < 900, "it was told only at its slot");
    wait_for(2);
    cr_expect(customers[1].granted);
    limiter_destroy(&limiter);
    close_all();
}

Test(limiter, tells_in_time_while_redis_is_away)
{
    struct limiter *limiter = NULL;
    int64_t now_ms = 0;

    open_all();
    redis_fixture_kill(&redis);
    limiter = new_limiter(6000);
    now_ms = clock_monotonic_ms();
    limiter_wait(limiter, &customers[0].waiter, now_ms + 50, on_slot, &customers[0]);
    limiter_wait(limiter, &customers[1].waiter, 0, on_slot, &customers[1]);
    wait_for(1);
    cr_expect(!customers[0].granted);
    cr_expect(clock_monotonic_ms() >= now_ms + 50);
    redis_fixture_restart(&redis);
    wait_for(2);
    cr_expect(customers[1].granted);
    limiter_destroy(&limiter);
    close_all();
}

Test(limiter, forgets_those_who_leave)
{
    struct limiter *limiter = NULL;

    open_all();
    limiter = new_limiter(6000);
    queue(limiter, 0, 5);
    limiter_leave(&customers[0].waiter);
    limiter_leave(&customers[3].waiter);
    limiter_leave(&customers[3].waiter);
    wait_for(3);
    cr_expect_eq(customers[0].calls + customers[3].calls, 0);
    cr_expect_eq(limiter_waiting(limiter), 0);
    limiter_destroy(&limiter);
    close_all();
}

Test(limiter, drops_its_slots_when_the_limit_is_used_up)
{
    struct limiter *limiter = NULL;
    int64_t shut_us = 0;

    open_all();
    limiter = new_limiter(600);
    queue(limiter, 0, 20);
    wait_for(2);
    limiter_throttled(limiter, 1200);
    shut_us = clock_monotonic_us();
    wait_for(3);
    cr_expect(customers[2].at_us >= shut_us + 1200000 - 2000, "a slot was used %" PRId64 " us after the closing",
              customers[2].at_us - shut_us);
    for (int i = 3; i < 20; i++)
        limiter_leave(&customers[i].waiter);
    limiter_destroy(&limiter);
    close_all();
}

Test(limiter, without_a_limit_needs_no_redis)
{
    struct fault fault;
    struct limiter *limiter = NULL;
    int64_t shut_ms = 0;

    cr_assert(loop_open(&loop, &fault));
    limiter = limiter_new(loop, NULL, &(struct limiter_settings){.user = "7"});
    for (int i = 0; i < 1000; i++)
        cr_expect(limiter_try(limiter));
    limiter_throttled(limiter, 150);
    shut_ms = clock_monotonic_ms();
    cr_expect(!limiter_try(limiter));
    limiter_wait(limiter, &customers[0].waiter, 0, on_slot, &customers[0]);
    limiter_wait(limiter, &customers[1].waiter, shut_ms + 100, on_slot, &customers[1]);
    wait_for(2);
    cr_expect(customers[0].granted && !customers[1].granted);
    cr_expect(clock_monotonic_ms() - shut_ms >= 149);
    cr_expect(limiter_try(limiter));
    limiter_destroy(&limiter);
    loop_close(&loop);
}
