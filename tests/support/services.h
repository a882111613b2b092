/*
 * One private PostgreSQL and one Redis for a test program: started when the first test file that names this header is
 * run, in a folder under /tmp, stopped after the last test. The tests of a program share the servers, so each takes a
 * fresh database and its own keys.
 */
#ifndef TESTS_SUPPORT_SERVICES_H
#define TESTS_SUPPORT_SERVICES_H

/* The URL of a new, empty database; the caller frees it with string_free. */
char *services_new_database(void);

/* unix:// URL of the Redis that all tests of the program share. Borrowed. */
const char *services_redis_url(void);

#endif
