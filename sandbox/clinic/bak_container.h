/*
 * The file around the pages of a sample backup, as SQL Server 2014 writes it: Microsoft Tape Format with one full set,
 * checksummed pages not asked for (no WITH CHECKSUM), and a log in which nothing happens.
 */
#ifndef SANDBOX_CLINIC_BAK_CONTAINER_H
#define SANDBOX_CLINIC_BAK_CONTAINER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"

enum { MTF_DATABASE_VERSION = 782, MTF_COMPATIBILITY = 120 };

struct mtf_facts {
    const char *database; /* these are ASCII */
    const char *server;
    const char *user;
    const char *set_name;
    const char *data_path; /* of the database's files on the server */
    const char *log_path;
    const char *data_name;
    const char *log_name;
    int64_t created; /* seconds since 1970 on the server's wall */
    int64_t started;
    int64_t finished;
    int64_t allocated_pages; /* the set carries so many; known at the end */
    int64_t file_pages;
};

/* Where the pages begin. */
int64_t mtf_pages_offset(const struct mtf_facts *facts);

/* Writes what stands before the pages and after them; to be called when these are written. The descriptor is borrowed.
 */
MUST_CHECK bool mtf_write(int descriptor, const struct mtf_facts *facts, struct fault *fault);

#endif
