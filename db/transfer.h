/* Transfers: their life, and what is known of their progress. Each change of state passes the guard of migration 0001.
 */
#ifndef DB_TRANSFER_H
#define DB_TRANSFER_H

#include <stdint.h>

#include "db/connection.h"
#include "model/transfer_state.h"

struct transfer_spec {
    int64_t account;
    const char *system;  /* namespace of the source keys, from the profile */
    const char *source;  /* path or URL, as extract workers see it */
    const char *profile; /* JSON */
    const char *options; /* JSON: approve, answers, bad_rows */
};

/* One row: id. A draft. */
void transfer_create(struct db *db, const struct transfer_spec *spec, db_done_fn *done, void *argument);

/* A transfer of this account and system, from whatever source, that has begun and is not over: id, state. None: no row.
 * The second form cancels it before. */
void transfer_find_live(struct db *db, int64_t account, const char *system, db_done_fn *done, void *argument);
void transfer_cancel_live(struct db *db, int64_t account, const char *system, db_done_fn *done, void *argument);

/* The newest transfer of this account from this source that has not ended: id, state. None: no row. */
void transfer_find_open(struct db *db, int64_t account, const char *system, const char *source, db_done_fn *done,
                        void *argument);

/* draft → extracting, with its extract task. One row (id) when it moved, none when it was no draft. */
void transfer_start(struct db *db, int64_t transfer, db_done_fn *done, void *argument);

/* Moves a transfer that is in state `from` to `to`; affected rows: 1 when it moved, 0 when it was elsewhere. */
void transfer_move(struct db *db, int64_t transfer, enum transfer_state from, enum transfer_state to,
                   const char *reason, db_done_fn *done, void *argument);

/* The operator's words; each gives one row (state) when it took effect, none when the state does not allow it. Resuming
 * goes back to where it was paused. A transfer with open questions cannot be approved (db/question.h). */
void transfer_pause(struct db *db, int64_t transfer, const char *reason, db_done_fn *done, void *argument);
void transfer_resume(struct db *db, int64_t transfer, db_done_fn *done, void *argument);
void transfer_cancel(struct db *db, int64_t transfer, db_done_fn *done, void *argument);
void transfer_approve(struct db *db, int64_t transfer, db_done_fn *done, void *argument);

/* After extraction: extracting → preflight, with the preflight task. */
void transfer_begin_preflight(struct db *db, int64_t transfer, db_done_fn *done, void *argument);

/* running → verifying, with the verify task. */
void transfer_begin_verify(struct db *db, int64_t transfer, db_done_fn *done, void *argument);

enum transfer_overview_column {
    OVERVIEW_ID,
    OVERVIEW_STATE,
    OVERVIEW_PHASE,
    OVERVIEW_OPEN_TASKS, /* ready or leased, of any kind */
    OVERVIEW_FAILED_TASKS,
    OVERVIEW_STAGE_DONE, /* the extract or verify task of this state is done */
    OVERVIEW_NEXT_PHASE, /* the next phase that has records; null for none */
    OVERVIEW_COMPLETES,  /* option "complete": review is left by itself */
    OVERVIEW_PROBLEM,    /* of a failed task */
};

/* One row for each transfer that the coordinator has to move on. */
void transfer_overview(struct db *db, db_done_fn *done, void *argument);

enum transfer_load_column {
    TRANSFER_ACCOUNT,
    TRANSFER_SYSTEM,
    TRANSFER_SOURCE,
    TRANSFER_PROFILE,
    TRANSFER_OPTIONS,
    TRANSFER_STATE,
    TRANSFER_REASON,
    TRANSFER_PHASE,
    TRANSFER_RATE,
    TRANSFER_ACCOUNT_NAME,
    TRANSFER_SECONDS, /* since it was started; until it ended */
};
void transfer_load(struct db *db, int64_t transfer, db_done_fn *done, void *argument);

/* All transfers, newest first: id, account name, state, source, created_at, reason. */
void transfer_list(struct db *db, db_done_fn *done, void *argument);

enum transfer_progress_column {
    PROGRESS_ENTITY,
    PROGRESS_STAGED,
    PROGRESS_EXCLUDED,
    PROGRESS_LEFT_BEHIND,
    PROGRESS_WARNINGS,
    PROGRESS_PLANNED, /* records in tasks; null before its phase */
    PROGRESS_CREATED, /* by this transfer's tasks */
    PROGRESS_FAILED,
    PROGRESS_SKIPPED,
    PROGRESS_LEASED, /* tasks that a worker holds */
    PROGRESS_VERIFIED,
    PROGRESS_DIFFERING,
};

/* One row for each entity that extraction found, in the order of model/entity.h. */
void transfer_progress(struct db *db, int64_t transfer, db_done_fn *done, void *argument);

/* Records that did not arrive: entity, source_key, state, problem; at most `most`. */
void transfer_problems(struct db *db, int64_t transfer, int64_t most, db_done_fn *done, void *argument);

/* Records that stay behind by a rule or by choice and are named one by one; the same columns. */
void transfer_named_left(struct db *db, int64_t transfer, int64_t most, db_done_fn *done, void *argument);

/* Records that went over other than they were, or of which something is to be told: entity, source_key, "warning",
 * what; at most `most`. */
void transfer_warnings(struct db *db, int64_t transfer, int64_t most, db_done_fn *done, void *argument);

enum transfer_extent_column { EXTENT_PAST, EXTENT_TO_COME, EXTENT_OLDEST, EXTENT_IS_LONG };

/* One row: how many appointments that are to be sent or were sent have begun by now and how many have not, the day of
 * the oldest dated record ("2009-03-01", null for none), and whether that is more than ten years ago. */
void transfer_extent(struct db *db, int64_t transfer, db_done_fn *done, void *argument);

/* What extraction counted for an entity; replaces an earlier count. */
void transfer_count(struct db *db, int64_t transfer, const char *entity, int64_t left_behind, int64_t warnings,
                    db_done_fn *done, void *argument);

#endif
