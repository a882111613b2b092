/* Preflight: which of Cliniko's practitioners, locations and taxes those of the old system stand for. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "workers/preflight.h"

enum { RECORDS_MOST = 10000 };

static void add_match(struct preflight *preflight, int64_t ordinal, const char *id)
{
    preflight->matched = x_grow_array(preflight->matched, preflight->matched_count + 1, sizeof preflight->matched[0]);
    preflight->matched[preflight->matched_count++] =
        (struct record_outcome){.ordinal = ordinal, .state = RECORD_MATCHED, .cliniko_id = x_strdup(id)};
}

/* The operator's answer for a source key or a name: an id or name of Cliniko, or null for "leave behind". */
static const struct json *answer_for(const struct job *job, enum entity entity, const char *key, const char *name)
{
    const struct json *answers = json_member(json_member(job->context->options, "answers"), entity_facts(entity)->name);
    const struct json *answer = json_member(answers, key);

    return answer ? answer : json_member(answers, name);
}

static void match_record(struct job *job, enum entity entity, const struct db_rows *rows, int row, const char *name)
{
    struct preflight *preflight = job->state;
    const struct match_list *list = entity == ENTITY_PRACTITIONER ? &preflight->practitioners : &preflight->businesses;
    const char *key = db_text(rows, row, SCAN_KEY);
    const struct json *answer = answer_for(job, entity, key, name);
    enum match_result result = MATCH_NONE;
    size_t index = 0;

    if (!json_is_null(answer))
        result = match_find(list, json_text(answer, name), &index);
    if (result == MATCH_ONE) {
        add_match(preflight, db_integer(rows, row, SCAN_ORDINAL), list->items[index].id);
        return;
    }
    preflight->open = x_grow_array(preflight->open, preflight->open_count + 1, sizeof preflight->open[0]);
    preflight->open[preflight->open_count++] = (struct preflight_open){.entity = entity,
                                                                       .key = x_strdup(key),
                                                                       .name = x_strdup(name),
                                                                       .answer = x_strdup(json_text(answer, NULL)),
                                                                       .leave = json_is_null(answer),
                                                                       .several = result == MATCH_SEVERAL};
}

static char *name_of(enum entity entity, const struct json *payload)
{
    const char *first = json_text(json_member(payload, "first_name"), "");
    const char *last = json_text(json_member(payload, "last_name"), "");

    if (entity == ENTITY_BUSINESS)
        return x_strdup(json_text(json_member(payload, "name"), ""));
    return x_sprintf("%s%s%s", first, first[0] && last[0] ? " " : "", last);
}

static bool match_all(struct job *job, enum entity entity, const struct db_rows *rows, struct fault *fault)
{
    for (int row = 0; row < db_rows_count(rows); row++) {
        scoped(json_destroy) struct json *payload = NULL;
        scoped(string_free) char *name = NULL;

        if (!json_parse(db_text(rows, row, SCAN_PAYLOAD), db_size(rows, row, SCAN_PAYLOAD), &payload, fault))
            return false;
        name = name_of(entity, payload);
        match_record(job, entity, rows, row, name);
    }
    return true;
}

static void on_businesses(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct job *job = argument;
    struct fault own = {0};

    if (!fault && !match_all(job, ENTITY_BUSINESS, rows, &own))
        fault = &own;
    if (!preflight_is_over(job, fault))
        preflight_proceed(job);
}

void preflight_match_businesses(struct job *job)
{
    record_scan(job->db, job->transfer, ENTITY_BUSINESS, "staged", 0, RECORDS_MOST, on_businesses, job);
}

static void on_practitioners(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct job *job = argument;
    struct fault own = {0};

    if (!fault && !match_all(job, ENTITY_PRACTITIONER, rows, &own))
        fault = &own;
    if (!preflight_is_over(job, fault))
        preflight_proceed(job);
}

void preflight_match_practitioners(struct job *job)
{
    record_scan(job->db, job->transfer, ENTITY_PRACTITIONER, "staged", 0, RECORDS_MOST, on_practitioners, job);
}

/* The same rate is the same tax; the same name decides between several. */
static const struct preflight_tax *find_tax(const struct preflight *preflight, const char *name, double rate)
{
    const struct preflight_tax *found = NULL;

    for (size_t i = 0; i < preflight->tax_count; i++) {
        const struct preflight_tax *tax = &preflight->taxes[i];

        if (fabs(tax->rate - rate) < 1e-9 && (!found || strcmp(tax->name, name) == 0))
            found = tax;
    }
    return found;
}

static void on_taxes(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct job *job = argument;
    struct preflight *preflight = job->state;
    struct fault own = {0};

    for (int row = 0; !fault && row < db_rows_count(rows); row++) {
        scoped(json_destroy) struct json *payload = NULL;
        const struct preflight_tax *tax = NULL;

        if (!json_parse(db_text(rows, row, SCAN_PAYLOAD), db_size(rows, row, SCAN_PAYLOAD), &payload, &own)) {
            fault = &own;
            break;
        }
        tax = find_tax(preflight, json_text(json_member(payload, "name"), ""),
                       strtod(json_text(json_member(payload, "rate"), "-1"), NULL));
        if (tax)
            add_match(preflight, db_integer(rows, row, SCAN_ORDINAL), tax->id);
    }
    if (!preflight_is_over(job, fault))
        preflight_proceed(job);
}

void preflight_match_taxes(struct job *job)
{
    record_scan(job->db, job->transfer, ENTITY_TAX, "staged", 0, RECORDS_MOST, on_taxes, job);
}

static void on_written(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct job *job = argument;

    (void)rows;
    if (!preflight_is_over(job, fault))
        preflight_proceed(job);
}

void preflight_write_matches(struct job *job)
{
    struct preflight *preflight = job->state;

    record_finish(job->db, job->transfer, job->task, job->token, preflight->matched, preflight->matched_count,
                  on_written, job);
}
