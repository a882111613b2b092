#include "coordinator/coordinator.h"

#include <criterion/criterion.h>
#include <czmq.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "db/record.h"
#include "db/task.h"
#include "stage.h"

TestSuite(coordinator, .timeout = 90);

enum { HOUR_MS = 3600000 };

static const char all_kinds[] = "extract,preflight,catalogue,patients,appointments,notes,attachments,verify";

/* A running transfer with so many patients staged. */
static int64_t running_transfer(struct stage *stage, const char *account, int64_t patients)
{
    struct database *database = &stage->database;
    int64_t transfer = database_transfer(database, database_account(database, account, 0));

    database_stage(database, transfer, "patient", patients);
    database_run(database,
                 "insert into transfer_entity (transfer, entity, staged) values (%" PRId64 ", 'patient', %" PRId64 ")",
                 transfer, patients);
    for (const char *const *state = (const char *const[]){"extracting", "preflight", "scheduled", NULL}; *state;
         state++)
        database_run(database, "update transfer set state = '%s' where id = %" PRId64, *state, transfer);
    return transfer;
}

/* What a worker writes and says when its task is through. */
static void finish_task(struct player *player, const struct message *task)
{
    struct message message = {.type = MESSAGE_DONE, .done = {.task = task->task.task, .token = task->task.token}};
    struct answer answer = {.columns = 0};

    task_done(player->stage->database.db, task->task.task, task->task.token, answer_take, &answer);
    answer_good(&player->stage->database, &answer);
    cr_assert_eq(answer.affected, 1, "the lease was lost");
    player_send(player, &message);
}

Test(coordinator, welcomes_a_worker_and_gives_tasks_by_its_credit)
{
    struct stage stage;
    struct player player;
    struct coordinator *coordinator = NULL;
    int64_t transfer = 0;
    int64_t first = record_first_ordinal(ENTITY_PATIENT) + 1;

    stage_open(&stage);
    transfer = running_transfer(&stage, "clinic", 5);
    coordinator = stage_lead(&stage, 1, HOUR_MS, 2);
    player_open(&stage, &player, 1, "w1", all_kinds);
    player_hello(&player);
    stage_await_number(&stage, 3, "select count(*) from task where kind = 'patients'");
    player_await(&player, MESSAGE_PING, player.got[MESSAGE_PING] + 1);
    cr_expect_eq(player.got[MESSAGE_TASK], 0, "it got a task without credit");
    player_ready(&player, "patients", 1);
    player_await(&player, MESSAGE_TASK, 1);
    {
        const struct message *task = &player.tasks[0];

        cr_expect_str_eq(task->task.kind, "patients");
        cr_expect_str_eq(task->task.entity, "patient");
        cr_expect_eq(task->task.transfer, transfer);
        cr_expect_eq(task->task.first, first);
        cr_expect_eq(task->task.last, first + 1);
        cr_expect_eq(task->task.lease_ms, HOUR_MS);
        cr_expect_gt(task->task.token, 0);
    }
    player_await(&player, MESSAGE_PING, player.got[MESSAGE_PING] + 1);
    cr_expect_eq(player.got[MESSAGE_TASK], 1, "it got more than its credit");
    player_ready(&player, "patients", 5);
    player_await(&player, MESSAGE_TASK, 3);
    cr_expect_eq(player.tasks[2].task.first, first + 4);
    cr_expect_str_eq(
        database_text(&stage.database, "select string_agg(distinct state || ' ' || leased_by, ',') from task"),
        "leased w1");
    cr_expect_str_eq(database_text(&stage.database, "select name || ' ' || state || ' ' || slots from worker"),
                     "w1 here 4");
    player_close(&player);
    coordinator_close(&coordinator);
    stage_close(&stage);
}

Test(coordinator, leads_a_transfer_from_its_start_to_its_end)
{
    static const char *const kinds[] = {"extract", "preflight", "patients", "appointments", "verify"};
    struct stage stage;
    struct player player;
    struct coordinator *coordinator = NULL;
    struct answer answer = {.columns = 0};
    int64_t transfer = 0;

    stage_open(&stage);
    transfer = database_transfer(&stage.database, database_account(&stage.database, "clinic", 180));
    database_run(&stage.database, "update transfer set options = '{\"complete\": true}'");
    transfer_start(stage.database.db, transfer, answer_take, &answer);
    answer_good(&stage.database, &answer);
    coordinator = stage_lead(&stage, 1, HOUR_MS, 100);
    player_open(&stage, &player, 1, "w1", all_kinds);
    player_hello(&player);
    for (size_t i = 0; i < array_length(kinds); i++)
        player_ready(&player, kinds[i], 4);
    for (size_t i = 0; i < array_length(kinds); i++) {
        player_await(&player, MESSAGE_TASK, (int)i + 1);
        cr_assert_str_eq(player.tasks[i].task.kind, kinds[i], "task %zu: got %s, want %s", i, player.tasks[i].task.kind,
                         kinds[i]);
        if (i == 0) {
            cr_expect_str_eq(player.tasks[i].task.entity, "-");
            database_stage(&stage.database, transfer, "patient", 3);
            database_stage(&stage.database, transfer, "appointment", 3);
            database_run(&stage.database, "insert into transfer_entity (transfer, entity, staged) select transfer, "
                                          "entity, count(*) from record group by 1, 2");
        }
        if (i == 1)
            database_run(&stage.database, "update transfer set state = 'scheduled'");
        database_run(&stage.database,
                     "update record set state = 'skipped' where state = 'staged' and ordinal between "
                     "%" PRId64 " and %" PRId64,
                     player.tasks[i].task.first, player.tasks[i].task.last);
        finish_task(&player, &player.tasks[i]);
    }
    stage_await_number(&stage, 1, "select count(*) from transfer where state = 'completed'");
    cr_expect_str_eq(database_text(&stage.database, "select string_agg(substr(event, 10), ' ' order by id) from audit"),
                     "extracting preflight scheduled running verifying review completed");
    cr_expect_eq(player.got[MESSAGE_TASK], 5, "got %d tasks, want 5", player.got[MESSAGE_TASK]);
    player_close(&player);
    coordinator_close(&coordinator);
    stage_close(&stage);
}

Test(coordinator, gives_a_task_to_another_when_its_lease_ends)
{
    struct stage stage;
    struct player lost;
    struct player other;
    struct coordinator *coordinator = NULL;

    stage_open(&stage);
    running_transfer(&stage, "clinic", 2);
    coordinator = stage_lead(&stage, 1, 400, 100);
    player_open(&stage, &lost, 1, "lost", all_kinds);
    player_hello(&lost);
    player_ready(&lost, "patients", 1);
    player_await(&lost, MESSAGE_TASK, 1);
    player_open(&stage, &other, 1, "other", all_kinds);
    player_hello(&other);
    player_ready(&other, "patients", 1);
    player_await(&other, MESSAGE_TASK, 1);
    cr_expect_eq(other.tasks[0].task.task, lost.tasks[0].task.task);
    cr_expect_gt(other.tasks[0].task.token, lost.tasks[0].task.token);
    cr_expect_eq(lost.got[MESSAGE_TASK], 1, "the lost worker got it again");
    player_close(&lost);
    player_close(&other);
    coordinator_close(&coordinator);
    stage_close(&stage);
}

Test(coordinator, takes_tasks_back_at_once_from_a_dead_process_of_its_host)
{
    struct stage stage;
    struct player dead;
    struct player other;
    struct coordinator *coordinator = NULL;
    pid_t child = fork();

    if (child == 0) {
        pause();
        _exit(0);
    }
    stage_open(&stage);
    running_transfer(&stage, "clinic", 2);
    coordinator = stage_lead(&stage, 1, HOUR_MS, 100);
    player_open(&stage, &dead, 1, "dead", all_kinds);
    dead.pid = child;
    cr_assert_eq(gethostname(dead.host, sizeof dead.host - 1), 0);
    player_hello(&dead);
    player_ready(&dead, "patients", 1);
    player_await(&dead, MESSAGE_TASK, 1);
    player_open(&stage, &other, 1, "other", all_kinds);
    player_hello(&other);
    player_ready(&other, "patients", 1);
    kill(child, SIGKILL);
    cr_assert_eq(waitpid(child, NULL, 0), child);
    player_await(&other, MESSAGE_TASK, 1);
    cr_expect_eq(other.tasks[0].task.task, dead.tasks[0].task.task);
    cr_expect_gt(other.tasks[0].task.token, dead.tasks[0].task.token);
    cr_expect_str_eq(database_text(&stage.database, "select state from worker where name = 'dead'"), "gone");
    player_close(&dead);
    player_close(&other);
    coordinator_close(&coordinator);
    stage_close(&stage);
}

Test(coordinator, stands_by_and_takes_over_when_the_leader_ends)
{
    struct stage stage;
    struct player player;
    struct coordinator *first = NULL;
    struct coordinator *second = NULL;

    stage_open(&stage);
    running_transfer(&stage, "clinic", 4);
    first = stage_lead(&stage, 1, HOUR_MS, 2);
    player_open(&stage, &player, 1, "w1", all_kinds);
    player_hello(&player);
    player_ready(&player, "patients", 1);
    player_await(&player, MESSAGE_TASK, 1);
    second = stage_lead(&stage, 2, HOUR_MS, 2);
    player_close(&player);
    player_open(&stage, &player, 2, "w1", all_kinds);
    player_send(&player,
                &(struct message){
                    .type = MESSAGE_HELLO,
                    .hello = {.worker = "w1", .kinds = "patients", .host = "elsewhere", .slots = 1, .pid = 4711}});
    player_await(&player, MESSAGE_STANDBY, 1);
    cr_expect_eq(player.got[MESSAGE_WELCOME], 0, "two lead at once");
    coordinator_close(&first);
    player_hello(&player);
    player_ready(&player, "patients", 1);
    player_await(&player, MESSAGE_TASK, 1);
    cr_expect_eq(database_number(&stage.database, "select count(*) from task where state = 'leased'"), 2,
                 "the task that was under way was taken away");
    player_close(&player);
    coordinator_close(&second);
    stage_close(&stage);
}

/* Its leadership ends with its connection: it has to win it again before it gives tasks. */
Test(coordinator, goes_on_when_its_connection_to_the_database_breaks)
{
    struct stage stage;
    struct player player;
    struct coordinator *coordinator = NULL;

    stage_open(&stage);
    running_transfer(&stage, "clinic", 4);
    coordinator = stage_lead(&stage, 1, HOUR_MS, 2);
    player_open(&stage, &player, 1, "w1", all_kinds);
    player_hello(&player);
    player_ready(&player, "patients", 1);
    player_await(&player, MESSAGE_TASK, 1);
    database_run(&stage.database, "select pg_terminate_backend(pid) from pg_stat_activity where "
                                  "application_name like 'coordinator@%%' and datname = current_database()");
    player_ready(&player, "patients", 1);
    player_await(&player, MESSAGE_TASK, 2);
    cr_expect_neq(player.tasks[0].task.task, player.tasks[1].task.task);
    cr_expect_eq(database_number(&stage.database, "select count(*) from task where state = 'leased'"), 2);
    player_close(&player);
    coordinator_close(&coordinator);
    stage_close(&stage);
}

/* Whoever wins the leadership after a break: no task is given twice. */
Test(coordinator, gives_each_task_once_while_the_leadership_changes)
{
    enum { TASKS = 12 };
    struct stage stage;
    struct player players[2];
    struct coordinator *coordinators[2];

    stage_open(&stage);
    for (int i = 0; i < 2; i++) {
        coordinators[i] = stage_lead(&stage, i + 1, HOUR_MS, 1);
        player_open(&stage, &players[i], i + 1, i ? "two" : "one", all_kinds);
        if (i == 0)
            player_hello(&players[0]); /* from here on the first one leads */
    }
    player_ready(&players[0], "patients", 4);
    running_transfer(&stage, "clinic", TASKS);
    player_await(&players[0], MESSAGE_TASK, 4);
    coordinator_close(&coordinators[0]);
    player_hello(&players[1]);
    player_ready(&players[1], "patients", TASKS);
    player_await(&players[1], MESSAGE_TASK, TASKS - 4);
    for (int i = 0; i < players[0].got[MESSAGE_TASK]; i++)
        for (int k = 0; k < players[1].got[MESSAGE_TASK]; k++)
            cr_expect_neq(players[0].tasks[i].task.task, players[1].tasks[k].task.task, "a task was given twice");
    for (int i = 0; i < 2; i++)
        player_close(&players[i]);
    coordinator_close(&coordinators[1]);
    stage_close(&stage);
}

Test(coordinator, calls_off_what_is_paused_or_cancelled)
{
    struct stage stage;
    struct player player;
    struct coordinator *coordinator = NULL;
    struct answer answer = {.columns = 0};
    int64_t transfer = 0;

    stage_open(&stage);
    transfer = running_transfer(&stage, "clinic", 2);
    coordinator = stage_lead(&stage, 1, HOUR_MS, 100);
    player_open(&stage, &player, 1, "w1", all_kinds);
    player_hello(&player);
    player_ready(&player, "patients", 1);
    player_await(&player, MESSAGE_TASK, 1);
    cr_expect_eq(player.got[MESSAGE_CANCEL], 0);
    transfer_pause(stage.database.db, transfer, "a coffee", answer_take, &answer);
    answer_good(&stage.database, &answer);
    player_await(&player, MESSAGE_CANCEL, 1);
    cr_expect_eq(player.last[MESSAGE_CANCEL].cancel.task, player.tasks[0].task.task);
    cr_expect_eq(player.last[MESSAGE_CANCEL].cancel.token, player.tasks[0].task.token);
    player_close(&player);
    coordinator_close(&coordinator);
    stage_close(&stage);
}

Test(coordinator, fails_a_transfer_whose_task_failed)
{
    struct stage stage;
    struct player player;
    struct coordinator *coordinator = NULL;
    struct answer answer = {.columns = 0};

    stage_open(&stage);
    running_transfer(&stage, "clinic", 2);
    coordinator = stage_lead(&stage, 1, HOUR_MS, 100);
    player_open(&stage, &player, 1, "w1", all_kinds);
    player_hello(&player);
    player_ready(&player, "patients", 1);
    player_await(&player, MESSAGE_TASK, 1);
    task_fail(stage.database.db, player.tasks[0].task.task, player.tasks[0].task.token, "the disk is full", answer_take,
              &answer);
    answer_good(&stage.database, &answer);
    stage_await_number(&stage, 1,
                       "select count(*) from transfer where state = 'failed' and reason = 'the disk is full'");
    player_close(&player);
    coordinator_close(&coordinator);
    stage_close(&stage);
}

Test(coordinator, gives_nothing_to_a_worker_that_left)
{
    struct stage stage;
    struct player leaver;
    struct player stayer;
    struct coordinator *coordinator = NULL;

    stage_open(&stage);
    coordinator = stage_lead(&stage, 1, HOUR_MS, 1);
    player_open(&stage, &leaver, 1, "leaver", all_kinds);
    player_open(&stage, &stayer, 1, "stayer", all_kinds);
    player_hello(&leaver);
    player_hello(&stayer);
    player_ready(&leaver, "patients", 10);
    player_send(&leaver, &(struct message){.type = MESSAGE_BYE});
    stage_await_number(&stage, 1, "select count(*) from worker where name = 'leaver' and state = 'gone'");
    running_transfer(&stage, "clinic", 3);
    player_ready(&stayer, "patients", 10);
    player_await(&stayer, MESSAGE_TASK, 3);
    cr_expect_eq(leaver.got[MESSAGE_TASK], 0, "got %d tasks, want 0", leaver.got[MESSAGE_TASK]);
    player_close(&leaver);
    player_close(&stayer);
    coordinator_close(&coordinator);
    stage_close(&stage);
}

Test(coordinator, spreads_tasks_over_its_workers)
{
    struct stage stage;
    struct player players[2];
    struct coordinator *coordinator = NULL;

    stage_open(&stage);
    coordinator = stage_lead(&stage, 1, HOUR_MS, 1);
    for (int i = 0; i < 2; i++) {
        player_open(&stage, &players[i], 1, i ? "two" : "one", all_kinds);
        player_hello(&players[i]);
        player_ready(&players[i], "patients", 10);
    }
    running_transfer(&stage, "clinic", 8);
    stage_await_number(&stage, 8, "select count(*) from task where state = 'leased'");
    player_await(&players[0], MESSAGE_TASK, 4);
    player_await(&players[1], MESSAGE_TASK, 4);
    for (int i = 0; i < 2; i++)
        player_close(&players[i]);
    coordinator_close(&coordinator);
    stage_close(&stage);
}

Test(coordinator, refuses_a_stranger_and_a_kind_that_was_not_named)
{
    struct stage stage;
    struct player player;
    struct coordinator *coordinator = NULL;

    stage_open(&stage);
    coordinator = stage_lead(&stage, 1, HOUR_MS, 100);
    player_open(&stage, &player, 1, "w1", "patients");
    player_ready(&player, "patients", 1);
    player_await(&player, MESSAGE_REFUSED, 1);
    cr_expect_str_eq(player.last[MESSAGE_REFUSED].refused.reason, "say HELLO first");
    player_hello(&player);
    player_ready(&player, "verify", 1);
    player_await(&player, MESSAGE_REFUSED, 2);
    cr_expect(strstr(player.last[MESSAGE_REFUSED].refused.reason, "HELLO did not"), "got %s",
              player.last[MESSAGE_REFUSED].refused.reason);
    player_close(&player);
    coordinator_close(&coordinator);
    stage_close(&stage);
}

struct raw {
    zsock_t *socket;
    int refused;
};

static bool is_refused(void *argument)
{
    struct raw *raw = argument;

    while (zsock_events(raw->socket) & ZMQ_POLLIN) {
        zmsg_t *message = zmsg_recv(raw->socket);
        scoped(string_free) char *protocol = zmsg_popstr(message);
        scoped(string_free) char *type = zmsg_popstr(message);

        raw->refused += protocol && type && strcmp(type, "REFUSED") == 0;
        zmsg_destroy(&message);
    }
    return raw->refused >= 4;
}

Test(coordinator, refuses_garbage_and_goes_on)
{
    struct stage stage;
    struct player player;
    struct coordinator *coordinator = NULL;
    struct raw raw = {0};
    scoped(string_free) char *url = NULL;

    stage_open(&stage);
    running_transfer(&stage, "clinic", 1);
    coordinator = stage_lead(&stage, 1, HOUR_MS, 100);
    url = x_sprintf("%sipc://%s/coordinator-1", ">", stage.folder);
    raw.socket = zsock_new_dealer(url);
    cr_assert(raw.socket);
    zstr_send(raw.socket, "nonsense");
    zstr_sendx(raw.socket, "HANDOVER/1", "HELLO", NULL);
    zstr_sendx(raw.socket, "HANDOVER/999", "PONG", NULL);
    zstr_sendx(raw.socket, "HANDOVER/1", "TASK", "1", NULL);
    stage_await(&stage, is_refused, &raw, "four times REFUSED");
    zsock_destroy(&raw.socket);
    player_open(&stage, &player, 1, "w1", all_kinds);
    player_hello(&player);
    player_ready(&player, "patients", 1);
    player_await(&player, MESSAGE_TASK, 1);
    player_close(&player);
    coordinator_close(&coordinator);
    stage_close(&stage);
}

Test(coordinator, says_why_it_cannot_start)
{
    struct loop *loop = NULL;
    struct coordinator *coordinator = NULL;
    struct coordinator_settings settings = {.database_url = "postgresql:///x?host=/nonexistent",
                                            .listen_url = "ipc:///nonexistent/socket",
                                            .task_size = 1,
                                            .lease_ms = 1000};
    struct fault fault = {0};

    cr_assert(loop_open(&loop, &fault), "%s", fault.text);
    cr_expect(!coordinator_open(loop, &settings, &coordinator, &fault));
    cr_expect_eq(fault.kind, FAULT_RETRY, "got %s", fault_kind_name(fault.kind));
    cr_expect_null(coordinator);
    loop_close(&loop);
}
