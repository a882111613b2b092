/* Rows of one table: a sample for people, or all of them as CSV. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/bar.h"
#include "cli/command.h"
#include "cli/inspect_parts.h"

enum {
    SAMPLE_ROWS = 10,
    SHOWN_BYTES = 120,
    TYPE_BYTES = 600,
    SHOWN_BINARY = 16,
    HEX_AT_ONCE = 512,
    LOCATOR_ROOM = 600,
    PIECE = 32 * 1024,
    ROW_BYTES_MAX = 256 * 1024 * 1024,
    ROWS_PER_MOVE = 1000,
};

static bool open_table(struct source *source, const char *name, size_t *ret_table, struct scan **ret,
                       struct fault *fault)
{
    return source_find_table(source, name, ret_table, fault) && source_scan(source, *ret_table, ret, fault);
}

static int column_width(const struct scan *scan)
{
    size_t width = 0;

    for (size_t i = 0; i < scan_column_count(scan); i++)
        if (strlen(scan_column_name(scan, i)) > width)
            width = strlen(scan_column_name(scan, i));
    return (int)width;
}

static void put_hex(const char *data, size_t size, struct text *out)
{
    static const char digits[] = "0123456789ABCDEF";
    char pairs[HEX_AT_ONCE * 2];

    for (size_t at = 0; at < size; at += HEX_AT_ONCE) {
        size_t count = size - at < HEX_AT_ONCE ? size - at : HEX_AT_ONCE;

        for (size_t i = 0; i < count; i++) {
            pairs[2 * i] = digits[(unsigned char)data[at + i] >> 4];
            pairs[2 * i + 1] = digits[(unsigned char)data[at + i] & 15];
        }
        text_put(out, pairs, 2 * count);
    }
}

/* On one line, and cut where it is long. */
static void put_shown_text(struct slice text, struct text *out)
{
    size_t size = text.size < SHOWN_BYTES ? text.size : SHOWN_BYTES;

    while (size < text.size && size > 0 && ((unsigned char)text.data[size] & 0xC0) == 0x80)
        size--;
    for (size_t i = 0; i < size; i++)
        text_putc(out, (unsigned char)text.data[i] < ' ' || text.data[i] == 0x7F ? ' ' : text.data[i]);
    if (size < text.size)
        text_printf(out, "… (%zu bytes)", text.size);
    if (text.size == 0)
        text_puts(out, "(empty)");
}

static void put_shown(const struct value *value, struct text *out)
{
    size_t size = value->text.size < SHOWN_BINARY ? value->text.size : SHOWN_BINARY;

    switch (value->type) {
    case VALUE_NULL:
        text_puts(out, "(NULL)");
        break;
    case VALUE_TEXT:
        put_shown_text(value->text, out);
        break;
    case VALUE_BYTES:
        if (value->text.data) {
            text_puts(out, "0x");
            put_hex(value->text.data, size, out);
        }
        if (!value->text.data || size < value->text.size)
            text_printf(out, "%s(%" PRId64 " bytes)", value->text.data ? "… " : "", value->integer);
        break;
    default:
        value_put(value, out);
        break;
    }
}

static void print_row(const struct scan *scan, const struct value *values, int width, FILE *out)
{
    fprintf(out, "\nrow %" PRIu64 "\n", scan_row(scan));
    for (size_t i = 0; i < scan_column_count(scan); i++) {
        struct text shown;

        text_init(&shown, ROW_BYTES_MAX);
        put_shown(&values[i], &shown);
        fprintf(out, "  %-*s  %s\n", width, scan_column_name(scan, i), text_string(&shown));
        text_release(&shown);
    }
}

static void put_json_value(const struct value *value, struct json_writer *writer)
{
    struct text text;

    text_init(&text, ROW_BYTES_MAX);
    if (value->type == VALUE_NULL) {
        json_put_null(writer);
    } else {
        if (value->type == VALUE_BYTES)
            put_shown(value, &text);
        else
            value_put(value, &text);
        json_put_text(writer, text_string(&text));
    }
    text_release(&text);
}

static void print_json_row(const struct scan *scan, const struct value *values, FILE *out)
{
    struct json_writer writer;
    struct text line;

    text_init(&line, ROW_BYTES_MAX);
    json_write_init(&writer, &line);
    json_begin_object(&writer);
    for (size_t i = 0; i < scan_column_count(scan); i++) {
        json_key(&writer, scan_column_name(scan, i));
        put_json_value(&values[i], &writer);
    }
    json_end_object(&writer);
    fprintf(out, "%s\n", text_string(&line));
    text_release(&line);
}

/* ", primary key" and ", refers to Patient.PatientID". A table that cannot be scanned is named without its column. */
static void put_keys(struct source *source, size_t table, size_t column, struct text *out)
{
    scoped(scan_close) struct scan *target = NULL;
    struct source_keys keys;
    struct fault ignored = {0};

    source_keys_of(source, table, column, &keys);
    if (keys.primary || keys.unique)
        text_puts(out, keys.primary ? ", primary key" : ", unique");
    if (!keys.refers)
        return;
    text_printf(out, ", refers to %s", source_table_name(source, keys.table));
    if (source_scan(source, keys.table, &target, &ignored))
        text_printf(out, ".%s", scan_column_name(target, keys.column));
}

static void print_columns(struct source *source, size_t table, const struct scan *scan, int width, FILE *out)
{
    for (size_t i = 0; i < scan_column_count(scan); i++) {
        struct text type;

        text_init(&type, TYPE_BYTES);
        scan_column_type(scan, i, &type);
        put_keys(source, table, i, &type);
        fprintf(out, "  %-*s  %s\n", width, scan_column_name(scan, i), text_string(&type));
        text_release(&type);
    }
}

/* Damage that the sample has come across; at the end of the table also rows that are too few or too many. */
static void print_problems(const struct scan_tally *tally, int64_t absent, bool as_json, FILE *out)
{
    struct json_writer writer;
    struct text line;

    if (!as_json) {
        fputs("\nSome of it is damaged or missing:\n", out);
        for (size_t i = 0; i < tally->problem_count && i < SCAN_PROBLEMS_MAX; i++)
            fprintf(out, "  %s\n", tally->problems[i]);
        if (tally->problem_count > SCAN_PROBLEMS_MAX)
            fprintf(out, "  and %zu more\n", tally->problem_count - SCAN_PROBLEMS_MAX);
        if (absent)
            fprintf(out, "  its server counted %" PRId64 " rows\n", tally->expected);
        return;
    }
    text_init(&line, ROW_BYTES_MAX);
    json_write_init(&writer, &line);
    json_begin_object(&writer);
    json_key(&writer, "problems");
    json_begin_array(&writer);
    for (size_t i = 0; i < tally->problem_count && i < SCAN_PROBLEMS_MAX; i++)
        json_put_text(&writer, tally->problems[i]);
    json_end_array(&writer);
    json_member_integer(&writer, "problem_count", (int64_t)tally->problem_count);
    if (absent)
        json_member_integer(&writer, "counted_by_server", tally->expected);
    json_end_object(&writer);
    fprintf(out, "%s\n", text_string(&line));
    text_release(&line);
}

static void judge_sample(const struct scan *scan, int64_t rows, bool ended, bool as_json, FILE *out, int *ret_status)
{
    struct scan_tally tally;
    int64_t absent;

    scan_tally_of(scan, &tally);
    absent = ended && tally.expected >= 0 ? tally.expected - rows : 0;
    if (tally.problem_count == 0 && absent == 0)
        return;
    print_problems(&tally, absent, as_json, out);
    *ret_status = STATUS_WITH_FAILURES;
}

bool inspect_sample(struct source *source, const char *name, bool as_json, FILE *out, int *ret_status,
                    struct fault *fault)
{
    scoped(scan_close) struct scan *scan = NULL;
    const struct value *values = NULL;
    size_t table = 0;
    int64_t rows = 0;
    int width = 0;

    if (!open_table(source, name, &table, &scan, fault))
        return false;
    width = column_width(scan);
    if (!as_json) {
        fprintf(out, "%s (%s)\n", source_table_name(source, table), scan_format(scan));
        print_columns(source, table, scan, width, out);
    }
    do {
        if (!scan_next(scan, &values, fault))
            return false;
        if (values && as_json)
            print_json_row(scan, values, out);
        else if (values)
            print_row(scan, values, width, out);
        rows += values != NULL;
    } while (values && rows < SAMPLE_ROWS);
    judge_sample(scan, rows, !values, as_json, out, ret_status);
    return true;
}

static void write_doubling_quotes(struct slice text, FILE *out)
{
    while (text.size) {
        const char *quote = memchr(text.data, '"', text.size);
        size_t part = quote ? (size_t)(quote - text.data) + 1 : text.size;

        fwrite(text.data, 1, part, out);
        if (quote)
            fputc('"', out);
        text.data += part;
        text.size -= part;
    }
}

/* Quotes where RFC 4180 wants them, where blanks at an end could get lost, and where nothing would look like NULL. */
static bool needs_quotes(struct slice text)
{
    if (text.size == 0 || text.data[0] == ' ' || text.data[text.size - 1] == ' ')
        return true;
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] == ',' || text.data[i] == '"' || text.data[i] == '\r' || text.data[i] == '\n')
            return true;
    return false;
}

static void write_text(struct slice text, FILE *out)
{
    if (!needs_quotes(text)) {
        fwrite(text.data, 1, text.size, out);
        return;
    }
    fputc('"', out);
    write_doubling_quotes(text, out);
    fputc('"', out);
}

/* A value that is not at hand: bytes as hexadecimal digits, text as it is; a piece at a time. */
static bool write_located(struct source *source, const char *locator, bool as_hex, FILE *out, struct fault *fault)
{
    scoped(blob_close) struct blob *blob = NULL;
    char piece[PIECE];
    struct text hex;
    size_t size = 0;
    bool good = true;

    if (!source_open_blob(source, locator, &blob, fault))
        return false;
    text_init(&hex, 2 * PIECE);
    fputs(as_hex ? "0x" : "\"", out);
    do {
        good = blob_read(blob, piece, sizeof piece, &size, fault);
        text_clear(&hex);
        if (good && as_hex)
            put_hex(piece, size, &hex);
        if (good && as_hex)
            fwrite(text_string(&hex), 1, hex.size, out);
        else if (good)
            write_doubling_quotes((struct slice){piece, size}, out);
    } while (good && size);
    if (!as_hex)
        fputc('"', out);
    text_release(&hex);
    return good;
}

static bool write_bytes(struct source *source, const struct scan *scan, size_t column, const struct value *value,
                        FILE *out, struct fault *fault)
{
    struct text text;
    struct text type;
    int64_t size = 0;
    bool found = false;
    bool good = true;

    text_init(&text, ROW_BYTES_MAX);
    text_init(&type, SHOWN_BYTES);
    if (value->text.data) {
        put_hex(value->text.data, value->text.size, &text);
        fprintf(out, "0x%s", text_string(&text));
    } else {
        text_clear(&text);
        scan_column_type(scan, column, &type);
        good = scan_locate(scan, column, &text, &size, &found, fault);
        if (good && found) /* a text that is too large to be at hand comes as bytes too */
            good =
                write_located(source, text_string(&text),
                              !strstr(text_string(&type), "char") && !strstr(text_string(&type), "text"), out, fault);
    }
    text_release(&type);
    text_release(&text);
    return good;
}

static bool write_row(struct source *source, const struct scan *scan, const bool *shown, const struct value *values,
                      FILE *out, struct text *plain, struct fault *fault)
{
    bool first = true;

    for (size_t i = 0; i < scan_column_count(scan); i++) {
        if (!shown[i])
            continue;
        fputs(first ? "" : ",", out);
        first = false;
        if (values[i].type == VALUE_TEXT) {
            write_text(values[i].text, out);
            continue;
        }
        if (values[i].type == VALUE_BYTES) {
            if (!write_bytes(source, scan, i, &values[i], out, fault))
                return false;
            continue;
        }
        text_clear(plain);
        value_put(&values[i], plain);
        fputs(text_string(plain), out);
    }
    fputs("\r\n", out);
    return true;
}

/* The columns whose values the source holds; the others are named. */
static bool *choose_columns(const struct scan *scan)
{
    bool *shown = x_alloc_array(scan_column_count(scan) + 1, sizeof *shown);

    for (size_t i = 0; i < scan_column_count(scan); i++) {
        struct fault fault = {0};

        shown[i] = scan_may_read(scan, i, &fault);
        if (!shown[i])
            fprintf(stderr, "handover: warning: left out: %s\n", fault.text);
    }
    return shown;
}

static void write_header(const struct scan *scan, const bool *shown, FILE *out)
{
    bool first = true;

    for (size_t i = 0; i < scan_column_count(scan); i++) {
        if (!shown[i])
            continue;
        fputs(first ? "" : ",", out);
        first = false;
        write_text(slice_of(scan_column_name(scan, i)), out);
    }
    fputs("\r\n", out);
}

bool inspect_csv(struct source *source, const char *name, FILE *out, struct fault *fault)
{
    struct bar bar = {.title = "writing rows", .shown = -1};
    scoped(scan_close) struct scan *scan = NULL;
    const struct value *values = NULL;
    size_t table = 0;
    int64_t rows = 0;
    bool good = true;
    bool *shown;
    struct text plain;

    if (!open_table(source, name, &table, &scan, fault))
        return false;
    shown = choose_columns(scan);
    write_header(scan, shown, out);
    text_init(&plain, SHOWN_BYTES);
    while (good && !ferror(out)) {
        good = scan_next(scan, &values, fault);
        if (!good || !values)
            break;
        good = write_row(source, scan, shown, values, out, &plain, fault);
        if (++rows % ROWS_PER_MOVE == 0 && source_table_at(source, table).rows > 0)
            bar_move_bytes(&bar, rows, source_table_at(source, table).rows);
    }
    bar_end(&bar);
    text_release(&plain);
    free(shown);
    return good;
}
