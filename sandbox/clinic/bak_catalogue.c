#include "sandbox/clinic/bak_catalogue.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/must.h"
#include "sandbox/clinic/bak_catalogue_parts.h"

enum {
    SCHEMA_DBO = 1,
    SCHEMA_SYS = 4,
    CLASS_SCHEMA = 50,
    CLASS_DEFAULT_VALUE = 1,
    OBJECT_STATUS_TABLE = 0xE0000,
    OBJECT_STATUS_SYSTEM_TABLE = 0xE0001,
    OBJECT_STATUS_KEY = 4,
    DEFAULT_OBJECT = 8000028, /* beyond the table's own number */
    COLUMN_NOT_NULL = 0x1,
    COLUMN_PADDED = 0x2,
    COLUMN_IDENTITY = 0x4,
    COLUMN_ROWGUID = 0x8,
    COLUMN_COMPUTED = 0xD0,
    INDEX_HEAP = 0x1,
    INDEX_PLAIN = 0x3,
    INDEX_UNIQUE = 0x8,
    INDEX_PRIMARY = 0x20,
};

struct mdf_table *mdf_catalogue_table(struct mdf_catalogue *catalogue, int32_t number)
{
    size_t i = 0;

    while (catalogue->systems[i].object != number) {
        i++;
        must(i < MDF_SYSTEM_TABLE_COUNT);
    }
    return &catalogue->systems[i];
}

struct mdf_row *mdf_catalogue_begin(struct mdf_catalogue *catalogue, int32_t number)
{
    struct mdf_table *table = mdf_catalogue_table(catalogue, number);

    mdf_table_row(table);
    return table->row;
}

void mdf_catalogue_end(struct mdf_catalogue *catalogue, int32_t number)
{
    mdf_table_add(mdf_catalogue_table(catalogue, number));
}

bool mdf_catalogue_finish(struct mdf_catalogue *catalogue, int32_t number, struct fault *fault)
{
    return mdf_table_finish(mdf_catalogue_table(catalogue, number), fault);
}

bool mdf_is_user_table(const struct mdf_table *table)
{
    return table->keys_first;
}

static void put_moment(struct mdf_row *row, int64_t seconds)
{
    mdf_row_moment(row, seconds / 60, (int)(seconds % 60) * 1000);
}

/* ---- objects ---- */

struct object {
    int32_t id;
    char *name;
    const char *type;
    int32_t status;
    int32_t parent;
    int32_t number; /* of columns, of a table */
};

static void put_object(struct mdf_catalogue *catalogue, const struct object *object)
{
    struct mdf_row *row = mdf_catalogue_begin(catalogue, MDF_SYSSCHOBJS);

    mdf_row_integer(row, object->id);
    mdf_row_text(row, object->name);
    mdf_row_integer(row, strcmp(object->type, "S ") == 0 ? SCHEMA_SYS : SCHEMA_DBO);
    mdf_row_integer(row, 0);
    mdf_row_integer(row, object->status);
    mdf_row_text(row, object->type);
    mdf_row_integer(row, object->parent);
    mdf_row_integer(row, 1);
    mdf_row_integer(row, object->number);
    put_moment(row, catalogue->facts->created);
    put_moment(row, catalogue->facts->created);
    mdf_row_integer(row, 0);
    mdf_catalogue_end(catalogue, MDF_SYSSCHOBJS);
}

static int32_t visible_columns(const struct mdf_table *table)
{
    int32_t count = 0;

    for (size_t i = 0; i < table->layout.count; i++) {
        count += (table->layout.columns[i].flags & (MDF_DROPPED | MDF_UNIQUIFIER)) == 0;
    }
    return count;
}

/* By place: the one that may have been added later. */
static const struct mdf_column *last_column(const struct mdf_table *table)
{
    return &table->layout.columns[table->layout.physical[table->layout.count - 1]];
}

static void put_objects(struct mdf_catalogue *catalogue, const struct mdf_table *table)
{
    bool user = mdf_is_user_table(table);
    const struct mdf_column *last = last_column(table);
    struct object object = {.id = table->object,
                            .name = x_strdup(table->name),
                            .type = user ? "U " : "S ",
                            .status = user ? OBJECT_STATUS_TABLE : OBJECT_STATUS_SYSTEM_TABLE,
                            .number = visible_columns(table)};

    put_object(catalogue, &object);
    string_free(&object.name);
    if (user && (last->flags & MDF_ADDED) != 0 && (last->flags & MDF_NOT_NULL) != 0) {
        object = (struct object){.id = table->object + DEFAULT_OBJECT,
                                 .name = x_sprintf("DF_%s_%s", table->name, last->name),
                                 .type = "D ",
                                 .parent = table->object};
        put_object(catalogue, &object);
        string_free(&object.name);
    }
    if (user && !table->is_heap) {
        object = (struct object){.id = table->object + MDF_KEY_OBJECT,
                                 .name = x_sprintf("PK_%s", table->name),
                                 .type = "PK",
                                 .status = OBJECT_STATUS_KEY,
                                 .parent = table->object};
        put_object(catalogue, &object);
        string_free(&object.name);
    }
}

static void put_column(struct mdf_catalogue *catalogue, const struct mdf_table *table, const struct mdf_column *column)
{
    struct mdf_row *row = mdf_catalogue_begin(catalogue, MDF_SYSCOLPARS);
    bool padded = mdf_is_text(column) || column->type == MDF_TYPE_VARBINARY || column->type == MDF_TYPE_BINARY;
    bool has_default = (column->flags & MDF_ADDED) != 0 && (column->flags & MDF_NOT_NULL) != 0;
    uint8_t identity[13] = {0};

    mdf_row_integer(row, table->object);
    mdf_row_integer(row, 0);
    mdf_row_integer(row, column->id);
    mdf_row_text(row, column->name);
    mdf_row_integer(row, column->type);
    mdf_row_integer(row, column->user_type);
    mdf_row_integer(row, column->length);
    mdf_row_integer(row, column->precision);
    mdf_row_integer(row, column->scale);
    mdf_row_integer(row, mdf_is_text(column) ? MDF_COLLATION : 0);
    mdf_row_integer(row, (column->flags & MDF_NOT_NULL ? COLUMN_NOT_NULL : 0) | (padded ? COLUMN_PADDED : 0) |
                             (column->flags & MDF_IDENTITY ? COLUMN_IDENTITY : 0) |
                             (column->flags & MDF_ROWGUID ? COLUMN_ROWGUID : 0) |
                             (column->flags & MDF_COMPUTED ? COLUMN_COMPUTED : 0));
    mdf_row_integer(row, column->length == MDF_LENGTH_MAX ? MDF_LARGE_IN_ROW : column->length);
    mdf_row_integer(row, 0);
    mdf_row_integer(row, has_default ? table->object + DEFAULT_OBJECT : 0);
    mdf_row_integer(row, 0);
    if (column->flags & MDF_IDENTITY) {
        mdf_put_u32(identity, (uint32_t)table->rows.rows);
        mdf_put_u32(identity + 4, 1);
        mdf_put_u32(identity + 8, 1);
        mdf_row_bytes(row, identity, sizeof(identity));
    } else {
        mdf_row_null(row);
    }
    mdf_catalogue_end(catalogue, MDF_SYSCOLPARS);
}

/* In the order of their numbers, which the dropped ones leave out. */
static void put_columns(struct mdf_catalogue *catalogue, const struct mdf_table *table)
{
    for (size_t i = 0; i < table->layout.count; i++) {
        if ((table->layout.columns[i].flags & (MDF_DROPPED | MDF_UNIQUIFIER)) == 0) {
            put_column(catalogue, table, &table->layout.columns[i]);
        }
    }
}

/* ---- indexes ---- */

static void put_index(struct mdf_catalogue *catalogue, const struct mdf_table *table, const struct mdf_rowset *rowset,
                      const char *name, int32_t status)
{
    struct mdf_row *row = mdf_catalogue_begin(catalogue, MDF_SYSIDXSTATS);

    mdf_row_integer(row, table->object);
    mdf_row_integer(row, rowset->index);
    if (name != NULL) {
        mdf_row_text(row, name);
    } else {
        mdf_row_null(row);
    }
    mdf_row_integer(row, status);
    mdf_row_integer(row, 0);
    mdf_row_integer(row, 0);
    mdf_row_integer(row, rowset->index);
    mdf_row_integer(row, 0);
    mdf_row_integer(row, 0);
    mdf_row_integer(row, 0);
    mdf_row_integer(row, (int64_t)rowset->id);
    mdf_catalogue_end(catalogue, MDF_SYSIDXSTATS);
}

static void put_index_column(struct mdf_catalogue *catalogue, const struct mdf_table *table, int32_t index,
                             int32_t position, const struct mdf_column *column)
{
    struct mdf_row *row = mdf_catalogue_begin(catalogue, MDF_SYSISCOLS);

    mdf_row_integer(row, table->object);
    mdf_row_integer(row, index);
    mdf_row_integer(row, position);
    mdf_row_integer(row, 3);
    mdf_row_integer(row, column->id);
    mdf_row_integer(row, position);
    mdf_row_integer(row, 0);
    mdf_row_integer(row, 0);
    mdf_catalogue_end(catalogue, MDF_SYSISCOLS);
}

static void put_indexes(struct mdf_catalogue *catalogue, const struct mdf_table *table)
{
    scoped(string_free) char *primary = x_sprintf("PK_%s", table->name);
    scoped(string_free) char *clustered = x_sprintf("CX_%s", table->name);

    if (table->is_heap) {
        put_index(catalogue, table, &table->rows, NULL, INDEX_HEAP);
        return;
    }
    put_index(catalogue, table, &table->rows,
              !mdf_is_user_table(table) ? "clst"
              : table->is_sorted        ? clustered
                                        : primary,
              !mdf_is_user_table(table) ? INDEX_PLAIN | INDEX_UNIQUE
              : table->is_sorted        ? INDEX_PLAIN
                                        : INDEX_PLAIN | INDEX_UNIQUE | INDEX_PRIMARY);
    for (size_t i = 0; i < table->layout.key_count; i++) {
        put_index_column(catalogue, table, table->rows.index, (int32_t)i + 1,
                         &table->layout.columns[table->layout.keys[i]]);
    }
    if (table->is_sorted) {
        put_index(catalogue, table, &table->primary, primary, INDEX_PLAIN | INDEX_UNIQUE | INDEX_PRIMARY);
        put_index_column(catalogue, table, table->primary.index, 1, &table->layout.columns[0]);
    }
}

/* ---- other tables ---- */

static void put_schemas(struct mdf_catalogue *catalogue)
{
    static const char *const schemas[] = {"dbo", "guest", "INFORMATION_SCHEMA", "sys"};

    for (size_t i = 0; i < array_length(schemas); i++) {
        struct mdf_row *row = mdf_catalogue_begin(catalogue, MDF_SYSCLSOBJS);

        mdf_row_integer(row, CLASS_SCHEMA);
        mdf_row_integer(row, (int64_t)i + 1);
        mdf_row_text(row, schemas[i]);
        mdf_row_integer(row, 0);
        mdf_row_bytes(row, "\0", 2);
        mdf_row_integer(row, 0);
        put_moment(row, catalogue->facts->created);
        put_moment(row, catalogue->facts->created);
        mdf_catalogue_end(catalogue, MDF_SYSCLSOBJS);
    }
}

static void put_types(struct mdf_catalogue *catalogue)
{
    for (size_t i = 0; i < mdf_scalar_type_count; i++) {
        const struct mdf_scalar_type *type = &mdf_scalar_types[i];
        struct mdf_row *row = mdf_catalogue_begin(catalogue, MDF_SYSSCALARTYPES);

        mdf_row_integer(row, type->id);
        mdf_row_integer(row, SCHEMA_SYS);
        mdf_row_text(row, type->name);
        mdf_row_integer(row, type->type);
        mdf_row_integer(row, type->length);
        mdf_row_integer(row, type->precision);
        mdf_row_integer(row, type->scale);
        mdf_row_integer(row, type->is_text ? MDF_COLLATION : 0);
        mdf_row_integer(row, type->id == MDF_USER_TYPE_SYSNAME);
        put_moment(row, catalogue->facts->created);
        put_moment(row, catalogue->facts->created);
        mdf_row_integer(row, 0);
        mdf_row_integer(row, 0);
        mdf_catalogue_end(catalogue, MDF_SYSSCALARTYPES);
    }
}

static void put_filegroup(struct mdf_catalogue *catalogue)
{
    struct mdf_row *row = mdf_catalogue_begin(catalogue, MDF_SYSPHFG);

    mdf_row_integer(row, 1);
    mdf_row_integer(row, 1);
    mdf_row_integer(row, 1);
    mdf_row_text(row, "FG");
    mdf_row_null(row);
    mdf_row_null(row);
    mdf_row_integer(row, 0);
    mdf_row_text(row, "PRIMARY");
    mdf_catalogue_end(catalogue, MDF_SYSPHFG);
}

/* Positions in the log, and what else nobody asks for, stay empty. */
static void put_file(struct mdf_catalogue *catalogue, bool is_log)
{
    const struct mtf_facts *facts = catalogue->facts;
    struct mdf_row *row = mdf_catalogue_begin(catalogue, MDF_SYSPRUFILES);

    mdf_row_integer(row, 1);
    mdf_row_integer(row, is_log ? 2 : 1);
    mdf_row_integer(row, is_log ? 0 : 1);
    mdf_row_integer(row, 2);
    mdf_row_integer(row, is_log);
    mdf_row_integer(row, 0);
    mdf_row_integer(row, is_log ? 128 : 0);
    mdf_row_integer(row, -1);
    mdf_row_integer(row, 128);
    mdf_row_text(row, is_log ? facts->log_name : facts->data_name);
    mdf_row_text(row, is_log ? facts->log_path : facts->data_path);
    while (row->next < row->layout->count) {
        const struct mdf_column *column = mdf_row_column(row);

        if ((column->flags & MDF_NOT_NULL) == 0) {
            mdf_row_null(row);
        } else if (column->type == MDF_TYPE_DATETIME) {
            put_moment(row, facts->created);
        } else {
            mdf_row_integer(row, 0);
        }
    }
    mdf_catalogue_end(catalogue, MDF_SYSPRUFILES);
    row = mdf_catalogue_begin(catalogue, MDF_SYSFILES1);
    mdf_row_integer(row, is_log ? 0x42 : 2);
    mdf_row_integer(row, is_log ? 2 : 1);
    mdf_row_text(row, is_log ? facts->log_name : facts->data_name);
    mdf_row_text(row, is_log ? facts->log_path : facts->data_path);
    mdf_catalogue_end(catalogue, MDF_SYSFILES1);
}

/* What rows without the added column have in it; a sql_variant: type, its version, and a bit that is clear. */
static void put_default(struct mdf_catalogue *catalogue, const struct mdf_table *table)
{
    static const uint8_t clear[] = {MDF_TYPE_BIT, 1, 0};
    const struct mdf_column *last = last_column(table);
    struct mdf_row *row;

    if (!mdf_is_user_table(table) || (last->flags & MDF_ADDED) == 0 || (last->flags & MDF_NOT_NULL) == 0) {
        return;
    }
    must(last->type == MDF_TYPE_BIT);
    row = mdf_catalogue_begin(catalogue, MDF_SYSSEOBJVALUES);
    mdf_row_integer(row, CLASS_DEFAULT_VALUE);
    mdf_row_integer(row, (int64_t)table->rows.id);
    mdf_row_integer(row, last->id);
    mdf_row_integer(row, 0);
    mdf_row_bytes(row, clear, sizeof(clear));
    mdf_row_null(row);
    mdf_catalogue_end(catalogue, MDF_SYSSEOBJVALUES);
}

static void put_described(struct mdf_catalogue *catalogue)
{
    for (size_t i = 0; i < catalogue->all_count; i++) {
        put_objects(catalogue, catalogue->all[i]);
        put_columns(catalogue, catalogue->all[i]);
        put_indexes(catalogue, catalogue->all[i]);
        put_default(catalogue, catalogue->all[i]);
    }
}

static bool begin_systems(struct mdf_catalogue *catalogue, struct fault *fault)
{
    catalogue->all = x_alloc_array(MDF_SYSTEM_TABLE_COUNT + catalogue->user_count, sizeof(const struct mdf_table *));
    for (size_t i = 0; i < MDF_SYSTEM_TABLE_COUNT; i++) {
        struct mdf_table *table = &catalogue->systems[i];
        uint64_t unit;

        mdf_system_table(i, table);
        unit = table->rows.id;
        if (!mdf_table_begin(table, catalogue->store, &unit, MDF_ID_STEP, fault)) {
            return false;
        }
        catalogue->all[catalogue->all_count++] = table;
    }
    for (size_t i = 0; i < catalogue->user_count; i++) {
        catalogue->all[catalogue->all_count++] = &catalogue->users[i];
    }
    mdf_catalogue_list(catalogue);
    return true;
}

static bool write_systems(struct mdf_catalogue *catalogue, struct mdf_catalogue_places *ret, struct fault *fault)
{
    put_described(catalogue);
    put_schemas(catalogue);
    put_types(catalogue);
    put_filegroup(catalogue);
    put_file(catalogue, false);
    put_file(catalogue, true);
    for (size_t i = 0; i < MDF_SYSTEM_TABLE_COUNT; i++) {
        int32_t number = catalogue->systems[i].object;

        if (number > MDF_SYSALLOCUNITS && !mdf_catalogue_finish(catalogue, number, fault)) {
            return false;
        }
    }
    if (!mdf_catalogue_write_storage(catalogue, &ret->units, fault)) {
        return false;
    }
    ret->files = mdf_catalogue_table(catalogue, MDF_SYSPRUFILES)->rows.units[0].first;
    return true;
}

bool mdf_catalogue_write(struct mdf_store *store, const struct mdf_table *tables, size_t count,
                         const struct mtf_facts *facts, struct mdf_catalogue_places *ret, struct fault *fault)
{
    struct mdf_catalogue *catalogue = x_alloc(sizeof(*catalogue));
    bool good;

    catalogue->store = store;
    catalogue->facts = facts;
    catalogue->users = tables;
    catalogue->user_count = count;
    good = begin_systems(catalogue, fault) && write_systems(catalogue, ret, fault);
    for (size_t i = 0; i < MDF_SYSTEM_TABLE_COUNT; i++) {
        mdf_table_release(&catalogue->systems[i]);
    }
    free(catalogue->all);
    free(catalogue->listed);
    free(catalogue);
    return good;
}
