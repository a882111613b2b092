/*
 * The tables of a database, from its system base tables. Format, section 7.
 */
#ifndef SOURCE_BAK_CATALOGUE_H
#define SOURCE_BAK_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "source/bak/record.h"
#include "source/bak/store.h"

enum bak_type {
    BAK_TYPE_IMAGE = 34,
    BAK_TYPE_TEXT = 35,
    BAK_TYPE_UNIQUEIDENTIFIER = 36,
    BAK_TYPE_DATE = 40,
    BAK_TYPE_TIME = 41,
    BAK_TYPE_DATETIME2 = 42,
    BAK_TYPE_DATETIMEOFFSET = 43,
    BAK_TYPE_TINYINT = 48,
    BAK_TYPE_SMALLINT = 52,
    BAK_TYPE_INT = 56,
    BAK_TYPE_SMALLDATETIME = 58,
    BAK_TYPE_REAL = 59,
    BAK_TYPE_MONEY = 60,
    BAK_TYPE_DATETIME = 61,
    BAK_TYPE_FLOAT = 62,
    BAK_TYPE_VARIANT = 98,
    BAK_TYPE_NTEXT = 99,
    BAK_TYPE_BIT = 104,
    BAK_TYPE_DECIMAL = 106,
    BAK_TYPE_NUMERIC = 108,
    BAK_TYPE_SMALLMONEY = 122,
    BAK_TYPE_BIGINT = 127,
    BAK_TYPE_VARBINARY = 165,
    BAK_TYPE_VARCHAR = 167,
    BAK_TYPE_BINARY = 173,
    BAK_TYPE_CHAR = 175,
    BAK_TYPE_TIMESTAMP = 189,
    BAK_TYPE_NVARCHAR = 231,
    BAK_TYPE_NCHAR = 239,
    BAK_TYPE_CLR = 240,
    BAK_TYPE_XML = 241,
};

/* A column of a table, in the order of creation. */
struct bak_column {
    char *name;
    int32_t id;
    uint8_t type;      /* enum bak_type, or another number */
    int32_t user_type; /* 128 hierarchyid, 129 geometry, 130 geography, 256 sysname, others: alias types */
    int16_t length;    /* bytes; -1: max */
    uint8_t precision;
    uint8_t scale;
    uint32_t collation; /* 0: the database's own; see bak_catalogue_collation */
    bool nullable;
    bool identity;
    bool computed;
    bool persisted; /* computed, but stored: read as any other */
    bool filestream;
    bool sparse;
    bool column_set;
    bool primary;          /* alone the primary key */
    bool unique;           /* alone a unique index, that of the primary key included */
    int32_t target_table;  /* object id of what a foreign key of this column alone points to; 0: none */
    int32_t target_column; /* its id there */
};

enum bak_compression {
    BAK_COMPRESSION_NONE,
    BAK_COMPRESSION_ROW,
    BAK_COMPRESSION_PAGE,
    BAK_COMPRESSION_COLUMNSTORE,
    BAK_COMPRESSION_COLUMNSTORE_ARCHIVE,
};

enum bak_unit_type { BAK_UNIT_IN_ROW = 1, BAK_UNIT_LOB = 2, BAK_UNIT_OVERFLOW = 3 };

/* An allocation unit of any object, system tables and indexes included. */
struct bak_unit {
    int64_t id;
    int64_t owner; /* a rowset */
    uint8_t type;  /* enum bak_unit_type */
    struct bak_place first;
    struct bak_place first_iam;
};

/* A heap, an index or one partition of these. */
struct bak_rowset {
    int64_t id;
    int32_t object;
    int32_t index;     /* 0 heap, 1 clustered, above: nonclustered */
    int32_t partition; /* from 1 */
    int64_t rows;      /* that the server counted */
    uint8_t compression;
    bool memory_optimised;
    struct bak_column_place
        *places; /* as many as the table has columns; NULL but for heaps and clustered ones of tables */
};

struct bak_table {
    int32_t id;
    int32_t schema_id;
    char *schema;
    char *name;
    bool is_heap;
    struct bak_column *columns;
    size_t column_count;
    const struct bak_rowset **rowsets; /* heap or clustered, one for each partition, borrowed from the catalogue */
    size_t rowset_count;
    int64_t rows;                     /* that the server counted, all partitions */
    enum bak_compression compression; /* the greatest of its partitions */
    bool memory_optimised;
    bool miscounted; /* the count is below zero, or beyond all numbers */
    size_t filestream_columns;
    size_t unstored_columns; /* computed and not persisted: no value in the backup */
    const char *unreadable;  /* NULL, or a phrase why its rows cannot be read from a backup */
};

struct bak_catalogue;

/* Reads the boot page and the base tables. The store is borrowed. FAULT_BAD_INPUT when they are damaged, or the
 * database is encrypted (TDE). `database_version` is the set's: it must be the boot page's. */
MUST_CHECK bool bak_catalogue_read(struct bak_store *store, unsigned database_version, struct bak_catalogue **ret,
                                   struct fault *fault);
void bak_catalogue_destroy(struct bak_catalogue **catalogue);

/* User tables, by schema and name. */
size_t bak_catalogue_table_count(const struct bak_catalogue *catalogue);
const struct bak_table *bak_catalogue_table(const struct bak_catalogue *catalogue, size_t table);

/* The database's own collation, for columns that name none. */
uint32_t bak_catalogue_collation(const struct bak_catalogue *catalogue);

/* The version under which the database was created; 539: SQL Server 2000. */
unsigned bak_catalogue_created_version(const struct bak_catalogue *catalogue);

/* What is doubtful about the catalogue itself; one sentence each, borrowed. */
size_t bak_catalogue_note_count(const struct bak_catalogue *catalogue);
const char *bak_catalogue_note(const struct bak_catalogue *catalogue, size_t note);

/* NULL when there is none. */
const struct bak_unit *bak_catalogue_unit(const struct bak_catalogue *catalogue, int64_t unit);
const struct bak_unit *bak_catalogue_unit_of_rowset(const struct bak_catalogue *catalogue, int64_t rowset,
                                                    enum bak_unit_type type);
const struct bak_rowset *bak_catalogue_rowset(const struct bak_catalogue *catalogue, int64_t rowset);

/* Whose page it is, for reports; NULL for pages of the system and of unknown units. */
const struct bak_table *bak_catalogue_table_of_page(const struct bak_catalogue *catalogue,
                                                    const struct bak_page_header *header);

#endif
