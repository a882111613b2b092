/* The three steps of an attachment, the second one without a socket. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "fixture.h"
#include "sandbox/s3_upload.h"

enum { BODY_MAX = 1024 * 1024 };

#define BOUNDARY "b0undary"

static const struct sandbox_options options = {.s3_expiry_seconds = 3600, .process_ms = 1000};

/* One post to the bucket and what came of it. */
struct post {
    const char *content_type;
    const char *content_length;
    const char *file_name; /* NULL: no file part */
    const char *data;
    const char *extra;   /* one more field before the file, NULL for none */
    const char *instead; /* a field that gets another value */
    const char *value;
    struct text body;
    char upload_url[600]; /* after a success */
    char text[2000];      /* the answer's body */
    int status;
};

static void put_field(struct text *body, const char *name, const char *value)
{
    text_printf(body, "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n", name, value);
}

static void presign(struct fixture *fixture, const char *patient, struct post *post)
{
    scoped(string_free) char *target = x_sprintf("/v1/patients/%s/attachment_presigned_post", patient);

    cr_assert_eq(fixture_call(fixture, "GET", target, NULL), 200, "%s", text_string(&fixture->answer.body));
    text_init(&post->body, BODY_MAX);
    for (const struct json *field = json_first(fixture_at(fixture, "fields")); field; field = json_next(field)) {
        bool other = post->instead && strcmp(post->instead, json_name(field)) == 0;

        if (!other || post->value)
            put_field(&post->body, json_name(field), other ? post->value : json_text(field, ""));
    }
    snprintf(post->upload_url, sizeof post->upload_url, "%s", fixture_text(fixture, "url"));
    if (post->extra)
        put_field(&post->body, post->extra, "x");
    if (post->file_name)
        text_printf(&post->body,
                    "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\n"
                    "Content-Type: text/plain\r\n\r\n%s\r\n",
                    post->file_name, post->data ? post->data : "");
    text_puts(&post->body, "--" BOUNDARY "--\r\n");
}

/* The text between two tags of the answer. */
static char *element(const struct post *post, const char *name)
{
    scoped(string_free) char *open = x_sprintf("<%s>", name);
    scoped(string_free) char *close = x_sprintf("</%s>", name);
    const char *from = strstr(post->text, open);
    const char *to = from ? strstr(from, close) : NULL;

    return to ? x_strndup(from + strlen(open), (size_t)(to - from - (ssize_t)strlen(open))) : x_strdup("");
}

static void send_post(struct fixture *fixture, struct post *post)
{
    struct request request = {
        .method = "POST",
        .target = "/s3/sim-files",
        .scheme = "http",
        .host = "api.test:81",
        .content_type = post->content_type ? post->content_type : "multipart/form-data; boundary=" BOUNDARY,
        .content_length = post->content_length ? post->content_length : "1",
    };
    struct s3_upload *upload = NULL;

    if (post->content_length && !*post->content_length)
        request.content_length = NULL;
    cr_assert(s3_is_upload(&request));
    upload = s3_upload_open(fixture->sandbox, &request, fixture->now_ms);
    for (size_t i = 0; i < post->body.size; i += 100)
        s3_upload_feed(upload, post->body.data + i, post->body.size - i < 100 ? post->body.size - i : 100,
                       fixture->now_ms);
    s3_upload_end(upload, fixture->now_ms, &fixture->answer);
    s3_upload_destroy(&upload);
    text_release(&post->body);
    post->status = fixture->answer.status;
    snprintf(post->text, sizeof post->text, "%s", text_string(&fixture->answer.body));
    if (post->status == 201) {
        scoped(string_free) char *key = element(post, "Key");
        size_t size = strlen(post->upload_url);

        snprintf(post->upload_url + size, sizeof post->upload_url - size, "/%s", key);
    }
}

static void upload(struct fixture *fixture, const char *patient, struct post *post)
{
    presign(fixture, patient, post);
    send_post(fixture, post);
}

static char *attachment_body(const char *patient, const char *url, const char *description)
{
    return x_sprintf("{\"patient_id\":\"%s\",\"upload_url\":\"%s\",\"description\":\"%s\"}", patient, url, description);
}

Test(attachments, a_presigned_post_has_all_nine_members)
{
    static const char *const names[] = {"url",
                                        "fields.key",
                                        "fields.policy",
                                        "fields.x-amz-algorithm",
                                        "fields.x-amz-credential",
                                        "fields.x-amz-date",
                                        "fields.x-amz-signature",
                                        "fields.success_action_status",
                                        "fields.acl"};
    struct fixture fixture;
    scoped(string_free) char *patient = NULL;
    scoped(string_free) char *target = NULL;
    scoped(string_free) char *wanted = NULL;

    fixture_open(&fixture, &options);
    patient = fixture_quiet_patient(&fixture);
    target = x_sprintf("/v1/patients/%s/attachment_presigned_post", patient);
    wanted = x_sprintf("/patients/%s/attachments/temp/", patient);
    cr_assert_eq(fixture_call(&fixture, "GET", target, NULL), 200);
    for (size_t i = 0; i < array_length(names); i++)
        cr_expect(*fixture_text(&fixture, names[i]), "%s is missing", names[i]);
    cr_expect_str_eq(fixture_text(&fixture, "url"), "http://api.test:81/s3/sim-files");
    cr_expect(strstr(fixture_text(&fixture, "fields.key"), wanted), "%s", fixture_text(&fixture, "fields.key"));
    cr_expect(strstr(fixture_text(&fixture, "fields.key"), "/${filename}"));
    cr_expect_str_eq(fixture_text(&fixture, "fields.x-amz-date"), "20260101T000000Z");
    cr_expect_eq(fixture_call(&fixture, "GET", "/v1/patients/77/attachment_presigned_post", NULL), 404);
    fixture_close(&fixture);
}

Test(attachments, an_upload_becomes_an_attachment_that_is_processed_later)
{
    struct post post = {.file_name = "C:\\\\scans\\\\knee_one.txt", .data = "hello"};
    struct fixture fixture;
    scoped(string_free) char *patient = NULL;
    scoped(string_free) char *body = NULL;
    scoped(string_free) char *target = NULL;
    scoped(string_free) char *location = NULL;

    fixture_open(&fixture, &options);
    patient = fixture_quiet_patient(&fixture);
    upload(&fixture, patient, &post);
    cr_assert_eq(post.status, 201, "%s", post.text);
    cr_expect(strstr(post.text, "<ETag>\"5d41402abc4b2a76b9719d911017c592\"</ETag>"), "%s", post.text);
    cr_expect_str_eq(fixture.answer.etag, "\"5d41402abc4b2a76b9719d911017c592\"");
    location = element(&post, "Location");
    cr_expect(strstr(location, "%2Fattachments%2Ftemp%2F"), "%s", location);
    body = attachment_body(patient, post.upload_url, "knee one.txt [FD-A1]");
    target = x_sprintf("/v1/patient_attachments/%s", fixture_create(&fixture, "patient_attachments", body));
    cr_expect(json_is_null(fixture_at(&fixture, "filename")));
    cr_expect(json_is_null(fixture_at(&fixture, "size")));
    cr_expect(json_is_null(fixture_at(&fixture, "content")));
    cr_expect_not(json_bool(fixture_at(&fixture, "processing_completed"), true));
    fixture.now_ms += 999;
    fixture_call(&fixture, "GET", "/v1/patient_attachments?q[]=processed_at:!?", NULL);
    cr_expect_eq(json_number(fixture_at(&fixture, "total_entries"), -1), 1);
    fixture.now_ms += 1;
    cr_assert_eq(fixture_call(&fixture, "GET", target, NULL), 200);
    cr_expect(json_bool(fixture_at(&fixture, "processing_completed"), false));
    cr_expect_str_eq(fixture_text(&fixture, "filename"), "knee_one.txt");
    cr_expect_str_eq(fixture_text(&fixture, "content_type"), "text/plain");
    cr_expect_eq(json_number(fixture_at(&fixture, "size"), -1), 5);
    cr_expect_str_eq(fixture_text(&fixture, "processed_at"), "2026-01-01T00:00:01Z");
    cr_expect(strstr(fixture_text(&fixture, "content.links.self"), "/content"));
    cr_expect_eq(fixture_call(&fixture, "POST", "/v1/patient_attachments", body), 422, "the temporary object is gone");
    cr_expect_str_eq(fixture_text(&fixture, "errors.temp_attachment_url"), "is invalid");
    fixture_call(&fixture, "GET", "/__files", NULL);
    cr_expect_str_eq(fixture_text(&fixture, "files.0.sha256"),
                     "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    cr_expect_str_eq(fixture_text(&fixture, "files.0.description"), "knee one.txt [FD-A1]");
    fixture_close(&fixture);
}

Test(attachments, an_early_second_create_makes_a_duplicate)
{
    struct post post = {.file_name = "a.txt", .data = "x"};
    struct fixture fixture;
    scoped(string_free) char *patient = NULL;
    scoped(string_free) char *body = NULL;

    fixture_open(&fixture, &options);
    patient = fixture_quiet_patient(&fixture);
    upload(&fixture, patient, &post);
    body = attachment_body(patient, post.upload_url, "a");
    fixture_create(&fixture, "patient_attachments", body);
    fixture_create(&fixture, "patient_attachments", body);
    fixture_close(&fixture);
}

Test(attachments, an_upload_url_is_of_this_patient_and_this_bucket)
{
    struct post post = {.file_name = "a.txt", .data = "x"};
    struct fixture fixture;
    scoped(string_free) char *patient = NULL;
    scoped(string_free) char *other = NULL;

    fixture_open(&fixture, &options);
    patient = fixture_quiet_patient(&fixture);
    other = fixture_quiet_patient(&fixture);
    upload(&fixture, patient, &post);
    for (int i = 0; i < 5; i++) {
        const char *const urls[] = {post.upload_url, "https://evil.example.com/x", "http://api.test:81/s3/sim-files/x",
                                    "a b", ""};
        scoped(string_free) char *body = attachment_body(i == 0 ? other : patient, urls[i], "d");

        cr_expect_eq(fixture_call(&fixture, "POST", "/v1/patient_attachments", body), 422, "%s", urls[i]);
        cr_expect(*fixture_text(&fixture, "errors.temp_attachment_url"), "%s: %s", urls[i],
                  text_string(&fixture.answer.body));
    }
    fixture_close(&fixture);
}

Test(attachments, each_fault_of_a_post_has_its_code)
{
    static const struct {
        struct post post;
        int64_t later_ms;
        int status;
        const char *code;
    } cases[] = {
        {{.file_name = "a", .content_type = "application/x-www-form-urlencoded"}, 0, 412, "PreconditionFailed"},
        {{.file_name = "a", .content_type = "multipart/form-data"}, 0, 400, "MalformedPOSTRequest"},
        {{.file_name = "a", .content_type = "multipart/form-data; boundary=other"}, 0, 400, "MalformedPOSTRequest"},
        {{.file_name = "a", .content_length = ""}, 0, 411, "MissingContentLength"},
        {{.file_name = NULL}, 0, 400, "InvalidArgument"},
        {{.file_name = "a", .instead = "key"}, 0, 400, "InvalidArgument"},
        {{.file_name = "a", .instead = "x-amz-date"}, 0, 400, "InvalidArgument"},
        {{.file_name = "a", .instead = "x-amz-signature", .value = "00"}, 0, 403, "SignatureDoesNotMatch"},
        {{.file_name = "a", .instead = "acl", .value = "public-read"}, 0, 403, "AccessDenied"},
        {{.file_name = "a", .extra = "Content-Type"}, 0, 403, "AccessDenied"},
        {{.file_name = "a", .extra = "x-ignore-me"}, 0, 201, NULL},
        {{.file_name = "a"}, 3599999, 201, NULL},
        {{.file_name = "a"}, 3600000, 403, "AccessDenied"},
        {{.file_name = "a", .data = "12345678901"}, 0, 400, "EntityTooLarge"},
        {{.file_name = "a", .data = "1234567890"}, 0, 201, NULL},
    };
    const struct sandbox_options bounded = {.s3_expiry_seconds = 3600, .s3_most_bytes = 10};
    struct fixture fixture;
    scoped(string_free) char *patient = NULL;

    fixture_open(&fixture, &bounded);
    patient = fixture_quiet_patient(&fixture);
    for (size_t i = 0; i < array_length(cases); i++) {
        struct post post = cases[i].post;
        scoped(string_free) char *code = NULL;

        presign(&fixture, patient, &post);
        fixture.now_ms += cases[i].later_ms;
        send_post(&fixture, &post);
        code = element(&post, "Code");
        cr_expect_eq(post.status, cases[i].status, "case %zu: got %d: %s", i, post.status, post.text);
        cr_expect_str_eq(code, cases[i].code ? cases[i].code : "", "case %zu: %s", i, post.text);
    }
    fixture_close(&fixture);
}

Test(attachments, too_much_before_the_file_is_refused)
{
    scoped(string_free) char *value = x_alloc(21000);
    struct post post = {.file_name = "a", .instead = "acl"};
    scoped(string_free) char *code = NULL;
    struct fixture fixture;
    scoped(string_free) char *patient = NULL;

    memset(value, 'x', 20999);
    post.value = value;
    fixture_open(&fixture, &options);
    patient = fixture_quiet_patient(&fixture);
    upload(&fixture, patient, &post);
    code = element(&post, "Code");
    cr_expect_eq(post.status, 400);
    cr_expect_str_eq(code, "MaxPostPreDataLengthExceeded");
    fixture_close(&fixture);
}

Test(attachments, faults_on_demand_reach_the_bucket)
{
    static const struct {
        const char *rule;
        int status;
        const char *code;
        bool closes;
        int stored;
    } cases[] = {
        {"\"kind\":\"status\",\"status\":503", 503, "SlowDown", false, 0},
        {"\"kind\":\"status\",\"status\":500,\"commit\":true", 500, "InternalError", false, 1},
        {"\"kind\":\"expired\"", 403, "AccessDenied", false, 0},
        {"\"kind\":\"wrong_etag\"", 201, "", false, 1},
        {"\"kind\":\"drop_after\"", 201, "", true, 1},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(string_free) char *rules = x_sprintf("[{\"route\":\"POST /s3/{bucket}\",%s}]", cases[i].rule);
        struct post post = {.file_name = "a", .data = "hello"};
        scoped(string_free) char *patient = NULL;
        scoped(string_free) char *code = NULL;
        struct fixture fixture;

        fixture_open(&fixture, &options);
        patient = fixture_quiet_patient(&fixture);
        cr_assert_eq(fixture_call(&fixture, "PUT", "/__faults", rules), 200, "%s", rules);
        upload(&fixture, patient, &post);
        code = element(&post, "Code");
        cr_expect_eq(post.status, cases[i].status, "%s: got %d", rules, post.status);
        cr_expect_str_eq(code, cases[i].code, "%s: %s", rules, post.text);
        cr_expect_eq(fixture.answer.end == ANSWER_CLOSE, cases[i].closes, "%s", rules);
        cr_expect_not(strstr(post.text, "5d41402abc4b2a76b9719d911017c592") && !cases[i].closes, "%s", rules);
        fixture_call(&fixture, "GET", "/__files", NULL);
        cr_expect_eq(json_number(fixture_at(&fixture, "uploads"), -1), cases[i].stored, "%s", rules);
        fixture_close(&fixture);
    }
}

Test(attachments, a_rule_for_everything_leaves_the_bucket_alone)
{
    struct post post = {.file_name = "a", .data = "hello"};
    scoped(string_free) char *patient = NULL;
    struct fixture fixture;

    fixture_open(&fixture, &options);
    patient = fixture_quiet_patient(&fixture);
    presign(&fixture, patient, &post);
    cr_assert_eq(fixture_call(&fixture, "PUT", "/__faults", "[{\"kind\":\"status\",\"status\":500}]"), 200);
    send_post(&fixture, &post);
    cr_expect_eq(post.status, 201);
    cr_expect_eq(fixture_call(&fixture, "PUT", "/__faults", "[{\"kind\":\"expired\"}]"), 400);
    cr_expect_eq(fixture_call(&fixture, "PUT", "/__faults", "[{\"route\":\"POST /s3/{bucket}\",\"kind\":\"html\"}]"),
                 400);
    fixture_close(&fixture);
}

Test(attachments, a_trial_account_has_a_bound)
{
    const struct sandbox_options trial = {.s3_expiry_seconds = 3600, .trial_bytes = 8};
    scoped(string_free) char *patient = NULL;
    struct fixture fixture;

    fixture_open(&fixture, &trial);
    patient = fixture_quiet_patient(&fixture);
    for (int i = 0; i < 2; i++) {
        struct post post = {.file_name = "a", .data = "hello"};
        scoped(string_free) char *body = NULL;

        upload(&fixture, patient, &post);
        body = attachment_body(patient, post.upload_url, "d");
        cr_expect_eq(fixture_call(&fixture, "POST", "/v1/patient_attachments", body), i == 0 ? 201 : 422);
    }
    cr_expect(strstr(fixture_text(&fixture, "errors.base"), "trial"), "%s", text_string(&fixture.answer.body));
    fixture_close(&fixture);
}

Test(attachments, bytes_that_do_not_fit_their_name_are_invalid)
{
    static const struct {
        const char *name;
        const char *data;
        const char *want;
    } cases[] = {
        {"a.pdf", "%PDF-1.7", "text/plain"},  {"a.PDF", "hello", "invalid/invalid"},
        {"a.png", "%PDF", "invalid/invalid"}, {"a.jpeg", "\xFF\xD8\xFF", "text/plain"},
        {"a", "hello", "text/plain"},
    };
    const struct sandbox_options at_once = {.s3_expiry_seconds = 3600};
    scoped(string_free) char *patient = NULL;
    struct fixture fixture;

    fixture_open(&fixture, &at_once);
    patient = fixture_quiet_patient(&fixture);
    for (size_t i = 0; i < array_length(cases); i++) {
        struct post post = {.file_name = cases[i].name, .data = cases[i].data};
        scoped(string_free) char *body = NULL;
        scoped(string_free) char *target = NULL;

        upload(&fixture, patient, &post);
        body = attachment_body(patient, post.upload_url, "d");
        target = x_sprintf("/v1/patient_attachments/%s", fixture_create(&fixture, "patient_attachments", body));
        fixture_call(&fixture, "GET", target, NULL);
        cr_expect_str_eq(fixture_text(&fixture, "content_type"), cases[i].want, "%s: got %s", cases[i].name,
                         fixture_text(&fixture, "content_type"));
    }
    fixture_close(&fixture);
}

Test(attachments, bytes_are_kept_where_there_is_a_folder)
{
    char folder[] = "/tmp/handover-files-XXXXXX";
    const struct sandbox_options keeps = {.s3_expiry_seconds = 3600, .files = mkdtemp(folder)};
    struct post post = {.file_name = "a.txt", .data = "hello"};
    scoped(string_free) char *patient = NULL;
    scoped(string_free) char *body = NULL;
    scoped(string_free) char *target = NULL;
    scoped(string_free) char *path = NULL;
    char bytes[16] = "";
    struct fixture fixture;
    FILE *file = NULL;

    fixture_open(&fixture, &keeps);
    patient = fixture_quiet_patient(&fixture);
    upload(&fixture, patient, &post);
    body = attachment_body(patient, post.upload_url, "d");
    target = x_sprintf("/v1/patient_attachments/%s/content", fixture_create(&fixture, "patient_attachments", body));
    cr_assert_eq(fixture_call(&fixture, "GET", target, NULL), 200);
    path = x_strdup(fixture.answer.file);
    file = fopen(path, "r");
    cr_assert(file);
    cr_expect_eq(fread(bytes, 1, sizeof bytes - 1, file), 5);
    cr_expect_str_eq(bytes, "hello");
    fclose(file);
    fixture_close(&fixture);
    cr_expect_neq(access(path, F_OK), 0, "the file goes with the sandbox");
    cr_expect_eq(rmdir(folder), 0);
}
