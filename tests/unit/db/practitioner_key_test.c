#include "db/practitioner_key.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "support/database.h"

TestSuite(practitioner_key, .timeout = 90);

static void replace(struct database *database, int64_t account, const char *const *labels, size_t count)
{
    static const unsigned char sealed[] = {0, 0xff, '"', '\\', '{', 1};
    struct practitioner_key_row rows[4];
    struct answer answer = {.columns = 0};

    for (size_t i = 0; i < count; i++)
        rows[i] = (struct practitioner_key_row){labels[i], sealed, sizeof sealed};
    practitioner_key_replace(database->db, account, rows, count, answer_take, &answer);
    answer_good(database, &answer);
}

static void on_keys(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    int *good = argument;

    cr_assert_null(fault, "%s", fault ? fault->text : "");
    for (int row = 0; row < db_rows_count(rows); row++) {
        scoped(db_bytes_free) unsigned char *sealed = NULL;
        size_t size = 0;

        sealed = db_bytes(rows, row, PRACTITIONER_KEY_SEALED, &size);
        *good += size == 6 && memcmp(sealed, "\0\xff\"\\{\1", 6) == 0;
    }
}

Test(practitioner_key, is_kept_byte_by_byte_for_its_account)
{
    struct database database;
    struct fault fault = {0};
    int64_t account = 0;
    int64_t other = 0;
    int good = 0;

    database_open(&database);
    account = database_account(&database, "clinic", 180);
    other = database_account(&database, "other", 180);
    replace(&database, account, (const char *const[]){"Ann \"A\" Lee", "FD-U2"}, 2);
    replace(&database, other, (const char *const[]){"Ann \"A\" Lee"}, 1);
    practitioner_key_load(database.db, account, on_keys, &good);
    cr_assert(db_wait(database.db, 10000, &fault), "%s", fault.text);
    cr_expect_eq(good, 2, "got %d keys of the account back, want 2", good);
    database_close(&database);
}

/* A new key may be another user's: whose it is has to be asked again. */
Test(practitioner_key, replaces_the_set_and_forgets_the_owners)
{
    struct database database;
    struct answer answer = {.columns = 0};
    int64_t account = 0;

    database_open(&database);
    account = database_account(&database, "clinic", 180);
    replace(&database, account, (const char *const[]){"Ann", "Bo"}, 2);
    practitioner_key_resolve(database.db, account, "Ann", "41", "506", answer_take, &answer);
    answer_good(&database, &answer);
    cr_expect_str_eq(database_text(&database, "select string_agg(label || ':' || coalesce(practitioner_id, '-'), ' ' "
                                              "order by label) from practitioner_key"),
                     "Ann:506 Bo:-");
    replace(&database, account, (const char *const[]){"Ann", "Cy"}, 2);
    cr_expect_str_eq(database_text(&database, "select string_agg(label || ':' || coalesce(practitioner_id, '-'), ' ' "
                                              "order by label) from practitioner_key"),
                     "Ann:- Cy:-");
    cr_expect_eq(database_number(&database, "select count(*) from audit where event = 'practitioner_keys_set'"), 2);
    database_close(&database);
}
