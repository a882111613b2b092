/* Pages and records, with the bytes of real ones. */
#include "source/bak/page.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"
#include "source/bak/record.h"
#include "support/bak_builder.h"

Test(bak_page, reads_a_header)
{
    struct bak_page page = {0};

    built_page(page.bytes, 1, 3, 70000, 256, 100);
    bak_page_settle(&page);
    cr_expect_eq(page.header.type, BAK_PAGE_DATA);
    cr_expect_eq(page.header.place.file, 3);
    cr_expect_eq(page.header.place.page, 70000);
    cr_expect_eq(bak_page_unit(&page.header), ((int64_t)256 << 48) + (100 << 16));
    cr_expect(bak_page_header_is_plausible(&page.header));
    page.header.place.file = 0;
    cr_expect(!bak_page_header_is_plausible(&page.header));
}

Test(bak_page, leaf_of_a_clustered_index_from_2000_belongs)
{
    struct bak_page_header header = {.object_part = 77};

    cr_expect(bak_page_belongs(&header, ((int64_t)1 << 48) + (77 << 16)));
    cr_expect(bak_page_belongs(&header, 77 << 16));
    cr_expect(!bak_page_belongs(&header, ((int64_t)2 << 48) + (77 << 16)));
    cr_expect(!bak_page_belongs(&header, ((int64_t)1 << 48) + (78 << 16)));
}

Test(bak_page, notices_every_changed_bit_by_the_checksum)
{
    static struct bak_page page;

    for (size_t bit = 0; bit < 8 * BAK_PAGE_SIZE; bit += 7) {
        built_page(page.bytes, 1, 1, 50, 256, 100);
        memset(page.bytes + 200, 0x5A, 3000);
        built_checksum(page.bytes);
        bak_page_settle(&page);
        cr_assert_eq(page.damage, BAK_PAGE_SOUND);
        /* The flag that says there is a checksum. */
        if (bit / 8 == 5)
            continue;
        page.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        bak_page_settle(&page);
        cr_assert_eq(page.damage, BAK_PAGE_BAD_CHECKSUM, "bit %zu", bit);
    }
}

/* Page 1:100 of a real backup: pattern 1, the field 0x00800801. */
Test(bak_page, puts_torn_bits_back)
{
    static struct bak_page page;

    built_page(page.bytes, 1, 1, 100, 0, 77);
    page.bytes[5] = 1;
    memcpy(page.bytes + 60, "\x01\x08\x80\x00", 4);
    for (unsigned i = 1; i < 16; i++)
        page.bytes[512 * (i + 1) - 1] = i == 5 || i == 11 ? 0x19 : 0x01;
    bak_page_settle(&page);
    cr_expect_eq(page.damage, BAK_PAGE_SOUND);
    cr_expect_eq(page.bytes[512 * 6 - 1], 0x1A);
    cr_expect_eq(page.bytes[512 * 12 - 1], 0x1A);
    cr_expect_eq(page.bytes[512 * 3 - 1], 0x00);
    page.bytes[512 * 3 - 1] = 0x02;
    bak_page_settle(&page);
    cr_expect_eq(page.damage, BAK_PAGE_TORN);
}

Test(bak_page, gives_slots_within_the_page_only)
{
    static struct bak_page page;
    const uint8_t *data = NULL;
    size_t room = 0;
    uint8_t record[10] = {0x10};

    built_page(page.bytes, 1, 1, 50, 256, 100);
    cr_expect_eq(built_add(page.bytes, record, sizeof record), 0);
    cr_expect_eq(built_add(page.bytes, record, sizeof record), 1);
    bak_page_settle(&page);
    cr_expect_eq(bak_page_slot(&page, 1, &data, &room), BAK_SLOT_RECORD);
    cr_expect_eq(data - page.bytes, 106);
    cr_expect_eq(room, BAK_PAGE_SIZE - 4 - 106);
    cr_expect_eq(bak_page_slot(&page, 2, &data, &room), BAK_SLOT_OUTSIDE);
    memset(page.bytes + BAK_PAGE_SIZE - 2, 0, 2);
    cr_expect_eq(bak_page_slot(&page, 0, &data, &room), BAK_SLOT_FREE);
    for (unsigned offset = 1; offset < 0x10000; offset++) {
        bool inside = offset >= 96 && offset < BAK_PAGE_SIZE - 4;

        page.bytes[BAK_PAGE_SIZE - 2] = (uint8_t)offset;
        page.bytes[BAK_PAGE_SIZE - 1] = (uint8_t)(offset >> 8);
        cr_assert_eq(bak_page_slot(&page, 0, &data, &room), inside ? BAK_SLOT_RECORD : BAK_SLOT_OUTSIDE, "%u", offset);
    }
    page.header.slots = 5000;
    cr_expect_eq(bak_page_slot(&page, 0, &data, &room), BAK_SLOT_OUTSIDE);
}

/* The first row of table doctor in a real backup (format, section 6.3). */
static const uint8_t doctor[] = {0x30, 0x00, 0x19, 0x00, 0x44, 0x30, 0x30, 0x30, 0x31, 0x06, 0xf9, 0x0a, 0x98, 0x3a,
                                 0x00, 0x00, 0x05, 0x00, 0x00, 0x00, 0x47, 0x45, 0x4e, 0x43, 0x48, 0x09, 0x00, 0x00,
                                 0x00, 0x03, 0x00, 0x2d, 0x00, 0x31, 0x00, 0x43, 0x00, 0x4d, 0x65, 0x72, 0x65, 0x64,
                                 0x69, 0x74, 0x68, 0x47, 0x72, 0x65, 0x79, 0x6d, 0x67, 0x72, 0x65, 0x79, 0x40, 0x68,
                                 0x6f, 0x73, 0x70, 0x69, 0x74, 0x61, 0x6c, 0x2e, 0x63, 0x6f, 0x6d};

static struct bak_cell cell_of(const struct bak_record *record, int offset, unsigned null_bit, unsigned size)
{
    struct bak_column_place place = {.stored = true, .leaf_offset = offset, .null_bit = null_bit, .size = size};
    struct bak_cell cell;
    const char *why = NULL;

    cr_assert(bak_record_cell(record, &place, &cell, &why), "%s", why);
    return cell;
}

static bool holds(struct bak_cell cell, const char *text)
{
    return cell.state == BAK_CELL_VALUE && cell.size == strlen(text) && memcmp(cell.data, text, cell.size) == 0;
}

Test(bak_record, reads_a_real_row)
{
    struct bak_record record;
    const char *why = NULL;

    cr_assert(bak_record_parse(doctor, sizeof doctor, &record, &why), "%s", why);
    cr_expect_eq(record.type, BAK_RECORD_PRIMARY);
    cr_expect_eq(record.columns, 9);
    cr_expect_eq(record.variables, 3);
    cr_expect_eq(record.size, sizeof doctor);
    cr_expect(holds(cell_of(&record, 4, 1, 5), "D0001"));
    cr_expect(holds(cell_of(&record, -1, 2, 0), "Meredith"));
    cr_expect(holds(cell_of(&record, -2, 3, 0), "Grey"));
    cr_expect(holds(cell_of(&record, -3, 4, 0), "mgrey@hospital.com"));
    cr_expect(holds(cell_of(&record, -4, 5, 0), ""), "beyond the variable columns: empty, not NULL");
    cr_expect_eq(cell_of(&record, 25, 10, 4).state, BAK_CELL_NULL, "added later");
}

Test(bak_record, null_bits_and_defaults_of_later_columns)
{
    uint8_t bytes[sizeof doctor];
    uint8_t variant[] = {56, 1, 7, 0, 0, 0};
    struct bak_column_place later = {.stored = true, .leaf_offset = 25, .null_bit = 10, .size = 4};
    struct bak_record record;
    struct bak_cell cell;
    const char *why = NULL;

    memcpy(bytes, doctor, sizeof doctor);
    bytes[27] = 0x20;
    cr_assert(bak_record_parse(bytes, sizeof bytes, &record, &why));
    cr_expect_eq(cell_of(&record, 16, 6, 4).state, BAK_CELL_NULL);
    cr_expect_eq(cell_of(&record, 12, 5, 4).state, BAK_CELL_VALUE);
    later.fallback = variant;
    later.fallback_size = sizeof variant;
    cr_assert(bak_record_cell(&record, &later, &cell, &why));
    cr_expect_eq(cell.state, BAK_CELL_DEFAULT);
    cr_expect_eq(cell.size, sizeof variant);
    later.stored = false;
    cr_assert(bak_record_cell(&record, &later, &cell, &why));
    cr_expect_eq(cell.state, BAK_CELL_NULL);
}

/* In memory of exactly its size, so that a read beyond the end is noticed. */
Test(bak_record, is_refused_at_every_shorter_size)
{
    for (size_t size = 0; size < sizeof doctor; size++) {
        uint8_t *bytes = x_alloc_raw(size ? size : 1);
        struct bak_record record;
        const char *why = NULL;

        memcpy(bytes, doctor, size);
        cr_expect(!bak_record_parse(bytes, size, &record, &why), "%zu bytes", size);
        cr_expect_not_null(why);
        free(bytes);
    }
}

Test(bak_record, refuses_what_contradicts_itself)
{
    static const struct {
        size_t at;
        uint8_t value;
        const char *want;
    } cases[] = {
        {2, 3, "fixed columns"},         {3, 1, "fixed columns"},   {25, 255, "null bits|variable|backwards"},
        {29, 200, "variable columns"},   {31, 0x20, "backwards"},   {33, 0x2c, "backwards"},
        {36, 1, "variable columns end"}, {0, 0x32, "where it was"}, {0, 0x36, "not a row"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        uint8_t bytes[sizeof doctor];
        struct bak_record record;
        const char *why = NULL;

        memcpy(bytes, doctor, sizeof doctor);
        bytes[cases[i].at] = cases[i].value;
        cr_assert(!bak_record_parse(bytes, sizeof bytes, &record, &why), "case %zu", i);
        if (!strchr(cases[i].want, '|'))
            cr_expect_not_null(strstr(why, cases[i].want), "case %zu: got %s, want %s", i, why, cases[i].want);
    }
}

Test(bak_record, a_fixed_column_must_lie_in_the_fixed_part)
{
    struct bak_record record;
    struct bak_cell cell;
    const char *why = NULL;

    cr_assert(bak_record_parse(doctor, sizeof doctor, &record, &why));
    for (int offset = 0; offset < 40; offset++) {
        struct bak_column_place place = {.stored = true, .leaf_offset = offset, .null_bit = 1, .size = 4};

        cr_expect_eq(bak_record_cell(&record, &place, &cell, &why), offset >= 4 && offset + 4 <= 0x19, "%d", offset);
    }
}

/* Real ones: format, section 6.1. */
Test(bak_record, stub_and_moved_row)
{
    static const uint8_t stub[] = {0x04, 0x28, 0x01, 0x00, 0x00, 0x01, 0x00, 0x70, 0x00};
    uint8_t bytes[100];
    struct built_variable variables[2] = {{"Piaba", 5, false}, {"\x00\x04\x24\x01\x00\x00\x01\x00\x63\x00", 10, true}};
    struct bak_record record;
    const char *why = NULL;
    size_t size;

    cr_assert(bak_record_parse(stub, sizeof stub, &record, &why), "%s", why);
    cr_expect_eq(record.type, BAK_RECORD_STUB);
    cr_expect_eq(record.stub.place.page, 296);
    cr_expect_eq(record.stub.place.file, 1);
    cr_expect_eq(record.stub.slot, 112);
    cr_expect(!bak_record_parse(stub, sizeof stub - 1, &record, &why));

    size = built_record(bytes, 1, "\1\0\0\0", 4, 3, 0, variables, 2);
    cr_assert(bak_record_parse(bytes, size, &record, &why), "%s", why);
    cr_expect_eq(record.variables, 1, "the way back is no column");
    cr_expect(holds(cell_of(&record, -1, 2, 0), "Piaba"));
    cr_expect(holds(cell_of(&record, -2, 3, 0), ""));
    cr_expect_eq(record.stub.place.page, 292);
    cr_expect_eq(record.stub.slot, 99);
}

Test(bak_record, complex_and_sparse_columns)
{
    static const uint8_t vector[] = {5, 0, 2, 0, 7, 0, 9, 0, 13, 0, 14, 0, 'a', 'b'};
    uint8_t bytes[100];
    struct built_variable variables[2] = {{"0123456789abcdef", 16, true}, {vector, sizeof vector, true}};
    struct bak_record record;
    const char *why = NULL;
    size_t size = built_record(bytes, 0, "\1\0\0\0", 4, 3, 0, variables, 2);
    struct bak_column_place sparse = {.stored = true, .sparse = true, .column_id = 9};
    struct bak_cell cell;

    cr_assert(bak_record_parse(bytes, size, &record, &why), "%s", why);
    cr_expect_eq(cell_of(&record, -1, 2, 0).state, BAK_CELL_COMPLEX);
    cr_expect_eq(cell_of(&record, -1, 2, 0).size, 16);
    cr_assert(bak_record_cell(&record, &sparse, &cell, &why));
    cr_expect(holds(cell, "b"));
    sparse.column_id = 8;
    cr_assert(bak_record_cell(&record, &sparse, &cell, &why));
    cr_expect_eq(cell.state, BAK_CELL_NULL);
    /* Ends that leave the vector. */
    bytes[size - 4] = 15;
    cr_assert(bak_record_parse(bytes, size, &record, &why));
    sparse.column_id = 9;
    cr_expect(!bak_record_cell(&record, &sparse, &cell, &why));
}
