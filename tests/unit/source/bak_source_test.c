/* Real backups through the interface that every source has: what is publicly known of them comes out. */
#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <string.h>

#include "bak_fixture.h"
#include "base/memory.h"
#include "folder_fixture.h"
#include "source/source.h"

enum { ROW_MAX = 100000, LOCATOR_ROOM = 600 };

static struct source *open_backup(const char *name)
{
    scoped(string_free) char *file = x_sprintf("bak/%s", name);
    const char *path = shared_fixture(file);
    struct source *source = NULL;
    struct fault fault = {0};

    if (path)
        cr_assert(source_open(path, &(struct source_options){0}, &source, &fault), "%s: %s", name, fault.text);
    return source;
}

/* The values of the row whose first column says so, with | between them and NULL as -. */
static void expect_row(struct source *source, const char *table, const char *first, const char *wanted)
{
    scoped(scan_close) struct scan *scan = NULL;
    const struct value *values = NULL;
    struct fault fault = {0};
    size_t number = 0;
    struct text row;

    text_init(&row, ROW_MAX);
    cr_assert(source_find_table(source, table, &number, &fault), "%s", fault.text);
    cr_assert(source_scan(source, number, &scan, &fault), "%s", fault.text);
    do {
        cr_assert(scan_next(scan, &values, &fault), "%s", fault.text);
        cr_assert(values != NULL, "%s has no row %s", table, first);
        text_clear(&row);
        value_put(&values[0], &row);
    } while (strcmp(text_string(&row), first) != 0);
    text_clear(&row);
    for (size_t i = 0; i < scan_column_count(scan); i++) {
        text_puts(&row, i ? "|" : "");
        if (values[i].type == VALUE_NULL)
            text_putc(&row, '-');
        else if (values[i].type == VALUE_BYTES)
            text_printf(&row, "%ld bytes", (long)values[i].integer);
        else
            value_put(&values[i], &row);
    }
    cr_expect_str_eq(text_string(&row), wanted, "%s: got %s", table, text_string(&row));
    text_release(&row);
}

/* Reads a large value by its locator, in pieces of so many bytes. */
static void read_located(struct source *source, const char *table, size_t row, const char *column, size_t piece,
                         struct text *out)
{
    scoped(scan_close) struct scan *scan = NULL;
    scoped(blob_close) struct blob *blob = NULL;
    scoped(string_free) char *buffer = x_alloc(piece);
    const struct value *values = NULL;
    struct fault fault = {0};
    struct text locator;
    size_t number = 0;
    size_t size = 0;
    int64_t whole = 0;
    bool found = false;

    text_init(&locator, LOCATOR_ROOM);
    cr_assert(source_find_table(source, table, &number, &fault) && source_scan(source, number, &scan, &fault));
    cr_assert(scan_find_column(scan, column, &number, &fault), "%s", fault.text);
    for (size_t i = 0; i <= row; i++)
        cr_assert(scan_next(scan, &values, &fault) && values);
    cr_assert(scan_locate(scan, number, &locator, &whole, &found, &fault) && found, "%s", fault.text);
    cr_assert(source_open_blob(source, text_string(&locator), &blob, &fault), "%s", fault.text);
    cr_expect_eq(blob_size(blob), whole);
    do {
        cr_assert(blob_read(blob, buffer, piece, &size, &fault), "%s", fault.text);
        text_put(out, buffer, size);
    } while (size);
    cr_expect_eq(out->size, (size_t)whole);
    text_release(&locator);
}

/* The worked example of the format reference, and rows of the public insert script. */
Test(bak_source, the_hospital_is_what_its_insert_script_says)
{
    static const struct {
        const char *table;
        int64_t rows;
    } tables[] = {
        {"appointment", 30}, {"attends", 27},      {"department", 9},    {"distribution", 22}, {"doctor", 20},
        {"nurse", 13},       {"patient", 22},      {"patientemail", 30}, {"patientphone", 30}, {"payment", 31},
        {"position", 5},     {"prescription", 20}, {"room", 14},         {"roomtype", 7},      {"sysdiagrams", 1},
    };
    scoped(source_close) struct source *source = open_backup("aelg-Hospital.bak");

    if (!source)
        return;
    cr_assert_eq(source_table_count(source), array_length(tables));
    for (size_t i = 0; i < array_length(tables); i++) {
        cr_expect_str_eq(source_table_name(source, i), tables[i].table);
        cr_expect_eq(source_table_at(source, i).rows, tables[i].rows);
    }
    expect_row(source, "doctor", "D0001", "D0001|Meredith|Grey|1969-11-10|15000|5|mgrey@hospital.com|GEN|CH");
}

Test(bak_source, a_diagram_is_read_through_its_inline_root)
{
    scoped(source_close) struct source *source = open_backup("aelg-Hospital.bak");
    struct text whole;
    struct text pieces;

    if (!source)
        return;
    text_init(&whole, ROW_MAX);
    text_init(&pieces, ROW_MAX);
    read_located(source, "sysdiagrams", 0, "definition", ROW_MAX, &whole);
    read_located(source, "sysdiagrams", 0, "definition", 7, &pieces);
    cr_expect_eq(whole.size, 30212);
    cr_expect(memcmp(text_string(&whole), "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8) == 0, "a compound file");
    cr_expect(whole.size == pieces.size && memcmp(whole.data, pieces.data, whole.size) == 0);
    text_release(&whole);
    text_release(&pieces);
}

static void expect_northwind(struct source *source)
{
    expect_row(source, "Customers", "ALFKI",
               "ALFKI|Alfreds Futterkiste|Maria Anders|Sales Representative|Obere Str. 57|Berlin|-|12209|Germany|"
               "030-0074321|030-0076545");
    expect_row(source, "customers", "WOLZA",
               "WOLZA|Wolski  Zajazd|Zbyszek Piestrzeniewicz|Owner|ul. Filtrowa 68|Warszawa|-|01-012|Poland|"
               "(26) 642-7012|(26) 642-7012");
    expect_row(source, "Products", "1", "1|Chai|1|1|10 boxes x 20 bags|18.0000|39|0|10|0");
    expect_row(source, "dbo.Products", "38", "38|Côte de Blaye|18|1|12 - 75 cl bottles|263.5000|17|0|15|0");
    expect_row(source, "Order Details", "10248", "10248|11|14.0000|12|0");
    expect_row(
        source, "Orders", "10248",
        "10248|VINET|5|1996-07-04 00:00:00.000|1996-08-01 00:00:00.000|1996-07-16 00:00:00.000|3|32.3800|Vins et "
        "alcools Chevalier|59 rue de l'Abbaye|Reims|-|51100|France");
    expect_row(source, "Categories", "1", "1|Beverages|Soft drinks, coffees, teas, beers, and ales|10746 bytes");
}

Test(bak_source, both_northwinds_are_the_same)
{
    scoped(source_close) struct source *one = open_backup("salman-Northwind.bak");
    scoped(source_close) struct source *other = open_backup("xande-Northwind.bak");

    if (!one || !other)
        return;
    expect_northwind(one);
    expect_northwind(other);
    for (size_t row = 0; row < 17; row++) {
        const char *table = row < 8 ? "Categories" : "Employees";
        const char *column = row < 8 ? "Picture" : "Photo";
        struct text left;
        struct text right;

        text_init(&left, ROW_MAX);
        text_init(&right, ROW_MAX);
        read_located(one, table, row < 8 ? row : row - 8, column, 1000, &left);
        read_located(other, table, row < 8 ? row : row - 8, column, 4096, &right);
        cr_expect(left.size == right.size && memcmp(left.data, right.data, left.size) == 0, "%s %zu", table, row);
        cr_expect(left.size > 80 && memcmp(left.data + 78, "BM", 2) == 0);
        text_release(&left);
        text_release(&right);
    }
}

Test(bak_source, swedish_letters_and_computed_dates)
{
    scoped(source_close) struct source *source = open_backup("alina-ClinicDB.bak");

    if (!source)
        return;
    expect_row(source, "Patients", "5",
               "5|198305012222|Elin|Persson|1983-05-01|Ögärdesvägen 15, Öjersjö|0764455667|elin.persson@example.com");
    expect_row(source, "Doctors", "1",
               "1|197803012341|Anders|Ekström|1978-03-01|General Practitioner|Öjersjövägen 5, Öjersjö|0709988776|"
               "anders.ekstrom@example.com");
    expect_row(source, "Appointments", "3", "3|3|-|1|2025-01-18 10:00:00.000|Blood pressure check|Completed");
}

Test(bak_source, a_serbian_clinic)
{
    scoped(source_close) struct source *source = open_backup("sasha-Clinic.bak");

    if (!source)
        return;
    expect_row(source, "tblPatients", "1", "1|Pera Peric|M|1985-07-12|Beograd|011|064|060|514515461|A+");
    expect_row(source, "tblPharmacy", "3",
               "3|Alopurinol|Bolesti mišicno koštanog i vezivnog tkiva|100|tableta 40x100mg|2");
    expect_row(source, "tblLogin", "21", "21|test|test123|-|5");
}

Test(bak_source, locators_of_others_are_refused)
{
    static const char *const locators[] = {
        "file:3:a.b",
        "bak:",
        "bak:1:1:1:0:1:1",
        "bak:2137058649:1:166:0:4:10745",
        "bak:2137058649:1:166:200:4:10746",
        "bak:2137058649:1:166:0:9:10746",
        "bak:2137058649:1:9:0:4:10746",
        "bak:2137058649:1:4000000:0:4:10746",
        "bak:2137058649:1:166:0:4:-1",
        "bak: 2137058649:1:166:0:4:10746",
        "bak:2137058649:65537:166:0:4:10746",
    };
    scoped(source_close) struct source *source = open_backup("salman-Northwind.bak");

    for (size_t i = 0; source && i < array_length(locators); i++) {
        scoped(blob_close) struct blob *blob = NULL;
        struct fault fault = {0};

        cr_expect(!source_open_blob(source, locators[i], &blob, &fault), "%s was opened", locators[i]);
        cr_expect_eq(fault.kind, FAULT_BAD_INPUT);
    }
}

Test(bak_source, a_pass_may_be_left_and_two_may_run_at_once)
{
    scoped(source_close) struct source *source = open_backup("xande-Northwind.bak");
    scoped(scan_close) struct scan *one = NULL;
    scoped(scan_close) struct scan *other = NULL;
    const struct value *left = NULL;
    const struct value *right = NULL;
    struct fault fault = {0};
    size_t table = 0;
    int64_t rows = 0;

    if (!source)
        return;
    cr_assert(source_find_table(source, "Order Details", &table, &fault));
    cr_assert(source_scan(source, table, &one, &fault) && source_scan(source, table, &other, &fault));
    cr_assert(scan_next(one, &left, &fault) && left);
    do {
        cr_assert(scan_next(other, &right, &fault));
        rows += right != NULL;
    } while (right);
    cr_expect_eq(rows, 2155);
    cr_expect_eq(left[0].integer, 10248);
}

Test(bak_source, sees_what_the_source_is)
{
    scoped(source_close) struct source *source = open_backup("lageli-HospitalDB.bak");
    struct source_facts facts = {0};
    struct fault fault = {0};
    double done = 0;
    bool end = false;

    if (!source)
        return;
    source_describe(source, &facts);
    cr_assert(source_examine(source, &facts, &fault), "%s", fault.text);
    while (!end)
        cr_assert(source_check_step(source, &facts, &done, &end, &fault), "%s", fault.text);
    cr_expect_eq(facts.warning_count, 0);
    for (size_t i = 0; i < facts.count; i++) {
        if (strcmp(facts.facts[i].name, "server_version") == 0)
            cr_expect_str_eq(facts.facts[i].text, "SQL Server 2019 (15.0.2000)");
        if (strcmp(facts.facts[i].name, "changed_tables") == 0 || strcmp(facts.facts[i].name, "pages_bad") == 0)
            cr_expect_str_eq(facts.facts[i].text, "0");
    }
    source_facts_release(&facts);
}

/* A backup of which one byte was changed is never read as if nothing were: its checksums tell. */
Test(bak_source, damage_ends_a_pass_and_salvage_counts_it)
{
    const char *path = shared_fixture("bak/alina-ClinicDB.bak");
    struct folder_fixture folder;
    scoped(source_close) struct source *source = NULL;
    scoped(source_close) struct source *salvaged = NULL;
    scoped(scan_close) struct scan *scan = NULL;
    scoped(scan_close) struct scan *again = NULL;
    scoped(file_close) FILE *file = path ? fopen(path, "rb") : NULL;
    scoped(string_free) char *bytes = x_alloc(5000000);
    const struct value *values = NULL;
    struct scan_tally tally;
    struct fault fault = {0};
    size_t size = 0;
    size_t table = 0;
    char *at = NULL;

    if (!file)
        return;
    size = fread(bytes, 1, 5000000, file);
    at = memmem(bytes, size, "K\0a\0r\0l\0s\0s\0o\0n\0", 16);
    cr_assert(at != NULL);
    *at = 'B';
    folder_fixture_make(&folder);
    folder_fixture_write_bytes(&folder, "damaged.bak", bytes, size);
    cr_assert(source_open(folder.file, &(struct source_options){0}, &source, &fault), "%s", fault.text);
    cr_assert(source_find_table(source, "Patients", &table, &fault) && source_scan(source, table, &scan, &fault));
    while (scan_next(scan, &values, &fault) && values)
        ;
    cr_expect_eq(fault.kind, FAULT_BAD_INPUT);
    cr_expect(strstr(fault.text, "table Patients is damaged in the backup (page 1:"), "got %s", fault.text);
    fault = (struct fault){0};
    cr_assert(source_open(folder.file, &(struct source_options){.salvage = true}, &salvaged, &fault));
    cr_assert(source_scan(salvaged, table, &again, &fault));
    do
        cr_assert(scan_next(again, &values, &fault), "%s", fault.text);
    while (values);
    scan_tally_of(again, &tally);
    cr_expect_eq(tally.rows, 5);
    cr_expect_eq(tally.damaged_pages, 1);
    folder_fixture_remove(&folder);
}

enum { CATALOGUE_TYPE = 14, CATALOGUE_STATUS = 27, FILE_MAX = 5000000 };

static unsigned at16(const char *at)
{
    return (unsigned char)at[0] | (unsigned)(unsigned char)at[1] << 8;
}

/* Where the record begins whose first variable column stands at `name`; NULL when there is none. */
static char *record_of(char *bytes, char *name)
{
    for (char *record = name - 120; record > bytes && record < name - 20; record++) {
        const char *end = record + at16(record + 2);

        if (record[0] == 0x30 && end < name && end > record + 30) {
            const char *variables = end + 2 + (at16(end) + 7) / 8;

            if (variables + 2 + 2 * at16(variables) == name)
                return record;
        }
    }
    return NULL;
}

/* Changes a byte of what the catalogue says of the columns of a name, and the checksums of its pages. */
static void change_column(char *bytes, size_t size, size_t first_page, const char *name, size_t name_size,
                          size_t offset, uint8_t value)
{
    size_t changed = 0;

    for (char *at = bytes; (at = memmem(at, size - (size_t)(at - bytes), name, name_size)); at++) {
        char *record = record_of(bytes, at);

        if (!record || at16(record + 2) < 40)
            continue;
        record[offset] = (char)value;
        built_checksum((uint8_t *)bytes + first_page + ((size_t)(record - bytes) - first_page) / 8192 * 8192);
        changed++;
    }
    cr_assert_gt(changed, 0);
}

static void expect_refused(size_t offset, uint8_t value, const char *words)
{
    const char *path = bak_shared("alina-ClinicDB.bak");
    scoped(file_close) FILE *file = path ? fopen(path, "rb") : NULL;
    scoped(string_free) char *bytes = x_alloc(FILE_MAX);
    scoped(source_close) struct source *source = NULL;
    scoped(scan_close) struct scan *scan = NULL;
    const struct value *values = NULL;
    struct bak_database *database = NULL;
    struct bak_fixture fixture;
    struct fault fault = {0};
    size_t column = 0;
    size_t table = 0;
    size_t size = 0;
    size_t rows = 0;

    if (!file)
        return;
    size = fread(bytes, 1, FILE_MAX, file);
    cr_assert(bak_fixture_open(path, &database, &fault));
    change_column(bytes, size, (size_t)bak_set_of(database)->pieces[0].offset, "N\0u\0r\0s\0e\0I\0d", 13, offset,
                  value);
    bak_close(&database);
    bak_fixture_make(&fixture, bytes, size);
    cr_assert(source_open(fixture.path, &(struct source_options){0}, &source, &fault), "%s", fault.text);
    cr_assert(source_find_table(source, "Appointments", &table, &fault) && source_scan(source, table, &scan, &fault));
    cr_expect(!scan_find_column(scan, "NurseId", &column, &fault));
    cr_expect_eq(fault.kind, FAULT_BAD_INPUT);
    cr_expect(strstr(fault.text, words), "got %s, want %s", fault.text, words);
    cr_expect(scan_find_column(scan, "Reason", &column, &fault), "other columns can be read");
    while (scan_next(scan, &values, &fault) && values)
        rows++;
    cr_expect_eq(rows, 5, "and all rows: %s", fault.text);
    bak_fixture_remove(&fixture);
}

Test(bak_source, values_that_are_not_in_the_pages_are_refused_with_their_number)
{
    expect_refused(CATALOGUE_STATUS, 0x20,
                   "column NurseId of table Appointments keeps 3 values as FILESTREAM files outside of the tables");
    expect_refused(CATALOGUE_TYPE, BAK_TYPE_XML, "column NurseId of table Appointments holds 3 values of type xml");
}
