/* What goes wrong with a live SQL Server, against the stand-in, which does it on demand. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "source/tds_settings.h"
#include "tds_fixture.h"

TestSuite(tds_trouble, .timeout = 100);

/* Each connection is tried with encryption first, which this stand-in does not have: the catalogue and large values are
 * read by the second one, the first pass uses the fourth. */
enum { SCAN_CONNECTION = 4, CONNECTIONS = 4, EVERY_CONNECTION = 0 };

enum { TEXT_MAX = 1024 * 1024, FILE_SIZE = 3000 };

static struct folder_fixture folder;
static struct folder_fixture tables;
static struct tds_fixture server;

static void set_up(void)
{
    folder_fixture_make(&folder);
    folder_fixture_make(&tables);
    tds_fixture_init(&server, &folder);
}

static void take_down(void)
{
    tds_fixture_stop(&server);
    folder_fixture_remove(&tables);
    folder_fixture_remove(&folder);
}

static void expect_refused(const char *address, enum fault_kind kind, int code, const char *words)
{
    struct source *source = NULL;
    struct fault fault = {0};

    cr_assert(!source_open(address, &(struct source_options){0}, &source, &fault), "%s opens", address);
    cr_expect_eq(fault.kind, kind, "%s: got %s, want %s: %s", address, fault_kind_name(fault.kind),
                 fault_kind_name(kind), fault.text);
    cr_expect(code == 0 || fault.code == code, "%s: code %d, want %d", address, fault.code, code);
    cr_expect(strstr(fault.text, words), "%s: got %s, want %s", address, fault.text, words);
}

Test(tds_trouble, a_login_that_fails_is_told, .init = set_up, .fini = take_down)
{
    scoped(string_free) char *other = NULL;
    scoped(string_free) char *database = NULL;
    scoped(string_free) char *encrypted = NULL;

    tds_write_patients(&tables);
    tds_fixture_start(&server, tables.path);
    other = x_sprintf("mssql://somebody@127.0.0.1:%d/FD", server.port);
    database = x_sprintf("mssql://reader@127.0.0.1:%d/Elsewhere", server.port);
    encrypted = x_sprintf("mssql://reader@127.0.0.1:%d/FD?encrypt=require", server.port);
    expect_refused(other, FAULT_BAD_INPUT, 18456, "refused the login of 'somebody'");
    expect_refused(database, FAULT_BAD_INPUT, 4060, "no database 'Elsewhere'");
    expect_refused(encrypted, FAULT_BAD_INPUT, 0, "no encrypted connection");
    tds_settings.ca_file = "/etc/ssl/certs/ca-certificates.crt";
    expect_refused(server.address, FAULT_BAD_INPUT, 0, "no encrypted connection");
    tds_settings.ca_file = NULL;
    tds_settings.password_file = "/does/not/exist";
    expect_refused(server.address, FAULT_BAD_INPUT, 0, "cannot read the password");
    tds_settings.password_file = NULL;
    expect_refused(server.address, FAULT_BAD_INPUT, 0, "--source-password-file");
}

/* A port on which nobody listens, and one on which somebody does who is no SQL Server. */
Test(tds_trouble, a_server_that_is_not_there_is_told, .init = set_up, .fini = take_down)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    scoped(descriptor_close) int listener = socket(AF_INET, SOCK_STREAM, 0);
    scoped(string_free) char *closed = NULL;

    cr_assert(bind(listener, (const struct sockaddr *)&address, sizeof address) == 0 &&
              getsockname(listener, (struct sockaddr *)&address, &size) == 0);
    closed = x_sprintf("mssql://reader@127.0.0.1:%d/FD", ntohs(address.sin_port));
    expect_refused(closed, FAULT_RETRY, 0, "no SQL Server answers at 127.0.0.1");
    expect_refused("mssql://reader@no-such-host.invalid/FD", FAULT_BAD_INPUT, 0, "is not known");
}

Test(tds_trouble, an_old_server_is_told, .init = set_up, .fini = take_down)
{
    tds_write_patients(&tables);
    server.options.old = true;
    tds_fixture_start(&server, tables.path);
    expect_refused(server.address, FAULT_BAD_INPUT, 0, "older than SQL Server 2005");
}

Test(tds_trouble, a_locked_login_is_told, .init = set_up, .fini = take_down)
{
    tds_write_patients(&tables);
    server.options.error = 18470;
    server.options.error_word = "login";
    tds_fixture_start(&server, tables.path);
    expect_refused(server.address, FAULT_BAD_INPUT, 18470, "refused the login");
}

static void expect_scan_fault(int error, enum fault_kind kind, const char *words)
{
    scoped(source_close) struct source *source = NULL;
    struct fault fault = {0};
    struct text got;

    tds_write_patients(&tables);
    server.options.error = error;
    server.options.error_word = "[Patient]";
    tds_fixture_start(&server, tables.path);
    source = tds_fixture_open(&server);
    cr_expect(!tds_read_table(source, "Patient", &got, &fault));
    text_release(&got);
    cr_expect_eq(fault.kind, kind, "got %s: %s", fault_kind_name(fault.kind), fault.text);
    cr_expect_eq(fault.code, error);
    cr_expect(strstr(fault.text, words), "got %s", fault.text);
}

Test(tds_trouble, a_table_that_may_not_be_read_is_told, .init = set_up, .fini = take_down)
{
    expect_scan_fault(229, FAULT_BAD_INPUT, "make it a member of db_datareader");
}

Test(tds_trouble, a_deadlock_may_be_tried_again, .init = set_up, .fini = take_down)
{
    expect_scan_fault(1205, FAULT_RETRY, "could not go on for now");
}

/* Messages of other errors may quote values of rows. */
Test(tds_trouble, the_words_of_other_errors_are_not_repeated, .init = set_up, .fini = take_down)
{
    expect_scan_fault(245, FAULT_BAD_INPUT, "error 245, severity 14): look the number up");
}

Test(tds_trouble, a_silent_server_is_told, .init = set_up, .fini = take_down)
{
    scoped(source_close) struct source *source = NULL;
    scoped(string_free) char *impatient = NULL;
    struct fault fault = {0};
    struct text got;

    tds_write_patients(&tables);
    tds_fixture_start(&server, tables.path);
    impatient = x_sprintf("mssql://reader@127.0.0.1:%d/FD?timeout=1", server.port);
    cr_assert(source_open(impatient, &(struct source_options){0}, &source, &fault), "%s", fault.text);
    kill(server.process, SIGSTOP); /* connections that are accepted by nobody any more */
    cr_expect(!tds_read_table(source, "Patient", &got, &fault));
    kill(server.process, SIGCONT);
    text_release(&got);
    cr_expect_eq(fault.kind, FAULT_RETRY, "got %s: %s", fault_kind_name(fault.kind), fault.text);
}

Test(tds_trouble, slow_rows_are_waited_for_only_so_long, .init = set_up, .fini = take_down)
{
    scoped(string_free) char *impatient = NULL;

    tds_write_patients(&tables);
    server.options.row_delay_ms = 3000;
    tds_fixture_start(&server, tables.path);
    impatient = x_sprintf("mssql://reader@127.0.0.1:%d/FD?timeout=1", server.port);
    expect_refused(impatient, FAULT_RETRY, 0, "was silent for 1 seconds");
}

static void write_many(int rows)
{
    struct text out;

    folder_fixture_write(&tables, "types.list", "Many.Number int key\nMany.Name nvarchar(60)\n");
    text_init(&out, TEXT_MAX);
    text_puts(&out, "Number,Name\r\n");
    for (int i = 1; i <= rows; i++)
        text_printf(&out, "%d,name %d\r\n", i, i);
    folder_fixture_write(&tables, "Many.csv", text_string(&out));
    text_release(&out);
}

/* Some rows, and a large value that is read in a piece of its own. */
static void write_with_file(int rows)
{
    struct text out;

    folder_fixture_write(&tables, "types.list",
                         "Many.Number int key\nMany.Name nvarchar(60)\nMany.Content varbinary(max)\n");
    text_init(&out, TEXT_MAX);
    text_puts(&out, "Number,Name,Content\r\n");
    for (int i = 1; i <= rows; i++)
        text_printf(&out, i == rows ? "%d,name %d,0x" : "%d,name %d,\r\n", i, i);
    for (int i = 0; i < FILE_SIZE; i++)
        text_printf(&out, "%02X", (unsigned)(i * 7 + i / 256) % 256);
    text_puts(&out, "\r\n");
    folder_fixture_write(&tables, "Many.csv", text_string(&out));
    text_release(&out);
}

static bool read_file(struct source *source, const char *locator, struct text *out, struct fault *fault)
{
    scoped(blob_close) struct blob *blob = NULL;
    char piece[1000];
    size_t size = 0;

    if (!source_open_blob(source, locator, &blob, fault))
        return false;
    do {
        if (!blob_read(blob, piece, sizeof piece, &size, fault))
            return false;
        for (size_t i = 0; i < size; i++)
            text_printf(out, "%02X", (unsigned char)piece[i]);
    } while (size);
    return true;
}

/* All rows, and the file behind them. `out` is to be released whatever becomes of it. */
static bool read_all(const char *address, struct text *out, struct fault *fault)
{
    scoped(source_close) struct source *source = NULL;
    scoped(scan_close) struct scan *scan = NULL;
    scoped(text_release) struct text locator;
    const struct value *values = NULL;
    int64_t size = 0;
    bool found = false;

    text_init(out, TEXT_MAX);
    text_init(&locator, 500);
    if (!source_open(address, &(struct source_options){0}, &source, fault) || !source_scan(source, 0, &scan, fault))
        return false;
    while (scan_next(scan, &values, fault) && values) {
        text_printf(out, "%d|%.*s\n", (int)values[0].integer, (int)values[1].text.size, values[1].text.data);
        if (values[2].type != VALUE_NULL && !scan_locate(scan, 2, &locator, &size, &found, fault))
            return false;
    }
    return fault->kind == FAULT_NONE && found && read_file(source, text_string(&locator), out, fault);
}

/* Cuts after more and more bytes, until nothing is cut any more. Returns how often it was. */
static int sweep(int64_t connection, int step, const char *whole)
{
    bool complete = false;
    int cuts = 0;

    server.options.cut_connection = connection;
    for (server.options.cut_after_bytes = 0; !complete; server.options.cut_after_bytes += step) {
        scoped(string_free) char *log = NULL;
        struct fault fault = {0};
        struct text got = {0};
        bool good = false;

        unlink(server.statements);
        tds_fixture_start(&server, tables.path);
        good = read_all(server.address, &got, &fault);
        log = tds_fixture_statements(&server);
        complete = strstr(log, " CUT ") == NULL;
        cuts += !complete;
        cr_expect(good || fault.kind == FAULT_RETRY || fault.kind == FAULT_BAD_INPUT, "connection %d, %d bytes: %s %s",
                  (int)connection, (int)server.options.cut_after_bytes, fault_kind_name(fault.kind), fault.text);
        cr_expect(good || !complete, "connection %d, %d bytes, no cut: %s", (int)connection,
                  (int)server.options.cut_after_bytes, fault.text);
        if (good)
            cr_expect_str_eq(text_string(&got), whole, "connection %d, %d bytes: something else was read",
                             (int)connection, (int)server.options.cut_after_bytes);
        text_release(&got);
        cr_assert(cuts < 2000);
    }
    return cuts;
}

/* Wherever a connection ends, the pass ends with a fault that says so, or goes on by another one: never with fewer rows
 * or bytes. */
Test(tds_trouble, a_connection_cut_anywhere_is_told, .init = set_up, .fini = take_down)
{
    enum { ROWS = 60, STEP = 89 };
    struct text whole;
    struct fault fault = {0};

    write_with_file(ROWS);
    tds_fixture_start(&server, tables.path);
    cr_assert(read_all(server.address, &whole, &fault), "%s", fault.text);
    cr_assert(strstr(text_string(&whole), "\n60|name 60\n00070E15"), "%s", text_string(&whole));
    cr_expect(sweep(EVERY_CONNECTION, STEP, text_string(&whole)) > 30);
    for (int64_t connection = 1; connection <= CONNECTIONS; connection++) {
        int cuts = sweep(connection, STEP, text_string(&whole));

        cr_expect(cuts >= (connection % 2 ? 1 : 20), "connection %d: only %d cuts", (int)connection, cuts);
    }
    text_release(&whole);
}

/* With TLS the first attempt is the one that counts. */
Test(tds_trouble, a_connection_cut_anywhere_inside_tls_is_told, .init = set_up, .fini = take_down)
{
    enum { ROWS = 60, STEP = 311 };
    scoped(string_free) char *make = x_sprintf("%s/tests/support/tls/make-cert.sh %s", PROJECT_DIR, folder.path);
    scoped(string_free) char *certificate = x_sprintf("%s/cert.pem", folder.path);
    scoped(string_free) char *key = x_sprintf("%s/key.pem", folder.path);
    scoped(string_free) char *ca_file = x_sprintf("%s/ca.pem", folder.path);
    struct text whole;
    struct fault fault = {0};

    cr_assert_eq(system(make), 0);
    server.options.tls_certificate = certificate;
    server.options.tls_key = key;
    server.options.tls_required = true;
    tds_settings.ca_file = ca_file;
    write_with_file(ROWS);
    tds_fixture_start(&server, tables.path);
    cr_assert(read_all(server.address, &whole, &fault), "%s", fault.text);
    cr_assert(strstr(text_string(&whole), "\n60|name 60\n00070E15"), "%s", text_string(&whole));
    cr_expect(sweep(EVERY_CONNECTION, STEP, text_string(&whole)) > 10);
    cr_expect(sweep(1, STEP, text_string(&whole)) > 5);
    cr_expect(sweep(2, STEP, text_string(&whole)) > 5);
    tds_settings.ca_file = NULL;
    text_release(&whole);
}

Test(tds_trouble, a_connection_lost_between_tables_is_made_anew, .init = set_up, .fini = take_down)
{
    enum { ROWS = 400 };
    scoped(source_close) struct source *source = NULL;
    scoped(string_free) char *log = NULL;
    struct fault fault = {0};
    struct text got;

    write_many(ROWS);
    server.options.cut_connection = SCAN_CONNECTION;
    server.options.cut_after_bytes = 3000; /* within the rows */
    tds_fixture_start(&server, tables.path);
    source = tds_fixture_open(&server);
    cr_expect(!tds_read_table(source, "Many", &got, &fault));
    cr_expect_eq(fault.kind, FAULT_RETRY, "%s", fault.text);
    cr_expect(strstr(fault.text, "was lost"), "%s", fault.text);
    cr_expect(strncmp(fault.text, "table Many", 10) == 0, "%s", fault.text);
    text_release(&got);
    cr_expect(tds_read_table(source, "Many", &got, &fault), "%s", fault.text);
    cr_expect(strstr(text_string(&got), "400|name 400\n"));
    text_release(&got);
    log = tds_fixture_statements(&server);
    cr_expect(strstr(log, "6 LOGIN"), "%s", log);
}
