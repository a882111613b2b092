/*
 * A first profile for a source that nobody has described: by the words of its headers and the look of its values. It is
 * meant to be read by a person before it is used, so each choice comes with its reason and how sure it is.
 */
#ifndef SOURCE_DRAFT_H
#define SOURCE_DRAFT_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/text.h"

/* Puts the profile (JSON, indented) into *ret_profile and one line for each choice into *ret_reasons. Faults when no
 * table looks like patients or appointments. */
MUST_CHECK bool draft_profile(const char *path, struct text *ret_profile, struct text *ret_reasons,
                              struct fault *fault);

#endif
