#include "db/transfer.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "model/entity.h"
#include "support/database.h"

TestSuite(transfer, .timeout = 90);

static int64_t draft(struct database *database)
{
    return database_transfer(database, database_account(database, "clinic", 180));
}

static const char *state_of(struct database *database, int64_t transfer)
{
    return database_text(database, "select state from transfer where id = %" PRId64, transfer);
}

/* Puts a transfer into a state as a test needs it, past the guard. */
static void put_into(struct database *database, int64_t transfer, const char *state)
{
    database_run(database,
                 "set session_replication_role = replica; update transfer set state = '%s', paused_from = null "
                 "where id = %" PRId64 "; set session_replication_role = origin",
                 state, transfer);
}

Test(transfer, is_created_as_a_draft)
{
    struct database database;
    struct answer answer = {.columns = 1};
    struct answer loaded = {.columns = TRANSFER_SECONDS + 1};
    struct transfer_spec spec = {.system = "front-desk",
                                 .source = "/data/it's here",
                                 .profile = "{\"a\": \"ö\"}",
                                 .options = "{\"approve\": true}"};

    database_open(&database);
    spec.account = database_account(&database, "clinic", 120);
    transfer_create(database.db, &spec, answer_take, &answer);
    answer_good(&database, &answer);
    transfer_load(database.db, answer_number(&answer, 0, 0), answer_take, &loaded);
    answer_good(&database, &loaded);
    cr_expect_eq(answer_number(&loaded, 0, TRANSFER_ACCOUNT), spec.account);
    cr_expect_str_eq(loaded.cells[0][TRANSFER_SYSTEM], spec.system);
    cr_expect_str_eq(loaded.cells[0][TRANSFER_SOURCE], spec.source);
    cr_expect_str_eq(loaded.cells[0][TRANSFER_PROFILE], spec.profile);
    cr_expect_str_eq(loaded.cells[0][TRANSFER_OPTIONS], spec.options);
    cr_expect_str_eq(loaded.cells[0][TRANSFER_STATE], "draft");
    cr_expect(loaded.is_null[0][TRANSFER_REASON]);
    cr_expect_str_eq(loaded.cells[0][TRANSFER_RATE], "120");
    cr_expect_str_eq(loaded.cells[0][TRANSFER_ACCOUNT_NAME], "clinic");
    cr_expect_str_eq(loaded.cells[0][TRANSFER_SECONDS], "0");
    loaded = (struct answer){.columns = 1};
    transfer_load(database.db, 4711, answer_take, &loaded);
    answer_good(&database, &loaded);
    cr_expect_eq(loaded.rows, 0);
    database_close(&database);
}

Test(transfer, starts_once_with_one_task)
{
    struct database database;
    int64_t transfer = 0;

    database_open(&database);
    transfer = draft(&database);
    for (int round = 0; round < 2; round++) {
        struct answer answer = {.columns = 1};

        transfer_start(database.db, transfer, answer_take, &answer);
        answer_good(&database, &answer);
        cr_expect_eq(answer.rows, round == 0, "round %d: got %d rows", round, answer.rows);
    }
    cr_expect_str_eq(state_of(&database, transfer), "extracting");
    cr_expect_str_eq(database_text(&database, "select string_agg(kind || ' ' || state, ',') from task"),
                     "extract ready");
    cr_expect_str_eq(database_text(&database, "select started_at is not null from transfer"), "t");
    database_close(&database);
}

typedef void verb_fn(struct db *db, int64_t transfer, db_done_fn *done, void *argument);

static void pause_it(struct db *db, int64_t transfer, db_done_fn *done, void *argument)
{
    transfer_pause(db, transfer, "a coffee", done, argument);
}

/* Each word of the operator in each state: does it take effect, and where does it lead? */
Test(transfer, obeys_the_operator_where_its_state_allows)
{
    static const struct {
        const char *name;
        verb_fn *verb;
        const char *from;
        const char *to;
    } cases[] = {
        {"pause", pause_it, "extracting preflight scheduled running verifying", "paused"},
        {"cancel", transfer_cancel, "draft extracting preflight waiting scheduled running verifying paused",
         "cancelled"},
        {"approve", transfer_approve, "waiting", "scheduled"},
        {"start", transfer_start, "draft", "extracting"},
        {"begin preflight", transfer_begin_preflight, "extracting", "preflight"},
        {"begin verify", transfer_begin_verify, "running", "verifying"},
    };
    struct database database;
    int64_t transfer = 0;

    database_open(&database);
    transfer = draft(&database);
    for (size_t i = 0; i < array_length(cases); i++) {
        for (int state = 0; state < TRANSFER_STATE_COUNT; state++) {
            const char *name = transfer_state_name((enum transfer_state)state);
            const char *want = strstr(cases[i].from, name) ? cases[i].to : name;
            struct answer answer = {.columns = 0};

            put_into(&database, transfer, name);
            cases[i].verb(database.db, transfer, answer_take, &answer);
            answer_good(&database, &answer);
            cr_expect_str_eq(state_of(&database, transfer), want, "%s in %s: want %s", cases[i].name, name, want);
        }
    }
    database_close(&database);
}

Test(transfer, goes_on_where_it_was_paused)
{
    static const char *const states[] = {"extracting", "preflight", "scheduled", "running", "verifying"};
    struct database database;
    int64_t transfer = 0;

    database_open(&database);
    transfer = draft(&database);
    database_run(&database,
                 "insert into task (transfer, kind, not_before) values (%" PRId64
                 ", 'patients', now() + interval '1 hour')",
                 transfer);
    for (size_t i = 0; i < array_length(states); i++) {
        struct answer answers[3] = {{.columns = 1}, {.columns = 1}, {.columns = 1}};

        put_into(&database, transfer, states[i]);
        transfer_pause(database.db, transfer, "a coffee", answer_take, &answers[0]);
        answer_good(&database, &answers[0]);
        cr_expect_str_eq(database_text(&database, "select concat_ws(' ', state, paused_from, reason) from transfer"),
                         i == 0   ? "paused extracting a coffee"
                         : i == 1 ? "paused preflight a coffee"
                         : i == 2 ? "paused scheduled a coffee"
                         : i == 3 ? "paused running a coffee"
                                  : "paused verifying a coffee");
        transfer_resume(database.db, transfer, answer_take, &answers[1]);
        answer_good(&database, &answers[1]);
        cr_assert_eq(answers[1].rows, 1, "%s: it did not go on", states[i]);
        cr_expect_str_eq(answers[1].cells[0][0], states[i], "got %s, want %s", answers[1].cells[0][0], states[i]);
        cr_expect_str_eq(database_text(&database, "select paused_from is null and reason is null from transfer"), "t");
        transfer_resume(database.db, transfer, answer_take, &answers[2]);
        answer_good(&database, &answers[2]);
        cr_expect_eq(answers[2].rows, 0, "%s: it went on twice", states[i]);
    }
    cr_expect_str_eq(database_text(&database, "select not_before <= now() from task"), "t", "its task still waits");
    database_close(&database);
}

Test(transfer, refuses_a_forbidden_move_whoever_makes_it)
{
    struct database database;
    struct answer answer = {.columns = 0};
    struct answer elsewhere = {.columns = 0};
    int64_t transfer = 0;

    database_open(&database);
    transfer = draft(&database);
    transfer_move(database.db, transfer, TRANSFER_DRAFT, TRANSFER_COMPLETED, NULL, answer_take, &answer);
    answer_wait(&database, &answer);
    cr_expect_eq(answer.fault.kind, FAULT_REFUSED, "got %s, want refused", fault_kind_name(answer.fault.kind));
    cr_expect_str_eq(answer.fault.text, "a transfer cannot move from draft to completed");
    transfer_move(database.db, transfer, TRANSFER_RUNNING, TRANSFER_VERIFYING, NULL, answer_take, &elsewhere);
    answer_good(&database, &elsewhere);
    cr_expect_eq(elsewhere.affected, 0, "got %" PRId64 " affected, want 0", elsewhere.affected);
    cr_expect_str_eq(state_of(&database, transfer), "draft");
    cr_expect_eq(database_number(&database, "select count(*) from audit"), 0, "a refused move was noted");
    database_close(&database);
}

Test(transfer, leaves_one_audit_row_for_each_change)
{
    struct database database;
    struct answer answers[4] = {0};
    int64_t transfer = 0;

    database_open(&database);
    transfer = draft(&database);
    transfer_start(database.db, transfer, answer_take, &answers[0]);
    transfer_pause(database.db, transfer, "a \"coffee\"", answer_take, &answers[1]);
    transfer_resume(database.db, transfer, answer_take, &answers[2]);
    transfer_move(database.db, transfer, TRANSFER_EXTRACTING, TRANSFER_FAILED, "no such file", answer_take,
                  &answers[3]);
    answer_good(&database, &answers[3]);
    database_run(&database, "update transfer set reason = 'only a word'");
    cr_expect_str_eq(database_text(&database, "select string_agg(actor || ' ' || event || ' ' || detail, E'\\n' "
                                              "order by id) from audit"),
                     "tester transfer_extracting {\"from\": \"draft\"}\n"
                     "tester transfer_paused {\"from\": \"extracting\", \"reason\": \"a \\\"coffee\\\"\"}\n"
                     "tester transfer_extracting {\"from\": \"paused\"}\n"
                     "tester transfer_failed {\"from\": \"extracting\", \"reason\": \"no such file\"}");
    cr_expect_eq(database_number(&database, "select count(*) from audit where transfer = %" PRId64, transfer), 4);
    cr_expect_str_eq(database_text(&database, "select ended_at is not null from transfer"), "t");
    database_close(&database);
}

Test(transfer, is_found_while_it_has_not_ended)
{
    static const char open_states[] = "draft extracting preflight waiting scheduled running verifying paused";
    struct database database;
    int64_t account = 0;
    int64_t transfer = 0;

    database_open(&database);
    account = database_account(&database, "clinic", 180);
    transfer = database_transfer(&database, account);
    database_run(&database,
                 "insert into transfer (account, system, source, profile) values (%" PRId64
                 ", 'other', '/clinic', '{}'), (%" PRId64 ", 'old', '/elsewhere', '{}')",
                 account, account);
    for (int state = 0; state < TRANSFER_STATE_COUNT; state++) {
        const char *name = transfer_state_name((enum transfer_state)state);
        struct answer answer = {.columns = 2};

        database_run(&database,
                     "set session_replication_role = replica; update transfer set state = '%s' where system = 'old' "
                     "and source = '/clinic'; set session_replication_role = origin",
                     name);
        transfer_find_open(database.db, account, "old", "/clinic", answer_take, &answer);
        answer_good(&database, &answer);
        cr_expect_eq(answer.rows, strstr(open_states, name) != NULL, "%s: got %d rows", name, answer.rows);
        if (answer.rows) {
            cr_expect_eq(answer_number(&answer, 0, 0), transfer, "%s: another one", name);
            cr_expect_str_eq(answer.cells[0][1], name);
        }
    }
    database_close(&database);
}

Test(transfer, overview_tells_what_the_next_step_depends_on)
{
    struct database database;
    struct answer answer = {.columns = OVERVIEW_PROBLEM + 1};
    int64_t account = 0;
    int64_t running = 0;
    int64_t extracting = 0;

    database_open(&database);
    account = database_account(&database, "clinic", 180);
    database_transfer(&database, account);
    running = database_transfer(&database, account);
    put_into(&database, running, "running");
    database_run(&database,
                 "insert into transfer_entity (transfer, entity, staged) values (%" PRId64 ", 'practitioner', 3), "
                 "(%" PRId64 ", 'patient', 5), (%" PRId64 ", 'appointment', 0), (%" PRId64 ", 'archival', 2)",
                 running, running, running, running);
    database_run(&database,
                 "insert into task (transfer, kind, state, problem) values (%" PRId64 ", 'patients', 'ready', null), "
                 "(%" PRId64 ", 'patients', 'leased', null), (%" PRId64 ", 'patients', 'failed', 'b'), "
                 "(%" PRId64 ", 'patients', 'failed', 'a'), (%" PRId64 ", 'extract', 'done', null)",
                 running, running, running, running, running);
    extracting = database_transfer(&database, database_account(&database, "other", 180));
    put_into(&database, extracting, "extracting");
    database_run(&database, "update transfer set options = '{\"complete\": true}' where id = %" PRId64, extracting);
    database_run(&database, "insert into task (transfer, kind, state) values (%" PRId64 ", 'extract', 'done')",
                 extracting);
    transfer_overview(database.db, answer_take, &answer);
    answer_good(&database, &answer);
    cr_assert_eq(answer.rows, 2, "got %d transfers, want 2", answer.rows);
    cr_expect_eq(answer_number(&answer, 0, OVERVIEW_ID), running);
    cr_expect_str_eq(answer.cells[0][OVERVIEW_STATE], "running");
    cr_expect_eq(answer_number(&answer, 0, OVERVIEW_OPEN_TASKS), 2);
    cr_expect_eq(answer_number(&answer, 0, OVERVIEW_FAILED_TASKS), 2);
    cr_expect_str_eq(answer.cells[0][OVERVIEW_STAGE_DONE], "f", "the extract task counts in extracting only");
    cr_expect_eq(answer_number(&answer, 0, OVERVIEW_NEXT_PHASE), 4);
    cr_expect_str_eq(answer.cells[0][OVERVIEW_COMPLETES], "f");
    cr_expect_str_eq(answer.cells[0][OVERVIEW_PROBLEM], "a");
    cr_expect_eq(answer_number(&answer, 1, OVERVIEW_ID), extracting);
    cr_expect_str_eq(answer.cells[1][OVERVIEW_STAGE_DONE], "t");
    cr_expect(answer.is_null[1][OVERVIEW_NEXT_PHASE]);
    cr_expect_str_eq(answer.cells[1][OVERVIEW_COMPLETES], "t");
    database_run(&database, "update transfer set phase = 4 where id = %" PRId64, running);
    answer = (struct answer){.columns = OVERVIEW_PROBLEM + 1};
    transfer_overview(database.db, answer_take, &answer);
    answer_good(&database, &answer);
    cr_expect_eq(answer_number(&answer, 0, OVERVIEW_NEXT_PHASE), 8, "phases without records are passed over");
    database_close(&database);
}

Test(transfer, progress_sums_its_tasks_by_entity)
{
    struct database database;
    struct answer answer = {.columns = PROGRESS_DIFFERING + 1};
    int64_t transfer = 0;

    database_open(&database);
    transfer = draft(&database);
    database_run(&database,
                 "insert into transfer_entity values (%" PRId64 ", 'appointment', 40, 4, 3, 2, 7, 1), "
                 "(%" PRId64 ", 'patient', 10, 1, 0, 0, 0, 0)",
                 transfer, transfer);
    database_run(&database,
                 "insert into task (transfer, kind, entity, state, total, created, failed, skipped) values "
                 "(%" PRId64 ", 'patients', 'patient', 'leased', 6, 3, 1, 0), "
                 "(%" PRId64 ", 'patients', 'patient', 'done', 4, 2, 0, 2), (%" PRId64
                 ", 'extract', null, 'done', 9, 9, 9, 9)",
                 transfer, transfer, transfer);
    transfer_progress(database.db, transfer, answer_take, &answer);
    answer_good(&database, &answer);
    cr_assert_eq(answer.rows, 2, "got %d entities, want 2", answer.rows);
    for (int row = 0; row < 2; row++) {
        static const char *const want[2][PROGRESS_DIFFERING + 1] = {
            {"patient", "10", "1", "0", "0", "10", "5", "1", "2", "1", "0", "0"},
            {"appointment", "40", "4", "3", "2", "", "", "", "", "0", "7", "1"},
        };

        for (int column = 0; column <= PROGRESS_DIFFERING; column++)
            cr_expect_str_eq(answer.cells[row][column], want[row][column], "row %d, column %d: got %s, want %s", row,
                             column, answer.cells[row][column], want[row][column]);
    }
    cr_expect(answer.is_null[1][PROGRESS_PLANNED], "before its phase nothing is planned");
    database_close(&database);
}

Test(transfer, counts_what_was_staged_anew_each_time)
{
    struct database database;
    int64_t transfer = 0;

    database_open(&database);
    transfer = draft(&database);
    database_stage(&database, transfer, "patient", 5);
    database_stage(&database, transfer, "appointment", 2);
    database_run(&database, UNGUARDED("update record set state = 'excluded' where source_key = 'key-5'"));
    for (int round = 0; round < 2; round++) {
        struct answer answer = {.columns = 0};

        transfer_count(database.db, transfer, "patient", 7 + round, 3, answer_take, &answer);
        answer_good(&database, &answer);
        cr_expect_str_eq(database_text(&database, "select concat_ws(' ', entity, staged, excluded, left_behind, "
                                                  "warnings) from transfer_entity"),
                         round ? "patient 4 1 8 3" : "patient 4 1 7 3");
    }
    database_close(&database);
}

Test(transfer, names_the_records_that_did_not_arrive)
{
    struct database database;
    struct answer answer = {.columns = 4};
    int64_t transfer = 0;

    database_open(&database);
    transfer = draft(&database);
    database_stage(&database, transfer, "patient", 7);
    database_run(&database,
                 UNGUARDED("update record set problem = 'because', state = (array['staged', 'sending', "
                           "'created', 'matched', 'skipped', 'excluded', 'failed'])[substr(source_key, 5)::int]"));
    transfer_problems(database.db, transfer, 2, answer_take, &answer);
    answer_good(&database, &answer);
    cr_assert_eq(answer.rows, 2, "got %d, want 2", answer.rows);
    cr_expect_str_eq(answer.cells[0][1], "key-5");
    cr_expect_str_eq(answer.cells[1][2], "excluded");
    answer = (struct answer){.columns = 4};
    transfer_problems(database.db, transfer, 100, answer_take, &answer);
    answer_good(&database, &answer);
    cr_assert_eq(answer.rows, 3, "got %d, want 3", answer.rows);
    cr_expect_str_eq(answer.cells[2][0], "patient");
    cr_expect_str_eq(answer.cells[2][2], "failed");
    cr_expect_str_eq(answer.cells[2][3], "because");
    database_close(&database);
}

Test(transfer, list_begins_with_the_newest)
{
    struct database database;
    struct answer answer = {.columns = 6};
    int64_t account = 0;

    database_open(&database);
    account = database_account(&database, "clinic", 180);
    database_transfer(&database, account);
    database_transfer(&database, account);
    transfer_list(database.db, answer_take, &answer);
    answer_good(&database, &answer);
    cr_assert_eq(answer.rows, 2, "got %d, want 2", answer.rows);
    cr_expect_gt(answer_number(&answer, 0, 0), answer_number(&answer, 1, 0));
    cr_expect_str_eq(answer.cells[0][1], "clinic");
    cr_expect_str_eq(answer.cells[0][2], "draft");
    cr_expect_str_eq(answer.cells[0][3], "/clinic");
    cr_expect(strstr(answer.cells[0][4], " UTC"), "got %s", answer.cells[0][4]);
    database_close(&database);
}

Test(transfer, extent_tells_past_and_coming_appointments_and_how_old_the_oldest_record_is)
{
    static const struct {
        const char *oldest;
        const char *is_long;
    } cases[] = {{"now() - interval '10 years'", "f"}, {"now() - interval '10 years 1 day'", "t"}};
    struct database database;
    int64_t transfer = 0;

    database_open(&database);
    transfer = draft(&database);
    database_stage(&database, transfer, "appointment", 4);
    database_stage(&database, transfer, "letter", 2);
    database_run(&database,
                 "update record set payload = jsonb_build_object('starts_at', to_char(now() + interval '1 day' "
                 "* (substr(source_key, 5)::int - 2.5), 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')) "
                 "where entity = 'appointment'");
    database_run(
        &database,
        UNGUARDED("update record set state = 'excluded' where entity = 'appointment' and source_key = 'key-1'"));
    for (size_t i = 0; i < array_length(cases); i++) {
        struct answer answer = {.columns = 4};

        database_run(&database,
                     "update record set payload = jsonb_build_object('dated', case source_key when 'key-1' then 'once' "
                     "else to_char(%s, 'YYYY-MM-DD') end) where entity = 'letter'",
                     cases[i].oldest);
        transfer_extent(database.db, transfer, answer_take, &answer);
        answer_good(&database, &answer);
        cr_assert_eq(answer.rows, 1);
        cr_expect_str_eq(answer.cells[0][EXTENT_PAST], "1");
        cr_expect_str_eq(answer.cells[0][EXTENT_TO_COME], "2");
        cr_expect_str_eq(answer.cells[0][EXTENT_IS_LONG], cases[i].is_long);
    }
    database_run(&database, "delete from record");
    database_close(&database);
}
