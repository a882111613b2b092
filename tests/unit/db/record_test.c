#include "db/record.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "support/database.h"

TestSuite(record, .timeout = 90);

enum { MOST = 8 };

/* A transfer with patients and a task for all of them that is held under a good lease. */
struct bench {
    struct database database;
    struct held_task held;
    int64_t account;
    int64_t first; /* ordinal of the first patient */
};

static void bench_open(struct bench *bench, int64_t patients)
{
    *bench = (struct bench){.first = record_first_ordinal(ENTITY_PATIENT) + 1};
    database_open(&bench->database);
    bench->account = database_account(&bench->database, "clinic", 180);
    bench->held.transfer = database_transfer(&bench->database, bench->account);
    if (patients > 0)
        database_stage(&bench->database, bench->held.transfer, "patient", patients);
    bench->held = database_task(&bench->database, bench->held.transfer, "patients", "patient", bench->first,
                                bench->first + (patients ? patients : 100) - 1);
}

static void bench_close(struct bench *bench)
{
    database_close(&bench->database);
}

/* The lease ends, and the task goes to another worker under a new token; the old one is given. */
static int64_t take_over(struct bench *bench)
{
    int64_t old = bench->held.token;

    bench->held.token = database_number(&bench->database,
                                        "update task set lease_token = nextval('lease_token'), leased_by = 'successor' "
                                        "where id = %" PRId64 " returning lease_token",
                                        bench->held.task);
    return old;
}

static int64_t intend(struct bench *bench, int64_t token, int64_t from, size_t count, bool doubt)
{
    struct answer answer = {.columns = 0};
    int64_t ordinals[MOST];
    bool in_doubt[MOST];

    for (size_t i = 0; i < count; i++) {
        ordinals[i] = bench->first + from + (int64_t)i;
        in_doubt[i] = doubt;
    }
    record_intend(bench->database.db, bench->held.transfer, bench->held.task, token, ordinals, doubt ? in_doubt : NULL,
                  count, 0, answer_take, &answer);
    answer_good(&bench->database, &answer);
    return answer.affected;
}

/* Finishes one record; how many were changed, and how many found another id in the ID map. */
static int64_t finish(struct bench *bench, int64_t token, int64_t index, enum record_state state, const char *id,
                      int64_t *ret_conflicts)
{
    struct answer answer = {.columns = 2};
    struct record_outcome outcome = {.ordinal = bench->first + index,
                                     .state = state,
                                     .cliniko_id = x_strdup(id),
                                     .problem = x_strdup(state == RECORD_CREATED ? NULL : "its reason")};

    record_finish(bench->database.db, bench->held.transfer, bench->held.task, token, &outcome, 1, answer_take, &answer);
    free(outcome.cliniko_id);
    free(outcome.problem);
    answer_good(&bench->database, &answer);
    if (ret_conflicts)
        *ret_conflicts = answer_number(&answer, 0, 1);
    return answer_number(&answer, 0, 0);
}

static const char *states(struct bench *bench)
{
    return database_text(&bench->database, "select string_agg(state, ' ' order by ordinal) from record");
}

static void add(struct record_batch *batch, int64_t ordinal, const char *key, const char *payload, const char *problem)
{
    record_batch_add(batch, ordinal, ENTITY_PATIENT, key, slice_of(payload), problem, NULL);
}

static struct answer stage(struct bench *bench, int64_t token, struct record_batch *batch)
{
    struct answer answer = {.columns = 1};

    record_stage(bench->database.db, bench->held.transfer, bench->held.task, token, &batch, answer_take, &answer);
    cr_expect_null(batch, "the batch was not taken over");
    answer_good(&bench->database, &answer);
    return answer;
}

Test(record, is_staged_as_it_is)
{
    static const char payload[] = "{\"last_name\": \"O'Brien \\\"Zoë\\\" \\\\ 漢\", \"notes\": \"a, b\\nc {d}\"}";
    struct bench bench;
    struct record_batch *batch = record_batch_new();
    struct answer answer;

    bench_open(&bench, 0);
    add(batch, bench.first, "key \"1\", {x}\\", payload, NULL);
    record_batch_add(batch, bench.first + 1, ENTITY_PATIENT, "key 2", slice_of("{}"), "no name", "cut, \"short\"");
    cr_expect_eq(record_batch_count(batch), 2, "got %zu records, want 2", record_batch_count(batch));
    answer = stage(&bench, bench.held.token, batch);
    cr_expect_eq(answer.rows, 0, "got %d conflicts, want 0", answer.rows);
    cr_expect_str_eq(states(&bench), "staged excluded");
    cr_expect_str_eq(database_text(&bench.database, "select source_key from record order by ordinal"),
                     "key \"1\", {x}\\");
    cr_expect_str_eq(database_text(&bench.database, "select payload ->> 'last_name' from record order by ordinal"),
                     "O'Brien \"Zoë\" \\ 漢");
    cr_expect_str_eq(
        database_text(&bench.database, "select problem || '|' || warning from record order by ordinal desc"),
        "no name|cut, \"short\"");
    bench_close(&bench);
}

Test(record, is_staged_once_however_often_the_call_runs)
{
    struct bench bench;

    bench_open(&bench, 0);
    for (int round = 0; round < 2; round++) {
        struct record_batch *batch = record_batch_new();
        struct answer answer;

        for (int i = 0; i < 5; i++) {
            scoped(string_free) char *key = x_sprintf("key-%d", i);

            add(batch, bench.first + i, key, "{}", NULL);
        }
        answer = stage(&bench, bench.held.token, batch);
        cr_expect_eq(answer.rows, 0, "round %d: got %d conflicts, want 0", round, answer.rows);
        cr_expect_eq(database_number(&bench.database, "select count(*) from record"), 5);
    }
    bench_close(&bench);
}

Test(record, whose_key_was_staged_before_is_named)
{
    struct bench bench;
    struct record_batch *batch = record_batch_new();
    struct answer answer;

    bench_open(&bench, 0);
    add(batch, bench.first, "a", "{}", NULL);
    add(batch, bench.first + 1, "b", "{}", NULL);
    add(batch, bench.first + 2, "a", "{}", NULL);
    answer = stage(&bench, bench.held.token, batch);
    cr_assert_eq(answer.rows, 1, "in one batch: got %d conflicts, want 1", answer.rows);
    cr_expect_eq(answer_number(&answer, 0, 0), bench.first + 2);
    batch = record_batch_new();
    add(batch, bench.first + 3, "b", "{}", NULL);
    add(batch, bench.first + 4, "c", "{}", NULL);
    record_batch_add(batch, record_first_ordinal(ENTITY_APPOINTMENT), ENTITY_APPOINTMENT, "b", slice_of("{}"), NULL,
                     NULL);
    answer = stage(&bench, bench.held.token, batch);
    cr_assert_eq(answer.rows, 1, "in the next batch: got %d conflicts, want 1", answer.rows);
    cr_expect_eq(answer_number(&answer, 0, 0), bench.first + 3);
    cr_expect_str_eq(database_text(&bench.database,
                                   "select string_agg(source_key || ':' || entity, ' ' order by ordinal) from record"),
                     "a:patient b:patient c:patient b:appointment");
    bench_close(&bench);
}

Test(record, is_staged_and_cleared_only_under_the_lease)
{
    struct bench bench;
    struct record_batch *batch = record_batch_new();
    struct answer answer = {.columns = 0};
    int64_t old = 0;

    bench_open(&bench, 3);
    database_run(&bench.database, "insert into transfer_entity (transfer, entity, staged) select id, 'patient', 3 from "
                                  "transfer");
    old = take_over(&bench);
    add(batch, bench.first + 50, "late", "{}", NULL);
    stage(&bench, old, batch);
    cr_expect_eq(database_number(&bench.database, "select count(*) from record"), 3, "staged under an old lease");
    record_clear(bench.database.db, bench.held.transfer, bench.held.task, old, answer_take, &answer);
    answer_good(&bench.database, &answer);
    cr_expect_eq(database_number(&bench.database, "select count(*) from record"), 3, "cleared under an old lease");
    answer = (struct answer){.columns = 0};
    record_clear(bench.database.db, bench.held.transfer, bench.held.task, bench.held.token, answer_take, &answer);
    answer_good(&bench.database, &answer);
    cr_expect_eq(database_number(&bench.database, "select count(*) from record"), 0);
    cr_expect_eq(database_number(&bench.database, "select count(*) from transfer_entity"), 0);
    bench_close(&bench);
}

Test(record, batch_can_be_dropped_unsent)
{
    struct record_batch *batch = record_batch_new();

    for (int i = 0; i < 200; i++)
        add(batch, i, "key", "{}", i % 2 ? "a problem" : NULL);
    cr_expect_eq(record_batch_count(batch), 200);
    record_batch_destroy(&batch);
    cr_expect_null(batch);
    record_batch_destroy(&batch);
}

Test(record, is_intended_only_under_a_good_lease)
{
    struct bench bench;
    int64_t old = 0;

    bench_open(&bench, 3);
    old = take_over(&bench);
    cr_expect_eq(intend(&bench, old, 0, 3, false), 0, "an old token wrote its intent");
    cr_expect_eq(intend(&bench, bench.held.token + 7, 0, 3, false), 0, "a token that was never given wrote its intent");
    cr_expect_str_eq(states(&bench), "staged staged staged");
    cr_expect_eq(intend(&bench, bench.held.token, 0, 3, false), 3);
    cr_expect_str_eq(states(&bench), "sending sending sending");
    database_run(&bench.database, "update record set state = 'staged'");
    database_run(&bench.database, "update task set state = 'ready', leased_by = null, lease_until = null");
    cr_expect_eq(intend(&bench, bench.held.token, 0, 3, false), 0, "a task that was taken back wrote its intent");
    bench_close(&bench);
}

Test(record, can_be_intended_again_under_the_same_token)
{
    struct bench bench;

    bench_open(&bench, 3);
    cr_expect_eq(intend(&bench, bench.held.token, 0, 3, false), 3);
    cr_expect_eq(intend(&bench, bench.held.token, 0, 3, false), 3, "the call that is sent again must count the same");
    cr_expect_str_eq(states(&bench), "sending sending sending");
    bench_close(&bench);
}

Test(record, with_an_outcome_is_not_intended_again)
{
    struct bench bench;

    bench_open(&bench, 3);
    database_run(&bench.database, "update record set state = 'created', cliniko_id = '1' where source_key = 'key-2'");
    cr_expect_eq(intend(&bench, bench.held.token, 0, 3, false), 2);
    cr_expect_str_eq(states(&bench), "sending created sending");
    bench_close(&bench);
}

Test(record, in_doubt_is_not_sent_by_a_successor_but_taken_over)
{
    struct bench bench;
    int64_t old = 0;
    const char *before = NULL;
    scoped(string_free) char *sent_at = NULL;

    bench_open(&bench, 2);
    cr_expect_eq(intend(&bench, bench.held.token, 0, 2, false), 2);
    database_run(&bench.database, "update record set sent_at = sent_at - interval '1 minute'");
    before = database_text(&bench.database, "select sent_at || '/' || attempts from record limit 1");
    sent_at = x_strdup(before);
    old = take_over(&bench);
    cr_expect_eq(intend(&bench, bench.held.token, 0, 2, false), 0, "it was sent again without asking first");
    cr_expect_eq(intend(&bench, bench.held.token, 0, 2, true), 2);
    cr_expect_eq(
        database_number(&bench.database, "select count(*) from record where lease_token = %" PRId64, bench.held.token),
        2);
    cr_expect_str_eq(database_text(&bench.database, "select sent_at || '/' || attempts from record limit 1"), sent_at,
                     "asking changed when it was sent, or how often");
    cr_expect_eq(finish(&bench, old, 0, RECORD_CREATED, "1", NULL), 0, "the old lease wrote an outcome");
    bench_close(&bench);
}

Test(record, is_finished_with_id_map_and_counters_in_one_go)
{
    struct bench bench;
    struct answer answer = {.columns = 2};
    struct record_outcome outcomes[4] = {
        {.state = RECORD_CREATED, .cliniko_id = (char[]){"1811111111111111111"}},
        {.state = RECORD_FAILED, .problem = (char[]){"First name can't be blank"}},
        {.state = RECORD_SKIPPED, .problem = (char[]){"its patient is not in Cliniko"}},
        {.state = RECORD_STAGED},
    };

    bench_open(&bench, 4);
    database_run(&bench.database, "update task set attempts = 7");
    cr_expect_eq(intend(&bench, bench.held.token, 0, 4, false), 4);
    for (int i = 0; i < 4; i++)
        outcomes[i].ordinal = bench.first + i;
    for (int round = 0; round < 2; round++) {
        answer = (struct answer){.columns = 2};
        record_finish(bench.database.db, bench.held.transfer, bench.held.task, bench.held.token, outcomes, 4,
                      answer_take, &answer);
        answer_good(&bench.database, &answer);
        cr_expect_eq(answer_number(&answer, 0, 0), round ? 0 : 4, "round %d: got %s", round, answer.cells[0][0]);
        cr_expect_eq(answer_number(&answer, 0, 1), 0, "round %d: got %s conflicts", round, answer.cells[0][1]);
        cr_expect_str_eq(states(&bench), "created failed skipped staged", "round %d", round);
        cr_expect_str_eq(database_text(&bench.database, "select created || ' ' || failed || ' ' || skipped || ' ' || "
                                                        "attempts from task"),
                         "1 1 1 0", "round %d", round);
        cr_expect_str_eq(database_text(&bench.database, "select string_agg(concat_ws(' ', system, entity, source_key, "
                                                        "cliniko_id), ';') from id_map"),
                         "old patient key-1 1811111111111111111", "round %d", round);
    }
    cr_expect_str_eq(database_text(&bench.database, "select cliniko_id from record where source_key = 'key-1'"),
                     "1811111111111111111");
    cr_expect_str_eq(database_text(&bench.database, "select problem from record where source_key = 'key-2'"),
                     "First name can't be blank");
    bench_close(&bench);
}

/* Intent and outcome of 40 records, four at a time, with the connection cut at another point in each round. */
Test(record, is_counted_once_when_the_connection_breaks)
{
    enum { RECORDS = 40, BATCH = 4 };
    static char id[] = "1811111111111111111";
    struct bench bench;

    bench_open(&bench, RECORDS);
    for (int turns = 0; turns < 10; turns++) {
        struct fault fault = {0};

        for (int64_t from = 0; from < RECORDS; from += BATCH) {
            struct record_outcome outcomes[BATCH];
            int64_t ordinals[BATCH];

            for (int i = 0; i < BATCH; i++) {
                ordinals[i] = bench.first + from + i;
                outcomes[i] =
                    (struct record_outcome){.ordinal = ordinals[i], .state = RECORD_CREATED, .cliniko_id = id};
            }
            record_intend(bench.database.db, bench.held.transfer, bench.held.task, bench.held.token, ordinals, NULL,
                          BATCH, 0, NULL, NULL);
            record_finish(bench.database.db, bench.held.transfer, bench.held.task, bench.held.token, outcomes, BATCH,
                          NULL, NULL);
        }
        for (int i = 0; i < turns && db_pending(bench.database.db); i++)
            loop_turn(bench.database.loop, 100);
        database_run(&bench.database, "select pg_terminate_backend(pid) from pg_stat_activity "
                                      "where datname = current_database() and pid <> pg_backend_pid()");
        cr_assert(db_wait(bench.database.db, 30000, &fault), "after %d turns: %s", turns, fault.text);
        cr_expect_str_eq(database_text(&bench.database, "select (select count(*) from record where state = 'created') "
                                                        "|| ' ' || (select count(*) from id_map) || ' ' || "
                                                        "(select sum(created) from task)"),
                         "40 40 40", "after %d turns", turns);
        database_run(&bench.database, UNGUARDED("update record set state = 'staged', cliniko_id = null; "
                                                "delete from id_map; update task set created = 0"));
    }
    bench_close(&bench);
}

Test(record, that_was_never_sent_can_be_skipped_or_matched_only)
{
    static const struct {
        enum record_state state;
        int64_t want;
    } cases[] = {{RECORD_CREATED, 0}, {RECORD_FAILED, 0}, {RECORD_SKIPPED, 1}, {RECORD_MATCHED, 1}};
    struct bench bench;

    bench_open(&bench, 4);
    for (size_t i = 0; i < array_length(cases); i++) {
        int64_t got = finish(&bench, bench.held.token, (int64_t)i, cases[i].state, "7", NULL);

        cr_expect_eq(got, cases[i].want, "state %d: got %" PRId64 " changed", cases[i].state, got);
    }
    cr_expect_str_eq(states(&bench), "staged staged skipped matched");
    take_over(&bench);
    cr_expect_eq(finish(&bench, bench.held.token - 1, 0, RECORD_SKIPPED, NULL, NULL), 0, "skipped under an old lease");
    bench_close(&bench);
}

Test(record, that_finds_another_id_in_the_map_is_reported)
{
    struct bench bench;
    int64_t conflicts = 0;

    bench_open(&bench, 1);
    database_run(&bench.database,
                 "insert into id_map (account, system, entity, source_key, cliniko_id, transfer) "
                 "values (%" PRId64 ", 'old', 'patient', 'key-1', '111', 1)",
                 bench.account);
    cr_expect_eq(intend(&bench, bench.held.token, 0, 1, false), 1);
    cr_expect_eq(finish(&bench, bench.held.token, 0, RECORD_CREATED, "222", &conflicts), 1);
    cr_expect_eq(conflicts, 1, "got %" PRId64 " conflicts, want 1", conflicts);
    cr_expect_str_eq(database_text(&bench.database, "select cliniko_id from id_map"), "111", "the first id was lost");
    bench_close(&bench);
}

/* The count of a batch must not let a match make up for a conflict. */
Test(record, that_finds_another_id_is_reported_beside_others_that_match)
{
    struct bench bench;
    struct answer answer = {.columns = 2};
    struct record_outcome outcomes[2] = {{.state = RECORD_CREATED, .cliniko_id = (char[]){"222"}},
                                         {.state = RECORD_MATCHED, .cliniko_id = (char[]){"333"}}};

    bench_open(&bench, 2);
    database_run(&bench.database,
                 "insert into id_map (account, system, entity, source_key, cliniko_id, transfer) "
                 "values (%" PRId64 ", 'old', 'patient', 'key-1', '111', 1)",
                 bench.account);
    cr_expect_eq(intend(&bench, bench.held.token, 0, 1, false), 1);
    for (int i = 0; i < 2; i++)
        outcomes[i].ordinal = bench.first + i;
    record_finish(bench.database.db, bench.held.transfer, bench.held.task, bench.held.token, outcomes, 2, answer_take,
                  &answer);
    answer_good(&bench.database, &answer);
    cr_expect_eq(answer_number(&answer, 0, 0), 2);
    cr_expect_eq(answer_number(&answer, 0, 1), 1, "got %s conflicts, want 1", answer.cells[0][1]);
    bench_close(&bench);
}

Test(record, of_a_practitioner_may_be_matched_anew)
{
    struct bench bench;
    struct answer answer = {.columns = 2};
    struct record_outcome outcome = {.ordinal = record_first_ordinal(ENTITY_PRACTITIONER) + 1,
                                     .state = RECORD_MATCHED,
                                     .cliniko_id = (char[]){"new"}};

    bench_open(&bench, 0);
    database_stage(&bench.database, bench.held.transfer, "practitioner", 1);
    database_run(&bench.database,
                 "insert into id_map (account, system, entity, source_key, cliniko_id, transfer) "
                 "values (%" PRId64 ", 'old', 'practitioner', 'key-1', 'before', 1)",
                 bench.account);
    record_finish(bench.database.db, bench.held.transfer, bench.held.task, bench.held.token, &outcome, 1, answer_take,
                  &answer);
    answer_good(&bench.database, &answer);
    cr_expect_eq(answer_number(&answer, 0, 0), 1);
    cr_expect_eq(answer_number(&answer, 0, 1), 0);
    cr_expect_str_eq(database_text(&bench.database, "select cliniko_id from id_map"), "new");
    bench_close(&bench);
}

Test(record, is_loaded_with_the_id_of_its_parent)
{
    struct bench bench;
    struct answer answer = {.columns = RECORD_PARENT_ID + 1};
    int64_t first = record_first_ordinal(ENTITY_APPOINTMENT) + 1;

    bench_open(&bench, 0);
    database_stage(&bench.database, bench.held.transfer, "appointment", 5);
    database_run(&bench.database, "update record set payload = jsonb_build_object('patient', 'p' || source_key)");
    database_run(&bench.database, "update record set state = 'created' where source_key = 'key-2'");
    database_run(&bench.database, "update record set state = 'sending', sent_at = '2026-03-01T10:00:00+10:00' "
                                  "where source_key = 'key-3'");
    database_run(&bench.database,
                 "insert into id_map (account, system, entity, source_key, cliniko_id, transfer) values "
                 "(%" PRId64 ", 'old', 'patient', 'pkey-1', '1811111111111111111', 1), "
                 "(%" PRId64 ", 'other', 'patient', 'pkey-3', '3', 1), "
                 "(%" PRId64 ", 'old', 'business', 'pkey-4', '4', 1)",
                 bench.account, bench.account, bench.account);
    record_load(bench.database.db, bench.held.transfer, ENTITY_APPOINTMENT, first, first + 3, 100, answer_take,
                &answer);
    answer_good(&bench.database, &answer);
    cr_assert_eq(answer.rows, 3, "got %d records, want 3", answer.rows);
    cr_expect_eq(answer_number(&answer, 0, RECORD_ORDINAL), first);
    cr_expect_str_eq(answer.cells[0][RECORD_KEY], "key-1");
    cr_expect_str_eq(answer.cells[0][RECORD_PAYLOAD], "{\"patient\": \"pkey-1\"}");
    cr_expect_str_eq(answer.cells[0][RECORD_IS_SENDING], "f");
    cr_expect(answer.is_null[0][RECORD_SENT_AT]);
    cr_expect_str_eq(answer.cells[0][RECORD_PARENT_ID], "1811111111111111111");
    cr_expect_str_eq(answer.cells[1][RECORD_KEY], "key-3");
    cr_expect_str_eq(answer.cells[1][RECORD_IS_SENDING], "t");
    cr_expect_str_eq(answer.cells[1][RECORD_SENT_AT], "2026-03-01T00:00:00Z");
    cr_expect_gt(answer_number(&answer, 1, RECORD_SENT_AGO_MS), 0);
    cr_expect(answer.is_null[1][RECORD_PARENT_ID], "the parent of another system was taken");
    cr_expect(answer.is_null[2][RECORD_PARENT_ID], "a location was taken for the patient");
    bench_close(&bench);
}

Test(record, is_loaded_window_by_window)
{
    struct bench bench;
    int64_t from = 0;
    int seen = 0;

    bench_open(&bench, 7);
    from = bench.first;
    for (int window = 0; window < 4; window++) {
        struct answer answer = {.columns = 1};

        record_load(bench.database.db, bench.held.transfer, ENTITY_PATIENT, from, bench.first + 6, 3, answer_take,
                    &answer);
        answer_good(&bench.database, &answer);
        for (int i = 0; i < answer.rows; i++)
            cr_expect_eq(answer_number(&answer, i, 0), bench.first + seen + i);
        seen += answer.rows;
        from = bench.first + seen;
    }
    cr_expect_eq(seen, 7, "got %d records, want 7", seen);
    bench_close(&bench);
}

Test(record, is_scanned_by_state_in_order)
{
    struct bench bench;
    struct answer answer = {.columns = 5};

    bench_open(&bench, 6);
    database_stage(&bench.database, bench.held.transfer, "appointment", 2);
    database_run(&bench.database, "update record set state = 'created', cliniko_id = 'c-' || source_key "
                                  "where source_key in ('key-2', 'key-4', 'key-5')");
    record_scan(bench.database.db, bench.held.transfer, ENTITY_PATIENT, "created", 0, 2, answer_take, &answer);
    answer_good(&bench.database, &answer);
    cr_assert_eq(answer.rows, 2, "got %d records, want 2", answer.rows);
    cr_expect_str_eq(answer.cells[0][1], "key-2");
    cr_expect_str_eq(answer.cells[1][3], "c-key-4");
    cr_expect(answer.is_null[0][4], "a patient has no parent");
    {
        int64_t after = answer_number(&answer, 1, 0);

        answer = (struct answer){.columns = 5};
        record_scan(bench.database.db, bench.held.transfer, ENTITY_PATIENT, "created", after, 2, answer_take, &answer);
    }
    answer_good(&bench.database, &answer);
    cr_assert_eq(answer.rows, 1, "got %d records, want 1", answer.rows);
    cr_expect_str_eq(answer.cells[0][1], "key-5");
    bench_close(&bench);
}

Test(record, that_differs_is_marked_and_counted)
{
    struct bench bench;
    struct answer answer = {.columns = 0};
    int64_t ordinals[2];
    char *differences[] = {(char[]){"last_name, email"}, (char[]){"notes"}};

    bench_open(&bench, 3);
    ordinals[0] = bench.first;
    ordinals[1] = bench.first + 2;
    database_run(&bench.database,
                 "insert into transfer_entity (transfer, entity, staged) values (%" PRId64 ", 'patient', 3), (%" PRId64
                 ", 'appointment', 3)",
                 bench.held.transfer, bench.held.transfer);
    for (int round = 0; round < 2; round++) {
        answer = (struct answer){.columns = 0};
        record_verified(bench.database.db, bench.held.transfer, ENTITY_PATIENT, 3, 2, ordinals, differences, 2,
                        answer_take, &answer);
        answer_good(&bench.database, &answer);
        cr_expect_str_eq(database_text(&bench.database, "select string_agg(verified || '/' || differing, ' ' "
                                                        "order by entity) from transfer_entity"),
                         "0/0 3/2", "round %d", round);
    }
    cr_expect_str_eq(
        database_text(&bench.database, "select string_agg(coalesce(warning, '-'), ';' order by ordinal) from record"),
        "Cliniko holds another last_name, email;-;Cliniko holds another notes");
    bench_close(&bench);
}

Test(idmap, is_read_by_account_system_and_entity)
{
    static const char *const wanted[] = {"11", "13", "99"};
    struct bench bench;
    struct answer all = {.columns = 2};
    struct answer taken = {.columns = 2};
    struct answer count = {.columns = 1};

    bench_open(&bench, 0);
    database_run(&bench.database,
                 "insert into id_map (account, system, entity, source_key, cliniko_id, transfer) values "
                 "(%" PRId64 ", 'old', 'patient', 'a', '11', 1), (%" PRId64 ", 'new', 'patient', 'a', '12', 1), "
                 "(%" PRId64 ", 'old', 'appointment', 'a', '13', 1), (%" PRId64 ", 'old', 'patient', 'a', '99', 1)",
                 bench.account, bench.account, bench.account, database_account(&bench.database, "other", 0));
    idmap_load(bench.database.db, bench.account, "old", ENTITY_PATIENT, answer_take, &all);
    idmap_taken(bench.database.db, bench.account, "old", ENTITY_PATIENT, wanted, 3, answer_take, &taken);
    idmap_count(bench.database.db, bench.account, ENTITY_PATIENT, answer_take, &count);
    answer_good(&bench.database, &all);
    cr_assert_eq(all.rows, 1, "got %d ids, want 1", all.rows);
    cr_expect_str_eq(all.cells[0][1], "11");
    cr_assert_eq(taken.rows, 1, "got %d ids taken, want 1", taken.rows);
    cr_expect_str_eq(taken.cells[0][0], "11");
    cr_expect_str_eq(taken.cells[0][1], "a");
    cr_expect_eq(answer_number(&count, 0, 0), 2, "ids of all systems count");
    bench_close(&bench);
}
