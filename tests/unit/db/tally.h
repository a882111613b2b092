/* Calls that carry a number, and the order in which they were answered. */
#ifndef TESTS_UNIT_DB_TALLY_H
#define TESTS_UNIT_DB_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "support/database.h"

struct tally {
    int64_t next; /* the number that has to be answered next */
    int faults;
    bool in_order; /* set it to true at first */
};

/* Sends a statement that gives $1 back. `sql` must outlive the connection. */
void send_number(struct db *db, const char *sql, int64_t number, struct tally *tally);

/* Sends a statement without values. */
void send_plain(struct db *db, const char *name, const char *sql, struct answer *answer);

#endif
