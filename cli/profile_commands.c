/* `handover profile …` as commands: profile_command.c does the work, this file gives it to the table of commands. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "cli/command.h"
#include "cli/profile_command.h"
#include "cli/source_choice.h"

enum { OUTPUT_MAX = 64 * 1024 * 1024 };

static struct profile_check_options options;

static const struct setting rows[] = {
    {.name = "time-zone",
     .type = SETTING_TEXT,
     .target = &options.time_zone,
     .help = "Time zone (Australia/Melbourne) of times for which the profile finds none."},
    {.name = "answers",
     .type = SETTING_TEXT,
     .target = &options.answers,
     .help = "File with the clinic's answers to the questions of the profile (profile check)."},
    {.name = NULL},
};

static bool run(const char *word, int count, char **arguments, int *ret_status, struct fault *fault)
{
    scoped(string_free) char *verb = x_strdup(word);
    scoped(string_free) char *source = NULL;
    char *all[4] = {verb};
    struct text out;
    struct text notes;
    enum profile_result result = PROFILE_FITS;
    bool good = false;

    for (int i = 0; i < count; i++)
        all[i + 1] = arguments[i];
    source = source_choice_path(all[count]);
    all[count] = source;
    text_init(&out, OUTPUT_MAX);
    text_init(&notes, OUTPUT_MAX);
    good = profile_command(count + 1, all, &options, &out, &notes, &result, fault);
    fputs(text_string(&notes), stderr);
    fputs(text_string(&out), stdout);
    text_release(&out);
    text_release(&notes);
    *ret_status = result == PROFILE_FITS ? STATUS_DONE : STATUS_WITH_FAILURES;
    return good;
}

static bool run_draft(int count, char **arguments, int *ret_status, struct fault *fault)
{
    return run("draft", count, arguments, ret_status, fault);
}

static bool run_check(int count, char **arguments, int *ret_status, struct fault *fault)
{
    return run("check", count, arguments, ret_status, fault);
}

const struct command command_profile_draft = {
    .name = "profile draft",
    .usage = "SOURCE",
    .summary = "Proposes a profile for a source, on standard output; its reasons go to standard error.",
    .rows = rows,
    .takes_source = true,
    .least_arguments = 1,
    .most_arguments = 1,
    .run = run_draft,
};

const struct command command_profile_check = {
    .name = "profile check",
    .usage = "PROFILE SOURCE",
    .summary =
        "Says what a profile makes of a source, without sending anything. Status 3: some rows would not go over.",
    .rows = rows,
    .takes_source = true,
    .least_arguments = 2,
    .most_arguments = 2,
    .run = run_check,
};
