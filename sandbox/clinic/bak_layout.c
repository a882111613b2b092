#include "sandbox/clinic/bak_layout.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/must.h"

enum { RECORD_HEAD = 4 };

struct type_facts {
    const char *name;
    enum mdf_type type;
    int16_t length;
    uint8_t precision;
    uint8_t scale;
};

static const struct type_facts types[] = {
    {"bigint", MDF_TYPE_BIGINT, 8, 19, 0},
    {"binary", MDF_TYPE_BINARY, 0, 0, 0},
    {"bit", MDF_TYPE_BIT, 1, 1, 0},
    {"char", MDF_TYPE_CHAR, 0, 0, 0},
    {"date", MDF_TYPE_DATE, 3, 10, 0},
    {"datetime", MDF_TYPE_DATETIME, 8, 23, 3},
    {"datetime2", MDF_TYPE_DATETIME2, 0, 0, 0},
    {"decimal", MDF_TYPE_DECIMAL, 0, 0, 0},
    {"image", MDF_TYPE_IMAGE, 16, 0, 0},
    {"int", MDF_TYPE_INT, 4, 10, 0},
    {"money", MDF_TYPE_MONEY, 8, 19, 4},
    {"nchar", MDF_TYPE_NCHAR, 0, 0, 0},
    {"ntext", MDF_TYPE_NTEXT, 16, 0, 0},
    {"nvarchar", MDF_TYPE_NVARCHAR, 0, 0, 0},
    {"rowversion", MDF_TYPE_ROWVERSION, 8, 0, 0},
    {"smalldatetime", MDF_TYPE_SMALLDATETIME, 4, 16, 0},
    {"smallint", MDF_TYPE_SMALLINT, 2, 5, 0},
    {"smallmoney", MDF_TYPE_SMALLMONEY, 4, 10, 4},
    {"sql_variant", MDF_TYPE_VARIANT, 8016, 0, 0},
    {"sysname", MDF_TYPE_NVARCHAR, 256, 0, 0},
    {"tinyint", MDF_TYPE_TINYINT, 1, 3, 0},
    {"uniqueidentifier", MDF_TYPE_UNIQUEIDENTIFIER, 16, 0, 0},
    {"varbinary", MDF_TYPE_VARBINARY, 0, 0, 0},
    {"varchar", MDF_TYPE_VARCHAR, 0, 0, 0},
};

static const struct type_facts *facts_of(const char *text, size_t size)
{
    for (size_t i = 0; i < array_length(types); i++) {
        if (strlen(types[i].name) == size && strncmp(types[i].name, text, size) == 0) {
            return &types[i];
        }
    }
    return NULL;
}

/* "5,2" of decimal(5,2), "3" of datetime2(3), "60" or "max" of a string. */
static void read_width(const char *text, struct mdf_column *column)
{
    char *end;
    long width = strtol(text, &end, 10);

    switch (column->type) {
    case MDF_TYPE_DECIMAL:
        column->precision = (uint8_t)width;
        column->scale = (uint8_t)strtol(end + 1, NULL, 10);
        column->length = width <= 9 ? 5 : 9;
        must(width <= 19);
        return;
    case MDF_TYPE_DATETIME2:
        must(width == 3);
        column->precision = 23;
        column->scale = 3;
        column->length = 7;
        return;
    default:
        column->length = end == text ? MDF_LENGTH_MAX : (int16_t)(mdf_is_wide(column) ? 2 * width : width);
    }
}

void mdf_type_read(const char *text, struct mdf_column *column)
{
    const char *width = strchr(text, '(');
    const struct type_facts *facts = facts_of(text, width != NULL ? (size_t)(width - text) : strlen(text));

    must(facts != NULL);
    column->type = facts->type;
    column->user_type = strcmp(text, "sysname") == 0 ? MDF_USER_TYPE_SYSNAME : (int32_t)facts->type;
    column->length = facts->length;
    column->precision = facts->precision;
    column->scale = facts->scale;
    if (width != NULL) {
        read_width(width + 1, column);
    }
    must(column->length != 0);
}

bool mdf_is_variable(const struct mdf_column *column)
{
    switch (column->type) {
    case MDF_TYPE_IMAGE:
    case MDF_TYPE_NTEXT:
    case MDF_TYPE_VARIANT:
    case MDF_TYPE_VARBINARY:
    case MDF_TYPE_VARCHAR:
    case MDF_TYPE_NVARCHAR:
        return true;
    default:
        return (column->flags & MDF_UNIQUIFIER) != 0;
    }
}

bool mdf_is_wide(const struct mdf_column *column)
{
    return column->type == MDF_TYPE_NVARCHAR || column->type == MDF_TYPE_NCHAR || column->type == MDF_TYPE_NTEXT;
}

bool mdf_is_text(const struct mdf_column *column)
{
    return mdf_is_wide(column) || column->type == MDF_TYPE_VARCHAR || column->type == MDF_TYPE_CHAR;
}

bool mdf_has_pointer(const struct mdf_column *column)
{
    return column->type == MDF_TYPE_NTEXT || column->type == MDF_TYPE_IMAGE;
}

bool mdf_may_be_large(const struct mdf_column *column)
{
    return mdf_has_pointer(column) || column->length == MDF_LENGTH_MAX;
}

unsigned mdf_fixed_size(const struct mdf_column *column)
{
    return (unsigned)column->length;
}

struct mdf_column *mdf_layout_add(struct mdf_layout *layout, const char *name, const char *type)
{
    struct mdf_column *column = &layout->columns[layout->count++];

    must(layout->count <= MDF_COLUMNS_MAX);
    *column = (struct mdf_column){.name = name, .id = (int32_t)layout->count};
    mdf_type_read(type, column);
    return column;
}

struct mdf_column *mdf_layout_column(struct mdf_layout *layout, const char *name)
{
    for (size_t i = 0; i < layout->count; i++) {
        if (strcmp(layout->columns[i].name, name) == 0) {
            return &layout->columns[i];
        }
    }
    return NULL;
}

struct placing {
    struct mdf_layout *layout;
    unsigned null_bit;
    unsigned bit; /* in the byte that bit columns share; 8: the next one needs another byte */
    unsigned bit_leaf;
};

static void place(struct placing *placing, size_t index)
{
    struct mdf_layout *layout = placing->layout;
    struct mdf_column *column = &layout->columns[index];

    layout->physical[placing->null_bit] = index;
    column->null_bit = ++placing->null_bit;
    if (mdf_is_variable(column)) {
        column->leaf = -(int)++layout->variable_count;
        return;
    }
    if (column->type == MDF_TYPE_BIT && placing->bit < 8) {
        column->leaf = (int)placing->bit_leaf;
        column->bit = placing->bit++;
        return;
    }
    column->leaf = (int)layout->fixed_end;
    layout->fixed_end += mdf_fixed_size(column);
    if (column->type == MDF_TYPE_BIT) {
        placing->bit_leaf = (unsigned)column->leaf;
        placing->bit = 1;
    }
}

static void find_keys(struct mdf_layout *layout)
{
    layout->key_count = 0;
    for (unsigned key = 1; key <= MDF_KEY_COLUMNS_MAX; key++) {
        for (size_t i = 0; i < layout->count; i++) {
            if (layout->columns[i].key == key) {
                layout->keys[layout->key_count++] = i;
            }
        }
    }
}

void mdf_layout_place(struct mdf_layout *layout, bool keys_first)
{
    struct placing placing = {.layout = layout, .bit = 8};

    layout->fixed_end = RECORD_HEAD;
    layout->variable_count = 0;
    find_keys(layout);
    for (size_t i = 0; i < layout->count; i++) {
        if (layout->columns[i].flags & MDF_UNIQUIFIER) {
            place(&placing, i);
        }
    }
    for (size_t i = 0; i < layout->key_count && keys_first; i++) {
        place(&placing, layout->keys[i]);
    }
    for (size_t i = 0; i < layout->count; i++) {
        const struct mdf_column *column = &layout->columns[i];

        if ((column->flags & MDF_UNIQUIFIER) == 0 && (column->key == 0 || !keys_first)) {
            place(&placing, i);
        }
    }
}
