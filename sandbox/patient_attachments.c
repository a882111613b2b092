#include "sandbox/patient_attachments.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "sandbox/patients.h"
#include "sandbox/render.h"
#include "sandbox/resource.h"
#include "sandbox/s3_policy.h"
#include "sandbox/s3_upload.h"

enum { PREFIX_MAX = 1024 };

static const struct field fields[ATTACHMENT_FIELDS] = {
    SCHEMA_COMMON_FIELDS(FIELD_FILTER, FIELD_HIDDEN, FIELD_HIDDEN),
    [ATTACHMENT_CONTENT_TYPE] = {.name = "content_type", .kind = FIELD_TEXT, .flags = FIELD_FILTER},
    [ATTACHMENT_DESCRIPTION] = {.name = "description",
                                .kind = FIELD_TEXT,
                                .flags = FIELD_ON_CREATE | FIELD_FILTER,
                                .max_length = 255},
    [ATTACHMENT_FILENAME] = {.name = "filename", .kind = FIELD_TEXT, .flags = FIELD_FILTER},
    [ATTACHMENT_PINNED_AT] = {.name = "pinned_at", .kind = FIELD_INSTANT},
    [ATTACHMENT_PROCESSED_AT] = {.name = "processed_at", .kind = FIELD_INSTANT, .flags = FIELD_FILTER},
    [ATTACHMENT_SIZE] = {.name = "size", .kind = FIELD_INTEGER, .flags = FIELD_FILTER},
    [ATTACHMENT_PATIENT] = {.name = "patient",
                            .input = "patient_id",
                            .problem = "patient",
                            .kind = FIELD_ID,
                            .target = "patients",
                            .flags = FIELD_ON_CREATE | FIELD_REQUIRED | FIELD_FILTER,
                            .index = 1},
    [ATTACHMENT_USER] =
        {.name = "user", .input = "user_id", .kind = FIELD_ID, .target = "users", .flags = FIELD_FILTER},
    [ATTACHMENT_UPLOAD_URL] = {.name = "upload_url",
                               .problem = "temp_attachment_url",
                               .kind = FIELD_TEXT,
                               .flags = FIELD_ON_CREATE | FIELD_REQUIRED | FIELD_HIDDEN},
    [ATTACHMENT_OBJECT] = {.name = "object", .kind = FIELD_INTEGER, .flags = FIELD_HIDDEN},
    [ATTACHMENT_DUE_MS] = {.name = "due_ms", .kind = FIELD_INTEGER, .flags = FIELD_HIDDEN},
};

static struct schema_names names;
static const struct schema schema = {"patient_attachments", fields, ATTACHMENT_FIELDS, &names};

static char *key_prefix(const struct act *act, uint64_t patient)
{
    return x_sprintf("%" PRIu64 "/patients/%" PRIu64 "/attachments/temp/", act->account->id, patient);
}

static void put_fields(struct act *act, const struct record *patient, struct json_writer *writer)
{
    const struct s3_signer *signer = &s3_sandbox_signer;
    scoped(string_free) char *folder = key_prefix(act, patient->cells[RECORD_ID].id);
    scoped(string_free) char *prefix = NULL;
    scoped(string_free) char *key = NULL;
    scoped(string_free) char *credential = NULL;
    char signature[S3_SIGNATURE_SIZE];
    char stamp[S3_STAMP_SIZE];
    char token[S3_TOKEN_SIZE];
    char date[9];
    struct text policy;

    s3_bucket_token(act->bucket, token);
    s3_stamp(act->now_ms / 1000, stamp);
    snprintf(date, sizeof date, "%.8s", stamp);
    prefix = x_sprintf("%s%s/", folder, token);
    key = x_sprintf("%s${filename}", prefix);
    credential = x_sprintf("%s/%s/%s/s3/aws4_request", signer->access_key, date, signer->region);
    text_init(&policy, PREFIX_MAX * 4);
    s3_policy_write(signer, prefix, credential, stamp, act->now_ms / 1000 + act->options->s3_expiry_seconds,
                    act->options->s3_most_bytes, &policy);
    s3_sign(signer->secret, date, signer->region, text_string(&policy), signature);
    json_member_text(writer, "key", key);
    json_member_text(writer, "success_action_status", "201");
    json_member_text(writer, "acl", "private");
    json_member_text(writer, "policy", text_string(&policy));
    json_member_text(writer, "x-amz-credential", credential);
    json_member_text(writer, "x-amz-algorithm", "AWS4-HMAC-SHA256");
    json_member_text(writer, "x-amz-date", stamp);
    json_member_text(writer, "x-amz-signature", signature);
    text_release(&policy);
}

void attachment_presign(struct act *act)
{
    scoped(string_free) char *bucket = s3_url(act->request);
    scoped(string_free) char *url = x_sprintf("%s%s", bucket, act->options->s3_url_slash ? "/" : "");
    struct json_writer writer;

    json_write_init(&writer, &act->answer->body);
    json_begin_object(&writer);
    json_member_text(&writer, "url", url);
    json_key(&writer, "fields");
    json_begin_object(&writer);
    put_fields(act, act->record, &writer);
    json_end_object(&writer);
    json_end_object(&writer);
    answer_json(act->answer, 200);
}

/* The object that an upload_url names: in this bucket, of this patient, still there. */
static bool find_object(const struct act *act, const char *upload_url, uint64_t patient, size_t *ret)
{
    scoped(string_free) char *bucket = s3_url(act->request);
    scoped(string_free) char *prefix = key_prefix(act, patient);
    size_t size = strlen(bucket);

    for (const char *byte = upload_url; *byte; byte++)
        if (*byte <= ' ' || *byte >= 0x7F)
            return false;
    return strncmp(upload_url, bucket, size) == 0 && upload_url[size] == '/' &&
           strncmp(upload_url + size + 1, prefix, strlen(prefix)) == 0 &&
           s3_bucket_find(act->bucket, upload_url + size + 1, ret);
}

static int64_t stored_bytes(struct act *act)
{
    const struct table *table = act_table(act, RESOURCE_PATIENT_ATTACHMENTS);
    int64_t bytes = 0;

    for (uint32_t i = 0; i < table->count; i++)
        bytes += act->bucket->objects[table->rows[i]->cells[ATTACHMENT_OBJECT].number]->size_bytes;
    return bytes;
}

static void check(struct act *act)
{
    const char *url = act_cell(act, ATTACHMENT_UPLOAD_URL)->text;
    uint64_t patient = act_cell(act, ATTACHMENT_PATIENT)->id;
    size_t place = 0;

    patient_check_live(act, ATTACHMENT_PATIENT);
    if (!url || !patient)
        return;
    if (!find_object(act, url, patient, &place)) {
        problems_add(&act->problems, "temp_attachment_url", PROBLEM_INVALID);
        return;
    }
    if (act->options->trial_bytes &&
        stored_bytes(act) + act->bucket->objects[place]->size_bytes > act->options->trial_bytes) {
        problems_add(&act->problems, "base", "The file storage limit of this trial account has been reached");
        return;
    }
    change_number(&act->change, ATTACHMENT_OBJECT, (int64_t)place);
    change_id(&act->change, ATTACHMENT_USER, act->user->id);
    if (act->options->process_ms >= 0)
        change_number(&act->change, ATTACHMENT_DUE_MS, act->now_ms + act->options->process_ms);
}

static bool starts_with(const struct s3_object *object, const char *bytes, size_t size)
{
    return object->head_size >= size && memcmp(object->head, bytes, size) == 0;
}

/* The service looks into files of well-known types; one whose bytes do not fit becomes this (API reference 8.7). */
static bool fits_its_name(const struct s3_object *object)
{
    const char *dot = strrchr(object->key, '.');

    if (!dot)
        return true;
    if (strcasecmp(dot, ".pdf") == 0)
        return starts_with(object, "%PDF", 4);
    if (strcasecmp(dot, ".png") == 0)
        return starts_with(object, "\x89PNG", 4);
    if (strcasecmp(dot, ".jpg") == 0 || strcasecmp(dot, ".jpeg") == 0)
        return starts_with(object, "\xFF\xD8", 2);
    return true;
}

static void process(struct act *act, struct record *attachment)
{
    struct s3_object *object = act->bucket->objects[attachment->cells[ATTACHMENT_OBJECT].number];
    int64_t at = attachment->cells[ATTACHMENT_DUE_MS].number / 1000;
    const char *type = object->content_type ? object->content_type : "application/octet-stream";
    struct change change = {0};

    change_text(&change, ATTACHMENT_FILENAME, strrchr(object->key, '/') + 1);
    change_text(&change, ATTACHMENT_CONTENT_TYPE, fits_its_name(object) ? type : "invalid/invalid");
    change_number(&change, ATTACHMENT_SIZE, object->size_bytes);
    change_number(&change, ATTACHMENT_PROCESSED_AT, at);
    change_number(&change, RECORD_UPDATED_AT, at);
    table_change(act_table(act, RESOURCE_PATIENT_ATTACHMENTS), attachment, &change);
    object->removed = true;
}

/* The delay is the same for all, so they are due in the order in which they were made. */
void attachments_process(struct act *act)
{
    const struct table *table = act_table(act, RESOURCE_PATIENT_ATTACHMENTS);

    while (act->account->processed < table->count) {
        struct record *next = table->rows[act->account->processed];
        int64_t due_ms = next->cells[ATTACHMENT_DUE_MS].number;

        if (due_ms == CELL_NULL || due_ms > act->now_ms)
            return;
        process(act, next);
        act->account->processed++;
    }
}

static void extras(const struct act *act, const struct record *attachment, struct json_writer *writer)
{
    bool processed = attachment->cells[ATTACHMENT_PROCESSED_AT].number != CELL_NULL;

    json_member_bool(writer, "processing_completed", processed);
    render_relation(act, "content", "patient_attachments", processed ? attachment->cells[RECORD_ID].id : 0, "/content",
                    writer);
}

void attachment_content(struct act *act)
{
    const struct record *attachment = act->record;
    const struct s3_object *object = act->bucket->objects[attachment->cells[ATTACHMENT_OBJECT].number];

    if (attachment->cells[ATTACHMENT_PROCESSED_AT].number == CELL_NULL || !object->path) {
        answer_message(act->answer, 404, "Resource not found");
        return;
    }
    answer_empty(act->answer, 200);
    act->answer->file = x_strdup(object->path);
    act->answer->content_type = "application/octet-stream";
}

static void write_id(struct json_writer *writer, const char *name, uint64_t id)
{
    char text[ID_SIZE];

    id_format(id, text);
    json_member_text(writer, name, text);
}

static void write_file(const struct sandbox *sandbox, const struct account *account, const struct record *attachment,
                       struct json_writer *writer)
{
    const struct s3_object *object = sandbox->bucket.objects[attachment->cells[ATTACHMENT_OBJECT].number];

    json_begin_object(writer);
    json_member_text(writer, "account", account->subdomain);
    write_id(writer, "attachment_id", attachment->cells[RECORD_ID].id);
    write_id(writer, "patient_id", attachment->cells[ATTACHMENT_PATIENT].id);
    json_member_text(writer, "filename", strrchr(object->key, '/') + 1);
    json_member_text(writer, "description", attachment->cells[ATTACHMENT_DESCRIPTION].text);
    json_member_integer(writer, "size", object->size_bytes);
    json_member_text(writer, "md5", object->md5);
    json_member_text(writer, "sha256", object->sha256);
    json_member_text(writer, "path", object->path);
    json_end_object(writer);
}

void attachments_write(const struct sandbox *sandbox, struct json_writer *writer)
{
    json_begin_object(writer);
    json_member_integer(writer, "uploads", (int64_t)sandbox->bucket.count);
    json_member_integer(writer, "uploaded_bytes", sandbox->bucket.stored_bytes);
    json_key(writer, "files");
    json_begin_array(writer);
    for (size_t i = 0; i < sandbox->store.account_count; i++) {
        const struct account *account = sandbox->store.accounts[i];
        const struct table *table = &account->tables[RESOURCE_PATIENT_ATTACHMENTS];

        for (uint32_t j = 0; j < table->count; j++)
            write_file(sandbox, account, table->rows[j], writer);
    }
    json_end_array(writer);
    json_end_object(writer);
}

const struct resource patient_attachment_resource = {.schema = &schema, .check = check, .extras = extras};
