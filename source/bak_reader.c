#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "source/bak_source_parts.h"

enum { DECODED_MAX = 4 * BAK_PAGE_SIZE + 64 };

struct bak_reader {
    struct bak_lob *lob; /* NULL for a value that stands in its row */
    const uint8_t *data; /* that value, as long as it was not given */
    size_t size;
    struct bak_decoder *decoder; /* NULL for bytes; its own, as several readers may be open */
    bool ended;
    struct text decoded;
};

bool bak_reader_open(struct bak_source *source, const struct bak_column *column, int64_t rowset,
                     const struct bak_cell *cell, struct bak_reader **ret, struct fault *fault)
{
    scoped(bak_reader_close) struct bak_reader *reader = x_alloc(sizeof *reader);
    const struct bak_catalogue *catalogue = bak_catalogue_of(source->database);

    *ret = NULL;
    text_init(&reader->decoded, DECODED_MAX);
    if (cell->state == BAK_CELL_COMPLEX) {
        if (!bak_lob_open(bak_store_of(source->database), bak_lob_units_of(catalogue, rowset), column->type, cell,
                          &reader->lob, fault))
            return false;
        if (!reader->lob)
            return true;
    } else {
        reader->data = cell->data;
        reader->size = cell->size;
    }
    if (bak_nature(column->type) == BAK_NATURE_TEXT)
        reader->decoder = bak_decoder_new(bak_scalars_code_page(source->scalars, column));
    *ret = steal(reader);
    return true;
}

void bak_reader_close(struct bak_reader **reader)
{
    if (!*reader)
        return;
    bak_lob_close(&(*reader)->lob);
    bak_decoder_destroy(&(*reader)->decoder);
    text_release(&(*reader)->decoded);
    free(*reader);
    *reader = NULL;
}

int64_t bak_reader_raw_size(const struct bak_reader *reader)
{
    return reader->lob ? bak_lob_size(reader->lob) : (int64_t)reader->size;
}

static bool next_raw(struct bak_reader *reader, const uint8_t **ret, size_t *ret_size, struct fault *fault)
{
    if (reader->lob)
        return bak_lob_next(reader->lob, ret, ret_size, fault);
    *ret = reader->data;
    *ret_size = reader->size;
    reader->size = 0;
    return true;
}

/* A piece may hold nothing but the beginning of a character, or NULs. */
bool bak_reader_next(struct bak_reader *reader, struct slice *ret, struct fault *fault)
{
    const uint8_t *data = NULL;
    size_t size = 0;

    *ret = (struct slice){"", 0};
    text_clear(&reader->decoded);
    while (!reader->ended && ret->size == 0) {
        if (!next_raw(reader, &data, &size, fault))
            return false;
        reader->ended = size == 0;
        if (!reader->decoder) {
            *ret = (struct slice){(const char *)data, size};
            continue;
        }
        bak_decoder_put(reader->decoder, data, size, size == 0, &reader->decoded);
        *ret = text_slice(&reader->decoded);
    }
    return true;
}

void bak_locator_put(const struct bak_locator *locator, struct text *out)
{
    text_printf(out, "bak:%" PRId32 ":%u:%" PRIu32 ":%u:%" PRId32 ":%" PRId64, locator->table, locator->row.place.file,
                locator->row.place.page, locator->row.slot, locator->column, locator->size);
}

bool bak_locator_read(const char *text, struct bak_locator *ret)
{
    struct text again;
    bool good = sscanf(text, "bak:%" SCNd32 ":%" SCNu16 ":%" SCNu32 ":%" SCNu16 ":%" SCNd32 ":%" SCNd64, &ret->table,
                       &ret->row.place.file, &ret->row.place.page, &ret->row.slot, &ret->column, &ret->size) == 6;

    /* sscanf takes blanks, signs and numbers out of range; a locator is only what would be written so. */
    text_init(&again, BAK_LOCATOR_SIZE);
    if (good)
        bak_locator_put(ret, &again);
    good = good && strcmp(text_string(&again), text) == 0 && ret->size >= 0;
    text_release(&again);
    return good;
}

struct row_blob {
    struct blob base;
    struct bak_scan *scan; /* keeps the row */
    struct bak_reader *reader;
    struct slice piece; /* not yet given */
    int64_t given;
};

static void close_blob(struct blob *base)
{
    struct row_blob *blob = (struct row_blob *)base;

    bak_reader_close(&blob->reader);
    bak_scan_close(&blob->scan);
}

static bool read_blob(struct blob *base, void *buffer, size_t size, size_t *ret_size, struct fault *fault)
{
    struct row_blob *blob = (struct row_blob *)base;
    size_t part;

    if (blob->piece.size == 0 && blob->reader && !bak_reader_next(blob->reader, &blob->piece, fault))
        return false;
    part = blob->piece.size < size ? blob->piece.size : size;
    if (part) {
        memcpy(buffer, blob->piece.data, part);
        blob->piece.data += part;
        blob->piece.size -= part;
    }
    blob->given += (int64_t)part;
    *ret_size = part;
    if (blob->given > base->size || (part == 0 && size && blob->given < base->size))
        return fault_set(fault, FAULT_BAD_INPUT,
                         "the record's value is not the one that was extracted: its size "
                         "has changed");
    return true;
}

static const struct blob_driver row_driver = {.close = close_blob, .read = read_blob};

static bool fault_locator(struct fault *fault)
{
    return fault_set(fault, FAULT_BAD_INPUT, "a locator is not of this source: extract it anew");
}

static const struct bak_table *find_table(const struct bak_source *source, int32_t id)
{
    for (size_t i = 0; i < source->table_count; i++)
        if (source->tables[i].table->id == id)
            return source->tables[i].table;
    return NULL;
}

static bool open_value(struct bak_source *source, const struct bak_table *table, const struct bak_locator *locator,
                       struct row_blob *blob, struct fault *fault)
{
    const struct bak_row *row = NULL;

    if (!bak_database_scan(source->database, table, &blob->scan, fault) ||
        !bak_scan_at(blob->scan, locator->row, &row, fault))
        return false;
    for (size_t i = 0; i < table->column_count; i++) {
        const struct bak_column *column = &table->columns[i];

        if (column->id != locator->column)
            continue;
        if (row->cells[i].state != BAK_CELL_VALUE && row->cells[i].state != BAK_CELL_COMPLEX)
            return fault_locator(fault);
        return bak_reader_open(source, column, row->rowset->id, &row->cells[i], &blob->reader, fault) &&
               (!blob->reader || blob->reader->decoder || bak_reader_raw_size(blob->reader) == locator->size ||
                fault_locator(fault));
    }
    return fault_locator(fault);
}

bool bak_source_open_blob(struct source *base, const char *text, struct blob **ret, struct fault *fault)
{
    struct bak_source *source = bak_source_of(base);
    const struct bak_table *table = NULL;
    struct row_blob *blob = x_alloc(sizeof *blob);
    scoped(blob_close) struct blob *owned = &blob->base;
    struct bak_locator locator = {0};

    owned->driver = &row_driver;
    if (!bak_locator_read(text, &locator))
        return fault_locator(fault);
    table = find_table(source, locator.table);
    if (!table)
        return fault_locator(fault);
    if (!open_value(source, table, &locator, blob, fault))
        return fault_prefix(fault, "table %s.%s", table->schema, table->name);
    owned->size = locator.size;
    *ret = steal(owned);
    return true;
}
