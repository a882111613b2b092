/*
 * handover profile draft SOURCE            proposes a profile for a source
 * handover profile check PROFILE SOURCE    says what a profile makes of a source, without sending anything
 */
#ifndef CLI_PROFILE_COMMAND_H
#define CLI_PROFILE_COMMAND_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/text.h"

/* How the check ended: also the program's exit status. */
enum profile_result {
    PROFILE_FITS = 0,
    PROFILE_HAS_PROBLEMS = 1, /* some rows would not go over */
};

/* The arguments begin after the word "profile". `time_zone` is the zone to fall back on, NULL for none. The profile or
 * the findings go to `out`, the reasons of a draft to `notes`. Faults (FAULT_BAD_INPUT) on wrong arguments and on
 * sources and profiles that cannot be read; what was found until then stands in `out` and `notes`. */
MUST_CHECK bool profile_command(int argc, char **argv, const char *time_zone, struct text *out, struct text *notes,
                                enum profile_result *ret, struct fault *fault);

#endif
