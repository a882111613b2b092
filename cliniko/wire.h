/*
 * A curl multi handle on the event loop: its descriptors are watches, its time-outs one timer. Only http.c uses it.
 */
#ifndef CLINIKO_WIRE_H
#define CLINIKO_WIRE_H

#include <curl/curl.h>

#include "base/loop.h"

struct wire;

/* Called for each easy handle that has ended, after it was removed from the multi handle. Must not call the wire. */
typedef void wire_end_fn(void *argument, CURL *easy, CURLcode result);

/* Called once after a round of the loop that may have ended something; may start and remove requests. */
typedef void wire_round_fn(void *argument);

struct wire *wire_open(struct loop *loop, int connections_per_host, wire_end_fn *end, wire_round_fn *round,
                       void *argument);
void wire_close(struct wire **wire); /* every easy handle was removed before */

/* Gives an easy handle the functions that open and close its sockets; once for each handle. */
void wire_prepare(struct wire *wire, CURL *easy);

/* Starts; sends at once when a connection is free. What ends meanwhile is told by `end` now and by `round` later. */
void wire_start(struct wire *wire, CURL *easy);
void wire_remove(struct wire *wire, CURL *easy);

#endif
