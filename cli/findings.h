/*
 * What `handover profile check` finds, gathered while the source is read: alike cases are counted as one, with the row
 * of the first. Memory grows with the different cases (FINDINGS_MAX at most) and by two bits for each row of a table.
 */
#ifndef CLI_FINDINGS_H
#define CLI_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/text.h"
#include "model/profile.h"
#include "source/extraction.h"
#include "source/fit.h"

enum { FINDINGS_MAX = 20000 };

enum finding_kind {
    FINDING_UNMAPPED, /* what: the value */
    FINDING_DANGLING, /* what: the value; noun and fate say what it names in vain */
    FINDING_PROBLEM,  /* what: the fault without its place. The row does not go over */
    FINDING_WARNING,  /* what: the warning. The record goes over */
};

struct finding {
    enum finding_kind kind;
    const char *where; /* "Patient.Sex", or the table; of a warning the entity */
    const char *what;
    const char *noun; /* NULL but for FINDING_DANGLING */
    const char *fate;
    char *texts;    /* in which the four above stand */
    bool keeps_row; /* the records go over without the value */
    uint64_t rows;
    uint64_t first_row;
};

/* How a mapping uses its table. */
struct mapping_use {
    char *table; /* NULL: it did not read any row */
    uint64_t rows;
    uint64_t taken;
    uint64_t empty[PROFILE_COLUMNS_MAX]; /* of the rows that it takes, by column */
};

struct table_use {
    char *name;
    uint64_t rows; /* 0: no mapping reads the table, only what stays behind as a whole */
    struct row_set {
        unsigned char *bits;
        size_t size;
        uint64_t count;
    } taken, taken_distinct; /* by any mapping or entry; by those that only gather distinct records of a row */
    bool has_plain;          /* some mapping or entry is of the first kind */
};

struct findings {
    const struct profile *profile; /* borrowed */
    struct observer observer;      /* for extraction_options */
    struct finding **places;       /* a table of hashes */
    size_t room;
    size_t count;
    uint64_t uncounted; /* cases beyond FINDINGS_MAX */
    struct table_use *tables;
    size_t table_count;
    struct mapping_use *mappings; /* as many as the profile's */
    uint64_t records[ENTITY_COUNT];
    uint64_t problems[ENTITY_COUNT];
    uint64_t warnings[ENTITY_COUNT];
    uint64_t problem_count;
    uint64_t left_count;
    struct text left; /* rows that stay behind and are named, a line each */
    struct fit fit;
    struct text coverage; /* what the profile does not read, a line each */
};

/* The profile is borrowed. */
void findings_init(struct findings *findings, const struct profile *profile);
void findings_release(struct findings *findings);

/* Counts a record of the extraction that the observer belongs to. */
void findings_take(struct findings *findings, const struct staged_record *record);

/* Rows of the table that no mapping and no entry of what stays behind takes. */
uint64_t findings_lost_rows(const struct table_use *table);

/* The findings of a kind, the most frequent first, those about one column side by side for FINDING_DANGLING. The list
 * is the caller's (free), what it points to is not. */
struct finding **findings_list(const struct findings *findings, enum finding_kind kind, size_t *ret_count);

/* For people. Lists are cut after some lines unless `all`. */
void findings_put_text(const struct findings *findings, const struct extraction *extraction, bool all,
                       struct text *out);

/* Members of an object that is open, everything in full. */
void findings_put_json(const struct findings *findings, const struct extraction *extraction,
                       struct json_writer *writer);

/* The tables and columns that are missing, for people. */
void findings_put_misfits(const struct findings *findings, struct text *out);

#endif
