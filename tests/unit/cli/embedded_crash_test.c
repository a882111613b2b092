/* Runs that were killed, and the runs that follow them in the same data folder. */
#include "cli/embedded.h"

#include <criterion/criterion.h>
#include <libpq-fe.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/process.h"
#include "cli/child.h"
#include "place.h"

TestSuite(killed, .timeout = 120);

/* Another run in a process of its own, to be killed. */
struct run {
    pid_t pid;
    int postgresql;
    int redis;
    int worker;
};

static void run_start(const struct place *place, struct run *ret)
{
    int report[2];

    cr_assert_eq(pipe(report), 0);
    ret->pid = fork();
    cr_assert(ret->pid >= 0);
    if (ret->pid == 0) {
        struct embedded_options options = options_of(place);
        struct embedded *embedded = NULL;
        struct loop *loop = NULL;
        struct fault fault;
        struct run pids = {0};

        if (!embedded_start(&options, &embedded, &fault) || !loop_open(&loop, &fault) ||
            !embedded_start_programs(embedded, loop, &fault))
            _exit(1);
        pids.postgresql = embedded_pid(embedded, "postgresql");
        pids.redis = embedded_pid(embedded, "redis");
        pids.worker = embedded_pid(embedded, "worker-1");
        (void)!write(report[1], &pids, sizeof pids);
        for (;;)
            pause();
    }
    close(report[1]);
    {
        struct run pids;

        cr_assert_eq(read(report[0], &pids, sizeof pids), sizeof pids, "the other run did not start");
        pids.pid = ret->pid;
        *ret = pids;
    }
    close(report[0]);
}

static void run_kill(const struct run *run)
{
    cr_assert_eq(kill(run->pid, SIGKILL), 0);
    cr_assert_eq(waitpid(run->pid, NULL, 0), run->pid);
}

Test(killed, a_second_run_in_the_same_folder_is_refused)
{
    struct place place;
    struct run run;
    scoped(string_free) char *want = NULL;

    place_make(&place);
    run_start(&place, &run);
    want = x_sprintf("is in use by another run (process %d)", (int)run.pid);
    check_refusal(&place, want);
    cr_expect_eq(kill(run.postgresql, 0), 0, "the first run suffered");
    run_kill(&run);
    start_check_and_stop(&place);
    place_remove(&place);
}

Test(killed, children_do_not_outlive_a_killed_run)
{
    struct place place;
    struct run run;

    place_make(&place);
    run_start(&place, &run);
    run_kill(&run);
    start_check_and_stop(&place);
    cr_expect_eq(process_start_time(run.worker), 0, "the worker lives on");
    cr_expect_eq(process_start_time(run.redis), 0, "Redis lives on");
    cr_expect_eq(process_start_time(run.postgresql), 0, "PostgreSQL lives on");
    place_remove(&place);
}

Test(killed, a_run_follows_one_that_was_killed_with_all_its_children)
{
    struct place place;
    struct run run;

    place_make(&place);
    run_start(&place, &run);
    kill(run.postgresql, SIGKILL);
    kill(run.redis, SIGKILL);
    run_kill(&run);
    start_check_and_stop(&place);
    place_remove(&place);
}

/* A session keeps the server from its smart shutdown, and the note of the children is lost. */
Test(killed, a_server_that_still_runs_is_stopped_first)
{
    struct place place;
    struct run run;
    scoped(string_free) char *url = NULL;
    scoped(string_free) char *note = NULL;
    PGconn *session = NULL;

    place_make(&place);
    run_start(&place, &run);
    url = x_sprintf("postgresql://handover@/postgres?host=%s/run&port=5432", place.data);
    session = PQconnectdb(url);
    cr_assert_eq(PQstatus(session), CONNECTION_OK, "%s", PQerrorMessage(session));
    note = x_sprintf("%s/children", place.data);
    unlink(note);
    run_kill(&run);
    start_check_and_stop(&place);
    cr_expect_eq(process_start_time(run.postgresql), 0, "the old PostgreSQL lives on");
    PQfinish(session);
    place_remove(&place);
}

/* After a restart of the machine the pid in the file may be anybody's; that process must be left alone. */
Test(killed, a_pid_that_was_given_out_again_is_no_hindrance)
{
    struct place place;
    struct run run;
    pid_t innocent = 0;
    scoped(string_free) char *path = NULL;
    scoped(string_free) char *text = NULL;

    place_make(&place);
    start_check_and_stop(&place);
    innocent = fork();
    if (innocent == 0)
        for (;;)
            pause();
    path = x_sprintf("%s/postgresql/postmaster.pid", place.data);
    text = x_sprintf("%d\n%s/postgresql\n1700000000\n5432\n%s/run\n\n        1         1\nready   \n", (int)innocent,
                     place.data, place.data);
    write_text(path, text, 0644);
    run_start(&place, &run);
    run_kill(&run);
    start_check_and_stop(&place);
    cr_expect_eq(kill(innocent, 0), 0, "the innocent process was killed");
    kill(innocent, SIGKILL);
    waitpid(innocent, NULL, 0);
    place_remove(&place);
}
