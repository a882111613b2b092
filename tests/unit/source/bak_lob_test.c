/* Large values: trees made by hand, whole and damaged. Real ones are in bak_source_test.c. */
#include "source/bak/lob.h"

#include <criterion/criterion.h>
#include <string.h>

#include "support/lob_builder.h"

static uint8_t extent[8 * BAK_PAGE_SIZE];

static void set_up(void)
{
    lob_builder_extent(extent);
}

TestSuite(bak_lob, .init = set_up);

/* Reads a value; its size or -1, and the first word of what is wrong. */
static int64_t read_value(uint8_t type, const uint8_t *data, size_t size, struct fault *fault)
{
    struct bak_cell cell = {.state = BAK_CELL_COMPLEX, .data = data, .size = size};
    struct lob_store opened;
    struct bak_lob *lob = NULL;
    const uint8_t *piece = NULL;
    size_t piece_size = 0;
    int64_t given = 0;
    bool good;

    cr_assert(lob_store_open(&opened, extent, fault), "%s", fault->text);
    good = bak_lob_open(opened.store, opened.units, type, &cell, &lob, fault);
    if (good && !lob)
        given = -2;
    while (good && lob) {
        good = bak_lob_next(lob, &piece, &piece_size, fault);
        if (!good || piece_size == 0)
            break;
        for (size_t i = 0; type != BAK_TYPE_NTEXT && i < piece_size; i++)
            good = good && piece[i] == lob_builder_byte((size_t)given + i);
        cr_expect(good, "the bytes at %ld are others", (long)given);
        given += (int64_t)piece_size;
    }
    bak_lob_close(&lob);
    lob_store_close(&opened);
    return good ? given : -1;
}

static void expect_pointer(unsigned slot, int64_t wanted, const char *words)
{
    uint8_t cell[LOB_POINTER_SIZE];
    struct fault fault = {0};
    int64_t got;

    lob_builder_pointer(cell, slot);
    got = read_value(slot == LOB_SLOT_SMALL ? BAK_TYPE_NTEXT : BAK_TYPE_IMAGE, cell, sizeof cell, &fault);
    cr_expect_eq(got, wanted, "slot %u: got %ld: %s", slot, (long)got, fault.text);
    if (words)
        cr_expect(strstr(fault.text, words), "got %s, want %s", fault.text, words);
}

static uint8_t *record(unsigned page, unsigned slot)
{
    uint8_t *at = extent + (size_t)page * BAK_PAGE_SIZE;
    const uint8_t *end = at + BAK_PAGE_SIZE - 2 * (size_t)(slot + 1);

    return at + (end[0] | end[1] << 8);
}

Test(bak_lob, every_kind_of_root)
{
    static const uint8_t nothing[LOB_POINTER_SIZE];
    uint8_t cell[LOB_INLINE_SIZE];
    struct fault fault = {0};

    expect_pointer(LOB_SLOT_SMALL, LOB_SMALL, NULL);
    expect_pointer(LOB_SLOT_ROOT, LOB_WHOLE, NULL);
    expect_pointer(LOB_SLOT_OLD_ROOT, LOB_WHOLE, NULL);
    expect_pointer(LOB_SLOT_NULL, -2, NULL);
    cr_expect_eq(read_value(BAK_TYPE_TEXT, nothing, sizeof nothing, &fault), -2);
    lob_builder_inline(cell);
    cr_expect_eq(read_value(BAK_TYPE_VARBINARY, cell, sizeof cell, &fault), LOB_WHOLE, "%s", fault.text);
    cell[0] = 2;
    cr_expect_eq(read_value(BAK_TYPE_VARBINARY, cell, sizeof cell, &fault), LOB_WHOLE, "%s", fault.text);
}

Test(bak_lob, cells_that_are_no_roots)
{
    uint8_t cell[LOB_INLINE_SIZE];
    struct fault fault = {0};

    lob_builder_inline(cell);
    cr_expect_eq(read_value(BAK_TYPE_VARBINARY, cell, LOB_INLINE_SIZE - 1, &fault), -1);
    cr_expect_eq(read_value(BAK_TYPE_VARBINARY, cell, 12, &fault), -1);
    cr_expect_eq(read_value(BAK_TYPE_IMAGE, cell, LOB_INLINE_SIZE, &fault), -1);
    cell[0] = 3;
    cr_expect_eq(read_value(BAK_TYPE_VARBINARY, cell, LOB_INLINE_SIZE, &fault), -1);
    cell[0] = 4;
    memset(cell + 12, 0xFF, 4);
    cr_expect_eq(read_value(BAK_TYPE_VARBINARY, cell, LOB_INLINE_SIZE, &fault), -1);
}

Test(bak_lob, a_piece_that_is_missing)
{
    memset(extent + 3 * BAK_PAGE_SIZE, 0, BAK_PAGE_SIZE);
    expect_pointer(LOB_SLOT_ROOT, -1, "page 1:11 slot 0 is damaged: the page is not in the backup");
}

Test(bak_lob, a_piece_of_another_table)
{
    extent[2 * BAK_PAGE_SIZE + 24] ^= 1;
    expect_pointer(LOB_SLOT_ROOT, -1, "the page belongs to something else");
}

Test(bak_lob, a_piece_that_is_shorter_than_its_link_says)
{
    record(2, 0)[2] -= 1;
    expect_pointer(LOB_SLOT_ROOT, -1, "a piece is not as long as its link says");
}

Test(bak_lob, links_that_run_backwards)
{
    record(0, LOB_SLOT_INTERNAL)[20] = 0xFF;
    record(0, LOB_SLOT_INTERNAL)[21] = 0x7F;
    expect_pointer(LOB_SLOT_ROOT, -1, "the sizes of its pieces are impossible");
}

Test(bak_lob, more_links_than_there_is_room_for)
{
    record(0, LOB_SLOT_INTERNAL)[16] = 200;
    expect_pointer(LOB_SLOT_ROOT, -1, "it claims more pieces than it lists");
    record(0, LOB_SLOT_INTERNAL)[16] = 0;
    expect_pointer(LOB_SLOT_ROOT, -1, "it has no pieces");
}

Test(bak_lob, a_node_that_leads_to_itself)
{
    uint8_t *node = record(0, LOB_SLOT_INTERNAL);

    node[16] = 1;
    node[20] = (uint8_t)(LOB_WHOLE & 0xFF);
    node[21] = (uint8_t)(LOB_WHOLE >> 8);
    memcpy(node + 28, record(0, LOB_SLOT_ROOT) + 28, 8);
    expect_pointer(LOB_SLOT_ROOT, -1, "its tree is too deep");
}

Test(bak_lob, a_size_that_is_not_that_of_the_pieces)
{
    record(0, LOB_SLOT_ROOT)[24] += 1;
    expect_pointer(LOB_SLOT_ROOT, -1, "its pieces are not as long as it is");
}

Test(bak_lob, a_small_value_that_claims_too_much)
{
    record(0, LOB_SLOT_SMALL)[14] = 65;
    expect_pointer(LOB_SLOT_SMALL, -1, "it is longer than the room it has");
}
