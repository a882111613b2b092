#include "sandbox/tds_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/number.h"
#include "sandbox/tds_session.h"
#include "sandbox/tds_tls.h"

enum { BACKLOG = 64 };

struct tds_server {
    const struct tds_server_options *options;
    struct tds_tls *tls;
    int listener;
    int port;
    int64_t connections;
};

static bool read_address(const char *text, struct sockaddr_in *ret, struct fault *fault)
{
    const char *colon = strrchr(text, ':');
    scoped(string_free) char *host = colon ? x_strndup(text, (size_t)(colon - text)) : x_strdup("");
    int64_t port = 0;

    if (!colon || inet_pton(AF_INET, host, &ret->sin_addr) != 1)
        return fault_set(fault, FAULT_BAD_INPUT, "'%s' is no address: write it as 127.0.0.1:1433.", text);
    if (!number_parse(slice_of(colon + 1), 0, 65535, &port, fault))
        return fault_prefix(fault, "the port to listen on");
    ret->sin_family = AF_INET;
    ret->sin_port = htons((uint16_t)port);
    return true;
}

bool tds_server_open(const struct tds_server_options *options, struct tds_server **ret, struct fault *fault)
{
    struct sockaddr_in address = {0};
    socklen_t size = sizeof address;
    scoped(tds_server_close) struct tds_server *server = x_alloc(sizeof *server);
    int on = 1;

    server->options = options;
    server->listener = -1;
    if (!read_address(options->address, &address, fault) ||
        (options->tls_certificate && !tds_tls_load(options->tls_certificate, options->tls_key, &server->tls, fault)))
        return false;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server->listener < 0 || setsockopt(server->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(server->listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(server->listener, BACKLOG) != 0 ||
        getsockname(server->listener, (struct sockaddr *)&address, &size) != 0)
        return fault_errno(fault, FAULT_BAD_INPUT, "cannot listen on %s", options->address);
    server->port = ntohs(address.sin_port);
    *ret = steal(server);
    return true;
}

void tds_server_close(struct tds_server **server)
{
    if (!*server)
        return;
    descriptor_close(&(*server)->listener);
    tds_tls_destroy(&(*server)->tls);
    free(*server);
    *server = NULL;
}

int tds_server_port(const struct tds_server *server)
{
    return server->port;
}

/* In a process of its own, so that what one client does to it no other notices. */
static void serve(struct tds_server *server, int connection, int64_t number)
{
    int on = 1;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    descriptor_close(&server->listener);
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    tds_session_serve(server->options, server->tls, connection, number);
    _exit(0);
}

void tds_server_run(struct tds_server *server)
{
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        scoped(descriptor_close) int connection = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);

        if (connection < 0 && errno != EINTR && errno != ECONNABORTED)
            exit(1);
        if (connection >= 0 && fork() == 0)
            serve(server, connection, server->connections + 1);
        server->connections += connection >= 0;
    }
}
