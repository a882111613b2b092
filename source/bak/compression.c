#include "source/bak/compression.h"

#include <string.h>

#include "source/bak/endian.h"

enum {
    HEADER_COMPRESSED = 0x01,
    HEADER_LONG = 0x20,
    COLUMNS_WIDE = 0x80,
    CLUSTER = 30,
    CODE_NULL = 0,
    CODE_EMPTY = 1,
    CODE_SHORT_LAST = 9,
    CODE_LONG = 10,
    CODE_TRUE = 11,
    CODE_SYMBOL = 12,
    LONG_WIDE_OFFSETS = 0x01,
    LONG_COMPLEX = 0x8000,
    PAGE_FLAG = 0x80, /* of a page's type flags */
    INFO_ANCHOR = 0x02,
    INFO_DICTIONARY = 0x04,
    PREFIX_WIDE = 0x80,
};

static bool bad(const char *why, const char **ret_why)
{
    *ret_why = why;
    return false;
}

bool bak_is_compressed(const uint8_t *data)
{
    return data[0] & HEADER_COMPRESSED;
}

/* Bits 2 to 4 of the header. */
static enum bak_record_type type_of(uint8_t header)
{
    static const enum bak_record_type types[] = {
        BAK_RECORD_PRIMARY,   BAK_RECORD_GHOST_DATA, BAK_RECORD_STUB,  BAK_RECORD_GHOST_DATA,
        BAK_RECORD_FORWARDED, BAK_RECORD_GHOST_DATA, BAK_RECORD_INDEX, BAK_RECORD_GHOST_INDEX,
    };

    return types[header >> 2 & 7];
}

/* A record while it is read. */
struct reading {
    const uint8_t *data;
    size_t room;
    size_t at;
    const uint8_t *codes; /* 4 bits for each column, the low ones first */
    const uint8_t *clusters;
    unsigned long_count;
    const uint8_t *long_ends;
    const uint8_t *long_data;
    size_t long_room;
};

static unsigned code_of(const struct reading *reading, unsigned column)
{
    return column % 2 ? reading->codes[column / 2] >> 4 : reading->codes[column / 2] & 0x0F;
}

static bool read_header(struct reading *reading, struct bak_compressed *ret, const char **ret_why)
{
    size_t size;

    if (reading->room < 2)
        return bad("it has no room for its header", ret_why);
    ret->columns = reading->data[1];
    reading->at = 2;
    if (ret->columns & COLUMNS_WIDE) {
        if (reading->room < 3)
            return bad("it has no room for its header", ret_why);
        ret->columns = (ret->columns & ~(unsigned)COLUMNS_WIDE) << 8 | reading->data[2];
        reading->at = 3;
    }
    size = (ret->columns + 1) / 2;
    if (ret->columns > BAK_COMPRESSED_COLUMNS_MAX || size > reading->room - reading->at)
        return bad("it has more columns than room for them", ret_why);
    reading->codes = reading->data + reading->at;
    reading->at += size;
    return true;
}

/* Values of up to 8 bytes, one after another; every thirty of them are as long together as their cluster says. */
static bool read_short(struct reading *reading, struct bak_compressed *ret, const char **ret_why)
{
    size_t clusters = ret->columns ? (ret->columns - 1) / CLUSTER : 0;
    size_t cluster_start;

    if (clusters > reading->room - reading->at)
        return bad("it has no room for the lengths of its clusters", ret_why);
    reading->clusters = reading->data + reading->at;
    reading->at += clusters;
    cluster_start = reading->at;
    for (unsigned i = 0; i < ret->columns; i++) {
        unsigned code = code_of(reading, i);
        size_t size = code > CODE_EMPTY && code <= CODE_SHORT_LAST ? code - 1 : code == CODE_SYMBOL ? 1 : 0;

        if (code > CODE_SYMBOL)
            return bad("a column has an unknown code", ret_why);
        if (size > reading->room - reading->at)
            return bad("its short columns end after the page's rows", ret_why);
        ret->pieces[i] = (struct bak_piece){.kind = code == CODE_NULL     ? BAK_PIECE_NULL
                                                    : code == CODE_TRUE   ? BAK_PIECE_TRUE
                                                    : code == CODE_SYMBOL ? BAK_PIECE_SYMBOL
                                                                          : BAK_PIECE_BYTES,
                                            .data = reading->data + reading->at,
                                            .size = size};
        reading->at += size;
        if ((i + 1) % CLUSTER != 0 || i / CLUSTER >= clusters)
            continue;
        if (reading->at - cluster_start != reading->clusters[i / CLUSTER])
            return bad("a cluster of columns is not as long as it says", ret_why);
        cluster_start = reading->at;
    }
    return true;
}

static bool read_long_header(struct reading *reading, unsigned columns, const char **ret_why)
{
    size_t clusters = columns ? (columns - 1) / CLUSTER : 0;
    size_t left = reading->room - reading->at;

    if (left < 3)
        return bad("it has no room for its long columns", ret_why);
    if (!(reading->data[reading->at] & LONG_WIDE_OFFSETS))
        return bad("its long columns are laid out in an unknown way", ret_why);
    reading->long_count = bak_u16(reading->data + reading->at + 1);
    if (2 * (size_t)reading->long_count + clusters > left - 3)
        return bad("it has more long columns than room for them", ret_why);
    reading->long_ends = reading->data + reading->at + 3;
    reading->long_data = reading->long_ends + 2 * (size_t)reading->long_count + clusters;
    reading->long_room = reading->room - (size_t)(reading->long_data - reading->data);
    return true;
}

static bool read_long(struct reading *reading, struct bak_compressed *ret, const char **ret_why)
{
    unsigned number = 0;
    size_t start = 0;

    for (unsigned i = 0; i < ret->columns; i++) {
        unsigned end;

        if (code_of(reading, i) != CODE_LONG)
            continue;
        if (number == reading->long_count)
            return bad("it has fewer long columns than it says", ret_why);
        end = bak_u16(reading->long_ends + 2 * (size_t)number++);
        ret->pieces[i].kind = end & LONG_COMPLEX ? BAK_PIECE_COMPLEX : BAK_PIECE_BYTES;
        end &= ~(unsigned)LONG_COMPLEX;
        if (end < start || end > reading->long_room)
            return bad("the ends of its long columns are impossible", ret_why);
        ret->pieces[i].data = reading->long_data + start;
        ret->pieces[i].size = end - start;
        start = end;
    }
    if (reading->long_count)
        reading->at = (size_t)(reading->long_data - reading->data) + start;
    return true;
}

bool bak_compressed_parse(const uint8_t *data, size_t room, struct bak_compressed *ret, const char **ret_why)
{
    struct reading reading = {.data = data, .room = room};

    *ret_why = NULL;
    if (room == 0 || !bak_is_compressed(data))
        return bad("it is no compressed record", ret_why);
    ret->type = type_of(data[0]);
    if (!read_header(&reading, ret, ret_why) || !read_short(&reading, ret, ret_why))
        return false;
    if (data[0] & HEADER_LONG && !read_long_header(&reading, ret->columns, ret_why))
        return false;
    if (!read_long(&reading, ret, ret_why))
        return false;
    ret->size = reading.at;
    return true;
}

/* Where the first of the page's rows begins: what the page keeps for all of them stands before it. */
static size_t first_row(const struct bak_page *page)
{
    size_t least = BAK_PAGE_SIZE;

    for (unsigned i = 0; i < page->header.slots && i < BAK_PAGE_SLOTS_MAX; i++) {
        size_t at = bak_u16(page->bytes + BAK_PAGE_SIZE - 2 * (size_t)(i + 1));

        if (at >= BAK_PAGE_HEADER_SIZE && at < least)
            least = at;
    }
    return least;
}

/* The descriptions do not say from where the ends of the entries count; of the two ways only one fits the size. */
static bool read_dictionary(const uint8_t *data, size_t size, struct bak_page_compression *ret, const char **ret_why)
{
    size_t array;
    size_t last;

    if (size < 2)
        return bad("its dictionary has no room", ret_why);
    ret->entries = bak_u16(data);
    array = 2 + 2 * (size_t)ret->entries;
    if (array > size)
        return bad("its dictionary has more entries than room for them", ret_why);
    ret->ends = data + 2;
    last = ret->entries ? bak_u16(data + array - 2) : 0;
    if (last == size && ret->entries)
        ret->data = data;
    else if (array + last == size)
        ret->data = data + array;
    else
        return bad("its dictionary does not end where it should", ret_why);
    for (unsigned i = 0; i < ret->entries; i++) {
        size_t before = i ? bak_u16(ret->ends + 2 * (size_t)(i - 1)) : ret->data == data ? array : 0;

        if (bak_u16(ret->ends + 2 * (size_t)i) < before)
            return bad("the entries of its dictionary run backwards", ret_why);
    }
    return true;
}

bool bak_page_compression_read(const struct bak_page *page, struct bak_piece *anchor_pieces,
                               struct bak_page_compression *ret, const char **ret_why)
{
    const uint8_t *info = page->bytes + BAK_PAGE_HEADER_SIZE;
    size_t room = first_row(page) - BAK_PAGE_HEADER_SIZE;
    bool looks_like = room >= 5 && info[0] && (info[0] & ~(INFO_ANCHOR | INFO_DICTIONARY)) == 0;
    bool has_dictionary;
    size_t start;
    size_t size;
    size_t anchor_end;

    *ret_why = NULL;
    *ret = (struct bak_page_compression){.anchor.pieces = anchor_pieces};
    if (!looks_like)
        return !(page->bytes[2] & PAGE_FLAG) || page->header.slots == 0 ||
               bad("what it keeps for all its rows is missing", ret_why);
    has_dictionary = info[0] & INFO_DICTIONARY;
    start = has_dictionary ? 7 : 5;
    if (room < start)
        return bad("what it keeps for all its rows is cut off", ret_why);
    size = bak_u16(info + start - 2);
    anchor_end = has_dictionary ? bak_u16(info + 3) : size;
    if (size > room || anchor_end < start || anchor_end > size)
        return bad("what it keeps for all its rows does not fit before them", ret_why);
    ret->present = true;
    ret->has_anchor = info[0] & INFO_ANCHOR;
    if (ret->has_anchor && !bak_compressed_parse(info + start, anchor_end - start, &ret->anchor, ret_why))
        return false;
    return !has_dictionary || read_dictionary(info + anchor_end, size - anchor_end, ret, ret_why);
}

static bool look_up(const struct bak_page_compression *page, const struct bak_piece *symbol, struct bak_piece *ret,
                    const char **ret_why)
{
    unsigned number = symbol->data[0];
    size_t start;

    if (!page || number >= page->entries)
        return bad("it names an entry of the page's dictionary that is not there", ret_why);
    start = number                    ? bak_u16(page->ends + 2 * (size_t)(number - 1))
            : page->data < page->ends ? 2 + 2 * (size_t)page->entries
                                      : 0;
    *ret = (struct bak_piece){
        .kind = BAK_PIECE_BYTES, .data = page->data + start, .size = bak_u16(page->ends + 2 * (size_t)number) - start};
    return true;
}

/* A value of a column that has an anchor says how much of it to take, and adds the rest. */
static bool join_anchor(const struct bak_piece *anchor, struct bak_piece *piece, struct scratch *scratch,
                        const char **ret_why)
{
    size_t head = 1;
    size_t taken;
    char *joined;

    if (piece->size == 0) {
        *piece = *anchor;
        return true;
    }
    taken = piece->data[0];
    if (taken & PREFIX_WIDE) {
        if (piece->size < 2)
            return bad("it is too short for what it shares with the page's anchor", ret_why);
        taken = piece->data[1];
        head = 2;
    }
    if (taken > anchor->size)
        return bad("it shares more with the page's anchor than there is", ret_why);
    joined = scratch_take(scratch, taken + piece->size - head + 1);
    memcpy(joined, anchor->data, taken);
    memcpy(joined + taken, piece->data + head, piece->size - head);
    piece->data = (const uint8_t *)joined;
    piece->size = taken + piece->size - head;
    return true;
}

static bool set_bit(const struct bak_piece *piece, struct scratch *scratch, struct bak_cell *ret, const char **ret_why)
{
    char *byte = scratch_take(scratch, 1);

    if (piece->kind != BAK_PIECE_TRUE && piece->size > 0)
        return bad("a bit is neither set nor clear", ret_why);
    byte[0] = piece->kind == BAK_PIECE_TRUE;
    *ret = (struct bak_cell){.state = BAK_CELL_VALUE, .data = (const uint8_t *)byte, .size = 1};
    return true;
}

bool bak_compressed_cell(const struct bak_compressed *record, const struct bak_page_compression *page,
                         const struct bak_column *column, const struct bak_column_place *place, struct scratch *scratch,
                         struct bak_cell *ret, const char **ret_why)
{
    unsigned number = place->null_bit - 1;
    struct bak_piece piece;
    struct slice bytes = {0};

    *ret_why = NULL;
    *ret = (struct bak_cell){.state = BAK_CELL_NULL};
    if (!place->stored || place->null_bit == 0)
        return true;
    if (place->sparse)
        return bad("it has sparse columns, which no compressed row can have", ret_why);
    if (number >= record->columns) {
        if (place->fallback)
            *ret = (struct bak_cell){BAK_CELL_DEFAULT, place->fallback, place->fallback_size, 0};
        return true;
    }
    piece = record->pieces[number];
    if (piece.kind == BAK_PIECE_NULL)
        return true;
    if (piece.kind == BAK_PIECE_SYMBOL && !look_up(page, &record->pieces[number], &piece, ret_why))
        return false;
    if (column->type == BAK_TYPE_BIT)
        return set_bit(&piece, scratch, ret, ret_why);
    if (piece.kind == BAK_PIECE_COMPLEX) {
        *ret = (struct bak_cell){.state = BAK_CELL_COMPLEX, .data = piece.data, .size = piece.size};
        return true;
    }
    if (piece.kind != BAK_PIECE_BYTES)
        return bad("a column that is no bit has the code of one", ret_why);
    if (page && page->has_anchor && number < page->anchor.columns &&
        page->anchor.pieces[number].kind == BAK_PIECE_BYTES &&
        !join_anchor(&page->anchor.pieces[number], &piece, scratch, ret_why))
        return false;
    if (!bak_expand(column, place->size, piece.data, piece.size, scratch, &bytes, ret_why))
        return false;
    *ret = (struct bak_cell){BAK_CELL_VALUE, (const uint8_t *)bytes.data, bytes.size, 0};
    return true;
}
