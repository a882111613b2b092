/* What can be done with a record, for all resources alike (API reference, sections 3.5 and 5). */
#ifndef SANDBOX_VERBS_H
#define SANDBOX_VERBS_H

#include "sandbox/act.h"

/* Finds the record of act->kind that the path names. False: answered 404. An archived or deleted one is not found. */
bool verb_find(struct act *act, const char *id);

/* GET of one record: hidden ones need q[]=archived_at:* and the like. */
void verb_read(struct act *act, const char *id);

void verb_create(struct act *act);
void verb_update(struct act *act);
void verb_archive(struct act *act);
void verb_delete(struct act *act); /* for good: nothing shows the record any more */
void verb_unarchive(struct act *act, const char *id);

/* The create without its answer: reads act->body, checks and stores. False: act->problems says why. */
bool verb_store(struct act *act);

#endif
