/* Whole backups: real ones of every version there is, and what must be refused. */
#include "source/bak/database.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "bak_fixture.h"
#include "base/memory.h"

struct count {
    const char *table;
    int64_t rows;
};

/* What is known of each: the manifest of the fixtures, and section 15 of the format reference. */
static const struct {
    const char *file;
    unsigned version;
    size_t tables;
    int64_t rows;
    enum bak_checksum_kind checksums;
    struct count counts[12];
} backups[] = {
    {"aelg-Hospital.bak", 782, 15, 281, BAK_CHECKSUMS, {{"sysdiagrams", 1}}},
    {"alina-ClinicDB.bak",
     904,
     5,
     16,
     BAK_CHECKSUMS,
     {{"Patients", 5}, {"Appointments", 5}, {"Doctors", 3}, {"Nurses", 3}}},
    {"appveyor-rtc2016-full.bak", 852, 2, 0, BAK_CHECKSUMS, {{0}}},
    {"appveyor-sql2008-SimpleBacktest-full.bak", 661, 1, 0, BAK_CHECKSUMS, {{0}}},
    {"appveyor-sql2008-dbareports-full.bak", 661, 14, 20, BAK_CHECKSUMS, {{0}}},
    {"daniel-Hospital.bak", 706, 3, 1, BAK_CHECKSUMS, {{"SickPeople", 0}, {"Wards", 0}}},
    {"imdad-HMS.bak", 869, 8, 1, BAK_CHECKSUMS, {{"Patients", 1}}},
    {"lageli-HospitalDB.bak", 904, 5, 37, BAK_CHECKSUMS, {{"Patient", 10}, {"Doctor", 6}, {"Check_In_Out", 10}}},
    {"salman-Northwind.bak",
     611,
     14,
     3309,
     BAK_CHECKSUMS,
     {{"Customers", 91}, {"Orders", 830}, {"Order Details", 2155}}},
    {"sasha-Clinic.bak",
     706,
     9,
     87,
     BAK_CHECKSUMS,
     {{"tblPatients", 5}, {"tblDoctorAppointment", 7}, {"tblMedicalStaff", 16}}},
    {"xande-Northwind.bak",
     611,
     16,
     3308,
     BAK_TORN_BITS,
     {{"Customers", 91},
      {"Orders", 830},
      {"Order Details", 2155},
      {"Products", 77},
      {"Employees", 9},
      {"Categories", 8},
      {"Suppliers", 29},
      {"Shippers", 3},
      {"Region", 4},
      {"Territories", 53},
      {"EmployeeTerritories", 49}}},
};

static int64_t scan_all(struct bak_database *database, const char *file)
{
    const struct bak_catalogue *catalogue = bak_catalogue_of(database);
    int64_t rows = 0;

    for (size_t i = 0; i < bak_catalogue_table_count(catalogue); i++) {
        const struct bak_table *table = bak_catalogue_table(catalogue, i);
        struct bak_tally tally;
        struct fault fault = {0};

        cr_assert(bak_fixture_scan(database, table, &tally, &fault), "%s: %s", file, fault.text);
        cr_expect(bak_tally_is_complete(&tally), "%s, %s: %d of %d rows; %s", file, table->name, (int)tally.rows,
                  (int)table->rows, tally.problems[0]);
        rows += tally.rows;
    }
    return rows;
}

Test(bak_database, every_table_of_every_real_backup_is_read)
{
    for (size_t i = 0; i < array_length(backups); i++) {
        const char *path = bak_shared(backups[i].file);
        struct bak_database *database = NULL;
        struct fault fault = {0};

        if (!path)
            continue;
        cr_assert(bak_fixture_open(path, &database, &fault), "%s", fault.text);
        cr_expect_eq(bak_set_of(database)->database_version, backups[i].version, "%s", backups[i].file);
        cr_expect_eq(bak_warning_count(database), 0, "%s: %s", backups[i].file, bak_warning(database, 0));
        cr_expect_eq(bak_catalogue_table_count(bak_catalogue_of(database)), backups[i].tables, "%s", backups[i].file);
        cr_expect_eq(scan_all(database, backups[i].file), backups[i].rows, "%s", backups[i].file);
        for (size_t k = 0; k < array_length(backups[i].counts) && backups[i].counts[k].table; k++) {
            const struct bak_table *table = bak_fixture_table(database, backups[i].counts[k].table);

            cr_assert_not_null(table, "%s has no %s", backups[i].file, backups[i].counts[k].table);
            cr_expect_eq(table->rows, backups[i].counts[k].rows, "%s, %s", backups[i].file, table->name);
        }
        cr_expect_eq(bak_checksum_kind(database), backups[i].checksums, "%s", backups[i].file);
        cr_expect_lt(bak_store_memory(bak_store_of(database)), (size_t)1024 * 1024);
        bak_close(&database);
    }
}

static uint64_t little(struct bak_cell cell)
{
    uint64_t value = 0;

    for (size_t i = cell.size; i-- > 0;)
        value = value << 8 | cell.data[i];
    return value;
}

/* Every order line once: 51,317 pieces in all of Northwind's 2,155, and no key twice. */
Test(bak_database, order_lines_of_both_northwinds)
{
    static const char *const files[] = {"salman-Northwind.bak", "xande-Northwind.bak"};

    for (size_t i = 0; i < array_length(files); i++) {
        const char *path = bak_shared(files[i]);
        struct bak_database *database = NULL;
        struct bak_scan *scan = NULL;
        const struct bak_row *row = NULL;
        const struct bak_table *table;
        struct fault fault = {0};
        uint64_t pieces = 0;
        uint64_t keys = 0;
        uint64_t last = 0;

        if (!path)
            continue;
        cr_assert(bak_fixture_open(path, &database, &fault), "%s", fault.text);
        table = bak_fixture_table(database, "Order Details");
        cr_assert(bak_database_scan(database, table, &scan, &fault), "%s", fault.text);
        while (bak_scan_next(scan, &row, &fault) && row) {
            uint64_t key = little(row->cells[bak_fixture_column(table, "OrderID")]) * 1000 +
                           little(row->cells[bak_fixture_column(table, "ProductID")]);

            pieces += little(row->cells[bak_fixture_column(table, "Quantity")]);
            keys += key != last;
            last = key;
        }
        cr_expect_eq(pieces, 51317, "%s: %d", files[i], (int)pieces);
        cr_expect_eq(keys, 2155);
        bak_scan_close(&scan);
        bak_close(&database);
    }
}

Test(bak_database, refuses_with_what_to_do)
{
    static const struct {
        const char *file;
        const char *want;
    } cases[] = {
        {"abdo-Clinic.bak", "one of 2 files over which the backup was split (number 2 of 2 is here)"},
        {"hibios-Clinic.bak", "(number 1 of 2 is here)"},
        {"appveyor-stripe1of2.bak", "Give all 2 files"},
        {"appveyor-difftest-diff1.DIFF.bak", "differential"},
        {"appveyor-rtc2016-1.LOG.trn", "transaction log"},
        {"appveyor-passwd.PASSWORD.bak", "--with-password"},
        {"devsatya-TutorialDB-COMPRESSED.bak", "Do not compress backup"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        const char *path = bak_shared(cases[i].file);
        struct bak_database *database = NULL;
        struct fault fault = {0};

        if (!path)
            continue;
        cr_assert(!bak_fixture_open(path, &database, &fault), "%s", cases[i].file);
        cr_expect_eq(fault.kind, FAULT_BAD_INPUT);
        cr_expect_not_null(strstr(fault.text, cases[i].want), "got %s, want %s", fault.text, cases[i].want);
    }
}

Test(bak_database, reads_a_protected_one_when_told_to)
{
    const char *path = bak_shared("appveyor-passwd.PASSWORD.bak");
    struct bak_options options = {.with_password = true};
    struct bak_input input = {.path = path};
    struct bak_database *database = NULL;
    struct fault fault = {0};

    if (!path)
        return;
    cr_assert(bak_open(&input, 1, &options, &database, &fault), "%s", fault.text);
    cr_expect_eq(scan_all(database, path), 60);
    cr_assert_eq(bak_warning_count(database), 1);
    cr_expect_not_null(strstr(bak_warning(database, 0), "password"));
    bak_close(&database);
}

Test(bak_database, reads_a_striped_pair_in_any_order)
{
    const char *found = bak_shared("appveyor-stripe1of2.bak");
    scoped(string_free) char *first = x_strdup(found);
    struct bak_input inputs[2] = {{.path = bak_shared("appveyor-stripe2of2.bak")}, {.path = first}};
    struct bak_database *database = NULL;
    struct fault fault = {0};

    if (!found || !inputs[0].path)
        return;
    for (unsigned turn = 0; turn < 2; turn++) {
        struct bak_input swapped[2] = {inputs[turn], inputs[1 - turn]};

        cr_assert(bak_open(swapped, 2, NULL, &database, &fault), "%s", fault.text);
        cr_expect_eq(bak_member_count(database), 2);
        cr_expect_eq(bak_container_media(bak_member(database, 0))->family, 1);
        cr_expect_eq(bak_store_figures(bak_store_of(database))->declared_pages,
                     bak_store_figures(bak_store_of(database))->extents * 8);
        cr_expect_eq(bak_warning_count(database), 0, "%s", bak_warning(database, 0));
        cr_expect_eq(scan_all(database, "pair"), 0);
        bak_close(&database);
    }
    inputs[0].path = first;
    cr_assert(!bak_open(inputs, 2, NULL, &database, &fault));
    cr_expect_not_null(strstr(fault.text, "give each file once"), "%s", fault.text);
}

static struct built_database made;

static void build(struct built *built, struct built_set set)
{
    set.extents = made.order;
    set.extent_count = DATABASE_EXTENTS;
    set.declared_pages = set.declared_pages ? set.declared_pages : 32;
    set.file_pages = DATABASE_FILE_PAGES;
    if (built->size == 0)
        built_tape(built, &set);
    built_set(built, &set);
}

Test(bak_database, reads_the_newest_full_set_or_the_one_asked_for)
{
    static const struct {
        unsigned set;
        unsigned number;
        const char *want; /* of the fault */
    } cases[] = {{0, 2, NULL}, {1, 1, NULL}, {2, 2, NULL}, {3, 0, "transaction log"}, {7, 0, "has no set 7"}};
    struct built built = {0};
    struct bak_fixture fixture;

    built_database(&made, true);
    build(&built, (struct built_set){.kind = 'D', .number = 1});
    build(&built, (struct built_set){.kind = 'D', .number = 2});
    build(&built, (struct built_set){.kind = 'L', .number = 3});
    bak_fixture_make(&fixture, built.data, built.size);
    for (size_t i = 0; i < array_length(cases); i++) {
        struct bak_options options = {.set = cases[i].set};
        struct bak_input input = {.path = fixture.path};
        struct bak_database *database = NULL;
        struct fault fault = {0};

        cr_assert_eq(bak_open(&input, 1, &options, &database, &fault), cases[i].want == NULL, "%s", fault.text);
        if (cases[i].want) {
            cr_expect_not_null(strstr(fault.text, cases[i].want), "got %s, want %s", fault.text, cases[i].want);
            continue;
        }
        cr_expect_eq(bak_set_of(database)->number, cases[i].number);
        cr_expect_eq(bak_set_count(database), 3);
        cr_expect_eq(scan_all(database, "sets"), DATABASE_ROWS);
        bak_close(&database);
    }
    built_release(&built);
    bak_fixture_remove(&fixture);
}

Test(bak_database, warns_and_refuses_by_what_the_set_says)
{
    static const struct {
        struct built_set set;
        const char *fault;
        const char *warning;
    } cases[] = {
        {{.kind = 'D', .version = 539}, "SQL Server 2000 or older", NULL},
        {{.kind = 'F'}, "single files or filegroups", NULL},
        {{.kind = 'D', .families = 3, .family = 2}, "number 2 of 3 is here", NULL},
        {{.kind = 'D', .declared_pages = 40}, NULL, "says that it carries 40 pages, but 32 are in it"},
    };

    built_database(&made, true);
    for (size_t i = 0; i < array_length(cases); i++) {
        struct built built = {0};
        struct bak_fixture fixture;
        struct bak_database *database = NULL;
        struct fault fault = {0};

        build(&built, cases[i].set);
        bak_fixture_make(&fixture, built.data, built.size);
        cr_assert_eq(bak_fixture_open(fixture.path, &database, &fault), cases[i].fault == NULL, "%s", fault.text);
        if (cases[i].fault)
            cr_expect_not_null(strstr(fault.text, cases[i].fault), "got %s, want %s", fault.text, cases[i].fault);
        else
            cr_expect_not_null(strstr(bak_warning(database, 0), cases[i].warning), "%s", bak_warning(database, 0));
        bak_close(&database);
        built_release(&built);
        bak_fixture_remove(&fixture);
    }
}

Test(bak_database, warns_of_extents_that_the_map_has_and_the_backup_has_not)
{
    struct built built = {0};
    struct bak_fixture fixture;
    struct bak_database *database = NULL;
    struct fault fault = {0};

    built_database(&made, false);
    built_database_page(&made, 2)[194] = 0xC8;
    built_backup(&built, &made);
    bak_fixture_make(&fixture, built.data, built.size);
    cr_assert(bak_fixture_open(fixture.path, &database, &fault), "%s", fault.text);
    cr_expect_not_null(strstr(bak_warning(database, 0), "1 extents (of 64 KB) that are in use are not in the backup"),
                       "%s", bak_warning(database, 0));
    bak_close(&database);
    built_release(&built);
    bak_fixture_remove(&fixture);
}

/* As it stands in a zip that does not compress it. */
Test(bak_database, reads_a_stretch_of_a_larger_file)
{
    struct built built = {0};
    struct bak_fixture fixture;
    struct bak_database *database = NULL;
    struct bak_input input = {.offset = 777};
    struct fault fault = {0};

    built_database(&made, true);
    built_backup(&built, &made);
    input.size = (int64_t)built.size;
    bak_fixture_make(&fixture, "", 0);
    bak_fixture_change(&fixture, 777, built.data, built.size);
    bak_fixture_change(&fixture, 777 + built.size, "PK", 2);
    input.path = fixture.path;
    cr_assert(bak_open(&input, 1, NULL, &database, &fault), "%s", fault.text);
    cr_expect_eq(scan_all(database, "stretch"), DATABASE_ROWS);
    bak_close(&database);
    built_release(&built);
    bak_fixture_remove(&fixture);
}

/* Bytes changed at random in a backup with checksums: refused, flagged, or the same rows. */
static void change_at_random(const char *name, const uint8_t *bytes, size_t size, unsigned rounds)
{
    struct bak_fixture fixture;
    struct bak_database *database = NULL;
    struct fault fault = {0};
    bool flagged = false;
    uint64_t want;

    bak_fixture_make(&fixture, bytes, size);
    cr_assert(bak_fixture_open(fixture.path, &database, &fault), "%s", fault.text);
    want = bak_fixture_sum(database, &flagged);
    cr_assert(!flagged);
    bak_close(&database);
    srand(11);
    for (unsigned i = 0; i < rounds; i++) {
        size_t at = ((size_t)rand() << 15 ^ (size_t)rand()) % (size - 64);
        size_t length = 1 + (size_t)rand() % 40;
        uint8_t changed[40];

        for (size_t k = 0; k < length; k++)
            changed[k] = i % 3 == 0 ? 0 : (uint8_t)rand();
        bak_fixture_change(&fixture, at, changed, length);
        fault = (struct fault){0};
        if (bak_fixture_open(fixture.path, &database, &fault)) {
            uint64_t got = bak_fixture_sum(database, &flagged);

            cr_assert(flagged || got == want, "%s: round %u, %zu bytes at %zu change rows unseen", name, i, length, at);
            bak_close(&database);
        } else {
            cr_assert(fault.kind == FAULT_BAD_INPUT && fault.text[0], "%s: round %u", name, i);
        }
        bak_fixture_change(&fixture, at, bytes + at, length);
    }
    bak_fixture_remove(&fixture);
}

Test(bak_database, no_change_of_bytes_goes_unseen, .timeout = 100)
{
    static const char *const files[] = {"aelg-Hospital.bak", "lageli-HospitalDB.bak", "sasha-Clinic.bak"};
    struct built built = {0};

    built_database(&made, true);
    built_backup(&built, &made);
    change_at_random("made", built.data, built.size, 1500);
    built_release(&built);
    for (size_t i = 0; i < array_length(files); i++) {
        const char *path = bak_shared(files[i]);
        scoped(file_close) FILE *file = path ? fopen(path, "rb") : NULL;
        char chunk[8192];
        size_t got;

        while (file && (got = fread(chunk, 1, sizeof chunk, file)) > 0)
            built_put(&built, chunk, got);
        if (file)
            change_at_random(files[i], built.data, built.size, 150);
        built_release(&built);
    }
}

/* Cut anywhere before the end of the set: refused, with what is missing. */
Test(bak_database, no_cut_goes_unseen)
{
    struct built built = {0};
    struct bak_fixture fixture;
    struct bak_database *database = NULL;
    struct fault fault = {0};

    built_database(&made, true);
    built_backup(&built, &made);
    bak_fixture_make(&fixture, built.data, built.size);
    for (size_t size = built.size - 512; size > 0; size -= 512) {
        bak_fixture_cut(&fixture, size);
        if (bak_fixture_open(fixture.path, &database, &fault)) {
            cr_assert_eq(size, built.size - 512, "cut to %zu", size);
            cr_expect_eq(scan_all(database, "cut"), DATABASE_ROWS);
            bak_close(&database);
            continue;
        }
        cr_assert_not_null(strstr(fault.text, "cut off"), "%zu: %s", size, fault.text);
    }
    built_release(&built);
    bak_fixture_remove(&fixture);
}

/* As transparent encryption leaves a file: headers as they were, bodies without sense. */
Test(bak_database, says_that_pages_are_encrypted)
{
    const char *path = bak_shared("aelg-Hospital.bak");
    struct bak_database *database = NULL;
    struct bak_fixture fixture;
    struct fault fault = {0};
    struct built built = {0};
    char chunk[8192];
    int64_t pages;
    size_t got;

    if (!path)
        return;
    cr_assert(bak_fixture_open(path, &database, &fault), "%s", fault.text);
    pages = bak_set_of(database)->pieces[0].offset;
    bak_close(&database);
    {
        scoped(file_close) FILE *file = fopen(path, "rb");

        while ((got = fread(chunk, 1, sizeof chunk, file)) > 0)
            built_put(&built, chunk, got);
    }
    cr_assert_not_null(built.data);
    for (size_t at = (size_t)pages + 16 * BAK_PAGE_SIZE; at < (size_t)pages + 46 * BAK_EXTENT_SIZE; at++) {
        if ((at - (size_t)pages) % BAK_PAGE_SIZE >= BAK_PAGE_HEADER_SIZE)
            built.data[at] ^= (uint8_t)(at * 2654435761u >> 7);
    }
    bak_fixture_make(&fixture, built.data, built.size);
    cr_assert(!bak_fixture_open(fixture.path, &database, &fault));
    cr_expect_not_null(strstr(fault.text, "encrypted (TDE)"), "%s", fault.text);
    built_release(&built);
    bak_fixture_remove(&fixture);
}

Test(bak_database, warns_when_the_catalogue_does_not_count_itself_right)
{
    struct built built = {0};
    struct bak_fixture fixture;
    struct bak_database *database = NULL;
    struct fault fault = {0};

    built_database(&made, false);
    /* The third of the rowsets, each of 57 bytes, is that of sysschobjs; its count is at 31. */
    built_database_page(&made, 11)[96 + 2 * 57 + 31] = 3;
    built_database_page(&made, 2)[1] = 9;
    built_backup(&built, &made);
    bak_fixture_make(&fixture, built.data, built.size);
    cr_assert(bak_fixture_open(fixture.path, &database, &fault), "%s", fault.text);
    cr_assert_eq(bak_warning_count(database), 2);
    cr_expect_not_null(strstr(bak_warning(database, 0), "cannot be told: page 1:2, which says what is allocated"), "%s",
                       bak_warning(database, 0));
    cr_expect_not_null(strstr(bak_warning(database, 1), "sysschobjs has 2 rows where the server counted 3"), "%s",
                       bak_warning(database, 1));
    bak_close(&database);
    built_release(&built);
    bak_fixture_remove(&fixture);
}
