/* The paths and methods that are served, who may use them, and what carries them out. */
#ifndef SANDBOX_ROUTES_H
#define SANDBOX_ROUTES_H

#include <stdbool.h>

#include "sandbox/act.h"
#include "sandbox/store.h"
#include "sandbox/target.h"

/* Numbers under which requests are counted that no entry carries out: unrouted ones, and uploads to the bucket. */
enum { ROUTES_NONE, ROUTES_S3, ROUTES_FIRST };

struct route {
    const char *name; /* "POST /v1/patients/{id}/archive" */
    const char *method;
    const char *segments[TARGET_SEGMENTS_MAX]; /* after /v1; "{id}" stands for any */
    enum resource_kind kind;
    unsigned roles; /* a bit for each role that may */
    bool takes_body;
    void (*carry_out)(struct act *act);
};

int route_count(void); /* ROUTES_NONE is one of them */
const struct route *route_at(int number);

/* The number of the route, ROUTES_NONE when there is none. */
int route_find(const char *method, const struct target *target);

/* The number of the route that has this name, or -1. */
int route_named(const char *name);

bool route_allows(const struct route *route, enum role role);

#endif
