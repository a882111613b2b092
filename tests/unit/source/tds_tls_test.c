/* A live SQL Server that offers TLS: what is believed of its certificate, and that nothing is said in clear when it is
 * not. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "source/tds_settings.h"
#include "tds_fixture.h"

TestSuite(tds_tls, .timeout = 100);

enum { WAIT_STEPS = 2000, WAIT_US = 10 * 1000 };

static struct folder_fixture folder;
static struct folder_fixture tables;
static struct tds_fixture server;
static char *elsewhere; /* a certificate for another host, with its key, and its own authority */
static char *elsewhere_key;
static char *here; /* one for localhost and 127.0.0.1 */
static char *here_key;
static char *here_ca;

/* Two certificates, each of an authority of its own. */
static void make_certificates(void)
{
    scoped(string_free) char *make = x_sprintf("%s/tests/support/tls/make-cert.sh %s/tls", PROJECT_DIR, folder.path);
    scoped(string_free) char *other = NULL;

    here = x_sprintf("%s/tls/cert.pem", folder.path);
    here_key = x_sprintf("%s/tls/key.pem", folder.path);
    here_ca = x_sprintf("%s/tls/ca.pem", folder.path);
    elsewhere = x_sprintf("%s/tls/elsewhere.pem", folder.path);
    elsewhere_key = x_sprintf("%s/tls/elsewhere-key.pem", folder.path);
    other = x_sprintf("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 "
                      "-subj /CN=sql.elsewhere.invalid -addext subjectAltName=DNS:sql.elsewhere.invalid "
                      "-keyout %s -out %s 2>/dev/null",
                      elsewhere_key, elsewhere);
    cr_assert_eq(system(make), 0);
    cr_assert_eq(system(other), 0);
}

static void set_up(void)
{
    folder_fixture_make(&folder);
    folder_fixture_make(&tables);
    make_certificates();
    tds_write_patients(&tables);
    tds_fixture_init(&server, &folder);
}

static void take_down(void)
{
    char **all[] = {&elsewhere, &elsewhere_key, &here, &here_key, &here_ca};

    tds_settings.ca_file = NULL;
    tds_fixture_stop(&server);
    for (size_t i = 0; i < array_length(all); i++)
        string_free(all[i]);
    folder_fixture_remove(&tables);
    folder_fixture_remove(&folder);
}

static void start(const char *certificate, const char *key, bool required)
{
    server.options.tls_certificate = certificate;
    server.options.tls_key = key;
    server.options.tls_required = required;
    tds_fixture_start(&server, tables.path);
}

/* All three patients, and every login inside TLS that covers the connection; the first attempt was the only one. */
static void expect_read(const char *address)
{
    scoped(source_close) struct source *source = NULL;
    scoped(string_free) char *log = NULL;
    struct source_facts facts = {0};
    struct fault fault = {0};

    cr_assert(source_open(address, &(struct source_options){0}, &source, &fault), "%s: %s", address, fault.text);
    tds_expect_table(source, "Patient", "1|O'Neil\n2|Brown\n3|Zoë 👩‍⚕️\n");
    log = tds_fixture_statements(&server);
    cr_expect(strstr(log, "1 LOGIN user=reader") == log && strstr(log, " encryption=1 tls=whole "), "%s", log);
    cr_expect(!strstr(log, "tls=none") && !strstr(log, "tls=login") && !strstr(log, " TLS "), "%s", log);
    source_describe(source, &facts);
    for (size_t i = 0; i < facts.warning_count; i++)
        cr_expect(!strstr(facts.warnings[i], "not encrypted"), "%s", facts.warnings[i]);
    source_facts_release(&facts);
}

/* The server records the end of a handshake when it sees it, which may be after the client has gone. */
static char *await_recorded(const char *words)
{
    char *log = tds_fixture_statements(&server);

    for (int i = 0; i < WAIT_STEPS && !strstr(log, words); i++) {
        usleep(WAIT_US);
        free(log);
        log = tds_fixture_statements(&server);
    }
    return log;
}

/* One connection, which ended in the handshake: no login, and no second attempt, since the next one, made without an
 * authority, is the second that the server sees. */
static void expect_refused(const char *address)
{
    scoped(source_close) struct source *next = NULL;
    scoped(string_free) char *log = NULL;
    struct source *source = NULL;
    struct fault fault = {0};

    cr_assert(!source_open(address, &(struct source_options){0}, &source, &fault), "%s opens", address);
    cr_expect_eq(fault.kind, FAULT_BAD_INPUT, "%s", fault.text);
    cr_expect(strstr(fault.text, "certificate was refused"), "%s", fault.text);
    log = await_recorded("1 TLS broken off\n");
    cr_expect_str_eq(log, "1 TLS broken off\n");
    tds_settings.ca_file = NULL;
    next = tds_fixture_open(&server);
    cr_assert_not_null(next);
    string_free(&log);
    log = tds_fixture_statements(&server);
    cr_expect(strstr(log, "\n2 LOGIN user=reader"), "%s", log);
}

static char *must_encrypt(void)
{
    return x_sprintf("mssql://reader@127.0.0.1:%d/FD?encrypt=require", server.port);
}

Test(tds_tls, a_server_of_the_right_authority_is_read, .init = set_up, .fini = take_down)
{
    scoped(string_free) char *address = NULL;

    start(here, here_key, true);
    address = must_encrypt();
    tds_settings.ca_file = here_ca;
    expect_read(address);
}

/* The CA file alone asks for encryption; the host's name is looked for beside its address. */
Test(tds_tls, a_host_is_known_by_its_name, .init = set_up, .fini = take_down)
{
    scoped(string_free) char *address = NULL;

    start(here, here_key, false);
    address = x_sprintf("mssql://reader@localhost:%d/FD", server.port);
    tds_settings.ca_file = here_ca;
    expect_read(address);
}

Test(tds_tls, without_an_authority_the_connection_is_encrypted_all_the_same, .init = set_up, .fini = take_down)
{
    start(elsewhere, elsewhere_key, false);
    expect_read(server.address);
}

Test(tds_tls, without_an_authority_encryption_can_be_insisted_on, .init = set_up, .fini = take_down)
{
    scoped(string_free) char *address = NULL;

    start(elsewhere, elsewhere_key, true);
    address = must_encrypt();
    expect_read(address);
}

Test(tds_tls, another_authority_is_refused_and_nothing_said_in_clear, .init = set_up, .fini = take_down)
{
    start(here, here_key, false);
    tds_settings.ca_file = elsewhere;
    expect_refused(server.address);
}

Test(tds_tls, another_authority_is_refused_where_encryption_is_insisted_on, .init = set_up, .fini = take_down)
{
    scoped(string_free) char *address = NULL;

    start(here, here_key, false);
    address = must_encrypt();
    tds_settings.ca_file = elsewhere;
    expect_refused(address);
}

/* Of an authority that is believed, but for another host. */
Test(tds_tls, the_certificate_of_another_host_is_refused, .init = set_up, .fini = take_down)
{
    start(elsewhere, elsewhere_key, false);
    tds_settings.ca_file = elsewhere;
    expect_refused(server.address);
}

Test(tds_tls, an_authority_that_cannot_be_read_is_told, .init = set_up, .fini = take_down)
{
    struct source *source = NULL;
    struct fault fault = {0};

    start(here, here_key, false);
    tds_settings.ca_file = "/does/not/exist.pem";
    cr_expect(!source_open(server.address, &(struct source_options){0}, &source, &fault));
    cr_expect(strstr(fault.text, "cannot read the CA file of the SQL Server, /does/not/exist.pem"), "%s", fault.text);
}

Test(tds_tls, a_certificate_without_its_key_is_told, .init = set_up, .fini = take_down)
{
    struct tds_server *opened = NULL;
    struct fault fault = {0};

    server.options.tls_certificate = here;
    server.options.tls_key = elsewhere_key;
    cr_expect(!tds_server_open(&server.options, &opened, &fault));
    cr_expect(strstr(fault.text, "belong together"), "%s", fault.text);
}
