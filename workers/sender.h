/*
 * The engine behind every kind of work that sends records: it loads them in windows, writes the intent of a window
 * before any of its bytes leave, keeps many requests under way, writes outcomes in batches beside the sending, and asks
 * Cliniko about records that were sent without an answer before they may be sent again.
 *
 * The invariant: a record that may exist in Cliniko is never sent again before a look-up has said that it is not there,
 * after the longest time that a late commit can take (API reference 7). An entity brings a struct sender_entity.
 */
#ifndef WORKERS_SENDER_H
#define WORKERS_SENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "base/text.h"
#include "cliniko/client.h"
#include "db/record.h"
#include "model/body.h"
#include "workers/item.h"
#include "workers/job.h"

struct sender_entity {
    enum http_method method;
    enum cliniko_effect effect;
    const char *action; /* "create patients" */
    int64_t window;     /* records in a window; 0: by the account's rate */
    int64_t asked_most; /* items in one look-up; 0: one */
    bool alone;         /* equal records cannot be told apart: nothing else is under way while one is looked up */

    /* What the entity has to know before a job begins; calls sender_begin when it is there. NULL: nothing. */
    void (*open)(struct sender *sender);
    void (*close)(struct sender *sender);

    /* The job is to stop: what the entity waits for is given up now. NULL: it waits for nothing. */
    void (*stop)(struct sender *sender);

    /* Gets what a loaded window needs (target_id); calls sender_prepared. NULL: nothing. */
    void (*prepare)(struct sender *sender);

    /* Writes path and body; may set the item's client, and warn of what it goes without. FAULT_REFUSED: the record is
     * skipped, other faults fail it, with the text as the reason. */
    bool (*compose)(struct sender *sender, struct item *item, const struct json *payload, struct text *path,
                    struct text *body, struct fault *fault);

    /* What has to be done for a single record before it can be composed; ends with stage_done, stage_failed or
     * sender_skip (stage.h). NULL: nothing. */
    void (*stage)(struct item *item);

    /* The request was accepted. False: another part of the record is to follow, and its stage begins anew. NULL: true.
     */
    bool (*accepted)(struct item *item, const char *cliniko_id);

    /* The request was refused. True: it was dealt with. NULL: the record fails with Cliniko's words. */
    bool (*refused)(struct item *item, const struct fault *fault);

    /* Asks whether the items in state ITEM_ASKING, the first of which is given, are in Cliniko; ends for each of them
     * with sender_found, sender_absent or sender_look_failed. For repeatable changes it is asked when one was refused:
     * is the object as it should be, from an earlier time that it was sent? */
    void (*look_up)(struct item *item);
};

enum { SENDER_ATTEMPTS_MOST = 8 }; /* of one record before its task is returned */

/* The state of a job that sends. */
struct sender {
    struct job *job;
    const struct sender_entity *entity;
    void *state;        /* the entity's own */
    struct item *items; /* all that have no outcome yet, in order */
    struct item *last_item;
    int64_t next_ordinal;
    int64_t window;
    int64_t in_flight_most; /* by the account's rate */
    bool hungry;            /* counted in job->hungry */
    int64_t unsent;         /* loaded, staging, intending, ready */
    int64_t staging;
    int64_t sent;
    int64_t timed;                  /* resting or doubtful: with a time at which they are looked at again */
    int64_t asking;                 /* looked up just now */
    struct cliniko_call *time_call; /* asks for Cliniko's clock; NULL when it is known */
    bool knows_time;                /* it was asked for */
    bool loading;                   /* from the load to what the entity prepares */
    bool intending;                 /* to the answer of the intent */
    bool exhausted;
    bool stopping;
    struct fault why_stopping; /* FAULT_NONE: told to */
    struct record_outcome *outcomes;
    size_t outcome_count;
    int64_t writing;   /* statements of outcomes under way */
    int64_t resume_ms; /* nothing is begun before: the last slot would have come after the end of the lease */
    struct loop_timer *timer;
    struct loop_timer *flush;
    struct loop_timer *step;
    int64_t random_state;
};

void sender_start(struct job *job, const struct sender_entity *entity);
void sender_stop(struct job *job);
void sender_close(struct job *job);

/* Called by an entity's functions. */
void sender_begin(struct sender *sender);
void sender_prepared(struct sender *sender, const struct fault *fault);
void sender_found(struct item *item, const char *cliniko_id);
void sender_absent(struct item *item);
void sender_look_failed(struct item *item, const struct fault *fault);
void sender_skip(struct item *item, const char *problem);

/* Ends the job: nothing more is sent, what is under way is recorded, then the job ends by this fault. */
void sender_give_up(struct sender *sender, const struct fault *why);

#endif
