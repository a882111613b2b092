/* Backups made by hand as files in memory, and real ones of the shared fixtures. */
#ifndef TESTS_BAK_FIXTURE_H
#define TESTS_BAK_FIXTURE_H

#include "source/bak/database.h"
#include "support/bak_builder.h"

struct bak_fixture {
    int descriptor;
    char path[64];
};

void bak_fixture_make(struct bak_fixture *fixture, const void *data, size_t size);
void bak_fixture_change(struct bak_fixture *fixture, size_t offset, const void *data, size_t size);
void bak_fixture_cut(struct bak_fixture *fixture, size_t size);
void bak_fixture_remove(struct bak_fixture *fixture);

/* Path of a shared backup, valid until the next call; NULL, and a message, when the fixtures are absent. */
const char *bak_shared(const char *name);

/* Opens one file with the defaults; fault->text says why not. */
bool bak_fixture_open(const char *path, struct bak_database **ret, struct fault *fault);

/* Reads all rows of a table; its tally. Problems and faults are in the tally's lines and in fault. */
bool bak_fixture_scan(struct bak_database *database, const struct bak_table *table, struct bak_tally *ret,
                      struct fault *fault);

/* NULL when there is none of that name. */
const struct bak_table *bak_fixture_table(const struct bak_database *database, const char *name);

/* Index of a column of the table; the test fails when there is none. */
size_t bak_fixture_column(const struct bak_table *table, const char *name);

/* A sum over all tables, rows and bytes of their columns, and whether anything was said against them. */
uint64_t bak_fixture_sum(struct bak_database *database, bool *ret_flagged);

#endif
