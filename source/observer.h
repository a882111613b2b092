/*
 * What an extraction tells beside its records, for those who judge a profile: which rows a mapping takes, and why
 * values were refused. Everything is borrowed for the call.
 */
#ifndef SOURCE_OBSERVER_H
#define SOURCE_OBSERVER_H

#include <stdbool.h>

#include "source/pass.h"

struct observed_refusal {
    struct refusal why;
    const char *text; /* what the fault says, without the row's place */
    bool keeps_row;   /* the record goes over without the value */
};

struct observer {
    void *context;

    /* A row was read by a mapping, or by an entry of what stays behind as a whole. Not `taken`: its condition does not
     * hold, the row is another's business. */
    void (*row)(void *context, const struct pass *pass, bool taken);

    void (*refused)(void *context, const struct pass *pass, const struct observed_refusal *refused);
};

#endif
