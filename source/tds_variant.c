#include "source/tds_variant.h"

#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "source/bak/collation.h"
#include "source/tds_value.h"

enum { FLOAT_SIZE = 8 };

/* How a type's value travels. */
enum travel {
    AS_BYTES,
    AS_CODE_PAGE, /* bytes of a text in the code page of its collation */
    AS_UTF16,     /* bytes of a text */
    AS_BITS,      /* of a float, the highest byte first: texts of it have six digits, or 17 from SQL Server 2016 on */
    AS_DIGITS,    /* a decimal number as text */
    AS_INTEGER,   /* as text */
    AS_BOOL,
    AS_TEXT, /* as the reader of backups writes it */
};

static const struct held_type {
    const char *name;
    uint8_t type;
    enum travel travel;
} held_types[] = {
    {"bigint", BAK_TYPE_BIGINT, AS_INTEGER},
    {"binary", BAK_TYPE_BINARY, AS_BYTES},
    {"bit", BAK_TYPE_BIT, AS_BOOL},
    {"char", BAK_TYPE_CHAR, AS_CODE_PAGE},
    {"date", BAK_TYPE_DATE, AS_TEXT},
    {"datetime", BAK_TYPE_DATETIME, AS_TEXT},
    {"datetime2", BAK_TYPE_DATETIME2, AS_TEXT},
    {"datetimeoffset", BAK_TYPE_DATETIMEOFFSET, AS_TEXT},
    {"decimal", BAK_TYPE_DECIMAL, AS_DIGITS},
    {"float", BAK_TYPE_FLOAT, AS_BITS},
    {"int", BAK_TYPE_INT, AS_INTEGER},
    {"money", BAK_TYPE_MONEY, AS_DIGITS},
    {"nchar", BAK_TYPE_NCHAR, AS_UTF16},
    {"numeric", BAK_TYPE_NUMERIC, AS_DIGITS},
    {"nvarchar", BAK_TYPE_NVARCHAR, AS_UTF16},
    {"real", BAK_TYPE_REAL, AS_BITS},
    {"smalldatetime", BAK_TYPE_SMALLDATETIME, AS_TEXT},
    {"smallint", BAK_TYPE_SMALLINT, AS_INTEGER},
    {"smallmoney", BAK_TYPE_SMALLMONEY, AS_DIGITS},
    {"time", BAK_TYPE_TIME, AS_TEXT},
    {"tinyint", BAK_TYPE_TINYINT, AS_INTEGER},
    {"uniqueidentifier", BAK_TYPE_UNIQUEIDENTIFIER, AS_TEXT},
    {"varbinary", BAK_TYPE_VARBINARY, AS_BYTES},
    {"varchar", BAK_TYPE_VARCHAR, AS_CODE_PAGE},
};

static void put_base_type(const char *is, struct text *out)
{
    text_printf(out, "CAST(SQL_VARIANT_PROPERTY(%s, 'BaseType') AS varchar(30))", is);
}

/* Styles: SQL Server manual, "CAST and CONVERT". */
void tds_variant_put_selected(const char *column_name, struct text *out)
{
    static const struct {
        const char *types;
        const char *before;
        const char *behind;
    } forms[] = {
        {"'char', 'varchar', 'nchar', 'nvarchar', 'binary', 'varbinary'", "CAST(", " AS varbinary(8000))"},
        {"'float'", "CAST(CAST(", " AS float) AS varbinary(8))"},
        {"'real'", "CAST(CAST(", " AS real) AS varbinary(4))"},
        {"'money', 'smallmoney'", "CAST(CONVERT(nvarchar(60), CAST(", " AS money), 2) AS varbinary(120))"},
        {"'datetime'", "CAST(CONVERT(nvarchar(60), CAST(", " AS datetime), 121) AS varbinary(120))"},
        {"'smalldatetime'", "CAST(CONVERT(nvarchar(60), CAST(", " AS smalldatetime), 120) AS varbinary(120))"},
    };
    scoped(text_release) struct text name;
    const char *is = NULL;

    text_init(&name, out->cap);
    tds_put_name(column_name, &name);
    is = text_string(&name);
    text_puts(out, "CAST(");
    put_base_type(is, out);
    text_printf(out,
                " AS varbinary(30)), CAST(COLLATIONPROPERTY(CAST(SQL_VARIANT_PROPERTY(%s, 'Collation') AS "
                "nvarchar(128)), 'CodePage') AS int), CASE",
                is);
    for (size_t i = 0; i < array_length(forms); i++) {
        text_puts(out, " WHEN ");
        put_base_type(is, out);
        text_printf(out, " IN (%s) THEN %s%s%s", forms[i].types, forms[i].before, is, forms[i].behind);
    }
    text_printf(out, " ELSE CAST(CAST(%s AS nvarchar(60)) AS varbinary(120)) END", is);
}

static bool fail(const char *why, const char **ret_why)
{
    *ret_why = why;
    return false;
}

static const struct held_type *find(const struct tds_cell *cell)
{
    struct slice name = {(const char *)cell->data, cell->size};

    for (size_t i = 0; i < array_length(held_types); i++)
        if (slice_equals(name, held_types[i].name))
            return &held_types[i];
    return NULL;
}

static bool read_bits(struct bak_scalars *scalars, const struct held_type *held, const struct tds_cell *cell,
                      struct text *out, struct value *ret, const char **ret_why)
{
    struct bak_column column = {.type = held->type};
    uint8_t stored[FLOAT_SIZE];

    if (cell->size > sizeof stored)
        return fail("the server sent no number of its type", ret_why);
    for (size_t i = 0; i < cell->size; i++)
        stored[i] = cell->data[cell->size - 1 - i];
    return bak_scalar_read(scalars, &column, stored, cell->size, 0, out, ret, ret_why);
}

static bool read_text(struct bak_scalars *scalars, const struct held_type *held, unsigned code_page,
                      const struct tds_cell *cell, struct text *out, struct value *ret, const char **ret_why)
{
    struct fault ignored = {0};

    bak_decoder_put(bak_scalars_decoder(scalars, code_page), cell->data, cell->size, true, out);
    if (out->overflowed)
        return fail("its text is too long", ret_why);
    *ret = (struct value){.type = held->travel == AS_DIGITS ? VALUE_DECIMAL : VALUE_TEXT,
                          .text = {text_string(out), out->size}};
    if (held->travel != AS_INTEGER && held->travel != AS_BOOL)
        return true;
    *ret = (struct value){.type = held->travel == AS_BOOL ? VALUE_BOOL : VALUE_INTEGER};
    return number_parse(text_slice(out), INT64_MIN, INT64_MAX, &ret->integer, &ignored) ||
           fail("the server sent no whole number", ret_why);
}

bool tds_variant_read(struct bak_scalars *scalars, const struct tds_cell cells[TDS_VARIANT_CELLS], struct text *out,
                      struct value *ret, const char **ret_why)
{
    const struct held_type *held = tds_cell_is_bytes(&cells[0]) ? find(&cells[0]) : NULL;
    const struct tds_cell *cell = &cells[2];
    int64_t code_page = tds_cell_integer(&cells[1]);

    if (!held)
        return fail("its sql_variant holds a type that is not known", ret_why);
    if (!cell->data || !tds_cell_is_bytes(cell))
        return fail("the server sent its sql_variant without a value", ret_why);
    switch (held->travel) {
    case AS_BYTES:
        *ret = (struct value){
            .type = VALUE_BYTES, .text = {(const char *)cell->data, cell->size}, .integer = (int64_t)cell->size};
        return true;
    case AS_BITS:
        return read_bits(scalars, held, cell, out, ret, ret_why);
    case AS_CODE_PAGE:
        if (code_page <= 0)
            return fail("the code page of its sql_variant is not known", ret_why);
        return read_text(scalars, held, (unsigned)code_page, cell, out, ret, ret_why);
    case AS_UTF16:
    case AS_DIGITS:
    case AS_INTEGER:
    case AS_BOOL:
    case AS_TEXT:
        break;
    }
    return read_text(scalars, held, BAK_CODE_PAGE_UTF16, cell, out, ret, ret_why);
}
