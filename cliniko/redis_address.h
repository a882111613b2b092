/* Where Redis is, read from the settings. */
#ifndef CLINIKO_REDIS_ADDRESS_H
#define CLINIKO_REDIS_ADDRESS_H

#include <stdbool.h>

#include "base/fault.h"

enum { REDIS_HOST_SIZE = 256, REDIS_SECRET_SIZE = 513 };

struct redis_address {
    char host[REDIS_HOST_SIZE]; /* name, address, or a socket's path when port is 0 */
    int port;
    int database;
    char password[REDIS_SECRET_SIZE]; /* "" for none; wipe with redis_address_wipe */
};

/* Reads redis://host:port/database (port 6379 and database 0 when left out) or unix:///path. A password in the URL is
 * refused: URLs stand in process lists and logs. */
MUST_CHECK bool redis_address_parse(const char *url, struct redis_address *ret, struct fault *fault);

/* Reads the first line of the file as the password; NULL or "" for no file. */
MUST_CHECK bool redis_address_read_password(struct redis_address *address, const char *file, struct fault *fault);

void redis_address_wipe(struct redis_address *address);

#endif
