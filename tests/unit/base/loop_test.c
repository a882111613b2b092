#include "base/loop.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

TestSuite(loop, .timeout = 30);

static struct loop *loop;
static struct text order;

static void open_loop(void)
{
    struct fault fault;

    cr_assert(loop_open(&loop, &fault), "%s", fault.text);
    text_init(&order, 100000);
}

static void close_loop(void)
{
    loop_close(&loop);
    text_release(&order);
}

struct step {
    struct loop_timer *timer;
    char name;
    bool last;
};

static void on_step(void *argument)
{
    struct step *step = argument;

    text_putc(&order, step->name);
    if (step->last)
        loop_stop(loop);
}

static void expect_order(const char *want)
{
    cr_expect_str_eq(text_string(&order), want, "got %s, want %s", text_string(&order), want);
}

Test(loop, timers_run_in_the_order_of_their_times, .init = open_loop, .fini = close_loop)
{
    struct step steps[] = {
        {NULL, 'e', true}, {NULL, 'b', false}, {NULL, 'd', false}, {NULL, 'a', false}, {NULL, 'c', false}};
    static const int after_ms[] = {50, 20, 40, 10, 30};

    for (size_t i = 0; i < array_length(steps); i++) {
        steps[i].timer = loop_timer_new(loop, on_step, &steps[i]);
        loop_timer_start(steps[i].timer, after_ms[i]);
        cr_expect(loop_timer_is_running(steps[i].timer));
    }
    loop_run(loop);
    expect_order("abcde");
    for (size_t i = 0; i < array_length(steps); i++) {
        cr_expect_not(loop_timer_is_running(steps[i].timer));
        loop_timer_destroy(&steps[i].timer);
        cr_expect_null(steps[i].timer);
    }
}

Test(loop, timer_is_never_early, .init = open_loop, .fini = close_loop)
{
    struct step step = {NULL, 'x', true};
    int64_t begin_ms = clock_monotonic_ms();

    step.timer = loop_timer_new(loop, on_step, &step);
    loop_timer_start(step.timer, 30);
    loop_run(loop);
    cr_expect(clock_monotonic_ms() - begin_ms >= 30, "got %d ms", (int)(clock_monotonic_ms() - begin_ms));
    loop_timer_destroy(&step.timer);
}

Test(loop, timer_started_again_moves, .init = open_loop, .fini = close_loop)
{
    struct step moved = {NULL, 'm', true};
    struct step other = {NULL, 'o', false};
    struct step stopped = {NULL, 's', false};

    moved.timer = loop_timer_new(loop, on_step, &moved);
    other.timer = loop_timer_new(loop, on_step, &other);
    stopped.timer = loop_timer_new(loop, on_step, &stopped);
    loop_timer_start(moved.timer, 1);
    loop_timer_start(stopped.timer, 2);
    loop_timer_start(other.timer, 10);
    loop_timer_start(moved.timer, 20);
    loop_timer_stop(stopped.timer);
    loop_timer_stop(stopped.timer);
    loop_run(loop);
    expect_order("om");
    loop_timer_destroy(&moved.timer);
    loop_timer_destroy(&other.timer);
    loop_timer_destroy(&stopped.timer);
}

/* Many timers with pseudo-random times, a third of them stopped again: the rest runs in order. */
enum { MANY = 1000 };
static struct many {
    struct loop_timer *timer;
    int after_ms;
} many[MANY];
static int ran;
static int latest_ms;

static void on_many(void *argument)
{
    struct many *one = argument;

    cr_expect(one->after_ms + 1 >= latest_ms, "%d ms ran after %d ms", one->after_ms, latest_ms);
    latest_ms = one->after_ms;
    if (++ran == MANY - (MANY + 2) / 3)
        loop_stop(loop);
}

Test(loop, a_thousand_timers_keep_their_order, .init = open_loop, .fini = close_loop)
{
    unsigned seed = 7;

    for (int i = 0; i < MANY; i++) {
        seed = seed * 1103515245 + 12345;
        many[i].after_ms = 20 + (int)(seed >> 16) % 80;
        many[i].timer = loop_timer_new(loop, on_many, &many[i]);
        loop_timer_start(many[i].timer, many[i].after_ms);
    }
    for (int i = 0; i < MANY; i += 3)
        loop_timer_stop(many[i].timer);
    loop_run(loop);
    for (int i = 0; i < MANY; i++)
        loop_timer_destroy(&many[i].timer);
}

static struct step *victims[2];

static void on_kill(void *argument)
{
    struct step *step = argument;

    text_putc(&order, step->name);
    for (size_t i = 0; i < array_length(victims); i++)
        loop_timer_destroy(&victims[i]->timer);
    loop_timer_destroy(&step->timer);
}

Test(loop, timer_handler_may_free_itself_and_others, .init = open_loop, .fini = close_loop)
{
    struct step killer = {NULL, 'k', false};
    struct step first = {NULL, '1', false};
    struct step second = {NULL, '2', false};
    struct step last = {NULL, 'l', true};

    killer.timer = loop_timer_new(loop, on_kill, &killer);
    first.timer = loop_timer_new(loop, on_step, &first);
    second.timer = loop_timer_new(loop, on_step, &second);
    last.timer = loop_timer_new(loop, on_step, &last);
    victims[0] = &first;
    victims[1] = &second;
    loop_timer_start(killer.timer, 0);
    loop_timer_start(first.timer, 0);
    loop_timer_start(second.timer, 5);
    loop_timer_start(last.timer, 20);
    loop_run(loop);
    expect_order("kl");
    loop_timer_destroy(&last.timer);
}

static int turns;

static void on_hungry(void *argument)
{
    struct loop_timer **timer = argument;

    if (++turns < 100000)
        loop_timer_start(*timer, 0);
    else
        loop_stop(loop);
}

static void on_byte(void *argument, int events)
{
    (void)argument;
    (void)events;
    loop_stop(loop);
}

/* A timer that always starts itself again with 0 ms leaves descriptors their turn, and runs once a turn. */
Test(loop, hungry_timer_does_not_starve_descriptors, .init = open_loop, .fini = close_loop)
{
    struct loop_timer *hungry = NULL;
    struct loop_timer *others[20];
    struct loop_watch *watch = NULL;
    int ends[2];

    cr_assert_eq(pipe(ends), 0);
    cr_assert_eq(write(ends[1], "x", 1), 1);
    hungry = loop_timer_new(loop, on_hungry, &hungry);
    for (size_t i = 0; i < array_length(others); i++) {
        others[i] = loop_timer_new(loop, on_step, NULL);
        loop_timer_start(others[i], 100000);
    }
    watch = loop_watch_add(loop, ends[0], LOOP_READ, on_byte, NULL);
    loop_timer_start(hungry, 0);
    loop_run(loop);
    cr_expect(turns <= 2, "the timer ran %d times before the descriptor", turns);
    loop_watch_remove(&watch);
    loop_timer_destroy(&hungry);
    for (size_t i = 0; i < array_length(others); i++)
        loop_timer_destroy(&others[i]);
    close(ends[0]);
    close(ends[1]);
}

static void on_once(void *argument)
{
    struct loop_timer **timer = argument;

    turns++;
    if (turns < 50)
        loop_timer_start(*timer, 0);
}

Test(loop, timer_started_with_no_wait_runs_in_the_next_turn, .init = open_loop, .fini = close_loop)
{
    struct loop_timer *timer = NULL;
    struct loop_timer *idle[10];

    timer = loop_timer_new(loop, on_once, &timer);
    for (size_t i = 0; i < array_length(idle); i++) {
        idle[i] = loop_timer_new(loop, on_step, NULL);
        loop_timer_start(idle[i], 100000);
    }
    loop_timer_start(timer, 0);
    cr_expect_eq(turns, 0, "it ran inside loop_timer_start");
    for (int i = 1; i <= 5; i++) {
        loop_turn(loop, 1000);
        cr_expect_eq(turns, i, "got %d in turn %d", turns, i);
    }
    loop_timer_destroy(&timer);
    for (size_t i = 0; i < array_length(idle); i++)
        loop_timer_destroy(&idle[i]);
}

/* Two descriptors that are ready at once, each of whose handlers removes both. */
struct pair {
    int ends[2][2];
    struct loop_watch *watches[2];
    int calls;
};

static void on_pair(void *argument, int events)
{
    struct pair *pair = argument;

    (void)events;
    pair->calls++;
    loop_watch_remove(&pair->watches[0]);
    loop_watch_remove(&pair->watches[1]);
}

Test(loop, watch_handler_may_free_itself_and_others, .init = open_loop, .fini = close_loop)
{
    struct pair pair = {.calls = 0};

    for (int i = 0; i < 2; i++) {
        cr_assert_eq(pipe(pair.ends[i]), 0);
        cr_assert_eq(write(pair.ends[i][1], "x", 1), 1);
        pair.watches[i] = loop_watch_add(loop, pair.ends[i][0], LOOP_READ, on_pair, &pair);
    }
    for (int i = 0; i < 3; i++)
        loop_turn(loop, 0);
    cr_expect_eq(pair.calls, 1, "got %d calls", pair.calls);
    loop_watch_remove(&pair.watches[0]);
    for (int i = 0; i < 4; i++)
        close(pair.ends[i / 2][i % 2]);
}

struct seen {
    int calls;
    int events;
};

static void on_seen(void *argument, int events)
{
    struct seen *seen = argument;

    seen->calls++;
    seen->events = events;
}

Test(loop, watch_tells_only_what_was_asked_for, .init = open_loop, .fini = close_loop)
{
    struct seen seen = {0};
    struct loop_watch *watch = NULL;
    int ends[2];

    cr_assert_eq(pipe(ends), 0);
    watch = loop_watch_add(loop, ends[1], 0, on_seen, &seen);
    loop_turn(loop, 0);
    cr_expect_eq(seen.calls, 0, "told though nothing was asked for");
    loop_watch_change(watch, LOOP_WRITE);
    loop_turn(loop, 0);
    cr_expect_eq(seen.calls, 1);
    cr_expect_eq(seen.events, LOOP_WRITE, "got %d", seen.events);
    loop_watch_change(watch, LOOP_READ);
    loop_turn(loop, 0);
    cr_expect_eq(seen.calls, 1, "told that it may write");
    close(ends[0]);
    loop_turn(loop, 0);
    cr_expect_eq(seen.events, LOOP_READ | LOOP_WRITE, "the other end is gone: got %d", seen.events);
    loop_watch_remove(&watch);
    cr_expect_null(watch);
    loop_watch_remove(&watch);
    close(ends[1]);
}

static void on_swap(void *argument, int events)
{
    struct pair *pair = argument;

    (void)events;
    pair->calls++;
    loop_watch_remove(&pair->watches[0]);
    pair->watches[0] = loop_watch_add(loop, pair->ends[0][0], LOOP_READ, on_pair, pair);
}

/* As curl does: the descriptor's watch goes and another one comes for it, within its handler. */
Test(loop, watch_may_be_replaced_in_its_handler, .init = open_loop, .fini = close_loop)
{
    struct pair pair = {.calls = 0};

    cr_assert_eq(pipe(pair.ends[0]), 0);
    cr_assert_eq(write(pair.ends[0][1], "x", 1), 1);
    pair.watches[0] = loop_watch_add(loop, pair.ends[0][0], LOOP_READ, on_swap, &pair);
    for (int i = 0; i < 3; i++)
        loop_turn(loop, 0);
    cr_expect_eq(pair.calls, 2, "got %d calls", pair.calls);
    close(pair.ends[0][0]);
    close(pair.ends[0][1]);
}

Test(loop, hundreds_of_descriptors_are_all_served, .init = open_loop, .fini = close_loop)
{
    enum { COUNT = 300 };
    static int ends[COUNT][2];
    static struct loop_watch *watches[COUNT];
    static struct seen seen[COUNT];

    for (int i = 0; i < COUNT; i++) {
        cr_assert_eq(pipe(ends[i]), 0);
        cr_assert_eq(write(ends[i][1], "x", 1), 1);
        watches[i] = loop_watch_add(loop, ends[i][0], LOOP_READ, on_seen, &seen[i]);
    }
    for (int i = 0; i < COUNT / 10; i++)
        loop_turn(loop, 0);
    for (int i = 0; i < COUNT; i++) {
        cr_expect(seen[i].calls > 0, "descriptor %d was never served", i);
        loop_watch_remove(&watches[i]);
        close(ends[i][0]);
        close(ends[i][1]);
    }
}

static void on_stop(void *argument)
{
    (void)argument;
    loop_stop(loop);
}

Test(loop, runs_again_after_it_was_stopped, .init = open_loop, .fini = close_loop)
{
    struct loop_timer *timer = loop_timer_new(loop, on_stop, NULL);

    for (int i = 0; i < 3; i++) {
        loop_timer_start(timer, 0);
        loop_run(loop);
    }
    loop_timer_destroy(&timer);
}

/* A program in a process of its own; it tells by its exit status which way it ended. */
enum way { WAY_RAN_OUT = 10, WAY_STOPPED = 11, WAY_DRAINED = 12, WAY_FORCED = 13 };

static int drained;
static struct loop_timer *drain_timer;

static void on_drain(void *argument)
{
    drained++;
    if (argument)
        loop_timer_start(drain_timer, 50);
}

static int serve(bool with_handler, bool drains, int report)
{
    struct loop_timer *limit = NULL;
    struct fault fault;

    if (!loop_open(&loop, &fault))
        return 1;
    limit = loop_timer_new(loop, on_stop, NULL);
    drain_timer = loop_timer_new(loop, on_stop, NULL);
    loop_timer_start(limit, 10000);
    if (with_handler)
        loop_on_terminate(loop, on_drain, drains ? loop : NULL);
    (void)!write(report, "r", 1);
    loop_run(loop);
    if (!loop_timer_is_running(limit))
        return WAY_RAN_OUT;
    return !with_handler ? WAY_STOPPED : drains ? WAY_DRAINED + (drained != 1) * 20 : WAY_FORCED + (drained != 1) * 20;
}

static int way_after(bool with_handler, bool drains, int first, int second)
{
    int report[2];
    int status = 0;
    char byte = 0;
    pid_t child = 0;

    cr_assert_eq(pipe(report), 0);
    child = fork();
    if (child == 0)
        _exit(serve(with_handler, drains, report[1]));
    cr_assert_eq(read(report[0], &byte, 1), 1);
    kill(child, first);
    if (second) {
        /* Two of one signal at once would be one. */
        kill(child, second);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    close(report[0]);
    close(report[1]);
    cr_assert(WIFEXITED(status), "it was killed by signal %d", WTERMSIG(status));
    return WEXITSTATUS(status);
}

Test(signals, stop_a_loop_without_a_handler, .timeout = 60)
{
    cr_expect_eq(way_after(false, false, SIGTERM, 0), WAY_STOPPED);
    cr_expect_eq(way_after(false, false, SIGINT, 0), WAY_STOPPED);
}

Test(signals, let_a_handler_drain, .timeout = 60)
{
    cr_expect_eq(way_after(true, true, SIGTERM, 0), WAY_DRAINED);
    cr_expect_eq(way_after(true, true, SIGINT, 0), WAY_DRAINED);
}

Test(signals, a_second_one_stops_it_regardless, .timeout = 60)
{
    cr_expect_eq(way_after(true, false, SIGTERM, SIGINT), WAY_FORCED);
}

Test(signals, a_hang_up_changes_nothing, .timeout = 60)
{
    cr_expect_eq(way_after(true, true, SIGHUP, SIGTERM), WAY_DRAINED);
}
