#include <stddef.h>

#include "base/memory.h"
#include "source/bak/scalar.h"

enum { HIERARCHYID = 128, GEOMETRY = 129, GEOGRAPHY = 130 };

/* What stands in brackets after the name. */
enum arguments { NOTHING, BYTES, CHARACTERS_OF_TWO_BYTES, PRECISION_AND_SCALE, SCALE };

static const struct type_name {
    uint8_t type;
    const char *name;
    enum arguments arguments;
} names[] = {
    {BAK_TYPE_IMAGE, "image", NOTHING},
    {BAK_TYPE_TEXT, "text", NOTHING},
    {BAK_TYPE_UNIQUEIDENTIFIER, "uniqueidentifier", NOTHING},
    {BAK_TYPE_DATE, "date", NOTHING},
    {BAK_TYPE_TIME, "time", SCALE},
    {BAK_TYPE_DATETIME2, "datetime2", SCALE},
    {BAK_TYPE_DATETIMEOFFSET, "datetimeoffset", SCALE},
    {BAK_TYPE_TINYINT, "tinyint", NOTHING},
    {BAK_TYPE_SMALLINT, "smallint", NOTHING},
    {BAK_TYPE_INT, "int", NOTHING},
    {BAK_TYPE_SMALLDATETIME, "smalldatetime", NOTHING},
    {BAK_TYPE_REAL, "real", NOTHING},
    {BAK_TYPE_MONEY, "money", NOTHING},
    {BAK_TYPE_DATETIME, "datetime", NOTHING},
    {BAK_TYPE_FLOAT, "float", NOTHING},
    {BAK_TYPE_VARIANT, "sql_variant", NOTHING},
    {BAK_TYPE_NTEXT, "ntext", NOTHING},
    {BAK_TYPE_BIT, "bit", NOTHING},
    {BAK_TYPE_DECIMAL, "decimal", PRECISION_AND_SCALE},
    {BAK_TYPE_NUMERIC, "numeric", PRECISION_AND_SCALE},
    {BAK_TYPE_SMALLMONEY, "smallmoney", NOTHING},
    {BAK_TYPE_BIGINT, "bigint", NOTHING},
    {BAK_TYPE_VARBINARY, "varbinary", BYTES},
    {BAK_TYPE_VARCHAR, "varchar", BYTES},
    {BAK_TYPE_BINARY, "binary", BYTES},
    {BAK_TYPE_CHAR, "char", BYTES},
    {BAK_TYPE_TIMESTAMP, "rowversion", NOTHING},
    {BAK_TYPE_NVARCHAR, "nvarchar", CHARACTERS_OF_TWO_BYTES},
    {BAK_TYPE_NCHAR, "nchar", CHARACTERS_OF_TWO_BYTES},
    {BAK_TYPE_XML, "xml", NOTHING},
};

static void put_arguments(const struct bak_column *column, enum arguments arguments, struct text *out)
{
    int divisor = arguments == CHARACTERS_OF_TWO_BYTES ? 2 : 1;

    switch (arguments) {
    case NOTHING:
        break;
    case BYTES:
    case CHARACTERS_OF_TWO_BYTES:
        if (column->length < 0)
            text_puts(out, "(max)");
        else
            text_printf(out, "(%d)", column->length / divisor);
        break;
    case PRECISION_AND_SCALE:
        text_printf(out, "(%u,%u)", column->precision, column->scale);
        break;
    case SCALE:
        text_printf(out, "(%u)", column->scale);
        break;
    }
}

void bak_type_put(const struct bak_column *column, struct text *out)
{
    for (size_t i = 0; i < array_length(names); i++) {
        if (names[i].type != column->type)
            continue;
        text_puts(out, names[i].name);
        put_arguments(column, names[i].arguments, out);
        return;
    }
    if (column->type == BAK_TYPE_CLR && column->user_type == HIERARCHYID)
        text_puts(out, "hierarchyid");
    else if (column->type == BAK_TYPE_CLR && column->user_type == GEOMETRY)
        text_puts(out, "geometry");
    else if (column->type == BAK_TYPE_CLR && column->user_type == GEOGRAPHY)
        text_puts(out, "geography");
    else
        text_printf(out, column->type == BAK_TYPE_CLR ? "CLR type %d" : "type %d",
                    column->type == BAK_TYPE_CLR ? column->user_type : column->type);
}
