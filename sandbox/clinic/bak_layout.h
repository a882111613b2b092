/*
 * Columns of a table in a sample database: their types, and where they stand in a record: the key first, then fixed and
 * variable columns in the order of their creation. System tables keep their own order.
 */
#ifndef SANDBOX_CLINIC_BAK_LAYOUT_H
#define SANDBOX_CLINIC_BAK_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mdf_type {
    MDF_TYPE_IMAGE = 34,
    MDF_TYPE_UNIQUEIDENTIFIER = 36,
    MDF_TYPE_DATE = 40,
    MDF_TYPE_DATETIME2 = 42,
    MDF_TYPE_TINYINT = 48,
    MDF_TYPE_SMALLINT = 52,
    MDF_TYPE_INT = 56,
    MDF_TYPE_SMALLDATETIME = 58,
    MDF_TYPE_MONEY = 60,
    MDF_TYPE_DATETIME = 61,
    MDF_TYPE_VARIANT = 98,
    MDF_TYPE_NTEXT = 99,
    MDF_TYPE_BIT = 104,
    MDF_TYPE_DECIMAL = 106,
    MDF_TYPE_SMALLMONEY = 122,
    MDF_TYPE_BIGINT = 127,
    MDF_TYPE_VARBINARY = 165,
    MDF_TYPE_VARCHAR = 167,
    MDF_TYPE_BINARY = 173,
    MDF_TYPE_CHAR = 175,
    MDF_TYPE_ROWVERSION = 189,
    MDF_TYPE_NVARCHAR = 231,
    MDF_TYPE_NCHAR = 239,
};

enum { MDF_LENGTH_MAX = -1, MDF_USER_TYPE_SYSNAME = 256, MDF_KEY_COLUMNS_MAX = 4, MDF_COLUMNS_MAX = 64 };

enum mdf_column_flag {
    MDF_NOT_NULL = 1,
    MDF_IDENTITY = 2,
    MDF_COMPUTED = 4, /* and persisted */
    MDF_DROPPED = 8,  /* keeps its place in the records, and is in no list of columns */
    MDF_ADDED = 16,   /* later: records written before it end before it; it must be the last one */
    MDF_UNIQUIFIER = 32,
    MDF_ROWGUID = 64,
};

struct mdf_column {
    const char *name; /* borrowed */
    int32_t id;       /* in the table; for hidden ones as in the list of physical columns */
    unsigned flags;
    enum mdf_type type;
    int32_t user_type;
    int16_t length; /* bytes; MDF_LENGTH_MAX */
    uint8_t precision;
    uint8_t scale;
    unsigned key;      /* position in the clustered key from 1; 0: none */
    int leaf;          /* offset of a fixed column; of the n-th variable one -n */
    unsigned null_bit; /* from 1 */
    unsigned bit;
};

struct mdf_layout {
    struct mdf_column columns[MDF_COLUMNS_MAX]; /* in the order of the table */
    size_t count;
    size_t physical[MDF_COLUMNS_MAX]; /* indexes into columns, by null bit */
    unsigned fixed_end;
    unsigned variable_count;
    size_t keys[MDF_KEY_COLUMNS_MAX]; /* indexes into columns */
    size_t key_count;
};

/* What "nvarchar(60)" means; any other type than those of the clinic's tables and of the system's ends the program. */
void mdf_type_read(const char *text, struct mdf_column *column);

bool mdf_is_variable(const struct mdf_column *column);
bool mdf_is_text(const struct mdf_column *column);      /* in letters of any kind */
bool mdf_is_wide(const struct mdf_column *column);      /* UTF-16 */
bool mdf_has_pointer(const struct mdf_column *column);  /* ntext, image: never in the row */
bool mdf_may_be_large(const struct mdf_column *column); /* (max) and those */

/* Bytes of a value in the fixed part. */
unsigned mdf_fixed_size(const struct mdf_column *column);

/* Adds a column; its flags and place are set by whoever adds it, its place by mdf_layout_place. */
struct mdf_column *mdf_layout_add(struct mdf_layout *layout, const char *name, const char *type);

/* Places the columns; `keys_first` as in user tables. */
void mdf_layout_place(struct mdf_layout *layout, bool keys_first);

/* NULL when there is none. */
struct mdf_column *mdf_layout_column(struct mdf_layout *layout, const char *name);

#endif
