#include "cli/profile_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "cli/findings.h"
#include "cli/preview.h"
#include "source/coverage.h"

enum { ANSWERS_BYTES_MAX = 4 * 1024 * 1024 };

struct check {
    const struct profile_check_options *options;
    const char *source_path;
    struct profile *profile;
    struct json *answers;          /* NULL for none */
    struct source *source;         /* beside that of the extraction: for what it does not give */
    struct extraction *extraction; /* NULL until tables and columns were found to be there */
    struct findings findings;
    struct text preview; /* a line each; with `json` the elements of a list */
    struct json_writer preview_writer;
    uint64_t previewed[ENTITY_COUNT];
};

static bool read_answers(struct check *check, struct fault *fault)
{
    const char *path = check->options->answers;
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
    if (!json_parse(content, size, &check->answers, fault) ||
        !questions_check(check->profile->questions, check->answers, fault))
        return fault_prefix(fault, "answers %s", path);
    return true;
}

static void put_preview_text(struct check *check, const struct staged_record *record, const struct text *body,
                             const struct fault *why)
{
    const struct entity_facts *facts = entity_facts(record->entity);

    text_printf(&check->preview, "  %s %s%s: %s\n", facts->name, record->source_key,
                facts->kind ? "" : ", which is matched and not sent", why ? why->text : text_string(body));
}

static void put_preview_json(struct check *check, const struct staged_record *record, const struct text *body,
                             const struct fault *why)
{
    const struct entity_facts *facts = entity_facts(record->entity);
    struct json_writer *writer = &check->preview_writer;

    json_begin_object(writer);
    json_member_text(writer, "entity", facts->name);
    json_member_text(writer, "key", record->source_key);
    if (why)
        json_member_text(writer, "problem", why->text);
    if (!why) {
        json_key(writer, facts->kind ? "body" : "matched");
        json_put_raw(writer, text_slice(body));
    }
    json_end_object(writer);
}

static void preview(struct check *check, const struct staged_record *record)
{
    struct fault why = {0};
    struct text body;
    bool good = false;

    if (record->problem || record->left_behind || check->previewed[record->entity] >= check->options->preview)
        return;
    check->previewed[record->entity]++;
    text_init(&body, check->preview.cap);
    good = preview_write(record, check->source, &body, &why);
    (check->options->json ? put_preview_json : put_preview_text)(check, record, &body, good ? NULL : &why);
    text_release(&body);
}

static bool extract_all(struct check *check, struct fault *fault)
{
    struct staged_record record;
    bool end = false;

    while (extraction_next(check->extraction, &record, &end, fault)) {
        if (end)
            return true;
        if (!record.source_key)
            continue;
        findings_take(&check->findings, &record);
        preview(check, &record);
    }
    return false;
}

static bool open_source(struct check *check, struct fault *fault)
{
    struct source_options options = {.encoding = check->profile->encoding, .separator = check->profile->separator};

    return source_open(check->source_path, &options, &check->source, fault);
}

static bool look(struct check *check, struct fault *fault)
{
    struct extraction_options options = {.time_zone = check->options->time_zone, .answers = check->answers};

    options.observer = &check->findings.observer;
    if (!open_source(check, fault) ||
        !fit_find(check->source, check->profile, check->answers, &check->findings.fit, fault))
        return false;
    if (check->findings.fit.count)
        return fault_set(
            fault, FAULT_BAD_INPUT,
            "%zu of the tables and columns that the profile reads %s not in the source: correct the profile, "
            "or take the source that it is for",
            check->findings.fit.count, check->findings.fit.count == 1 ? "is" : "are");
    return extraction_open(check->source_path, check->profile, &options, &check->extraction, fault) &&
           extract_all(check, fault) &&
           coverage_describe(check->source, check->profile, &check->findings.coverage, fault);
}

static void put_text(const struct check *check, struct text *out)
{
    if (check->findings.fit.count)
        findings_put_misfits(&check->findings, out);
    if (check->extraction)
        findings_put_text(&check->findings, check->extraction, check->options->all, out);
    if (check->preview.size == 0)
        return;
    text_puts(out, "\nFirst records as they would be sent (<…>: Cliniko's ids, which are known then):\n");
    text_put(out, check->preview.data, check->preview.size);
}

static void put_json(struct check *check, bool fits, const struct fault *fault, struct text *out)
{
    struct json_writer writer;

    json_end_array(&check->preview_writer);
    json_write_init(&writer, out);
    json_begin_object(&writer);
    json_member_text(&writer, "profile", check->profile->name);
    json_member_text(&writer, "source", check->source_path);
    json_member_bool(&writer, "fits", fits);
    json_member_text(&writer, "error", fault ? fault->text : NULL);
    findings_put_json(&check->findings, check->extraction, &writer);
    json_key(&writer, "preview");
    json_put_raw(&writer, text_slice(&check->preview));
    json_end_object(&writer);
    text_putc(out, '\n');
}

static bool run(struct check *check, struct text *out, enum profile_result *ret, struct fault *fault)
{
    bool done = false;

    findings_init(&check->findings, check->profile);
    text_init(&check->preview, out->cap);
    json_write_init(&check->preview_writer, &check->preview);
    if (check->options->json)
        json_begin_array(&check->preview_writer);
    done = look(check, fault);
    *ret = check->findings.problem_count ? PROFILE_HAS_PROBLEMS : PROFILE_FITS;
    if (check->options->json)
        put_json(check, done && *ret == PROFILE_FITS, done ? NULL : fault, out);
    else
        put_text(check, out);
    text_release(&check->preview);
    extraction_close(&check->extraction);
    source_close(&check->source);
    findings_release(&check->findings);
    return done;
}

bool profile_check(const char *profile_path, const char *source_path, const struct profile_check_options *options,
                   struct text *out, enum profile_result *ret, struct fault *fault)
{
    struct check check = {.options = options, .source_path = source_path};
    bool done = profile_load(profile_path, &check.profile, fault) && read_answers(&check, fault) &&
                run(&check, out, ret, fault);

    json_destroy(&check.answers);
    profile_destroy(&check.profile);
    return done;
}
