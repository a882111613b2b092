#include "support/services.h"

#include <criterion/criterion.h>
#include <criterion/hooks.h>
#include <libpq-fe.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "cli/data_folder.h"
#include "cli/embedded.h"

/* Each test is a process of its own: the servers belong to the runner, and the tests learn of them by these. */
static const char database_variable[] = "TEST_SERVICES_DATABASE_URL";
static const char redis_variable[] = "TEST_SERVICES_REDIS_URL";

static struct embedded *services;
static char *folder;

static void start_services(void)
{
    const char *place = getenv("TMPDIR");
    struct embedded_options options = {0};
    struct fault fault = {0};

    log_open("services", LOG_WARN);
    folder = x_sprintf("%s/handover-services-XXXXXX", place ? place : "/tmp");
    options.data_folder = folder;
    if (!mkdtemp(folder) || !embedded_start(&options, &services, &fault)) {
        fprintf(stderr, "the servers for the tests did not start: %s\n", fault.text);
        exit(1);
    }
    setenv(database_variable, embedded_database_url(services), 1);
    setenv(redis_variable, embedded_redis_url(services), 1);
}

static void stop_services(void)
{
    struct fault fault;

    embedded_stop(&services);
    if (!folder_remove(folder, &fault))
        fprintf(stderr, "%s\n", fault.text);
    string_free(&folder);
}

ReportHook(PRE_ALL)(struct criterion_test_set *tests)
{
    (void)tests;
    start_services();
}

ReportHook(POST_ALL)(struct criterion_global_stats *stats)
{
    (void)stats;
    stop_services();
}

static void run(PGconn *connection, const char *statement)
{
    PGresult *result = PQexec(connection, statement);

    cr_assert_eq(PQresultStatus(result), PGRES_COMMAND_OK, "%s: %s", statement, PQerrorMessage(connection));
    PQclear(result);
}

/* "postgresql://handover@/postgres?host=…" with another database's name in its place. */
static char *url_of(const char *database)
{
    const char *url = getenv(database_variable);
    const char *slash = NULL;

    cr_assert(url, "the servers are not running");
    slash = strchr(strchr(url, '@'), '/');
    return x_sprintf("%.*s/%s%s", (int)(slash - url), url, database, strchr(slash, '?'));
}

char *services_new_database(void)
{
    scoped(string_free) char *name = x_sprintf("test_%d_%lld", (int)getpid(), (long long)clock_monotonic_us());
    scoped(string_free) char *statement = x_sprintf("create database %s", name);
    PGconn *connection = PQconnectdb(getenv(database_variable));

    cr_assert_eq(PQstatus(connection), CONNECTION_OK, "%s", PQerrorMessage(connection));
    run(connection, statement);
    PQfinish(connection);
    return url_of(name);
}

const char *services_redis_url(void)
{
    const char *url = getenv(redis_variable);

    cr_assert(url, "the servers are not running");
    return url;
}
