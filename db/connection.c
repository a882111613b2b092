#include "db/connection.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/must.h"
#include "base/number.h"
#include "base/text.h"
#include "db/call.h"
#include "db/password.h"

enum {
    STATEMENTS_MAX = 64, /* different statements of a program; more are sent unprepared */
    CONNECT_WAIT_MS = 10000,
    RECONNECT_LEAST_MS = 50,
    RECONNECT_MOST_MS = 2000,
};

struct db_rows {
    PGresult *result;
};

enum db_state {
    DB_WAITING,    /* lost; the timer tries again */
    DB_CONNECTING, /* PQconnectPoll decides what to watch */
    DB_CONNECTED,
};

struct db {
    struct loop *loop;
    char *url;
    char *password_file;
    char *actor;
    PGconn *connection;
    enum db_state state;
    struct loop_watch *watch;
    struct loop_timer *retry;
    int64_t retry_ms;
    struct db_call *first; /* answered in this order */
    struct db_call **last;
    struct db_call *unsent; /* the first that has not been handed to libpq; NULL when all have */
    size_t pending;
    const char *prepared[STATEMENTS_MAX]; /* statements that this connection knows, by the address of their text */
    size_t prepared_count;
};

static void on_socket(void *argument, int events);

/* SQLSTATE classes that pass by themselves: the connection or the server's life, serialisation, deadlock. */
static bool is_passing(const char *sqlstate)
{
    return strncmp(sqlstate, "08", 2) == 0 || strncmp(sqlstate, "57P", 3) == 0 || strcmp(sqlstate, "40001") == 0 ||
           strcmp(sqlstate, "40P01") == 0;
}

/* The unique indexes that keep two from doing one thing at once are named so (migration 0008). */
static bool is_lost_race(const PGresult *result, const char *sqlstate)
{
    static const char suffix[] = "_alone";
    const char *name = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    size_t size = name ? strlen(name) : 0;

    return strcmp(sqlstate, "23505") == 0 && size >= strlen(suffix) &&
           strcmp(name + size - strlen(suffix), suffix) == 0;
}

/* The server's words may quote a value; only classes that speak of structure and resources are passed on whole. */
static void describe_error(const struct db_call *call, const PGresult *result, struct fault *fault)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    sqlstate = sqlstate ? sqlstate : "none";
    if (!message || strncmp(sqlstate, "22", 2) == 0 || strncmp(sqlstate, "23", 2) == 0)
        message = "a value was refused";
    if (strncmp(sqlstate, "53", 2) == 0)
        fault_set(fault, FAULT_RETRY, "PostgreSQL is out of resources (%s, SQLSTATE %s, in %s). Free disk or memory.",
                  message, sqlstate, call->name);
    else if (is_lost_race(result, sqlstate))
        fault_set(fault, FAULT_RETRY, "PostgreSQL refused %s: somebody else did it at the same time (SQLSTATE %s).",
                  call->name, sqlstate);
    else if (strncmp(sqlstate, "HO", 2) == 0)
        fault_set(fault, FAULT_REFUSED, "%s", message);
    else
        fault_set(fault, FAULT_INTERNAL, "PostgreSQL refused %s: %s (SQLSTATE %s).", call->name, message, sqlstate);
}

static bool is_good(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);

    return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
}

static void finish_call(struct db *db, struct db_call *call)
{
    struct db_rows rows = {call->result};
    struct fault fault = {0};
    bool good = is_good(call->result);

    if (!good)
        describe_error(call, call->result, &fault);
    if (call->done)
        call->done(call->argument, good ? &rows : NULL, good ? NULL : &fault);
    else if (!good)
        log_fault(LOG_ERROR, NULL, "statement_refused", &fault);
    db_call_free(&call);
    (void)db;
}

static void drop_connection(struct db *db)
{
    loop_watch_remove(&db->watch);
    PQfinish(db->connection);
    db->connection = NULL;
}

static void plan_retry(struct db *db)
{
    db->state = DB_WAITING;
    loop_timer_start(db->retry, db->retry_ms);
    db->retry_ms = db->retry_ms * 2 > RECONNECT_MOST_MS ? RECONNECT_MOST_MS : db->retry_ms * 2;
}

/* Everything unanswered is sent again on the next connection. */
static void on_lost(struct db *db)
{
    if (db->state == DB_CONNECTED)
        log_event(LOG_WARN, NULL, "database_lost", "pending=%zu", db->pending);
    drop_connection(db);
    for (struct db_call *call = db->first; call; call = call->next) {
        PQclear(call->result);
        call->result = NULL;
    }
    db->unsent = db->first;
    plan_retry(db);
}

static void watch_as_needed(struct db *db)
{
    int flushed = PQflush(db->connection);

    if (flushed < 0) {
        on_lost(db);
        return;
    }
    loop_watch_change(db->watch, flushed > 0 ? LOOP_READ | LOOP_WRITE : LOOP_READ);
}

/* The place of a statement among the prepared ones; -1 when there is none and no room for it. */
static int find_prepared(struct db *db, const char *sql, bool *ret_is_new)
{
    *ret_is_new = false;
    for (size_t i = 0; i < db->prepared_count; i++)
        if (db->prepared[i] == sql)
            return (int)i;
    if (db->prepared_count == STATEMENTS_MAX)
        return -1;
    *ret_is_new = true;
    db->prepared[db->prepared_count] = sql;
    return (int)db->prepared_count++;
}

/* A statement is prepared at its first use, in the same breath: parsing and planning cost as much as a small window. */
static bool hand_over(struct db *db, struct db_call *call)
{
    const char *const *values = (const char *const *)call->values;
    bool is_new = false;
    int place = find_prepared(db, call->sql, &is_new);
    char name[16];

    snprintf(name, sizeof name, "s%d", place);
    call->preparing = is_new ? place : -1;
    if (is_new && !PQsendPrepare(db->connection, name, call->sql, 0, NULL))
        return false;
    if (place >= 0 ? !PQsendQueryPrepared(db->connection, name, call->count, values, NULL, NULL, 0)
                   : !PQsendQueryParams(db->connection, call->sql, call->count, NULL, values, NULL, NULL, 0))
        return false;
    return PQpipelineSync(db->connection);
}

static void send_waiting(struct db *db)
{
    if (db->state != DB_CONNECTED)
        return;
    for (; db->unsent; db->unsent = db->unsent->next) {
        if (!hand_over(db, db->unsent)) {
            on_lost(db);
            return;
        }
    }
    watch_as_needed(db);
}

void db_send(struct db *db, struct db_call *call, db_done_fn *done, void *argument)
{
    call->done = done;
    call->argument = argument;
    *db->last = call;
    db->last = &call->next;
    db->pending++;
    if (!db->unsent)
        db->unsent = call;
    send_waiting(db);
}

void db_forget(struct db *db, const void *argument)
{
    for (struct db_call *call = db->first; call; call = call->next)
        if (call->argument == argument)
            call->done = NULL;
}

static void pop_call(struct db *db)
{
    struct db_call *call = db->first;

    db->first = call->next;
    if (!db->first)
        db->last = &db->first;
    db->pending--;
    call->next = NULL;
    finish_call(db, call);
}

static bool must_be_sent_again(const PGresult *result)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    return PQresultStatus(result) == PGRES_FATAL_ERROR && (!sqlstate || is_passing(sqlstate));
}

/* A call may have several results: that of its preparation, its own, and an error of the commit. The last one counts,
 * or the first error. A statement whose preparation failed is not known to the server. */
static void keep_result(struct db *db, struct db_call *call, PGresult *result)
{
    if (call->result && !is_good(call->result)) {
        PQclear(result);
        return;
    }
    if (!call->result && call->preparing >= 0 && !is_good(result))
        db->prepared[call->preparing] = NULL;
    PQclear(call->result);
    call->result = result;
}

/* Each call answers with its result, a NULL, and the result of its sync; only the sync says that it is committed. */
static void read_results(struct db *db)
{
    while (db->state == DB_CONNECTED && db->first && db->first != db->unsent && !PQisBusy(db->connection)) {
        PGresult *result = PQgetResult(db->connection);

        if (PQstatus(db->connection) == CONNECTION_BAD) {
            PQclear(result);
            on_lost(db);
            return;
        }
        if (!result)
            continue;
        if (PQresultStatus(result) != PGRES_PIPELINE_SYNC) {
            keep_result(db, db->first, result);
            continue;
        }
        PQclear(result);
        if (must_be_sent_again(db->first->result)) {
            on_lost(db);
            return;
        }
        pop_call(db);
    }
}

static void on_connected(struct db *db)
{
    if (PQsetnonblocking(db->connection, 1) != 0 || !PQenterPipelineMode(db->connection)) {
        on_lost(db);
        return;
    }
    if (db->pending)
        log_event(LOG_INFO, NULL, "database_back", "pending=%zu", db->pending);
    db->state = DB_CONNECTED;
    db->prepared_count = 0;
    db->retry_ms = RECONNECT_LEAST_MS;
    loop_watch_remove(&db->watch);
    db->watch = loop_watch_add(db->loop, PQsocket(db->connection), LOOP_READ, on_socket, db);
    send_waiting(db);
}

/* libpq may open another socket at each step of connecting, so the watch is made anew each time. */
static void poll_connecting(struct db *db)
{
    PostgresPollingStatusType status = PQconnectPoll(db->connection);

    loop_watch_remove(&db->watch);
    switch (status) {
    case PGRES_POLLING_OK:
        on_connected(db);
        return;
    case PGRES_POLLING_READING:
        db->watch = loop_watch_add(db->loop, PQsocket(db->connection), LOOP_READ, on_socket, db);
        return;
    case PGRES_POLLING_WRITING:
        db->watch = loop_watch_add(db->loop, PQsocket(db->connection), LOOP_WRITE, on_socket, db);
        return;
    case PGRES_POLLING_FAILED:
    case PGRES_POLLING_ACTIVE:
        drop_connection(db);
        plan_retry(db);
        return;
    }
}

static void on_socket(void *argument, int events)
{
    struct db *db = argument;

    if (db->state == DB_CONNECTING) {
        poll_connecting(db);
        return;
    }
    if (events & LOOP_READ && !PQconsumeInput(db->connection)) {
        on_lost(db);
        return;
    }
    read_results(db);
    if (db->state == DB_CONNECTED)
        watch_as_needed(db);
}

static PGconn *start_connection(struct db *db, bool wait, struct fault *fault)
{
    scoped(string_free) char *password = NULL;
    /* Plans are kept while the tables grow from nothing: one that reads a whole table would soon be ruinous. */
    scoped(string_free) char *options = x_sprintf("-c handover.actor=%s -c client_min_messages=warning "
                                                  "-c enable_seqscan=off",
                                                  db->actor);
    const char *keywords[] = {"dbname",
                              "application_name",
                              "connect_timeout",
                              "options",
                              "keepalives_idle",
                              "keepalives_interval",
                              "keepalives_count",
                              "tcp_user_timeout",
                              "client_encoding",
                              "password",
                              NULL};
    const char *values[] = {db->url, db->actor, "10", options, "5", "2", "3", "10000", "UTF8", NULL, NULL};
    PGconn *connection = NULL;

    if (!password_read(db->password_file, &password, fault))
        return NULL;
    values[9] = password;
    if (!password)
        keywords[9] = NULL;
    connection = wait ? PQconnectdbParams(keywords, values, 1) : PQconnectStartParams(keywords, values, 1);
    if (password)
        explicit_bzero(password, strlen(password));
    if (!connection)
        fault_set(fault, FAULT_RETRY, "cannot connect to PostgreSQL: out of memory");
    return connection;
}

static void on_retry(void *argument)
{
    struct db *db = argument;
    struct fault fault = {0};

    db->connection = start_connection(db, false, &fault);
    if (!db->connection || PQstatus(db->connection) == CONNECTION_BAD || PQsocket(db->connection) < 0) {
        drop_connection(db);
        plan_retry(db);
        return;
    }
    db->state = DB_CONNECTING;
    db->watch = loop_watch_add(db->loop, PQsocket(db->connection), LOOP_WRITE, on_socket, db);
}

/* libpq's text may span lines and name the host; it never holds the password. */
static bool refuse_connection(const struct db *db, struct fault *fault)
{
    const char *message = PQerrorMessage(db->connection);
    size_t length = strcspn(message, "\r\n");
    bool denied = strstr(message, "authentication failed") || strstr(message, "no password supplied") ||
                  strstr(message, "does not exist");

    return fault_set(fault, denied ? FAULT_DENIED : FAULT_RETRY,
                     "PostgreSQL cannot be reached: %.*s. Is it running, and is --database-url right?", (int)length,
                     message);
}

bool db_open(struct loop *loop, const char *url, const char *password_file, const char *actor, struct db **ret,
             struct fault *fault)
{
    scoped(db_close) struct db *db = x_alloc(sizeof *db);

    *db = (struct db){.loop = loop, .retry_ms = RECONNECT_LEAST_MS, .last = &db->first};
    db->url = x_strdup(url);
    db->password_file = x_strdup(password_file);
    db->actor = x_strdup(actor);
    db->retry = loop_timer_new(loop, on_retry, db);
    db->connection = start_connection(db, true, fault);
    if (!db->connection)
        return false;
    if (PQstatus(db->connection) != CONNECTION_OK)
        return refuse_connection(db, fault);
    if (PQserverVersion(db->connection) < 140000)
        return fault_set(fault, FAULT_BAD_INPUT, "PostgreSQL %d is too old: Handover needs 14 or newer.",
                         PQserverVersion(db->connection) / 10000);
    on_connected(db);
    *ret = steal(db);
    return true;
}

void db_close(struct db **place)
{
    struct db *db = *place;

    *place = NULL;
    if (!db)
        return;
    loop_timer_destroy(&db->retry);
    drop_connection(db);
    while (db->first) {
        struct db_call *call = db->first;

        db->first = call->next;
        db_call_free(&call);
    }
    free(db->url);
    free(db->password_file);
    free(db->actor);
    free(db);
}

size_t db_pending(const struct db *db)
{
    return db->pending;
}

bool db_is_connected(const struct db *db)
{
    return db->state == DB_CONNECTED;
}

bool db_wait(struct db *db, int timeout_ms, struct fault *fault)
{
    int64_t until_ms = clock_monotonic_ms() + timeout_ms;

    while (db->pending) {
        int64_t left_ms = until_ms - clock_monotonic_ms();

        if (left_ms <= 0)
            return fault_set(fault, FAULT_RETRY, "PostgreSQL did not answer %s within %d s.", db->first->name,
                             timeout_ms / 1000);
        loop_turn(db->loop, (int)left_ms);
    }
    return true;
}

int db_rows_count(const struct db_rows *rows)
{
    return PQntuples(rows->result);
}

const char *db_text(const struct db_rows *rows, int row, int column)
{
    must(row < PQntuples(rows->result) && column < PQnfields(rows->result));
    return PQgetisnull(rows->result, row, column) ? NULL : PQgetvalue(rows->result, row, column);
}

int64_t db_integer(const struct db_rows *rows, int row, int column)
{
    const char *text = db_text(rows, row, column);
    struct fault fault;
    int64_t value = 0;

    if (text)
        must(number_parse(slice_of(text), INT64_MIN, INT64_MAX, &value, &fault));
    return value;
}

double db_decimal(const struct db_rows *rows, int row, int column)
{
    const char *text = db_text(rows, row, column);
    struct fault fault;
    double value = 0;

    if (text)
        must(decimal_parse(slice_of(text), &value, &fault));
    return value;
}

bool db_is_true(const struct db_rows *rows, int row, int column)
{
    const char *text = db_text(rows, row, column);

    return text && text[0] == 't';
}

size_t db_size(const struct db_rows *rows, int row, int column)
{
    return (size_t)PQgetlength(rows->result, row, column);
}

unsigned char *db_bytes(const struct db_rows *rows, int row, int column, size_t *ret_size)
{
    const char *text = db_text(rows, row, column);

    return text ? PQunescapeBytea((const unsigned char *)text, ret_size) : NULL;
}

void db_bytes_free(unsigned char **bytes)
{
    PQfreemem(*bytes);
    *bytes = NULL;
}

int64_t db_affected(const struct db_rows *rows)
{
    struct fault fault;
    int64_t count = 0;
    const char *text = PQcmdTuples(rows->result);

    if (text[0])
        must(number_parse(slice_of(text), 0, INT64_MAX, &count, &fault));
    return count;
}
