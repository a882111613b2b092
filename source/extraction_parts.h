/* What an extraction consists of: shared by extraction.c and extraction_row.c, by nobody else. */
#ifndef SOURCE_EXTRACTION_PARTS_H
#define SOURCE_EXTRACTION_PARTS_H

#include "model/record.h"
#include "source/extraction.h"
#include "source/key_set.h"
#include "source/left_behind.h"
#include "source/pass.h"

enum {
    EXTRACTION_KEY_BYTES_MAX = 200,
    EXTRACTION_PROBLEM_BYTES_MAX = 600,
    EXTRACTION_QUOTED = 40,
    BLOB_BYTES_MAX = 8 * 1024 * 1024
};

struct extraction {
    const struct profile *profile;
    char *time_zone; /* to fall back on; NULL for none */
    int64_t today;
    const struct json *answers;      /* NULL for none */
    const struct observer *observer; /* NULL for nobody */
    bool leaves_encrypted;
    bool whole[PROFILE_TABLES_MAX]; /* columns that stay behind as a whole, by number of their probe */
    struct source *source;
    struct zones *zones;
    struct key_set *keys[ENTITY_COUNT];
    size_t next_mapping;
    const struct profile_mapping *mapping; /* of the pass at hand */
    struct pass *pass;                     /* NULL between two mappings */
    uint64_t rows_read;
    struct extraction_count *counts; /* mapping by mapping: its rules, its repeated rows, its encrypted rows */
    size_t count_size;
    size_t *first_counts; /* of each mapping */
    size_t first_count;   /* of the mapping at hand */
    struct left_behind *left;
    struct record record;
    size_t next_follow_up;  /* of the record at hand */
    struct text key;        /* of the record at hand */
    struct text follow_key; /* of the follow-up at hand */
    struct text zone;
    struct text problem;
    struct text warning;
    struct text rejections;
    char fate[300]; /* of the record that a reference names in vain */
    struct text blob;
};

/* Appends the text without bytes that are not UTF-8: a message may be cut within a character. */
void extraction_put_valid(struct text *out, const char *text);

/* Handles the row at hand; *ret_made when it gives a record or a problem. */
MUST_CHECK bool extraction_handle_row(struct extraction *extraction, struct staged_record *ret, bool *ret_made,
                                      struct fault *fault);

/* The next follow-up of the record at hand. */
void extraction_emit_follow_up(struct extraction *extraction, struct staged_record *ret);

#endif
