/*
 * From a canonical record to the body of the request that brings it into Cliniko, and back: does Cliniko hold what was
 * sent? Pure functions.
 *
 * Patients are never bothered (API reference 5.13): patients are created without confirmations and reminders,
 * appointment types with empty template lists. That is written here, once, and is no option.
 */
#ifndef MODEL_BODY_H
#define MODEL_BODY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "base/json.h"
#include "base/text.h"
#include "model/entity.h"

/* Cliniko's ids of what a record points to, by entity; those that its entity does not use may be NULL. */
struct body_ids {
    const char *of[ENTITY_COUNT];
    const char *const *practitioners; /* all that take part in the transfer: who offers an appointment type */
    size_t practitioner_count;
    const char *const *businesses;
    size_t business_count;
};

/* Appends the body to `out`. An archival has none. FAULT_REFUSED when the payload lacks what its entity needs. */
MUST_CHECK bool body_write(enum entity entity, const char *source_key, const struct json *payload,
                           const struct body_ids *ids, struct text *out, struct fault *fault);

/* Compares what was sent (a body as above) with the object that Cliniko gives back. Appends the names of the members
 * that differ, separated by ", "; nothing when all are equal. Members that Cliniko does not give back are passed over.
 */
void body_compare(enum entity entity, const struct json *body, const struct json *object, struct text *differences);

#endif
