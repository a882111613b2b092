#include <criterion/criterion.h>
#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/loop.h"
#include "base/memory.h"
#include "cliniko/bucket.h"
#include "support/redis_fixture.h"

TestSuite(bucket, .timeout = 60);

static struct loop *loop;
static struct redis_fixture redis;

struct answer {
    int count;
    struct bucket_grant grant;
    int64_t first_us; /* local time of the first slot */
};

static void on_grant(void *argument, const struct bucket_grant *grant)
{
    struct answer *answer = argument;

    answer->count++;
    answer->grant = *grant;
    answer->first_us = clock_monotonic_us() + grant->wait_us;
}

static struct bucket *open_bucket(const char *password_file)
{
    struct bucket *bucket = NULL;
    struct fault fault;
    struct bucket_settings settings = {.url = redis.url, .password_file = password_file};

    cr_assert(bucket_open(loop, &settings, &bucket, &fault), "%s", fault.text);
    return bucket;
}

static void open_all(void)
{
    struct fault fault;

    redis_fixture_start(&redis, NULL);
    cr_assert(loop_open(&loop, &fault), "%s", fault.text);
}

static void close_all(void)
{
    loop_close(&loop);
    redis_fixture_stop(&redis);
}

static struct bucket_ask *ask(struct bucket *bucket, const char *user, int rate, int slots, struct answer *answer)
{
    struct bucket_reservation reservation = {
        .user = user, .rate_per_minute = rate, .burst = 1, .slots = slots, .horizon_ms = 1000};

    return bucket_reserve(bucket, &reservation, on_grant, answer);
}

static struct answer reserve(struct bucket *bucket, const char *user, int rate, int slots)
{
    struct answer answer = {0};

    ask(bucket, user, rate, slots, &answer);
    cr_expect_eq(answer.count, 0, "the callback came inside bucket_reserve");
    while (answer.count == 0)
        loop_turn(loop, 1000);
    return answer;
}

/* One command beside the bucket, on a connection of its own. */
static long long command(const char *format, const char *argument)
{
    redisContext *context = redisConnectUnix(redis.socket);
    redisReply *reply = context && !context->err ? redisCommand(context, format, argument) : NULL;
    long long number = -1;

    cr_assert(reply, "redis does not answer");
    cr_assert_neq(reply->type, REDIS_REPLY_ERROR, "%s", reply->str);
    number = reply->type == REDIS_REPLY_INTEGER ? reply->integer : 0;
    freeReplyObject(reply);
    redisFree(context);
    return number;
}

Test(bucket, gives_evenly_spaced_slots_within_the_horizon)
{
    struct bucket *bucket = NULL;
    struct answer first;
    struct answer second;

    open_all();
    bucket = open_bucket(NULL);
    first = reserve(bucket, "7", 180, 3);
    cr_expect_eq(first.grant.interval_us, 333334, "got %" PRId64, first.grant.interval_us);
    cr_expect_eq(first.grant.slots, 2, "the third one begins just beyond the horizon: got %d", first.grant.slots);
    second = reserve(bucket, "7", 180, 3);
    cr_expect_eq(second.grant.slots, 1, "beyond the horizon there is just one slot: got %d", second.grant.slots);
    cr_expect_lt(llabs(second.first_us - first.first_us - 2 * 333334), 50000,
                 "the line has a gap or overlaps: %" PRId64, second.first_us - first.first_us);
    bucket_close(&bucket);
    close_all();
}

Test(bucket, that_is_new_or_lost_starts_empty)
{
    struct bucket *bucket = NULL;
    struct answer answer;

    open_all();
    bucket = open_bucket(NULL);
    answer = reserve(bucket, "7", 60, 1);
    cr_expect_eq(answer.grant.wait_us, 1000000, "got %" PRId64, answer.grant.wait_us);
    command("DEL %s", "handover:bucket:7");
    answer = reserve(bucket, "7", 60, 1);
    cr_expect_eq(answer.grant.wait_us, 1000000, "a lost bucket gave a slot after %" PRId64 " us", answer.grant.wait_us);
    bucket_close(&bucket);
    close_all();
}

Test(bucket, is_shared_by_all_who_ask_for_a_user)
{
    struct bucket *one = NULL;
    struct bucket *other = NULL;
    struct answer answers[20];

    open_all();
    one = open_bucket(NULL);
    other = open_bucket(NULL);
    for (int i = 0; i < 20; i++)
        answers[i] = reserve(i % 2 ? other : one, "7", 600, 1);
    for (int i = 1; i < 20; i++)
        cr_expect_gt(answers[i].first_us - answers[i - 1].first_us, 50000, "slots %d and %d are %" PRId64 " us apart",
                     i - 1, i, answers[i].first_us - answers[i - 1].first_us);
    cr_expect_eq(reserve(one, "8", 600, 1).grant.wait_us, 100000, "another user waits for this one");
    bucket_close(&one);
    bucket_close(&other);
    close_all();
}

Test(bucket, serves_bursts_only_when_asked_to)
{
    struct bucket *bucket = NULL;
    struct answer answer = {0};
    struct bucket_reservation reservation = {
        .user = "7", .rate_per_minute = 180, .burst = 5, .slots = 10, .horizon_ms = 1000};

    open_all();
    bucket = open_bucket(NULL);
    reserve(bucket, "7", 180, 1);
    /* An hour without use does not fill it beyond its burst. */
    command("HSET %s next 1000", "handover:bucket:7");
    bucket_reserve(bucket, &reservation, on_grant, &answer);
    while (answer.count == 0)
        loop_turn(loop, 1000);
    cr_expect_eq(answer.grant.wait_us, -4 * 333334, "got %" PRId64, answer.grant.wait_us);
    cr_expect_eq(answer.grant.slots, 7, "got %d", answer.grant.slots);
    command("HSET %s next 1000", "handover:bucket:7");
    cr_expect_eq(reserve(bucket, "7", 180, 10).grant.wait_us, 0);
    bucket_close(&bucket);
    close_all();
}

Test(bucket, that_is_shut_gives_nothing_before_and_less_afterwards)
{
    struct bucket *bucket = NULL;
    struct bucket *other = NULL;
    struct answer answer;

    open_all();
    bucket = open_bucket(NULL);
    other = open_bucket(NULL);
    reserve(other, "7", 180, 3);
    reserve(bucket, "7", 180, 3);
    bucket_shut(bucket, "7", 30000);
    bucket_shut(bucket, "7", 20000); /* a second answer of the same closing */
    reserve(bucket, "8", 180, 1);    /* both have arrived */
    answer = reserve(other, "7", 180, 3);
    cr_expect(answer.grant.wait_us > 29000000 && answer.grant.wait_us <= 30000000, "got %" PRId64,
              answer.grant.wait_us);
    cr_expect_eq(answer.grant.slots, 1);
    cr_expect(answer.grant.interval_us > 365000 && answer.grant.interval_us <= 370371, "got %" PRId64,
              answer.grant.interval_us);
    bucket_close(&bucket);
    bucket_close(&other);
    close_all();
}

/* Moves the bucket's own times into the past, as if so much time had gone by. */
static void let_pass(const char *user, int seconds)
{
    char script[400];
    redisContext *context = redisConnectUnix(redis.socket);
    redisReply *reply = NULL;

    snprintf(script, sizeof script,
             "for _, f in ipairs({'next', 'closed', 'lowered', 'half'}) do "
             "local v = tonumber(redis.call('HGET', KEYS[1], f)) "
             "if v > 0 then redis.call('HSET', KEYS[1], f, string.format('%%.0f', v - %d * 1000000)) end end",
             seconds);
    reply = redisCommand(context, "EVAL %s 1 handover:bucket:%s", script, user);
    cr_assert(reply && reply->type != REDIS_REPLY_ERROR, "%s", reply ? reply->str : "no answer");
    freeReplyObject(reply);
    redisFree(context);
}

Test(bucket, recovers_its_rate_over_ten_minutes)
{
    struct bucket *bucket = NULL;
    int64_t interval_us = 0;

    open_all();
    bucket = open_bucket(NULL);
    bucket_shut(bucket, "7", 10000);
    reserve(bucket, "7", 180, 1);
    let_pass("7", 300);
    interval_us = reserve(bucket, "7", 180, 1).grant.interval_us;
    cr_expect(interval_us > 350000 && interval_us < 351500, "after half the time: got %" PRId64, interval_us);
    let_pass("7", 300);
    cr_expect_eq(reserve(bucket, "7", 180, 1).grant.interval_us, 333334);
    bucket_close(&bucket);
    close_all();
}

Test(bucket, halves_its_rate_at_the_third_closing_in_a_row)
{
    struct bucket *bucket = NULL;
    int64_t interval_us = 0;

    open_all();
    bucket = open_bucket(NULL);
    for (int i = 0; i < 3; i++) {
        interval_us = reserve(bucket, "7", 180, 1).grant.interval_us;
        cr_expect_lt(interval_us, 420000, "halved too early, at closing %d: %" PRId64, i, interval_us);
        bucket_shut(bucket, "7", 5000);
        reserve(bucket, "7", 180, 1);
        let_pass("7", 20);
    }
    interval_us = reserve(bucket, "7", 180, 1).grant.interval_us;
    cr_expect_eq(interval_us, 666667, "got %" PRId64, interval_us);
    let_pass("7", 600);
    interval_us = reserve(bucket, "7", 180, 1).grant.interval_us;
    cr_expect_lt(interval_us, 334000, "got %" PRId64, interval_us);
    bucket_close(&bucket);
    close_all();
}

Test(bucket, closings_far_apart_are_no_row)
{
    struct bucket *bucket = NULL;

    open_all();
    bucket = open_bucket(NULL);
    for (int i = 0; i < 4; i++) {
        bucket_shut(bucket, "7", 5000);
        reserve(bucket, "7", 180, 1);
        let_pass("7", 120);
    }
    cr_expect_lt(reserve(bucket, "7", 180, 1).grant.interval_us, 600000);
    bucket_close(&bucket);
    close_all();
}

Test(bucket, loads_its_script_again_when_redis_forgot_it)
{
    struct bucket *bucket = NULL;

    open_all();
    bucket = open_bucket(NULL);
    reserve(bucket, "7", 180, 1);
    command("SCRIPT %s", "FLUSH");
    cr_expect_eq(reserve(bucket, "7", 180, 1).count, 1);
    bucket_close(&bucket);
    close_all();
}

Test(bucket, waits_for_a_redis_that_is_away_and_goes_on)
{
    struct bucket *bucket = NULL;
    struct answer answers[3] = {0};
    struct answer last;

    open_all();
    bucket = open_bucket(NULL);
    reserve(bucket, "7", 180, 3);
    redis_fixture_kill(&redis);
    for (int i = 0; i < 3; i++)
        ask(bucket, "7", 180, 1, &answers[i]);
    bucket_shut(bucket, "8", 30000);
    for (int i = 0; i < 5; i++)
        loop_turn(loop, 60);
    cr_expect(!bucket_is_connected(bucket));
    cr_expect_eq(answers[0].count + answers[1].count + answers[2].count, 0);
    redis_fixture_restart(&redis);
    while (answers[2].count == 0)
        loop_turn(loop, 1000);
    cr_expect_eq(answers[0].count, 1);
    cr_expect_eq(answers[1].count, 1);
    cr_expect(bucket_is_connected(bucket));
    last = reserve(bucket, "8", 180, 1);
    cr_expect_gt(last.grant.wait_us, 25000000, "a closing was lost with the connection: %" PRId64, last.grant.wait_us);
    bucket_close(&bucket);
    close_all();
}

Test(bucket, forgets_questions_that_were_dropped)
{
    struct bucket *bucket = NULL;
    struct answer dropped = {0};
    struct bucket_ask *early = NULL;
    struct bucket_ask *sent = NULL;

    open_all();
    bucket = open_bucket(NULL);
    early = ask(bucket, "7", 180, 1, &dropped); /* not connected yet */
    bucket_drop(&early);
    reserve(bucket, "7", 180, 1);
    sent = ask(bucket, "7", 180, 1, &dropped);
    bucket_drop(&sent);
    reserve(bucket, "7", 180, 1);
    cr_expect_eq(dropped.count, 0);
    ask(bucket, "7", 180, 1, &dropped);
    bucket_close(&bucket); /* with one under way */
    cr_expect_eq(dropped.count, 0);
    close_all();
}

static void make_file(char name[40], const char *content)
{
    int descriptor = -1;

    snprintf(name, 40, "/tmp/handover-test-XXXXXX");
    descriptor = mkstemp(name);
    cr_assert(descriptor >= 0);
    cr_assert_eq(write(descriptor, content, strlen(content)), (ssize_t)strlen(content));
    close(descriptor);
}

Test(bucket, gives_the_password_of_its_file)
{
    struct bucket *bucket = NULL;
    struct fault fault;
    char right[40];
    char wrong[40];

    redis_fixture_start(&redis, "open sesame");
    cr_assert(loop_open(&loop, &fault));
    make_file(right, "open sesame\n");
    make_file(wrong, "open barley\n");
    bucket = open_bucket(right);
    cr_expect_eq(reserve(bucket, "7", 180, 1).count, 1);
    bucket_close(&bucket);
    cr_expect(bucket_check(&(struct bucket_settings){redis.url, right}, 5000, &fault), "%s", fault.text);
    cr_expect(!bucket_check(&(struct bucket_settings){redis.url, wrong}, 5000, &fault));
    cr_expect_eq(fault.kind, FAULT_BAD_INPUT);
    cr_expect(!strstr(fault.text, "barley"), "the fault shows the password: %s", fault.text);
    cr_expect(!bucket_check(&(struct bucket_settings){redis.url, NULL}, 5000, &fault));
    bucket = open_bucket(wrong);
    for (int i = 0; i < 5; i++)
        loop_turn(loop, 50);
    cr_expect(!bucket_is_connected(bucket));
    bucket_close(&bucket);
    unlink(right);
    unlink(wrong);
    close_all();
}

Test(bucket, check_says_what_is_wrong)
{
    struct fault fault;

    open_all();
    cr_expect(bucket_check(&(struct bucket_settings){.url = redis.url}, 5000, &fault), "%s", fault.text);
    redis_fixture_kill(&redis);
    cr_expect(!bucket_check(&(struct bucket_settings){.url = redis.url}, 5000, &fault));
    cr_expect_eq(fault.kind, FAULT_GONE);
    cr_expect(!bucket_check(&(struct bucket_settings){.url = "http://x"}, 5000, &fault));
    cr_expect_eq(fault.kind, FAULT_BAD_INPUT);
    close_all();
}
