/* The catalogue while it is read: shared by the files catalogue*.c, used by nobody else. */
#ifndef SOURCE_BAK_CATALOGUE_PARTS_H
#define SOURCE_BAK_CATALOGUE_PARTS_H

#include "source/bak/base_table.h"
#include "source/bak/catalogue.h"

enum {
    BAK_CATALOGUE_NOTES_MAX = 16,
    BAK_VERSION_2005_LAST = 612,
    BAK_SCHEMA_SYS = 4,
    BAK_COLUMN_PLACES_MAX = 4 * 1000 * 1000, /* of all rowsets: bounds what a damaged catalogue may ask for */
};

struct bak_schema {
    int32_t id;
    char *name;
};

/* SQL Server 2005: where a column of a rowset stands (syshobtcolumns), before it is known which column it is. */
struct bak_hobt_column {
    int64_t rowset;
    int32_t id;
    struct bak_column_place place;
};

struct bak_catalogue {
    struct bak_store *store; /* borrowed */
    unsigned version;
    unsigned created_version;
    uint32_t collation;
    struct bak_place first_units; /* first page of sysallocunits */
    struct bak_unit *units;       /* by id */
    size_t unit_count;
    size_t *units_by_owner;     /* indexes into units, by owner and type */
    struct bak_rowset *rowsets; /* by id */
    size_t rowset_count;
    struct bak_table *tables; /* by id while reading, then by schema and name */
    size_t table_count;
    size_t *tables_by_id; /* indexes into tables */
    struct bak_schema *schemas;
    size_t schema_count;
    struct bak_hobt_column *hobt_columns;
    size_t hobt_column_count;
    int64_t place_count;
    struct bak_index *indexes; /* while keys are read */
    size_t index_count;
    struct bak_reference *references; /* likewise */
    size_t reference_count;
    char *notes[BAK_CATALOGUE_NOTES_MAX];
    size_t note_count;
};

/* Boot page, sysallocunits, sysrowsets: enough to find every other base table. */
MUST_CHECK bool bak_catalogue_read_storage(struct bak_catalogue *catalogue, struct fault *fault);

/* Tables, columns and where these stand. */
MUST_CHECK bool bak_catalogue_read_tables(struct bak_catalogue *catalogue, struct fault *fault);

/* Marks the columns that are keys, and where foreign keys point to. A catalogue of keys that cannot be read leaves them
 * unmarked: no row depends on it. */
void bak_catalogue_read_keys(struct bak_catalogue *catalogue);

/* Reads the base table with that object id. `optional`: older versions have none. */
MUST_CHECK bool bak_catalogue_read_base(struct bak_catalogue *catalogue, int32_t object, const char *name,
                                        bool optional, unsigned fixed_end, bak_base_row_fn take, struct fault *fault);

/* Notes when a base table has not as many rows as the server counted in it. */
void bak_catalogue_compare_rows(struct bak_catalogue *catalogue, const char *name, int64_t rows, int64_t counted);

/* Makes room for one more; gives its place, zeroed. */
void *bak_grow(void **array, size_t *count, size_t size_bytes);

struct bak_table *bak_catalogue_table_by_id(const struct bak_catalogue *catalogue, int32_t id);

#endif
