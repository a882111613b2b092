#include "proto/channel.h"

#include <czmq.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/memory.h"
#include "base/must.h"
#include "proto/endpoint.h"
#include "proto/trace.h"

/* A channel serves so many messages and then lets the loop look at its other sockets and timers. */
enum { MESSAGES_PER_TURN = 256 };

enum {
    DEFAULT_LINGER_MS = 500,
    DEFAULT_HIGH_WATER = 1000,
    PULSE_MS = 5000, /* heartbeats of ZeroMQ itself: a host that vanished closes no connection */
    PULSE_LIMIT_MS = 15000,
    RECONNECT_MS = 100,
    RECONNECT_LIMIT_MS = 2000,
};

struct channel {
    struct loop *loop;
    zsock_t *socket;
    int type; /* ZMQ_ROUTER or ZMQ_DEALER */
    struct channel_options options;
    struct channel_handlers handlers;
    struct endpoints endpoints;
    size_t current;          /* of endpoints: where a DEALER is connected */
    char url[ENDPOINT_SIZE]; /* what channel_url tells */
    bool *interrupted;       /* set while messages are served: the socket went away under the server's hands */
};

/* One message as it came: the routing id on a ROUTER, then its frames. Frames beyond the greatest message are counted
 * and dropped. */
struct arrival {
    zmq_msg_t parts[MESSAGE_FRAMES_MAX + 1];
    size_t kept;
    size_t count;
};

bool peer_equals(const struct peer *one, const struct peer *other)
{
    return one->size == other->size && memcmp(one->id, other->id, one->size) == 0;
}

static void arrival_release(struct arrival *arrival)
{
    for (size_t i = 0; i < arrival->kept; i++)
        zmq_msg_close(&arrival->parts[i]);
    arrival->kept = 0;
}

/* False when no message is there. ZeroMQ delivers the frames of a message all or not at all. */
static bool arrival_receive(struct arrival *arrival, void *handle)
{
    bool more = true;

    arrival->kept = arrival->count = 0;
    while (more) {
        zmq_msg_t part;

        zmq_msg_init(&part);
        if (zmq_msg_recv(&part, handle, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(&part);
            return false;
        }
        more = zmq_msg_more(&part);
        arrival->count++;
        if (arrival->kept == array_length(arrival->parts)) {
            zmq_msg_close(&part);
            continue;
        }
        zmq_msg_init(&arrival->parts[arrival->kept]);
        zmq_msg_move(&arrival->parts[arrival->kept++], &part);
    }
    return true;
}

static struct slice part_slice(zmq_msg_t *part)
{
    return (struct slice){zmq_msg_data(part), zmq_msg_size(part)};
}

static void arrival_peer(struct arrival *arrival, struct peer *ret)
{
    size_t size = zmq_msg_size(&arrival->parts[0]);

    *ret = (struct peer){0};
    must(size <= sizeof ret->id);
    ret->size = (unsigned char)size;
    memcpy(ret->id, zmq_msg_data(&arrival->parts[0]), size);
}

static bool arrival_decode(struct arrival *arrival, size_t skip, enum message_direction wanted, struct message *ret,
                           struct fault *fault)
{
    struct slice frames[MESSAGE_FRAMES_MAX + 1];
    size_t count = arrival->count - skip;

    for (size_t i = skip; i < arrival->kept; i++)
        frames[i - skip] = part_slice(&arrival->parts[i]);
    if (count > MESSAGE_FRAMES_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "A message has at most %d frames, and this one has %zu.",
                         MESSAGE_FRAMES_MAX, count);
    if (!message_decode(frames, count, ret, fault))
        return false;
    if (message_direction(ret->type) != wanted)
        return fault_set(fault, FAULT_BAD_INPUT, "%s goes the other way: it is a message to a %s.",
                         message_name(ret->type), wanted == MESSAGE_TO_WORKER ? "coordinator" : "worker");
    return true;
}

static void refuse(struct channel *channel, const struct peer *peer, const struct fault *fault)
{
    struct message refusal = {.type = MESSAGE_REFUSED};
    struct fault unused;

    if (channel->type != ZMQ_ROUTER)
        return;
    message_set(refusal.refused.reason, fault->text);
    /* Whoever sends garbage may be gone or may not read; there is nobody else to tell. */
    (void)!channel_send(channel, peer, &refusal, &unused);
}

static void deliver(struct channel *channel, struct arrival *arrival)
{
    bool is_router = channel->type == ZMQ_ROUTER;
    struct channel_handlers handlers = channel->handlers;
    struct peer peer = {0};
    struct message message;
    struct fault fault = {0};

    if (is_router)
        arrival_peer(arrival, &peer);
    if (arrival_decode(arrival, is_router, is_router ? MESSAGE_TO_COORDINATOR : MESSAGE_TO_WORKER, &message, &fault)) {
        trace_message("message_received", &message);
        handlers.message(handlers.argument, &peer, &message);
        return;
    }
    refuse(channel, &peer, &fault);
    if (handlers.garbage)
        handlers.garbage(handlers.argument, &peer, &fault);
}

/* A handler may close the channel or move it on; `interrupted` tells, since the channel may be freed by then. */
static void on_messages(void *argument)
{
    struct channel *channel = argument;
    bool *interrupted = x_alloc(sizeof *interrupted);
    struct arrival arrival = {.kept = 0};

    channel->interrupted = interrupted;
    for (int i = 0; i < MESSAGES_PER_TURN && !*interrupted; i++) {
        if (!arrival_receive(&arrival, zsock_resolve(channel->socket)))
            break;
        deliver(channel, &arrival);
        arrival_release(&arrival);
    }
    arrival_release(&arrival);
    if (!*interrupted)
        channel->interrupted = NULL;
    free(interrupted);
}

static void close_socket(struct channel *channel)
{
    if (channel->interrupted)
        *channel->interrupted = true;
    channel->interrupted = NULL;
    if (!channel->socket)
        return;
    loop_socket_remove(channel->loop, channel->socket);
    zsock_destroy(&channel->socket);
}

static void open_socket(struct channel *channel)
{
    channel->socket = zsock_new(channel->type);
    must(channel->socket != NULL);
    zsock_set_linger(channel->socket, channel->options.linger_ms);
    zsock_set_sndhwm(channel->socket, channel->options.high_water);
    zsock_set_rcvhwm(channel->socket, channel->options.high_water);
    zsock_set_maxmsgsize(channel->socket, 2 * MESSAGE_FRAME_SIZE);
    zsock_set_heartbeat_ivl(channel->socket, PULSE_MS);
    zsock_set_heartbeat_timeout(channel->socket, PULSE_LIMIT_MS);
    zsock_set_reconnect_ivl(channel->socket, RECONNECT_MS);
    zsock_set_reconnect_ivl_max(channel->socket, RECONNECT_LIMIT_MS);
    /* Without this a ROUTER drops messages for a worker that is gone, and says that they were sent. */
    if (channel->type == ZMQ_ROUTER)
        zsock_set_router_mandatory(channel->socket, 1);
    loop_socket_add(channel->loop, channel->socket, on_messages, channel);
}

static bool make(struct loop *loop, int type, const char *urls, const struct channel_options *options,
                 const struct channel_handlers *handlers, struct channel **ret, struct fault *fault)
{
    scoped(channel_close) struct channel *channel = x_alloc(sizeof *channel);
    struct endpoint_rules rules;

    must(handlers->message != NULL);
    channel->loop = loop;
    channel->type = type;
    channel->handlers = *handlers;
    if (options)
        channel->options = *options;
    if (channel->options.linger_ms <= 0)
        channel->options.linger_ms = DEFAULT_LINGER_MS;
    if (channel->options.high_water <= 0)
        channel->options.high_water = DEFAULT_HIGH_WATER;
    rules = (struct endpoint_rules){channel->options.allow_network, type == ZMQ_ROUTER};
    if (!endpoints_parse(urls, rules, &channel->endpoints, fault))
        return false;
    open_socket(channel);
    *ret = steal(channel);
    return true;
}

/* ZeroMQ unlinks the path before it binds, so that a second coordinator would silently take the first one's place. */
static bool is_served(const char *url)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    scoped(descriptor_close) int probe = -1;
    const char *path = endpoint_socket_path(url);

    if (!path || strlen(path) >= sizeof address.sun_path)
        return false;
    memcpy(address.sun_path, path, strlen(path) + 1);
    probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return probe >= 0 && (connect(probe, (struct sockaddr *)&address, sizeof address) == 0 || errno == EAGAIN);
}

static bool bind_url(struct channel *channel, const char *url, struct fault *fault)
{
    void *handle = zsock_resolve(channel->socket);
    size_t size = sizeof channel->url;

    if (is_served(url))
        return fault_set(fault, FAULT_BAD_INPUT,
                         "Cannot listen at %s: another program listens there. Stop it, or choose another address.",
                         url);
    if (zmq_bind(handle, url) != 0) {
        int code = errno;

        fault_set(fault, FAULT_BAD_INPUT, "Cannot listen at %s: %s. Choose another address, or free this one.", url,
                  zmq_strerror(code));
        fault->code = code;
        return false;
    }
    must(zmq_getsockopt(handle, ZMQ_LAST_ENDPOINT, channel->url, &size) == 0);
    return true;
}

bool channel_bind(struct loop *loop, const char *urls, const struct channel_options *options,
                  const struct channel_handlers *handlers, struct channel **ret, struct fault *fault)
{
    scoped(channel_close) struct channel *channel = NULL;

    if (!make(loop, ZMQ_ROUTER, urls, options, handlers, &channel, fault))
        return false;
    for (size_t i = 0; i < channel->endpoints.count; i++)
        if (!bind_url(channel, channel->endpoints.urls[i], fault))
            return false;
    *ret = steal(channel);
    return true;
}

static bool connect_current(struct channel *channel, struct fault *fault)
{
    const char *url = channel->endpoints.urls[channel->current];

    memcpy(channel->url, url, sizeof channel->url);
    if (zmq_connect(zsock_resolve(channel->socket), url) != 0)
        return fault_set(fault, FAULT_BAD_INPUT, "Cannot use %s as a coordinator's address: %s.", url,
                         zmq_strerror(errno));
    return true;
}

bool channel_connect(struct loop *loop, const char *urls, const struct channel_options *options,
                     const struct channel_handlers *handlers, struct channel **ret, struct fault *fault)
{
    scoped(channel_close) struct channel *channel = NULL;

    if (!make(loop, ZMQ_DEALER, urls, options, handlers, &channel, fault))
        return false;
    if (!connect_current(channel, fault))
        return false;
    *ret = steal(channel);
    return true;
}

void channel_next(struct channel *channel)
{
    struct fault fault;

    must(channel->type == ZMQ_DEALER);
    close_socket(channel);
    open_socket(channel);
    channel->current = (channel->current + 1) % channel->endpoints.count;
    must(connect_current(channel, &fault));
}

const char *channel_url(const struct channel *channel)
{
    return channel->url;
}

static bool send_part(struct channel *channel, const void *data, size_t size, bool more, struct fault *fault)
{
    int flags = ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0);

    if (zmq_send(zsock_resolve(channel->socket), data, size, flags) >= 0)
        return true;
    if (errno == EHOSTUNREACH)
        return fault_set(fault, FAULT_GONE, "The worker is no longer connected.");
    if (errno == EAGAIN)
        return fault_set(fault, FAULT_RETRY, "The queue of messages to the other side is full.");
    return fault_set(fault, FAULT_INTERNAL, "ZeroMQ did not take a message: %s.", zmq_strerror(errno));
}

/* Only the first part can be refused: ZeroMQ has chosen the receiver then, and takes or drops the message whole. */
bool channel_send(struct channel *channel, const struct peer *peer, const struct message *message, struct fault *fault)
{
    struct message_frames encoded;

    must((channel->type == ZMQ_ROUTER) == (peer != NULL));
    if (!message_encode(message, &encoded, fault))
        return false;
    if (peer && !send_part(channel, peer->id, peer->size, true, fault))
        return false;
    for (size_t i = 0; i < encoded.count; i++)
        if (!send_part(channel, encoded.frames[i].data, encoded.frames[i].size, i + 1 < encoded.count, fault))
            return false;
    trace_message("message_sent", message);
    return true;
}

void channel_close(struct channel **place)
{
    struct channel *channel = *place;

    *place = NULL;
    if (!channel)
        return;
    close_socket(channel);
    free(channel);
}
