/* Types of SQL Server's columns: as CREATE TABLE writes them, as its catalogue numbers them, and as TDS describes them
 * (MS-TDS 2.2.5.4 to 2.2.5.6). */
#ifndef SANDBOX_TDS_TYPE_H
#define SANDBOX_TDS_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* sys.types.system_type_id */
enum tds_type_id {
    TDS_TYPE_IMAGE = 34,
    TDS_TYPE_TEXT = 35,
    TDS_TYPE_UNIQUEIDENTIFIER = 36,
    TDS_TYPE_DATE = 40,
    TDS_TYPE_TIME = 41,
    TDS_TYPE_DATETIME2 = 42,
    TDS_TYPE_DATETIMEOFFSET = 43,
    TDS_TYPE_TINYINT = 48,
    TDS_TYPE_SMALLINT = 52,
    TDS_TYPE_INT = 56,
    TDS_TYPE_SMALLDATETIME = 58,
    TDS_TYPE_REAL = 59,
    TDS_TYPE_MONEY = 60,
    TDS_TYPE_DATETIME = 61,
    TDS_TYPE_FLOAT = 62,
    TDS_TYPE_VARIANT = 98,
    TDS_TYPE_NTEXT = 99,
    TDS_TYPE_BIT = 104,
    TDS_TYPE_DECIMAL = 106,
    TDS_TYPE_NUMERIC = 108,
    TDS_TYPE_SMALLMONEY = 122,
    TDS_TYPE_BIGINT = 127,
    TDS_TYPE_VARBINARY = 165,
    TDS_TYPE_VARCHAR = 167,
    TDS_TYPE_BINARY = 173,
    TDS_TYPE_CHAR = 175,
    TDS_TYPE_ROWVERSION = 189,
    TDS_TYPE_NVARCHAR = 231,
    TDS_TYPE_NCHAR = 239,
    TDS_TYPE_CLR = 240,
    TDS_TYPE_XML = 241,
};

/* sys.types.user_type_id, where that is another number */
enum { TDS_USER_TYPE_GEOGRAPHY = 130 };

enum { TDS_LENGTH_MAX = -1 };

struct tds_type {
    uint8_t id;
    int length; /* bytes; TDS_LENGTH_MAX for (max) */
    uint8_t precision;
    uint8_t scale;
};

/* "nvarchar(60)", "decimal(5,2)", "varbinary(max)". False when there is no such type. */
bool tds_type_parse(struct slice text, struct tds_type *ret);

/* What holds characters, and those of them with two bytes a character. */
bool tds_type_is_text(const struct tds_type *type);
bool tds_type_is_wide(const struct tds_type *type);
bool tds_type_is_bytes(const struct tds_type *type);
bool tds_type_is_integer(const struct tds_type *type);

/* text, ntext and image, which go with a text pointer before each value; and (max) types, which go in chunks. */
bool tds_type_is_old_large(const struct tds_type *type);
bool tds_type_is_chunked(const struct tds_type *type);

/* Appends TYPE_INFO. */
void tds_type_put(const struct tds_type *type, struct text *out);

/* Appends little-endian numbers. */
void tds_put_u16(struct text *out, unsigned value);
void tds_put_u32(struct text *out, uint32_t value);
void tds_put_u64(struct text *out, uint64_t value);

/* What all texts of the stand-in are sorted by: SQL_Latin1_General_CP1_CI_AS. */
enum { TDS_COLLATION_SIZE = 5, TDS_CODE_PAGE = 1252 };
extern const char tds_collation[TDS_COLLATION_SIZE];
extern const char tds_collation_name[];

#endif
