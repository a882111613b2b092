/*
 * Whose keys the operator gave for single practitioners: each is asked for its user, and the user looked for among
 * Cliniko's practitioners, those who left included. Until a key's owner is known, nothing is written with it.
 */
#ifndef WORKERS_KEYS_H
#define WORKERS_KEYS_H

#include "workers/job.h"

struct keys;

/* One sentence about a key that cannot be used as it was meant: refused by Cliniko, of a user who is no practitioner,
 * or of another practitioner than the one it was given for. Borrowed. */
typedef void keys_finding_fn(void *argument, const char *finding);

/* The end, in a later turn. With a fault nobody knows about the keys that were not asked for yet. */
typedef void keys_done_fn(void *argument, const struct fault *fault);

/* Asks for the owners of all keys of the job's context and notes them in the database and in the context. Takes one
 * request for each key and one for each hundred practitioners; without keys none. */
struct keys *keys_check(struct job *job, keys_finding_fn *finding, keys_done_fn *done, void *argument);
void keys_destroy(struct keys **keys); /* also gives up what is under way; no callback any more */

/* True when the owner of every key is known. */
bool keys_are_known(const struct context *context);

#endif
