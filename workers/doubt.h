/*
 * Records in doubt: sent, but nobody knows whether they are in Cliniko. A late commit is waited for, then Cliniko is
 * asked; what is found is adopted; only after a second look that finds nothing is the record sent again (API reference
 * 7).
 */
#ifndef WORKERS_DOUBT_H
#define WORKERS_DOUBT_H

#include "db/record.h"
#include "workers/sender.h"

/* The item was sent without an answer, sent_ago_ms ago. */
void doubt_begin(struct item *item, int64_t sent_ago_ms);

/* A change is refused: perhaps since it was sent before and is done. Asks, and keeps the refusal for the case that it
 * is not. */
void doubt_recheck(struct item *item, const struct fault *refusal);

/* Starts the next look-up that is due, of as many items as the entity takes; one look-up at a time, so that equal
 * records never adopt the same object. */
void doubt_ask_next(struct sender *sender, int64_t now_ms);

/* Asks for Cliniko's clock, by which a later look-up tells what is new; false when it is known, or is being asked for
 * no more. The job begins when the answer comes (sender_begin). */
bool doubt_learns_time(struct sender *sender);

/* Nothing may be sent now: a look-up of an entity that is looked up alone is due or under way. */
bool doubt_holds(const struct sender *sender);

/* The one request of a look-up. `done` gets the item; it ends with sender_found, sender_absent or sender_look_failed.
 */
void doubt_ask(struct item *item, const struct text *path, const char *action, cliniko_done_fn *done);

/* Of sender.c, for the two files of the engine only. */
void item_settle(struct item *item, enum record_state state, const char *cliniko_id, const char *problem);
void item_rest(struct item *item, int64_t least_ms);
void sender_flush(struct sender *sender);
void sender_hold(struct sender *sender);

#endif
