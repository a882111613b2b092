/* The small ID maps that many records point into: practitioners, locations, appointment types, contacts; read once a
 * job. */
#ifndef WORKERS_IDS_H
#define WORKERS_IDS_H

#include <stddef.h>

#include "model/body.h"
#include "workers/job.h"

struct ids;

/* Loads the maps of these entities; `done` is called once, with a fault when that failed. */
typedef void ids_fn(void *argument, const struct fault *fault);
struct ids *ids_load(struct job *job, const enum entity *entities, size_t count, ids_fn *done, void *argument);
void ids_destroy(struct ids **ids);

/* Loads what records of the job's entity point to. Parent and link, of which there are many, come with each record. */
struct ids *ids_load_for(struct job *job, enum entity entity, ids_fn *done, void *argument);

/* Fills in Cliniko's ids behind the payload's references; all are borrowed. */
void ids_fill(const struct ids *ids, enum entity entity, const struct json *payload, const char *parent_id,
              const char *link_id, struct body_ids *ret);

/* Cliniko's id for a source key; NULL when there is none. */
const char *ids_find(const struct ids *ids, enum entity entity, const char *source_key);

/* All of Cliniko's ids of an entity, without doubles; borrowed. */
const char *const *ids_all(const struct ids *ids, enum entity entity, size_t *ret_count);

#endif
