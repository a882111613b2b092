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

/* Preflight learned whose key it is: from now on its requests take that user's slots. */
void context_set_user(struct contexts *contexts, struct context *context, const char *cliniko_user);

#endif
