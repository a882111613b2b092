/* Processes of this machine: told from later ones that got the same pid, and from those of other pid namespaces. */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* When a process started, in clock ticks since the machine did: with the pid it tells a process from a later one that
 * got the same pid. 0 when there is no such process, or when it has ended and was not reaped yet. */
uint64_t process_start_time(pid_t pid);

/* The calling process, told from every other one that has or will have its pid: "4bd2f.9c01…", when it started and a
 * digest of where (this boot of the machine, this pid namespace). */
enum { PROCESS_MARK_SIZE = 40 };
void process_mark(char ret[PROCESS_MARK_SIZE]);

/* True when the process with this pid, which called itself `mark`, is known to have ended. Of a mark from another place
 * nothing is known. What is no mark says nothing: the pid alone tells then. */
bool process_is_over(int64_t pid, const char *mark);

#endif
