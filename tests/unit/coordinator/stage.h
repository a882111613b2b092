/*
 * Coordinators and workers on one loop, with a real PostgreSQL. The workers speak the protocol and do no work: a test
 * says what they send, and waits for what they get or for what stands in the database.
 */
#ifndef TESTS_UNIT_COORDINATOR_STAGE_H
#define TESTS_UNIT_COORDINATOR_STAGE_H

#include "coordinator/coordinator.h"
#include "proto/channel.h"
#include "support/database.h"

struct stage {
    struct database database;
    struct loop_timer *poll;
    char folder[40];
    int64_t until_ms;
    bool (*reached)(void *argument);
    void *argument;
    bool late;
};

enum { PLAYER_TASKS = 64 };

struct player {
    struct stage *stage;
    struct channel *channel;
    char name[40];
    char host[40];
    const char *kinds;
    int64_t pid;
    int got[MESSAGE_TYPE_COUNT];
    struct message last[MESSAGE_TYPE_COUNT]; /* by type */
    struct message tasks[PLAYER_TASKS];
};

void stage_open(struct stage *stage);
void stage_close(struct stage *stage);

/* Turns the loop until the condition holds; fails the test, in the words of `what`, after 20 seconds. */
void stage_await(struct stage *stage, bool (*reached)(void *argument), void *argument, const char *what);

/* Until a query (one number) gives at least `least`. */
void stage_await_number(struct stage *stage, int64_t least, const char *sql);

/* A coordinator that listens at coordinator-`number` in the stage's folder. */
struct coordinator *stage_lead(struct stage *stage, int number, int64_t lease_ms, int64_t task_size);

/* A worker that is connected there. Its host is no host of ours, so that its life is told by its leases alone. */
void player_open(struct stage *stage, struct player *player, int number, const char *name, const char *kinds);
void player_close(struct player *player);

/* Says HELLO until it is welcome. */
void player_hello(struct player *player);
void player_ready(struct player *player, const char *kind, int64_t credit);
void player_send(struct player *player, const struct message *message);

/* Waits until `count` messages of a type came in all. */
void player_await(struct player *player, enum message_type type, int count);

#endif
