#include "source/bak/record.h"

#include "source/bak/endian.h"

enum {
    STATUS_TYPE_SHIFT = 1,
    STATUS_NULLS = 0x10,
    STATUS_VARIABLES = 0x20,
    FIXED_START = 4,
    STUB_SIZE = 9,
    BACK_POINTER_SIZE = 10,
    COMPLEX = 0x8000,
    SPARSE_VECTOR = 5,
    SPARSE_HEADER = 4,
};

static bool bad(const char *why, const char **ret_why)
{
    *ret_why = why;
    return false;
}

enum bak_record_type bak_record_type(uint8_t status)
{
    return (enum bak_record_type)(status >> STATUS_TYPE_SHIFT & 7);
}

static unsigned end_of(const struct bak_record *record, unsigned variable)
{
    return bak_u16(record->ends + 2 * (size_t)variable) & ~(unsigned)COMPLEX;
}

/* The ends must lie within the record, and none before the one before it. */
static bool check_ends(struct bak_record *record, size_t room, const char **ret_why)
{
    unsigned before = record->variable_start;

    for (unsigned i = 0; i < record->variables; i++) {
        unsigned end = end_of(record, i);

        if (end < before)
            return bad("the ends of its variable columns run backwards", ret_why);
        before = end;
    }
    if (before > room)
        return bad("its variable columns end after the page's rows", ret_why);
    record->size = before;
    return true;
}

static bool parse_variables(struct bak_record *record, size_t at, size_t room, const char **ret_why)
{
    if (room - at < 2)
        return bad("it ends before its count of variable columns", ret_why);
    record->variables = bak_u16(record->data + at);
    at += 2;
    if ((room - at) / 2 < record->variables)
        return bad("it has more variable columns than room for them", ret_why);
    record->ends = record->data + at;
    record->variable_start = (unsigned)(at + 2 * (size_t)record->variables);
    return check_ends(record, room, ret_why);
}

/* A moved row ends with a column of its own: the way back to its stub. */
static bool take_back_pointer(struct bak_record *record, const char **ret_why)
{
    unsigned last = record->variables - 1;
    unsigned start;

    if (record->variables == 0)
        return bad("a moved row does not say where it was", ret_why);
    start = last ? end_of(record, last - 1) : record->variable_start;
    if (record->size - start != BACK_POINTER_SIZE || bak_u16(record->data + start) != 0x0400)
        return bad("a moved row does not say where it was", ret_why);
    record->stub = bak_address_at(record->data + start + 2);
    record->variables = last;
    return true;
}

static bool parse_ordinary(struct bak_record *record, size_t room, const char **ret_why)
{
    const uint8_t *data = record->data;
    size_t at;

    if (room < FIXED_START + 2)
        return bad("it has no room for its header", ret_why);
    record->fixed_end = bak_u16(data + 2);
    if (record->fixed_end < FIXED_START || record->fixed_end > room - 2)
        return bad("its fixed columns end outside the page's rows", ret_why);
    at = record->fixed_end;
    record->size = at;
    if (data[0] & STATUS_NULLS) {
        record->columns = bak_u16(data + at);
        at += 2;
        if (((size_t)record->columns + 7) / 8 > room - at)
            return bad("it has more columns than room for their null bits", ret_why);
        record->nulls = data + at;
        at += ((size_t)record->columns + 7) / 8;
        record->size = at;
    }
    if (data[0] & STATUS_VARIABLES && !parse_variables(record, at, room, ret_why))
        return false;
    return record->type != BAK_RECORD_FORWARDED || take_back_pointer(record, ret_why);
}

bool bak_record_parse_any(const uint8_t *data, size_t room, struct bak_record *ret, const char **ret_why)
{
    *ret_why = NULL;
    if (room == 0)
        return bad("there is no room for it", ret_why);
    *ret = (struct bak_record){.data = data, .type = bak_record_type(data[0])};
    if (ret->type != BAK_RECORD_STUB)
        return parse_ordinary(ret, room, ret_why);
    if (room < STUB_SIZE)
        return bad("a moved row's stub is too short", ret_why);
    ret->stub = bak_address_at(data + 1);
    ret->size = STUB_SIZE;
    return true;
}

bool bak_record_parse(const uint8_t *data, size_t room, struct bak_record *ret, const char **ret_why)
{
    if (!bak_record_parse_any(data, room, ret, ret_why))
        return false;
    if (ret->type > BAK_RECORD_STUB)
        return bad("it is not a row", ret_why);
    return true;
}

static bool fixed_cell(const struct bak_record *record, const struct bak_column_place *place, struct bak_cell *ret,
                       const char **ret_why)
{
    unsigned offset = (unsigned)place->leaf_offset;

    if (offset < FIXED_START || offset > record->fixed_end || place->size > record->fixed_end - offset)
        return bad("a column lies outside the fixed part", ret_why);
    ret->state = BAK_CELL_VALUE;
    ret->data = record->data + offset;
    ret->size = place->size;
    ret->bit = place->bit;
    return true;
}

static void variable_cell(const struct bak_record *record, unsigned number, struct bak_cell *ret)
{
    unsigned start;

    ret->state = BAK_CELL_VALUE;
    ret->data = record->data;
    ret->size = 0;
    /* Empty values at the end of a row are left out; the bitmap has said already that it is no NULL. */
    if (number >= record->variables)
        return;
    start = number ? end_of(record, number - 1) : record->variable_start;
    ret->data = record->data + start;
    ret->size = end_of(record, number) - start;
    if (bak_u16(record->ends + 2 * (size_t)number) & COMPLEX)
        ret->state = BAK_CELL_COMPLEX;
}

/* The row was written before the column was added. */
static void older_cell(const struct bak_column_place *place, struct bak_cell *ret)
{
    if (!place->fallback)
        return;
    ret->state = BAK_CELL_DEFAULT;
    ret->data = place->fallback;
    ret->size = place->fallback_size;
}

/* The sparse vector is a complex column after all others: u16 5, u16 count, ids, ends from its start, data. */
static bool find_sparse_vector(const struct bak_record *record, const uint8_t **ret, size_t *ret_size)
{
    for (unsigned i = record->variables; i-- > 0;) {
        struct bak_cell cell;

        variable_cell(record, i, &cell);
        if (cell.state == BAK_CELL_COMPLEX && cell.size >= SPARSE_HEADER && bak_u16(cell.data) == SPARSE_VECTOR) {
            *ret = cell.data;
            *ret_size = cell.size;
            return true;
        }
    }
    return false;
}

static bool sparse_cell(const struct bak_record *record, const struct bak_column_place *place, struct bak_cell *ret,
                        const char **ret_why)
{
    const uint8_t *vector = NULL;
    size_t size = 0;
    size_t count;
    size_t start;

    if (!find_sparse_vector(record, &vector, &size))
        return true;
    count = bak_u16(vector + 2);
    start = SPARSE_HEADER + 4 * count;
    if (start > size)
        return bad("its sparse columns end outside the row", ret_why);
    for (size_t i = 0; i < count; i++) {
        size_t end = bak_u16(vector + SPARSE_HEADER + 2 * (count + i)) & ~(size_t)COMPLEX;

        if (end < start || end > size)
            return bad("its sparse columns end outside the row", ret_why);
        if (bak_u16(vector + SPARSE_HEADER + 2 * i) == place->column_id) {
            bool complex = bak_u16(vector + SPARSE_HEADER + 2 * (count + i)) & COMPLEX;

            *ret = (struct bak_cell){.state = complex ? BAK_CELL_COMPLEX : BAK_CELL_VALUE,
                                     .data = vector + start,
                                     .size = end - start,
                                     .bit = place->bit};
            return true;
        }
        start = end;
    }
    return true;
}

bool bak_record_cell(const struct bak_record *record, const struct bak_column_place *place, struct bak_cell *ret,
                     const char **ret_why)
{
    unsigned bit = place->null_bit - 1;

    *ret = (struct bak_cell){.state = BAK_CELL_NULL};
    *ret_why = NULL;
    if (place->stored && place->sparse)
        return sparse_cell(record, place, ret, ret_why);
    if (!place->stored || place->null_bit == 0)
        return true;
    if (record->nulls && bit >= record->columns) {
        older_cell(place, ret);
        return true;
    }
    if (record->nulls && record->nulls[bit / 8] >> (bit % 8) & 1)
        return true;
    if (place->leaf_offset >= 0)
        return fixed_cell(record, place, ret, ret_why);
    variable_cell(record, (unsigned)(-place->leaf_offset - 1), ret);
    return true;
}
