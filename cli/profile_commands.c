/* `handover profile …` as commands: profile_command.c does the work, this file gives it to the table of commands. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "cli/command.h"
#include "cli/profile_command.h"
#include "cli/source_choice.h"

enum { OUTPUT_MAX = 64 * 1024 * 1024, PREVIEW_MAX = 1000 };

static struct {
    const char *time_zone;
    const char *answers;
    int64_t preview;
    bool all;
} settings;

static const struct setting check_rows[] = {
    {.name = "time-zone",
     .type = SETTING_TEXT,
     .target = &settings.time_zone,
     .help = "Time zone (Australia/Melbourne) of times for which the profile finds none."},
    {.name = "answers",
     .type = SETTING_TEXT,
     .target = &settings.answers,
     .help = "File with the clinic's answers to the questions of the profile."},
    {.name = "preview",
     .type = SETTING_INTEGER,
     .target = &settings.preview,
     .fallback = "3",
     .least = 0,
     .greatest = PREVIEW_MAX,
     .unit = "records of each kind",
     .help = "How many records are shown as they would be sent."},
    {.name = "all",
     .type = SETTING_SWITCH,
     .target = &settings.all,
     .fallback = "0",
     .help = "Show every finding and the empty values of every column that is read; --json does so in any case."},
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
    struct profile_check_options options = {.time_zone = settings.time_zone,
                                            .answers = settings.answers,
                                            .preview = (uint64_t)settings.preview,
                                            .all = settings.all,
                                            .json = command_settings.json};

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
    .rows = check_rows,
    .takes_source = true,
    .least_arguments = 2,
    .most_arguments = 2,
    .run = run_check,
};
