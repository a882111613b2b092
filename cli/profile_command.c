#include "cli/profile_command.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "model/profile.h"
#include "source/coverage.h"
#include "source/draft.h"
#include "source/extraction.h"

enum { SHOWN = 3, PROBLEMS_SHOWN = 10, LEFT_SHOWN = 10, BALANCES_SHOWN = 5, ANSWERS_BYTES_MAX = 4 * 1024 * 1024 };

struct tally {
    uint64_t good[ENTITY_COUNT];
    uint64_t problems[ENTITY_COUNT];
    uint64_t warnings[ENTITY_COUNT];
    uint64_t problem_count;
    uint64_t left_count;
    struct text shown_left;
    struct text shown_problems;
    struct text shown_warnings;
    struct text preview;
};

static void count_record(struct tally *tally, const struct staged_record *record)
{
    if (record->left_behind) {
        if (tally->left_count++ < LEFT_SHOWN)
            text_printf(&tally->shown_left, "  %s %s: %s\n", entity_facts(record->entity)->name, record->source_key,
                        record->problem);
        return;
    }
    if (record->problem) {
        tally->problems[record->entity]++;
        if (tally->problem_count++ < PROBLEMS_SHOWN)
            text_printf(&tally->shown_problems, "  %s: %s\n", entity_facts(record->entity)->name, record->problem);
        return;
    }
    if (tally->good[record->entity]++ < SHOWN)
        text_printf(&tally->preview, "  %s %s %.*s\n", entity_facts(record->entity)->name, record->source_key,
                    (int)record->payload.size, record->payload.data);
    if (record->warning && tally->warnings[record->entity]++ < SHOWN)
        text_printf(&tally->shown_warnings, "  %s %s: %s\n", entity_facts(record->entity)->name, record->source_key,
                    record->warning);
}

static bool extract_all(struct extraction *extraction, struct tally *tally, struct fault *fault)
{
    struct staged_record record;
    bool end = false;

    while (extraction_next(extraction, &record, &end, fault)) {
        if (end)
            return true;
        if (record.source_key)
            count_record(tally, &record);
    }
    return false;
}

static void put_section(const char *title, const struct text *lines, struct text *out)
{
    if (lines->size == 0)
        return;
    text_printf(out, "\n%s\n", title);
    text_put(out, lines->data, lines->size);
}

static void put_tally(const struct tally *tally, struct text *out)
{
    for (int entity = 0; entity < ENTITY_COUNT; entity++) {
        if (tally->good[entity] + tally->problems[entity] == 0)
            continue;
        text_printf(out, "%s: %" PRIu64 " records, %" PRIu64 " problems, %" PRIu64 " with warnings\n",
                    entity_facts((enum entity)entity)->plural, tally->good[entity], tally->problems[entity],
                    tally->warnings[entity]);
    }
}

static void put_counts(const struct extraction *extraction, struct text *out)
{
    for (size_t i = 0; i < extraction_count_size(extraction); i++) {
        struct extraction_count count = extraction_count_at(extraction, i);

        if (count.rows)
            text_printf(out, "%s: %" PRIu64 " rows %s%s\n", entity_facts(count.entity)->plural, count.rows,
                        count.repeated ? "" : "left behind: ", count.repeated ? "repeat a record" : count.reason);
    }
}

static void put_left_entry(const struct left_entry *entry, struct text *out)
{
    if (entry->table && (!entry->present || entry->rows == 0))
        return;
    text_printf(out, "  %s", entry->what);
    if (entry->table)
        text_printf(out, ": %" PRIu64 " rows of %s", entry->rows, entry->table);
    else if (entry->balances)
        text_printf(out, ": %" PRIu64, entry->rows);
    if (entry->unread)
        text_printf(out, ", %" PRIu64 " of them without a patient or an amount that can be read", entry->unread);
    text_printf(out, "%s%s\n", entry->advice ? ". " : "", entry->advice ? entry->advice : "");
}

static void put_left_behind(const struct left_behind *left, struct text *out)
{
    struct text lines;

    text_init(&lines, out->cap);
    for (size_t i = 0; i < left_behind_size(left); i++) {
        struct left_entry entry = left_behind_at(left, i);

        put_left_entry(&entry, &lines);
    }
    put_section("Left behind as a whole:", &lines, out);
    text_clear(&lines);
    for (size_t i = 0; i < left_behind_balance_size(left) && i < BALANCES_SHOWN; i++) {
        struct left_balance balance = left_behind_balance_at(left, i);

        text_printf(&lines, "  %s %s\n", balance.source_key, balance.amount);
    }
    put_section("First balances:", &lines, out);
    text_release(&lines);
}

static bool put_coverage(const char *path, const struct profile *profile, struct text *out, struct fault *fault)
{
    struct source_options options = {.encoding = profile->encoding, .separator = profile->separator};
    scoped(source_close) struct source *source = NULL;
    struct text lines;
    bool done = false;

    text_init(&lines, out->cap);
    done = source_open(path, &options, &source, fault) && coverage_describe(source, profile, &lines, fault);
    put_section("Not read by the profile:", &lines, out);
    text_release(&lines);
    return done;
}

static void put_findings(const struct extraction *extraction, const struct tally *tally, struct text *out)
{
    put_tally(tally, out);
    put_counts(extraction, out);
    put_section("Left behind and named, the first:", &tally->shown_left, out);
    put_left_behind(extraction_left_behind(extraction), out);
    put_section("First problems:", &tally->shown_problems, out);
    put_section("First warnings:", &tally->shown_warnings, out);
    put_section("First records:", &tally->preview, out);
}

static bool check_source(const char *path, const struct profile *profile, const struct extraction_options *options,
                         struct tally *tally, struct text *out, struct fault *fault)
{
    scoped(extraction_close) struct extraction *extraction = NULL;
    bool done = false;

    if (!extraction_open(path, profile, options, &extraction, fault))
        return false;
    done = extract_all(extraction, tally, fault);
    put_findings(extraction, tally, out);
    return done && put_coverage(path, profile, out, fault);
}

static bool read_answers(const char *path, const struct profile *profile, struct json **ret, struct fault *fault)
{
    scoped(file_close) FILE *file = path ? fopen(path, "rb") : NULL;
    scoped(string_free) char *content = NULL;
    size_t size = 0;

    if (!path)
        return true;
    if (!file)
        return fault_errno(fault, FAULT_BAD_INPUT, "answers %s cannot be opened", path);
    content = x_alloc(ANSWERS_BYTES_MAX + 1);
    size = fread(content, 1, ANSWERS_BYTES_MAX + 1, file);
    if (ferror(file) || size > ANSWERS_BYTES_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "answers %s cannot be read, or are larger than %d bytes", path,
                         ANSWERS_BYTES_MAX);
    if (!json_parse(content, size, ret, fault) || !questions_check(profile->questions, *ret, fault))
        return fault_prefix(fault, "answers %s", path);
    return true;
}

static bool check(const char *profile_path, const char *source_path, const struct profile_check_options *given,
                  struct text *out, enum profile_result *ret, struct fault *fault)
{
    struct extraction_options options = {.time_zone = given->time_zone};
    scoped(profile_destroy) struct profile *profile = NULL;
    scoped(json_destroy) struct json *answers = NULL;
    struct tally tally = {0};
    bool done = false;

    text_init(&tally.shown_left, out->cap);
    text_init(&tally.shown_problems, out->cap);
    text_init(&tally.shown_warnings, out->cap);
    text_init(&tally.preview, out->cap);
    done = profile_load(profile_path, &profile, fault) && read_answers(given->answers, profile, &answers, fault);
    options.answers = answers;
    done = done && check_source(source_path, profile, &options, &tally, out, fault);
    *ret = tally.problem_count ? PROFILE_HAS_PROBLEMS : PROFILE_FITS;
    text_release(&tally.shown_left);
    text_release(&tally.shown_problems);
    text_release(&tally.shown_warnings);
    text_release(&tally.preview);
    return done;
}

bool profile_command(int argc, char **argv, const struct profile_check_options *options, struct text *out,
                     struct text *notes, enum profile_result *ret, struct fault *fault)
{
    *ret = PROFILE_FITS;
    if (argc == 2 && strcmp(argv[0], "draft") == 0)
        return draft_profile(argv[1], out, notes, fault);
    if (argc == 3 && strcmp(argv[0], "check") == 0)
        return check(argv[1], argv[2], options, out, ret, fault);
    return fault_set(fault, FAULT_BAD_INPUT,
                     "usage: handover profile draft SOURCE, or handover profile check PROFILE SOURCE");
}
