/*
 * What the values of a column look like, from the first rows of its table.
 */
#ifndef SOURCE_DRAFT_COLUMN_H
#define SOURCE_DRAFT_COLUMN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "base/text.h"
#include "source/source.h"

struct key_set;

enum { DRAFT_ROWS_MAX = 2000, DRAFT_VALUES_MAX = 12, DRAFT_SAMPLES_MAX = 50, DRAFT_FORMATS = 16 };

/* What the database says a column is for. */
enum draft_type {
    DRAFT_TYPE_UNKNOWN,
    DRAFT_TYPE_TEXT,
    DRAFT_TYPE_NUMBER,
    DRAFT_TYPE_DATE,
    DRAFT_TYPE_TIME,
    DRAFT_TYPE_MOMENT,
    DRAFT_TYPE_BIT,
    DRAFT_TYPE_BYTES
};

struct draft_column {
    char *name;
    char *words; /* of the name, see words_of and draft_split_words */
    enum draft_type type;
    bool long_text; /* declared to hold texts of any length */
    struct source_keys keys;
    size_t rows;
    size_t filled;
    size_t emails;
    size_t phones;
    size_t integers;
    size_t decimals; /* digits with a point: counts and measures, or numbers that are ids as they stand */
    size_t blanks;   /* values of more than one word */
    size_t times;    /* times of day without a date */
    size_t early;    /* of these from 1:00 to 6:59 */
    size_t late;     /* from 13:00 on */
    size_t dates[DRAFT_FORMATS];
    size_t years_ago;                 /* dates before 2005: births rather than appointments */
    size_t phone_marks;               /* values that begin as phone numbers do: + 0 ( */
    size_t midnights;                 /* times at 00:00: days without a time, in truth */
    size_t repeats;                   /* values that an earlier row had already */
    char *values[DRAFT_VALUES_MAX];   /* the different values, when there are no more than these */
    size_t value_count;               /* DRAFT_VALUES_MAX + 1: more */
    char *samples[DRAFT_SAMPLES_MAX]; /* different values, the first of them */
    size_t sample_count;
    struct key_set *seen; /* all values that were looked at */
};

struct draft_table {
    size_t number; /* in the source */
    char *name;
    char *words; /* of the name */
    struct draft_column *columns;
    size_t column_count;
    size_t rows; /* that were looked at */
    bool used;   /* the draft reads it */
};

MUST_CHECK bool draft_table_read(struct source *source, size_t number, struct draft_table *ret, struct fault *fault);
void draft_table_release(struct draft_table *table);

/* How many of a hundred different values of the column are values of the other one, as far as both were looked at. */
unsigned draft_share_found(const struct draft_column *column, const struct draft_column *in);

/* The date format that most values fit, and whether others fit as many; NULL when fewer than four of five fit any. */
const char *draft_date_format(const struct draft_column *column, bool *ret_has_time, bool *ret_ambiguous);

/* True when at least `percent` of the filled values are counted. */
bool draft_mostly(const struct draft_column *column, size_t counted, unsigned percent);

#endif
