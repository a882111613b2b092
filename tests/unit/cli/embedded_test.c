/* The real PostgreSQL and Redis in folders under /tmp; scripts stand in for coordinator and worker. */
#include "cli/embedded.h"

#include <criterion/criterion.h>
#include <libpq-fe.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "place.h"

TestSuite(embedded, .timeout = 120);

Test(embedded, services_are_private_and_safe)
{
    struct place place;
    struct embedded *embedded = NULL;

    place_make(&place);
    embedded = start(&place);
    expect_mode(place.data, "", geteuid() == 0 ? 0710 : 0700);
    expect_mode(place.data, "seal.key", 0600);
    expect_mode(place.data, "postgresql", 0700);
    expect_mode(place.data, "run", 0700);
    expect_answer(embedded, "show fsync", "on");
    expect_answer(embedded, "show synchronous_commit", "on");
    expect_answer(embedded, "show listen_addresses", "");
    expect_answer(embedded, "show data_checksums", "on");
    expect_answer(embedded, "show server_encoding", "UTF8");
    expect_answer(embedded, "show log_error_verbosity", "terse");
    cr_expect(strncmp(embedded_redis_url(embedded), "unix:///", 8) == 0, "got %s", embedded_redis_url(embedded));
    cr_expect(strncmp(embedded_coordinator_url(embedded), "ipc:///", 7) == 0);
    embedded_stop(&embedded);
    place_remove(&place);
}

static void read_key(const struct place *place, char ret[80])
{
    scoped(string_free) char *path = x_sprintf("%s/seal.key", place->data);
    scoped(file_close) FILE *file = fopen(path, "r");

    cr_assert(file && fgets(ret, 80, file));
}

Test(embedded, data_and_key_are_kept_from_run_to_run)
{
    struct place place;
    struct embedded *embedded = NULL;
    char first[80];
    char second[80];

    place_make(&place);
    embedded = start(&place);
    read_key(&place, first);
    cr_expect_eq(strspn(first, "0123456789abcdef"), 64, "got '%s'", first);
    string_free(&(char *){ask(embedded, "create table kept as select 'yes' as value")});
    embedded_stop(&embedded);
    embedded = start(&place);
    read_key(&place, second);
    cr_expect_str_eq(second, first);
    expect_answer(embedded, "select value from kept", "yes");
    embedded_stop(&embedded);
    place_remove(&place);
}

Test(embedded, stop_leaves_no_process_and_no_socket)
{
    struct place place;
    struct embedded *embedded = NULL;
    scoped(string_free) char *run = NULL;
    int postgresql = 0;
    int redis = 0;

    place_make(&place);
    run = x_sprintf("%s/run", place.data);
    embedded = start(&place);
    postgresql = embedded_pid(embedded, "postgresql");
    redis = embedded_pid(embedded, "redis");
    cr_assert(postgresql > 0 && redis > 0);
    embedded_stop(&embedded);
    cr_expect_neq(kill(postgresql, 0), 0, "PostgreSQL still runs");
    cr_expect_neq(kill(redis, 0), 0, "Redis still runs");
    cr_expect_neq(access(run, F_OK), 0, "the sockets are still there");
    place_remove(&place);
}

/* A loop that runs until a condition holds. */
struct wait {
    struct loop *loop;
    struct loop_timer *timer;
    struct embedded *embedded;
    bool (*holds)(struct wait *wait);
    const char *name;
    int old_pid;
    int left;
};

static void on_wait(void *argument)
{
    struct wait *wait = argument;

    if (wait->left-- <= 0 || wait->holds(wait))
        loop_stop(wait->loop);
    else
        loop_timer_start(wait->timer, 20);
}

static void run_until(struct wait *wait, bool (*holds)(struct wait *wait), const char *what)
{
    wait->holds = holds;
    wait->left = 2000;
    wait->timer = loop_timer_new(wait->loop, on_wait, wait);
    loop_timer_start(wait->timer, 0);
    loop_run(wait->loop);
    loop_timer_destroy(&wait->timer);
    cr_assert(wait->left >= 0, "waited in vain: %s", what);
}

static void wait_open(struct wait *wait, struct embedded *embedded)
{
    struct fault fault;

    *wait = (struct wait){.embedded = embedded};
    cr_assert(loop_open(&wait->loop, &fault), "%s", fault.text);
    cr_assert(embedded_start_programs(embedded, wait->loop, &fault), "%s", fault.text);
}

static bool has_new_pid(struct wait *wait)
{
    int pid = embedded_pid(wait->embedded, wait->name);

    return pid != 0 && pid != wait->old_pid;
}

static bool answers(struct wait *wait)
{
    return PQping(embedded_database_url(wait->embedded)) == PQPING_OK;
}

static void kill_and_await(struct wait *wait, const char *name)
{
    wait->name = name;
    wait->old_pid = embedded_pid(wait->embedded, name);
    cr_assert(wait->old_pid > 0, "%s does not run", name);
    cr_assert_eq(kill(wait->old_pid, SIGKILL), 0);
    run_until(wait, has_new_pid, name);
}

Test(embedded, children_that_are_killed_start_again)
{
    struct place place;
    struct embedded *embedded = NULL;
    struct wait wait;

    place_make(&place);
    embedded = start(&place);
    string_free(&(char *){ask(embedded, "create table kept as select 'yes' as value")});
    wait_open(&wait, embedded);
    kill_and_await(&wait, "postgresql");
    run_until(&wait, answers, "PostgreSQL answers again");
    expect_answer(embedded, "select value from kept", "yes");
    kill_and_await(&wait, "redis");
    kill_and_await(&wait, "coordinator");
    kill_and_await(&wait, "worker-1");
    kill_and_await(&wait, "worker-2");
    cr_expect_null(embedded_trouble(embedded));
    embedded_stop(&embedded);
    loop_close(&wait.loop);
    place_remove(&place);
}

static bool log_is_written(struct wait *wait)
{
    struct stat status;

    return stat(wait->name, &status) == 0 && status.st_size > 0;
}

Test(embedded, programs_get_their_settings_and_end_first)
{
    struct place place;
    struct embedded *embedded = NULL;
    struct wait wait;
    char line[4096];
    scoped(string_free) char *log = NULL;
    scoped(file_close) FILE *file = NULL;
    struct embedded_options options;
    struct fault fault = {0};
    const char *const more[] = {"HANDOVER_RATE=77", NULL};

    place_make(&place);
    log = x_sprintf("%s/worker-2.log", place.data);
    write_script(&place, "worker",
                 "trap 'test -S \"${HANDOVER_REDIS_URL#unix://}\" && echo redis there; exit 0' TERM\n"
                 "echo \"$HANDOVER_DATABASE_URL $HANDOVER_REDIS_URL $HANDOVER_COORDINATOR_URL $HANDOVER_KIND "
                 "$HANDOVER_RATE $(wc -c < \"$HANDOVER_SEAL_KEY_FILE\")\"\n"
                 "while :; do sleep 0.05; done");
    options = options_of(&place);
    options.kinds = "patients,appointments";
    options.environment = more;
    setenv("HANDOVER_RATE", "1", 1);
    cr_assert(embedded_start(&options, &embedded, &fault), "%s", fault.text);
    wait_open(&wait, embedded);
    wait.name = log;
    run_until(&wait, log_is_written, "the worker's log");
    {
        scoped(string_free) char *want =
            x_sprintf("%s %s %s patients,appointments 77 65\n", embedded_database_url(embedded),
                      embedded_redis_url(embedded), embedded_coordinator_url(embedded));

        file = fopen(log, "r");
        cr_assert(file && fgets(line, sizeof line, file));
        cr_expect_str_eq(line, want, "got %s, want %s", line, want);
    }
    embedded_stop(&embedded);
    cr_expect(fgets(line, sizeof line, file) && strcmp(line, "redis there\n") == 0,
              "Redis was gone when the worker drained");
    loop_close(&wait.loop);
    place_remove(&place);
}

static bool has_trouble(struct wait *wait)
{
    return embedded_trouble(wait->embedded) != NULL;
}

Test(embedded, a_program_that_never_stays_up_is_told)
{
    struct place place;
    struct embedded *embedded = NULL;
    struct wait wait;

    place_make(&place);
    write_script(&place, "coordinator", "echo the database is too old; exit 3");
    embedded = start(&place);
    wait_open(&wait, embedded);
    run_until(&wait, has_trouble, "trouble");
    cr_expect(strstr(embedded_trouble(embedded), "coordinator ended with status 3"), "got '%s'",
              embedded_trouble(embedded));
    cr_expect(strstr(embedded_trouble(embedded), "the database is too old"), "got '%s'", embedded_trouble(embedded));
    embedded_stop(&embedded);
    loop_close(&wait.loop);
    place_remove(&place);
}

Test(embedded, a_program_that_is_missing_is_named)
{
    struct place place;
    struct embedded *embedded = NULL;
    struct loop *loop = NULL;
    struct fault fault = {0};
    scoped(string_free) char *program = NULL;

    place_make(&place);
    program = x_sprintf("%s/worker", place.programs);
    unlink(program);
    embedded = start(&place);
    cr_assert(loop_open(&loop, &fault));
    cr_expect_not(embedded_start_programs(embedded, loop, &fault));
    cr_expect(strstr(fault.text, "worker was found neither in"), "got '%s'", fault.text);
    embedded_stop(&embedded);
    loop_close(&loop);
    place_remove(&place);
}
