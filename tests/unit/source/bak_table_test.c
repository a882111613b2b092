/* Rows of a database made by hand: which are given, and what is said when something is wrong with it. */
#include "source/bak/table.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "bak_fixture.h"
#include "base/memory.h"
#include "source/bak/check.h"

static struct built_database made;

/* Opens the database as it was made and changed. */
static void open_made(struct bak_fixture *fixture, struct bak_database **ret)
{
    struct built built = {0};
    struct fault fault = {0};

    built_backup(&built, &made);
    bak_fixture_make(fixture, built.data, built.size);
    built_release(&built);
    cr_assert(bak_fixture_open(fixture->path, ret, &fault), "%s", fault.text);
}

static bool scan_made(struct bak_tally *tally, struct fault *fault)
{
    struct bak_fixture fixture;
    struct bak_database *database = NULL;
    bool good;

    *fault = (struct fault){0};
    open_made(&fixture, &database);
    good = bak_fixture_scan(database, bak_fixture_table(database, "Patients"), tally, fault);
    bak_close(&database);
    bak_fixture_remove(&fixture);
    return good;
}

static int32_t number(struct bak_cell cell)
{
    cr_assert_eq(cell.size, 4);
    return (int32_t)(cell.data[0] | (uint32_t)cell.data[1] << 8 | (uint32_t)cell.data[2] << 16 |
                     (uint32_t)cell.data[3] << 24);
}

Test(bak_table, catalogue_of_the_table)
{
    struct bak_fixture fixture;
    struct bak_database *database = NULL;
    const struct bak_table *table;

    built_database(&made, true);
    open_made(&fixture, &database);
    cr_assert_eq(bak_catalogue_table_count(bak_catalogue_of(database)), 1, "views are no tables");
    table = bak_catalogue_table(bak_catalogue_of(database), 0);
    cr_expect_str_eq(table->schema, "dbo");
    cr_expect_str_eq(table->name, "Patients");
    cr_expect(table->is_heap);
    cr_expect_eq(table->rows, DATABASE_ROWS);
    cr_assert_eq(table->column_count, 4);
    cr_expect_str_eq(table->columns[1].name, "Name");
    cr_expect_eq(table->columns[1].type, BAK_TYPE_VARCHAR);
    cr_expect_eq(table->columns[2].length, 200);
    cr_expect_eq(table->rowsets[0]->places[3].leaf_offset, 8);
    cr_expect_eq(table->rowsets[0]->places[2].leaf_offset, -2);
    cr_expect_eq(bak_catalogue_collation(bak_catalogue_of(database)), 0x3400D008);
    cr_expect_eq(bak_warning_count(database), 0, "%s", bak_warning(database, 0));
    bak_close(&database);
    bak_fixture_remove(&fixture);
}

Test(bak_table, gives_each_row_once)
{
    static const struct {
        int32_t id;
        const char *name;
        bool has_note;
        bool has_later;
    } want[] = {{1, "Ada", true, true},   {2, "Ben", false, true}, {3, "Cleo", true, true},
                {4, "Dora", true, false}, {5, "Eve", true, true},  {40, "Finn", true, true}};
    struct bak_fixture fixture;
    struct bak_database *database = NULL;
    struct bak_scan *scan = NULL;
    const struct bak_row *row = NULL;
    struct fault fault = {0};

    built_database(&made, true);
    open_made(&fixture, &database);
    cr_assert(bak_database_scan(database, bak_fixture_table(database, "Patients"), &scan, &fault));
    for (size_t i = 0; i < array_length(want); i++) {
        cr_assert(bak_scan_next(scan, &row, &fault) && row && row->cells, "row %zu: %s", i, fault.text);
        cr_expect_eq(number(row->cells[0]), want[i].id);
        cr_expect_eq(row->cells[1].size, strlen(want[i].name));
        cr_expect_arr_eq(row->cells[1].data, want[i].name, row->cells[1].size);
        cr_expect_eq(row->cells[2].state, want[i].has_note ? BAK_CELL_VALUE : BAK_CELL_NULL);
        cr_expect_eq(row->cells[3].state, want[i].has_later ? BAK_CELL_VALUE : BAK_CELL_NULL);
        if (want[i].has_later)
            cr_expect_eq(number(row->cells[3]), 10 * want[i].id);
        cr_expect_eq(row->address.place.page, i < 4 ? DATABASE_SINGLE : i < 5 ? DATABASE_WHOLE : DATABASE_WHOLE + 1);
    }
    cr_assert(bak_scan_next(scan, &row, &fault));
    cr_expect_null(row);
    cr_expect(bak_tally_is_complete(bak_scan_tally(scan)));
    cr_expect_eq(bak_scan_tally(scan)->ghosts, 1);
    cr_expect_eq(bak_scan_tally(scan)->forwarded, 1);
    bak_scan_close(&scan);
    bak_close(&database);
    bak_fixture_remove(&fixture);
}

/* Each change, and what must be said of it. Pages have no checksums here, so that nothing else gives it away. */
static const struct {
    const char *name;
    uint32_t page;
    size_t at;
    uint8_t value;
    int64_t rows;
    const char *want;
} changes[] = {
    {"a slot that points into the header", DATABASE_SINGLE, 8190, 50, 5, "points outside the page"},
    {"a row whose fixed part is too long", DATABASE_SINGLE, 99, 0x40, 5, "fixed columns end outside"},
    {"a stub to another slot", DATABASE_SINGLE, 0, 1, 5, "where another row is"},
    {"a stub to a page that is not there", DATABASE_SINGLE, 2, 0x70, 5, "not in the backup"},
    {"a page of another table", DATABASE_WHOLE + 1, 24, 9, 5, "a page of something else"},
    {"a page that was overwritten by another", DATABASE_WHOLE + 1, 32, 10, 5, "something else stands in its place"},
    {"a page of another type", DATABASE_WHOLE + 1, 1, 3, 5, "no page of rows"},
    {"an extent that is not carried", DATABASE_IAM, 194, 0x30, 6, "does not carry it"},
    {"a page that is said to be free", 1, 100 + DATABASE_WHOLE + 1, 0, 5, NULL},
};

static size_t stub_at(void)
{
    const uint8_t *single = built_database_page(&made, DATABASE_SINGLE);
    size_t slot = 8192 - 2 * 4;

    return (size_t)(single[slot] | single[slot + 1] << 8);
}

Test(bak_table, says_what_is_wrong)
{
    for (size_t i = 0; i < array_length(changes); i++) {
        struct bak_tally tally;
        struct fault fault;
        size_t at = changes[i].at;

        built_database(&made, false);
        if (at == 0)
            at = stub_at() + 7;
        if (at == 2)
            at = stub_at() + 2;
        built_database_page(&made, changes[i].page)[at] = changes[i].value;
        cr_assert(scan_made(&tally, &fault), "%s: %s", changes[i].name, fault.text);
        cr_expect_eq(tally.rows, changes[i].rows, "%s: %d rows", changes[i].name, (int)tally.rows);
        cr_expect(!bak_tally_is_complete(&tally), "%s", changes[i].name);
        if (changes[i].want)
            cr_expect_not_null(strstr(tally.problems[0], changes[i].want), "%s: got %s, want %s", changes[i].name,
                               tally.problems[0], changes[i].want);
    }
}

/* Changes to what leads to the rows: a fault of the table. */
static const struct {
    const char *name;
    uint32_t page;
    size_t at;
    uint8_t value;
    const char *want;
} broken[] = {
    {"an IAM chain that goes in a circle", DATABASE_IAM, 16, DATABASE_IAM, "goes in a circle"},
    {"an IAM page of another table", DATABASE_IAM, 24, 9, "no allocation page"},
    {"an IAM page of another type", DATABASE_IAM, 1, 1, "no allocation page"},
    {"an IAM page without its bitmap", DATABASE_IAM, 8188, 1, "is damaged"},
    {"a PFS page of another type", 1, 1, 1, "(PFS), is damaged"},
};

Test(bak_table, refuses_a_table_without_a_way_to_its_rows)
{
    for (size_t i = 0; i < array_length(broken); i++) {
        struct bak_tally tally;
        struct fault fault;
        uint8_t *page;

        built_database(&made, false);
        page = built_database_page(&made, broken[i].page);
        page[broken[i].at] = broken[i].value;
        if (broken[i].at == 16)
            page[20] = 1;
        cr_assert(!scan_made(&tally, &fault), "%s", broken[i].name);
        cr_expect_eq(fault.kind, FAULT_BAD_INPUT);
        cr_expect_not_null(strstr(fault.text, broken[i].want), "%s: got %s, want %s", broken[i].name, fault.text,
                           broken[i].want);
        cr_expect_not_null(strstr(fault.text, "dbo.Patients"), "%s", fault.text);
    }
}

Test(bak_table, counts_pages_with_wrong_checksums_and_reads_them)
{
    struct bak_tally tally;
    struct fault fault;

    built_database(&made, true);
    built_database_page(&made, DATABASE_WHOLE)[4000] ^= 1;
    cr_assert(scan_made(&tally, &fault), "%s", fault.text);
    cr_expect_eq(tally.rows, 6);
    cr_expect_eq(tally.damaged_pages, 1);
    cr_expect_not_null(strstr(tally.problems[0], "page 1:32: its checksum is wrong"), "%s", tally.problems[0]);
}

Test(bak_table, base_tables_must_be_sound)
{
    static const struct {
        uint32_t page;
        size_t at;
        uint8_t value;
        const char *want;
    } cases[] = {
        {9, 100, 0, "encrypted (TDE), or the backup is damaged"},
        {9, 1, 1, "not the boot page"},
        {10, 24, 9, "page of something else"},
        {10, 16, 10, "goes in a circle"},
        {14, 99, 0x40, "syscolpars"},
        {14, 16, 200, "page 1:200, named by syscolpars, is not in the backup"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct built built = {0};
        struct bak_fixture fixture;
        struct bak_database *database = NULL;
        struct fault fault = {0};
        uint8_t *page;

        built_database(&made, false);
        page = built_database_page(&made, cases[i].page);
        page[cases[i].at] = cases[i].value;
        if (cases[i].at == 16)
            page[20] = 1;
        built_backup(&built, &made);
        bak_fixture_make(&fixture, built.data, built.size);
        cr_assert(!bak_fixture_open(fixture.path, &database, &fault), "case %zu", i);
        cr_expect_eq(fault.kind, FAULT_BAD_INPUT);
        cr_expect_not_null(strstr(fault.text, cases[i].want), "case %zu: got %s, want %s", i, fault.text,
                           cases[i].want);
        built_release(&built);
        bak_fixture_remove(&fixture);
    }
}

Test(bak_table, unreadable_tables_say_why)
{
    struct bak_fixture fixture;
    struct bak_database *database = NULL;
    struct bak_tally tally;
    struct fault fault = {0};
    uint8_t *rowsets;

    built_database(&made, false);
    rowsets = built_database_page(&made, 11);
    /* The last of seven rowsets, each of 4 + 49 + 4 bytes, is the table's; its compression is at 39. */
    rowsets[96 + 6 * 57 + 39] = 3;
    open_made(&fixture, &database);
    cr_assert(!bak_fixture_scan(database, bak_fixture_table(database, "Patients"), &tally, &fault));
    cr_expect_not_null(strstr(fault.text, "dbo.Patients is stored as a columnstore"), "%s", fault.text);
    bak_close(&database);
    bak_fixture_remove(&fixture);
}

Test(bak_check, names_page_and_table)
{
    struct bak_fixture fixture;
    struct bak_database *database = NULL;
    struct bak_check *check;
    struct fault fault = {0};
    bool end = false;
    unsigned steps = 0;

    built_database(&made, true);
    built_database_page(&made, DATABASE_WHOLE)[4000] ^= 1;
    memset(built_database_page(&made, DATABASE_WHOLE + 1), 0, BUILT_PAGE);
    open_made(&fixture, &database);
    check = bak_check_new(database);
    for (; !end; steps++)
        cr_assert(bak_check_step(check, 5, &end, &fault), "%s", fault.text);
    cr_expect_eq(steps, 7);
    cr_expect_eq(bak_check_result(check)->pages, 32);
    cr_expect_eq(bak_check_result(check)->total, 32);
    cr_expect_eq(bak_check_result(check)->bad, 1);
    cr_expect_eq(bak_check_result(check)->not_there, 1);
    cr_expect_str_eq(bak_check_result(check)->lines[0], "page 1:32 of table dbo.Patients: its checksum is wrong");
    bak_check_destroy(&check);
    bak_close(&database);
    bak_fixture_remove(&fixture);
}

Test(bak_check, goes_on_where_nothing_says_which_pages_are_in_use)
{
    struct bak_fixture fixture;
    struct bak_database *database = NULL;
    struct bak_check *check;
    struct fault fault = {0};
    bool end = false;

    built_database(&made, true);
    built_database_page(&made, DATABASE_WHOLE)[4000] ^= 1;
    built_database_page(&made, 1)[5000] ^= 1;
    open_made(&fixture, &database);
    check = bak_check_new(database);
    cr_assert(bak_check_step(check, 1000, &end, &fault) && end, "%s", fault.text);
    cr_expect_eq(bak_check_result(check)->line_count, 3, "the map itself, what it says, and the page");
    cr_expect_not_null(strstr(bak_check_result(check)->lines[0], "(PFS), is damaged"), "%s",
                       bak_check_result(check)->lines[0]);
    cr_expect_str_eq(bak_check_result(check)->lines[2], "page 1:32 of table dbo.Patients: its checksum is wrong");
    bak_check_destroy(&check);
    bak_close(&database);
    bak_fixture_remove(&fixture);
}

/* Of the table's own extent only the first page was ever written; the others are old ones of another database. */
Test(bak_table, is_not_misled_by_old_pages_on_the_disk)
{
    struct bak_tally tally;
    struct fault fault;

    built_database(&made, false);
    for (uint32_t i = 1; i < 8; i++)
        built_page(built_database_page(&made, DATABASE_WHOLE + i), 1, 1, 400 + i, 256, 55);
    built_database_page(&made, 1)[100 + DATABASE_WHOLE + 1] = 0;
    /* The count of the last of seven rowsets, each of 57 bytes, is at 31. */
    built_database_page(&made, 11)[96 + 6 * 57 + 31] = DATABASE_ROWS - 1;
    cr_assert(scan_made(&tally, &fault), "%s", fault.text);
    cr_expect_eq(tally.rows, DATABASE_ROWS - 1);
    cr_expect(bak_tally_is_complete(&tally), "%s", tally.problems[0]);
}
