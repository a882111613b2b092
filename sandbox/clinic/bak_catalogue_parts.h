/* The system tables while they are written: shared by the files bak_catalogue*.c, used by nobody else. */
#ifndef SANDBOX_CLINIC_BAK_CATALOGUE_PARTS_H
#define SANDBOX_CLINIC_BAK_CATALOGUE_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "sandbox/clinic/bak_catalogue.h"
#include "sandbox/clinic/bak_system.h"

enum { MDF_LARGE_IN_ROW = 8000 };

struct mdf_listed {
    const struct mdf_table *table;
    const struct mdf_rowset *rowset;
};

struct mdf_catalogue {
    struct mdf_store *store;
    const struct mtf_facts *facts;
    const struct mdf_table *users;
    size_t user_count;
    struct mdf_table systems[MDF_SYSTEM_TABLE_COUNT]; /* in the order of their numbers */
    const struct mdf_table **all;                     /* systems, then users: rising numbers of objects */
    size_t all_count;
    struct mdf_listed *listed; /* all rowsets, by rising numbers */
    size_t listed_count;
    int64_t unit_count;
};

/* The system table of that number. */
struct mdf_table *mdf_catalogue_table(struct mdf_catalogue *catalogue, int32_t number);

/* Begins and ends a row of it. */
struct mdf_row *mdf_catalogue_begin(struct mdf_catalogue *catalogue, int32_t number);
void mdf_catalogue_end(struct mdf_catalogue *catalogue, int32_t number);

MUST_CHECK bool mdf_catalogue_finish(struct mdf_catalogue *catalogue, int32_t number, struct fault *fault);

bool mdf_is_user_table(const struct mdf_table *table);

/* Fills the lists of rowsets, when all tables are begun. */
void mdf_catalogue_list(struct mdf_catalogue *catalogue);

/* Writes where columns, rows and pages are: the last of the system tables. */
MUST_CHECK bool mdf_catalogue_write_storage(struct mdf_catalogue *catalogue, uint32_t *ret_units, struct fault *fault);

#endif
