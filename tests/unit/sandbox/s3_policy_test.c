#include <criterion/criterion.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/must.h"
#include "sandbox/s3_policy.h"

enum { POLICY_SIZE = 4096 };

#define PREFIX     "7/patients/42/attachments/temp/0f8fad5b/"
#define CREDENTIAL "AKIDSIM/20300101/ap-southeast-2/s3/aws4_request"
#define STAMP      "20300101T000000Z"

/* The vector of the API reference, section 8.6. */
static const char known_policy[] =
    "{\"expiration\":\"2030-01-01T01:00:00Z\",\"conditions\":[{\"bucket\":\"sim-files\"},[\"starts-with\",\"$key\",\"" PREFIX
    "\"],{\"success_action_status\":\"201\"},{\"acl\":\"private\"},{\"x-amz-credential\":\"" CREDENTIAL
    "\"},{\"x-amz-algorithm\":\"AWS4-HMAC-SHA256\"},{\"x-amz-date\":\"" STAMP "\"}]}";
static const char known_signature[] = "870a574ba7fa536fab76263ce15e05b72cf59bbc015d88c4744add2eae8c57ce";

/* The one of Amazon's documentation of POST policies; its lines end in CR LF. */
static const char amazon_policy[] =
    "{ \"expiration\": \"2015-12-30T12:00:00.000Z\",\r\n"
    "  \"conditions\": [\r\n"
    "    {\"bucket\": \"sigv4examplebucket\"},\r\n"
    "    [\"starts-with\", \"$key\", \"user/user1/\"],\r\n"
    "    {\"acl\": \"public-read\"},\r\n"
    "    {\"success_action_redirect\": \"http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html\"},\r\n"
    "    [\"starts-with\", \"$Content-Type\", \"image/\"],\r\n"
    "    {\"x-amz-meta-uuid\": \"14365123651274\"},\r\n"
    "    {\"x-amz-server-side-encryption\": \"AES256\"},\r\n"
    "    [\"starts-with\", \"$x-amz-meta-tag\", \"\"],\r\n"
    "\r\n"
    "    {\"x-amz-credential\": \"AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request\"},\r\n"
    "    {\"x-amz-algorithm\": \"AWS4-HMAC-SHA256\"},\r\n"
    "    {\"x-amz-date\": \"20151229T000000Z\" }\r\n"
    "  ]\r\n"
    "}";

static const struct s3_signer amazon = {
    .bucket = "sigv4examplebucket",
    .access_key = "AKIAIOSFODNN7EXAMPLE",
    .secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    .region = "us-east-1",
};

static char *encode(const char *policy)
{
    size_t room = sodium_base64_encoded_len(strlen(policy), sodium_base64_VARIANT_ORIGINAL);
    char *text = x_alloc(room);

    return sodium_bin2base64(text, room, (const unsigned char *)policy, strlen(policy), sodium_base64_VARIANT_ORIGINAL);
}

static int64_t at(const char *instant)
{
    struct fault fault;
    int64_t seconds = 0;

    cr_assert(instant_parse(slice_of(instant), &seconds, &fault));
    return seconds;
}

static void set(struct s3_form *form, const char *name, const char *value)
{
    for (size_t i = 0; i < form->count; i++) {
        if (strcasecmp(form->fields[i].name, name) != 0)
            continue;
        string_free(&form->fields[i].value);
        form->fields[i].value = x_strdup(value);
        return;
    }
    s3_form_add(form, slice_of(name), slice_of(value));
}

static void drop(struct s3_form *form, const char *name)
{
    for (size_t i = 0; i < form->count; i++) {
        if (strcasecmp(form->fields[i].name, name) != 0)
            continue;
        string_free(&form->fields[i].name);
        string_free(&form->fields[i].value);
        form->fields[i] = form->fields[--form->count];
        return;
    }
}

static void fill(struct s3_form *form, const char *policy)
{
    scoped(string_free) char *encoded = encode(policy);
    char signature[S3_SIGNATURE_SIZE];

    s3_sign(s3_sandbox_signer.secret, "20300101", s3_sandbox_signer.region, encoded, signature);
    set(form, "key", PREFIX "scan.pdf");
    set(form, "success_action_status", "201");
    set(form, "acl", "private");
    set(form, "policy", encoded);
    set(form, "x-amz-credential", CREDENTIAL);
    set(form, "x-amz-algorithm", "AWS4-HMAC-SHA256");
    set(form, "x-amz-date", STAMP);
    set(form, "x-amz-signature", signature);
}

Test(s3_policy, signatures_are_those_of_two_independent_sources)
{
    scoped(string_free) char *known = encode(known_policy);
    scoped(string_free) char *example = encode(amazon_policy);
    char signature[S3_SIGNATURE_SIZE];

    cr_expect_eq(strlen(known_policy), 335);
    cr_expect_eq(strlen(known), 448);
    s3_sign(s3_sandbox_signer.secret, "20300101", s3_sandbox_signer.region, known, signature);
    cr_expect_str_eq(signature, known_signature);
    s3_sign(amazon.secret, "20151229", amazon.region, example, signature);
    cr_expect_str_eq(signature, "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e");
}

Test(s3_policy, what_is_written_is_what_is_known)
{
    scoped(string_free) char *known = encode(known_policy);
    char stamp[S3_STAMP_SIZE];
    struct text policy;

    text_init(&policy, POLICY_SIZE);
    s3_policy_write(&s3_sandbox_signer, PREFIX, CREDENTIAL, STAMP, at("2030-01-01T01:00:00Z"), 0, &policy);
    cr_expect_str_eq(text_string(&policy), known);
    s3_stamp(at("2030-01-01T00:00:00Z"), stamp);
    cr_expect_str_eq(stamp, STAMP);
    text_release(&policy);
}

Test(s3_policy, the_form_of_amazons_example_passes)
{
    scoped(string_free) char *encoded = encode(amazon_policy);
    struct s3_form form = {.count = 0};
    struct s3_error error = {0};
    struct s3_range range;

    set(&form, "key", "user/user1/cat.png");
    set(&form, "acl", "public-read");
    set(&form, "success_action_redirect", "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html");
    set(&form, "Content-Type", "image/png");
    set(&form, "x-amz-meta-uuid", "14365123651274");
    set(&form, "x-amz-server-side-encryption", "AES256");
    set(&form, "X-Amz-Credential", "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request");
    set(&form, "X-Amz-Algorithm", "AWS4-HMAC-SHA256");
    set(&form, "X-Amz-Date", "20151229T000000Z");
    set(&form, "x-amz-meta-tag", "");
    set(&form, "Policy", encoded);
    set(&form, "X-Amz-Signature", "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e");
    cr_expect(s3_policy_check(&amazon, &form, at("2015-12-30T11:59:59Z"), &range, &error), "%s", error.message);
    cr_expect_not(s3_policy_check(&amazon, &form, at("2015-12-30T12:00:00Z"), &range, &error));
    s3_form_release(&form);
}

Test(s3_policy, each_broken_rule_has_its_own_error)
{
    static const struct {
        const char *drop;
        const char *set;
        const char *value;
        int status;
        const char *code; /* NULL: good */
        const char *says;
    } cases[] = {
        {NULL, NULL, NULL, 0, NULL, NULL},
        {NULL, "x-ignore-this", "anything", 0, NULL, NULL},
        {"key", NULL, NULL, 400, "InvalidArgument", "'key'"},
        {"policy", NULL, NULL, 400, "InvalidArgument", "'policy'"},
        {"x-amz-algorithm", NULL, NULL, 400, "InvalidArgument", "'x-amz-algorithm'"},
        {"x-amz-credential", NULL, NULL, 400, "InvalidArgument", "'x-amz-credential'"},
        {"x-amz-date", NULL, NULL, 400, "InvalidArgument", "'x-amz-date'"},
        {"x-amz-signature", NULL, NULL, 400, "InvalidArgument", "'x-amz-signature'"},
        {NULL, "x-amz-algorithm", "AWS4-HMAC-SHA1", 400, "InvalidArgument", "AWS4-HMAC-SHA256"},
        {NULL, "x-amz-credential", "AKIDSIM/20300101/ap-southeast-2/s3", 400, "InvalidArgument", "mal-formed"},
        {NULL, "x-amz-credential", "AKIDSIM/2030/ap-southeast-2/s3/aws4_request", 400, "InvalidArgument", "mal-formed"},
        {NULL, "x-amz-credential", "AKIDSIM/20300101/us-east-1/s3/aws4_request", 400, "InvalidArgument", "region"},
        {NULL, "x-amz-credential", "AKIDSIM/20300102/ap-southeast-2/s3/aws4_request", 400, "InvalidArgument", "date"},
        {NULL, "x-amz-date", "20300102T000000Z", 400, "InvalidArgument", "date"},
        {NULL, "x-amz-date", "20300101T000001Z", 403, "AccessDenied", "$x-amz-date"},
        {NULL, "x-amz-credential", "NOBODY/20300101/ap-southeast-2/s3/aws4_request", 403, "InvalidAccessKeyId", NULL},
        {NULL, "x-amz-signature", "870a", 403, "SignatureDoesNotMatch", NULL},
        {NULL, "x-amz-signature", "970a574ba7fa536fab76263ce15e05b72cf59bbc015d88c4744add2eae8c57ce", 403,
         "SignatureDoesNotMatch", NULL},
        {NULL, "policy", "e30=", 403, "SignatureDoesNotMatch", NULL},
        {NULL, "key", "7/patients/43/attachments/temp/0f8fad5b/scan.pdf", 403, "AccessDenied", "$key"},
        {NULL, "acl", "public-read", 403, "AccessDenied", "$acl"},
        {NULL, "acl", "Private", 403, "AccessDenied", "$acl"},
        {"acl", NULL, NULL, 403, "AccessDenied", "$acl"},
        {NULL, "success_action_status", "200", 403, "AccessDenied", "$success_action_status"},
        {NULL, "Content-Type", "text/plain", 403, "AccessDenied", "Extra input fields: Content-Type"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct s3_form form = {.count = 0};
        struct s3_error error = {0};
        struct s3_range range;
        bool good = false;

        fill(&form, known_policy);
        if (cases[i].drop)
            drop(&form, cases[i].drop);
        if (cases[i].set)
            set(&form, cases[i].set, cases[i].value);
        good = s3_policy_check(&s3_sandbox_signer, &form, at("2030-01-01T00:59:59Z"), &range, &error);
        cr_expect_eq(good, !cases[i].code, "case %zu: %s", i, error.message);
        cr_expect_eq(error.status, cases[i].status, "case %zu: got %d, want %d: %s", i, error.status, cases[i].status,
                     error.message);
        if (cases[i].code)
            cr_expect_str_eq(error.code, cases[i].code, "case %zu: %s", i, error.message);
        if (cases[i].says)
            cr_expect(strstr(error.message, cases[i].says), "case %zu: '%s' does not speak of '%s'", i, error.message,
                      cases[i].says);
        s3_form_release(&form);
    }
}

Test(s3_policy, without_any_credentials_access_is_denied)
{
    struct s3_form form = {.count = 0};
    struct s3_error error = {0};
    struct s3_range range;

    set(&form, "key", PREFIX "scan.pdf");
    cr_expect_not(s3_policy_check(&s3_sandbox_signer, &form, 0, &range, &error));
    cr_expect_eq(error.status, 403);
    cr_expect_str_eq(error.code, "AccessDenied");
    s3_form_release(&form);
}

Test(s3_policy, policies_that_are_signed_but_wrong_are_told_apart)
{
    static const struct {
        const char *policy;
        int status;
        const char *says;
    } cases[] = {
        {"not json", 400, "JSON"},
        {"[]", 400, "JSON"},
        {"{\"conditions\":[]}", 400, "expiration"},
        {"{\"expiration\":\"tomorrow\",\"conditions\":[]}", 400, "expiration"},
        {"{\"expiration\":\"2030-01-01T01:00:00+00:00\",\"conditions\":[]}", 400, "expiration"},
        {"{\"expiration\":\"2030-01-01T01:00:00Z\"}", 400, "conditions"},
        {"{\"expiration\":\"2029-12-31T23:59:59Z\",\"conditions\":[]}", 403, "Policy expired"},
        {"{\"expiration\":\"2030-01-01T01:00:00Z\",\"conditions\":[]}", 403, "Extra input fields"},
        {"{\"expiration\":\"2030-01-01T01:00:00Z\",\"conditions\":[5]}", 400, "Simple-Condition"},
        {"{\"expiration\":\"2030-01-01T01:00:00Z\",\"conditions\":[{\"a\":\"1\",\"b\":\"2\"}]}", 400,
         "Simple-Condition"},
        {"{\"expiration\":\"2030-01-01T01:00:00Z\",\"conditions\":[{\"acl\":1}]}", 400, "Simple-Condition"},
        {"{\"expiration\":\"2030-01-01T01:00:00Z\",\"conditions\":[[\"eq\",\"$acl\"]]}", 400, "arguments"},
        {"{\"expiration\":\"2030-01-01T01:00:00Z\",\"conditions\":[[\"is\",\"$acl\",\"x\"]]}", 400, "operation"},
        {"{\"expiration\":\"2030-01-01T01:00:00Z\",\"conditions\":[[\"eq\",\"acl\",\"private\"]]}", 400, "operation"},
        {"{\"expiration\":\"2030-01-01T01:00:00Z\",\"conditions\":[[\"content-length-range\",5,1]]}", 400, "range"},
        {"{\"expiration\":\"2030-01-01T01:00:00Z\",\"conditions\":[{\"bucket\":\"other\"}]}", 403, "$bucket"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct s3_form form = {.count = 0};
        struct s3_error error = {0};
        struct s3_range range;

        fill(&form, cases[i].policy);
        cr_expect_not(s3_policy_check(&s3_sandbox_signer, &form, at("2030-01-01T00:00:00Z"), &range, &error), "%s",
                      cases[i].policy);
        cr_expect_eq(error.status, cases[i].status, "%s: got %d: %s", cases[i].policy, error.status, error.message);
        cr_expect_str_eq(error.code, cases[i].status == 400 ? "InvalidPolicyDocument" : "AccessDenied");
        cr_expect(strstr(error.message, cases[i].says), "%s: got '%s', want '%s'", cases[i].policy, error.message,
                  cases[i].says);
        s3_form_release(&form);
    }
}

Test(s3_policy, the_bounds_of_a_range_belong_to_it)
{
    static const struct {
        int64_t size;
        const char *code;
    } cases[] = {{9, "EntityTooSmall"}, {10, NULL}, {20, NULL}, {21, "EntityTooLarge"}};
    const struct s3_range range = {10, 20};

    for (size_t i = 0; i < array_length(cases); i++) {
        struct s3_error error = {0};

        cr_expect_eq(s3_range_check(&range, cases[i].size, &error), !cases[i].code);
        if (!cases[i].code)
            continue;
        cr_expect_eq(error.status, 400);
        cr_expect_str_eq(error.code, cases[i].code);
        cr_expect_str_eq(error.details[0].name, "ProposedSize");
        cr_expect_eq(strtoll(error.details[0].value, NULL, 10), cases[i].size);
    }
}
