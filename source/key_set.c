#include "source/key_set.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/must.h"

enum { ROOM_AT_FIRST = 1024 };

struct entry {
    uint64_t hash[2];
    unsigned state; /* KEY_ABSENT: free */
};

struct key_set {
    struct entry *entries;
    size_t room; /* a power of two */
    size_t count;
};

_Static_assert(crypto_shorthash_siphashx24_BYTES == sizeof(uint64_t[2]), "a hash fills an entry");

struct key_set *key_set_new(void)
{
    struct key_set *set = x_alloc(sizeof *set);

    set->room = ROOM_AT_FIRST;
    set->entries = x_alloc_array(set->room, sizeof *set->entries);
    return set;
}

void key_set_destroy(struct key_set **set)
{
    if (*set)
        free((*set)->entries);
    free(*set);
    *set = NULL;
}

static void hash_key(struct slice key, uint64_t ret[2])
{
    static const unsigned char seed[crypto_shorthash_siphashx24_KEYBYTES] = "handover keys";
    unsigned char bytes[crypto_shorthash_siphashx24_BYTES];

    crypto_shorthash_siphashx24(bytes, (const unsigned char *)key.data, key.size, seed);
    memcpy(ret, bytes, sizeof bytes);
}

/* The entry with that hash, or the free one where it belongs. */
static struct entry *place(struct entry *entries, size_t room, const uint64_t hash[2])
{
    size_t at = (size_t)hash[0] & (room - 1);

    while (entries[at].state != KEY_ABSENT && (entries[at].hash[0] != hash[0] || entries[at].hash[1] != hash[1]))
        at = (at + 1) & (room - 1);
    return &entries[at];
}

static void grow(struct key_set *set)
{
    size_t room = set->room * 2;
    struct entry *entries = x_alloc_array(room, sizeof *entries);

    for (size_t i = 0; i < set->room; i++)
        if (set->entries[i].state != KEY_ABSENT)
            *place(entries, room, set->entries[i].hash) = set->entries[i];
    free(set->entries);
    set->entries = entries;
    set->room = room;
}

unsigned key_set_find(const struct key_set *set, struct slice key)
{
    uint64_t hash[2];

    hash_key(key, hash);
    return place(set->entries, set->room, hash)->state;
}

bool key_set_put(struct key_set *set, struct slice key, unsigned state)
{
    uint64_t hash[2];
    struct entry *entry = NULL;

    must(state != KEY_ABSENT);
    if (set->count * 4 >= set->room * 3)
        grow(set);
    hash_key(key, hash);
    entry = place(set->entries, set->room, hash);
    if (entry->state != KEY_ABSENT)
        return false;
    *entry = (struct entry){.hash = {hash[0], hash[1]}, .state = state};
    set->count++;
    return true;
}
