/*
 * What a live database holds: its tables with their columns and the keys by which rows are found again, read once from
 * the server's catalogue views. The views give types by the same numbers as a backup's system tables.
 */
#ifndef SOURCE_TDS_CATALOGUE_H
#define SOURCE_TDS_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "source/bak/catalogue.h"
#include "source/tds_link.h"

struct tds_column {
    struct bak_column facts; /* without collation */
    unsigned code_page;      /* of char, varchar and text; 0 for other types */
};

struct tds_table {
    int64_t id;
    char *schema;
    char *name;
    char *title; /* "Patient"; with its schema before it unless that is dbo */
    struct tds_column *columns;
    size_t column_count;
    size_t *key; /* columns that tell rows apart: of the primary key, or else of a unique index without NULL */
    size_t key_count;
    int64_t rows; /* about, by the server's own count */
};

struct tds_catalogue {
    char *version; /* "15.0.4375.4" */
    char *edition;
    char *collation;
    bool has_snapshots;       /* the database allows snapshot isolation */
    struct tds_table *tables; /* in the order of their titles */
    size_t table_count;
};

/* Only what the user may read is listed by the server. */
MUST_CHECK bool tds_catalogue_read(struct tds_link *link, struct tds_catalogue **ret, struct fault *fault);
void tds_catalogue_destroy(struct tds_catalogue **catalogue);

#endif
