/*
 * Addresses of a channel: which are understood, and which stay on this machine. Messages are not encrypted, so an
 * address beyond it must be asked for.
 */
#ifndef PROTO_ENDPOINT_H
#define PROTO_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"

enum { ENDPOINT_SIZE = 256, ENDPOINTS_MAX = 16 };

struct endpoints {
    size_t count;
    char urls[ENDPOINTS_MAX][ENDPOINT_SIZE];
};

struct endpoint_rules {
    bool allow_network; /* addresses that other machines can reach */
    bool listens;       /* to bind: the host may be an interface or *, the port * or 0 takes a free one */
};

/* Reads a comma-separated list of ipc://PATH, tcp://HOST:PORT and inproc://NAME; blanks around a URL do not count.
 * FAULT_BAD_INPUT: none, too many, too long, another kind of URL, no host or port, a socket path that is too long, or
 * an address beyond this machine against the rules. */
MUST_CHECK bool endpoints_parse(const char *urls, struct endpoint_rules rules, struct endpoints *ret,
                                struct fault *fault);

/* The path of an ipc:// URL that names a file; NULL for every other one. Borrowed from the URL. */
const char *endpoint_socket_path(const char *url);

#endif
