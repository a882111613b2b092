#include "sandbox/clinic/bak_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/must.h"

enum {
    RECORD_HEAD = 4,
    IN_ROW_MAX = 8000,
    MOVABLE_LEAST = 24, /* what a root that stands in the row takes */
    UNIQUIFIER_ROOM = 8,
    INDEX_RECORD = 0x06,
    INDEX_NULLS = 0x10,
    INDEX_VARIABLE = 0x20,
    STUB_RECORD = 0x04,
    STUB_SIZE = 9,
    BACK_TAG = 0x0400,
    BACK_SIZE = 10,
    STREAM_PIECE = 1 << 20,
};

/* A row that waits for its turn: its record stands in the temporary file, without its uniquifier. */
struct waiting {
    uint64_t key; /* so that unsigned comparison sorts */
    int64_t offset;
    int32_t size;
    int32_t id;
    uint32_t uniquifier;
};

struct sorting {
    FILE *spool;
    int64_t end;
    struct waiting *rows;
    size_t count;
    size_t room;
    bool failed;
};

static struct mdf_unit *add_unit(struct mdf_rowset *rowset, enum mdf_unit_type type, uint64_t *unit, uint64_t step)
{
    struct mdf_unit *added = &rowset->units[rowset->unit_count++];

    *added = (struct mdf_unit){.id = *unit, .owner = rowset->id, .type = type};
    *unit += step;
    return added;
}

/* Whether a row can be longer than a page. */
static bool may_overflow(const struct mdf_layout *layout)
{
    size_t most = layout->fixed_end;

    for (size_t i = 0; i < layout->count; i++) {
        const struct mdf_column *column = &layout->columns[i];

        most += mdf_is_variable(column) && !mdf_may_be_large(column) ? (size_t)column->length + 2 : 0;
    }
    return most > MDF_RECORD_MAX;
}

static bool may_be_large(const struct mdf_layout *layout)
{
    for (size_t i = 0; i < layout->count; i++) {
        if (mdf_may_be_large(&layout->columns[i])) {
            return true;
        }
    }
    return false;
}

bool mdf_table_begin(struct mdf_table *table, struct mdf_store *store, uint64_t *unit, uint64_t unit_step,
                     struct fault *fault)
{
    table->store = store;
    table->row = x_alloc(sizeof(*table->row));
    mdf_row_init(table->row, &table->layout);
    table->rows.index = table->is_heap ? 0 : 1;
    table->index = (struct mdf_index){.store = store,
                                      .unit = add_unit(&table->rows, MDF_UNIT_ROWS, unit, unit_step),
                                      .is_heap = table->is_heap,
                                      .leaf = MDF_PAGE_DATA,
                                      .shortest = table->layout.fixed_end};
    if (table->keys_first && may_overflow(&table->layout)) {
        mdf_lob_init(&table->overflow, store, add_unit(&table->rows, MDF_UNIT_OVERFLOW, unit, unit_step));
    }
    if (table->keys_first && may_be_large(&table->layout)) {
        mdf_lob_init(&table->large, store, add_unit(&table->rows, MDF_UNIT_LARGE, unit, unit_step));
    }
    if (table->is_sorted) {
        table->primary.index = 2;
        add_unit(&table->primary, MDF_UNIT_ROWS, unit, unit_step);
        table->sorting = x_alloc(sizeof(*table->sorting));
        table->sorting->spool = tmpfile();
        if (table->sorting->spool == NULL) {
            return fault_errno(fault, FAULT_BAD_INPUT, "cannot make a temporary file to sort table %s", table->name);
        }
    }
    return true;
}

static void sorting_free(struct sorting **sorting)
{
    if (*sorting != NULL) {
        file_close(&(*sorting)->spool);
        free((*sorting)->rows);
        free(*sorting);
        *sorting = NULL;
    }
}

void mdf_table_release(struct mdf_table *table)
{
    if (table->row != NULL) {
        mdf_row_release(table->row);
        free(table->row);
        table->row = NULL;
    }
    mdf_index_release(&table->index);
    mdf_lob_release(&table->large);
    mdf_lob_release(&table->overflow);
    free(table->far);
    table->far = NULL;
    sorting_free(&table->sorting);
    for (size_t i = 0; i < array_length(table->rows.units); i++) {
        free(table->rows.units[i].iam);
        free(table->primary.units[i].iam);
        table->rows.units[i].iam = NULL;
        table->primary.units[i].iam = NULL;
    }
}

void mdf_table_row(struct mdf_table *table)
{
    mdf_row_begin(table->row);
}

/* ---- values that stand elsewhere ---- */

static void end_large(struct mdf_table *table, size_t column)
{
    uint8_t root[MDF_ROOT_MAX];

    if (mdf_has_pointer(&table->layout.columns[column])) {
        mdf_lob_end_pointer(&table->large, root);
        mdf_row_move_out(table->row, column, root, MDF_POINTER_SIZE);
    } else {
        mdf_row_move_out(table->row, column, root, mdf_lob_end_root(&table->large, 0, root));
    }
}

static void move_out(struct mdf_table *table, size_t column)
{
    struct mdf_variable *variable = &table->row->variable[column];
    uint8_t root[MDF_ROOT_MAX];

    if (mdf_may_be_large(&table->layout.columns[column])) {
        mdf_lob_put(&table->large, variable->data, variable->size);
        end_large(table, column);
        return;
    }
    must(table->overflow.unit != NULL);
    mdf_lob_put(&table->overflow, variable->data, variable->size);
    mdf_row_move_out(table->row, column, root, mdf_lob_end_root(&table->overflow, 1, root));
}

void mdf_table_stream(struct mdf_table *table, int64_t size,
                      void (*fill)(void *context, unsigned char *buffer, size_t size), void *context)
{
    unsigned char *buffer = x_alloc_raw(STREAM_PIECE);
    size_t column = table->row->next;

    must(size > IN_ROW_MAX && mdf_may_be_large(mdf_row_column(table->row)));
    while (size > 0) {
        size_t piece = size < STREAM_PIECE ? (size_t)size : STREAM_PIECE;

        fill(context, buffer, piece);
        mdf_lob_put(&table->large, buffer, piece);
        size -= (int64_t)piece;
    }
    free(buffer);
    mdf_row_elsewhere(table->row, "", 0);
    end_large(table, column);
}

/* The longest value that may be moved out of the row; the table's count when there is none. */
static size_t longest(const struct mdf_table *table)
{
    size_t found = table->layout.count;
    size_t size = MOVABLE_LEAST;

    /* (max) values go first. */
    for (int large = 1; large >= 0 && found == table->layout.count; large--) {
        for (size_t i = 0; i < table->layout.count; i++) {
            const struct mdf_variable *variable = &table->row->variable[i];

            if (variable->size > size && !variable->elsewhere &&
                mdf_may_be_large(&table->layout.columns[i]) == (large == 1)) {
                found = i;
                size = variable->size;
            }
        }
    }
    return found;
}

static void fit_row(struct mdf_table *table, enum mdf_record type)
{
    size_t most = MDF_RECORD_MAX - (table->is_sorted ? UNIQUIFIER_ROOM : 0);

    for (size_t i = 0; i < table->layout.count && table->keys_first; i++) {
        const struct mdf_column *column = &table->layout.columns[i];
        const struct mdf_variable *variable = &table->row->variable[i];

        if (!table->row->is_null[i] && mdf_may_be_large(column) && !variable->elsewhere &&
            (mdf_has_pointer(column) || variable->size > IN_ROW_MAX)) {
            move_out(table, i);
        }
    }
    while (mdf_row_size(table->row, type) > most) {
        size_t column = longest(table);

        must(column < table->layout.count);
        move_out(table, column);
    }
}

/* ---- rows ---- */

/* The key of a record in an index page: what stands before and after the page below. */
static void key_of(const struct mdf_table *table, const uint8_t *record, struct mdf_key *ret)
{
    *ret = (struct mdf_key){.before = {INDEX_RECORD}, .before_size = 1};
    for (size_t i = 0; i < table->layout.key_count; i++) {
        const struct mdf_column *column = &table->layout.columns[table->layout.keys[i]];
        unsigned size = mdf_fixed_size(column);

        must(column->leaf > 0 && ret->before_size + size <= MDF_KEY_BYTES_MAX);
        memcpy(ret->before + ret->before_size, record + column->leaf, size);
        ret->before_size += size;
    }
}

/* For keys that are not unique: the uniquifier is the first column of all, may be NULL, and is then left out. `fixed`
 * bytes come before what this writes, and `bit` is the uniquifier's among `columns`. */
static size_t put_uniquifier(uint8_t *at, size_t fixed, unsigned columns, unsigned bit, uint32_t uniquifier)
{
    mdf_put_u16(at, columns);
    at[2] = (uint8_t)((unsigned)(uniquifier == 0) << bit);
    if (uniquifier == 0) {
        return 3;
    }
    mdf_put_u16(at + 3, 1);
    mdf_put_u16(at + 5, (unsigned)fixed + 11);
    mdf_put_u32(at + 7, uniquifier);
    return 11;
}

static unsigned index_status(uint32_t uniquifier)
{
    return INDEX_RECORD | INDEX_NULLS | (uniquifier != 0 ? INDEX_VARIABLE : 0u);
}

static void key_of_sorted(const struct mdf_table *table, const uint8_t *record, uint32_t uniquifier,
                          struct mdf_key *ret)
{
    key_of(table, record, ret);
    ret->before[0] = (uint8_t)index_status(uniquifier);
    ret->after_size = put_uniquifier(ret->after, ret->before_size + 6, 2, 0, uniquifier);
}

/* Datetimes as unsigned numbers: the day above the ticks. */
static uint64_t sort_key(const struct mdf_table *table, const uint8_t *record)
{
    const uint8_t *at = record + table->layout.columns[table->layout.keys[0]].leaf;
    uint64_t key = 0;

    must(table->layout.columns[table->layout.keys[0]].type == MDF_TYPE_DATETIME && table->layout.key_count == 1);
    for (size_t i = 0; i < 8; i++) {
        key = key << 8 | at[(i < 4 ? 7 : 11) - i];
    }
    return key ^ UINT64_C(1) << 63;
}

/* The table's first column, an int. */
static int32_t id_of(const struct mdf_table *table, const uint8_t *record)
{
    size_t first = 0;
    int32_t id;

    while (table->layout.columns[first].flags & MDF_UNIQUIFIER) {
        first++;
    }
    must(table->layout.columns[first].type == MDF_TYPE_INT);
    memcpy(&id, record + table->layout.columns[first].leaf, sizeof(id));
    return id;
}

static void put_aside(struct mdf_table *table, const uint8_t *record, size_t size)
{
    struct sorting *sorting = table->sorting;

    if (sorting->count == sorting->room) {
        sorting->room = sorting->room > 0 ? 2 * sorting->room : 1024;
        sorting->rows = x_grow_array(sorting->rows, sorting->room, sizeof(*sorting->rows));
    }
    sorting->rows[sorting->count++] = (struct waiting){
        .key = sort_key(table, record), .offset = sorting->end, .size = (int32_t)size, .id = id_of(table, record)};
    sorting->failed = sorting->failed || fwrite(record, 1, size, sorting->spool) != size;
    sorting->end += (int64_t)size;
}

void mdf_table_add(struct mdf_table *table)
{
    uint8_t record[MDF_PAGE_SIZE];
    struct mdf_key key;
    size_t size;

    fit_row(table, MDF_RECORD_PRIMARY);
    if (table->is_sorted) {
        mdf_row_set_uniquifier(table->row, 0);
    }
    size = mdf_row_encode(table->row, MDF_RECORD_PRIMARY, NULL, record);
    if (table->is_sorted) {
        put_aside(table, record, size);
    } else {
        key_of(table, record, &key);
        mdf_index_add(&table->index, record, size, &key);
    }
    table->rows.rows++;
}

void mdf_table_add_moved(struct mdf_table *table)
{
    uint8_t record[MDF_PAGE_SIZE];
    uint8_t back[BACK_SIZE];
    uint8_t stub[STUB_SIZE] = {STUB_RECORD};
    struct mdf_address from;
    struct mdf_unit *unit = &table->rows.units[0];
    size_t size;
    unsigned slot;

    must(table->is_heap);
    fit_row(table, MDF_RECORD_FORWARDED);
    from = mdf_index_add(&table->index, stub, sizeof(stub), NULL);
    mdf_put_u16(back, BACK_TAG);
    mdf_put_address(back + 2, from);
    if (table->far == NULL) {
        table->far = x_alloc(sizeof(*table->far));
        mdf_page_init(table->far, MDF_PAGE_DATA, 0, unit->id, mdf_unit_page(table->store, unit));
        unit->data++;
    }
    size = mdf_row_encode(table->row, MDF_RECORD_FORWARDED, back, record);
    slot = mdf_page_add(table->far, record, size);
    mdf_put_address(stub + 1, (struct mdf_address){table->far->number, (uint16_t)slot});
    mdf_index_patch(&table->index, from, stub, sizeof(stub));
    table->rows.rows++;
}

void mdf_table_add_ghosts(struct mdf_table *table, unsigned count)
{
    uint8_t record[MDF_PAGE_SIZE];
    const struct mdf_column *column = &table->layout.columns[table->layout.keys[0]];
    struct mdf_key key;
    size_t size = mdf_row_encode(table->row, MDF_RECORD_GHOST, NULL, record);
    int32_t id = id_of(table, record);

    must(!table->is_heap && !table->is_sorted && column->type == MDF_TYPE_INT && !may_be_large(&table->layout));
    while (count-- > 0) {
        mdf_put_u32(record + column->leaf, (uint32_t)++id);
        key_of(table, record, &key);
        mdf_index_add_ghost(&table->index, record, size, &key);
    }
}

void mdf_table_add_free_slot(struct mdf_table *table)
{
    must(table->is_heap);
    mdf_index_add_free_slot(&table->index);
}

/* ---- rows in their order ---- */

static int compare_keys(const void *left, const void *right)
{
    const struct waiting *a = left;
    const struct waiting *b = right;

    if (a->key != b->key) {
        return a->key < b->key ? -1 : 1;
    }
    return (a->offset > b->offset) - (a->offset < b->offset);
}

static int compare_ids(const void *left, const void *right)
{
    const struct waiting *a = left;
    const struct waiting *b = right;

    return (a->id > b->id) - (a->id < b->id);
}

/* Puts the number into a record that was written without it. */
static size_t insert_uniquifier(uint8_t *record, size_t size, uint32_t uniquifier)
{
    size_t fixed_end = mdf_get_u16(record + 2);
    size_t nulls = (mdf_get_u16(record + fixed_end) + 7) / 8;
    size_t count_at = fixed_end + 2 + nulls;
    bool has_variables = (record[0] & 0x20) != 0;
    unsigned count = has_variables ? mdf_get_u16(record + count_at) : 0;
    size_t data = count_at + (has_variables ? 2 + 2 * (size_t)count : 0);
    size_t more = has_variables ? 4 : UNIQUIFIER_ROOM;
    size_t new_data = has_variables ? data : count_at + 4;

    record[fixed_end + 2] &= (uint8_t)~1u;
    memmove(record + new_data + 4, record + data, size - data);
    mdf_put_u32(record + new_data, uniquifier);
    record[0] |= 0x20;
    mdf_put_u16(record + count_at, has_variables ? count : 1);
    for (unsigned i = 0; i < (has_variables ? count : 1); i++) {
        uint8_t *end = record + count_at + 2 + 2 * (size_t)i;

        mdf_put_u16(end, has_variables ? mdf_get_u16(end) + 4 : (unsigned)new_data + 4);
    }
    return size + more;
}

static bool read_back(struct mdf_table *table, const struct waiting *row, uint8_t *record, struct fault *fault)
{
    FILE *spool = table->sorting->spool;

    if (fseeko(spool, (off_t)row->offset, SEEK_SET) != 0 ||
        fread(record, 1, (size_t)row->size, spool) != (size_t)row->size) {
        return fault_errno(fault, FAULT_BAD_INPUT, "cannot read the temporary file of table %s", table->name);
    }
    return true;
}

static bool write_sorted(struct mdf_table *table, struct fault *fault)
{
    struct sorting *sorting = table->sorting;
    uint8_t record[MDF_PAGE_SIZE];

    if (sorting->failed || fflush(sorting->spool) != 0) {
        return fault_errno(fault, FAULT_BAD_INPUT, "cannot write the temporary file of table %s; is the disk full?",
                           table->name);
    }
    if (sorting->count > 0) {
        qsort(sorting->rows, sorting->count, sizeof(*sorting->rows), compare_keys);
    }
    for (size_t i = 0; i < sorting->count; i++) {
        struct waiting *row = &sorting->rows[i];
        size_t size = (size_t)row->size;
        struct mdf_key key;

        if (!read_back(table, row, record, fault)) {
            return false;
        }
        if (i > 0 && row[-1].key == row->key) {
            row->uniquifier = row[-1].uniquifier + 1;
            size = insert_uniquifier(record, size, row->uniquifier);
        }
        key_of_sorted(table, record, row->uniquifier, &key);
        mdf_index_add(&table->index, record, size, &key);
    }
    return true;
}

/* The primary key beside the clustered index: id, and the clustered key by which the row is found. */
static void write_primary(struct mdf_table *table)
{
    struct sorting *sorting = table->sorting;
    struct mdf_index index = {
        .store = table->store, .unit = &table->primary.units[0], .leaf = MDF_PAGE_INDEX, .shortest = 1 + 4 + 8};

    if (sorting->count > 0) {
        qsort(sorting->rows, sorting->count, sizeof(*sorting->rows), compare_ids);
    }
    for (size_t i = 0; i < sorting->count; i++) {
        const struct waiting *row = &sorting->rows[i];
        uint64_t moment = row->key ^ UINT64_C(1) << 63;
        struct mdf_key key = {.before = {INDEX_RECORD}, .before_size = 5};
        uint8_t record[32];

        mdf_put_u32(key.before + 1, (uint32_t)row->id);
        record[0] = (uint8_t)index_status(row->uniquifier);
        mdf_put_u32(record + 1, (uint32_t)row->id);
        mdf_put_u32(record + 5, (uint32_t)moment);
        mdf_put_u32(record + 9, (uint32_t)(moment >> 32));
        mdf_index_add(&index, record, 13 + put_uniquifier(record + 13, 13, 3, 2, row->uniquifier), &key);
    }
    mdf_index_finish(&index);
    table->primary.rows = (int64_t)sorting->count;
}

bool mdf_table_finish(struct mdf_table *table, struct fault *fault)
{
    if (table->is_sorted) {
        if (!write_sorted(table, fault)) {
            return false;
        }
        write_primary(table);
        mdf_unit_close(table->store, &table->primary.units[0]);
    }
    if (table->far != NULL) {
        mdf_store_write(table->store, table->far);
    }
    mdf_index_finish(&table->index);
    if (table->large.unit != NULL) {
        mdf_lob_finish(&table->large);
    }
    if (table->overflow.unit != NULL) {
        mdf_lob_finish(&table->overflow);
    }
    for (size_t i = 0; i < table->rows.unit_count; i++) {
        mdf_unit_close(table->store, &table->rows.units[i]);
    }
    mdf_table_release(table);
    return mdf_store_good(table->store, fault);
}
