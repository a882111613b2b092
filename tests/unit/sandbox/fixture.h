/* A sandbox in the process, with one clinic in it, and requests to it without a socket. */
#ifndef TESTS_SANDBOX_FIXTURE_H
#define TESTS_SANDBOX_FIXTURE_H

#include <stdint.h>

#include "base/json.h"
#include "sandbox/answer.h"
#include "sandbox/sandbox.h"

#define OWNER_KEY  "owner-key-au1"
#define USER_AGENT "Handover (ops@example.com)"

extern const char fixture_seed[];

struct fixture {
    struct sandbox *sandbox;
    struct answer answer;
    struct json *json; /* the last answer's body; NULL when it was none */
    const char *key;   /* whose requests they are; OWNER_KEY at first */
    const char *user_agent;
    int64_t now_ms;
    char id[32]; /* scratch for the last created id */
};

void fixture_open(struct fixture *fixture, const struct sandbox_options *options);
void fixture_close(struct fixture *fixture);

/* Sends a request; the status. `body` is JSON or NULL. */
int fixture_call(struct fixture *fixture, const char *method, const char *target, const char *body);

/* The text at a path such as "patients.0.links.self", "" when there is none. Numbers of arrays count from 0. */
const char *fixture_text(const struct fixture *fixture, const char *path);
const struct json *fixture_at(const struct fixture *fixture, const char *path);

/* Creates a record and returns its id; ends the test when that fails. The id is valid until the next call. */
const char *fixture_create(struct fixture *fixture, const char *collection, const char *body);

/* The id of the seeded row of that place in a list such as "/v1/businesses". Free with free(). */
char *fixture_seeded_id(struct fixture *fixture, const char *collection, int place);

/* A patient and an appointment type that send nothing, and the body of an appointment with them. Free with free(). */
char *fixture_quiet_patient(struct fixture *fixture);
char *fixture_appointment_body(struct fixture *fixture, const char *patient, const char *type, const char *starts_at);

#endif
