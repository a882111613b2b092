#include "cliniko/wire.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/must.h"

enum { CONNECTIONS_KEPT = 512 };

/* A descriptor that curl uses. The watch of a kept-alive connection stays in the epoll set between requests, which
 * saves two system calls a request; descriptors that curl opens for itself (its resolver) leave at once, since it
 * closes them unseen. */
struct wire_socket {
    struct wire *wire;
    int descriptor;
    struct loop_watch *watch;
    bool connection; /* opened by open_socket, closed by close_socket */
    bool wanted;     /* curl waits for it */
};

struct wire {
    struct loop *loop;
    CURLM *multi;
    wire_end_fn *end;
    wire_round_fn *round;
    void *argument;
    struct loop_timer *alarm;     /* curl's own time-outs */
    struct loop_timer *later;     /* a round for what ended inside wire_start */
    int64_t alarm_ms;             /* when curl wants to be called, monotonic; -1 for never */
    struct wire_socket **sockets; /* by descriptor */
    size_t sockets_room;
};

/* Tells of what curl has finished; returns whether there was anything. */
static bool reap(struct wire *wire)
{
    CURLMsg *message = NULL;
    bool any = false;
    int left = 0;

    while ((message = curl_multi_info_read(wire->multi, &left))) {
        CURL *easy = message->easy_handle;
        CURLcode result = message->data.result; /* the message is gone once the handle is removed */

        curl_multi_remove_handle(wire->multi, easy);
        wire->end(wire->argument, easy, result);
        any = true;
    }
    return any;
}

static bool act(struct wire *wire, curl_socket_t descriptor, int events)
{
    int running = 0;

    must(curl_multi_socket_action(wire->multi, descriptor, events, &running) == CURLM_OK);
    return reap(wire);
}

static void on_later(void *argument)
{
    struct wire *wire = argument;

    wire->round(wire->argument);
}

static void on_alarm(void *argument)
{
    struct wire *wire = argument;
    int64_t left_ms = wire->alarm_ms - clock_monotonic_ms();

    if (wire->alarm_ms < 0)
        return;
    if (left_ms > 0) {
        loop_timer_start(wire->alarm, left_ms);
        return;
    }
    wire->alarm_ms = -1;
    if (act(wire, CURL_SOCKET_TIMEOUT, 0))
        wire->round(wire->argument);
}

/* curl asks for another time with nearly every request. A timer that runs too early costs less than one that is moved
 * each time, so a running one is only ever moved forward. */
static int on_timer(CURLM *multi, long after_ms, void *argument)
{
    struct wire *wire = argument;
    int64_t due_ms = after_ms < 0 ? -1 : clock_monotonic_ms() + after_ms;
    bool sooner = wire->alarm_ms < 0 || due_ms < wire->alarm_ms;

    (void)multi;
    if (due_ms >= 0 && (sooner || !loop_timer_is_running(wire->alarm)))
        loop_timer_start(wire->alarm, after_ms);
    wire->alarm_ms = due_ms;
    return 0;
}

static void on_ready(void *argument, int events)
{
    struct wire_socket *socket = argument;
    struct wire *wire = socket->wire;
    int curl_events = (events & LOOP_READ ? CURL_CSELECT_IN : 0) | (events & LOOP_WRITE ? CURL_CSELECT_OUT : 0);

    if (!socket->wanted) { /* the other side closed an idle connection: curl notices when it wants to use it */
        loop_watch_remove(&socket->watch);
        return;
    }
    if (act(wire, socket->descriptor, curl_events))
        wire->round(wire->argument);
}

static struct wire_socket *socket_of(struct wire *wire, curl_socket_t descriptor)
{
    size_t index = (size_t)descriptor;

    must(descriptor >= 0);
    if (index >= wire->sockets_room) {
        size_t room = index + 64;

        wire->sockets = x_grow_array(wire->sockets, room, sizeof *wire->sockets);
        memset(wire->sockets + wire->sockets_room, 0, (room - wire->sockets_room) * sizeof *wire->sockets);
        wire->sockets_room = room;
    }
    if (!wire->sockets[index]) {
        wire->sockets[index] = x_alloc(sizeof **wire->sockets);
        *wire->sockets[index] = (struct wire_socket){.wire = wire, .descriptor = descriptor};
    }
    return wire->sockets[index];
}

static int on_socket(CURL *easy, curl_socket_t descriptor, int what, void *argument, void *unused)
{
    struct wire *wire = argument;
    struct wire_socket *socket = socket_of(wire, descriptor);
    int events = (what & CURL_POLL_IN ? LOOP_READ : 0) | (what & CURL_POLL_OUT ? LOOP_WRITE : 0);

    (void)easy;
    (void)unused;
    socket->wanted = what != CURL_POLL_REMOVE;
    if (!socket->wanted && !socket->connection)
        loop_watch_remove(&socket->watch);
    if (!socket->wanted)
        return 0;
    if (socket->watch)
        loop_watch_change(socket->watch, events);
    else
        socket->watch = loop_watch_add(wire->loop, descriptor, events, on_ready, socket);
    return 0;
}

static curl_socket_t open_socket(void *argument, curlsocktype purpose, struct curl_sockaddr *address)
{
    int descriptor = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

    (void)purpose;
    if (descriptor < 0)
        return CURL_SOCKET_BAD;
    socket_of(argument, descriptor)->connection = true;
    return descriptor;
}

static int close_socket(void *argument, curl_socket_t descriptor)
{
    struct wire_socket *socket = socket_of(argument, descriptor);

    loop_watch_remove(&socket->watch);
    socket->connection = false;
    socket->wanted = false;
    return close(descriptor);
}

void wire_prepare(struct wire *wire, CURL *easy)
{
    must(curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK);
    must(curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, wire) == CURLE_OK);
    must(curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket) == CURLE_OK);
    must(curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, wire) == CURLE_OK);
}

void wire_start(struct wire *wire, CURL *easy)
{
    must(curl_multi_add_handle(wire->multi, easy) == CURLM_OK);
    if (act(wire, CURL_SOCKET_TIMEOUT, 0))
        loop_timer_start(wire->later, 0);
}

void wire_remove(struct wire *wire, CURL *easy)
{
    curl_multi_remove_handle(wire->multi, easy);
}

static void set_multi(struct wire *wire, int connections_per_host)
{
    must(curl_multi_setopt(wire->multi, CURLMOPT_SOCKETFUNCTION, on_socket) == CURLM_OK);
    must(curl_multi_setopt(wire->multi, CURLMOPT_SOCKETDATA, wire) == CURLM_OK);
    must(curl_multi_setopt(wire->multi, CURLMOPT_TIMERFUNCTION, on_timer) == CURLM_OK);
    must(curl_multi_setopt(wire->multi, CURLMOPT_TIMERDATA, wire) == CURLM_OK);
    must(curl_multi_setopt(wire->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING) == CURLM_OK);
    must(curl_multi_setopt(wire->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT) == CURLM_OK);
    must(curl_multi_setopt(wire->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)connections_per_host) == CURLM_OK);
}

struct wire *wire_open(struct loop *loop, int connections_per_host, wire_end_fn *end, wire_round_fn *round,
                       void *argument)
{
    struct wire *wire = x_alloc(sizeof *wire);

    *wire = (struct wire){.loop = loop, .end = end, .round = round, .argument = argument, .alarm_ms = -1};
    wire->multi = curl_multi_init();
    must(wire->multi);
    wire->alarm = loop_timer_new(loop, on_alarm, wire);
    wire->later = loop_timer_new(loop, on_later, wire);
    set_multi(wire, connections_per_host);
    return wire;
}

void wire_close(struct wire **place)
{
    struct wire *wire = *place;

    *place = NULL;
    if (!wire)
        return;
    curl_multi_cleanup(wire->multi);
    for (size_t i = 0; i < wire->sockets_room; i++) {
        if (wire->sockets[i])
            loop_watch_remove(&wire->sockets[i]->watch);
        free(wire->sockets[i]);
    }
    free(wire->sockets);
    loop_timer_destroy(&wire->alarm);
    loop_timer_destroy(&wire->later);
    free(wire);
}
