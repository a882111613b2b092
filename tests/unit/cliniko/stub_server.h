/*
 * A small HTTP server for the tests of the client: it answers by a table of routes and notes what it was asked. It runs
 * in a thread of its own, on a free port of 127.0.0.1.
 */
#ifndef TEST_STUB_SERVER_H
#define TEST_STUB_SERVER_H

#include <stdbool.h>

enum stub_kind {
    STUB_ANSWER,
    STUB_DROP,     /* reads the whole request and closes the connection without a word */
    STUB_HANG,     /* never answers */
    STUB_TRUNCATE, /* promises 100 bytes more than the body and closes */
    STUB_HUGE,     /* sends 17 MiB */
};

/* Of several routes that fit, the first one whose uses are not used up is taken. */
struct stub_route {
    const char *path; /* "/v1/patients"; one that ends with a slash and a star is for all below */
    const char *page; /* the parameter `page`, NULL for any or none */
    int uses;         /* 0: any number */
    enum stub_kind kind;
    int status;           /* 0: 200 */
    const char *type;     /* NULL: application/json */
    const char *body;     /* "{base}" becomes the server's address */
    const char *location; /* NULL: no such header */
    int reset_in_s;       /* X-RateLimit-Reset = now + this; 0: no such header */
};

struct stub_server;

/* `routes` end with a row without a path and outlive the server. */
struct stub_server *stub_start(const struct stub_route *routes, bool tls);
void stub_stop(struct stub_server **server);

const char *stub_url(const struct stub_server *server); /* "http://127.0.0.1:12345" */
int stub_port(const struct stub_server *server);
int stub_hits(struct stub_server *server, const char *path); /* whole requests that came for this path */
int stub_connections(struct stub_server *server);            /* connections ever made */

/* Of the last request; valid until the next one. */
const char *stub_method(struct stub_server *server);
const char *stub_query(struct stub_server *server); /* name=value&… as decoded */
const char *stub_body(struct stub_server *server);
const char *stub_agent(struct stub_server *server);
const char *stub_authorization(struct stub_server *server);
const char *stub_type(struct stub_server *server);
const char *stub_cookie(struct stub_server *server);

#endif
