#include "cliniko/key.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

struct key {
    char text[KEY_SIZE_MAX + 1];
    char shard[SHARD_SIZE];
};

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static char lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

/* Two letters, then one or two digits. */
static bool shard_parse(struct slice text, char ret[SHARD_SIZE])
{
    if (text.size < 3 || text.size > 4)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (i < 2 ? !is_letter(text.data[i]) : !is_digit(text.data[i]))
            return false;
    memset(ret, 0, SHARD_SIZE);
    for (size_t i = 0; i < text.size; i++)
        ret[i] = lower(text.data[i]);
    return true;
}

/* ':' would end the user name of Basic authentication early; blanks and control bytes come from a slip while copying.
 */
static bool key_bytes_valid(struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] <= ' ' || text.data[i] > '~' || text.data[i] == ':')
            return false;
    return true;
}

static bool key_shape(struct slice text, char ret_shard[SHARD_SIZE], struct fault *fault)
{
    const char *hyphen = memrchr(text.data, '-', text.size);
    struct slice tail = slice_of("au1");

    if (hyphen)
        tail = (struct slice){hyphen + 1, (size_t)(text.data + text.size - hyphen - 1)};
    if (hyphen == text.data)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "the Cliniko API key has nothing before its last '-': copy the whole key");
    if (!shard_parse(tail, ret_shard))
        return fault_set(fault, FAULT_BAD_INPUT,
                         "the Cliniko API key does not end in '-' and a shard such as -au1 or -uk2: copy the whole key "
                         "from My Info, Manage API keys");
    return true;
}

bool key_parse(const char *pasted, struct key **ret, struct fault *fault)
{
    struct slice text = slice_trim(slice_of(pasted));
    char shard[SHARD_SIZE];
    struct key *key = NULL;

    if (text.size == 0)
        return fault_set(fault, FAULT_BAD_INPUT, "the Cliniko API key is empty");
    if (text.size > KEY_SIZE_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "the Cliniko API key has %zu characters; no key has more than %d",
                         text.size, KEY_SIZE_MAX);
    if (!key_bytes_valid(text))
        return fault_set(
            fault, FAULT_BAD_INPUT,
            "the Cliniko API key holds a blank, a ':' or another character that no key has: copy it again");
    if (!key_shape(text, shard, fault))
        return false;
    key = x_alloc(sizeof *key);
    memcpy(key->text, text.data, text.size);
    memcpy(key->shard, shard, SHARD_SIZE);
    *ret = key;
    return true;
}

void key_destroy(struct key **key)
{
    if (!*key)
        return;
    explicit_bzero(*key, sizeof **key);
    free(*key);
    *key = NULL;
}

const char *key_text(const struct key *key)
{
    return key->text;
}

const char *key_shard(const struct key *key)
{
    return key->shard;
}

void key_base_url(const struct key *key, char ret[BASE_URL_SIZE])
{
    snprintf(ret, BASE_URL_SIZE, "https://api.%s.cliniko.com/v1", key->shard);
}

/* ---- a clinic's address ---- */

static bool starts_with(struct slice text, const char *prefix)
{
    return text.size >= strlen(prefix) && strncasecmp(text.data, prefix, strlen(prefix)) == 0;
}

static struct slice slice_from(struct slice text, size_t start)
{
    return (struct slice){text.data + start, text.size - start};
}

/* Cuts off and returns what stands before the first `separator`; false when there is none. */
static bool cut(struct slice *rest, char separator, struct slice *ret_head)
{
    const char *found = memchr(rest->data, separator, rest->size);

    if (!found)
        return false;
    *ret_head = (struct slice){rest->data, (size_t)(found - rest->data)};
    *rest = slice_from(*rest, ret_head->size + 1);
    return true;
}

/* One DNS label: letters, digits and inner hyphens. */
static bool label_valid(struct slice label)
{
    if (label.size == 0 || label.size >= SUBDOMAIN_SIZE || label.data[0] == '-' || label.data[label.size - 1] == '-')
        return false;
    for (size_t i = 0; i < label.size; i++)
        if (!is_letter(label.data[i]) && !is_digit(label.data[i]) && label.data[i] != '-')
            return false;
    return true;
}

static bool host_parse(struct slice host, struct clinic_url *ret)
{
    struct slice subdomain;
    struct slice shard;

    if (!cut(&host, '.', &subdomain) || !cut(&host, '.', &shard))
        return false;
    if (host.size != strlen("cliniko.com") || !starts_with(host, "cliniko.com"))
        return false;
    if (!label_valid(subdomain) || !shard_parse(shard, ret->shard))
        return false;
    memset(ret->subdomain, 0, sizeof ret->subdomain);
    for (size_t i = 0; i < subdomain.size; i++)
        ret->subdomain[i] = lower(subdomain.data[i]);
    return strcmp(ret->subdomain, "api") != 0; /* the API's own host is no clinic */
}

bool clinic_url_parse(const char *pasted, struct clinic_url *ret, struct fault *fault)
{
    struct slice text = slice_trim(slice_of(pasted));
    struct clinic_url url = {0};
    struct slice host;

    if (starts_with(text, "http://"))
        return fault_set(fault, FAULT_BAD_INPUT,
                         "the Cliniko address must start with https://, like https://your-clinic.au2.cliniko.com");
    host = starts_with(text, "https://") ? slice_from(text, strlen("https://")) : (struct slice){"", 0};
    for (size_t i = 0; i < host.size; i++)
        if (host.data[i] == '/')
            host.size = i;
    if (!host_parse(host, &url))
        return fault_set(fault, FAULT_BAD_INPUT,
                         "'%.*s' is not the address of a Cliniko account: it has the form "
                         "https://your-clinic.au2.cliniko.com",
                         text.size > 100 ? 100 : (int)text.size, text.data);
    *ret = url;
    return true;
}

bool clinic_url_agrees(const struct clinic_url *url, const struct key *key, struct fault *fault)
{
    if (strcmp(url->shard, key->shard) == 0)
        return true;
    return fault_set(
        fault, FAULT_BAD_INPUT,
        "the Cliniko address is on shard %s, but the API key is of shard %s: they belong to different accounts",
        url->shard, key->shard);
}

bool base_url_check(const char *setting, char ret[BASE_URL_SIZE], struct fault *fault)
{
    struct slice text = slice_of(setting);
    struct slice rest;

    while (text.size > 0 && text.data[text.size - 1] == '/')
        text.size--;
    if (text.size + strlen("/v1") >= BASE_URL_SIZE)
        return fault_set(fault, FAULT_BAD_INPUT, "the base URL of Cliniko is longer than %d characters",
                         BASE_URL_SIZE - 1);
    if (starts_with(text, "https://"))
        rest = slice_from(text, strlen("https://"));
    else if (starts_with(text, "http://"))
        rest = slice_from(text, strlen("http://"));
    else
        rest = (struct slice){"", 0};
    for (size_t i = 0; i < rest.size; i++)
        if (rest.data[i] <= ' ' || rest.data[i] > '~' || strchr("@?#\\\"%", rest.data[i]))
            rest.size = 0;
    if (rest.size == 0 || rest.data[0] == '/' || rest.data[0] == ':')
        return fault_set(fault, FAULT_BAD_INPUT,
                         "'%.100s' is not a base URL for Cliniko: it has the form https://host:port/v1", setting);
    snprintf(ret, BASE_URL_SIZE, "%.*s%s", (int)text.size, text.data, memchr(rest.data, '/', rest.size) ? "" : "/v1");
    return true;
}
