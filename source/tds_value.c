#include "source/tds_value.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sybdb.h>

#include "base/memory.h"
#include "source/bak/collation.h"
#include "source/bak/number.h"
#include "source/tds_variant.h"

enum {
    MAX = -1, /* the length of (max) types */
    STORED_SIZE = 32,
    DAYS_TO_1900 = 693595, /* from 0001-01-01 */
    TICKS_SCALE = 7,       /* of the times that db-lib gives: 100 ns */
    DATE_SIZE = 3,
    LITERAL_BYTES_MAX = 64,
    STORED_DECIMAL_SIZE = 17, /* a sign and 16 bytes */
    GUID_TYPE = 36,           /* of uniqueidentifier; db-lib's header has no name for it */
};

static const char wrong_type[] = "the server sent it as another type";

static bool is_max(const struct tds_column *column)
{
    return column->facts.length == MAX;
}

enum tds_form tds_form_of(const struct tds_column *column)
{
    switch (column->facts.type) {
    case BAK_TYPE_CHAR:
    case BAK_TYPE_VARCHAR:
    case BAK_TYPE_NCHAR:
    case BAK_TYPE_NVARCHAR:
        return is_max(column) ? TDS_LARGE_TEXT : TDS_TEXT;
    case BAK_TYPE_VARIANT:
        return TDS_VARIANT;
    case BAK_TYPE_TEXT:
    case BAK_TYPE_NTEXT:
    case BAK_TYPE_XML:
        return TDS_LARGE_TEXT;
    case BAK_TYPE_VARBINARY:
        return is_max(column) ? TDS_LARGE_BYTES : TDS_PLAIN;
    case BAK_TYPE_IMAGE:
    case BAK_TYPE_CLR:
        return TDS_LARGE_BYTES;
    default:
        return TDS_PLAIN;
    }
}

void tds_put_name(const char *name, struct text *out)
{
    text_putc(out, '[');
    for (const char *at = name; *at; at++) {
        if (*at == ']')
            text_putc(out, ']');
        text_putc(out, *at);
    }
    text_putc(out, ']');
}

static void put_cast(const char *name, const char *type, struct text *out)
{
    text_puts(out, "CAST(");
    tds_put_name(name, out);
    text_printf(out, " AS %s)", type);
}

void tds_put_measured(const struct tds_column *column, struct text *out)
{
    text_puts(out, "DATALENGTH(");
    if (column->facts.type == BAK_TYPE_XML)
        put_cast(column->facts.name, "nvarchar(max)", out);
    else if (column->facts.type == BAK_TYPE_CLR)
        put_cast(column->facts.name, "varbinary(max)", out);
    else
        tds_put_name(column->facts.name, out);
    text_putc(out, ')');
}

void tds_put_bytes(const struct tds_column *column, struct text *out)
{
    if (column->facts.type == BAK_TYPE_VARBINARY) {
        tds_put_name(column->facts.name, out);
        return;
    }
    text_puts(out, "CAST(");
    if (column->facts.type == BAK_TYPE_NTEXT || column->facts.type == BAK_TYPE_XML)
        put_cast(column->facts.name, "nvarchar(max)", out);
    else if (column->facts.type == BAK_TYPE_TEXT)
        put_cast(column->facts.name, "varchar(max)", out);
    else
        tds_put_name(column->facts.name, out);
    text_puts(out, column->facts.type == BAK_TYPE_VARIANT ? " AS varbinary(8000))" : " AS varbinary(max))");
}

void tds_put_selected(const struct tds_column *column, struct text *out)
{
    switch (tds_form_of(column)) {
    case TDS_PLAIN:
        tds_put_name(column->facts.name, out);
        break;
    case TDS_TEXT:
        text_puts(out, "CAST(");
        tds_put_name(column->facts.name, out);
        text_printf(out, " AS varbinary(%d))", column->facts.length);
        break;
    case TDS_LARGE_TEXT:
        tds_put_measured(column, out);
        text_puts(out, ", CASE WHEN ");
        tds_put_measured(column, out);
        text_printf(out, " <= %d THEN ", TDS_TEXT_BYTES_MAX);
        tds_put_bytes(column, out);
        text_puts(out, " END");
        break;
    case TDS_LARGE_BYTES:
        tds_put_measured(column, out);
        break;
    case TDS_VARIANT:
        tds_variant_put_selected(column->facts.name, out);
        break;
    }
}

size_t tds_selected_columns(const struct tds_column *column)
{
    switch (tds_form_of(column)) {
    case TDS_LARGE_TEXT:
        return 2;
    case TDS_VARIANT:
        return TDS_VARIANT_CELLS;
    case TDS_PLAIN:
    case TDS_TEXT:
    case TDS_LARGE_BYTES:
        break;
    }
    return 1;
}

unsigned tds_code_page(const struct tds_column *column)
{
    bool is_narrow = column->facts.type == BAK_TYPE_CHAR || column->facts.type == BAK_TYPE_VARCHAR ||
                     column->facts.type == BAK_TYPE_TEXT;

    return is_narrow && column->code_page ? column->code_page : BAK_CODE_PAGE_UTF16;
}

bool tds_cell_is_bytes(const struct tds_cell *cell)
{
    return cell->type == SYBBINARY || cell->type == SYBVARBINARY || cell->type == SYBIMAGE;
}

static void put_number(uint64_t number, size_t size, uint8_t *ret)
{
    for (size_t i = 0; i < size; i++)
        ret[i] = (uint8_t)(number >> (8 * i));
}

/* db-lib gives whole ticks of 100 ns and days since 1900; a page has units of the scale and days since 0001. */
static size_t store_moment(const struct tds_column *column, const DBDATETIMEALL *moment, uint8_t ret[STORED_SIZE])
{
    unsigned scale = column->facts.scale;
    size_t time_size = scale <= 2 ? 3 : scale <= 4 ? 4 : 5;
    uint64_t units = moment->time;
    uint64_t days = (uint64_t)((int64_t)moment->date + DAYS_TO_1900);

    if (column->facts.type == BAK_TYPE_DATE) {
        put_number(days, DATE_SIZE, ret);
        return DATE_SIZE;
    }
    for (unsigned i = scale; i < TICKS_SCALE; i++)
        units /= 10;
    put_number(units, time_size, ret);
    if (column->facts.type == BAK_TYPE_TIME)
        return time_size;
    put_number(days, DATE_SIZE, ret + time_size);
    if (column->facts.type == BAK_TYPE_DATETIME2)
        return time_size + DATE_SIZE;
    put_number((uint64_t)moment->offset, 2, ret + time_size + DATE_SIZE);
    return time_size + DATE_SIZE + 2;
}

/* A value of fixed size as a page holds it; 0 when db-lib gave it another type. */
static size_t store(const struct tds_column *column, const struct tds_cell *cell, uint8_t ret[STORED_SIZE])
{
    DBDATETIMEALL moment;
    DBMONEY money;
    DBDATETIME datetime;

    switch (cell->type) {
    case SYBMSDATE:
    case SYBMSTIME:
    case SYBMSDATETIME2:
    case SYBMSDATETIMEOFFSET:
        if (cell->size != sizeof moment)
            return 0;
        memcpy(&moment, cell->data, sizeof moment);
        return store_moment(column, &moment, ret);
    case SYBMONEY:
        memcpy(&money, cell->data, sizeof money);
        put_number((uint64_t)(uint32_t)money.mnyhigh << 32 | money.mnylow, 8, ret);
        return 8;
    case SYBDATETIME:
        memcpy(&datetime, cell->data, sizeof datetime);
        put_number((uint32_t)datetime.dttime, 4, ret);
        put_number((uint32_t)datetime.dtdays, 4, ret + 4);
        return 8;
    case SYBDATETIME4: /* days before minutes; on a page it is the other way round */
        memcpy(ret, cell->data + 2, 2);
        memcpy(ret + 2, cell->data, 2);
        return 4;
    case SYBBIT:
    case SYBINT1:
    case SYBINT2:
    case SYBINT4:
    case SYBINT8:
    case SYBREAL:
    case SYBFLT8:
    case SYBMONEY4:
    case GUID_TYPE:
        if (cell->size > STORED_SIZE)
            return 0;
        memcpy(ret, cell->data, cell->size);
        return cell->size;
    default:
        return 0;
    }
}

/* How many bytes the number of a decimal of that precision takes on its way, the greatest first. */
static size_t magnitude_size(unsigned precision)
{
    unsigned __int128 greatest = 1;
    size_t size = 0;

    for (unsigned i = 0; i < precision; i++)
        greatest *= 10;
    for (greatest--; greatest; greatest >>= 8)
        size++;
    return size;
}

static bool read_decimal(const struct tds_cell *cell, struct text *out, struct value *ret)
{
    uint8_t stored[STORED_DECIMAL_SIZE] = {0};
    DBNUMERIC number;
    size_t size = 0;

    if ((cell->type != SYBNUMERIC && cell->type != SYBDECIMAL) || cell->size < offsetof(DBNUMERIC, array))
        return false;
    memset(&number, 0, sizeof number);
    memcpy(&number, cell->data, cell->size < sizeof number ? cell->size : sizeof number);
    if (number.precision > BAK_PRECISION_MAX)
        return false;
    size = magnitude_size(number.precision);
    stored[0] = number.array[0] == 0; /* a page has 1 for what is not negative */
    for (size_t i = 0; i < size; i++)
        stored[1 + i] = number.array[size - i];
    *ret = (struct value){.type = VALUE_DECIMAL};
    if (!bak_put_decimal(stored, sizeof stored, number.precision, number.scale, out))
        return false;
    ret->text = text_slice(out);
    return true;
}

static bool read_plain(struct bak_scalars *scalars, const struct tds_column *column, const struct tds_cell *cell,
                       struct text *out, struct value *ret, const char **ret_why)
{
    uint8_t stored[STORED_SIZE];
    size_t size = 0;

    if (tds_cell_is_bytes(cell)) {
        *ret = (struct value){
            .type = VALUE_BYTES, .text = {(const char *)cell->data, cell->size}, .integer = (int64_t)cell->size};
        return true;
    }
    *ret_why = wrong_type;
    if (column->facts.type == BAK_TYPE_DECIMAL || column->facts.type == BAK_TYPE_NUMERIC)
        return read_decimal(cell, out, ret);
    size = store(column, cell, stored);
    return size && bak_scalar_read(scalars, &column->facts, stored, size, 0, out, ret, ret_why);
}

static bool read_text(struct bak_scalars *scalars, const struct tds_column *column, const struct tds_cell *cell,
                      struct text *out, struct value *ret, const char **ret_why)
{
    *ret_why = wrong_type;
    if (!tds_cell_is_bytes(cell))
        return false;
    bak_decoder_put(bak_scalars_decoder(scalars, tds_code_page(column)), cell->data, cell->size, true, out);
    *ret_why = "its text is too long";
    *ret = (struct value){.type = VALUE_TEXT, .text = {text_string(out), out->size}};
    return !out->overflowed;
}

int64_t tds_cell_integer(const struct tds_cell *cell)
{
    int32_t four = 0;
    int64_t eight = 0;

    if (cell->data && cell->size == sizeof eight)
        memcpy(&eight, cell->data, sizeof eight);
    else if (cell->data && cell->size == sizeof four) {
        memcpy(&four, cell->data, sizeof four);
        eight = four;
    }
    return eight;
}

bool tds_value_read(struct bak_scalars *scalars, const struct tds_column *column, const struct tds_cell *cells,
                    struct text *out, struct value *ret, int64_t *ret_size, const char **ret_why)
{
    enum tds_form form = tds_form_of(column);

    text_clear(out);
    *ret = (struct value){.type = VALUE_NULL};
    *ret_size = 0;
    if (!cells[0].data)
        return true;
    if (form == TDS_PLAIN)
        return read_plain(scalars, column, cells, out, ret, ret_why);
    if (form == TDS_VARIANT)
        return tds_variant_read(scalars, cells, out, ret, ret_why);
    if (form == TDS_TEXT)
        return read_text(scalars, column, cells, out, ret, ret_why);
    *ret_size = tds_cell_integer(cells);
    if (form == TDS_LARGE_TEXT && cells[1].data)
        return read_text(scalars, column, &cells[1], out, ret, ret_why);
    *ret = (struct value){.type = VALUE_BYTES, .integer = *ret_size};
    return true;
}

static bool is_made_of(struct slice text, const char *allowed)
{
    if (text.size == 0 || text.size > LITERAL_BYTES_MAX)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (!text.data[i] || !strchr(allowed, text.data[i]))
            return false;
    return true;
}

/* Digits with a sign before them, and a point in them. */
static bool is_number(struct slice text)
{
    bool negative = text.size > 1 && text.data[0] == '-';

    return is_made_of((struct slice){text.data + negative, text.size - negative}, ".0123456789");
}

/* Dates with a T, which no language setting of the server reads as another day. */
static void put_moment(struct slice text, struct text *out)
{
    text_putc(out, '\'');
    for (size_t i = 0; i < text.size; i++)
        text_putc(out, text.data[i] == ' ' ? 'T' : text.data[i]);
    text_putc(out, '\'');
}

static bool put_quoted(struct slice text, struct text *out)
{
    text_puts(out, "N'");
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '\'')
            text_putc(out, '\'');
        text_putc(out, text.data[i]);
    }
    text_putc(out, '\'');
    return utf8_valid(text.data, text.size);
}

bool tds_put_literal(const struct tds_column *column, struct slice text, struct text *out)
{
    switch (column->facts.type) {
    case BAK_TYPE_TINYINT:
    case BAK_TYPE_SMALLINT:
    case BAK_TYPE_INT:
    case BAK_TYPE_BIGINT:
    case BAK_TYPE_BIT:
    case BAK_TYPE_DECIMAL:
    case BAK_TYPE_NUMERIC:
    case BAK_TYPE_MONEY:
    case BAK_TYPE_SMALLMONEY:
        text_put(out, text.data, text.size);
        return is_number(text);
    case BAK_TYPE_DATE: /* without marks it is read alike in all languages */
        text_putc(out, '\'');
        for (size_t i = 0; i < text.size; i++)
            if (text.data[i] != '-')
                text_putc(out, text.data[i]);
        text_putc(out, '\'');
        return is_made_of(text, "-0123456789");
    case BAK_TYPE_DATETIME:
    case BAK_TYPE_SMALLDATETIME:
    case BAK_TYPE_DATETIME2:
        put_moment(text, out);
        return is_made_of(text, "-:. 0123456789");
    case BAK_TYPE_UNIQUEIDENTIFIER:
        text_printf(out, "'%.*s'", (int)text.size, text.data);
        return is_made_of(text, "-0123456789ABCDEFabcdef");
    default:
        return put_quoted(text, out);
    }
}
