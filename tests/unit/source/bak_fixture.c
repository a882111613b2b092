#include "bak_fixture.h"

#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void bak_fixture_make(struct bak_fixture *fixture, const void *data, size_t size)
{
    fixture->descriptor = memfd_create("backup", 0);
    snprintf(fixture->path, sizeof fixture->path, "/proc/self/fd/%d", fixture->descriptor);
    bak_fixture_change(fixture, 0, data, size);
}

void bak_fixture_change(struct bak_fixture *fixture, size_t offset, const void *data, size_t size)
{
    cr_assert_eq(pwrite(fixture->descriptor, data, size, (off_t)offset), (ssize_t)size);
}

void bak_fixture_cut(struct bak_fixture *fixture, size_t size)
{
    cr_assert_eq(ftruncate(fixture->descriptor, (off_t)size), 0);
}

void bak_fixture_remove(struct bak_fixture *fixture)
{
    close(fixture->descriptor);
}

const char *bak_shared(const char *name)
{
    static char path[400];

    snprintf(path, sizeof path, "%s/bak/%s", FIXTURES_DIR, name);
    if (access(path, R_OK) == 0)
        return path;
    cr_log_warn("skipped: there is no fixture %s", path);
    return NULL;
}

bool bak_fixture_open(const char *path, struct bak_database **ret, struct fault *fault)
{
    struct bak_input input = {.path = path};

    return bak_open(&input, 1, NULL, ret, fault);
}

bool bak_fixture_scan(struct bak_database *database, const struct bak_table *table, struct bak_tally *ret,
                      struct fault *fault)
{
    struct bak_scan *scan = NULL;
    const struct bak_row *row = NULL;
    bool good;

    if (!bak_database_scan(database, table, &scan, fault))
        return false;
    while ((good = bak_scan_next(scan, &row, fault)) && row)
        ;
    *ret = *bak_scan_tally(scan);
    bak_scan_close(&scan);
    return good;
}

const struct bak_table *bak_fixture_table(const struct bak_database *database, const char *name)
{
    const struct bak_catalogue *catalogue = bak_catalogue_of(database);

    for (size_t i = 0; i < bak_catalogue_table_count(catalogue); i++) {
        if (strcmp(bak_catalogue_table(catalogue, i)->name, name) == 0)
            return bak_catalogue_table(catalogue, i);
    }
    return NULL;
}

size_t bak_fixture_column(const struct bak_table *table, const char *name)
{
    size_t column = 0;

    while (column < table->column_count && strcmp(table->columns[column].name, name) != 0)
        column++;
    cr_assert_lt(column, table->column_count, "%s has no column %s", table->name, name);
    return column;
}

static uint64_t sum_row(const struct bak_table *table, const struct bak_row *row)
{
    uint64_t sum = 7;

    for (size_t i = 0; row->cells && i < table->column_count; i++) {
        const struct bak_cell *cell = &row->cells[i];

        sum = sum * 1000003 + (uint64_t)cell->state + cell->bit;
        for (size_t k = 0; k < cell->size; k++)
            sum = sum * 257 + cell->data[k];
    }
    return sum;
}

uint64_t bak_fixture_sum(struct bak_database *database, bool *ret_flagged)
{
    const struct bak_catalogue *catalogue = bak_catalogue_of(database);
    uint64_t sum = 1;

    *ret_flagged = bak_warning_count(database) > 0;
    for (size_t i = 0; i < bak_catalogue_table_count(catalogue); i++) {
        const struct bak_table *table = bak_catalogue_table(catalogue, i);
        struct bak_scan *scan = NULL;
        const struct bak_row *row = NULL;
        struct fault fault = {0};

        for (const char *at = table->name; *at; at++)
            sum = sum * 31 + (unsigned char)*at;
        if (!bak_database_scan(database, table, &scan, &fault)) {
            *ret_flagged = true;
            continue;
        }
        while (bak_scan_next(scan, &row, &fault) && row)
            sum = sum * 31 + sum_row(table, row);
        *ret_flagged = *ret_flagged || fault.kind != FAULT_NONE || !bak_tally_is_complete(bak_scan_tally(scan));
        bak_scan_close(&scan);
    }
    return sum;
}
