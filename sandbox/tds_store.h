/*
 * What the stand-in SQL Server serves: the tables of a CSV export with the types of the reference schema, and views of
 * the catalogue that say so. Everything stands in memory but the files beside the tables.
 */
#ifndef SANDBOX_TDS_STORE_H
#define SANDBOX_TDS_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "sandbox/tds_datum.h"
#include "sandbox/tds_type.h"

struct tds_field {
    char *name;
    struct tds_type type;
    bool key;     /* of the primary key, in this order */
    char *refers; /* "Patient.Id", to which a foreign key points; or NULL */
};

struct tds_rows {
    char *name; /* "dbo.Patient", "sys.tables" */
    int id;
    struct tds_field *fields;
    size_t field_count;
    struct tds_datum *cells; /* row after row */
    size_t row_count;
    size_t room; /* rows for which there is memory */
};

struct tds_store;

struct tds_store_options {
    const char *folder; /* the CSV export. A file types.list in it, with lines "Table.Column type" and behind them
                         * "key" or "refers Table.Column", gives types to tables that the reference schema does not
                         * know: their columns are nvarchar(max) otherwise */
    const char *database;
    bool snapshots; /* the database allows snapshot isolation */
};

/* FAULT_BAD_INPUT when a table cannot be read. */
MUST_CHECK bool tds_store_load(const struct tds_store_options *options, struct tds_store **ret, struct fault *fault);
void tds_store_destroy(struct tds_store **store);

/* By "Patient", "dbo.Patient" or "FD.dbo.Patient", whatever the case; NULL when there is none. */
const struct tds_rows *tds_store_find(const struct tds_store *store, const char *name);

const struct tds_datum *tds_rows_at(const struct tds_rows *rows, size_t row);

/* The number of a column; rows->field_count when there is none of that name. */
size_t tds_rows_field(const struct tds_rows *rows, const char *name);

#endif
