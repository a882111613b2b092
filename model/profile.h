/*
 * A mapping profile: how the tables of one old system become canonical records. It is data (JSON, docs/profiles.md), it
 * is checked as a whole when it is loaded, and it does not change afterwards.
 */
#ifndef MODEL_PROFILE_H
#define MODEL_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "model/entity.h"
#include "model/expression.h"
#include "model/record.h"

enum {
    PROFILE_SIZE_MAX = 1024 * 1024, /* bytes of JSON */
    PROFILE_ROW = 255,              /* "join" of a column that stands in the entity's own table */
    PROFILE_JOINS_MAX = 16,
    PROFILE_COLUMNS_MAX = 200, /* different columns that one mapping reads */
    PROFILE_RULES_MAX = 32,
    PROFILE_MAPPINGS_MAX = 64,
};

/* A column that a mapping reads. */
struct profile_column {
    size_t join; /* index of the join, or PROFILE_ROW */
    char *name;
};

/* A small table that is looked up by key. */
struct profile_join {
    char *name;
    char *table;   /* name with * and ? as wildcards */
    char *key;     /* its column that must equal `on` */
    char *follow;  /* NULL, or the column that, where it is filled in, holds the key of the row to use instead */
    bool may_miss; /* a key without a row gives empty values; else it is a problem of the row */
    struct expression *on; /* may use columns of the joins before it */
};

/* Rows that are not transferred. */
struct profile_rule {
    char *reason;
    struct condition *when;
};

/* One table that gives records of one entity; or, without a table, one record made of constants. */
struct profile_mapping {
    enum entity entity;
    char *path;    /* JSON path, for messages */
    char *table;   /* name with wildcards; NULL for one constant record */
    bool distinct; /* several rows may give the same record: the first wins */
    struct expression *key;
    struct expression *time_zone; /* NULL for none */
    struct expression *fields[RECORD_FIELDS_MAX];
    struct profile_rule rules[PROFILE_RULES_MAX];
    size_t rule_count;
    struct profile_join joins[PROFILE_JOINS_MAX];
    size_t join_count;
    struct profile_column columns[PROFILE_COLUMNS_MAX];
    size_t column_count;
};

/* A table that must be there with these columns, or the source is not of this system. */
struct profile_mark {
    char *table;
    char **columns;
    size_t column_count;
};

struct profile {
    char *name;
    char *system;     /* namespace of the source keys, for example "front-desk" */
    char *key_prefix; /* put before every key and reference; "" for none */
    char *encoding;   /* NULL: detect */
    char separator;   /* '\0': detect */
    char **empty;     /* column values that mean "nothing", NULL-terminated */
    struct profile_mark *marks;
    size_t mark_count;
    struct profile_mapping *mappings; /* in the order of enum entity */
    size_t mapping_count;
};

/* `json` is the file's content. Every fault is FAULT_BAD_INPUT and begins with the JSON path of what is wrong. */
MUST_CHECK bool profile_parse(const char *json, size_t size_bytes, struct profile **ret, struct fault *fault);
MUST_CHECK bool profile_load(const char *path, struct profile **ret, struct fault *fault);
void profile_destroy(struct profile **profile);

/* True when the value is one that the profile counts as empty. */
bool profile_is_empty(const struct profile *profile, struct slice value);

#endif
