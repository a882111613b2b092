#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/loop.h"
#include "base/memory.h"
#include "cliniko/client.h"
#include "stub_server.h"

TestSuite(client, .timeout = 60);

static const struct stub_route routes[] = {
    {.path = "/v1/patients", .status = 201, .body = "{\"id\":\"9007199254740993\"}"},
    {.path = "/v1/user", .body = "{\"id\":\"7\",\"role\":\"administrator\"}"},
    {.path = "/v1/drop", .kind = STUB_DROP},
    {.path = "/v1/hang", .kind = STUB_HANG},
    {.path = "/v1/key", .status = 401, .body = ""},
    {.path = "/v1/role", .status = 403, .body = ""},
    {.path = "/v1/limited", .uses = 1, .status = 429, .reset_in_s = 200, .body = ""},
    {.path = "/v1/limited", .status = 201, .body = "{\"id\":\"1\"}"},
    {.path = "/v1/bad", .status = 422, .body = "{\"errors\":{\"first_name\":\"can\xe2\x80\x99t be blank\"}}"},
    {0},
};

static struct loop *loop;
static struct http *http;
static struct limiter *limiter;
static struct cliniko *client;
static struct stub_server *server;
static int counted;

static struct {
    int count;
    int status;
    char id[30];
    bool has_json;
    int64_t server_seconds;
    bool worked;
    struct fault fault;
} got;

static void on_done(void *argument, const struct cliniko_answer *answer, const struct fault *fault)
{
    (void)argument;
    got.count++;
    got.status = answer->status;
    snprintf(got.id, sizeof got.id, "%s", answer->id ? answer->id : "");
    got.has_json = answer->json != NULL;
    got.server_seconds = answer->server_seconds;
    got.worked = !fault;
    got.fault = fault ? *fault : (struct fault){0};
}

static void on_count(void *argument, int status)
{
    (void)status;
    ++*(int *)argument;
}

static void open_client(const char *pasted)
{
    scoped(key_destroy) struct key *key = NULL;
    char base_url[100];
    struct fault fault;
    struct cliniko_settings settings = {
        .loop = loop,
        .http = http,
        .limiter = limiter,
        .base_url = base_url,
        .contact = "ops@example.com",
        .count = on_count,
        .count_argument = &counted,
    };

    snprintf(base_url, sizeof base_url, "%s/v1", stub_url(server));
    cr_assert(key_parse(pasted, &key, &fault), "%s", fault.text);
    settings.key = key;
    cr_assert(cliniko_open(&settings, &client, &fault), "%s", fault.text);
}

static void open_all(void)
{
    struct fault fault;

    cr_assert(loop_open(&loop, &fault));
    cr_assert(http_open(loop, &(struct http_settings){.total_timeout_ms = 2000}, &http, &fault));
    limiter = limiter_new(loop, NULL, &(struct limiter_settings){.user = "7"});
    server = stub_start(routes, false);
    open_client("secret-au2");
}

static void close_all(void)
{
    cliniko_close(&client);
    limiter_destroy(&limiter);
    http_close(&http);
    stub_stop(&server);
    loop_close(&loop);
}

static struct cliniko_call *start(const char *path, enum http_method method, enum cliniko_effect effect,
                                  int64_t not_after_ms)
{
    struct cliniko_request request = {
        .method = method,
        .effect = effect,
        .path = path,
        .body = method == HTTP_GET ? (struct slice){0} : slice_of("{\"a\":1}"),
        .action = "create patients",
        .not_after_ms = not_after_ms,
    };

    return cliniko_send(client, &request, on_done, NULL);
}

static void wait_for(int count)
{
    while (got.count < count)
        loop_turn(loop, 1000);
}

static void send_and_wait(const char *path, enum http_method method, enum cliniko_effect effect)
{
    int before = got.count;

    start(path, method, effect, 0);
    cr_expect_eq(got.count, before, "the callback came inside cliniko_send");
    wait_for(before + 1);
}

Test(client, introduces_itself_as_cliniko_demands)
{
    open_all();
    send_and_wait("/patients", HTTP_POST, CLINIKO_CREATE);
    cr_expect(got.worked, "%s", got.fault.text);
    cr_expect_eq(got.status, 201);
    cr_expect_str_eq(got.id, "9007199254740993");
    cr_expect(got.has_json);
    cr_expect(llabs(got.server_seconds - clock_wall_ms() / 1000) < 100);
    cr_expect_eq(cliniko_server_seconds(client), got.server_seconds);
    cr_expect_str_eq(stub_authorization(server), "Basic c2VjcmV0LWF1Mjo="); /* "secret-au2:" */
    cr_expect_str_eq(stub_agent(server), "Handover (ops@example.com)");
    cr_expect_str_eq(stub_type(server), "application/json");
    cr_expect_str_eq(stub_body(server), "{\"a\":1}");
    cr_expect_eq(counted, 1);
    cr_expect_str_eq(cliniko_shard(client), "au2");
    close_all();
}

static const struct {
    const char *key;
    const char *basic;
} keys[] = {
    {"a-au1", "Basic YS1hdTE6"},
    {"ab-au1", "Basic YWItYXUxOg=="},
    {"abc-au1", "Basic YWJjLWF1MTo="},
    {"abcd", "Basic YWJjZDo="},
};

Test(client, encodes_keys_of_every_length)
{
    open_all();
    for (size_t i = 0; i < array_length(keys); i++) {
        cliniko_close(&client);
        open_client(keys[i].key);
        send_and_wait("/user", HTTP_GET, CLINIKO_REPEATABLE);
        cr_expect_str_eq(stub_authorization(server), keys[i].basic, "got %s", stub_authorization(server));
    }
    close_all();
}

Test(client, leaves_a_lost_create_in_doubt)
{
    open_all();
    send_and_wait("/patients", HTTP_POST, CLINIKO_CREATE);
    send_and_wait("/drop", HTTP_POST, CLINIKO_CREATE);
    cr_expect_eq(got.fault.kind, FAULT_IN_DOUBT, "got %s", fault_kind_name(got.fault.kind));
    cr_expect_eq(stub_hits(server, "/v1/drop"), 1, "it was sent %d times", stub_hits(server, "/v1/drop"));
    send_and_wait("/hang", HTTP_POST, CLINIKO_CREATE);
    cr_expect_eq(got.fault.kind, FAULT_IN_DOUBT);
    send_and_wait("/drop", HTTP_PATCH, CLINIKO_REPEATABLE);
    cr_expect_eq(got.fault.kind, FAULT_RETRY);
    close_all();
}

Test(client, tells_refusals_with_their_words)
{
    open_all();
    send_and_wait("/bad", HTTP_POST, CLINIKO_CREATE);
    cr_expect_eq(got.fault.kind, FAULT_REFUSED);
    cr_expect(strstr(got.fault.text, "first_name: can\xe2\x80\x99t be blank"), "got %s", got.fault.text);
    cr_expect_eq(got.status, 422);
    send_and_wait("/role", HTTP_POST, CLINIKO_CREATE);
    cr_expect_eq(got.fault.kind, FAULT_DENIED);
    cr_expect(!cliniko_is_shut(client), "another kind of request may still be allowed");
    close_all();
}

Test(client, shuts_its_gate_when_the_key_is_not_valid)
{
    open_all();
    send_and_wait("/key", HTTP_POST, CLINIKO_CREATE);
    cr_expect_eq(got.fault.kind, FAULT_DENIED);
    cr_expect(cliniko_is_shut(client));
    send_and_wait("/patients", HTTP_POST, CLINIKO_CREATE);
    cr_expect_eq(got.fault.kind, FAULT_DENIED);
    cr_expect_eq(got.fault.code, 401);
    cr_expect_eq(stub_hits(server, "/v1/patients"), 0, "a request went out with a denied key");
    cliniko_reopen(client);
    send_and_wait("/patients", HTTP_POST, CLINIKO_CREATE);
    cr_expect(got.worked);
    close_all();
}

Test(client, holds_everybody_back_after_a_429)
{
    open_all();
    send_and_wait("/limited", HTTP_POST, CLINIKO_CREATE);
    cr_expect_eq(got.fault.kind, FAULT_RETRY);
    cr_expect_eq(got.fault.code, 429);
    cr_expect_eq(got.fault.retry_after_ms, 60000, "a reset in 200 s is absurd: got %d", (int)got.fault.retry_after_ms);
    start("/patients", HTTP_POST, CLINIKO_CREATE, clock_monotonic_ms() + 30000);
    wait_for(2);
    cr_expect_eq(got.fault.kind, FAULT_GONE, "got %s", fault_kind_name(got.fault.kind));
    start("/patients", HTTP_POST, CLINIKO_CREATE, 0);
    for (int i = 0; i < 5; i++)
        loop_turn(loop, 10);
    cr_expect_eq(got.count, 2);
    cr_expect_eq(cliniko_waiting(client), 1);
    cr_expect_eq(stub_hits(server, "/v1/patients"), 0, "a request went out while the limit is used up");
    close_all(); /* with one waiting */
    cr_expect_eq(got.count, 2);
}

Test(client, does_not_send_after_the_end_of_the_lease)
{
    open_all();
    start("/patients", HTTP_POST, CLINIKO_CREATE, clock_monotonic_ms() - 1);
    cr_expect_eq(got.count, 0, "the callback came inside cliniko_send");
    wait_for(1);
    cr_expect_eq(got.fault.kind, FAULT_GONE);
    cr_expect_eq(stub_hits(server, "/v1/patients"), 0);
    cr_expect_eq(counted, 0);
    close_all();
}

Test(client, shut_by_its_owner_returns_what_waits)
{
    struct fault why;

    open_all();
    limiter_throttled(limiter, 60000);
    for (int i = 0; i < 5; i++)
        start("/patients", HTTP_POST, CLINIKO_CREATE, 0);
    fault_set(&why, FAULT_GONE, "the transfer was paused");
    cliniko_shut(client, &why);
    cr_expect_eq(got.count, 0, "a callback came inside cliniko_shut");
    wait_for(5);
    cr_expect_eq(got.fault.kind, FAULT_GONE);
    cr_expect_str_eq(got.fault.text, "the transfer was paused");
    cr_expect_eq(cliniko_waiting(client), 0);
    close_all();
}

Test(client, cancel_says_whether_it_was_sent)
{
    struct cliniko_call *call = NULL;

    open_all();
    call = start("/hang", HTTP_POST, CLINIKO_CREATE, 0);
    while (stub_hits(server, "/v1/hang") == 0)
        loop_turn(loop, 10);
    cr_expect_eq(cliniko_under_way(client), 1);
    cr_expect(!cliniko_cancel(&call));
    cr_expect_null(call);
    limiter_throttled(limiter, 60000);
    call = start("/patients", HTTP_POST, CLINIKO_CREATE, 0);
    cr_expect(cliniko_cancel(&call));
    call = start("/patients", HTTP_POST, CLINIKO_CREATE, clock_monotonic_ms() - 1);
    cr_expect(cliniko_cancel(&call));
    for (int i = 0; i < 5; i++)
        loop_turn(loop, 5);
    cr_expect_eq(got.count, 0);
    close_all();
}

static void on_close(void *argument, const struct cliniko_answer *answer, const struct fault *fault)
{
    (void)argument;
    (void)answer;
    (void)fault;
    got.count++;
    cliniko_close(&client);
}

Test(client, may_be_closed_in_its_own_callback)
{
    struct cliniko_request request = {
        .method = HTTP_POST, .effect = CLINIKO_CREATE, .path = "/key", .action = "create patients"};

    open_all();
    cliniko_send(client, &request, on_close, NULL);
    cliniko_send(client, &request, on_close, NULL);
    wait_for(1);
    cr_expect_null(client);
    open_client("secret-au2");
    request.not_after_ms = 1;
    cliniko_send(client, &request, on_close, NULL);
    cliniko_send(client, &request, on_close, NULL);
    wait_for(2);
    loop_turn(loop, 1);
    cr_expect_eq(got.count, 2);
    close_all();
}

static const char *const contacts[] = {"", "ops", "@example.com", "ops@", "a b@example.com", "x@y)\r\nZ: 1", "<a@b>"};

Test(client, needs_an_address_to_write_to)
{
    scoped(key_destroy) struct key *key = NULL;
    struct fault fault;

    cr_assert(key_parse("secret-au2", &key, &fault));
    for (size_t i = 0; i < array_length(contacts); i++) {
        struct cliniko_settings settings = {.key = key, .contact = contacts[i]};

        cr_expect(!cliniko_open(&settings, &client, &fault), "'%s' was taken", contacts[i]);
        cr_expect_eq(fault.kind, FAULT_BAD_INPUT);
    }
}

Test(client, sends_to_the_shard_of_the_key)
{
    scoped(key_destroy) struct key *key = NULL;
    struct cliniko_settings settings = {.contact = "ops@example.com"};
    struct fault fault;

    cr_assert(loop_open(&loop, &fault));
    cr_assert(key_parse("secret-UK1", &key, &fault));
    settings.loop = loop;
    settings.key = key;
    cr_assert(cliniko_open(&settings, &client, &fault));
    cr_expect_str_eq(cliniko_base_url(client), "https://api.uk1.cliniko.com/v1");
    cliniko_close(&client);
    loop_close(&loop);
}
