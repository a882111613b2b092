#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "source/bak/catalogue_parts.h"
#include "source/bak/endian.h"

enum {
    SYSRSCOLS = 3,
    SYSROWSETCOLUMNS = 4, /* 2005 */
    SYSSEOBJVALUES = 9,
    SYSHOBTCOLUMNS = 13, /* 2005 */
    SYSSCHOBJS = 34,
    SYSCOLPARS = 41,
    SYSCLSOBJS = 64,
    CLASS_SCHEMA = 50,
    COLUMNS_MAX = 30000, /* what a wide table may have */
};

enum {
    COLUMN_NOT_NULL = 0x1,
    COLUMN_IDENTITY = 0x4,
    COLUMN_COMPUTED = 0x10,
    COLUMN_FILESTREAM = 0x20,
    COLUMN_SPARSE = 0x01000000,
    COLUMN_SET = 0x02000000,
};

enum { PLACE_DROPPED = 0x02, PLACE_FILESTREAM = 0x20, PLACE_SPARSE = 0x100 };

bool bak_catalogue_read_base(struct bak_catalogue *catalogue, int32_t object, const char *name, bool optional,
                             unsigned fixed_end, bak_base_row_fn take, struct fault *fault)
{
    const struct bak_rowset *rowset = NULL;
    const struct bak_unit *unit;
    int64_t rows = 0;

    for (size_t i = 0; i < catalogue->rowset_count && !rowset; i++) {
        if (catalogue->rowsets[i].object == object && catalogue->rowsets[i].index == 1)
            rowset = &catalogue->rowsets[i];
    }
    unit = rowset ? bak_catalogue_unit_of_rowset(catalogue, rowset->id, BAK_UNIT_IN_ROW) : NULL;
    if (!unit && optional)
        return true;
    if (!unit)
        return fault_set(fault, FAULT_BAD_INPUT, "the database's own table %s cannot be found: the backup is damaged",
                         name);
    if (!bak_base_table_read(catalogue->store, name, unit->first, unit->id, fixed_end, take, catalogue, &rows, fault))
        return false;
    bak_catalogue_compare_rows(catalogue, name, rows, rowset->rows);
    return true;
}

static bool take_object(void *context, const struct bak_record *record, struct fault *fault)
{
    struct bak_catalogue *catalogue = context;
    void *array = catalogue->tables;
    struct bak_table *table;
    int32_t schema = bak_base_i32(record, 8);

    (void)fault;
    if (memcmp(record->data + 17, "U ", 2) != 0 || schema == BAK_SCHEMA_SYS)
        return true;
    table = bak_grow(&array, &catalogue->table_count, sizeof *table);
    catalogue->tables = array;
    table->id = bak_base_i32(record, 4);
    table->schema_id = schema;
    table->name = bak_base_string(record, 0);
    return true;
}

static bool take_class(void *context, const struct bak_record *record, struct fault *fault)
{
    struct bak_catalogue *catalogue = context;
    void *array = catalogue->schemas;
    struct bak_schema *schema;

    (void)fault;
    if (bak_base_u8(record, 4) != CLASS_SCHEMA)
        return true;
    schema = bak_grow(&array, &catalogue->schema_count, sizeof *schema);
    catalogue->schemas = array;
    schema->id = bak_base_i32(record, 5);
    schema->name = bak_base_string(record, 0);
    return true;
}

static bool take_column(void *context, const struct bak_record *record, struct fault *fault)
{
    struct bak_table *table = bak_catalogue_table_by_id(context, bak_base_i32(record, 4));
    uint32_t status = (uint32_t)bak_base_i32(record, 27);
    struct bak_column *column;
    void *array;

    if (!table || bak_base_i16(record, 8) != 0)
        return true;
    if (table->column_count >= COLUMNS_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "table %s has more columns than can be: the backup is damaged",
                         table->name);
    array = table->columns;
    column = bak_grow(&array, &table->column_count, sizeof *column);
    table->columns = array;
    column->name = bak_base_string(record, 0);
    column->id = bak_base_i32(record, 10);
    column->type = bak_base_u8(record, 14);
    column->user_type = bak_base_i32(record, 15);
    column->length = bak_base_i16(record, 19);
    column->precision = bak_base_u8(record, 21);
    column->scale = bak_base_u8(record, 22);
    column->collation = (uint32_t)bak_base_i32(record, 23);
    column->nullable = !(status & COLUMN_NOT_NULL);
    column->identity = status & COLUMN_IDENTITY;
    column->computed = status & COLUMN_COMPUTED;
    column->filestream = status & COLUMN_FILESTREAM;
    column->sparse = status & COLUMN_SPARSE;
    column->column_set = status & COLUMN_SET;
    return true;
}

static struct bak_rowset *rowset_by_id(struct bak_catalogue *catalogue, int64_t id)
{
    const struct bak_rowset *found = bak_catalogue_rowset(catalogue, id);

    return found ? &catalogue->rowsets[found - catalogue->rowsets] : NULL;
}

static int compare_column_id(const void *key, const void *element)
{
    int32_t a = *(const int32_t *)key;
    int32_t b = ((const struct bak_column *)element)->id;

    return (a > b) - (a < b);
}

static struct bak_column *column_by_id(struct bak_table *table, int32_t id)
{
    if (table->column_count == 0)
        return NULL;
    return bsearch(&id, table->columns, table->column_count, sizeof *table->columns, compare_column_id);
}

/* Bytes of a value in the fixed part; for variable columns of no meaning. Format, section 9. */
static unsigned fixed_size(const struct bak_column *column)
{
    unsigned time_size = column->scale <= 2 ? 3 : column->scale <= 4 ? 4 : 5;

    switch (column->type) {
    case BAK_TYPE_TINYINT:
    case BAK_TYPE_BIT:
        return 1;
    case BAK_TYPE_SMALLINT:
        return 2;
    case BAK_TYPE_DATE:
        return 3;
    case BAK_TYPE_INT:
    case BAK_TYPE_REAL:
    case BAK_TYPE_SMALLDATETIME:
    case BAK_TYPE_SMALLMONEY:
        return 4;
    case BAK_TYPE_BIGINT:
    case BAK_TYPE_MONEY:
    case BAK_TYPE_FLOAT:
    case BAK_TYPE_DATETIME:
    case BAK_TYPE_TIMESTAMP:
        return 8;
    case BAK_TYPE_UNIQUEIDENTIFIER:
        return 16;
    case BAK_TYPE_TIME:
        return time_size;
    case BAK_TYPE_DATETIME2:
        return time_size + 3;
    case BAK_TYPE_DATETIMEOFFSET:
        return time_size + 5;
    case BAK_TYPE_DECIMAL:
    case BAK_TYPE_NUMERIC:
        return column->precision <= 9 ? 5 : column->precision <= 19 ? 9 : column->precision <= 28 ? 13 : 17;
    default:
        return column->length < 0 ? 0 : (unsigned)column->length;
    }
}

/* The place of a column in a rowset of a user table; NULL when it is neither, or dropped. */
static struct bak_column_place *place_of(struct bak_catalogue *catalogue, int64_t rowset_id, int32_t column_id,
                                         struct bak_column **ret_column)
{
    struct bak_rowset *rowset = rowset_by_id(catalogue, rowset_id);
    struct bak_table *table = rowset && rowset->places ? bak_catalogue_table_by_id(catalogue, rowset->object) : NULL;
    struct bak_column *column = table ? column_by_id(table, column_id) : NULL;

    if (!column)
        return NULL;
    *ret_column = column;
    return &rowset->places[column - table->columns];
}

static bool take_place(void *context, const struct bak_record *record, struct fault *fault)
{
    uint32_t status = (uint32_t)bak_base_i32(record, 40);
    struct bak_column *column = NULL;
    struct bak_column_place *place = place_of(context, bak_base_i64(record, 4), bak_base_i32(record, 12), &column);

    (void)fault;
    if (!place || status & PLACE_DROPPED)
        return true;
    column->persisted = column->computed;
    column->filestream = column->filestream || status & PLACE_FILESTREAM;
    *place = (struct bak_column_place){
        .stored = true,
        .leaf_offset = (int16_t)(uint16_t)bak_base_i32(record, 44),
        .null_bit = (uint16_t)bak_base_i32(record, 48),
        .bit = bak_base_u8(record, 52),
        .size = fixed_size(column),
        .sparse = status & PLACE_SPARSE,
        .column_id = (uint32_t)bak_base_i32(record, 12),
    };
    return true;
}

static bool take_hobt_column(void *context, const struct bak_record *record, struct fault *fault)
{
    struct bak_catalogue *catalogue = context;
    const struct bak_rowset *rowset = bak_catalogue_rowset(catalogue, bak_base_i64(record, 4));
    struct bak_hobt_column *column;
    void *array = catalogue->hobt_columns;

    (void)fault;
    if (!rowset || !rowset->places || bak_base_i32(record, 16) & PLACE_DROPPED)
        return true;
    column = bak_grow(&array, &catalogue->hobt_column_count, sizeof *column);
    catalogue->hobt_columns = array;
    column->rowset = rowset->id;
    column->id = bak_base_i32(record, 12);
    column->place = (struct bak_column_place){
        .stored = true,
        .leaf_offset = bak_base_i16(record, 31),
        .null_bit = (uint16_t)bak_base_i16(record, 37),
        .bit = bak_base_u8(record, 35),
    };
    return true;
}

static int compare_hobt_columns(const void *left, const void *right)
{
    const struct bak_hobt_column *a = left;
    const struct bak_hobt_column *b = right;

    if (a->rowset != b->rowset)
        return a->rowset < b->rowset ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

static bool take_rowset_column(void *context, const struct bak_record *record, struct fault *fault)
{
    struct bak_catalogue *catalogue = context;
    struct bak_hobt_column wanted = {.rowset = bak_base_i64(record, 4), .id = bak_base_i32(record, 16)};
    const struct bak_hobt_column *found = catalogue->hobt_column_count
                                              ? bsearch(&wanted, catalogue->hobt_columns, catalogue->hobt_column_count,
                                                        sizeof wanted, compare_hobt_columns)
                                              : NULL;
    struct bak_column *column = NULL;
    struct bak_column_place *place = place_of(catalogue, wanted.rowset, bak_base_i32(record, 12), &column);

    (void)fault;
    if (!place || !found || bak_base_i32(record, 20) & PLACE_DROPPED)
        return true;
    *place = found->place;
    place->size = fixed_size(column);
    place->column_id = (uint32_t)column->id;
    column->persisted = column->computed;
    return true;
}

static bool take_default(void *context, const struct bak_record *record, struct fault *fault)
{
    enum { CLASS_DEFAULT = 1 };
    struct bak_column *column = NULL;
    struct bak_column_place *place;
    size_t size = 0;
    const uint8_t *value = bak_base_variable(record, 0, &size);

    (void)fault;
    if (bak_base_u8(record, 4) != CLASS_DEFAULT || !value)
        return true;
    place = place_of(context, bak_base_i64(record, 5), (int32_t)bak_base_i64(record, 13), &column);
    if (!place || place->fallback)
        return true;
    place->fallback = x_alloc_raw(size);
    memcpy(place->fallback, value, size);
    place->fallback_size = size;
    return true;
}

static int compare_tables_by_id(const void *left, const void *right)
{
    int32_t a = ((const struct bak_table *)left)->id;
    int32_t b = ((const struct bak_table *)right)->id;

    return (a > b) - (a < b);
}

static int compare_columns(const void *left, const void *right)
{
    int32_t a = ((const struct bak_column *)left)->id;
    int32_t b = ((const struct bak_column *)right)->id;

    return (a > b) - (a < b);
}

static int compare_partitions(const void *left, const void *right)
{
    int32_t a = (*(const struct bak_rowset *const *)left)->partition;
    int32_t b = (*(const struct bak_rowset *const *)right)->partition;

    return (a > b) - (a < b);
}

static void index_tables(struct bak_catalogue *catalogue)
{
    if (catalogue->table_count)
        qsort(catalogue->tables, catalogue->table_count, sizeof *catalogue->tables, compare_tables_by_id);
    catalogue->tables_by_id = x_alloc_array(catalogue->table_count + 1, sizeof *catalogue->tables_by_id);
    for (size_t i = 0; i < catalogue->table_count; i++)
        catalogue->tables_by_id[i] = i;
}

/* Gives each table its heap or clustered index, and room for where its columns stand. */
static bool attach_rowsets(struct bak_catalogue *catalogue, struct fault *fault)
{
    for (size_t i = 0; i < catalogue->rowset_count; i++) {
        struct bak_rowset *rowset = &catalogue->rowsets[i];
        struct bak_table *table = bak_catalogue_table_by_id(catalogue, rowset->object);
        void *array = table ? (void *)table->rowsets : NULL;

        if (!table || rowset->index < 0 || rowset->index > 1)
            continue;
        catalogue->place_count += (int64_t)table->column_count + 1;
        if (catalogue->place_count > BAK_COLUMN_PLACES_MAX)
            return fault_set(fault, FAULT_BAD_INPUT, "the tables have more partitions and columns than can be read");
        rowset->places = x_alloc_array(table->column_count + 1, sizeof *rowset->places);
        *(const struct bak_rowset **)bak_grow(&array, &table->rowset_count, sizeof rowset) = rowset;
        table->rowsets = array;
    }
    return true;
}

static void sort_columns(struct bak_catalogue *catalogue)
{
    for (size_t i = 0; i < catalogue->table_count; i++) {
        struct bak_table *table = &catalogue->tables[i];

        if (table->column_count)
            qsort(table->columns, table->column_count, sizeof *table->columns, compare_columns);
    }
}

static bool read_places(struct bak_catalogue *catalogue, struct fault *fault)
{
    if (catalogue->version > BAK_VERSION_2005_LAST)
        return bak_catalogue_read_base(catalogue, SYSRSCOLS, "sysrscols", false, 54, take_place, fault) &&
               bak_catalogue_read_base(catalogue, SYSSEOBJVALUES, "sysseobjvalues", true, 25, take_default, fault);
    if (!bak_catalogue_read_base(catalogue, SYSHOBTCOLUMNS, "syshobtcolumns", false, 41, take_hobt_column, fault))
        return false;
    if (catalogue->hobt_column_count)
        qsort(catalogue->hobt_columns, catalogue->hobt_column_count, sizeof *catalogue->hobt_columns,
              compare_hobt_columns);
    return bak_catalogue_read_base(catalogue, SYSROWSETCOLUMNS, "sysrowsetcolumns", false, 34, take_rowset_column,
                                   fault);
}

static const char *why_unreadable(const struct bak_table *table)
{
    if (table->memory_optimised)
        return "is memory-optimised: its rows are not among the pages of a backup";
    if (table->rowset_count == 0)
        return "has no storage in the backup";
    if (table->compression >= BAK_COMPRESSION_COLUMNSTORE)
        return "is stored as a columnstore, which cannot be read";
    if (table->column_count == 0)
        return "has no columns in the catalogue";
    if (table->miscounted)
        return "has a count of rows that cannot be, so that nobody can tell whether all of them are there: have the "
               "server count anew (DBCC UPDATEUSAGE (0) WITH COUNT_ROWS) and the backup made again";
    return NULL;
}

static void describe(struct bak_catalogue *catalogue, struct bak_table *table)
{
    for (size_t i = 0; i < catalogue->schema_count && !table->schema; i++) {
        if (catalogue->schemas[i].id == table->schema_id)
            table->schema = x_strdup(catalogue->schemas[i].name);
    }
    if (!table->schema)
        table->schema = x_sprintf("schema %d", (int)table->schema_id);
    if (table->rowset_count)
        qsort(table->rowsets, table->rowset_count, sizeof *table->rowsets, compare_partitions);
    for (size_t i = 0; i < table->rowset_count; i++) {
        const struct bak_rowset *rowset = table->rowsets[i];

        table->is_heap = rowset->index == 0;
        table->miscounted |= rowset->rows < 0 || rowset->rows > INT64_MAX - table->rows;
        table->rows += table->miscounted ? 0 : rowset->rows;
        table->memory_optimised = table->memory_optimised || rowset->memory_optimised;
        if (rowset->compression > table->compression)
            table->compression = rowset->compression;
    }
    for (size_t i = 0; i < table->column_count; i++) {
        table->filestream_columns += table->columns[i].filestream;
        table->unstored_columns += table->columns[i].computed && !table->columns[i].persisted;
    }
    table->unreadable = why_unreadable(table);
}

bool bak_catalogue_read_tables(struct bak_catalogue *catalogue, struct fault *fault)
{
    if (!bak_catalogue_read_base(catalogue, SYSSCHOBJS, "sysschobjs", false, 44, take_object, fault) ||
        !bak_catalogue_read_base(catalogue, SYSCLSOBJS, "sysclsobjs", false, 19, take_class, fault))
        return false;
    index_tables(catalogue);
    if (!bak_catalogue_read_base(catalogue, SYSCOLPARS, "syscolpars", false, 31, take_column, fault))
        return false;
    sort_columns(catalogue);
    if (!attach_rowsets(catalogue, fault) || !read_places(catalogue, fault))
        return false;
    for (size_t i = 0; i < catalogue->table_count; i++)
        describe(catalogue, &catalogue->tables[i]);
    return true;
}
