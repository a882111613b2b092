/* Rows of a backup's table as values. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/must.h"
#include "source/bak_source_parts.h"

enum { KEPT_BYTES_MAX = 256 * 1024 };

struct source_scan {
    struct scan base;
    struct bak_source *source;
    const struct bak_source_table *table;
    struct bak_scan *scan;
    const struct bak_row *row;
    struct value *values; /* one for each column that is shown */
    struct text *texts;   /* their texts */
    int64_t *text_sizes;  /* as UTF-8, of texts that stand outside their row; -1 for others */
    size_t row_text;      /* bytes of the row's texts that stand outside of it */
    bool filled;          /* with such texts */
    int64_t large_bytes;  /* of all values outside their rows so far */
    int64_t undecodable;  /* rows with a value that is none, or cannot be read */
    char problems[SCAN_PROBLEMS_MAX][SCAN_PROBLEM_SIZE]; /* of the first of them */
    char problem[SCAN_PROBLEM_SIZE];
};

static struct source_scan *of(struct scan *scan)
{
    return (struct source_scan *)scan;
}

static const struct source_scan *view(const struct scan *scan)
{
    return (const struct source_scan *)scan;
}

static const struct bak_column *column_of(const struct source_scan *scan, size_t column)
{
    return &scan->table->table->columns[scan->table->columns[column]];
}

static const struct bak_cell *cell_of(const struct source_scan *scan, size_t column)
{
    return &scan->row->cells[scan->table->columns[column]];
}

static void close_scan(struct scan *base)
{
    struct source_scan *scan = of(base);

    for (size_t i = 0; i < base->header.count && scan->texts; i++)
        text_release(&scan->texts[i]);
    free(scan->values);
    free(scan->texts);
    free(scan->text_sizes);
    bak_scan_close(&scan->scan);
}

/* Large buffers are not kept for the next row: there may be many columns. */
static void empty_texts(struct source_scan *scan)
{
    if (!scan->filled)
        return;
    scan->filled = false;
    scan->row_text = 0;
    for (size_t i = 0; i < scan->base.header.count; i++) {
        if (scan->texts[i].room <= KEPT_BYTES_MAX) {
            text_clear(&scan->texts[i]);
            continue;
        }
        text_release(&scan->texts[i]);
        text_init(&scan->texts[i], BAK_ROW_TEXT_BYTES_MAX);
    }
}

/* Each piece of a large value stands in a backup once, so that all values of a table have no more bytes than its pages:
 * where they claim more, one leads to the pieces of another, and reading them could go on for ever. */
static bool may_be_so_large(struct source_scan *scan, const struct bak_reader *reader, struct fault *fault)
{
    scan->large_bytes += bak_reader_raw_size(reader);
    if (scan->large_bytes / BAK_PAGE_SIZE <= bak_store_page_count(bak_store_of(scan->source->database)))
        return true;
    scan->large_bytes -= bak_reader_raw_size(reader);
    return fault_set(fault, FAULT_BAD_INPUT, "the large values up to this one have more bytes than the backup carries");
}

/* A text that stands outside its row: read whole, and only measured from where the row's texts become too large. */
static bool read_text(struct source_scan *scan, size_t column, struct fault *fault)
{
    scoped(bak_reader_close) struct bak_reader *reader = NULL;
    struct text *text = &scan->texts[column];
    struct slice piece = {0};
    int64_t size = 0;
    bool too_large = false;

    scan->filled = true;
    scan->values[column] = (struct value){.type = VALUE_NULL};
    if (!bak_reader_open(scan->source, column_of(scan, column), scan->row->rowset->id, cell_of(scan, column), &reader,
                         fault))
        return false;
    if (!reader)
        return true;
    if (!may_be_so_large(scan, reader, fault))
        return false;
    do {
        if (!bak_reader_next(reader, &piece, fault))
            return false;
        size += (int64_t)piece.size;
        too_large = too_large || text->size + piece.size > BAK_ROW_TEXT_BYTES_MAX - scan->row_text;
        if (!too_large)
            text_put(text, piece.data, piece.size);
        else if (text->room)
            text_release(text);
    } while (piece.size);
    if (too_large)
        text_init(text, BAK_ROW_TEXT_BYTES_MAX);
    scan->row_text += text->size;
    scan->text_sizes[column] = size;
    scan->values[column] = too_large ? (struct value){.type = VALUE_BYTES, .integer = size}
                                     : value_of_text((struct slice){text_string(text), text->size});
    return true;
}

/* Bytes that stand outside their row are only measured, unless all is to be read. */
static bool measure_bytes(struct source_scan *scan, size_t column, struct fault *fault)
{
    scoped(bak_reader_close) struct bak_reader *reader = NULL;
    struct slice piece = {0};

    scan->values[column] = (struct value){.type = VALUE_NULL};
    if (!bak_reader_open(scan->source, column_of(scan, column), scan->row->rowset->id, cell_of(scan, column), &reader,
                         fault))
        return false;
    if (!reader)
        return true;
    if (!may_be_so_large(scan, reader, fault))
        return false;
    scan->values[column] = (struct value){.type = VALUE_BYTES, .integer = bak_reader_raw_size(reader)};
    do {
        if (scan->source->whole_values && !bak_reader_next(reader, &piece, fault))
            return false;
    } while (piece.size);
    return true;
}

/* What a row holds of a FILESTREAM value is no value. */
static bool is_elsewhere(const struct bak_column *column)
{
    return column->filestream;
}

static bool read_cell(struct source_scan *scan, size_t column, const char **ret_why, struct fault *fault)
{
    const struct bak_column *facts = column_of(scan, column);
    const struct bak_cell *cell = cell_of(scan, column);
    struct value *value = &scan->values[column];

    scan->text_sizes[column] = -1;
    *value = (struct value){.type = VALUE_NULL};
    if (cell->state == BAK_CELL_NULL)
        return true;
    if (is_elsewhere(facts)) {
        *value = (struct value){.type = VALUE_BYTES};
        return true;
    }
    if (cell->state == BAK_CELL_COMPLEX && bak_nature(facts->type) == BAK_NATURE_TEXT)
        return read_text(scan, column, fault);
    if (cell->state == BAK_CELL_COMPLEX)
        return measure_bytes(scan, column, fault);
    if (cell->state == BAK_CELL_DEFAULT)
        return bak_variant_read(scan->source->scalars, cell->data, cell->size, &scan->texts[column], value, ret_why);
    return bak_scalar_read(scan->source->scalars, facts, cell->data, cell->size, cell->bit, &scan->texts[column], value,
                           ret_why);
}

/* False with a problem. */
static bool read_cells(struct source_scan *scan)
{
    char place[BAK_PLACE_TEXT_SIZE];
    struct fault fault = {0};

    empty_texts(scan);
    for (size_t i = 0; i < scan->base.header.count; i++) {
        const char *why = NULL;

        if (read_cell(scan, i, &why, &fault))
            continue;
        snprintf(scan->problem, sizeof scan->problem, "%s slot %u, column %.60s: %.90s",
                 bak_place_text(scan->row->address.place, place), scan->row->address.slot, column_of(scan, i)->name,
                 why ? why : fault.text);
        return false;
    }
    return true;
}

static bool fault_damaged(const struct source_scan *scan, const char *problem, struct fault *fault)
{
    return fault_set(fault, FAULT_BAD_INPUT,
                     "table %s is damaged in the backup (%s). Nothing is transferred from a damaged backup: copy the "
                     "file again, or have the backup made again. 'handover inspect SOURCE --check' lists all damage",
                     scan->table->name, problem);
}

/* A table must not come out silently short. */
static bool check_end(const struct source_scan *scan, struct fault *fault)
{
    const struct bak_tally *tally = bak_scan_tally(scan->scan);

    if (scan->source->salvage)
        return true;
    if (tally->problem_count)
        return fault_damaged(scan, tally->problems[0], fault);
    if (tally->rows == tally->expected)
        return true;
    return fault_set(fault, FAULT_BAD_INPUT,
                     "table %s has %" PRId64 " rows in the backup, but its server counted %" PRId64
                     ", so that rows %s: have the backup made again while nobody works with the program, after the "
                     "server has counted anew (DBCC UPDATEUSAGE (0) WITH COUNT_ROWS)",
                     scan->table->name, tally->rows, tally->expected,
                     tally->rows < tally->expected ? "may be missing" : "may stand in it twice");
}

static void keep_problem(struct source_scan *scan)
{
    if (scan->undecodable < SCAN_PROBLEMS_MAX)
        memcpy(scan->problems[scan->undecodable], scan->problem, sizeof scan->problem);
    scan->undecodable++;
}

static bool next_row(struct scan *base, const struct value **ret, struct fault *fault)
{
    struct source_scan *scan = of(base);

    *ret = NULL;
    for (;;) {
        if (!bak_scan_next(scan->scan, &scan->row, fault))
            return false;
        if (!scan->row)
            return check_end(scan, fault);
        if (scan->row->cells && read_cells(scan)) {
            *ret = scan->values;
            return true;
        }
        if (!scan->source->salvage)
            return fault_damaged(scan, scan->row->cells ? scan->problem : scan->row->problem, fault);
        if (scan->row->cells)
            keep_problem(scan);
    }
}

static uint64_t row_number(const struct scan *scan)
{
    return scan->rows;
}

static const char *format(const struct scan *scan)
{
    (void)scan;
    return "SQL Server backup";
}

/* Texts in a row are all there is of them; others are found again through their row. */
static bool locate(const struct scan *base, size_t column, struct text *locator, int64_t *ret_size_bytes,
                   bool *ret_found, struct fault *fault)
{
    const struct source_scan *scan = view(base);
    const struct bak_cell *cell = cell_of(scan, column);
    bool is_text = scan->text_sizes[column] >= 0;

    *ret_found = false;
    if (base->driver->may_read && !base->driver->may_read(base, column, fault))
        return false;
    if (scan->values[column].type != VALUE_BYTES && !is_text)
        return true;
    if (cell->state != BAK_CELL_VALUE && cell->state != BAK_CELL_COMPLEX)
        return true;
    *ret_size_bytes = is_text ? scan->text_sizes[column] : scan->values[column].integer;
    *ret_found = true;
    bak_locator_put(&(struct bak_locator){.table = scan->table->table->id,
                                          .row = scan->row->address,
                                          .column = column_of(scan, column)->id,
                                          .size = *ret_size_bytes},
                    locator);
    return true;
}

static void put_type(const struct scan *scan, size_t column, struct text *out)
{
    bak_type_put(column_of(view(scan), column), out);
}

/* How many rows have a value in the column. */
static bool count_values(const struct source_scan *scan, size_t column, int64_t *ret, struct fault *fault)
{
    scoped(bak_scan_close) struct bak_scan *pass = NULL;
    const struct bak_row *row = NULL;

    *ret = 0;
    if (!bak_database_scan(scan->source->database, scan->table->table, &pass, fault))
        return false;
    do {
        if (!bak_scan_next(pass, &row, fault))
            return false;
        *ret += row && row->cells && row->cells[scan->table->columns[column]].state != BAK_CELL_NULL;
    } while (row);
    return true;
}

static bool may_read(const struct scan *base, size_t column, struct fault *fault)
{
    const struct source_scan *scan = view(base);
    const struct bak_column *facts = column_of(scan, column);
    bool is_xml = facts->type == BAK_TYPE_XML;
    int64_t count = 0;

    if (!facts->filestream && !is_xml)
        return true;
    if (!count_values(scan, column, &count, fault))
        return false;
    if (count == 0)
        return true;
    return fault_set(fault, FAULT_BAD_INPUT,
                     is_xml ? "column %s of table %s holds %" PRId64
                              " values of type xml, which cannot be read from a backup: leave the column out of the "
                              "profile, or have it exported as text"
                            : "column %s of table %s keeps %" PRId64
                              " values as FILESTREAM files outside of the tables, which cannot be read from a "
                              "backup: have the files exported beside a CSV of the table",
                     facts->name, scan->table->name, count);
}

static void copy_problem(struct scan_tally *ret, const char *problem)
{
    if (ret->problem_count < SCAN_PROBLEMS_MAX)
        snprintf(ret->problems[ret->problem_count], SCAN_PROBLEM_SIZE, "%s", problem);
    ret->problem_count++;
}

static void tally(const struct scan *base, struct scan_tally *ret)
{
    const struct source_scan *scan = view(base);
    const struct bak_tally *found = bak_scan_tally(scan->scan);

    ret->expected = found->expected;
    ret->damaged_rows = found->damaged_rows + scan->undecodable;
    ret->damaged_pages = found->damaged_pages;
    ret->missing_pages = found->missing_pages;
    for (size_t i = 0; i < found->problem_count && i < BAK_PROBLEMS_MAX; i++)
        copy_problem(ret, found->problems[i]);
    for (int64_t i = 0; i < scan->undecodable && i < SCAN_PROBLEMS_MAX; i++)
        copy_problem(ret, scan->problems[i]);
    ret->problem_count = found->problem_count + (size_t)scan->undecodable;
}

static const struct scan_driver bak_scan_driver = {
    .close = close_scan,
    .next = next_row,
    .row = row_number,
    .format = format,
    .locate = locate,
    .type = put_type,
    .may_read = may_read,
    .tally = tally,
};

static void name_columns(struct source_scan *scan)
{
    struct header *header = &scan->base.header;

    header->count = scan->table->column_count;
    header->names = x_alloc_array(header->count + 1, sizeof *header->names);
    header->plain = x_alloc_array(header->count + 1, sizeof *header->plain);
    scan->values = x_alloc_array(header->count + 1, sizeof *scan->values);
    scan->texts = x_alloc_array(header->count + 1, sizeof *scan->texts);
    scan->text_sizes = x_alloc_array(header->count + 1, sizeof *scan->text_sizes);
    for (size_t i = 0; i < header->count; i++) {
        header->names[i] = x_strdup(column_of(scan, i)->name);
        header->plain[i] = x_strdup(column_of(scan, i)->name);
        text_init(&scan->texts[i], BAK_ROW_TEXT_BYTES_MAX);
    }
}

bool bak_source_scan(struct source *base, size_t table, struct scan **ret, struct fault *fault)
{
    struct source_scan *scan = x_alloc(sizeof *scan);
    scoped(scan_close) struct scan *owned = &scan->base;

    owned->driver = &bak_scan_driver;
    scan->source = bak_source_of(base);
    scan->table = &scan->source->tables[table];
    owned->origin = scan->table->name;
    if (!bak_database_scan(scan->source->database, scan->table->table, &scan->scan, fault))
        return false;
    name_columns(scan);
    *ret = steal(owned);
    return true;
}
