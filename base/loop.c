#include "base/loop.h"

#include <czmq.h>
#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/must.h"

enum { BATCH = 64 };

struct loop_watch {
    struct loop *loop;
    int descriptor;
    int events;
    loop_watch_fn *handler;
    void *argument;
    struct loop_watch *next_dead;
    bool dead;
};

struct loop_timer {
    struct loop *loop;
    int64_t due_ms;
    uint64_t order; /* of starts: what was started first runs first when both are due at the same time */
    size_t place;   /* in the heap, 1-based; 0 when not running */
    loop_timer_fn *handler;
    void *argument;
};

struct loop_socket {
    struct loop *loop;
    zsock_t *socket;
    loop_timer_fn *handler;
    void *argument;
    struct loop_socket *next;
};

struct loop {
    int epoll;
    int alarm;  /* timerfd, set to the earliest timer */
    int signal; /* signalfd */
    struct loop_watch *alarm_watch;
    struct loop_watch *signal_watch;
    struct loop_watch *dead;  /* freed at the end of a turn: an event may still be queued for them */
    struct loop_timer **heap; /* heap[1] is due first */
    size_t heap_count;
    size_t heap_room;
    uint64_t starts;  /* of timers, counted */
    int64_t alarm_ms; /* what the timerfd is set to; 0 for nothing */
    int64_t now_ms;
    zloop_t *zloop;
    struct loop_socket *sockets;
    loop_timer_fn *on_terminate;
    void *terminate_argument;
    bool terminating;
    bool stopped;
};

static uint32_t epoll_events(int events)
{
    return (events & LOOP_READ ? (uint32_t)EPOLLIN : 0) | (events & LOOP_WRITE ? (uint32_t)EPOLLOUT : 0);
}

struct loop_watch *loop_watch_add(struct loop *loop, int descriptor, int events, loop_watch_fn *handler, void *argument)
{
    struct loop_watch *watch = x_alloc(sizeof *watch);
    struct epoll_event event = {.events = epoll_events(events), .data.ptr = watch};

    *watch = (struct loop_watch){loop, descriptor, events, handler, argument, NULL, false};
    must(epoll_ctl(loop->epoll, EPOLL_CTL_ADD, descriptor, &event) == 0);
    return watch;
}

void loop_watch_change(struct loop_watch *watch, int events)
{
    struct epoll_event event = {.events = epoll_events(events), .data.ptr = watch};

    must(!watch->dead);
    if (watch->events == events)
        return;
    watch->events = events;
    must(epoll_ctl(watch->loop->epoll, EPOLL_CTL_MOD, watch->descriptor, &event) == 0);
}

void loop_watch_remove(struct loop_watch **place)
{
    struct loop_watch *watch = *place;

    *place = NULL;
    if (!watch || watch->dead)
        return;
    watch->dead = true;
    /* A descriptor that its library has closed already is gone from the set by itself. */
    epoll_ctl(watch->loop->epoll, EPOLL_CTL_DEL, watch->descriptor, NULL);
    watch->next_dead = watch->loop->dead;
    watch->loop->dead = watch;
}

static void bury(struct loop *loop)
{
    while (loop->dead) {
        struct loop_watch *watch = loop->dead;

        loop->dead = watch->next_dead;
        free(watch);
    }
}

static void heap_set(struct loop *loop, size_t place, struct loop_timer *timer)
{
    loop->heap[place] = timer;
    timer->place = place;
}

static bool is_sooner(const struct loop_timer *one, const struct loop_timer *other)
{
    return one->due_ms != other->due_ms ? one->due_ms < other->due_ms : one->order < other->order;
}

static void heap_up(struct loop *loop, struct loop_timer *timer)
{
    size_t place = timer->place;

    while (place > 1 && is_sooner(timer, loop->heap[place / 2])) {
        heap_set(loop, place, loop->heap[place / 2]);
        place /= 2;
    }
    heap_set(loop, place, timer);
}

static void heap_down(struct loop *loop, struct loop_timer *timer)
{
    size_t place = timer->place;

    while (place * 2 <= loop->heap_count) {
        size_t child = place * 2;

        if (child < loop->heap_count && is_sooner(loop->heap[child + 1], loop->heap[child]))
            child++;
        if (!is_sooner(loop->heap[child], timer))
            break;
        heap_set(loop, place, loop->heap[child]);
        place = child;
    }
    heap_set(loop, place, timer);
}

struct loop_timer *loop_timer_new(struct loop *loop, loop_timer_fn *handler, void *argument)
{
    struct loop_timer *timer = x_alloc(sizeof *timer);

    *timer = (struct loop_timer){.loop = loop, .handler = handler, .argument = argument};
    return timer;
}

void loop_timer_stop(struct loop_timer *timer)
{
    struct loop *loop = timer->loop;
    struct loop_timer *last = NULL;

    if (!timer->place)
        return;
    last = loop->heap[loop->heap_count--];
    if (last != timer) {
        heap_set(loop, timer->place, last);
        heap_up(loop, last);
        heap_down(loop, last);
    }
    timer->place = 0;
}

void loop_timer_start(struct loop_timer *timer, int64_t after_ms)
{
    struct loop *loop = timer->loop;

    loop_timer_stop(timer);
    timer->due_ms = clock_monotonic_ms() + (after_ms > 0 ? after_ms : 0);
    timer->order = ++loop->starts;
    if (loop->heap_count + 2 > loop->heap_room) {
        loop->heap_room = loop->heap_room ? loop->heap_room * 2 : 32;
        loop->heap = x_grow_array(loop->heap, loop->heap_room, sizeof(struct loop_timer *));
    }
    heap_set(loop, ++loop->heap_count, timer);
    heap_up(loop, timer);
}

bool loop_timer_is_running(const struct loop_timer *timer)
{
    return timer->place != 0;
}

void loop_timer_destroy(struct loop_timer **timer)
{
    if (!*timer)
        return;
    loop_timer_stop(*timer);
    free(*timer);
    *timer = NULL;
}

int64_t loop_now_ms(const struct loop *loop)
{
    return loop->now_ms;
}

/* Runs what is due. A timer that a handler starts with 0 ms waits for the next turn, so that descriptors get theirs. */
static void run_timers(struct loop *loop)
{
    int64_t now_ms = clock_monotonic_ms();
    uint64_t last = loop->starts;

    loop->now_ms = now_ms;
    while (loop->heap_count > 0 && loop->heap[1]->due_ms <= now_ms && loop->heap[1]->order <= last) {
        struct loop_timer *timer = loop->heap[1];

        loop_timer_stop(timer);
        timer->handler(timer->argument);
    }
}

static void set_alarm(struct loop *loop)
{
    int64_t due_ms = loop->heap_count ? loop->heap[1]->due_ms : 0;
    struct itimerspec when = {.it_value = {.tv_sec = due_ms / 1000, .tv_nsec = due_ms % 1000 * 1000000}};

    if (due_ms == loop->alarm_ms)
        return;
    loop->alarm_ms = due_ms;
    must(timerfd_settime(loop->alarm, TFD_TIMER_ABSTIME, &when, NULL) == 0);
}

static void on_alarm(void *argument, int events)
{
    struct loop *loop = argument;
    uint64_t count = 0;

    (void)events;
    if (read(loop->alarm, &count, sizeof count) == sizeof count)
        loop->alarm_ms = 0;
}

static void on_signal(void *argument, int events)
{
    struct loop *loop = argument;
    struct signalfd_siginfo info;

    (void)events;
    while (read(loop->signal, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGHUP)
            continue;
        if (loop->terminating || !loop->on_terminate) {
            loop_stop(loop);
        } else {
            loop->terminating = true;
            loop->on_terminate(loop->terminate_argument);
        }
    }
}

static int loop_events(uint32_t events)
{
    if (events & (EPOLLERR | EPOLLHUP))
        return LOOP_READ | LOOP_WRITE;
    return (events & EPOLLIN ? LOOP_READ : 0) | (events & EPOLLOUT ? LOOP_WRITE : 0);
}

static void serve(struct loop *loop, int wait_ms)
{
    struct epoll_event events[BATCH];
    int count = 0;

    set_alarm(loop);
    count = epoll_wait(loop->epoll, events, BATCH, wait_ms);
    must(count >= 0 || errno == EINTR);
    loop->now_ms = clock_monotonic_ms();
    for (int i = 0; i < count; i++) {
        struct loop_watch *watch = events[i].data.ptr;

        if (!watch->dead)
            watch->handler(watch->argument, loop_events(events[i].events));
    }
    run_timers(loop);
    bury(loop);
    set_alarm(loop);
}

void loop_turn(struct loop *loop, int wait_ms)
{
    serve(loop, wait_ms);
}

static int on_epoll(zloop_t *zloop, zmq_pollitem_t *item, void *argument)
{
    struct loop *loop = argument;

    (void)zloop;
    (void)item;
    serve(loop, 0);
    return loop->stopped ? -1 : 0;
}

static int on_socket(zloop_t *zloop, zsock_t *reader, void *argument)
{
    struct loop_socket *socket = argument;
    struct loop *loop = socket->loop;

    (void)zloop;
    (void)reader;
    socket->handler(socket->argument);
    set_alarm(loop);
    return loop->stopped ? -1 : 0;
}

void loop_socket_add(struct loop *loop, void *zsock, loop_timer_fn *handler, void *argument)
{
    struct loop_socket *socket = x_alloc(sizeof *socket);

    *socket = (struct loop_socket){loop, zsock, handler, argument, loop->sockets};
    loop->sockets = socket;
    must(zloop_reader(loop->zloop, socket->socket, on_socket, socket) == 0);
    zloop_reader_set_tolerant(loop->zloop, socket->socket);
}

void loop_socket_remove(struct loop *loop, void *zsock)
{
    struct loop_socket **place = &loop->sockets;

    zloop_reader_end(loop->zloop, zsock);
    while (*place && (*place)->socket != zsock)
        place = &(*place)->next;
    if (*place) {
        struct loop_socket *gone = *place;

        *place = gone->next;
        free(gone);
    }
}

static bool open_signals(struct loop *loop, struct fault *fault)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
        return fault_set(fault, FAULT_INTERNAL, "cannot block signals");
    signal(SIGPIPE, SIG_IGN);
    loop->signal = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return loop->signal >= 0 || fault_errno(fault, FAULT_INTERNAL, "cannot open a signal descriptor");
}

bool loop_open(struct loop **ret, struct fault *fault)
{
    scoped(loop_close) struct loop *loop = x_alloc(sizeof *loop);
    zmq_pollitem_t item = {.events = ZMQ_POLLIN};

    loop->signal = -1;
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->alarm = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (loop->epoll < 0 || loop->alarm < 0)
        return fault_errno(fault, FAULT_INTERNAL, "cannot open the event loop");
    if (!open_signals(loop, fault))
        return false;
    zsys_handler_set(NULL);
    zsys_set_logstream(stderr);
    loop->zloop = zloop_new();
    item.fd = loop->epoll;
    must(loop->zloop && zloop_poller(loop->zloop, &item, on_epoll, loop) == 0);
    loop->now_ms = clock_monotonic_ms();
    loop->alarm_watch = loop_watch_add(loop, loop->alarm, LOOP_READ, on_alarm, loop);
    loop->signal_watch = loop_watch_add(loop, loop->signal, LOOP_READ, on_signal, loop);
    *ret = steal(loop);
    return true;
}

void loop_close(struct loop **place)
{
    struct loop *loop = *place;

    *place = NULL;
    if (!loop)
        return;
    loop_watch_remove(&loop->alarm_watch);
    loop_watch_remove(&loop->signal_watch);
    bury(loop);
    while (loop->sockets)
        loop_socket_remove(loop, loop->sockets->socket);
    zloop_destroy(&loop->zloop);
    descriptor_close(&loop->alarm);
    descriptor_close(&loop->signal);
    descriptor_close(&loop->epoll);
    free(loop->heap);
    free(loop);
}

void loop_run(struct loop *loop)
{
    loop->stopped = false;
    while (!loop->stopped) {
        set_alarm(loop);
        zloop_start(loop->zloop);
    }
}

void loop_stop(struct loop *loop)
{
    loop->stopped = true;
}

void loop_on_terminate(struct loop *loop, loop_timer_fn *handler, void *argument)
{
    loop->on_terminate = handler;
    loop->terminate_argument = argument;
}
