/* Whether a source is what the profile is for, before anything is made of it. */
#ifndef SOURCE_RECOGNITION_H
#define SOURCE_RECOGNITION_H

#include "base/fault.h"
#include "model/profile.h"
#include "source/source.h"

/* The tables, columns and rows of "recognise" are there. */
MUST_CHECK bool recognition_check(struct source *source, const struct profile *profile, struct fault *fault);

enum { ENCRYPTION_SAMPLES_MAX = 200, ENCRYPTION_SAMPLES_LEAST = 3, ENCRYPTION_ROWS_MAX = 20000 };

/* Looks at the first values of the columns of "encrypted", as far as they are long enough to be judged: a fault, with
 * the profile's message, that names every column of which most are still encrypted. Answered with "leave", a column of
 * which nine in ten are is marked in `whole` (by number of the probe) instead: all of its values stay behind, since
 * short ones cannot be judged one by one and the column that marks them is not to be trusted (front-desk.md, section
 * 8). */
MUST_CHECK bool recognition_check_encryption(struct source *source, const struct profile *profile,
                                             const struct json *answers, bool whole[PROFILE_TABLES_MAX],
                                             struct fault *fault);

/* True when encrypted values are to be left behind. */
bool recognition_leaves_encrypted(const struct profile *profile, const struct json *answers);

#endif
