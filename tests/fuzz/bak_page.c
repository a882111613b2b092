/* Any bytes as a page: its header, its check, its slots, the records and the compressed rows in them, all within it.
 * Input: the page, shorter ones with zeros behind; its checksum is put right when its own place is odd. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/must.h"
#include "source/bak/compression.h"
#include "source/bak/page.h"
#include "source/bak/record.h"
#include "support/bak_builder.h"

enum { COLUMNS = 24 };

static volatile unsigned sink;
static struct bak_piece anchors[BAK_COMPRESSED_COLUMNS_MAX];
static struct bak_piece pieces[BAK_COMPRESSED_COLUMNS_MAX];

static void touch(const struct bak_page *page, const uint8_t *data, size_t size)
{
    unsigned sum = 0;

    must(data >= page->bytes && data + size <= page->bytes + BAK_PAGE_SIZE);
    for (size_t i = 0; i < size; i++)
        sum += data[i];
    sink += sum;
}

static void read_plain(const struct bak_page *page, const uint8_t *data, size_t room)
{
    struct bak_record record;
    const char *why = NULL;

    if (!bak_record_parse(data, room, &record, &why)) {
        must(why != NULL);
        return;
    }
    must(record.size <= room);
    for (int offset = -COLUMNS; record.type != BAK_RECORD_STUB && offset < COLUMNS; offset++) {
        struct bak_column_place place = {
            .stored = true, .leaf_offset = offset, .null_bit = (unsigned)(offset + COLUMNS + 1), .size = 4};
        struct bak_cell cell;

        if (!bak_record_cell(&record, &place, &cell, &why))
            must(why != NULL);
        else if (cell.state == BAK_CELL_VALUE || cell.state == BAK_CELL_COMPLEX)
            touch(page, cell.data, cell.size);
    }
}

static void read_compressed(const struct bak_page *page, const uint8_t *data, size_t room)
{
    struct bak_page_compression compression = {0};
    struct bak_compressed record = {.pieces = pieces};
    const char *why = NULL;

    if (!bak_page_compression_read(page, anchors, &compression, &why))
        must(why != NULL);
    if (!bak_compressed_parse(data, room, &record, &why))
        must(why != NULL);
}

static void read_slots(const struct bak_page *page)
{
    for (unsigned slot = 0; slot < page->header.slots && slot <= BAK_PAGE_SLOTS_MAX; slot++) {
        const uint8_t *data = NULL;
        size_t room = 0;

        if (bak_page_slot(page, slot, &data, &room) != BAK_SLOT_RECORD)
            continue;
        touch(page, data, room);
        if (bak_is_compressed(data))
            read_compressed(page, data, room);
        else
            read_plain(page, data, room);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bak_page *page = x_alloc(sizeof *page);

    memcpy(page->bytes, data ? data : (const uint8_t *)"", size < BAK_PAGE_SIZE ? size : BAK_PAGE_SIZE);
    if (page->bytes[32] & 1)
        built_checksum(page->bytes);
    bak_page_settle(page);
    must(page->damage == BAK_PAGE_SOUND || page->header.flags);
    read_slots(page);
    free(page);
    return 0;
}
