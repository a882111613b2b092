/*
 * A backup as a whole: its files, the set that is read, its pages and its tables, and what there is to say about them.
 */
#ifndef SOURCE_BAK_DATABASE_H
#define SOURCE_BAK_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/text.h"
#include "source/bak/catalogue.h"
#include "source/bak/container.h"
#include "source/bak/store.h"
#include "source/bak/table.h"

struct bak_options {
    unsigned set;                 /* number as the set says it; 0: the newest full one */
    bool with_password;           /* read a backup that has a media password: the clinic has agreed */
    struct bak_progress progress; /* while all extents must be looked at, and in bak_log_examine */
};

struct bak_database;

/* True when the file begins like a backup that this reader knows, or refuses with a reason of its own (compressed). */
bool bak_recognise(const char *path);

/* Opens all files of one backup, in any order. FAULT_BAD_INPUT, with what to do: no backup, compressed, encrypted,
 * differential, log, one file of a striped set without the others, cut off, a password, damaged in its foundations. */
MUST_CHECK bool bak_open(const struct bak_input *inputs, size_t count, const struct bak_options *options,
                         struct bak_database **ret, struct fault *fault);
void bak_close(struct bak_database **database);

struct bak_store *bak_store_of(struct bak_database *database);
const struct bak_catalogue *bak_catalogue_of(const struct bak_database *database);

/* The set that is read, and all sets of the first file. */
const struct bak_set *bak_set_of(const struct bak_database *database);
size_t bak_set_count(const struct bak_database *database);
const struct bak_set *bak_set_at(const struct bak_database *database, size_t set);

struct bak_progress bak_progress_of(const struct bak_database *database);

/* The files, in the order of their number in the set. */
size_t bak_member_count(const struct bak_database *database);
const struct bak_container *bak_member(const struct bak_database *database, size_t member);

/* "SQL Server 2014 (12.0.2269)". */
void bak_server_name(const struct bak_set *set, struct text *out);

enum bak_checksum_kind {
    BAK_CHECKSUMS,   /* damage to a page is noticed */
    BAK_TORN_BITS,   /* only half-written pages are noticed: the database comes from SQL Server 2000 */
    BAK_NO_CHECKING, /* nothing is noticed */
};

/* By the pages read so far. */
enum bak_checksum_kind bak_checksum_kind(const struct bak_database *database);

/* What there is to warn about: a newer version, unknown streams, pages that the backup should carry and does not, … One
 * sentence each, borrowed. */
size_t bak_warning_count(const struct bak_database *database);
const char *bak_warning(const struct bak_database *database, size_t warning);

/* Whether it says that something is damaged, missing or doubtful; others are good to know. */
bool bak_warning_is_fault(const struct bak_database *database, size_t warning);

MUST_CHECK bool bak_database_scan(struct bak_database *database, const struct bak_table *table, struct bak_scan **ret,
                                  struct fault *fault);

#endif
