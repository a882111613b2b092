/*
 * Creates, entity by entity, from one table row each: where the objects live, and how one that was sent without an
 * answer is found again (API reference 7; look_up.h). The body is model/body.h's; what the record points to comes from
 * the ID maps.
 */
#ifndef WORKERS_CREATION_H
#define WORKERS_CREATION_H

#include "base/json.h"
#include "cliniko/path.h"
#include "workers/ids.h"
#include "workers/sender.h"

enum { CREATION_MEMBERS_MAX = 4 };

/* The first member of each row, where nothing special is to be done. */
#define CREATION_SENDER(what)                                                                                          \
    .method = HTTP_POST, .effect = CLINIKO_CREATE, .action = (what), .open = creation_open, .close = creation_close,   \
    .compose = creation_compose, .asked_most = PATH_IDS_MAX, .look_up = look_up_start

struct creation {
    struct sender_entity sender; /* first, so that a sender's entity leads back to its creation */
    enum entity entity;
    const char *path;
    const char *array;                        /* the member of a list's answer that holds the objects */
    const char *look;                         /* "look for taxes" */
    const char *equal[CREATION_MEMBERS_MAX];  /* members of the body that the list is filtered by; absent: not */
    const char *instant;                      /* one that is filtered as an instant, between two bounds */
    const char *listed;                       /* one that a list of several records' ids is made of; NULL: none */
    bool since;                               /* only what was created since the record was sent */
    const char *hidden[CREATION_MEMBERS_MAX]; /* states that a list leaves out unless asked: "archived_at" */
    const char *same[CREATION_MEMBERS_MAX];   /* members of the body that the object must have */
    const char *marked;                       /* the member that has the record's marker */
};

struct look_up;

/* The state of a job that creates. Entities with more to remember begin theirs with it. */
struct creating {
    const struct creation *creation;
    struct ids *ids;
    struct look_up *look_up; /* NULL: none is under way */
    bool singly;             /* a list for several records at once was refused or too long */
};

/* For start of a job kind: the row of the job's entity in the kind's table, which ends with a row without a path. */
void creation_start(struct job *job, const struct creation *table);
const struct creation *creation_find(const struct creation *table, enum entity entity);

/* The functions of a row's sender. */
void creation_open(struct sender *sender);
void creation_close(struct sender *sender);
bool creation_compose(struct sender *sender, struct item *item, const struct json *payload, struct text *path,
                      struct text *body, struct fault *fault);

/* For entities with a state of their own, in place of open and close. */
void creation_begin(struct sender *sender, struct creating *creating);
void creation_end(struct sender *sender, struct creating *creating);

/* Cliniko's ids of what a record points to, and a warning at the item for each that is not there. */
void creation_ids(struct item *item, const struct json *payload, struct body_ids *ret);

#endif
