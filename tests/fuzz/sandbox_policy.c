/* A POST policy, any bytes, with a good signature, so that its reading is reached; and as a credential. */
#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/must.h"
#include "sandbox/s3_policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add(struct s3_form *form, const char *name, const char *value)
{
    s3_form_add(form, slice_of(name), slice_of(value));
}

static void check(const char *policy, const char *credential)
{
    struct s3_form form = {.count = 0};
    struct s3_error error = {0};
    struct s3_range range;
    char signature[S3_SIGNATURE_SIZE];

    s3_sign(s3_sandbox_signer.secret, "20300101", s3_sandbox_signer.region, policy, signature);
    add(&form, "key", "7/patients/42/a");
    add(&form, "acl", "private");
    add(&form, "policy", policy);
    add(&form, "x-amz-credential", credential);
    add(&form, "x-amz-algorithm", "AWS4-HMAC-SHA256");
    add(&form, "x-amz-date", "20300101T000000Z");
    add(&form, "x-amz-signature", signature);
    if (s3_policy_check(&s3_sandbox_signer, &form, 1893456000, &range, &error))
        must(range.least >= 0 && range.most >= range.least);
    else
        must(error.status >= 400 && error.code && error.message[0]);
    s3_form_release(&form);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t room = sodium_base64_encoded_len(size, sodium_base64_VARIANT_ORIGINAL);
    char *encoded = x_alloc(room);
    char *text = x_strndup((const char *)data, size);

    sodium_bin2base64(encoded, room, data, size, sodium_base64_VARIANT_ORIGINAL);
    check(encoded, "AKIDSIM/20300101/ap-southeast-2/s3/aws4_request");
    check(encoded, text);
    check(text, "AKIDSIM/20300101/ap-southeast-2/s3/aws4_request");
    free(encoded);
    free(text);
    return 0;
}
