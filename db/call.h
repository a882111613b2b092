/* A statement with its values, from db_call_new to its answer. For connection.c and call.c only: others see db_call. */
#ifndef DB_CALL_H
#define DB_CALL_H

#include <libpq-fe.h>

#include "base/text.h"
#include "db/connection.h"

enum { DB_PARAMETERS_MAX = 16 };

struct db_call {
    const char *name;
    const char *sql;
    char *values[DB_PARAMETERS_MAX];
    int count;
    struct text array; /* the array under construction */
    db_done_fn *done;
    void *argument;
    PGresult *result; /* came, but is not committed until the sync after it */
    int preparing;    /* place of the statement that is prepared in the same breath; -1 when it was prepared before */
    struct db_call *next;
};

void db_call_free(struct db_call **call);

#endif
