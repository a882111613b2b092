#include "db/connection.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "support/database.h"
#include "tally.h"

TestSuite(connection, .timeout = 90);

Test(connection, answers_pipelined_calls_in_the_order_of_sending)
{
    struct database database;
    struct tally tally = {.in_order = true};
    struct fault fault = {0};

    database_open(&database);
    for (int i = 0; i < 2000; i++)
        send_number(database.db, "select $1::bigint", i, &tally);
    cr_expect_eq(db_pending(database.db), 2000, "got %zu pending, want 2000", db_pending(database.db));
    cr_assert(db_wait(database.db, 30000, &fault), "%s", fault.text);
    cr_expect_eq(tally.next, 2000, "got %" PRId64 " answers, want 2000", tally.next);
    cr_expect(tally.in_order, "answers came in another order");
    cr_expect_eq(tally.faults, 0, "got %d faults, want 0", tally.faults);
    database_close(&database);
}

struct chain {
    struct db *db;
    int left;
};

static void on_chain(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct chain *chain = argument;

    cr_assert(rows && !fault);
    if (chain->left-- > 0)
        db_send(chain->db, db_call_new("chain", "select 1"), on_chain, chain);
}

Test(connection, takes_calls_from_inside_a_callback)
{
    struct database database;
    struct chain chain = {.left = 50};
    struct fault fault = {0};

    database_open(&database);
    chain.db = database.db;
    db_send(database.db, db_call_new("chain", "select 1"), on_chain, &chain);
    cr_assert(db_wait(database.db, 30000, &fault), "%s", fault.text);
    cr_expect_eq(chain.left, -1, "got %d left, want -1", chain.left);
    database_close(&database);
}

Test(connection, tells_null_from_empty_text)
{
    struct database database;
    struct answer answer = {.columns = 4};
    struct db_call *call = db_call_new("nulls", "select $1::text, $2::text, $1::bigint is null, $3::boolean");

    database_open(&database);
    db_bind_text(call, NULL);
    db_bind_text(call, "");
    db_bind_bool(call, true);
    db_send(database.db, call, answer_take, &answer);
    answer_good(&database, &answer);
    cr_expect(answer.is_null[0][0], "null came as text '%s'", answer.cells[0][0]);
    cr_expect(!answer.is_null[0][1], "empty text came as null");
    cr_expect_str_eq(answer.cells[0][1], "");
    cr_expect_str_eq(answer.cells[0][2], "t");
    cr_expect_str_eq(answer.cells[0][3], "t");
    database_close(&database);
}

static void on_values(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    bool *came = argument;

    cr_assert(!fault, "%s", fault->text);
    *came = true;
    cr_expect_eq(db_integer(rows, 0, 0), INT64_MIN);
    cr_expect_eq(db_integer(rows, 0, 1), INT64_MAX);
    cr_expect_eq(db_integer(rows, 0, 2), 0, "null is 0");
    cr_expect(db_decimal(rows, 0, 3) == 0.25, "got %f, want 0.25", db_decimal(rows, 0, 3));
    cr_expect(!db_is_true(rows, 0, 4));
    cr_expect(!db_is_true(rows, 0, 2), "null is not true");
    cr_expect_eq(db_size(rows, 0, 5), 7, "got %zu bytes, want 7", db_size(rows, 0, 5));
    cr_expect_eq(db_rows_count(rows), 1);
}

Test(connection, gives_numbers_exactly)
{
    struct database database;
    struct fault fault = {0};
    bool came = false;
    struct db_call *call =
        db_call_new("values", "select $1::bigint, $2::bigint, null::bigint, 0.25::float8, false, 'größe'::text || ''");

    database_open(&database);
    db_bind_integer(call, INT64_MIN);
    db_bind_integer(call, INT64_MAX);
    db_send(database.db, call, on_values, &came);
    cr_assert(db_wait(database.db, 10000, &fault), "%s", fault.text);
    cr_expect(came);
    database_close(&database);
}

Test(connection, carries_any_text_in_an_array)
{
    static const char *const elements[] = {
        "plain",
        "",
        "with, comma",
        "{braces}",
        "\"quoted\"",
        "back\\slash",
        "\\",
        "\\\"",
        "NULL",
        "null",
        NULL,
        " blanks ",
        "two\nlines",
        "tab\there",
        "Zoë Žižek 漢字 🦷",
        "'; drop table record; --",
        "$1",
    };
    struct database database;
    struct answer answer = {.columns = 1};
    struct db_call *call = db_call_new("array", "select x from unnest($1::text[]) with ordinality u (x, n) order by n");

    database_open(&database);
    db_array_begin(call);
    for (size_t i = 0; i < array_length(elements); i++)
        db_array_add(call, elements[i]);
    db_array_end(call);
    db_send(database.db, call, answer_take, &answer);
    answer_good(&database, &answer);
    cr_assert_eq(answer.rows, (int)array_length(elements), "got %d elements", answer.rows);
    for (int i = 0; i < answer.rows; i++) {
        cr_expect_eq(answer.is_null[i][0], elements[i] == NULL, "element %d: null is %d", i, answer.is_null[i][0]);
        if (elements[i])
            cr_expect_str_eq(answer.cells[i][0], elements[i], "element %d: got %s, want %s", i, answer.cells[i][0],
                             elements[i]);
    }
    database_close(&database);
}

Test(connection, carries_empty_arrays_and_arrays_of_numbers)
{
    struct database database;
    struct answer answer = {.columns = 3};
    struct db_call *call =
        db_call_new("arrays", "select cardinality($1::text[]), ($2::bigint[])[1], ($2::bigint[])[2]");

    database_open(&database);
    db_array_begin(call);
    db_array_end(call);
    db_array_begin(call);
    db_array_add_integer(call, INT64_MIN);
    db_array_add_integer(call, INT64_MAX);
    db_array_end(call);
    db_send(database.db, call, answer_take, &answer);
    answer_good(&database, &answer);
    cr_expect_str_eq(answer.cells[0][0], "0");
    cr_expect_str_eq(answer.cells[0][1], "-9223372036854775808");
    cr_expect_str_eq(answer.cells[0][2], "9223372036854775807");
    database_close(&database);
}

static void on_bytes(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    bool *came = argument;
    size_t size = 0;
    unsigned char *bytes = NULL;

    cr_assert(!fault, "%s", fault->text);
    *came = true;
    bytes = db_bytes(rows, 0, 0, &size);
    cr_assert_eq(size, 256, "got %zu bytes, want 256", size);
    for (int i = 0; i < 256; i++)
        cr_expect_eq(bytes[i], i, "byte %d: got %d", i, bytes[i]);
    db_bytes_free(&bytes);
    cr_expect_null(bytes);
    bytes = db_bytes(rows, 0, 1, &size);
    cr_assert_not_null(bytes, "no bytes are not null");
    cr_expect_eq(size, 0, "got %zu bytes, want 0", size);
    db_bytes_free(&bytes);
    cr_expect_null(db_bytes(rows, 0, 2, &size), "null has no bytes");
}

Test(connection, carries_every_byte)
{
    struct database database;
    struct fault fault = {0};
    unsigned char all[256];
    bool came = false;
    struct db_call *call = db_call_new("bytes", "select $1::bytea, $2::bytea, null::bytea");

    for (int i = 0; i < 256; i++)
        all[i] = (unsigned char)i;
    database_open(&database);
    db_bind_bytes(call, all, sizeof all);
    db_bind_bytes(call, all, 0);
    db_send(database.db, call, on_bytes, &came);
    cr_assert(db_wait(database.db, 10000, &fault), "%s", fault.text);
    cr_expect(came);
    database_close(&database);
}

Test(connection, lets_a_refused_statement_disturb_none_of_the_others)
{
    struct database database;
    struct answer answers[5] = {{.columns = 1}, {.columns = 1}, {.columns = 1}, {.columns = 1}, {.columns = 1}};
    struct fault fault = {0};

    database_open(&database);
    database_run(&database, "create table note (n integer primary key)");
    send_plain(database.db, "one", "insert into note values (1)", &answers[0]);
    send_plain(database.db, "no_such_table", "insert into nothing values (1)", &answers[1]);
    send_plain(database.db, "two", "insert into note values (2)", &answers[2]);
    send_plain(database.db, "again", "insert into note values (1)", &answers[3]);
    send_plain(database.db, "three", "insert into note values (3)", &answers[4]);
    cr_assert(db_wait(database.db, 10000, &fault), "%s", fault.text);
    for (int i = 0; i < 5; i++) {
        enum fault_kind want = i % 2 ? FAULT_INTERNAL : FAULT_NONE;

        cr_expect_eq(answers[i].times, 1, "call %d was answered %d times", i, answers[i].times);
        cr_expect_eq(answers[i].fault.kind, want, "call %d: got %s, want %s", i, fault_kind_name(answers[i].fault.kind),
                     fault_kind_name(want));
    }
    cr_expect(strstr(answers[1].fault.text, "no_such_table"), "the call is not named: %s", answers[1].fault.text);
    cr_expect_eq(answers[0].affected, 1, "got %" PRId64 " affected, want 1", answers[0].affected);
    cr_expect_eq(database_number(&database, "select count(*) from note"), 3);
    database_close(&database);
}

Test(connection, makes_a_commit_that_fails_a_fault_of_its_call)
{
    struct database database;
    static const char *const statements[] = {"insert into note values (1), (1)",
                                             "insert into note values (1), (1) returning n"};

    database_open(&database);
    database_run(&database, "create table note (n integer, constraint once unique (n) deferrable initially deferred)");
    for (size_t i = 0; i < 2 * array_length(statements); i++) {
        struct answer bad = {.columns = 0};
        struct answer good = {.columns = 0};

        send_plain(database.db, "twice", statements[i / 2], &bad);
        send_plain(database.db, "once", "select 1", &good);
        answer_good(&database, &good);
        cr_expect_eq(bad.times, 1, "case %zu: the callback ran %d times, want 1", i, bad.times);
        cr_expect_eq(bad.fault.kind, FAULT_INTERNAL, "case %zu: got %s, want internal", i,
                     fault_kind_name(bad.fault.kind));
    }
    cr_expect_eq(database_number(&database, "select count(*) from note"), 0);
    database_close(&database);
}

Test(connection, keeps_values_out_of_error_texts)
{
    static const struct {
        const char *name;
        const char *sql;
    } cases[] = {
        {"duplicate", "insert into note (name) values ($1), ($1)"},
        {"check", "insert into note (name, size) values ($1, -1)"},
        {"number", "select $1::bigint"},
        {"json", "select $1::jsonb"},
        {"array", "select $1::text[]"},
        {"instant", "select $1::timestamptz"},
        {"division", "select length($1) / 0"},
        {"too long", "insert into note (short) values ($1)"},
    };
    struct database database;

    database_open(&database);
    database_run(&database, "create table note (name text unique, size integer check (size > 0), short varchar(3))");
    for (size_t i = 0; i < array_length(cases); i++) {
        struct answer answer = {.columns = 0};
        struct db_call *call = db_call_new(cases[i].name, cases[i].sql);

        db_bind_text(call, "Mary Secret");
        db_send(database.db, call, answer_take, &answer);
        answer_wait(&database, &answer);
        cr_expect_eq(answer.fault.kind, FAULT_INTERNAL, "%s: got %s", cases[i].name,
                     fault_kind_name(answer.fault.kind));
        cr_expect(!strstr(answer.fault.text, "Secret"), "%s: %s", cases[i].name, answer.fault.text);
        cr_expect(strstr(answer.fault.text, cases[i].name), "%s is not named: %s", cases[i].name, answer.fault.text);
    }
    database_close(&database);
}

Test(connection, runs_a_statement_as_well_the_first_time_as_later)
{
    enum { STATEMENTS = 150 }; /* more than a connection keeps prepared */
    struct database database;
    struct tally tally = {.in_order = true};
    struct fault fault = {0};
    char *statements[STATEMENTS];

    database_open(&database);
    for (int i = 0; i < STATEMENTS; i++)
        statements[i] = x_sprintf("select $1::bigint + %d - %d", i, i);
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < STATEMENTS; i++)
            send_number(database.db, statements[i], round * STATEMENTS + i, &tally);
    cr_assert(db_wait(database.db, 30000, &fault), "%s", fault.text);
    cr_expect(tally.next == 3L * STATEMENTS && tally.in_order && tally.faults == 0,
              "got %" PRId64 " answers, %d faults", tally.next, tally.faults);
    for (int i = 0; i < STATEMENTS; i++)
        free(statements[i]);
    database_close(&database);
}

Test(connection, refuses_a_statement_for_the_same_reason_each_time)
{
    static const char sql[] = "insert into nothing values (1)";
    struct database database;

    database_open(&database);
    for (int i = 0; i < 3; i++) {
        struct answer answer = {.columns = 0};

        send_plain(database.db, "bad", sql, &answer);
        answer_wait(&database, &answer);
        cr_expect(strstr(answer.fault.text, "42P01"), "time %d: %s", i + 1, answer.fault.text);
    }
    database_close(&database);
}

static void on_big(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    int64_t *sum = argument;

    cr_assert(!fault, "%s", fault->text);
    cr_assert_eq(db_rows_count(rows), 200000, "got %d rows, want 200000", db_rows_count(rows));
    for (int i = 0; i < db_rows_count(rows); i++)
        *sum += db_integer(rows, i, 0);
}

Test(connection, reads_and_writes_many_megabytes)
{
    enum { VALUE_BYTES = 6000000 };
    struct database database;
    struct fault fault = {0};
    struct answer answer = {.columns = 1};
    int64_t sum = 0;
    char *value = x_alloc(VALUE_BYTES + 1);
    struct db_call *call = db_call_new("long", "select length($1::text)");

    memset(value, 'x', VALUE_BYTES);
    database_open(&database);
    db_send(database.db,
            db_call_new("many", "select n, repeat('patient ', 5) from generate_series(1::bigint, 200000) n"), on_big,
            &sum);
    db_bind_take(call, &value);
    cr_expect_null(value, "the value was not taken over");
    db_send(database.db, call, answer_take, &answer);
    cr_assert(db_wait(database.db, 60000, &fault), "%s", fault.text);
    cr_expect_eq(sum, INT64_C(20000100000), "got %" PRId64, sum);
    cr_expect_eq(answer_number(&answer, 0, 0), VALUE_BYTES);
    database_close(&database);
}

Test(connection, says_which_call_was_not_answered_in_time)
{
    struct database database;
    struct answer answer = {.columns = 1};
    struct fault fault = {0};

    database_open(&database);
    database_run(&database, "create table note ()");
    database_run(&database, "begin");
    database_run(&database, "lock table note");
    send_plain(database.db, "count_notes", "select count(*) from note", &answer);
    cr_assert(!db_wait(database.db, 100, &fault), "it answered through a lock");
    cr_expect_eq(fault.kind, FAULT_RETRY, "got %s, want retry", fault_kind_name(fault.kind));
    cr_expect(strstr(fault.text, "count_notes"), "the call is not named: %s", fault.text);
    database_run(&database, "commit");
    answer_good(&database, &answer);
    database_close(&database);
}

Test(connection, forgets_an_owner_but_not_what_it_asked_for)
{
    struct database database;
    struct answer gone = {.columns = 0};
    struct answer stays = {.columns = 0};

    database_open(&database);
    database_run(&database, "create table note (n integer)");
    send_plain(database.db, "one", "insert into note values (1)", &gone);
    send_plain(database.db, "two", "insert into note values (2)", &stays);
    send_plain(database.db, "bad", "insert into nothing values (3)", &gone);
    db_forget(database.db, &gone);
    answer_good(&database, &stays);
    cr_expect_eq(gone.times, 0, "the callback of a forgotten owner ran");
    cr_expect_eq(database_number(&database, "select sum(n) from note"), 3);
    database_close(&database);
}

Test(connection, drops_unanswered_calls_when_it_is_closed)
{
    struct database database;
    struct answer answer = {.columns = 1};
    struct db *other = NULL;

    database_open(&database);
    other = database_connect(&database, "other");
    send_plain(other, "one", "select 1", &answer);
    db_close(&other);
    cr_expect_null(other);
    loop_turn(database.loop, 10);
    cr_expect_eq(answer.times, 0, "a callback ran after db_close");
    db_close(&other);
    database_close(&database);
}

/* The URL of a database with another name in its place. */
static char *url_with(const char *url, const char *name)
{
    const char *slash = strchr(strchr(url, '@'), '/');

    return x_sprintf("%.*s/%s%s", (int)(slash - url), url, name, strchr(slash, '?'));
}

Test(connection, tells_why_it_cannot_be_opened)
{
    struct database database;
    struct db *db = NULL;
    struct fault fault = {0};
    scoped(string_free) char *missing = NULL;

    database_open(&database);
    missing = url_with(database.url, "nowhere");
    cr_assert(!db_open(database.loop, missing, NULL, "tester", &db, &fault));
    cr_expect_eq(fault.kind, FAULT_DENIED, "no such database: got %s (%s)", fault_kind_name(fault.kind), fault.text);
    cr_assert(!db_open(database.loop, "postgresql:///x?host=/nonexistent", NULL, "tester", &db, &fault));
    cr_expect_eq(fault.kind, FAULT_RETRY, "no server: got %s (%s)", fault_kind_name(fault.kind), fault.text);
    cr_expect(strstr(fault.text, "--database-url"), "no hint: %s", fault.text);
    cr_assert(!db_open(database.loop, database.url, "/nonexistent/password", "tester", &db, &fault));
    cr_expect_eq(fault.kind, FAULT_BAD_INPUT, "no password file: got %s (%s)", fault_kind_name(fault.kind), fault.text);
    cr_assert(!db_open(database.loop, "not a conninfo", NULL, "tester", &db, &fault));
    cr_expect(fault.kind != FAULT_NONE && fault.text[0], "nonsense: no text");
    cr_expect_null(db);
    database_close(&database);
}
