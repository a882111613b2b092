/* The catalogue views of the stand-in SQL Server, as far as clients that list tables and columns ask for them. */
#ifndef SANDBOX_TDS_VIEWS_H
#define SANDBOX_TDS_VIEWS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "sandbox/tds_store.h"

/* Adds the views of the tables that are there. FAULT_BAD_INPUT when a foreign key points to no column of them. */
MUST_CHECK bool tds_views_add(struct tds_store *store, const char *database, bool snapshots, struct fault *fault);

/* How a store is filled: an empty table of that name; its columns; a row of it, whose cells the caller sets; a text
 * that lives as long as the store. */
struct tds_rows *tds_store_add(struct tds_store *store, const char *name);
void tds_rows_add_field(struct tds_rows *rows, const char *name, const struct tds_type *type, bool key);
struct tds_datum *tds_rows_add(struct tds_rows *rows);
struct slice tds_store_keep(struct tds_store *store, struct slice text);

size_t tds_store_count(const struct tds_store *store);
const struct tds_rows *tds_store_at(const struct tds_store *store, size_t number);

#endif
