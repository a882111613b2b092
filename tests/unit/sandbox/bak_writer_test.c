/*
 * The writer of sample backups against what is known of real ones: bytes from the format reference (sections 4 to 8)
 * and from public dumps, and the pages of a real backup where the shared fixtures are.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "sandbox/clinic/bak_bytes.h"
#include "sandbox/clinic/bak_index.h"
#include "sandbox/clinic/bak_layout.h"
#include "sandbox/clinic/bak_lob.h"
#include "sandbox/clinic/bak_page.h"
#include "sandbox/clinic/bak_row.h"
#include "sandbox/clinic/bak_store.h"
#include "sandbox/clinic/bak_table.h"

TestSuite(bak_writer, .timeout = 60);

enum { BIG = 9000, UNIT_STEP = 0x10000 };

static const uint64_t first_unit = UINT64_C(0x0100000000780000);

/* ---- helpers ---- */

static int make_file(void)
{
    FILE *file = tmpfile();
    int descriptor;

    cr_assert_not_null(file);
    descriptor = dup(fileno(file));
    fclose(file);
    return descriptor;
}

static void expect_bytes(const uint8_t *got, const uint8_t *expected, size_t size)
{
    for (size_t i = 0; i < size; i++)
        cr_expect_eq(got[i], expected[i], "byte %zu is %02x, not %02x", i, got[i], expected[i]);
}

static unsigned slot_of(const struct mdf_page *page, unsigned slot)
{
    return mdf_get_u16(page->bytes + MDF_PAGE_SIZE - 2 * ((size_t)slot + 1));
}

static uint32_t get_u32(const uint8_t *at)
{
    return mdf_get_u16(at) | (uint32_t)mdf_get_u16(at + 2) << 16;
}

/* ---- pages ---- */

Test(bak_writer, checksums_are_those_of_a_real_backup)
{
    enum { PAGES_AT = 16384, PAGES = 368 };
    scoped(file_close) FILE *file = fopen(FIXTURES_DIR "/bak/aelg-Hospital.bak", "rb");
    uint8_t page[MDF_PAGE_SIZE];
    int compared = 0;

    if (!file)
        cr_skip_test("there are no fixtures");
    cr_assert_eq(fseek(file, PAGES_AT, SEEK_SET), 0);
    for (int i = 0; i < PAGES && fread(page, sizeof page, 1, file) == 1; i++) {
        if (!(mdf_get_u16(page + 4) & 0x200) || page[0] != 1)
            continue;
        cr_expect_eq(mdf_page_checksum(page), get_u32(page + 60), "page %d", i);
        compared++;
    }
    cr_expect(compared > 300, "%d pages", compared);
}

Test(bak_writer, header_says_what_is_on_the_page)
{
    static const uint8_t record[10] = {0x10, 0, 8, 0};
    struct mdf_page page;

    mdf_page_init(&page, MDF_PAGE_DATA, 0, first_unit, 313);
    mdf_page_shortest(&page, 8);
    mdf_page_link(&page, 312, 314);
    cr_expect_eq(mdf_page_add(&page, record, sizeof record), 0);
    mdf_page_add_free_slot(&page);
    cr_expect_eq(mdf_page_add(&page, record, sizeof record), 2);
    mdf_page_seal(&page);
    cr_expect_eq(page.bytes[1], 1);
    cr_expect_eq(mdf_get_u16(page.bytes + 6), 256);
    cr_expect_eq(get_u32(page.bytes + 24), 0x78);
    cr_expect_eq(get_u32(page.bytes + 8), 312);
    cr_expect_eq(get_u32(page.bytes + 16), 314);
    cr_expect_eq(mdf_get_u16(page.bytes + 22), 3, "slots");
    cr_expect_eq(mdf_get_u16(page.bytes + 28), 8096 - 20 - 6, "free bytes");
    cr_expect_eq(mdf_get_u16(page.bytes + 30), 116, "free offset");
    cr_expect_eq(get_u32(page.bytes + 32), 313);
    cr_expect_eq(mdf_get_u16(page.bytes + 36), 1);
    cr_expect_eq(slot_of(&page, 0), 96);
    cr_expect_eq(slot_of(&page, 1), 0);
    cr_expect_eq(slot_of(&page, 2), 106);
    cr_expect_eq(mdf_page_checksum(page.bytes), get_u32(page.bytes + 60));
}

/* ---- records ---- */

static void make_doctor(struct mdf_layout *layout)
{
    static const struct {
        const char *name;
        const char *type;
    } columns[] = {{"docid", "char(5)"},        {"docfname", "varchar(20)"}, {"doclname", "varchar(20)"},
                   {"docbdate", "date"},        {"docsalary", "int"},        {"docbonus", "int"},
                   {"docemail", "varchar(50)"}, {"deptid", "char(3)"},       {"rankid", "char(2)"}};

    *layout = (struct mdf_layout){0};
    for (size_t i = 0; i < array_length(columns); i++)
        mdf_layout_add(layout, columns[i].name, columns[i].type);
    layout->columns[0].key = 1;
    mdf_layout_place(layout, true);
}

/* The worked example of the format reference, section 6.3: a row of a real backup. */
Test(bak_writer, row_is_that_of_a_real_backup)
{
    static const uint8_t expected[] =
        "\x30\x00\x19\x00\x44\x30\x30\x30\x31\x06\xf9\x0a\x98\x3a\x00\x00\x05\x00\x00\x00\x47\x45\x4e\x43\x48\x09\x00"
        "\x00\x00\x03\x00\x2d\x00\x31\x00\x43\x00MeredithGreymgrey@hospital.com";
    struct mdf_layout layout;
    struct mdf_row *row = x_alloc(sizeof(*row));
    uint8_t record[MDF_PAGE_SIZE];

    make_doctor(&layout);
    mdf_row_init(row, &layout);
    mdf_row_begin(row);
    mdf_row_text(row, "D0001");
    mdf_row_text(row, "Meredith");
    mdf_row_text(row, "Grey");
    mdf_row_date(row, 719110 - 719162);
    mdf_row_integer(row, 15000);
    mdf_row_integer(row, 5);
    mdf_row_text(row, "mgrey@hospital.com");
    mdf_row_text(row, "GEN");
    mdf_row_text(row, "CH");
    cr_assert_eq(mdf_row_encode(row, MDF_RECORD_PRIMARY, NULL, record), sizeof expected - 1);
    cr_expect_eq(mdf_row_size(row, MDF_RECORD_PRIMARY), sizeof expected - 1);
    expect_bytes(record, expected, sizeof expected - 1);
    mdf_row_release(row);
    free(row);
}

/* The key first, wherever it stands in the list, as in a real sysdiagrams; bits share a byte. */
Test(bak_writer, columns_stand_where_a_server_puts_them)
{
    struct mdf_layout layout = {0};

    mdf_layout_add(&layout, "name", "sysname");
    mdf_layout_add(&layout, "principal_id", "int");
    mdf_layout_add(&layout, "diagram_id", "int")->key = 1;
    mdf_layout_add(&layout, "is_one", "bit");
    mdf_layout_add(&layout, "version", "int");
    mdf_layout_add(&layout, "is_two", "bit");
    mdf_layout_add(&layout, "definition", "varbinary(max)");
    mdf_layout_place(&layout, true);
    cr_expect_eq(layout.columns[2].leaf, 4);
    cr_expect_eq(layout.columns[2].null_bit, 1);
    cr_expect_eq(layout.columns[0].leaf, -1);
    cr_expect_eq(layout.columns[0].null_bit, 2);
    cr_expect_eq(layout.columns[1].leaf, 8);
    cr_expect_eq(layout.columns[3].leaf, 12);
    cr_expect_eq(layout.columns[5].leaf, 12);
    cr_expect_eq(layout.columns[5].bit, 1);
    cr_expect_eq(layout.columns[4].leaf, 13);
    cr_expect_eq(layout.columns[6].leaf, -2);
    cr_expect_eq(layout.fixed_end, 17);
}

static void put_value(const char *type, void (*put)(struct mdf_row *row), const uint8_t *expected, size_t size)
{
    struct mdf_layout layout = {0};
    struct mdf_row *row = x_alloc(sizeof(*row));

    mdf_layout_add(&layout, "value", type);
    mdf_layout_place(&layout, true);
    mdf_row_init(row, &layout);
    mdf_row_begin(row);
    put(row);
    cr_expect_eq(layout.fixed_end, 4 + size, "%s", type);
    expect_bytes(row->fixed + 4, expected, size);
    mdf_row_release(row);
    free(row);
}

static void put_morning(struct mdf_row *row)
{
    mdf_row_moment(row, (INT64_C(45670) - 25567) * 1440 + 540, 0);
}

static void put_late(struct mdf_row *row)
{
    mdf_row_moment(row, (INT64_C(45670) - 25567) * 1440 + 600, -3);
}

static void put_negative(struct mdf_row *row)
{
    mdf_row_decimal(row, -150);
}

static void put_1500(struct mdf_row *row)
{
    mdf_row_decimal(row, 150000);
}

static void put_guid(struct mdf_row *row)
{
    mdf_row_text(row, "00112233-4455-6677-8899-AABBCCDDEEFF");
}

static void put_version(struct mdf_row *row)
{
    mdf_row_text(row, "0x00000000000007D1");
}

/* Section 9: 09:00 on 2025-01-15 and 1500.00 are real values. */
Test(bak_writer, values_are_encoded_as_a_server_does)
{
    put_value("datetime", put_morning, (const uint8_t *)"\xc0\x50\x94\x00\x66\xb2\x00\x00", 8);
    put_value("datetime", put_late, (const uint8_t *)"\x7f\xcb\xa4\x00\x66\xb2\x00\x00", 8);
    put_value("smalldatetime", put_morning, (const uint8_t *)"\x1c\x02\x66\xb2", 4);
    put_value("decimal(7,2)", put_1500, (const uint8_t *)"\x01\xf0\x49\x02\x00", 5);
    put_value("decimal(9,2)", put_negative, (const uint8_t *)"\x00\x96\x00\x00\x00", 5);
    put_value("money", put_negative, (const uint8_t *)"\x68\xc5\xff\xff\xff\xff\xff\xff", 8);
    put_value("uniqueidentifier", put_guid,
              (const uint8_t *)"\x33\x22\x11\x00\x55\x44\x77\x66\x88\x99\xaa\xbb\xcc\xdd\xee\xff", 16);
    put_value("rowversion", put_version, (const uint8_t *)"\x00\x00\x00\x00\x00\x00\x07\xd1", 8);
}

/* ---- large values ---- */

struct lob_world {
    int descriptor;
    struct mdf_store *store;
    struct mdf_unit unit;
    struct mdf_lob_writer writer;
};

static void open_world(struct lob_world *world)
{
    world->descriptor = make_file();
    world->store = mdf_store_new(world->descriptor, 0);
    world->unit = (struct mdf_unit){.id = first_unit, .type = MDF_UNIT_LARGE};
    mdf_lob_init(&world->writer, world->store, &world->unit);
}

static void close_world(struct lob_world *world)
{
    struct fault fault = {0};

    mdf_lob_finish(&world->writer);
    mdf_lob_release(&world->writer);
    mdf_unit_close(world->store, &world->unit);
    cr_expect(mdf_store_finish(world->store, &fault), "%s", fault.text);
    mdf_store_destroy(&world->store);
    close(world->descriptor);
}

static void put_zeros(struct lob_world *world, size_t size)
{
    char *zeros = x_alloc(size);

    mdf_lob_put(&world->writer, zeros, size);
    free(zeros);
}

/* The diagram of 30,212 bytes in the format reference, section 8, and a public dump of an overflowing varchar. */
Test(bak_writer, roots_in_rows_are_those_of_real_ones)
{
    static const uint32_t ends[] = {8040, 16080, 24120, 30212};
    struct lob_world world;
    uint8_t root[MDF_ROOT_MAX];

    open_world(&world);
    put_zeros(&world, 30212);
    cr_assert_eq(mdf_lob_end_root(&world.writer, 0, root), 12 + 4 * 12);
    expect_bytes(root, (const uint8_t *)"\x04\x00\x00\x00\x01\x00\x00\x00", 8);
    for (size_t i = 0; i < array_length(ends); i++) {
        cr_expect_eq(get_u32(root + 12 + 12 * i), ends[i]);
        cr_expect_eq(mdf_get_u16(root + 12 + 12 * i + 8), 1, "file");
    }
    put_zeros(&world, 8000);
    cr_assert_eq(mdf_lob_end_root(&world.writer, 1, root), 24);
    expect_bytes(root, (const uint8_t *)"\x02\x00\x00\x00\x01\x00\x00\x00", 8);
    expect_bytes(root + 12, (const uint8_t *)"\x40\x1f\x00\x00", 4);
    close_world(&world);
}

/* More than five pieces hang below nodes of up to 501, as in a real backup. */
Test(bak_writer, long_values_have_nodes)
{
    struct lob_world world;
    uint8_t root[MDF_ROOT_MAX];
    struct mdf_page page;
    const uint8_t *node;

    open_world(&world);
    put_zeros(&world, 6 * 8040 + 1);
    cr_assert_eq(mdf_lob_end_root(&world.writer, 0, root), 24);
    cr_expect_eq(root[1], 1, "level");
    cr_expect_eq(get_u32(root + 12), 6 * 8040 + 1);
    mdf_store_read(world.store, get_u32(root + 16), &page);
    cr_expect_eq(page.bytes[1], MDF_PAGE_TEXT_TREE);
    node = page.bytes + slot_of(&page, 0);
    expect_bytes(node, (const uint8_t *)"\x08\x00\x84\x00", 4);
    expect_bytes(node + 12, (const uint8_t *)"\x02\x00\xf5\x01\x07\x00\x00\x00\x68\x1f\x00\x00\x00\x00\x00\x00", 16);
    close_world(&world);
}

Test(bak_writer, short_texts_stand_in_their_root)
{
    struct lob_world world;
    uint8_t pointer[MDF_POINTER_SIZE];
    struct mdf_page page;
    const uint8_t *record;

    open_world(&world);
    mdf_lob_put(&world.writer, "abc", 3);
    mdf_lob_end_pointer(&world.writer, pointer);
    mdf_lob_finish(&world.writer);
    mdf_store_read(world.store, get_u32(pointer + 8), &page);
    cr_expect_eq(page.bytes[1], MDF_PAGE_TEXT);
    record = page.bytes + slot_of(&page, mdf_get_u16(pointer + 14));
    expect_bytes(record, (const uint8_t *)"\x08\x00\x54\x00", 4);
    expect_bytes(record + 12, (const uint8_t *)"\x00\x00\x03\x00", 4);
    expect_bytes(record + 20, (const uint8_t *)"abc", 3);
    close_world(&world);
}

/* ---- tables ---- */

static void begin_table(struct mdf_table *table, struct mdf_store *store, const char *const *types, size_t count)
{
    static const char *const names[] = {"a", "b", "c"};
    uint64_t unit = first_unit;
    struct fault fault = {0};

    for (size_t i = 0; i < count; i++)
        mdf_layout_add(&table->layout, names[i], types[i]);
    table->keys_first = true;
    if (!table->is_heap)
        table->layout.columns[0].key = 1;
    mdf_layout_place(&table->layout, true);
    cr_assert(mdf_table_begin(table, store, &unit, UNIT_STEP, &fault), "%s", fault.text);
}

/* Two long texts do not fit on one page: one goes to the overflow unit, as a dump of SQL Server's shows it. */
Test(bak_writer, rows_longer_than_a_page_overflow)
{
    static const char *const types[] = {"int", "varchar(8000)", "varchar(8000)"};
    struct mdf_table table = {.name = "Wide"};
    int descriptor = make_file();
    struct mdf_store *store = mdf_store_new(descriptor, 0);
    char *text = x_alloc(BIG);
    struct mdf_page page;
    const uint8_t *record;

    begin_table(&table, store, types, 3);
    cr_assert_eq(table.rows.unit_count, 2);
    cr_expect_eq(table.rows.units[1].type, MDF_UNIT_OVERFLOW);
    mdf_table_row(&table);
    mdf_row_integer(table.row, 1);
    memset(text, 'a', 5000);
    mdf_row_text(table.row, text);
    memset(text, 'b', 6000);
    mdf_row_text(table.row, text);
    mdf_table_add(&table);
    free(text);
    cr_assert(mdf_table_finish(&table, &(struct fault){0}));
    mdf_store_read(store, table.rows.units[0].first, &page);
    record = page.bytes + slot_of(&page, 0);
    expect_bytes(record, (const uint8_t *)"\x30\x00\x08\x00\x01\x00\x00\x00\x03\x00\x00\x02\x00", 13);
    cr_expect_eq(mdf_get_u16(record + 13), 17 + 5000);
    cr_expect_eq(mdf_get_u16(record + 15), (17 + 5000 + 24) | 0x8000);
    cr_expect_eq(record[17 + 5000], 2);
    cr_expect_eq(get_u32(record + 17 + 5000 + 12), 6000);
    cr_expect_eq(get_u32(record + 17 + 5000 + 16), table.rows.units[1].first);
    cr_expect(mdf_store_finish(store, &(struct fault){0}));
    mdf_store_destroy(&store);
    close(descriptor);
}

/* Records above the leaves are those of a real index: 06, key, page. */
Test(bak_writer, clustered_tables_have_an_index)
{
    static const char *const types[] = {"int", "char(200)"};
    struct mdf_table table = {.name = "Tall"};
    int descriptor = make_file();
    struct mdf_store *store = mdf_store_new(descriptor, 0);
    struct mdf_page root;
    struct mdf_page leaf;

    begin_table(&table, store, types, 2);
    for (int i = 0; i < 100; i++) {
        mdf_table_row(&table);
        mdf_row_integer(table.row, i);
        mdf_row_text(table.row, "x");
        mdf_table_add(&table);
    }
    mdf_table_add_ghosts(&table, 2);
    cr_assert(mdf_table_finish(&table, &(struct fault){0}));
    cr_expect_eq(table.rows.rows, 100);
    mdf_store_read(store, table.rows.units[0].root, &root);
    cr_expect_eq(root.bytes[1], MDF_PAGE_INDEX);
    cr_expect_eq(root.bytes[3], 1, "level");
    cr_expect_eq(root.slots, table.rows.units[0].data);
    cr_expect_eq(mdf_get_u16(root.bytes + 14), 11);
    mdf_store_read(store, table.rows.units[0].first, &leaf);
    for (unsigned i = 0; i < root.slots; i++) {
        const uint8_t *above = root.bytes + slot_of(&root, i);

        cr_expect_eq(above[0], 0x06);
        cr_expect_eq(get_u32(above + 5), leaf.number);
        cr_expect_eq(get_u32(above + 1), get_u32(leaf.bytes + slot_of(&leaf, 0) + 4), "first key of page %u", i);
        if (i + 1 < root.slots)
            mdf_store_read(store, get_u32(leaf.bytes + 16), &leaf);
    }
    cr_expect_eq(get_u32(leaf.bytes + 16), 0, "the chain ends");
    cr_expect_eq(leaf.ghosts, 2);
    cr_expect_eq(leaf.bytes[slot_of(&leaf, leaf.slots - 1)] >> 1 & 7, MDF_RECORD_GHOST);
    cr_expect(mdf_store_finish(store, &(struct fault){0}));
    mdf_store_destroy(&store);
    close(descriptor);
}

/* Stub and back pointer of a moved row, section 6.1. */
Test(bak_writer, moved_rows_have_a_stub)
{
    static const char *const types[] = {"varchar(20)"};
    struct mdf_table table = {.name = "Moved", .is_heap = true};
    int descriptor = make_file();
    struct mdf_store *store = mdf_store_new(descriptor, 0);
    struct mdf_page page;
    uint8_t stub[9];
    const uint8_t *record;

    begin_table(&table, store, types, 1);
    mdf_table_row(&table);
    mdf_row_text(table.row, "Piaba");
    mdf_table_add_free_slot(&table);
    mdf_table_add_moved(&table);
    cr_assert(mdf_table_finish(&table, &(struct fault){0}));
    mdf_store_read(store, table.rows.units[0].first, &page);
    cr_expect_eq(slot_of(&page, 0), 0);
    memcpy(stub, page.bytes + slot_of(&page, 1), sizeof stub);
    cr_expect_eq(stub[0], 0x04);
    mdf_store_read(store, get_u32(stub + 1), &page);
    record = page.bytes + slot_of(&page, mdf_get_u16(stub + 7));
    expect_bytes(record,
                 (const uint8_t *)"\x32\x00\x04\x00\x01\x00\x00\x02\x00\x12\x00\x1c\x80"
                                  "Piaba\x00\x04",
                 20);
    cr_expect_eq(get_u32(record + 20), table.rows.units[0].first);
    cr_expect_eq(mdf_get_u16(record + 26), 1, "slot of the stub");
    cr_expect(mdf_store_finish(store, &(struct fault){0}));
    mdf_store_destroy(&store);
    close(descriptor);
}

/* ---- maps ---- */

/* Eight pages from mixed extents, then whole ones; what the maps say, byte by byte (section 5). */
Test(bak_writer, maps_agree_with_what_was_allocated)
{
    enum { PAGES = 20 };
    int descriptor = make_file();
    struct mdf_store *store = mdf_store_new(descriptor, 0);
    struct mdf_unit unit = {.id = first_unit, .type = MDF_UNIT_ROWS};
    struct fault fault = {0};
    struct mdf_page map;
    uint32_t pages[PAGES];

    for (int i = 0; i < PAGES; i++) {
        mdf_page_init(&map, MDF_PAGE_DATA, 0, unit.id, pages[i] = mdf_unit_page(store, &unit));
        mdf_store_write(store, &map);
    }
    mdf_unit_close(store, &unit);
    cr_assert(mdf_store_finish(store, &fault), "%s", fault.text);
    cr_expect_eq(unit.used, PAGES + 1);
    cr_expect_eq(mdf_store_allocated_pages(store), 8 * 5, "two with maps, one mixed, two of its own");

    mdf_store_read(store, unit.first_iam, &map);
    cr_expect_eq(map.bytes[1], MDF_PAGE_IAM);
    cr_expect_eq(mdf_get_u16(map.bytes + 98), 94);
    cr_expect_eq(mdf_get_u16(map.bytes + 192), 0x1F38);
    for (int i = 0; i < 8; i++)
        cr_expect_eq(get_u32(map.bytes + 142 + 6 * (size_t)i), pages[i]);
    cr_expect_eq(map.bytes[194], 1u << pages[8] / 8 | 1u << pages[16] / 8);

    mdf_store_read(store, 2, &map);
    cr_expect_eq(map.bytes[1], MDF_PAGE_GAM);
    cr_expect_eq(map.bytes[194], 0xE0, "extents 0 to 4 are allocated");
    cr_expect_eq(map.bytes[194 + 7987], 0xFF);

    mdf_store_read(store, 1, &map);
    cr_expect_eq(map.bytes[1], MDF_PAGE_PFS);
    expect_bytes(map.bytes + 100, (const uint8_t *)"\x44\x44\x44\x44\x00\x00\x44\x44\x00\x64", 10);
    cr_expect_eq(map.bytes[100 + pages[0]], 0x60);
    cr_expect_eq(map.bytes[100 + unit.first_iam], 0x70);
    cr_expect_eq(map.bytes[100 + pages[19]], 0x40);
    cr_expect_eq(map.bytes[100 + pages[19] + 1], 0);
    mdf_store_destroy(&store);
    close(descriptor);
}

/* A disk that is full shows at the end at the latest. */
Test(bak_writer, full_disk_is_told)
{
    struct fault fault = {0};
    scoped(descriptor_close) int full = open("/dev/full", O_RDWR);
    struct mdf_store *store = mdf_store_new(full, 0);

    cr_assert(full >= 0);
    cr_expect_not(mdf_store_finish(store, &fault));
    cr_expect_not_null(strstr(fault.text, "cannot write"));
    mdf_store_destroy(&store);
}
