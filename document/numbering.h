/*
 * Numbers and bullets of lists as word processors count them: a pattern of up to nine levels, and lists that use it.
 * The model of RTF's list table and of numbering.xml in a DOCX (ECMA-376, part 1, 17.9).
 */
#ifndef DOCUMENT_NUMBERING_H
#define DOCUMENT_NUMBERING_H

#include <stdbool.h>

#include "base/text.h"

enum {
    NUMBERING_LEVELS = 9,
    NUMBERING_PATTERN_SIZE = 64,
};

enum numbering_format {
    NUMBERING_DECIMAL,
    NUMBERING_DECIMAL_ZERO, /* 01, 02 */
    NUMBERING_UPPER_ROMAN,
    NUMBERING_LOWER_ROMAN,
    NUMBERING_UPPER_LETTER,
    NUMBERING_LOWER_LETTER,
    NUMBERING_ORDINAL, /* 1st */
    NUMBERING_BULLET,
    NUMBERING_NONE,
};

struct numbering_level {
    enum numbering_format format;
    long start;
    char pattern[NUMBERING_PATTERN_SIZE]; /* "%1.%2" with the numbers of the first and second level; UTF-8 */
};

struct numbering;

struct numbering *numbering_new(void);
void numbering_destroy(struct numbering **numbering);

/* The levels of the pattern with that id, made when it is new: decimal, from 1, with an empty pattern. They are
 * borrowed until the next call that makes one. NULL when there are too many. */
struct numbering_level *numbering_levels(struct numbering *numbering, long pattern);

/* The list counts by that pattern. */
void numbering_bind(struct numbering *numbering, long list, long pattern);

/* The list begins the level with another number than its pattern does. */
void numbering_start(struct numbering *numbering, long list, unsigned level, long start);

/* Counts one paragraph of the list and appends what stands before it, with a tab behind it; nothing for a list that is
 * not known or a level that shows none. */
void numbering_next(struct numbering *numbering, long list, unsigned level, struct text *out);

/* Appends a number in that format; nothing for a bullet. */
void numbering_put(enum numbering_format format, long number, struct text *out);

#endif
