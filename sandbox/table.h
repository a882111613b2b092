/*
 * The records of one resource in one account, in order of creation, with look-up by id and by the schema's indexes.
 */
#ifndef SANDBOX_TABLE_H
#define SANDBOX_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "sandbox/record.h"

/* Open addressing, 64-bit key to a number above 0. The key 0 does not occur. */
struct hash {
    uint64_t *keys;
    uint32_t *values;
    size_t room; /* a power of two, or 0 */
    size_t count;
};

uint32_t hash_get(const struct hash *hash, uint64_t key); /* 0 when absent */
void hash_put(struct hash *hash, uint64_t key, uint32_t value);
void hash_release(struct hash *hash);
uint64_t hash_text(const char *text); /* never 0; ASCII case does not matter */

struct table {
    const struct schema *schema;
    struct record **rows;
    uint32_t count;
    uint32_t room;
    struct hash ids;
    struct hash indexes[SCHEMA_INDEXES_MAX];
};

void table_init(struct table *table, const struct schema *schema);
void table_release(struct table *table);

/* Takes the record, which has an id that is not in use. */
void table_add(struct table *table, struct record *record);
struct record *table_find(const struct table *table, uint64_t id); /* NULL when absent */

/* Applies a change and keeps the indexes right. */
void table_change(struct table *table, struct record *record, struct change *change);

/* The first record with this key in the field's index, or NULL, and the one after it: newest first, and with text other
 * keys may be among them. */
struct record *table_first(const struct table *table, int field, const union cell *key);
struct record *table_next(const struct table *table, int field, const struct record *record);

#endif
