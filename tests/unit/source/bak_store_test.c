/* Where pages are found: runs, copies, fillers, several files, several stripes, and extents in no order at all. */
#include "source/bak/store.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "bak_fixture.h"
#include "base/memory.h"
#include "source/bak/extent_map.h"

enum { EXTENTS = 40 };

/* Extents whose pages have the numbers that the test gives them; page 2 of each carries a mark. */
struct stream {
    uint8_t *extents[EXTENTS];
    size_t count;
};

static uint8_t *add_extent(struct stream *stream)
{
    return stream->extents[stream->count++] = calloc(1, BUILT_EXTENT);
}

static void add(struct stream *stream, unsigned file, uint32_t extent, uint8_t mark)
{
    uint8_t *bytes = add_extent(stream);

    for (uint32_t i = 0; i < 8; i++)
        built_page(bytes + (size_t)i * BUILT_PAGE, 1, file, 8 * extent + i, 256, 100);
    bytes[2 * BUILT_PAGE + 200] = mark;
}

static void release(struct stream *stream)
{
    for (size_t i = 0; i < stream->count; i++)
        free(stream->extents[i]);
    stream->count = 0;
}

/* A store over one to three backup files. */
struct opened {
    struct bak_fixture fixtures[3];
    struct bak_file *files[3];
    struct bak_container *containers[3];
    size_t count;
    struct bak_store *store;
};

static void add_member(struct opened *opened, const struct stream *first, const struct stream *again)
{
    struct built built = {0};
    struct built_set set = {.kind = 'D',
                            .families = 1,
                            .family = 1,
                            .files = 2,
                            .declared_pages = 16,
                            .file_pages = 1000,
                            .piece_extents = 3};
    struct bak_input input;
    struct fault fault = {0};
    size_t i = opened->count++;

    set.extents = (const uint8_t *const *)first->extents;
    set.extent_count = first->count;
    set.again = again ? (const uint8_t *const *)again->extents : NULL;
    set.again_count = again ? again->count : 0;
    built_tape(&built, &set);
    built_set(&built, &set);
    bak_fixture_make(&opened->fixtures[i], built.data, built.size);
    built_release(&built);
    input = (struct bak_input){.path = opened->fixtures[i].path};
    cr_assert(bak_file_open(&input, &opened->files[i], &fault));
    cr_assert(bak_container_open(opened->files[i], &opened->containers[i], &fault), "%s", fault.text);
}

static void open_store(struct opened *opened)
{
    struct bak_member members[3];
    struct fault fault = {0};

    for (size_t i = 0; i < opened->count; i++)
        members[i] = (struct bak_member){.file = opened->files[i], .set = bak_container_set(opened->containers[i], 0)};
    cr_assert(bak_store_open(members, opened->count, &opened->store, &fault), "%s", fault.text);
}

static void done(struct opened *opened)
{
    bak_store_close(&opened->store);
    for (size_t i = 0; i < opened->count; i++) {
        bak_container_close(&opened->containers[i]);
        bak_file_close(&opened->files[i]);
        bak_fixture_remove(&opened->fixtures[i]);
    }
}

/* The mark of an extent, or -1 absent, -2 foreign. */
static int mark_of(struct opened *opened, uint16_t file, uint32_t extent)
{
    static struct bak_page page;
    enum bak_found found = BAK_ABSENT;
    struct fault fault = {0};

    cr_assert(bak_store_read(opened->store, (struct bak_place){8 * extent + 2, file}, &page, &found, &fault));
    return found == BAK_FOUND ? page.bytes[200] : found == BAK_ABSENT ? -1 : -2;
}

Test(bak_store, finds_pages_of_two_files_with_gaps)
{
    struct opened opened = {0};
    struct stream stream = {0};

    for (uint32_t i = 0; i < 20; i++)
        add(&stream, 1, i < 7 ? i : i + 5 + i / 15, (uint8_t)i);
    for (uint32_t i = 0; i < 10; i++)
        add(&stream, 3, 2 * i, (uint8_t)(100 + i));
    add_member(&opened, &stream, NULL);
    open_store(&opened);
    for (uint32_t i = 0; i < 20; i++)
        cr_expect_eq(mark_of(&opened, 1, i < 7 ? i : i + 5 + i / 15), (int)i);
    for (uint32_t i = 0; i < 10; i++) {
        cr_expect_eq(mark_of(&opened, 3, 2 * i), 100 + (int)i);
        cr_expect_eq(mark_of(&opened, 3, 2 * i + 1), -1);
    }
    cr_expect_eq(mark_of(&opened, 1, 7), -1);
    cr_expect_eq(mark_of(&opened, 2, 0), -1);
    cr_expect_eq(bak_store_figures(opened.store)->extents, 30);
    cr_expect_eq(bak_store_figures(opened.store)->runs, 13);
    cr_expect_eq(bak_store_page_count(opened.store), 240);
    done(&opened);
    release(&stream);
}

Test(bak_store, later_copy_wins)
{
    struct opened opened = {0};
    struct stream first = {0};
    struct stream again = {0};

    for (uint32_t i = 0; i < 9; i++)
        add(&first, 1, i, (uint8_t)i);
    add(&again, 1, 0, 50);
    add(&again, 1, 4, 54);
    add(&again, 1, 20, 70);
    add_member(&opened, &first, &again);
    open_store(&opened);
    for (uint32_t i = 0; i < 9; i++)
        cr_expect_eq(mark_of(&opened, 1, i), i == 0 || i == 4 ? 50 + (int)i : (int)i, "extent %u", i);
    cr_expect_eq(mark_of(&opened, 1, 20), 70, "only in the second pass");
    cr_expect_eq(bak_store_figures(opened.store)->replaced_extents, 2);
    cr_expect_eq(bak_store_figures(opened.store)->extents, 10);
    done(&opened);
    release(&first);
    release(&again);
}

Test(bak_store, reads_stripes_as_one)
{
    struct opened opened = {0};
    struct stream streams[3] = {0};

    for (uint32_t i = 0; i < 30; i++)
        add(&streams[i / 2 % 3], 1, i, (uint8_t)i);
    for (size_t i = 0; i < 3; i++)
        add_member(&opened, &streams[i], NULL);
    open_store(&opened);
    for (uint32_t i = 0; i < 30; i++)
        cr_expect_eq(mark_of(&opened, 1, i), (int)i);
    cr_expect_eq(bak_store_figures(opened.store)->twice_extents, 0);
    done(&opened);
    for (size_t i = 0; i < 3; i++)
        release(&streams[i]);
}

/* Zero extents, filler at the end, and old pages of other places within an extent. */
Test(bak_store, believes_pages_by_their_own_headers)
{
    struct opened opened = {0};
    struct stream stream = {0};
    uint8_t *bytes;

    add_extent(&stream);
    for (uint32_t i = 1; i < 6; i++)
        add(&stream, 1, i, (uint8_t)i);
    add_extent(&stream);
    for (uint32_t i = 7; i < 10; i++)
        add(&stream, 1, i, (uint8_t)i);
    add_extent(&stream);
    add(&stream, 1, 14, 14);
    built_page(stream.extents[3] + 2 * BUILT_PAGE, 1, 1, 802, 256, 100);
    memset(stream.extents[4] + 2 * BUILT_PAGE, 0x90, BUILT_PAGE);
    built_page(stream.extents[5] + 2 * BUILT_PAGE, 1, 1, 42 + 1, 256, 100);
    for (size_t i = 0; i < 2; i++) {
        bytes = add_extent(&stream);
        for (size_t k = 0; k < 8; k++)
            built_page(bytes + k * BUILT_PAGE, 0x65, 0, 0, 0, 0);
    }
    add_member(&opened, &stream, NULL);
    open_store(&opened);
    cr_expect_eq(mark_of(&opened, 1, 0), -1, "its number cannot be known");
    cr_expect_eq(mark_of(&opened, 1, 2), 2);
    cr_expect_eq(mark_of(&opened, 1, 3), -2, "an old page of another extent");
    cr_expect_eq(mark_of(&opened, 1, 4), -2, "machine code");
    cr_expect_eq(mark_of(&opened, 1, 5), -2, "a page of another place");
    cr_expect_eq(mark_of(&opened, 1, 6), -2, "never written, between two that were");
    cr_expect_eq(mark_of(&opened, 1, 9), 9);
    cr_expect_eq(mark_of(&opened, 1, 14), 14);
    cr_expect_eq(bak_store_figures(opened.store)->unknown_extents, 2);
    cr_expect_eq(bak_store_figures(opened.store)->filler_extents, 2);
    cr_expect_eq(bak_store_figures(opened.store)->extents, 12);
    done(&opened);
    release(&stream);
}

Test(bak_store, reads_extents_that_do_not_ascend)
{
    static const uint32_t order[] = {9, 3, 4, 5, 30, 1, 0, 2, 8, 7, 6};
    struct opened opened = {0};
    struct stream stream = {0};

    for (size_t i = 0; i < array_length(order); i++)
        add(&stream, 1, order[i], (uint8_t)order[i]);
    add_member(&opened, &stream, NULL);
    open_store(&opened);
    for (size_t i = 0; i < array_length(order); i++)
        cr_expect_eq(mark_of(&opened, 1, order[i]), (int)order[i]);
    done(&opened);
    release(&stream);
}

/* The ends are as far apart as if all between were in order: only a look at them shows that they are not. */
Test(bak_store, looks_again_when_what_it_inferred_does_not_hold)
{
    static const uint32_t order[] = {0, 1, 5, 3, 4, 2, 6, 7};
    struct opened opened = {0};
    struct stream stream = {0};

    for (size_t i = 0; i < array_length(order); i++)
        add(&stream, 1, order[i], (uint8_t)order[i]);
    add_member(&opened, &stream, NULL);
    open_store(&opened);
    cr_expect_eq(bak_store_figures(opened.store)->runs, 1);
    cr_expect_eq(mark_of(&opened, 1, 3), 3);
    cr_expect_eq(mark_of(&opened, 1, 2), 2);
    cr_expect_eq(mark_of(&opened, 1, 5), 5);
    cr_expect_gt(bak_store_figures(opened.store)->runs, 1);
    done(&opened);
    release(&stream);
}

/* Random maps against an array that says for each extent what it should be. */
Test(bak_extent_map, overlays_agree_with_an_array)
{
    srand(7);
    for (unsigned round = 0; round < 300; round++) {
        uint32_t want[200];
        struct bak_extent_map map = {0};
        int64_t held = 0;

        memset(want, 0, sizeof want);
        for (unsigned pass = 0; pass < 3; pass++) {
            struct bak_extent_map newer = {0};
            uint32_t extent = 0;

            while ((extent += (unsigned)rand() % 30) < 190) {
                uint32_t count = 1 + (unsigned)rand() % 9;
                uint32_t ordinal = 1 + 1000 * pass + extent;

                bak_extent_map_append(&newer, (struct bak_run){extent, count, ordinal, 1, 0});
                for (uint32_t i = 0; i < count; i++)
                    want[extent + i] = ordinal + i;
                extent += count;
            }
            cr_assert_eq(bak_extent_map_sort(&newer), 0);
            bak_extent_map_overlay(&map, &newer);
        }
        for (uint32_t i = 0; i < 200; i++) {
            const struct bak_run *run = bak_extent_map_find(&map, 1, i);

            cr_assert_eq(run ? run->ordinal + (i - run->extent) : 0, want[i], "round %u, extent %u", round, i);
            held += want[i] != 0;
        }
        cr_assert_eq(bak_extent_map_extents(&map), held);
        cr_assert_null(bak_extent_map_find(&map, 2, 5));
        bak_extent_map_release(&map);
    }
}

/* Runs in any order: each extent is found, and of two copies the one in the longer run. */
Test(bak_extent_map, sorts)
{
    enum { RUNS = 5000, LONG = 777 };
    struct bak_extent_map map = {0};
    uint32_t order[RUNS];

    srand(3);
    for (uint32_t i = 0; i < RUNS; i++)
        order[i] = i;
    for (uint32_t i = RUNS; i-- > 1;) {
        uint32_t other = (unsigned)rand() % (i + 1);
        uint32_t kept = order[i];

        order[i] = order[other];
        order[other] = kept;
    }
    for (uint32_t i = 0; i < RUNS; i++)
        bak_extent_map_append(&map, (struct bak_run){10 * order[i], 3, 100 * order[i], 1, 0});
    bak_extent_map_append(&map, (struct bak_run){10 * LONG, 8, 9000000, 1, 1});
    cr_expect_eq(bak_extent_map_sort(&map), 3);
    for (uint32_t i = 0; i < 10 * RUNS; i++) {
        const struct bak_run *run = bak_extent_map_find(&map, 1, i);
        uint32_t size = i / 10 == LONG ? 8 : 3;

        cr_assert_eq(run != NULL, i % 10 < size, "extent %u", i);
        if (run)
            cr_assert_eq(run->ordinal + (i - run->extent), (i / 10 == LONG ? 9000000 : 100 * (i / 10)) + i % 10);
    }
    bak_extent_map_release(&map);
}
