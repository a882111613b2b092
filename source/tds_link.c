#include "source/tds_link.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sybdb.h>

#include "base/memory.h"
#include "base/must.h"
#include "source/tds_fault.h"
#include "source/tds_login.h"
#include "source/tds_settings.h"

enum { SEVERITY_ERROR = 11, NAME_BYTES_MAX = 4096 };

struct tds_link {
    const struct tds_url *url;
    DBPROCESS *process;
    struct tds_trouble trouble; /* of the call at hand */
    bool encrypted;
    bool lost;
    bool has_rows; /* of the statement at hand, not read to the end */
    int64_t rows;
};

/* db-lib's handlers are told of a process that may not be ours yet: while a connection is made this is where they
 * write. */
static struct tds_link *connecting;

static struct tds_link *link_of(DBPROCESS *process)
{
    struct tds_link *link = process ? (struct tds_link *)(void *)dbgetuserdata(process) : NULL;

    return link ? link : connecting;
}

static int on_library_error(DBPROCESS *process, int severity, int number, int system, char *text, char *system_text)
{
    struct tds_link *link = link_of(process);

    (void)severity;
    (void)text;
    (void)system_text;
    if (link && number != SYBESMSG && !link->trouble.library) {
        link->trouble.library = number;
        link->trouble.system = system > 0 ? system : 0;
    }
    return INT_CANCEL;
}

static int on_server_message(DBPROCESS *process, DBINT number, int state, int severity, char *text, char *server,
                             char *procedure, int line)
{
    struct tds_link *link = link_of(process);

    (void)state;
    (void)server;
    (void)procedure;
    (void)line;
    if (!link || severity < SEVERITY_ERROR || link->trouble.server)
        return 0;
    link->trouble.server = number;
    link->trouble.severity = severity;
    snprintf(link->trouble.message, sizeof link->trouble.message, "%s", text ? text : "");
    return 0;
}

static bool start_library(struct fault *fault)
{
    static bool started;

    if (!started && dbinit() == FAIL)
        return fault_set(fault, FAULT_INTERNAL, "FreeTDS does not start on this machine");
    if (!started) {
        dberrhandle(on_library_error);
        dbmsghandle(on_server_message);
    }
    started = true;
    return true;
}

static bool connect(struct tds_link *link, bool encrypt, struct fault *fault)
{
    LOGINREC *login = NULL;

    if (!tds_login_new(link->url, encrypt, &login, fault))
        return false;
    link->trouble = (struct tds_trouble){0};
    link->encrypted = encrypt;
    dbsetlogintime(link->url->timeout_s < TDS_LOGIN_TIMEOUT_S ? (int)link->url->timeout_s : TDS_LOGIN_TIMEOUT_S);
    dbsettime((int)link->url->timeout_s);
    connecting = link;
    link->process = dbopen(login, tds_login_server);
    connecting = NULL;
    dbloginfree(login);
    if (!link->process)
        return tds_fault_login(&link->trouble, link->url, encrypt, fault);
    dbsetuserdata(link->process, (BYTE *)link);
    return true;
}

/* Without a word from the server, and not for want of an answer: then it was TLS that could not be agreed. */
static bool may_be_plain(const struct tds_link *link)
{
    return !link->url->must_encrypt && !(tds_settings.ca_file && tds_settings.ca_file[0]) && !link->trouble.server &&
           (link->trouble.library == SYBEFCON || link->trouble.library == SYBESEOF);
}

static bool check_age(const struct tds_link *link, struct fault *fault)
{
    if (dbtds(link->process) >= DBTDS_7_2)
        return true;
    return fault_set(
        fault, FAULT_BAD_INPUT,
        "the SQL Server %s is older than SQL Server 2005: it is too old to be read live. Restore a backup of the "
        "database on a newer server, or export it as CSV",
        link->url->host);
}

bool tds_link_open(const struct tds_url *url, struct tds_link **ret, struct fault *fault)
{
    scoped(tds_link_close) struct tds_link *link = x_alloc(sizeof *link);
    struct fault refused = {0};

    link->url = url;
    if (!start_library(fault))
        return false;
    if (!connect(link, true, &refused) && !may_be_plain(link)) {
        *fault = refused;
        return false;
    }
    if (!link->process && !connect(link, false, fault))
        return false;
    if (!check_age(link, fault))
        return false;
    *ret = steal(link);
    return true;
}

void tds_link_close(struct tds_link **link)
{
    if (!*link)
        return;
    if ((*link)->process)
        dbclose((*link)->process);
    free(*link);
    *link = NULL;
}

bool tds_link_is_encrypted(const struct tds_link *link)
{
    return link->encrypted;
}

bool tds_link_is_dead(const struct tds_link *link)
{
    return link->lost || dbdead(link->process);
}

static bool fail(struct tds_link *link, struct fault *fault)
{
    link->has_rows = false;
    link->lost = link->lost || !link->trouble.server || dbdead(link->process);
    return tds_fault(&link->trouble, link->url, fault);
}

/* A broken connection may leave a row that is half zeros: whatever was reported counts, not only what was returned. */
static bool is_in_trouble(const struct tds_link *link)
{
    return link->trouble.server || link->trouble.library || dbdead(link->process);
}

void tds_link_cancel(struct tds_link *link)
{
    if (link->has_rows && !tds_link_is_dead(link))
        dbcancel(link->process);
    link->has_rows = false;
}

bool tds_link_query(struct tds_link *link, const char *statement, struct fault *fault)
{
    RETCODE result = FAIL;

    tds_link_cancel(link);
    link->trouble = (struct tds_trouble){0};
    link->rows = 0;
    dbfreebuf(link->process);
    if (dbcmd(link->process, statement) == FAIL || dbsqlexec(link->process) == FAIL)
        return fail(link, fault);
    result = dbresults(link->process);
    if (result == FAIL || is_in_trouble(link))
        return fail(link, fault);
    link->has_rows = result == SUCCEED;
    return true;
}

bool tds_link_next(struct tds_link *link, bool *ret_end, struct fault *fault)
{
    STATUS status = link->has_rows ? dbnextrow(link->process) : NO_MORE_ROWS;

    if (status == FAIL || is_in_trouble(link))
        return fail(link, fault);
    *ret_end = status == NO_MORE_ROWS;
    link->rows += !*ret_end;
    if (!*ret_end || !link->has_rows)
        return true;
    link->has_rows = false;
    if (dbresults(link->process) == FAIL || is_in_trouble(link))
        return fail(link, fault);
    return true;
}

size_t tds_link_columns(const struct tds_link *link)
{
    int count = dbnumcols(link->process);

    return count > 0 ? (size_t)count : 0;
}

struct tds_cell tds_link_cell(const struct tds_link *link, size_t column)
{
    int number = (int)column + 1;

    must(column < tds_link_columns(link));
    return (struct tds_cell){
        .type = dbcoltype(link->process, number),
        .data = dbdata(link->process, number),
        .size = (size_t)dbdatlen(link->process, number),
    };
}

int64_t tds_link_integer(const struct tds_link *link, size_t column)
{
    struct tds_cell cell = tds_link_cell(link, column);
    DBBIGINT number = 0;

    if (cell.data && dbconvert(link->process, cell.type, cell.data, (DBINT)cell.size, SYBINT8, (BYTE *)&number,
                               sizeof number) != sizeof number)
        return 0;
    return number;
}

char *tds_link_text(const struct tds_link *link, size_t column)
{
    struct tds_cell cell = tds_link_cell(link, column);

    return cell.data ? x_strndup((const char *)cell.data, cell.size < NAME_BYTES_MAX ? cell.size : NAME_BYTES_MAX)
                     : NULL;
}
