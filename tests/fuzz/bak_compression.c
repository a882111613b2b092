/* Any bytes as a compressed record, and as what a page-compressed page keeps for its rows: every value lies within the
 * page or was made of it. Input: the type of the columns, their size, where the first row begins (from the end of the
 * header), type flags; then the page's bytes up to the record and the record. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/must.h"
#include "source/bak/compression.h"
#include "source/bak/scalar.h"

enum { HEAD = 5, TEXT_MAX = 1 << 20, COLUMNS_SHOWN = 64 };

static struct bak_piece pieces[BAK_COMPRESSED_COLUMNS_MAX];
static struct bak_piece anchor_pieces[BAK_COMPRESSED_COLUMNS_MAX];
static volatile unsigned sink;

static void check_cells(const struct bak_compressed *record, const struct bak_page_compression *page,
                        const uint8_t *data)
{
    struct bak_column column = {.type = data[0], .precision = 38, .scale = 4, .length = 100};
    scoped(scratch_destroy) struct scratch *scratch = scratch_new();
    struct bak_scalars *scalars = bak_scalars_new(0xD008);
    struct text out;

    text_init(&out, TEXT_MAX);
    for (unsigned i = 0; i < record->columns + 2 && i < COLUMNS_SHOWN; i++) {
        struct bak_column_place place = {.stored = true, .null_bit = i + 1, .size = data[1]};
        struct bak_cell cell;
        struct value value = {0};
        const char *why = NULL;

        if (!bak_compressed_cell(record, page, &column, &place, scratch, &cell, &why)) {
            must(why != NULL);
            continue;
        }
        if (cell.state == BAK_CELL_NULL)
            continue;
        for (size_t k = 0; k < cell.size; k++)
            sink += cell.data[k];
        if (cell.state == BAK_CELL_VALUE &&
            !bak_scalar_read(scalars, &column, cell.data, cell.size, cell.bit, &out, &value, &why))
            must(why != NULL);
    }
    text_release(&out);
    bak_scalars_destroy(&scalars);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bak_compressed record = {.pieces = pieces};
    struct bak_page_compression compression;
    struct bak_page *page;
    const char *why = NULL;
    size_t info;

    if (size < HEAD || size > 4000)
        return 0;
    page = x_alloc(sizeof *page);
    info = (data[2] | (size_t)data[3] << 8) % (size - HEAD + 1);
    page->bytes[2] = data[4];
    page->header.slots = 1;
    memcpy(page->bytes + BAK_PAGE_HEADER_SIZE, data + HEAD, info);
    page->bytes[BAK_PAGE_SIZE - 2] = (uint8_t)(BAK_PAGE_HEADER_SIZE + info);
    page->bytes[BAK_PAGE_SIZE - 1] = (uint8_t)((BAK_PAGE_HEADER_SIZE + info) >> 8);
    if (bak_page_compression_read(page, anchor_pieces, &compression, &why)) {
        size_t room = size - HEAD - info;
        uint8_t *bytes = x_alloc_raw(room + 1);

        memcpy(bytes, data + HEAD + info, room);
        if (bak_compressed_parse(bytes, room, &record, &why)) {
            must(record.size <= room);
            check_cells(&record, compression.present ? &compression : NULL, data);
        } else {
            must(why != NULL);
        }
        free(bytes);
    } else {
        must(why != NULL);
    }
    free(page);
    return 0;
}
