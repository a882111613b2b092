/*
 * What lies at a path: the files of a source that hold tables. A folder, a zip, a gzipped or a plain file.
 */
#ifndef SOURCE_FOLDER_H
#define SOURCE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "source/bytes.h"

struct folder_file {
    char *table;  /* file name without folders and ending */
    char *origin; /* file name, for messages */
    char *path;
    char *member; /* within a zip; NULL outside */
    enum packing packing;
};

struct folder {
    struct folder_file *files; /* in the order of their table names */
    size_t count;
    char *root; /* folder in which files beside the tables lie; NULL for a zip */
};

/* True for the name of a file that holds a table. */
bool folder_is_table(const char *name);

/* Lists the *.csv, *.tsv, *.txt and *.csv.gz at the path. Faults when there are none, two have the same table name,
 * the file is of another known kind, or a zip holds files that tables name: those are read from a folder only. */
MUST_CHECK bool folder_open(const char *path, struct folder **ret, struct fault *fault);
void folder_close(struct folder **folder);

#endif
