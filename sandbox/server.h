/* The sandbox on a socket: HTTP or HTTPS by libmicrohttpd, in the thread of the loop, so that nothing needs a lock. */
#ifndef SANDBOX_SERVER_H
#define SANDBOX_SERVER_H

#include "base/fault.h"
#include "base/loop.h"
#include "sandbox/sandbox.h"

struct server;

struct server_options {
    const char *listen;   /* "127.0.0.1:0" */
    const char *tls_cert; /* PEM files; NULL for plain HTTP */
    const char *tls_key;
};

/* Serves until closed. The sandbox is borrowed. */
MUST_CHECK bool server_open(struct loop *loop, struct sandbox *sandbox, const struct server_options *options,
                            struct server **ret, struct fault *fault);
void server_close(struct server **server);

/* "http://127.0.0.1:40123" */
const char *server_url(const struct server *server);

#endif
