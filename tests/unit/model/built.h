/* Records as tests see them: fields set by name, and all that was made of them in one comparison. */
#ifndef TESTS_UNIT_MODEL_BUILT_H
#define TESTS_UNIT_MODEL_BUILT_H

#include "model/record.h"

void draft_set(struct record_draft *draft, const char *field, const char *value);

/* Empties a field again. */
void draft_clear(struct record_draft *draft, const char *field);

/* What stood in a field that could not be read. */
void draft_reject(struct record_draft *draft, const char *field, const char *value);

/* Builds the record (today is 2026-03-01) and compares payload, warning and follow-ups; these are written one a line as
 * "entity payload", with the suffix of the key after the entity: "medical_alert/2 {…}". */
void expect_record(const struct record_draft *draft, const char *payload, const char *warning, const char *follow_ups);

/* The record must be refused with a fault that holds `part`. */
void expect_problem(const struct record_draft *draft, const char *part);

/* `count` times the text; the caller frees it. */
char *repeated(const char *text, size_t count);

#endif
