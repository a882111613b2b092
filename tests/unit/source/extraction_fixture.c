#include "extraction_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"

enum { LINES_BYTES_MAX = 4 * 1024 * 1024, TODAY = 20500 };

static void keep(struct outcome *outcome, const struct staged_record *record)
{
    const char *name = entity_facts(record->entity)->name;

    if (record->left_behind) {
        outcome->left[record->entity]++;
        text_printf(&outcome->lines, "%s %s - %s\n", name, record->source_key, record->problem);
        return;
    }
    if (record->problem) {
        outcome->problems[record->entity]++;
        text_printf(&outcome->lines, "%s %s ! %s\n", name, record->source_key, record->problem);
        return;
    }
    outcome->good[record->entity]++;
    text_printf(&outcome->lines, "%s %s %.*s\n", name, record->source_key, (int)record->payload.size,
                record->payload.data);
    if (record->warning) {
        outcome->warnings[record->entity]++;
        text_printf(&outcome->lines, "%s %s ~ %s\n", name, record->source_key, record->warning);
    }
}

static void keep_counts(struct outcome *outcome, const struct extraction *extraction)
{
    for (size_t i = 0; i < extraction_count_size(extraction); i++) {
        struct extraction_count count = extraction_count_at(extraction, i);

        if (count.rows)
            text_printf(&outcome->counts, "%s %d %s\n", entity_facts(count.entity)->name, (int)count.rows,
                        count.reason);
    }
}

static void keep_left(struct outcome *outcome, const struct left_behind *left)
{
    for (size_t i = 0; i < left_behind_size(left); i++) {
        struct left_entry entry = left_behind_at(left, i);

        if (entry.present || !entry.table)
            text_printf(&outcome->counts, "%s %d, %d unread\n", entry.what, (int)entry.rows, (int)entry.unread);
    }
    for (size_t i = 0; i < left_behind_balance_size(left); i++) {
        struct left_balance balance = left_behind_balance_at(left, i);

        text_printf(&outcome->counts, "balance %s %s\n", balance.source_key, balance.amount);
    }
}

static void run(struct outcome *outcome, const struct profile *profile, const char *source_path, const char *time_zone,
                const struct json *answers)
{
    struct extraction_options options = {.time_zone = time_zone, .today = TODAY, .answers = answers};
    struct extraction *extraction = NULL;
    struct staged_record record;
    bool end = false;

    if (!extraction_open(source_path, profile, &options, &extraction, &outcome->fault))
        return;
    while (extraction_next(extraction, &record, &end, &outcome->fault) && !end)
        if (record.source_key)
            keep(outcome, &record);
    keep_counts(outcome, extraction);
    if (end)
        keep_left(outcome, extraction_left_behind(extraction));
    extraction_close(&extraction);
}

void outcome_run(struct outcome *outcome, const char *profile_path, const char *profile_json, const char *source_path,
                 const char *time_zone)
{
    outcome_run_answered(outcome, profile_path, profile_json, source_path, time_zone, "{}");
}

void outcome_run_answered(struct outcome *outcome, const char *profile_path, const char *profile_json,
                          const char *source_path, const char *time_zone, const char *answers)
{
    scoped(json_destroy) struct json *tree = NULL;
    struct profile *profile = NULL;
    struct fault fault = {0};

    *outcome = (struct outcome){0};
    text_init(&outcome->lines, LINES_BYTES_MAX);
    text_init(&outcome->counts, LINES_BYTES_MAX);
    cr_assert(profile_path ? profile_load(profile_path, &profile, &fault)
                           : profile_parse(profile_json, strlen(profile_json), &profile, &fault),
              "%s", fault.text);
    cr_assert(json_parse(answers, strlen(answers), &tree, &fault) && questions_check(profile->questions, tree, &fault),
              "%s", fault.text);
    run(outcome, profile, source_path, time_zone, tree);
    profile_destroy(&profile);
}

void outcome_release(struct outcome *outcome)
{
    text_release(&outcome->lines);
    text_release(&outcome->counts);
}

void outcome_expect_line(const struct outcome *outcome, const char *line)
{
    const char *all = text_string(&outcome->lines);
    const char *at = strstr(all, line);
    size_t size = strlen(line);

    while (at && ((at > all && at[-1] != '\n') || at[size] != '\n'))
        at = strstr(at + 1, line);
    cr_expect(at != NULL, "no line '%s' in\n%.3000s\n%s", line, all, outcome->fault.text);
}

const char *shipped_profile(const char *name)
{
    static char path[400];

    snprintf(path, sizeof path, "%s/profiles/%s", PROJECT_DIR, name);
    return path;
}
