/*
 * The local Cliniko without its network: a request goes in, an answer comes out. One thread; the time is a parameter.
 */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/text.h"
#include "sandbox/answer.h"
#include "sandbox/options.h"

struct sandbox;

/* All texts are borrowed; those of headers that were not sent are NULL. */
struct request {
    const char *method;
    const char *target; /* as on the wire: "/v1/patients?q[]=…" */
    const char *scheme; /* "http" or "https" */
    const char *host;   /* the Host header: all links are made from it */
    const char *authorization;
    const char *user_agent;
    const char *content_type;
    const char *content_length;
    struct slice body;
    bool from_loopback; /* only such a peer may use the control plane, /__… */
};

/* Appends "http://host:port", which all links start with. A Host that is no host name is not repeated. */
void request_put_origin(const struct request *request, struct text *out);

struct sandbox *sandbox_new(const struct sandbox_options *options);
void sandbox_destroy(struct sandbox **sandbox);

/* Loads accounts (docs/sandbox.md); keeps the text, for /__reset. The fault names row and field. */
MUST_CHECK bool sandbox_seed(struct sandbox *sandbox, struct slice json, int64_t now_ms, struct fault *fault);

/* Replaces the fault rules, as PUT /__faults does. */
MUST_CHECK bool sandbox_set_faults(struct sandbox *sandbox, struct slice json, struct fault *fault);

/* Appends every request to the API, with its answer, to a file (docs/sandbox.md). */
MUST_CHECK bool sandbox_record(struct sandbox *sandbox, const char *path, struct fault *fault);

/* Fills an answer that was initialised. When answer->finish_later or finish_ms is set, the same request is to be given
 * to sandbox_finish at that time. */
void sandbox_serve(struct sandbox *sandbox, const struct request *request, int64_t now_ms, struct answer *answer);

/* Carries out a request that a fault rule put off. It has been counted already. */
void sandbox_finish(struct sandbox *sandbox, const struct request *request, int64_t now_ms, struct answer *answer);

#endif
