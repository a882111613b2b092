/*
 * The container of a backup, Microsoft Tape Format: blocks with streams, walked by their lengths without reading what
 * they hold. Says which backup sets a file has, what they are of, and where their pages and log lie. Format, section 2.
 */
#ifndef SOURCE_BAK_CONTAINER_H
#define SOURCE_BAK_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "source/bak/file.h"

enum {
    BAK_PAGE_SIZE = 8192,
    BAK_EXTENT_PAGES = 8,
    BAK_EXTENT_SIZE = BAK_PAGE_SIZE * BAK_EXTENT_PAGES,
    BAK_SETS_MAX = 10000,
    BAK_DATA_FILES_MAX = 32767, /* what a database may have */
};

#define BAK_TIME_UNSET INT64_MIN

/* A log sequence number. */
struct bak_lsn {
    uint32_t file; /* number of the virtual log file */
    uint32_t block;
    uint16_t record;
};

/* Less than, equal to or greater than zero. */
int bak_lsn_compare(struct bak_lsn left, struct bak_lsn right);

/* Equal stretches at equal distances, so that very many need little memory. */
struct bak_pieces {
    int64_t offset; /* of the first in its file */
    int64_t size;   /* of each: page data begins at once, a multiple of BAK_EXTENT_SIZE except in damaged files */
    int64_t step;   /* from one to the next */
    int64_t count;
    unsigned pass; /* 0 for the set's first MSDA block, 1 for the second; later ones carry newer copies */
};

/* A piece of the transaction log (MSTL block with an MQTL stream). */
struct bak_log_piece {
    int64_t offset; /* of the first log block in the backup file */
    int64_t size;
    uint64_t from; /* where the piece begins and ends in the log file: MSTL 60 and 68 */
    uint64_t to;
    uint32_t log_file; /* MSTL 76 */
};

enum bak_file_type {
    BAK_FILE_DATA = 1,
    BAK_FILE_LOG = 2, /* other numbers: FILESTREAM, full-text or in-memory containers */
};

/* One file of the database (SFIN). */
struct bak_data_file {
    uint32_t id;
    uint32_t type; /* enum bak_file_type, or another number */
    uint32_t filegroup;
    uint32_t sector_size;
    int64_t pages; /* carried in the first pass, all members together */
    int64_t size_bytes;
    char *name; /* logical */
    char *path; /* on the server */
};

struct bak_filegroup {
    uint32_t id;
    char *name;
};

/* Streams and blocks that are not known, and were stepped over by their length. */
struct bak_unknown {
    char id[5];
    uint64_t count;
    uint64_t bytes;
};

enum bak_kind { BAK_KIND_FULL = 'D', BAK_KIND_DIFFERENTIAL = 'I', BAK_KIND_LOG = 'L' };

/* One backup set. Texts are UTF-8, never NULL. Times are seconds since 1970 on the server's wall, or BAK_TIME_UNSET. */
struct bak_set {
    unsigned number;    /* from 1 */
    int64_t offset;     /* of its SSET block */
    bool has_facts;     /* an MSCI or MSLS block was read: all that follows is known */
    bool has_final;     /* the MSLS block was read */
    bool whole;         /* its end (ESET) was met */
    bool has_checksums; /* made WITH CHECKSUM */
    char *name;
    char *description;
    char *user;
    char *database;
    char *server;
    int kind; /* enum bak_kind, or another letter */
    unsigned server_major;
    unsigned server_minor;
    unsigned server_build;
    unsigned compatibility;
    unsigned database_version; /* decides the layout of the catalogue */
    int64_t created;           /* the database */
    int64_t started;
    int64_t finished;
    int64_t written; /* SSET's own date */
    struct bak_lsn first_lsn;
    struct bak_lsn last_lsn;
    struct bak_lsn checkpoint_lsn;
    struct bak_lsn announced_checkpoint_lsn; /* as the MSCI block had it, before the pages */
    struct bak_data_file *files;
    size_t file_count;
    struct bak_filegroup *filegroups;
    size_t filegroup_count;
    struct bak_pieces *pieces;
    size_t piece_count;
    unsigned passes;
    struct bak_log_piece *log;
    size_t log_count;
};

/* What the file says of itself (TAPE block). */
struct bak_media {
    uint8_t set_id[16]; /* equal in all files of a striped set */
    unsigned families;  /* files in the set */
    unsigned family;    /* number of this one, from 1 */
    bool has_password;
    char *software;
    int64_t written;
};

struct bak_container;

/* Walks the whole file. A file that is cut off or damaged after its beginning opens all the same, see
 * bak_container_damage. FAULT_BAD_INPUT with what to do: not a backup, compressed, encrypted, a zip, an old MTF of
 * another program. The file is borrowed. */
MUST_CHECK bool bak_container_open(const struct bak_file *file, struct bak_container **ret, struct fault *fault);
void bak_container_close(struct bak_container **container);

const struct bak_file *bak_container_file(const struct bak_container *container);
const struct bak_media *bak_container_media(const struct bak_container *container);
size_t bak_container_set_count(const struct bak_container *container);
const struct bak_set *bak_container_set(const struct bak_container *container, size_t set);
size_t bak_container_unknown_count(const struct bak_container *container);
const struct bak_unknown *bak_container_unknown(const struct bak_container *container, size_t unknown);

/* NULL, or a sentence: where the walk ended before its time, and how many bytes are missing as far as known. */
const char *bak_container_damage(const struct bak_container *container);

#endif
