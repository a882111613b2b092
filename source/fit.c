#include "source/fit.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"

struct fitting {
    struct source *source;
    struct fit *fit;
};

static void add_misfit(struct fit *fit, const char *table, const char *column, const char *needed, const char *why)
{
    struct misfit *misfit = NULL;

    for (size_t i = 0; i < fit->count; i++) {
        const char *other = fit->misfits[i].column;

        if (strcasecmp(fit->misfits[i].table, table) != 0 || !other != !column ||
            (column && strcasecmp(other, column) != 0))
            continue;
        if (!strstr(fit->misfits[i].needed, needed)) {
            char *all = x_sprintf("%s, %s", fit->misfits[i].needed, needed);

            free(fit->misfits[i].needed);
            fit->misfits[i].needed = all;
        }
        return;
    }
    fit->misfits = x_grow_array(fit->misfits, fit->count + 1, sizeof *fit->misfits);
    misfit = &fit->misfits[fit->count++];
    *misfit = (struct misfit){
        .table = x_strdup(table), .column = x_strdup(column), .needed = x_strdup(needed), .why = x_strdup(why)};
}

/* *ret is NULL where the table is not there; that is noted. */
static bool open_table(struct fitting *fitting, const char *table, const char *needed, struct scan **ret,
                       struct fault *fault)
{
    struct fault why = {0};
    size_t number = 0;

    if (source_find_table(fitting->source, table, &number, &why))
        return source_scan(fitting->source, number, ret, fault) || fault_prefix(fault, "%s", needed);
    add_misfit(fitting->fit, table, NULL, needed, why.text);
    return true;
}

static void need_column(struct fitting *fitting, const char *table, const struct scan *scan, const char *column,
                        const char *needed)
{
    struct fault why = {0};
    size_t place = 0;

    if (scan && column && !scan_find_column(scan, column, &place, &why))
        add_misfit(fitting->fit, table, column, needed, why.text);
}

/* The columns that a mapping reads of one of its tables: its own, or that of a join. */
static bool need_table(struct fitting *fitting, const struct profile_mapping *mapping, size_t join, const char *needed,
                       struct fault *fault)
{
    const struct profile_join *facts = join == PROFILE_ROW ? NULL : &mapping->joins[join];
    const char *table = facts ? facts->table : mapping->table;
    scoped(scan_close) struct scan *scan = NULL;

    if (!table)
        return true;
    if (!open_table(fitting, table, needed, &scan, fault))
        return false;
    if (facts) {
        need_column(fitting, table, scan, facts->key, needed);
        need_column(fitting, table, scan, facts->follow, needed);
    }
    for (size_t i = 0; i < mapping->column_count; i++)
        if (mapping->columns[i].join == join)
            need_column(fitting, table, scan, mapping->columns[i].name, needed);
    return true;
}

static bool need_reading(struct fitting *fitting, const struct profile_mapping *mapping, const char *needed,
                         struct fault *fault)
{
    if (!need_table(fitting, mapping, PROFILE_ROW, needed, fault))
        return false;
    for (size_t i = 0; i < mapping->join_count; i++) {
        scoped(string_free) char *path = x_sprintf("%s.joins.%s", needed, mapping->joins[i].name);

        if (!need_table(fitting, mapping, i, path, fault))
            return false;
    }
    return true;
}

static bool need_marks(struct fitting *fitting, const struct profile *profile, struct fault *fault)
{
    for (size_t i = 0; i < profile->mark_count; i++) {
        const struct profile_mark *mark = &profile->marks[i];
        scoped(string_free) char *path = x_sprintf("recognise[%zu]", i);
        scoped(scan_close) struct scan *scan = NULL;

        if (!need_reading(fitting, &mark->reading, path, fault) ||
            !open_table(fitting, mark->reading.table, path, &scan, fault))
            return false;
        for (size_t k = 0; k < mark->column_count; k++)
            need_column(fitting, mark->reading.table, scan, mark->columns[k], path);
    }
    return true;
}

static bool need_probes(struct fitting *fitting, const struct profile *profile, struct fault *fault)
{
    for (size_t i = 0; i < profile->probe_count; i++) {
        const struct profile_probe *probe = &profile->probes[i];
        scoped(string_free) char *path = x_sprintf("encrypted[%zu]", i);
        scoped(scan_close) struct scan *scan = NULL;

        if (!open_table(fitting, probe->table, path, &scan, fault))
            return false;
        need_column(fitting, probe->table, scan, probe->column, path);
        need_column(fitting, probe->table, scan, probe->flag, path);
    }
    return true;
}

static bool need_mappings(struct fitting *fitting, const struct profile *profile, const struct json *answers,
                          struct fault *fault)
{
    for (size_t i = 0; i < profile->mapping_count; i++) {
        bool used = true;

        if (!profile_mapping_is_used(profile, &profile->mappings[i], answers, &used, fault) ||
            (used && !need_reading(fitting, &profile->mappings[i], profile->mappings[i].path, fault)))
            return false;
    }
    return true;
}

static bool need_left(struct fitting *fitting, const struct profile *profile, struct fault *fault)
{
    for (size_t i = 0; i < profile->left_count; i++) {
        const struct profile_mapping *reading = &profile->left[i].reading;
        scoped(string_free) char *path = x_sprintf("left_behind[%zu]", i);
        struct fault absent = {0};
        size_t table = 0;

        if (reading->table && source_find_table(fitting->source, reading->table, &table, &absent) &&
            !need_reading(fitting, reading, path, fault))
            return false;
    }
    return true;
}

bool fit_find(struct source *source, const struct profile *profile, const struct json *answers, struct fit *ret,
              struct fault *fault)
{
    struct fitting fitting = {source, ret};

    *ret = (struct fit){0};
    return need_marks(&fitting, profile, fault) && need_mappings(&fitting, profile, answers, fault) &&
           need_probes(&fitting, profile, fault) && need_left(&fitting, profile, fault);
}

void fit_release(struct fit *fit)
{
    for (size_t i = 0; i < fit->count; i++) {
        free(fit->misfits[i].table);
        free(fit->misfits[i].column);
        free(fit->misfits[i].needed);
        free(fit->misfits[i].why);
    }
    free(fit->misfits);
    *fit = (struct fit){0};
}
