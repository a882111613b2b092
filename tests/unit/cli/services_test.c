#include "support/services.h"

#include <criterion/criterion.h>
#include <libpq-fe.h>
#include <unistd.h>

#include "base/memory.h"

Test(services, give_each_test_an_empty_database)
{
    for (int i = 0; i < 2; i++) {
        scoped(string_free) char *url = services_new_database();
        PGconn *connection = PQconnectdb(url);
        PGresult *result = NULL;

        cr_assert_eq(PQstatus(connection), CONNECTION_OK, "%s", PQerrorMessage(connection));
        result = PQexec(connection, "create table mine ()");
        cr_expect_eq(PQresultStatus(result), PGRES_COMMAND_OK, "%s", PQerrorMessage(connection));
        PQclear(result);
        PQfinish(connection);
    }
}

Test(services, give_all_tests_one_redis)
{
    const char *url = services_redis_url();

    cr_assert(strncmp(url, "unix:///", 8) == 0, "got %s", url);
    cr_expect_eq(access(url + strlen("unix://"), F_OK), 0, "%s is not there", url);
}
