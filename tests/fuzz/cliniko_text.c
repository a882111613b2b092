/* What people paste and what headers say, any bytes: a key, an address, and `reset` LF `date` of a 429. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/must.h"
#include "cliniko/key.h"
#include "cliniko/redis_address.h"
#include "cliniko/throttle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_key(const char *text)
{
    struct key *key = NULL;
    struct fault fault;
    char url[BASE_URL_SIZE];

    if (!key_parse(text, &key, &fault))
        return;
    key_base_url(key, url);
    must(strlen(key_text(key)) <= KEY_SIZE_MAX);
    must(strlen(url) == strlen("https://api.au1.cliniko.com/v1") + strlen(key_shard(key)) - 3);
    must(strcmp(url + strlen("https://api.") + strlen(key_shard(key)), ".cliniko.com/v1") == 0);
    key_destroy(&key);
}

static void try_urls(const char *text)
{
    struct clinic_url url;
    struct redis_address address;
    struct fault fault;
    char base[BASE_URL_SIZE];

    if (clinic_url_parse(text, &url, &fault))
        must(url.subdomain[0] && strlen(url.shard) >= 3);
    if (redis_address_parse(text, &address, &fault))
        must(address.host[0] && address.port >= 0 && address.port <= 65535);
    if (base_url_check(text, base, &fault))
        must(strncasecmp(base, "http", 4) == 0 && !strpbrk(base, "@?# "));
}

static void try_headers(const char *text)
{
    const char *line_end = strchr(text, '\n');
    struct slice reset = {text, line_end ? (size_t)(line_end - text) : strlen(text)};
    int64_t wait_ms = throttle_wait_ms(reset, slice_of(line_end ? line_end + 1 : ""), 1000);

    must(wait_ms >= 1000 && wait_ms <= 300000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = x_strndup((const char *)data, size);

    try_key(text);
    try_urls(text);
    try_headers(text);
    free(text);
    return 0;
}
