#include "stage.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"

enum { LIMIT_MS = 20000, POLL_MS = 5 };

static void on_poll(void *argument)
{
    struct stage *stage = argument;

    stage->late = clock_monotonic_ms() > stage->until_ms;
    if (stage->late || stage->reached(stage->argument))
        loop_stop(stage->database.loop);
    else
        loop_timer_start(stage->poll, POLL_MS);
}

void stage_await(struct stage *stage, bool (*reached)(void *argument), void *argument, const char *what)
{
    stage->reached = reached;
    stage->argument = argument;
    stage->until_ms = clock_monotonic_ms() + LIMIT_MS;
    loop_timer_start(stage->poll, 0);
    loop_run(stage->database.loop);
    cr_assert(!stage->late, "waited in vain for %s", what);
}

struct awaited_number {
    struct stage *stage;
    const char *sql;
    int64_t least;
};

static bool is_number_reached(void *argument)
{
    struct awaited_number *awaited = argument;

    return database_number(&awaited->stage->database, "%s", awaited->sql) >= awaited->least;
}

void stage_await_number(struct stage *stage, int64_t least, const char *sql)
{
    struct awaited_number awaited = {stage, sql, least};

    stage_await(stage, is_number_reached, &awaited, sql);
}

void stage_open(struct stage *stage)
{
    *stage = (struct stage){.folder = "/tmp/handover-stage-XXXXXX"};
    cr_assert(mkdtemp(stage->folder));
    database_open(&stage->database);
    stage->poll = loop_timer_new(stage->database.loop, on_poll, stage);
}

void stage_close(struct stage *stage)
{
    loop_timer_destroy(&stage->poll);
    database_close(&stage->database);
    for (int number = 1; number <= 2; number++) {
        scoped(string_free) char *socket = x_sprintf("%s/coordinator-%d", stage->folder, number);

        unlink(socket); /* ZeroMQ's own thread may be quicker */
    }
    cr_expect(rmdir(stage->folder) == 0, "%s is not empty", stage->folder);
}

static char *url_of(const struct stage *stage, int number)
{
    return x_sprintf("ipc://%s/coordinator-%d", stage->folder, number);
}

struct coordinator *stage_lead(struct stage *stage, int number, int64_t lease_ms, int64_t task_size)
{
    scoped(string_free) char *url = url_of(stage, number);
    struct coordinator_settings settings = {
        .database_url = stage->database.url, .listen_url = url, .task_size = task_size, .lease_ms = lease_ms};
    struct coordinator *coordinator = NULL;
    struct fault fault = {0};

    cr_assert(coordinator_open(stage->database.loop, &settings, &coordinator, &fault), "%s", fault.text);
    return coordinator;
}

static void on_message(void *argument, const struct peer *peer, const struct message *message)
{
    struct player *player = argument;

    (void)peer;
    if (message->type == MESSAGE_TASK && player->got[MESSAGE_TASK] < PLAYER_TASKS)
        player->tasks[player->got[MESSAGE_TASK]] = *message;
    player->got[message->type]++;
    player->last[message->type] = *message;
    if (message->type == MESSAGE_PING)
        player_send(player, &(struct message){.type = MESSAGE_PONG});
}

void player_open(struct stage *stage, struct player *player, int number, const char *name, const char *kinds)
{
    scoped(string_free) char *url = url_of(stage, number);
    struct channel_handlers handlers = {.message = on_message, .argument = player};
    struct fault fault = {0};

    *player = (struct player){.stage = stage, .kinds = kinds, .pid = 4711, .host = "elsewhere"};
    snprintf(player->name, sizeof player->name, "%s", name);
    cr_assert(channel_connect(stage->database.loop, url, NULL, &handlers, &player->channel, &fault), "%s", fault.text);
}

void player_close(struct player *player)
{
    channel_close(&player->channel);
}

void player_send(struct player *player, const struct message *message)
{
    struct fault fault = {0};

    cr_assert(channel_send(player->channel, NULL, message, &fault), "%s", fault.text);
}

static void say_hello(struct player *player)
{
    struct message message = {.type = MESSAGE_HELLO, .hello = {.slots = 4, .pid = player->pid}};

    message_set(message.hello.worker, player->name);
    message_set(message.hello.kinds, player->kinds);
    message_set(message.hello.host, player->host);
    player_send(player, &message);
}

static bool is_answered(void *argument)
{
    struct player *player = argument;

    return player->got[MESSAGE_WELCOME] + player->got[MESSAGE_STANDBY] > 0;
}

/* A coordinator that has just started does not lead yet: it is asked again. */
void player_hello(struct player *player)
{
    int64_t until_ms = clock_monotonic_ms() + LIMIT_MS;

    do {
        cr_assert(clock_monotonic_ms() < until_ms, "%s was never welcome", player->name);
        player->got[MESSAGE_WELCOME] = 0;
        player->got[MESSAGE_STANDBY] = 0;
        say_hello(player);
        stage_await(player->stage, is_answered, player, "an answer to HELLO");
    } while (player->got[MESSAGE_WELCOME] == 0);
}

void player_ready(struct player *player, const char *kind, int64_t credit)
{
    struct message message = {.type = MESSAGE_READY, .ready.credit = credit};

    message_set(message.ready.kind, kind);
    player_send(player, &message);
}

struct awaited_message {
    struct player *player;
    enum message_type type;
    int count;
};

static bool is_message_reached(void *argument)
{
    struct awaited_message *awaited = argument;

    return awaited->player->got[awaited->type] >= awaited->count;
}

void player_await(struct player *player, enum message_type type, int count)
{
    struct awaited_message awaited = {player, type, count};

    stage_await(player->stage, is_message_reached, &awaited, message_name(type));
}
