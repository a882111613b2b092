#include "cli/profile_command.h"

#include <string.h>

#include "cli/profile_check.h"
#include "source/draft.h"

bool profile_command(int argc, char **argv, const struct profile_check_options *options, struct text *out,
                     struct text *notes, enum profile_result *ret, struct fault *fault)
{
    *ret = PROFILE_FITS;
    if (argc == 2 && strcmp(argv[0], "draft") == 0)
        return draft_profile(argv[1], out, notes, fault);
    if (argc == 3 && strcmp(argv[0], "check") == 0)
        return profile_check(argv[1], argv[2], options, out, ret, fault);
    return fault_set(fault, FAULT_BAD_INPUT,
                     "usage: handover profile draft SOURCE, or handover profile check PROFILE SOURCE");
}
