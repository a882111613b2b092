/*
 * The sockets between coordinator and workers: a channel is one ROUTER bound at one or more URLs (the coordinator's
 * side) or one DEALER that is connected to one URL of a list (a worker's side), served by a loop. What arrives and is
 * no message of the protocol never reaches the program as one. A message may be lost at any time: it is only a hint.
 */
#ifndef PROTO_CHANNEL_H
#define PROTO_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "base/loop.h"
#include "proto/message.h"

struct channel;

/* Who sent a message and who shall get one: a routing id that means something to its own channel only, for as long as
 * the worker stays connected. A worker that connects again is another peer. Compare with peer_equals, hash over id. */
struct peer {
    unsigned char size;
    unsigned char id[255]; /* zeroed beyond size */
};

bool peer_equals(const struct peer *one, const struct peer *other);

struct channel_handlers {
    /* A message came. On a connected channel the peer is empty (size 0). The handler may send, close the channel or
     * move it on (channel_next). */
    void (*message)(void *argument, const struct peer *peer, const struct message *message);

    /* What came was no message for this side: FAULT_BAD_INPUT with the reason. A bound channel has answered REFUSED
     * already. May be NULL. */
    void (*garbage)(void *argument, const struct peer *peer, const struct fault *fault);

    void *argument;
};

struct channel_options {
    bool allow_network; /* also addresses beyond this machine; messages travel in plain text, see PROTOCOL.md */
    int linger_ms;      /* how long a closed channel goes on sending what is queued; 0 for 500 */
    int high_water;     /* messages queued for one peer before sending faults with FAULT_RETRY; 0 for 1000 */
};

/* Opens the coordinator's side at every URL of a comma-separated list: ipc://PATH, tcp://ADDRESS:PORT (port * takes a
 * free one) or inproc://NAME. `options` may be NULL. Handlers are copied. FAULT_BAD_INPUT: a URL that cannot be used,
 * in use, or beyond this machine without allow_network. The loop must outlive the channel. */
MUST_CHECK bool channel_bind(struct loop *loop, const char *urls, const struct channel_options *options,
                             const struct channel_handlers *handlers, struct channel **ret, struct fault *fault);

/* Opens a worker's side: connects to the first URL of the list, in the background, for ever. All URLs are checked now.
 */
MUST_CHECK bool channel_connect(struct loop *loop, const char *urls, const struct channel_options *options,
                                const struct channel_handlers *handlers, struct channel **ret, struct fault *fault);

/* Leaves the present URL of a connected channel for the next one of the list (the first after the last; with one URL,
 * a new connection to the same). What was queued is sent for linger_ms more. The other side sees a new peer. */
void channel_next(struct channel *channel);

/* The URL that a connected channel uses, or the URL at which a bound one listens (the last of the list, with the port
 * that was found for *). Borrowed; changes with channel_next. */
const char *channel_url(const struct channel *channel);

/* Sends without ever blocking. `peer` is NULL on a connected channel. FAULT_GONE: the peer is no longer connected.
 * FAULT_RETRY: its queue is full. FAULT_INTERNAL: the message is not valid (message_encode). */
MUST_CHECK bool channel_send(struct channel *channel, const struct peer *peer, const struct message *message,
                             struct fault *fault);

void channel_close(struct channel **channel);

#endif
