/* What keeps two from doing one thing at once, in the schema itself. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

#include "db/record.h"
#include "db/task.h"
#include "support/database.h"

TestSuite(once, .timeout = 90);

/* A leased task of one record that was sent. */
static struct held_task open_sent(struct database *database, const char *entity, const char *kind)
{
    enum entity which = ENTITY_PATIENT;
    int64_t transfer = 0;
    int64_t ordinal = 0;
    struct held_task held;

    database_open(database);
    cr_assert(entity_find(entity, &which));
    ordinal = record_first_ordinal(which) + 1;
    transfer = database_transfer(database, database_account(database, "clinic", 0));
    held = database_task(database, transfer, kind, entity, ordinal, ordinal);
    database_stage(database, transfer, entity, 1);
    database_run(database, "update record set state = 'sending', lease_token = %" PRId64, held.token);
    return held;
}

/* Two equal appointments that were in doubt at once: the second of them is in doubt again. */
Test(once, an_object_stands_for_one_appointment)
{
    struct database database;
    struct answer answer = {.columns = 2};
    struct record_outcome outcome = {.ordinal = record_first_ordinal(ENTITY_APPOINTMENT) + 1,
                                     .state = RECORD_CREATED,
                                     .cliniko_id = (char[]){"7001"}};
    struct held_task held = open_sent(&database, "appointment", "appointments");

    database_run(&database, "insert into id_map (account, system, entity, source_key, cliniko_id, transfer) "
                            "select account, system, 'appointment', 'its twin', '7001', id from transfer");
    record_finish(database.db, held.transfer, held.task, held.token, &outcome, 1, answer_take, &answer);
    answer_wait(&database, &answer);
    cr_expect_eq(answer.fault.kind, FAULT_RETRY, "%s", answer.fault.text);
    cr_expect_str_eq(database_text(&database, "select state from record"), "sending");
    database_close(&database);
}

/* Several names of the old system may be one thing in Cliniko. */
Test(once, an_object_may_stand_for_several_fee_categories)
{
    struct database database;
    struct answer answer = {.columns = 2};
    struct record_outcome outcome = {.ordinal = record_first_ordinal(ENTITY_CONCESSION_TYPE) + 1,
                                     .state = RECORD_CREATED,
                                     .cliniko_id = (char[]){"7001"}};
    struct held_task held = open_sent(&database, "concession_type", "catalogue");

    database_run(&database, "insert into id_map (account, system, entity, source_key, cliniko_id, transfer) "
                            "select account, system, 'concession_type', 'another', '7001', id from transfer");
    record_finish(database.db, held.transfer, held.task, held.token, &outcome, 1, answer_take, &answer);
    answer_good(&database, &answer);
    cr_expect_str_eq(database_text(&database, "select state from record"), "created");
    database_close(&database);
}

/* Should two coordinators lease at once, of which one leads no more, one of them is told to try again. */
Test(once, the_catalogue_of_an_account_has_one_writer)
{
    struct database database;
    struct answer answer = {.columns = TASK_LAST + 1};
    struct held_task first;
    struct held_task second;
    int64_t transfer = 0;

    database_open(&database);
    transfer = database_transfer(&database, database_account(&database, "clinic", 0));
    first = database_task(&database, transfer, "catalogue", "tax", 1, 1);
    second = database_task(&database, transfer, "catalogue", "tax", 2, 2);
    database_run(&database, UNGUARDED("update transfer set state = 'running'"));
    database_run(&database, "update task set state = 'ready', single_writer = 1");
    database_run(&database, "begin; update task set state = 'leased', leased_by = 'w1' where id = %" PRId64,
                 second.task);
    task_lease(database.db, "catalogue", "w2", 1, 15000, answer_take, &answer);
    for (int turns = 0; turns < 20; turns++)
        loop_turn(database.loop, 10);
    cr_expect_eq(answer.times, 0, "it does not wait for the other");
    database_run(&database, "commit");
    answer_wait(&database, &answer);
    cr_expect_eq(answer.fault.kind, FAULT_RETRY, "got %s: %s", fault_kind_name(answer.fault.kind), answer.fault.text);
    cr_expect_str_eq(database_text(&database, "select state from task where id = %" PRId64, first.task), "ready");
    database_close(&database);
}
