/* Preflight: which of Cliniko's practitioners, locations and taxes those of the old system stand for. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "workers/preflight.h"

enum { RECORDS_MOST = 10000, KNOWN_MOST = 12, KNOWN_MAX = 4000 };

void preflight_add_match(struct preflight *preflight, int64_t ordinal, const char *id)
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

struct source_record {
    int64_t ordinal;
    const char *key;
    char *name;
    bool inactive;
};

struct source_records {
    enum entity entity;
    struct source_record *items;
    size_t count;
    struct match_list names; /* by which those of one name are found */
};

static void source_records_release(struct source_records *records)
{
    for (size_t i = 0; i < records->count; i++)
        free(records->items[i].name);
    free(records->items);
    match_release(&records->names);
}

static void add_open(struct preflight *preflight, const struct preflight_open *open, const char *answer,
                     const char *same)
{
    struct preflight_open *added = NULL;

    preflight->open = x_grow_array(preflight->open, preflight->open_count + 1, sizeof preflight->open[0]);
    added = &preflight->open[preflight->open_count++];
    *added = *open;
    added->answer = x_strdup(answer);
    added->same = x_strdup(same);
}

/* Who bears the name of somebody in Cliniko is taken for that person, unless the name is not theirs alone in the old
 * system or they work there no longer: then the clinic says so. */
static void match_record(struct job *job, const struct source_records *records, const struct source_record *record)
{
    struct preflight *preflight = job->state;
    enum entity entity = records->entity;
    const struct match_list *list = entity == ENTITY_PRACTITIONER ? &preflight->practitioners : &preflight->businesses;
    const struct json *answer = answer_for(job, entity, record->key, record->name);
    struct preflight_open open = {
        .entity = entity, .ordinal = record->ordinal, .leave = json_is_null(answer), .inactive = record->inactive};
    enum match_result result = MATCH_NONE;
    const char *same = NULL;
    size_t index = 0;

    if (!open.leave)
        result = match_find(list, json_text(answer, record->name), &index);
    open.several = result == MATCH_SEVERAL;
    if (result == MATCH_ONE) {
        open.namesakes = match_count(&records->names, record->name);
        if (answer || (open.namesakes == 1 && !open.inactive)) {
            preflight_add_match(preflight, record->ordinal, list->items[index].id);
            return;
        }
        same = list->items[index].id;
    }
    open.key = x_strdup(record->key);
    open.name = x_strdup(record->name);
    add_open(preflight, &open, json_text(answer, NULL), same);
}

static char *name_of(enum entity entity, const struct json *payload)
{
    const char *first = json_text(json_member(payload, "first_name"), "");
    const char *last = json_text(json_member(payload, "last_name"), "");

    if (entity == ENTITY_BUSINESS)
        return x_strdup(json_text(json_member(payload, "name"), ""));
    return x_sprintf("%s%s%s", first, first[0] && last[0] ? " " : "", last);
}

static bool read_records(const struct db_rows *rows, struct source_records *records, struct fault *fault)
{
    records->items = x_alloc_array((size_t)db_rows_count(rows) + 1, sizeof records->items[0]);
    for (int row = 0; row < db_rows_count(rows); row++) {
        scoped(json_destroy) struct json *payload = NULL;
        char *name = NULL;

        if (!json_parse(db_text(rows, row, SCAN_PAYLOAD), db_size(rows, row, SCAN_PAYLOAD), &payload, fault))
            return false;
        name = name_of(records->entity, payload);
        match_add(&records->names, "", NULL, (const char *const[3]){name, NULL, NULL});
        records->items[records->count++] =
            (struct source_record){.ordinal = db_integer(rows, row, SCAN_ORDINAL),
                                   .key = db_text(rows, row, SCAN_KEY),
                                   .name = name,
                                   .inactive = !json_bool(json_member(payload, "active"), true)};
    }
    return true;
}

static bool is_among(const struct source_records *records, const char *answered)
{
    for (size_t i = 0; i < records->count; i++)
        if (strcmp(records->items[i].key, answered) == 0 || strcmp(records->items[i].name, answered) == 0)
            return true;
    return false;
}

/* An answer that is about nobody is a mistyped one: without it the transfer would do what the clinic did not want. */
static void check_answers(struct job *job, const struct source_records *records)
{
    const char *section = entity_facts(records->entity)->name;
    const struct json *answers = json_member(json_member(job->context->options, "answers"), section);
    struct text known;

    text_init(&known, KNOWN_MAX);
    for (size_t i = 0; i < records->count && i < KNOWN_MOST; i++)
        text_printf(&known, "%s %s (%.60s)", i ? "," : "", records->items[i].key, records->items[i].name);
    if (records->count > KNOWN_MOST)
        text_printf(&known, " and %zu more", records->count - KNOWN_MOST);
    for (const struct json *answer = json_first(answers); answer; answer = json_next(answer))
        if (!is_among(records, json_name(answer)))
            preflight_find(job->state,
                           "The answers name the %s '%.80s', but neither a key nor a name of the old system is written "
                           "so; there %s:%s. Correct that answer.",
                           records->entity == ENTITY_PRACTITIONER ? "practitioner" : "location", json_name(answer),
                           records->count == 1 ? "is" : "are", known.size ? text_string(&known) : " none");
    text_release(&known);
}

static void match_all(struct job *job, enum entity entity, const struct db_rows *rows, const struct fault *fault)
{
    struct source_records records = {.entity = entity};
    struct fault own = {0};

    if (!fault && !read_records(rows, &records, &own))
        fault = &own;
    if (!preflight_is_over(job, fault)) {
        check_answers(job, &records);
        for (size_t i = 0; i < records.count; i++)
            match_record(job, &records, &records.items[i]);
        preflight_proceed(job);
    }
    source_records_release(&records);
}

static void on_reconsidered(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct job *job = argument;

    (void)rows;
    if (!preflight_is_over(job, fault))
        preflight_proceed(job);
}

void preflight_begin_matching(struct job *job)
{
    record_reconsider(job->db, job->transfer, job->task, job->token, on_reconsidered, job);
}

static void on_businesses(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    match_all(argument, ENTITY_BUSINESS, rows, fault);
}

void preflight_match_businesses(struct job *job)
{
    record_scan(job->db, job->transfer, ENTITY_BUSINESS, "staged", 0, RECORDS_MOST, on_businesses, job);
}

static void on_practitioners(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    match_all(argument, ENTITY_PRACTITIONER, rows, fault);
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
            preflight_add_match(preflight, db_integer(rows, row, SCAN_ORDINAL), tax->id);
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

/* Namesakes without appointments take nothing from anybody. */
static bool is_alone(const struct preflight *preflight, const struct preflight_open *open)
{
    size_t idle = 0;

    for (size_t i = 0; i < preflight->open_count; i++) {
        const struct preflight_open *other = &preflight->open[i];

        idle += other != open && other->entity == open->entity && other->same && other->appointments == 0 &&
                strcmp(other->same, open->same) == 0;
    }
    return open->namesakes == idle + 1;
}

/* Where no appointment depends on it, or nobody else's appointments could be meant, whoever bears the name is right. */
static void match_unasked(struct preflight *preflight)
{
    for (size_t i = 0; i < preflight->open_count; i++) {
        struct preflight_open *open = &preflight->open[i];

        if (!open->same)
            continue;
        open->settled = open->appointments == 0 || (!open->inactive && is_alone(preflight, open));
        if (open->settled)
            preflight_add_match(preflight, open->ordinal, open->same);
    }
}

/* Nothing of a transfer needs it, so it is told and stops nothing. */
static void warn_of_mobile(struct preflight *preflight)
{
    for (size_t i = 0; preflight->lacks_mobile && i < preflight->matched_count; i++) {
        struct record_outcome *outcome = &preflight->matched[i];

        if (outcome->ordinal / RECORD_ENTITY_STRIDE == ENTITY_PRACTITIONER &&
            strcmp(outcome->cliniko_id, preflight->own_id) == 0)
            outcome->warning = x_strdup("the administrator whose key is used has no mobile number in Cliniko: add it "
                                        "there, a code for the go-ahead could not be sent");
    }
}

void preflight_write_matches(struct job *job)
{
    struct preflight *preflight = job->state;

    match_unasked(preflight);
    warn_of_mobile(preflight);
    record_finish(job->db, job->transfer, job->task, job->token, preflight->matched, preflight->matched_count,
                  on_written, job);
}
