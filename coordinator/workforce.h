/*
 * The workers that are connected to this coordinator: who they are, how many more tasks of each kind they take, when
 * they were heard last. Memory only: a coordinator that starts anew learns it from their HELLO.
 */
#ifndef COORDINATOR_WORKFORCE_H
#define COORDINATOR_WORKFORCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/channel.h"

enum { WORKFORCE_KINDS_MAX = 16, WORKFORCE_KIND_SIZE = 33, WORKFORCE_NAME_SIZE = 301 };

struct credit {
    char kind[WORKFORCE_KIND_SIZE];
    int64_t free; /* tasks of this kind that it takes now */
};

struct worker {
    char name[WORKFORCE_NAME_SIZE];
    char host[WORKFORCE_NAME_SIZE];
    int64_t pid;
    struct peer peer;
    int64_t heard_ms; /* monotonic */
    int64_t gone_ms;  /* since when it is not connected any more; 0: it is */
    struct credit credits[WORKFORCE_KINDS_MAX];
    size_t kinds;
    struct worker *next;
};

struct workforce {
    struct worker *first;
    size_t count;
};

/* Adds the worker of a HELLO, or renews it: its credit begins at zero. */
struct worker *workforce_hello(struct workforce *workforce, const struct peer *peer, const struct message *hello,
                               int64_t now_ms);
struct worker *workforce_find_peer(struct workforce *workforce, const struct peer *peer);
struct worker *workforce_find_name(struct workforce *workforce, const char *name);

/* The worker's credit for a kind; NULL when it did not name the kind in its HELLO. */
struct credit *worker_credit(struct worker *worker, const char *kind);

void workforce_remove(struct workforce *workforce, struct worker *worker);
void workforce_clear(struct workforce *workforce);

#endif
