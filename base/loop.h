/*
 * The event loop of every program: one epoll set and one timer heap under a zloop, so that ZeroMQ sockets, curl, libpq
 * and hiredis live side by side (zloop alone rebuilds its list at each change, which costs 74 µs a change at 1,500
 * descriptors). Handlers return quickly and never block. A handler may stop or free any watch or timer, its own too.
 */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"

struct loop;
struct loop_watch;
struct loop_timer;

enum { LOOP_READ = 1, LOOP_WRITE = 2 }; /* hang-up and error come as both */

typedef void loop_watch_fn(void *argument, int events);
typedef void loop_timer_fn(void *argument);

/* Makes a loop; takes over SIGTERM, SIGINT and SIGHUP by signalfd (they are blocked in this thread and in those that it
 * starts later). Call before any library starts a thread. */
MUST_CHECK bool loop_open(struct loop **ret, struct fault *fault);
void loop_close(struct loop **loop);

/* Runs until loop_stop. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* Serves what is ready now or becomes ready within wait_ms; for programs that wait for one thing at a time. */
void loop_turn(struct loop *loop, int wait_ms);

/* What SIGTERM and SIGINT do; without a handler they stop the loop. A second one always stops it. */
void loop_on_terminate(struct loop *loop, loop_timer_fn *handler, void *argument);

/* Watches a descriptor (not owned; remove the watch before closing it). `events` may be 0 and changed later. */
struct loop_watch *loop_watch_add(struct loop *loop, int descriptor, int events, loop_watch_fn *handler,
                                  void *argument);
void loop_watch_change(struct loop_watch *watch, int events);
void loop_watch_remove(struct loop_watch **watch); /* NULL inside is fine */

/* One-shot timer; started again it moves. Times are monotonic milliseconds. A timer that is due runs in the next turn,
 * never inside loop_timer_start. */
struct loop_timer *loop_timer_new(struct loop *loop, loop_timer_fn *handler, void *argument);
void loop_timer_start(struct loop_timer *timer, int64_t after_ms);
void loop_timer_stop(struct loop_timer *timer);
bool loop_timer_is_running(const struct loop_timer *timer);
void loop_timer_destroy(struct loop_timer **timer);

int64_t loop_now_ms(const struct loop *loop); /* monotonic time, read once a turn */

/* ZeroMQ sockets: the handler is called when a message can be received; it must read until none is left.
 * `socket` is a zsock_t. Only proto/ calls these. */
void loop_socket_add(struct loop *loop, void *socket, loop_timer_fn *handler, void *argument);
void loop_socket_remove(struct loop *loop, void *socket);

#endif
