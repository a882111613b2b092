/* `handover run`: the whole job, with its own services when none are configured. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "cli/account_key.h"
#include "cli/answers.h"
#include "cli/bar.h"
#include "cli/command.h"
#include "cli/embedded.h"
#include "cli/intake.h"
#include "cli/watch.h"
#include "db/migrate.h"
#include "db/question.h"
#include "db/transfer.h"
#include "source/source.h"

static struct {
    const char *data;
    int64_t workers;
} settings;

static const struct setting rows[] = {
    {.name = "data",
     .type = SETTING_FILE,
     .target = &settings.data,
     .help = "Folder of the private services: what was transferred is remembered there. Default: "
             "~/.local/share/handover."},
    {.name = "workers",
     .type = SETTING_INTEGER,
     .target = &settings.workers,
     .fallback = "2",
     .least = 1,
     .greatest = 64,
     .unit = "processes",
     .help = "How many worker processes the private services have."},
    {.name = "cancel-earlier",
     .type = SETTING_SWITCH,
     .target = &intake_settings.cancel_earlier,
     .fallback = "0",
     .help = "Cancel a transfer of the same system into this account, from another source, that is not over: a new "
             "export takes the place of the one before. What it sent stays known."},
    {.name = NULL},
};

static char *data_folder(void)
{
    const char *home = getenv("HOME");

    if (settings.data && settings.data[0])
        return x_strdup(settings.data);
    return x_sprintf("%s/.local/share/handover", home && home[0] ? home : "/root");
}

/* The children take what the flags say about the local Cliniko from the environment. */
static void pass_on(void)
{
    if (command_settings.cliniko_url && command_settings.cliniko_url[0])
        setenv("HANDOVER_CLINIKO_URL", command_settings.cliniko_url, 1);
    if (command_settings.cliniko_ca_file && command_settings.cliniko_ca_file[0])
        setenv("HANDOVER_CLINIKO_CA_FILE", command_settings.cliniko_ca_file, 1);
}

static bool start_services(struct loop *loop, struct embedded **ret, struct fault *fault)
{
    scoped(string_free) char *folder = data_folder();
    int applied = 0;
    struct embedded_options options = {.data_folder = folder, .workers = (int)settings.workers};

    fprintf(stderr, "handover: starting private services in %s\n", folder);
    pass_on();
    if (!embedded_start(&options, ret, fault))
        return false;
    command_settings.database_url = embedded_database_url(*ret);
    command_settings.seal_key_file = embedded_seal_key_file(*ret);
    return migrate_run(command_settings.database_url, NULL, &applied, fault) &&
           embedded_start_programs(*ret, loop, fault);
}

static const char *trouble_of(void *argument)
{
    return argument ? embedded_trouble(argument) : NULL;
}

/* Brings a transfer to where the coordinator takes over, whatever state an earlier run left it in. */
static bool set_going(struct db *db, int64_t transfer, const char *answers, struct fault *fault)
{
    struct reply ignored = {0};

    question_answer(db, transfer, answers ? answers : "{}", reply_take, &ignored);
    transfer_start(db, transfer, reply_take, &ignored);
    transfer_resume(db, transfer, reply_take, &ignored);
    transfer_approve(db, transfer, reply_take, &ignored);
    return reply_wait(db, &ignored, fault);
}

/* Open questions are asked where someone sits at a terminal, else printed. *ret_asked: the transfer goes on. */
static bool ask_if_held(struct db *db, int64_t transfer, int status, bool *ret_asked, struct fault *fault)
{
    struct open_questions questions = {0};
    struct text answers;
    bool good = status != STATUS_WAITS || open_questions_load(db, transfer, &questions, fault);

    *ret_asked = false;
    text_init(&answers, ANSWERS_MAX);
    if (!good || questions.count == 0) {
        /* Nothing is open. */
    } else if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && !command_settings.json) {
        *ret_asked = open_questions_ask(&questions, stdin, stdout, &answers) > 0;
        good = !*ret_asked || answers_give(db, transfer, text_string(&answers), fault);
    } else if (command_settings.json) {
        open_questions_print_json(&questions, stdout);
    } else {
        printf("\n");
        open_questions_print(&questions, stdout);
        fprintf(stderr, "handover: nothing was sent. Write the answers into a file and give it with --answers; the "
                        "same command then goes on.\n");
    }
    text_release(&answers);
    open_questions_release(&questions);
    return good;
}

static bool carry_out(struct loop *loop, struct embedded *embedded, const struct intake *intake, int *ret_status,
                      struct fault *fault)
{
    scoped(db_close) struct db *db = NULL;
    int64_t transfer = 0;
    bool found = false;
    bool interrupted = false;
    bool asked = false;

    if (!command_connect(loop, &db, fault) || !account_key_guard(loop, db, intake->account, intake->key, fault) ||
        !intake_store(db, intake, true, &transfer, &found, fault) || !set_going(db, transfer, intake->answers, fault))
        return false;
    fprintf(stderr, "handover: %s transfer %" PRId64 " into %s, %" PRId64 " requests a minute%s\n",
            found ? "going on with" : "this is", transfer, intake->account, intake_settings.rate,
            intake_settings.rate == 0 ? " (no limit)" : "");
    do {
        if (!watch_transfer(loop, db, transfer, trouble_of, embedded, &interrupted, ret_status, fault) ||
            !ask_if_held(db, transfer, *ret_status, &asked, fault))
            return false;
    } while (asked);
    if (interrupted)
        fprintf(stderr, "\nhandover: stopping; what is under way is recorded. The same command goes on.\n");
    return true;
}

/* What is entered into the old program from then on has to be entered into Cliniko by hand. */
static void tell_when_taken(const struct source_facts *facts)
{
    for (size_t i = 0; i < facts->count; i++)
        if (strcmp(facts->facts[i].name, "taken_to") == 0 && strcmp(facts->facts[i].text, "unknown") != 0)
            fprintf(stderr,
                    "handover: the backup was taken on %s by its server's clock: what was entered later is not in it\n",
                    facts->facts[i].text);
}

/* Opens the source before anything is started, so that one that cannot be read is refused at once, and a backup is
 * unpacked from its zip once: the workers use the same copy while it is open here. */
static bool look_at_source(const char *path, struct source **ret, struct fault *fault)
{
    struct bar bar = {.title = "opening the source", .shown = -1};
    struct source_options options = {.progress = bar_move_bytes, .progress_context = &bar};
    struct source_facts facts = {0};
    bool good = source_open(path, &options, ret, fault);

    if (good) {
        source_describe(*ret, &facts);
        good = source_examine(*ret, &facts, fault);
        tell_when_taken(&facts);
    }
    bar_end(&bar);
    for (size_t i = 0; i < facts.warning_count; i++)
        fprintf(stderr, "handover: warning: %s\n", facts.warnings[i]);
    source_facts_release(&facts);
    return good;
}

static bool run(int count, char **arguments, int *ret_status, struct fault *fault)
{
    scoped(source_close) struct source *source = NULL;
    struct loop *loop = NULL;
    struct embedded *embedded = NULL;
    struct intake intake;
    bool good = intake_read(arguments[0], true, &intake, fault) && look_at_source(intake.source, &source, fault) &&
                loop_open(&loop, fault);

    (void)count;
    if (good && !command_settings.database_url[0])
        good = start_services(loop, &embedded, fault);
    good = good && carry_out(loop, embedded, &intake, ret_status, fault);
    embedded_stop(&embedded);
    loop_close(&loop);
    intake_release(&intake);
    return good;
}

const struct command command_run = {
    .name = "run",
    .usage = "SOURCE --profile FILE --to ADDRESS --key-file FILE",
    .summary =
        "Does a whole transfer: reads the source, checks, sends, compares. Run again after an interruption, it goes "
        "on; run again after the end, it sends only what is not in Cliniko yet.",
    .rows = rows,
    .takes_source = true,
    .least_arguments = 1,
    .most_arguments = 1,
    .run = run,
};
