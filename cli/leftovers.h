/*
 * The children of a run, noted in its data folder, so that the next run finds and ends those that outlived a kill -9.
 */
#ifndef CLI_LEFTOVERS_H
#define CLI_LEFTOVERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/fault.h"
#include "cli/data_folder.h"

enum { LEFTOVERS_MOST = 80, LEFTOVER_NAME_SIZE = 24 };

struct leftovers {
    size_t count;
    struct leftover {
        char name[LEFTOVER_NAME_SIZE];
        pid_t pid;
        uint64_t started; /* process_start_time: another process with that pid is left alone */
    } rows[LEFTOVERS_MOST];
};

void leftovers_add(struct leftovers *leftovers, const char *name, pid_t pid);

/* Writes the note; a failure only costs the next run its knowledge, so it is not reported. */
void leftovers_write(const struct data_folder *folder, const struct leftovers *leftovers);

/* Ends what an earlier run left, last started first: each got a signal when that run died and may finish its work; one
 * that takes too long is told again, then killed. PostgreSQL gets its fast shutdown. FAULT_BAD_INPUT when one does not
 * go away. */
MUST_CHECK bool leftovers_stop(const struct data_folder *folder, struct fault *fault);

#endif
