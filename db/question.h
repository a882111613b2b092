/* Questions that hold a transfer: what cannot be decided without the clinic's word. */
#ifndef DB_QUESTION_H
#define DB_QUESTION_H

#include <stddef.h>
#include <stdint.h>

#include "db/connection.h"
#include "model/entity.h"

struct question_row {
    const char *id; /* "warnings_confidential", "practitioner/FD-7" */
    const char *ask;
    int64_t found;      /* rows of the source that the answer decides about */
    const char *detail; /* JSON: {"section", "key", "choices": [{"value", "meaning"}], "proposal"} */
};

enum question_stage { QUESTION_AT_EXTRACTION, QUESTION_AT_PREFLIGHT };

/* Puts the questions of a stage in the place of earlier ones and moves the transfer from that stage to waiting, in one
 * transaction. Affected rows: 0 when the transfer was elsewhere; then nothing was changed. */
void question_hold(struct db *db, int64_t transfer, enum question_stage stage, const struct question_row *questions,
                   size_t count, const char *reason, db_done_fn *done, void *argument);

enum question_column { QUESTION_ID, QUESTION_ASK, QUESTION_FOUND, QUESTION_DETAIL };

/* The open questions of a transfer, in order. */
void question_list(struct db *db, int64_t transfer, db_done_fn *done, void *argument);

/* Adds answers (JSON: sections of members, see docs/answers.schema.json) to those that the transfer has and lets it go
 * on where it was held. One row (state) when it took effect; none when no question was open. */
void question_answer(struct db *db, int64_t transfer, const char *answers, db_done_fn *done, void *argument);

/* How many appointments and calendar notes that are to be sent point to each record of an entity (practitioner,
 * business): source_key, count. */
void question_count_by(struct db *db, int64_t transfer, enum entity entity, db_done_fn *done, void *argument);

/* Leaves behind walk-ins, patients who are there for an appointment alone, none of whose appointments is to be sent.
 * Counts as question_leave does, and may be done again. */
void question_leave_walk_ins(struct db *db, int64_t transfer, const char *reason, db_done_fn *done, void *argument);

enum used_zone_column { USED_KEY, USED_PAYLOAD, USED_ID, USED_ZONE, USED_COUNT, USED_FIRST, USED_LAST };

/* The zones in which the times of appointments and calendar notes were read, for each location that has a match: its
 * source key, payload and id in Cliniko, the zone (null for times that said their own), how many there are, and the
 * first and last of them, "2026-03-01T09:30:00Z". */
void question_used_zones(struct db *db, int64_t transfer, db_done_fn *done, void *argument);

/* Leaves behind, by the clinic's choice, the appointments and calendar notes that point to these records, with the
 * attendances and cancellations of such appointments. May be done again. */
void question_leave(struct db *db, int64_t transfer, enum entity entity, const char *const *keys, size_t count,
                    const char *reason, db_done_fn *done, void *argument);

#endif
