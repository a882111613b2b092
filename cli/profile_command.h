/*
 * handover profile draft SOURCE            proposes a profile for a source
 * handover profile check PROFILE SOURCE    says what a profile makes of a source, without sending anything; the answers
 * to the profile's questions decide as in a transfer
 */
#ifndef CLI_PROFILE_COMMAND_H
#define CLI_PROFILE_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/text.h"

/* How the check ended: also the program's exit status. */
enum profile_result {
    PROFILE_FITS = 0,
    PROFILE_HAS_PROBLEMS = 1, /* some rows would not go over */
};

struct profile_check_options {
    const char *time_zone; /* to fall back on; NULL for none */
    const char *answers;   /* file with the clinic's answers; NULL for none */
    uint64_t preview;      /* how many records of each kind are shown as they would be sent */
    bool all;              /* lists are not cut */
    bool json;             /* one object for programs, in place of text for people; it is never cut */
};

/* The arguments begin after the word "profile". The options are those of `check`. The profile or
 * the findings go to `out`, the reasons of a draft to `notes`. Faults (FAULT_BAD_INPUT) on wrong arguments and on
 * sources and profiles that cannot be read; what was found until then stands in `out` and `notes`. */
MUST_CHECK bool profile_command(int argc, char **argv, const struct profile_check_options *options, struct text *out,
                                struct text *notes, enum profile_result *ret, struct fault *fault);

#endif
