/*
 * A client of Cliniko's API for one key: waits for the user's next send slot, sends, and says in terms of base/fault.h
 * what the answer means (API reference 2 and 4.2).
 *
 *   FAULT_RETRY     it did not happen: never sent, or 429 (retry_after_ms says how long; all processes are held back);
 * or a repeatable request got 5xx, a time-out or a broken answer FAULT_IN_DOUBT  a create may have happened: look
 * before sending it again FAULT_REFUSED   400, 404, 422: Cliniko's own words, flattened to `field: text; field: text`
 *   FAULT_DENIED    401 (also shuts this client's gate), 403 (names the action), redirects
 *   FAULT_GONE      the slot would have come after not_after_ms, or the gate was shut with such a fault: not sent
 */
#ifndef CLINIKO_CLIENT_H
#define CLINIKO_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/json.h"
#include "base/text.h"
#include "cliniko/http.h"
#include "cliniko/key.h"
#include "cliniko/limiter.h"

struct cliniko;
struct cliniko_call; /* a request that waits or is under way */

/* Counts requests: called for each attempt that an answer or its absence has ended. status is 0 when none came. */
typedef void cliniko_count_fn(void *argument, int status);

struct cliniko_settings {
    struct loop *loop;
    struct http *http;       /* borrowed, outlives the client */
    struct limiter *limiter; /* borrowed, outlives the client; NULL sends at once (for the first GET /user) */
    const struct key *key;   /* read during cliniko_open only */
    const char *base_url;    /* the server's override (sandbox); NULL or "" for the key's shard */
    const char *contact;     /* e-mail address in the User-Agent, which Cliniko demands (API reference 1.3) */
    cliniko_count_fn *count; /* may be NULL */
    void *count_argument;
};

/* FAULT_BAD_INPUT for a base URL or a contact that cannot be used. Makes no request. */
MUST_CHECK bool cliniko_open(const struct cliniko_settings *settings, struct cliniko **ret, struct fault *fault);
void cliniko_close(struct cliniko **client); /* cancels all calls; none of their callbacks is called any more */

const char *cliniko_base_url(const struct cliniko *client);
const char *cliniko_shard(const struct cliniko *client);
struct loop *cliniko_loop(const struct cliniko *client);

/* Changes the limiter, once GET /user has told whose key it is. Calls that wait at the old one stay there. */
void cliniko_set_limiter(struct cliniko *client, struct limiter *limiter);

enum cliniko_effect {
    CLINIKO_REPEATABLE, /* a read, or a change that may be made twice: PATCH, archive, cancel */
    CLINIKO_CREATE,     /* makes something new: no answer leaves it in doubt; a success carries an id */
};

struct cliniko_request {
    enum http_method method;
    enum cliniko_effect effect;
    const char *path;     /* "/patients", below the base URL, with its query (see path.h); copied */
    struct slice body;    /* JSON; borrowed until the callback or cliniko_cancel */
    const char *action;   /* for the texts: "create patients"; static or alive until the callback */
    int64_t not_after_ms; /* monotonic: never sent after this; 0 for no end */
};

struct cliniko_answer {
    int status;              /* 0 when none came */
    const struct json *json; /* NULL when there is no body (204) or a fault; borrowed during the callback */
    const char *id;          /* the created object's id, checked; NULL unless a create succeeded */
    int64_t server_seconds;  /* the answer's Date, UTC; 0 when there is none */
};

/* `fault` is NULL when it worked. Both are borrowed during the callback, which may send, cancel and close the client.
 */
typedef void cliniko_done_fn(void *argument, const struct cliniko_answer *answer, const struct fault *fault);

/* Queues a request. The callback comes exactly once, always in a later turn, unless the call is cancelled. */
struct cliniko_call *cliniko_send(struct cliniko *client, const struct cliniko_request *request, cliniko_done_fn *done,
                                  void *argument);

/* Gives a call up without a callback. Returns true when it was never sent; false means that it may have happened. */
bool cliniko_cancel(struct cliniko_call **call);

/* The gate. Shut, every call that has not left comes back with this fault, and so do later ones; what is under way ends
 * as it ends. A 401 shuts it with its own fault. */
void cliniko_shut(struct cliniko *client, const struct fault *why);
void cliniko_reopen(struct cliniko *client);
bool cliniko_is_shut(const struct cliniko *client);

/* The Date of the newest answer, UTC seconds by Cliniko's clock; 0 before the first one. A search for what a request
 * may have made starts from the one seen before it (API reference 7). */
int64_t cliniko_server_seconds(const struct cliniko *client);

int cliniko_waiting(const struct cliniko *client);   /* calls that wait for a slot */
int cliniko_under_way(const struct cliniko *client); /* calls that have been sent */

/* The pause before attempt `attempt` + 1: 2, 4, 8 … 60 s, of which the second half is scaled by jitter_permille (0 to
 * 1000), so that many do not come back at once (API reference 4.2). Attempts count from 1. */
int64_t cliniko_backoff_ms(int attempt, int jitter_permille);

/* A random number from 0 to 1000, for cliniko_backoff_ms. */
int cliniko_jitter(void);

#endif
