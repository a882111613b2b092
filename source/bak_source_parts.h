/* What the files of the backup source share with one another, and with nobody else. */
#ifndef SOURCE_BAK_SOURCE_PARTS_H
#define SOURCE_BAK_SOURCE_PARTS_H

#include "source/bak/check.h"
#include "source/bak/database.h"
#include "source/bak/lob.h"
#include "source/bak/scalar.h"
#include "source/source_driver.h"
#include "source/zip_spool.h"

struct bak_source_table {
    const struct bak_table *table;
    char *name;
    char *trouble;   /* NULL, or a sentence why its rows cannot be read */
    size_t *columns; /* those with values in the backup, as numbers of the table's columns */
    size_t column_count;
};

struct bak_source {
    struct source base;
    struct zip_spool *spool; /* NULL outside a zip */
    struct bak_database *database;
    struct bak_scalars *scalars;
    struct bak_source_table *tables; /* by name */
    size_t table_count;
    char *beside; /* names of files that lie beside the backup and are not read; NULL for none */
    bool salvage;
    bool whole_values;
    struct bak_check *check; /* NULL before the first step */
    bool pages_checked;      /* what is left is the zip's checksum */
};

struct bak_source *bak_source_of(struct source *source);
const struct bak_source *bak_source_view(const struct source *source);

/* Large texts stand in a row's values as long as the row's have no more bytes than this in all; those with which they
 * would have more are bytes that must be opened by their locator. */
enum { BAK_ROW_TEXT_BYTES_MAX = 16 * 1024 * 1024 };

MUST_CHECK bool bak_source_scan(struct source *source, size_t table, struct scan **ret, struct fault *fault);
MUST_CHECK bool bak_source_open_blob(struct source *source, const char *locator, struct blob **ret,
                                     struct fault *fault);
void bak_source_describe(const struct source *source, struct source_facts *facts);
MUST_CHECK bool bak_source_examine(struct source *source, struct source_facts *facts, struct fault *fault);
MUST_CHECK bool bak_source_check_step(struct source *source, struct source_facts *facts, double *ret_done,
                                      bool *ret_end, struct fault *fault);

/* Where a value stands, so that any process can find it again. */
struct bak_locator {
    int32_t table;
    struct bak_address row;
    int32_t column;
    int64_t size; /* of a text: as UTF-8 */
};

enum { BAK_LOCATOR_SIZE = 100 };

void bak_locator_put(const struct bak_locator *locator, struct text *out);
MUST_CHECK bool bak_locator_read(const char *text, struct bak_locator *ret);

/* The bytes of a value, wherever they stand, a piece at a time; text comes as UTF-8. */
struct bak_reader;

/* *ret is NULL for a value that is NULL. The cell's bytes must stay where they are until the reader is closed. */
MUST_CHECK bool bak_reader_open(struct bak_source *source, const struct bak_column *column, int64_t rowset,
                                const struct bak_cell *cell, struct bak_reader **ret, struct fault *fault);
void bak_reader_close(struct bak_reader **reader);

/* Before decoding. */
int64_t bak_reader_raw_size(const struct bak_reader *reader);

/* The next piece, borrowed until the next call; empty at the end. */
MUST_CHECK bool bak_reader_next(struct bak_reader *reader, struct slice *ret, struct fault *fault);

#endif
