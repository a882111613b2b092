#include "support/database.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "db/migrate.h"
#include "db/record.h"
#include "support/services.h"

enum { ANSWER_MS = 30000 };

struct db *database_connect(struct database *database, const char *actor)
{
    struct db *db = NULL;
    struct fault fault = {0};

    cr_assert(db_open(database->loop, database->url, NULL, actor, &db, &fault), "%s", fault.text);
    return db;
}

/* Commits of a test need not outlive a power cut: without the disk in the way the tests take a third of the time. */
static void open_plain(struct database *database)
{
    database->plain = PQconnectdb(database->url);
    cr_assert_eq(PQstatus(database->plain), CONNECTION_OK, "%s", PQerrorMessage(database->plain));
    database_run(database, "set client_min_messages = warning");
    database_run(database, "do $$ begin execute format('alter database %%I set synchronous_commit = off', "
                           "current_database()); end $$");
}

void database_open(struct database *ret)
{
    struct fault fault = {0};
    int applied = 0;

    log_open("test", LOG_ERROR);
    *ret = (struct database){.url = services_new_database()};
    open_plain(ret);
    cr_assert(migrate_run(ret->url, NULL, &applied, &fault), "%s", fault.text);
    cr_assert(loop_open(&ret->loop, &fault), "%s", fault.text);
    ret->db = database_connect(ret, "tester");
}

void database_close(struct database *database)
{
    db_close(&database->db);
    PQfinish(database->plain);
    loop_close(&database->loop);
    string_free(&database->url);
}

PRINTF_LIKE(2, 0) static PGresult *ask(struct database *database, const char *format, va_list values)
{
    char *sql = NULL;
    PGresult *result = NULL;

    cr_assert(vasprintf(&sql, format, values) >= 0);
    result = PQexec(database->plain, sql);
    cr_assert(PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK, "%s: %s", sql,
              PQerrorMessage(database->plain));
    free(sql);
    return result;
}

void database_run(struct database *database, const char *sql, ...)
{
    va_list values;

    va_start(values, sql);
    PQclear(ask(database, sql, values));
    va_end(values);
}

bool database_try(struct database *database, const char *sql, ...)
{
    va_list values;
    char text[4096];
    PGresult *result = NULL;
    bool good = false;

    va_start(values, sql);
    vsnprintf(text, sizeof text, sql, values);
    va_end(values);
    result = PQexec(database->plain, text);
    good = PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK;
    PQclear(result);
    return good;
}

static const char *first_value(PGresult *result)
{
    static char value[4096];

    snprintf(value, sizeof value, "%s", PQntuples(result) ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    return value;
}

const char *database_text(struct database *database, const char *sql, ...)
{
    va_list values;
    const char *value = NULL;

    va_start(values, sql);
    value = first_value(ask(database, sql, values));
    va_end(values);
    return value;
}

int64_t database_number(struct database *database, const char *sql, ...)
{
    va_list values;
    const char *value = NULL;

    va_start(values, sql);
    value = first_value(ask(database, sql, values));
    va_end(values);
    return strtoll(value, NULL, 10);
}

void answer_take(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct answer *answer = argument;

    answer->times++;
    cr_assert(!rows != !fault, "exactly one of rows and fault is given");
    if (fault) {
        answer->fault = *fault;
        return;
    }
    answer->rows = db_rows_count(rows);
    answer->affected = db_affected(rows);
    for (int row = 0; row < answer->rows && row < ANSWER_ROWS; row++) {
        for (int column = 0; column < answer->columns; column++) {
            const char *text = db_text(rows, row, column);

            answer->is_null[row][column] = !text;
            snprintf(answer->cells[row][column], ANSWER_CELL, "%s", text ? text : "");
        }
    }
}

void answer_wait(struct database *database, const struct answer *answer)
{
    struct fault fault = {0};

    cr_assert(db_wait(database->db, ANSWER_MS, &fault), "%s", fault.text);
    cr_assert_eq(answer->times, 1, "the callback ran %d times, want 1", answer->times);
}

void answer_good(struct database *database, const struct answer *answer)
{
    answer_wait(database, answer);
    cr_assert_eq(answer->fault.kind, FAULT_NONE, "%s", answer->fault.text);
}

int64_t answer_number(const struct answer *answer, int row, int column)
{
    cr_assert(row < answer->rows && column < answer->columns, "row %d of %d is asked for", row, answer->rows);
    return strtoll(answer->cells[row][column], NULL, 10);
}

int64_t database_account(struct database *database, const char *name, int64_t rate_per_minute)
{
    return database_number(
        database, "insert into account (name, shard, rate_per_minute) values ('%s', 'au1', %" PRId64 ") returning id",
        name, rate_per_minute);
}

int64_t database_transfer(struct database *database, int64_t account)
{
    return database_number(database,
                           "insert into transfer (account, system, source, profile) "
                           "values (%" PRId64 ", 'old', '/clinic', '{}') returning id",
                           account);
}

struct held_task database_task(struct database *database, int64_t transfer, const char *kind, const char *entity,
                               int64_t first, int64_t last)
{
    struct held_task held = {.transfer = transfer};

    held.task = database_number(database,
                                "insert into task (transfer, kind, entity, phase, first, last, total, state, "
                                "lease_token, leased_by, lease_until, attempts) values (%" PRId64
                                ", '%s', '%s', 1, %" PRId64 ", %" PRId64 ", %" PRId64
                                ", 'leased', nextval('lease_token'), 'holder', now() + interval '1 hour', 1) "
                                "returning id",
                                transfer, kind, entity, first, last, last - first + 1);
    held.token = database_number(database, "select lease_token from task where id = %" PRId64, held.task);
    return held;
}

void database_stage(struct database *database, int64_t transfer, const char *entity, int64_t count)
{
    enum entity which = ENTITY_COUNT;

    cr_assert(entity_find(entity, &which));
    database_run(database,
                 "insert into record (transfer, ordinal, entity, source_key, payload, state) select %" PRId64
                 ", %" PRId64 " + n, '%s', 'key-' || n, '{}', 'staged' from generate_series(1, %" PRId64 ") n",
                 transfer, record_first_ordinal(which), entity, count);
}
