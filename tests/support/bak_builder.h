/*
 * Backups made by hand, byte by byte and without the code under test: a container around extents, and a small database
 * with one table in which rows are deleted, moved and older than a column. Free of any test framework, for fuzz targets
 * too. Memory is the caller's to free; running out of it ends the process.
 */
#ifndef TESTS_BAK_BUILDER_H
#define TESTS_BAK_BUILDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BUILT_PAGE = 8192, BUILT_EXTENT = 65536, BUILT_EXTENTS_MAX = 64 };

/* Bytes that grow. */
struct built {
    uint8_t *data;
    size_t size;
    size_t room;
};

void built_put(struct built *built, const void *data, size_t size);
void built_release(struct built *built);

/* Blocks and streams with right checksums. */
void built_block(struct built *built, const char *type, const uint8_t *head, size_t head_size);
void built_stream(struct built *built, const char *id, unsigned attributes, const void *data, size_t size);
void built_end_block(struct built *built);
void built_filemark(struct built *built);

struct built_set {
    char kind; /* 'D', 'I', 'L' */
    unsigned number;
    unsigned version; /* of the database; 0: 904 */
    unsigned families;
    unsigned family;
    uint8_t set_id;
    bool password;
    const uint8_t *const *extents; /* of the first pass, in their order */
    size_t extent_count;
    size_t piece_extents;        /* how many to a piece; 0: all in one */
    const uint8_t *const *again; /* of the second pass */
    size_t again_count;
    uint32_t declared_pages;
    uint32_t file_pages;        /* of the data file */
    unsigned files;             /* data files: 1 (id 1) or 2 (1 and 3) */
    uint32_t second_file_pages; /* 0: as many as the first has */
};

/* TAPE and filemark; then any number of sets. */
void built_tape(struct built *built, const struct built_set *set);
void built_set(struct built *built, const struct built_set *set);

/* An empty page with its header; records are added from the front, slots from the back. */
void built_page(uint8_t *page, unsigned type, unsigned file, uint32_t number, unsigned index_part,
                uint32_t object_part);
unsigned built_add(uint8_t *page, const uint8_t *record, size_t size); /* its slot */
void built_checksum(uint8_t *page);                                    /* Format, section 4.1, written anew */

struct built_variable {
    const void *data;
    size_t size;
    bool complex;
};

/* A FixedVar record of status byte 0x30 and the type; its size. `nulls` has a bit for each null column. */
size_t built_record(uint8_t *out, unsigned type, const void *fixed, size_t fixed_size, unsigned columns, uint32_t nulls,
                    const struct built_variable *variables, unsigned variable_count);

/* Rows of base tables: sysallocunits, sysrowsets, sysschobjs, syscolpars, sysrscols. The schema is dbo; an object type
 * is "U " for tables. An offset below zero is a variable column. */
void built_unit(uint8_t *page, uint64_t unit, unsigned kind, uint64_t rowset, uint32_t first, uint32_t iam);
void built_rowset(uint8_t *page, uint64_t rowset, uint32_t object, unsigned index, uint64_t rows);
void built_object(uint8_t *page, uint32_t id, const char *type, const char *name);
void built_column(uint8_t *page, uint32_t object, uint32_t id, const char *name, unsigned type, unsigned length);
void built_column_place(uint8_t *page, uint64_t rowset, uint32_t id, int offset);

/* A GAM or IAM page with its two records; the bitmap is at 194. */
void built_bitmap_page(uint8_t *page, unsigned type, unsigned file, uint32_t number, unsigned index_part,
                       uint32_t object_part);

enum {
    DATABASE_EXTENTS = 4,
    DATABASE_FILE_PAGES = 64,
    DATABASE_ROWS = 6, /* of dbo.Patients: 1 to 5 and 40; row 3 has moved, 4 is older than Later, 99 is deleted */
    DATABASE_IAM = 16,
    DATABASE_SINGLE = 17, /* page of rows in a mixed extent */
    DATABASE_WHOLE = 32,  /* first page of the table's own extent */
};

/* The extents 0, 1, 2 and 4 of file 1. */
struct built_database {
    uint8_t extents[DATABASE_EXTENTS][BUILT_EXTENT];
    const uint8_t *order[DATABASE_EXTENTS];
};

void built_database(struct built_database *database, bool checksums);

/* NULL when the database has no such page. */
uint8_t *built_database_page(struct built_database *database, uint32_t number);

/* The database as a whole backup of one file. */
void built_backup(struct built *built, struct built_database *database);

#endif
