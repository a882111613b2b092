#include "coordinator/workforce.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static void read_kinds(struct worker *worker, const char *kinds)
{
    worker->kinds = 0;
    while (*kinds && worker->kinds < WORKFORCE_KINDS_MAX) {
        size_t length = strcspn(kinds, ",");
        struct credit *credit = &worker->credits[worker->kinds];

        if (length > 0 && length < sizeof credit->kind) {
            *credit = (struct credit){.free = 0};
            memcpy(credit->kind, kinds, length);
            worker->kinds++;
        }
        kinds += length;
        kinds += *kinds == ',';
    }
}

struct worker *workforce_hello(struct workforce *workforce, const struct peer *peer, const struct message *hello,
                               int64_t now_ms)
{
    struct worker *worker = workforce_find_name(workforce, hello->hello.worker);

    if (!worker) {
        worker = x_alloc(sizeof *worker);
        worker->next = workforce->first;
        workforce->first = worker;
        workforce->count++;
    }
    snprintf(worker->name, sizeof worker->name, "%s", hello->hello.worker);
    snprintf(worker->host, sizeof worker->host, "%s", hello->hello.host);
    worker->pid = hello->hello.pid;
    worker->peer = *peer;
    worker->heard_ms = now_ms;
    worker->gone_ms = 0;
    read_kinds(worker, hello->hello.kinds);
    return worker;
}

struct worker *workforce_find_peer(struct workforce *workforce, const struct peer *peer)
{
    for (struct worker *worker = workforce->first; worker; worker = worker->next)
        if (peer_equals(&worker->peer, peer))
            return worker;
    return NULL;
}

struct worker *workforce_find_name(struct workforce *workforce, const char *name)
{
    for (struct worker *worker = workforce->first; worker; worker = worker->next)
        if (strcmp(worker->name, name) == 0)
            return worker;
    return NULL;
}

struct credit *worker_credit(struct worker *worker, const char *kind)
{
    for (size_t i = 0; i < worker->kinds; i++)
        if (strcmp(worker->credits[i].kind, kind) == 0)
            return &worker->credits[i];
    return NULL;
}

void workforce_remove(struct workforce *workforce, struct worker *worker)
{
    struct worker **place = &workforce->first;

    while (*place && *place != worker)
        place = &(*place)->next;
    if (!*place)
        return;
    *place = worker->next;
    workforce->count--;
    free(worker);
}

void workforce_clear(struct workforce *workforce)
{
    while (workforce->first)
        workforce_remove(workforce, workforce->first);
}
