#include "db/upload.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

#include "db/record.h"
#include "support/database.h"

TestSuite(upload, .timeout = 60);

#define SHA256 "d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592"

static struct held_task open_all(struct database *database)
{
    int64_t first = record_first_ordinal(ENTITY_ATTACHMENT) + 1;

    database_open(database);
    return database_task(database, database_transfer(database, database_account(database, "clinic", 0)), "attachments",
                         "attachment", first, first + 10);
}

static void order(struct database *database, const struct held_task *held, int64_t want)
{
    struct answer answer = {0};

    upload_order(database->db, held->transfer, held->task, held->token, ENTITY_ATTACHMENT, answer_take, &answer);
    answer_good(database, &answer);
    cr_expect_eq(answer.affected, want, "got %" PRId64, answer.affected);
}

static const char *keys_in_order(struct database *database)
{
    return database_text(database, "select string_agg(source_key, ' ' order by ordinal) from record where entity = "
                                   "'attachment'");
}

Test(upload, largest_file_comes_first)
{
    struct database database;
    struct held_task held = open_all(&database);

    database_stage(&database, held.transfer, "attachment", 5);
    database_stage(&database, held.transfer, "patient", 2);
    database_run(&database, "update record set payload = '{\"content\": {\"locator\": \"x\", \"size\": 7}}' where "
                            "source_key = 'key-2' and entity = 'attachment'");
    database_run(&database, "update record set payload = '{\"content\": {\"locator\": \"x\", \"size\": 5368709120}}' "
                            "where source_key = 'key-4' and entity = 'attachment'");
    database_run(&database, "update record set payload = '{\"body\": {\"locator\": \"x\", \"size\": 8}}' where "
                            "source_key = 'key-5' and entity = 'attachment'");
    order(&database, &held, 5);
    cr_expect_str_eq(keys_in_order(&database), "key-4 key-5 key-2 key-1 key-3");
    order(&database, &held, 0);
    cr_expect_str_eq(keys_in_order(&database), "key-4 key-5 key-2 key-1 key-3");
    cr_expect_eq(database_number(&database,
                                 "select count(*) from record where entity = 'attachment' and ordinal "
                                 "between %" PRId64 " and %" PRId64,
                                 record_first_ordinal(ENTITY_ATTACHMENT),
                                 record_first_ordinal(ENTITY_ATTACHMENT) + RECORD_ENTITY_STRIDE - 1),
                 5);
    cr_expect_eq(database_number(&database, "select min(ordinal) from record where entity = 'patient'"),
                 record_first_ordinal(ENTITY_PATIENT) + 1);
    database_close(&database);
}

Test(upload, nothing_is_changed_without_the_lease)
{
    struct database database;
    struct held_task held = open_all(&database);
    struct held_task lost = {held.transfer, held.task, held.token + 1};
    struct answer answer = {0};
    struct upload_proof proof = {
        .ordinal = record_first_ordinal(ENTITY_ATTACHMENT) + 1, .part = "", .size_bytes = 43, .sha256 = SHA256};

    database_stage(&database, held.transfer, "attachment", 2);
    order(&database, &lost, 0);
    upload_prove(database.db, lost.transfer, lost.task, lost.token, &proof, answer_take, &answer);
    answer_good(&database, &answer);
    cr_expect_eq(answer.affected, 0);
    cr_expect_eq(database_number(&database, "select count(*) from uploaded_file"), 0);
    database_close(&database);
}

Test(upload, proof_is_of_the_last_upload_and_goes_with_its_record)
{
    struct database database;
    struct held_task held = open_all(&database);
    struct answer answer = {0};
    struct answer files = {.columns = 5};
    int64_t ordinal = record_first_ordinal(ENTITY_ATTACHMENT) + 1;
    struct upload_proof proof = {.ordinal = ordinal, .part = "", .size_bytes = 1, .sha256 = SHA256};
    struct upload_proof image = {.ordinal = ordinal, .part = "image", .size_bytes = 5368709120, .sha256 = SHA256};

    database_stage(&database, held.transfer, "attachment", 1);
    upload_prove(database.db, held.transfer, held.task, held.token, &proof, answer_take, &answer);
    answer_good(&database, &answer);
    proof.size_bytes = 43;
    upload_prove(database.db, held.transfer, held.task, held.token, &proof, answer_take, &answer);
    upload_prove(database.db, held.transfer, held.task, held.token, &image, answer_take, &answer);
    upload_accepted(database.db, held.transfer, held.task, held.token, ordinal, "image", "9001", answer_take, &answer);
    upload_load(database.db, held.transfer, &ordinal, 1, answer_take, &files);
    answer_good(&database, &files);
    cr_assert_eq(files.rows, 2, "got %d", files.rows);
    cr_expect_str_eq(files.cells[0][1], "");
    cr_expect_eq(answer_number(&files, 0, 2), 43);
    cr_expect_str_eq(files.cells[0][3], SHA256);
    cr_expect(files.is_null[0][4]);
    cr_expect_eq(answer_number(&files, 1, 2), INT64_C(5368709120));
    cr_expect_str_eq(files.cells[1][4], "9001");
    database_run(&database, "delete from record");
    cr_expect_eq(database_number(&database, "select count(*) from uploaded_file"), 0);
    database_close(&database);
}

Test(upload, first_reason_to_stop_stays)
{
    struct database database;
    struct held_task held = open_all(&database);
    struct answer answer = {0};
    struct answer before = {.columns = 1};
    struct answer reason = {.columns = 1};

    upload_stopped(database.db, held.transfer, answer_take, &before);
    answer_good(&database, &before);
    cr_expect(before.rows == 1 && before.is_null[0][0]);
    upload_stop(database.db, held.transfer, "the first", answer_take, &answer);
    upload_stop(database.db, held.transfer, "the second", answer_take, &answer);
    upload_stopped(database.db, held.transfer, answer_take, &reason);
    answer_good(&database, &reason);
    cr_expect_str_eq(reason.cells[0][0], "the first");
    database_close(&database);
}
