/*
 * Whether records that were sent without an answer are in Cliniko, for entities that are created (API reference 7): one
 * list answers for as many of them as it can, since requests are what a transfer has least of.
 *
 * An object is adopted when it has the record's marker, or equals what was sent in the members that tell records apart;
 * never when the ID map has it for another record, so that equal records of the old system stay as many as they were.
 */
#ifndef WORKERS_LOOK_UP_H
#define WORKERS_LOOK_UP_H

#include "db/connection.h"
#include "workers/creation.h"

/* The look_up of a creation's sender (sender.h). */
void look_up_start(struct item *item);

/* Gives up what is under way, without any verdict. */
void look_up_destroy(struct look_up **look_up, struct db *db);

#endif
