/* How leases end, by whatever end of their holder, and what is then known of the records under them. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "db/record.h"
#include "db/task.h"
#include "db/worker.h"
#include "support/database.h"

TestSuite(lease, .timeout = 90);

enum { LEASE_MS = 15000, SILENT_MS = 2500 };

static void move(struct database *database, int64_t transfer, const char *const *states)
{
    for (; *states; states++)
        database_run(database, "update transfer set state = '%s' where id = %" PRId64, *states, transfer);
}

static int64_t transfer_in(struct database *database, int64_t account, const char *state)
{
    static const char *const way[] = {"extracting", "preflight", "scheduled", "running", "verifying"};
    int64_t transfer = database_transfer(database, account);

    for (size_t i = 0; i < array_length(way); i++) {
        move(database, transfer, (const char *const[]){way[i], NULL});
        if (strcmp(way[i], state) == 0)
            break;
    }
    return transfer;
}

static const char *state_of(struct database *database, int64_t task)
{
    return database_text(database, "select state from task where id = %" PRId64, task);
}

static int64_t stage_task(struct database *database, int64_t transfer, const char *kind, const char *state)
{
    return database_number(database,
                           "insert into task (transfer, kind, state, lease_token, leased_by) "
                           "values (%" PRId64 ", '%s', '%s', nextval('lease_token'), 'holder') returning id",
                           transfer, kind, state);
}

/* A preflight that has moved its transfer on and was told to stop, or died, before its task was done. */
Test(lease, of_a_stage_ends_with_the_stage)
{
    static const struct {
        const char *stage;
        const char *kind;
        const char *next;
        const char *want;
    } cases[] = {
        {"preflight", "preflight", "scheduled", "done"}, {"preflight", "preflight", "waiting", "done"},
        {"preflight", "preflight", "failed", "done"},    {"preflight", "preflight", "paused", "leased"},
        {"extracting", "extract", "waiting", "done"},    {"extracting", "extract", "paused", "leased"},
        {"verifying", "verify", "cancelled", "done"},    {"running", "patients", "paused", "leased"},
        {"running", "patients", "cancelled", "leased"},
    };
    struct database database;

    database_open(&database);
    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(string_free) char *name = x_sprintf("clinic %zu", i);
        int64_t transfer = transfer_in(&database, database_account(&database, name, 0), cases[i].stage);
        int64_t task = stage_task(&database, transfer, cases[i].kind, "leased");

        move(&database, transfer, (const char *const[]){cases[i].next, NULL});
        cr_expect_str_eq(state_of(&database, task), cases[i].want, "%s to %s: the task is %s", cases[i].stage,
                         cases[i].next, state_of(&database, task));
    }
    database_close(&database);
}

Test(lease, of_a_transfer_that_is_over_is_not_looked_for)
{
    struct database database;
    struct answer answer = {.columns = 1};
    int64_t transfer = 0;

    database_open(&database);
    transfer = transfer_in(&database, database_account(&database, "clinic", 0), "running");
    stage_task(&database, transfer, "patients", "ready");
    task_ready_kinds(database.db, answer_take, &answer);
    answer_good(&database, &answer);
    cr_expect_eq(answer.rows, 1);
    move(&database, transfer, (const char *const[]){"cancelled", NULL});
    answer = (struct answer){.columns = 1};
    task_ready_kinds(database.db, answer_take, &answer);
    answer_good(&database, &answer);
    cr_expect_eq(answer.rows, 0, "workers are asked for a transfer that is cancelled");
    database_close(&database);
}

static int64_t sent_ago(struct database *database, int64_t transfer)
{
    struct answer answer = {.columns = RECORD_SENT_AGO_MS + 1};
    int64_t first = record_first_ordinal(ENTITY_PATIENT);

    record_load(database->db, transfer, ENTITY_PATIENT, first, first + 10, 10, answer_take, &answer);
    answer_good(database, &answer);
    return answer_number(&answer, 0, RECORD_SENT_AGO_MS);
}

/* A request waits for its slot: it may leave long after its intent was written, as late as its lease ends. */
Test(lease, that_ended_later_than_the_intent_is_what_a_late_commit_is_waited_from)
{
    struct database database;
    struct held_task held;
    int64_t transfer = 0;
    int64_t first = record_first_ordinal(ENTITY_PATIENT);

    database_open(&database);
    transfer = transfer_in(&database, database_account(&database, "clinic", 0), "running");
    database_stage(&database, transfer, "patient", 1);
    held = database_task(&database, transfer, "patients", "patient", first, first + 10);
    database_run(&database, "update record set state = 'sending', sent_at = now() - interval '1 minute'");
    cr_expect_geq(sent_ago(&database, transfer), 60000);
    database_run(&database, "update task set lease_ended_at = now() - interval '10 seconds' where id = %" PRId64,
                 held.task);
    cr_expect_lt(sent_ago(&database, transfer), 60000, "the wait begins before the last request could leave");
    cr_expect_geq(sent_ago(&database, transfer), 10000);
    database_run(&database, "update task set lease_ended_at = now() - interval '1 hour'");
    cr_expect_lt(sent_ago(&database, transfer), 120000);
    database_close(&database);
}

Test(lease, notes_when_it_ended_however_it_ended)
{
    struct database database;
    struct held_task held[3];
    struct answer answers[3] = {{.columns = 0}, {.columns = 0}, {.columns = 0}};
    int64_t transfer = 0;

    database_open(&database);
    transfer = transfer_in(&database, database_account(&database, "clinic", 0), "running");
    for (int i = 0; i < 3; i++)
        held[i] = database_task(&database, transfer, "patients", "patient", 10 * i, 10 * i + 5);
    database_run(&database, "update task set leased_by = 'dead' where id = %" PRId64, held[1].task);
    database_run(&database, "update task set lease_until = now() - interval '1 s' where id = %" PRId64, held[2].task);
    task_return(database.db, held[0].task, held[0].token, 0, NULL, NULL, answer_take, &answers[0]);
    answer_good(&database, &answers[0]);
    task_reap_worker(database.db, "dead", answer_take, &answers[1]);
    answer_good(&database, &answers[1]);
    task_reap(database.db, "here", answer_take, &answers[2]);
    answer_good(&database, &answers[2]);
    cr_expect_eq(database_number(&database, "select count(*) from task where state = 'ready' and lease_ended_at >= "
                                            "now() - interval '1 minute'"),
                 3);
    database_close(&database);
}

Test(lease, of_a_worker_that_is_cut_off_is_taken_back_only_when_it_renews_no_more)
{
    struct database database;
    struct held_task renewed;
    struct held_task silent;
    struct answer answer = {.columns = 1};
    int64_t transfer = 0;

    database_open(&database);
    transfer = transfer_in(&database, database_account(&database, "clinic", 0), "running");
    renewed = database_task(&database, transfer, "patients", "patient", 1, 5);
    silent = database_task(&database, transfer, "patients", "patient", 6, 9);
    database_run(&database, "update task set lease_until = now() + interval '14 seconds' where id = %" PRId64,
                 renewed.task);
    database_run(&database, "update task set lease_until = now() + interval '12 seconds' where id = %" PRId64,
                 silent.task);
    task_reap_silent(database.db, "holder", LEASE_MS, SILENT_MS, answer_take, &answer);
    answer_good(&database, &answer);
    cr_assert_eq(answer.rows, 1, "%d leases were taken back, want 1", answer.rows);
    cr_expect_eq(answer_number(&answer, 0, 0), silent.task);
    cr_expect_str_eq(state_of(&database, renewed.task), "leased");
    cr_expect_eq(
        database_number(&database, "select count(*) from task where lease_ended_at > now() + interval '10 seconds'"), 1,
        "it may send until the end of the lease that it knows of");
    database_close(&database);
}

Test(lease, that_never_reached_its_worker_is_returned_by_it)
{
    struct database database;
    struct held_task known;
    struct held_task unknown;
    struct held_task other;
    struct answer answer = {.columns = 0};
    int64_t transfer = 0;

    database_open(&database);
    transfer = transfer_in(&database, database_account(&database, "clinic", 0), "running");
    known = database_task(&database, transfer, "patients", "patient", 1, 5);
    unknown = database_task(&database, transfer, "patients", "patient", 6, 9);
    other = database_task(&database, transfer, "patients", "patient", 10, 12);
    database_run(&database, "update task set leased_by = 'other' where id = %" PRId64, other.task);
    task_return_unknown(database.db, "holder", &known.token, 1, answer_take, &answer);
    answer_good(&database, &answer);
    cr_expect_eq(answer.affected, 1);
    cr_expect_str_eq(state_of(&database, known.task), "leased");
    cr_expect_str_eq(state_of(&database, unknown.task), "ready");
    cr_expect_str_eq(state_of(&database, other.task), "leased");
    database_close(&database);
}

static int64_t isolate(struct database *database)
{
    struct answer answer = {.columns = 3};

    task_isolate(database->db, answer_take, &answer);
    answer_good(database, &answer);
    return answer.rows;
}

/* Workers die with every task that holds the deadly record and get nothing else done: as slow as it can be. */
Test(lease, of_a_deadly_record_is_narrowed_down_to_it)
{
    struct database database;
    int64_t first = record_first_ordinal(ENTITY_PATIENT) + 1;
    int64_t deadly = first + 36;
    int64_t transfer = 0;
    int deaths = 0;

    database_open(&database);
    transfer = transfer_in(&database, database_account(&database, "clinic", 0), "running");
    database_stage(&database, transfer, "patient", 100);
    database_task(&database, transfer, "patients", "patient", first, first + 99);
    database_run(&database, "update task set state = 'ready'");
    for (; deaths < 30 && database_number(&database, "select count(*) from record where state = 'failed'") == 0;
         deaths++) {
        database_run(&database,
                     "update task set deaths = deaths + 1 where %" PRId64 " between first and last "
                     "and state = 'ready'",
                     deadly);
        isolate(&database);
        cr_assert_eq(database_number(&database, "select sum(total) from task"), 100, "a record got lost or doubled");
        cr_assert_eq(database_number(&database,
                                     "select count(*) from record r where (select count(*) from task k where "
                                     "r.ordinal between k.first and k.last) <> 1"),
                     0, "a record stands in no task, or in two");
    }
    cr_expect_leq(deaths, 11, "%d workers died, want at most 2 + 6 + 3", deaths);
    cr_expect_str_eq(database_text(&database, "select source_key from record where state = 'failed'"), "key-37");
    cr_expect_eq(database_number(&database, "select count(*) from record where state = 'staged'"), 99);
    cr_expect_eq(database_number(&database, "select failed from task where %" PRId64 " between first and last", deadly),
                 1);
    cr_expect(strstr(database_text(&database, "select problem from record where state = 'failed'"), "4 times"));
    database_close(&database);
}

/* What a worker has beside the deadly task dies with it, again and again, and must not be blamed for it. */
Test(lease, of_a_suspect_goes_to_a_worker_that_has_nothing_else)
{
    static const struct {
        const char *worker;
        int want;
    } cases[] = {{"busy", 0}, {"idle", 1}, {"idle", 0}};
    struct database database;
    int64_t transfer = 0;

    database_open(&database);
    transfer = transfer_in(&database, database_account(&database, "clinic", 0), "running");
    database_task(&database, transfer, "notes", "treatment_note", 1, 5);
    database_run(&database, "update task set leased_by = 'busy'");
    for (int i = 0; i < 2; i++)
        stage_task(&database, transfer, "patients", "ready");
    database_run(&database, "update task set deaths = 2 where kind = 'patients'");
    for (size_t i = 0; i < array_length(cases); i++) {
        struct answer answer = {.columns = TASK_LAST + 1};

        task_lease(database.db, "patients", cases[i].worker, 1, LEASE_MS, answer_take, &answer);
        answer_good(&database, &answer);
        cr_expect_eq(answer.rows, cases[i].want, "case %zu: got %d tasks", i, answer.rows);
    }
    database_run(&database, "update task set deaths = 0 where state = 'ready'");
    {
        struct answer answer = {.columns = TASK_LAST + 1};

        task_lease(database.db, "patients", "idle", 1, LEASE_MS, answer_take, &answer);
        answer_good(&database, &answer);
        cr_expect_eq(answer.rows, 0, "it got another one beside the suspect");
    }
    database_close(&database);
}

/* On a service that is never idle a suspect would wait for ever. */
Test(lease, of_a_suspect_keeps_one_worker_from_taking_more)
{
    static const struct {
        const char *worker;
        const char *kind;
        int want;
    } cases[] = {{"a", "notes", 0}, {"b", "notes", 1}, {"c", "notes", 1}, {"a", "patients", 0}};
    struct database database;
    int64_t transfer = 0;

    database_open(&database);
    transfer = transfer_in(&database, database_account(&database, "clinic", 0), "running");
    database_task(&database, transfer, "notes", "treatment_note", 1, 5);
    database_run(&database, "update task set leased_by = 'a'");
    database_run(&database,
                 "insert into worker (name, host, pid, kinds, slots) values ('a', 'h', 1, 'patients,notes', 4), "
                 "('b', 'h', 2, 'patients,notes', 4), ('0', 'h', 3, 'notes', 4)");
    stage_task(&database, transfer, "patients", "ready");
    database_run(&database, "update task set deaths = 2 where kind = 'patients'");
    for (int i = 0; i < 3; i++)
        stage_task(&database, transfer, "notes", "ready");
    for (size_t i = 0; i < array_length(cases); i++) {
        struct answer answer = {.columns = TASK_LAST + 1};

        task_lease(database.db, cases[i].kind, cases[i].worker, 1, LEASE_MS, answer_take, &answer);
        answer_good(&database, &answer);
        cr_expect_eq(answer.rows, cases[i].want, "case %zu: got %d tasks", i, answer.rows);
    }
    database_run(&database, "update task set state = 'done' where leased_by = 'a'");
    {
        struct answer answer = {.columns = TASK_LAST + 1};

        task_lease(database.db, "patients", "a", 1, LEASE_MS, answer_take, &answer);
        answer_good(&database, &answer);
        cr_expect_eq(answer.rows, 1, "it does not get it although it has nothing else");
    }
    database_close(&database);
}

Test(lease, of_a_stage_at_which_workers_die_pauses_the_transfer)
{
    struct database database;
    int64_t transfer = 0;

    database_open(&database);
    transfer = transfer_in(&database, database_account(&database, "clinic", 0), "extracting");
    stage_task(&database, transfer, "extract", "ready");
    database_run(&database, "update task set deaths = 4");
    isolate(&database);
    cr_expect_str_eq(database_text(&database, "select state from transfer"), "extracting");
    database_run(&database, "update task set deaths = 5");
    isolate(&database);
    cr_expect_str_eq(database_text(&database, "select state from transfer"), "paused");
    cr_expect(strstr(database_text(&database, "select reason from transfer"), "crashed"));
    cr_expect_eq(database_number(&database, "select deaths from task"), 0, "it pauses again as soon as it is resumed");
    database_close(&database);
}

Test(lease, of_a_cancelled_transfer_leaves_its_doubts_to_the_next_one)
{
    struct database database;
    struct answer answer = {.columns = 0};
    int64_t account = 0;
    int64_t cancelled = 0;
    int64_t next = 0;

    database_open(&database);
    account = database_account(&database, "clinic", 0);
    cancelled = transfer_in(&database, account, "running");
    database_stage(&database, cancelled, "patient", 3);
    database_run(&database, "update record set state = 'sending', sent_at = '2026-03-01T10:00:00Z', lease_token = 9 "
                            "where source_key = 'key-2'");
    move(&database, cancelled, (const char *const[]){"cancelled", NULL});
    next = transfer_in(&database, account, "running");
    database_stage(&database, next, "patient", 3);
    task_adopt_doubtful(database.db, next, entity_facts(ENTITY_PATIENT)->phase, answer_take, &answer);
    answer_good(&database, &answer);
    cr_expect_eq(answer.affected, 1);
    cr_expect_str_eq(database_text(&database,
                                   "select source_key || ' ' || (sent_at at time zone 'utc') from record where "
                                   "state = 'sending' and transfer = %" PRId64,
                                   next),
                     "key-2 2026-03-01 10:00:00");
    database_close(&database);
}

/* What the old worker writes late is seen, since what is known is taken over last. */
Test(lease, of_a_cancelled_transfer_may_bring_its_outcome_late)
{
    struct database database;
    struct answer answer = {.columns = 0};
    int64_t account = 0;
    int64_t next = 0;
    int64_t phase = entity_facts(ENTITY_PATIENT)->phase;

    database_open(&database);
    account = database_account(&database, "clinic", 0);
    move(&database, transfer_in(&database, account, "running"), (const char *const[]){"cancelled", NULL});
    next = transfer_in(&database, account, "running");
    database_stage(&database, next, "patient", 2);
    database_run(&database, "update record set state = 'sending', sent_at = now(), lease_token = 9 "
                            "where source_key = 'key-2'");
    database_run(&database,
                 "insert into id_map (account, system, entity, source_key, cliniko_id, transfer) "
                 "values (%" PRId64 ", 'old', 'patient', 'key-2', '222', 1)",
                 account);
    task_adopt_known(database.db, next, phase, answer_take, &answer);
    answer_good(&database, &answer);
    cr_expect_str_eq(database_text(&database, "select state || cliniko_id from record where source_key = 'key-2'"),
                     "created222");
    database_close(&database);
}

/* Until the last lease of the cancelled one has ended, nobody knows what it sent. */
Test(lease, of_a_cancelled_transfer_is_waited_for_by_the_next_one)
{
    struct database database;
    struct answer answers[2] = {{.columns = TASK_LAST + 1}, {.columns = TASK_LAST + 1}};
    struct held_task held;
    int64_t account = 0;
    int64_t next = 0;

    database_open(&database);
    account = database_account(&database, "clinic", 0);
    held.transfer = transfer_in(&database, account, "running");
    held = database_task(&database, held.transfer, "patients", "patient", 1, 5);
    move(&database, held.transfer, (const char *const[]){"cancelled", NULL});
    next = database_transfer(&database, account);
    move(&database, next, (const char *const[]){"extracting", NULL});
    stage_task(&database, next, "extract", "ready");
    for (int i = 0; i < 2; i++) {
        task_lease(database.db, "extract", "w", 1, LEASE_MS, answer_take, &answers[i]);
        answer_good(&database, &answers[i]);
        cr_expect_eq(answers[i].rows, i, "call %d: got %d tasks", i, answers[i].rows);
        database_run(&database, "update task set state = 'ready', leased_by = null where id = %" PRId64, held.task);
    }
    database_close(&database);
}

Test(lease, of_a_second_transfer_into_the_same_account_is_refused)
{
    struct database database;
    struct answer answer = {.columns = 1};
    int64_t account = 0;
    int64_t second = 0;

    database_open(&database);
    account = database_account(&database, "clinic", 0);
    transfer_in(&database, account, "running");
    second = database_transfer(&database, account);
    transfer_start(database.db, second, answer_take, &answer);
    answer_wait(&database, &answer);
    cr_expect_eq(answer.fault.kind, FAULT_REFUSED);
    cr_expect(strstr(answer.fault.text, "transfer 1 brings the same system"), "%s", answer.fault.text);
    cr_expect_str_eq(database_text(&database, "select state from transfer where id = %" PRId64, second), "draft");
    cr_expect(!database_try(&database, UNGUARDED("update transfer set state = 'running' where id = %" PRId64), second),
              "the index lets a second one pass");
    database_close(&database);
}

/* Of a host where nobody sees processes die. */
Test(lease, that_runs_out_elsewhere_counts_as_a_death)
{
    static const char *const holders[] = {"here:17:1.2", "elsewhere:17:1.2", "hereabouts:17:1.2"};
    struct database database;
    struct answer answer = {.columns = 2};
    int64_t transfer = 0;

    database_open(&database);
    transfer = transfer_in(&database, database_account(&database, "clinic", 0), "running");
    for (int i = 0; i < 3; i++) {
        struct held_task held = database_task(&database, transfer, "patients", "patient", 10 * i, 10 * i + 5);

        database_run(&database,
                     "update task set leased_by = '%s', lease_until = now() - interval '1 s' where id = %" PRId64,
                     holders[i], held.task);
    }
    task_reap(database.db, "here", answer_take, &answer);
    answer_good(&database, &answer);
    cr_expect_eq(answer.rows, 3);
    cr_expect_str_eq(database_text(&database, "select string_agg(deaths::text, ' ' order by id) from task"), "0 1 1");
    database_close(&database);
}

/* An outcome that could not be written must not be forgotten with its task. */
Test(lease, of_a_task_with_an_unsettled_record_does_not_end_it)
{
    struct database database;
    struct held_task held;
    int64_t transfer = 0;
    int64_t first = record_first_ordinal(ENTITY_PATIENT) + 1;

    database_open(&database);
    transfer = transfer_in(&database, database_account(&database, "clinic", 0), "running");
    database_stage(&database, transfer, "patient", 2);
    held = database_task(&database, transfer, "patients", "patient", first, first + 1);
    database_run(&database, "update record set state = 'sending', sent_at = now(), lease_token = 9");
    for (int round = 0; round < 2; round++) {
        struct answer answer = {.columns = 0};

        task_done(database.db, held.task, held.token, answer_take, &answer);
        answer_good(&database, &answer);
        cr_expect_str_eq(state_of(&database, held.task), round ? "done" : "ready");
        database_run(&database, "update record set state = 'created', cliniko_id = ordinal::text");
        database_run(&database, "update task set state = 'leased' where state = 'ready'");
    }
    database_close(&database);
}

/* An outage of some minutes brings many returns, and is waited for. */
Test(lease, is_given_back_for_as_long_as_the_patience_lasts)
{
    const struct task_patience patience = {.attempts = 3, .ms = 3600000};
    struct database database;
    struct held_task held;

    database_open(&database);
    held = database_task(&database, transfer_in(&database, database_account(&database, "clinic", 0), "running"),
                         "patients", "patient", 1, 5);
    for (int round = 0; round < 3; round++) {
        struct answer answer = {.columns = 0};

        database_run(&database, "update task set attempts = 30, state = 'leased'");
        if (round == 2)
            database_run(&database, "update task set stuck_since = stuck_since - interval '61 minutes'");
        task_return(database.db, held.task, held.token, 0, "Cliniko is away", &patience, answer_take, &answer);
        answer_good(&database, &answer);
        cr_expect_str_eq(database_text(&database, "select state from transfer"), round < 2 ? "running" : "paused",
                         "round %d", round);
    }
    cr_expect_str_eq(database_text(&database, "select stuck_since is null from task"), "t", "it begins anew");
    database_close(&database);
}

static bool leads(struct db *db)
{
    struct answer answer = {.columns = 1};
    struct fault fault = {0};

    leader_try(db, answer_take, &answer);
    cr_assert(db_wait(db, 30000, &fault), "%s", fault.text);
    return answer.cells[0][0][0] == 't';
}

/* A leader that hangs keeps its connection, and the lock with it. */
Test(lease, of_the_leadership_ends_when_the_leader_hangs)
{
    struct database database;
    struct db *second = NULL;
    int64_t until_ms = 0;

    database_open(&database);
    second = database_connect(&database, "second");
    cr_assert(leads(database.db));
    until_ms = clock_monotonic_ms() + 1500;
    while (clock_monotonic_ms() < until_ms) {
        cr_assert(leads(database.db));
        cr_assert(!leads(second), "the leadership was taken from a leader that is well");
    }
    until_ms = clock_monotonic_ms() + 30000;
    while (!leads(second))
        cr_assert(clock_monotonic_ms() < until_ms, "a leader that hangs is never replaced");
    cr_expect(!leads(database.db), "two lead at once");
    db_close(&second);
    database_close(&database);
}
