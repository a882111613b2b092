#include "source/csv_source.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/must.h"
#include "model/letters.h"
#include "source/blob.h"
#include "source/bytes.h"
#include "source/csv.h"
#include "source/encoding.h"
#include "source/folder.h"
#include "source/header.h"
#include "source/source_driver.h"

enum { FORMAT_SIZE = 100 };

/* What is found out about a file once, and used for every further pass. */
struct findings {
    bool known;
    struct encoding encoding;
    char separator;
    size_t skipped_bytes; /* of decoded text: a line "sep=;" */
};

struct csv_source {
    struct source base;
    struct folder *folder;
    char *encoding;
    char separator;
    struct findings *findings; /* one for each file of the folder */
};

struct csv_scan {
    struct scan base;
    const struct csv_source *source;
    const struct folder_file *file;
    struct bytes *bytes;
    struct decoder *decoder;
    struct slice first; /* text that was decoded before the reader was made */
    bool first_taken;
    bool ended;
    struct csv *csv;
    uint64_t row_shift; /* 1 after a line "sep=;" */
    char format[FORMAT_SIZE];
};

static bool open_bytes(const struct folder_file *file, struct bytes **ret, struct fault *fault)
{
    return bytes_open(file->path, file->packing, file->member, ret, fault);
}

static bool find_encoding(const struct csv_source *source, const struct folder_file *file, struct encoding *ret,
                          struct fault *fault)
{
    scoped(bytes_close) struct bytes *bytes = NULL;

    if (!open_bytes(file, &bytes, fault))
        return false;
    return source->encoding ? encoding_named(source->encoding, bytes, ret, fault) : encoding_detect(bytes, ret, fault);
}

/* The next text that is not empty; at the end an empty one. */
static bool next_text(struct csv_scan *scan, struct slice *ret, struct fault *fault)
{
    struct slice bytes = {0};

    *ret = (struct slice){"", 0};
    while (ret->size == 0 && !scan->ended) {
        if (!bytes_next(scan->bytes, &bytes, fault) || !decoder_next(scan->decoder, bytes, ret, fault))
            return false;
        scan->ended = bytes.size == 0;
    }
    return true;
}

static bool fill(void *context, struct slice *ret, struct fault *fault)
{
    struct csv_scan *scan = context;

    if (scan->first_taken)
        return next_text(scan, ret, fault);
    scan->first_taken = true;
    if (scan->first.size == 0)
        return next_text(scan, ret, fault);
    *ret = scan->first;
    return true;
}

/* Spreadsheets put "sep=;" on a line before the header. */
static void look_for_hint(struct slice text, struct findings *findings)
{
    if (text.size < 6 || strncasecmp(text.data, "sep=", 4) != 0 || !strchr("\r\n", text.data[5]))
        return;
    findings->separator = text.data[4];
    findings->skipped_bytes = text.data[5] == '\r' && text.size > 6 && text.data[6] == '\n' ? 7 : 6;
}

static void find_separator(const struct csv_source *source, struct slice text, struct findings *findings)
{
    look_for_hint(text, findings);
    if (source->separator)
        findings->separator = source->separator;
    else if (!findings->separator)
        findings->separator = csv_detect_separator(text);
}

static const char *separator_name(char separator)
{
    static char name[2];

    name[0] = separator;
    return separator == '\t' ? "tabs" : name;
}

static bool open_text(const struct csv_source *source, struct csv_scan *scan, struct findings *findings,
                      struct fault *fault)
{
    if (!findings->known && !find_encoding(source, scan->file, &findings->encoding, fault))
        return false;
    if (!open_bytes(scan->file, &scan->bytes, fault) || !decoder_new(&findings->encoding, &scan->decoder, fault) ||
        !next_text(scan, &scan->first, fault))
        return false;
    if (!findings->known)
        find_separator(source, scan->first, findings);
    findings->known = true;
    scan->row_shift = findings->skipped_bytes > 0;
    scan->first.data += findings->skipped_bytes;
    scan->first.size -= findings->skipped_bytes;
    snprintf(scan->format, sizeof scan->format, "%s%s, separated by %s", findings->encoding.name,
             findings->encoding.mark_size ? " with byte order mark" : "", separator_name(findings->separator));
    return true;
}

static bool read_header(struct csv_scan *scan, struct fault *fault)
{
    const struct value *values = NULL;
    size_t count = 0;

    if (!csv_next(scan->csv, &values, &count, fault))
        return false;
    if (!values)
        return fault_set(fault, FAULT_BAD_INPUT, "the file is empty: its first row must name the columns");
    return header_read(values, count, &scan->base.header, fault);
}

static const struct csv_scan *csv_scan_of(const struct scan *scan)
{
    return (const struct csv_scan *)scan;
}

static void close_scan(struct scan *base)
{
    struct csv_scan *scan = (struct csv_scan *)base;

    csv_destroy(&scan->csv);
    decoder_destroy(&scan->decoder);
    bytes_close(&scan->bytes);
}

static uint64_t row_number(const struct scan *base)
{
    const struct csv_scan *scan = csv_scan_of(base);

    return csv_row(scan->csv) + scan->row_shift;
}

/* Empty fields beyond the header are what spreadsheets leave at the end of a row; anything else has slipped. */
static bool check_width(const struct csv_scan *scan, const struct value *values, size_t count, struct fault *fault)
{
    size_t width = count;

    while (width > scan->base.header.count && values[width - 1].type == VALUE_NULL)
        width--;
    if (width == scan->base.header.count)
        return true;
    return fault_set(fault, FAULT_BAD_INPUT,
                     "%s, row %" PRIu64 " (line %" PRIu64
                     ") has %zu fields, but the header has %zu: is there a separator "
                     "or a newline in a value that is not in quotes?",
                     scan->base.origin, row_number(&scan->base), csv_line(scan->csv) + scan->row_shift, width,
                     scan->base.header.count);
}

static bool next_row(struct scan *base, const struct value **ret, struct fault *fault)
{
    struct csv_scan *scan = (struct csv_scan *)base;
    size_t count = 0;

    if (!csv_next(scan->csv, ret, &count, fault))
        return fault_prefix(fault, "%s", base->origin);
    return !*ret || check_width(scan, *ret, count, fault);
}

static const char *format(const struct scan *scan)
{
    return csv_scan_of(scan)->format;
}

static bool locate(const struct scan *scan, size_t column, struct text *locator, int64_t *ret_size_bytes,
                   bool *ret_found, struct fault *fault)
{
    *ret_found = false;
    if (scan->values[column].type != VALUE_TEXT)
        return true;
    return blob_locate(csv_scan_of(scan)->source->folder, letters_trim(scan->values[column].text), locator,
                       ret_size_bytes, ret_found, fault);
}

static const struct scan_driver csv_scan_driver = {
    .close = close_scan,
    .next = next_row,
    .row = row_number,
    .format = format,
    .locate = locate,
};

static bool open_scan(struct source *base, size_t table, struct scan **ret, struct fault *fault)
{
    struct csv_source *source = (struct csv_source *)base;
    struct csv_scan *scan = x_alloc(sizeof *scan);
    scoped(scan_close) struct scan *owned = &scan->base;

    must(table < source->folder->count);
    owned->driver = &csv_scan_driver;
    owned->origin = source->folder->files[table].origin;
    scan->source = source;
    scan->file = &source->folder->files[table];
    if (!open_text(source, scan, &source->findings[table], fault))
        return fault_prefix(fault, "%s", owned->origin);
    scan->csv = csv_new(source->findings[table].separator, fill, scan);
    if (!read_header(scan, fault))
        return fault_prefix(fault, "%s", owned->origin);
    *ret = steal(owned);
    return true;
}

static void close_source(struct source *base)
{
    struct csv_source *source = (struct csv_source *)base;

    folder_close(&source->folder);
    free(source->findings);
    free(source->encoding);
}

static size_t table_count(const struct source *source)
{
    return ((const struct csv_source *)source)->folder->count;
}

static struct source_table table_at(const struct source *source, size_t table)
{
    const struct folder_file *file = &((const struct csv_source *)source)->folder->files[table];

    return (struct source_table){.name = file->table, .origin = file->origin, .rows = -1};
}

static bool open_blob(struct source *source, const char *locator, struct blob **ret, struct fault *fault)
{
    return blob_open(((struct csv_source *)source)->folder, locator, ret, fault);
}

static void describe(const struct source *base, struct source_facts *facts)
{
    const struct folder *folder = ((const struct csv_source *)base)->folder;

    source_facts_put(facts, "kind", "What it is", "CSV export");
    source_facts_put(facts, "files", "Files", "%zu", folder->count);
}

static const struct source_driver csv_driver = {
    .close = close_source,
    .table_count = table_count,
    .table = table_at,
    .scan = open_scan,
    .open_blob = open_blob,
    .describe = describe,
};

bool csv_source_open(const char *path, const struct source_options *options, struct source **ret, struct fault *fault)
{
    struct folder *folder = NULL;
    struct csv_source *source = NULL;

    if (!folder_open(path, &folder, fault))
        return false;
    source = x_alloc(sizeof *source);
    source->base.driver = &csv_driver;
    source->folder = folder;
    source->findings = x_alloc_array(folder->count, sizeof *source->findings);
    source->encoding = x_strdup(options->encoding);
    source->separator = options->separator;
    *ret = &source->base;
    return true;
}
