/* The presigned POST (API reference 8.1, 8.2): what Cliniko says about where a file goes and what S3 will allow there.
 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "cliniko/upload_parts.h"

enum {
    FIELDS_MOST = 40,
    FIELDS_MAX = 20480, /* bytes before the file, names and values together: S3's limit */
    URL_MAX = 1000,
    NAME_MAX_BYTES = 100,
    ENDING_MAX = 10,
};

/* ---- where it goes ---- */

/* The host of "https://host:port/…"; empty when the scheme is another or something stands before it. */
static struct slice host_of(const char *url, const char *scheme)
{
    struct slice host = {url, 0};

    if (strncasecmp(url, scheme, strlen(scheme)) != 0)
        return host;
    host.data += strlen(scheme);
    host.size = strcspn(host.data, "/:");
    for (size_t i = 0; i < host.size; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-", host.data[i]))
            host.size = 0;
    return host;
}

static bool same(struct slice one, struct slice other)
{
    return one.size > 0 && one.size == other.size && strncasecmp(one.data, other.data, one.size) == 0;
}

/* The answer says where a patient's file is sent, so it is held to S3, or to the local Cliniko's own host. */
static bool check_url(const char *url, const char *base_url, struct fault *fault)
{
    static const char ending[] = ".amazonaws.com";
    const char *scheme = base_url && strncasecmp(base_url, "http://", 7) == 0 ? "http://" : "https://";
    struct slice host = host_of(url, scheme);
    size_t size = strlen(url);
    bool good = size <= URL_MAX;

    for (size_t i = 0; i < size; i++)
        good = good && url[i] > ' ' && url[i] <= '~' && !strchr("@?#\\\"", url[i]);
    if (base_url && base_url[0])
        good = good && same(host, host_of(base_url, scheme));
    else
        good = good && host.size > strlen(ending) &&
               strncasecmp(host.data + host.size - strlen(ending), ending, strlen(ending)) == 0;
    if (good)
        return true;
    return fault_set(fault, FAULT_BAD_INPUT,
                     "Cliniko names '%.100s' as the place for files, which is no https address of %s: nothing is sent "
                     "there",
                     url, base_url && base_url[0] ? "the local Cliniko" : "Amazon S3");
}

/* ---- the fields ---- */

static bool read_fields(struct upload_post *post, const struct json *fields, struct fault *fault)
{
    size_t total = 0;

    for (const struct json *member = json_first(fields); member; member = json_next(member)) {
        const char *value = json_text(member, NULL);
        const char *name = json_name(member);

        if (!value || post->field_count == FIELDS_MOST || strcasecmp(name, "file") == 0 || strpbrk(name, "\r\n\""))
            return fault_set(fault, FAULT_BAD_INPUT, "Cliniko's answer for an upload has fields that cannot be sent");
        total += strlen(name) + strlen(value);
        post->fields[post->field_count++] = (struct http_field){x_strdup(name), x_strdup(value)};
    }
    if (total > FIELDS_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "Cliniko's answer for an upload has %zu bytes of fields; S3 takes %d",
                         total, FIELDS_MAX);
    if (!upload_post_field(post, "key"))
        return fault_set(fault, FAULT_BAD_INPUT, "Cliniko's answer for an upload names no key");
    return true;
}

const char *upload_post_field(const struct upload_post *post, const char *name)
{
    for (size_t i = 0; i < post->field_count; i++)
        if (strcasecmp(post->fields[i].name, name) == 0)
            return post->fields[i].value;
    return NULL;
}

/* ---- the policy ---- */

static bool read_limit(const struct json *value, int64_t *ret)
{
    const char *text = json_text(value, NULL);
    double number = json_number(value, -1);
    struct fault ignored;

    if (text)
        return number_parse(slice_of(text), 0, INT64_MAX, ret, &ignored);
    if (number < 0 || number > 9e15)
        return false;
    *ret = (int64_t)number;
    return true;
}

static void read_conditions(struct upload_post *post, const struct json *conditions)
{
    for (const struct json *condition = json_first(conditions); condition; condition = json_next(condition)) {
        int64_t least = 0;
        int64_t most = 0;

        if (!json_is_array(condition) ||
            strcasecmp(json_text(json_at(condition, 0), ""), "content-length-range") != 0 ||
            !read_limit(json_at(condition, 1), &least) || !read_limit(json_at(condition, 2), &most))
            continue;
        post->least_bytes = least;
        post->most_bytes = most;
    }
}

/* A policy that cannot be read sets no limits here: S3 judges it. */
static void read_policy(struct upload_post *post, const char *policy)
{
    scoped(json_destroy) struct json *json = NULL;
    size_t size = strlen(policy);
    scoped(string_free) char *decoded = x_alloc(size + 1);
    int decoded_size = EVP_DecodeBlock((unsigned char *)decoded, (const unsigned char *)policy, (int)size);
    const char *expiration = NULL;
    struct fault ignored;

    while (decoded_size > 0 && size > 0 && policy[size - 1] == '=') {
        size--;
        decoded_size--; /* EVP_DecodeBlock counts the padding as bytes */
    }
    if (decoded_size <= 0 || !json_parse(decoded, (size_t)decoded_size, &json, &ignored))
        return;
    expiration = json_text(json_member(json, "expiration"), NULL);
    if (expiration && !instant_parse(slice_of(expiration), &post->expires, &ignored))
        post->expires = INT64_MAX;
    read_conditions(post, json_member(json, "conditions"));
}

bool upload_post_read(const struct json *answer, const char *base_url, struct upload_post **ret, struct fault *fault)
{
    scoped(upload_post_destroy) struct upload_post *post = x_alloc(sizeof *post);
    const char *url = NULL;
    const struct json *fields = NULL;

    post->fields = x_alloc_array(FIELDS_MOST, sizeof post->fields[0]);
    post->expires = INT64_MAX;
    post->most_bytes = INT64_MAX;
    if (!json_need_text(answer, "", "url", &url, fault) || !json_need_object(answer, "", "fields", &fields, fault))
        return fault_prefix(fault, "Cliniko's answer for an upload: ");
    post->url = x_strdup(url);
    if (!check_url(url, base_url, fault) || !read_fields(post, fields, fault))
        return false;
    if (upload_post_field(post, "policy"))
        read_policy(post, upload_post_field(post, "policy"));
    *ret = steal(post);
    return true;
}

void upload_post_destroy(struct upload_post **place)
{
    struct upload_post *post = *place;

    *place = NULL;
    if (!post)
        return;
    for (size_t i = 0; i < post->field_count; i++) {
        free((void *)(uintptr_t)post->fields[i].name);
        free((void *)(uintptr_t)post->fields[i].value);
    }
    free(post->fields);
    free(post->url);
    free(post);
}

int64_t upload_post_seconds_left(const struct upload_post *post, int64_t server_seconds)
{
    return post->expires == INT64_MAX ? INT64_MAX : post->expires - server_seconds;
}

bool upload_post_allows(const struct upload_post *post, int64_t size_bytes, struct fault *fault)
{
    if (size_bytes >= post->least_bytes && size_bytes <= post->most_bytes)
        return true;
    return fault_set(fault, FAULT_REFUSED, "The file has %lld bytes; Cliniko takes files of %lld to %lld bytes.",
                     (long long)size_bytes, (long long)post->least_bytes, (long long)post->most_bytes);
}

/* ---- names ---- */

static bool is_alphanumeric(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

static bool is_safe(char byte)
{
    return is_alphanumeric(byte) || byte == '.' || byte == '_' || byte == '-';
}

/* Keeps what is safe; a run of anything else becomes one '-'. Nothing hidden: no dot comes first. */
static void put_safe(struct text *out, struct slice name)
{
    bool pending = false;

    for (size_t i = 0; i < name.size; i++) {
        if (!is_safe(name.data[i]) || (out->size == 0 && !is_alphanumeric(name.data[i]))) {
            pending = true;
            continue;
        }
        if (pending && out->size > 0 && is_alphanumeric(name.data[i]))
            text_putc(out, '-');
        pending = false;
        text_putc(out, name.data[i]);
    }
}

/* Names of the old system may be paths, of either kind. */
static struct slice last_component(struct slice name)
{
    for (size_t i = name.size; i > 0; i--)
        if (name.data[i - 1] == '/' || name.data[i - 1] == '\\')
            return (struct slice){name.data + i, name.size - i};
    return name;
}

/* Cuts off and returns what stands behind the last dot, unless that is too long for an ending. */
static struct slice cut_ending(struct slice *name)
{
    const char *dot = name->size ? memrchr(name->data, '.', name->size) : NULL;
    struct slice ending = {"", 0};

    if (!dot || (size_t)(name->data + name->size - dot) > ENDING_MAX + 1)
        return ending;
    ending = (struct slice){dot + 1, (size_t)(name->data + name->size - dot) - 1};
    name->size = (size_t)(dot - name->data);
    return ending;
}

void upload_safe_name(const char *original, const char *fallback, struct text *out)
{
    struct slice name = last_component(slice_of(original ? original : ""));
    struct slice other = slice_of(fallback);
    struct slice ending = cut_ending(&name);
    struct slice other_ending = cut_ending(&other);
    struct text safe;
    struct text safe_ending;

    text_init(&safe, name.size + other.size + 1);
    text_init(&safe_ending, ENDING_MAX + 1);
    put_safe(&safe, name);
    put_safe(&safe_ending, ending);
    if (safe.size == 0)
        put_safe(&safe, other);
    if (safe_ending.size == 0)
        put_safe(&safe_ending, other_ending);
    if (safe.size + safe_ending.size + 1 > NAME_MAX_BYTES)
        safe.size = NAME_MAX_BYTES - safe_ending.size - 1;
    text_put(out, safe.data, safe.size);
    if (safe_ending.size > 0)
        text_printf(out, ".%s", text_string(&safe_ending));
    text_release(&safe);
    text_release(&safe_ending);
}
