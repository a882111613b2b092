/* Kind "preflight": everything that can be known before the first write. The key and its user's role, the practitioners
 * and locations to match, the time zones, what stands in the account already, and rows that cannot be sent. What it
 * finds wrong stops the transfer with every finding named at once; nothing has been written to Cliniko by then. */
#include "workers/preflight.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cliniko/path.h"
#include "db/account.h"
#include "db/transfer.h"
#include "workers/keys.h"

enum { FINDINGS_MAX = 16 * 1024, RECORDS_MOST = 10000, EXAMPLES_MOST = 5, OTHERS_MAX = 400 };

void preflight_find(struct preflight *preflight, const char *format, ...)
{
    char sentence[1000];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    text_printf(&preflight->findings, "%s%s", preflight->findings.size ? " " : "", sentence);
}

bool preflight_is_over(struct job *job, const struct fault *fault)
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
    if (!preflight_is_over(job, fault))
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
    int count = 0;

    if (preflight_is_over(job, fault))
        return;
    count = db_rows_count(rows);
    if (count > 0) {
        preflight_find(preflight, "%s%d rows cannot be transferred:", count == RECORDS_MOST ? "At least " : "", count);
        for (int row = 0; row < count && row < EXAMPLES_MOST; row++)
            preflight_find(preflight, "%s;", db_text(rows, row, 3));
        preflight_find(preflight,
                       "Correct them, or leave them out with --bad-rows exclude: they are then named in the outcome.");
    }
    preflight_proceed(job);
}

static void check_rows(struct job *job)
{
    if (strcmp(json_text(option(job, "bad_rows"), "stop"), "exclude") == 0)
        preflight_proceed(job);
    else
        transfer_problems(job->db, job->transfer, RECORDS_MOST, on_problems, job);
}

static void get(struct job *job, const char *path, const char *action, cliniko_done_fn *done)
{
    struct preflight *preflight = job->state;

    preflight->call = cliniko_send(
        job->context->client,
        &(struct cliniko_request){.method = HTTP_GET, .effect = CLINIKO_REPEATABLE, .path = path, .action = action},
        done, job);
}

static void on_staged(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct job *job = argument;
    struct preflight *preflight = job->state;

    if (preflight_is_over(job, fault))
        return;
    for (int row = 0; row < db_rows_count(rows); row++) {
        enum entity entity = ENTITY_COUNT;

        if (entity_find(db_text(rows, row, PROGRESS_ENTITY), &entity))
            preflight->staged[entity] = db_integer(rows, row, PROGRESS_STAGED);
    }
    preflight_proceed(job);
}

static void count_staged(struct job *job)
{
    transfer_progress(job->db, job->transfer, on_staged, job);
}

/* What would be there twice if it were there before (requirements S0-78 to S0-82). */
static const struct {
    enum entity entity;
    const char *path;
} alike[] = {
    {ENTITY_PATIENT, PATH_PATIENTS},
    {ENTITY_PRODUCT, PATH_PRODUCTS},
    {ENTITY_CONTACT, PATH_CONTACTS},
    {ENTITY_APPOINTMENT_TYPE, PATH_APPOINTMENT_TYPES},
    {ENTITY_BILLABLE_ITEM, PATH_BILLABLE_ITEMS},
};

static void count_next(struct job *job, size_t index);

static void on_own(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct job *job = argument;
    struct preflight *preflight = job->state;
    int64_t others = 0;
    size_t index = 0;

    if (preflight_is_over(job, fault))
        return;
    others = preflight->existing - db_integer(rows, 0, 0);
    if (others > 0)
        text_printf(&preflight->others, "%s%" PRId64 " %s", preflight->others.size ? ", " : "", others,
                    entity_facts(preflight->counting)->plural);
    while (alike[index].entity != preflight->counting)
        index++;
    count_next(job, index + 1);
}

static void on_existing(void *argument, const struct cliniko_answer *answer, const struct fault *fault)
{
    struct job *job = argument;
    struct preflight *preflight = job->state;

    preflight->call = NULL;
    if (preflight_is_over(job, fault))
        return;
    preflight->existing = (int64_t)json_number(json_member(answer->json, "total_entries"), 0);
    idmap_count(job->db, job->context->account, preflight->counting, on_own, job);
}

static void count_next(struct job *job, size_t index)
{
    struct preflight *preflight = job->state;
    struct text path;

    while (index < array_length(alike) && preflight->staged[alike[index].entity] == 0)
        index++;
    if (index == array_length(alike)) {
        if (preflight->others.size)
            preflight_find(preflight,
                           "The account holds %s that no transfer has brought: what is in both would be there twice. "
                           "Empty the account, or go on with --existing allow.",
                           text_string(&preflight->others));
        preflight_proceed(job);
        return;
    }
    preflight->counting = alike[index].entity;
    text_init(&path, PATH_SIZE_MAX);
    text_puts(&path, alike[index].path);
    path_put_filter(&path, "archived_at", "*", "");
    path_put_parameter(&path, "per_page", "1");
    get(job, text_string(&path), "count what is there", on_existing);
    text_release(&path);
}

static void count_existing(struct job *job)
{
    if (strcmp(json_text(option(job, "existing"), "stop"), "allow") == 0)
        preflight_proceed(job);
    else
        count_next(job, 0);
}

static void on_listed(void *argument, const struct fault *fault)
{
    struct job *job = argument;
    struct preflight *preflight = job->state;

    preflight->list = NULL;
    if (!fault && preflight->list_fault.kind != FAULT_NONE)
        fault = &preflight->list_fault;
    if (!preflight_is_over(job, fault))
        preflight_proceed(job);
}

static void list(struct job *job, const char *path, const char *array, const char *action, cliniko_page_fn *page)
{
    struct preflight *preflight = job->state;

    preflight->list = cliniko_list_start(
        job->context->client,
        &(struct cliniko_list_request){.path = path, .array = array, .action = action, .attempts = 5}, page, on_listed,
        job);
}

static bool on_taxes_page(void *argument, const struct json *objects, int64_t total_entries)
{
    struct job *job = argument;
    struct preflight *preflight = job->state;

    (void)total_entries;
    for (const struct json *object = json_first(objects); object; object = json_next(object)) {
        struct preflight_tax tax = {.rate = json_number(json_member(object, "rate"), -1)};
        const char *id = NULL;

        if (!object_id(object, &id, &preflight->list_fault))
            return false;
        snprintf(tax.id, sizeof tax.id, "%s", id);
        tax.name = x_strdup(json_text(json_member(object, "name"), ""));
        preflight->taxes = x_grow_array(preflight->taxes, preflight->tax_count + 1, sizeof preflight->taxes[0]);
        preflight->taxes[preflight->tax_count++] = tax;
    }
    return true;
}

static void list_taxes(struct job *job)
{
    struct preflight *preflight = job->state;

    if (preflight->staged[ENTITY_TAX] > 0)
        list(job, PATH_TAXES, "taxes", "list taxes", on_taxes_page);
    else
        preflight_proceed(job);
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

static void list_businesses(struct job *job)
{
    list(job, PATH_BUSINESSES, "businesses", "list locations", on_businesses_page);
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
        if (strcmp(practitioner.user_id, preflight->user_id) == 0) {
            preflight->is_practitioner = true;
            snprintf(preflight->own_id, sizeof preflight->own_id, "%s", practitioner.id);
        }
    }
    return true;
}

static void list_practitioners(struct job *job)
{
    list(job, PATH_PRACTITIONERS, "practitioners", "list practitioners", on_practitioners_page);
}

static void list_inactive(struct job *job)
{
    list(job, PATH_PRACTITIONERS_INACTIVE, "practitioners", "list practitioners", on_practitioners_page);
}

static void check_practitioner(struct job *job)
{
    struct preflight *preflight = job->state;

    if (!preflight->is_practitioner)
        preflight_find(preflight,
                       "The key belongs to a user who is no practitioner: clinical notes could not be written. Use "
                       "the key of an administrator who is a practitioner as well.");
    preflight_proceed(job);
}

static void on_key_finding(void *argument, const char *sentence)
{
    struct job *job = argument;

    preflight_find(job->state, "%s", sentence);
}

static void on_keys(void *argument, const struct fault *fault)
{
    struct job *job = argument;
    struct preflight *preflight = job->state;
    bool over = preflight_is_over(job, fault);

    keys_destroy(&preflight->keys);
    if (!over)
        preflight_proceed(job);
}

/* Whose the practitioners' keys are. Without such keys it takes no request. */
static void check_keys(struct job *job)
{
    struct preflight *preflight = job->state;

    preflight->keys = keys_check(job, on_key_finding, on_keys, job);
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
    if (preflight_is_over(job, fault))
        return;
    if (wanted[0] && strcmp(account.subdomain, wanted) != 0)
        preflight_find(preflight,
                       "The key belongs to the account %s (%s), not to %s: give the key of the clinic's own account.",
                       account.subdomain, account.name, wanted);
    preflight_proceed(job);
}

static void read_settings(struct job *job)
{
    get(job, PATH_SETTINGS_PUBLIC, "read the account's name", on_settings);
}

static void on_user_stored(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct job *job = argument;

    (void)rows;
    if (!preflight_is_over(job, fault))
        preflight_proceed(job);
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
    if (preflight_is_over(job, fault))
        return;
    snprintf(preflight->user_id, sizeof preflight->user_id, "%s", user.id);
    preflight->lacks_mobile = user.lacks_mobile;
    if (strcmp(user.role, "administrator") != 0)
        preflight_find(
            preflight,
            "The key belongs to a user with the role '%s': use the key of an administrator who is a practitioner as "
            "well.",
            user.role);
    context_set_user(job->contexts, job->context, user.id);
    account_set_user(job->db, job->context->account, user.id, on_user_stored, job);
}

static void read_user(struct job *job)
{
    get(job, PATH_USER, "read the key's user", on_user);
}

static void (*const steps[])(struct job *job) = {
    read_user,
    read_settings,
    list_practitioners,
    list_inactive,
    check_practitioner,
    check_keys,
    list_businesses,
    count_staged,
    list_taxes,
    count_existing,
    preflight_begin_matching,
    preflight_match_businesses,
    preflight_match_practitioners,
    preflight_match_taxes,
    preflight_count_practitioners,
    preflight_count_businesses,
    preflight_write_matches,
    preflight_leave_practitioners,
    preflight_leave_businesses,
    preflight_leave_walk_ins,
    preflight_check_zones,
    check_rows,
    preflight_ask,
    decide,
};

void preflight_proceed(struct job *job)
{
    struct preflight *preflight = job->state;

    steps[preflight->step++](job);
}

static void start(struct job *job)
{
    struct preflight *preflight = x_alloc(sizeof *preflight);

    job->state = preflight;
    text_init(&preflight->findings, FINDINGS_MAX);
    text_init(&preflight->others, OTHERS_MAX);
    preflight_proceed(job);
}

/* Other steps look at job->stopping when they come back. */
static void stop(struct job *job)
{
    struct preflight *preflight = job->state;

    if (preflight->list || preflight->keys) {
        if (preflight->list)
            cliniko_list_cancel(&preflight->list);
        keys_destroy(&preflight->keys);
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
    keys_destroy(&preflight->keys);
    for (size_t i = 0; i < preflight->matched_count; i++) {
        free(preflight->matched[i].cliniko_id);
        free(preflight->matched[i].warning);
    }
    for (size_t i = 0; i < preflight->open_count; i++) {
        free(preflight->open[i].key);
        free(preflight->open[i].name);
        free(preflight->open[i].answer);
        free(preflight->open[i].same);
    }
    for (size_t i = 0; i < preflight->tax_count; i++)
        free(preflight->taxes[i].name);
    free(preflight->matched);
    free(preflight->open);
    free(preflight->taxes);
    match_release(&preflight->practitioners);
    match_release(&preflight->businesses);
    text_release(&preflight->findings);
    text_release(&preflight->others);
    free(preflight);
}

const struct job_kind job_preflight = {
    .name = "preflight",
    .start = start,
    .stop = stop,
    .close = close_job,
};
