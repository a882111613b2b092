#include "fixture.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { HEADER_SIZE = 512, PATH_SIZE = 200 };

const char fixture_seed[] =
    "{\"accounts\":[{\"name\":\"Harbour\",\"subdomain\":\"harbour\",\"users\":["
    "{\"ref\":\"owner\",\"first_name\":\"Mara\",\"last_name\":\"Quill\",\"email\":\"mara@example.com\","
    "\"role\":\"administrator\",\"keys\":[\"owner-key-au1\",\"second-key\"]},"
    "{\"first_name\":\"Bo\",\"last_name\":\"Keeper\",\"email\":\"bo@example.com\",\"role\":\"bookkeeper\","
    "\"keys\":[\"books-key\"]},"
    "{\"first_name\":\"Gone\",\"last_name\":\"User\",\"email\":\"gone@example.com\",\"role\":\"administrator\","
    "\"active\":false,\"keys\":[\"gone-key\"]}],"
    "\"businesses\":[{\"ref\":\"quay\",\"business_name\":\"Quay\",\"time_zone\":\"Sydney\","
    "\"time_zone_identifier\":\"Australia/Sydney\"}],"
    "\"practitioners\":[{\"ref\":\"mara\",\"user_id\":\"@owner\",\"first_name\":\"Mara\",\"last_name\":\"Quill\","
    "\"business_ids\":[\"@quay\"]},"
    "{\"ref\":\"left\",\"first_name\":\"Left\",\"last_name\":\"Long\",\"active\":false}],"
    "\"appointment_types\":["
    "{\"name\":\"Quiet\",\"duration_in_minutes\":45,\"max_attendees\":1,\"color\":\"#3a7\","
    "\"practitioner_ids\":[\"@mara\"],\"appointment_confirmation_template_ids\":[],"
    "\"appointment_reminder_template_ids\":[]},"
    "{\"name\":\"Loud\",\"duration_in_minutes\":30,\"max_attendees\":1,\"color\":\"#aabbcc\"}]},"
    "{\"name\":\"Other\",\"subdomain\":\"other\",\"shard\":\"uk2\",\"users\":[{\"first_name\":\"O\",\"last_name\":\"T\","
    "\"email\":\"o@example.com\",\"role\":\"administrator\",\"keys\":[\"other-key-uk2\"]}]}]}";

void fixture_open(struct fixture *fixture, const struct sandbox_options *options)
{
    static const struct sandbox_options plain = {0};
    struct fault fault = {0};

    *fixture = (struct fixture){.key = OWNER_KEY, .user_agent = USER_AGENT, .now_ms = INT64_C(1767225600000)};
    answer_init(&fixture->answer);
    fixture->sandbox = sandbox_new(options ? options : &plain);
    cr_assert(sandbox_seed(fixture->sandbox, slice_of(fixture_seed), fixture->now_ms, &fault), "%s", fault.text);
}

void fixture_close(struct fixture *fixture)
{
    json_destroy(&fixture->json);
    answer_release(&fixture->answer);
    sandbox_destroy(&fixture->sandbox);
}

static void make_header(const char *key, char ret[HEADER_SIZE])
{
    char plain[HEADER_SIZE / 2];

    snprintf(plain, sizeof plain, "%s:", key);
    memcpy(ret, "Basic ", 6);
    sodium_bin2base64(ret + 6, HEADER_SIZE - 6, (const unsigned char *)plain, strlen(plain),
                      sodium_base64_VARIANT_ORIGINAL);
}

int fixture_call(struct fixture *fixture, const char *method, const char *target, const char *body)
{
    char authorization[HEADER_SIZE];
    struct fault ignored;
    struct request request = {
        .method = method,
        .target = target,
        .scheme = "http",
        .host = "api.test:81",
        .authorization = fixture->key ? authorization : NULL,
        .user_agent = fixture->user_agent,
        .content_type = body ? "application/json" : NULL,
        .body = slice_of(body ? body : ""),
        .from_loopback = true,
    };

    if (fixture->key)
        make_header(fixture->key, authorization);
    json_destroy(&fixture->json);
    sandbox_serve(fixture->sandbox, &request, fixture->now_ms, &fixture->answer);
    if (!json_parse(text_string(&fixture->answer.body), fixture->answer.body.size, &fixture->json, &ignored))
        fixture->json = NULL;
    return fixture->answer.status;
}

const struct json *fixture_at(const struct fixture *fixture, const char *path)
{
    char copy[PATH_SIZE];
    char *rest = copy;
    const struct json *at = fixture->json;

    snprintf(copy, sizeof copy, "%s", path);
    while (rest && at) {
        const char *word = strsep(&rest, ".");

        at = json_is_array(at) ? json_at(at, (size_t)strtoul(word, NULL, 10)) : json_member(at, word);
    }
    return at;
}

const char *fixture_text(const struct fixture *fixture, const char *path)
{
    return json_text(fixture_at(fixture, path), "");
}

const char *fixture_create(struct fixture *fixture, const char *collection, const char *body)
{
    scoped(string_free) char *target = x_sprintf("/v1/%s", collection);
    int status = fixture_call(fixture, "POST", target, body);

    cr_assert_eq(status, 201, "POST %s: got %d, want 201: %s", target, status, text_string(&fixture->answer.body));
    snprintf(fixture->id, sizeof fixture->id, "%s", fixture_text(fixture, "id"));
    return fixture->id;
}

char *fixture_seeded_id(struct fixture *fixture, const char *collection, int place)
{
    scoped(string_free) char *target = x_sprintf("/v1/%s", collection);
    scoped(string_free) char *path =
        x_sprintf("%s.%d.id", strcmp(collection, "practitioners/inactive") == 0 ? "practitioners" : collection, place);

    cr_assert_eq(fixture_call(fixture, "GET", target, NULL), 200);
    return x_strdup(fixture_text(fixture, path));
}

char *fixture_quiet_patient(struct fixture *fixture)
{
    return x_strdup(fixture_create(fixture, "patients",
                                   "{\"first_name\":\"Zoë\",\"last_name\":\"Hall\",\"reminder_type\":\"None\","
                                   "\"receives_confirmation_emails\":false}"));
}

char *fixture_appointment_body(struct fixture *fixture, const char *patient, const char *type, const char *starts_at)
{
    scoped(string_free) char *business = fixture_seeded_id(fixture, "businesses", 0);
    scoped(string_free) char *practitioner = fixture_seeded_id(fixture, "practitioners", 0);

    return x_sprintf("{\"patient_id\":\"%s\",\"appointment_type_id\":\"%s\",\"business_id\":\"%s\","
                     "\"practitioner_id\":\"%s\",\"starts_at\":\"%s\"}",
                     patient, type, business, practitioner, starts_at);
}
