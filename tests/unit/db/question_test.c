#include "db/question.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "db/record.h"
#include "support/database.h"

TestSuite(question, .timeout = 90);

static const struct question_row asked[] = {
    {"warnings", "Confidential?", 12, "{\"section\": \"questions\", \"key\": \"warnings\"}"},
    {"casual", "What are they?", 0, "{}"},
};

static int64_t transfer_in(struct database *database, const char *state)
{
    int64_t transfer = database_transfer(database, database_account(database, "clinic", 180));

    database_run(database,
                 "set session_replication_role = replica; update transfer set state = '%s' where id = %" PRId64
                 "; set session_replication_role = origin",
                 state, transfer);
    return transfer;
}

static void hold(struct database *database, int64_t transfer, enum question_stage stage, size_t count)
{
    struct answer answer = {0};

    question_hold(database->db, transfer, stage, asked, count, "2 questions are open", answer_take, &answer);
    answer_good(database, &answer);
}

Test(question, holds_a_transfer_until_it_is_answered)
{
    struct database database;
    struct answer answer = {.columns = 4};
    int64_t transfer = 0;

    database_open(&database);
    transfer = transfer_in(&database, "extracting");
    database_run(&database, "insert into task (transfer, kind, state) values (%" PRId64 ", 'extract', 'done')",
                 transfer);
    hold(&database, transfer, QUESTION_AT_EXTRACTION, 2);
    cr_expect_str_eq(database_text(&database, "select state || ': ' || reason from transfer"),
                     "waiting: 2 questions are open");
    question_list(database.db, transfer, answer_take, &answer);
    answer_good(&database, &answer);
    cr_assert_eq(answer.rows, 2);
    cr_expect_str_eq(answer.cells[0][QUESTION_ID], "warnings");
    cr_expect_str_eq(answer.cells[0][QUESTION_FOUND], "12");
    cr_expect_str_eq(answer.cells[1][QUESTION_ASK], "What are they?");

    answer = (struct answer){.columns = 1};
    transfer_approve(database.db, transfer, answer_take, &answer);
    answer_good(&database, &answer);
    cr_expect_eq(answer.rows, 0, "approved with open questions");

    answer = (struct answer){.columns = 1};
    question_answer(database.db, transfer, "{\"questions\": {\"warnings\": \"yes\"}, \"business\": {\"FD-1\": null}}",
                    answer_take, &answer);
    answer_good(&database, &answer);
    cr_assert_eq(answer.rows, 1);
    cr_expect_str_eq(answer.cells[0][0], "extracting");
    cr_expect_eq(database_number(&database, "select count(*) from question"), 0);
    cr_expect_str_eq(database_text(&database, "select string_agg(kind || ' ' || state, ', ') from task"),
                     "extract ready");
    cr_expect_str_eq(database_text(&database, "select options #>> '{answers,questions,warnings}' from transfer"),
                     "yes");
    cr_expect_str_eq(database_text(&database, "select options #> '{answers,business,FD-1}' from transfer"), "null");
    database_close(&database);
}

Test(question, later_answers_are_added_to_earlier_ones)
{
    struct database database;
    struct answer answer = {.columns = 1};
    int64_t transfer = 0;

    database_open(&database);
    transfer = transfer_in(&database, "preflight");
    database_run(&database, "update transfer set options = '{\"approve\": true, \"answers\": {\"questions\": {\"a\": "
                            "\"1\", \"b\": \"1\"}}}'");
    hold(&database, transfer, QUESTION_AT_PREFLIGHT, 1);
    question_answer(database.db, transfer, "{\"questions\": {\"b\": \"2\"}, \"practitioner\": {\"x\": \"3\"}}",
                    answer_take, &answer);
    answer_good(&database, &answer);
    cr_assert_eq(answer.rows, 1);
    cr_expect_str_eq(answer.cells[0][0], "preflight");
    cr_expect_str_eq(database_text(&database, "select options::text from transfer"),
                     "{\"answers\": {\"questions\": {\"a\": \"1\", \"b\": \"2\"}, \"practitioner\": {\"x\": \"3\"}}, "
                     "\"approve\": true}");
    cr_expect_str_eq(database_text(&database, "select kind from task"), "preflight");

    answer = (struct answer){.columns = 1};
    question_answer(database.db, transfer, "{}", answer_take, &answer);
    answer_good(&database, &answer);
    cr_expect_eq(answer.rows, 0, "answered where nothing was asked");
    cr_expect_eq(database_number(&database, "select count(*) from task"), 1);
    database_close(&database);
}

Test(question, does_not_hold_a_transfer_that_is_elsewhere)
{
    struct database database;
    int64_t transfer = 0;

    database_open(&database);
    transfer = transfer_in(&database, "paused");
    hold(&database, transfer, QUESTION_AT_EXTRACTION, 2);
    cr_expect_str_eq(database_text(&database, "select state from transfer"), "paused");
    cr_expect_eq(database_number(&database, "select count(*) from question"), 0);
    database_close(&database);
}

Test(question, leaves_appointments_behind_with_what_follows)
{
    static const char *const keys[] = {"FD-2"};
    struct database database;
    struct answer answer = {.columns = 2};
    int64_t transfer = 0;

    database_open(&database);
    transfer = transfer_in(&database, "preflight");
    database_stage(&database, transfer, "appointment", 4);
    database_stage(&database, transfer, "attendance", 4);
    database_stage(&database, transfer, "unavailable_block", 1);
    database_run(&database, "update record set payload = '{\"practitioner\": \"FD-1\"}' where entity = 'appointment'");
    database_run(&database, "update record set payload = '{\"practitioner\": \"FD-2\"}' where "
                            "(entity = 'appointment' and source_key in ('key-2', 'key-3')) or entity = "
                            "'unavailable_block'");
    database_run(&database,
                 "insert into transfer_entity (transfer, entity, staged) values (%" PRId64 ", 'appointment', 4), "
                 "(%" PRId64 ", 'attendance', 4), (%" PRId64 ", 'unavailable_block', 1)",
                 transfer, transfer, transfer);
    question_count_by(database.db, transfer, ENTITY_PRACTITIONER, answer_take, &answer);
    answer_good(&database, &answer);
    cr_assert_eq(answer.rows, 2);
    for (int i = 0; i < 2; i++)
        cr_expect_str_eq(answer.cells[i][1], strcmp(answer.cells[i][0], "FD-1") == 0 ? "2" : "3");

    for (int again = 0; again < 2; again++) {
        answer = (struct answer){0};
        question_leave(database.db, transfer, ENTITY_PRACTITIONER, keys, 1, "by choice", answer_take, &answer);
        answer_good(&database, &answer);
        cr_expect_str_eq(database_text(&database,
                                       "select string_agg(entity || ' ' || source_key, ', ' order by ordinal) "
                                       "from record where state = 'left' and problem = 'by choice'"),
                         "appointment key-2, appointment key-3, unavailable_block key-1, attendance key-2, attendance "
                         "key-3");
        cr_expect_str_eq(database_text(&database,
                                       "select string_agg(entity || ' ' || staged || ' ' || left_behind, ', ' "
                                       "order by entity) from transfer_entity"),
                         "appointment 2 2, attendance 2 2, unavailable_block 0 1");
    }
    database_close(&database);
}

Test(question, walk_ins_whose_appointments_stay_behind_stay_behind_too)
{
    struct database database;
    int64_t transfer = 0;

    database_open(&database);
    transfer = transfer_in(&database, "preflight");
    database_stage(&database, transfer, "patient", 4);
    database_stage(&database, transfer, "appointment", 4);
    database_stage(&database, transfer, "archival", 4);
    database_run(&database, "update record set payload = '{\"walk_in\": true}' where entity = 'patient' and "
                            "source_key <> 'key-4'");
    database_run(&database, "update record set payload = jsonb_build_object('patient', source_key) where entity in "
                            "('appointment', 'archival')");
    database_run(&database, "update record set state = 'left' where entity = 'appointment' and source_key in ('key-2', "
                            "'key-4')");
    database_run(&database,
                 UNGUARDED("update record set state = 'excluded' where entity = 'appointment' and source_key = "
                           "'key-3'"));
    database_run(&database,
                 "insert into transfer_entity (transfer, entity, staged) values (%" PRId64 ", 'patient', 4), "
                 "(%" PRId64 ", 'archival', 4)",
                 transfer, transfer);
    for (int again = 0; again < 2; again++) {
        struct answer answer = {0};

        question_leave_walk_ins(database.db, transfer, "no visit", answer_take, &answer);
        answer_good(&database, &answer);
        cr_expect_str_eq(database_text(&database,
                                       "select string_agg(entity || ' ' || source_key, ', ' order by ordinal) "
                                       "from record where state = 'left' and problem = 'no visit'"),
                         "patient key-2, patient key-3, archival key-2, archival key-3");
        cr_expect_str_eq(database_text(&database,
                                       "select string_agg(entity || ' ' || staged || ' ' || left_behind, ', ' "
                                       "order by entity) from transfer_entity"),
                         "archival 2 2, patient 2 2");
    }
    database_close(&database);
}

Test(question, zones_in_which_times_were_read_are_told_by_location)
{
    struct database database;
    struct answer answer = {.columns = 7};
    int64_t transfer = 0;

    database_open(&database);
    transfer = transfer_in(&database, "preflight");
    database_stage(&database, transfer, "business", 2);
    database_stage(&database, transfer, "appointment", 4);
    database_run(&database, "update record set state = 'matched', cliniko_id = '77', payload = '{\"name\": \"Quay\"}' "
                            "where entity = 'business' and source_key = 'key-1'");
    database_run(&database, "update record set payload = jsonb_build_object('business', 'key-1', 'time_zone', "
                            "  case when source_key <> 'key-3' then 'Australia/Perth' end, 'starts_at', "
                            "  '2026-03-0' || substr(source_key, 5) || 'T01:00:00Z') where entity = 'appointment'");
    database_run(&database, "update record set payload = payload || '{\"business\": \"key-2\"}' where entity = "
                            "'appointment' and source_key = 'key-4'");
    question_used_zones(database.db, transfer, answer_take, &answer);
    answer_good(&database, &answer);
    cr_assert_eq(answer.rows, 2, "of a location without a match nothing is told");
    cr_expect_str_eq(answer.cells[0][USED_KEY], "key-1");
    cr_expect_str_eq(answer.cells[0][USED_ID], "77");
    cr_expect_str_eq(answer.cells[0][USED_ZONE], "Australia/Perth");
    cr_expect_str_eq(answer.cells[0][USED_COUNT], "2");
    cr_expect_str_eq(answer.cells[0][USED_FIRST], "2026-03-01T01:00:00Z");
    cr_expect_str_eq(answer.cells[0][USED_LAST], "2026-03-02T01:00:00Z");
    cr_expect_str_eq(answer.cells[1][USED_COUNT], "1");
    database_close(&database);
}

Test(question, what_a_look_decided_is_taken_back_before_the_next)
{
    struct database database;
    struct held_task task = {0};

    database_open(&database);
    task = database_task(&database, transfer_in(&database, "preflight"), "preflight", NULL, 0, 0);
    database_stage(&database, task.transfer, "practitioner", 2);
    database_stage(&database, task.transfer, "appointment", 3);
    database_run(&database, "update record set state = 'matched', cliniko_id = '77' where entity = 'practitioner' and "
                            "source_key = 'key-1'");
    database_run(&database, "update record set state = 'left', problem = 'by choice', payload = '{\"patient\": \"1\"}' "
                            "where entity = 'appointment' and source_key = 'key-1'");
    database_run(&database, "update record set state = 'left', problem = 'by a rule', payload = '{}' "
                            "where entity = 'appointment' and source_key = 'key-2'");
    database_run(&database,
                 "insert into transfer_entity (transfer, entity, staged, left_behind) values (%" PRId64
                 ", 'appointment', 1, 2)",
                 task.transfer);
    for (int again = 0; again < 2; again++) {
        struct answer answer = {0};

        record_reconsider(database.db, task.transfer, task.task, task.token, answer_take, &answer);
        answer_good(&database, &answer);
        cr_expect_str_eq(database_text(&database,
                                       "select string_agg(state || coalesce(' ' || problem, ''), ', ' order by "
                                       "ordinal) from record"),
                         "staged, staged, staged, left by a rule, staged");
        cr_expect_str_eq(database_text(&database, "select staged || ' ' || left_behind from transfer_entity"), "2 1");
    }
    database_close(&database);
}

Test(question, a_record_that_a_rule_leaves_behind_is_staged_by_name_and_counted)
{
    struct database database;
    struct answer answer = {.columns = 1};
    struct held_task task = {0};
    struct record_batch *batch = record_batch_new();

    database_open(&database);
    task = database_task(&database, transfer_in(&database, "extracting"), "extract", NULL, 0, 0);
    record_batch_add(batch, record_first_ordinal(ENTITY_ATTACHMENT) + 1, ENTITY_ATTACHMENT, "FD-1", slice_of("{}"),
                     NULL, NULL);
    record_batch_leave(batch, record_first_ordinal(ENTITY_ATTACHMENT) + 2, ENTITY_ATTACHMENT, "FD-2",
                       "only a path on the clinic's server");
    record_batch_add(batch, record_first_ordinal(ENTITY_ATTACHMENT) + 3, ENTITY_ATTACHMENT, "FD-3", slice_of("{}"),
                     "empty", NULL);
    record_stage(database.db, task.transfer, task.task, task.token, &batch, answer_take, &answer);
    answer_good(&database, &answer);
    cr_expect_eq(answer.rows, 0);
    cr_expect_str_eq(database_text(&database,
                                   "select string_agg(source_key || ' ' || state, ', ' order by ordinal) from "
                                   "record"),
                     "FD-1 staged, FD-2 left, FD-3 excluded");
    answer = (struct answer){0};
    transfer_count(database.db, task.transfer, "attachment", 5, 0, answer_take, &answer);
    answer_good(&database, &answer);
    cr_expect_str_eq(database_text(&database, "select staged || ' ' || excluded || ' ' || left_behind from "
                                              "transfer_entity"),
                     "1 1 6");
    database_close(&database);
}
