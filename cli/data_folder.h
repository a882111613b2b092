/*
 * The folder in which `handover run` keeps its private PostgreSQL, Redis, sockets, seal key and logs. Only its owner
 * can read it; one run at a time uses it, guarded by a lock that the kernel drops when the run dies.
 */
#ifndef CLI_DATA_FOLDER_H
#define CLI_DATA_FOLDER_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/text.h"
#include "cli/child.h"

enum {
    DATA_PATH_SIZE = 1024,
    SOCKET_FOLDER_SIZE = 96, /* so that "/.s.PGSQL.5432" still fits into a socket's address */
};

struct data_folder {
    int lock;                                /* descriptor of the lock file; -1 when not held */
    char path[DATA_PATH_SIZE];               /* absolute */
    char sockets[SOCKET_FOLDER_SIZE];        /* where the servers listen: run/, or a short path that run links to */
    char seal_key_file[DATA_PATH_SIZE + 16]; /* 32 random bytes in hexadecimal */
    struct child_user server_user;           /* whom the servers run as: PostgreSQL refuses to be root */
};

/* Makes the folder where it is missing, takes its lock and makes its parts. FAULT_BAD_INPUT: in use by another run,
 * closed to the servers' user, not a folder of ours, no room, or without its seal key though it has a database. */
MUST_CHECK bool data_folder_open(const char *path, struct data_folder *ret, struct fault *fault);

/* Removes the sockets' folder and lets the lock go. Does nothing on a folder that was never opened (lock -1). */
void data_folder_close(struct data_folder *folder);

/* `name` inside the folder; the caller frees it with string_free. */
char *data_folder_path(const struct data_folder *folder, const char *name);

/* Makes `name` inside the folder for the servers' user, mode 0700; one that is there is taken. */
MUST_CHECK bool data_folder_make(const struct data_folder *folder, const char *name, struct fault *fault);

/* Removes a folder with all its contents; one that is missing is fine. */
MUST_CHECK bool folder_remove(const char *path, struct fault *fault);

/* A log that has passed 10 MB becomes NAME.old. Returns its size now, for log_tail. */
long log_rotate(const char *path);

/* Appends the last lines that a log got after the byte `since`, on one line, at most some 200 bytes. */
void log_tail(const char *path, long since, struct text *out);

#endif
