/* Sockets to listen on, from text such as "127.0.0.1:0". */
#ifndef SANDBOX_LISTENER_H
#define SANDBOX_LISTENER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"

struct sockaddr;

enum { LISTENER_ADDRESS_SIZE = 80 };

/* Opens "host:port", "[::1]:port"; port 0 takes a free one. `ret_address` is what was taken, as it stands in a URL. */
MUST_CHECK bool listener_open(const char *text, int *ret_socket, char ret_address[LISTENER_ADDRESS_SIZE],
                              struct fault *fault);

bool address_is_loopback(const struct sockaddr *address);

#endif
