/* Following a transfer until it rests: live lines on a terminal, plain ones in a pipe, JSON for machines. */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "cli/progress.h"
#include "db/connection.h"

struct snapshot {
    struct progress progress;
    char *reason;
    char *account;
    bool exists;
    struct fault fault;
};

/* Reads how a transfer stands. FAULT_GONE when there is no such transfer. */
MUST_CHECK bool snapshot_read(struct db *db, int64_t transfer, struct snapshot *ret, struct fault *fault);
void snapshot_release(struct snapshot *snapshot);

/* Shows a transfer until it rests or the loop is told to stop (SIGINT: *ret_interrupted). `trouble` may be NULL; it is
 * asked now and then for a sentence that stops the watching (a child that does not start). Prints the summary and what
 * did not arrive; *ret_status is the exit status. */
MUST_CHECK bool watch_transfer(struct loop *loop, struct db *db, int64_t transfer,
                               const char *(*trouble)(void *argument), void *argument, bool *ret_interrupted,
                               int *ret_status, struct fault *fault);

#endif
