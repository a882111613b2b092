#include "sandbox/s3_policy.h"

#include <ctype.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"

enum { POLICY_MAX = 20480, DATE_DIGITS = 8 };

#define ALGORITHM "AWS4-HMAC-SHA256"

const struct s3_signer s3_sandbox_signer = {
    .bucket = "sim-files",
    .access_key = "AKIDSIM",
    .secret = "simulator-secret",
    .region = "ap-southeast-2",
};

void s3_form_add(struct s3_form *form, struct slice name, struct slice value)
{
    if (form->count == S3_FIELDS_MAX)
        return;
    form->fields[form->count++] = (struct s3_field){x_strndup(name.data, name.size), x_strndup(value.data, value.size)};
}

void s3_form_release(struct s3_form *form)
{
    for (size_t i = 0; i < form->count; i++) {
        string_free(&form->fields[i].name);
        string_free(&form->fields[i].value);
    }
    form->count = 0;
}

const char *s3_form_field(const struct s3_form *form, const char *name)
{
    for (size_t i = 0; i < form->count; i++)
        if (strcasecmp(form->fields[i].name, name) == 0)
            return form->fields[i].value;
    return NULL;
}

void s3_error_set(struct s3_error *error, int status, const char *code, const char *format, ...)
{
    va_list arguments;

    *error = (struct s3_error){.status = status, .code = code};
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
}

void s3_error_detail(struct s3_error *error, const char *name, const char *value)
{
    size_t place = error->details[0].name ? 1 : 0;

    error->details[place].name = name;
    snprintf(error->details[place].value, sizeof error->details[place].value, "%s", value);
}

static bool bad_argument(struct s3_error *error, const char *name, const char *value, const char *message)
{
    s3_error_set(error, 400, "InvalidArgument", "%s", message);
    s3_error_detail(error, "ArgumentName", name);
    s3_error_detail(error, "ArgumentValue", value ? value : "");
    return false;
}

static bool denied(struct s3_error *error, const char *message, const char *what)
{
    s3_error_set(error, 403, "AccessDenied", "%s%s", message, what);
    return false;
}

static bool bad_policy(struct s3_error *error, const char *why)
{
    s3_error_set(error, 400, "InvalidPolicyDocument", "Invalid Policy: %s", why);
    return false;
}

static void hmac(const unsigned char *key, size_t key_size, const char *text,
                 unsigned char ret[crypto_auth_hmacsha256_BYTES])
{
    crypto_auth_hmacsha256_state state;

    crypto_auth_hmacsha256_init(&state, key, key_size);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)text, strlen(text));
    crypto_auth_hmacsha256_final(&state, ret);
}

void s3_sign(const char *secret, const char *date, const char *region, const char *policy, char ret[S3_SIGNATURE_SIZE])
{
    scoped(string_free) char *first = x_sprintf("AWS4%s", secret);
    const char *const chain[] = {date, region, "s3", "aws4_request", policy};
    unsigned char key[crypto_auth_hmacsha256_BYTES];

    hmac((const unsigned char *)first, strlen(first), chain[0], key);
    for (size_t i = 1; i < array_length(chain); i++)
        hmac(key, sizeof key, chain[i], key);
    sodium_bin2hex(ret, S3_SIGNATURE_SIZE, key, sizeof key);
}

/* Step 3: what must be there at all. */
static bool check_presence(const struct s3_form *form, struct s3_error *error)
{
    static const char *const wanted[] = {"policy", "x-amz-algorithm", "x-amz-credential", "x-amz-date",
                                         "x-amz-signature"};
    size_t given = 0;

    if (!s3_form_field(form, "key"))
        return bad_argument(error, "key", NULL, "Bucket POST must contain a field named 'key'.");
    for (size_t i = 0; i < array_length(wanted); i++)
        given += s3_form_field(form, wanted[i]) != NULL;
    if (!given)
        return denied(error, "Access Denied", "");
    for (size_t i = 0; i < array_length(wanted); i++) {
        scoped(string_free) char *message = x_sprintf("Bucket POST must contain a field named '%s'.", wanted[i]);

        if (!s3_form_field(form, wanted[i]))
            return bad_argument(error, wanted[i], NULL, message);
    }
    return true;
}

static bool is_digits(const char *text, size_t count)
{
    return strspn(text, "0123456789") >= count;
}

/* "<access key>/<date>/<region>/s3/aws4_request" */
static bool check_credential(const struct s3_signer *signer, const char *credential, const char *stamp,
                             struct s3_error *error)
{
    scoped(string_free) char *copy = x_strdup(credential);
    const char *words[5] = {NULL};
    char *rest = copy;
    size_t count = 0;

    while (rest && count < array_length(words))
        words[count++] = strsep(&rest, "/");
    if (rest || count < array_length(words) || strcmp(words[3], "s3") != 0 || strcmp(words[4], "aws4_request") != 0 ||
        strlen(words[1]) != DATE_DIGITS || !is_digits(words[1], DATE_DIGITS))
        return bad_argument(error, "x-amz-credential", credential,
                            "the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/"
                            "aws4_request\".");
    if (strcmp(words[2], signer->region) != 0)
        return bad_argument(error, "x-amz-credential", credential, "the region of the Credential is wrong.");
    if (strlen(stamp) != S3_STAMP_SIZE - 1 || strncmp(stamp, words[1], DATE_DIGITS) != 0)
        return bad_argument(error, "x-amz-date", stamp, "the date differs from the one of the Credential.");
    if (strcmp(words[0], signer->access_key) == 0)
        return true;
    s3_error_set(error, 403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.");
    s3_error_detail(error, "AWSAccessKeyId", words[0]);
    return false;
}

/* Step 4, before the policy is even read. */
static bool check_signature(const struct s3_signer *signer, const struct s3_form *form, struct s3_error *error)
{
    const char *credential = s3_form_field(form, "x-amz-credential");
    const char *given = s3_form_field(form, "x-amz-signature");
    const char *algorithm = s3_form_field(form, "x-amz-algorithm");
    char expected[S3_SIGNATURE_SIZE];
    char date[DATE_DIGITS + 1];

    if (strcmp(algorithm, ALGORITHM) != 0)
        return bad_argument(error, "x-amz-algorithm", algorithm, "only " ALGORITHM " is known.");
    if (!check_credential(signer, credential, s3_form_field(form, "x-amz-date"), error))
        return false;
    snprintf(date, sizeof date, "%s", strchr(credential, '/') + 1);
    s3_sign(signer->secret, date, signer->region, s3_form_field(form, "policy"), expected);
    if (strlen(given) == strlen(expected) && sodium_memcmp(given, expected, strlen(expected)) == 0)
        return true;
    s3_error_set(error, 403, "SignatureDoesNotMatch",
                 "The request signature we calculated does not match the signature you provided. Check your key and "
                 "signing method.");
    return false;
}

static bool decode_policy(const char *text, struct json **ret, struct s3_error *error)
{
    scoped(string_free) char *bytes = x_alloc(POLICY_MAX + 1);
    struct fault ignored;
    size_t size = 0;

    if (sodium_base642bin((unsigned char *)bytes, POLICY_MAX, text, strlen(text), "\r\n", &size, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0)
        return bad_policy(error, "Invalid Base64 Encoding.");
    if (!json_parse(bytes, size, ret, &ignored) || !json_is_object(*ret))
        return bad_policy(error, "Invalid JSON.");
    return true;
}

static bool check_expiration(const struct json *policy, int64_t now, struct s3_error *error)
{
    const char *text = json_text(json_member(policy, "expiration"), "");
    struct fault ignored;
    int64_t expires = 0;

    if (!*text || text[strlen(text) - 1] != 'Z' || !instant_parse(slice_of(text), &expires, &ignored))
        return bad_policy(error, "Invalid 'expiration' value.");
    if (!json_is_array(json_member(policy, "conditions")))
        return bad_policy(error, "'conditions' is missing.");
    return now < expires || denied(error, "Invalid according to Policy: ", "Policy expired.");
}

/* What a condition speaks of. The bucket is no field of the form. */
static const char *value_of(const struct s3_signer *signer, const struct s3_form *form, const char *name)
{
    const char *value = strcasecmp(name, "bucket") == 0 ? signer->bucket : s3_form_field(form, name);

    return value ? value : "";
}

static bool check_one(const struct s3_signer *signer, const struct s3_form *form, const char *operation,
                      const char *name, const char *wanted, struct s3_error *error)
{
    const char *value = value_of(signer, form, name);
    bool prefix = strcmp(operation, "starts-with") == 0;
    scoped(string_free) char *condition = x_sprintf("[\"%s\", \"$%s\", \"%s\"]", operation, name, wanted);

    if (prefix ? strncmp(value, wanted, strlen(wanted)) == 0 : strcmp(value, wanted) == 0)
        return true;
    return denied(error, "Invalid according to Policy: Policy Condition failed: ", condition);
}

static bool check_array(const struct s3_signer *signer, const struct s3_form *form, const struct json *condition,
                        struct s3_range *range, struct s3_error *error)
{
    const char *operation = json_text(json_at(condition, 0), "");
    const char *name = json_text(json_at(condition, 1), "");
    double least = json_number(json_at(condition, 1), -1);
    double most = json_number(json_at(condition, 2), -1);

    if (json_count(condition) != 3)
        return bad_policy(error, "Invalid Condition: wrong number of arguments.");
    if (strcasecmp(operation, "content-length-range") == 0) {
        if (!(least >= 0 && most >= least && most < 9e15))
            return bad_policy(error, "Invalid content-length-range.");
        range->least = (int64_t)least;
        range->most = (int64_t)most;
        return true;
    }
    if ((strcmp(operation, "eq") != 0 && strcmp(operation, "starts-with") != 0) || name[0] != '$' ||
        !json_is_text(json_at(condition, 2)))
        return bad_policy(error, "Invalid Condition: unknown operation.");
    return check_one(signer, form, operation, name + 1, json_text(json_at(condition, 2), ""), error);
}

/* Step 6. */
static bool check_conditions(const struct s3_signer *signer, const struct s3_form *form, const struct json *conditions,
                             struct s3_range *range, struct s3_error *error)
{
    for (const struct json *condition = json_first(conditions); condition; condition = json_next(condition)) {
        const struct json *member = json_first(condition);

        if (json_is_array(condition)) {
            if (!check_array(signer, form, condition, range, error))
                return false;
            continue;
        }
        if (!json_is_object(condition) || json_count(condition) != 1 || !json_is_text(member))
            return bad_policy(error, "Invalid Simple-Condition.");
        if (!check_one(signer, form, "eq", json_name(member), json_text(member, ""), error))
            return false;
    }
    return true;
}

static bool is_named(const struct json *conditions, const char *field)
{
    for (const struct json *condition = json_first(conditions); condition; condition = json_next(condition)) {
        const char *name =
            json_is_array(condition) ? json_text(json_at(condition, 1), "$") + 1 : json_name(json_first(condition));

        if (strcasecmp(name, field) == 0)
            return true;
    }
    return false;
}

/* Step 7: no field that no condition speaks of. */
static bool check_extra(const struct s3_form *form, const struct json *conditions, struct s3_error *error)
{
    for (size_t i = 0; i < form->count; i++) {
        const char *name = form->fields[i].name;

        if (strcasecmp(name, "policy") == 0 || strcasecmp(name, "x-amz-signature") == 0 ||
            strncasecmp(name, "x-ignore-", 9) == 0)
            continue;
        if (!is_named(conditions, name))
            return denied(error, "Invalid according to Policy: Extra input fields: ", name);
    }
    return true;
}

bool s3_policy_check(const struct s3_signer *signer, const struct s3_form *form, int64_t now_seconds,
                     struct s3_range *ret, struct s3_error *error)
{
    scoped(json_destroy) struct json *policy = NULL;
    const struct json *conditions = NULL;

    *ret = (struct s3_range){0, INT64_MAX};
    if (!check_presence(form, error) || !check_signature(signer, form, error) ||
        !decode_policy(s3_form_field(form, "policy"), &policy, error) || !check_expiration(policy, now_seconds, error))
        return false;
    conditions = json_member(policy, "conditions");
    return check_conditions(signer, form, conditions, ret, error) && check_extra(form, conditions, error);
}

bool s3_range_check(const struct s3_range *range, int64_t size, struct s3_error *error)
{
    bool large = size > range->most;
    char proposed[32];
    char bound[32];

    if (!large && size >= range->least)
        return true;
    s3_error_set(error, 400, large ? "EntityTooLarge" : "EntityTooSmall", "Your proposed upload %s the %s allowed size",
                 large ? "exceeds" : "is smaller than", large ? "maximum" : "minimum");
    snprintf(proposed, sizeof proposed, "%lld", (long long)size);
    snprintf(bound, sizeof bound, "%lld", (long long)(large ? range->most : range->least));
    s3_error_detail(error, "ProposedSize", proposed);
    s3_error_detail(error, large ? "MaxSizeAllowed" : "MinSizeAllowed", bound);
    return false;
}

static void put_condition(struct json_writer *writer, const char *name, const char *value)
{
    json_begin_object(writer);
    json_member_text(writer, name, value);
    json_end_object(writer);
}

void s3_policy_write(const struct s3_signer *signer, const char *prefix, const char *credential, const char *stamp,
                     int64_t expires_seconds, int64_t most_bytes, struct text *out)
{
    scoped(string_free) char *encoded = NULL;
    char expires[INSTANT_SIZE];
    struct json_writer writer;
    struct text text;
    size_t room = 0;

    instant_format(expires_seconds, expires);
    text_init(&text, POLICY_MAX);
    json_write_init(&writer, &text);
    json_begin_object(&writer);
    json_member_text(&writer, "expiration", expires);
    json_key(&writer, "conditions");
    json_begin_array(&writer);
    put_condition(&writer, "bucket", signer->bucket);
    json_begin_array(&writer);
    json_put_text(&writer, "starts-with");
    json_put_text(&writer, "$key");
    json_put_text(&writer, prefix);
    json_end_array(&writer);
    put_condition(&writer, "success_action_status", "201");
    put_condition(&writer, "acl", "private");
    put_condition(&writer, "x-amz-credential", credential);
    put_condition(&writer, "x-amz-algorithm", ALGORITHM);
    put_condition(&writer, "x-amz-date", stamp);
    if (most_bytes) {
        json_begin_array(&writer);
        json_put_text(&writer, "content-length-range");
        json_put_integer(&writer, 0);
        json_put_integer(&writer, most_bytes);
        json_end_array(&writer);
    }
    json_end_array(&writer);
    json_end_object(&writer);
    room = sodium_base64_encoded_len(text.size, sodium_base64_VARIANT_ORIGINAL);
    encoded = x_alloc(room);
    sodium_bin2base64(encoded, room, (const unsigned char *)text_string(&text), text.size,
                      sodium_base64_VARIANT_ORIGINAL);
    text_puts(out, encoded);
    text_release(&text);
}

void s3_stamp(int64_t utc_seconds, char ret[S3_STAMP_SIZE])
{
    char instant[INSTANT_SIZE];
    size_t size = 0;

    instant_format(utc_seconds, instant);
    for (const char *byte = instant; *byte; byte++)
        if (*byte != '-' && *byte != ':')
            ret[size++] = *byte;
    ret[size] = '\0';
}
