#include "source/csv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum state {
    STATE_FIELD_START,
    STATE_PLAIN,       /* within a field without quotes */
    STATE_QUOTED,      /* within quotes */
    STATE_AFTER_QUOTE, /* after a quote that closes the field, or is the first of two */
    STATE_AFTER_BLANK, /* after blanks that follow a closed field */
};

struct field {
    size_t start; /* in the row's text */
    size_t size;
    bool quoted;
};

struct csv {
    char separator;
    csv_fill_fn fill;
    void *context;
    struct slice left; /* of the stretch at hand */
    bool ended;
    bool after_return; /* the last byte was a CR that ended a line: an LF belongs to it */
    enum state state;
    struct text row;
    struct field *fields;
    size_t field_count;
    size_t field_room;
    struct value *values;
    uint64_t row_number;
    uint64_t row_line;
    uint64_t line;       /* of the byte at hand */
    uint64_t quote_line; /* where the field's quote opened */
};

struct csv *csv_new(char separator, csv_fill_fn fill, void *context)
{
    struct csv *csv = x_alloc(sizeof *csv);

    csv->separator = separator;
    csv->fill = fill;
    csv->context = context;
    csv->line = 1;
    text_init(&csv->row, CSV_ROW_BYTES_MAX);
    return csv;
}

void csv_destroy(struct csv **csv)
{
    if (!*csv)
        return;
    text_release(&(*csv)->row);
    free((*csv)->fields);
    free((*csv)->values);
    free(*csv);
    *csv = NULL;
}

uint64_t csv_row(const struct csv *csv)
{
    return csv->row_number;
}

uint64_t csv_line(const struct csv *csv)
{
    return csv->row_line;
}

static bool fault_row(const struct csv *csv, const char *what, struct fault *fault)
{
    return fault_set(fault, FAULT_BAD_INPUT, "row %" PRIu64 " (line %" PRIu64 "), field %zu: %s", csv->row_number + 1,
                     csv->line, csv->field_count + 1, what);
}

static bool begin_field(struct csv *csv, bool quoted, struct fault *fault)
{
    if (csv->field_count >= CSV_COLUMNS_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "row %" PRIu64 " (line %" PRIu64 ") has more than %d fields",
                         csv->row_number + 1, csv->line, CSV_COLUMNS_MAX);
    if (csv->field_count == csv->field_room) {
        csv->field_room = csv->field_room ? csv->field_room * 2 : 64;
        csv->fields = x_grow_array(csv->fields, csv->field_room, sizeof *csv->fields);
        csv->values = x_grow_array(csv->values, csv->field_room, sizeof *csv->values);
    }
    csv->fields[csv->field_count] = (struct field){.start = csv->row.size, .quoted = quoted};
    if (quoted)
        csv->quote_line = csv->line;
    return true;
}

static void end_field(struct csv *csv)
{
    struct field *field = &csv->fields[csv->field_count++];

    field->size = csv->row.size - field->start;
    csv->state = STATE_FIELD_START;
}

static bool take(struct csv *csv, size_t size, struct fault *fault)
{
    text_put(&csv->row, csv->left.data, size);
    csv->left.data += size;
    csv->left.size -= size;
    if (csv->row.overflowed || csv->row.size - csv->fields[csv->field_count].start > CSV_FIELD_BYTES_MAX)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "row %" PRIu64 ", field %zu is larger than %d bytes: a quote that opens on line %" PRIu64
                         " is probably never closed",
                         csv->row_number + 1, csv->field_count + 1, CSV_FIELD_BYTES_MAX,
                         csv->fields[csv->field_count].quoted ? csv->quote_line : csv->line);
    return true;
}

static void drop(struct csv *csv)
{
    csv->left.data++;
    csv->left.size--;
}

/* Bytes up to the next that ends a field without quotes. */
static size_t plain_run(const struct csv *csv)
{
    size_t size = 0;

    while (size < csv->left.size && csv->left.data[size] != csv->separator && csv->left.data[size] != '\n' &&
           csv->left.data[size] != '\r')
        size++;
    return size;
}

static size_t quoted_run(struct csv *csv)
{
    const char *quote = memchr(csv->left.data, '"', csv->left.size);
    size_t size = quote ? (size_t)(quote - csv->left.data) : csv->left.size;

    for (size_t i = 0; i < size; i++)
        csv->line += csv->left.data[i] == '\n';
    return size;
}

/* Ends the row at a CR or LF. */
static void end_row(struct csv *csv, bool *ret_whole)
{
    csv->after_return = csv->left.data[0] == '\r';
    drop(csv);
    csv->line++;
    end_field(csv);
    *ret_whole = true;
}

static bool after_field(struct csv *csv, bool *ret_whole, struct fault *fault)
{
    char byte = csv->left.data[0];

    if (byte == csv->separator) {
        drop(csv);
        end_field(csv);
        return true;
    }
    if (byte == '\n' || byte == '\r') {
        end_row(csv, ret_whole);
        return true;
    }
    return fault_row(csv, "text follows a closing quote; a quote within quotes is written twice", fault);
}

static bool after_quote(struct csv *csv, bool *ret_whole, struct fault *fault)
{
    char byte = csv->left.data[0];

    if (byte == '"' && csv->state == STATE_AFTER_QUOTE) {
        csv->state = STATE_QUOTED;
        return take(csv, 1, fault);
    }
    if (byte == ' ' && byte != csv->separator) {
        csv->state = STATE_AFTER_BLANK;
        drop(csv);
        return true;
    }
    return after_field(csv, ret_whole, fault);
}

static bool quoted(struct csv *csv, struct fault *fault)
{
    size_t size = quoted_run(csv);

    if (!take(csv, size, fault))
        return false;
    if (csv->left.size) {
        drop(csv);
        csv->state = STATE_AFTER_QUOTE;
    }
    return true;
}

static bool field_start(struct csv *csv, struct fault *fault)
{
    bool is_quoted = csv->left.data[0] == '"';

    if (!begin_field(csv, is_quoted, fault))
        return false;
    csv->state = is_quoted ? STATE_QUOTED : STATE_PLAIN;
    if (is_quoted)
        drop(csv);
    return true;
}

/* Reads on within the stretch; *ret_whole when a row is complete. */
static bool advance(struct csv *csv, bool *ret_whole, struct fault *fault)
{
    switch (csv->state) {
    case STATE_FIELD_START:
        return field_start(csv, fault);
    case STATE_PLAIN:
        if (!take(csv, plain_run(csv), fault))
            return false;
        return csv->left.size == 0 || after_field(csv, ret_whole, fault);
    case STATE_QUOTED:
        return quoted(csv, fault);
    case STATE_AFTER_QUOTE:
    case STATE_AFTER_BLANK:
        return after_quote(csv, ret_whole, fault);
    }
    return fault_set(fault, FAULT_INTERNAL, "a CSV reader in an unknown state");
}

static bool refill(struct csv *csv, struct fault *fault)
{
    while (csv->left.size == 0 && !csv->ended) {
        if (!csv->fill(csv->context, &csv->left, fault))
            return false;
        csv->ended = csv->left.size == 0;
        if (csv->after_return && csv->left.size && csv->left.data[0] == '\n')
            drop(csv);
        csv->after_return = csv->after_return && csv->ended;
    }
    return true;
}

/* The file ends: within a row, or after one. */
static bool finish(struct csv *csv, bool *ret_whole, struct fault *fault)
{
    if (csv->state == STATE_QUOTED)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "row %" PRIu64 ", field %zu: the quote that opens on line %" PRIu64
                         " is never closed; is the file cut off?",
                         csv->row_number + 1, csv->field_count + 1, csv->quote_line);
    if (csv->state == STATE_FIELD_START && csv->field_count == 0)
        return true;
    if (csv->state == STATE_FIELD_START && !begin_field(csv, false, fault))
        return false;
    end_field(csv);
    *ret_whole = true;
    return true;
}

/* One row, blank or not; *ret_whole is false at the end of the file. */
static bool read_row(struct csv *csv, bool *ret_whole, struct fault *fault)
{
    *ret_whole = false;
    text_clear(&csv->row);
    csv->field_count = 0;
    csv->state = STATE_FIELD_START;
    if (csv->after_return && csv->left.size) {
        if (csv->left.data[0] == '\n')
            drop(csv);
        csv->after_return = false;
    }
    csv->row_line = csv->line;
    while (!*ret_whole) {
        if (!refill(csv, fault))
            return false;
        if (csv->left.size == 0)
            return finish(csv, ret_whole, fault);
        if (!advance(csv, ret_whole, fault))
            return false;
    }
    return true;
}

static bool is_blank(const struct csv *csv)
{
    return csv->field_count == 1 && csv->row.size == 0 && !csv->fields[0].quoted;
}

bool csv_next(struct csv *csv, const struct value **ret, size_t *ret_count, struct fault *fault)
{
    bool whole = false;

    do {
        if (!read_row(csv, &whole, fault))
            return false;
    } while (whole && is_blank(csv));
    if (!whole) {
        *ret = NULL;
        *ret_count = 0;
        return true;
    }
    csv->row_number++;
    for (size_t i = 0; i < csv->field_count; i++) {
        const struct field *field = &csv->fields[i];

        csv->values[i] = field->size || field->quoted
                             ? value_of_text((struct slice){text_string(&csv->row) + field->start, field->size})
                             : (struct value){.type = VALUE_NULL};
    }
    *ret = csv->values;
    *ret_count = csv->field_count;
    return true;
}

static bool fill_once(void *context, struct slice *ret, struct fault *fault)
{
    struct slice *left = context;

    (void)fault;
    *ret = *left;
    *left = (struct slice){"", 0};
    return true;
}

/* Rows in a hundred that have as many fields as the first, times a bit more for more fields; 0 with only one field. The
 * last row may be cut off and does not count. */
static size_t score(struct slice beginning, char separator)
{
    struct slice left = beginning;
    scoped(csv_destroy) struct csv *csv = csv_new(separator, fill_once, &left);
    struct fault fault = {0};
    const struct value *values = NULL;
    size_t first = 0;
    size_t count = 0;
    size_t rows = 0;
    size_t alike = 0;

    while (csv_next(csv, &values, &count, &fault) && values) {
        bool cut_off = csv->left.size == 0 && rows > 0;

        first = rows == 0 ? count : first;
        if (cut_off && count != first)
            continue;
        rows++;
        alike += count == first;
    }
    return first < 2 ? 0 : alike * 100 / rows * 10000 + first;
}

char csv_detect_separator(struct slice beginning)
{
    static const char candidates[] = {',', ';', '\t', '|'};
    char best = ',';
    size_t best_score = 0;

    for (size_t i = 0; i < array_length(candidates); i++) {
        size_t its_score = score(beginning, candidates[i]);

        if (its_score > best_score) {
            best = candidates[i];
            best_score = its_score;
        }
    }
    return best;
}
