#include "source/bak_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/must.h"
#include "source/bak_source_parts.h"

struct bak_source *bak_source_of(struct source *source)
{
    return (struct bak_source *)source;
}

const struct bak_source *bak_source_view(const struct source *source)
{
    return (const struct bak_source *)source;
}

static void close_source(struct source *base)
{
    struct bak_source *source = bak_source_of(base);

    for (size_t i = 0; i < source->table_count; i++) {
        free(source->tables[i].name);
        free(source->tables[i].trouble);
        free(source->tables[i].columns);
    }
    free(source->tables);
    free(source->beside);
    bak_check_destroy(&source->check);
    bak_scalars_destroy(&source->scalars);
    bak_close(&source->database);
    zip_spool_close(&source->spool);
}

static size_t table_count(const struct source *source)
{
    return bak_source_view(source)->table_count;
}

static struct source_table table_at(const struct source *source, size_t number)
{
    const struct bak_source_table *table = &bak_source_view(source)->tables[number];

    return (struct source_table){
        .name = table->name, .origin = table->name, .rows = table->table->rows, .trouble = table->trouble};
}

/* The place of a table and of one of its columns in what the source lists. */
static bool find_target(const struct bak_source *source, const struct bak_column *facts, struct source_keys *ret)
{
    for (size_t i = 0; facts->target_table && i < source->table_count; i++) {
        const struct bak_source_table *table = &source->tables[i];

        for (size_t k = 0; table->table->id == facts->target_table && k < table->column_count; k++) {
            if (table->table->columns[table->columns[k]].id != facts->target_column)
                continue;
            ret->table = i;
            ret->column = k;
            return true;
        }
    }
    return false;
}

static void keys_of(const struct source *base, size_t number, size_t column, struct source_keys *ret)
{
    const struct bak_source *source = bak_source_view(base);
    const struct bak_source_table *table = &source->tables[number];
    const struct bak_column *facts = NULL;

    must(column < table->column_count);
    facts = &table->table->columns[table->columns[column]];
    ret->known = true;
    ret->primary = facts->primary;
    ret->unique = facts->unique;
    ret->refers = find_target(source, facts, ret);
}

static const struct source_driver bak_driver = {
    .close = close_source,
    .table_count = table_count,
    .table = table_at,
    .keys = keys_of,
    .scan = bak_source_scan,
    .open_blob = bak_source_open_blob,
    .describe = bak_source_describe,
    .examine = bak_source_examine,
    .check_step = bak_source_check_step,
};

static void list_columns(struct bak_source_table *table)
{
    table->columns = x_alloc_array(table->table->column_count + 1, sizeof *table->columns);
    for (size_t i = 0; i < table->table->column_count; i++) {
        const struct bak_column *column = &table->table->columns[i];

        if ((!column->computed || column->persisted) && !column->column_set)
            table->columns[table->column_count++] = i;
    }
}

static int compare_tables(const void *one, const void *two)
{
    const struct bak_source_table *first = one;
    const struct bak_source_table *second = two;
    int order = strcasecmp(first->name, second->name);

    return order ? order : strcmp(first->name, second->name);
}

static void list_tables(struct bak_source *source)
{
    const struct bak_catalogue *catalogue = bak_catalogue_of(source->database);

    source->table_count = bak_catalogue_table_count(catalogue);
    source->tables = x_alloc_array(source->table_count + 1, sizeof *source->tables);
    for (size_t i = 0; i < source->table_count; i++) {
        struct bak_source_table *table = &source->tables[i];

        table->table = bak_catalogue_table(catalogue, i);
        table->name = strcasecmp(table->table->schema, "dbo") == 0
                          ? x_strdup(table->table->name)
                          : x_sprintf("%s.%s", table->table->schema, table->table->name);
        if (table->table->unreadable)
            table->trouble = x_sprintf("it %s", table->table->unreadable);
        list_columns(table);
    }
    qsort(source->tables, source->table_count, sizeof *source->tables, compare_tables);
}

static bool open_zip(const struct source_path *path, const struct source_options *options, struct bak_source *source,
                     struct bak_input *ret, struct fault *fault)
{
    struct zip_spool_options spool = {.progress = options->progress, .progress_context = options->progress_context};

    if (!zip_spool_open(path->paths[0], path->member, &spool, &source->spool, fault))
        return false;
    *ret = (struct bak_input){.path = zip_spool_path(source->spool),
                              .offset = zip_spool_offset(source->spool),
                              .size = zip_spool_size(source->spool),
                              .name = zip_spool_member(source->spool)};
    return true;
}

static bool open_database(const struct source_path *path, const struct source_options *options,
                          struct bak_source *source, struct fault *fault)
{
    struct bak_options wanted = {.set = path->set,
                                 .with_password = path->with_password,
                                 .progress = {options->progress, options->progress_context}};
    struct bak_input *inputs = x_alloc_array(path->count, sizeof *inputs);
    bool good = true;

    for (size_t i = 0; i < path->count; i++)
        inputs[i].path = path->paths[i];
    if (path->is_zip)
        good = open_zip(path, options, source, &inputs[0], fault);
    if (good && !bak_open(inputs, path->count, &wanted, &source->database, fault))
        good = path->is_zip ? fault_prefix(fault, "in %s", path->paths[0]) : false;
    free(inputs);
    return good;
}

bool bak_source_open(const struct source_path *path, const struct source_options *options, struct source **ret,
                     struct fault *fault)
{
    struct bak_source *source = x_alloc(sizeof *source);
    scoped(source_close) struct source *owned = &source->base;

    owned->driver = &bak_driver;
    source->beside = x_strdup(path->beside);
    source->salvage = options->salvage;
    source->whole_values = options->whole_values;
    if (!open_database(path, options, source, fault))
        return false;
    source->scalars = bak_scalars_new(bak_catalogue_collation(bak_catalogue_of(source->database)));
    list_tables(source);
    *ret = steal(owned);
    return true;
}
