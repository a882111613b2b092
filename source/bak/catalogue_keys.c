/* Primary keys, unique indexes and foreign keys of one column, as the catalogue has them. */
#include <stdlib.h>

#include "source/bak/catalogue_parts.h"

enum {
    SYSIDXSTATS = 54,
    SYSISCOLS = 55,
    SYSSINGLEOBJREFS = 74,
    INDEX_UNIQUE = 0x8,
    INDEX_PRIMARY = 0x20,
    CLASS_FOREIGN_FROM = 28, /* of a foreign key and the place in it: the column that points */
    CLASS_FOREIGN_TO = 29,   /* likewise: the column that is pointed to */
};

/* A unique index. */
struct bak_index {
    int32_t table;
    int32_t index;
    bool primary;
    size_t column_count;
    int32_t column; /* of its columns the last */
};

/* One end of a column of a foreign key. */
struct bak_reference {
    int32_t key;
    int32_t place; /* in the key, from 1 */
    uint8_t class;
    int32_t table;
    int32_t column;
};

static int compare_indexes(const void *left, const void *right)
{
    const struct bak_index *one = left;
    const struct bak_index *other = right;

    if (one->table != other->table)
        return one->table < other->table ? -1 : 1;
    return (one->index > other->index) - (one->index < other->index);
}

static int compare_references(const void *left, const void *right)
{
    const struct bak_reference *one = left;
    const struct bak_reference *other = right;

    if (one->key != other->key)
        return one->key < other->key ? -1 : 1;
    if (one->place != other->place)
        return one->place < other->place ? -1 : 1;
    return (int)one->class - (int)other->class;
}

static bool take_index(void *context, const struct bak_record *record, struct fault *fault)
{
    struct bak_catalogue *catalogue = context;
    void *array = catalogue->indexes;
    int32_t status = bak_base_i32(record, 12);
    struct bak_index *index;

    (void)fault;
    if (!(status & INDEX_UNIQUE) || !bak_catalogue_table_by_id(catalogue, bak_base_i32(record, 4)))
        return true;
    index = bak_grow(&array, &catalogue->index_count, sizeof *index);
    catalogue->indexes = array;
    index->table = bak_base_i32(record, 4);
    index->index = bak_base_i32(record, 8);
    index->primary = status & INDEX_PRIMARY;
    return true;
}

static bool take_index_column(void *context, const struct bak_record *record, struct fault *fault)
{
    struct bak_catalogue *catalogue = context;
    struct bak_index wanted = {.table = bak_base_i32(record, 4), .index = bak_base_i32(record, 8)};
    struct bak_index *index =
        bsearch(&wanted, catalogue->indexes, catalogue->index_count, sizeof wanted, compare_indexes);

    (void)fault;
    if (!index)
        return true;
    index->column_count++;
    index->column = bak_base_i32(record, 20);
    return true;
}

static bool take_reference(void *context, const struct bak_record *record, struct fault *fault)
{
    struct bak_catalogue *catalogue = context;
    void *array = catalogue->references;
    uint8_t class = bak_base_u8(record, 4);
    struct bak_reference *reference;

    (void)fault;
    if (class != CLASS_FOREIGN_FROM && class != CLASS_FOREIGN_TO)
        return true;
    reference = bak_grow(&array, &catalogue->reference_count, sizeof *reference);
    catalogue->references = array;
    *reference = (struct bak_reference){.class = class,
                                        .key = bak_base_i32(record, 5),
                                        .place = bak_base_i32(record, 9),
                                        .table = bak_base_i32(record, 13),
                                        .column = bak_base_i32(record, 17)};
    return true;
}

static struct bak_column *find_column(const struct bak_catalogue *catalogue, int32_t table_id, int32_t column_id)
{
    const struct bak_table *table = bak_catalogue_table_by_id(catalogue, table_id);

    for (size_t i = 0; table && i < table->column_count; i++)
        if (table->columns[i].id == column_id)
            return &table->columns[i];
    return NULL;
}

static void mark_indexes(struct bak_catalogue *catalogue)
{
    for (size_t i = 0; i < catalogue->index_count; i++) {
        const struct bak_index *index = &catalogue->indexes[i];
        struct bak_column *column =
            index->column_count == 1 ? find_column(catalogue, index->table, index->column) : NULL;

        if (!column)
            continue;
        column->unique = true;
        column->primary |= index->primary;
    }
}

/* True when list[at] and its neighbour are the two ends of a foreign key of one column. */
static bool is_pair(const struct bak_reference *list, size_t count, size_t at)
{
    return at + 1 < count && list[at].key == list[at + 1].key && list[at].place == list[at + 1].place &&
           list[at].class == CLASS_FOREIGN_FROM && list[at + 1].class == CLASS_FOREIGN_TO &&
           (at == 0 || list[at - 1].key != list[at].key) && (at + 2 == count || list[at + 2].key != list[at].key);
}

static void mark_references(struct bak_catalogue *catalogue)
{
    struct bak_reference *list = catalogue->references;

    if (catalogue->reference_count)
        qsort(list, catalogue->reference_count, sizeof *list, compare_references);
    for (size_t i = 0; i < catalogue->reference_count; i++) {
        struct bak_column *column =
            is_pair(list, catalogue->reference_count, i) ? find_column(catalogue, list[i].table, list[i].column) : NULL;

        if (!column)
            continue;
        column->target_table = list[i + 1].table;
        column->target_column = list[i + 1].column;
    }
}

void bak_catalogue_read_keys(struct bak_catalogue *catalogue)
{
    struct fault ignored = {0};
    size_t notes = catalogue->note_count;

    if (bak_catalogue_read_base(catalogue, SYSIDXSTATS, "sysidxstats", true, 16, take_index, &ignored) &&
        catalogue->index_count) {
        qsort(catalogue->indexes, catalogue->index_count, sizeof *catalogue->indexes, compare_indexes);
        if (bak_catalogue_read_base(catalogue, SYSISCOLS, "sysiscols", true, 24, take_index_column, &ignored))
            mark_indexes(catalogue);
    }
    if (bak_catalogue_read_base(catalogue, SYSSINGLEOBJREFS, "syssingleobjrefs", true, 25, take_reference, &ignored))
        mark_references(catalogue);
    while (catalogue->note_count > notes)
        free(catalogue->notes[--catalogue->note_count]);
    free(catalogue->indexes);
    free(catalogue->references);
    catalogue->indexes = NULL;
    catalogue->references = NULL;
    catalogue->index_count = catalogue->reference_count = 0;
}
