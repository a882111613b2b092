#include "sandbox/listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/number.h"

enum { BACKLOG = 1024, PORT_SIZE = 8 };

static bool split(const char *text, char **ret_host, char **ret_port, struct fault *fault)
{
    const char *colon = strrchr(text, ':');
    const char *start = text[0] == '[' ? text + 1 : text;
    const char *end = colon && text[0] == '[' ? colon - 1 : colon;
    struct fault ignored;
    int64_t port = 0;

    if (!colon || end <= start || (text[0] == '[' && *end != ']') ||
        !number_parse(slice_of(colon + 1), 0, 65535, &port, &ignored))
        return fault_set(fault, FAULT_BAD_INPUT,
                         "--listen: '%.100s' is no address to listen on. Write host:port, for example 127.0.0.1:8080, "
                         "or port 0 for any free one.",
                         text);
    *ret_host = x_strndup(start, (size_t)(end - start));
    *ret_port = x_strdup(colon + 1);
    return true;
}

static bool bind_first(const struct addrinfo *addresses, const char *text, int *ret_socket, struct fault *fault)
{
    const int on = 1;
    int descriptor = socket(addresses->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (descriptor < 0)
        return fault_errno(fault, FAULT_INTERNAL, "The system gives no socket for %s", text);
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(descriptor, addresses->ai_addr, addresses->ai_addrlen) != 0 || listen(descriptor, BACKLOG) != 0) {
        bool taken = errno == EADDRINUSE;

        fault_errno(fault, FAULT_BAD_INPUT,
                    taken ? "Cannot listen on %s, another program does already. Stop it, or give another port with "
                            "--listen"
                          : "Cannot listen on %s",
                    text);
        close(descriptor);
        return false;
    }
    *ret_socket = descriptor;
    return true;
}

static void describe(int descriptor, char ret_address[LISTENER_ADDRESS_SIZE])
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    char host[INET6_ADDRSTRLEN + 1] = "";
    char port[PORT_SIZE] = "";

    getsockname(descriptor, (struct sockaddr *)&address, &size);
    getnameinfo((struct sockaddr *)&address, size, host, sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(ret_address, LISTENER_ADDRESS_SIZE, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
}

bool listener_open(const char *text, int *ret_socket, char ret_address[LISTENER_ADDRESS_SIZE], struct fault *fault)
{
    const struct addrinfo wanted = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    scoped(string_free) char *host = NULL;
    scoped(string_free) char *port = NULL;
    struct addrinfo *addresses = NULL;
    bool bound = false;
    int error = 0;

    if (!split(text, &host, &port, fault))
        return false;
    error = getaddrinfo(host, port, &wanted, &addresses);
    if (error)
        return fault_set(fault, FAULT_BAD_INPUT, "--listen: there is no host '%.100s': %s", host, gai_strerror(error));
    bound = bind_first(addresses, text, ret_socket, fault);
    freeaddrinfo(addresses);
    if (bound)
        describe(*ret_socket, ret_address);
    return bound;
}

bool address_is_loopback(const struct sockaddr *address)
{
    const void *any = address;

    if (address->sa_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)any)->sin_addr.s_addr) >> 24 == 127;
    if (address->sa_family == AF_INET6) {
        const struct in6_addr *ip = &((const struct sockaddr_in6 *)any)->sin6_addr;

        return IN6_IS_ADDR_LOOPBACK(ip) || (IN6_IS_ADDR_V4MAPPED(ip) && ip->s6_addr[12] == 127);
    }
    return false;
}
