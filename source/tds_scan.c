/* A pass over a table of a live database. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "source/tds_parts.h"

enum {
    TEXT_ROOM = 3 * TDS_TEXT_BYTES_MAX, /* a byte of a code page becomes three bytes of UTF-8 at most */
    KEPT_BYTES_MAX = 1024 * 1024,
    IN_ROW_BYTES = 8000, /* texts up to here stand in records; larger ones are located */
};

struct tds_scan {
    struct scan base;
    struct tds_source *source;
    const struct tds_table *table;
    struct tds_link *link; /* NULL before the first row and after the last */
    bool ended;
    struct value *values;
    struct text *texts;
    int64_t *server_sizes; /* of large values */
};

static struct tds_scan *of(struct scan *scan)
{
    return (struct tds_scan *)(void *)scan;
}

static const struct tds_scan *view(const struct scan *scan)
{
    return (const struct tds_scan *)(const void *)scan;
}

static void close_scan(struct scan *base)
{
    struct tds_scan *scan = of(base);

    tds_put_back(scan->source, &scan->link);
    for (size_t i = 0; scan->texts && i < base->header.count; i++)
        text_release(&scan->texts[i]);
    free(scan->texts);
    free(scan->values);
    free(scan->server_sizes);
}

static void put_statement(const struct tds_table *table, struct text *out)
{
    text_puts(out, "SELECT ");
    for (size_t i = 0; i < table->column_count; i++) {
        text_puts(out, i ? ", " : "");
        tds_put_selected(&table->columns[i], out);
    }
    text_puts(out, " FROM ");
    tds_put_name(table->schema, out);
    text_putc(out, '.');
    tds_put_name(table->name, out);
    for (size_t i = 0; i < table->key_count; i++) {
        text_puts(out, i ? ", " : " ORDER BY ");
        tds_put_name(table->columns[table->key[i]].facts.name, out);
    }
}

/* The statement goes out with the first row that is asked for: between opening a pass and reading it, others are read.
 */
static bool start(struct tds_scan *scan, struct fault *fault)
{
    struct text statement;
    bool good = false;

    text_init(&statement, TDS_STATEMENT_BYTES_MAX);
    put_statement(scan->table, &statement);
    good =
        tds_take_link(scan->source, &scan->link, fault) && tds_link_query(scan->link, text_string(&statement), fault);
    text_release(&statement);
    return good;
}

/* Large buffers are not kept for the next row: there may be many columns. */
static void empty(struct text *text)
{
    if (text->room <= KEPT_BYTES_MAX)
        return;
    text_release(text);
    text_init(text, TEXT_ROOM);
}

static bool read_row(struct tds_scan *scan, struct fault *fault)
{
    size_t place = 0;

    for (size_t i = 0; i < scan->table->column_count; i++) {
        const struct tds_column *column = &scan->table->columns[i];
        struct tds_cell cells[TDS_CELLS_MAX] = {{0}};
        size_t count = tds_selected_columns(column);
        const char *why = NULL;

        if (place + count > tds_link_columns(scan->link))
            return fault_set(fault, FAULT_BAD_INPUT, "the server sent fewer columns than it was asked for");
        for (size_t at = 0; at < count; at++)
            cells[at] = tds_link_cell(scan->link, place++);
        empty(&scan->texts[i]);
        if (!tds_value_read(scan->source->scalars, column, cells, &scan->texts[i], &scan->values[i],
                            &scan->server_sizes[i], &why))
            return fault_set(fault, FAULT_BAD_INPUT, "row %" PRIu64 ", column %s cannot be read: %s",
                             scan->base.rows + 1, column->facts.name, why);
    }
    return true;
}

static bool next_row(struct scan *base, const struct value **ret, struct fault *fault)
{
    struct tds_scan *scan = of(base);
    bool good = true;

    *ret = NULL;
    if (scan->ended)
        return true;
    good = (scan->link || start(scan, fault)) && tds_link_next(scan->link, &scan->ended, fault) &&
           (scan->ended || read_row(scan, fault));
    if (!good) {
        scan->ended = true;
        tds_put_back(scan->source, &scan->link);
        return fault_prefix(fault, "table %s", base->origin);
    }
    if (scan->ended)
        tds_put_back(scan->source, &scan->link);
    else
        *ret = scan->values;
    return true;
}

static uint64_t row_number(const struct scan *scan)
{
    return scan->rows;
}

static const char *format(const struct scan *scan)
{
    (void)scan;
    return "live SQL Server";
}

static void put_type(const struct scan *scan, size_t column, struct text *out)
{
    bak_type_put(&view(scan)->table->columns[column].facts, out);
}

/* A text of moderate size, or one in a table without a key, is all there is of it. */
static bool stands_in_row(const struct tds_scan *scan, size_t column)
{
    const struct value *value = &scan->values[column];

    if (value->type == VALUE_BYTES)
        return false;
    return tds_form_of(&scan->table->columns[column]) != TDS_LARGE_TEXT || value->type == VALUE_NULL ||
           scan->server_sizes[column] <= IN_ROW_BYTES || scan->table->key_count == 0;
}

static bool locate(const struct scan *base, size_t column, struct text *locator, int64_t *ret_size_bytes,
                   bool *ret_found, struct fault *fault)
{
    const struct tds_scan *scan = view(base);
    const struct tds_column *facts = &scan->table->columns[column];
    const struct value *value = &scan->values[column];
    bool is_text = value->type == VALUE_TEXT;
    int64_t server_size = scan->server_sizes[column];
    size_t before = locator->size;

    *ret_found = false;
    if (stands_in_row(scan, column))
        return true;
    if (!is_text && (tds_form_of(facts) == TDS_PLAIN || tds_form_of(facts) == TDS_VARIANT))
        server_size = value->integer;
    *ret_size_bytes = is_text ? (int64_t)value->text.size : server_size;
    *ret_found = true;
    if (!tds_locator_put(scan->table, facts, scan->values, server_size, *ret_size_bytes, locator, fault))
        return false;
    if (is_text || tds_form_of(facts) != TDS_LARGE_TEXT)
        return true;

    /* A text that was too large for its row: only reading it tells its size as UTF-8. */
    if (!tds_blob_measure(scan->source, text_string(locator) + before, ret_size_bytes, fault))
        return false;
    locator->size = before;
    locator->data[before] = '\0';
    return tds_locator_put(scan->table, facts, scan->values, server_size, *ret_size_bytes, locator, fault);
}

static const struct scan_driver tds_scan_driver = {
    .close = close_scan,
    .next = next_row,
    .row = row_number,
    .format = format,
    .locate = locate,
    .type = put_type,
};

bool tds_scan_open(struct source *base, size_t table, struct scan **ret, struct fault *fault)
{
    struct tds_scan *scan = x_alloc(sizeof *scan);
    scoped(scan_close) struct scan *owned = &scan->base;
    struct header *header = &owned->header;

    owned->driver = &tds_scan_driver;
    scan->source = (struct tds_source *)(void *)base;
    scan->table = &scan->source->catalogue->tables[table];
    owned->origin = scan->table->title;
    if (scan->table->column_count == 0)
        return fault_set(fault, FAULT_BAD_INPUT, "the user may not see the columns of table %s", owned->origin);
    header->count = scan->table->column_count;
    header->names = x_alloc_array(header->count, sizeof *header->names);
    header->plain = x_alloc_array(header->count, sizeof *header->plain);
    scan->values = x_alloc_array(header->count, sizeof *scan->values);
    scan->texts = x_alloc_array(header->count, sizeof *scan->texts);
    scan->server_sizes = x_alloc_array(header->count, sizeof *scan->server_sizes);
    for (size_t i = 0; i < header->count; i++) {
        header->names[i] = x_strdup(scan->table->columns[i].facts.name);
        header->plain[i] = x_strdup(scan->table->columns[i].facts.name);
        text_init(&scan->texts[i], TEXT_ROOM);
    }
    *ret = steal(owned);
    return true;
}
