/* The connection is lost in the middle: calls are sent again, and each takes effect once. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>

#include "cli/data_folder.h"
#include "cli/embedded.h"
#include "db/connection.h"
#include "support/database.h"
#include "tally.h"

TestSuite(connection_loss, .timeout = 90);

/* The statement is written as all of this floor are: the second run changes nothing. */
static const char insert_hit[] =
    "with put as (insert into hit values ($1::bigint) on conflict do nothing) select $1::bigint";

static void kill_connections(struct database *database)
{
    database_run(database, "select pg_terminate_backend(pid) from pg_stat_activity "
                           "where datname = current_database() and pid <> pg_backend_pid()");
}

Test(connection_loss, sends_again_what_was_not_answered_when_the_connection_breaks)
{
    struct database database;

    database_open(&database);
    database_run(&database, "create table hit (n bigint primary key)");
    for (int turns = 0; turns < 12; turns++) {
        struct tally tally = {.in_order = true};
        struct fault fault = {0};

        database_run(&database, "truncate hit");
        for (int i = 0; i < 400; i++)
            send_number(database.db, insert_hit, i, &tally);
        for (int i = 0; i < turns && db_pending(database.db); i++)
            loop_turn(database.loop, 100);
        kill_connections(&database);
        for (int i = 400; i < 450; i++)
            send_number(database.db, insert_hit, i, &tally);
        cr_assert(db_wait(database.db, 30000, &fault), "after %d turns: %s", turns, fault.text);
        cr_expect_eq(tally.next, 450, "after %d turns: got %" PRId64 " answers, want 450", turns, tally.next);
        cr_expect(tally.in_order && tally.faults == 0, "after %d turns: %d faults", turns, tally.faults);
        cr_expect_eq(database_number(&database, "select count(*) from hit"), 450, "after %d turns", turns);
    }
    database_close(&database);
}

Test(connection_loss, notices_that_it_broke_while_nothing_was_asked)
{
    struct database database;
    struct answer answer = {.columns = 1};

    database_open(&database);
    kill_connections(&database);
    for (int i = 0; i < 200 && db_is_connected(database.db); i++)
        loop_turn(database.loop, 100);
    cr_expect(!db_is_connected(database.db), "the loss was not noticed");
    send_plain(database.db, "one", "select 1", &answer);
    answer_good(&database, &answer);
    cr_expect(db_is_connected(database.db));
    cr_expect_eq(answer_number(&answer, 0, 0), 1);
    database_close(&database);
}

Test(connection_loss, keeps_its_actor_when_it_connects_again)
{
    struct database database;
    struct answer before = {.columns = 1};
    struct answer after = {.columns = 1};

    database_open(&database);
    send_plain(database.db, "actor", "select current_setting('handover.actor')", &before);
    answer_good(&database, &before);
    kill_connections(&database);
    send_plain(database.db, "actor", "select current_setting('handover.actor')", &after);
    answer_good(&database, &after);
    cr_expect_str_eq(before.cells[0][0], "tester", "got %s, want tester", before.cells[0][0]);
    cr_expect_str_eq(after.cells[0][0], "tester", "got %s, want tester", after.cells[0][0]);
    database_close(&database);
}

static void start_server(const char *folder, struct embedded **ret)
{
    struct embedded_options options = {.data_folder = folder};
    struct fault fault = {0};

    cr_assert(embedded_start(&options, ret, &fault), "%s", fault.text);
}

Test(connection_loss, outlives_a_restart_of_the_server)
{
    char folder[] = "/tmp/handover-restart-XXXXXX";
    struct embedded *server = NULL;
    struct loop *loop = NULL;
    struct db *db = NULL;
    struct tally tally = {.in_order = true};
    struct answer made = {.columns = 0};
    struct answer sum = {.columns = 1};
    struct fault fault = {0};

    cr_assert(mkdtemp(folder));
    start_server(folder, &server);
    cr_assert(loop_open(&loop, &fault), "%s", fault.text);
    cr_assert(db_open(loop, embedded_database_url(server), NULL, "tester", &db, &fault), "%s", fault.text);
    send_plain(db, "table", "create table if not exists hit (n bigint primary key)", &made);
    cr_assert(db_wait(db, 10000, &fault), "%s", fault.text);
    for (int i = 0; i < 300; i++)
        send_number(db, insert_hit, i, &tally);
    loop_turn(loop, 100);
    embedded_stop(&server);
    cr_expect(!db_wait(db, 300, &fault), "it answered without a server");
    cr_expect_eq(fault.kind, FAULT_RETRY, "got %s, want retry", fault_kind_name(fault.kind));
    start_server(folder, &server);
    cr_assert(db_wait(db, 30000, &fault), "%s", fault.text);
    cr_expect(tally.next == 300 && tally.in_order && tally.faults == 0, "got %" PRId64 " answers, %d faults",
              tally.next, tally.faults);
    send_plain(db, "sum", "select count(*) from hit", &sum);
    cr_assert(db_wait(db, 10000, &fault), "%s", fault.text);
    cr_expect_eq(answer_number(&sum, 0, 0), 300);
    db_close(&db);
    loop_close(&loop);
    embedded_stop(&server);
    cr_expect(folder_remove(folder, &fault), "%s", fault.text);
}
