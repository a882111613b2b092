#include "sandbox/clinic/bak_row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/must.h"
#include "sandbox/clinic/bak_bytes.h"

enum {
    STATUS_NULLS = 0x10,
    STATUS_VARIABLE = 0x20,
    END_ELSEWHERE = 0x8000,
    BACK_SIZE = 10,
    DAYS_1900_TO_1970 = 25567,
    DAYS_1_TO_1970 = 719162,
    TICKS_PER_MINUTE = 300 * 60,
};

void mdf_row_init(struct mdf_row *row, const struct mdf_layout *layout)
{
    memset(row, 0, sizeof(*row));
    row->layout = layout;
}

void mdf_row_release(struct mdf_row *row)
{
    for (size_t i = 0; i < MDF_COLUMNS_MAX; i++) {
        free(row->variable[i].data);
        row->variable[i] = (struct mdf_variable){0};
    }
}

static void skip_hidden(struct mdf_row *row)
{
    while (row->next < row->layout->count &&
           (row->layout->columns[row->next].flags & (MDF_DROPPED | MDF_UNIQUIFIER)) != 0) {
        row->is_null[row->next++] = true;
    }
}

void mdf_row_begin(struct mdf_row *row)
{
    row->next = 0;
    row->before_added = false;
    memset(row->fixed, 0, row->layout->fixed_end);
    for (size_t i = 0; i < row->layout->count; i++) {
        row->variable[i].size = 0;
        row->variable[i].elsewhere = false;
    }
    skip_hidden(row);
}

const struct mdf_column *mdf_row_column(const struct mdf_row *row)
{
    must(row->next < row->layout->count);
    return &row->layout->columns[row->next];
}

static void end_value(struct mdf_row *row, bool is_null)
{
    row->is_null[row->next++] = is_null;
    skip_hidden(row);
}

void mdf_row_null(struct mdf_row *row)
{
    must((mdf_row_column(row)->flags & MDF_NOT_NULL) == 0);
    end_value(row, true);
}

/* Signed, in so many bytes. */
static bool fits(int64_t value, size_t size)
{
    int64_t limit = size < 8 ? INT64_C(1) << (8 * size - 1) : INT64_MAX;

    return size == 8 || (value >= -limit && value < limit);
}

void mdf_row_integer(struct mdf_row *row, int64_t value)
{
    const struct mdf_column *column = mdf_row_column(row);
    uint8_t *at = row->fixed + column->leaf;
    unsigned size = mdf_fixed_size(column);

    must(column->leaf > 0);
    switch (column->type) {
    case MDF_TYPE_BIT:
        must(value == 0 || value == 1);
        *at = (uint8_t)(*at | (unsigned)value << column->bit);
        break;
    case MDF_TYPE_TINYINT:
        must(value >= 0 && value <= UINT8_MAX);
        *at = (uint8_t)value;
        break;
    case MDF_TYPE_SMALLINT:
    case MDF_TYPE_INT:
    case MDF_TYPE_BIGINT:
        must(fits(value, size));
        mdf_put(at, (uint64_t)value, size);
        break;
    default:
        must(false);
    }
    end_value(row, false);
}

void mdf_row_decimal(struct mdf_row *row, int64_t hundredths)
{
    const struct mdf_column *column = mdf_row_column(row);
    uint8_t *at = row->fixed + column->leaf;
    unsigned size = mdf_fixed_size(column);

    if (column->type == MDF_TYPE_MONEY || column->type == MDF_TYPE_SMALLMONEY) {
        must(fits(hundredths * 100, size));
        mdf_put(at, (uint64_t)(hundredths * 100), size);
    } else {
        must(column->type == MDF_TYPE_DECIMAL && column->scale == 2);
        at[0] = hundredths >= 0;
        mdf_put(at + 1, (uint64_t)(hundredths >= 0 ? hundredths : -hundredths), size - 1);
    }
    end_value(row, false);
}

void mdf_row_date(struct mdf_row *row, int64_t days)
{
    const struct mdf_column *column = mdf_row_column(row);

    if (column->type != MDF_TYPE_DATE) {
        mdf_row_moment(row, days * 1440, 0);
        return;
    }
    mdf_put(row->fixed + column->leaf, (uint64_t)(days + DAYS_1_TO_1970), 3);
    end_value(row, false);
}

void mdf_row_moment(struct mdf_row *row, int64_t minutes, int milliseconds)
{
    const struct mdf_column *column = mdf_row_column(row);
    uint8_t *at = row->fixed + column->leaf;
    int64_t time = minutes * 60000 + milliseconds;
    int64_t of_day = ((time % 86400000) + 86400000) % 86400000;
    int64_t days = (time - of_day) / 86400000;

    switch (column->type) {
    case MDF_TYPE_DATETIME:
        /* Ticks of 1/300 second: .997 is 299 of them. */
        mdf_put_u32(at, (uint32_t)((of_day * 3 + 5) / 10));
        mdf_put_u32(at + 4, (uint32_t)(days + DAYS_1900_TO_1970));
        break;
    case MDF_TYPE_SMALLDATETIME:
        must(of_day % 60000 == 0);
        mdf_put_u16(at, (unsigned)(of_day / 60000));
        mdf_put_u16(at + 2, (unsigned)(days + DAYS_1900_TO_1970));
        break;
    case MDF_TYPE_DATETIME2:
        mdf_put(at, (uint64_t)of_day, 4);
        mdf_put(at + 4, (uint64_t)(days + DAYS_1_TO_1970), 3);
        break;
    default:
        must(false);
    }
    end_value(row, false);
}

static uint8_t *grow(struct mdf_variable *out, size_t more)
{
    if (out->size + more > out->room) {
        out->room = 2 * (out->size + more);
        out->data = x_grow_array(out->data, out->room, 1);
    }
    out->size += more;
    return out->data + out->size - more;
}

/* Well-formed, as everything that the generator writes. */
static unsigned next_letter(const unsigned char **at)
{
    unsigned first = *(*at)++;
    unsigned more = first < 0x80 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
    unsigned letter = more > 0 ? first & (0x3Fu >> more) : first;

    for (; more > 0; more--) {
        must((**at & 0xC0) == 0x80);
        letter = letter << 6 | (*(*at)++ & 0x3F);
    }
    return letter;
}

void mdf_text_convert(const struct mdf_column *column, const char *utf8, struct mdf_variable *out)
{
    const unsigned char *at = (const unsigned char *)utf8;

    while (*at != '\0') {
        unsigned letter = next_letter(&at);

        if (!mdf_is_wide(column)) {
            must(letter < 0x80 || (letter >= 0xA0 && letter <= 0xFF));
            *grow(out, 1) = (uint8_t)letter;
        } else if (letter < 0x10000) {
            mdf_put_u16(grow(out, 2), letter);
        } else {
            mdf_put_u16(grow(out, 2), 0xD800 + ((letter - 0x10000) >> 10));
            mdf_put_u16(grow(out, 2), 0xDC00 + ((letter - 0x10000) & 0x3FF));
        }
    }
}

/* "1FDF8224-FE0E-…": the first three groups little-endian. */
static void put_guid(const char *text, uint8_t *at)
{
    unsigned part[11];

    must(sscanf(text, "%8x-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x", &part[0], &part[1], &part[2], &part[3], &part[4],
                &part[5], &part[6], &part[7], &part[8], &part[9], &part[10]) == 11);
    mdf_put_u32(at, part[0]);
    mdf_put_u16(at + 4, part[1]);
    mdf_put_u16(at + 6, part[2]);
    for (size_t i = 3; i < array_length(part); i++) {
        at[5 + i] = (uint8_t)part[i];
    }
}

/* "0x00000000000007D1": a number, its high byte first. */
static void put_version(const char *text, uint8_t *at)
{
    unsigned long long number = strtoull(text, NULL, 16);

    for (size_t i = 0; i < 8; i++) {
        at[i] = (uint8_t)(number >> (56 - 8 * i));
    }
}

void mdf_row_text(struct mdf_row *row, const char *utf8)
{
    const struct mdf_column *column = mdf_row_column(row);
    struct mdf_variable *variable = &row->variable[row->next];
    uint8_t *at = row->fixed + column->leaf;
    unsigned size = mdf_fixed_size(column);

    if (column->type == MDF_TYPE_UNIQUEIDENTIFIER) {
        put_guid(utf8, at);
    } else if (column->type == MDF_TYPE_ROWVERSION) {
        put_version(utf8, at);
    } else {
        must(mdf_is_text(column));
        mdf_text_convert(column, utf8, variable);
        must(column->length < 0 || mdf_has_pointer(column) || variable->size <= (size_t)column->length);
        if (!mdf_is_variable(column)) {
            /* Blank-padded. */
            for (size_t i = 0; i < size; i++) {
                at[i] = i < variable->size ? variable->data[i] : mdf_is_wide(column) && i % 2 == 1 ? 0 : ' ';
            }
            variable->size = 0;
        }
    }
    end_value(row, false);
}

void mdf_row_bytes(struct mdf_row *row, const void *data, size_t size)
{
    const struct mdf_column *column = mdf_row_column(row);

    if (mdf_is_variable(column)) {
        if (size > 0) {
            memcpy(grow(&row->variable[row->next], size), data, size);
        }
    } else {
        must(size == mdf_fixed_size(column));
        memcpy(row->fixed + column->leaf, data, size);
    }
    end_value(row, false);
}

void mdf_row_elsewhere(struct mdf_row *row, const void *root, size_t size)
{
    row->variable[row->next].elsewhere = true;
    mdf_row_bytes(row, root, size);
}

void mdf_row_move_out(struct mdf_row *row, size_t column, const void *root, size_t size)
{
    row->variable[column].size = 0;
    row->variable[column].elsewhere = true;
    memcpy(grow(&row->variable[column], size), root, size);
}

void mdf_row_set_uniquifier(struct mdf_row *row, uint32_t number)
{
    size_t column = row->layout->physical[0];

    must((row->layout->columns[column].flags & MDF_UNIQUIFIER) != 0);
    row->is_null[column] = number == 0;
    row->variable[column].size = 0;
    if (number != 0) {
        mdf_put_u32(grow(&row->variable[column], 4), number);
    }
}

/* ---- records ---- */

/* What of the layout a record has: all, or all but the last column. */
struct extent {
    unsigned columns;
    unsigned fixed_end;
    unsigned variables; /* without the empty ones at the end */
};

static struct extent extent_of(const struct mdf_row *row, bool with_back)
{
    const struct mdf_layout *layout = row->layout;
    struct extent extent = {.columns = (unsigned)layout->count, .fixed_end = layout->fixed_end};

    if (row->before_added) {
        const struct mdf_column *last = &layout->columns[layout->physical[layout->count - 1]];

        must((last->flags & MDF_ADDED) != 0);
        extent.columns--;
        /* A bit that shares its byte with older ones takes no room of its own. */
        if (last->leaf > 0 && last->leaf + (int)mdf_fixed_size(last) == (int)layout->fixed_end && last->bit == 0) {
            extent.fixed_end -= mdf_fixed_size(last);
        }
    }
    for (size_t i = 0; i < extent.columns; i++) {
        const struct mdf_column *column = &layout->columns[layout->physical[i]];

        if (column->leaf < 0 && (row->variable[layout->physical[i]].size > 0 || with_back)) {
            extent.variables = (unsigned)-column->leaf;
        }
    }
    return extent;
}

size_t mdf_row_size(const struct mdf_row *row, enum mdf_record type)
{
    struct extent extent = extent_of(row, type == MDF_RECORD_FORWARDED);
    unsigned entries = extent.variables + (type == MDF_RECORD_FORWARDED);
    size_t size = extent.fixed_end + 2 + (extent.columns + 7) / 8 + (entries > 0 ? 2 + 2 * (size_t)entries : 0);

    for (size_t i = 0; i < extent.columns; i++) {
        size += row->variable[row->layout->physical[i]].size;
    }
    return size + (type == MDF_RECORD_FORWARDED ? BACK_SIZE : 0);
}

static size_t put_variables(const struct mdf_row *row, const struct extent *extent, const uint8_t *back,
                            uint8_t *record, size_t at)
{
    const struct mdf_layout *layout = row->layout;
    unsigned entries = extent->variables + (back != NULL);
    uint8_t *ends = record + at + 2;
    size_t end = at + 2 + 2 * (size_t)entries;
    unsigned number = 0;

    mdf_put_u16(record + at, entries);
    for (size_t i = 0; i < extent->columns && number < extent->variables; i++) {
        size_t column = layout->physical[i];
        const struct mdf_variable *variable = &row->variable[column];

        if (layout->columns[column].leaf > 0) {
            continue;
        }
        must(end + variable->size <= MDF_PAGE_SIZE);
        if (variable->size > 0) {
            memcpy(record + end, variable->data, variable->size);
        }
        end += variable->size;
        mdf_put_u16(ends + 2 * (size_t)number++, (unsigned)end | (variable->elsewhere ? END_ELSEWHERE : 0));
    }
    if (back != NULL) {
        memcpy(record + end, back, BACK_SIZE);
        end += BACK_SIZE;
        mdf_put_u16(ends + 2 * (size_t)number, (unsigned)end | END_ELSEWHERE);
    }
    return end;
}

size_t mdf_row_encode(const struct mdf_row *row, enum mdf_record type, const uint8_t *back,
                      uint8_t record[MDF_PAGE_SIZE])
{
    const struct mdf_layout *layout = row->layout;
    struct extent extent = extent_of(row, back != NULL);
    size_t nulls = (extent.columns + 7) / 8;
    size_t at = extent.fixed_end;

    must(row->next == layout->count);
    memcpy(record, row->fixed, at);
    record[0] = (uint8_t)(STATUS_NULLS | (unsigned)type << 1);
    record[1] = 0;
    mdf_put_u16(record + 2, extent.fixed_end);
    mdf_put_u16(record + at, extent.columns);
    memset(record + at + 2, 0, nulls);
    for (size_t i = 0; i < extent.columns; i++) {
        record[at + 2 + i / 8] |= (uint8_t)((unsigned)row->is_null[layout->physical[i]] << i % 8);
    }
    at += 2 + nulls;
    if (extent.variables + (back != NULL) > 0) {
        record[0] |= STATUS_VARIABLE;
        at = put_variables(row, &extent, back, record, at);
    }
    return at;
}
