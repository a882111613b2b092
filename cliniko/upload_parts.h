/*
 * What upload.c and upload_post.c share: the presigned POST as it was read. Nobody else includes this.
 */
#ifndef CLINIKO_UPLOAD_PARTS_H
#define CLINIKO_UPLOAD_PARTS_H

#include <stddef.h>

#include "cliniko/upload.h"

struct upload_post {
    char *url;
    struct http_field *fields; /* every one that came, in order, value for value (API reference 8.1) */
    size_t field_count;
    int64_t expires; /* UTC seconds; INT64_MAX when the policy does not say */
    int64_t least_bytes;
    int64_t most_bytes;
};

/* The value of a field, found as S3 finds it: without regard to case. NULL when there is none. */
const char *upload_post_field(const struct upload_post *post, const char *name);

#endif
