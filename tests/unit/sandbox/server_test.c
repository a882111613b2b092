/* The sandbox on a real socket, with libcurl as the client, both in the loop of this thread. */
#include <criterion/criterion.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/loop.h"
#include "base/memory.h"
#include "fixture.h"
#include "sandbox/server.h"

enum { ANSWER_MAX = 1024 * 1024, PATIENCE_MS = 20000 };

struct stage {
    struct loop *loop;
    struct sandbox *sandbox;
    struct server *server;
    CURLM *multi;
    const char *ca_file;
};

/* One request on its way. */
struct call {
    CURL *curl;
    struct curl_slist *headers;
    struct text body;
    CURLcode result;
    long status;
    bool done;
};

static void stage_open(struct stage *stage, const struct server_options *server_options,
                       const struct sandbox_options *sandbox_options)
{
    static const struct server_options plain = {.listen = "127.0.0.1:0"};
    static const struct sandbox_options no_limit = {0};
    struct fault fault = {0};

    *stage = (struct stage){0};
    curl_global_init(CURL_GLOBAL_DEFAULT);
    stage->multi = curl_multi_init();
    stage->sandbox = sandbox_new(sandbox_options ? sandbox_options : &no_limit);
    cr_assert(sandbox_seed(stage->sandbox, slice_of(fixture_seed), clock_wall_ms(), &fault), "%s", fault.text);
    cr_assert(loop_open(&stage->loop, &fault), "%s", fault.text);
    cr_assert(
        server_open(stage->loop, stage->sandbox, server_options ? server_options : &plain, &stage->server, &fault),
        "%s", fault.text);
}

static void stage_close(struct stage *stage)
{
    server_close(&stage->server);
    loop_close(&stage->loop);
    sandbox_destroy(&stage->sandbox);
    curl_multi_cleanup(stage->multi);
    curl_global_cleanup();
}

static size_t take(char *data, size_t size, size_t count, void *argument)
{
    text_put(argument, data, size * count);
    return size * count;
}

static void call_start(struct stage *stage, struct call *call, const char *method, const char *path, const char *body)
{
    scoped(string_free) char *url = x_sprintf("%s%s", server_url(stage->server), path);

    *call = (struct call){.curl = curl_easy_init()};
    text_init(&call->body, ANSWER_MAX);
    call->headers = curl_slist_append(NULL, "Content-Type: application/json");
    curl_easy_setopt(call->curl, CURLOPT_URL, url);
    curl_easy_setopt(call->curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(call->curl, CURLOPT_HTTPHEADER, call->headers);
    curl_easy_setopt(call->curl, CURLOPT_USERPWD, OWNER_KEY ":");
    curl_easy_setopt(call->curl, CURLOPT_USERAGENT, USER_AGENT);
    curl_easy_setopt(call->curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(call->curl, CURLOPT_WRITEDATA, &call->body);
    curl_easy_setopt(call->curl, CURLOPT_PRIVATE, call);
    curl_easy_setopt(call->curl, CURLOPT_FRESH_CONNECT, 1L);
    if (stage->ca_file)
        curl_easy_setopt(call->curl, CURLOPT_CAINFO, stage->ca_file);
    if (body)
        curl_easy_setopt(call->curl, CURLOPT_COPYPOSTFIELDS, body);
    curl_multi_add_handle(stage->multi, call->curl);
}

static void turn(struct stage *stage)
{
    int running = 0;
    int left = 0;
    CURLMsg *message = NULL;

    loop_turn(stage->loop, 1);
    curl_multi_perform(stage->multi, &running);
    while ((message = curl_multi_info_read(stage->multi, &left))) {
        struct call *call = NULL;

        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call);
        curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &call->status);
        call->result = message->data.result;
        call->done = true;
    }
}

static void call_wait(struct stage *stage, struct call *call)
{
    int64_t give_up_ms = clock_monotonic_ms() + PATIENCE_MS;

    while (!call->done) {
        cr_assert_lt(clock_monotonic_ms(), give_up_ms, "no answer in %d ms", PATIENCE_MS);
        turn(stage);
    }
}

static void call_end(struct stage *stage, struct call *call)
{
    curl_multi_remove_handle(stage->multi, call->curl);
    curl_easy_cleanup(call->curl);
    curl_slist_free_all(call->headers);
    text_release(&call->body);
}

/* The status, 0 when the connection ended without an answer. */
static long ask(struct stage *stage, const char *method, const char *path, const char *body)
{
    struct call call;
    long status = 0;

    call_start(stage, &call, method, path, body);
    call_wait(stage, &call);
    status = call.result == CURLE_OK ? call.status : 0;
    call_end(stage, &call);
    return status;
}

static int patients_with(struct stage *stage, const char *reference)
{
    scoped(string_free) char *path = x_sprintf("/v1/patients?q%%5B%%5D=old_reference_id%%3A%%3D%s", reference);
    scoped(json_destroy) struct json *json = NULL;
    struct call call;
    struct fault fault;

    call_start(stage, &call, "GET", path, NULL);
    call_wait(stage, &call);
    cr_assert(json_parse(text_string(&call.body), call.body.size, &json, &fault), "%s", text_string(&call.body));
    call_end(stage, &call);
    return (int)json_number(json_member(json, "total_entries"), -1);
}

static void set_faults(struct stage *stage, const char *rules)
{
    cr_assert_eq(ask(stage, "PUT", "/__faults", rules), 200, "%s", rules);
}

static const char *patient(const char *reference, char ret[200])
{
    snprintf(ret, 200, "{\"first_name\":\"A\",\"last_name\":\"B\",\"old_reference_id\":\"%s\"}", reference);
    return ret;
}

Test(server, faults_leave_behind_what_they_say)
{
    static const struct {
        const char *name;
        const char *rule;
        long want_status; /* 0: no answer */
        int want_records;
    } cases[] = {
        {"none", "{\"kind\":\"latency\",\"ms\":1}", 201, 1},
        {"drop_before", "{\"kind\":\"drop_before\"}", 0, 0},
        {"drop_after", "{\"kind\":\"drop_after\"}", 0, 1},
        {"status", "{\"kind\":\"status\",\"status\":502}", 502, 0},
        {"status_commit", "{\"kind\":\"status\",\"status\":504,\"commit\":true}", 504, 1},
        {"html", "{\"kind\":\"html\"}", 503, 0},
        {"429", "{\"kind\":\"429\",\"header\":\"past\"}", 429, 0},
        {"truncate", "{\"kind\":\"truncate\"}", 201, 1},
        {"cut", "{\"kind\":\"cut\"}", 0, 1},
        {"stall", "{\"kind\":\"stall\",\"ms\":20}", 201, 1},
    };
    struct stage stage;

    stage_open(&stage, NULL, NULL);
    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(string_free) char *rules = x_sprintf("[{\"route\":\"POST /v1/patients\",%s]", cases[i].rule + 1);
        char body[200];
        long got = 0;
        int records = 0;

        set_faults(&stage, rules);
        got = ask(&stage, "POST", "/v1/patients", patient(cases[i].name, body));
        records = patients_with(&stage, cases[i].name);
        cr_expect_eq(got, cases[i].want_status, "%s: got %ld, want %ld", cases[i].name, got, cases[i].want_status);
        cr_expect_eq(records, cases[i].want_records, "%s: got %d records, want %d", cases[i].name, records,
                     cases[i].want_records);
    }
    stage_close(&stage);
}

Test(server, a_late_commit_comes_after_the_connection_is_closed)
{
    struct stage stage;
    char body[200];
    int64_t give_up_ms = clock_monotonic_ms() + PATIENCE_MS;

    stage_open(&stage, NULL, NULL);
    set_faults(&stage, "[{\"route\":\"POST /v1/patients\",\"kind\":\"late_commit\",\"ms\":400}]");
    cr_expect_eq(ask(&stage, "POST", "/v1/patients", patient("late", body)), 0);
    cr_expect_eq(patients_with(&stage, "late"), 0, "it is not there yet");
    while (patients_with(&stage, "late") == 0)
        cr_assert_lt(clock_monotonic_ms(), give_up_ms, "it never came");
    cr_expect_eq(patients_with(&stage, "late"), 1);
    stage_close(&stage);
}

Test(server, a_stalled_request_is_carried_out_though_the_client_has_gone)
{
    struct stage stage;
    struct call call;
    char body[200];
    int64_t give_up_ms = clock_monotonic_ms() + PATIENCE_MS;

    stage_open(&stage, NULL, NULL);
    set_faults(&stage, "[{\"route\":\"POST /v1/patients\",\"kind\":\"stall\",\"ms\":200}]");
    call_start(&stage, &call, "POST", "/v1/patients", patient("stalled", body));
    curl_easy_setopt(call.curl, CURLOPT_TIMEOUT_MS, 50L);
    call_wait(&stage, &call);
    cr_expect_eq(call.result, CURLE_OPERATION_TIMEDOUT);
    call_end(&stage, &call);
    while (patients_with(&stage, "stalled") == 0)
        cr_assert_lt(clock_monotonic_ms(), give_up_ms, "it never came");
    stage_close(&stage);
}

Test(server, held_answers_do_not_hold_others)
{
    const struct sandbox_options options = {.latency_ms = 300};
    struct stage stage;
    struct call calls[20];
    int64_t started_ms = 0;
    int64_t took_ms = 0;

    stage_open(&stage, NULL, &options);
    started_ms = clock_monotonic_ms();
    for (size_t i = 0; i < array_length(calls); i++)
        call_start(&stage, &calls[i], "GET", "/v1/user", NULL);
    for (size_t i = 0; i < array_length(calls); i++) {
        call_wait(&stage, &calls[i]);
        cr_expect_eq(calls[i].status, 200);
        call_end(&stage, &calls[i]);
    }
    took_ms = clock_monotonic_ms() - started_ms;
    cr_expect(took_ms >= 300 && took_ms < 3000, "got %lld ms for 20 at once, want a little over 300",
              (long long)took_ms);
    stage_close(&stage);
}

Test(server, it_closes_while_answers_are_held)
{
    const struct sandbox_options options = {.latency_ms = 60000};
    struct stage stage;
    struct call call;

    stage_open(&stage, NULL, &options);
    call_start(&stage, &call, "GET", "/v1/user", NULL);
    for (int i = 0; i < 20; i++)
        turn(&stage);
    cr_expect_not(call.done);
    server_close(&stage.server);
    call_end(&stage, &call);
    stage_close(&stage);
}

Test(server, a_body_that_is_too_large_is_answered_413)
{
    struct stage stage;
    size_t size = 5 * 1024 * 1024;
    scoped(string_free) char *body = x_alloc(size + 1);

    memset(body, 'x', size);
    stage_open(&stage, NULL, NULL);
    cr_expect_eq(ask(&stage, "POST", "/v1/patients", body), 413);
    cr_expect_eq(ask(&stage, "GET", "/v1/user", NULL), 200);
    stage_close(&stage);
}

Test(server, every_answer_has_a_date_and_a_429_its_reset)
{
    const struct sandbox_options options = {.limit = {.per_minute = 1}};
    struct stage stage;
    struct call call;
    struct text headers;

    stage_open(&stage, NULL, &options);
    text_init(&headers, ANSWER_MAX);
    for (int i = 0; i < 3; i++) {
        text_clear(&headers);
        call_start(&stage, &call, "GET", "/v1/user", NULL);
        curl_easy_setopt(call.curl, CURLOPT_HEADERDATA, &headers);
        call_wait(&stage, &call);
        cr_expect(strstr(text_string(&headers), "\r\nDate: "), "%s", text_string(&headers));
        if (call.status == 429)
            cr_expect(strstr(text_string(&headers), "\r\nX-RateLimit-Reset: "), "%s", text_string(&headers));
        call_end(&stage, &call);
    }
    cr_expect_eq(call.status, 429);
    text_release(&headers);
    stage_close(&stage);
}

Test(server, an_address_that_cannot_be_listened_on_gives_one_clear_error)
{
    static const struct {
        const char *listen; /* NULL: the one of a running server */
        const char *want;
    } cases[] = {
        {NULL, "another program"},   {"8080", "host:port"}, {"127.0.0.1:99999", "host:port"},
        {"127.0.0.1:", "host:port"}, {":80", "host:port"},  {"[::1:80", "host:port"},
    };
    struct stage stage;

    stage_open(&stage, NULL, NULL);
    for (size_t i = 0; i < array_length(cases); i++) {
        struct server *second = NULL;
        struct fault fault = {0};
        const struct server_options options = {
            .listen = cases[i].listen ? cases[i].listen : server_url(stage.server) + strlen("http://")};

        cr_expect_not(server_open(stage.loop, stage.sandbox, &options, &second, &fault));
        cr_expect(strstr(fault.text, cases[i].want), "%s: got '%s', want '%s'", options.listen, fault.text,
                  cases[i].want);
    }
    stage_close(&stage);
}

Test(server, https_is_served_with_the_test_certificate)
{
    char folder[] = "/tmp/handover-tls-XXXXXX";
    scoped(string_free) char *made = x_strdup(mkdtemp(folder));
    scoped(string_free) char *make = x_sprintf("%s/tests/support/tls/make-cert.sh %s", PROJECT_DIR, made);
    scoped(string_free) char *cert = x_sprintf("%s/cert.pem", made);
    scoped(string_free) char *key = x_sprintf("%s/key.pem", made);
    scoped(string_free) char *ca = x_sprintf("%s/ca.pem", made);
    scoped(string_free) char *clean = x_sprintf("rm -r %s", made);
    const struct server_options options = {.listen = "127.0.0.1:0", .tls_cert = cert, .tls_key = key};
    struct server *broken = NULL;
    struct stage stage;
    struct fault fault = {0};

    cr_assert_eq(system(make), 0);
    stage_open(&stage, &options, NULL);
    cr_expect(strncmp(server_url(stage.server), "https://", 8) == 0);
    cr_expect_eq(ask(&stage, "GET", "/v1/user", NULL), 0, "an unknown authority is not trusted");
    stage.ca_file = ca;
    cr_expect_eq(ask(&stage, "GET", "/v1/user", NULL), 200);
    cr_expect_not(server_open(stage.loop, stage.sandbox,
                              &(struct server_options){.listen = "127.0.0.1:0", .tls_cert = cert}, &broken, &fault));
    cr_expect(strstr(fault.text, "belong together"), "got '%s'", fault.text);
    stage_close(&stage);
    cr_expect_eq(system(clean), 0);
}

/* A post to the bucket with a file of zeros. */
struct file_post {
    struct call call;
    curl_mime *mime;
    size_t left;
};

static size_t give_zeros(char *buffer, size_t size, size_t count, void *argument)
{
    struct file_post *post = argument;
    size_t given = size * count < post->left ? size * count : post->left;

    memset(buffer, 0, given);
    post->left -= given;
    return given;
}

static struct json *ask_json(struct stage *stage, const char *method, const char *path, const char *body)
{
    struct json *json = NULL;
    struct call call;
    struct fault fault;

    call_start(stage, &call, method, path, body);
    call_wait(stage, &call);
    cr_assert(json_parse(text_string(&call.body), call.body.size, &json, &fault), "%s", text_string(&call.body));
    call_end(stage, &call);
    return json;
}

/* Presigned for a new patient. With `announced` false the size is not, so that libcurl sends the body in chunks. */
static void post_start(struct stage *stage, struct file_post *post, size_t size, bool announced)
{
    char body[200];
    scoped(json_destroy) struct json *made = ask_json(stage, "POST", "/v1/patients", patient("p", body));
    scoped(string_free) char *path =
        x_sprintf("/v1/patients/%s/attachment_presigned_post", json_text(json_member(made, "id"), ""));
    scoped(json_destroy) struct json *presigned = ask_json(stage, "GET", path, NULL);
    curl_mimepart *part = NULL;

    call_start(stage, &post->call, "POST", "/s3/sim-files", NULL);
    curl_easy_setopt(post->call.curl, CURLOPT_HTTPHEADER, NULL);
    post->mime = curl_mime_init(post->call.curl);
    post->left = size;
    for (const struct json *field = json_first(json_member(presigned, "fields")); field; field = json_next(field)) {
        part = curl_mime_addpart(post->mime);
        curl_mime_name(part, json_name(field));
        curl_mime_data(part, json_text(field, ""), CURL_ZERO_TERMINATED);
    }
    part = curl_mime_addpart(post->mime);
    curl_mime_name(part, "file");
    curl_mime_filename(part, "zeros.bin");
    curl_mime_data_cb(part, announced ? (curl_off_t)size : -1, give_zeros, NULL, NULL, post);
    curl_easy_setopt(post->call.curl, CURLOPT_MIMEPOST, post->mime);
}

static void post_end(struct stage *stage, struct file_post *post)
{
    call_end(stage, &post->call);
    curl_mime_free(post->mime);
}

static const struct sandbox_options with_bucket = {.s3_expiry_seconds = 3600};

Test(server, a_large_file_streams_into_the_bucket)
{
    struct stage stage;
    struct file_post post;
    scoped(json_destroy) struct json *files = NULL;

    stage_open(&stage, NULL, &with_bucket);
    post_start(&stage, &post, (size_t)32 << 20, true);
    call_wait(&stage, &post.call);
    cr_expect_eq(post.call.status, 201, "%ld: %s", post.call.status, text_string(&post.call.body));
    /* The MD5 of 32 MiB of zeros. */
    cr_expect(strstr(text_string(&post.call.body), "58f06dd588d8ffb3beb46ada6309436b"), "%s",
              text_string(&post.call.body));
    post_end(&stage, &post);
    files = ask_json(&stage, "GET", "/__files", NULL);
    cr_expect_eq(json_number(json_member(files, "uploaded_bytes"), 0), 32 << 20);
    stage_close(&stage);
}

Test(server, a_body_in_chunks_has_no_length_and_is_refused)
{
    struct stage stage;
    struct file_post post;

    stage_open(&stage, NULL, &with_bucket);
    post_start(&stage, &post, 1000, false);
    call_wait(&stage, &post.call);
    cr_expect_eq(post.call.status, 411);
    cr_expect(strstr(text_string(&post.call.body), "<Code>MissingContentLength</Code>"));
    post_end(&stage, &post);
    stage_close(&stage);
}

Test(server, a_connection_breaks_in_the_middle_of_a_file)
{
    struct stage stage;
    struct file_post post;
    scoped(json_destroy) struct json *files = NULL;

    stage_open(&stage, NULL, &with_bucket);
    set_faults(&stage, "[{\"route\":\"POST /s3/{bucket}\",\"kind\":\"reset\"}]");
    post_start(&stage, &post, (size_t)8 << 20, true);
    call_wait(&stage, &post.call);
    cr_expect(post.call.result == CURLE_SEND_ERROR || post.call.result == CURLE_RECV_ERROR, "got %d", post.call.result);
    cr_expect_gt(post.left, 0, "the whole file was taken");
    post_end(&stage, &post);
    files = ask_json(&stage, "GET", "/__files", NULL);
    cr_expect_eq(json_number(json_member(files, "uploads"), -1), 0);
    stage_close(&stage);
}

Test(server, a_stalled_upload_goes_on_and_one_that_is_given_up_leaves_nothing)
{
    static const struct {
        long patience_ms;
        CURLcode want;
        int want_uploads;
    } cases[] = {{PATIENCE_MS, CURLE_OK, 1}, {50, CURLE_OPERATION_TIMEDOUT, 0}};

    for (size_t i = 0; i < array_length(cases); i++) {
        struct stage stage;
        struct file_post post;
        scoped(json_destroy) struct json *files = NULL;

        stage_open(&stage, NULL, &with_bucket);
        set_faults(&stage, i == 0 ? "[{\"route\":\"POST /s3/{bucket}\",\"kind\":\"stall\",\"ms\":100}]"
                                  : "[{\"route\":\"POST /s3/{bucket}\",\"kind\":\"stall\",\"ms\":60000}]");
        post_start(&stage, &post, (size_t)8 << 20, true);
        curl_easy_setopt(post.call.curl, CURLOPT_TIMEOUT_MS, cases[i].patience_ms);
        call_wait(&stage, &post.call);
        cr_expect_eq(post.call.result, cases[i].want, "case %zu: got %d", i, post.call.result);
        post_end(&stage, &post);
        files = ask_json(&stage, "GET", "/__files", NULL);
        cr_expect_eq(json_number(json_member(files, "uploads"), -1), cases[i].want_uploads, "case %zu", i);
        stage_close(&stage);
    }
}
