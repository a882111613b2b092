/* A Front Desk export by the reference schema: all tables, of which a test fills the columns that it is about. */
#ifndef TESTS_FRONT_DESK_FIXTURE_H
#define TESTS_FRONT_DESK_FIXTURE_H

#include "folder_fixture.h"

/* Writes every table with its header and no rows, but one location, practitioner, kind of appointment and version. */
void front_desk_make(struct folder_fixture *folder);

/* Writes a table anew. `columns` are the names of the columns that `rows` (CSV) holds; the table's others are empty. */
void front_desk_write(struct folder_fixture *folder, const char *table, const char *columns, const char *rows);

#endif
