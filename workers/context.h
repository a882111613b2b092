/*
 * What every task of a transfer needs: its account's client with the send slots of its Cliniko user, its source,
 * profile and options. Tasks of one transfer that run at the same time share one; a new one is read when none runs, so
 * that a new key or rate takes effect.
 */
#ifndef WORKERS_CONTEXT_H
#define WORKERS_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/json.h"
#include "base/loop.h"
#include "cliniko/client.h"
#include "db/connection.h"
#include "db/seal.h"
#include "source/source.h"

struct contexts; /* all of this process */

struct contexts_settings {
    struct loop *loop;
    struct db *db;
    struct http *http;
    struct bucket *bucket;
    const struct seal *seal;
    const char *base_url; /* override for the local Cliniko; NULL or "" for the key's own shard */
    const char *contact;
};

/* The key that a practitioner gave, and the client that sends with it. */
struct context_key {
    char *label;           /* the practitioner as the operator named it */
    char *cliniko_user;    /* NULL until it was asked for (keys.h) */
    char *practitioner_id; /* the same */
    struct cliniko *client;
};

struct context {
    int64_t transfer;
    int64_t account;
    int64_t rate_per_minute; /* 0: no limit */
    char *system;
    char *source;
    char *profile; /* JSON */
    struct json *options;
    char *cliniko_user; /* NULL until the first preflight */
    struct cliniko *client;
    struct http *http;        /* for uploads; borrowed */
    const char *base_url;     /* the override for the local Cliniko; NULL or "" for none */
    struct source *opened;    /* by context_source */
    struct context_key *keys; /* of single practitioners */
    size_t key_count;
};

struct contexts *contexts_new(const struct contexts_settings *settings);
void contexts_destroy(struct contexts **contexts);

/* Exactly one of context and fault is given: FAULT_DENIED no key or one that cannot be opened, FAULT_GONE no such
 * transfer. Borrowed until context_put. */
typedef void context_fn(void *argument, struct context *context, const struct fault *fault);

void context_get(struct contexts *contexts, int64_t transfer, context_fn *done, void *argument);
void context_forget(struct contexts *contexts, const void *argument); /* no callback for it any more */
void context_put(struct contexts *contexts, struct context **context);

/* Nothing more is sent through this context: every call that has not left comes back with FAULT_GONE. Tasks that begin
 * later get a context of their own. */
void context_retire(struct contexts *contexts, struct context *context);

/* The source, opened when it is first needed and kept as long as the context. FAULT_DENIED when this worker cannot read
 * it: what a pause of the transfer gives time for. Borrowed. */
MUST_CHECK bool context_source(struct context *context, struct source **ret, struct fault *fault);

/* Preflight learned whose key it is: from now on its requests take that user's slots. */
void context_set_user(struct contexts *contexts, struct context *context, const char *cliniko_user);

/* The same for a practitioner's key. */
void context_set_key_owner(struct contexts *contexts, struct context *context, struct context_key *key,
                           const char *cliniko_user, const char *practitioner_id);

/* The client that writes as this practitioner of Cliniko's: the one of the practitioner's own key when there is one,
 * else the account's. `practitioner_id` may be NULL. */
struct cliniko *context_client_for(const struct context *context, const char *practitioner_id);

/* The practitioner's key that a client of this context sends with; NULL for the account's own. */
const struct context_key *context_key_of(const struct context *context, const struct cliniko *client);

#endif
