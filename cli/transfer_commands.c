/* `handover migrate`, `workers` and `transfer …`: one step at a time, against configured services. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/number.h"
#include "cli/account_key.h"
#include "cli/command.h"
#include "cli/intake.h"
#include "cli/left_behind.h"
#include "cli/watch.h"
#include "db/migrate.h"
#include "db/question.h"
#include "db/transfer.h"
#include "db/worker.h"

enum { ANSWER_MS = 60000, PROBLEMS_MOST = 1000000, LINE_MAX_BYTES = 64 * 1024 };

static bool run_migrate(int count, char **arguments, int *ret_status, struct fault *fault)
{
    int applied = 0;

    (void)count;
    (void)arguments;
    if (!command_settings.database_url[0])
        return fault_set(fault, FAULT_BAD_INPUT,
                         "No database is configured: set HANDOVER_DATABASE_URL or --database-url.");
    if (!migrate_run(command_settings.database_url, command_settings.database_password_file, &applied, fault))
        return false;
    printf("%d migrations applied; the database is up to date.\n", applied);
    *ret_status = STATUS_DONE;
    return true;
}

const struct command command_migrate = {
    .name = "migrate",
    .usage = "",
    .summary = "Brings the database to the schema of this build.",
    .run = run_migrate,
};

static bool transfer_id(const char *text, int64_t *ret, struct fault *fault)
{
    return number_parse(slice_of(text), 1, INT64_MAX, ret, fault) || fault_prefix(fault, "the transfer's number");
}

/* Opens loop and database for one command. */
static bool open_all(struct loop **ret_loop, struct db **ret_db, struct fault *fault)
{
    return loop_open(ret_loop, fault) && command_connect(*ret_loop, ret_db, fault);
}

/* Prints rows as tab-separated lines, or as JSON objects with these member names. */
struct printer {
    const char *const *names;
    int columns;
    bool headed;
    struct fault fault;
};

static void print_json_row(const struct printer *printer, const struct db_rows *rows, int row)
{
    struct json_writer writer;
    struct text line;

    text_init(&line, LINE_MAX_BYTES);
    json_write_init(&writer, &line);
    json_begin_object(&writer);
    for (int column = 0; column < printer->columns; column++)
        json_member_text(&writer, printer->names[column], db_text(rows, row, column));
    json_end_object(&writer);
    printf("%s\n", text_string(&line));
    text_release(&line);
}

static void on_rows(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct printer *printer = argument;

    if (fault) {
        printer->fault = *fault;
        return;
    }
    for (int column = 0; column < printer->columns && !command_settings.json && !printer->headed; column++)
        printf("%s%s", printer->names[column], column + 1 < printer->columns ? "\t" : "\n");
    printer->headed = true;
    for (int row = 0; row < db_rows_count(rows); row++) {
        if (command_settings.json) {
            print_json_row(printer, rows, row);
            continue;
        }
        for (int column = 0; column < printer->columns; column++)
            printf("%s%s", db_text(rows, row, column) ? db_text(rows, row, column) : "-",
                   column + 1 < printer->columns ? "\t" : "\n");
    }
}

static bool print_done(struct db *db, struct printer *printer, int *ret_status, struct fault *fault)
{
    if (!db_wait(db, ANSWER_MS, fault))
        return false;
    if (printer->fault.kind != FAULT_NONE) {
        *fault = printer->fault;
        return false;
    }
    *ret_status = STATUS_DONE;
    return true;
}

static bool run_workers(int count, char **arguments, int *ret_status, struct fault *fault)
{
    static const char *const names[] = {"worker",           "host", "pid", "kinds", "slots", "state",
                                        "seen_seconds_ago", "tasks"};
    scoped(loop_close) struct loop *loop = NULL;
    scoped(db_close) struct db *db = NULL;
    struct printer printer = {.names = names, .columns = array_length(names)};

    (void)count;
    (void)arguments;
    if (!open_all(&loop, &db, fault))
        return false;
    worker_list(db, on_rows, &printer);
    return print_done(db, &printer, ret_status, fault);
}

const struct command command_workers = {
    .name = "workers",
    .usage = "",
    .summary = "Lists the workers that were seen in the last minute.",
    .run = run_workers,
};

static bool run_list(int count, char **arguments, int *ret_status, struct fault *fault)
{
    static const char *const names[] = {"transfer", "account", "state", "source", "made", "reason"};
    scoped(loop_close) struct loop *loop = NULL;
    scoped(db_close) struct db *db = NULL;
    struct printer printer = {.names = names, .columns = array_length(names)};

    (void)count;
    (void)arguments;
    if (!open_all(&loop, &db, fault))
        return false;
    transfer_list(db, on_rows, &printer);
    return print_done(db, &printer, ret_status, fault);
}

const struct command command_transfer_list = {
    .name = "transfer list",
    .usage = "",
    .summary = "Lists the transfers, newest first.",
    .run = run_list,
};

static bool run_new(int count, char **arguments, int *ret_status, struct fault *fault)
{
    scoped(loop_close) struct loop *loop = NULL;
    scoped(db_close) struct db *db = NULL;
    scoped(intake_release) struct intake intake = {0};
    int64_t transfer = 0;
    bool found = false;

    (void)count;
    if (!intake_read(arguments[0], false, &intake, fault) || !open_all(&loop, &db, fault) ||
        !account_key_guard(loop, db, intake.account, intake.key, fault) ||
        !intake_store(db, &intake, false, &transfer, &found, fault))
        return false;
    printf(command_settings.json ? "{\"transfer\":%" PRId64 "}\n" : "transfer %" PRId64 "\n", transfer);
    *ret_status = STATUS_DONE;
    return true;
}

const struct command command_transfer_new = {
    .name = "transfer new",
    .usage = "SOURCE --profile FILE --to ADDRESS --key-file FILE",
    .summary =
        "Makes a transfer, and prints its number. The source must be readable for extract workers under this path.",
    .rows = intake_rows,
    .takes_source = true,
    .least_arguments = 1,
    .most_arguments = 1,
    .run = run_new,
};

/* One of the operator's words that change a transfer's state. */
static bool change(const char *id, void (*call)(struct db *, int64_t, db_done_fn *, void *), const char *refusal,
                   int *ret_status, struct fault *fault)
{
    scoped(loop_close) struct loop *loop = NULL;
    scoped(db_close) struct db *db = NULL;
    struct snapshot snapshot = {0};
    struct reply reply = {0};
    int64_t transfer = 0;
    bool good = false;

    if (!transfer_id(id, &transfer, fault) || !open_all(&loop, &db, fault))
        return false;
    call(db, transfer, reply_take, &reply);
    if (!reply_wait(db, &reply, fault))
        return false;
    good = snapshot_read(db, transfer, &snapshot, fault);
    if (good && !reply.has_row)
        good = fault_set(fault, FAULT_REFUSED, "Transfer %" PRId64 " is %s: %s.", transfer,
                         transfer_state_name(snapshot.progress.state), refusal);
    if (good)
        printf("transfer %" PRId64 " is %s\n", transfer, transfer_state_name(snapshot.progress.state));
    snapshot_release(&snapshot);
    *ret_status = STATUS_DONE;
    return good;
}

/* With open questions it looks whether they are still open: a practitioner may have been created in Cliniko. */
static void look_again(struct db *db, int64_t transfer, db_done_fn *done, void *argument)
{
    question_answer(db, transfer, "{}", done, argument);
}

static bool run_start(int count, char **arguments, int *ret_status, struct fault *fault)
{
    struct fault ignored = {0};

    (void)count;
    if (change(arguments[0], transfer_start, "", ret_status, &ignored) ||
        (ignored.kind == FAULT_REFUSED && change(arguments[0], look_again, "", ret_status, &ignored)))
        return true;
    if (ignored.kind != FAULT_REFUSED) {
        *fault = ignored;
        return false;
    }
    return change(arguments[0], transfer_approve, "only a draft can be started, or one that waits be approved",
                  ret_status, fault);
}

const struct command command_transfer_start = {
    .name = "transfer start",
    .usage = "NUMBER",
    .summary =
        "Starts a draft, or approves a transfer that waits after its preflight; with open questions, looks again.",
    .least_arguments = 1,
    .most_arguments = 1,
    .run = run_start,
};

static void pause_by_operator(struct db *db, int64_t transfer, db_done_fn *done, void *argument)
{
    transfer_pause(db, transfer, "paused by the operator", done, argument);
}

static bool run_pause(int count, char **arguments, int *ret_status, struct fault *fault)
{
    (void)count;
    return change(arguments[0], pause_by_operator, "it cannot be paused", ret_status, fault);
}

const struct command command_transfer_pause = {
    .name = "transfer pause",
    .usage = "NUMBER",
    .summary = "Stops sending; what is under way is recorded.",
    .least_arguments = 1,
    .most_arguments = 1,
    .run = run_pause,
};

static bool run_resume(int count, char **arguments, int *ret_status, struct fault *fault)
{
    (void)count;
    return change(arguments[0], transfer_resume, "only a paused one can be resumed", ret_status, fault);
}

const struct command command_transfer_resume = {
    .name = "transfer resume",
    .usage = "NUMBER",
    .summary = "Goes on where it was paused.",
    .least_arguments = 1,
    .most_arguments = 1,
    .run = run_resume,
};

static bool run_cancel(int count, char **arguments, int *ret_status, struct fault *fault)
{
    (void)count;
    return change(arguments[0], transfer_cancel, "it has ended already", ret_status, fault);
}

const struct command command_transfer_cancel = {
    .name = "transfer cancel",
    .usage = "NUMBER",
    .summary = "Ends a transfer; what was sent stays in Cliniko, and in the ID map.",
    .least_arguments = 1,
    .most_arguments = 1,
    .run = run_cancel,
};

static bool run_watch(int count, char **arguments, int *ret_status, struct fault *fault)
{
    scoped(loop_close) struct loop *loop = NULL;
    scoped(db_close) struct db *db = NULL;
    int64_t transfer = 0;
    bool interrupted = false;

    (void)count;
    return transfer_id(arguments[0], &transfer, fault) && open_all(&loop, &db, fault) &&
           watch_transfer(loop, db, transfer, NULL, NULL, &interrupted, ret_status, fault);
}

const struct command command_transfer_watch = {
    .name = "transfer watch",
    .usage = "NUMBER",
    .summary = "Shows a transfer until it ends or rests; the exit status is its own.",
    .least_arguments = 1,
    .most_arguments = 1,
    .run = run_watch,
};

static bool run_show(int count, char **arguments, int *ret_status, struct fault *fault)
{
    static const char *const names[] = {"entity", "source_key", "state", "problem"};
    scoped(loop_close) struct loop *loop = NULL;
    scoped(db_close) struct db *db = NULL;
    struct printer printer = {.names = names, .columns = array_length(names)};
    struct snapshot snapshot = {0};
    struct text out;
    int64_t transfer = 0;

    (void)count;
    if (!transfer_id(arguments[0], &transfer, fault) || !open_all(&loop, &db, fault) ||
        !snapshot_read(db, transfer, &snapshot, fault))
        return false;
    text_init(&out, LINE_MAX_BYTES);
    if (command_settings.json)
        progress_json(&snapshot.progress, 0, &out);
    else
        progress_summary(&snapshot.progress, &out);
    if (!command_settings.json)
        printf("transfer %" PRId64 " into %s is %s%s%s\n", transfer, snapshot.account,
               transfer_state_name(snapshot.progress.state), snapshot.reason ? ": " : "",
               snapshot.reason ? snapshot.reason : "");
    printf("%s", text_string(&out));
    text_release(&out);
    snapshot_release(&snapshot);
    transfer_problems(db, transfer, PROBLEMS_MOST, on_rows, &printer);
    transfer_named_left(db, transfer, PROBLEMS_MOST, on_rows, &printer);
    transfer_warnings(db, transfer, PROBLEMS_MOST, on_rows, &printer);
    return print_done(db, &printer, ret_status, fault) &&
           left_behind_print(db, transfer, true, command_settings.json, stdout, fault);
}

const struct command command_transfer_show = {
    .name = "transfer show",
    .usage = "NUMBER",
    .summary = "Prints how a transfer stands, every record that did not arrive, with its reason, and every one that "
               "arrived with a warning.",
    .least_arguments = 1,
    .most_arguments = 1,
    .run = run_show,
};
