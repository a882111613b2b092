/* `handover profile check`: what a profile makes of a source, without sending anything. */
#ifndef CLI_PROFILE_CHECK_H
#define CLI_PROFILE_CHECK_H

#include "cli/profile_command.h"

/* Appends the findings to `out`, also those from before a fault: FAULT_BAD_INPUT when profile, answers or source cannot
 * be read, or tables and columns are missing (they are listed). */
MUST_CHECK bool profile_check(const char *profile_path, const char *source_path,
                              const struct profile_check_options *options, struct text *out, enum profile_result *ret,
                              struct fault *fault);

#endif
