#include "place.h"

#include <criterion/criterion.h>
#include <libpq-fe.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "cli/data_folder.h"

void write_text(const char *path, const char *text, mode_t mode)
{
    scoped(file_close) FILE *file = fopen(path, "w");

    cr_assert(file && fputs(text, file) >= 0, "%s cannot be written", path);
    cr_assert_eq(fchmod(fileno(file), mode), 0);
}

void write_script(const struct place *place, const char *name, const char *body)
{
    scoped(string_free) char *path = x_sprintf("%s/%s", place->programs, name);
    scoped(string_free) char *text = x_sprintf("#!/bin/sh\n%s\n", body);

    write_text(path, text, 0700);
}

void place_make(struct place *place)
{
    const char *folder = getenv("TMPDIR");

    cr_assert_lt((size_t)snprintf(place->root, sizeof place->root, "%s/handover-test-XXXXXX", folder ? folder : "/tmp"),
                 sizeof place->root, "TMPDIR is too long for the paths of sockets");
    cr_assert(mkdtemp(place->root));
    cr_assert_eq(chmod(place->root, 0711), 0);
    snprintf(place->data, sizeof place->data, "%s/data", place->root);
    snprintf(place->programs, sizeof place->programs, "%s/programs", place->root);
    cr_assert_eq(mkdir(place->programs, 0700), 0);
    write_script(place, "coordinator", "exec sleep 1000");
    write_script(place, "worker", "exec sleep 1000");
}

void place_remove(struct place *place)
{
    struct fault fault = {0};

    cr_expect(folder_remove(place->root, &fault), "%s", fault.text);
}

struct embedded_options options_of(const struct place *place)
{
    return (struct embedded_options){.data_folder = place->data,
                                     .program_folder = place->programs,
                                     .coordinator = "coordinator",
                                     .worker = "worker",
                                     .workers = 2};
}

struct embedded *start(const struct place *place)
{
    struct embedded_options options = options_of(place);
    struct embedded *embedded = NULL;
    struct fault fault = {0};

    cr_assert(embedded_start(&options, &embedded, &fault), "%s", fault.text);
    return embedded;
}

void check_refusal(const struct place *place, const char *want)
{
    struct embedded_options options = options_of(place);
    struct embedded *embedded = NULL;
    struct fault fault = {0};

    cr_assert_not(embedded_start(&options, &embedded, &fault), "started; want '%s'", want);
    cr_expect_null(embedded);
    cr_expect(strstr(fault.text, want), "got '%s', want '%s'", fault.text, want);
}

static void finish(PGconn **connection)
{
    PQfinish(*connection);
    *connection = NULL;
}

static void clear(PGresult **result)
{
    PQclear(*result);
    *result = NULL;
}

static PGconn *connect_to(const struct embedded *embedded)
{
    PGconn *connection = PQconnectdb(embedded_database_url(embedded));

    cr_assert_eq(PQstatus(connection), CONNECTION_OK, "%s", PQerrorMessage(connection));
    return connection;
}

/* The first value that a statement gives; "" for none. */
char *ask(const struct embedded *embedded, const char *statement)
{
    scoped(finish) PGconn *connection = connect_to(embedded);
    scoped(clear) PGresult *result = PQexec(connection, statement);
    ExecStatusType status = PQresultStatus(result);

    cr_assert(status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK, "%s: %s", statement, PQerrorMessage(connection));
    return x_strdup(PQntuples(result) ? PQgetvalue(result, 0, 0) : "");
}

void expect_answer(const struct embedded *embedded, const char *statement, const char *want)
{
    scoped(string_free) char *got = ask(embedded, statement);

    cr_expect_str_eq(got, want, "%s: got '%s', want '%s'", statement, got, want);
}

void expect_mode(const char *folder, const char *name, mode_t want)
{
    scoped(string_free) char *path = x_sprintf("%s/%s", folder, name);
    struct stat status;

    cr_assert_eq(stat(path, &status), 0, "%s is missing", path);
    cr_expect_eq(status.st_mode & 07777, want, "%s: got %o, want %o", path, status.st_mode & 07777, want);
}

void start_check_and_stop(const struct place *place)
{
    struct embedded *embedded = start(place);

    expect_answer(embedded, "select 1", "1");
    embedded_stop(&embedded);
}
