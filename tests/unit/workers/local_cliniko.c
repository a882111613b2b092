#include "local_cliniko.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "sandbox/sandbox.h"
#include "sandbox/server.h"

static const char seed[] =
    "{\"accounts\":[{\"name\":\"Harbour\",\"subdomain\":\"harbour\",\"users\":["
    "{\"first_name\":\"Mara\",\"last_name\":\"Quill\",\"email\":\"mara@example.com\",\"role\":\"administrator\","
    "\"keys\":[\"main-au1\"]}],\"patients\":[{\"id\":\"505\",\"first_name\":\"A\",\"last_name\":\"B\"}]}]}";

struct local_cliniko {
    struct sandbox *sandbox;
    struct server *server;
    struct answer answer;
    struct json *json;
};

struct local_cliniko *local_cliniko_open(struct loop *loop, const struct sandbox_options *options)
{
    struct local_cliniko *cliniko = x_alloc(sizeof *cliniko);
    struct fault fault = {0};

    answer_init(&cliniko->answer);
    cliniko->sandbox = sandbox_new(options);
    cr_assert(sandbox_seed(cliniko->sandbox, slice_of(seed), clock_wall_ms(), &fault), "%s", fault.text);
    cr_assert(server_open(loop, cliniko->sandbox, &(struct server_options){.listen = "127.0.0.1:0"}, &cliniko->server,
                          &fault),
              "%s", fault.text);
    return cliniko;
}

void local_cliniko_close(struct local_cliniko **place)
{
    struct local_cliniko *cliniko = *place;

    *place = NULL;
    server_close(&cliniko->server);
    sandbox_destroy(&cliniko->sandbox);
    answer_release(&cliniko->answer);
    json_destroy(&cliniko->json);
    free(cliniko);
}

const char *local_cliniko_url(const struct local_cliniko *cliniko)
{
    return server_url(cliniko->server);
}

void local_cliniko_faults(struct local_cliniko *cliniko, const char *rules)
{
    struct fault fault = {0};

    cr_assert(sandbox_set_faults(cliniko->sandbox, slice_of(rules), &fault), "%s: %s", rules, fault.text);
}

const struct json *local_cliniko_ask(struct local_cliniko *cliniko, const char *target)
{
    struct request request = {.method = "GET", .target = target, .scheme = "http", .host = "h", .from_loopback = true};
    struct fault fault = {0};

    json_destroy(&cliniko->json);
    sandbox_serve(cliniko->sandbox, &request, clock_wall_ms(), &cliniko->answer);
    cr_assert(json_parse(cliniko->answer.body.data, cliniko->answer.body.size, &cliniko->json, &fault), "%s",
              fault.text);
    return cliniko->json;
}

int64_t local_cliniko_requests(struct local_cliniko *cliniko, const char *route)
{
    const struct json *statuses = json_member(json_member(local_cliniko_ask(cliniko, "/__stats"), "routes"), route);
    double count = 0;

    for (const struct json *status = json_first(statuses); status; status = json_next(status))
        count += json_number(status, 0);
    return (int64_t)count;
}
