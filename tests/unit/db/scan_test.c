/* What records come with, and what is noted at them. */
#include <criterion/criterion.h>
#include <inttypes.h>

#include "base/memory.h"
#include "db/record.h"
#include "support/database.h"

TestSuite(scan, .timeout = 90);

Test(scan, comes_with_the_ids_of_its_parent_and_its_link)
{
    struct database database;
    struct answer loaded = {.columns = RECORD_LINK_ID + 1};
    struct answer scanned = {.columns = SCAN_LINK_ID + 1};
    int64_t first = record_first_ordinal(ENTITY_TREATMENT_NOTE) + 1;
    int64_t account = 0;
    int64_t transfer = 0;

    database_open(&database);
    account = database_account(&database, "clinic", 180);
    transfer = database_transfer(&database, account);
    database_stage(&database, transfer, "treatment_note", 2);
    database_run(&database, "update record set payload = jsonb_build_object('patient', 'P', 'appointment', "
                            "case source_key when 'key-1' then 'A' else 'gone' end)");
    database_run(&database,
                 "insert into id_map (account, system, entity, source_key, cliniko_id, transfer) values "
                 "(%" PRId64 ", 'old', 'patient', 'P', '71', 1), (%" PRId64 ", 'old', 'appointment', 'A', '72', 1), "
                 "(%" PRId64 ", 'other', 'appointment', 'gone', '73', 1)",
                 account, account, account);
    record_load(database.db, transfer, ENTITY_TREATMENT_NOTE, first, first + 1, 10, answer_take, &loaded);
    answer_good(&database, &loaded);
    cr_assert_eq(loaded.rows, 2);
    cr_expect_str_eq(loaded.cells[0][RECORD_PARENT_ID], "71");
    cr_expect_str_eq(loaded.cells[0][RECORD_LINK_ID], "72");
    cr_expect_str_eq(loaded.cells[1][RECORD_PARENT_ID], "71");
    cr_expect(loaded.is_null[1][RECORD_LINK_ID], "got %s", loaded.cells[1][RECORD_LINK_ID]);
    record_scan(database.db, transfer, ENTITY_TREATMENT_NOTE, "staged", 0, 10, answer_take, &scanned);
    answer_good(&database, &scanned);
    cr_assert_eq(scanned.rows, 2);
    cr_expect_str_eq(scanned.cells[0][SCAN_LINK_ID], "72");
    cr_expect(scanned.is_null[1][SCAN_LINK_ID], "got %s", scanned.cells[1][SCAN_LINK_ID]);
    database_close(&database);
}

/* Verified twice: what extraction warned of stays, and the difference does not pile up. */
Test(scan, keeps_its_warning_when_it_differs)
{
    struct database database;
    struct answer answer = {.columns = 0};
    char *differences[] = {(char[]){"notes"}};
    int64_t first = record_first_ordinal(ENTITY_PATIENT) + 1;
    int64_t transfer = 0;

    database_open(&database);
    transfer = database_transfer(&database, database_account(&database, "clinic", 180));
    database_stage(&database, transfer, "patient", 1);
    database_run(&database, "update record set warning = 'shortened'");
    for (int round = 0; round < 2; round++) {
        answer = (struct answer){.columns = 0};
        record_verified(database.db, transfer, ENTITY_PATIENT, 1, 1, &first, differences, 1, answer_take, &answer);
        answer_good(&database, &answer);
        cr_expect_str_eq(database_text(&database, "select warning from record"),
                         "shortened; Cliniko holds another notes");
    }
    database_close(&database);
}
