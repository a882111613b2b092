/*
 * One connection to PostgreSQL on an event loop, in pipeline mode: calls go out at once, answers come in order, each
 * call is its own transaction and its callback runs when that is committed. This is the only way that SQL is run.
 *
 * When the connection is lost it is made again, and every call without an answer is sent again, in order. So a call may
 * run twice: each statement of this floor is written so that the second run changes nothing (guards by state and
 * token).
 */
#ifndef DB_CONNECTION_H
#define DB_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/loop.h"

struct db;
struct db_call;
struct db_rows; /* the answer; valid during the callback */

/* Exactly one of `rows` and `fault` is given. A fault comes when PostgreSQL refused the statement; a lost connection is
 * no fault, the call waits. */
typedef void db_done_fn(void *argument, const struct db_rows *rows, const struct fault *fault);

/* Connects (waits up to 10 seconds) to a libpq URL or conninfo text. A password stands in password_file (NULL or "" for
 * none) or in the places that libpq knows. `actor` is what the audit log names for changes made here. Faults:
 * FAULT_RETRY not reachable; FAULT_DENIED login refused. */
MUST_CHECK bool db_open(struct loop *loop, const char *url, const char *password_file, const char *actor,
                        struct db **ret, struct fault *fault);
void db_close(struct db **db); /* calls without an answer are dropped; their callbacks do not run */

/* A call under construction. `name` is for logs; sql and name are borrowed for good (string literals). Values are
 * copied and sent as text, in the order of $1, $2, … */
struct db_call *db_call_new(const char *name, const char *sql);
void db_bind_text(struct db_call *call, const char *value); /* NULL is SQL's null */
void db_bind_integer(struct db_call *call, int64_t value);
void db_bind_bool(struct db_call *call, bool value);
void db_bind_bytes(struct db_call *call, const unsigned char *data, size_t size_bytes); /* bytea */
void db_bind_take(struct db_call *call, char **value);                                  /* takes the string over */

/* Arrays, as one parameter: begin, add…, end. */
void db_array_begin(struct db_call *call);
void db_array_add(struct db_call *call, const char *value); /* NULL is SQL's null */
void db_array_add_integer(struct db_call *call, int64_t value);
void db_array_end(struct db_call *call);

/* Sends the call and takes it over. `done` may be NULL for calls whose answer nobody needs; a fault is then logged. */
void db_send(struct db *db, struct db_call *call, db_done_fn *done, void *argument);

/* The owner of `argument` goes away: callbacks for it will not run. The calls still take effect. */
void db_forget(struct db *db, const void *argument);

size_t db_pending(const struct db *db); /* calls without an answer */
bool db_is_connected(const struct db *db);

/* Turns the loop until every call is answered. FAULT_RETRY when that takes longer than timeout_ms. */
MUST_CHECK bool db_wait(struct db *db, int timeout_ms, struct fault *fault);

int db_rows_count(const struct db_rows *rows);
const char *db_text(const struct db_rows *rows, int row, int column); /* NULL for SQL's null */
int64_t db_integer(const struct db_rows *rows, int row, int column);  /* 0 for null */
double db_decimal(const struct db_rows *rows, int row, int column);
bool db_is_true(const struct db_rows *rows, int row, int column);
size_t db_size(const struct db_rows *rows, int row, int column); /* bytes of the text */
/* A bytea column as bytes; free with db_bytes_free. */
unsigned char *db_bytes(const struct db_rows *rows, int row, int column, size_t *ret_size);
void db_bytes_free(unsigned char **bytes);
int64_t db_affected(const struct db_rows *rows); /* rows that an insert, update or delete changed */

#endif
