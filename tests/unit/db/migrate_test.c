#include "db/migrate.h"

#include <criterion/criterion.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "db/migrations.h"
#include "support/services.h"

TestSuite(migrate, .timeout = 90);

static int files(void)
{
    int count = 0;

    while (migrations[count].name)
        count++;
    return count;
}

static void run(const char *url, const char *sql)
{
    PGconn *connection = PQconnectdb(url);
    PGresult *result = PQexec(connection, sql);

    cr_assert(PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK, "%s: %s", sql,
              PQerrorMessage(connection));
    PQclear(result);
    PQfinish(connection);
}

static int count(const char *url, const char *sql)
{
    PGconn *connection = PQconnectdb(url);
    PGresult *result = PQexec(connection, sql);
    int value = 0;

    cr_assert_eq(PQresultStatus(result), PGRES_TUPLES_OK, "%s: %s", sql, PQerrorMessage(connection));
    value = (int)strtol(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    PQfinish(connection);
    return value;
}

static void migrate(const char *url, int want)
{
    struct fault fault = {0};
    int applied = -1;

    cr_assert(migrate_run(url, NULL, &applied, &fault), "%s", fault.text);
    cr_expect_eq(applied, want, "got %d applied, want %d", applied, want);
}

Test(migrate, brings_an_empty_database_to_the_schema_and_then_does_nothing)
{
    scoped(string_free) char *url = services_new_database();
    struct fault fault = {0};

    cr_expect(!migrate_check(url, NULL, &fault), "an empty database passed");
    cr_expect_eq(fault.kind, FAULT_BAD_INPUT, "got %s", fault_kind_name(fault.kind));
    cr_expect(strstr(fault.text, "handover migrate"), "no hint: %s", fault.text);
    cr_expect_eq(count(url, "select count(*) from pg_tables where schemaname = 'public'"), 0, "checking made a table");
    migrate(url, files());
    cr_expect(migrate_check(url, NULL, &fault), "%s", fault.text);
    migrate(url, 0);
    cr_expect_eq(count(url, "select count(*) from schema_migration"), files());
    cr_expect_eq(count(url, "select count(*) from pg_tables where schemaname = 'public' and tablename in ('account', "
                            "'credential', 'transfer', 'audit', 'record', 'id_map', 'task', 'worker')"),
                 8);
}

Test(migrate, by_two_at_once_applies_each_file_once)
{
    enum { RUNNERS = 4 };
    scoped(string_free) char *url = services_new_database();
    pid_t children[RUNNERS];

    for (int i = 0; i < RUNNERS; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            struct fault fault = {0};
            int applied = 0;

            _exit(migrate_run(url, NULL, &applied, &fault) && (applied == 0 || applied == files()) ? applied : 99);
        }
    }
    {
        int total = 0;

        for (int i = 0; i < RUNNERS; i++) {
            int status = 0;

            cr_assert_eq(waitpid(children[i], &status, 0), children[i]);
            cr_assert(WIFEXITED(status) && WEXITSTATUS(status) != 99, "runner %d failed", i);
            total += WEXITSTATUS(status);
        }
        cr_expect_eq(total, files(), "got %d applied in all, want %d", total, files());
    }
    cr_expect_eq(count(url, "select count(*) from schema_migration"), files());
}

static void expect_refusal(const char *url, const char *words)
{
    struct fault fault = {0};
    int applied = 0;

    cr_expect(!migrate_run(url, NULL, &applied, &fault), "it ran, want a refusal with '%s'", words);
    cr_expect_eq(fault.kind, FAULT_BAD_INPUT, "got %s", fault_kind_name(fault.kind));
    cr_expect(strstr(fault.text, words), "got %s, want '%s'", fault.text, words);
    cr_expect(!migrate_check(url, NULL, &fault), "the check passed, want a refusal with '%s'", words);
    cr_expect(strstr(fault.text, words), "check: got %s, want '%s'", fault.text, words);
}

Test(migrate, refuses_a_database_that_is_newer)
{
    scoped(string_free) char *url = services_new_database();

    migrate(url, files());
    run(url, "insert into schema_migration (number, name, text) values (9999, '9999_later.sql', 'select 1')");
    expect_refusal(url, "older than the database");
    cr_expect_eq(count(url, "select count(*) from schema_migration"), files() + 1);
}

Test(migrate, refuses_a_file_that_was_changed_after_it_ran)
{
    scoped(string_free) char *url = services_new_database();

    migrate(url, files());
    run(url, "update schema_migration set text = text || ' ' where number = 2");
    expect_refusal(url, migrations[1].name);
}

Test(migrate, refuses_a_history_with_a_gap)
{
    scoped(string_free) char *url = services_new_database();

    migrate(url, files());
    run(url, "delete from schema_migration where number = 1");
    expect_refusal(url, migrations[0].name);
}

/* The second file meets a table that it would make as its last: all that it made before must be gone again. */
Test(migrate, leaves_nothing_half_done_when_a_file_fails)
{
    scoped(string_free) char *url = services_new_database();
    struct fault fault = {0};
    int applied = 0;

    run(url, "create table worker (name text)");
    cr_expect(!migrate_run(url, NULL, &applied, &fault), "it ran over a table that is there");
    cr_expect_eq(fault.kind, FAULT_INTERNAL, "got %s", fault_kind_name(fault.kind));
    cr_expect(strstr(fault.text, migrations[1].name), "the file is not named: %s", fault.text);
    cr_expect_eq(count(url, "select count(*) from pg_tables where tablename in ('record', 'id_map', 'task', "
                            "'transfer_entity')"),
                 0, "a part of it stayed");
    cr_expect_eq(count(url, "select count(*) from schema_migration"), 1);
    run(url, "drop table worker");
    migrate(url, files() - 1);
    cr_expect(migrate_check(url, NULL, &fault), "%s", fault.text);
}

Test(migrate, says_that_there_is_no_server)
{
    struct fault fault = {0};
    int applied = 0;

    cr_expect(!migrate_run("postgresql:///x?host=/nonexistent", NULL, &applied, &fault));
    cr_expect_eq(fault.kind, FAULT_RETRY, "got %s", fault_kind_name(fault.kind));
    cr_expect(strstr(fault.text, "--database-url"), "no hint: %s", fault.text);
    cr_expect(!migrate_check("postgresql:///x", "/nonexistent/password", &fault));
    cr_expect_eq(fault.kind, FAULT_BAD_INPUT, "got %s", fault_kind_name(fault.kind));
}
