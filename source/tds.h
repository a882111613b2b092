/*
 * A live SQL Server database as a source, through FreeTDS. It is only ever read: the server sees SELECT and SET, the
 * login says ApplicationIntent=ReadOnly, and where the database allows snapshot isolation all tables of a pass are seen
 * as they were at its beginning.
 */
#ifndef SOURCE_TDS_H
#define SOURCE_TDS_H

#include <stdbool.h>

#include "base/fault.h"
#include "source/source.h"

/* As source_open, for an address mssql://user@host:1433/database. Faults as tds_url_parse and tds_link_open. */
MUST_CHECK bool tds_source_open(const char *address, struct source **ret, struct fault *fault);

/* As source_resolve: the address in full. Nothing is connected. */
MUST_CHECK bool tds_source_resolve(const char *address, char **ret, struct fault *fault);

#endif
