#include "source/tds_url.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/number.h"

enum { PORT = 1433, TIMEOUT_S = 300, TIMEOUT_MOST_S = 24 * 60 * 60, NAME_BYTES_MAX = 512, HOST_BYTES_MAX = 253 };

static const char scheme[] = "mssql://";
static const char form[] = "write it as mssql://user@host:1433/database";

bool tds_url_recognise(const char *text)
{
    return strncasecmp(text, scheme, sizeof scheme - 1) == 0;
}

void tds_url_destroy(struct tds_url **url)
{
    if (!*url)
        return;
    free((*url)->user);
    free((*url)->host);
    free((*url)->database);
    free(*url);
    *url = NULL;
}

static int hex_digit(char digit)
{
    const char *digits = "0123456789abcdef";
    const char *at = digit ? strchr(digits, digit | 0x20) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* A part in which characters may stand as %41; without control characters. */
static bool read_name(struct slice part, const char *what, char **ret, struct fault *fault)
{
    struct text name;
    bool good = part.size > 0;

    text_init(&name, NAME_BYTES_MAX);
    for (size_t i = 0; good && i < part.size; i++) {
        unsigned char byte = (unsigned char)part.data[i];

        if (byte == '%') {
            good = part.size - i > 2 && hex_digit(part.data[i + 1]) >= 0 && hex_digit(part.data[i + 2]) >= 0;
            byte = good ? (unsigned char)(hex_digit(part.data[i + 1]) * 16 + hex_digit(part.data[i + 2])) : 0;
            i += 2;
        }
        good = good && byte >= 0x20 && byte != 0x7F;
        text_putc(&name, (char)byte);
    }
    good = good && !name.overflowed && utf8_valid(text_string(&name), name.size);
    if (good)
        *ret = text_take(&name);
    text_release(&name);
    return good || fault_set(fault, FAULT_BAD_INPUT, "the address of the SQL Server has no %s that can be read: %s",
                             what, form);
}

/* A name, an IPv4 address or an IPv6 address in brackets; the configuration that FreeTDS reads takes it as it stands.
 */
static bool read_host(struct slice part, struct tds_url *url, struct fault *fault)
{
    const char *allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    bool good = part.size > 0 && part.size <= HOST_BYTES_MAX;

    if (part.size > 2 && part.data[0] == '[' && part.data[part.size - 1] == ']') {
        part = (struct slice){part.data + 1, part.size - 2};
        allowed = "0123456789abcdefABCDEF:.";
    }
    url->host = x_strndup(part.data, part.size);
    good = good && url->host[0] && strspn(url->host, allowed) == strlen(url->host);
    if (memchr(part.data, '\\', part.size))
        return fault_set(fault, FAULT_BAD_INPUT,
                         "the address of the SQL Server names an instance: name the port on which the instance listens "
                         "instead, as host:port (SQL Server Configuration Manager shows it)");
    return good ||
           fault_set(fault, FAULT_BAD_INPUT, "the address of the SQL Server has no host that can be read: %s", form);
}

static bool read_host_and_port(struct slice part, struct tds_url *url, struct fault *fault)
{
    const char *bracket = memchr(part.data, ']', part.size);
    const char *start = bracket ? bracket : part.data;
    const char *colon = memchr(start, ':', (size_t)(part.data + part.size - start));
    size_t size = colon ? (size_t)(colon - part.data) : part.size;

    url->port = PORT;
    if (colon && !number_parse((struct slice){colon + 1, part.size - size - 1}, 1, 65535, &url->port, fault))
        return fault_prefix(fault, "the port of the SQL Server");
    return read_host((struct slice){part.data, size}, url, fault);
}

static bool read_option(const char *option, struct tds_url *url, struct fault *fault)
{
    if (strcmp(option, "encrypt=require") == 0) {
        url->must_encrypt = true;
        return true;
    }
    if (strncmp(option, "timeout=", 8) == 0)
        return number_parse(slice_of(option + 8), 1, TIMEOUT_MOST_S, &url->timeout_s, fault) ||
               fault_prefix(fault, "timeout");
    return fault_set(fault, FAULT_BAD_INPUT,
                     "what stands behind ? in the address of the SQL Server is not understood: there are "
                     "encrypt=require and timeout=SECONDS, with & between them");
}

static bool read_options(const char *options, struct tds_url *url, struct fault *fault)
{
    scoped(string_free) char *copy = x_strdup(options);
    char *rest = copy;

    while (rest) {
        const char *one = strsep(&rest, "&");

        if (!read_option(one, url, fault))
            return false;
    }
    return true;
}

static bool refuse_password(struct fault *fault)
{
    return fault_set(
        fault, FAULT_BAD_INPUT,
        "the address of the SQL Server holds a password: it would be stored with the transfer and shown to "
        "everyone who lists processes. Leave it out of the address, and name a file that holds it with "
        "--source-password-file; or it is asked for");
}

bool tds_url_parse(const char *text, struct tds_url **ret, struct fault *fault)
{
    scoped(tds_url_destroy) struct tds_url *url = x_alloc(sizeof *url);
    const char *rest = tds_url_recognise(text) ? text + sizeof scheme - 1 : "";
    const char *question = strchr(rest, '?');
    size_t size = question ? (size_t)(question - rest) : strlen(rest);
    const char *at = memrchr(rest, '@', size);
    const char *host = at ? at + 1 : rest;
    const char *slash = memchr(host, '/', (size_t)(rest + size - host));

    url->timeout_s = TIMEOUT_S;
    if (at && memchr(rest, ':', (size_t)(at - rest)))
        return refuse_password(fault);
    if (!at || !slash)
        return fault_set(fault, FAULT_BAD_INPUT, "the address of the SQL Server lacks its %s: %s",
                         at ? "database" : "user", form);
    if (!read_name((struct slice){rest, (size_t)(at - rest)}, "user", &url->user, fault) ||
        !read_host_and_port((struct slice){host, (size_t)(slash - host)}, url, fault) ||
        !read_name((struct slice){slash + 1, (size_t)(rest + size - slash) - 1}, "database", &url->database, fault) ||
        (question && !read_options(question + 1, url, fault)))
        return false;
    *ret = steal(url);
    return true;
}

static void put_name(const char *name, struct text *out)
{
    for (const unsigned char *at = (const unsigned char *)name; *at; at++) {
        if (*at > 0x20 && *at < 0x7F && !strchr("%@:/?#\\", *at))
            text_putc(out, (char)*at);
        else
            text_printf(out, "%%%02X", *at);
    }
}

void tds_url_put(const struct tds_url *url, struct text *out)
{
    const char *bracket = strchr(url->host, ':');
    char mark = '?';

    text_puts(out, scheme);
    put_name(url->user, out);
    text_printf(out, bracket ? "@[%s]:%" PRId64 "/" : "@%s:%" PRId64 "/", url->host, url->port);
    put_name(url->database, out);
    if (url->must_encrypt) {
        text_puts(out, "?encrypt=require");
        mark = '&';
    }
    if (url->timeout_s != TIMEOUT_S)
        text_printf(out, "%ctimeout=%" PRId64, mark, url->timeout_s);
}
