/*
 * What a profile does not read of a source: tables and columns that would stay behind without anybody having said so.
 */
#ifndef SOURCE_COVERAGE_H
#define SOURCE_COVERAGE_H

#include "base/fault.h"
#include "base/text.h"
#include "model/profile.h"
#include "source/source.h"

/* Adds a line for each table that is not read, or only in part. */
MUST_CHECK bool coverage_describe(struct source *source, const struct profile *profile, struct text *out,
                                  struct fault *fault);

#endif
