#include <criterion/criterion.h>
#include <string.h>

#include "base/loop.h"
#include "base/memory.h"
#include "cliniko/list.h"
#include "cliniko/path.h"
#include "stub_server.h"

TestSuite(list, .timeout = 60);

#define PAGE(ids, next) "{\"patients\":[" ids "],\"total_entries\":5,\"links\":{\"self\":\"x\"" next "}}"

static const struct stub_route routes[] = {
    {.path = "/v1/patients",
     .page = "1",
     .body = PAGE("{\"id\":\"1\"},{\"id\":\"2\"}", ",\"next\":\"{base}/v1/patients?page=2&per_page=100\"")},
    {.path = "/v1/patients", .page = "2", .uses = 1, .status = 503, .body = "busy", .type = "text/html"},
    {.path = "/v1/patients",
     .page = "2",
     .body = PAGE("{\"id\":\"3\"},{\"id\":\"4\"}", ",\"next\":\"{base}/v1/patients?page=3&per_page=100\"")},
    {.path = "/v1/patients", .page = "3", .body = PAGE("{\"id\":\"5\"}", "")},
    {.path = "/v1/other_host", .body = PAGE("", ",\"next\":\"https://evil.example/v1/patients?page=2\"")},
    {.path = "/v1/other_port", .body = PAGE("", ",\"next\":\"{base}1/v1/patients?page=2\"")},
    {.path = "/v1/user_part", .body = PAGE("", ",\"next\":\"{base}@evil.example/v1/patients\"")},
    {.path = "/v1/other_scheme", .body = PAGE("", ",\"next\":\"file:///etc/passwd\"")},
    {.path = "/v1/relative", .body = PAGE("", ",\"next\":\"/v1/patients?page=2\"")},
    {.path = "/v1/outside", .body = PAGE("", ",\"next\":\"{base}/v1evil/patients\"")},
    {.path = "/v1/blank", .body = PAGE("", ",\"next\":\"{base}/v1/a b\"")},
    {.path = "/v1/no_list", .body = "{\"attendees\":[]}"},
    {.path = "/v1/no_object", .body = "[]"},
    {.path = "/v1/no_links", .body = "{\"patients\":[{\"id\":\"1\"}]}"},
    {.path = "/v1/loop", .body = PAGE("{\"id\":\"1\"}", ",\"next\":\"{base}/v1/loop?page=2\"")},
    {0},
};

static struct loop *loop;
static struct http *http;
static struct cliniko *client;
static struct stub_server *server;
static struct cliniko_list *current;

static struct {
    int ends;
    int pages;
    char ids[200];
    int64_t total;
    bool worked;
    struct fault fault;
    int stop_after;
} got;

static bool on_page(void *argument, const struct json *objects, int64_t total_entries)
{
    (void)argument;
    got.pages++;
    got.total = total_entries;
    for (const struct json *each = json_first(objects); each; each = json_next(each)) {
        size_t used = strlen(got.ids);

        snprintf(got.ids + used, sizeof got.ids - used, "%s ", json_text(json_member(each, "id"), "?"));
    }
    return got.pages != got.stop_after;
}

static void on_end(void *argument, const struct fault *fault)
{
    (void)argument;
    got.ends++;
    got.worked = !fault;
    got.fault = fault ? *fault : (struct fault){0};
}

static void open_all(void)
{
    scoped(key_destroy) struct key *key = NULL;
    char base_url[100];
    struct fault fault;
    struct cliniko_settings settings = {.base_url = base_url, .contact = "ops@example.com"};

    cr_assert(loop_open(&loop, &fault));
    cr_assert(http_open(loop, &(struct http_settings){0}, &http, &fault));
    server = stub_start(routes, false);
    snprintf(base_url, sizeof base_url, "%s/v1", stub_url(server));
    cr_assert(key_parse("secret-au2", &key, &fault));
    settings.loop = loop;
    settings.http = http;
    settings.key = key;
    cr_assert(cliniko_open(&settings, &client, &fault), "%s", fault.text);
}

static void close_all(void)
{
    cliniko_close(&client);
    http_close(&http);
    stub_stop(&server);
    loop_close(&loop);
}

static void start(const char *path, int attempts)
{
    struct cliniko_list_request request = {
        .path = path, .array = "patients", .action = "list patients", .attempts = attempts};

    memset(got.ids, 0, sizeof got.ids);
    got.ends = got.pages = 0;
    current = cliniko_list_start(client, &request, on_page, on_end, NULL);
    cr_expect_eq(got.ends, 0);
}

static void read_list(const char *path, int attempts)
{
    start(path, attempts);
    while (!got.ends)
        loop_turn(loop, 1000);
}

Test(list, follows_the_pages_and_repeats_a_failed_one)
{
    open_all();
    read_list("/patients?q%5B%5D=archived_at%3A%2A", 3);
    cr_expect(got.worked, "%s", got.fault.text);
    cr_expect_str_eq(got.ids, "1 2 3 4 5 ");
    cr_expect_eq(got.pages, 3);
    cr_expect_eq(got.total, 5);
    cr_expect_eq(stub_hits(server, "/v1/patients"), 4);
    close_all();
}

Test(list, asks_for_full_pages_with_its_filters)
{
    open_all();
    read_list("/no_links?q%5B%5D=archived_at%3A%2A", 1);
    cr_expect(got.worked, "%s", got.fault.text);
    cr_expect_str_eq(stub_query(server), "q[]=archived_at:*&per_page=100");
    cr_expect_str_eq(got.ids, "1 ");
    close_all();
}

Test(list, gives_a_failure_on_when_its_attempts_are_used_up)
{
    open_all();
    read_list("/patients", 1);
    cr_expect(!got.worked);
    cr_expect_eq(got.fault.kind, FAULT_RETRY);
    cr_expect_eq(got.pages, 1);
    close_all();
}

Test(list, ends_early_when_the_caller_has_enough)
{
    open_all();
    got.stop_after = 1;
    read_list("/patients", 1);
    cr_expect(got.worked);
    cr_expect_eq(stub_hits(server, "/v1/patients"), 1);
    close_all();
}

static const char *const hostile[] = {
    "/other_host", "/other_port", "/user_part", "/other_scheme", "/relative", "/outside", "/blank",
};

Test(list, does_not_follow_a_link_to_another_place)
{
    open_all();
    for (size_t i = 0; i < array_length(hostile); i++) {
        read_list(hostile[i], 3);
        cr_expect(!got.worked, "%s was followed", hostile[i]);
        cr_expect_eq(got.fault.kind, FAULT_REFUSED, "%s: got %s", hostile[i], fault_kind_name(got.fault.kind));
    }
    cr_expect_eq(stub_hits(server, "/v1/patients"), 0);
    close_all();
}

Test(list, refuses_answers_without_a_list)
{
    open_all();
    read_list("/no_list", 1);
    cr_expect_eq(got.fault.kind, FAULT_REFUSED);
    read_list("/no_object", 1);
    cr_expect_eq(got.fault.kind, FAULT_REFUSED);
    read_list("/missing", 1);
    cr_expect_eq(got.fault.kind, FAULT_REFUSED);
    cr_expect_eq(got.fault.code, 404);
    close_all();
}

Test(list, cancelled_says_nothing_more)
{
    open_all();
    start("/loop", 1);
    while (got.pages < 3)
        loop_turn(loop, 1000);
    cliniko_list_cancel(&current);
    cr_expect_null(current);
    for (int i = 0; i < 5; i++)
        loop_turn(loop, 5);
    cr_expect_eq(got.ends, 0);
    close_all();
}
