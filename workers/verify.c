/* Kind "verify": reads back what Cliniko holds, 50 objects a request, and compares it with what was staged, record by
 * record. A difference is noted at the record; it does not fail the transfer. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cliniko/list.h"
#include "cliniko/object.h"
#include "cliniko/path.h"
#include "db/record.h"
#include "model/body.h"
#include "workers/ids.h"
#include "workers/job.h"

enum { BODY_MAX = 1024 * 1024, DIFFERENCES_MAX = 2000 };

struct collection {
    enum entity entity;
    const char *path;
    const char *array;
    bool can_be_archived;
    bool can_be_cancelled;
};

static const struct collection collections[] = {
    {ENTITY_APPOINTMENT_TYPE, PATH_APPOINTMENT_TYPES, "appointment_types", true, false},
    {ENTITY_PATIENT, PATH_PATIENTS, "patients", true, false},
    {ENTITY_APPOINTMENT, PATH_INDIVIDUAL_APPOINTMENTS, "individual_appointments", true, true},
    {ENTITY_ATTENDANCE, PATH_ATTENDEES, "attendees", true, true},
    {ENTITY_CANCELLATION, PATH_INDIVIDUAL_APPOINTMENTS, "individual_appointments", true, true},
    {ENTITY_ARCHIVAL, PATH_PATIENTS, "patients", true, false},
};

struct expected {
    int64_t ordinal;
    char *key;
    char *id;
    struct json *body; /* what was sent */
    char *difference;  /* NULL while not seen */
    bool seen;
};

struct verify {
    struct ids *ids;
    struct cliniko_list *list;
    size_t collection;
    int64_t after; /* ordinal */
    struct expected expected[PATH_IDS_MAX];
    size_t count;
    int64_t verified;
    int64_t differing;
};

static void next_window(struct job *job);

static void clear_expected(struct verify *verify)
{
    for (size_t i = 0; i < verify->count; i++) {
        free(verify->expected[i].key);
        free(verify->expected[i].id);
        free(verify->expected[i].difference);
        json_destroy(&verify->expected[i].body);
    }
    verify->count = 0;
}

static void on_written(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct job *job = argument;

    (void)rows;
    if (job->ended)
        return;
    if (fault)
        job_ended_by(job, fault);
    else
        next_window(job);
}

static void write_window(struct job *job)
{
    struct verify *verify = job->state;
    int64_t ordinals[PATH_IDS_MAX];
    char *differences[PATH_IDS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < verify->count; i++) {
        struct expected *expected = &verify->expected[i];

        if (!expected->seen)
            expected->difference = x_strdup("nothing under this id");
        if (!expected->difference)
            continue;
        ordinals[count] = expected->ordinal;
        differences[count++] = expected->difference;
    }
    verify->verified += (int64_t)verify->count;
    verify->differing += (int64_t)count;
    record_verified(job->db, job->transfer, collections[verify->collection].entity, verify->verified, verify->differing,
                    ordinals, differences, count, on_written, job);
    clear_expected(verify);
}

static void compare(struct job *job, struct expected *expected, const struct json *object)
{
    const struct verify *verify = job->state;
    struct text differences;

    text_init(&differences, DIFFERENCES_MAX);
    body_compare(collections[verify->collection].entity, expected->body, object, &differences);
    expected->seen = true;
    if (differences.size && !expected->difference)
        expected->difference = text_take(&differences);
    text_release(&differences);
}

static bool on_page(void *argument, const struct json *objects, int64_t total_entries)
{
    struct job *job = argument;
    struct verify *verify = job->state;

    (void)total_entries;
    for (const struct json *object = json_first(objects); object; object = json_next(object)) {
        const char *id = json_text(json_member(object, "id"), "");

        for (size_t i = 0; i < verify->count; i++)
            if (strcmp(verify->expected[i].id, id) == 0)
                compare(job, &verify->expected[i], object);
    }
    return true;
}

static void on_listed(void *argument, const struct fault *fault)
{
    struct job *job = argument;
    struct verify *verify = job->state;

    verify->list = NULL;
    if (job->ended)
        return;
    if (fault)
        job_ended_by(job, fault);
    else if (job->stopping)
        job_returned(job, 0, NULL);
    else
        write_window(job);
}

static void ask(struct job *job)
{
    struct verify *verify = job->state;
    const struct collection *collection = &collections[verify->collection];
    struct text ids;
    struct text path;

    text_init(&ids, PATH_SIZE_MAX);
    text_init(&path, PATH_SIZE_MAX);
    for (size_t i = 0; i < verify->count; i++)
        text_printf(&ids, "%s%s", i ? "," : "", verify->expected[i].id);
    text_puts(&path, collection->path);
    path_put_filter(&path, "id", "=", text_string(&ids));
    if (collection->can_be_archived)
        path_put_filter(&path, "archived_at", "*", "");
    if (collection->can_be_cancelled)
        path_put_filter(&path, "cancelled_at", "*", "");
    verify->list = cliniko_list_start(
        job->context->client,
        &(struct cliniko_list_request){
            .path = text_string(&path), .array = collection->array, .action = "read back what was sent", .attempts = 5},
        on_page, on_listed, job);
    text_release(&ids);
    text_release(&path);
}

static bool expect(struct job *job, const struct db_rows *rows, int row, struct fault *fault)
{
    struct verify *verify = job->state;
    enum entity entity = collections[verify->collection].entity;
    struct expected *expected = &verify->expected[verify->count];
    scoped(json_destroy) struct json *payload = NULL;
    struct body_ids ids = {.of[ENTITY_PATIENT] = db_text(rows, row, 4)};
    struct text body;
    bool good = json_parse(db_text(rows, row, 2), db_size(rows, row, 2), &payload, fault);

    text_init(&body, BODY_MAX);
    ids.of[ENTITY_PRACTITIONER] =
        ids_find(verify->ids, ENTITY_PRACTITIONER, json_text(json_member(payload, "practitioner"), NULL));
    ids.of[ENTITY_BUSINESS] = ids_find(verify->ids, ENTITY_BUSINESS, json_text(json_member(payload, "business"), NULL));
    ids.of[ENTITY_APPOINTMENT_TYPE] =
        ids_find(verify->ids, ENTITY_APPOINTMENT_TYPE, json_text(json_member(payload, "appointment_type"), NULL));
    good = good && body_write(entity, db_text(rows, row, 1), payload, &ids, &body, fault) &&
           json_parse(text_string(&body), body.size, &expected->body, fault);
    text_release(&body);
    if (!good)
        return false;
    expected->ordinal = db_integer(rows, row, 0);
    expected->key = x_strdup(db_text(rows, row, 1));
    expected->id = x_strdup(db_text(rows, row, 3));
    expected->difference = NULL;
    expected->seen = false;
    verify->count++;
    return true;
}

static void on_scanned(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct job *job = argument;
    struct verify *verify = job->state;
    struct fault own = {0};

    if (job->ended)
        return;
    for (int row = 0; !fault && row < db_rows_count(rows); row++) {
        verify->after = db_integer(rows, row, 0);
        if (!expect(job, rows, row, &own))
            fault = &own;
    }
    if (fault) {
        job_ended_by(job, fault);
    } else if (job->stopping) {
        job_returned(job, 0, NULL);
    } else if (verify->count > 0) {
        ask(job);
    } else {
        verify->collection++;
        verify->after = 0;
        verify->verified = 0;
        verify->differing = 0;
        next_window(job);
    }
}

static void next_window(struct job *job)
{
    struct verify *verify = job->state;

    if (job->stopping)
        job_returned(job, 0, NULL);
    else if (verify->collection == array_length(collections))
        job_done(job);
    else
        record_scan(job->db, job->transfer, collections[verify->collection].entity, "created", verify->after,
                    PATH_IDS_MAX, on_scanned, job);
}

static void on_ids(void *argument, const struct fault *fault)
{
    struct job *job = argument;

    if (fault)
        job_ended_by(job, fault);
    else
        next_window(job);
}

static void start(struct job *job)
{
    static const enum entity entities[] = {ENTITY_PRACTITIONER, ENTITY_BUSINESS, ENTITY_APPOINTMENT_TYPE};
    struct verify *verify = x_alloc(sizeof *verify);

    job->state = verify;
    verify->ids = ids_load(job, entities, array_length(entities), on_ids, job);
}

/* Other steps look at job->stopping when they come back. */
static void stop(struct job *job)
{
    struct verify *verify = job->state;

    if (verify->list) {
        cliniko_list_cancel(&verify->list);
        job_returned(job, 0, NULL);
    }
    context_retire(job->contexts, job->context);
}

static void close_job(struct job *job)
{
    struct verify *verify = job->state;

    if (verify->list)
        cliniko_list_cancel(&verify->list);
    clear_expected(verify);
    ids_destroy(&verify->ids);
    free(verify);
}

const struct job_kind job_verify = {
    .name = "verify",
    .start = start,
    .stop = stop,
    .close = close_job,
};
