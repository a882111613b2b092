#include "sandbox/tds_views.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/must.h"

enum {
    DBO = 1,
    INFORMATION_SCHEMA = 3,
    SYS = 4,
    DATABASE_ID = 5,
    PRIMARY_INDEX = 1,
    FIRST_CONSTRAINT = 1000000,
    CELLS_MAX = 16
};

/* "name type" of each column, and an end. */
static struct tds_rows *add_view(struct tds_store *store, const char *name, const char *const *columns)
{
    struct tds_rows *view = tds_store_add(store, name);

    for (; *columns; columns++) {
        const char *blank = strchr(*columns, ' ');
        scoped(string_free) char *column = x_strndup(*columns, (size_t)(blank - *columns));
        struct tds_type type;

        must(tds_type_parse(slice_of(blank + 1), &type));
        tds_rows_add_field(view, column, &type, false);
    }
    return view;
}

static void add_row(struct tds_rows *view, const struct tds_datum *cells)
{
    memcpy(tds_rows_add(view), cells, view->field_count * sizeof *cells);
}

static struct tds_datum text_of(struct tds_store *store, const char *text)
{
    return tds_text(tds_store_keep(store, slice_of(text)));
}

static void add_databases(struct tds_store *store, const char *database, bool snapshots)
{
    static const char *const columns[] = {"name nvarchar(128)",
                                          "database_id int",
                                          "snapshot_isolation_state tinyint",
                                          "is_read_committed_snapshot_on bit",
                                          "collation_name nvarchar(128)",
                                          "state tinyint",
                                          NULL};

    add_row(add_view(store, "sys.databases", columns),
            (struct tds_datum[CELLS_MAX]){text_of(store, database), tds_number(DATABASE_ID), tds_number(snapshots),
                                          tds_number(0), text_of(store, tds_collation_name), tds_number(0)});
}

static void add_schemas(struct tds_store *store)
{
    static const char *const columns[] = {"name nvarchar(128)", "schema_id int", "principal_id int", NULL};
    struct tds_rows *view = add_view(store, "sys.schemas", columns);

    add_row(view, (struct tds_datum[CELLS_MAX]){text_of(store, "dbo"), tds_number(DBO), tds_number(1)});
    add_row(view, (struct tds_datum[CELLS_MAX]){text_of(store, "sys"), tds_number(SYS), tds_number(4)});
    add_row(view, (struct tds_datum[CELLS_MAX]){text_of(store, "INFORMATION_SCHEMA"), tds_number(INFORMATION_SCHEMA),
                                                tds_number(3)});
}

/* Tables are "dbo.Patient" in the store. */
static const char *own_name(const struct tds_rows *table)
{
    return strchr(table->name, '.') + 1;
}

static void add_column(struct tds_store *store, struct tds_rows *view, const struct tds_rows *table, size_t number)
{
    const struct tds_field *field = &table->fields[number];
    const struct tds_datum null = {.kind = TDS_NULL};
    bool large = tds_type_is_old_large(&field->type);

    add_row(view, (struct tds_datum[CELLS_MAX]){
                      tds_number(table->id),
                      text_of(store, field->name),
                      tds_number((int64_t)number + 1),
                      tds_number(field->type.id),
                      tds_number(field->type.id == TDS_TYPE_CLR ? TDS_USER_TYPE_GEOGRAPHY : field->type.id),
                      tds_number(large ? 16 : field->type.length),
                      tds_number(field->type.precision),
                      tds_number(field->type.scale),
                      tds_type_is_text(&field->type) ? text_of(store, tds_collation_name) : null,
                      tds_number(!field->key),
                      tds_number(0),
                      tds_number(0),
                  });
}

static void add_tables(struct tds_store *store, size_t count)
{
    static const char *const table_columns[] = {"name nvarchar(128)", "object_id int", "schema_id int",
                                                "is_ms_shipped bit", NULL};
    static const char *const column_columns[] = {"object_id int",
                                                 "name nvarchar(128)",
                                                 "column_id int",
                                                 "system_type_id tinyint",
                                                 "user_type_id int",
                                                 "max_length smallint",
                                                 "precision tinyint",
                                                 "scale tinyint",
                                                 "collation_name nvarchar(128)",
                                                 "is_nullable bit",
                                                 "is_identity bit",
                                                 "is_computed bit",
                                                 NULL};
    static const char *const partition_columns[] = {"object_id int", "index_id int", "partition_number int",
                                                    "rows bigint", NULL};
    struct tds_rows *tables = add_view(store, "sys.tables", table_columns);
    struct tds_rows *columns = add_view(store, "sys.columns", column_columns);
    struct tds_rows *partitions = add_view(store, "sys.partitions", partition_columns);

    for (size_t i = 0; i < count; i++) {
        const struct tds_rows *table = tds_store_at(store, i);

        add_row(tables, (struct tds_datum[CELLS_MAX]){text_of(store, own_name(table)), tds_number(table->id),
                                                      tds_number(DBO), tds_number(0)});
        add_row(partitions, (struct tds_datum[CELLS_MAX]){tds_number(table->id), tds_number(PRIMARY_INDEX),
                                                          tds_number(1), tds_number((int64_t)table->row_count)});
        for (size_t at = 0; at < table->field_count; at++)
            add_column(store, columns, table, at);
    }
}

static void add_keys(struct tds_store *store, size_t count)
{
    static const char *const index_columns[] = {"object_id int",
                                                "index_id int",
                                                "is_unique bit",
                                                "is_primary_key bit",
                                                "is_disabled bit",
                                                "has_filter bit",
                                                NULL};
    static const char *const part_columns[] = {"object_id int", "index_id int", "column_id int", "key_ordinal tinyint",
                                               NULL};
    struct tds_rows *indexes = add_view(store, "sys.indexes", index_columns);
    struct tds_rows *parts = add_view(store, "sys.index_columns", part_columns);

    for (size_t i = 0; i < count; i++) {
        const struct tds_rows *table = tds_store_at(store, i);
        int64_t ordinal = 0;

        for (size_t at = 0; at < table->field_count; at++)
            if (table->fields[at].key)
                add_row(parts, (struct tds_datum[CELLS_MAX]){tds_number(table->id), tds_number(PRIMARY_INDEX),
                                                             tds_number((int64_t)at + 1), tds_number(++ordinal)});
        if (ordinal)
            add_row(indexes, (struct tds_datum[CELLS_MAX]){tds_number(table->id), tds_number(PRIMARY_INDEX),
                                                           tds_number(1), tds_number(1), tds_number(0), tds_number(0)});
    }
}

/* "Patient.Id" of `refers` as the ids of table and column. */
static bool find_referred(const struct tds_store *store, const char *refers, int64_t *ret_table, int64_t *ret_column,
                          struct fault *fault)
{
    const char *dot = strchr(refers, '.');
    scoped(string_free) char *name = dot ? x_strndup(refers, (size_t)(dot - refers)) : NULL;
    const struct tds_rows *table = name ? tds_store_find(store, name) : NULL;
    size_t field = table ? tds_rows_field(table, dot + 1) : 0;

    if (!table || field == table->field_count)
        return fault_set(fault, FAULT_BAD_INPUT, "types.list: a column refers to %s, which is not there", refers);
    *ret_table = table->id;
    *ret_column = (int64_t)field + 1;
    return true;
}

static bool add_foreign_keys(struct tds_store *store, size_t count, struct fault *fault)
{
    static const char *const columns[] = {"constraint_object_id int",
                                          "constraint_column_id int",
                                          "parent_object_id int",
                                          "parent_column_id int",
                                          "referenced_object_id int",
                                          "referenced_column_id int",
                                          NULL};
    struct tds_rows *view = add_view(store, "sys.foreign_key_columns", columns);

    for (size_t i = 0; i < count; i++) {
        const struct tds_rows *table = tds_store_at(store, i);
        int64_t target = 0;
        int64_t target_column = 0;

        for (size_t at = 0; at < table->field_count; at++) {
            if (!table->fields[at].refers)
                continue;
            if (!find_referred(store, table->fields[at].refers, &target, &target_column, fault))
                return false;
            add_row(view,
                    (struct tds_datum[CELLS_MAX]){tds_number(FIRST_CONSTRAINT + (int64_t)view->row_count),
                                                  tds_number(1), tds_number(table->id), tds_number((int64_t)at + 1),
                                                  tds_number(target), tds_number(target_column)});
        }
    }
    return true;
}

static void add_information(struct tds_store *store, const char *database, size_t count)
{
    static const char *const columns[] = {"TABLE_CATALOG nvarchar(128)", "TABLE_SCHEMA nvarchar(128)",
                                          "TABLE_NAME nvarchar(128)", "TABLE_TYPE varchar(10)", NULL};
    struct tds_rows *view = add_view(store, "INFORMATION_SCHEMA.TABLES", columns);

    for (size_t i = 0; i < count; i++)
        add_row(view, (struct tds_datum[CELLS_MAX]){text_of(store, database), text_of(store, "dbo"),
                                                    text_of(store, own_name(tds_store_at(store, i))),
                                                    text_of(store, "BASE TABLE")});
}

bool tds_views_add(struct tds_store *store, const char *database, bool snapshots, struct fault *fault)
{
    size_t count = tds_store_count(store);

    add_databases(store, database, snapshots);
    add_schemas(store);
    add_tables(store, count);
    add_keys(store, count);
    add_information(store, database, count);
    return add_foreign_keys(store, count, fault);
}
