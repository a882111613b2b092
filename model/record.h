/*
 * Canonical records: what is known of a patient, an appointment and so on, checked against Cliniko's limits (API
 * reference, section 5) and written as JSON. Optional values that Cliniko would refuse move into the notes with a label
 * and a warning; nothing is dropped in silence. What takes a further request becomes a follow-up record.
 */
#ifndef MODEL_RECORD_H
#define MODEL_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/text.h"
#include "model/entity.h"
#include "model/zone.h"

enum { RECORD_FIELDS_MAX = 40, RECORD_FOLLOW_UPS_MAX = 64 };

enum field_type {
    FIELD_TEXT,
    FIELD_DATE,    /* YYYY-MM-DD */
    FIELD_INSTANT, /* "YYYY-MM-DDTHH:MM:SS" on the wall of the record's zone, or UTC with a final Z */
    FIELD_INTEGER,
    FIELD_BOOL,      /* 1 0 -1 true false yes no y n t f, in any case */
    FIELD_CODE,      /* one of a closed list of words or numbers */
    FIELD_REFERENCE, /* source key of a record of another entity */
    FIELD_DECIMAL,   /* exact, digits with at most one point: "12.50" */
    FIELD_BLOB,      /* text or bytes, perhaps large: the draft's value is a JSON object, see record_draft */
};

/* One field that a profile may fill in. Fields that end up elsewhere in the payload (phones, cancelled) say so in
 * docs/profiles.md. */
struct record_field {
    const char *name;
    enum field_type type;
    bool required;         /* the profile must map it; an empty value is then a problem, or gets a placeholder */
    enum entity reference; /* FIELD_REFERENCE: what it names */
    const char *meaning;   /* for the docs and the draft */
};

/* The fields of an entity, ended by one without a name; NULL for entities that only follow from others. */
const struct record_field *record_fields(enum entity entity);
bool record_field_find(enum entity entity, const char *name, size_t *ret);

/* True when a value that cannot be read, or a reference to a record that is not there, may be left out with a warning:
 * the record is right without it. A wrong length, time, state or required reference would make a wrong record, which is
 * a problem instead. */
bool record_field_may_fail(const struct record_field *field);

/* Values of one row by field number; a slice with NULL data is empty. Borrowed. The value of a FIELD_BLOB is JSON and
 * goes into the payload as it is: {"text": "…"} for what is small and text, or {"locator": "…", "size": 123} for what
 * is read from the source when it is sent; "pictures": true where it is RTF or HTML and may hold some. */
struct record_draft {
    enum entity entity;
    const char *source_key;
    const char *time_zone; /* for FIELD_INSTANT without Z; NULL when the record has none */
    struct slice values[RECORD_FIELDS_MAX];
    struct slice rejected[RECORD_FIELDS_MAX]; /* what stood there where a value could not be read: goes to the notes */
    const char *warning;                      /* why it could not be read; NULL for none */
};

struct follow_up {
    enum entity entity;
    char suffix[16]; /* added to the source key of the record it follows from; "" for none */
    struct text payload;
};

/* The finished record. The caller keeps one and passes it again and again: buffers are reused. */
struct record {
    struct text payload;
    struct text warning; /* empty when nothing was changed on the way; sentences separated by "; " */
    struct text notes;   /* used while building */
    struct scratch *scratch;
    struct follow_up follow_ups[RECORD_FOLLOW_UPS_MAX];
    size_t follow_up_count;
};

void record_init(struct record *record);
void record_release(struct record *record);

/* Builds payload, warnings and follow-ups. `today` is a day since 1970 (UTC): births after it are not believed. Faults
 * with FAULT_BAD_INPUT when the record cannot be sent; the text names field and value (at most 40 characters of it). */
MUST_CHECK bool record_build(const struct record_draft *draft, struct zones *zones, int64_t today,
                             struct record *record, struct fault *fault);

#endif
