/* Damage and lies in a backup made by hand: said by the source's own interface, and never worth endless work. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "bak_fixture.h"
#include "base/memory.h"
#include "source/bak/catalogue.h"
#include "source/source.h"
#include "support/wide_builder.h"

enum {
    LOCATOR_ROOM = 600,
    ROWSETS_PAGE = 11,
    ROWSET_SIZE = 57, /* of the rows on it */
    PICTURES_COUNT = 96 + 7 * ROWSET_SIZE + 31,
    COLUMNS_PAGE = 14,
};

static struct wide_database made;

static void open_made(struct bak_fixture *fixture, const struct source_options *options, struct source **ret)
{
    struct built built = {0};
    struct fault fault = {0};

    wide_backup(&built, &made);
    bak_fixture_make(fixture, built.data, built.size);
    built_release(&built);
    cr_assert(source_open(fixture->path, options, ret, &fault), "%s", fault.text);
}

/* Reads all of dbo.Pictures; false with the fault. */
static bool read_pictures(const struct source_options *options, struct scan_tally *ret, struct fault *fault)
{
    scoped(source_close) struct source *source = NULL;
    scoped(scan_close) struct scan *scan = NULL;
    const struct value *values = NULL;
    struct bak_fixture fixture;
    size_t table = 0;
    bool good;

    *fault = (struct fault){0};
    *ret = (struct scan_tally){0};
    open_made(&fixture, options, &source);
    good = source_find_table(source, "Pictures", &table, fault) && source_scan(source, table, &scan, fault);
    while (good && (good = scan_next(scan, &values, fault)) && values)
        ;
    if (scan)
        scan_tally_of(scan, ret);
    bak_fixture_remove(&fixture);
    return good;
}

static void free_piece(void)
{
    uint8_t *page = wide_page(&made, 1, WIDE_NEAR_LARGE);

    memset(page + BUILT_PAGE - 2, 0, 2);
}

static void clear_page(void)
{
    memset(wide_page(&made, 1, WIDE_NEAR_LARGE + 1), 0, BUILT_PAGE);
}

static void shorten_piece(void)
{
    uint8_t *page = wide_page(&made, 1, WIDE_NEAR_LARGE);

    page[96 + 2] -= 1;
}

/* The pictures' roots are whole in each case; only who reads them to their end notices. */
Test(bak_damage, checking_reads_large_values_to_their_end)
{
    static const struct {
        const char *name;
        void (*change)(void);
        const char *want;
    } cases[] = {
        {"a piece whose slot was freed", free_piece, "there is no piece of a large value"},
        {"a page of pieces that holds nothing", clear_page, "the page is not in the backup"},
        {"a piece that is too short", shorten_piece, "a piece is not as long as its link says"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct scan_tally tally;
        struct fault fault;

        wide_database(&made, WIDE_FAR_FILE);
        cases[i].change();
        cr_assert(read_pictures(&(struct source_options){.salvage = true, .whole_values = true}, &tally, &fault), "%s",
                  fault.text);
        cr_expect_gt(tally.damaged_rows, 0, "%s", cases[i].name);
        cr_expect_eq(tally.rows + tally.damaged_rows, WIDE_ROWS);
        cr_expect_eq(tally.problem_count, (size_t)tally.damaged_rows);
        cr_expect_not_null(strstr(tally.problems[0], cases[i].want), "%s: got %s", cases[i].name, tally.problems[0]);
        cr_expect(!read_pictures(&(struct source_options){.whole_values = true}, &tally, &fault));
        cr_expect_not_null(strstr(fault.text, "table Pictures is damaged in the backup (page "), "%s", fault.text);
    }
    wide_database(&made, WIDE_FAR_FILE);
    cr_assert(
        read_pictures(&(struct source_options){.whole_values = true}, &(struct scan_tally){0}, &(struct fault){0}));
}

Test(bak_damage, counts_of_rows_must_be_right)
{
    static const struct {
        size_t at;
        uint8_t value;
        const char *want;
    } cases[] = {
        {PICTURES_COUNT, WIDE_ROWS + 1,
         "has 8 rows in the backup, but its server counted 9, so that rows may be missing"},
        {PICTURES_COUNT, WIDE_ROWS - 1,
         "has 8 rows in the backup, but its server counted 7, so that rows may stand in it"},
        {PICTURES_COUNT + 7, 0x80, "has a count of rows that cannot be"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct scan_tally tally;
        struct fault fault;

        wide_database(&made, WIDE_FAR_FILE);
        wide_page(&made, 1, ROWSETS_PAGE)[cases[i].at] = cases[i].value;
        cr_expect(!read_pictures(&(struct source_options){0}, &tally, &fault));
        cr_expect_eq(fault.kind, FAULT_BAD_INPUT);
        cr_expect_not_null(strstr(fault.text, cases[i].want), "got %s, want %s", fault.text, cases[i].want);
    }
}

/* A table that owns a page twice gives its rows twice. */
Test(bak_damage, rows_that_come_twice_are_refused)
{
    struct scan_tally tally;
    struct fault fault;
    uint8_t *iam;

    wide_database(&made, WIDE_FAR_FILE);
    iam = wide_page(&made, 1, WIDE_IAM);
    iam[142] = WIDE_NEAR_ROWS;
    iam[146] = 1;
    cr_expect(!read_pictures(&(struct source_options){0}, &tally, &fault));
    cr_expect_not_null(strstr(fault.text, "has 12 rows in the backup, but its server counted 8"), "%s", fault.text);
}

Test(bak_damage, pages_outside_of_the_files_are_no_work)
{
    static const struct {
        const char *name;
        size_t at;
        uint8_t value;
    } cases[] = {
        {"an interval of a file that there is not", 140, 9},
        {"an interval beyond the file's end", 136 + 3, 0x01},
        {"an extent beyond the file's end", 194 + 7000, 0xFF},
        {"a single page beyond the file's end", 142 + 3, 0x01},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct scan_tally tally;
        struct fault fault;
        uint8_t *iam;

        wide_database(&made, WIDE_FAR_FILE);
        iam = wide_page(&made, 1, WIDE_IAM);
        iam[cases[i].at] = cases[i].value;
        if (i == 1) /* 511232 * 64 */
            memcpy(iam + 136, (uint8_t[]){0x00, 0x40, 0xF3, 0x01}, 4);
        if (i == 3)
            iam[146] = 1;
        cr_expect(!read_pictures(&(struct source_options){.salvage = true}, &tally, &fault), "%s", cases[i].name);
        cr_expect_not_null(strstr(fault.text, "owns pages that no file of the database has"), "%s: %s", cases[i].name,
                           fault.text);
    }
}

/* The file is large enough for them, so that only their number tells. */
Test(bak_damage, a_table_that_is_not_there_is_given_up)
{
    struct scan_tally tally;
    struct fault fault;

    wide_database(&made, WIDE_FAR_INTERVAL);
    memset(wide_page(&made, 1, WIDE_IAM) + 194, 0xFF, 7988);
    cr_expect(!read_pictures(&(struct source_options){.salvage = true}, &tally, &fault));
    cr_expect_not_null(strstr(fault.text, "more of its pages are missing than the backup carries in all"), "%s",
                       fault.text);
    cr_expect_lt(tally.missing_pages, 200);
}

Test(bak_damage, values_larger_than_the_backup_are_not_read)
{
    struct scan_tally tally;
    struct fault fault;
    uint8_t *page;
    size_t root = 0;

    wide_database(&made, WIDE_FAR_FILE);
    page = wide_page(&made, 1, WIDE_NEAR_LARGE);
    for (size_t at = 96; at < BUILT_PAGE - 100 && !root; at++)
        root = memcmp(page + at, "\x08\0\x54\0", 4) == 0 && page[at + 12] == 5 ? at : 0;
    cr_assert_gt(root, 0);
    page[root + 24 + 24 + 3] = 0x70;
    cr_assert(read_pictures(&(struct source_options){.salvage = true}, &tally, &fault), "%s", fault.text);
    cr_expect_eq(tally.damaged_rows, 1);
    cr_expect_not_null(strstr(tally.problems[0], "more bytes than the backup carries"), "%s", tally.problems[0]);
}

enum {
    FILLED = 320,               /* extents, so that the backup carries more than the texts have */
    FILLED_FROM = 100,          /* their number in file 1 */
    REPEATED = 8 * FILLED_FROM, /* page of the piece; the next one lists it */
    REPEATS = 400,
    PIECE = 8000,
    LISTED = REPEATS * PIECE,
    POINTER_AT = 17, /* in a row of dbo.Pictures */
    ROOT_AT = 33,
    PICTURE_LINKS = 24,
    STORY_LINKS = 12,
};

static void put_number(uint8_t *at, uint32_t number, size_t size)
{
    for (size_t i = 0; i < size; i++)
        at[i] = i < 4 ? (uint8_t)(number >> 8 * i) : 0;
}

static uint8_t *record_of_slot(uint8_t *page, unsigned slot)
{
    const uint8_t *at = page + BUILT_PAGE - 2 * (slot + 1);

    return page + (at[0] | at[1] << 8);
}

/* A list of links to one page, each as long as the next. */
static void put_links(uint8_t *at, unsigned count, size_t end_size, uint32_t each, uint32_t page)
{
    for (unsigned i = 0; i < count; i++, at += end_size + 8) {
        put_number(at, (i + 1) * each, end_size);
        put_number(at + end_size, page, 4);
        put_number(at + end_size + 4, 1, 4);
    }
}

/* One piece on a page of its own, and on the next a list that leads to it again and again. */
static void put_repeated(uint8_t *extent)
{
    uint8_t piece[14 + PIECE];
    uint8_t list[20 + 16 * REPEATS] = {0x08};

    memset(piece, 'x', sizeof piece);
    put_number(piece, 0x08, 14);
    put_number(piece + 2, sizeof piece, 2);
    put_number(piece + 12, 3, 2);
    built_add(extent, piece, sizeof piece);
    put_number(list + 2, sizeof list, 2);
    put_number(list + 12, 2, 2);
    put_number(list + 16, REPEATS, 2);
    put_links(list + 20, REPEATS, 8, PIECE, REPEATED);
    built_page(extent + BUILT_PAGE, 3, 1, REPEATED + 1, 256, 111);
    built_add(extent + BUILT_PAGE, list, sizeof list);
}

/* The first row's picture becomes a text of 9.6 MB, its story one that has as many bytes as UTF-8. */
static void enlarge_texts(void)
{
    uint8_t *row = record_of_slot(wide_page(&made, 1, WIDE_NEAR_ROWS), 0);
    const uint8_t *pointer = row + POINTER_AT + 8;
    uint32_t page = pointer[0] | (uint32_t)pointer[1] << 8 | (uint32_t)pointer[2] << 16;

    record_of_slot(wide_page(&made, 1, COLUMNS_PAGE), 5)[14] = BAK_TYPE_TEXT;
    put_links(record_of_slot(wide_page(&made, pointer[4], page), pointer[6]) + PICTURE_LINKS, 3, 4, LISTED,
              REPEATED + 1);
    put_links(row + ROOT_AT + STORY_LINKS, 2, 4, LISTED, REPEATED + 1);
}

static void write_filled(struct built *built, uint8_t *filled)
{
    const uint8_t *extents[WIDE_EXTENTS_MAX + FILLED];
    struct built_set set = {.kind = 'D', .extents = extents, .extent_count = made.count + FILLED, .files = 1};
    size_t count = 0;

    set.declared_pages = (uint32_t)set.extent_count * 8;
    set.file_pages = (made.extents[made.count - 1].extent + 1) * 8;
    for (uint32_t i = 0; i < FILLED; i++)
        built_page(filled + (size_t)i * BUILT_EXTENT, 3, 1, (FILLED_FROM + i) * 8, 256, 111);
    put_repeated(filled);
    for (size_t i = 0; i < made.count; i++) {
        for (size_t k = 0;
             k < FILLED && i && made.extents[i - 1].extent < FILLED_FROM && made.extents[i].extent > FILLED_FROM; k++)
            extents[count++] = filled + k * BUILT_EXTENT;
        extents[count++] = made.extents[i].bytes;
    }
    cr_assert_eq(count, set.extent_count);
    built_tape(built, &set);
    built_set(built, &set);
}

/* Each of them may stand in a row, but not both; the other is read piece by piece. */
Test(bak_damage, the_texts_of_a_row_have_a_limit_together)
{
    scoped(string_free) char *filled = x_alloc((size_t)FILLED * BUILT_EXTENT);
    scoped(source_close) struct source *source = NULL;
    scoped(scan_close) struct scan *scan = NULL;
    scoped(blob_close) struct blob *blob = NULL;
    struct built built = {0};
    struct bak_fixture fixture;
    const struct value *values = NULL;
    struct fault fault = {0};
    struct text locator;
    char piece[4] = {0};
    size_t table = 0;
    size_t got = 0;
    int64_t size = 0;
    bool found = false;

    text_init(&locator, LOCATOR_ROOM);
    wide_database(&made, WIDE_FAR_INTERVAL);
    enlarge_texts();
    write_filled(&built, (uint8_t *)filled);
    bak_fixture_make(&fixture, built.data, built.size);
    built_release(&built);
    cr_assert(source_open(fixture.path, &(struct source_options){0}, &source, &fault), "%s", fault.text);
    cr_assert(source_find_table(source, "Pictures", &table, &fault) && source_scan(source, table, &scan, &fault));
    cr_assert(scan_next(scan, &values, &fault) && values, "%s", fault.text);
    cr_assert_eq(values[1].type, VALUE_TEXT);
    cr_expect_eq(values[1].text.size, 3 * LISTED);
    cr_assert_eq(values[2].type, VALUE_BYTES);
    cr_expect_eq(values[2].integer, 3 * LISTED, "two bytes of UTF-16 are three of UTF-8 here");
    cr_assert(scan_locate(scan, 2, &locator, &size, &found, &fault) && found);
    cr_assert(source_open_blob(source, text_string(&locator), &blob, &fault), "%s", fault.text);
    cr_assert(blob_read(blob, piece, 3, &got, &fault) && got == 3);
    cr_expect_str_eq(piece, "\u7878");
    cr_assert(scan_next(scan, &values, &fault) && values, "%s", fault.text);
    cr_expect_eq(values[2].text.size, WIDE_STORY_LETTERS, "the next row has room again");
    text_release(&locator);
    bak_fixture_remove(&fixture);
}

Test(bak_damage, tables_that_are_listed_twice_are_refused)
{
    static const uint32_t pages[] = {10, 11};

    for (size_t i = 0; i < array_length(pages); i++) {
        struct built built = {0};
        struct bak_fixture fixture;
        struct bak_database *database = NULL;
        struct fault fault = {0};
        uint8_t *page;

        wide_database(&made, WIDE_FAR_FILE);
        page = wide_page(&made, 1, pages[i]);
        memcpy(page + 96 + (i ? ROWSET_SIZE : 73) * 7 + 4, page + 96 + (i ? ROWSET_SIZE : 73) * 6 + 4, 8);
        wide_backup(&built, &made);
        bak_fixture_make(&fixture, built.data, built.size);
        built_release(&built);
        cr_assert(!bak_fixture_open(fixture.path, &database, &fault));
        cr_expect_not_null(strstr(fault.text, "lists the same pages twice"), "%s", fault.text);
        bak_fixture_remove(&fixture);
    }
}
