#include "workers/ids.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "db/record.h"
#include "model/record.h"

struct pair {
    char *key;
    char *id;
};

struct map {
    struct ids *ids;
    struct pair *pairs; /* sorted by key */
    size_t count;
    const char **all;
    size_t all_count;
};

struct ids {
    struct job *job;
    ids_fn *done;
    void *argument;
    size_t waiting;
    struct fault fault;
    struct map maps[ENTITY_COUNT];
};

static int compare_pairs(const void *left, const void *right)
{
    return strcmp(((const struct pair *)left)->key, ((const struct pair *)right)->key);
}

static void collect_all(struct map *map)
{
    map->all = x_alloc_array(map->count, sizeof map->all[0]);
    for (size_t i = 0; i < map->count; i++) {
        bool known = false;

        for (size_t k = 0; k < map->all_count && !known; k++)
            known = strcmp(map->all[k], map->pairs[i].id) == 0;
        if (!known)
            map->all[map->all_count++] = map->pairs[i].id;
    }
}

static void on_map(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct map *map = argument;
    struct ids *ids = map->ids;

    if (fault) {
        ids->fault = *fault;
    } else {
        map->count = (size_t)db_rows_count(rows);
        map->pairs = x_alloc_array(map->count, sizeof map->pairs[0]);
        for (size_t i = 0; i < map->count; i++)
            map->pairs[i] = (struct pair){x_strdup(db_text(rows, (int)i, 0)), x_strdup(db_text(rows, (int)i, 1))};
        if (map->count > 0)
            qsort(map->pairs, map->count, sizeof map->pairs[0], compare_pairs);
        collect_all(map);
    }
    if (--ids->waiting == 0)
        ids->done(ids->argument, ids->fault.kind == FAULT_NONE ? NULL : &ids->fault);
}

struct ids *ids_load(struct job *job, const enum entity *entities, size_t count, ids_fn *done, void *argument)
{
    struct ids *ids = x_alloc(sizeof *ids);

    ids->job = job;
    ids->done = done;
    ids->argument = argument;
    ids->waiting = count;
    for (size_t i = 0; i < count; i++) {
        struct map *map = &ids->maps[entities[i]];

        map->ids = ids;
        idmap_load(job->db, job->context->account, job->context->system, entities[i], on_map, map);
    }
    return ids;
}

/* True for a field that names a record of a small entity. */
static bool is_small(enum entity entity, const struct record_field *field)
{
    const struct entity_facts *facts = entity_facts(entity);

    return field->type == FIELD_REFERENCE && !(facts->parent && strcmp(field->name, facts->parent) == 0) &&
           !(facts->link && strcmp(field->name, facts->link) == 0);
}

struct ids *ids_load_for(struct job *job, enum entity entity, ids_fn *done, void *argument)
{
    /* Who offers an appointment type, and where, is no field: all do. At least one map is always read, so that `done`
     * comes in a later turn. */
    enum entity wanted[ENTITY_COUNT] = {ENTITY_PRACTITIONER, ENTITY_BUSINESS};
    bool known[ENTITY_COUNT] = {[ENTITY_PRACTITIONER] = true, [ENTITY_BUSINESS] = true};
    size_t count = 2;
    const struct record_field *fields = record_fields(entity);

    for (size_t i = 0; fields && fields[i].name; i++) {
        if (!is_small(entity, &fields[i]) || known[fields[i].reference])
            continue;
        known[fields[i].reference] = true;
        wanted[count++] = fields[i].reference;
    }
    return ids_load(job, wanted, count, done, argument);
}

void ids_fill(const struct ids *ids, enum entity entity, const struct json *payload, const char *parent_id,
              const char *link_id, struct body_ids *ret)
{
    const struct entity_facts *facts = entity_facts(entity);
    const struct record_field *fields = record_fields(entity);

    *ret = (struct body_ids){0};
    ret->practitioners = ids_all(ids, ENTITY_PRACTITIONER, &ret->practitioner_count);
    ret->businesses = ids_all(ids, ENTITY_BUSINESS, &ret->business_count);
    for (size_t i = 0; fields && fields[i].name; i++)
        if (is_small(entity, &fields[i]))
            ret->of[fields[i].reference] =
                ids_find(ids, fields[i].reference, json_text(json_member(payload, fields[i].name), NULL));
    if (facts->parent)
        ret->of[facts->parent_entity] = parent_id;
    if (facts->link)
        ret->of[facts->link_entity] = link_id;
}

void ids_destroy(struct ids **place)
{
    struct ids *ids = *place;

    *place = NULL;
    if (!ids)
        return;
    for (size_t entity = 0; entity < ENTITY_COUNT; entity++) {
        struct map *map = &ids->maps[entity];

        db_forget(ids->job->db, map);
        for (size_t i = 0; i < map->count; i++) {
            free(map->pairs[i].key);
            free(map->pairs[i].id);
        }
        free(map->pairs);
        free(map->all);
    }
    free(ids);
}

const char *ids_find(const struct ids *ids, enum entity entity, const char *source_key)
{
    const struct map *map = &ids->maps[entity];
    struct pair wanted = {.key = (char *)(uintptr_t)source_key};
    const struct pair *pair = NULL;

    if (source_key && map->count > 0)
        pair = bsearch(&wanted, map->pairs, map->count, sizeof map->pairs[0], compare_pairs);
    return pair ? pair->id : NULL;
}

const char *const *ids_all(const struct ids *ids, enum entity entity, size_t *ret_count)
{
    *ret_count = ids->maps[entity].all_count;
    return ids->maps[entity].all;
}
