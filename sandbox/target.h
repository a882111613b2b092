/*
 * The target of a request, "/v1/patients?q[]=…": split into path segments and decoded query parameters. Accepts both
 * percent-encoded and bare brackets and operators, as the service does (API reference 3.3).
 */
#ifndef SANDBOX_TARGET_H
#define SANDBOX_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

enum { TARGET_SEGMENTS_MAX = 6, TARGET_PARAMETERS_MAX = 64 };

struct parameter {
    const char *name;
    const char *value;
};

struct target {
    char *memory; /* holds all the texts below */
    const char *segments[TARGET_SEGMENTS_MAX];
    int segment_count;
    struct parameter parameters[TARGET_PARAMETERS_MAX];
    int parameter_count;
};

/* False when it has too many parts to be anything that is served. Release it in any case. */
bool target_parse(const char *raw, struct target *ret);
void target_release(struct target *target);

/* The first parameter of that name, or NULL. */
const char *target_parameter(const struct target *target, const char *name);

/* Appends the bytes with everything percent-encoded but letters, digits and -._~ (RFC 3986, section 2.3). */
void target_percent_encode(struct text *out, const char *value);

#endif
