/*
 * The names of a table's columns, as they stand in the first row of a CSV file.
 */
#ifndef SOURCE_HEADER_H
#define SOURCE_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "model/value.h"

struct header {
    char **names; /* told apart: "name", "name#2" */
    char **plain; /* as they stand, white space collapsed */
    size_t count;
};

/* Empty columns at the right end, as spreadsheets leave them, are dropped. Faults when no column is left. */
MUST_CHECK bool header_read(const struct value *values, size_t count, struct header *ret, struct fault *fault);
void header_release(struct header *header);

/* `origin` is for the message. */
MUST_CHECK bool header_find(const struct header *header, const char *origin, const char *name, size_t *ret,
                            struct fault *fault);

#endif
