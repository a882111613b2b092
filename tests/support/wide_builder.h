/*
 * The database of tests/support/bak_builder.h with a second table, dbo.Pictures, half of which lies far away: beyond
 * the first interval of the allocation maps (at 4 GB), or in a second data file. Each row has a picture (image, behind
 * a text pointer) and a story (nvarchar(max), behind a root in the row), whose pieces lie on both sides. Free of any
 * test framework, for fuzz targets too.
 */
#ifndef TESTS_WIDE_BUILDER_H
#define TESTS_WIDE_BUILDER_H

#include "support/bak_builder.h"

enum wide_far { WIDE_FAR_INTERVAL, WIDE_FAR_FILE };

enum {
    WIDE_EXTENTS_MAX = 16,
    WIDE_ROWS = 8, /* numbered from 1; the first half near, the others far */
    WIDE_PICTURE_BYTES = 3000,
    WIDE_STORY_LETTERS = 2500,
    WIDE_IAM = 18, /* the four pages of file 1: rows near and far, large values near and far */
    WIDE_LARGE_IAM = 20,
    WIDE_NEAR_ROWS = 40,      /* page of file 1 */
    WIDE_NEAR_LARGE = 48,     /* first of eight pages of large values */
    WIDE_FAR_ROWS = 511234,   /* in an extent that the second interval's own maps begin */
    WIDE_FAR_FILE_PAGES = 64, /* of the second file */
    WIDE_FAR_FILE_ROWS = 8,   /* page of file 3 */
};

struct wide_extent {
    unsigned file;
    uint32_t extent;
    uint8_t bytes[BUILT_EXTENT];
};

struct wide_database {
    enum wide_far far;
    struct wide_extent extents[WIDE_EXTENTS_MAX];
    size_t count;
};

void wide_database(struct wide_database *database, enum wide_far far);

/* NULL when the database has no such page. */
uint8_t *wide_page(struct wide_database *database, unsigned file, uint32_t number);

/* Sets the checksums of all pages; changes made later break them. */
void wide_seal(struct wide_database *database);

/* As a backup of one file, or of two among which the extents are dealt out. */
void wide_backup(struct built *built, struct wide_database *database);
void wide_stripes(struct built built[2], struct wide_database *database);

/* Byte `at` of a row's picture, letter `at` of its story. */
uint8_t wide_picture_byte(unsigned row, size_t at);
char wide_story_letter(unsigned row, size_t at);

#endif
