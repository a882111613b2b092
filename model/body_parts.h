/* What the files body*.c share; used by nobody else. */
#ifndef MODEL_BODY_PARTS_H
#define MODEL_BODY_PARTS_H

#include "model/body.h"

/* Writes a member of the payload under the name `to`, unless it is missing or null. */
void body_copy(struct json_writer *writer, const struct json *payload, const char *from, const char *to);

/* The same for all of a NULL-terminated list, under their own names. */
void body_copy_all(struct json_writer *writer, const struct json *payload, const char *const *names);

/* Writes "notes" as they are in the payload, with the marker on a line of its own after them. */
void body_put_marked_notes(struct json_writer *writer, const struct json *payload, const char *source_key);

/* Writes the payload's phones as a list called `name`. */
void body_put_phones(struct json_writer *writer, const char *name, const struct json *phones);

/* Writes the ids of what the record points to. FAULT_REFUSED when one that it cannot do without is missing. */
MUST_CHECK bool body_put_references(struct json_writer *writer, enum entity entity, const struct body_ids *ids,
                                    struct fault *fault);

/* A text that the payload must hold and that is not empty. FAULT_REFUSED otherwise. */
MUST_CHECK bool body_need(const struct json *payload, const char *name, const char **ret, struct fault *fault);

/* Writers of the single entities: the members between the braces. */
MUST_CHECK bool body_put_tax(struct json_writer *writer, const struct json *payload, struct fault *fault);
MUST_CHECK bool body_put_product(struct json_writer *writer, const char *source_key, const struct json *payload,
                                 struct fault *fault);
MUST_CHECK bool body_put_billable_item(struct json_writer *writer, const struct json *payload, struct fault *fault);
void body_put_appointment_type(struct json_writer *writer, const struct json *payload, const struct body_ids *ids);
void body_put_contact(struct json_writer *writer, const char *source_key, const struct json *payload);

/* The members of a note but for its content. */
MUST_CHECK bool body_put_note(struct json_writer *writer, const char *source_key, const struct json *payload,
                              const struct body_ids *ids, struct fault *fault);

/* Patient and description of a file. */
MUST_CHECK bool body_put_file(struct json_writer *writer, enum entity entity, const char *source_key,
                              const struct json *payload, const struct body_ids *ids, struct fault *fault);

/* Appends what a person reads in the answers of a note's content, white space as single blanks: what the service does
 * to the markup does not show. */
void body_content_text(const struct json *content, struct text *out);

#endif
