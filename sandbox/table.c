#include "sandbox/table.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/must.h"

static size_t slot_of(const struct hash *hash, uint64_t key)
{
    size_t slot = (size_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> 20) & (hash->room - 1);

    while (hash->keys[slot] && hash->keys[slot] != key)
        slot = (slot + 1) & (hash->room - 1);
    return slot;
}

uint32_t hash_get(const struct hash *hash, uint64_t key)
{
    return hash->room ? hash->values[slot_of(hash, key)] : 0;
}

static void grow(struct hash *hash)
{
    struct hash bigger = {.room = hash->room ? hash->room * 2 : 64, .count = hash->count};

    bigger.keys = x_alloc_array(bigger.room, sizeof bigger.keys[0]);
    bigger.values = x_alloc_array(bigger.room, sizeof bigger.values[0]);
    for (size_t i = 0; i < hash->room; i++) {
        if (hash->keys[i]) {
            size_t slot = slot_of(&bigger, hash->keys[i]);

            bigger.keys[slot] = hash->keys[i];
            bigger.values[slot] = hash->values[i];
        }
    }
    hash_release(hash);
    *hash = bigger;
}

void hash_put(struct hash *hash, uint64_t key, uint32_t value)
{
    size_t slot = 0;

    must(key != 0);
    if (hash->count * 3 >= hash->room * 2)
        grow(hash);
    slot = slot_of(hash, key);
    if (!hash->keys[slot])
        hash->count++;
    hash->keys[slot] = key;
    hash->values[slot] = value;
}

void hash_release(struct hash *hash)
{
    free(hash->keys);
    free(hash->values);
    *hash = (struct hash){0};
}

uint64_t hash_text(const char *text)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325); /* FNV-1a */

    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;

        if (byte >= 'A' && byte <= 'Z')
            byte = (unsigned char)(byte + 32);
        hash = (hash ^ byte) * UINT64_C(0x100000001B3);
    }
    return hash ? hash : 1;
}

void table_init(struct table *table, const struct schema *schema)
{
    *table = (struct table){.schema = schema};
}

void table_release(struct table *table)
{
    for (uint32_t i = 0; i < table->count; i++)
        record_destroy(table->schema, &table->rows[i]);
    free(table->rows);
    hash_release(&table->ids);
    for (int i = 0; i < SCHEMA_INDEXES_MAX; i++)
        hash_release(&table->indexes[i]);
    table_init(table, table->schema);
}

/* 0 when the field has no value: such records are in no chain. */
static uint64_t key_of(const struct field *field, const union cell *cell)
{
    if (cell_is_null(field->kind, cell))
        return 0;
    return field->kind == FIELD_ID ? cell->id : hash_text(cell->text);
}

static void index_add(struct table *table, const struct field *field, struct record *record, const union cell *cell)
{
    struct hash *hash = &table->indexes[field->index - 1];
    uint64_t key = key_of(field, cell);

    if (!key)
        return;
    record->index_next[field->index - 1] = hash_get(hash, key);
    hash_put(hash, key, record->position + 1);
}

static void index_remove(struct table *table, const struct field *field, struct record *record)
{
    int which = field->index - 1;
    uint64_t key = key_of(field, &record->cells[field - table->schema->fields]);
    uint32_t at = key ? hash_get(&table->indexes[which], key) : 0;

    if (!at)
        return;
    if (at == record->position + 1) {
        hash_put(&table->indexes[which], key, record->index_next[which]);
    } else {
        struct record *before = table->rows[at - 1];

        while (before->index_next[which] != record->position + 1)
            before = table->rows[before->index_next[which] - 1];
        before->index_next[which] = record->index_next[which];
    }
    record->index_next[which] = 0;
}

void table_add(struct table *table, struct record *record)
{
    if (table->count == table->room) {
        table->room = table->room ? table->room * 2 : 16;
        table->rows = x_grow_array(table->rows, table->room, sizeof table->rows[0]);
    }
    record->position = table->count;
    table->rows[table->count++] = record;
    hash_put(&table->ids, record->cells[RECORD_ID].id, record->position + 1);
    for (int i = 0; i < table->schema->count; i++)
        if (table->schema->fields[i].index)
            index_add(table, &table->schema->fields[i], record, &record->cells[i]);
}

struct record *table_find(const struct table *table, uint64_t id)
{
    uint32_t place = id ? hash_get(&table->ids, id) : 0;

    return place ? table->rows[place - 1] : NULL;
}

void table_change(struct table *table, struct record *record, struct change *change)
{
    bool again[SCHEMA_FIELDS_MAX] = {false};

    for (int i = 0; i < table->schema->count; i++) {
        again[i] = table->schema->fields[i].index && change->set[i];
        if (again[i])
            index_remove(table, &table->schema->fields[i], record);
    }
    record_apply(table->schema, record, change);
    for (int i = 0; i < table->schema->count; i++)
        if (again[i])
            index_add(table, &table->schema->fields[i], record, &record->cells[i]);
}

struct record *table_first(const struct table *table, int field, const union cell *key)
{
    const struct field *facts = &table->schema->fields[field];
    uint64_t hash = key_of(facts, key);
    uint32_t place = 0;

    must(facts->index > 0);
    place = hash ? hash_get(&table->indexes[facts->index - 1], hash) : 0;
    return place ? table->rows[place - 1] : NULL;
}

struct record *table_next(const struct table *table, int field, const struct record *record)
{
    uint32_t place = record->index_next[table->schema->fields[field].index - 1];

    return place ? table->rows[place - 1] : NULL;
}
