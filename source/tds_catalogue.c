#include "source/tds_catalogue.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"

enum { SNAPSHOT_ON = 1, SERVER_2008 = 10, TABLES_MAX = 100000, COLUMNS_MAX = 30000 };

/* One row of the list of unique indexes, and of their columns. */
struct unique_index {
    int64_t table;
    int64_t id;
    bool primary;
};

struct index_column {
    int64_t table;
    int64_t index;
    int64_t column;
};

/* A column of a foreign key. */
struct reference {
    int64_t constraint;
    int64_t table;
    int64_t column;
    int64_t target;
    int64_t target_column;
};

struct reading {
    struct tds_link *link;
    struct tds_catalogue *catalogue;
    struct unique_index *indexes;
    size_t index_count;
    struct index_column *index_columns;
    size_t index_column_count;
    struct reference *references;
    size_t reference_count;
};

/* Takes the row at hand. */
typedef bool (*take_fn)(struct reading *reading, struct fault *fault);

static bool read_rows(struct reading *reading, const char *statement, take_fn take, struct fault *fault)
{
    bool end = false;

    if (!tds_link_query(reading->link, statement, fault))
        return false;
    while (true) {
        if (!tds_link_next(reading->link, &end, fault))
            return false;
        if (end)
            return true;
        if (!take(reading, fault))
            return false;
    }
}

static bool take_database(struct reading *reading, struct fault *fault)
{
    struct tds_catalogue *catalogue = reading->catalogue;

    (void)fault;
    if (catalogue->version)
        return true;
    catalogue->version = tds_link_text(reading->link, 0);
    catalogue->edition = tds_link_text(reading->link, 1);
    catalogue->has_snapshots = tds_link_integer(reading->link, 2) == SNAPSHOT_ON;
    catalogue->collation = tds_link_text(reading->link, 3);
    return true;
}

static struct tds_table *find_table(const struct tds_catalogue *catalogue, int64_t id)
{
    size_t from = 0;
    size_t to = catalogue->table_count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (catalogue->tables[middle].id < id)
            from = middle + 1;
        else
            to = middle;
    }
    return from < catalogue->table_count && catalogue->tables[from].id == id ? &catalogue->tables[from] : NULL;
}

static bool take_table(struct reading *reading, struct fault *fault)
{
    struct tds_catalogue *catalogue = reading->catalogue;
    struct tds_table *table = NULL;

    if (catalogue->table_count == TABLES_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "the database has more than %d tables", TABLES_MAX);
    catalogue->tables = x_grow_array(catalogue->tables, catalogue->table_count + 1, sizeof *catalogue->tables);
    table = &catalogue->tables[catalogue->table_count++];
    *table = (struct tds_table){
        .id = tds_link_integer(reading->link, 0),
        .schema = tds_link_text(reading->link, 1),
        .name = tds_link_text(reading->link, 2),
    };
    if (!table->schema || !table->name)
        return fault_set(fault, FAULT_BAD_INPUT, "the server lists a table without a name or schema");
    table->title =
        strcasecmp(table->schema, "dbo") == 0 ? x_strdup(table->name) : x_sprintf("%s.%s", table->schema, table->name);
    return true;
}

static bool take_column(struct reading *reading, struct fault *fault)
{
    struct tds_link *link = reading->link;
    struct tds_table *table = find_table(reading->catalogue, tds_link_integer(link, 0));
    struct tds_column *column = NULL;

    if (!table)
        return true;
    if (table->column_count == COLUMNS_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "table %s has more than %d columns", table->title, COLUMNS_MAX);
    table->columns = x_grow_array(table->columns, table->column_count + 1, sizeof *table->columns);
    column = &table->columns[table->column_count++];
    *column = (struct tds_column){
        .facts =
            {
                .id = (int32_t)tds_link_integer(link, 1),
                .name = tds_link_text(link, 2),
                .type = (uint8_t)tds_link_integer(link, 3),
                .user_type = (int32_t)tds_link_integer(link, 4),
                .length = (int16_t)tds_link_integer(link, 5),
                .precision = (uint8_t)tds_link_integer(link, 6),
                .scale = (uint8_t)tds_link_integer(link, 7),
                .nullable = tds_link_integer(link, 8) != 0,
                .identity = tds_link_integer(link, 9) != 0,
                .computed = tds_link_integer(link, 10) != 0,
            },
        .code_page = (unsigned)tds_link_integer(link, 11),
    };
    return column->facts.name ||
           fault_set(fault, FAULT_BAD_INPUT, "table %s has a column without a name", table->title);
}

static bool take_rows(struct reading *reading, struct fault *fault)
{
    struct tds_table *table = find_table(reading->catalogue, tds_link_integer(reading->link, 0));

    (void)fault;
    if (table)
        table->rows += tds_link_integer(reading->link, 1);
    return true;
}

static bool take_index(struct reading *reading, struct fault *fault)
{
    (void)fault;
    reading->indexes = x_grow_array(reading->indexes, reading->index_count + 1, sizeof *reading->indexes);
    reading->indexes[reading->index_count++] = (struct unique_index){
        .table = tds_link_integer(reading->link, 0),
        .id = tds_link_integer(reading->link, 1),
        .primary = tds_link_integer(reading->link, 2) != 0,
    };
    return true;
}

static bool take_index_column(struct reading *reading, struct fault *fault)
{
    (void)fault;
    reading->index_columns =
        x_grow_array(reading->index_columns, reading->index_column_count + 1, sizeof *reading->index_columns);
    reading->index_columns[reading->index_column_count++] = (struct index_column){
        .table = tds_link_integer(reading->link, 0),
        .index = tds_link_integer(reading->link, 1),
        .column = tds_link_integer(reading->link, 2),
    };
    return true;
}

static bool take_reference(struct reading *reading, struct fault *fault)
{
    struct tds_link *link = reading->link;

    (void)fault;
    reading->references = x_grow_array(reading->references, reading->reference_count + 1, sizeof *reading->references);
    reading->references[reading->reference_count++] = (struct reference){
        .constraint = tds_link_integer(link, 0),
        .table = tds_link_integer(link, 1),
        .column = tds_link_integer(link, 2),
        .target = tds_link_integer(link, 3),
        .target_column = tds_link_integer(link, 4),
    };
    return true;
}

/* Values of these types find their row when they are written into a statement. */
static bool may_be_key(const struct tds_column *column)
{
    switch (column->facts.type) {
    case BAK_TYPE_TINYINT:
    case BAK_TYPE_SMALLINT:
    case BAK_TYPE_INT:
    case BAK_TYPE_BIGINT:
    case BAK_TYPE_DECIMAL:
    case BAK_TYPE_NUMERIC:
    case BAK_TYPE_MONEY:
    case BAK_TYPE_SMALLMONEY:
    case BAK_TYPE_BIT:
    case BAK_TYPE_UNIQUEIDENTIFIER:
    case BAK_TYPE_CHAR:
    case BAK_TYPE_VARCHAR:
    case BAK_TYPE_NCHAR:
    case BAK_TYPE_NVARCHAR:
    case BAK_TYPE_DATE:
    case BAK_TYPE_DATETIME:
    case BAK_TYPE_SMALLDATETIME:
    case BAK_TYPE_DATETIME2:
        return !column->facts.nullable;
    default:
        return false;
    }
}

/* False when one of the index' columns cannot be used. */
static bool gather_key(const struct reading *reading, const struct tds_table *table, const struct unique_index *index,
                       size_t **ret, size_t *ret_count)
{
    size_t *key = NULL;
    size_t count = 0;

    for (size_t i = 0; i < reading->index_column_count; i++) {
        const struct index_column *one = &reading->index_columns[i];
        size_t place = 0;

        if (one->table != table->id || one->index != index->id)
            continue;
        while (place < table->column_count && table->columns[place].facts.id != one->column)
            place++;
        if (place == table->column_count || !may_be_key(&table->columns[place])) {
            free(key);
            return false;
        }
        key = x_grow_array(key, count + 1, sizeof *key);
        key[count++] = place;
    }
    *ret = key;
    *ret_count = count;
    return count > 0;
}

static void choose_keys(struct reading *reading)
{
    for (int primary = 1; primary >= 0; primary--)
        for (size_t i = 0; i < reading->index_count; i++) {
            const struct unique_index *index = &reading->indexes[i];
            struct tds_table *table = find_table(reading->catalogue, index->table);

            if (table && !table->key && index->primary == (primary == 1))
                if (!gather_key(reading, table, index, &table->key, &table->key_count))
                    table->key_count = 0;
        }
}

static struct tds_column *find_column(const struct reading *reading, int64_t table_id, int64_t id)
{
    struct tds_table *table = find_table(reading->catalogue, table_id);

    for (size_t i = 0; table && i < table->column_count; i++)
        if (table->columns[i].facts.id == id)
            return &table->columns[i];
    return NULL;
}

/* Both lists are in the order of tables and indexes; that of the columns has those of other indexes as well. */
static bool is_before(const struct index_column *one, const struct unique_index *index)
{
    return one->table < index->table || (one->table == index->table && one->index < index->id);
}

/* The columns that are a unique index alone. */
static void note_unique(struct reading *reading)
{
    size_t at = 0;

    for (size_t i = 0; i < reading->index_count; i++) {
        const struct unique_index *index = &reading->indexes[i];
        struct tds_column *column = NULL;
        size_t first = 0;

        while (at < reading->index_column_count && is_before(&reading->index_columns[at], index))
            at++;
        first = at;
        while (at < reading->index_column_count && reading->index_columns[at].table == index->table &&
               reading->index_columns[at].index == index->id)
            at++;
        if (at - first == 1)
            column = find_column(reading, index->table, reading->index_columns[first].column);
        if (column) {
            column->facts.unique = true;
            column->facts.primary = column->facts.primary || index->primary;
        }
    }
}

/* The list is in the order of the constraints: those of several columns stand together. */
static void note_references(struct reading *reading)
{
    for (size_t i = 0; i < reading->reference_count; i++) {
        const struct reference *one = &reading->references[i];
        struct tds_column *column = find_column(reading, one->table, one->column);
        bool is_alone = (i == 0 || one[-1].constraint != one->constraint) &&
                        (i + 1 == reading->reference_count || one[1].constraint != one->constraint);

        if (!column || !is_alone)
            continue;
        column->facts.target_table = (int32_t)one->target;
        column->facts.target_column = (int32_t)one->target_column;
    }
}

/* One view a statement, so that the server's plans stay trivial; they are put together here. */
static bool read_all(struct reading *reading, struct fault *fault)
{
    struct tds_catalogue *catalogue = reading->catalogue;

    if (!read_rows(reading,
                   "SELECT CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)), CAST(SERVERPROPERTY('Edition') AS "
                   "nvarchar(128)), snapshot_isolation_state, collation_name FROM sys.databases WHERE name = DB_NAME()",
                   take_database, fault))
        return false;
    if (!catalogue->version)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "the server does not list the database among those that the user may see");
    return read_rows(reading,
                     "SELECT object_id, SCHEMA_NAME(schema_id), name FROM sys.tables WHERE is_ms_shipped = 0 ORDER BY "
                     "object_id",
                     take_table, fault) &&
           read_rows(
               reading,
               "SELECT object_id, column_id, name, system_type_id, user_type_id, max_length, precision, scale, "
               "is_nullable, is_identity, is_computed, CAST(COLLATIONPROPERTY(collation_name, 'CodePage') AS int) FROM "
               "sys.columns ORDER BY object_id, column_id",
               take_column, fault) &&
           read_rows(reading, "SELECT object_id, rows FROM sys.partitions WHERE index_id < 2", take_rows, fault) &&
           read_rows(reading,
                     strtol(catalogue->version, NULL, 10) < SERVER_2008
                         ? "SELECT object_id, index_id, is_primary_key FROM sys.indexes WHERE is_unique = 1 AND "
                           "is_disabled = 0 ORDER BY object_id, index_id"
                         : "SELECT object_id, index_id, is_primary_key FROM sys.indexes WHERE is_unique = 1 AND "
                           "is_disabled = 0 AND has_filter = 0 ORDER BY object_id, index_id",
                     take_index, fault) &&
           read_rows(reading,
                     "SELECT object_id, index_id, column_id FROM sys.index_columns WHERE key_ordinal > 0 ORDER BY "
                     "object_id, index_id, key_ordinal",
                     take_index_column, fault) &&
           read_rows(reading,
                     "SELECT constraint_object_id, parent_object_id, parent_column_id, referenced_object_id, "
                     "referenced_column_id FROM sys.foreign_key_columns ORDER BY constraint_object_id",
                     take_reference, fault);
}

static int compare_tables(const void *one, const void *two)
{
    return strcasecmp(((const struct tds_table *)one)->title, ((const struct tds_table *)two)->title);
}

bool tds_catalogue_read(struct tds_link *link, struct tds_catalogue **ret, struct fault *fault)
{
    scoped(tds_catalogue_destroy) struct tds_catalogue *catalogue = x_alloc(sizeof *catalogue);
    struct reading reading = {.link = link, .catalogue = catalogue};
    bool good = read_all(&reading, fault);

    if (good) {
        choose_keys(&reading);
        note_unique(&reading);
        note_references(&reading);
    }
    free(reading.references);
    free(reading.indexes);
    free(reading.index_columns);
    if (!good)
        return false;
    if (catalogue->table_count)
        qsort(catalogue->tables, catalogue->table_count, sizeof *catalogue->tables, compare_tables);
    *ret = steal(catalogue);
    return true;
}

static void release_table(struct tds_table *table)
{
    for (size_t i = 0; i < table->column_count; i++)
        free(table->columns[i].facts.name);
    free(table->columns);
    free(table->schema);
    free(table->name);
    free(table->title);
    free(table->key);
}

void tds_catalogue_destroy(struct tds_catalogue **catalogue)
{
    if (!*catalogue)
        return;
    for (size_t i = 0; i < (*catalogue)->table_count; i++)
        release_table(&(*catalogue)->tables[i]);
    free((*catalogue)->tables);
    free((*catalogue)->version);
    free((*catalogue)->edition);
    free((*catalogue)->collation);
    free(*catalogue);
    *catalogue = NULL;
}
