#include "source/bak/catalogue.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "source/bak/catalogue_parts.h"

static int compare_names(const void *left, const void *right)
{
    const struct bak_table *a = left;
    const struct bak_table *b = right;
    int by_schema = strcmp(a->schema, b->schema);

    return by_schema ? by_schema : strcmp(a->name, b->name);
}

static int compare_ids(const void *left, const void *right, void *context)
{
    const struct bak_table *tables = context;
    int32_t a = tables[*(const size_t *)left].id;
    int32_t b = tables[*(const size_t *)right].id;

    return (a > b) - (a < b);
}

/* From the order of ids to that of names. */
static void sort_by_name(struct bak_catalogue *catalogue)
{
    if (catalogue->table_count == 0)
        return;
    qsort(catalogue->tables, catalogue->table_count, sizeof *catalogue->tables, compare_names);
    qsort_r(catalogue->tables_by_id, catalogue->table_count, sizeof *catalogue->tables_by_id, compare_ids,
            catalogue->tables);
}

bool bak_catalogue_read(struct bak_store *store, unsigned database_version, struct bak_catalogue **ret,
                        struct fault *fault)
{
    scoped(bak_catalogue_destroy) struct bak_catalogue *catalogue = x_alloc(sizeof *catalogue);

    catalogue->store = store;
    catalogue->version = database_version;
    if (!bak_catalogue_read_storage(catalogue, fault) || !bak_catalogue_read_tables(catalogue, fault))
        return false;
    bak_catalogue_read_keys(catalogue);
    sort_by_name(catalogue);
    *ret = steal(catalogue);
    return true;
}

static void release_table(struct bak_table *table)
{
    string_free(&table->schema);
    string_free(&table->name);
    for (size_t i = 0; i < table->column_count; i++)
        string_free(&table->columns[i].name);
    free(table->columns);
    free(table->rowsets);
}

static void release_rowset(const struct bak_catalogue *catalogue, struct bak_rowset *rowset)
{
    const struct bak_table *table = rowset->places ? bak_catalogue_table_by_id(catalogue, rowset->object) : NULL;

    for (size_t i = 0; table && i < table->column_count; i++)
        free(rowset->places[i].fallback);
    free(rowset->places);
}

void bak_catalogue_destroy(struct bak_catalogue **catalogue)
{
    struct bak_catalogue *it = *catalogue;

    if (!it)
        return;
    for (size_t i = 0; i < it->rowset_count; i++)
        release_rowset(it, &it->rowsets[i]);
    for (size_t i = 0; i < it->table_count; i++)
        release_table(&it->tables[i]);
    for (size_t i = 0; i < it->schema_count; i++)
        string_free(&it->schemas[i].name);
    for (size_t i = 0; i < it->note_count; i++)
        string_free(&it->notes[i]);
    free(it->units);
    free(it->units_by_owner);
    free(it->rowsets);
    free(it->tables);
    free(it->tables_by_id);
    free(it->schemas);
    free(it->hobt_columns);
    free(it);
    *catalogue = NULL;
}

void bak_catalogue_compare_rows(struct bak_catalogue *catalogue, const char *name, int64_t rows, int64_t counted)
{
    if (rows == counted || catalogue->note_count == BAK_CATALOGUE_NOTES_MAX)
        return;
    catalogue->notes[catalogue->note_count++] =
        x_sprintf("the database's own table %s has %" PRId64 " rows where the server counted %" PRId64
                  ": tables or columns may be missing from what is listed",
                  name, rows, counted);
}

size_t bak_catalogue_note_count(const struct bak_catalogue *catalogue)
{
    return catalogue->note_count;
}

const char *bak_catalogue_note(const struct bak_catalogue *catalogue, size_t note)
{
    return catalogue->notes[note];
}

size_t bak_catalogue_table_count(const struct bak_catalogue *catalogue)
{
    return catalogue->table_count;
}

const struct bak_table *bak_catalogue_table(const struct bak_catalogue *catalogue, size_t table)
{
    return &catalogue->tables[table];
}

uint32_t bak_catalogue_collation(const struct bak_catalogue *catalogue)
{
    return catalogue->collation;
}

unsigned bak_catalogue_created_version(const struct bak_catalogue *catalogue)
{
    return catalogue->created_version;
}

struct bak_table *bak_catalogue_table_by_id(const struct bak_catalogue *catalogue, int32_t id)
{
    size_t low = 0;
    size_t high = catalogue->tables_by_id ? catalogue->table_count : 0;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (catalogue->tables[catalogue->tables_by_id[middle]].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    if (!catalogue->tables_by_id || low == catalogue->table_count ||
        catalogue->tables[catalogue->tables_by_id[low]].id != id)
        return NULL;
    return &catalogue->tables[catalogue->tables_by_id[low]];
}

const struct bak_unit *bak_catalogue_unit(const struct bak_catalogue *catalogue, int64_t unit)
{
    size_t low = 0;
    size_t high = catalogue->unit_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (catalogue->units[middle].id < unit)
            low = middle + 1;
        else
            high = middle;
    }
    return low < catalogue->unit_count && catalogue->units[low].id == unit ? &catalogue->units[low] : NULL;
}

const struct bak_unit *bak_catalogue_unit_of_rowset(const struct bak_catalogue *catalogue, int64_t rowset,
                                                    enum bak_unit_type type)
{
    size_t low = 0;
    size_t high = catalogue->unit_count;
    const struct bak_unit *found;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct bak_unit *unit = &catalogue->units[catalogue->units_by_owner[middle]];

        if (unit->owner < rowset || (unit->owner == rowset && unit->type < type))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == catalogue->unit_count)
        return NULL;
    found = &catalogue->units[catalogue->units_by_owner[low]];
    return found->owner == rowset && found->type == type ? found : NULL;
}

const struct bak_rowset *bak_catalogue_rowset(const struct bak_catalogue *catalogue, int64_t rowset)
{
    size_t low = 0;
    size_t high = catalogue->rowset_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (catalogue->rowsets[middle].id < rowset)
            low = middle + 1;
        else
            high = middle;
    }
    return low < catalogue->rowset_count && catalogue->rowsets[low].id == rowset ? &catalogue->rowsets[low] : NULL;
}

const struct bak_table *bak_catalogue_table_of_page(const struct bak_catalogue *catalogue,
                                                    const struct bak_page_header *header)
{
    int64_t id = bak_page_unit(header);
    const struct bak_unit *unit = bak_catalogue_unit(catalogue, id);
    const struct bak_rowset *rowset;

    /* Leaf pages of clustered indexes from SQL Server 2000 leave the index part out. */
    if (!unit && header->index_part == 0)
        unit = bak_catalogue_unit(catalogue, id | (int64_t)1 << 48);
    rowset = unit ? bak_catalogue_rowset(catalogue, unit->owner) : NULL;
    return rowset ? bak_catalogue_table_by_id(catalogue, rowset->object) : NULL;
}
