#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "source/bak/catalogue_parts.h"
#include "source/bak/endian.h"

enum {
    BOOT_PAGE = 9,
    BOOT_RECORD_AT = 96,
    BOOT_VERSION = 4,
    BOOT_CREATED_VERSION = 6,
    BOOT_COLLATION = 392,
    BOOT_UNITS = 516,
    SYSALLOCUNITS = 7,
    SYSROWSETS = 5,
    TDE_SAMPLE = 64,
};

void *bak_grow(void **array, size_t *count, size_t size_bytes)
{
    if ((*count & (*count - 1)) == 0)
        *array = x_grow_array(*array, *count ? 2 * *count : 1, size_bytes);
    memset((char *)*array + *count * size_bytes, 0, size_bytes);
    return (char *)*array + (*count)++ * size_bytes;
}

static bool read_boot(struct bak_catalogue *catalogue, struct fault *fault)
{
    struct bak_page page;
    const uint8_t *boot = page.bytes + BOOT_RECORD_AT;

    if (!bak_store_need(catalogue->store, (struct bak_place){BOOT_PAGE, 1}, "every database", &page, fault))
        return false;
    if (page.header.type != BAK_PAGE_BOOT)
        return fault_set(fault, FAULT_BAD_INPUT, "page 1:9 of the backup is not the boot page of a database");
    if (bak_u16(boot + BOOT_VERSION) != catalogue->version)
        return fault_set(
            fault, FAULT_BAD_INPUT,
            "the boot page (1:9) says database version %u where the backup says %u: the database is "
            "encrypted (TDE), or the backup is damaged. With TDE, switch it off on the server and make the "
            "backup again",
            bak_u16(boot + BOOT_VERSION), catalogue->version);
    if (page.damage != BAK_PAGE_SOUND)
        return fault_set(fault, FAULT_BAD_INPUT, "the boot page (1:9) is damaged: copy the backup again");
    catalogue->created_version = bak_u16(boot + BOOT_CREATED_VERSION);
    catalogue->collation = bak_u32(boot + BOOT_COLLATION);
    catalogue->first_units = bak_place_at(boot + BOOT_UNITS);
    return true;
}

static bool take_unit(void *context, const struct bak_record *record, struct fault *fault)
{
    struct bak_catalogue *catalogue = context;
    void *array = catalogue->units;
    struct bak_unit *unit = bak_grow(&array, &catalogue->unit_count, sizeof *unit);

    (void)fault;
    catalogue->units = array;
    unit->id = bak_base_i64(record, 4);
    unit->type = bak_base_u8(record, 12);
    unit->owner = bak_base_i64(record, 13);
    unit->first = bak_base_place(record, 27);
    unit->first_iam = bak_base_place(record, 39);
    return true;
}

static bool take_rowset(void *context, const struct bak_record *record, struct fault *fault)
{
    enum { STATUS_MEMORY_OPTIMISED = 0x100 };
    struct bak_catalogue *catalogue = context;
    void *array = catalogue->rowsets;
    struct bak_rowset *rowset = bak_grow(&array, &catalogue->rowset_count, sizeof *rowset);

    (void)fault;
    catalogue->rowsets = array;
    rowset->id = bak_base_i64(record, 4);
    rowset->object = bak_base_i32(record, 13);
    rowset->index = bak_base_i32(record, 17);
    rowset->partition = bak_base_i32(record, 21);
    rowset->memory_optimised = bak_base_i32(record, 25) & STATUS_MEMORY_OPTIMISED;
    rowset->rows = bak_base_i64(record, 31);
    rowset->compression = catalogue->version > BAK_VERSION_2005_LAST ? bak_base_u8(record, 39) : 0;
    return true;
}

static int compare_units(const void *left, const void *right)
{
    int64_t a = ((const struct bak_unit *)left)->id;
    int64_t b = ((const struct bak_unit *)right)->id;

    return (a > b) - (a < b);
}

static int compare_rowsets(const void *left, const void *right)
{
    int64_t a = ((const struct bak_rowset *)left)->id;
    int64_t b = ((const struct bak_rowset *)right)->id;

    return (a > b) - (a < b);
}

static int compare_owners(const void *left, const void *right, void *context)
{
    const struct bak_unit *units = context;
    const struct bak_unit *a = &units[*(const size_t *)left];
    const struct bak_unit *b = &units[*(const size_t *)right];

    if (a->owner != b->owner)
        return a->owner < b->owner ? -1 : 1;
    return (a->type > b->type) - (a->type < b->type);
}

static void index_units(struct bak_catalogue *catalogue)
{
    qsort(catalogue->units, catalogue->unit_count, sizeof *catalogue->units, compare_units);
    catalogue->units_by_owner = x_alloc_array(catalogue->unit_count, sizeof *catalogue->units_by_owner);
    for (size_t i = 0; i < catalogue->unit_count; i++)
        catalogue->units_by_owner[i] = i;
    qsort_r(catalogue->units_by_owner, catalogue->unit_count, sizeof *catalogue->units_by_owner, compare_owners,
            catalogue->units);
}

/* True when nearly all pages with a checksum fail it: their bodies are encrypted, while the headers are not. */
static bool looks_encrypted(struct bak_store *store)
{
    size_t runs = bak_store_run_count(store);
    int64_t looked = 0;
    int64_t bad = 0;

    for (size_t run = 0; run < runs && looked < TDE_SAMPLE; run++) {
        struct bak_place place;
        int64_t pages = 0;

        bak_store_run(store, run, &place, &pages);
        /* Some of the first pages, the boot page among them, can be read in any case. */
        for (int64_t i = place.page < 16 ? 16 : 0; i < pages && looked < TDE_SAMPLE; i++) {
            struct bak_place at = {place.page + (uint32_t)i, place.file};
            enum bak_found found = BAK_ABSENT;
            struct fault ignored = {0};
            struct bak_page page;

            if (!bak_store_read(store, at, &page, &found, &ignored) || found != BAK_FOUND ||
                !(page.header.flags & BAK_PAGE_CHECKSUM))
                continue;
            looked++;
            bad += page.damage != BAK_PAGE_SOUND;
        }
    }
    return looked >= 8 && bad * 10 >= looked * 9;
}

static bool read_units(struct bak_catalogue *catalogue, int64_t *ret_rows, struct fault *fault)
{
    if (bak_base_table_read(catalogue->store, "sysallocunits", catalogue->first_units, (int64_t)SYSALLOCUNITS << 16, 67,
                            take_unit, catalogue, ret_rows, fault))
        return true;
    if (fault->kind == FAULT_BAD_INPUT && looks_encrypted(catalogue->store))
        return fault_set(
            fault, FAULT_BAD_INPUT,
            "the database is encrypted (TDE): its pages cannot be read without the server's key. Switch "
            "encryption off on the server (ALTER DATABASE … SET ENCRYPTION OFF), wait until it is done, and "
            "make the backup again");
    return false;
}

/* These two tables count themselves, like all others. */
static void compare_own_rows(struct bak_catalogue *catalogue, int64_t unit_rows, int64_t rowset_rows)
{
    for (size_t i = 0; i < catalogue->rowset_count; i++) {
        const struct bak_rowset *rowset = &catalogue->rowsets[i];

        if (rowset->object == SYSALLOCUNITS && rowset->index == 1)
            bak_catalogue_compare_rows(catalogue, "sysallocunits", unit_rows, rowset->rows);
        if (rowset->object == SYSROWSETS && rowset->index == 1)
            bak_catalogue_compare_rows(catalogue, "sysrowsets", rowset_rows, rowset->rows);
    }
}

/* The rows of a table that is listed twice would be given twice. */
static bool fault_twice(const char *name, struct fault *fault)
{
    return fault_set(fault, FAULT_BAD_INPUT,
                     "the database's own table %s lists the same pages twice: the backup is damaged", name);
}

bool bak_catalogue_read_storage(struct bak_catalogue *catalogue, struct fault *fault)
{
    const struct bak_unit *rowsets;
    int64_t unit_rows = 0;
    int64_t rowset_rows = 0;

    if (!read_boot(catalogue, fault) || !read_units(catalogue, &unit_rows, fault))
        return false;
    if (catalogue->unit_count == 0)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "the database's own table sysallocunits is empty: the backup is damaged");
    index_units(catalogue);
    for (size_t i = 1; i < catalogue->unit_count; i++)
        if (catalogue->units[i].id == catalogue->units[i - 1].id)
            return fault_twice("sysallocunits", fault);
    rowsets = bak_catalogue_unit(catalogue, (int64_t)SYSROWSETS << 16);
    if (!rowsets)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "the database's own table sysrowsets cannot be found: the backup is "
                         "damaged");
    if (!bak_base_table_read(catalogue->store, "sysrowsets", rowsets->first, rowsets->id, 39, take_rowset, catalogue,
                             &rowset_rows, fault))
        return false;
    qsort(catalogue->rowsets, catalogue->rowset_count, sizeof *catalogue->rowsets, compare_rowsets);
    for (size_t i = 1; i < catalogue->rowset_count; i++)
        if (catalogue->rowsets[i].id == catalogue->rowsets[i - 1].id)
            return fault_twice("sysrowsets", fault);
    compare_own_rows(catalogue, unit_rows, rowset_rows);
    return true;
}
