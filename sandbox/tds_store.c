#include "sandbox/tds_store.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "model/scratch.h"
#include "sandbox/clinic/tables.h"
#include "sandbox/tds_views.h"
#include "source/source.h"

enum { OBJECTS_FROM = 245575913, LINE_SIZE = 512 };

struct tds_store {
    struct tds_rows **tables; /* those of the export first, then the views */
    size_t count;
    struct scratch *scratch; /* of all texts */
};

struct tds_rows *tds_store_add(struct tds_store *store, const char *name)
{
    struct tds_rows *rows = x_alloc(sizeof *rows);

    rows->name = x_strdup(name);
    rows->id = OBJECTS_FROM + (int)store->count * 16;
    store->tables = x_grow_array(store->tables, store->count + 1, sizeof(struct tds_rows *));
    store->tables[store->count++] = rows;
    return rows;
}

size_t tds_store_count(const struct tds_store *store)
{
    return store->count;
}

const struct tds_rows *tds_store_at(const struct tds_store *store, size_t number)
{
    return store->tables[number];
}

struct slice tds_store_keep(struct tds_store *store, struct slice text)
{
    return scratch_copy(store->scratch, text);
}

void tds_rows_add_field(struct tds_rows *rows, const char *name, const struct tds_type *type, bool key)
{
    rows->fields = x_grow_array(rows->fields, rows->field_count + 1, sizeof *rows->fields);
    rows->fields[rows->field_count++] = (struct tds_field){.name = x_strdup(name), .type = *type, .key = key};
}

struct tds_datum *tds_rows_add(struct tds_rows *rows)
{
    if (rows->row_count == rows->room) {
        rows->room = rows->room ? rows->room * 2 : 64;
        rows->cells = x_grow_array(rows->cells, rows->room * rows->field_count, sizeof *rows->cells);
    }
    return &rows->cells[rows->row_count++ * rows->field_count];
}

const struct tds_datum *tds_rows_at(const struct tds_rows *rows, size_t row)
{
    return &rows->cells[row * rows->field_count];
}

size_t tds_rows_field(const struct tds_rows *rows, const char *name)
{
    size_t at = 0;

    while (at < rows->field_count && strcasecmp(rows->fields[at].name, name) != 0)
        at++;
    return at;
}

const struct tds_rows *tds_store_find(const struct tds_store *store, const char *name)
{
    size_t size = strlen(name);

    for (size_t i = 0; i < store->count; i++) {
        const char *known = store->tables[i]->name;
        size_t length = strlen(known);
        bool is_end = length < size && name[size - length - 1] == '.' && strcasecmp(name + size - length, known) == 0;

        if (strcasecmp(known, name) == 0 || is_end ||
            (strncasecmp(known, "dbo.", 4) == 0 && strcasecmp(known + 4, name) == 0))
            return store->tables[i];
    }
    return NULL;
}

/* Of the reference schema, NULL: unknown. */
static const struct table *reference_table(const char *name)
{
    for (size_t i = 0; i < CLINIC_TABLE_COUNT; i++)
        if (strcasecmp(clinic_tables[i].name, name) == 0)
            return &clinic_tables[i];
    return NULL;
}

/* The reference schema: two tables have a key of two columns, one has none, all others begin with theirs. */
static bool is_reference_key(const char *table, size_t column)
{
    if (strcasecmp(table, "PatientGroupMember") == 0 || strcasecmp(table, "ServicePrice") == 0)
        return column < 2;
    return column == 0 && strcasecmp(table, "DbVersion") != 0;
}

/* Looks "Table.Column" up in types.list. */
static bool find_own_type(const char *folder, const char *table, struct tds_field *field, struct fault *fault)
{
    scoped(string_free) char *path = x_sprintf("%s/types.list", folder);
    scoped(string_free) char *wanted = x_sprintf("%s.%s ", table, field->name);
    scoped(file_close) FILE *file = fopen(path, "r");
    char line[LINE_SIZE];

    while (file && fgets(line, sizeof line, file)) {
        char *type = line + strlen(wanted);
        char *key = NULL;
        char *refers = NULL;

        if (strncasecmp(line, wanted, strlen(wanted)) != 0)
            continue;
        type[strcspn(type, "\r\n")] = '\0';
        key = strstr(type, " key");
        refers = strstr(type, " refers ");
        field->key = key != NULL;
        if (refers)
            field->refers = x_strdup(refers + strlen(" refers "));
        if (key)
            *key = '\0';
        if (refers)
            *refers = '\0';
        return tds_type_parse(slice_of(type), &field->type) ||
               fault_set(fault, FAULT_BAD_INPUT, "%s: %s.%s is of the type '%s', which is not known", path, table,
                         field->name, type);
    }
    return true;
}

static bool add_fields(struct tds_rows *rows, const char *folder, const char *table, const struct scan *scan,
                       struct fault *fault)
{
    const struct table *known = reference_table(table);

    for (size_t i = 0; i < scan_column_count(scan); i++) {
        struct tds_type type = {.id = TDS_TYPE_NVARCHAR, .length = TDS_LENGTH_MAX};
        const char *name = scan_column_name(scan, i);

        for (const struct column *column = known ? known->columns : NULL; column && column->name; column++)
            if (strcmp(column->name, name) == 0)
                (void)tds_type_parse(slice_of(column->type), &type);
        tds_rows_add_field(rows, name, &type, known && is_reference_key(table, i));
        if (!find_own_type(folder, table, &rows->fields[i], fault))
            return false;
    }
    return true;
}

/* A cell of bytes is the path of a file below the folder, or the bytes themselves as 0x…. */
static bool read_file_cell(struct tds_store *store, const char *folder, struct slice cell, struct tds_datum *ret,
                           struct fault *fault)
{
    scoped(string_free) char *path = x_sprintf("%s/%.*s", folder, (int)cell.size, cell.data);
    struct stat state;

    if (cell.size >= 2 && memcmp(cell.data, "0x", 2) == 0) {
        *ret = tds_text(tds_store_keep(store, (struct slice){cell.data, cell.size}));
        return true;
    }
    if (stat(path, &state) != 0)
        return fault_errno(fault, FAULT_BAD_INPUT, "cannot read %s", path);
    *ret = (struct tds_datum){.kind = TDS_FILE,
                              .bytes = tds_store_keep(store, (struct slice){path, strlen(path) + 1}),
                              .size = state.st_size};
    return true;
}

static bool read_rows(struct tds_store *store, const char *folder, struct tds_rows *rows, struct scan *scan,
                      struct fault *fault)
{
    const struct value *values = NULL;

    while (scan_next(scan, &values, fault)) {
        struct tds_datum *cells = NULL;

        if (!values)
            return true;
        cells = tds_rows_add(rows);
        for (size_t i = 0; i < rows->field_count; i++) {
            cells[i] = (struct tds_datum){.kind = TDS_NULL};
            if (values[i].type == VALUE_NULL)
                continue;
            if (!tds_type_is_bytes(&rows->fields[i].type))
                cells[i] = tds_text(tds_store_keep(store, values[i].text));
            else if (!read_file_cell(store, folder, values[i].text, &cells[i], fault))
                return false;
        }
    }
    return false;
}

static bool load_table(struct tds_store *store, const char *folder, struct source *source, size_t table,
                       struct fault *fault)
{
    const char *name = source_table_name(source, table);
    scoped(string_free) char *full = x_sprintf("dbo.%s", name);
    scoped(scan_close) struct scan *scan = NULL;
    struct tds_rows *rows = tds_store_add(store, full);

    return source_scan(source, table, &scan, fault) && add_fields(rows, folder, name, scan, fault) &&
           read_rows(store, folder, rows, scan, fault);
}

bool tds_store_load(const struct tds_store_options *options, struct tds_store **ret, struct fault *fault)
{
    scoped(tds_store_destroy) struct tds_store *store = x_alloc(sizeof *store);
    scoped(source_close) struct source *source = NULL;
    struct source_options reading = {.encoding = "UTF-8", .separator = ','};

    store->scratch = scratch_new();
    if (!source_open(options->folder, &reading, &source, fault))
        return false;
    for (size_t i = 0; i < source_table_count(source); i++)
        if (!load_table(store, options->folder, source, i, fault))
            return false;
    if (!tds_views_add(store, options->database, options->snapshots, fault))
        return false;
    *ret = steal(store);
    return true;
}

void tds_store_destroy(struct tds_store **store)
{
    if (!*store)
        return;
    for (size_t i = 0; i < (*store)->count; i++) {
        struct tds_rows *rows = (*store)->tables[i];

        for (size_t at = 0; at < rows->field_count; at++) {
            free(rows->fields[at].name);
            free(rows->fields[at].refers);
        }
        free(rows->fields);
        free(rows->cells);
        free(rows->name);
        free(rows);
    }
    free((*store)->tables);
    scratch_destroy(&(*store)->scratch);
    free(*store);
    *store = NULL;
}
