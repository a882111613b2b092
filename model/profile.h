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
#include "model/questions.h"
#include "model/record.h"

enum {
    PROFILE_SIZE_MAX = 1024 * 1024, /* bytes of JSON */
    PROFILE_ROW = 255,              /* "join" of a column that stands in the entity's own table */
    PROFILE_NO_COLUMN = 1000,
    PROFILE_JOINS_MAX = 16,
    PROFILE_COLUMNS_MAX = 200, /* different columns that one mapping reads */
    PROFILE_RULES_MAX = 32,
    PROFILE_MAPPINGS_MAX = 64,
    PROFILE_TABLES_MAX = 100, /* entries of recognise, left_behind and encrypted, each */
};

/* A column that a mapping reads. */
struct profile_column {
    size_t join; /* index of the join, or PROFILE_ROW */
    char *name;
    bool probed;  /* its values may be encrypted */
    size_t probe; /* then: which of the profile's probes says so */
    size_t flag;  /* the column that says so, or PROFILE_NO_COLUMN */
};

/* A small table that is looked up by key. */
struct profile_join {
    char *name;
    char *table;        /* name with * and ? as wildcards */
    char *key;          /* its column that must equal `on` */
    size_t key_through; /* an earlier join, through whose keys and "follow" the values of that column go first, or
                         * PROFILE_ROW */
    char *follow;       /* NULL, or the column that, where it is filled in, holds the key of the row to use instead */
    bool may_miss;      /* a key without a row gives empty values; else it is a problem of the row */
    bool many;          /* all rows of the key, for expressions "rows"; none is no problem */
    size_t within;      /* the join of many on whose row at hand this one depends, or PROFILE_ROW */
    struct expression *on; /* may use columns of the joins before it */
};

/* Rows that are not transferred. */
struct profile_rule {
    char *reason;
    bool named; /* each of them is listed, and not only counted */
    struct condition *when;
};

/* One table that gives records of one entity; or, without a table, one record made of constants. */
struct profile_mapping {
    enum entity entity;
    char *path;    /* JSON path, for messages */
    char *table;   /* name with wildcards; NULL for one constant record */
    bool distinct; /* several rows may give the same record, in this mapping or another of the entity: the first wins */
    struct condition *only_if; /* on answers alone: else the mapping is not used; NULL for always */
    struct condition *when;    /* rows that it is about; the others are another mapping's business. NULL for all */
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

/* A table that must be there with these columns, or the source is not of this system. `reading` holds its table and the
 * columns of `row`; it makes no records. */
struct profile_mark {
    struct profile_mapping reading;
    char **columns;
    size_t column_count;
    struct condition *row; /* must hold for one row, or for the latest; NULL for no such row */
    size_t latest;         /* column of `reading` by which the latest row is found, or PROFILE_NO_COLUMN */
    char *otherwise;       /* what to say when it does not hold; NULL for nothing */
};

/* What stays behind as a whole: rows of a table that are counted, or something that is only named. */
struct profile_left {
    struct profile_mapping reading; /* table, joins and columns; without a table it is only named */
    char *what;                     /* "invoices" */
    char *advice;                   /* what the clinic can do about it; NULL for nothing */
    struct condition *when;         /* rows that are meant; NULL for all */
    struct expression *patient;     /* key of the patient whose balance the row changes; NULL for none */
    struct expression *amount;      /* by how much */
    bool pays;                      /* it makes what the patient owes less */
    bool balances;                  /* stands for the patients who owe something or have paid too much */
};

/* A column whose values the old system may have encrypted. */
struct profile_probe {
    char *table;
    char *column;
    char *flag;    /* a column that says so, 1 or true; NULL for none. It is never believed alone */
    char *message; /* what it means when most values are encrypted; NULL for nothing */
};

struct profile {
    char *name;
    char *system;                /* namespace of the source keys, for example "front-desk" */
    char *key_prefix;            /* put before every key and reference; "" for none */
    char *encoding;              /* NULL: detect */
    char separator;              /* '\0': detect */
    char **empty;                /* column values that mean "nothing", NULL-terminated */
    struct questions *questions; /* never NULL */
    struct profile_mark *marks;
    size_t mark_count;
    struct profile_left *left;
    size_t left_count;
    struct profile_probe *probes;
    size_t probe_count;
    struct profile_mapping *mappings; /* in the order of enum entity */
    size_t mapping_count;
};

/* `json` is the file's content. Every fault is FAULT_BAD_INPUT and begins with the JSON path of what is wrong. */
MUST_CHECK bool profile_parse(const char *json, size_t size_bytes, struct profile **ret, struct fault *fault);
MUST_CHECK bool profile_load(const char *path, struct profile **ret, struct fault *fault);
void profile_destroy(struct profile **profile);

/* The question whose answer decides what becomes of encrypted values: "stop" (also when it is not asked) or "leave". */
extern const char profile_encrypted_question[];

/* False when the mapping is not used with these answers. */
MUST_CHECK bool profile_mapping_is_used(const struct profile *profile, const struct profile_mapping *mapping,
                                        const struct json *answers, bool *ret, struct fault *fault);

/* True when the value is one that the profile counts as empty. */
bool profile_is_empty(const struct profile *profile, struct slice value);

#endif
