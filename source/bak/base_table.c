#include "source/bak/base_table.h"

#include "source/bak/endian.h"
#include "source/bak/utf16.h"

struct reading {
    const char *name;
    unsigned fixed_end;
    bak_base_row_fn take;
    void *context;
    int64_t rows;
};

static bool fault_damaged(const char *name, struct bak_place place, const char *why, struct fault *fault)
{
    char text[BAK_PLACE_TEXT_SIZE];

    return fault_set(fault, FAULT_BAD_INPUT, "%s of the database's own table %s is damaged: %s",
                     bak_place_text(place, text), name, why);
}

static bool take_page(struct reading *reading, const struct bak_page *page, struct fault *fault)
{
    for (unsigned slot = 0; slot < page->header.slots; slot++) {
        const uint8_t *data = NULL;
        const char *why = NULL;
        struct bak_record record;
        size_t room = 0;
        enum bak_slot found = bak_page_slot(page, slot, &data, &room);

        if (found == BAK_SLOT_FREE)
            continue;
        if (found == BAK_SLOT_OUTSIDE)
            return fault_damaged(reading->name, page->header.place, "a slot points outside it", fault);
        if (bak_record_type(data[0]) > BAK_RECORD_STUB)
            continue;
        if (!bak_record_parse(data, room, &record, &why))
            return fault_damaged(reading->name, page->header.place, why, fault);
        if (record.type != BAK_RECORD_PRIMARY || record.fixed_end < reading->fixed_end)
            return fault_damaged(reading->name, page->header.place, "a row is not of the kind it should be", fault);
        if (!reading->take(reading->context, &record, fault))
            return false;
        reading->rows++;
    }
    return true;
}

bool bak_base_table_read(struct bak_store *store, const char *name, struct bak_place first, int64_t unit,
                         unsigned fixed_end, bak_base_row_fn take, void *context, int64_t *ret_rows,
                         struct fault *fault)
{
    struct reading reading = {name, fixed_end, take, context, 0};
    int64_t steps = bak_store_page_count(store);
    struct bak_place place = first;
    struct bak_page page;

    while (!bak_place_is_none(place)) {
        if (steps-- == 0)
            return fault_damaged(name, place, "its chain of pages goes in a circle", fault);
        if (!bak_store_need(store, place, name, &page, fault))
            return false;
        if (page.header.type != BAK_PAGE_DATA || page.header.level != 0 || !bak_page_belongs(&page.header, unit))
            return fault_damaged(name, place, "it is a page of something else", fault);
        if (page.damage != BAK_PAGE_SOUND)
            return fault_damaged(name, place,
                                 page.damage == BAK_PAGE_TORN ? "it was only half written" : "its checksum is wrong",
                                 fault);
        if (!take_page(&reading, &page, fault))
            return false;
        place = page.header.next;
    }
    *ret_rows = reading.rows;
    return true;
}

static const uint8_t *field(const struct bak_record *record, unsigned offset, unsigned size)
{
    return offset + size <= record->fixed_end ? record->data + offset : NULL;
}

uint8_t bak_base_u8(const struct bak_record *record, unsigned offset)
{
    const uint8_t *at = field(record, offset, 1);

    return at ? *at : 0;
}

int16_t bak_base_i16(const struct bak_record *record, unsigned offset)
{
    const uint8_t *at = field(record, offset, 2);

    return at ? bak_i16(at) : 0;
}

int32_t bak_base_i32(const struct bak_record *record, unsigned offset)
{
    const uint8_t *at = field(record, offset, 4);

    return at ? bak_i32(at) : 0;
}

int64_t bak_base_i64(const struct bak_record *record, unsigned offset)
{
    const uint8_t *at = field(record, offset, 8);

    return at ? bak_i64(at) : 0;
}

struct bak_place bak_base_place(const struct bak_record *record, unsigned offset)
{
    const uint8_t *at = field(record, offset, 6);

    return at ? bak_place_at(at) : (struct bak_place){0};
}

const uint8_t *bak_base_variable(const struct bak_record *record, unsigned number, size_t *ret_size)
{
    struct bak_column_place place = {.stored = true, .null_bit = 1, .leaf_offset = -(int)number - 1};
    struct bak_record without_nulls = *record;
    struct bak_cell cell;
    const char *why = NULL;

    without_nulls.nulls = NULL;
    *ret_size = 0;
    if (!bak_record_cell(&without_nulls, &place, &cell, &why) || cell.state != BAK_CELL_VALUE || cell.size == 0)
        return NULL;
    *ret_size = cell.size;
    return cell.data;
}

char *bak_base_string(const struct bak_record *record, unsigned number)
{
    size_t size = 0;
    const uint8_t *data = bak_base_variable(record, number, &size);

    return bak_utf16_string(data, size);
}
