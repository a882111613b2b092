/*
 * One record on its way through a sender: what was loaded, and how far it is. Items of a sender form one list in the
 * order of their ordinals; item_move is the only place where a state changes.
 */
#ifndef WORKERS_ITEM_H
#define WORKERS_ITEM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "db/connection.h"

struct sender;
struct cliniko;
struct cliniko_call;

enum item_state {
    ITEM_LOADED,    /* in memory, no intent written */
    ITEM_STAGING,   /* what precedes its request is under way (stage.h) */
    ITEM_INTENDING, /* the intent is being written */
    ITEM_READY,     /* may be sent */
    ITEM_SENT,      /* waits for its slot or for its answer */
    ITEM_RESTING,   /* did not happen; tried again at due_ms */
    ITEM_DOUBTFUL,  /* may have happened; asked for at due_ms */
    ITEM_ASKING,    /* the look-up is under way */
    ITEM_GONE,      /* settled or dropped: about to be freed */
};

struct item {
    struct sender *sender;
    int64_t ordinal;
    char *key;
    struct slice payload;   /* JSON text; owned */
    char *parent_id;        /* Cliniko's id of the parent; NULL for none */
    char *link_id;          /* Cliniko's id of what it points to as well; NULL for none */
    char *sent_at;          /* by Cliniko's clock, UTC text: when it was sent that it is in doubt of; NULL otherwise */
    char *own_id;           /* Cliniko's id, where another transfer brought it meanwhile; NULL otherwise */
    int64_t sent_there;     /* Cliniko's clock at the intent, UTC seconds; 0 when unknown */
    char *target_id;        /* for entities that prepare: what the change is made on, for example the attendee */
    char *warning;          /* what it went over without; NULL for nothing */
    struct cliniko *client; /* whose key it is sent with; NULL: the account's */
    char *refusal;          /* what a change was refused with, until it is known whether it is done already */
    enum item_state state;
    void *staged; /* what the entity's stage has made so far; NULL for nothing */
    void (*staged_free)(void *staged);
    bool is_staged; /* the stage is done */
    bool partly;    /* a part of it is in Cliniko already: it is never taken for unsent */
    bool in_doubt;  /* an earlier lease left it without an answer */
    int attempts;
    int looks; /* look-ups that found nothing */
    int64_t due_ms;
    struct text body;
    struct cliniko_call *call;
    struct item *before;
    struct item *after;
};

/* Appends the record in a row of record_load. */
void item_add(struct sender *sender, const struct db_rows *rows, int row);

/* Changes the state; the sender's counts follow. */
void item_move(struct item *item, enum item_state state);

/* Takes the item out of its sender and frees it; a request that waits or is under way is given up. */
void item_drop(struct item *item);

/* Notes what the user has to be told about a record that goes over all the same, behind what was noted before. */
void item_warn(struct item *item, const char *format, ...) PRINTF_LIKE(2, 3);

/* The value of a text member of the payload, copied into the caller's hands; NULL when absent. */
char *item_member(const struct item *item, const char *name);

/* For the test of records that crash whoever works on them: aborts at "<entity> <key>" of TESTING_CRASH_AT_RECORD.
 * Builds that ship (NDEBUG) do nothing here. */
void item_crash_if_told(const struct item *item);

#endif
