/*
 * A SQL Server backup as a source: its tables, rows with typed values, and large values by locators.
 */
#ifndef SOURCE_BAK_SOURCE_H
#define SOURCE_BAK_SOURCE_H

#include "source/source.h"
#include "source/source_path.h"

/* Opens the backup that stands at the path. */
MUST_CHECK bool bak_source_open(const struct source_path *path, const struct source_options *options,
                                struct source **ret, struct fault *fault);

#endif
