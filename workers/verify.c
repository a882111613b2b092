/* Kind "verify": reads back what Cliniko holds, 100 objects a request, and compares it with what was staged, record by
 * record, and each file with the size that was uploaded. A difference is noted at the record; it does not fail the
 * transfer. Files that Cliniko still processes are asked for again for a while. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cliniko/list.h"
#include "cliniko/path.h"
#include "db/record.h"
#include "model/body.h"
#include "workers/attachments.h"
#include "workers/content.h"
#include "workers/ids.h"
#include "workers/job.h"

enum {
    BODY_MAX = 64 * 1024 * 1024,
    WINDOW_BYTES = 4 * 1024 * 1024, /* of bodies: the answer, which has them all, must stay below 16 MiB */
    DIFFERENCES_MAX = 2000,
    HIDDEN_MOST = 2,
    PROCESSING_PAUSE_MS = 5000,
    PROCESSING_ROUNDS = 24, /* two minutes for the files of a window */
};

struct collection {
    enum entity entity;
    const char *path;
    const char *array;
    const char *hidden[HIDDEN_MOST]; /* states that a list leaves out unless asked */
};

static const struct collection collections[] = {
    {ENTITY_TAX, PATH_TAXES, "taxes", {0}},
    {ENTITY_CONCESSION_TYPE, PATH_CONCESSION_TYPES, "concession_types", {0}},
    {ENTITY_PRODUCT_SUPPLIER, PATH_PRODUCT_SUPPLIERS, "product_suppliers", {0}},
    {ENTITY_PRODUCT, PATH_PRODUCTS, "products", {"archived_at"}},
    {ENTITY_BILLABLE_ITEM, PATH_BILLABLE_ITEMS, "billable_items", {"archived_at"}},
    {ENTITY_APPOINTMENT_TYPE, PATH_APPOINTMENT_TYPES, "appointment_types", {"archived_at"}},
    {ENTITY_CONTACT, PATH_CONTACTS, "contacts", {"archived_at"}},
    {ENTITY_PATIENT, PATH_PATIENTS, "patients", {"archived_at"}},
    {ENTITY_MEDICAL_ALERT, PATH_MEDICAL_ALERTS, "medical_alerts", {"archived_at"}},
    {ENTITY_REMINDER, PATH_COMMUNICATIONS, "communications", {"archived_at"}},
    {ENTITY_APPOINTMENT, PATH_INDIVIDUAL_APPOINTMENTS, "individual_appointments", {"archived_at", "cancelled_at"}},
    {ENTITY_UNAVAILABLE_BLOCK, PATH_UNAVAILABLE_BLOCKS, "unavailable_blocks", {"archived_at"}},
    {ENTITY_ATTENDANCE, PATH_ATTENDEES, "attendees", {"archived_at", "cancelled_at"}},
    {ENTITY_CANCELLATION, PATH_INDIVIDUAL_APPOINTMENTS, "individual_appointments", {"archived_at", "cancelled_at"}},
    {ENTITY_TREATMENT_NOTE, PATH_TREATMENT_NOTES, "treatment_notes", {"archived_at"}},
    {ENTITY_NOTE_DOCUMENT, PATH_PATIENT_ATTACHMENTS, "patient_attachments", {"archived_at"}},
    {ENTITY_ATTACHMENT, PATH_PATIENT_ATTACHMENTS, "patient_attachments", {"archived_at"}},
    {ENTITY_XRAY, PATH_PATIENT_ATTACHMENTS, "patient_attachments", {"archived_at"}},
    {ENTITY_LETTER, PATH_PATIENT_ATTACHMENTS, "patient_attachments", {"archived_at"}},
    {ENTITY_REMINDER_PREFERENCE, PATH_PATIENTS, "patients", {"archived_at"}},
    {ENTITY_PRODUCT_ARCHIVAL, PATH_PRODUCTS, "products", {"archived_at"}},
    {ENTITY_BILLABLE_ITEM_ARCHIVAL, PATH_BILLABLE_ITEMS, "billable_items", {"archived_at"}},
    {ENTITY_APPOINTMENT_TYPE_ARCHIVAL, PATH_APPOINTMENT_TYPES, "appointment_types", {"archived_at"}},
    {ENTITY_CONTACT_ARCHIVAL, PATH_CONTACTS, "contacts", {"archived_at"}},
    {ENTITY_ARCHIVAL, PATH_PATIENTS, "patients", {"archived_at"}},
};

/* An object of Cliniko's. A record whose file has others beside it is followed by one for each of them. */
struct expected {
    int64_t ordinal;
    char *part; /* "" for the record itself, else the name of a file beside its own */
    char *key;
    char *id;
    int64_t size_bytes; /* of a file; -1: not known */
    struct json *body;  /* what was sent */
    char *difference;   /* NULL for none */
    bool unread;        /* its text is not there any more to compare with */
    bool seen;
};

struct verify {
    struct ids *ids; /* of the collection at hand */
    struct source *source;
    struct cliniko_list *list;
    struct loop_timer *pause;
    size_t collection;
    size_t ids_most; /* in one list; fewer once a long one was refused */
    int64_t before;  /* ordinal where the window began */
    int64_t after;   /* ordinal */
    struct expected expected[PATH_IDS_MAX];
    size_t count;
    bool processing; /* a file of the window is still being processed */
    int rounds;
    int64_t verified;
    int64_t differing;
};

static void next_window(struct job *job);
static void ask(struct job *job);

static enum entity entity_of(const struct verify *verify)
{
    return collections[verify->collection].entity;
}

static void free_expected(struct expected *expected)
{
    free(expected->part);
    free(expected->key);
    free(expected->id);
    free(expected->difference);
    json_destroy(&expected->body);
    *expected = (struct expected){0};
}

static void clear_expected(struct verify *verify)
{
    for (size_t i = 0; i < verify->count; i++)
        free_expected(&verify->expected[i]);
    verify->count = 0;
    verify->rounds = 0;
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

/* What is told of one object, if anything. */
static void put_difference(const struct expected *expected, struct text *out)
{
    const char *difference = !expected->id[0]       ? "nothing that is known: its id was not written down"
                             : !expected->seen      ? "nothing under this id"
                             : expected->difference ? expected->difference
                             : expected->unread     ? "content, perhaps: the source does not give its text again"
                                                    : NULL;

    if (!difference)
        return;
    text_puts(out, out->size ? ", " : "");
    if (expected->part[0])
        text_printf(out, "%s beside it: ", expected->part);
    text_puts(out, difference);
}

static void write_window(struct job *job)
{
    struct verify *verify = job->state;
    int64_t ordinals[PATH_IDS_MAX] = {0};
    char *differences[PATH_IDS_MAX] = {0};
    size_t count = 0;

    for (size_t i = 0, next = 0; i < verify->count; i = next) {
        struct text difference;

        text_init(&difference, DIFFERENCES_MAX);
        for (next = i; next < verify->count && verify->expected[next].ordinal == verify->expected[i].ordinal; next++)
            put_difference(&verify->expected[next], &difference);
        verify->verified++;
        if (difference.size) {
            ordinals[count] = verify->expected[i].ordinal;
            differences[count++] = text_take(&difference);
        }
        text_release(&difference);
    }
    verify->differing += (int64_t)count;
    record_verified(job->db, job->transfer, entity_of(verify), verify->verified, verify->differing, ordinals,
                    differences, count, on_written, job);
    for (size_t i = 0; i < count; i++)
        free(differences[i]);
    clear_expected(verify);
}

static void compare(struct verify *verify, struct expected *expected, const struct json *object)
{
    const struct json *processed = json_member(object, "processing_completed");
    struct text differences;

    text_init(&differences, DIFFERENCES_MAX);
    body_compare(entity_of(verify), expected->body, object, &differences);
    if (expected->size_bytes >= 0)
        body_compare_size(expected->size_bytes, object, &differences);
    expected->seen = true;
    if (differences.size && !expected->difference)
        expected->difference = text_take(&differences);
    text_release(&differences);
    verify->processing = verify->processing || (json_is_bool(processed) && !json_bool(processed, true));
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
                compare(verify, &verify->expected[i], object);
    }
    return true;
}

/* Asks for the same window once more. */
static void ask_again(void *argument)
{
    struct job *job = argument;
    struct verify *verify = job->state;

    for (size_t i = 0; i < verify->count; i++) {
        string_free(&verify->expected[i].difference);
        verify->expected[i].seen = false;
    }
    ask(job);
}

/* How long a list may be is not documented (API reference 11): a service that refuses a long one gets shorter ones. */
static bool is_too_long(const struct verify *verify, const struct fault *fault)
{
    return fault && fault->kind == FAULT_REFUSED && verify->count > PATH_IDS_SAFE;
}

static void on_listed(void *argument, const struct fault *fault)
{
    struct job *job = argument;
    struct verify *verify = job->state;

    verify->list = NULL;
    if (job->ended)
        return;
    if (is_too_long(verify, fault)) {
        log_fault(LOG_WARN, &job->log, "long_list_refused", fault);
        verify->ids_most = PATH_IDS_SAFE;
        verify->after = verify->before;
        clear_expected(verify);
        next_window(job);
    } else if (fault) {
        job_ended_by(job, fault);
    } else if (job->stopping) {
        job_returned(job, 0, NULL);
    } else if (verify->processing && ++verify->rounds < PROCESSING_ROUNDS) {
        loop_timer_start(verify->pause, PROCESSING_PAUSE_MS);
    } else {
        write_window(job);
    }
}

static void ask(struct job *job)
{
    struct verify *verify = job->state;
    const struct collection *collection = &collections[verify->collection];
    struct text ids;
    struct text path;

    text_init(&ids, PATH_SIZE_MAX);
    text_init(&path, PATH_SIZE_MAX);
    verify->processing = false;
    for (size_t i = 0; i < verify->count; i++)
        if (verify->expected[i].id[0])
            text_printf(&ids, "%s%s", ids.size ? "," : "", verify->expected[i].id);
    text_puts(&path, collection->path);
    path_put_filter(&path, "id", "=", text_string(&ids));
    for (size_t i = 0; i < HIDDEN_MOST && collection->hidden[i]; i++)
        path_put_filter(&path, collection->hidden[i], "*", "");
    verify->list = cliniko_list_start(
        job->context->client,
        &(struct cliniko_list_request){
            .path = text_string(&path), .array = collection->array, .action = "read back what was sent", .attempts = 5},
        on_page, on_listed, job);
    text_release(&ids);
    text_release(&path);
}

/* What Cliniko should hold; of a note also its text, which is read from the source once more. */
static bool put_expected(struct job *job, struct expected *expected, const struct json *payload,
                         const struct body_ids *ids, struct text *body, struct fault *fault)
{
    struct verify *verify = job->state;
    struct fault unread = {0};
    size_t pictures = 0;

    if (entity_of(verify) == ENTITY_TREATMENT_NOTE) {
        if (content_write_note(&verify->source, job->context->source, expected->key, payload, ids, body, &pictures,
                               &unread))
            return true;
        text_clear(body);
        expected->unread = true;
    }
    return body_expect(entity_of(verify), expected->key, payload, ids, body, fault);
}

/* One object of the record in a row. */
static bool expect(struct job *job, const struct db_rows *rows, int row, struct expected expected, size_t *size,
                   struct fault *fault)
{
    struct verify *verify = job->state;
    struct expected *place = &verify->expected[verify->count++];
    scoped(json_destroy) struct json *payload = NULL;
    struct body_ids ids;
    struct text body;
    bool good = false;

    *place = expected;
    place->ordinal = db_integer(rows, row, SCAN_ORDINAL);
    text_init(&body, BODY_MAX);
    if (json_parse(db_text(rows, row, SCAN_PAYLOAD), db_size(rows, row, SCAN_PAYLOAD), &payload, fault)) {
        ids_fill(verify->ids, entity_of(verify), payload, db_text(rows, row, SCAN_PARENT_ID),
                 db_text(rows, row, SCAN_LINK_ID), &ids);
        good = put_expected(job, place, payload, &ids, &body, fault) &&
               json_parse(text_string(&body), body.size, &place->body, fault);
    }
    *size += body.size;
    text_release(&body);
    return good;
}

static bool expect_beside(struct job *job, const struct db_rows *rows, int row, const struct json *file, size_t *size,
                          struct fault *fault)
{
    const char *part = json_text(json_at(file, 0), "");
    struct expected beside = {.part = x_strdup(part),
                              .key = attachment_key(db_text(rows, row, SCAN_KEY), part),
                              .id = x_strdup(json_text(json_at(file, 2), "")),
                              .size_bytes = (int64_t)json_number(json_at(file, 1), -1)};

    return expect(job, rows, row, beside, size, fault);
}

/* The record in a row, and the files that were brought beside its own. *ret_full: they have no room in this window. */
static bool expect_row(struct job *job, const struct db_rows *rows, int row, size_t *size, bool *ret_full,
                       struct fault *fault)
{
    struct verify *verify = job->state;
    const char *text = db_text(rows, row, SCAN_FILES);
    scoped(json_destroy) struct json *files = NULL;
    const struct json *file = NULL;
    struct expected own = {.size_bytes = -1};

    if (text && !json_parse(text, strlen(text), &files, fault))
        return false;
    *ret_full = verify->count + (files ? json_count(files) : 1) > verify->ids_most;
    if (*ret_full)
        return true;
    verify->after = db_integer(rows, row, SCAN_ORDINAL);
    file = json_first(files);
    if (file && json_text(json_at(file, 0), "")[0] == '\0') {
        own.size_bytes = (int64_t)json_number(json_at(file, 1), -1);
        file = json_next(file);
    }
    own.part = x_strdup("");
    own.key = x_strdup(db_text(rows, row, SCAN_KEY));
    own.id = x_strdup(db_text(rows, row, SCAN_ID));
    if (!expect(job, rows, row, own, size, fault))
        return false;
    for (; file; file = json_next(file))
        if (!expect_beside(job, rows, row, file, size, fault))
            return false;
    return true;
}

static void on_ids(void *argument, const struct fault *fault);

static void next_collection(struct job *job)
{
    struct verify *verify = job->state;

    ids_destroy(&verify->ids);
    verify->after = 0;
    verify->verified = 0;
    verify->differing = 0;
    if (verify->collection == array_length(collections))
        job_done(job);
    else
        verify->ids = ids_load_for(job, entity_of(verify), on_ids, job);
}

static void on_scanned(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct job *job = argument;
    struct verify *verify = job->state;
    struct fault own = {0};
    size_t bytes = 0;
    bool full = false;

    if (job->ended)
        return;
    for (int row = 0; !fault && !full && row < db_rows_count(rows) && bytes < WINDOW_BYTES; row++)
        if (!expect_row(job, rows, row, &bytes, &full, &own))
            fault = &own;
    if (fault) {
        job_ended_by(job, fault);
    } else if (job->stopping) {
        job_returned(job, 0, NULL);
    } else if (verify->count > 0) {
        ask(job);
    } else {
        verify->collection++;
        next_collection(job);
    }
}

static void next_window(struct job *job)
{
    struct verify *verify = job->state;

    verify->before = verify->after;
    if (job->stopping)
        job_returned(job, 0, NULL);
    else
        record_scan(job->db, job->transfer, entity_of(verify), "created", verify->after, (int64_t)verify->ids_most,
                    on_scanned, job);
}

static void on_ids(void *argument, const struct fault *fault)
{
    struct job *job = argument;

    if (job->ended)
        return;
    if (fault)
        job_ended_by(job, fault);
    else
        next_window(job);
}

static void start(struct job *job)
{
    struct verify *verify = x_alloc(sizeof *verify);

    job->state = verify;
    verify->ids_most = PATH_IDS_MAX;
    verify->pause = loop_timer_new(job->loop, ask_again, job);
    next_collection(job);
}

/* Other steps look at job->stopping when they come back. */
static void stop(struct job *job)
{
    struct verify *verify = job->state;

    if (verify->list || loop_timer_is_running(verify->pause)) {
        if (verify->list)
            cliniko_list_cancel(&verify->list);
        loop_timer_stop(verify->pause);
        job_returned(job, 0, NULL);
    }
    context_retire(job->contexts, job->context);
}

static void close_job(struct job *job)
{
    struct verify *verify = job->state;

    if (verify->list)
        cliniko_list_cancel(&verify->list);
    loop_timer_destroy(&verify->pause);
    clear_expected(verify);
    ids_destroy(&verify->ids);
    source_close(&verify->source);
    free(verify);
}

const struct job_kind job_verify = {
    .name = "verify",
    .start = start,
    .stop = stop,
    .close = close_job,
};
