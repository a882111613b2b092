#include "db/account.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "db/seal.h"
#include "support/database.h"

TestSuite(account, .timeout = 90);

static int64_t put(struct database *database, const char *shard, int64_t rate, const char *sealed)
{
    struct answer answer = {.columns = 1};

    account_put(database->db, "clinic.au1", shard, rate, (const unsigned char *)sealed, sealed ? strlen(sealed) : 0,
                answer_take, &answer);
    answer_good(database, &answer);
    cr_assert_eq(answer.rows, 1, "got %d rows, want 1", answer.rows);
    return answer_number(&answer, 0, 0);
}

Test(account, keeps_its_id_when_it_is_put_again)
{
    struct database database;
    int64_t id = 0;

    database_open(&database);
    id = put(&database, "au1", 180, "sealed");
    cr_expect_eq(put(&database, "au2", 120, "sealed"), id);
    cr_expect_str_eq(database_text(&database, "select string_agg(name || ' ' || shard || ' ' || rate_per_minute, ';') "
                                              "from account"),
                     "clinic.au1 au2 120");
    database_close(&database);
}

Test(account, replaces_its_key_and_notes_who_did_it)
{
    struct database database;

    database_open(&database);
    put(&database, "au1", 180, "one");
    put(&database, "au1", 180, NULL);
    cr_expect_str_eq(database_text(&database, "select convert_from(sealed, 'UTF8') from credential"), "one",
                     "no key must keep the old one");
    put(&database, "au1", 180, "two");
    cr_expect_str_eq(database_text(&database, "select string_agg(convert_from(sealed, 'UTF8'), ',') from credential"),
                     "two");
    cr_expect_str_eq(database_text(&database, "select string_agg(actor || ':' || event, ' ') from audit"),
                     "tester:account_key_set tester:account_key_set");
    database_close(&database);
}

struct loaded {
    struct seal *seal;
    char *secret;
    bool came;
};

static void on_loaded(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct loaded *loaded = argument;
    struct fault own = {0};
    size_t size = 0;
    unsigned char *sealed = NULL;

    cr_assert(!fault, "%s", fault->text);
    loaded->came = true;
    cr_expect_str_eq(db_text(rows, 0, ACCOUNT_NAME), "clinic.au1");
    cr_expect_str_eq(db_text(rows, 0, ACCOUNT_SHARD), "au1");
    cr_expect_str_eq(db_text(rows, 0, ACCOUNT_USER), "1811111111111111111");
    cr_expect_eq(db_integer(rows, 0, ACCOUNT_RATE), 180);
    sealed = db_bytes(rows, 0, ACCOUNT_SEALED, &size);
    cr_assert(seal_reveal(loaded->seal, sealed, size, &loaded->secret, &own), "%s", own.text);
    db_bytes_free(&sealed);
}

/* All that the database holds, of every table, must not show the key in any form that could be read. */
Test(account, holds_its_key_sealed_only)
{
    static const char key[] = "MS0xMjM0NTY3ODkwMTIzNDU2Nzg5LVNlY3JldFRlc3RLZXk-au1";
    char folder[] = "/tmp/handover-account-XXXXXX";
    scoped(string_free) char *file = NULL;
    struct database database;
    struct loaded loaded = {0};
    struct answer answer = {.columns = 0};
    struct fault fault = {0};
    unsigned char *sealed = NULL;
    size_t size = 0;
    int64_t id = 0;
    struct answer put_answer = {.columns = 1};

    cr_assert(mkdtemp(folder));
    file = x_sprintf("%s/seal", folder);
    cr_assert(seal_make_file(file, &fault) && seal_open_file(file, &loaded.seal, &fault), "%s", fault.text);
    database_open(&database);
    seal_close(loaded.seal, key, &sealed, &size);
    account_put(database.db, "clinic.au1", "au1", 180, sealed, size, answer_take, &put_answer);
    answer_good(&database, &put_answer);
    id = answer_number(&put_answer, 0, 0);
    account_set_user(database.db, id, "1811111111111111111", answer_take, &answer);
    account_load(database.db, id, on_loaded, &loaded);
    answer_good(&database, &answer);
    cr_assert(loaded.came && loaded.secret);
    cr_expect_str_eq(loaded.secret, key, "the key did not come back as it was");
    cr_expect_eq(
        database_number(&database, "select count(*) from credential where position('%s'::bytea in sealed) > 0", key), 0,
        "the key is in the table in clear");
    cr_expect_eq(database_number(&database, "select count(*) from credential where position('SecretTestKey'::bytea in "
                                            "decode(encode(sealed, 'escape'), 'escape')) > 0"),
                 0);
    cr_expect_eq(database_number(&database, "select count(*) from audit where detail::text like '%%Secret%%' or "
                                            "event like '%%Secret%%'"),
                 0);
    secret_free(&loaded.secret);
    seal_destroy(&loaded.seal);
    free(sealed);
    database_close(&database);
    cr_expect(remove(file) == 0 && remove(folder) == 0);
}

Test(account, that_does_not_exist_gives_no_row)
{
    struct database database;
    struct answer answer = {.columns = 1};

    database_open(&database);
    account_load(database.db, 4711, answer_take, &answer);
    answer_good(&database, &answer);
    cr_expect_eq(answer.rows, 0, "got %d rows, want 0", answer.rows);
    database_close(&database);
}

Test(account, without_a_key_says_so)
{
    struct database database;
    struct answer answer = {.columns = ACCOUNT_SEALED + 1};

    database_open(&database);
    account_load(database.db, put(&database, "uk1", 200, NULL), answer_take, &answer);
    answer_good(&database, &answer);
    cr_assert_eq(answer.rows, 1);
    cr_expect(answer.is_null[0][ACCOUNT_SEALED]);
    cr_expect(answer.is_null[0][ACCOUNT_USER]);
    database_close(&database);
}
