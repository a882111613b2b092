/*
 * CSV exports as a source: a folder, one file, a .csv.gz, or a .zip of CSV files.
 */
#ifndef SOURCE_CSV_SOURCE_H
#define SOURCE_CSV_SOURCE_H

#include "source/source.h"

MUST_CHECK bool csv_source_open(const char *path, const struct source_options *options, struct source **ret,
                                struct fault *fault);

#endif
