#include "proto/channel.h"

#include <criterion/criterion.h>
#include <czmq.h>
#include <unistd.h>

#include "base/memory.h"

/* A coordinator and a worker on one loop. Each keeps what it got last; a test waits for counts to be reached. */
struct side {
    struct stage *stage;
    struct channel *channel;
    int messages;
    int garbage;
    struct peer peer;
    struct message last;
    struct fault fault;
    void (*react)(struct side *side);
};

struct stage {
    struct loop *loop;
    struct loop_timer *limit;
    struct side coordinator;
    struct side worker;
    const int *awaited;
    int count;
    bool late;
};

static void on_limit(void *argument)
{
    struct stage *stage = argument;

    stage->late = true;
    loop_stop(stage->loop);
}

static void check_awaited(struct stage *stage)
{
    if (stage->awaited && *stage->awaited >= stage->count)
        loop_stop(stage->loop);
}

static void on_message(void *argument, const struct peer *peer, const struct message *message)
{
    struct side *side = argument;

    side->messages++;
    side->peer = *peer;
    side->last = *message;
    if (side->react)
        side->react(side);
    check_awaited(side->stage);
}

static void on_garbage(void *argument, const struct peer *peer, const struct fault *fault)
{
    struct side *side = argument;

    side->garbage++;
    side->peer = *peer;
    side->fault = *fault;
    check_awaited(side->stage);
}

static struct channel_handlers handlers_of(struct side *side)
{
    return (struct channel_handlers){on_message, on_garbage, side};
}

static void stage_open(struct stage *stage)
{
    struct fault fault;

    *stage = (struct stage){.coordinator.stage = stage, .worker.stage = stage};
    cr_assert(loop_open(&stage->loop, &fault), "%s", fault.text);
    stage->limit = loop_timer_new(stage->loop, on_limit, stage);
}

static void stage_close(struct stage *stage)
{
    channel_close(&stage->worker.channel);
    channel_close(&stage->coordinator.channel);
    loop_timer_destroy(&stage->limit);
    loop_close(&stage->loop);
}

static void stage_bind(struct stage *stage, const char *urls)
{
    struct channel_handlers handlers = handlers_of(&stage->coordinator);
    struct fault fault;

    cr_assert(channel_bind(stage->loop, urls, NULL, &handlers, &stage->coordinator.channel, &fault), "%s", fault.text);
}

static void stage_connect(struct stage *stage, const char *urls, const struct channel_options *options)
{
    struct channel_handlers handlers = handlers_of(&stage->worker);
    struct fault fault;

    cr_assert(channel_connect(stage->loop, urls, options, &handlers, &stage->worker.channel, &fault), "%s", fault.text);
}

static void stage_await(struct stage *stage, const int *number, int count, const char *what)
{
    stage->awaited = number;
    stage->count = count;
    loop_timer_start(stage->limit, 10000);
    if (*number < count)
        loop_run(stage->loop);
    stage->awaited = NULL;
    cr_assert_not(stage->late, "waited in vain for %s: got %d, want %d", what, *number, count);
}

static void send_sample(struct side *side, enum message_type type)
{
    struct message message;
    struct fault fault;
    bool is_worker = side == &side->stage->worker;

    message_sample(type, &message);
    cr_assert(channel_send(side->channel, is_worker ? NULL : &side->peer, &message, &fault), "%s", fault.text);
}

static void meet(struct stage *stage, const char *url)
{
    stage_open(stage);
    stage_bind(stage, url);
    stage_connect(stage, channel_url(stage->coordinator.channel), NULL);
    send_sample(&stage->worker, MESSAGE_HELLO);
    stage_await(stage, &stage->coordinator.messages, 1, "HELLO");
}

static void check_all_messages(const char *url)
{
    struct stage stage;
    struct side *receiver = NULL;

    meet(&stage, url);
    for (int type = 0; type < MESSAGE_TYPE_COUNT; type++) {
        struct text want;
        struct text got;
        struct message sample;
        bool to_worker = message_direction((enum message_type)type) == MESSAGE_TO_WORKER;

        receiver = to_worker ? &stage.worker : &stage.coordinator;
        send_sample(to_worker ? &stage.coordinator : &stage.worker, (enum message_type)type);
        stage_await(&stage, &receiver->messages, receiver->messages + 1, message_name((enum message_type)type));
        message_sample((enum message_type)type, &sample);
        text_init(&want, 4000);
        text_init(&got, 4000);
        message_print(&sample, &want);
        message_print(&receiver->last, &got);
        cr_expect_str_eq(text_string(&got), text_string(&want));
        text_release(&want);
        text_release(&got);
    }
    cr_expect_eq(stage.worker.garbage + stage.coordinator.garbage, 0);
    stage_close(&stage);
}

Test(channel, carries_every_message_over_tcp, .timeout = 60)
{
    check_all_messages("tcp://127.0.0.1:*");
}

Test(channel, carries_every_message_over_a_local_socket, .timeout = 60)
{
    char folder[] = "/tmp/handover-XXXXXX";
    scoped(string_free) char *url = NULL;

    cr_assert(mkdtemp(folder));
    url = x_sprintf("ipc://%s/coordinator", folder);
    check_all_messages(url);
    unlink(url + strlen("ipc://"));
    cr_expect_eq(rmdir(folder), 0, "the folder is not empty");
}

Test(channel, carries_every_message_in_one_process, .timeout = 60)
{
    check_all_messages("inproc://coordinator");
}

/* A peer that does not keep to the protocol: a bare DEALER. */
static zsock_t *stranger(struct stage *stage)
{
    zsock_t *socket = zsock_new(ZMQ_DEALER);

    zsock_set_linger(socket, 500);
    zsock_set_rcvtimeo(socket, 10000);
    cr_assert_eq(zmq_connect(zsock_resolve(socket), channel_url(stage->coordinator.channel)), 0);
    return socket;
}

static void check_garbage(zmsg_t *message, const char *want)
{
    struct stage stage;
    zsock_t *socket = NULL;
    zmsg_t *answer = NULL;
    char *reason = NULL;

    stage_open(&stage);
    stage_bind(&stage, "tcp://127.0.0.1:*");
    socket = stranger(&stage);
    cr_assert_eq(zmsg_send(&message, socket), 0);
    stage_await(&stage, &stage.coordinator.garbage, 1, want);
    cr_expect_eq(stage.coordinator.messages, 0);
    cr_expect_eq(stage.coordinator.fault.kind, FAULT_BAD_INPUT);
    cr_expect(strstr(stage.coordinator.fault.text, want), "got '%s', want '%s'", stage.coordinator.fault.text, want);
    answer = zmsg_recv(socket);
    cr_assert(answer && zmsg_size(answer) == 3, "no REFUSED came back");
    zframe_destroy(&(zframe_t *){zmsg_pop(answer)});
    cr_expect(zframe_streq(zmsg_first(answer), "REFUSED"));
    reason = zframe_strdup(zmsg_last(answer));
    cr_expect(strstr(reason, want), "got '%s', want '%s'", reason, want);
    freen(reason);
    zmsg_destroy(&answer);
    zsock_destroy(&socket);
    stage_close(&stage);
}

static zmsg_t *frames_of(const char *one, const char *two, const char *three)
{
    zmsg_t *message = zmsg_new();
    const char *frames[] = {one, two, three};

    for (size_t i = 0; i < array_length(frames); i++)
        if (frames[i])
            zmsg_addstr(message, frames[i]);
    return message;
}

Test(channel, refuses_garbage_with_the_reason, .timeout = 60)
{
    zmsg_t *flood = frames_of("HANDOVER/1", "HELLO", NULL);

    check_garbage(frames_of("GET / HTTP/1.1", NULL, NULL), "at least two frames");
    check_garbage(frames_of("", "", NULL), "no message of Handover");
    check_garbage(frames_of("HANDOVER/7", "HELLO", "x"), "version 7");
    check_garbage(frames_of("HANDOVER/1", "HALLO", NULL), "names no type");
    check_garbage(frames_of("HANDOVER/1", "PING", NULL), "PING goes the other way");
    for (int i = 0; i < 10000; i++)
        zmsg_addstr(flood, "x");
    check_garbage(flood, "at most 11 frames, and this one has 10002");
}

Test(channel, drops_whoever_sends_a_giant_frame, .timeout = 60)
{
    struct stage stage;
    zsock_t *socket = NULL;
    zmsg_t *message = frames_of("HANDOVER/1", "REFUSED", NULL);
    scoped(string_free) char *giant = x_alloc(1 << 20);

    meet(&stage, "tcp://127.0.0.1:*");
    socket = stranger(&stage);
    zmsg_addmem(message, giant, 1 << 20);
    cr_assert_eq(zmsg_send(&message, socket), 0);
    zsock_destroy(&socket);
    send_sample(&stage.worker, MESSAGE_PONG);
    stage_await(&stage, &stage.coordinator.messages, 2, "PONG");
    cr_expect_eq(stage.coordinator.garbage, 0, "the giant frame was read");
    stage_close(&stage);
}

static bool try_ping(struct stage *stage, const struct peer *peer, struct fault *fault)
{
    struct message ping = {.type = MESSAGE_PING};

    return channel_send(stage->coordinator.channel, peer, &ping, fault);
}

struct farewell {
    struct stage *stage;
    struct loop_timer *again;
    struct fault fault;
};

static void ping_until_gone(void *argument)
{
    struct farewell *farewell = argument;

    if (try_ping(farewell->stage, &farewell->stage->coordinator.peer, &farewell->fault))
        loop_timer_start(farewell->again, 10);
    else
        loop_stop(farewell->stage->loop);
}

Test(channel, says_that_a_vanished_worker_is_gone, .timeout = 60)
{
    struct stage stage;
    struct farewell farewell = {.stage = &stage};

    meet(&stage, "tcp://127.0.0.1:*");
    cr_assert(try_ping(&stage, &stage.coordinator.peer, &farewell.fault), "%s", farewell.fault.text);
    channel_close(&stage.worker.channel);
    farewell.again = loop_timer_new(stage.loop, ping_until_gone, &farewell);
    loop_timer_start(farewell.again, 0);
    loop_timer_start(stage.limit, 10000);
    loop_run(stage.loop);
    cr_assert_not(stage.late, "the worker never counted as gone");
    cr_expect_eq(farewell.fault.kind, FAULT_GONE, "got %s", fault_kind_name(farewell.fault.kind));
    loop_timer_destroy(&farewell.again);
    stage_close(&stage);
}

Test(channel, says_that_an_unknown_peer_is_gone, .timeout = 60)
{
    struct stage stage;
    struct fault fault = {0};
    struct peer nobody = {.size = 5, .id = "abcde"};

    meet(&stage, "tcp://127.0.0.1:*");
    cr_expect_not(try_ping(&stage, &nobody, &fault));
    cr_expect_eq(fault.kind, FAULT_GONE, "got %s", fault_kind_name(fault.kind));
    cr_expect(try_ping(&stage, &stage.coordinator.peer, &fault), "the known one suffers: %s", fault.text);
    stage_close(&stage);
}

Test(channel, never_blocks_when_nobody_listens, .timeout = 60)
{
    struct stage stage;
    struct channel_options options = {.high_water = 5};
    struct message bye = {.type = MESSAGE_BYE};
    struct fault fault = {0};
    int sent = 0;

    stage_open(&stage);
    stage_connect(&stage, "inproc://nobody", &options);
    while (sent < 1000 && channel_send(stage.worker.channel, NULL, &bye, &fault))
        sent++;
    cr_expect(sent >= 5 && sent < 1000, "got %d", sent);
    cr_expect_eq(fault.kind, FAULT_RETRY, "got %s", fault_kind_name(fault.kind));
    stage_close(&stage);
}

Test(channel, does_not_send_an_invalid_message, .timeout = 60)
{
    struct stage stage;
    struct message message = {.type = MESSAGE_READY};
    struct fault fault = {0};

    meet(&stage, "inproc://coordinator");
    cr_expect_not(channel_send(stage.worker.channel, NULL, &message, &fault));
    cr_expect_eq(fault.kind, FAULT_INTERNAL);
    send_sample(&stage.worker, MESSAGE_PONG);
    stage_await(&stage, &stage.coordinator.messages, 2, "PONG");
    cr_expect_eq(stage.coordinator.garbage, 0);
    stage_close(&stage);
}

static void say_bye_and_close(struct side *side)
{
    send_sample(side, MESSAGE_BYE);
    channel_close(&side->channel);
}

Test(channel, sends_its_last_message_after_it_was_closed, .timeout = 60)
{
    struct stage stage;

    meet(&stage, "tcp://127.0.0.1:*");
    stage.worker.react = say_bye_and_close;
    send_sample(&stage.coordinator, MESSAGE_WELCOME);
    send_sample(&stage.coordinator, MESSAGE_PING);
    stage_await(&stage, &stage.coordinator.messages, 2, "BYE");
    cr_expect_eq(stage.coordinator.last.type, MESSAGE_BYE);
    cr_expect_null(stage.worker.channel);
    cr_expect_eq(stage.worker.messages, 1, "got a message after close");
    stage_close(&stage);
}

static void move_on(struct side *side)
{
    channel_next(side->channel);
    send_sample(side, MESSAGE_HELLO);
}

Test(channel, moves_on_to_the_next_address_and_round, .timeout = 60)
{
    struct stage stage;
    struct side other = {.stage = &stage};
    struct channel_handlers handlers = handlers_of(&other);
    struct fault fault;
    scoped(string_free) char *urls = NULL;

    stage_open(&stage);
    stage_bind(&stage, "tcp://127.0.0.1:*");
    cr_assert(channel_bind(stage.loop, "tcp://127.0.0.1:*", NULL, &handlers, &other.channel, &fault), "%s", fault.text);
    urls = x_sprintf("%s,%s", channel_url(stage.coordinator.channel), channel_url(other.channel));
    stage_connect(&stage, urls, NULL);
    stage.worker.react = move_on;
    send_sample(&stage.worker, MESSAGE_HELLO);
    stage_await(&stage, &stage.coordinator.messages, 1, "HELLO at the first");
    send_sample(&stage.coordinator, MESSAGE_STANDBY);
    stage_await(&stage, &other.messages, 1, "HELLO at the second");
    cr_expect_str_eq(channel_url(stage.worker.channel), channel_url(other.channel));
    send_sample(&other, MESSAGE_STANDBY);
    stage_await(&stage, &stage.coordinator.messages, 2, "HELLO at the first again");
    cr_expect_eq(stage.worker.messages, 2);
    channel_close(&other.channel);
    stage_close(&stage);
}

Test(channel, gives_a_worker_that_came_back_a_new_peer, .timeout = 60)
{
    struct stage stage;
    struct peer first;

    meet(&stage, "tcp://127.0.0.1:*");
    first = stage.coordinator.peer;
    channel_next(stage.worker.channel);
    send_sample(&stage.worker, MESSAGE_HELLO);
    stage_await(&stage, &stage.coordinator.messages, 2, "the second HELLO");
    cr_expect_not(peer_equals(&first, &stage.coordinator.peer));
    cr_expect(peer_equals(&stage.coordinator.peer, &stage.coordinator.peer));
    stage_close(&stage);
}

struct succession {
    struct stage *stage;
    const char *url;
    struct loop_timer *again;
};

static void try_to_bind(void *argument)
{
    struct succession *succession = argument;
    struct stage *stage = succession->stage;
    struct channel_handlers handlers = handlers_of(&stage->coordinator);
    struct fault fault;

    if (channel_bind(stage->loop, succession->url, NULL, &handlers, &stage->coordinator.channel, &fault))
        loop_stop(stage->loop);
    else
        loop_timer_start(succession->again, 5);
}

/* ZeroMQ closes a listening socket in the background. */
static void bind_when_free(struct stage *stage, const char *url)
{
    struct succession succession = {stage, url, NULL};

    succession.again = loop_timer_new(stage->loop, try_to_bind, &succession);
    loop_timer_start(succession.again, 0);
    loop_timer_start(stage->limit, 10000);
    loop_run(stage->loop);
    loop_timer_destroy(&succession.again);
    cr_assert_not(stage->late, "%s never became free", url);
}

struct insistence {
    struct side *side;
    struct loop_timer *again;
};

/* What is sent before the old connection is known to be dead goes down with it: a message may be lost. */
static void send_again(void *argument)
{
    struct insistence *insistence = argument;

    send_sample(insistence->side, MESSAGE_PONG);
    loop_timer_start(insistence->again, 20);
}

Test(channel, waits_for_a_coordinator_that_comes_later, .timeout = 60)
{
    struct stage stage;
    struct insistence insistence = {.side = &stage.worker};
    char folder[] = "/tmp/handover-XXXXXX";
    scoped(string_free) char *url = NULL;

    cr_assert(mkdtemp(folder));
    url = x_sprintf("ipc://%s/coordinator", folder);
    stage_open(&stage);
    stage_connect(&stage, url, NULL);
    send_sample(&stage.worker, MESSAGE_HELLO);
    stage_bind(&stage, url);
    stage_await(&stage, &stage.coordinator.messages, 1, "HELLO");
    channel_close(&stage.coordinator.channel);
    bind_when_free(&stage, url);
    insistence.again = loop_timer_new(stage.loop, send_again, &insistence);
    send_again(&insistence);
    stage_await(&stage, &stage.coordinator.messages, 2, "PONG at its successor");
    loop_timer_destroy(&insistence.again);
    stage_close(&stage);
    unlink(url + strlen("ipc://"));
    rmdir(folder);
}

static void check_address_in_use(const char *url)
{
    struct stage stage;
    struct side second = {.stage = &stage};
    struct channel_handlers handlers = handlers_of(&second);
    struct fault fault = {0};

    meet(&stage, url);
    cr_expect_not(
        channel_bind(stage.loop, channel_url(stage.coordinator.channel), NULL, &handlers, &second.channel, &fault),
        "%s was bound twice", url);
    cr_expect_eq(fault.kind, FAULT_BAD_INPUT);
    cr_expect(strstr(fault.text, channel_url(stage.coordinator.channel)), "got '%s'", fault.text);
    cr_expect_null(second.channel);
    send_sample(&stage.worker, MESSAGE_PONG);
    stage_await(&stage, &stage.coordinator.messages, 2, "PONG at the first");
    stage_close(&stage);
}

Test(channel, does_not_take_the_address_of_another, .timeout = 60)
{
    char folder[] = "/tmp/handover-XXXXXX";
    scoped(string_free) char *url = NULL;

    cr_assert(mkdtemp(folder));
    url = x_sprintf("ipc://%s/coordinator", folder);
    check_address_in_use(url);
    check_address_in_use("tcp://127.0.0.1:*");
    unlink(url + strlen("ipc://"));
    rmdir(folder);
}

Test(channel, takes_over_a_socket_that_a_dead_program_left, .timeout = 60)
{
    struct stage stage;
    char folder[] = "/tmp/handover-XXXXXX";
    scoped(string_free) char *path = NULL;
    scoped(string_free) char *url = NULL;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int dead = socket(AF_UNIX, SOCK_STREAM, 0);

    cr_assert(mkdtemp(folder));
    path = x_sprintf("%s/coordinator", folder);
    url = x_sprintf("ipc://%s", path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    cr_assert_eq(bind(dead, (struct sockaddr *)&address, sizeof address), 0);
    close(dead);
    meet(&stage, url);
    stage_close(&stage);
    unlink(path);
    rmdir(folder);
}

Test(channel, stays_on_this_machine_unless_told, .timeout = 60)
{
    struct stage stage;
    struct channel *channel = NULL;
    struct channel_handlers handlers = handlers_of(&stage.coordinator);
    struct channel_options network = {.allow_network = true};
    struct fault fault = {0};

    stage_open(&stage);
    cr_expect_not(channel_bind(stage.loop, "tcp://*:0", NULL, &handlers, &channel, &fault));
    cr_expect(strstr(fault.text, "not encrypted"), "got '%s'", fault.text);
    cr_expect_not(channel_connect(stage.loop, "tcp://coordinator:5555", NULL, &handlers, &channel, &fault));
    cr_expect(strstr(fault.text, "not encrypted"), "got '%s'", fault.text);
    cr_expect(channel_bind(stage.loop, "tcp://*:*", &network, &handlers, &channel, &fault), "%s", fault.text);
    channel_close(&channel);
    cr_expect(channel_connect(stage.loop, "tcp://coordinator:5555", &network, &handlers, &channel, &fault), "%s",
              fault.text);
    channel_close(&channel);
    stage_close(&stage);
}

Test(channel, listens_at_every_address_of_a_list, .timeout = 60)
{
    struct stage stage;

    stage_open(&stage);
    stage_bind(&stage, "inproc://first, tcp://127.0.0.1:*");
    stage_connect(&stage, "inproc://first", NULL);
    send_sample(&stage.worker, MESSAGE_HELLO);
    stage_await(&stage, &stage.coordinator.messages, 1, "HELLO at the first address");
    channel_close(&stage.worker.channel);
    stage_connect(&stage, channel_url(stage.coordinator.channel), NULL);
    send_sample(&stage.worker, MESSAGE_HELLO);
    stage_await(&stage, &stage.coordinator.messages, 2, "HELLO at the second address");
    stage_close(&stage);
}

Test(channel, loses_nothing_of_a_burst, .timeout = 60)
{
    struct stage stage;
    int sent = 0;

    meet(&stage, "tcp://127.0.0.1:*");
    for (; sent < 900; sent++)
        send_sample(&stage.worker, MESSAGE_PROGRESS);
    stage_await(&stage, &stage.coordinator.messages, 901, "900 PROGRESS");
    cr_expect_eq(stage.coordinator.garbage, 0);
    stage_close(&stage);
}
