/*
 * Tasks and their leases. A lease is a token from one sequence and a time; taking a task raises the token, so that a
 * write under an old lease changes no row (fencing). Counters in the task are what progress is shown from.
 */
#ifndef DB_TASK_H
#define DB_TASK_H

#include <stdint.h>

#include "db/connection.h"

/* Before a phase: unsent records of its entities that an earlier transfer of this account has brought already take
 * their id from the ID map and are not sent again. After task_adopt_doubtful, so that what is written meanwhile is seen
 * by one of the two. */
void task_adopt_known(struct db *db, int64_t transfer, int64_t phase, db_done_fn *done, void *argument);

/* And those that an earlier transfer, which was cancelled or failed, left in doubt are in doubt here too: they are
 * asked for before they are sent. */
void task_adopt_doubtful(struct db *db, int64_t transfer, int64_t phase, db_done_fn *done, void *argument);

/* Cuts the unsent records of a phase into tasks of `size` records and makes it the transfer's phase. Does nothing
 * unless the transfer runs and is still in phase `after`. */
void task_plan_phase(struct db *db, int64_t transfer, int64_t after, int64_t phase, int64_t size, db_done_fn *done,
                     void *argument);

/* The kinds that have a task to take now: one row (kind) each. */
void task_ready_kinds(struct db *db, db_done_fn *done, void *argument);

enum task_column {
    TASK_ID,
    TASK_TOKEN,
    TASK_KIND,
    TASK_TRANSFER,
    TASK_ACCOUNT,
    TASK_ENTITY, /* null for extract, preflight, verify */
    TASK_FIRST,
    TASK_LAST,
};

/* Leases up to `count` ready tasks of a kind to a worker, accounts with the fewest running tasks of it first, and no
 * account more than its limit can use; of the kind catalogue one. One row a task. */
void task_lease(struct db *db, const char *kind, const char *worker, int64_t count, int64_t lease_ms, db_done_fn *done,
                void *argument);

/* Extends the leases that `worker` still holds under these tokens. One row (token) for each that was extended: the
 * others are lost, or their transfer is not to go on. */
void task_renew(struct db *db, const char *worker, const int64_t *tokens, size_t count, int64_t lease_ms,
                db_done_fn *done, void *argument);

/* How long a task may go back again and again without any progress: so many times, and for so long at the least. */
struct task_patience {
    int64_t attempts;
    int64_t ms;
};

/* The end of a task. Affected rows: 0 when the lease was lost. One that is done while a record of it has no outcome
 * goes back to the queue. A failed task keeps its problem. A returned one goes back to the queue, to be taken after
 * delay_ms; when the patience is over (NULL: never) the transfer is paused with the problem.
 */
void task_done(struct db *db, int64_t task, int64_t token, db_done_fn *done, void *argument);
void task_fail(struct db *db, int64_t task, int64_t token, const char *problem, db_done_fn *done, void *argument);
void task_return(struct db *db, int64_t task, int64_t token, int64_t delay_ms, const char *problem,
                 const struct task_patience *patience, db_done_fn *done, void *argument);

/* Leases that ran out go back to the queue: one row (id, worker) each. For those of other hosts than `host` it counts
 * as a death. */
void task_reap(struct db *db, const char *host, db_done_fn *done, void *argument);

/* The same for all leases of a worker that is known to be dead. */
void task_reap_worker(struct db *db, const char *worker, db_done_fn *done, void *argument);

/* Those of a worker that is not connected any more and has renewed nothing for silent_ms: it is gone, or cut off. */
void task_reap_silent(struct db *db, const char *worker, int64_t lease_ms, int64_t silent_ms, db_done_fn *done,
                      void *argument);

/* Leases of this worker whose message never reached it: all but these tokens. */
void task_return_unknown(struct db *db, const char *worker, const int64_t *tokens, size_t count, db_done_fn *done,
                         void *argument);

/* After task_reap_worker: finds the record that kills workers, by halves. One row for each task that was cut (id,
 * ordinal of the second half, null) and for each record that was given up (id, null, source key). */
void task_isolate(struct db *db, db_done_fn *done, void *argument);

/* Leased tasks whose transfer was paused, cancelled or failed: id, token, worker. */
void task_unwanted(struct db *db, db_done_fn *done, void *argument);

#endif
