/* Large values whose pages and whose row have stretches overwritten: read as long as they say, or refused. Input: a
 * byte for the kind of cell, then stretches of two bytes of offset, one of length, and the bytes; offsets from 0xFF00
 * on are into the cell. */
#include <stdint.h>
#include <string.h>

#include "base/must.h"
#include "support/lob_builder.h"

enum { CELL_OFFSET = 0xFF00, CELL_MAX = 64 };

static uint8_t extent[8 * BAK_PAGE_SIZE];
static volatile unsigned sink;

static void overwrite(const uint8_t *data, size_t size, uint8_t cell[CELL_MAX])
{
    while (size > 3) {
        size_t at = data[0] | (size_t)data[1] << 8;
        size_t length = data[2] % 32 + 1u;

        length = length < size - 3 ? length : size - 3;
        for (size_t i = 0; i < length; i++) {
            if (at + i < CELL_OFFSET)
                extent[at + i] = data[3 + i];
            else if (at + i - CELL_OFFSET < CELL_MAX)
                cell[at + i - CELL_OFFSET] = data[3 + i];
        }
        data += 3 + length;
        size -= 3 + length;
    }
}

static void read_all(struct bak_lob *lob)
{
    const uint8_t *piece = NULL;
    struct fault fault = {0};
    int64_t given = 0;
    size_t size = 0;

    for (;;) {
        if (!bak_lob_next(lob, &piece, &size, &fault)) {
            must(fault.kind == FAULT_BAD_INPUT && fault.text[0]);
            return;
        }
        if (size == 0)
            break;
        must(size <= BAK_PAGE_SIZE);
        for (size_t i = 0; i < size; i++)
            sink += piece[i];
        given += (int64_t)size;
        must(given <= bak_lob_size(lob));
    }
    must(given == bak_lob_size(lob));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t bytes[CELL_MAX] = {0};
    struct bak_cell cell = {.state = BAK_CELL_COMPLEX, .data = bytes, .size = LOB_POINTER_SIZE};
    struct lob_store opened;
    struct bak_lob *lob = NULL;
    struct fault fault = {0};
    bool is_inline = size && data[0] & 1;

    if (size < 2)
        return 0;
    lob_builder_extent(extent);
    if (is_inline) {
        lob_builder_inline(bytes);
        cell.size = (data[0] >> 1) % (CELL_MAX + 1u);
    } else {
        lob_builder_pointer(bytes, data[0] >> 1 & 7);
    }
    overwrite(data + 1, size - 1, bytes);
    if (lob_store_open(&opened, extent, &fault)) {
        if (!bak_lob_open(opened.store, opened.units, is_inline ? BAK_TYPE_VARBINARY : BAK_TYPE_IMAGE, &cell, &lob,
                          &fault))
            must(fault.kind == FAULT_BAD_INPUT && fault.text[0]);
        else if (lob)
            read_all(lob);
    }
    bak_lob_close(&lob);
    lob_store_close(&opened);
    return 0;
}
