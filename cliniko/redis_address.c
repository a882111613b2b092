#include "cliniko/redis_address.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"

enum { PORT_DEFAULT = 6379, DATABASE_MAX = 65535 };

static bool take_prefix(struct slice *text, const char *prefix)
{
    size_t size = strlen(prefix);

    if (text->size < size || memcmp(text->data, prefix, size) != 0)
        return false;
    text->data += size;
    text->size -= size;
    return true;
}

static bool bad_url(const char *url, const char *why, struct fault *fault)
{
    return fault_set(fault, FAULT_BAD_INPUT,
                     "'%.150s' is not an address of Redis: %s; write redis://host:port/database or "
                     "unix:///path/of/socket",
                     url, why);
}

static bool copy_host(struct slice host, struct redis_address *address)
{
    if (host.size == 0 || host.size >= REDIS_HOST_SIZE || memchr(host.data, '\0', host.size))
        return false;
    memcpy(address->host, host.data, host.size);
    address->host[host.size] = '\0';
    return true;
}

/* Cuts a number off behind the last `separator`, if there is one. */
static bool cut_number(struct slice *text, char separator, int64_t least, int64_t greatest, int *ret)
{
    const char *found = memrchr(text->data, separator, text->size);
    struct fault ignored;
    int64_t number = 0;
    struct slice tail;

    if (!found)
        return true;
    tail = (struct slice){found + 1, (size_t)(text->data + text->size - found - 1)};
    text->size = (size_t)(found - text->data);
    if (tail.size == 0 && separator == '/')
        return true;
    if (!number_parse(tail, least, greatest, &number, &ignored))
        return false;
    *ret = (int)number;
    return true;
}

static bool parse_tcp(const char *url, struct slice rest, struct redis_address *address, struct fault *fault)
{
    bool bracketed = false;

    address->port = PORT_DEFAULT;
    if (memchr(rest.data, '@', rest.size))
        return fault_set(fault, FAULT_BAD_INPUT,
                         "the address of Redis holds a user or password: put the password into a file and name that");
    if (!cut_number(&rest, '/', 0, DATABASE_MAX, &address->database))
        return bad_url(url, "the database is no number from 0 to 65535", fault);
    if (rest.size > 0 && rest.data[rest.size - 1] != ']' && !cut_number(&rest, ':', 1, 65535, &address->port))
        return bad_url(url, "the port is no number from 1 to 65535", fault);
    bracketed = rest.size > 2 && rest.data[0] == '[' && rest.data[rest.size - 1] == ']';
    if (bracketed)
        rest = (struct slice){rest.data + 1, rest.size - 2};
    if ((!bracketed && memchr(rest.data, ':', rest.size)) || memchr(rest.data, '/', rest.size) ||
        !copy_host(rest, address))
        return bad_url(url, "the host is missing, too long or malformed", fault);
    return true;
}

bool redis_address_parse(const char *url, struct redis_address *ret, struct fault *fault)
{
    struct slice rest = slice_of(url);
    struct redis_address address = {0};

    if (take_prefix(&rest, "unix://")) {
        if (rest.size == 0 || rest.data[0] != '/' || rest.size > 100 || !copy_host(rest, &address))
            return bad_url(url, "the socket's path must start with / and have at most 100 bytes", fault);
    } else if (take_prefix(&rest, "rediss://")) {
        return bad_url(url, "TLS to Redis is not supported", fault);
    } else if (!take_prefix(&rest, "redis://")) {
        return bad_url(url, "it starts with neither redis:// nor unix://", fault);
    } else if (!parse_tcp(url, rest, &address, fault)) {
        return false;
    }
    *ret = address;
    return true;
}

bool redis_address_read_password(struct redis_address *address, const char *name, struct fault *fault)
{
    scoped(file_close) FILE *file = NULL;
    char line[REDIS_SECRET_SIZE + 1] = "";
    size_t size = 0;

    if (!name || !name[0])
        return true;
    file = fopen(name, "re");
    if (!file)
        return fault_errno(fault, FAULT_BAD_INPUT, "cannot read the password file of Redis, %s", name);
    setvbuf(file, NULL, _IONBF, 0); /* no copy of the password in a buffer that nobody wipes */
    if (fgets(line, sizeof line, file))
        size = strcspn(line, "\r\n");
    if (size > 0 && size < REDIS_SECRET_SIZE) {
        memcpy(address->password, line, size);
        address->password[size] = '\0';
    }
    explicit_bzero(line, sizeof line);
    if (size == 0 || size >= REDIS_SECRET_SIZE)
        return fault_set(fault, FAULT_BAD_INPUT, "the password file of Redis, %s, %s", name,
                         size == 0 ? "has an empty first line" : "has a first line of more than 512 bytes");
    return true;
}

void redis_address_wipe(struct redis_address *address)
{
    explicit_bzero(address, sizeof *address);
}
