/* The sample clinic by two doors, a CSV export and a backup: the same rows, and the same canonical records. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bak_fixture.h"
#include "base/memory.h"
#include "clinic_forms.h"
#include "folder_fixture.h"
#include "sandbox/clinic/bak_clinic.h"
#include "sandbox/clinic/clinic.h"
#include "sandbox/clinic/tables.h"
#include "source/extraction.h"
#include "source/source.h"

TestSuite(bak_clinic, .timeout = 250);

enum { LARGE_BYTES = 40 * 1000 * 1000 };

static struct folder_fixture folder;
static char *csv;
static char *backup;

static void make_backup(struct clinic_options options)
{
    folder_fixture_make(&folder);
    csv = x_strdup(folder.path);
    backup = x_sprintf("%s.bak", folder.path);
    clinic_make(options, NULL, backup);
}

static void make_forms(struct clinic_options options)
{
    make_backup(options);
    clinic_make(options, csv, NULL);
}

static void remove_forms(void)
{
    unlink(backup);
    string_free(&backup);
    string_free(&csv);
    folder_fixture_remove(&folder);
}

static void compare(void (*read)(const char *path, struct lines *ret))
{
    struct lines one = {0};
    struct lines other = {0};

    read(csv, &one);
    read(backup, &other);
    lines_expect_same(&one, &other, "export", "backup");
    lines_release(&one);
    lines_release(&other);
}

static void read_rows(const char *path, struct lines *ret)
{
    clinic_rows(path, CLINIC_TABLE_COUNT, ret);
}

Test(bak_clinic, every_table_and_column_is_the_same, .fini = remove_forms)
{
    make_forms((struct clinic_options){0});
    compare(read_rows);
}

Test(bak_clinic, canonical_records_are_the_same, .fini = remove_forms)
{
    make_forms((struct clinic_options){0});
    compare(clinic_records);
}

/* One of 24 MB, whose tree has two levels of nodes below the root in the row. */
Test(bak_clinic, large_files_are_the_same, .fini = remove_forms)
{
    make_forms((struct clinic_options){.attachment_bytes = LARGE_BYTES, .largest_file = LARGE_BYTES});
    compare(read_rows);
}

/* Pages, checksums, maps and counts agree with each other, as the reader's own check sees it. */
Test(bak_clinic, check_finds_nothing, .fini = remove_forms)
{
    scoped(source_close) struct source *source = NULL;
    struct source_facts facts = {0};
    struct fault fault = {0};
    double done = 0;
    bool end = false;

    make_forms((struct clinic_options){0});
    cr_assert(source_open(backup, &(struct source_options){0}, &source, &fault), "%s", fault.text);
    source_describe(source, &facts);
    cr_assert(source_examine(source, &facts, &fault), "%s", fault.text);
    while (!end)
        cr_assert(source_check_step(source, &facts, &done, &end, &fault), "%s", fault.text);
    cr_expect_eq(facts.warning_count, 0, "%s", facts.warning_count ? facts.warnings[0] : "");
    source_facts_release(&facts);
}

static struct bak_tally tally_of(struct bak_database *database, const char *table)
{
    struct bak_tally tally = {0};
    struct fault fault = {0};

    cr_assert_not_null(bak_fixture_table(database, table), "no table %s", table);
    cr_assert(bak_fixture_scan(database, bak_fixture_table(database, table), &tally, &fault), "%s", fault.text);
    cr_expect(bak_tally_is_complete(&tally), "%s", table);
    return tally;
}

/* Rows of which so many lack the last column, since they were written before it was added. */
static int64_t rows_without_last(struct bak_database *database, const char *name)
{
    const struct bak_table *table = bak_fixture_table(database, name);
    scoped(bak_scan_close) struct bak_scan *scan = NULL;
    const struct bak_row *row = NULL;
    struct fault fault = {0};
    int64_t short_rows = 0;

    cr_assert(bak_database_scan(database, table, &scan, &fault), "%s", fault.text);
    while (bak_scan_next(scan, &row, &fault) && row)
        short_rows += row->cells[table->column_count - 1].state == BAK_CELL_DEFAULT;
    cr_assert(fault.kind == FAULT_NONE, "%s", fault.text);
    return short_rows;
}

/* What no CSV file can show, and a backup of years has. */
Test(bak_clinic, traps_of_backups_are_there, .fini = remove_forms)
{
    scoped(bak_close) struct bak_database *database = NULL;
    struct fault fault = {0};
    const struct bak_table *appointments;

    make_forms((struct clinic_options){0});
    cr_assert(bak_fixture_open(backup, &database, &fault), "%s", fault.text);
    cr_expect_eq(bak_warning_count(database), 0);
    cr_expect_eq(tally_of(database, "DbVersion").forwarded, 1);
    cr_expect_eq(tally_of(database, "Recall").ghosts, 3);
    cr_expect(bak_fixture_table(database, "PatientGroupMember")->is_heap);
    cr_expect(rows_without_last(database, "Appointment") > 100);
    appointments = bak_fixture_table(database, "Appointment");
    cr_expect_eq(appointments->columns[appointments->column_count - 1].id, 20, "column 11 was dropped");
    cr_expect(bak_fixture_table(database, "Patient")->columns[48].persisted);
}

Test(bak_clinic, encrypted_clinic_is_called_so, .fini = remove_forms)
{
    scoped(profile_destroy) struct profile *profile = NULL;
    scoped(extraction_close) struct extraction *extraction = NULL;
    struct extraction_options options = {.time_zone = "Australia/Adelaide", .today = CLINIC_TODAY};
    struct fault fault = {0};

    make_backup((struct clinic_options){.undecrypted = true});
    cr_assert(profile_load(PROJECT_DIR "/profiles/front-desk.json", &profile, &fault), "%s", fault.text);
    cr_expect_not(extraction_open(backup, profile, &options, &extraction, &fault));
    cr_expect_not_null(strstr(fault.text, "FD.bak"), "%s", fault.text);
    cr_expect_not_null(strstr(fault.text, "still encrypted: ClinicalNote, column Body ("), "%s", fault.text);
    cr_expect_not_null(strstr(fault.text, "; Attachment, column Content ("), "%s", fault.text);
}

static void expect_zip_reads(bool stored)
{
    scoped(source_close) struct source *source = NULL;
    scoped(string_free) char *zip = x_sprintf("%s/clinic.zip", folder.path);
    struct fault fault = {0};

    cr_assert(bak_zip_write(zip, backup, "FD_DECRYPTED.bak", stored, CLINIC_TODAY, &fault), "%s", fault.text);
    cr_assert(source_open(zip, &(struct source_options){0}, &source, &fault), "%s", fault.text);
    cr_expect_eq(source_table_count(source), CLINIC_TABLE_COUNT);
}

Test(bak_clinic, zip_holds_the_backup, .fini = remove_forms)
{
    make_backup((struct clinic_options){0});
    expect_zip_reads(false);
    expect_zip_reads(true);
}
