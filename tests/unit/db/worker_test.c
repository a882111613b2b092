#include "db/worker.h"

#include <criterion/criterion.h>

#include "support/database.h"

TestSuite(worker, .timeout = 90);

static void here(struct database *database, const char *name, const char *host)
{
    struct answer answer = {.columns = 0};

    worker_here(database->db, name, host, 4711, "patients", 4, answer_take, &answer);
    answer_good(database, &answer);
}

Test(worker, is_listed_while_it_is_seen)
{
    const char *const names[] = {"one", "silent"};
    struct database database;
    struct answer answer = {.columns = 8};
    struct answer done = {.columns = 0};

    database_open(&database);
    here(&database, "one", "a");
    here(&database, "one", "a");
    here(&database, "silent", "b");
    here(&database, "left", "c");
    here(&database, "lost", "d");
    database_task(&database, database_transfer(&database, database_account(&database, "clinic", 0)), "patients",
                  "patient", 1, 2);
    database_run(&database, "update task set leased_by = 'one'");
    database_run(&database, "update worker set seen_at = now() - interval '50 seconds' where name = 'silent'");
    database_run(&database, "update worker set seen_at = now() - interval '2 minutes' where name = 'lost'");
    worker_gone(database.db, "left", answer_take, &done);
    worker_list(database.db, answer_take, &answer);
    answer_good(&database, &answer);
    cr_assert_eq(answer.rows, 3, "got %d workers, want 3", answer.rows);
    cr_expect_str_eq(answer.cells[0][0], "one");
    cr_expect_str_eq(answer.cells[0][5], "here");
    cr_expect_str_eq(answer.cells[0][7], "1", "got %s leases, want 1", answer.cells[0][7]);
    cr_expect_str_eq(answer.cells[1][5], "silent");
    cr_expect_str_eq(answer.cells[2][5], "gone");
    done = (struct answer){.columns = 0};
    worker_seen(database.db, names, 2, answer_take, &done);
    answer_good(&database, &done);
    cr_expect_eq(done.affected, 2);
    cr_expect_str_eq(database_text(&database, "select string_agg(name, ' ' order by name) from worker where "
                                              "state = 'here' and seen_at > now() - interval '10 seconds'"),
                     "one silent");
    database_close(&database);
}

Test(worker, of_a_host_is_named_while_it_may_hold_leases)
{
    struct database database;
    struct answer answer = {.columns = 2};

    database_open(&database);
    here(&database, "mine", "a");
    here(&database, "holder", "a");
    here(&database, "left", "a");
    here(&database, "other", "b");
    database_task(&database, database_transfer(&database, database_account(&database, "clinic", 0)), "patients",
                  "patient", 1, 2);
    database_run(&database, "update worker set state = 'gone' where name in ('holder', 'left')");
    worker_of_host(database.db, "a", answer_take, &answer);
    answer_good(&database, &answer);
    cr_expect_eq(answer.rows, 2, "got %d workers, want 2", answer.rows);
    for (int i = 0; i < answer.rows; i++)
        cr_expect(answer.cells[i][0][0] == 'm' || answer.cells[i][0][0] == 'h', "got %s", answer.cells[i][0]);
    database_close(&database);
}

static bool leads(struct database *database, struct db *db)
{
    struct answer answer = {.columns = 1};
    struct fault fault = {0};

    leader_try(db, answer_take, &answer);
    cr_assert(db_wait(db, 30000, &fault), "%s", fault.text);
    (void)database;
    return answer.cells[0][0][0] == 't';
}

Test(leader, is_one_at_a_time)
{
    struct database database;
    struct db *second = NULL;

    database_open(&database);
    second = database_connect(&database, "second");
    cr_expect(leads(&database, database.db));
    cr_expect(leads(&database, database.db), "it must not lose to itself");
    cr_expect(!leads(&database, second), "two lead at once");
    cr_expect_eq(database_number(&database,
                                 "select count(*) from pg_locks where locktype = 'advisory' and objid = 1281712484 and "
                                 "database = (select oid from pg_database where datname = current_database())"),
                 1);
    db_close(&database.db);
    for (int i = 0;
         i < 1000 &&
         database_number(&database,
                         "select count(*) from pg_locks where locktype = 'advisory' and objid = 1281712484 and "
                         "database = (select oid from pg_database where datname = current_database())");
         i++)
        loop_turn(database.loop, 5);
    cr_expect(leads(&database, second), "the leadership ends with the connection");
    db_close(&second);
    database_close(&database);
}
