/*
 * The system tables of a sample database, as many as it takes to read it: what tables there are, their columns, where
 * these stand, and which pages are whose. They describe themselves as well. Views, statistics, users' rights and
 * whatever else a server keeps are not there: this is a database to be read from a backup, not one to be restored.
 */
#ifndef SANDBOX_CLINIC_BAK_CATALOGUE_H
#define SANDBOX_CLINIC_BAK_CATALOGUE_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "sandbox/clinic/bak_container.h"
#include "sandbox/clinic/bak_store.h"
#include "sandbox/clinic/bak_table.h"

enum { MDF_COLLATION = 0x3400D008 }; /* SQL_Latin1_General_CP1_CI_AS */

/* Objects of users' tables; a table's primary key or clustered index has the number between it and the next one. */
enum { MDF_FIRST_OBJECT = 245575913, MDF_OBJECT_STEP = 32000114, MDF_KEY_OBJECT = 16000057 };

#define MDF_FIRST_ROWSET (UINT64_C(0x0100000000280000))
#define MDF_FIRST_UNIT   (UINT64_C(0x0100000000780000))
#define MDF_ID_STEP      (UINT64_C(0x10000))

struct mdf_catalogue_places {
    uint32_t units; /* first page of the list of allocation units */
    uint32_t files; /* of the list of files */
};

/* Writes the system tables; the users' tables are finished and stand in the order of their objects. */
MUST_CHECK bool mdf_catalogue_write(struct mdf_store *store, const struct mdf_table *tables, size_t count,
                                    const struct mtf_facts *facts, struct mdf_catalogue_places *ret,
                                    struct fault *fault);

/* Writes the file header and the boot page, after mdf_store_finish. */
MUST_CHECK bool mdf_boot_write(struct mdf_store *store, const struct mtf_facts *facts,
                               const struct mdf_catalogue_places *places, struct fault *fault);

#endif
