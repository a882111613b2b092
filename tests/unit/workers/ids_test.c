#include "workers/ids.h"

#include <criterion/criterion.h>
#include <inttypes.h>

#include "base/memory.h"
#include "support/database.h"

TestSuite(ids, .timeout = 60);

static const enum entity wanted[] = {ENTITY_PRACTITIONER, ENTITY_BUSINESS, ENTITY_APPOINTMENT_TYPE};

struct outcome {
    int times;
    struct fault fault;
};

static void on_loaded(void *argument, const struct fault *fault)
{
    struct outcome *outcome = argument;

    outcome->times++;
    if (fault)
        outcome->fault = *fault;
}

static void fill(struct database *database, int64_t account)
{
    int64_t other = database_account(database, "other", 0);

    database_run(
        database,
        "insert into id_map (account, system, entity, source_key, cliniko_id, transfer) values "
        "(%" PRId64 ", 'old', 'practitioner', '10', '1810', 1), (%" PRId64 ", 'old', 'practitioner', '9', '1809', 1), "
        "(%" PRId64 ", 'old', 'practitioner', 'ä', '1809', 1), (%" PRId64 ", 'old', 'business', '10', '1899', 1), "
        "(%" PRId64 ", 'new', 'practitioner', '11', '1811', 1), (%" PRId64 ", 'old', 'practitioner', '12', '1812', 1)",
        account, account, account, account, account, other);
}

Test(ids, are_found_by_source_key)
{
    static const struct {
        enum entity entity;
        const char *key;
        const char *want;
    } cases[] = {
        {ENTITY_PRACTITIONER, "10", "1810"},   {ENTITY_PRACTITIONER, "9", "1809"}, {ENTITY_PRACTITIONER, "ä", "1809"},
        {ENTITY_BUSINESS, "10", "1899"},       {ENTITY_PRACTITIONER, "11", NULL},  {ENTITY_PRACTITIONER, "12", NULL},
        {ENTITY_PRACTITIONER, "1", NULL},      {ENTITY_PRACTITIONER, "", NULL},    {ENTITY_PRACTITIONER, NULL, NULL},
        {ENTITY_APPOINTMENT_TYPE, "10", NULL},
    };
    struct database database;
    struct context context = {.system = (char[]){"old"}};
    struct job job = {.context = &context};
    struct outcome outcome = {0};
    struct fault fault = {0};
    struct ids *ids = NULL;
    size_t count = 0;

    database_open(&database);
    context.account = database_account(&database, "clinic", 0);
    fill(&database, context.account);
    job.db = database.db;
    ids = ids_load(&job, wanted, array_length(wanted), on_loaded, &outcome);
    cr_expect_eq(outcome.times, 0, "it was done before it had asked");
    cr_assert(db_wait(database.db, 10000, &fault), "%s", fault.text);
    cr_assert(outcome.times == 1 && outcome.fault.kind == FAULT_NONE, "done %d times: %s", outcome.times,
              outcome.fault.text);
    for (size_t i = 0; i < array_length(cases); i++) {
        const char *got = ids_find(ids, cases[i].entity, cases[i].key);

        cr_expect_eq(got == NULL, cases[i].want == NULL, "case %zu: got %s", i, got ? got : "none");
        if (got && cases[i].want)
            cr_expect_str_eq(got, cases[i].want, "case %zu: got %s, want %s", i, got, cases[i].want);
    }
    ids_all(ids, ENTITY_PRACTITIONER, &count);
    cr_expect_eq(count, 2, "got %zu practitioners, want 2: two keys stand for one of them", count);
    ids_all(ids, ENTITY_APPOINTMENT_TYPE, &count);
    cr_expect_eq(count, 0, "got %zu types, want 0", count);
    ids_destroy(&ids);
    ids_destroy(&ids);
    database_close(&database);
}

Test(ids, can_be_dropped_before_they_came)
{
    struct database database;
    struct context context = {.account = 1, .system = (char[]){"old"}};
    struct job job = {.context = &context};
    struct outcome outcome = {0};
    struct fault fault = {0};
    struct ids *ids = NULL;

    database_open(&database);
    job.db = database.db;
    ids = ids_load(&job, wanted, array_length(wanted), on_loaded, &outcome);
    ids_destroy(&ids);
    cr_assert(db_wait(database.db, 10000, &fault), "%s", fault.text);
    cr_expect_eq(outcome.times, 0, "a callback ran for what is gone");
    database_close(&database);
}

Test(ids, pass_a_fault_on_once)
{
    struct database database;
    struct context context = {.account = 1, .system = (char[]){"old"}};
    struct job job = {.context = &context};
    struct outcome outcome = {0};
    struct fault fault = {0};
    struct ids *ids = NULL;

    database_open(&database);
    database_run(&database, "drop table id_map");
    job.db = database.db;
    ids = ids_load(&job, wanted, array_length(wanted), on_loaded, &outcome);
    cr_assert(db_wait(database.db, 10000, &fault), "%s", fault.text);
    cr_expect_eq(outcome.times, 1, "done %d times, want 1", outcome.times);
    cr_expect_eq(outcome.fault.kind, FAULT_INTERNAL, "got %s", fault_kind_name(outcome.fault.kind));
    ids_destroy(&ids);
    database_close(&database);
}
