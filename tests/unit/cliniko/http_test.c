#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/loop.h"
#include "base/memory.h"
#include "base/text.h"
#include "cliniko/http.h"
#include "stub_server.h"
#include "test_certificate.h"

TestSuite(http, .timeout = 60);

static const struct stub_route routes[] = {
    {.path = "/ok", .body = "{\"ok\":true}"},
    {.path = "/drop", .kind = STUB_DROP},
    {.path = "/hang", .kind = STUB_HANG},
    {.path = "/truncate", .kind = STUB_TRUNCATE, .status = 201, .body = "{\"id\":\"1\""},
    {.path = "/huge", .kind = STUB_HUGE},
    {.path = "/moved", .status = 302, .location = "/ok", .body = ""},
    {.path = "/limited", .status = 429, .reset_in_s = 9, .body = ""},
    {0},
};

static struct loop *loop;
static struct http *http;
static struct stub_server *server;
static struct http_headers *headers;

/* The last answer, copied. */
static struct {
    int count;
    enum http_end end;
    int status;
    bool timed_out;
    size_t body_size;
    char body[200];
    char type[80];
    char date[80];
    char reset[80];
    char problem[300];
} got;

static void copy(char *place, size_t size, struct slice from)
{
    snprintf(place, size, "%.*s", from.size >= size ? (int)size - 1 : (int)from.size, from.data);
}

static void on_done(void *argument, const struct http_answer *answer)
{
    (void)argument;
    got.count++;
    got.end = answer->end;
    got.status = answer->status;
    got.timed_out = answer->timed_out;
    got.body_size = answer->body.size;
    copy(got.body, sizeof got.body, answer->body);
    copy(got.type, sizeof got.type, answer->type);
    copy(got.date, sizeof got.date, answer->date);
    copy(got.reset, sizeof got.reset, answer->reset);
    snprintf(got.problem, sizeof got.problem, "%s", answer->problem);
}

static void open_all(bool tls, const struct http_settings *settings)
{
    struct fault fault;

    cr_assert(loop_open(&loop, &fault), "%s", fault.text);
    cr_assert(http_open(loop, settings, &http, &fault), "%s", fault.text);
    server = stub_start(routes, tls);
    headers = http_headers_new();
    http_headers_add(headers, "User-Agent", "test");
    http_headers_add(headers, "Content-Type", "application/json");
}

static void close_all(void)
{
    http_close(&http);
    stub_stop(&server);
    http_headers_destroy(&headers);
    loop_close(&loop);
}

static struct http_exchange *start(const char *url, enum http_method method, const char *body, bool repeatable)
{
    struct http_request request = {
        .method = method,
        .url = url,
        .body = slice_of(body),
        .headers = headers,
        .repeatable = repeatable,
    };

    return http_send(http, &request, on_done, NULL);
}

static void wait_for(int count)
{
    while (got.count < count)
        loop_turn(loop, 1000);
}

static void fetch(const char *path, enum http_method method, const char *body, bool repeatable)
{
    char url[200];
    int before = got.count;

    snprintf(url, sizeof url, "%s%s", stub_url(server), path);
    start(url, method, body, repeatable);
    cr_expect_eq(got.count, before, "the callback came inside http_send");
    wait_for(before + 1);
}

Test(http, sends_and_receives_over_one_kept_connection)
{
    open_all(false, &(struct http_settings){0});
    fetch("/ok", HTTP_POST, "{\"a\":1}", false);
    cr_expect_eq(got.end, HTTP_ANSWERED, "%s", got.problem);
    cr_expect_eq(got.status, 200);
    cr_expect_str_eq(got.body, "{\"ok\":true}");
    cr_expect_str_eq(got.type, "application/json; charset=utf-8");
    cr_expect_eq(strlen(got.date), 29, "got '%s'", got.date);
    cr_expect_str_eq(got.reset, "");
    cr_expect_str_eq(stub_body(server), "{\"a\":1}");
    cr_expect_str_eq(stub_method(server), "POST");
    fetch("/ok", HTTP_PATCH, "{\"b\":2}", true);
    cr_expect_str_eq(stub_method(server), "PATCH");
    cr_expect_str_eq(stub_body(server), "{\"b\":2}");
    fetch("/ok", HTTP_GET, "", true);
    cr_expect_str_eq(stub_method(server), "GET");
    cr_expect_str_eq(stub_body(server), "");
    cr_expect_str_eq(stub_cookie(server), "");
    fetch("/ok", HTTP_POST, "", false);
    cr_expect_str_eq(stub_method(server), "POST");
    cr_expect_eq(stub_connections(server), 1, "got %d connections", stub_connections(server));
    close_all();
}

Test(http, tells_a_refused_connection_from_a_lost_answer)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    char url[100];

    open_all(false, &(struct http_settings){0});
    cr_assert_eq(bind(descriptor, (struct sockaddr *)&address, size), 0); /* bound, but it does not listen */
    cr_assert_eq(getsockname(descriptor, (struct sockaddr *)&address, &size), 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/ok", ntohs(address.sin_port));
    start(url, HTTP_POST, "{}", false);
    cr_expect_eq(got.count, 0, "the callback came inside http_send");
    wait_for(1);
    cr_expect_eq(got.end, HTTP_NOT_SENT, "got %d", got.end);
    cr_expect(got.problem[0]);
    fetch("/drop", HTTP_POST, "{}", false);
    cr_expect_eq(got.end, HTTP_LOST, "got %d", got.end);
    cr_expect_eq(got.status, 0);
    close(descriptor);
    close_all();
}

Test(http, never_repeats_a_create_when_a_reused_connection_dies)
{
    open_all(false, &(struct http_settings){0});
    fetch("/ok", HTTP_POST, "{}", false);
    fetch("/drop", HTTP_POST, "{\"x\":1}", false);
    cr_expect_eq(got.end, HTTP_LOST, "got %d: %s", got.end, got.problem);
    cr_expect_eq(stub_hits(server, "/drop"), 1, "the server got %d requests, want 1", stub_hits(server, "/drop"));
    cr_expect(strstr(got.problem, "closed"), "got '%s'", got.problem);
    fetch("/ok", HTTP_POST, "{}", false);
    cr_expect_eq(got.end, HTTP_ANSWERED);
    close_all();
}

Test(http, repeats_a_read_when_a_reused_connection_dies)
{
    open_all(false, &(struct http_settings){0});
    fetch("/ok", HTTP_GET, "", true);
    fetch("/drop", HTTP_GET, "", true);
    cr_expect_eq(got.end, HTTP_LOST);
    cr_expect_eq(stub_hits(server, "/drop"), 2, "the server got %d requests, want 2", stub_hits(server, "/drop"));
    close_all();
}

Test(http, gives_up_after_its_time)
{
    int64_t started = clock_monotonic_ms();

    open_all(false, &(struct http_settings){.total_timeout_ms = 150});
    fetch("/hang", HTTP_POST, "{}", false);
    cr_expect_eq(got.end, HTTP_LOST);
    cr_expect(got.timed_out);
    cr_expect(clock_monotonic_ms() - started < 5000);
    fetch("/ok", HTTP_GET, "", true);
    cr_expect_eq(got.end, HTTP_ANSWERED);
    close_all();
}

Test(http, does_not_follow_redirects)
{
    open_all(false, &(struct http_settings){0});
    fetch("/moved", HTTP_GET, "", true);
    cr_expect_eq(got.end, HTTP_ANSWERED);
    cr_expect_eq(got.status, 302);
    cr_expect_eq(stub_hits(server, "/ok"), 0);
    close_all();
}

Test(http, caps_a_body_at_16_MiB)
{
    open_all(false, &(struct http_settings){0});
    fetch("/huge", HTTP_GET, "", true);
    cr_expect_eq(got.end, HTTP_LOST);
    cr_expect_eq(got.status, 200);
    cr_expect(got.body_size <= HTTP_BODY_MAX);
    cr_expect(strstr(got.problem, "16 MiB"), "got '%s'", got.problem);
    fetch("/ok", HTTP_GET, "", true);
    cr_expect_eq(got.body_size, 11, "an old body is left: %zu bytes", got.body_size);
    close_all();
}

Test(http, notes_a_truncated_answer_with_its_status)
{
    open_all(false, &(struct http_settings){0});
    fetch("/truncate", HTTP_POST, "{}", false);
    cr_expect_eq(got.end, HTTP_LOST);
    cr_expect_eq(got.status, 201, "got %d", got.status);
    close_all();
}

Test(http, hands_the_limit_header_on)
{
    open_all(false, &(struct http_settings){0});
    fetch("/limited", HTTP_GET, "", true);
    cr_expect_eq(got.status, 429);
    cr_expect(strlen(got.reset) >= 10, "got '%s'", got.reset);
    fetch("/ok", HTTP_GET, "", true);
    cr_expect_str_eq(got.reset, "");
    close_all();
}

Test(http, cancelled_requests_never_call_back)
{
    struct http_exchange *exchange = NULL;
    char url[100];

    open_all(false, &(struct http_settings){0});
    snprintf(url, sizeof url, "%s/hang", stub_url(server));
    exchange = start(url, HTTP_POST, "{}", false);
    while (stub_hits(server, "/hang") == 0)
        loop_turn(loop, 10);
    cr_expect_eq(http_under_way(http), 1);
    http_cancel(&exchange);
    cr_expect_null(exchange);
    cr_expect_eq(http_under_way(http), 0);
    exchange = start("http://127.0.0.1:1/refused", HTTP_GET, "", true); /* ended, but not told yet */
    http_cancel(&exchange);
    start(url, HTTP_POST, "{}", false);
    fetch("/ok", HTTP_GET, "", true);
    cr_expect_eq(got.count, 1, "got %d callbacks", got.count);
    close_all(); /* with one under way */
    cr_expect_eq(got.count, 1);
}

Test(http, reports_a_malformed_url_by_callback)
{
    open_all(false, &(struct http_settings){0});
    start("http://", HTTP_GET, "", true);
    wait_for(1);
    cr_expect_eq(got.end, HTTP_NOT_SENT);
    start("file:///etc/passwd", HTTP_GET, "", true);
    wait_for(2);
    cr_expect_eq(got.end, HTTP_NOT_SENT);
    cr_expect_eq(got.body_size, 0);
    close_all();
}

static void on_many(void *argument, const struct http_answer *answer)
{
    int *left = argument;

    got.count++;
    cr_assert_eq(answer->status, 200, "%s", answer->problem);
    if ((*left)-- > 0) {
        char url[100];
        struct http_request request = {
            .method = HTTP_POST, .url = url, .body = slice_of("{\"n\":1}"), .headers = headers};

        snprintf(url, sizeof url, "%s/ok", stub_url(server));
        http_send(http, &request, on_many, left);
    }
}

Test(http, keeps_many_in_flight_on_as_many_connections)
{
    int left = 2000;
    char url[100];
    struct http_request request = {.method = HTTP_POST, .url = url, .body = slice_of("{\"n\":1}")};

    open_all(false, &(struct http_settings){.connections_per_host = 16});
    request.headers = headers;
    snprintf(url, sizeof url, "%s/ok", stub_url(server));
    for (int i = 0; i < 64; i++)
        http_send(http, &request, on_many, &left);
    while (got.count < 2064)
        loop_turn(loop, 1000);
    cr_expect_eq(stub_hits(server, "/ok"), 2064, "got %d", stub_hits(server, "/ok"));
    cr_expect(stub_connections(server) <= 16, "got %d connections", stub_connections(server));
    close_all();
}

/* ---- TLS ---- */

static void with_certificate(char name[40], const char *content)
{
    int descriptor = -1;

    snprintf(name, 40, "/tmp/handover-test-XXXXXX");
    descriptor = mkstemp(name);
    cr_assert(descriptor >= 0);
    cr_assert_eq(write(descriptor, content, strlen(content)), (ssize_t)strlen(content));
    close(descriptor);
}

Test(http, refuses_a_certificate_of_an_unknown_authority)
{
    open_all(true, &(struct http_settings){0});
    fetch("/ok", HTTP_POST, "{}", false);
    cr_expect_eq(got.end, HTTP_NOT_SENT, "got %d", got.end);
    cr_expect(strstr(got.problem, "certificate"), "got '%s'", got.problem);
    cr_expect_eq(stub_hits(server, "/ok"), 0);
    close_all();
}

Test(http, trusts_the_authority_of_the_setting_for_its_host_only)
{
    char name[40];
    char url[100];

    with_certificate(name, test_certificate);
    open_all(true, &(struct http_settings){.ca_file = name});
    fetch("/ok", HTTP_POST, "{}", false);
    cr_expect_eq(got.end, HTTP_ANSWERED, "%s", got.problem);
    snprintf(url, sizeof url, "https://localhost:%d/ok", stub_port(server));
    start(url, HTTP_POST, "{}", false);
    wait_for(2);
    cr_expect_eq(got.end, HTTP_NOT_SENT);
    cr_expect_eq(stub_hits(server, "/ok"), 1);
    close_all();
    unlink(name);
}

Test(http, checks_the_file_of_authorities_at_the_start)
{
    char name[40];
    struct fault fault;

    with_certificate(name, "no certificate\n");
    cr_assert(loop_open(&loop, &fault));
    cr_expect(!http_open(loop, &(struct http_settings){.ca_file = "/nonexistent/ca.pem"}, &http, &fault));
    cr_expect_eq(fault.kind, FAULT_BAD_INPUT);
    cr_expect(!http_open(loop, &(struct http_settings){.ca_file = name}, &http, &fault));
    cr_expect_eq(fault.kind, FAULT_BAD_INPUT);
    loop_close(&loop);
    unlink(name);
}
