/*
 * A job that sends, alone: a real database with its journal, a stub in Cliniko's place, no coordinator. The endings of
 * job.h are stand-ins that note how the job ended.
 */
#ifndef TEST_SENDING_H
#define TEST_SENDING_H

#include "cliniko/http.h"
#include "db/seal.h"
#include "support/database.h"
#include "unit/cliniko/stub_server.h"
#include "workers/job.h"

struct sending {
    struct database database;
    struct stub_server *stub;
    struct http *http;
    struct seal *seal;
    struct contexts *contexts;
    struct context *context;
    struct job job;
    int64_t account;
    int64_t transfer;
    int64_t hungry;
    struct job_settings settings;
    char base_url[100];
    char ending[500]; /* "done", "returned: why", "failed: why", "denied: why"; "" while it runs */
};

/* Opens all of it, with an account whose key is "main-au1" and a transfer of the system "old" from `source`. The routes
 * outlive it. */
void sending_open(struct sending *sending, const struct stub_route *routes, const char *source);
void sending_close(struct sending *sending);

/* A key of a practitioner, before sending_run. NULL ids: its owner is not known yet. */
void sending_give_key(struct sending *sending, const char *label, const char *key, const char *user,
                      const char *practitioner);

/* Stages a record; ordinals rise. An id in Cliniko that an earlier phase would have brought. */
void sending_stage(struct sending *sending, enum entity entity, const char *key, const char *payload);
void sending_map(struct sending *sending, enum entity entity, const char *key, const char *id);

/* Runs one task of the kind with all staged records of the entity, to its end. */
void sending_run(struct sending *sending, enum entity entity);

/* The same for a kind without an entity, ENTITY_COUNT. */
void sending_run_kind(struct sending *sending, const struct job_kind *kind, enum entity entity);

/* "created 9001", "failed its problem" and so on. Borrowed until the next question to the database. */
const char *sending_state(struct sending *sending, const char *key);

#endif
