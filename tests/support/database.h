/*
 * A migrated database for one test, and the connection under test to it. What a call answered is kept in a struct
 * answer; what it did is asked over a second connection, which the code under test has no part in.
 */
#ifndef TESTS_SUPPORT_DATABASE_H
#define TESTS_SUPPORT_DATABASE_H

#include <stdint.h>

#include "db/connection.h"
#include "db/transfer.h"

struct database {
    struct loop *loop;
    struct db *db; /* its actor is "tester" */
    char *url;
    void *plain; /* the second connection */
};

/* The servers of support/services.h, a new database, all migrations. A failure fails the test. */
void database_open(struct database *ret);
void database_close(struct database *database);

/* Another connection under test, on the same loop. */
struct db *database_connect(struct database *database, const char *actor);

/* SQL that moves states as no program may: past the guards. */
#define UNGUARDED(sql) "set session_replication_role = replica; " sql "; set session_replication_role = origin"

/* Over the second connection. The first value of the first row; "" for null or no row. Borrowed until the next call. */
void database_run(struct database *database, const char *sql, ...) PRINTF_LIKE(2, 3);
bool database_try(struct database *database, const char *sql, ...) PRINTF_LIKE(2, 3); /* false when it is refused */
const char *database_text(struct database *database, const char *sql, ...) PRINTF_LIKE(2, 3);
int64_t database_number(struct database *database, const char *sql, ...) PRINTF_LIKE(2, 3);

enum { ANSWER_ROWS = 40, ANSWER_COLUMNS = 12, ANSWER_CELL = 200 };

/* What a call answered; texts are cut. `columns` is how many the test wants to see. */
struct answer {
    int columns;
    int times; /* how often the callback ran */
    int rows;
    int64_t affected;
    struct fault fault;
    bool is_null[ANSWER_ROWS][ANSWER_COLUMNS];
    char cells[ANSWER_ROWS][ANSWER_COLUMNS][ANSWER_CELL];
};

void answer_take(void *answer, const struct db_rows *rows, const struct fault *fault);

/* Waits for all calls of the connection under test. The second form fails the test when the call gave a fault. */
void answer_wait(struct database *database, const struct answer *answer);
void answer_good(struct database *database, const struct answer *answer);
int64_t answer_number(const struct answer *answer, int row, int column);

/* An account with a rate, and a draft of a transfer on it; their ids. */
int64_t database_account(struct database *database, const char *name, int64_t rate_per_minute);
int64_t database_transfer(struct database *database, int64_t account);

/* A leased task of an entity for the ordinals first to last, in a running transfer. */
struct held_task {
    int64_t transfer;
    int64_t task;
    int64_t token;
};
struct held_task database_task(struct database *database, int64_t transfer, const char *kind, const char *entity,
                               int64_t first, int64_t last);

/* Stages `count` records of an entity, "key-1" and so on, with ordinals from record_first_ordinal + 1, over SQL. */
void database_stage(struct database *database, int64_t transfer, const char *entity, int64_t count);

#endif
