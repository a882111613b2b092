/* Carries out a SELECT of the stand-in SQL Server. */
#ifndef SANDBOX_TDS_SELECT_H
#define SANDBOX_TDS_SELECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "sandbox/tds_reply.h"
#include "sandbox/tds_sql.h"
#include "sandbox/tds_store.h"

struct tds_session {
    const struct tds_store *store;
    const char *database;
    const char *user;
    int64_t number; /* of the connection */
    unsigned row_delay_ms;
};

/* Sends the columns and rows. The fault's code is the number of SQL Server's message: 207 and 208 for a column or table
 * that is not there, 195 for a function. Nothing of the result was sent then, unless a value could not be read. */
MUST_CHECK bool tds_select(const struct tds_session *session, const struct tds_statement *statement,
                           struct tds_reply *reply, uint64_t *ret_rows, struct fault *fault);

#endif
