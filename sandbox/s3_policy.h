/*
 * The presigned POST of S3: making one, and checking what was posted with it, in the order of the service (API
 * reference 8.1, 8.5 and 8.6; Amazon's "Browser-based uploads using POST", signature version 4). Pure: the time is a
 * parameter.
 */
#ifndef SANDBOX_S3_POLICY_H
#define SANDBOX_S3_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum { S3_FIELDS_MAX = 64, S3_SIGNATURE_SIZE = 65, S3_MESSAGE_SIZE = 240, S3_DETAIL_SIZE = 80, S3_STAMP_SIZE = 17 };

/* Who signs, and for which bucket. */
struct s3_signer {
    const char *bucket;
    const char *access_key;
    const char *secret;
    const char *region;
};

extern const struct s3_signer s3_sandbox_signer; /* no secret: it stands in the documentation */

struct s3_field {
    char *name;
    char *value;
};

/* The fields that stand before the file. */
struct s3_form {
    struct s3_field fields[S3_FIELDS_MAX];
    size_t count;
};

/* An error as S3 words it. `details` are further elements of the answer, name after value. */
struct s3_error {
    int status; /* 0: none */
    const char *code;
    char message[S3_MESSAGE_SIZE];
    struct {
        const char *name;
        char value[S3_DETAIL_SIZE];
    } details[2];
};

/* What a good policy leaves to be checked on the file. */
struct s3_range {
    int64_t least;
    int64_t most; /* both inclusive */
};

void s3_form_add(struct s3_form *form, struct slice name, struct slice value); /* copies; a full form ignores it */
void s3_form_release(struct s3_form *form);

/* The value of the field with that name in any case, or NULL. */
const char *s3_form_field(const struct s3_form *form, const char *name);

void s3_error_set(struct s3_error *error, int status, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Adds an element to the error's answer. */
void s3_error_detail(struct s3_error *error, const char *name, const char *value);

/* The signature of a policy text: HMAC-SHA256 with the key of date and region, in hexadecimal. */
void s3_sign(const char *secret, const char *date, const char *region, const char *policy, char ret[S3_SIGNATURE_SIZE]);

/* Checks the fields, in which ${filename} of the key has been put in already. False: *error says which rule is broken.
 * True: *ret is the range of sizes that the policy allows. */
bool s3_policy_check(const struct s3_signer *signer, const struct s3_form *form, int64_t now_seconds,
                     struct s3_range *ret, struct s3_error *error);

/* False: the file's size is out of the range. */
bool s3_range_check(const struct s3_range *range, int64_t size_bytes, struct s3_error *error);

/* Writes the policy of a presigned POST for keys that start with `prefix`, as base64. `most_bytes` 0: no range. */
void s3_policy_write(const struct s3_signer *signer, const char *prefix, const char *credential, const char *stamp,
                     int64_t expires_seconds, int64_t most_bytes, struct text *out);

/* "20300101T000000Z": what x-amz-date wants. Its first eight characters are the date of the signature. */
void s3_stamp(int64_t utc_seconds, char ret[S3_STAMP_SIZE]);

#endif
