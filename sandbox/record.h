/*
 * One stored record: a row of cells laid out by its schema. A record is never removed from memory while the sandbox
 * runs; archiving and cancelling only set an instant.
 */
#ifndef SANDBOX_RECORD_H
#define SANDBOX_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "sandbox/schema.h"

#define CELL_NULL INT64_MIN /* no value, for all kinds but text, JSON and ids */

union cell {
    char *text;     /* owned; NULL for none */
    int64_t number; /* bool, integer, date, instant */
    uint64_t id;    /* 0 for none */
};

struct record {
    uint32_t position;                       /* in its table, from 0 */
    uint32_t index_next[SCHEMA_INDEXES_MAX]; /* position + 1 of the next record with the same key; 0 ends */
    union cell cells[];                      /* schema->count of them */
};

/* What a body wants to set. Texts are owned until record_apply takes them. */
struct change {
    union cell cells[SCHEMA_FIELDS_MAX];
    bool set[SCHEMA_FIELDS_MAX];
};

struct record *record_new(const struct schema *schema);
void record_destroy(const struct schema *schema, struct record **record);

bool cell_is_text(enum field_kind kind);
bool cell_is_null(enum field_kind kind, const union cell *cell);
void cell_clear(enum field_kind kind, union cell *cell);

/* Moves what is set into the record; the change is empty afterwards. */
void record_apply(const struct schema *schema, struct record *record, struct change *change);
void change_release(const struct schema *schema, struct change *change);

/* For a change: sets a value, replacing what the body said. */
void change_number(struct change *change, int field, int64_t value);
void change_id(struct change *change, int field, uint64_t id);
void change_text(struct change *change, int field, const char *text); /* copies; NULL for none */

/* The id as text; ids are digits without a leading zero, at most 2^64 - 1. False when the text is none. */
bool id_parse(const char *text, uint64_t *ret);
enum { ID_SIZE = 21 };
void id_format(uint64_t id, char ret[ID_SIZE]);

/* A date as kept, and as text "YYYY-MM-DD". */
bool date_parse(const char *text, int64_t *ret);
enum { DATE_SIZE = 11 };
void date_format(int64_t date, char ret[DATE_SIZE]);

#endif
