/* The states stand twice, in C and in the migrations: here the two are compared. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "db/record.h"
#include "db/task.h"
#include "model/record_state.h"
#include "model/task_state.h"
#include "model/transfer_state.h"
#include "support/database.h"

TestSuite(states, .timeout = 90);

Test(states, of_a_transfer_are_those_of_the_check_constraint)
{
    struct database database;

    database_open(&database);
    for (int state = 0; state < TRANSFER_STATE_COUNT; state++)
        cr_expect_eq(database_number(&database,
                                     "select count(*) from pg_constraint where conname = 'transfer_state_known' and "
                                     "pg_get_constraintdef(oid) like '%%''%s''%%'",
                                     transfer_state_name((enum transfer_state)state)),
                     1, "%s is not in the constraint", transfer_state_name((enum transfer_state)state));
    cr_expect_eq(database_number(&database, "select count(*) from pg_constraint, regexp_matches(pg_get_constraintdef("
                                            "oid), '''(\\w+)''', 'g') where conname = 'transfer_state_known'"),
                 TRANSFER_STATE_COUNT, "the constraint knows more states");
    database_close(&database);
}

Test(states, of_a_transfer_make_the_moves_of_the_table)
{
    struct database database;
    int moves = 0;

    database_open(&database);
    for (int from = 0; from < TRANSFER_STATE_COUNT; from++) {
        for (int to = 0; to < TRANSFER_STATE_COUNT; to++) {
            bool may = transfer_state_may_move((enum transfer_state)from, (enum transfer_state)to);
            int64_t listed = database_number(
                &database, "select count(*) from transfer_move where from_state = '%s' and to_state = '%s'",
                transfer_state_name((enum transfer_state)from), transfer_state_name((enum transfer_state)to));

            moves += may;
            cr_expect_eq(may, listed == 1, "%s to %s: the program says %d, the table %" PRId64,
                         transfer_state_name((enum transfer_state)from), transfer_state_name((enum transfer_state)to),
                         may, listed);
        }
    }
    cr_expect_eq(database_number(&database, "select count(*) from transfer_move"), moves,
                 "the table holds a state that the program does not know");
    database_close(&database);
}

/* Not the table alone: the guard itself, with every pair of states. */
Test(states, of_a_transfer_are_guarded_pair_by_pair)
{
    struct database database;
    int64_t transfer = 0;

    database_open(&database);
    transfer = database_transfer(&database, database_account(&database, "clinic", 180));
    for (int from = 0; from < TRANSFER_STATE_COUNT; from++) {
        for (int to = 0; to < TRANSFER_STATE_COUNT; to++) {
            bool may = transfer_state_may_move((enum transfer_state)from, (enum transfer_state)to);
            struct answer answer = {.columns = 0};

            if (from == to)
                continue;
            database_run(&database,
                         "set session_replication_role = replica; update transfer set state = '%s'; "
                         "set session_replication_role = origin",
                         transfer_state_name((enum transfer_state)from));
            transfer_move(database.db, transfer, (enum transfer_state)from, (enum transfer_state)to, NULL, answer_take,
                          &answer);
            answer_wait(&database, &answer);
            cr_expect_eq(answer.fault.kind, may ? FAULT_NONE : FAULT_REFUSED, "%s to %s: got %s",
                         transfer_state_name((enum transfer_state)from), transfer_state_name((enum transfer_state)to),
                         fault_kind_name(answer.fault.kind));
        }
    }
    database_close(&database);
}

static void check_constraint(struct database *database, const char *name, const char *const *states, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cr_expect_eq(database_number(database,
                                     "select count(*) from pg_constraint where conname = '%s' and "
                                     "pg_get_constraintdef(oid) like '%%''%s''%%'",
                                     name, states[i]),
                     1, "%s: %s is not in the constraint", name, states[i]);
    cr_expect_eq(database_number(database,
                                 "select count(*) from pg_constraint, regexp_matches(pg_get_constraintdef(oid), "
                                 "'''(\\w+)''', 'g') where conname = '%s'",
                                 name),
                 (int64_t)count, "%s knows more states", name);
}

typedef const char *name_fn(int state);
typedef bool move_fn(int from, int to);

static const char *record_name(int state)
{
    return record_state_name((enum record_state)state);
}

static bool record_moves(int from, int to)
{
    return record_state_may_move((enum record_state)from, (enum record_state)to);
}

static const char *task_name(int state)
{
    return task_state_name((enum task_state)state);
}

static bool task_moves(int from, int to)
{
    return task_state_may_move((enum task_state)from, (enum task_state)to);
}

static const struct machine {
    const char *table;
    int count;
    name_fn *name;
    move_fn *moves;
} machines[] = {
    {"record", RECORD_STATE_COUNT, record_name, record_moves},
    {"task", TASK_STATE_COUNT, task_name, task_moves},
};

Test(states, of_records_and_tasks_are_those_of_their_constraints)
{
    struct database database;

    database_open(&database);
    for (size_t m = 0; m < array_length(machines); m++) {
        scoped(string_free) char *constraint = x_sprintf("%s_state_known", machines[m].table);
        const char *names[16];

        for (int state = 0; state < machines[m].count; state++)
            names[state] = machines[m].name(state);
        check_constraint(&database, constraint, names, (size_t)machines[m].count);
    }
    database_close(&database);
}

/* The table, and the guard itself, with every pair of states. */
static void check_moves(struct database *database, const struct machine *machine)
{
    int moves = 0;

    for (int from = 0; from < machine->count; from++) {
        for (int to = 0; to < machine->count; to++) {
            bool may = machine->moves(from, to);
            int64_t listed =
                database_number(database, "select count(*) from %s_move where from_state = '%s' and to_state = '%s'",
                                machine->table, machine->name(from), machine->name(to));

            moves += may;
            cr_expect_eq(may, listed == 1, "%s: %s to %s: the program says %d", machine->table, machine->name(from),
                         machine->name(to), may);
            if (from == to)
                continue;
            database_run(database, UNGUARDED("update %s set state = '%s'"), machine->table, machine->name(from));
            cr_expect_eq(database_try(database, "update %s set state = '%s'", machine->table, machine->name(to)), may,
                         "%s: %s to %s: the guard disagrees", machine->table, machine->name(from), machine->name(to));
        }
    }
    cr_expect_eq(database_number(database, "select count(*) from %s_move", machine->table), moves,
                 "the table of %s holds a state that the program does not know", machine->table);
}

Test(states, of_records_and_tasks_are_guarded_pair_by_pair)
{
    struct database database;
    int64_t transfer = 0;
    int64_t ordinal = record_first_ordinal(ENTITY_PATIENT) + 1;

    database_open(&database);
    transfer = database_transfer(&database, database_account(&database, "clinic", 180));
    database_task(&database, transfer, "patients", "patient", ordinal, ordinal);
    database_stage(&database, transfer, "patient", 3);
    for (size_t m = 0; m < array_length(machines); m++)
        check_moves(&database, &machines[m]);
    database_close(&database);
}

/* Every outcome that the program can write, and no other word. */
Test(states, that_an_outcome_writes_are_accepted)
{
    static const enum record_state cases[] = {RECORD_STAGED, RECORD_CREATED, RECORD_SKIPPED, RECORD_FAILED,
                                              RECORD_MATCHED};
    struct database database;
    struct held_task held;
    int64_t transfer = 0;
    int64_t ordinal = record_first_ordinal(ENTITY_PATIENT) + 1;

    database_open(&database);
    transfer = database_transfer(&database, database_account(&database, "clinic", 180));
    held = database_task(&database, transfer, "patients", "patient", ordinal, ordinal);
    database_stage(&database, transfer, "patient", 1);
    for (size_t i = 0; i < array_length(cases); i++) {
        struct record_outcome outcome = {.ordinal = ordinal, .state = cases[i]};
        struct answer answer = {.columns = 1};
        const char *want = record_state_name(cases[i]);

        database_run(&database, UNGUARDED("update record set state = 'sending', lease_token = %" PRId64), held.token);
        record_finish(database.db, transfer, held.task, held.token, &outcome, 1, answer_take, &answer);
        answer_good(&database, &answer);
        cr_expect_str_eq(database_text(&database, "select state from record"), want, "want %s", want);
    }
    database_close(&database);
}
