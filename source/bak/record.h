/*
 * An ordinary record (FixedVar) within its bounds: nothing outside the bytes given is ever touched. Format, section 6.
 */
#ifndef SOURCE_BAK_RECORD_H
#define SOURCE_BAK_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "source/bak/page.h"

enum bak_record_type {
    BAK_RECORD_PRIMARY,
    BAK_RECORD_FORWARDED, /* a row that moved; reached by its stub */
    BAK_RECORD_STUB,      /* says where the row went */
    BAK_RECORD_INDEX,
    BAK_RECORD_BLOB,
    BAK_RECORD_GHOST_INDEX,
    BAK_RECORD_GHOST_DATA, /* deleted, not yet cleaned up */
    BAK_RECORD_GHOST_VERSION,
};

struct bak_record {
    const uint8_t *data;
    size_t size; /* as far as it is known by its own fields */
    enum bak_record_type type;
    unsigned fixed_end;   /* where the fixed columns end; they begin at 4 */
    unsigned columns;     /* that the row had when it was written */
    const uint8_t *nulls; /* bitmap; NULL when the record has none */
    unsigned variables;   /* variable columns; without the back pointer of a forwarded row */
    const uint8_t *ends;
    unsigned variable_start;
    struct bak_address stub; /* BAK_RECORD_STUB: where the row is; BAK_RECORD_FORWARDED: the stub that points here */
};

/* The type by the status byte. */
enum bak_record_type bak_record_type(uint8_t status);

/* Reads a record of type primary, forwarded or stub from at most `room` bytes, and checks that all its parts lie within
 * them and in order. False, with a phrase in *ret_why ("its columns end after …"), when they do not. */
MUST_CHECK bool bak_record_parse(const uint8_t *data, size_t room, struct bak_record *ret, const char **ret_why);

/* As bak_record_parse for records of any type that have the ordinary layout, ghosts too. */
MUST_CHECK bool bak_record_parse_any(const uint8_t *data, size_t room, struct bak_record *ret, const char **ret_why);

enum bak_cell_state {
    BAK_CELL_NULL,
    BAK_CELL_VALUE,   /* data and size */
    BAK_CELL_COMPLEX, /* data and size lead to a value that stands elsewhere (the end offset's bit 15 is set): lob.h */
    BAK_CELL_DEFAULT, /* the row is older than the column; data and size are a sql_variant with the column's value */
};

/* The bytes of one column of one row, borrowed from the page. */
struct bak_cell {
    enum bak_cell_state state;
    const uint8_t *data;
    size_t size;
    unsigned bit; /* columns of type bit: which bit of the byte */
};

/* Where a column stands in the rows of one rowset, from the catalogue. */
struct bak_column_place {
    bool stored;        /* false: the rowset has no such column */
    int leaf_offset;    /* >= 0: fixed, at this offset of the record; < 0: variable column number -leaf_offset - 1 */
    unsigned null_bit;  /* from 1 */
    unsigned bit;       /* columns of type bit */
    unsigned size;      /* of a fixed column, in bytes */
    bool sparse;        /* stands in the sparse vector when it is not NULL */
    uint32_t column_id; /* of the rowset's own numbering (rscolid) */
    uint8_t *fallback;  /* sql_variant for rows that are older than the column; NULL: their value is NULL */
    size_t fallback_size;
};

/* The bytes of a column. False, with a phrase, when they would lie outside the record. */
MUST_CHECK bool bak_record_cell(const struct bak_record *record, const struct bak_column_place *place,
                                struct bak_cell *ret, const char **ret_why);

#endif
