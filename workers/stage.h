/*
 * The stage of an item: what an entity has to do for a single record before its request can be made, for example bring
 * its file to where the request points. Several items are in their stages at once. The intent is written after the
 * stage, right before the request leaves, so that a stage that takes hours puts nothing in doubt.
 */
#ifndef WORKERS_STAGE_H
#define WORKERS_STAGE_H

#include "base/fault.h"
#include "workers/sender.h"

/* Called by an entity: the stage is done; compose comes when the intent is written. */
void stage_done(struct item *item);

/* The stage did not work, and it is nothing about this record alone. It begins anew after a pause; after too many
 * attempts, or when it is for good, the task goes back by this fault. */
void stage_failed(struct item *item, const struct fault *fault);

/* Of the engine only. */
void stage_begin_due(struct sender *sender, int64_t now_ms);
bool stage_lets_intend(const struct item *item);
void stage_again(struct item *item); /* from any state: the item has to go through its stage (again) */
void stage_wake(struct item *item);  /* it has rested */

#endif
