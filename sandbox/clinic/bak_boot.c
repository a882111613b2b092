/* The two pages that say which database and file this is. */
#include <string.h>

#include "base/memory.h"
#include "base/must.h"
#include "sandbox/clinic/bak_bytes.h"
#include "sandbox/clinic/bak_catalogue.h"

enum {
    FILE_HEADER_PAGE = 0,
    BOOT_PAGE = 9,
    BOOT_SIZE = 1554,
    NAME_LETTERS = 128,
    DAYS_1900_TO_1970 = 25567,
    FILE_SIZE_AT = 22, /* in a row of sysprufiles */
    HEADER_COLUMNS = 49,
    HEADER_VALUES_MAX = 1024,
};

static void put_lsn(uint8_t *to, unsigned block, unsigned record)
{
    mdf_put_u32(to, MDF_LSN_FILE);
    mdf_put_u32(to + 4, block);
    mdf_put_u16(to + 8, record);
}

static void put_wide(uint8_t *to, const char *ascii)
{
    for (; *ascii != '\0'; ascii++, to += 2) {
        mdf_put_u16(to, (unsigned char)*ascii);
    }
}

static void write_boot(struct mdf_store *store, const struct mtf_facts *facts, uint32_t units)
{
    uint8_t record[BOOT_SIZE] = {0};
    struct mdf_page page;

    mdf_put_u16(record + 2, BOOT_SIZE);
    mdf_put_u16(record + 4, MTF_DATABASE_VERSION);
    mdf_put_u16(record + 6, MTF_DATABASE_VERSION);
    mdf_put_u32(record + 0x24, 0x10008);
    mdf_put_u32(record + 44, (uint32_t)(facts->created % 86400 * 300));
    mdf_put_u32(record + 48, (uint32_t)(facts->created / 86400 + DAYS_1900_TO_1970));
    for (size_t i = 0; i < NAME_LETTERS; i++) {
        mdf_put_u16(record + 52 + 2 * i, ' ');
    }
    put_wide(record + 52, facts->database);
    mdf_put_u16(record + 0x138, 7);
    mdf_put_u16(record + 0x13A, MTF_COMPATIBILITY);
    put_lsn(record + 348, MDF_LSN_CHECKPOINT_BLOCK, 1);
    put_lsn(record + 372, MDF_LSN_CHECKPOINT_BLOCK, 1);
    mdf_put_u32(record + 392, MDF_COLLATION);
    mdf_put_place(record + 516, units);
    mdf_page_init(&page, MDF_PAGE_BOOT, 0, (uint64_t)MDF_SYSTEM_UNIT_OBJECT << 16, BOOT_PAGE);
    mdf_page_add(&page, record, sizeof(record));
    mdf_store_write(store, &page);
}

/* A record of variable columns only, of which most say nothing here. */
static void write_file_header(struct mdf_store *store, const struct mtf_facts *facts)
{
    static const uint8_t sizes[] = {16, 0, 2,  2,  4,  4,  4,  4,  10, 10, 10, 0,  4, 4,
                                    4,  4, 10, 28, 10, 10, 10, 16, 10, 16, 4,  10, 0, 0};
    uint8_t record[HEADER_VALUES_MAX] = {0x30, 0, 8, 0};
    size_t nulls = (HEADER_COLUMNS + 7) / 8;
    size_t ends = 10 + nulls + 2;
    size_t end = ends + 2 * array_length(sizes);
    struct mdf_page page;

    mdf_put_u16(record + 8, HEADER_COLUMNS);
    mdf_put_u16(record + 10 + nulls, array_length(sizes));
    for (size_t i = 0; i < array_length(sizes); i++) {
        bool is_name = i + 1 == array_length(sizes);

        if (i == 2 || i == 3) {
            mdf_put_u16(record + end, 1); /* file, filegroup */
        } else if (i == 4) {
            mdf_put_u32(record + end, (uint32_t)facts->file_pages);
        } else if (i == 5) {
            mdf_put_u32(record + end, UINT32_MAX); /* may grow without limit */
        } else if (is_name) {
            put_wide(record + end, facts->data_name);
        }
        end += is_name ? 2 * strlen(facts->data_name) : sizes[i];
        must(end <= sizeof(record));
        mdf_put_u16(record + ends + 2 * i, (unsigned)end);
    }
    mdf_page_init(&page, MDF_PAGE_FILE_HEADER, 0, (uint64_t)MDF_SYSTEM_UNIT_OBJECT << 16, FILE_HEADER_PAGE);
    mdf_page_add(&page, record, end);
    mdf_store_write(store, &page);
}

static void patch_file_size(struct mdf_store *store, const struct mtf_facts *facts, uint32_t files)
{
    struct mdf_page page;

    mdf_store_read(store, files, &page);
    mdf_put_u32(page.bytes + mdf_get_u16(page.bytes + MDF_PAGE_SIZE - 2) + FILE_SIZE_AT, (uint32_t)facts->file_pages);
    mdf_store_write(store, &page);
}

bool mdf_boot_write(struct mdf_store *store, const struct mtf_facts *facts, const struct mdf_catalogue_places *places,
                    struct fault *fault)
{
    write_file_header(store, facts);
    write_boot(store, facts, places->units);
    patch_file_size(store, facts, places->files);
    return mdf_store_good(store, fault);
}
