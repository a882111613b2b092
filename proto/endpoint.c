#include "proto/endpoint.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>

#include "base/number.h"
#include "base/text.h"

enum { SOCKET_PATH_MAX = sizeof(((struct sockaddr_un *)0)->sun_path) - 1 };

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

const char *endpoint_socket_path(const char *url)
{
    const char *path = url + strlen("ipc://");

    return starts_with(url, "ipc://") && path[0] != '@' ? path : NULL;
}

static bool check_ipc(const char *url, struct fault *fault)
{
    size_t size = strlen(url) - strlen("ipc://");

    if (size == 0)
        return fault_set(fault, FAULT_BAD_INPUT, "The address %s names no file.", url);
    if (size > SOCKET_PATH_MAX)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "The path in the address %s is too long: Linux allows %d bytes for a socket.", url,
                         SOCKET_PATH_MAX);
    return true;
}

static bool is_loopback(struct slice host)
{
    return slice_equals(host, "localhost") ||
           (host.size > 4 && memcmp(host.data, "127.", 4) == 0 && strspn(host.data, "0123456789.") >= host.size);
}

/* Host names, IPv4 addresses and, to listen, interfaces. ZeroMQ would find out about other bytes only later. */
static bool host_is_written_well(struct slice host, bool listens)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";

    if (listens && slice_equals(host, "*"))
        return true;
    return host.size > 0 && strspn(host.data, allowed) == host.size && isalnum((unsigned char)host.data[0]);
}

static bool port_is_written_well(struct slice port, bool listens)
{
    struct fault unused;
    int64_t value = 0;

    if (slice_equals(port, "*"))
        return listens;
    return number_parse(port, listens ? 0 : 1, 65535, &value, &unused);
}

static bool check_tcp(const char *url, struct endpoint_rules rules, struct fault *fault)
{
    const char *start = url + strlen("tcp://");
    const char *colon = strrchr(start, ':');
    struct slice host = {start, colon ? (size_t)(colon - start) : 0};

    if (!colon || !host_is_written_well(host, rules.listens) ||
        !port_is_written_well(slice_of(colon + 1), rules.listens))
        return fault_set(fault, FAULT_BAD_INPUT, "The address %s is not of the form tcp://HOST:PORT.", url);
    if (!rules.allow_network && !is_loopback(host))
        return fault_set(fault, FAULT_BAD_INPUT,
                         "The address %s can be reached from other machines, and messages are not encrypted. Use "
                         "ipc:// or 127.0.0.1, or allow the network explicitly where it is a private one.",
                         url);
    return true;
}

static bool check_url(const char *url, struct endpoint_rules rules, struct fault *fault)
{
    if (starts_with(url, "ipc://"))
        return check_ipc(url, fault);
    if (starts_with(url, "tcp://"))
        return check_tcp(url, rules, fault);
    if (starts_with(url, "inproc://") && url[strlen("inproc://")])
        return true;
    return fault_set(fault, FAULT_BAD_INPUT,
                     "'%s' is no address of a coordinator: it is ipc://PATH or tcp://HOST:PORT.", url);
}

static bool take_url(struct slice url, struct endpoint_rules rules, struct endpoints *endpoints, struct fault *fault)
{
    char *place = NULL;

    if (endpoints->count == ENDPOINTS_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "A list of addresses of coordinators may have at most %d.",
                         ENDPOINTS_MAX);
    if (url.size >= ENDPOINT_SIZE)
        return fault_set(fault, FAULT_BAD_INPUT, "An address of a coordinator is longer than %d bytes: '%.40s…'.",
                         ENDPOINT_SIZE - 1, url.data);
    place = endpoints->urls[endpoints->count];
    memcpy(place, url.data, url.size);
    place[url.size] = '\0';
    if (!check_url(place, rules, fault))
        return false;
    endpoints->count++;
    return true;
}

bool endpoints_parse(const char *urls, struct endpoint_rules rules, struct endpoints *ret, struct fault *fault)
{
    struct endpoints endpoints = {0};
    const char *start = urls;

    while (*start) {
        size_t size = strcspn(start, ",");

        if (!take_url(slice_trim((struct slice){start, size}), rules, &endpoints, fault))
            return false;
        start += size;
        if (*start == ',')
            start++;
    }
    if (endpoints.count == 0)
        return fault_set(fault, FAULT_BAD_INPUT, "No address of a coordinator is given.");
    *ret = endpoints;
    return true;
}
