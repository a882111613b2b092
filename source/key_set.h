/*
 * The source keys that were met, and what became of each: duplicates and dangling references are found with it. Keys
 * are kept as 128-bit hashes (30 to 100 bytes a key), so that two of a billion keys are taken for one with a
 * chance of less than 1 in 10^20.
 */
#ifndef SOURCE_KEY_SET_H
#define SOURCE_KEY_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum { KEY_ABSENT = 0, KEY_STAGED = 1, KEY_PROBLEM = 2, KEY_LEFT = 3 /* plus the number of the reason */ };

struct key_set;

struct key_set *key_set_new(void);
void key_set_destroy(struct key_set **set);

/* What became of the key; KEY_ABSENT when it was never put. */
unsigned key_set_find(const struct key_set *set, struct slice key);

/* Keeps the first word on a key: false, and no change, when it is there already. */
bool key_set_put(struct key_set *set, struct slice key, unsigned state);

#endif
