#include "cli/command.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"
#include "db/migrate.h"
#include "support/database.h"
#include "support/services.h"

TestSuite(command, .timeout = 90);

Test(command, connects_only_to_a_migrated_database)
{
    scoped(string_free) char *url = services_new_database();
    struct loop *loop = NULL;
    struct db *db = NULL;
    struct fault fault = {0};
    int applied = 0;

    cr_assert(loop_open(&loop, &fault), "%s", fault.text);
    command_settings.database_url = "";
    cr_expect(!command_connect(loop, &db, &fault));
    cr_expect_eq(fault.kind, FAULT_BAD_INPUT, "no URL: got %s", fault_kind_name(fault.kind));
    cr_expect(strstr(fault.text, "HANDOVER_DATABASE_URL"), "no URL: %s", fault.text);
    command_settings.database_url = url;
    cr_expect(!command_connect(loop, &db, &fault));
    cr_expect(strstr(fault.text, "handover migrate"), "not migrated: %s", fault.text);
    cr_assert(migrate_run(url, NULL, &applied, &fault), "%s", fault.text);
    cr_assert(command_connect(loop, &db, &fault), "%s", fault.text);
    db_close(&db);
    loop_close(&loop);
}

Test(command, reply_holds_the_first_value_of_an_answer)
{
    static const struct {
        const char *sql;
        bool has_row;
        int64_t number;
        const char *text;
    } cases[] = {
        {"select 42", true, 42, "42"},
        {"select 'paused', 7", true, 0, "paused"},
        {"select -9223372036854775808", true, INT64_MIN, "-9223372036854775808"},
        {"select null", true, 0, ""},
        {"select 1 where false", false, 0, ""},
        {"select repeat('x', 1000)", true, 0, NULL},
    };
    struct database database;

    database_open(&database);
    for (size_t i = 0; i < array_length(cases); i++) {
        struct reply reply = {.number = 99};
        struct fault fault = {0};

        db_send(database.db, db_call_new("case", cases[i].sql), reply_take, &reply);
        cr_assert(reply_wait(database.db, &reply, &fault), "%s: %s", cases[i].sql, fault.text);
        cr_expect_eq(reply.has_row, cases[i].has_row, "%s: got %d", cases[i].sql, reply.has_row);
        cr_expect_eq(reply.number, cases[i].number, "%s: got another number", cases[i].sql);
        if (cases[i].text)
            cr_expect_str_eq(reply.text, cases[i].text, "%s: got %s", cases[i].sql, reply.text);
        else
            cr_expect_lt(strlen(reply.text), sizeof reply.text);
    }
    database_close(&database);
}

Test(command, reply_passes_a_fault_on)
{
    struct database database;
    struct reply reply = {0};
    struct fault fault = {0};

    database_open(&database);
    db_send(database.db, db_call_new("case", "select 1 / 0"), reply_take, &reply);
    cr_expect(!reply_wait(database.db, &reply, &fault));
    cr_expect_eq(fault.kind, FAULT_INTERNAL, "got %s", fault_kind_name(fault.kind));
    cr_expect(!reply.has_row);
    database_close(&database);
}
