/* upload.c and upload_post.c against a server that plays S3. */
#include "cliniko/upload.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/loop.h"
#include "base/memory.h"
#include "stub_server.h"

TestSuite(upload, .timeout = 60);

#define CONTENT "The quick brown fox jumps over the lazy dog"
#define MD5     "9e107d9d372bb6826bd81d3542a419d6"
#define SHA256  "d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592"
#define STORED(etag)                                                                                                   \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PostResponse><Location>{base}/ignored</Location>"                    \
    "<Bucket>files</Bucket><Key>7/patients/42/a &amp; b/knee.pdf</Key><ETag>" etag "</ETag></PostResponse>"
#define ERROR(code, message)                                                                                           \
    "<?xml version=\"1.0\"?><Error><Code>" code "</Code><Message>" message "</Message><RequestId>1</RequestId></Error>"

static const struct stub_route routes[] = {
    {.path = "/good", .status = 201, .type = "application/xml", .body = STORED("&quot;" MD5 "&quot;")},
    {.path = "/capitals", .status = 201, .type = "application/xml", .body = STORED("9E107D9D372BB6826BD81D3542A419D6")},
    {.path = "/several", .status = 201, .type = "application/xml", .body = STORED("\"" MD5 "-3\"")},
    {.path = "/other",
     .status = 201,
     .type = "application/xml",
     .body = STORED("\"9e107d9d372bb6826bd81d3542a419d7\"")},
    {.path = "/silent", .status = 204, .body = ""},
    {.path = "/keyless", .status = 201, .body = "<PostResponse><Bucket>files</Bucket></PostResponse>"},
    {.path = "/html", .status = 201, .type = "text/html", .body = "<html><p>Welcome"},
    {.path = "/large", .status = 400, .body = ERROR("EntityTooLarge", "Your proposed upload exceeds the maximum")},
    {.path = "/small", .status = 400, .body = ERROR("EntityTooSmall", "too small")},
    {.path = "/argument", .status = 400, .body = ERROR("InvalidArgument", "no key")},
    {.path = "/slow", .status = 400, .body = ERROR("RequestTimeout", "idle")},
    {.path = "/policy", .status = 400, .body = ERROR("InvalidPolicyDocument", "bad")},
    {.path = "/expired", .status = 403, .body = ERROR("AccessDenied", "Invalid according to Policy: Policy expired.")},
    {.path = "/signature", .status = 403, .body = ERROR("SignatureDoesNotMatch", "Smith, John")},
    {.path = "/length", .status = 411, .body = ERROR("MissingContentLength", "")},
    {.path = "/busy", .status = 503, .body = ERROR("SlowDown", "Please reduce your request rate.")},
    {.path = "/broken", .status = 500, .body = ""},
    {.path = "/moved", .status = 307, .location = "/good", .body = ""},
    {.path = "/drop", .kind = STUB_DROP},
    {.path = "/hang", .kind = STUB_HANG},
    {0},
};

static struct loop *loop;
static struct http *http;
static struct stub_server *server;

static struct {
    int count;
    bool worked;
    struct fault fault;
    char url[300];
    char sha256[65];
    char md5[33];
} got;

static void on_done(void *argument, const struct upload_answer *answer, const struct fault *fault)
{
    (void)argument;
    got.count++;
    got.worked = answer != NULL;
    cr_assert((answer == NULL) != (fault == NULL));
    if (fault)
        got.fault = *fault;
    if (!answer)
        return;
    snprintf(got.url, sizeof got.url, "%s", answer->upload_url);
    snprintf(got.sha256, sizeof got.sha256, "%s", answer->sha256);
    snprintf(got.md5, sizeof got.md5, "%s", answer->md5);
}

/* A file that gives its bytes in pieces, and may break. */
struct file {
    const char *content;
    size_t size;
    size_t piece;
    size_t at;
    size_t breaks_at; /* 0: it does not */
};

static bool read_file(void *argument, void *buffer, size_t size, size_t *ret_size, struct fault *fault)
{
    struct file *file = argument;
    size_t left = file->size - file->at;

    if (file->breaks_at && file->at >= file->breaks_at)
        return fault_set(fault, FAULT_BAD_INPUT, "bad sector");
    *ret_size = left < size ? left : size;
    if (file->piece && *ret_size > file->piece)
        *ret_size = file->piece;
    memcpy(buffer, file->content + file->at, *ret_size);
    file->at += *ret_size;
    return true;
}

static struct file small(void)
{
    return (struct file){.content = CONTENT, .size = strlen(CONTENT), .piece = 10};
}

static void open_all(void)
{
    struct fault fault;

    cr_assert(loop_open(&loop, &fault), "%s", fault.text);
    cr_assert(http_open(loop, &(struct http_settings){0}, &http, &fault), "%s", fault.text);
    server = stub_start(routes, false);
}

static void close_all(void)
{
    http_close(&http);
    stub_stop(&server);
    loop_close(&loop);
}

static struct upload_post *post_from(const char *text, const char *base_url, struct fault *fault)
{
    scoped(json_destroy) struct json *json = NULL;
    struct upload_post *post = NULL;

    cr_assert(json_parse(text, strlen(text), &json, fault), "%s", fault->text);
    if (!upload_post_read(json, base_url, &post, fault))
        return NULL;
    return post;
}

static struct upload_post *post_for(const char *path)
{
    struct fault fault = {0};
    scoped(string_free) char *text =
        x_sprintf("{\"url\":\"%s%s\",\"fields\":{\"key\":\"7/patients/42/${filename}\",\"acl\":\"private\","
                  "\"x-amz-date\":\"20300101T000000Z\",\"success_action_status\":\"201\"}}",
                  stub_url(server), path);
    struct upload_post *post = post_from(text, stub_url(server), &fault);

    cr_assert(post, "%s", fault.text);
    return post;
}

static struct upload *start(const struct upload_post *post, struct file *file, int64_t announced)
{
    return upload_start(http,
                        &(struct upload_request){.post = post,
                                                 .file_name = "knee.pdf",
                                                 .content_type = "application/pdf",
                                                 .size_bytes = announced,
                                                 .read = read_file,
                                                 .argument = file},
                        on_done, NULL);
}

static void send_to(const char *path, struct file file, int64_t announced)
{
    scoped(upload_post_destroy) struct upload_post *post = post_for(path);
    int before = got.count;

    memset(&got.fault, 0, sizeof got.fault);
    start(post, &file, announced);
    cr_expect_eq(got.count, before, "%s: the callback came inside upload_start", path);
    while (got.count == before)
        loop_turn(loop, 1000);
}

static void has(const char *what)
{
    cr_expect(strstr(stub_body(server), what), "the form lacks '%s':\n%s", what, stub_body(server));
}

Test(upload, sends_the_fields_as_they_came_and_the_file_last)
{
    const char *body = NULL;

    open_all();
    send_to("/good", small(), (int64_t)strlen(CONTENT));
    cr_assert(got.worked, "%s", got.fault.text);
    cr_expect(strstr(got.url, "/good/7/patients/42/a & b/knee.pdf"), "got %s", got.url);
    cr_expect_str_eq(got.sha256, SHA256);
    cr_expect_str_eq(got.md5, MD5);
    cr_expect_str_eq(stub_method(server), "POST");
    cr_expect(strstr(stub_type(server), "multipart/form-data; boundary="), "got %s", stub_type(server));
    cr_expect_str_eq(stub_authorization(server), "");
    has("name=\"key\"\r\n\r\n7/patients/42/${filename}\r\n");
    has("name=\"x-amz-date\"\r\n\r\n20300101T000000Z\r\n");
    has("name=\"file\"; filename=\"knee.pdf\"\r\nContent-Type: application/pdf\r\n\r\n" CONTENT "\r\n--");
    body = stub_body(server);
    cr_expect(strstr(body, "name=\"file\"") > strstr(body, "success_action_status"), "%s", body);
    close_all();
}

Test(upload, etag_is_compared_when_it_is_an_md5)
{
    open_all();
    send_to("/capitals", small(), (int64_t)strlen(CONTENT));
    cr_expect(got.worked, "an MD5 in capitals: %s", got.fault.text);
    send_to("/several", small(), (int64_t)strlen(CONTENT));
    cr_expect(got.worked, "no MD5: %s", got.fault.text);
    send_to("/other", small(), (int64_t)strlen(CONTENT));
    cr_expect_not(got.worked);
    cr_expect_eq(got.fault.kind, FAULT_RETRY);
    cr_expect(strstr(got.fault.text, "not those that were sent"), "%s", got.fault.text);
    close_all();
}

Test(upload, key_is_made_when_no_body_tells_it)
{
    open_all();
    send_to("/silent", small(), (int64_t)strlen(CONTENT));
    cr_assert(got.worked, "%s", got.fault.text);
    cr_expect(strstr(got.url, "/silent/7/patients/42/knee.pdf"), "got %s", got.url);
    close_all();
}

Test(upload, refusals_are_told_apart)
{
    static const struct {
        const char *path;
        enum fault_kind kind;
        int code;
        const char *says;
    } cases[] = {
        {"/large", FAULT_REFUSED, 400, "43 bytes with status 400 EntityTooLarge"},
        {"/small", FAULT_REFUSED, 400, "EntityTooSmall"},
        {"/argument", FAULT_REFUSED, 400, "InvalidArgument"},
        {"/length", FAULT_REFUSED, 411, "MissingContentLength"},
        {"/slow", FAULT_RETRY, 400, "RequestTimeout"},
        {"/policy", FAULT_RETRY, 400, "InvalidPolicyDocument"},
        {"/expired", FAULT_RETRY, 403, "the permission had expired"},
        {"/signature", FAULT_RETRY, 403, "SignatureDoesNotMatch"},
        {"/busy", FAULT_RETRY, 503, "SlowDown"},
        {"/broken", FAULT_RETRY, 500, "status 500"},
        {"/moved", FAULT_RETRY, 307, "status 307"},
        {"/keyless", FAULT_RETRY, 201, "where the file is"},
        {"/html", FAULT_RETRY, 201, "where the file is"},
        {"/drop", FAULT_RETRY, 0, "broke off after"},
    };

    open_all();
    for (size_t i = 0; i < array_length(cases); i++) {
        send_to(cases[i].path, small(), (int64_t)strlen(CONTENT));
        cr_expect_not(got.worked, "%s worked", cases[i].path);
        cr_expect_eq(got.fault.kind, cases[i].kind, "%s: got %s", cases[i].path, fault_kind_name(got.fault.kind));
        cr_expect_eq(got.fault.code, cases[i].code, "%s: got %d", cases[i].path, got.fault.code);
        cr_expect(strstr(got.fault.text, cases[i].says), "%s: %s", cases[i].path, got.fault.text);
        cr_expect_not(strstr(got.fault.text, "Smith"), "%s quotes the message: %s", cases[i].path, got.fault.text);
    }
    cr_expect_eq(stub_hits(server, "/good"), 0, "a redirect was followed");
    close_all();
}

Test(upload, file_of_another_size_than_announced_is_told)
{
    struct file broken = small();

    open_all();
    send_to("/good", small(), (int64_t)strlen(CONTENT) + 1);
    cr_expect_eq(got.fault.kind, FAULT_BAD_INPUT);
    cr_expect(strstr(got.fault.text, "ends after 43 of 44 bytes"), "%s", got.fault.text);
    send_to("/good", small(), (int64_t)strlen(CONTENT) - 1);
    cr_expect_eq(got.fault.kind, FAULT_BAD_INPUT);
    cr_expect(strstr(got.fault.text, "more than the 42 bytes"), "%s", got.fault.text);
    broken.breaks_at = 20;
    send_to("/good", broken, (int64_t)strlen(CONTENT));
    cr_expect_eq(got.fault.kind, FAULT_BAD_INPUT);
    cr_expect(strstr(got.fault.text, "bad sector"), "%s", got.fault.text);
    cr_expect_eq(stub_hits(server, "/good"), 0, "a file that is cut short arrived as a whole one");
    close_all();
}

/* A connection's easy handle goes back to requests with plain bodies. */
Test(upload, large_files_pass_and_the_engine_serves_others_afterwards)
{
    struct file large = {.size = 900000};
    char *content = x_alloc(large.size);

    for (size_t i = 0; i < large.size; i++)
        content[i] = (char)('a' + i % 26);
    large.content = content;
    open_all();
    send_to("/several", large, (int64_t)large.size);
    cr_expect(got.worked, "%s", got.fault.text);
    cr_expect(strstr(stub_body(server), "xyzabc"), "the file did not come");
    send_to("/good", small(), (int64_t)strlen(CONTENT));
    cr_expect(got.worked, "%s", got.fault.text);
    has(CONTENT);
    close_all();
    free(content);
}

Test(upload, cancelled_one_calls_nobody)
{
    struct file file = small();
    struct upload *upload = NULL;
    scoped(upload_post_destroy) struct upload_post *post = NULL;

    open_all();
    post = post_for("/hang");
    upload = start(post, &file, (int64_t)strlen(CONTENT));
    while (upload_sent_bytes(upload) < (int64_t)strlen(CONTENT))
        loop_turn(loop, 100);
    upload_cancel(&upload);
    cr_expect_null(upload);
    cr_expect_eq(http_under_way(http), 0);
    loop_turn(loop, 0);
    cr_expect_eq(got.count, 0);
    close_all();
}

/* ---- the post ---- */

static bool is_taken(const char *url, const char *base_url, const char *fields)
{
    struct fault fault = {0};
    scoped(string_free) char *text = x_sprintf("{\"url\":\"%s\",\"fields\":%s}", url, fields);
    scoped(upload_post_destroy) struct upload_post *post = post_from(text, base_url, &fault);

    return post != NULL;
}

Test(upload, files_go_to_s3_or_to_the_local_cliniko_only)
{
    static const char fields[] = "{\"key\":\"k\"}";
    static const struct {
        const char *url;
        const char *base_url;
        bool want;
    } cases[] = {
        {"https://files.s3.ap-southeast-2.amazonaws.com", NULL, true},
        {"https://files.s3.ap-southeast-2.amazonaws.com/", "", true},
        {"https://FILES.S3.AmazonAWS.com/x", NULL, true},
        {"http://files.s3.amazonaws.com", NULL, false},
        {"https://amazonaws.com", NULL, false},
        {"https://.amazonaws.com", NULL, false},
        {"https://files.amazonaws.com.evil.example", NULL, false},
        {"https://evil.example/.amazonaws.com", NULL, false},
        {"https://evil.example:443/x.amazonaws.com", NULL, false},
        {"https://a@files.s3.amazonaws.com", NULL, false},
        {"https://files.s3.amazonaws.com@evil.example", NULL, false},
        {"https://evil.example?files.s3.amazonaws.com", NULL, false},
        {"https://files.s3.amazonaws.com/a b", NULL, false},
        {"", NULL, false},
        {"http://127.0.0.1:8081/bucket", "http://127.0.0.1:8080", true},
        {"http://127.0.0.1:8081/bucket", "http://127.0.0.1:8080/v1", true},
        {"http://127.0.0.2:8081/bucket", "http://127.0.0.1:8080", false},
        {"https://files.s3.amazonaws.com", "http://127.0.0.1:8080", false},
        {"http://127.0.0.1:8081/bucket", "https://127.0.0.1:8080", false},
        {"https://127.0.0.1:8081/bucket", "https://127.0.0.1:8080", true},
    };

    for (size_t i = 0; i < array_length(cases); i++)
        cr_expect_eq(is_taken(cases[i].url, cases[i].base_url, fields), cases[i].want, "%s with %s", cases[i].url,
                     cases[i].base_url ? cases[i].base_url : "no base URL");
}

Test(upload, post_of_another_shape_is_refused)
{
    static const char url[] = "https://files.s3.amazonaws.com";
    char *long_field = x_alloc(20600);
    scoped(string_free) char *fields = NULL;
    struct fault fault = {0};

    cr_expect_not(is_taken(url, NULL, "{}"), "no key");
    cr_expect_not(is_taken(url, NULL, "[]"), "no object");
    cr_expect_not(is_taken(url, NULL, "{\"key\":7}"), "a number");
    cr_expect_not(is_taken(url, NULL, "{\"key\":\"k\",\"file\":\"x\"}"), "a field that would be the file");
    cr_expect_not(is_taken(url, NULL, "{\"key\":\"k\",\"a\\r\\nb\":\"x\"}"), "a name with a line break");
    cr_expect(is_taken(url, NULL, "{\"Key\":\"k\"}"), "names are without case");
    memset(long_field, 'a', 20480 - 4);
    fields = x_sprintf("{\"key\":\"k%s\"}", long_field);
    cr_expect(is_taken(url, NULL, fields), "20,480 bytes less");
    long_field[20480 - 4] = 'a';
    string_free(&fields);
    fields = x_sprintf("{\"key\":\"k%s\"}", long_field);
    cr_expect_not(is_taken(url, NULL, fields), "20,481 bytes");
    cr_expect_null(post_from("{\"fields\":{\"key\":\"k\"}}", NULL, &fault));
    cr_expect_null(post_from("null", NULL, &fault));
    free(long_field);
}

/* The policy of the test vector of API reference 8.6, with a range of sizes put in. */
Test(upload, policy_tells_its_end_and_the_sizes_it_allows)
{
    /* {"expiration":"2030-01-01T01:00:00Z","conditions":[{"bucket":"sim-files"},["content-length-range",1,5368709120]]}
     */
    static const char policy[] = "eyJleHBpcmF0aW9uIjoiMjAzMC0wMS0wMVQwMTowMDowMFoiLCJjb25kaXRpb25zIjpbeyJidWNrZXQiOi"
                                 "JzaW0tZmlsZXMifSxbImNvbnRlbnQtbGVuZ3RoLXJhbmdlIiwxLDUzNjg3MDkxMjBdXX0=";
    struct fault fault = {0};
    int64_t end = 0;
    scoped(string_free) char *text =
        x_sprintf("{\"url\":\"https://f.s3.amazonaws.com\",\"fields\":{\"key\":\"k\",\"policy\":\"%s\"}}", policy);
    scoped(upload_post_destroy) struct upload_post *post = post_from(text, NULL, &fault);

    cr_assert(post, "%s", fault.text);
    cr_assert(instant_parse(slice_of("2030-01-01T01:00:00Z"), &end, &fault));
    cr_expect_eq(upload_post_seconds_left(post, end - 100), 100);
    cr_expect_eq(upload_post_seconds_left(post, end + 1), -1);
    cr_expect(upload_post_allows(post, 1, &fault));
    cr_expect(upload_post_allows(post, INT64_C(5368709120), &fault));
    cr_expect_not(upload_post_allows(post, 0, &fault));
    cr_expect_not(upload_post_allows(post, INT64_C(5368709121), &fault));
    cr_expect_eq(fault.kind, FAULT_REFUSED);
    cr_expect(strstr(fault.text, "5368709121 bytes") && strstr(fault.text, "1 to 5368709120"), "%s", fault.text);
}

Test(upload, policy_that_cannot_be_read_limits_nothing)
{
    static const char *const policies[] = {"", "=", "????", "e30=", "eyJ4Ijo=", "W10=", "bm90IGpzb24="};
    struct fault fault = {0};

    for (size_t i = 0; i < array_length(policies); i++) {
        scoped(string_free) char *text = x_sprintf(
            "{\"url\":\"https://f.s3.amazonaws.com\",\"fields\":{\"key\":\"k\",\"policy\":\"%s\"}}", policies[i]);
        scoped(upload_post_destroy) struct upload_post *post = post_from(text, NULL, &fault);

        cr_assert(post, "'%s': %s", policies[i], fault.text);
        cr_expect_eq(upload_post_seconds_left(post, 0), INT64_MAX, "'%s'", policies[i]);
        cr_expect(upload_post_allows(post, INT64_MAX, &fault), "'%s'", policies[i]);
    }
}

Test(upload, names_become_safe)
{
    static const struct {
        const char *original;
        const char *want;
    } cases[] = {
        {"knee.pdf", "knee.pdf"},
        {"Left knee (2).PDF", "Left-knee-2.PDF"},
        {"C:\\scans\\2021\\hip.jpg", "hip.jpg"},
        {"/srv/scans/hip.jpg", "hip.jpg"},
        {"../../etc/passwd", "passwd.bin"},
        {"..", "fallback.bin"},
        {".htaccess", "fallback.htaccess"},
        {"", "fallback.bin"},
        {NULL, "fallback.bin"},
        {"R\xc3\xb6ntgen Schulter.jpeg", "R-ntgen-Schulter.jpeg"},
        {"\xe3\x83\xac\xe3\x83\xb3\xe3\x83\x88.png", "fallback.png"},
        {"a\"b\r\nc.txt", "a-b-c.txt"},
        {"report.", "report.bin"},
        {"no ending", "no-ending.bin"},
        {"-rf.pdf", "rf.pdf"},
        {"v1.2 final.docx", "v1.2-final.docx"},
        {"${filename}.gif", "filename.gif"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct text name;

        text_init(&name, 200);
        upload_safe_name(cases[i].original, "fallback.bin", &name);
        cr_expect_str_eq(text_string(&name), cases[i].want, "%s: got %s", cases[i].original, text_string(&name));
        text_release(&name);
    }
}

Test(upload, long_names_keep_their_ending)
{
    char original[301];
    struct text name;

    memset(original, 'x', 296);
    memcpy(original + 296, ".tif", 5);
    text_init(&name, 200);
    upload_safe_name(original, "f", &name);
    cr_expect_eq(name.size, 100, "got %zu", name.size);
    cr_expect_str_eq(text_string(&name) + 96, ".tif");
    text_release(&name);
}
