/* `handover inspect`: what a source is, what tables it has, and whether it is sound. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "cli/bar.h"
#include "cli/command.h"
#include "cli/inspect_parts.h"
#include "cli/source_choice.h"

static struct {
    const char *sample;
    const char *csv;
    bool check;
} settings;

static const struct setting rows[] = {
    {.name = "sample",
     .type = SETTING_TEXT,
     .target = &settings.sample,
     .help = "Show the first rows of this table instead. Status 3: some of it is damaged."},
    {.name = "csv",
     .type = SETTING_TEXT,
     .target = &settings.csv,
     .help = "Write this table to standard output as CSV (UTF-8; NULL is an empty field, empty text is \"\", bytes are "
             "0x and hexadecimal digits)."},
    {.name = "check",
     .type = SETTING_SWITCH,
     .target = &settings.check,
     .fallback = "0",
     .help =
         "Read every page, every row and every large value, and say what is damaged or missing. Status 3: something is."},
    {.name = NULL},
};

/* Opens the source and asks what it says of itself. */
static bool open_source(const char *path, struct source **ret, struct source_facts *facts, struct fault *fault)
{
    struct bar bar = {.title = "opening", .shown = -1};
    struct source_options options = {
        .salvage = !settings.csv, .whole_values = settings.check, .progress = bar_move_bytes, .progress_context = &bar};
    bool good = source_open(path, &options, ret, fault);

    if (good) {
        source_describe(*ret, facts);
        good = source_examine(*ret, facts, fault);
    }
    bar_end(&bar);
    return good;
}

/* What is said of a source as a whole goes beside its rows, which may be read by a program. */
static void print_warnings(const struct source_facts *facts)
{
    for (size_t i = 0; i < facts->warning_count; i++)
        fprintf(stderr, "handover: warning: %s\n", facts->warnings[i]);
}

static bool overview(struct inspection *inspection, int *ret_status, struct fault *fault)
{
    if (settings.check && !inspection_check(inspection, fault))
        return false;
    inspection_read_tables(inspection, settings.check);
    if (command_settings.json)
        inspection_print_json(inspection, stdout);
    else
        inspection_print(inspection, stdout);
    *ret_status = inspection_is_readable(inspection) && (!settings.check || inspection_is_good(inspection))
                      ? STATUS_DONE
                      : STATUS_WITH_FAILURES;
    return true;
}

static bool run(int count, char **arguments, int *ret_status, struct fault *fault)
{
    scoped(string_free) char *path = source_choice_path(arguments[0]);
    scoped(source_close) struct source *source = NULL;
    struct inspection inspection = {.path = arguments[0]};
    bool good = open_source(path, &source, &inspection.facts, fault);

    (void)count;
    *ret_status = STATUS_DONE;
    inspection.source = source;
    if (good && (settings.csv || settings.sample))
        print_warnings(&inspection.facts);
    if (good && settings.csv)
        good = inspect_csv(source, settings.csv, stdout, fault);
    else if (good && settings.sample)
        good = inspect_sample(source, settings.sample, command_settings.json, stdout, ret_status, fault);
    else if (good)
        good = overview(&inspection, ret_status, fault);
    inspection_release(&inspection);
    if (good && (fflush(stdout) != 0 || ferror(stdout)))
        return fault_errno(fault, FAULT_BAD_INPUT, "the output could not be written to its end");
    return good;
}

const struct command command_inspect = {
    .name = "inspect",
    .usage = "SOURCE [--sample TABLE | --csv TABLE | --check]",
    .summary =
        "Says what a source is (SQL Server backup, zip, folder of CSV files), and lists its tables with rows and "
        "columns. Nothing is changed.",
    .rows = rows,
    .takes_source = true,
    .least_arguments = 1,
    .most_arguments = 1,
    .run = run,
};
