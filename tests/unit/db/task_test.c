#include "db/task.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "support/database.h"

TestSuite(task, .timeout = 90);

enum { HOUR_MS = 3600000, SEEN = TASK_LAST + 1 };

static int64_t running_transfer(struct database *database, int64_t account)
{
    int64_t transfer = database_transfer(database, account);

    for (const char *const *state = (const char *const[]){"extracting", "preflight", "scheduled", "running", NULL};
         *state; state++)
        database_run(database, "update transfer set state = '%s' where id = %" PRId64, *state, transfer);
    return transfer;
}

static int64_t ready_task(struct database *database, int64_t transfer, const char *kind)
{
    return database_number(database,
                           "insert into task (transfer, kind, total) values (%" PRId64 ", '%s', 1) returning id",
                           transfer, kind);
}

static void lease(struct database *database, const char *kind, const char *worker, int64_t count, struct answer *answer)
{
    *answer = (struct answer){.columns = SEEN};
    task_lease(database->db, kind, worker, count, HOUR_MS, answer_take, answer);
    answer_good(database, answer);
}

static const char *state_of(struct database *database, int64_t task)
{
    return database_text(database, "select state from task where id = %" PRId64, task);
}

Test(task, are_cut_to_size_by_entity)
{
    struct database database;
    struct answer answer = {.columns = 0};
    int64_t transfer = 0;

    database_open(&database);
    transfer = running_transfer(&database, database_account(&database, "clinic", 180));
    database_stage(&database, transfer, "attendance", 25);
    database_stage(&database, transfer, "cancellation", 3);
    database_stage(&database, transfer, "patient", 5);
    database_run(&database, "update record set state = 'created' where source_key = 'key-2'");
    database_run(&database, "update record set state = 'sending' where source_key = 'key-3'");
    database_run(&database, UNGUARDED("update record set state = 'excluded' where source_key = 'key-25'"));
    task_plan_phase(database.db, transfer, 0, 6, 10, answer_take, &answer);
    answer_good(&database, &answer);
    cr_expect_eq(answer.affected, 4, "got %" PRId64 " tasks, want 4", answer.affected);
    cr_expect_str_eq(database_text(&database,
                                   "select string_agg(entity || ':' || total || ':' || (first %% 1000000) || "
                                   "'-' || (last %% 1000000), ' ' order by id) from task"),
                     "attendance:10:1-11 attendance:10:12-21 attendance:3:22-24 cancellation:2:1-3");
    cr_expect_eq(database_number(&database, "select count(*) from task where kind <> 'appointments' or phase <> 6"), 0);
    cr_expect_eq(database_number(&database, "select phase from transfer"), 6);
    database_close(&database);
}

Test(task, are_planned_once_and_only_while_the_transfer_runs)
{
    struct database database;
    int64_t transfer = 0;

    database_open(&database);
    transfer = running_transfer(&database, database_account(&database, "clinic", 180));
    database_stage(&database, transfer, "patient", 5);
    database_run(&database, "update transfer set state = 'paused'");
    for (int i = 0; i < 3; i++) {
        struct answer answer = {.columns = 0};
        int64_t want = i == 1 ? 3 : 0;

        task_plan_phase(database.db, transfer, 0, 4, 2, answer_take, &answer);
        answer_good(&database, &answer);
        cr_expect_eq(answer.affected, want, "call %d: got %" PRId64 " tasks, want %" PRId64, i, answer.affected, want);
        database_run(&database, "update transfer set state = 'running' where state = 'paused'");
    }
    database_close(&database);
}

Test(task, leave_out_what_an_earlier_transfer_brought)
{
    struct database database;
    struct answer answer = {.columns = 0};
    int64_t account = 0;
    int64_t other = 0;
    int64_t transfer = 0;

    database_open(&database);
    account = database_account(&database, "clinic", 180);
    other = database_account(&database, "other", 180);
    transfer = running_transfer(&database, account);
    database_stage(&database, transfer, "patient", 6);
    database_run(&database, "update record set state = 'sending' where source_key = 'key-6'");
    database_run(&database,
                 "insert into id_map (account, system, entity, source_key, cliniko_id, transfer) values "
                 "(%" PRId64 ", 'old', 'patient', 'key-1', '1811111111111111111', 1), "
                 "(%" PRId64 ", 'new', 'patient', 'key-2', '2', 1), (%" PRId64
                 ", 'old', 'appointment', 'key-3', '3', 1), "
                 "(%" PRId64 ", 'old', 'patient', 'key-4', '4', 1), (%" PRId64 ", 'old', 'patient', 'key-6', '6', 1)",
                 account, account, account, other, account);
    for (int i = 0; i < 2; i++) {
        answer = (struct answer){.columns = 0};
        task_adopt_known(database.db, transfer, 4, answer_take, &answer);
        answer_good(&database, &answer);
        cr_expect_eq(answer.affected, i ? 0 : 2, "call %d: got %" PRId64 " adopted", i, answer.affected);
    }
    cr_expect_str_eq(database_text(&database,
                                   "select string_agg(source_key || '=' || cliniko_id, ' ' order by ordinal) "
                                   "from record where state = 'created'"),
                     "key-1=1811111111111111111 key-6=6");
    database_close(&database);
}

Test(task, are_leased_by_kind_with_rising_tokens)
{
    struct database database;
    struct answer answer;
    int64_t transfer = 0;
    int64_t first = 0;
    int64_t second = 0;

    database_open(&database);
    transfer = running_transfer(&database, database_account(&database, "clinic", 0));
    first = ready_task(&database, transfer, "patients");
    ready_task(&database, transfer, "appointments");
    second = ready_task(&database, transfer, "patients");
    lease(&database, "patients", "w1", 1, &answer);
    cr_assert_eq(answer.rows, 1, "got %d tasks, want 1", answer.rows);
    cr_expect_eq(answer_number(&answer, 0, TASK_ID), first);
    cr_expect_str_eq(answer.cells[0][TASK_KIND], "patients");
    cr_expect_eq(answer_number(&answer, 0, TASK_TRANSFER), transfer);
    cr_expect(answer.is_null[0][TASK_ENTITY]);
    {
        int64_t token = answer_number(&answer, 0, TASK_TOKEN);

        lease(&database, "patients", "w2", 5, &answer);
        cr_assert_eq(answer.rows, 1, "got %d tasks, want 1", answer.rows);
        cr_expect_eq(answer_number(&answer, 0, TASK_ID), second);
        cr_expect_gt(answer_number(&answer, 0, TASK_TOKEN), token);
    }
    lease(&database, "patients", "w3", 5, &answer);
    cr_expect_eq(answer.rows, 0, "got %d tasks, want 0", answer.rows);
    lease(&database, "notes", "w3", 5, &answer);
    cr_expect_eq(answer.rows, 0, "got %d tasks, want 0", answer.rows);
    database_close(&database);
}

Test(task, name_the_kinds_that_can_be_taken_now)
{
    struct database database;
    struct answer answer = {.columns = 1};
    int64_t transfer = 0;

    database_open(&database);
    transfer = running_transfer(&database, database_account(&database, "clinic", 0));
    ready_task(&database, transfer, "patients");
    ready_task(&database, transfer, "patients");
    database_run(&database, "update task set state = 'done' where id = %" PRId64,
                 ready_task(&database, transfer, "verify"));
    database_run(&database, "update task set not_before = now() + interval '1 hour' where id = %" PRId64,
                 ready_task(&database, transfer, "appointments"));
    task_ready_kinds(database.db, answer_take, &answer);
    answer_good(&database, &answer);
    cr_assert_eq(answer.rows, 1, "got %d kinds, want 1", answer.rows);
    cr_expect_str_eq(answer.cells[0][0], "patients");
    database_close(&database);
}

Test(task, are_leased_only_in_the_state_that_their_kind_belongs_to)
{
    static const struct {
        const char *kind;
        const char *state;
    } homes[] = {{"extract", "extracting"}, {"preflight", "preflight"},  {"catalogue", "running"},
                 {"patients", "running"},   {"appointments", "running"}, {"verify", "verifying"}};
    static const char *const states[] = {"extracting", "preflight", "waiting", "scheduled", "running",
                                         "verifying",  "review",    "paused",  "failed",    "cancelled"};
    struct database database;
    int64_t account = 0;

    database_open(&database);
    account = database_account(&database, "clinic", 0);
    for (size_t i = 0; i < array_length(homes); i++) {
        for (size_t k = 0; k < array_length(states); k++) {
            bool want = strcmp(homes[i].state, states[k]) == 0;
            struct answer answer;

            database_run(&database, "delete from task; delete from transfer");
            database_run(&database,
                         "with made as (insert into transfer (account, system, source, profile, state) values (%" PRId64
                         ", 's', 'f', '{}', '%s') returning id) "
                         "insert into task (transfer, kind) select id, '%s' from made",
                         account, states[k], homes[i].kind);
            lease(&database, homes[i].kind, "w1", 1, &answer);
            cr_expect_eq(answer.rows, want, "%s in %s: got %d tasks, want %d", homes[i].kind, states[k], answer.rows,
                         want);
        }
    }
    database_close(&database);
}

Test(task, are_not_taken_before_their_time)
{
    struct database database;
    struct answer answer;
    int64_t task = 0;

    database_open(&database);
    task = ready_task(&database, running_transfer(&database, database_account(&database, "clinic", 0)), "patients");
    database_run(&database, "update task set not_before = now() + interval '1 hour'");
    lease(&database, "patients", "w1", 1, &answer);
    cr_expect_eq(answer.rows, 0, "got %d tasks, want 0", answer.rows);
    database_run(&database, "update task set not_before = now()");
    lease(&database, "patients", "w1", 1, &answer);
    cr_assert_eq(answer.rows, 1, "got %d tasks, want 1", answer.rows);
    cr_expect_eq(answer_number(&answer, 0, TASK_ID), task);
    database_close(&database);
}

Test(task, are_parked_on_no_account_beyond_what_its_limit_can_use)
{
    static const struct {
        int64_t rate;
        int want;
    } cases[] = {{1, 2}, {60, 2}, {180, 4}, {600, 11}, {0, 16}};
    struct database database;

    database_open(&database);
    for (size_t i = 0; i < array_length(cases); i++) {
        struct answer answer;
        int64_t transfer = 0;
        int got = 0;

        database_run(&database, "delete from task; delete from transfer; delete from account");
        transfer = running_transfer(&database, database_account(&database, "clinic", cases[i].rate));
        for (int k = 0; k < 20; k++)
            ready_task(&database, transfer, "patients");
        lease(&database, "patients", "w1", 1, &answer);
        got += answer.rows;
        lease(&database, "patients", "w2", 20, &answer);
        got += answer.rows;
        lease(&database, "patients", "w3", 20, &answer);
        cr_expect_eq(answer.rows, 0, "rate %" PRId64 ": got %d more", cases[i].rate, answer.rows);
        cr_expect_eq(got, cases[i].want, "rate %" PRId64 ": got %d, want %d", cases[i].rate, got, cases[i].want);
    }
    database_close(&database);
}

/* Records of these lists carry no marker: two writers could not tell theirs apart. */
static int64_t draft_of(struct database *database, int64_t account, const char *system)
{
    int64_t transfer = database_transfer(database, account);

    database_run(database, "update transfer set system = '%s' where id = %" PRId64, system, transfer);
    return transfer;
}

Test(task, of_the_catalogue_have_one_writer_for_each_account)
{
    struct database database;
    struct answer answer;
    int64_t account = 0;

    database_open(&database);
    account = database_account(&database, "clinic", 0);
    for (int i = 0; i < 2; i++) {
        int64_t transfer = draft_of(&database, account, i ? "new" : "old");

        database_run(&database, UNGUARDED("update transfer set state = 'running' where id = %" PRId64), transfer);
        for (int k = 0; k < 3; k++)
            ready_task(&database, transfer, "catalogue");
        ready_task(&database, transfer, "patients");
    }
    ready_task(&database, running_transfer(&database, database_account(&database, "other", 0)), "catalogue");
    lease(&database, "catalogue", "w1", 10, &answer);
    cr_expect_eq(answer.rows, 2, "got %d tasks, want one for each account", answer.rows);
    lease(&database, "catalogue", "w2", 10, &answer);
    cr_expect_eq(answer.rows, 0, "got %d more", answer.rows);
    lease(&database, "patients", "w2", 10, &answer);
    cr_expect_eq(answer.rows, 2, "got %d tasks of another kind, want 2", answer.rows);
    database_run(&database, "update task set state = 'done' where state = 'leased' and kind = 'catalogue'");
    lease(&database, "catalogue", "w2", 10, &answer);
    cr_expect_eq(answer.rows, 1, "got %d tasks, want the next one", answer.rows);
    database_close(&database);
}

/* Attendances of one account must not keep its uploads from beginning. */
Test(task, of_one_kind_leave_the_share_of_another)
{
    struct database database;
    struct answer answer;
    int64_t transfer = 0;

    database_open(&database);
    transfer = running_transfer(&database, database_account(&database, "clinic", 60));
    for (int k = 0; k < 5; k++) {
        ready_task(&database, transfer, "appointments");
        ready_task(&database, transfer, "attachments");
    }
    lease(&database, "appointments", "w1", 10, &answer);
    cr_expect_eq(answer.rows, 2, "got %d", answer.rows);
    lease(&database, "attachments", "w1", 10, &answer);
    cr_expect_eq(answer.rows, 2, "got %d", answer.rows);
    database_close(&database);
}

Test(task, go_first_to_the_account_that_has_the_fewest)
{
    struct database database;
    struct answer answer;
    int64_t accounts[3];

    database_open(&database);
    for (int i = 0; i < 3; i++) {
        const char *names[] = {"early", "middle", "late"};

        accounts[i] = database_account(&database, names[i], 0);
    }
    for (int i = 0; i < 3; i++) {
        int64_t transfer = running_transfer(&database, accounts[i]);

        for (int k = 0; k < (i == 0 ? 12 : 4); k++)
            ready_task(&database, transfer, "patients");
    }
    lease(&database, "patients", "w1", 3, &answer);
    cr_assert_eq(answer.rows, 3, "got %d tasks, want 3", answer.rows);
    cr_expect_eq(database_number(&database, "select count(distinct transfer) from task where state = 'leased'"), 3,
                 "one account got more than its share");
    for (int i = 0; i < 6; i++)
        lease(&database, "patients", "w1", 1, &answer);
    cr_expect_str_eq(database_text(&database, "select string_agg(n::text, ',') from (select count(*) n from task where "
                                              "state = 'leased' group by transfer order by transfer) c"),
                     "3,3,3");
    database_close(&database);
}

Test(task, are_renewed_by_their_holder_alone)
{
    struct database database;
    struct answer leased;
    struct answer answer = {.columns = 2};
    int64_t transfer = 0;
    int64_t tokens[4];

    database_open(&database);
    transfer = running_transfer(&database, database_account(&database, "clinic", 0));
    for (int i = 0; i < 3; i++)
        ready_task(&database, transfer, "patients");
    lease(&database, "patients", "w1", 2, &leased);
    tokens[0] = answer_number(&leased, 0, TASK_TOKEN);
    tokens[1] = answer_number(&leased, 1, TASK_TOKEN);
    lease(&database, "patients", "w2", 1, &leased);
    tokens[2] = answer_number(&leased, 0, TASK_TOKEN);
    tokens[3] = tokens[2] + 1000;
    database_run(&database, "update task set state = 'ready' where lease_token = %" PRId64, tokens[1]);
    task_renew(database.db, "w1", tokens, array_length(tokens), 2 * HOUR_MS, answer_take, &answer);
    answer_good(&database, &answer);
    cr_assert_eq(answer.rows, 1, "got %d renewed, want 1", answer.rows);
    cr_expect_eq(answer_number(&answer, 0, 0), tokens[0]);
    cr_expect_str_eq(answer.cells[0][1], "t");
    cr_expect_eq(
        database_number(&database, "select count(*) from task where lease_until > now() + interval '90 minutes'"), 1);
    database_run(&database, "update transfer set state = 'paused'");
    answer = (struct answer){.columns = 2};
    task_renew(database.db, "w1", tokens, 1, HOUR_MS, answer_take, &answer);
    answer_good(&database, &answer);
    cr_assert_eq(answer.rows, 1);
    cr_expect_str_eq(answer.cells[0][1], "f", "a paused transfer's task is to go on");
    database_close(&database);
}

Test(task, end_once_and_only_under_their_token)
{
    static const struct {
        const char *verb;
        const char *state;
    } cases[] = {{"done", "done"}, {"fail", "failed"}, {"return", "ready"}};
    struct database database;
    int64_t transfer = 0;

    database_open(&database);
    transfer = running_transfer(&database, database_account(&database, "clinic", 0));
    for (size_t i = 0; i < array_length(cases); i++) {
        struct held_task held = database_task(&database, transfer, "patients", "patient", 1, 5);

        for (int round = 0; round < 3; round++) {
            int64_t token = round == 0 ? held.token - 1 : held.token; /* the old one, the right one, and again */
            struct answer answer = {.columns = 0};

            if (i == 0)
                task_done(database.db, held.task, token, answer_take, &answer);
            else if (i == 1)
                task_fail(database.db, held.task, token, "the reason", answer_take, &answer);
            else
                task_return(database.db, held.task, token, 0, "the reason", NULL, answer_take, &answer);
            answer_good(&database, &answer);
            if (i < 2)
                cr_expect_eq(answer.affected, round > 0, "%s, round %d: got %" PRId64 " affected", cases[i].verb, round,
                             answer.affected);
            cr_expect_str_eq(state_of(&database, held.task), round ? cases[i].state : "leased", "%s, round %d",
                             cases[i].verb, round);
        }
        cr_expect_str_eq(database_text(&database, "select problem from task where id = %" PRId64, held.task),
                         i ? "the reason" : "", "%s", cases[i].verb);
    }
    cr_expect_str_eq(database_text(&database, "select state from transfer"), "running");
    database_close(&database);
}

Test(task, come_back_after_a_delay)
{
    struct database database;
    struct answer answer = {.columns = 0};
    struct held_task held;

    database_open(&database);
    held = database_task(&database, running_transfer(&database, database_account(&database, "clinic", 0)), "patients",
                         "patient", 1, 5);
    task_return(database.db, held.task, held.token, HOUR_MS, "no answer", NULL, answer_take, &answer);
    answer_good(&database, &answer);
    lease(&database, "patients", "w1", 1, &answer);
    cr_expect_eq(answer.rows, 0, "got %d tasks, want 0", answer.rows);
    cr_expect_str_eq(database_text(&database, "select not_before between now() + interval '58 minutes' and "
                                              "now() + interval '1 hour' from task"),
                     "t", "it waits another time than an hour");
    database_close(&database);
}

Test(task, pause_the_transfer_when_they_come_back_too_often)
{
    const struct task_patience patience = {.attempts = 3};
    struct database database;
    struct held_task held;

    database_open(&database);
    held = database_task(&database, running_transfer(&database, database_account(&database, "clinic", 0)), "patients",
                         "patient", 1, 5);
    for (int attempt = 1; attempt <= 3; attempt++) {
        struct answer answer = {.columns = 0};

        task_return(database.db, held.task, held.token, 0, "Cliniko is away", &patience, answer_take, &answer);
        answer_good(&database, &answer);
        cr_expect_str_eq(database_text(&database, "select state from transfer"), attempt < 3 ? "running" : "paused",
                         "attempt %d", attempt);
        lease(&database, "patients", "holder", 1, &answer);
        cr_assert_eq(answer.rows, attempt < 3, "attempt %d: got %d tasks", attempt, answer.rows);
        if (answer.rows)
            held.token = answer_number(&answer, 0, TASK_TOKEN);
    }
    cr_expect_str_eq(database_text(&database, "select reason from transfer"), "Cliniko is away");
    cr_expect_str_eq(database_text(&database, "select paused_from from transfer"), "running");
    cr_expect_eq(database_number(&database, "select attempts from task"), 0, "it does not begin anew after a resume");
    database_close(&database);
}

Test(task, do_not_pause_the_transfer_after_progress)
{
    const struct task_patience patience = {.attempts = 3};
    struct database database;
    struct answer answer = {.columns = 0};
    struct held_task held;

    database_open(&database);
    held = database_task(&database, running_transfer(&database, database_account(&database, "clinic", 0)), "patients",
                         "patient", 1, 5);
    database_run(&database, "update task set attempts = 0"); /* as record_finish leaves it when records were created */
    task_return(database.db, held.task, held.token, 0, "the worker was told to stop", &patience, answer_take, &answer);
    answer_good(&database, &answer);
    cr_expect_str_eq(state_of(&database, held.task), "ready");
    cr_expect_str_eq(database_text(&database, "select state from transfer"), "running", "it was paused for nothing");
    database_close(&database);
}

Test(task, are_taken_back_when_their_lease_ran_out)
{
    struct database database;
    struct answer answer = {.columns = 2};
    struct held_task late;
    struct held_task good;
    int64_t transfer = 0;

    database_open(&database);
    transfer = running_transfer(&database, database_account(&database, "clinic", 0));
    late = database_task(&database, transfer, "patients", "patient", 1, 5);
    good = database_task(&database, transfer, "patients", "patient", 6, 9);
    database_run(&database, "update task set lease_until = now() - interval '1 second' where id = %" PRId64, late.task);
    task_reap(database.db, "here", answer_take, &answer);
    answer_good(&database, &answer);
    cr_assert_eq(answer.rows, 1, "got %d, want 1", answer.rows);
    cr_expect_eq(answer_number(&answer, 0, 0), late.task);
    cr_expect_str_eq(answer.cells[0][1], "holder");
    cr_expect_str_eq(state_of(&database, late.task), "ready");
    cr_expect_str_eq(state_of(&database, good.task), "leased");
    answer = (struct answer){.columns = 0};
    task_done(database.db, late.task, late.token, answer_take, &answer);
    answer_good(&database, &answer);
    cr_expect_eq(answer.affected, 0, "the lost lease ended the task");
    database_close(&database);
}

Test(task, of_a_dead_worker_are_taken_back)
{
    struct database database;
    struct answer answer = {.columns = 1};
    struct held_task dead;
    struct held_task other;
    int64_t transfer = 0;

    database_open(&database);
    transfer = running_transfer(&database, database_account(&database, "clinic", 0));
    dead = database_task(&database, transfer, "patients", "patient", 1, 5);
    other = database_task(&database, transfer, "patients", "patient", 6, 9);
    database_run(&database, "update task set leased_by = 'other' where id = %" PRId64, other.task);
    database_run(&database,
                 "insert into worker (name, host, pid, kinds, slots) values ('holder', 'h', 1, 'patients', 1)");
    task_reap_worker(database.db, "holder", answer_take, &answer);
    answer_good(&database, &answer);
    cr_assert_eq(answer.rows, 1, "got %d, want 1", answer.rows);
    cr_expect_eq(answer_number(&answer, 0, 0), dead.task);
    cr_expect_str_eq(state_of(&database, other.task), "leased");
    cr_expect_str_eq(database_text(&database, "select state from worker"), "gone");
    database_close(&database);
}

Test(task, are_unwanted_once_their_transfer_rests)
{
    static const char *const rests[] = {"paused", "cancelled"};
    struct database database;
    int64_t account = 0;

    database_open(&database);
    account = database_account(&database, "clinic", 0);
    for (size_t i = 0; i < array_length(rests); i++) {
        struct answer answer = {.columns = 3};
        struct held_task held;

        database_run(&database, "delete from task; delete from transfer");
        held = database_task(&database, running_transfer(&database, account), "patients", "patient", 1, 5);
        task_unwanted(database.db, answer_take, &answer);
        answer_good(&database, &answer);
        cr_expect_eq(answer.rows, 0, "running: got %d, want 0", answer.rows);
        database_run(&database, "update transfer set state = '%s'", rests[i]);
        answer = (struct answer){.columns = 3};
        task_unwanted(database.db, answer_take, &answer);
        answer_good(&database, &answer);
        cr_assert_eq(answer.rows, 1, "%s: got %d, want 1", rests[i], answer.rows);
        cr_expect_eq(answer_number(&answer, 0, 0), held.task);
        cr_expect_eq(answer_number(&answer, 0, 1), held.token);
        cr_expect_str_eq(answer.cells[0][2], "holder");
    }
    database_close(&database);
}

/* Two coordinators must never hand the same task out: the one that comes second finds it taken. */
Test(task, are_leased_to_one_of_two_that_ask_at_once)
{
    struct database database;
    struct answer one = {.columns = SEEN};
    struct answer other = {.columns = SEEN};
    struct fault fault = {0};
    struct db *rival = NULL;

    database_open(&database);
    rival = database_connect(&database, "rival");
    ready_task(&database, running_transfer(&database, database_account(&database, "clinic", 0)), "patients");
    database_run(&database, "begin");
    database_run(&database, "select from task for update");
    task_lease(database.db, "patients", "w1", 1, HOUR_MS, answer_take, &one);
    task_lease(rival, "patients", "w2", 1, HOUR_MS, answer_take, &other);
    while (database_number(&database, "select count(*) from pg_locks where not granted") < 1)
        loop_turn(database.loop, 20);
    database_run(&database, "commit");
    cr_assert(db_wait(database.db, 30000, &fault) && db_wait(rival, 30000, &fault), "%s", fault.text);
    cr_expect_eq(one.rows + other.rows, 1, "got %d leases, want 1", one.rows + other.rows);
    db_close(&rival);
    database_close(&database);
}
