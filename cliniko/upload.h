/*
 * Brings one file to the place that a presigned POST names (API reference 8): multipart, streamed from a callback in
 * constant memory, checksummed on the way. It carries no key of ours; it takes no token of the rate limit.
 */
#ifndef CLINIKO_UPLOAD_H
#define CLINIKO_UPLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/json.h"
#include "base/text.h"
#include "cliniko/http.h"

/* The answer to GET /patients/{id}/attachment_presigned_post, checked. */
struct upload_post;

/* `base_url` is the server's override for the local Cliniko, NULL or "" for the service: then only https and hosts of
 * amazonaws.com are accepted. FAULT_BAD_INPUT for anything else. */
MUST_CHECK bool upload_post_read(const struct json *answer, const char *base_url, struct upload_post **ret,
                                 struct fault *fault);
void upload_post_destroy(struct upload_post **post);

/* Seconds by the server's clock until the policy expires; INT64_MAX when it does not say. */
int64_t upload_post_seconds_left(const struct upload_post *post, int64_t server_seconds);

/* False when the policy allows no file of this size; the fault (FAULT_REFUSED) names the limits. */
MUST_CHECK bool upload_post_allows(const struct upload_post *post, int64_t size_bytes, struct fault *fault);

/* Letters, digits, '.', '_' and '-', at most 100 characters, with the ending kept: what Cliniko shows as its name. */
void upload_safe_name(const char *original, const char *fallback, struct text *out);

/* Gives the next bytes; *ret_size 0 at the end. A fault ends the upload with it. */
typedef bool upload_read_fn(void *argument, void *buffer, size_t size, size_t *ret_size, struct fault *fault);

struct upload_request {
    const struct upload_post *post; /* borrowed until the callback */
    const char *file_name;          /* safe */
    const char *content_type;
    int64_t size_bytes;
    upload_read_fn *read;
    void *argument;
};

struct upload_answer {
    const char *upload_url; /* for POST /patient_attachments; borrowed during the callback */
    const char *sha256;     /* 64 hex digits of what was sent */
    const char *md5;        /* 32 hex digits */
};

/* Faults: FAULT_RETRY it may be tried again with a new presigned post (time-outs, 5xx, expired policy, bytes that did
 * not arrive whole: the ETag differs); FAULT_REFUSED S3 refuses this file, with its code; FAULT_BAD_INPUT the source
 * gave other bytes than announced. What is left behind by a failed upload is removed by the service. */
typedef void upload_done_fn(void *argument, const struct upload_answer *answer, const struct fault *fault);

struct upload;
struct upload *upload_start(struct http *http, const struct upload_request *request, upload_done_fn *done,
                            void *argument);
void upload_cancel(struct upload **upload);

/* Bytes that have left so far, for progress. */
int64_t upload_sent_bytes(const struct upload *upload);

#endif
