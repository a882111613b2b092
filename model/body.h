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

/* Cliniko's ids of what a record points to, by entity; those that its entity does not use may be NULL. A referring
 * doctor is a contact, a treatment note's visit an appointment. */
struct body_ids {
    const char *of[ENTITY_COUNT];
    const char *const *practitioners; /* all that take part in the transfer: who offers an appointment type */
    size_t practitioner_count;
    const char *const *businesses;
    size_t business_count;
};

/* Appends the body to `out`. Archivals have none ("{}"). FAULT_REFUSED when the payload lacks what its entity needs, or
 * what it must point to is not in Cliniko. FAULT_INTERNAL for entities that the two functions below write. */
MUST_CHECK bool body_write(enum entity entity, const char *source_key, const struct json *payload,
                           const struct body_ids *ids, struct text *out, struct fault *fault);

/* The body of a treatment note (API reference 5.16). `plain_text` is what a person reads in the note, lines apart by
 * '\n'; an empty one makes a note without an answer. A title that does not fit whole, and values that could not be
 * read, stand before it. */
MUST_CHECK bool body_write_note(const char *source_key, const struct json *payload, const struct body_ids *ids,
                                struct slice plain_text, struct text *out, struct fault *fault);

/* The body that makes an uploaded file an attachment (API reference 5.18), for attachments, X-rays, letters and
 * documents of notes. */
MUST_CHECK bool body_write_attachment(enum entity entity, const char *source_key, const struct json *payload,
                                      const struct body_ids *ids, const char *upload_url, struct text *out,
                                      struct fault *fault);

/* What Cliniko should hold in the end, as far as the payload alone tells: for body_compare when all is done. As
 * body_write, with these differences: a note has no content, an attachment no upload_url but the size of its file where
 * that is sent as it is, and a patient whose reminder preference is a record of its own no preference. */
MUST_CHECK bool body_expect(enum entity entity, const char *source_key, const struct json *payload,
                            const struct body_ids *ids, struct text *out, struct fault *fault);

/* Appends the names of payload members that name a record which `ids` does not know and that the body does without
 * ("referring_doctor, concession_type"): the caller says so in the record's warning. Nothing when all are there. */
void body_left_out(enum entity entity, const struct json *payload, const struct body_ids *ids, struct text *names);

/* Appends "[FD-C12]", the mark by which a record of this project is found again (API reference 7). It ends the notes of
 * products, contacts and blocks, the content of reminders, the titles of notes and the descriptions of attachments. */
void body_marker(const char *source_key, struct text *out);

/* Whether the last mark in a text is the record's. One that stands before it is what people wrote, who may quote any.
 */
bool body_has_marker(const char *text, const char *source_key);

/* Appends "2024-03-01 09:30, Dr Jane Lee: Initial visit [FD-N7]", at most 255 characters with the marker whole. */
void body_note_title(const char *source_key, const struct json *payload, struct text *out);

/* Appends the description of a file, at most 255 characters with the marker whole:
 * "knee.pdf, MRI of left knee, Imaging, 2023-05-01 [FD-A7]". */
void body_description(enum entity entity, const char *source_key, const struct json *payload, struct text *out);

/* Compares what was sent (a body as above) with the object that Cliniko gives back. Appends the names of the members
 * that differ, separated by ", "; nothing when all are equal. Members that Cliniko does not give back are passed over.
 * Prices are compared by value, the content of notes by its text, relations by their links. A file that Cliniko has not
 * processed yet differs in processing_completed, and not in what is unknown until then. */
void body_compare(enum entity entity, const struct json *body, const struct json *object, struct text *differences);

/* The same for the size of a file, which Cliniko does not know before it has processed it. */
void body_compare_size(int64_t size_bytes, const struct json *object, struct text *differences);

#endif
