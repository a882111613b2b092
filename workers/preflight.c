/* Kind "preflight": everything that can be known before the first write. The key and its user's role, the practitioners
 * and locations to match, the time zones, what stands in the account already, and rows that cannot be sent. What it
 * finds wrong stops the transfer with every finding named at once; nothing has been written to Cliniko by then. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cliniko/list.h"
#include "cliniko/object.h"
#include "cliniko/path.h"
#include "db/account.h"
#include "db/record.h"
#include "db/transfer.h"
#include "workers/ids.h"
#include "workers/job.h"
#include "workers/match.h"

enum { FINDINGS_MAX = 16 * 1024, RECORDS_MOST = 10000, EXAMPLES_MOST = 5 };

struct preflight {
    struct cliniko_call *call;
    struct cliniko_list *list;
    char user_id[ID_SIZE];
    bool is_practitioner;
    struct match_list practitioners;
    struct match_list businesses;
    struct match_list *target; /* of the list under way */
    struct fault list_fault;
    struct text findings; /* one sentence each, separated by blanks */
    int64_t existing;     /* patients in the account */
    struct record_outcome *matched;
    size_t matched_count;
};

static void finding(struct preflight *preflight, const char *format, ...) PRINTF_LIKE(2, 3);

static void finding(struct preflight *preflight, const char *format, ...)
{
    char sentence[1000];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    text_printf(&preflight->findings, "%s%s", preflight->findings.size ? " " : "", sentence);
}

/* True when the job is over and the step must not go on. */
static bool is_over(struct job *job, const struct fault *fault)
{
    if (job->ended)
        return true;
    if (fault) {
        job_ended_by(job, fault);
        return true;
    }
    if (job->stopping)
        job_returned(job, 0, NULL);
    return job->stopping;
}

static const struct json *option(const struct job *job, const char *name)
{
    return json_member(job->context->options, name);
}

static void on_moved(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct job *job = argument;

    (void)rows;
    if (!is_over(job, fault))
        job_done(job);
}

/* The last step: on to running, to the operator's approval, or no further. */
static void decide(struct job *job)
{
    struct preflight *preflight = job->state;

    if (preflight->findings.size)
        transfer_move(job->db, job->transfer, TRANSFER_PREFLIGHT, TRANSFER_FAILED, text_string(&preflight->findings),
                      on_moved, job);
    else if (json_bool(option(job, "approve"), false))
        transfer_move(job->db, job->transfer, TRANSFER_PREFLIGHT, TRANSFER_SCHEDULED, NULL, on_moved, job);
    else
        transfer_move(job->db, job->transfer, TRANSFER_PREFLIGHT, TRANSFER_WAITING, "waits for approval", on_moved,
                      job);
}

static void on_problems(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct job *job = argument;
    struct preflight *preflight = job->state;
    const char *policy = json_text(option(job, "bad_rows"), "stop");
    int count = 0;

    if (is_over(job, fault))
        return;
    count = db_rows_count(rows);
    if (count > 0 && strcmp(policy, "exclude") != 0) {
        finding(preflight, "%s%d rows cannot be transferred:", count == RECORDS_MOST ? "At least " : "", count);
        for (int row = 0; row < count && row < EXAMPLES_MOST; row++)
            finding(preflight, "%s;", db_text(rows, row, 3));
        finding(preflight,
                "Correct them, or leave them out with --bad-rows exclude: they are then named in the outcome.");
    }
    decide(job);
}

static void on_matched_written(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct job *job = argument;

    (void)rows;
    if (!is_over(job, fault))
        transfer_problems(job->db, job->transfer, RECORDS_MOST, on_problems, job);
}

static void check_zone(struct preflight *preflight, const char *name, const char *wanted,
                       const struct match_candidate *found)
{
    if (wanted && found->time_zone && found->time_zone[0] && strcmp(wanted, found->time_zone) != 0)
        finding(preflight,
                "The location %s is in time zone %s in the old system and in %s in Cliniko: appointments would land at "
                "the wrong hour. Correct one of them.",
                name, wanted, found->time_zone);
}

/* The answer of the operator for a source key: an id or name of Cliniko, or null for "leave behind". */
static const struct json *answer_for(const struct job *job, const char *entity, const char *key, const char *name)
{
    const struct json *answers = json_member(option(job, "answers"), entity);
    const struct json *answer = json_member(answers, key);

    return answer ? answer : json_member(answers, name);
}

static void match_record(struct job *job, enum entity entity, const struct db_rows *rows, int row,
                         const struct json *payload, const char *name)
{
    struct preflight *preflight = job->state;
    const struct match_list *list = entity == ENTITY_PRACTITIONER ? &preflight->practitioners : &preflight->businesses;
    const char *what = entity == ENTITY_PRACTITIONER ? "practitioner" : "location";
    const char *key = db_text(rows, row, 1);
    const struct json *answer = answer_for(job, entity_facts(entity)->name, key, name);
    size_t index = 0;

    if (json_is_null(answer))
        return;
    switch (match_find(list, json_text(answer, name), &index)) {
    case MATCH_ONE:
        check_zone(preflight, name, json_text(json_member(payload, "time_zone"), NULL), &list->items[index]);
        preflight->matched[preflight->matched_count++] =
            (struct record_outcome){db_integer(rows, row, 0), RECORD_MATCHED, x_strdup(list->items[index].id), NULL};
        break;
    case MATCH_NONE:
        finding(preflight,
                "The %s %s (%s) is not in Cliniko: create it there under the same name, or say whom it stands for with "
                "--answers.",
                what, json_text(answer, name), key);
        break;
    case MATCH_SEVERAL:
        finding(preflight,
                "Several %ss in Cliniko are called %s (%s): say which one is meant, by its id, with --answers.", what,
                json_text(answer, name), key);
        break;
    }
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
    struct preflight *preflight = job->state;

    preflight->matched = x_grow_array(preflight->matched, preflight->matched_count + (size_t)db_rows_count(rows),
                                      sizeof preflight->matched[0]);
    for (int row = 0; row < db_rows_count(rows); row++) {
        scoped(json_destroy) struct json *payload = NULL;
        scoped(string_free) char *name = NULL;

        if (!json_parse(db_text(rows, row, 2), db_size(rows, row, 2), &payload, fault))
            return false;
        name = name_of(entity, payload);
        match_record(job, entity, rows, row, payload, name);
    }
    return true;
}

static void on_staged_practitioners(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct job *job = argument;
    struct preflight *preflight = job->state;
    struct fault own = {0};

    if (!fault && !match_all(job, ENTITY_PRACTITIONER, rows, &own))
        fault = &own;
    if (is_over(job, fault))
        return;
    record_finish(job->db, job->transfer, job->task, job->token, preflight->matched, preflight->matched_count,
                  on_matched_written, job);
}

static void on_staged_businesses(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct job *job = argument;
    struct fault own = {0};

    if (!fault && !match_all(job, ENTITY_BUSINESS, rows, &own))
        fault = &own;
    if (!is_over(job, fault))
        record_scan(job->db, job->transfer, ENTITY_PRACTITIONER, "staged", 0, RECORDS_MOST, on_staged_practitioners,
                    job);
}

/* Patients that are there and did not come from an earlier transfer of ours would be doubled (requirement S0-78). */
static void on_own_patients(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct job *job = argument;
    struct preflight *preflight = job->state;
    int64_t others = 0;

    if (is_over(job, fault))
        return;
    others = preflight->existing - db_integer(rows, 0, 0);
    if (others > 0 && strcmp(json_text(option(job, "existing"), "stop"), "allow") != 0)
        finding(preflight,
                "The account holds %" PRId64 " patients that no transfer has brought: people who are in both would be "
                "there twice. Empty the account, or go on with --existing allow.",
                others);
    record_scan(job->db, job->transfer, ENTITY_BUSINESS, "staged", 0, RECORDS_MOST, on_staged_businesses, job);
}

static void on_patient_count(void *argument, const struct cliniko_answer *answer, const struct fault *fault)
{
    struct job *job = argument;
    struct preflight *preflight = job->state;

    preflight->call = NULL;
    if (is_over(job, fault))
        return;
    preflight->existing = (int64_t)json_number(json_member(answer->json, "total_entries"), 0);
    idmap_count(job->db, job->context->account, ENTITY_PATIENT, on_own_patients, job);
}

static void get(struct job *job, const char *path, const char *action, cliniko_done_fn *done)
{
    struct preflight *preflight = job->state;

    preflight->call = cliniko_send(
        job->context->client,
        &(struct cliniko_request){.method = HTTP_GET, .effect = CLINIKO_REPEATABLE, .path = path, .action = action},
        done, job);
}

static void count_patients(struct job *job)
{
    struct text path;

    text_init(&path, PATH_SIZE_MAX);
    text_puts(&path, PATH_PATIENTS);
    path_put_filter(&path, "archived_at", "*", "");
    path_put_parameter(&path, "per_page", "1");
    get(job, text_string(&path), "count patients", on_patient_count);
    text_release(&path);
}

static void list(struct job *job, const char *path, const char *array, struct match_list *target, cliniko_page_fn *page,
                 cliniko_end_fn *end)
{
    struct preflight *preflight = job->state;

    preflight->target = target;
    preflight->list = cliniko_list_start(
        job->context->client,
        &(struct cliniko_list_request){
            .path = path, .array = array, .action = "list practitioners and locations", .attempts = 5},
        page, end, job);
}

static bool on_businesses_page(void *argument, const struct json *objects, int64_t total_entries)
{
    struct job *job = argument;
    struct preflight *preflight = job->state;

    (void)total_entries;
    for (const struct json *object = json_first(objects); object; object = json_next(object)) {
        struct cliniko_business business;

        if (!object_read_business(object, &business, &preflight->list_fault))
            return false;
        match_add(&preflight->businesses, business.id, business.time_zone,
                  (const char *const[3]){business.name, business.label, NULL});
    }
    return true;
}

static bool on_practitioners_page(void *argument, const struct json *objects, int64_t total_entries)
{
    struct job *job = argument;
    struct preflight *preflight = job->state;

    (void)total_entries;
    for (const struct json *object = json_first(objects); object; object = json_next(object)) {
        struct cliniko_practitioner practitioner;
        scoped(string_free) char *name = NULL;

        if (!object_read_practitioner(object, &practitioner, &preflight->list_fault))
            return false;
        name = x_sprintf("%s %s", practitioner.first_name, practitioner.last_name);
        match_add(&preflight->practitioners, practitioner.id, NULL,
                  (const char *const[3]){name, practitioner.label, NULL});
        if (strcmp(practitioner.user_id, preflight->user_id) == 0)
            preflight->is_practitioner = true;
    }
    return true;
}

static const struct fault *list_end(struct preflight *preflight, const struct fault *fault)
{
    preflight->list = NULL;
    return fault ? fault : preflight->list_fault.kind != FAULT_NONE ? &preflight->list_fault : NULL;
}

static void on_businesses(void *argument, const struct fault *fault)
{
    struct job *job = argument;

    if (!is_over(job, list_end(job->state, fault)))
        count_patients(job);
}

static void on_inactive_practitioners(void *argument, const struct fault *fault)
{
    struct job *job = argument;
    struct preflight *preflight = job->state;

    if (is_over(job, list_end(preflight, fault)))
        return;
    if (!preflight->is_practitioner)
        finding(preflight, "The key belongs to a user who is no practitioner: clinical notes could not be written. Use "
                           "the key of an administrator who is a practitioner as well.");
    list(job, PATH_BUSINESSES, "businesses", &preflight->businesses, on_businesses_page, on_businesses);
}

static void on_practitioners(void *argument, const struct fault *fault)
{
    struct job *job = argument;
    struct preflight *preflight = job->state;

    if (!is_over(job, list_end(preflight, fault)))
        list(job, PATH_PRACTITIONERS_INACTIVE, "practitioners", &preflight->practitioners, on_practitioners_page,
             on_inactive_practitioners);
}

/* The clinic's address names the account; a key of another account of the same shard must not write there (S0-115). */
static void on_settings(void *argument, const struct cliniko_answer *answer, const struct fault *fault)
{
    struct job *job = argument;
    struct preflight *preflight = job->state;
    const char *wanted = json_text(option(job, "subdomain"), "");
    struct cliniko_account account;
    struct fault own = {0};

    preflight->call = NULL;
    if (!fault && !object_read_account(answer->json, &account, &own))
        fault = &own;
    if (is_over(job, fault))
        return;
    if (wanted[0] && strcmp(account.subdomain, wanted) != 0)
        finding(preflight,
                "The key belongs to the account %s (%s), not to %s: give the key of the clinic's own account.",
                account.subdomain, account.name, wanted);
    list(job, PATH_PRACTITIONERS, "practitioners", &preflight->practitioners, on_practitioners_page, on_practitioners);
}

static void on_user_stored(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct job *job = argument;

    (void)rows;
    if (!is_over(job, fault))
        get(job, PATH_SETTINGS_PUBLIC, "read the account's name", on_settings);
}

static void on_user(void *argument, const struct cliniko_answer *answer, const struct fault *fault)
{
    struct job *job = argument;
    struct preflight *preflight = job->state;
    struct cliniko_user user;
    struct fault own = {0};

    preflight->call = NULL;
    if (!fault && !object_read_user(answer->json, &user, &own))
        fault = &own;
    /* Before anything is written a refused key is an input to correct, not a transfer to pause. */
    if (fault && fault->kind == FAULT_DENIED && !job->ended) {
        job_failed(job, fault);
        return;
    }
    if (is_over(job, fault))
        return;
    snprintf(preflight->user_id, sizeof preflight->user_id, "%s", user.id);
    if (strcmp(user.role, "administrator") != 0)
        finding(
            preflight,
            "The key belongs to a user with the role '%s': use the key of an administrator who is a practitioner as "
            "well.",
            user.role);
    context_set_user(job->contexts, job->context, user.id);
    account_set_user(job->db, job->context->account, user.id, on_user_stored, job);
}

static void start(struct job *job)
{
    struct preflight *preflight = x_alloc(sizeof *preflight);

    job->state = preflight;
    text_init(&preflight->findings, FINDINGS_MAX);
    get(job, PATH_USER, "read the key's user", on_user);
}

/* Other steps look at job->stopping when they come back. */
static void stop(struct job *job)
{
    struct preflight *preflight = job->state;

    if (preflight->list) {
        cliniko_list_cancel(&preflight->list);
        job_returned(job, 0, NULL);
    }
    context_retire(job->contexts, job->context);
}

static void close_job(struct job *job)
{
    struct preflight *preflight = job->state;

    if (preflight->call)
        cliniko_cancel(&preflight->call);
    if (preflight->list)
        cliniko_list_cancel(&preflight->list);
    for (size_t i = 0; i < preflight->matched_count; i++)
        free(preflight->matched[i].cliniko_id);
    free(preflight->matched);
    match_release(&preflight->practitioners);
    match_release(&preflight->businesses);
    text_release(&preflight->findings);
    free(preflight);
}

const struct job_kind job_preflight = {
    .name = "preflight",
    .start = start,
    .stop = stop,
    .close = close_job,
};
