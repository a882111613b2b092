/*
 * The staged records and their journal. A record is sent only after its intent ("sending", under the sender's lease) is
 * committed; its outcome and the ID map are written in one transaction. Whoever takes a task over finds what was sent
 * without an answer by the state "sending".
 */
#ifndef DB_RECORD_H
#define DB_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "db/connection.h"
#include "model/entity.h"
#include "model/record_state.h"

/* The records of an entity lie side by side: ordinals begin after record_first_ordinal and stay below the next
 * entity's.
 */
#define RECORD_ENTITY_STRIDE INT64_C(1000000000000)
int64_t record_first_ordinal(enum entity entity);

/* Begins an extraction anew: what an earlier attempt staged is removed, if the lease is still good. */
void record_clear(struct db *db, int64_t transfer, int64_t task, int64_t token, db_done_fn *done, void *argument);

/* A batch of staged records under construction, and its sending. */
struct record_batch;
struct record_batch *record_batch_new(void);
void record_batch_destroy(struct record_batch **batch);
size_t record_batch_count(const struct record_batch *batch);

/* `problem` is NULL for a record that can be sent; `warning` tells what was changed on the way, or is NULL. */
void record_batch_add(struct record_batch *batch, int64_t ordinal, enum entity entity, const char *source_key,
                      struct slice payload, const char *problem, const char *warning);

/* A record that a rule leaves behind and that the outcome names one by one. */
void record_batch_leave(struct record_batch *batch, int64_t ordinal, enum entity entity, const char *source_key,
                        const char *reason);

/* Stages the batch under the lease and takes it over. One row (ordinal) for each record whose entity and key were
 * staged before: it was not staged again. Affected rows tell nothing. */
void record_stage(struct db *db, int64_t transfer, int64_t task, int64_t token, struct record_batch **batch,
                  db_done_fn *done, void *argument);

enum record_column {
    RECORD_ORDINAL,
    RECORD_KEY,
    RECORD_PAYLOAD,
    RECORD_IS_SENDING, /* an earlier lease may have sent it */
    RECORD_SENT_AGO_MS,
    RECORD_SENT_AT,   /* by Cliniko's clock if known, UTC, "2026-03-01T00:00:00Z"; null when never sent */
    RECORD_OWN_ID,    /* Cliniko's id, where another transfer brought it meanwhile; else null */
    RECORD_PARENT_ID, /* Cliniko's id of the parent; null when it has none or is not there */
    RECORD_LINK_ID,   /* the same for the link */
};

/* The next records of a task that have no outcome, from ordinal `from` on. */
void record_load(struct db *db, int64_t transfer, enum entity entity, int64_t from, int64_t last, int64_t most,
                 db_done_fn *done, void *argument);

/* The journal: marks records as sending under this lease. Affected rows are fewer than `count` when the lease was lost:
 * then nothing may be sent. Also takes over records that an earlier lease left in doubt, whose times stay. `there` is
 * the time by Cliniko's clock, UTC seconds; 0 when it is not known. */
void record_intend(struct db *db, int64_t transfer, int64_t task, int64_t token, const int64_t *ordinals,
                   const bool *in_doubt, size_t count, int64_t there, db_done_fn *done, void *argument);

struct record_outcome {
    int64_t ordinal;
    enum record_state state; /* any but sending, excluded and left */
    char *cliniko_id;        /* owned; NULL when there is none */
    char *problem;           /* owned; NULL when there is none */
    char *warning;           /* owned; added to what the record was warned of before, unless it was; NULL for none */
};

/* Writes outcomes, the ID map and the task's counters in one transaction. Only records that this lease holds are
 * changed. One row: how many; and how many of them stand in the ID map with another id, which was kept. */
void record_finish(struct db *db, int64_t transfer, int64_t task, int64_t token, const struct record_outcome *outcomes,
                   size_t count, db_done_fn *done, void *argument);

/* All ids of an entity that stand for source keys of this account: source_key, cliniko_id. */
void idmap_load(struct db *db, int64_t account, const char *system, enum entity entity, db_done_fn *done,
                void *argument);

/* Which of these ids of Cliniko stand in the ID map for an entity, and for which source key: one row (cliniko_id,
 * source_key) each; the key is null when it is another system's. */
void idmap_taken(struct db *db, int64_t account, const char *system, enum entity entity, const char *const *ids,
                 size_t count, db_done_fn *done, void *argument);

/* Lets PostgreSQL learn what a bulk of new records looks like; without it, it plans for an empty table. */
void record_analyse(struct db *db, db_done_fn *done, void *argument);

/* How many ids an entity has in the ID map of an account, over all its transfers and source systems: one row (count).
 */
void idmap_count(struct db *db, int64_t account, enum entity entity, db_done_fn *done, void *argument);

/* How far the verification of an entity is: `verified` and `differing` are sums since its start; the records in
 * `ordinals` differ in the named members. */
void record_verified(struct db *db, int64_t transfer, enum entity entity, int64_t verified, int64_t differing,
                     const int64_t *ordinals, char *const *differences, size_t count, db_done_fn *done, void *argument);

/* Takes back what an earlier preflight decided: practitioners, locations and taxes that were matched, and what was left
 * behind by choice, are staged again and counted so. Only before anything is sent. */
void record_reconsider(struct db *db, int64_t transfer, int64_t task, int64_t token, db_done_fn *done, void *argument);

enum scan_column {
    SCAN_ORDINAL,
    SCAN_KEY,
    SCAN_PAYLOAD,
    SCAN_ID,
    SCAN_PARENT_ID,
    SCAN_LINK_ID,
    SCAN_FILES, /* JSON, null for none: [[part, size in bytes, Cliniko's id of a file beside], …], the own file first */
};

/* Records of an entity with their payloads, for matching and verification, in order, from `after` on. */
void record_scan(struct db *db, int64_t transfer, enum entity entity, const char *state, int64_t after, int64_t most,
                 db_done_fn *done, void *argument);

#endif
