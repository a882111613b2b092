/* Writes records as the API shows them. Every link starts with the address that the request came to. */
#ifndef SANDBOX_RENDER_H
#define SANDBOX_RENDER_H

#include "base/json.h"
#include "sandbox/act.h"

void render_record(const struct act *act, enum resource_kind kind, const struct record *record,
                   struct json_writer *writer);

/* The member `name`: {"links":{"self":"<base><collection>/<id><suffix>"}}, or null (left out, by option) for id 0. */
void render_relation(const struct act *act, const char *name, const char *collection, uint64_t id, const char *suffix,
                     struct json_writer *writer);

#endif
