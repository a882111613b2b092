/* One request on its way through the sandbox: who asks, for what, and what has come of it so far. */
#ifndef SANDBOX_ACT_H
#define SANDBOX_ACT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "sandbox/answer.h"
#include "sandbox/options.h"
#include "sandbox/problems.h"
#include "sandbox/record.h"
#include "sandbox/store.h"
#include "sandbox/target.h"

struct request;
struct resource;
struct s3_bucket;

struct act {
    const struct sandbox_options *options;
    struct store *store;
    struct stats *stats;
    struct account *account;
    struct user *user; /* NULL while seeding */
    int64_t now;       /* UTC seconds */
    int64_t now_ms;    /* 0 while seeding */
    struct s3_bucket *bucket;
    const struct request *request;
    const char *base; /* "http://host:port/v1/", what all links start with */
    const struct target *target;
    enum resource_kind kind;
    const struct json *body;
    struct record *record;           /* the record that the path names; NULL on a create */
    struct change change;            /* what the body sets */
    bool touched[SCHEMA_FIELDS_MAX]; /* for `changed`: what the body had set */
    struct problems problems;
    bool unknown_related; /* one of the problems is an id of another record that is not there */
    bool archived_parent; /* one of the problems is that the patient is archived */
    bool seeding;
    struct answer *answer;
};

static inline struct table *act_table(struct act *act, enum resource_kind kind)
{
    return &act->account->tables[kind];
}

/* Empties it; the texts of problems are left as they are, since this is done for every request. */
void act_init(struct act *act);

/* The cell as it will be when the change is applied. */
const union cell *act_cell(const struct act *act, int field);

#endif
