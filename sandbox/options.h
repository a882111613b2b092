/* The switches of the sandbox: where Cliniko's real behaviour is not known, both can be had (API reference, section 9).
 */
#ifndef SANDBOX_OPTIONS_H
#define SANDBOX_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "sandbox/limit.h"

/* How a create is answered that names a record which is not there. */
enum unknown_related { UNKNOWN_RELATED_422, UNKNOWN_RELATED_404, UNKNOWN_RELATED_500 };

/* How a create for an archived patient is answered. */
enum archived_parent { ARCHIVED_PARENT_422, ARCHIVED_PARENT_404, ARCHIVED_PARENT_ALLOWED };

struct sandbox_options {
    struct limit_policy limit;
    enum unknown_related unknown_related;
    enum archived_parent archived_parent;
    bool any_user_agent;        /* do not ask for "name (mail)" */
    bool empty_401;             /* 401 without a JSON message */
    bool refuse_inactive;       /* inactive practitioners are refused in creates */
    bool read_cancelled;        /* a cancelled appointment can be read without q[]=cancelled_at:* */
    bool omit_missing_relation; /* a relation that is not there is left out instead of null */
    bool ignore_case;           /* text filters ignore case */
    bool recalls;               /* recalls and recall types are there */
    const char *files;          /* folder for uploaded bytes; NULL or "": they are only hashed */
    int64_t process_ms;         /* from the create of an attachment until it is processed; below 0 for never */
    int64_t s3_expiry_seconds;  /* of a presigned post */
    int64_t s3_most_bytes;      /* content-length-range of a presigned post; 0 for none */
    bool s3_url_slash;          /* the address of a presigned post ends in a slash */
    int64_t trial_bytes;        /* attachments of an account may have so many together; 0 for no bound */
    int64_t latency_ms;         /* every answer is held this long */
    uint64_t fault_seed;
};

bool unknown_related_parse(const char *name, enum unknown_related *ret); /* 422, 404, 500 */
bool archived_parent_parse(const char *name, enum archived_parent *ret); /* 422, 404, allowed */

#endif
