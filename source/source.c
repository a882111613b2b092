#include "source/source.h"

#include <fnmatch.h>
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

enum { FORMAT_SIZE = 100, LISTED_BYTES_MAX = 200 };

/* What is found out about a file once, and used for every further pass. */
struct findings {
    bool known;
    struct encoding encoding;
    char separator;
    size_t skipped_bytes; /* of decoded text: a line "sep=;" */
};

struct source {
    struct folder *folder;
    char *encoding;
    char separator;
    struct findings *findings; /* one for each file of the folder */
};

struct scan {
    const struct source *source;
    const struct folder_file *file;
    const struct value *values; /* of the row at hand; NULL before the first and after the last */
    struct bytes *bytes;
    struct decoder *decoder;
    struct slice first; /* text that was decoded before the reader was made */
    bool first_taken;
    bool ended;
    struct csv *csv;
    struct header header;
    uint64_t row_shift; /* 1 after a line "sep=;" */
    char format[FORMAT_SIZE];
};

bool source_open(const char *path, const struct source_options *options, struct source **ret, struct fault *fault)
{
    scoped(source_close) struct source *source = x_alloc(sizeof *source);

    if (!folder_open(path, &source->folder, fault))
        return false;
    source->findings = x_alloc_array(source->folder->count, sizeof *source->findings);
    source->encoding = x_strdup(options->encoding);
    source->separator = options->separator;
    *ret = steal(source);
    return true;
}

void source_close(struct source **source)
{
    if (!*source)
        return;
    folder_close(&(*source)->folder);
    free((*source)->findings);
    free((*source)->encoding);
    free(*source);
    *source = NULL;
}

size_t source_table_count(const struct source *source)
{
    return source->folder->count;
}

const char *source_table_name(const struct source *source, size_t table)
{
    must(table < source->folder->count);
    return source->folder->files[table].table;
}

const char *source_table_origin(const struct source *source, size_t table)
{
    must(table < source->folder->count);
    return source->folder->files[table].origin;
}

static bool fault_tables(const struct source *source, const char *name, const char *what, struct fault *fault)
{
    struct text known;

    text_init(&known, LISTED_BYTES_MAX);
    for (size_t i = 0; i < source->folder->count; i++)
        text_printf(&known, "%s%s", i ? ", " : "", source->folder->files[i].table);
    fault_set(fault, FAULT_BAD_INPUT, "%s '%.60s'; the source's tables are: %s%s", what, name, text_string(&known),
              known.overflowed ? " …" : "");
    text_release(&known);
    return false;
}

bool source_find_table(const struct source *source, const char *name, size_t *ret, struct fault *fault)
{
    size_t found = source->folder->count;

    for (size_t i = 0; i < source->folder->count; i++) {
        if (fnmatch(name, source->folder->files[i].table, FNM_CASEFOLD | FNM_NOESCAPE) != 0)
            continue;
        if (found < source->folder->count)
            return fault_tables(source, name, "more than one table fits", fault);
        found = i;
    }
    if (found == source->folder->count)
        return fault_tables(source, name, "there is no table", fault);
    *ret = found;
    return true;
}

static bool open_bytes(const struct folder_file *file, struct bytes **ret, struct fault *fault)
{
    return bytes_open(file->path, file->packing, file->member, ret, fault);
}

static bool find_encoding(const struct source *source, const struct folder_file *file, struct encoding *ret,
                          struct fault *fault)
{
    scoped(bytes_close) struct bytes *bytes = NULL;

    if (!open_bytes(file, &bytes, fault))
        return false;
    return source->encoding ? encoding_named(source->encoding, bytes, ret, fault) : encoding_detect(bytes, ret, fault);
}

/* The next text that is not empty; at the end an empty one. */
static bool next_text(struct scan *scan, struct slice *ret, struct fault *fault)
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
    struct scan *scan = context;

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

static void find_separator(const struct source *source, struct slice text, struct findings *findings)
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

static bool open_text(const struct source *source, struct scan *scan, struct findings *findings, struct fault *fault)
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

static bool read_header(struct scan *scan, struct fault *fault)
{
    const struct value *values = NULL;
    size_t count = 0;

    if (!csv_next(scan->csv, &values, &count, fault))
        return false;
    if (!values)
        return fault_set(fault, FAULT_BAD_INPUT, "the file is empty: its first row must name the columns");
    return header_read(values, count, &scan->header, fault);
}

bool source_scan(struct source *source, size_t table, struct scan **ret, struct fault *fault)
{
    scoped(scan_close) struct scan *scan = x_alloc(sizeof *scan);

    must(table < source->folder->count);
    scan->source = source;
    scan->file = &source->folder->files[table];
    if (!open_text(source, scan, &source->findings[table], fault))
        return fault_prefix(fault, "%s", scan->file->origin);
    scan->csv = csv_new(source->findings[table].separator, fill, scan);
    if (!read_header(scan, fault))
        return fault_prefix(fault, "%s", scan->file->origin);
    *ret = steal(scan);
    return true;
}

void scan_close(struct scan **scan)
{
    if (!*scan)
        return;
    csv_destroy(&(*scan)->csv);
    decoder_destroy(&(*scan)->decoder);
    bytes_close(&(*scan)->bytes);
    header_release(&(*scan)->header);
    free(*scan);
    *scan = NULL;
}

size_t scan_column_count(const struct scan *scan)
{
    return scan->header.count;
}

const char *scan_column_name(const struct scan *scan, size_t column)
{
    must(column < scan->header.count);
    return scan->header.names[column];
}

bool scan_find_column(const struct scan *scan, const char *name, size_t *ret, struct fault *fault)
{
    return header_find(&scan->header, scan->file->origin, name, ret, fault);
}

/* Empty fields beyond the header are what spreadsheets leave at the end of a row; anything else has slipped. */
static bool check_width(const struct scan *scan, const struct value *values, size_t count, struct fault *fault)
{
    size_t width = count;

    while (width > scan->header.count && values[width - 1].type == VALUE_NULL)
        width--;
    if (width == scan->header.count)
        return true;
    return fault_set(
        fault, FAULT_BAD_INPUT,
        "%s, row %" PRIu64 " (line %" PRIu64 ") has %zu fields, but the header has %zu: is there a separator "
        "or a newline in a value that is not in quotes?",
        scan->file->origin, scan_row(scan), csv_line(scan->csv) + scan->row_shift, width, scan->header.count);
}

bool scan_next(struct scan *scan, const struct value **ret, struct fault *fault)
{
    const struct value *values = NULL;
    size_t count = 0;

    scan->values = NULL;
    if (!csv_next(scan->csv, &values, &count, fault))
        return fault_prefix(fault, "%s", scan->file->origin);
    if (values && !check_width(scan, values, count, fault))
        return false;
    scan->values = values;
    *ret = values;
    return true;
}

uint64_t scan_row(const struct scan *scan)
{
    return csv_row(scan->csv) + scan->row_shift;
}

bool scan_locate(const struct scan *scan, size_t column, struct text *locator, int64_t *ret_size_bytes, bool *ret_found,
                 struct fault *fault)
{
    must(scan->values && column < scan->header.count);
    *ret_found = false;
    if (scan->values[column].type != VALUE_TEXT)
        return true;
    return blob_locate(scan->source->folder, letters_trim(scan->values[column].text), locator, ret_size_bytes,
                       ret_found, fault);
}

bool source_open_blob(struct source *source, const char *locator, struct blob **ret, struct fault *fault)
{
    return blob_open(source->folder, locator, ret, fault);
}

const char *scan_format(const struct scan *scan)
{
    return scan->format;
}
