/*
 * Row and page compression: records of the compressed layout (CD), and the anchor and dictionary that a page-compressed
 * page keeps for all its rows. Values come out in the bytes that an ordinary record would hold. No real backup that has
 * them was at hand: all of this is from public descriptions, every rule that could be checked against the bytes
 * themselves is, and what contradicts it is refused. Format, section 10.
 */
#ifndef SOURCE_BAK_COMPRESSION_H
#define SOURCE_BAK_COMPRESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "model/scratch.h"
#include "source/bak/catalogue.h"
#include "source/bak/page.h"
#include "source/bak/record.h"

enum { BAK_COMPRESSED_COLUMNS_MAX = 4096 };

enum bak_piece_kind {
    BAK_PIECE_NULL,
    BAK_PIECE_BYTES,   /* none, in the short or in the long region */
    BAK_PIECE_COMPLEX, /* leads to a value that stands elsewhere */
    BAK_PIECE_TRUE,    /* a bit that is set */
    BAK_PIECE_SYMBOL,  /* the number of an entry of the dictionary */
};

/* What a compressed record holds of a column. */
struct bak_piece {
    enum bak_piece_kind kind;
    const uint8_t *data;
    size_t size;
};

struct bak_compressed {
    enum bak_record_type type;
    unsigned columns;
    size_t size;              /* as far as it is known by its own fields */
    struct bak_piece *pieces; /* of BAK_COMPRESSED_COLUMNS_MAX, the caller's; borrowed from the record's bytes */
};

/* True when the record has the compressed layout: ordinary ones stand beside them on the same pages. */
bool bak_is_compressed(const uint8_t *data);

/* Reads a record from at most `room` bytes. `ret->pieces` must point to BAK_COMPRESSED_COLUMNS_MAX pieces. False, with
 * a phrase, when its parts do not lie within these bytes. */
MUST_CHECK bool bak_compressed_parse(const uint8_t *data, size_t room, struct bak_compressed *ret,
                                     const char **ret_why);

/* What a page keeps for all its rows. */
struct bak_page_compression {
    bool present;
    bool has_anchor;
    struct bak_compressed anchor;
    unsigned entries; /* of the dictionary */
    const uint8_t *ends;
    const uint8_t *data;
};

/* Reads it from a page of a page-compressed table, whose first record may be another: not present then. As
 * bak_compressed_parse. */
MUST_CHECK bool bak_page_compression_read(const struct bak_page *page, struct bak_piece *anchor_pieces,
                                          struct bak_page_compression *ret, const char **ret_why);

/* The bytes of a column as an ordinary record would hold them, from the scratch or from the page. `page` may be NULL.
 */
MUST_CHECK bool bak_compressed_cell(const struct bak_compressed *record, const struct bak_page_compression *page,
                                    const struct bak_column *column, const struct bak_column_place *place,
                                    struct scratch *scratch, struct bak_cell *ret, const char **ret_why);

/* The bytes of one value, from its compressed form. False, with a phrase, when it has none. */
MUST_CHECK bool bak_expand(const struct bak_column *column, size_t full_size, const uint8_t *data, size_t size,
                           struct scratch *scratch, struct slice *ret, const char **ret_why);

#endif
