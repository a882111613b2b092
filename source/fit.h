/*
 * Does the source have what the profile reads? Every table and column that is missing, not only the first.
 */
#ifndef SOURCE_FIT_H
#define SOURCE_FIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "model/profile.h"
#include "source/source.h"

struct misfit {
    char *table;  /* as the profile calls it */
    char *column; /* NULL: the table itself */
    char *needed; /* where the profile reads it: "recognise[0], entities.patient" */
    char *why;    /* a sentence: not there, and what is there instead; or more than one fits */
};

struct fit {
    struct misfit *misfits; /* in the order of the profile, each table and column once */
    size_t count;
};

/* Mappings that the answers rule out need not fit; what stays behind as a whole may lack its table. Faults when a table
 * that is there cannot be read. */
MUST_CHECK bool fit_find(struct source *source, const struct profile *profile, const struct json *answers,
                         struct fit *ret, struct fault *fault);
void fit_release(struct fit *fit);

#endif
