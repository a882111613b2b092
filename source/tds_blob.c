/* Large values of a live database, found again by the key of their row and read in pieces. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "source/bak/collation.h"
#include "source/tds_parts.h"

enum { PIECE_BYTES = 1024 * 1024, KEY_BYTES_MAX = 4096, PIECE_TEXT_MAX = 4 * PIECE_BYTES };

static const char scheme[] = "tds:";

struct tds_blob {
    struct blob base;
    struct tds_source *source;
    const struct tds_table *table;
    const struct tds_column *column;
    struct text where;           /* the condition that finds the row */
    struct bak_decoder *decoder; /* of texts */
    int64_t server_size;
    int64_t taken; /* of these */
    int64_t given; /* as UTF-8 or bytes */
    struct text piece;
    size_t piece_at;
};

static void put_escaped(struct slice text, struct text *out)
{
    const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] && strchr(plain, text.data[i]))
            text_putc(out, text.data[i]);
        else
            text_printf(out, "%%%02X", (unsigned char)text.data[i]);
    }
}

bool tds_locator_put(const struct tds_table *table, const struct tds_column *column, const struct value *values,
                     int64_t server_size, int64_t size, struct text *out, struct fault *fault)
{
    size_t before = out->size;
    scoped(text_release) struct text key = {0};

    if (table->key_count == 0)
        return fault_set(
            fault, FAULT_BAD_INPUT,
            "table %s has neither a primary key nor a unique index, so that its rows cannot be found again: "
            "read the database from a backup",
            table->title);
    text_init(&key, KEY_BYTES_MAX);
    text_puts(out, scheme);
    put_escaped(slice_of(table->title), out);
    text_putc(out, ':');
    put_escaped(slice_of(column->facts.name), out);
    for (size_t i = 0; i < table->key_count; i++) {
        text_putc(out, i ? ',' : ':');
        put_escaped(slice_of(table->columns[table->key[i]].facts.name), out);
        text_putc(out, '=');
        text_clear(&key);
        value_put(&values[table->key[i]], &key);
        put_escaped(text_slice(&key), out);
    }
    text_printf(out, ":%" PRId64 ":%" PRId64, server_size, size);
    if (key.overflowed || out->overflowed || out->size - before > TDS_LOCATOR_BYTES_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "table %s has a key that is too long to find its rows again",
                         table->title);
    return true;
}

static bool fault_locator(struct fault *fault)
{
    return fault_set(fault, FAULT_BAD_INPUT, "a locator is not of this source: extract it anew");
}

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* Undoes put_escaped in place; returns the size, or -1. */
static long unescape(char *text)
{
    char *to = text;

    for (const char *from = text; *from; from++) {
        if (*from != '%') {
            *to++ = *from;
            continue;
        }
        if (hex_digit(from[1]) < 0 || hex_digit(from[2]) < 0)
            return -1;
        *to++ = (char)(hex_digit(from[1]) * 16 + hex_digit(from[2]));
        from += 2;
    }
    *to = '\0';
    return strlen(text) == (size_t)(to - text) ? to - text : -1;
}

static bool find_column(struct tds_source *source, const char *title, const char *name, struct tds_blob *blob)
{
    const struct tds_catalogue *catalogue = source->catalogue;

    for (size_t i = 0; i < catalogue->table_count && !blob->table; i++)
        if (strcmp(catalogue->tables[i].title, title) == 0)
            blob->table = &catalogue->tables[i];
    for (size_t i = 0; blob->table && i < blob->table->column_count && !blob->column; i++)
        if (strcmp(blob->table->columns[i].facts.name, name) == 0)
            blob->column = &blob->table->columns[i];
    return blob->column != NULL;
}

/* "PatientID=5" becomes "[PatientID] = 5", when that is a column of the key. */
static bool put_condition(struct tds_blob *blob, size_t number, char *pair)
{
    const struct tds_column *column = NULL;
    char *key = strchr(pair, '=');
    long size = 0;

    if (!key || number >= blob->table->key_count)
        return false;
    *key++ = '\0';
    column = &blob->table->columns[blob->table->key[number]];
    size = unescape(key);
    if (unescape(pair) < 0 || size < 0 || strcmp(column->facts.name, pair) != 0)
        return false;
    text_puts(&blob->where, number ? " AND " : " WHERE ");
    tds_put_name(column->facts.name, &blob->where);
    text_puts(&blob->where, " = ");
    return tds_put_literal(column, (struct slice){key, (size_t)size}, &blob->where);
}

static bool put_conditions(struct tds_blob *blob, char *pairs)
{
    size_t number = 0;

    for (char *pair = strsep(&pairs, ","); pair; pair = strsep(&pairs, ","))
        if (!put_condition(blob, number++, pair))
            return false;
    return number == blob->table->key_count && !blob->where.overflowed;
}

static bool read_locator(struct tds_source *source, const char *locator, struct tds_blob *blob)
{
    scoped(string_free) char *copy = x_strdup(locator);
    struct fault ignored = {0};
    char *parts[6] = {NULL};
    char *rest = copy;

    if (strncmp(locator, scheme, sizeof scheme - 1) != 0 || strlen(locator) > TDS_LOCATOR_BYTES_MAX)
        return false;
    for (size_t i = 0; i < array_length(parts); i++)
        parts[i] = strsep(&rest, ":");
    return parts[5] && !rest && unescape(parts[1]) >= 0 && unescape(parts[2]) >= 0 &&
           find_column(source, parts[1], parts[2], blob) && put_conditions(blob, parts[3]) &&
           number_parse(slice_of(parts[4]), 0, INT64_MAX, &blob->server_size, &ignored) &&
           number_parse(slice_of(parts[5]), 0, INT64_MAX, &blob->base.size, &ignored);
}

static void close_blob(struct blob *base)
{
    struct tds_blob *blob = (struct tds_blob *)(void *)base;

    text_release(&blob->where);
    text_release(&blob->piece);
    bak_decoder_destroy(&blob->decoder);
}

static void put_statement(const struct tds_blob *blob, struct text *out)
{
    text_puts(out, "SELECT ");
    tds_put_measured(blob->column, out);
    text_puts(out, ", SUBSTRING(");
    tds_put_bytes(blob->column, out);
    text_printf(out, ", %" PRId64 ", %d) FROM ", blob->taken + 1, PIECE_BYTES);
    tds_put_name(blob->table->schema, out);
    text_putc(out, '.');
    tds_put_name(blob->table->name, out);
    text_puts(out, text_string(&blob->where));
}

static bool fault_changed(const struct tds_blob *blob, struct fault *fault)
{
    return fault_set(fault, FAULT_BAD_INPUT,
                     "column %s of table %s: the value has another size by now than when it was extracted",
                     blob->column->facts.name, blob->table->title);
}

/* What the server sent as the next piece; `link` stands on the row. */
static bool take_piece(struct tds_blob *blob, struct tds_link *link, struct fault *fault)
{
    struct tds_cell cell = {0};
    bool last = false;

    if (tds_link_columns(link) != 2)
        return fault_set(fault, FAULT_BAD_INPUT, "the server sent fewer columns than it was asked for");
    cell = tds_link_cell(link, 1);
    if (tds_link_integer(link, 0) != blob->server_size || !cell.data || cell.size == 0 ||
        (int64_t)cell.size > blob->server_size - blob->taken)
        return fault_changed(blob, fault);
    blob->taken += (int64_t)cell.size;
    last = blob->taken == blob->server_size;
    text_clear(&blob->piece);
    blob->piece_at = 0;
    if (blob->decoder)
        bak_decoder_put(blob->decoder, cell.data, cell.size, last, &blob->piece);
    else
        text_put(&blob->piece, (const char *)cell.data, cell.size);
    return !blob->piece.overflowed || fault_changed(blob, fault);
}

static bool fetch_once(struct tds_blob *blob, struct tds_link **ret, struct fault *fault)
{
    struct tds_link *link = NULL;
    struct text statement;
    bool end = false;
    bool good = false;

    text_init(&statement, TDS_STATEMENT_BYTES_MAX);
    put_statement(blob, &statement);
    good = tds_ask(blob->source, text_string(&statement), &link, fault) && tds_link_next(link, &end, fault);
    if (good && end)
        good = fault_set(fault, FAULT_BAD_INPUT, "the record's row in table %s is no longer there", blob->table->title);
    good = good && take_piece(blob, link, fault);
    if (link)
        tds_link_cancel(link);
    text_release(&statement);
    *ret = link;
    return good;
}

/* A connection that was idle for long may have been cut by a firewall, and a piece may be asked for again: one that is
 * lost is made anew once. */
static bool fetch(struct tds_blob *blob, struct fault *fault)
{
    struct tds_link *link = NULL;
    struct fault first = {0};

    if (fetch_once(blob, &link, &first))
        return true;
    if (first.kind == FAULT_RETRY && link && tds_link_is_dead(link))
        return fetch_once(blob, &link, fault);
    *fault = first;
    return false;
}

static bool read_blob(struct blob *base, void *buffer, size_t size, size_t *ret_size, struct fault *fault)
{
    struct tds_blob *blob = (struct tds_blob *)(void *)base;
    size_t part = 0;

    while (blob->piece_at == blob->piece.size && blob->taken < blob->server_size)
        if (!fetch(blob, fault))
            return false;
    part = blob->piece.size - blob->piece_at;
    part = part < size ? part : size;
    memcpy(buffer, text_string(&blob->piece) + blob->piece_at, part);
    blob->piece_at += part;
    blob->given += (int64_t)part;
    *ret_size = part;
    if (blob->given > base->size || (part == 0 && size && blob->given < base->size))
        return fault_changed(blob, fault);
    return true;
}

static const struct blob_driver tds_blob_driver = {.close = close_blob, .read = read_blob};

/* NULL when the locator is none of this source. */
static struct tds_blob *open_blob(struct tds_source *source, const char *locator, struct fault *fault)
{
    struct tds_blob *blob = x_alloc(sizeof *blob);
    scoped(blob_close) struct blob *owned = &blob->base;

    owned->driver = &tds_blob_driver;
    blob->source = source;
    text_init(&blob->where, KEY_BYTES_MAX);
    text_init(&blob->piece, PIECE_TEXT_MAX);
    if (!read_locator(source, locator, blob)) {
        (void)fault_locator(fault);
        return NULL;
    }
    if (tds_form_of(blob->column) == TDS_LARGE_TEXT)
        blob->decoder = bak_decoder_new(tds_code_page(blob->column));
    owned = NULL;
    return blob;
}

bool tds_blob_open(struct source *source, const char *locator, struct blob **ret, struct fault *fault)
{
    struct tds_blob *blob = open_blob((struct tds_source *)(void *)source, locator, fault);
    scoped(blob_close) struct blob *owned = blob ? &blob->base : NULL;

    if (!blob)
        return false;
    if (blob->server_size > 0 && !fetch(blob, fault))
        return false;
    *ret = steal(owned);
    return true;
}

bool tds_blob_measure(struct tds_source *source, const char *locator, int64_t *ret, struct fault *fault)
{
    struct tds_blob *blob = open_blob(source, locator, fault);
    scoped(blob_close) struct blob *owned = blob ? &blob->base : NULL;

    if (!owned)
        return false;
    *ret = 0;
    while (blob->taken < blob->server_size) {
        if (!fetch(blob, fault))
            return false;
        *ret += (int64_t)blob->piece.size;
    }
    return true;
}
