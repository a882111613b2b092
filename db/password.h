/* The password of PostgreSQL comes from a file, so that it is in no environment, argument list or log. */
#ifndef DB_PASSWORD_H
#define DB_PASSWORD_H

#include <stdbool.h>

#include "base/fault.h"

/* The first line of the file, to be freed by the caller; NULL when the path is NULL or "". */
MUST_CHECK bool password_read(const char *path, char **ret, struct fault *fault);

#endif
