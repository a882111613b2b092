/* `handover transfer questions`: what holds a transfer, asked on a terminal or answered by a file. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/number.h"
#include "cli/answers.h"
#include "cli/command.h"
#include "db/transfer.h"

enum { ANSWER_MS = 60000 };

static struct {
    const char *answers;
    const char *write;
} settings;

static const struct setting rows[] = {
    {.name = "answers",
     .type = SETTING_FILE,
     .target = &settings.answers,
     .help = "File of answers (JSON, docs/answers.schema.json): they are given, and the transfer goes on."},
    {.name = "write",
     .type = SETTING_FILE,
     .target = &settings.write,
     .help = "Makes this file of answers to fill in, with the proposals in it."},
    {.name = NULL},
};

struct profile_reply {
    char *profile;
    struct fault fault;
};

static void on_transfer(void *argument, const struct db_rows *found, const struct fault *fault)
{
    struct profile_reply *reply = argument;

    if (fault)
        reply->fault = *fault;
    else if (db_rows_count(found) == 1)
        reply->profile = x_strdup(db_text(found, 0, TRANSFER_PROFILE));
}

static bool load_profile(struct db *db, int64_t transfer, char **ret, struct fault *fault)
{
    struct profile_reply reply = {0};

    transfer_load(db, transfer, on_transfer, &reply);
    if (!db_wait(db, ANSWER_MS, fault)) {
        db_forget(db, &reply);
        return false;
    }
    if (reply.fault.kind != FAULT_NONE) {
        *fault = reply.fault;
        return false;
    }
    *ret = reply.profile;
    return reply.profile ||
           fault_set(fault, FAULT_GONE, "There is no transfer %" PRId64 ". 'handover transfer list' shows them.",
                     transfer);
}

static bool give(struct db *db, int64_t transfer, const char *answers, int *ret_status, struct fault *fault)
{
    if (!answers_give(db, transfer, answers, fault))
        return false;
    fprintf(stderr, "handover: transfer %" PRId64 " goes on with these answers.\n", transfer);
    *ret_status = STATUS_DONE;
    return true;
}

static bool ask_on_terminal(struct db *db, int64_t transfer, const struct open_questions *questions, int *ret_status,
                            struct fault *fault)
{
    struct text answers;
    bool good = true;

    text_init(&answers, ANSWERS_MAX);
    if (open_questions_ask(questions, stdin, stdout, &answers) > 0)
        good = give(db, transfer, text_string(&answers), ret_status, fault);
    text_release(&answers);
    return good;
}

static bool go(struct db *db, int64_t transfer, const struct open_questions *questions, int *ret_status,
               struct fault *fault)
{
    scoped(string_free) char *profile = NULL;
    scoped(string_free) char *answers = NULL;

    if (!load_profile(db, transfer, &profile, fault))
        return false;
    if (settings.answers)
        return answers_read(settings.answers, profile, &answers, fault) &&
               give(db, transfer, answers, ret_status, fault);
    *ret_status = questions->count > 0 ? STATUS_WAITS : STATUS_DONE;
    if (settings.write)
        return open_questions_write(questions, settings.write, fault);
    if (command_settings.json) {
        open_questions_print_json(questions, stdout);
    } else if (questions->count == 0) {
        printf("transfer %" PRId64 " has no open question.\n", transfer);
    } else if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) {
        return ask_on_terminal(db, transfer, questions, ret_status, fault);
    } else {
        open_questions_print(questions, stdout);
    }
    return true;
}

static bool run(int count, char **arguments, int *ret_status, struct fault *fault)
{
    scoped(loop_close) struct loop *loop = NULL;
    scoped(db_close) struct db *db = NULL;
    struct open_questions questions = {0};
    int64_t transfer = 0;
    bool good = false;

    (void)count;
    if (!number_parse(slice_of(arguments[0]), 1, INT64_MAX, &transfer, fault))
        return fault_prefix(fault, "the transfer's number");
    good = loop_open(&loop, fault) && command_connect(loop, &db, fault) &&
           open_questions_load(db, transfer, &questions, fault) && go(db, transfer, &questions, ret_status, fault);
    open_questions_release(&questions);
    return good;
}

const struct command command_transfer_questions = {
    .name = "transfer questions",
    .usage = "NUMBER",
    .summary = "Asks what holds a transfer; without a terminal, prints it. The transfer goes on with the answers.",
    .rows = rows,
    .least_arguments = 1,
    .most_arguments = 1,
    .run = run,
};
