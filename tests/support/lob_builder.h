/*
 * A store with pages of large values, made by hand (tests/support/bak_builder.h): one value of three pieces behind an
 * internal node, one small value, roots of both kinds. Free of any test framework, for fuzz targets too.
 */
#ifndef TESTS_LOB_BUILDER_H
#define TESTS_LOB_BUILDER_H

#include "source/bak/lob.h"
#include "source/bak/store.h"

enum {
    LOB_FIRST_PAGE = 8, /* of the eight that there are */
    LOB_PAGES = 8,
    LOB_PIECE = 1000,
    LOB_WHOLE = 3 * LOB_PIECE,
    LOB_SMALL = 11,
};

/* Slots on the first page. */
enum { LOB_SLOT_SMALL, LOB_SLOT_ROOT, LOB_SLOT_OLD_ROOT, LOB_SLOT_INTERNAL, LOB_SLOT_NULL };

/* The extent, as a test may change it before it is opened. */
void lob_builder_extent(uint8_t extent[8 * BAK_PAGE_SIZE]);

/* The value that the pieces give: byte i is i * 7 + i / 256. */
uint8_t lob_builder_byte(size_t at);

struct lob_store {
    int descriptor;
    struct bak_file *file;
    struct bak_container *container;
    struct bak_store *store;
    struct bak_lob_units units;
};

bool lob_store_open(struct lob_store *opened, const uint8_t extent[8 * BAK_PAGE_SIZE], struct fault *fault);
void lob_store_close(struct lob_store *opened);

/* Cells that lead to the value: a text pointer to a slot of the first page, and an inline root. */
enum { LOB_POINTER_SIZE = 16, LOB_INLINE_SIZE = 24 };
void lob_builder_pointer(uint8_t cell[LOB_POINTER_SIZE], unsigned slot);
void lob_builder_inline(uint8_t cell[LOB_INLINE_SIZE]);

#endif
