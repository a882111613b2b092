#include "cli/watch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/left_behind.h"
#include "cli/outlook.h"
#include "db/transfer.h"

enum {
    LOOK_MS = 400,
    PLAIN_MS = 2000, /* between two lines, unless the state changes */
    ANSWER_MS = 60000,
    PROBLEMS_MOST = 20,
    OUTPUT_MAX = 256 * 1024,
    RATE_WINDOW_MS = 15000, /* the measured rate is that of the last seconds */
    SAMPLES = 64,
};

struct sample {
    int64_t at_ms;
    int64_t settled;
};

struct watch {
    struct loop *loop;
    struct db *db;
    int64_t transfer;
    bool live;
    int drawn_lines;
    int64_t shown_ms;
    enum transfer_state shown_state;
    struct sample samples[SAMPLES];
    size_t sample_count;
    bool told_forecast;
    bool interrupted;
};

static void on_transfer(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct snapshot *snapshot = argument;
    struct progress *progress = &snapshot->progress;

    if (fault) {
        snapshot->fault = *fault;
        return;
    }
    snapshot->exists = db_rows_count(rows) == 1;
    if (!snapshot->exists)
        return;
    if (!transfer_state_find(db_text(rows, 0, TRANSFER_STATE), &progress->state))
        fault_set(&snapshot->fault, FAULT_INTERNAL, "the transfer is in a state that this program does not know");
    progress->rate_per_minute = db_integer(rows, 0, TRANSFER_RATE);
    progress->seconds = db_decimal(rows, 0, TRANSFER_SECONDS);
    snapshot->reason = x_strdup(db_text(rows, 0, TRANSFER_REASON));
    snapshot->account = x_strdup(db_text(rows, 0, TRANSFER_ACCOUNT_NAME));
    progress->reason = snapshot->reason;
}

static void on_progress(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct snapshot *snapshot = argument;
    struct progress *progress = &snapshot->progress;

    if (fault) {
        snapshot->fault = *fault;
        return;
    }
    for (int row = 0; row < db_rows_count(rows) && progress->entity_count < ENTITY_COUNT; row++) {
        struct progress_entity *entity = &progress->entities[progress->entity_count];

        if (!entity_find(db_text(rows, row, PROGRESS_ENTITY), &entity->entity))
            continue;
        entity->staged = db_integer(rows, row, PROGRESS_STAGED);
        entity->excluded = db_integer(rows, row, PROGRESS_EXCLUDED);
        entity->left_behind = db_integer(rows, row, PROGRESS_LEFT_BEHIND);
        entity->warnings = db_integer(rows, row, PROGRESS_WARNINGS);
        entity->planned = db_text(rows, row, PROGRESS_PLANNED) ? db_integer(rows, row, PROGRESS_PLANNED) : -1;
        entity->created = db_integer(rows, row, PROGRESS_CREATED);
        entity->failed = db_integer(rows, row, PROGRESS_FAILED);
        entity->skipped = db_integer(rows, row, PROGRESS_SKIPPED);
        entity->verified = db_integer(rows, row, PROGRESS_VERIFIED);
        entity->differing = db_integer(rows, row, PROGRESS_DIFFERING);
        progress->entity_count++;
    }
}

/* A phase that is over had no task for what an earlier transfer brought. */
static void settle_passed_phases(struct progress *progress)
{
    bool over = progress->state == TRANSFER_VERIFYING || progress->state == TRANSFER_REVIEW ||
                progress->state == TRANSFER_COMPLETED;

    for (int i = 0; i < progress->entity_count; i++)
        if (over && progress->entities[i].planned < 0)
            progress->entities[i].planned = 0;
}

bool snapshot_read(struct db *db, int64_t transfer, struct snapshot *ret, struct fault *fault)
{
    *ret = (struct snapshot){.progress.transfer = transfer};
    transfer_load(db, transfer, on_transfer, ret);
    transfer_progress(db, transfer, on_progress, ret);
    if (!db_wait(db, ANSWER_MS, fault)) {
        db_forget(db, ret);
        return false;
    }
    if (ret->fault.kind != FAULT_NONE) {
        *fault = ret->fault;
        return false;
    }
    if (!ret->exists)
        return fault_set(fault, FAULT_GONE, "There is no transfer %" PRId64 ". 'handover transfer list' shows them.",
                         transfer);
    settle_passed_phases(&ret->progress);
    return true;
}

void snapshot_release(struct snapshot *snapshot)
{
    free(snapshot->reason);
    free(snapshot->account);
    snapshot->reason = NULL;
    snapshot->account = NULL;
}

static double measure(struct watch *watch, const struct progress *progress)
{
    int64_t settled = 0;
    struct sample now = {.at_ms = clock_monotonic_ms()};
    size_t first = 0;

    for (int i = 0; i < progress->entity_count; i++)
        if (entity_facts(progress->entities[i].entity)->phase)
            settled += progress->entities[i].created + progress->entities[i].failed + progress->entities[i].skipped;
    now.settled = settled;
    while (first < watch->sample_count &&
           (now.at_ms - watch->samples[first].at_ms > RATE_WINDOW_MS || watch->sample_count - first == SAMPLES))
        first++;
    memmove(watch->samples, watch->samples + first, (watch->sample_count - first) * sizeof watch->samples[0]);
    watch->sample_count -= first;
    watch->samples[watch->sample_count++] = now;
    if (now.at_ms - watch->samples[0].at_ms < 1000)
        return 0;
    return (double)(now.settled - watch->samples[0].settled) * 1000 / (double)(now.at_ms - watch->samples[0].at_ms);
}

static int terminal_width(void)
{
    struct winsize size = {0};

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

static void show(struct watch *watch, const struct progress *progress)
{
    double measured = measure(watch, progress);
    int64_t now_ms = clock_monotonic_ms();
    struct text out;

    if (!watch->live && watch->shown_ms && progress->state == watch->shown_state && now_ms - watch->shown_ms < PLAIN_MS)
        return;
    watch->shown_ms = now_ms;
    watch->shown_state = progress->state;
    text_init(&out, OUTPUT_MAX);
    if (command_settings.json)
        progress_json(progress, measured, &out);
    else if (watch->live)
        progress_draw(progress, measured, terminal_width() - 1, &out);
    else
        progress_line(progress, measured, &out);
    if (watch->live) {
        /* Back to the first line drawn before, and clear from there. */
        if (watch->drawn_lines)
            printf("\033[%dA\033[J", watch->drawn_lines);
        watch->drawn_lines = 0;
        for (const char *byte = text_string(&out); *byte; byte++)
            watch->drawn_lines += *byte == '\n';
    }
    fputs(text_string(&out), stdout);
    fflush(stdout);
    text_release(&out);
}

/* Once, as soon as it is known what is to be sent and before most of it is. */
static bool tell_forecast(struct watch *watch, const struct progress *progress, struct fault *fault)
{
    bool known = progress->state == TRANSFER_WAITING || progress->state == TRANSFER_SCHEDULED ||
                 progress->state == TRANSFER_RUNNING;
    struct outlook outlook;
    struct text out;

    if (watch->told_forecast || command_settings.json || !known || progress->entity_count == 0)
        return true;
    watch->told_forecast = true;
    if (!outlook_read(watch->db, watch->transfer, &outlook, fault))
        return false;
    text_init(&out, OUTPUT_MAX);
    outlook_put_forecast(&outlook, progress, &out);
    printf("%s", text_string(&out));
    watch->drawn_lines = 0;
    text_release(&out);
    return true;
}

static void print_problems(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    (void)argument;
    if (fault)
        return;
    for (int row = 0; row < db_rows_count(rows); row++)
        printf("  %s %s: %s: %s\n", db_text(rows, row, 0), db_text(rows, row, 1), db_text(rows, row, 2),
               db_text(rows, row, 3) ? db_text(rows, row, 3) : "");
    if (db_rows_count(rows) == PROBLEMS_MOST)
        printf("  … 'handover transfer show' lists all.\n");
}

/* Why a transfer did not get through is a message, wherever standard output goes. */
static void print_state(const struct watch *watch, const struct snapshot *snapshot)
{
    int status = progress_exit_status(&snapshot->progress);
    bool through = status != STATUS_FAILED && status != STATUS_WAITS;

    if (command_settings.json && through)
        return;
    fflush(stdout);
    fprintf(through ? stdout : stderr, "%stransfer %" PRId64 " is %s%s%s\n",
            through ? "\n" : "handover: ", watch->transfer, transfer_state_name(snapshot->progress.state),
            snapshot->reason ? ": " : "", snapshot->reason ? snapshot->reason : "");
}

static bool print_summary(struct watch *watch, const struct progress *progress, struct fault *fault)
{
    struct outlook outlook = {0};
    struct text out;

    if (progress->entity_count > 0 && !outlook_read(watch->db, watch->transfer, &outlook, fault))
        return false;
    text_init(&out, OUTPUT_MAX);
    if (progress->entity_count > 0)
        progress_summary(progress, &out);
    outlook_put_diary(&outlook, &out);
    printf("\n%s", text_string(&out));
    text_release(&out);
    return true;
}

static void print_afterwards(const struct progress *progress)
{
    struct text out;

    if (progress->state != TRANSFER_COMPLETED && progress->state != TRANSFER_REVIEW)
        return;
    text_init(&out, OUTPUT_MAX);
    outlook_put_afterwards(progress, &out);
    printf("%s", text_string(&out));
    text_release(&out);
}

static bool print_end(struct watch *watch, const struct snapshot *snapshot, struct fault *fault)
{
    print_state(watch, snapshot);
    if (command_settings.json)
        return true;
    if (!print_summary(watch, &snapshot->progress, fault))
        return false;
    transfer_problems(watch->db, watch->transfer, PROBLEMS_MOST, print_problems, watch);
    transfer_named_left(watch->db, watch->transfer, PROBLEMS_MOST, print_problems, watch);
    transfer_warnings(watch->db, watch->transfer, PROBLEMS_MOST, print_problems, watch);
    if (!db_wait(watch->db, ANSWER_MS, fault) ||
        !left_behind_print(watch->db, watch->transfer, false, false, stdout, fault))
        return false;
    print_afterwards(&snapshot->progress);
    return true;
}

static void on_interrupt(void *argument)
{
    struct watch *watch = argument;

    watch->interrupted = true;
}

static void pause_for(struct watch *watch, int64_t wait_ms)
{
    int64_t until_ms = clock_monotonic_ms() + wait_ms;
    int64_t left_ms = wait_ms;

    while (left_ms > 0 && !watch->interrupted) {
        loop_turn(watch->loop, (int)left_ms);
        left_ms = until_ms - clock_monotonic_ms();
    }
}

bool watch_transfer(struct loop *loop, struct db *db, int64_t transfer, const char *(*trouble)(void *argument),
                    void *argument, bool *ret_interrupted, int *ret_status, struct fault *fault)
{
    struct watch watch = {
        .loop = loop, .db = db, .transfer = transfer, .live = !command_settings.json && isatty(STDOUT_FILENO)};

    loop_on_terminate(loop, on_interrupt, &watch);
    for (;;) {
        struct snapshot snapshot;
        const char *sentence = trouble ? trouble(argument) : NULL;
        bool rests = false;

        if (sentence)
            return fault_set(fault, FAULT_INTERNAL, "%s", sentence);
        if (!snapshot_read(db, transfer, &snapshot, fault)) {
            snapshot_release(&snapshot);
            return false;
        }
        if (!tell_forecast(&watch, &snapshot.progress, fault)) {
            snapshot_release(&snapshot);
            return false;
        }
        rests = transfer_state_is_rest(snapshot.progress.state) && snapshot.progress.state != TRANSFER_DRAFT;
        show(&watch, &snapshot.progress);
        *ret_status = progress_exit_status(&snapshot.progress);
        *ret_interrupted = watch.interrupted;
        if (rests || watch.interrupted) {
            bool printed = watch.interrupted || print_end(&watch, &snapshot, fault);

            snapshot_release(&snapshot);
            return printed;
        }
        snapshot_release(&snapshot);
        pause_for(&watch, LOOK_MS);
    }
}
