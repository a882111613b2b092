/*
 * A real redis-server for a test: on a private Unix socket in a temporary folder, without a port and without files. It
 * dies with the process that started it.
 */
#ifndef SUPPORT_REDIS_FIXTURE_H
#define SUPPORT_REDIS_FIXTURE_H

#include <sys/types.h>

struct redis_fixture {
    char folder[64];
    char socket[80];
    char url[96]; /* unix:///… for bucket_open */
    const char *password;
    pid_t pid; /* 0 while it is stopped */
    int log;   /* its standard output */
};

/* Starts a server and returns once it accepts connections; `password` may be NULL. Ends the process with a message when
 * there is no redis-server. */
void redis_fixture_start(struct redis_fixture *fixture, const char *password);

/* Kills the server with everything that it holds; the socket's path stays. */
void redis_fixture_kill(struct redis_fixture *fixture);

/* Starts it again, empty, on the same path. */
void redis_fixture_restart(struct redis_fixture *fixture);

/* Kills it and removes the folder. */
void redis_fixture_stop(struct redis_fixture *fixture);

#endif
