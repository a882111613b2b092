/* What a transfer leaves behind as a whole, for people and for machines. */
#ifndef CLI_LEFT_BEHIND_H
#define CLI_LEFT_BEHIND_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/fault.h"
#include "db/connection.h"

/* Prints the counts with their advice; `balances` lists what each patient owed as well. Nothing when extraction found
 * nothing. JSON: one object a line. */
MUST_CHECK bool left_behind_print(struct db *db, int64_t transfer, bool balances, bool as_json, FILE *out,
                                  struct fault *fault);

#endif
