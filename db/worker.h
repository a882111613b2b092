/* The workers that the leading coordinator knows, for `handover workers`; and who leads. */
#ifndef DB_WORKER_H
#define DB_WORKER_H

#include <stdint.h>

#include "db/connection.h"

void worker_here(struct db *db, const char *name, const char *host, int64_t pid, const char *kinds, int64_t slots,
                 db_done_fn *done, void *argument);
void worker_gone(struct db *db, const char *name, db_done_fn *done, void *argument);
void worker_seen(struct db *db, const char *const *names, size_t count, db_done_fn *done, void *argument);

/* Workers seen in the last minute: name, host, pid, kinds, slots, state, seconds since seen, leased tasks. */
void worker_list(struct db *db, db_done_fn *done, void *argument);

/* Workers that hold leases or were here, of one host: name, pid. A leader that starts looks after them. */
void worker_of_host(struct db *db, const char *host, db_done_fn *done, void *argument);

/* One row, true when this connection holds the leadership (an advisory lock: it ends with the connection). A leader
 * that has not called this for four seconds loses its connection to the one that does. */
void leader_try(struct db *db, db_done_fn *done, void *argument);

#endif
