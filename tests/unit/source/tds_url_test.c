/* Addresses of live SQL Servers. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"
#include "source/source.h"
#include "source/tds_url.h"

static const struct {
    const char *text;
    const char *user;
    const char *host;
    const char *database;
    int port;
    int timeout_s;
    bool must_encrypt;
    const char *full;
} good[] = {
    {"mssql://sa@server/FD", "sa", "server", "FD", 1433, 300, false, "mssql://sa@server:1433/FD"},
    {"MSSQL://sa@10.0.0.7:14330/FD", "sa", "10.0.0.7", "FD", 14330, 300, false, "mssql://sa@10.0.0.7:14330/FD"},
    {"mssql://CLINIC%5Canna@pc-1.local/Front%20Desk?encrypt=require&timeout=60", "CLINIC\\anna", "pc-1.local",
     "Front Desk", 1433, 60, true, "mssql://CLINIC%5Canna@pc-1.local:1433/Front%20Desk?encrypt=require&timeout=60"},
    {"mssql://a%40b%3Ac@[fe80::1]:1444/Z%C3%BC", "a@b:c", "fe80::1", "Zü", 1444, 300, false,
     "mssql://a%40b%3Ac@[fe80::1]:1444/Z%C3%BC"},
    {"mssql://sa@s/D?timeout=1", "sa", "s", "D", 1433, 1, false, "mssql://sa@s:1433/D?timeout=1"},
};

Test(tds_url, reads_what_it_says)
{
    for (size_t i = 0; i < array_length(good); i++) {
        scoped(tds_url_destroy) struct tds_url *url = NULL;
        scoped(string_free) char *full = NULL;
        struct fault fault = {0};

        cr_assert(tds_url_parse(good[i].text, &url, &fault), "%s: %s", good[i].text, fault.text);
        cr_expect_str_eq(url->user, good[i].user, "%s: user %s", good[i].text, url->user);
        cr_expect_str_eq(url->host, good[i].host, "%s: host %s", good[i].text, url->host);
        cr_expect_str_eq(url->database, good[i].database, "%s: database %s", good[i].text, url->database);
        cr_expect_eq(url->port, good[i].port, "%s: port %d", good[i].text, (int)url->port);
        cr_expect_eq(url->timeout_s, good[i].timeout_s, "%s: timeout %d", good[i].text, (int)url->timeout_s);
        cr_expect_eq(url->must_encrypt, good[i].must_encrypt, "%s", good[i].text);
        cr_assert(source_resolve(good[i].text, &full, &fault), "%s: %s", good[i].text, fault.text);
        cr_expect_str_eq(full, good[i].full, "%s: %s", good[i].text, full);
    }
}

static const struct {
    const char *text;
    const char *words;
} bad[] = {
    {"mssql://", "lacks its user"},
    {"mssql://server/FD", "lacks its user"},
    {"mssql://sa@server", "lacks its database"},
    {"mssql://sa@server/", "no database"},
    {"mssql://@server/FD", "no user"},
    {"mssql://sa@/FD", "no host"},
    {"mssql://sa@ser ver/FD", "no host"},
    {"mssql://sa@ser\nhost = evil/FD", "no host"},
    {"mssql://sa@server:0/FD", "port"},
    {"mssql://sa@server:65536/FD", "port"},
    {"mssql://sa@server:/FD", "port"},
    {"mssql://sa@server\\SQLEXPRESS/FD", "names an instance"},
    {"mssql://sa%4@server/FD", "no user"},
    {"mssql://sa%0A@server/FD", "no user"},
    {"mssql://sa%FF@server/FD", "no user"},
    {"mssql://sa@server/FD?encrypt=off", "not understood"},
    {"mssql://sa@server/FD?", "not understood"},
    {"mssql://sa@server/FD?timeout=0", "timeout"},
    {"mssql://sa@server/FD?timeout=99999999", "timeout"},
};

Test(tds_url, says_what_is_wrong)
{
    for (size_t i = 0; i < array_length(bad); i++) {
        scoped(tds_url_destroy) struct tds_url *url = NULL;
        struct fault fault = {0};

        cr_expect(tds_url_recognise(bad[i].text));
        cr_expect(!tds_url_parse(bad[i].text, &url, &fault), "%s is taken", bad[i].text);
        cr_expect_eq(fault.kind, FAULT_BAD_INPUT);
        cr_expect(strstr(fault.text, bad[i].words), "%s: got %s", bad[i].text, fault.text);
    }
}

Test(tds_url, a_password_is_refused_and_not_repeated)
{
    static const char *const texts[] = {
        "mssql://sa:hunter2@server/FD",
        "mssql://sa:hunter2@server",
        "mssql://sa:hunter2/x@server/FD",
        "mssql://sa:hun@ter2@server/FD",
    };

    for (size_t i = 0; i < array_length(texts); i++) {
        scoped(tds_url_destroy) struct tds_url *url = NULL;
        struct fault fault = {0};

        cr_expect(!tds_url_parse(texts[i], &url, &fault), "%s is taken", texts[i]);
        cr_expect(strstr(fault.text, "holds a password"), "%s: got %s", texts[i], fault.text);
        cr_expect(strstr(fault.text, "--source-password-file"));
        cr_expect(!strstr(fault.text, "hun"), "%s", fault.text);
    }
}

Test(tds_url, other_paths_are_none)
{
    cr_expect(!tds_url_recognise("/data/mssql:/x"));
    cr_expect(!tds_url_recognise("mssql.csv"));
    cr_expect(!tds_url_recognise(""));
}
