/*
 * What a source's path says, and what lies there: CSV files, or the files of a backup. A path is one file or folder, or
 * several files joined by commas, with choices behind it: "backups.zip#member=FD.bak#set=2", "#with-password".
 */
#ifndef SOURCE_SOURCE_PATH_H
#define SOURCE_SOURCE_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"

enum source_path_kind { SOURCE_PATH_CSV, SOURCE_PATH_BACKUP };

struct source_path {
    enum source_path_kind kind;
    char **paths; /* at least one; those of a folder are listed when it holds backups */
    size_t count;
    bool is_zip;        /* the one path is a zip that holds a backup */
    char *beside;       /* names of texts that lie beside a backup and are not read, for a warning; NULL for none */
    char *member;       /* of the zip; NULL: the only one */
    unsigned set;       /* 0: the newest full one */
    bool with_password; /* a backup with a media password may be read */
};

/* A path that exists as it stands is taken so, whatever characters it has. Where a folder or zip holds a backup, *.txt
 * beside it are taken for notes about it. FAULT_BAD_INPUT when nothing is there, the choices cannot be understood, or a
 * backup and CSV files lie side by side, so that nobody can tell which is meant. */
MUST_CHECK bool source_path_read(const char *path, struct source_path **ret, struct fault *fault);
void source_path_destroy(struct source_path **path);

#endif
