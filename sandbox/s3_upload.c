#include "sandbox/s3_upload.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "sandbox/fault_rules.h"
#include "sandbox/multipart.h"
#include "sandbox/routes.h"
#include "sandbox/s3_bucket.h"
#include "sandbox/s3_policy.h"
#include "sandbox/state.h"

enum { BEFORE_FILE_MAX = 20480, FILE_MODE = 0600, RESET_AFTER = 64 * 1024, PATH_ROOM = 32, LOCATION_MAX = 64 * 1024 };

#define FILE_MOST   (INT64_C(5) << 30) /* the service's own bound of one POST */
#define WRONG_ETAG  "d41d8cd98f00b204e9800998ecf8427e"
#define FILE_NAME   "${filename}"
#define SERVED_PATH "/s3/"

enum reading { READING_FIELD, READING_FILE, READING_REST };

struct s3_upload {
    struct sandbox *sandbox;
    struct fault_action action;
    struct multipart *multipart; /* NULL when the body is not read for what it is */
    char *base;                  /* "http://host/s3/sim-files" */
    enum reading reading;
    struct multipart_part part;
    struct s3_form form;
    struct text value; /* of the field at hand */
    size_t before_file;
    struct s3_range range;
    struct s3_error error;
    struct s3_digest *digest;
    struct s3_object *object; /* what it will be */
    int descriptor;           /* -1: the bytes are not kept */
    bool has_file;
    bool has_paused;
    bool write_failed;
    uint64_t received;
    int64_t now_ms;
};

bool s3_is_upload(const struct request *request)
{
    scoped(string_free) char *wanted = x_sprintf(SERVED_PATH "%s", s3_sandbox_signer.bucket);
    size_t size = strlen(wanted);

    return strcmp(request->method, "POST") == 0 && strncmp(request->target, wanted, size) == 0 &&
           (request->target[size] == '\0' || strcmp(request->target + size, "/") == 0);
}

char *s3_url(const struct request *request)
{
    struct text url;

    text_init(&url, LOCATION_MAX);
    request_put_origin(request, &url);
    text_puts(&url, SERVED_PATH);
    text_puts(&url, s3_sandbox_signer.bucket);
    return text_take(&url);
}

/* The last component of a path in either system's form. */
static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *backslash = strrchr(path, '\\');
    const char *last = slash > backslash ? slash : backslash;

    return last ? last + 1 : path;
}

/* Step 6 of the reference: the key that is checked is the one with the file's name in it. */
static void put_file_name(struct s3_upload *upload)
{
    for (size_t i = 0; i < upload->form.count; i++) {
        struct s3_field *field = &upload->form.fields[i];
        char *at = strcasecmp(field->name, "key") == 0 ? strstr(field->value, FILE_NAME) : NULL;
        char *whole = NULL;

        if (!at || !upload->part.has_file_name)
            continue;
        whole = x_sprintf("%.*s%s%s", (int)(at - field->value), field->value, base_name(upload->part.file_name),
                          at + strlen(FILE_NAME));
        string_free(&field->value);
        field->value = whole;
    }
}

static void open_file(struct s3_upload *upload)
{
    struct s3_bucket *bucket = &upload->sandbox->bucket;
    scoped(string_free) char *path = NULL;

    if (!bucket->folder)
        return;
    do {
        string_free(&path);
        path = x_sprintf("%s/%06" PRIu64, bucket->folder, ++bucket->next_file);
        upload->descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
    } while (upload->descriptor < 0 && errno == EEXIST);
    upload->write_failed = upload->descriptor < 0;
    if (!upload->write_failed)
        upload->object->path = steal(path);
}

static void begin_file(struct s3_upload *upload)
{
    upload->reading = READING_FILE;
    if (upload->has_file) {
        s3_error_set(&upload->error, 400, "InvalidArgument", "POST requires exactly one file upload per request.");
        upload->reading = READING_REST;
        return;
    }
    upload->has_file = true;
    put_file_name(upload);
    if (!upload->error.status && upload->action.kind == FAULT_RULE_EXPIRED)
        s3_error_set(&upload->error, 403, "AccessDenied", "Invalid according to Policy: Policy expired.");
    if (upload->error.status ||
        !s3_policy_check(&s3_sandbox_signer, &upload->form, upload->now_ms / 1000, &upload->range, &upload->error))
        return;
    upload->object = x_alloc(sizeof *upload->object);
    upload->object->key = x_strdup(s3_form_field(&upload->form, "key"));
    upload->object->content_type = x_strdup(upload->part.content_type[0] ? upload->part.content_type : NULL);
    upload->digest = s3_digest_new();
    open_file(upload);
}

static void on_begin(void *argument, const struct multipart_part *part)
{
    struct s3_upload *upload = argument;

    if (upload->reading == READING_REST)
        return; /* what follows the file does not count */
    upload->part = *part;
    text_clear(&upload->value);
    if (strcasecmp(part->name, "file") == 0)
        begin_file(upload);
    else
        upload->reading = upload->has_file ? READING_REST : READING_FIELD;
}

static void write_file(struct s3_upload *upload, const char *data, size_t size)
{
    while (size && !upload->write_failed) {
        ssize_t written = write(upload->descriptor, data, size);

        upload->write_failed = written <= 0;
        data += written > 0 ? written : 0;
        size -= written > 0 ? (size_t)written : 0;
    }
}

static void keep_head(struct s3_object *object, const char *data, size_t size)
{
    size_t room = S3_HEAD_SIZE - object->head_size;
    size_t kept = size < room ? size : room;

    memcpy(object->head + object->head_size, data, kept);
    object->head_size += kept;
}

static void on_data(void *argument, const char *data, size_t size)
{
    struct s3_upload *upload = argument;

    if (upload->reading == READING_FIELD) {
        upload->before_file += size;
        text_put(&upload->value, data, size);
        if (upload->before_file > BEFORE_FILE_MAX && !upload->error.status)
            s3_error_set(&upload->error, 400, "MaxPostPreDataLengthExceeded",
                         "Your POST request fields preceding the upload file were too large.");
    } else if (upload->reading == READING_FILE && upload->object) {
        keep_head(upload->object, data, size);
        upload->object->size_bytes += (int64_t)size;
        s3_digest_add(upload->digest, data, size);
        if (upload->descriptor >= 0)
            write_file(upload, data, size);
    }
}

static void on_end(void *argument)
{
    struct s3_upload *upload = argument;

    if (upload->reading != READING_FIELD)
        return;
    if (upload->form.count == S3_FIELDS_MAX && !upload->error.status)
        s3_error_set(&upload->error, 400, "MalformedPOSTRequest", "The form has more than %d fields.", S3_FIELDS_MAX);
    s3_form_add(&upload->form, slice_of(upload->part.name), text_slice(&upload->value));
}

static void start_reading(struct s3_upload *upload, const struct request *request)
{
    static const struct multipart_events events = {on_begin, on_data, on_end};
    const char *type = request->content_type ? request->content_type : "";
    char boundary[MULTIPART_BOUNDARY_SIZE];

    if (strncasecmp(type, "multipart/form-data", strlen("multipart/form-data")) != 0) {
        s3_error_set(&upload->error, 412, "PreconditionFailed",
                     "At least one of the pre-conditions you specified did not hold");
        s3_error_detail(&upload->error, "Condition", "Bucket POST must be of the enclosure-type multipart/form-data");
    } else if (!multipart_boundary(type, boundary)) {
        s3_error_set(&upload->error, 400, "MalformedPOSTRequest",
                     "The body of your POST request is not well-formed multipart/form-data.");
    } else if (!request->content_length) {
        s3_error_set(&upload->error, 411, "MissingContentLength", "You must provide the Content-Length HTTP header.");
    } else {
        upload->multipart = multipart_new(boundary, &events, upload);
    }
}

struct s3_upload *s3_upload_open(struct sandbox *sandbox, const struct request *request, int64_t now_ms)
{
    struct s3_upload *upload = x_alloc(sizeof *upload);

    upload->sandbox = sandbox;
    upload->action = fault_rules_next(&sandbox->faults, ROUTES_S3, NULL,
                                      request->content_length ? strtoll(request->content_length, NULL, 10) : 0);
    upload->descriptor = -1;
    upload->now_ms = now_ms;
    upload->base = s3_url(request);
    text_init(&upload->value, BEFORE_FILE_MAX);
    start_reading(upload, request);
    return upload;
}

static void forget_object(struct s3_upload *upload)
{
    if (!upload->object)
        return;
    if (upload->object->path)
        unlink(upload->object->path);
    string_free(&upload->object->key);
    string_free(&upload->object->content_type);
    string_free(&upload->object->path);
    free(upload->object);
    upload->object = NULL;
}

void s3_upload_destroy(struct s3_upload **place)
{
    struct s3_upload *upload = *place;

    *place = NULL;
    if (!upload)
        return;
    forget_object(upload);
    descriptor_close(&upload->descriptor);
    multipart_destroy(&upload->multipart);
    s3_form_release(&upload->form);
    s3_digest_destroy(&upload->digest);
    text_release(&upload->value);
    string_free(&upload->base);
    free(upload);
}

enum s3_step s3_upload_feed(struct s3_upload *upload, const char *data, size_t size, int64_t now_ms)
{
    upload->now_ms = now_ms;
    if (upload->action.kind == FAULT_RULE_DROP_BEFORE ||
        (upload->action.kind == FAULT_RULE_RESET && upload->received >= RESET_AFTER)) {
        stats_answered(&upload->sandbox->stats, ROUTES_S3, 0);
        return S3_RESET;
    }
    if (upload->action.kind == FAULT_RULE_STALL && !upload->has_paused) {
        upload->has_paused = true;
        return S3_PAUSE;
    }
    upload->received += size;
    if (upload->multipart && !multipart_feed(upload->multipart, data, size) && !upload->error.status)
        s3_error_set(&upload->error, 400, "MalformedPOSTRequest",
                     "The body of your POST request is not well-formed multipart/form-data.");
    return S3_GO_ON;
}

int64_t s3_upload_pause_ms(const struct s3_upload *upload)
{
    return upload->action.ms;
}

static void put_escaped(struct text *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '&')
            text_puts(out, "&amp;");
        else if (*text == '<')
            text_puts(out, "&lt;");
        else if (*text == '>')
            text_puts(out, "&gt;");
        else if (*text == '"')
            text_puts(out, "&quot;");
        else
            text_putc(out, *text);
    }
}

static void put_element(struct text *out, const char *name, const char *value)
{
    text_printf(out, "<%s>", name);
    put_escaped(out, value);
    text_printf(out, "</%s>", name);
}

static void answer_error(const struct s3_error *error, struct answer *answer)
{
    struct text *body = &answer->body;

    text_clear(body);
    text_puts(body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>");
    put_element(body, "Code", error->code);
    put_element(body, "Message", error->message);
    for (size_t i = 0; i < array_length(error->details); i++)
        if (error->details[i].name)
            put_element(body, error->details[i].name, error->details[i].value);
    text_puts(body, "<RequestId>7A5B2C1D0E9F8A63</RequestId><HostId>sandbox</HostId></Error>");
    answer->status = error->status;
    answer->content_type = "application/xml";
}

/* The key in a Location: everything escaped, blanks as plus signs (API reference 8.3). */
static void put_location(struct text *out, const char *base, const char *key)
{
    struct text escaped;

    text_init(&escaped, LOCATION_MAX);
    target_percent_encode(&escaped, key);
    text_puts(out, base);
    text_putc(out, '/');
    for (const char *at = text_string(&escaped); *at; at++) {
        if (strncmp(at, "%20", 3) == 0) {
            text_putc(out, '+');
            at += 2;
        } else {
            text_putc(out, *at);
        }
    }
    text_release(&escaped);
}

static void answer_success(const struct s3_upload *upload, const struct s3_object *object, struct answer *answer)
{
    const char *status = s3_form_field(&upload->form, "success_action_status");
    bool wrong_etag = upload->action.kind == FAULT_RULE_WRONG_ETAG;
    struct text *body = &answer->body;
    struct text location;

    if (!status || (strcmp(status, "200") != 0 && strcmp(status, "201") != 0)) {
        answer_empty(answer, 204);
        return;
    }
    if (strcmp(status, "200") == 0) {
        answer_empty(answer, 200);
        return;
    }
    text_init(&location, LOCATION_MAX);
    put_location(&location, upload->base, object->key);
    text_clear(body);
    text_puts(body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PostResponse>");
    put_element(body, "Location", text_string(&location));
    put_element(body, "Bucket", s3_sandbox_signer.bucket);
    put_element(body, "Key", object->key);
    text_printf(body, "<ETag>\"%s\"</ETag></PostResponse>", wrong_etag ? WRONG_ETAG : object->md5);
    snprintf(answer->etag, sizeof answer->etag, "\"%s\"", wrong_etag ? WRONG_ETAG : object->md5);
    answer->status = 201;
    answer->content_type = "application/xml";
    text_release(&location);
}

/* What is wrong with the form as a whole, once it has come. */
static bool check_whole(struct s3_upload *upload)
{
    struct s3_error *error = &upload->error;

    if (error->status)
        return false;
    if (!upload->multipart || !multipart_is_complete(upload->multipart)) {
        s3_error_set(error, 400, "MalformedPOSTRequest",
                     "The body of your POST request is not well-formed multipart/form-data.");
        return false;
    }
    if (!upload->has_file) {
        s3_error_set(error, 400, "InvalidArgument", "POST requires exactly one file upload per request.");
        s3_error_detail(error, "ArgumentName", "file");
        s3_error_detail(error, "ArgumentValue", "0");
        return false;
    }
    if (upload->range.most > FILE_MOST)
        upload->range.most = FILE_MOST;
    if (upload->write_failed) {
        s3_error_set(error, 500, "InternalError", "We encountered an internal error. Please try again.");
        return false;
    }
    return s3_range_check(&upload->range, upload->object->size_bytes, error);
}

static const struct s3_object *store(struct s3_upload *upload)
{
    struct s3_bucket *bucket = &upload->sandbox->bucket;
    struct s3_object *object = steal(upload->object);

    s3_digest_end(upload->digest, object->md5, object->sha256);
    s3_bucket_add(bucket, object);
    return object;
}

/* The code that goes with a status which a fault rule gives. */
static void answer_fault(const struct fault_action *action, struct answer *answer)
{
    static const struct {
        int status;
        const char *code;
        const char *message;
    } faults[] = {
        {400, "RequestTimeout", "Your socket connection to the server was not read from or written to in time."},
        {403, "AccessDenied", "Access Denied"},
        {500, "InternalError", "We encountered an internal error. Please try again."},
        {503, "SlowDown", "Please reduce your request rate."},
    };
    struct s3_error error;
    size_t which = 0;

    while (which < array_length(faults) - 1 && faults[which].status != action->status)
        which++;
    s3_error_set(&error, action->status, faults[which].code, "%s", faults[which].message);
    answer_error(&error, answer);
}

void s3_upload_end(struct s3_upload *upload, int64_t now_ms, struct answer *answer)
{
    const struct fault_action *action = &upload->action;
    bool commits = action->kind != FAULT_RULE_STATUS || action->commit;
    bool good = check_whole(upload);

    (void)now_ms;
    answer_clear(answer);
    if (good && commits)
        answer_success(upload, store(upload), answer);
    else if (!good)
        answer_error(&upload->error, answer);
    if (action->kind == FAULT_RULE_STATUS)
        answer_fault(action, answer);
    if (action->kind == FAULT_RULE_DROP_AFTER || action->kind == FAULT_RULE_DROP_BEFORE ||
        action->kind == FAULT_RULE_RESET)
        answer->end = ANSWER_CLOSE;
    if (action->kind == FAULT_RULE_CUT)
        answer->end = ANSWER_CUT;
    answer->delay_ms = action->delay_ms;
    stats_answered(&upload->sandbox->stats, ROUTES_S3, answer->end == ANSWER_CLOSE ? 0 : answer->status);
}

void s3_answer_other(const struct request *request, struct answer *answer)
{
    struct s3_error error;

    if (strcmp(request->method, "POST") == 0)
        s3_error_set(&error, 404, "NoSuchBucket", "The specified bucket does not exist");
    else
        s3_error_set(&error, 405, "MethodNotAllowed", "The specified method is not allowed against this resource.");
    answer_error(&error, answer);
}
