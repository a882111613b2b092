/*
 * What a resource looks like: its fields, in one table that input checking, rendering, filtering and sorting all read.
 * Sources of the facts: API reference, section 5, and the vendor's OpenAPI document.
 */
#ifndef SANDBOX_SCHEMA_H
#define SANDBOX_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum field_kind {
    FIELD_TEXT,
    FIELD_BOOL,
    FIELD_INTEGER,
    FIELD_NUMBER,  /* a decimal that is a JSON number, kept as text */
    FIELD_DECIMAL, /* a decimal that is a JSON text */
    FIELD_DATE,    /* kept as year * 10000 + month * 100 + day */
    FIELD_INSTANT, /* UTC seconds */
    FIELD_ID,      /* an own id, or a relation when `target` names a collection */
    FIELD_IDS,     /* array of ids, kept as JSON text */
    FIELD_JSON,    /* an object or array with rules of its own (`check`), kept as JSON text */
    FIELD_LINK,    /* a link to a list under the record's own address; nothing is kept */
};

enum field_flag {
    FIELD_ON_CREATE = 1, /* taken from the body of a create */
    FIELD_ON_UPDATE = 2, /* taken from the body of an update */
    FIELD_INPUT = 3,     /* both */
    FIELD_REQUIRED = 4,  /* a create without it is refused */
    FIELD_NOT_NULL = 8,  /* null is refused */
    FIELD_FILTER = 16,   /* may stand in q[] */
    FIELD_HIDDEN = 32,   /* not in answers */
    FIELD_SEED = 64,     /* taken from a seed file only */
};

/* The first cells of every record. */
enum common_field {
    RECORD_ID,
    RECORD_CREATED_AT,
    RECORD_UPDATED_AT,
    RECORD_ARCHIVED_AT,
    RECORD_DELETED_AT,
    RECORD_CANCELLED_AT,
    RECORD_OWN /* the resource's own fields start here */
};

enum { SCHEMA_FIELDS_MAX = 64, SCHEMA_INDEXES_MAX = 3, SCHEMA_NAME_SLOTS = 256 };

struct json;
struct text;

struct field {
    const char *name; /* in answers, and in bodies and filters unless `input` says otherwise */
    enum field_kind kind;
    int flags;
    const char *input;          /* "patient_id" for the relation "patient" */
    const char *problem;        /* the name under which a 422 speaks of it; NULL: the input name */
    const char *target;         /* FIELD_ID: the collection it points into; NULL for plain ids */
    int max_length;             /* FIELD_TEXT: characters; 0 for no limit */
    bool (*fits)(const char *); /* FIELD_TEXT: the pattern; decimals: the range; NULL for any */
    const char *const *choices; /* FIELD_TEXT: the only values, ended by NULL */
    const int *numbers;         /* FIELD_INTEGER: the only values, ended by -1 */
    int64_t least;              /* FIELD_INTEGER, when greatest > 0 */
    int64_t greatest;
    int index; /* 1 to SCHEMA_INDEXES_MAX: equality look-ups go by this index; 0 for none */

    /* FIELD_JSON: writes the kept form; false when it is wrong, with the problem's text. */
    bool (*check)(const struct json *value, struct text *kept, const char **ret_problem);
};

/* Input names by hash: filled at the first look-up. */
struct schema_names {
    bool filled;
    signed char places[SCHEMA_NAME_SLOTS]; /* place + 1; 0 ends a probe */
};

struct schema {
    const char *collection; /* in paths and in lists: "patients" */
    const struct field *fields;
    int count;
    struct schema_names *names;
};

/* The first six rows of every table of fields. The arguments are flags: which of the states the resource has. */
#define SCHEMA_COMMON_FIELDS(archived, deleted, cancelled)                                                             \
    [RECORD_ID] = {.name = "id", .kind = FIELD_ID, .flags = FIELD_FILTER | FIELD_SEED},                                \
    [RECORD_CREATED_AT] = {.name = "created_at", .kind = FIELD_INSTANT, .flags = FIELD_FILTER},                        \
    [RECORD_UPDATED_AT] = {.name = "updated_at", .kind = FIELD_INSTANT, .flags = FIELD_FILTER},                        \
    [RECORD_ARCHIVED_AT] = {.name = "archived_at", .kind = FIELD_INSTANT, .flags = (archived)},                        \
    [RECORD_DELETED_AT] = {.name = "deleted_at", .kind = FIELD_INSTANT, .flags = (deleted)},                           \
    [RECORD_CANCELLED_AT] = {.name = "cancelled_at", .kind = FIELD_INSTANT, .flags = (cancelled)}

/* The name of a field in bodies and filters. */
const char *field_input_name(const struct field *field);

/* The place of the field that has this input name, or -1. */
int schema_find(const struct schema *schema, const char *name, size_t size_bytes);

#endif
