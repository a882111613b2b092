#include "source/tds_fault.h"

#include <inttypes.h>
#include <string.h>
#include <sybdb.h>

#include "base/memory.h"
#include "base/text.h"

/* Numbers of SQL Server's messages: its manual, "Database Engine events and errors". */
enum { SEVERITY_FATAL = 20, RETRY_MS = 5000 };

static const int login_errors[] = {18401, 18450, 18451, 18452, 18456, 18461, 18470, 18486, 18487, 18488};
static const int database_errors[] = {911, 916, 924, 927, 942, 945, 952, 976, 978, 983, 4060, 4064};
static const int permission_errors[] = {229, 230, 262, 297, 300};

/* Names of tables and columns stand in these, never values. */
static const int missing_errors[] = {207, 208};

/* Another try may succeed: deadlock, lock time-out, snapshot conflicts, shutdown, resources, busy cloud servers. */
static const int passing_errors[] = {701,   1205,  1222,  3906,  3960,  3961,  6005, 8645,
                                     17142, 40197, 40501, 40613, 49918, 49919, 49920};

#define IS_ONE_OF(number, list) is_one_of(number, list, array_length(list))

static bool is_one_of(int number, const int *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == number)
            return true;
    return false;
}

static bool finish(const struct tds_trouble *trouble, struct fault *fault)
{
    fault->code = trouble->server ? trouble->server : trouble->library;
    if (fault->kind == FAULT_RETRY)
        fault->retry_after_ms = RETRY_MS;
    return false;
}

static void say_server(const struct tds_trouble *trouble, const struct tds_url *url, struct fault *fault)
{
    int number = trouble->server;

    if (IS_ONE_OF(number, login_errors))
        fault_set(
            fault, FAULT_BAD_INPUT,
            "the SQL Server %s refused the login of '%.60s' (error %d): check user and password, and that the server "
            "takes logins of this kind (SQL Server authentication); its own log says why",
            url->host, url->user, number);
    else if (IS_ONE_OF(number, database_errors))
        fault_set(
            fault, FAULT_BAD_INPUT,
            "the SQL Server %s has no database '%.60s' that '%.60s' may open now (error %d): check the name, that it is "
            "online, and that the user is mapped to it",
            url->host, url->database, url->user, number);
    else if (IS_ONE_OF(number, permission_errors))
        fault_set(fault, FAULT_BAD_INPUT,
                  "'%.60s' may not read everything in '%.60s' (error %d: %.150s): make it a member of db_datareader",
                  url->user, url->database, number, trouble->message);
    else if (IS_ONE_OF(number, missing_errors))
        fault_set(fault, FAULT_BAD_INPUT,
                  "the database '%.60s' was changed while it was read (error %d: %.150s): start again", url->database,
                  number, trouble->message);
    else if (IS_ONE_OF(number, passing_errors) || trouble->severity >= SEVERITY_FATAL)
        fault_set(fault, FAULT_RETRY, "the SQL Server %s could not go on for now (error %d)", url->host, number);
    else
        fault_set(fault, FAULT_BAD_INPUT,
                  "the SQL Server %s refused a statement (error %d, severity %d): look the number up in its manual",
                  url->host, number, trouble->severity);
}

static void say_lost(const struct tds_trouble *trouble, const struct tds_url *url, struct fault *fault)
{
    if (trouble->library == SYBETIME)
        fault_set(fault, FAULT_RETRY,
                  "the SQL Server %s was silent for %" PRId64
                  " seconds: it is overloaded, or another program holds a lock; "
                  "?timeout=SECONDS in the address waits longer",
                  url->host, url->timeout_s);
    else
        fault_set(fault, FAULT_RETRY, "the connection to the SQL Server %s was lost (FreeTDS error %d)%s%s", url->host,
                  trouble->library, trouble->system ? ": " : "", trouble->system ? strerror(trouble->system) : "");
}

bool tds_fault(const struct tds_trouble *trouble, const struct tds_url *url, struct fault *fault)
{
    if (trouble->server)
        say_server(trouble, url, fault);
    else
        say_lost(trouble, url, fault);
    return finish(trouble, fault);
}

static void say_not_connected(const struct tds_trouble *trouble, const struct tds_url *url, bool encrypt,
                              struct fault *fault)
{
    switch (trouble->library) {
    case SYBEUHST:
    case SYBEINTF:
        fault_set(fault, FAULT_BAD_INPUT, "the host '%.100s' of the SQL Server is not known: check the address",
                  url->host);
        break;
    case SYBECONN:
    case SYBESOCK:
    case SYBETIME:
        fault_set(fault, FAULT_RETRY,
                  "no SQL Server answers at %.100s, port %" PRId64
                  "%s%s: check that it is on, listens on TCP/IP, and that no "
                  "firewall stands between",
                  url->host, url->port, trouble->system ? ": " : "", trouble->system ? strerror(trouble->system) : "");
        break;
    default:
        fault_set(fault, FAULT_BAD_INPUT,
                  encrypt ? "no encrypted connection to %.100s, port %" PRId64
                            ", could be agreed: the server has no TLS, its "
                            "certificate was refused (it must come from the authority in --source-ca-file, and be for "
                            "this host name), or it is no SQL Server (FreeTDS error %d)"
                          : "%.100s, port %" PRId64
                            ", broke off the login: TLS was refused, the server is too busy or too "
                            "old, or it is no SQL Server (FreeTDS error %d)",
                  url->host, url->port, trouble->library);
    }
}

bool tds_fault_login(const struct tds_trouble *trouble, const struct tds_url *url, bool encrypt, struct fault *fault)
{
    if (trouble->server)
        return tds_fault(trouble, url, fault);
    say_not_connected(trouble, url, encrypt, fault);
    return finish(trouble, fault);
}
