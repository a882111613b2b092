#include "source/source.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/must.h"
#include "source/bak_source.h"
#include "source/csv_source.h"
#include "source/source_driver.h"
#include "source/source_path.h"
#include "source/tds.h"
#include "source/tds_url.h"

enum { LISTED_BYTES_MAX = 200, FACT_BYTES_MAX = 4000 };

bool source_open(const char *path, const struct source_options *options, struct source **ret, struct fault *fault)
{
    scoped(source_path_destroy) struct source_path *parsed = NULL;

    if (tds_url_recognise(path))
        return tds_source_open(path, ret, fault);
    if (!source_path_read(path, &parsed, fault))
        return false;
    if (parsed->kind == SOURCE_PATH_BACKUP)
        return bak_source_open(parsed, options, ret, fault);
    return csv_source_open(parsed->paths[0], options, ret, fault);
}

bool source_is_there(const char *path)
{
    scoped(string_free) char *full = NULL;
    struct fault ignored = {0};

    return source_resolve(path, &full, &ignored);
}

void source_close(struct source **source)
{
    if (!*source)
        return;
    (*source)->driver->close(*source);
    free(*source);
    *source = NULL;
}

size_t source_table_count(const struct source *source)
{
    return source->driver->table_count(source);
}

struct source_table source_table_at(const struct source *source, size_t table)
{
    must(table < source_table_count(source));
    return source->driver->table(source, table);
}

const char *source_table_name(const struct source *source, size_t table)
{
    return source_table_at(source, table).name;
}

const char *source_table_origin(const struct source *source, size_t table)
{
    return source_table_at(source, table).origin;
}

void source_keys_of(const struct source *source, size_t table, size_t column, struct source_keys *ret)
{
    must(table < source_table_count(source));
    *ret = (struct source_keys){0};
    if (source->driver->keys)
        source->driver->keys(source, table, column, ret);
}

static bool fault_tables(const struct source *source, const char *name, const char *what, struct fault *fault)
{
    struct text known;

    text_init(&known, LISTED_BYTES_MAX);
    for (size_t i = 0; i < source_table_count(source); i++)
        text_printf(&known, "%s%s", i ? ", " : "", source_table_name(source, i));
    fault_set(fault, FAULT_BAD_INPUT, "%s '%.60s'; the source's tables are: %s%s", what, name, text_string(&known),
              known.overflowed ? " …" : "");
    text_release(&known);
    return false;
}

/* Tables of the schema dbo go by their own name. */
static const char *without_dbo(const char *name)
{
    return strncasecmp(name, "dbo.", 4) == 0 && name[4] ? name + 4 : name;
}

/* How many tables fit; *ret is the last of them. */
static size_t count_tables(const struct source *source, const char *name, size_t *ret)
{
    size_t found = 0;

    for (size_t i = 0; i < source_table_count(source); i++) {
        if (fnmatch(name, source_table_name(source, i), FNM_CASEFOLD | FNM_NOESCAPE) != 0)
            continue;
        *ret = i;
        found++;
    }
    return found;
}

bool source_find_table(const struct source *source, const char *name, size_t *ret, struct fault *fault)
{
    size_t found = count_tables(source, name, ret);

    if (found == 0 && without_dbo(name) != name)
        found = count_tables(source, without_dbo(name), ret);
    if (found == 0)
        return fault_tables(source, name, "there is no table", fault);
    return found == 1 || fault_tables(source, name, "more than one table fits", fault);
}

bool source_scan(struct source *source, size_t table, struct scan **ret, struct fault *fault)
{
    must(table < source_table_count(source));
    return source->driver->scan(source, table, ret, fault);
}

void scan_close(struct scan **scan)
{
    if (!*scan)
        return;
    (*scan)->driver->close(*scan);
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

void scan_column_type(const struct scan *scan, size_t column, struct text *out)
{
    must(column < scan->header.count);
    if (scan->driver->type)
        scan->driver->type(scan, column, out);
    else
        text_puts(out, "text");
}

bool scan_find_column(const struct scan *scan, const char *name, size_t *ret, struct fault *fault)
{
    return header_find(&scan->header, scan->origin, name, ret, fault) && scan_may_read(scan, *ret, fault);
}

bool scan_may_read(const struct scan *scan, size_t column, struct fault *fault)
{
    return !scan->driver->may_read || scan->driver->may_read(scan, column, fault);
}

bool scan_next(struct scan *scan, const struct value **ret, struct fault *fault)
{
    scan->values = NULL;
    if (!scan->driver->next(scan, ret, fault))
        return false;
    scan->values = *ret;
    scan->rows += *ret != NULL;
    return true;
}

uint64_t scan_row(const struct scan *scan)
{
    return scan->driver->row(scan);
}

const char *scan_format(const struct scan *scan)
{
    return scan->driver->format(scan);
}

bool scan_locate(const struct scan *scan, size_t column, struct text *locator, int64_t *ret_size_bytes, bool *ret_found,
                 struct fault *fault)
{
    must(scan->values && column < scan->header.count);
    return scan->driver->locate(scan, column, locator, ret_size_bytes, ret_found, fault);
}

void scan_tally_of(const struct scan *scan, struct scan_tally *ret)
{
    *ret = (struct scan_tally){.rows = (int64_t)scan->rows, .expected = -1};
    if (scan->driver->tally)
        scan->driver->tally(scan, ret);
}

bool source_open_blob(struct source *source, const char *locator, struct blob **ret, struct fault *fault)
{
    return source->driver->open_blob(source, locator, ret, fault);
}

void blob_close(struct blob **blob)
{
    if (!*blob)
        return;
    (*blob)->driver->close(*blob);
    free(*blob);
    *blob = NULL;
}

int64_t blob_size(const struct blob *blob)
{
    return blob->size;
}

bool blob_read(struct blob *blob, void *buffer, size_t size, size_t *ret_size, struct fault *fault)
{
    return blob->driver->read(blob, buffer, size, ret_size, fault);
}

void source_describe(const struct source *source, struct source_facts *facts)
{
    if (source->driver->describe)
        source->driver->describe(source, facts);
}

bool source_examine(struct source *source, struct source_facts *facts, struct fault *fault)
{
    return !source->driver->examine || source->driver->examine(source, facts, fault);
}

bool source_check_step(struct source *source, struct source_facts *facts, double *ret_done, bool *ret_end,
                       struct fault *fault)
{
    *ret_done = 1;
    *ret_end = true;
    return !source->driver->check_step || source->driver->check_step(source, facts, ret_done, ret_end, fault);
}

static char *write_out(const char *format, va_list arguments) PRINTF_LIKE(1, 0);

static char *write_out(const char *format, va_list arguments)
{
    char buffer[FACT_BYTES_MAX];

    vsnprintf(buffer, sizeof buffer, format, arguments);
    return x_strdup(buffer);
}

void source_facts_put(struct source_facts *facts, const char *name, const char *title, const char *format, ...)
{
    va_list arguments;

    facts->facts = x_grow_array(facts->facts, facts->count + 1, sizeof *facts->facts);
    va_start(arguments, format);
    facts->facts[facts->count++] =
        (struct source_fact){.name = name, .title = title, .text = write_out(format, arguments)};
    va_end(arguments);
}

void source_facts_count(struct source_facts *facts, const char *name, const char *title, int64_t number)
{
    source_facts_put(facts, name, title, "%" PRId64, number);
    facts->facts[facts->count - 1].is_number = true;
}

void source_facts_add(struct source_facts *facts, const char *name, const char *title, const char *format, ...)
{
    va_list arguments;

    facts->facts = x_grow_array(facts->facts, facts->count + 1, sizeof *facts->facts);
    va_start(arguments, format);
    facts->facts[facts->count++] =
        (struct source_fact){.name = name, .title = title, .text = write_out(format, arguments), .in_list = true};
    va_end(arguments);
}

void source_facts_warn(struct source_facts *facts, const char *format, ...)
{
    va_list arguments;

    facts->warnings = x_grow_array(facts->warnings, facts->warning_count + 1, sizeof *facts->warnings);
    va_start(arguments, format);
    facts->warnings[facts->warning_count++] = write_out(format, arguments);
    va_end(arguments);
}

void source_facts_fault(struct source_facts *facts, const char *format, ...)
{
    size_t notes = facts->warning_count - facts->fault_count;
    va_list arguments;

    facts->warnings = x_grow_array(facts->warnings, facts->warning_count + 1, sizeof *facts->warnings);
    if (notes)
        memmove(facts->warnings + facts->fault_count + 1, facts->warnings + facts->fault_count,
                notes * sizeof *facts->warnings);
    va_start(arguments, format);
    facts->warnings[facts->fault_count++] = write_out(format, arguments);
    va_end(arguments);
    facts->warning_count++;
}

void source_facts_release(struct source_facts *facts)
{
    for (size_t i = 0; i < facts->count; i++)
        free(facts->facts[i].text);
    for (size_t i = 0; i < facts->warning_count; i++)
        free(facts->warnings[i]);
    free(facts->facts);
    free(facts->warnings);
    *facts = (struct source_facts){0};
}
