/* Where columns, rows and pages are. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/must.h"
#include "sandbox/clinic/bak_catalogue_parts.h"

enum {
    PLACE_DROPPED = 0x02,
    PLACE_UNIQUIFIER = 0x10,
    PLACE_NOT_NULL = 0x80,
    ROWSET_SYSTEM = 0x200,
    ROWSET_HEAP = 0x202,
    ROWSET_CLUSTERED = 0x242,
    ROWSET_OTHER = 0x42,
    ROWSET_UNIQUE = 0x4,
    INDEX_MAX_OVERHEAD = 3, /* of a row that may hold NULLs */
};

struct place {
    int32_t column; /* number in the table, or of a hidden one */
    int32_t position;
    int key;
    unsigned status;
    int leaf;
    int index_leaf;
    unsigned null_bit;
    unsigned index_null_bit;
    unsigned bit;
};

static uint32_t type_info(const struct mdf_column *column)
{
    uint32_t type = (uint32_t)column->type;

    switch (column->type) {
    case MDF_TYPE_DECIMAL:
        return type | (uint32_t)column->precision << 8 | (uint32_t)column->scale << 16;
    case MDF_TYPE_DATETIME2:
        return type | (uint32_t)column->scale << 8;
    case MDF_TYPE_BINARY:
    case MDF_TYPE_IMAGE:
    case MDF_TYPE_VARBINARY:
        return column->length < 0 ? type : type | (uint32_t)column->length << 8;
    default:
        return mdf_is_text(column) && column->length > 0 ? type | (uint32_t)column->length << 8 : type;
    }
}

static void put_place(struct mdf_catalogue *catalogue, const struct mdf_rowset *rowset, const struct mdf_column *column,
                      const struct place *place)
{
    struct mdf_row *row = mdf_catalogue_begin(catalogue, MDF_SYSRSCOLS);

    mdf_row_integer(row, (int64_t)rowset->id);
    mdf_row_integer(row, place->column);
    mdf_row_integer(row, place->position);
    mdf_row_integer(row, 0);
    mdf_row_integer(row, type_info(column));
    mdf_row_integer(row, mdf_is_text(column) ? MDF_COLLATION : 0);
    mdf_row_integer(row, place->key);
    mdf_row_integer(row, column->length == MDF_LENGTH_MAX ? MDF_LARGE_IN_ROW : 0);
    mdf_row_integer(row, (int32_t)place->status);
    mdf_row_integer(row, (int32_t)((uint32_t)place->leaf & 0xFFFF) | place->index_leaf * 0x10000);
    mdf_row_integer(row, (int32_t)(place->null_bit | place->index_null_bit << 16));
    mdf_row_integer(row, (int32_t)place->bit);
    mdf_row_null(row);
    mdf_catalogue_end(catalogue, MDF_SYSRSCOLS);
}

static unsigned place_status(const struct mdf_column *column)
{
    return (column->flags & MDF_NOT_NULL ? PLACE_NOT_NULL : 0u) | (column->flags & MDF_DROPPED ? PLACE_DROPPED : 0u) |
           (column->flags & MDF_UNIQUIFIER ? PLACE_UNIQUIFIER : 0u);
}

/* Columns of a heap or clustered index, by their physical position. */
static void put_places(struct mdf_catalogue *catalogue, const struct mdf_table *table)
{
    int index_leaf = 1;

    for (size_t i = 0; i < table->layout.count; i++) {
        const struct mdf_column *column = &table->layout.columns[table->layout.physical[i]];
        struct place place = {.column = column->id,
                              .position = (int32_t)i + 1,
                              .key = (int)column->key,
                              .status = place_status(column),
                              .leaf = column->leaf,
                              .null_bit = column->null_bit,
                              .bit = column->bit};

        if (column->key > 0) {
            place.index_leaf = index_leaf;
            place.index_null_bit = mdf_is_user_table(table) ? column->null_bit : 0;
            index_leaf += (int)mdf_fixed_size(column);
        }
        put_place(catalogue, &table->rows, column, &place);
    }
}

/* Columns of the primary key beside the clustered index: id, the clustered key, the uniquifier. */
static void put_primary_places(struct mdf_catalogue *catalogue, const struct mdf_table *table)
{
    const struct mdf_column *id = &table->layout.columns[0];
    const struct mdf_column *key = &table->layout.columns[table->layout.keys[0]];
    const struct mdf_column *uniquifier = &table->layout.columns[table->layout.physical[0]];
    struct place places[] = {
        {.column = 1, .position = 1, .key = 1, .leaf = 1, .index_leaf = 1, .null_bit = 1, .index_null_bit = 1},
        {.column = 2, .position = 2, .leaf = 5, .null_bit = 2},
        {.column = 3, .position = 3, .leaf = -1, .null_bit = 3}};

    places[0].status = PLACE_NOT_NULL;
    places[1].status = PLACE_NOT_NULL;
    places[2].status = PLACE_UNIQUIFIER;
    put_place(catalogue, &table->primary, id, &places[0]);
    put_place(catalogue, &table->primary, key, &places[1]);
    put_place(catalogue, &table->primary, uniquifier, &places[2]);
}

struct sizes {
    int max_leaf;
    int min_leaf;
    int max_index;
    int min_index;
    int null_bits;
};

static struct sizes sizes_of(const struct mdf_table *table)
{
    const struct mdf_layout *layout = &table->layout;
    struct sizes sizes = {.min_leaf = (int)layout->fixed_end, .null_bits = (int)layout->count};
    int keys = 1 + 6;

    sizes.max_leaf = sizes.min_leaf + 2 + (sizes.null_bits + 7) / 8 + (layout->variable_count > 0 ? 2 : 0);
    for (size_t i = 0; i < layout->count; i++) {
        const struct mdf_column *column = &layout->columns[i];

        if (mdf_is_variable(column)) {
            sizes.max_leaf += 2 + (mdf_may_be_large(column) ? MDF_LARGE_IN_ROW : column->length);
        }
        keys += column->key > 0 ? column->length : 0;
    }
    sizes.max_leaf = sizes.max_leaf < INT16_MAX ? sizes.max_leaf : INT16_MAX;
    if (!table->is_heap) {
        sizes.min_index = keys;
        sizes.max_index = keys + INDEX_MAX_OVERHEAD;
    }
    return sizes;
}

/* The lists of rowsets and of units are being written, or are yet to be. */
static int64_t rows_of(const struct mdf_catalogue *catalogue, const struct mdf_listed *listed)
{
    switch (listed->table->object) {
    case MDF_SYSROWSETS:
        return (int64_t)catalogue->listed_count;
    case MDF_SYSALLOCUNITS:
        return catalogue->unit_count;
    default:
        return listed->rowset->rows;
    }
}

static int32_t status_of(const struct mdf_table *table, bool is_primary)
{
    if (!mdf_is_user_table(table)) {
        return table->is_heap ? ROWSET_SYSTEM : ROWSET_SYSTEM | ROWSET_UNIQUE;
    }
    if (is_primary) {
        return ROWSET_OTHER | ROWSET_UNIQUE;
    }
    if (table->is_heap) {
        return ROWSET_HEAP;
    }
    return table->is_sorted ? ROWSET_CLUSTERED : ROWSET_CLUSTERED | ROWSET_UNIQUE;
}

static void put_rowset(struct mdf_catalogue *catalogue, const struct mdf_listed *listed)
{
    static const struct sizes primary = {
        .max_leaf = 24, .min_leaf = 13, .max_index = 11 + INDEX_MAX_OVERHEAD, .min_index = 11, .null_bits = 3};
    const struct mdf_table *table = listed->table;
    bool is_primary = listed->rowset == &table->primary;
    struct sizes sizes = is_primary ? primary : sizes_of(table);
    struct mdf_row *row = mdf_catalogue_begin(catalogue, MDF_SYSROWSETS);

    mdf_row_integer(row, (int64_t)listed->rowset->id);
    mdf_row_integer(row, 1);
    mdf_row_integer(row, table->object);
    mdf_row_integer(row, listed->rowset->index);
    mdf_row_integer(row, 1);
    mdf_row_integer(row, status_of(table, is_primary));
    mdf_row_integer(row, 0);
    mdf_row_integer(row, rows_of(catalogue, listed));
    mdf_row_integer(row, 0);
    mdf_row_integer(row, 0);
    mdf_row_integer(row, sizes.null_bits);
    mdf_row_integer(row, sizes.max_leaf);
    mdf_row_integer(row, sizes.max_index);
    mdf_row_integer(row, sizes.min_leaf);
    mdf_row_integer(row, sizes.min_index);
    mdf_row_null(row);
    mdf_row_null(row);
    if (mdf_is_user_table(table)) {
        mdf_row_integer(row, 0);
    } else {
        mdf_row_null(row);
    }
    mdf_catalogue_end(catalogue, MDF_SYSROWSETS);
}

/* What a row of sysallocunits says of pages, from its 28th byte on. */
enum { UNIT_PAGES_AT = 27, UNIT_PAGES_SIZE = 42 };

static void put_pages(const struct mdf_unit *unit, uint8_t pages[UNIT_PAGES_SIZE])
{
    mdf_put_place(pages, unit->first);
    mdf_put_place(pages + 6, unit->root);
    mdf_put_place(pages + 12, unit->first_iam);
    mdf_put_u64(pages + 18, (uint64_t)unit->used);
    mdf_put_u64(pages + 26, (uint64_t)unit->data);
    mdf_put_u64(pages + 34, (uint64_t)unit->reserved);
}

static void put_unit(struct mdf_catalogue *catalogue, const struct mdf_unit *unit)
{
    struct mdf_row *row = mdf_catalogue_begin(catalogue, MDF_SYSALLOCUNITS);
    uint8_t pages[UNIT_PAGES_SIZE];

    put_pages(unit, pages);
    mdf_row_integer(row, (int64_t)unit->id);
    mdf_row_integer(row, unit->type);
    mdf_row_integer(row, (int64_t)unit->owner);
    mdf_row_integer(row, 0);
    mdf_row_integer(row, 1);
    mdf_row_bytes(row, pages, 6);
    mdf_row_bytes(row, pages + 6, 6);
    mdf_row_bytes(row, pages + 12, 6);
    mdf_row_integer(row, unit->used);
    mdf_row_integer(row, unit->data);
    mdf_row_integer(row, unit->reserved);
    mdf_catalogue_end(catalogue, MDF_SYSALLOCUNITS);
}

static int compare_units(const void *left, const void *right)
{
    uint64_t a = (*(const struct mdf_unit *const *)left)->id;
    uint64_t b = (*(const struct mdf_unit *const *)right)->id;

    return (a > b) - (a < b);
}

/* All units, by their numbers. */
static const struct mdf_unit **list_units(const struct mdf_catalogue *catalogue, size_t *ret_count)
{
    const struct mdf_unit **units = x_alloc_array(4 * catalogue->all_count, sizeof(struct mdf_unit *));
    size_t count = 0;

    for (size_t i = 0; i < catalogue->all_count; i++) {
        const struct mdf_table *table = catalogue->all[i];

        for (size_t k = 0; k < table->rows.unit_count; k++) {
            units[count++] = &table->rows.units[k];
        }
        for (size_t k = 0; k < table->primary.unit_count; k++) {
            units[count++] = &table->primary.units[k];
        }
    }
    qsort(units, count, sizeof(struct mdf_unit *), compare_units);
    *ret_count = count;
    return units;
}

/* The list of units is a unit itself, whose pages are known only when they are written. */
static void patch_own_row(struct mdf_catalogue *catalogue, const struct mdf_unit *unit, size_t number)
{
    uint8_t pages[UNIT_PAGES_SIZE];
    struct mdf_page page;

    mdf_store_read(catalogue->store, unit->first, &page);
    must(number < page.slots);
    put_pages(unit, pages);
    memcpy(page.bytes + mdf_get_u16(page.bytes + MDF_PAGE_SIZE - 2 * (number + 1)) + UNIT_PAGES_AT, pages,
           sizeof(pages));
    mdf_store_write(catalogue->store, &page);
}

static bool put_units(struct mdf_catalogue *catalogue, uint32_t *ret_units, struct fault *fault)
{
    const struct mdf_table *own = mdf_catalogue_table(catalogue, MDF_SYSALLOCUNITS);
    size_t count;
    const struct mdf_unit **units = list_units(catalogue, &count);
    size_t number = 0;

    for (size_t i = 0; i < count; i++) {
        number = units[i] == &own->rows.units[0] ? i : number;
        put_unit(catalogue, units[i]);
    }
    free(units);
    if (!mdf_catalogue_finish(catalogue, MDF_SYSALLOCUNITS, fault)) {
        return false;
    }
    patch_own_row(catalogue, &own->rows.units[0], number);
    *ret_units = own->rows.units[0].first;
    return mdf_store_good(catalogue->store, fault);
}

static int compare_listed(const void *left, const void *right)
{
    uint64_t a = ((const struct mdf_listed *)left)->rowset->id;
    uint64_t b = ((const struct mdf_listed *)right)->rowset->id;

    return (a > b) - (a < b);
}

void mdf_catalogue_list(struct mdf_catalogue *catalogue)
{
    catalogue->listed = x_alloc_array(2 * catalogue->all_count, sizeof(*catalogue->listed));
    for (size_t i = 0; i < catalogue->all_count; i++) {
        const struct mdf_table *table = catalogue->all[i];

        catalogue->listed[catalogue->listed_count++] = (struct mdf_listed){table, &table->rows};
        if (table->primary.unit_count > 0) {
            catalogue->listed[catalogue->listed_count++] = (struct mdf_listed){table, &table->primary};
        }
        catalogue->unit_count += (int64_t)(table->rows.unit_count + table->primary.unit_count);
    }
    qsort(catalogue->listed, catalogue->listed_count, sizeof(*catalogue->listed), compare_listed);
}

static void put_storage(struct mdf_catalogue *catalogue)
{
    for (size_t i = 0; i < catalogue->listed_count; i++) {
        const struct mdf_listed *listed = &catalogue->listed[i];

        if (listed->rowset == &listed->table->primary) {
            put_primary_places(catalogue, listed->table);
        } else {
            put_places(catalogue, listed->table);
        }
    }
}

static void put_rowsets(struct mdf_catalogue *catalogue)
{
    for (size_t i = 0; i < catalogue->listed_count; i++) {
        put_rowset(catalogue, &catalogue->listed[i]);
    }
}

bool mdf_catalogue_write_storage(struct mdf_catalogue *catalogue, uint32_t *ret_units, struct fault *fault)
{
    put_storage(catalogue);
    if (!mdf_catalogue_finish(catalogue, MDF_SYSRSCOLS, fault)) {
        return false;
    }
    put_rowsets(catalogue);
    return mdf_catalogue_finish(catalogue, MDF_SYSROWSETS, fault) && put_units(catalogue, ret_units, fault);
}
