#include "cli/practitioner_keys.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "db/practitioner_key.h"
#include "support/database.h"

TestSuite(practitioner_keys, .timeout = 60);

static char path[64];

static void write_file(const char *content, mode_t mode)
{
    scoped(file_close) FILE *file = NULL;
    int descriptor = 0;

    snprintf(path, sizeof path, "/tmp/practitioner-keys-XXXXXX");
    descriptor = mkstemp(path);
    cr_assert(descriptor >= 0 && fchmod(descriptor, mode) == 0);
    file = fdopen(descriptor, "w");
    cr_assert_not_null(file);
    fputs(content, file);
}

static bool read_file(const char *content, mode_t mode, struct practitioner_keys *ret, struct fault *fault)
{
    bool good = false;

    cr_assert(sodium_init() >= 0);
    write_file(content, mode);
    good = practitioner_keys_read(path, "au2", ret, fault);
    unlink(path);
    return good;
}

Test(practitioner_keys, are_read_by_label)
{
    struct practitioner_keys keys;
    struct fault fault = {0};

    cr_assert(read_file("{\"Ann Lee\": \"  MS0xabc-au2\\n\", \"FD-U2\": \"MS0xdef-au2\"}", 0600, &keys, &fault), "%s",
              fault.text);
    cr_assert_eq(keys.count, 2);
    cr_expect_str_eq(keys.items[0].label, "Ann Lee");
    cr_expect_str_eq(keys.items[0].key, "MS0xabc-au2");
    cr_expect_str_eq(keys.items[1].label, "FD-U2");
    practitioner_keys_release(&keys);
    practitioner_keys_release(&keys);
}

Test(practitioner_keys, are_refused_with_a_reason_that_shows_no_key)
{
    static const struct {
        const char *content;
        mode_t mode;
        const char *want;
    } cases[] = {
        {"{\"Ann\": \"MS0xSECRET-au2\"}", 0640, "can be read by others"},
        {"{\"Ann\": \"MS0xSECRET-au2\"}", 0604, "can be read by others"},
        {"[\"MS0xSECRET-au2\"]", 0600, "not a JSON object"},
        {"{\"Ann\": \"MS0xSECRET-au2\"", 0600, "is not valid JSON"},
        {"MS0xSECRET-au2", 0600, "is not valid JSON"},
        {"", 0600, "is not valid JSON"},
        {"{\"Ann\": 7}", 0600, "the key of 'Ann' is not a text"},
        {"{\"Ann\": null}", 0600, "the key of 'Ann' is not a text"},
        {"{\"Ann\": \"MS0xSECRET-uk1\"}", 0600, "the key of 'Ann' is of shard uk1, the account is on au2"},
        {"{\"Ann\": \"MS0xSECRET-nowhere\"}", 0600, "the key of 'Ann'"},
        {"{\"Ann\": \"MS0xSECRET-au2\", \"Ann\": \"MS0xSECRET-au2\"}", 0600, "'Ann' stands there twice"},
        {"{\"\": \"MS0xSECRET-au2\"}", 0600, "a key without a practitioner"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct practitioner_keys keys = {0};
        struct fault fault = {0};

        cr_expect_not(read_file(cases[i].content, cases[i].mode, &keys, &fault), "case %zu was read", i);
        cr_expect(strstr(fault.text, cases[i].want), "case %zu: got '%s', want '%s'", i, fault.text, cases[i].want);
        cr_expect_null(strstr(fault.text, "SECRET"), "case %zu: %s", i, fault.text);
        cr_expect_eq(fault.kind, FAULT_BAD_INPUT, "case %zu", i);
    }
}

Test(practitioner_keys, of_a_file_that_is_not_there_are_told)
{
    struct practitioner_keys keys;
    struct fault fault = {0};

    cr_expect_not(practitioner_keys_read("/nowhere/keys.json", "au1", &keys, &fault));
    cr_expect(strstr(fault.text, "/nowhere/keys.json"), "%s", fault.text);
}

static void on_keys(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    const struct seal *seal = argument;

    cr_assert_null(fault, "%s", fault ? fault->text : "");
    cr_assert_eq(db_rows_count(rows), 2, "got %d keys, want 2", db_rows_count(rows));
    for (int row = 0; row < 2; row++) {
        scoped(db_bytes_free) unsigned char *sealed = NULL;
        scoped(secret_free) char *key = NULL;
        struct fault own = {0};
        size_t size = 0;

        sealed = db_bytes(rows, row, PRACTITIONER_KEY_SEALED, &size);
        cr_assert(seal_reveal(seal, sealed, size, &key, &own), "%s", own.text);
        cr_expect_str_eq(key, row == 0 ? "one-au2" : "two-au2");
    }
}

Test(practitioner_keys, are_stored_sealed)
{
    struct database database;
    struct practitioner_keys keys;
    struct seal *seal = NULL;
    struct answer answer = {.columns = 0};
    struct fault fault = {0};
    int64_t account = 0;

    cr_assert(read_file("{\"Ann\": \"one-au2\", \"Bo\": \"two-au2\"}", 0600, &keys, &fault), "%s", fault.text);
    cr_assert(seal_make_file(path, &fault) && seal_open_file(path, &seal, &fault), "%s", fault.text);
    unlink(path);
    database_open(&database);
    account = database_account(&database, "clinic", 180);
    practitioner_keys_store(database.db, account, seal, &keys, answer_take, &answer);
    answer_good(&database, &answer);
    cr_expect_eq(database_number(&database, "select count(*) from practitioner_key where sealed like '%%one%%'::bytea"),
                 0, "a key stands there in clear");
    practitioner_key_load(database.db, account, on_keys, seal);
    cr_assert(db_wait(database.db, 10000, &fault), "%s", fault.text);
    database_close(&database);
    seal_destroy(&seal);
    practitioner_keys_release(&keys);
}
