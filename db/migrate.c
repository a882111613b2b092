/* Migration files hold many statements each, which pipeline mode cannot send: this file alone speaks to libpq directly,
 * blocking, before any loop runs. */
#include "db/migrate.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "base/embedded_text.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "db/migrations.h"
#include "db/password.h"

static void connection_finish(PGconn **connection)
{
    PQfinish(*connection);
    *connection = NULL;
}

static void result_clear(PGresult **result)
{
    PQclear(*result);
    *result = NULL;
}

static bool run(PGconn *connection, const char *what, const char *sql, PGresult **ret, struct fault *fault)
{
    PGresult *result = PQexec(connection, sql);
    ExecStatusType status = PQresultStatus(result);

    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        const char *message = PQerrorMessage(connection);

        fault_set(fault, FAULT_INTERNAL, "%s failed: %.*s", what, (int)strcspn(message, "\r\n"), message);
        PQclear(result);
        return false;
    }
    if (ret)
        *ret = result;
    else
        PQclear(result);
    return true;
}

static bool connect(const char *url, const char *password_file, PGconn **ret, struct fault *fault)
{
    scoped(connection_finish) PGconn *connection = NULL;
    scoped(string_free) char *password = NULL;
    const char *keywords[] = {"dbname", "connect_timeout", "application_name", "client_encoding", "password", NULL};
    const char *values[] = {url, "10", "handover migrate", "UTF8", NULL, NULL};
    const char *message = NULL;

    if (!password_read(password_file, &password, fault))
        return false;
    values[4] = password;
    if (!password)
        keywords[4] = NULL;
    connection = PQconnectdbParams(keywords, values, 1);
    if (PQstatus(connection) != CONNECTION_OK) {
        message = PQerrorMessage(connection);
        return fault_set(fault, FAULT_RETRY,
                         "PostgreSQL cannot be reached: %.*s. Is it running, and is --database-url right?",
                         (int)strcspn(message, "\r\n"), message);
    }
    *ret = steal(connection);
    return true;
}

static const struct embedded_text *file_of(int number)
{
    for (const struct embedded_text *file = migrations; file->name; file++)
        if (strtol(file->name, NULL, 10) == number)
            return file;
    return NULL;
}

static int newest(void)
{
    int number = 0;

    while (file_of(number + 1))
        number++;
    return number;
}

/* How far the database is; each applied file must still have the text that ran (its MD5, as PostgreSQL gives it). */
static bool read_level(PGconn *connection, int *ret, struct fault *fault)
{
    scoped(result_clear) PGresult *rows = NULL;
    int level = 0;

    if (!run(connection, "reading the schema's version",
             "select number, md5(text), text from schema_migration order by number", &rows, fault))
        return false;
    for (; level < PQntuples(rows); level++) {
        const struct embedded_text *file = file_of(level + 1);

        if (!file)
            return fault_set(fault, FAULT_BAD_INPUT,
                             "The database has migration %s, this program knows only %d: it is older than the "
                             "database. Use the newer program.",
                             PQgetvalue(rows, level, 0), newest());
        if (strcmp(file->text, PQgetvalue(rows, level, 2)) != 0)
            return fault_set(fault, FAULT_BAD_INPUT,
                             "Migration %s differs from the one that ran on this database: the program and the "
                             "database come from different histories.",
                             file->name);
    }
    *ret = level;
    return true;
}

static bool apply(PGconn *connection, int number, struct fault *fault)
{
    const struct embedded_text *file = file_of(number);
    scoped(string_free) char *name = PQescapeLiteral(connection, file->name, strlen(file->name));
    scoped(string_free) char *text = PQescapeLiteral(connection, file->text, strlen(file->text));
    scoped(string_free) char *sql =
        x_sprintf("begin; %s\n; insert into schema_migration (number, name, text) values (%d, %s, %s); commit",
                  file->text, number, name, text);

    if (run(connection, file->name, sql, NULL, fault))
        return true;
    PQclear(PQexec(connection, "rollback"));
    return false;
}

bool migrate_run(const char *url, const char *password_file, int *ret_applied, struct fault *fault)
{
    scoped(connection_finish) PGconn *connection = NULL;
    int level = 0;

    /* 0x48616e64 is "Hand": one advisory lock for all who migrate this database. */
    if (!connect(url, password_file, &connection, fault) ||
        !run(connection, "waiting for other migrations", "select pg_advisory_lock(1214344804)", NULL, fault) ||
        !run(connection, "making the list of migrations",
             "set client_min_messages = warning; create table if not exists schema_migration (number integer primary "
             "key, name text not null, text text not null, at timestamptz not null default now())",
             NULL, fault) ||
        !read_level(connection, &level, fault))
        return false;
    *ret_applied = 0;
    for (int number = level + 1; number <= newest(); number++) {
        if (!apply(connection, number, fault))
            return false;
        (*ret_applied)++;
    }
    return true;
}

bool migrate_check(const char *url, const char *password_file, struct fault *fault)
{
    scoped(connection_finish) PGconn *connection = NULL;
    scoped(result_clear) PGresult *exists = NULL;
    int level = 0;

    if (!connect(url, password_file, &connection, fault) ||
        !run(connection, "looking for the schema", "select to_regclass('schema_migration') is not null", &exists,
             fault))
        return false;
    if (PQgetvalue(exists, 0, 0)[0] == 't' && !read_level(connection, &level, fault))
        return false;
    return level == newest() ||
           fault_set(fault, FAULT_BAD_INPUT, "The database is at migration %d of %d. Run 'handover migrate' first.",
                     level, newest());
}
