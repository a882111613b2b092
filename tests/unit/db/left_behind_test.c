#include "db/left_behind.h"

#include <criterion/criterion.h>
#include <inttypes.h>

#include "support/database.h"

TestSuite(left_behind, .timeout = 90);

static void store(struct database *database, const struct held_task *task, int64_t token, struct left_batch *batch)
{
    struct answer answer = {0};

    left_behind_store(database->db, task->transfer, task->task, token, &batch, answer_take, &answer);
    answer_good(database, &answer);
}

static struct left_batch *first_batch(void)
{
    struct left_batch *batch = left_batch_new();

    left_batch_add(batch, "invoices", 120, 0, true, NULL);
    left_batch_add(batch, "balances", 2, 3, true, "Make an opening balance");
    left_batch_add(batch, "reports", 0, 0, false, NULL);
    left_batch_add_balance(batch, "FD-2", "-20.00");
    left_batch_add_balance(batch, "FD-1", "120.5000");
    return batch;
}

Test(left_behind, is_kept_in_order_and_replaced_as_a_whole)
{
    struct database database;
    struct held_task task = {0};
    struct left_batch *second = left_batch_new();
    struct answer answer = {.columns = 5};

    database_open(&database);
    task = database_task(&database, database_transfer(&database, database_account(&database, "clinic", 180)), "extract",
                         "patient", 0, 0);
    for (int again = 0; again < 2; again++)
        store(&database, &task, task.token, first_batch());
    left_behind_list(database.db, task.transfer, answer_take, &answer);
    answer_good(&database, &answer);
    cr_assert_eq(answer.rows, 3);
    cr_expect_str_eq(answer.cells[0][LEFT_WHAT], "invoices");
    cr_expect_str_eq(answer.cells[0][LEFT_FOUND], "120");
    cr_expect(answer.is_null[0][LEFT_ADVICE]);
    cr_expect_str_eq(answer.cells[1][LEFT_UNREAD], "3");
    cr_expect_str_eq(answer.cells[1][LEFT_ADVICE], "Make an opening balance");
    cr_expect_str_eq(answer.cells[2][LEFT_COUNTED], "f");
    answer = (struct answer){.columns = 2};
    balance_list(database.db, task.transfer, answer_take, &answer);
    answer_good(&database, &answer);
    cr_assert_eq(answer.rows, 2);
    cr_expect_str_eq(answer.cells[0][0], "FD-1");
    cr_expect_str_eq(answer.cells[0][1], "120.5000");
    cr_expect_str_eq(answer.cells[1][1], "-20.00");

    left_batch_add(second, "payments", 1, 0, true, NULL);
    left_batch_add_balance(second, "FD-1", "5");
    store(&database, &task, task.token, second);
    cr_expect_str_eq(database_text(&database, "select string_agg(what, ' ' order by place) from left_behind"),
                     "payments");
    cr_expect_str_eq(database_text(&database, "select string_agg(source_key || ' ' || amount, ', ') from balance"),
                     "FD-1 5");
    database_close(&database);
}

Test(left_behind, is_not_written_under_a_lost_lease)
{
    struct database database;
    struct held_task task = {0};

    database_open(&database);
    task = database_task(&database, database_transfer(&database, database_account(&database, "clinic", 180)), "extract",
                         "patient", 0, 0);
    store(&database, &task, task.token - 1, first_batch());
    cr_expect_eq(database_number(&database, "select count(*) from left_behind"), 0);
    cr_expect_eq(database_number(&database, "select count(*) from balance"), 0);
    database_close(&database);
}
