#include "source/lookup.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/letters.h"
#include "source/plain_value.h"

enum { ROOM_AT_FIRST = 256, CHUNK_SIZE = 64 * 1024, FOLLOW_MAX = 32, NO_FOLLOW = -1 };

struct chunk {
    struct chunk *next;
    size_t used;
    size_t room;
    char bytes[];
};

/* The rows of a key. */
struct place {
    struct lookup_row *first; /* NULL: free */
    struct lookup_row *last;
};

struct lookup {
    char *origin;
    size_t *columns; /* of the table, in the order of values; the follow column last */
    size_t column_count;
    size_t key_column;
    long follow; /* index in columns, or NO_FOLLOW */
    struct place *places;
    size_t room;
    size_t count; /* of keys */
    bool many;
    const struct lookup *through; /* NULL: keys count as they stand */
    struct chunk *chunks;
    size_t *budget;
};

static uint64_t hash_of(struct slice key)
{
    uint64_t hash = 14695981039346656037ull; /* FNV-1a */

    for (size_t i = 0; i < key.size; i++)
        hash = (hash ^ (unsigned char)key.data[i]) * 1099511628211ull;
    return hash ^ hash >> 32;
}

static bool same(struct slice one, struct slice two)
{
    return one.size == two.size && memcmp(one.data, two.data, one.size) == 0;
}

static struct place *find_place(struct place *places, size_t room, struct slice key)
{
    size_t at = (size_t)hash_of(key) & (room - 1);

    while (places[at].first && !same(places[at].first->key, key))
        at = (at + 1) & (room - 1);
    return &places[at];
}

static bool fault_large(const struct lookup *lookup, struct fault *fault)
{
    return fault_set(fault, FAULT_BAD_INPUT,
                     "%s is too large to be joined: joined tables may take %d MiB of memory, and only columns that the "
                     "profile uses count",
                     lookup->origin, LOOKUP_BYTES_MAX / 1024 / 1024);
}

static bool spend(struct lookup *lookup, size_t bytes, struct fault *fault)
{
    if (bytes > *lookup->budget)
        return fault_large(lookup, fault);
    *lookup->budget -= bytes;
    return true;
}

/* Memory that lives as long as the lookup, aligned for slices. */
static bool keep(struct lookup *lookup, size_t size, void **ret, struct fault *fault)
{
    struct chunk *chunk = lookup->chunks;

    size = (size + sizeof(struct slice) - 1) & ~(sizeof(struct slice) - 1);
    if (!chunk || chunk->room - chunk->used < size) {
        size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;

        if (!spend(lookup, room, fault))
            return false;
        chunk = x_alloc(sizeof *chunk + room);
        chunk->room = room;
        chunk->next = lookup->chunks;
        lookup->chunks = chunk;
    }
    *ret = chunk->bytes + chunk->used;
    chunk->used += size;
    return true;
}

static bool keep_text(struct lookup *lookup, struct slice text, struct slice *ret, struct fault *fault)
{
    void *copy = NULL;

    *ret = (struct slice){0};
    if (!text.data)
        return true;
    if (!keep(lookup, text.size, &copy, fault))
        return false;
    memcpy(copy, text.data, text.size);
    *ret = (struct slice){copy, text.size};
    return true;
}

static bool make_room(struct lookup *lookup, struct fault *fault)
{
    size_t room = lookup->room * 2;
    struct place *places = NULL;

    if (lookup->count * 4 < lookup->room * 3)
        return true;
    if (!spend(lookup, room * sizeof *places, fault))
        return false;
    places = x_alloc_array(room, sizeof *places);
    for (size_t i = 0; i < lookup->room; i++)
        if (lookup->places[i].first)
            *find_place(places, room, lookup->places[i].first->key) = lookup->places[i];
    free(lookup->places);
    lookup->places = places;
    lookup->room = room;
    return true;
}

/* The key under which a row is found. A circle among the keys that it goes through is told where it is followed. */
static struct slice key_of(const struct lookup *lookup, struct slice key)
{
    const struct lookup_row *meant = NULL;
    struct fault ignored = {0};

    if (key.data && lookup->through && lookup_follow(lookup->through, key, &meant, &ignored) && meant)
        return meant->key;
    return key;
}

static bool keep_row(struct lookup *lookup, const struct profile *profile, const struct value *values, struct slice key,
                     struct scratch *scratch, struct lookup_row **ret, struct fault *fault)
{
    struct slice *list = NULL;
    void *memory = NULL;

    if (!keep(lookup, sizeof **ret, &memory, fault))
        return false;
    *ret = memory;
    **ret = (struct lookup_row){0};
    if (!keep(lookup, (lookup->column_count + 1) * sizeof(struct slice), &memory, fault))
        return false;
    list = memory;
    for (size_t i = 0; i < lookup->column_count; i++)
        if (!keep_text(lookup, plain_value(profile, &values[lookup->columns[i]], scratch), &list[i], fault))
            return false;
    (*ret)->values = list;
    (*ret)->key = key;
    return true;
}

static bool add_row(struct lookup *lookup, const struct profile *profile, const struct value *values,
                    struct scratch *scratch, struct fault *fault)
{
    struct slice key = key_of(lookup, plain_value(profile, &values[lookup->key_column], scratch));
    struct lookup_row *row = NULL;
    struct place *place = NULL;

    if (!key.data)
        return true;
    if (!make_room(lookup, fault))
        return false;
    place = find_place(lookup->places, lookup->room, key);
    if (place->first && !lookup->many)
        return true;
    if (place->first)
        key = place->first->key;
    else if (!keep_text(lookup, key, &key, fault))
        return false;
    if (!keep_row(lookup, profile, values, key, scratch, &row, fault))
        return false;
    if (place->first) {
        place->last->next = row;
    } else {
        place->first = row;
        lookup->count++;
    }
    place->last = row;
    return true;
}

static bool bind(struct lookup *lookup, const struct scan *scan, const struct profile_mapping *mapping, size_t join,
                 struct fault *fault)
{
    const struct profile_join *facts = &mapping->joins[join];

    lookup->columns = x_alloc_array(mapping->column_count + 1, sizeof *lookup->columns);
    for (size_t i = 0; i < mapping->column_count; i++) {
        if (mapping->columns[i].join != join)
            continue;
        if (!scan_find_column(scan, mapping->columns[i].name, &lookup->columns[lookup->column_count++], fault))
            return false;
    }
    if (facts->follow) {
        lookup->follow = (long)lookup->column_count;
        if (!scan_find_column(scan, facts->follow, &lookup->columns[lookup->column_count++], fault))
            return false;
    }
    return scan_find_column(scan, facts->key, &lookup->key_column, fault);
}

static bool load_rows(struct lookup *lookup, const struct profile *profile, struct scan *scan, struct fault *fault)
{
    scoped(scratch_destroy) struct scratch *scratch = scratch_new();
    const struct value *values = NULL;

    do {
        scratch_clear(scratch);
        if (!scan_next(scan, &values, fault))
            return false;
        if (values && !add_row(lookup, profile, values, scratch, fault))
            return false;
    } while (values);
    return true;
}

bool lookup_load(struct source *source, const struct profile *profile, const struct profile_mapping *mapping,
                 size_t join, const struct lookup *through, size_t *budget, struct lookup **ret, struct fault *fault)
{
    scoped(lookup_destroy) struct lookup *lookup = x_alloc(sizeof *lookup);
    scoped(scan_close) struct scan *scan = NULL;
    size_t table = 0;

    lookup->follow = NO_FOLLOW;
    lookup->budget = budget;
    lookup->room = ROOM_AT_FIRST;
    lookup->places = x_alloc_array(lookup->room, sizeof *lookup->places);
    lookup->many = mapping->joins[join].many;
    lookup->through = through;
    if (!source_find_table(source, mapping->joins[join].table, &table, fault))
        return false;
    lookup->origin = x_strdup(source_table_origin(source, table));
    if (!source_scan(source, table, &scan, fault) || !bind(lookup, scan, mapping, join, fault) ||
        !load_rows(lookup, profile, scan, fault))
        return false;
    *ret = steal(lookup);
    return true;
}

void lookup_destroy(struct lookup **lookup)
{
    struct lookup *old = *lookup;

    if (!old)
        return;
    while (old->chunks) {
        struct chunk *chunk = old->chunks;

        old->chunks = chunk->next;
        free(chunk);
    }
    free(old->places);
    free(old->columns);
    free(old->origin);
    free(old);
    *lookup = NULL;
}

const struct lookup_row *lookup_find(const struct lookup *lookup, struct slice key)
{
    return find_place(lookup->places, lookup->room, key)->first;
}

bool lookup_follow(const struct lookup *lookup, struct slice key, const struct lookup_row **ret, struct fault *fault)
{
    const struct lookup_row *row = lookup_find(lookup, key);

    for (int hops = 0; row && lookup->follow != NO_FOLLOW && row->values[lookup->follow].data; hops++) {
        const struct lookup_row *next = lookup_find(lookup, row->values[lookup->follow]);

        if (hops == FOLLOW_MAX)
            return fault_set(fault, FAULT_BAD_INPUT, "'%.*s' leads through %s in a circle, or over more than %d rows",
                             (int)utf8_cut(key, 40).size, key.data, lookup->origin, FOLLOW_MAX);
        if (!next)
            break;
        row = next;
    }
    *ret = row;
    return true;
}

const char *lookup_origin(const struct lookup *lookup)
{
    return lookup->origin;
}
