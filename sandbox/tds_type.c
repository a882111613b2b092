#include "sandbox/tds_type.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/number.h"

enum {
    OLD_LARGE_MOST = 2147483647,
    NAME_SIZE = 32,
    NOT_SENT = 0, /* the token of types whose values clients ask for as another type */
    VARIANT_LENGTH = 8016,
};

const char tds_collation[TDS_COLLATION_SIZE] = {0x09, 0x04, (char)0xD0, 0x00, 0x34};
const char tds_collation_name[] = "SQL_Latin1_General_CP1_CI_AS";

/* How a type goes over the wire: the token of the form that may be NULL, and the size of a value of fixed size. */
static const struct known_type {
    const char *name;
    uint8_t id;
    uint8_t token;
    uint8_t size;
    uint8_t unit; /* bytes for each of the length in brackets; 0: it has none */
} known_types[] = {
    {"bigint", TDS_TYPE_BIGINT, 0x26, 8, 0},
    {"binary", TDS_TYPE_BINARY, 0xAD, 0, 1},
    {"bit", TDS_TYPE_BIT, 0x68, 1, 0},
    {"char", TDS_TYPE_CHAR, 0xAF, 0, 1},
    {"date", TDS_TYPE_DATE, 0x28, 3, 0},
    {"datetime", TDS_TYPE_DATETIME, 0x6F, 8, 0},
    {"datetime2", TDS_TYPE_DATETIME2, 0x2A, 8, 0},
    {"datetimeoffset", TDS_TYPE_DATETIMEOFFSET, 0x2B, 10, 0},
    {"decimal", TDS_TYPE_DECIMAL, 0x6A, 17, 0},
    {"float", TDS_TYPE_FLOAT, 0x6D, 8, 0},
    {"geography", TDS_TYPE_CLR, NOT_SENT, 0, 0},
    {"image", TDS_TYPE_IMAGE, 0x22, 16, 0},
    {"int", TDS_TYPE_INT, 0x26, 4, 0},
    {"money", TDS_TYPE_MONEY, 0x6E, 8, 0},
    {"nchar", TDS_TYPE_NCHAR, 0xEF, 0, 2},
    {"ntext", TDS_TYPE_NTEXT, 0x63, 16, 0},
    {"numeric", TDS_TYPE_NUMERIC, 0x6C, 17, 0},
    {"nvarchar", TDS_TYPE_NVARCHAR, 0xE7, 0, 2},
    {"real", TDS_TYPE_REAL, 0x6D, 4, 0},
    {"rowversion", TDS_TYPE_ROWVERSION, 0xAD, 8, 0},
    {"smalldatetime", TDS_TYPE_SMALLDATETIME, 0x6F, 4, 0},
    {"smallint", TDS_TYPE_SMALLINT, 0x26, 2, 0},
    {"smallmoney", TDS_TYPE_SMALLMONEY, 0x6E, 4, 0},
    {"sql_variant", TDS_TYPE_VARIANT, NOT_SENT, 0, 0},
    {"text", TDS_TYPE_TEXT, 0x23, 16, 0},
    {"time", TDS_TYPE_TIME, 0x29, 5, 0},
    {"tinyint", TDS_TYPE_TINYINT, 0x26, 1, 0},
    {"uniqueidentifier", TDS_TYPE_UNIQUEIDENTIFIER, 0x24, 16, 0},
    {"varbinary", TDS_TYPE_VARBINARY, 0xA5, 0, 1},
    {"varchar", TDS_TYPE_VARCHAR, 0xA7, 0, 1},
    {"xml", TDS_TYPE_XML, NOT_SENT, 0, 0},
};

static const struct known_type *known_type_of(uint8_t id)
{
    for (size_t i = 0; i < array_length(known_types); i++)
        if (known_types[i].id == id)
            return &known_types[i];
    return &known_types[0];
}

static bool read_length(const struct known_type *known, struct slice inside, struct tds_type *type)
{
    struct fault ignored = {0};
    int64_t length = 1;

    if (slice_equals(inside, "max")) {
        type->length = TDS_LENGTH_MAX;
        return true;
    }
    if (inside.size && !number_parse(inside, 1, 8000, &length, &ignored))
        return false;
    type->length = (int)length * known->unit;
    return type->length <= 8000;
}

static bool read_digits(struct slice inside, struct tds_type *type)
{
    const char *comma = inside.size ? memchr(inside.data, ',', inside.size) : NULL;
    size_t size = comma ? (size_t)(comma - inside.data) : inside.size;
    struct fault ignored = {0};
    int64_t precision = 18;
    int64_t scale = 0;

    if ((size && !number_parse(slice_trim((struct slice){inside.data, size}), 1, 38, &precision, &ignored)) ||
        (comma &&
         !number_parse(slice_trim((struct slice){comma + 1, inside.size - size - 1}), 0, precision, &scale, &ignored)))
        return false;
    type->precision = (uint8_t)precision;
    type->scale = (uint8_t)scale;
    type->length = precision <= 9 ? 5 : precision <= 19 ? 9 : precision <= 28 ? 13 : 17;
    return true;
}

static bool read_scale(struct slice inside, struct tds_type *type)
{
    struct fault ignored = {0};
    int64_t scale = 7;
    int time_size = 0;

    if (inside.size && !number_parse(inside, 0, 7, &scale, &ignored))
        return false;
    type->scale = (uint8_t)scale;
    time_size = scale <= 2 ? 3 : scale <= 4 ? 4 : 5;
    type->length = type->id == TDS_TYPE_TIME        ? time_size
                   : type->id == TDS_TYPE_DATETIME2 ? time_size + 3
                                                    : time_size + 5;
    return true;
}

bool tds_type_parse(struct slice text, struct tds_type *ret)
{
    const char *open = text.size ? memchr(text.data, '(', text.size) : NULL;
    struct slice name = slice_trim((struct slice){text.data, open ? (size_t)(open - text.data) : text.size});
    struct slice inside = {0};
    const struct known_type *known = NULL;

    if (open) {
        const char *close = memchr(open, ')', (size_t)(text.data + text.size - open));

        if (!close)
            return false;
        inside = slice_trim((struct slice){open + 1, (size_t)(close - open) - 1});
    }
    for (size_t i = 0; i < array_length(known_types) && !known; i++)
        if (strlen(known_types[i].name) == name.size && strncasecmp(known_types[i].name, name.data, name.size) == 0)
            known = &known_types[i];
    if (!known)
        return false;
    *ret = (struct tds_type){.id = known->id, .length = known->size};
    if (known->token == NOT_SENT)
        ret->length = known->id == TDS_TYPE_VARIANT ? VARIANT_LENGTH : TDS_LENGTH_MAX;
    if (known->unit)
        return read_length(known, inside, ret);
    if (known->id == TDS_TYPE_DECIMAL || known->id == TDS_TYPE_NUMERIC)
        return read_digits(inside, ret);
    if (known->id == TDS_TYPE_TIME || known->id == TDS_TYPE_DATETIME2 || known->id == TDS_TYPE_DATETIMEOFFSET)
        return read_scale(inside, ret);
    return true;
}

bool tds_type_is_wide(const struct tds_type *type)
{
    return type->id == TDS_TYPE_NCHAR || type->id == TDS_TYPE_NVARCHAR || type->id == TDS_TYPE_NTEXT;
}

bool tds_type_is_text(const struct tds_type *type)
{
    return tds_type_is_wide(type) || type->id == TDS_TYPE_CHAR || type->id == TDS_TYPE_VARCHAR ||
           type->id == TDS_TYPE_TEXT;
}

bool tds_type_is_bytes(const struct tds_type *type)
{
    return type->id == TDS_TYPE_BINARY || type->id == TDS_TYPE_VARBINARY || type->id == TDS_TYPE_IMAGE ||
           type->id == TDS_TYPE_ROWVERSION || type->id == TDS_TYPE_CLR;
}

bool tds_type_is_integer(const struct tds_type *type)
{
    return type->id == TDS_TYPE_BIT || known_type_of(type->id)->token == 0x26;
}

bool tds_type_is_old_large(const struct tds_type *type)
{
    return type->id == TDS_TYPE_TEXT || type->id == TDS_TYPE_NTEXT || type->id == TDS_TYPE_IMAGE;
}

bool tds_type_is_chunked(const struct tds_type *type)
{
    return type->length == TDS_LENGTH_MAX;
}

void tds_put_u16(struct text *out, unsigned value)
{
    text_putc(out, (char)(value & 0xFF));
    text_putc(out, (char)(value >> 8 & 0xFF));
}

void tds_put_u32(struct text *out, uint32_t value)
{
    tds_put_u16(out, value & 0xFFFF);
    tds_put_u16(out, value >> 16);
}

void tds_put_u64(struct text *out, uint64_t value)
{
    tds_put_u32(out, (uint32_t)value);
    tds_put_u32(out, (uint32_t)(value >> 32));
}

void tds_type_put(const struct tds_type *type, struct text *out)
{
    const struct known_type *known = known_type_of(type->id);

    text_putc(out, (char)known->token);
    if (tds_type_is_old_large(type))
        tds_put_u32(out, OLD_LARGE_MOST);
    else if (tds_type_is_text(type) || tds_type_is_bytes(type))
        tds_put_u16(out, tds_type_is_chunked(type) ? 0xFFFF : (unsigned)type->length);
    else if (type->id == TDS_TYPE_TIME || type->id == TDS_TYPE_DATETIME2 || type->id == TDS_TYPE_DATETIMEOFFSET)
        text_putc(out, (char)type->scale);
    else if (type->id != TDS_TYPE_DATE)
        text_putc(out, (char)type->length);
    if (type->id == TDS_TYPE_DECIMAL || type->id == TDS_TYPE_NUMERIC) {
        text_putc(out, (char)type->precision);
        text_putc(out, (char)type->scale);
    }
    if (tds_type_is_text(type))
        text_put(out, tds_collation, sizeof tds_collation);
}
