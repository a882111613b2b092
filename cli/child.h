/*
 * Child processes: started with their own session, log file and, when need be, user, and bound to the life of this
 * process: when it dies, however it dies, they get a signal.
 */
#ifndef CLI_CHILD_H
#define CLI_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/fault.h"

/* Whom a child runs as; the caller's own user when `change` is false. */
struct child_user {
    bool change;
    uid_t uid;
    gid_t gid;
};

struct child_plan {
    const char *const *arguments;   /* NULL-terminated; the first is the program's path */
    const char *const *environment; /* NULL-terminated, complete: nothing is inherited beside it */
    const char *folder;             /* working directory; must be open to the user */
    const char *log_path;           /* standard output and error are appended to it */
    struct child_user user;
    int death_signal; /* what it gets when the thread that called child_start ends */
};

/* Starts a program. FAULT_INTERNAL names the step that failed: log, user, folder or program. Signals are unblocked and
 * at their defaults in the child. */
MUST_CHECK bool child_start(const struct child_plan *plan, pid_t *ret_pid, struct fault *fault);

/* True when a child of this process has ended; it is reaped then, and its pid means nothing any more. */
bool child_has_ended(pid_t pid, int *ret_status);

/* Waits for that; false when it still runs after limit_ms. */
bool child_wait(pid_t pid, int limit_ms, int *ret_status);

/* "ended with status 1", "was killed by signal 9". */
enum { CHILD_STATUS_SIZE = 48 };
void child_status_text(int status, char ret[CHILD_STATUS_SIZE]);

/* Sleeps; for the programs that wait for one thing at a time, never in a loop's handler. */
void pause_ms(int wait_ms);

#endif
