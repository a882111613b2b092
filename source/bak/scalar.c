#include "source/bak/scalar.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "source/bak/endian.h"
#include "source/bak/moment.h"
#include "source/bak/number.h"

enum { CODE_PAGES_MAX = 24, VARIANT_VERSION = 1, GUID_SIZE = 16 };

static const char wrong_size[] = "its size is not that of its type";

struct bak_scalars {
    uint32_t database_collation;
    unsigned code_pages[CODE_PAGES_MAX];
    struct bak_decoder *decoders[CODE_PAGES_MAX];
    size_t count;
};

/* A value of fixed size. False with a phrase when the bytes are out of its range. */
typedef bool (*read_fn)(const struct bak_column *column, const uint8_t *data, size_t size, struct text *out,
                        struct value *ret, const char **ret_why);

enum bak_nature bak_nature(uint8_t type)
{
    switch (type) {
    case BAK_TYPE_CHAR:
    case BAK_TYPE_VARCHAR:
    case BAK_TYPE_TEXT:
    case BAK_TYPE_NCHAR:
    case BAK_TYPE_NVARCHAR:
    case BAK_TYPE_NTEXT:
        return BAK_NATURE_TEXT;
    case BAK_TYPE_BINARY:
    case BAK_TYPE_VARBINARY:
    case BAK_TYPE_IMAGE:
    case BAK_TYPE_TIMESTAMP:
    case BAK_TYPE_CLR:
        return BAK_NATURE_BYTES;
    case BAK_TYPE_XML:
        return BAK_NATURE_XML;
    case BAK_TYPE_VARIANT:
        return BAK_NATURE_OTHER;
    default:
        return BAK_NATURE_PLAIN;
    }
}

struct bak_scalars *bak_scalars_new(uint32_t database_collation)
{
    struct bak_scalars *scalars = x_alloc(sizeof *scalars);

    scalars->database_collation = database_collation;
    return scalars;
}

void bak_scalars_destroy(struct bak_scalars **scalars)
{
    if (!*scalars)
        return;
    for (size_t i = 0; i < (*scalars)->count; i++)
        bak_decoder_destroy(&(*scalars)->decoders[i]);
    free(*scalars);
    *scalars = NULL;
}

unsigned bak_scalars_code_page(const struct bak_scalars *scalars, const struct bak_column *column)
{
    if (column->type == BAK_TYPE_NCHAR || column->type == BAK_TYPE_NVARCHAR || column->type == BAK_TYPE_NTEXT)
        return BAK_CODE_PAGE_UTF16;
    return bak_code_page(column->collation ? column->collation : scalars->database_collation);
}

struct bak_decoder *bak_scalars_decoder(struct bak_scalars *scalars, unsigned code_page)
{
    for (size_t i = 0; i < scalars->count; i++)
        if (scalars->code_pages[i] == code_page)
            return scalars->decoders[i];
    if (scalars->count == CODE_PAGES_MAX) /* there are fewer code pages than that */
        bak_decoder_destroy(&scalars->decoders[--scalars->count]);
    scalars->code_pages[scalars->count] = code_page;
    scalars->decoders[scalars->count] = bak_decoder_new(code_page);
    return scalars->decoders[scalars->count++];
}

static void set_integer(struct value *ret, int64_t integer)
{
    *ret = (struct value){.type = VALUE_INTEGER, .integer = integer};
}

static void set_text(struct value *ret, enum value_type type, const struct text *out)
{
    *ret = (struct value){.type = type, .text = {text_string(out), out->size}};
}

static bool read_integer(const struct bak_column *column, const uint8_t *data, size_t size, struct text *out,
                         struct value *ret, const char **ret_why)
{
    (void)column;
    (void)out;
    (void)ret_why;
    set_integer(ret, size == 1 ? data[0] : size == 2 ? bak_i16(data) : size == 4 ? bak_i32(data) : bak_i64(data));
    return true;
}

static bool read_money(const struct bak_column *column, const uint8_t *data, size_t size, struct text *out,
                       struct value *ret, const char **ret_why)
{
    (void)column;
    (void)ret_why;
    bak_put_money(size == 4 ? bak_i32(data) : bak_i64(data), out);
    set_text(ret, VALUE_DECIMAL, out);
    return true;
}

static bool read_float(const struct bak_column *column, const uint8_t *data, size_t size, struct text *out,
                       struct value *ret, const char **ret_why)
{
    (void)column;
    if (!(size == 4 ? bak_put_real(bak_u32(data), out) : bak_put_float(bak_u64(data), out))) {
        *ret_why = "it is no number";
        return false;
    }
    set_text(ret, VALUE_DECIMAL, out);
    return true;
}

static bool read_decimal(const struct bak_column *column, const uint8_t *data, size_t size, struct text *out,
                         struct value *ret, const char **ret_why)
{
    if (!bak_put_decimal(data, size, column->precision, column->scale, out)) {
        *ret_why = "its decimal number is out of range";
        return false;
    }
    set_text(ret, VALUE_DECIMAL, out);
    return true;
}

static bool read_moment(const struct bak_column *column, const uint8_t *data, size_t size, struct text *out,
                        struct value *ret, const char **ret_why)
{
    if (!bak_put_moment(column->type, column->scale, data, size, out)) {
        *ret_why = "its date or time is out of range";
        return false;
    }
    set_text(ret, VALUE_TEXT, out);
    return true;
}

static bool read_guid(const struct bak_column *column, const uint8_t *data, size_t size, struct text *out,
                      struct value *ret, const char **ret_why)
{
    (void)column;
    (void)size;
    (void)ret_why;
    text_printf(out, "%08" PRIX32 "-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X", bak_u32(data), bak_u16(data + 4),
                bak_u16(data + 6), data[8], data[9], data[10], data[11], data[12], data[13], data[14], data[15]);
    set_text(ret, VALUE_TEXT, out);
    return true;
}

/* Types whose size says itself; 0: it depends on precision or scale and is checked by the function. */
static const struct fixed_type {
    uint8_t type;
    uint8_t size;
    read_fn read;
} fixed_types[] = {
    {BAK_TYPE_TINYINT, 1, read_integer},
    {BAK_TYPE_SMALLINT, 2, read_integer},
    {BAK_TYPE_INT, 4, read_integer},
    {BAK_TYPE_BIGINT, 8, read_integer},
    {BAK_TYPE_MONEY, 8, read_money},
    {BAK_TYPE_SMALLMONEY, 4, read_money},
    {BAK_TYPE_FLOAT, 8, read_float},
    {BAK_TYPE_REAL, 4, read_float},
    {BAK_TYPE_DECIMAL, 0, read_decimal},
    {BAK_TYPE_NUMERIC, 0, read_decimal},
    {BAK_TYPE_DATETIME, 8, read_moment},
    {BAK_TYPE_SMALLDATETIME, 4, read_moment},
    {BAK_TYPE_DATE, 3, read_moment},
    {BAK_TYPE_TIME, 0, read_moment},
    {BAK_TYPE_DATETIME2, 0, read_moment},
    {BAK_TYPE_DATETIMEOFFSET, 0, read_moment},
    {BAK_TYPE_UNIQUEIDENTIFIER, GUID_SIZE, read_guid},
};

static bool fail(const char *why, const char **ret_why)
{
    *ret_why = why;
    return false;
}

static bool read_fixed(const struct bak_column *column, const uint8_t *data, size_t size, struct text *out,
                       struct value *ret, const char **ret_why)
{
    for (size_t i = 0; i < array_length(fixed_types); i++) {
        if (fixed_types[i].type != column->type)
            continue;
        if (fixed_types[i].size && fixed_types[i].size != size)
            return fail(wrong_size, ret_why);
        return fixed_types[i].read(column, data, size, out, ret, ret_why);
    }
    return fail("its type is not known", ret_why);
}

bool bak_scalar_read(struct bak_scalars *scalars, const struct bak_column *column, const uint8_t *data, size_t size,
                     unsigned bit, struct text *out, struct value *ret, const char **ret_why)
{
    text_clear(out);
    if (column->type == BAK_TYPE_BIT) {
        if (size != 1)
            return fail(wrong_size, ret_why);
        *ret = (struct value){.type = VALUE_BOOL, .integer = data[0] >> (bit & 7) & 1};
        return true;
    }
    switch (bak_nature(column->type)) {
    case BAK_NATURE_PLAIN:
        return read_fixed(column, data, size, out, ret, ret_why);
    case BAK_NATURE_TEXT:
        bak_decoder_put(bak_scalars_decoder(scalars, bak_scalars_code_page(scalars, column)), data, size, true, out);
        set_text(ret, VALUE_TEXT, out);
        return !out->overflowed || fail("its text is too long", ret_why);
    case BAK_NATURE_BYTES:
    case BAK_NATURE_XML:
        *ret = (struct value){.type = VALUE_BYTES, .text = {(const char *)data, size}, .integer = (int64_t)size};
        return true;
    case BAK_NATURE_OTHER:
        break;
    }
    return bak_variant_read(scalars, data, size, out, ret, ret_why);
}

/* Bytes of properties between the version and the value. */
static size_t variant_properties(uint8_t type)
{
    switch (type) {
    case BAK_TYPE_TIME:
    case BAK_TYPE_DATETIME2:
    case BAK_TYPE_DATETIMEOFFSET:
        return 1;
    case BAK_TYPE_DECIMAL:
    case BAK_TYPE_NUMERIC:
    case BAK_TYPE_BINARY:
    case BAK_TYPE_VARBINARY:
        return 2;
    case BAK_TYPE_CHAR:
    case BAK_TYPE_VARCHAR:
    case BAK_TYPE_NCHAR:
    case BAK_TYPE_NVARCHAR:
        return 6;
    default:
        return 0;
    }
}

bool bak_variant_read(struct bak_scalars *scalars, const uint8_t *data, size_t size, struct text *out,
                      struct value *ret, const char **ret_why)
{
    struct bak_column column = {0};
    size_t properties = 0;

    if (size < 2 || data[1] != VARIANT_VERSION || data[0] == BAK_TYPE_VARIANT)
        return fail("its sql_variant is damaged", ret_why);
    column.type = data[0];
    properties = variant_properties(column.type);
    if (size < 2 + properties)
        return fail("its sql_variant is damaged", ret_why);
    if (properties == 1)
        column.scale = data[2];
    if (properties == 6)
        column.collation = bak_u32(data + 4);
    if (column.type == BAK_TYPE_DECIMAL || column.type == BAK_TYPE_NUMERIC) {
        column.precision = data[2];
        column.scale = data[3];
    }
    return bak_scalar_read(scalars, &column, data + 2 + properties, size - 2 - properties, 0, out, ret, ret_why);
}
