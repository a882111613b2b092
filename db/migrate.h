/* Brings the database to the schema of this build: numbered files (db/migrations/NNNN_name.sql), each once, in order.
 */
#ifndef DB_MIGRATE_H
#define DB_MIGRATE_H

#include <stdbool.h>

#include "base/fault.h"

/* Applies what is missing, each file in a transaction of its own; *ret_applied counts them. Two that run at once wait
 * for each other. A database that is newer than this build, or whose files were changed after they ran, is refused.
 * Blocks. */
MUST_CHECK bool migrate_run(const char *url, const char *password_file, int *ret_applied, struct fault *fault);

/* Fails with FAULT_BAD_INPUT, and says so, unless the database has exactly the schema of this build. Blocks. */
MUST_CHECK bool migrate_check(const char *url, const char *password_file, struct fault *fault);

#endif
