#include "source/source.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "folder_fixture.h"

static struct folder_fixture folder;

static void make(void)
{
    folder_fixture_make(&folder);
}

static void clean(void)
{
    folder_fixture_remove(&folder);
}

TestSuite(source, .init = make, .fini = clean);

static void show_table(struct source *source, size_t table, struct text *out)
{
    struct scan *scan = NULL;
    struct fault fault = {0};
    const struct value *values = NULL;

    if (!source_scan(source, table, &scan, &fault)) {
        text_printf(out, "! %s", fault.text);
        return;
    }
    text_printf(out, "%s: ", scan_format(scan));
    for (size_t i = 0; i < scan_column_count(scan); i++)
        text_printf(out, "<%s>", scan_column_name(scan, i));
    while (scan_next(scan, &values, &fault) && values) {
        text_printf(out, "|%d", (int)scan_row(scan));
        for (size_t i = 0; i < scan_column_count(scan); i++)
            text_printf(out, "[%.*s]", (int)values[i].text.size, values[i].text.data);
    }
    if (fault.kind != FAULT_NONE)
        text_printf(out, "! %s", fault.text);
    scan_close(&scan);
}

/* All tables of the path in one text. */
static void show(const char *path, const struct source_options *options, struct text *out)
{
    struct source *source = NULL;
    struct fault fault = {0};

    if (!source_open(path, options, &source, &fault)) {
        text_printf(out, "!! %s", fault.text);
        return;
    }
    for (size_t i = 0; i < source_table_count(source); i++) {
        text_printf(out, "%s%s ", i ? "\n" : "", source_table_name(source, i));
        show_table(source, i, out);
    }
    source_close(&source);
}

static void expect_with(const char *path, const struct source_options *options, const char *want)
{
    struct text got;

    text_init(&got, 10000);
    show(path, options, &got);
    if (want[0] == '!')
        cr_expect(strstr(text_string(&got), want + 1), "%s: got %s, want %s", path, text_string(&got), want);
    else
        cr_expect_str_eq(text_string(&got), want, "%s: got %s, want %s", path, text_string(&got), want);
    text_release(&got);
}

static void expect(const char *path, const char *want)
{
    struct source_options options = {0};

    expect_with(path, &options, want);
}

static const char *write_bytes(const char *name, const char *content, size_t size)
{
    return folder_fixture_write_bytes(&folder, name, content, size);
}

#define BYTES(name, literal) write_bytes(name, literal, sizeof(literal) - 1)

Test(source, finds_the_encoding)
{
    expect(BYTES("a.csv", "n,v\nJos\xC3\xA9,1\n"), "a UTF-8, separated by ,: <n><v>|2[José][1]");
    expect(BYTES("a.csv", "\xEF\xBB\xBFn,v\nJos\xC3\xA9,1\n"),
           "a UTF-8 with byte order mark, separated by ,: <n><v>|2[José][1]");
    expect(BYTES("a.csv", "n,v\nJos\xE9 \x80,1\n"), "a windows-1252, separated by ,: <n><v>|2[José €][1]");
    expect(BYTES("a.csv", "\xFF\xFEn\0,\0v\0\n\0\xE9\0,\0\x31\0\n\0"),
           "a UTF-16LE with byte order mark, separated by ,: <n><v>|2[é][1]");
    expect(BYTES("a.csv", "\xFE\xFF\0n\0,\0v\0\n\0\xE9\0,\0\x31\0\n"),
           "a UTF-16BE with byte order mark, separated by ,: <n><v>|2[é][1]");
    expect(BYTES("a.csv", "n\0,\0v\0\n\0a\0,\0\x31\0"), "a UTF-16LE, separated by ,: <n><v>|2[a][1]");
}

Test(source, reads_latin_1_as_windows_1252_of_which_it_is_a_part)
{
    expect(BYTES("a.csv", "n\n\xFC\xDF\xA0\x81\n"), "a windows-1252, separated by ,: <n>|2[üß\xC2\xA0\xC2\x81]");
}

Test(source, finds_an_accent_far_behind_the_beginning)
{
    struct text content;
    struct text got;

    text_init(&content, 1 << 20);
    text_init(&got, 1 << 22);
    text_puts(&content, "n,v\n");
    for (int i = 0; i < 50000; i++)
        text_puts(&content, "plain,1\n");
    text_puts(&content, "Jos\xE9,2\n");
    show(write_bytes("a.csv", content.data, content.size), &(struct source_options){0}, &got);
    cr_expect(strstr(text_string(&got), "windows-1252"));
    cr_expect(strstr(text_string(&got), "|50002[José][2]"));
    text_release(&content);
    text_release(&got);
}

Test(source, obeys_the_encoding_that_the_profile_names)
{
    struct source_options options = {.encoding = "iso-8859-7"};

    expect_with(BYTES("a.csv", "n\n\xE1\xE2\n"), &options, "a iso-8859-7, separated by ,: <n>|2[αβ]");
    options.encoding = "UTF-8";
    expect_with(BYTES("a.csv", "n\n\xE1\xE2\n"), &options, "!a.csv: byte 2 is no UTF-8 text");
    expect_with(BYTES("a.csv", "n\nJos\xC3\xA9,\xC3\n"), &options, "!a.csv: byte 8 is no UTF-8 text");
    expect_with(BYTES("a.csv", "n\nJos\xC3"), &options, "!a.csv: byte 5 is no UTF-8 text");
    options.encoding = "klingon";
    expect_with(BYTES("a.csv", "n\n"), &options, "!csv.encoding: 'klingon' is no encoding");
    options.encoding = "UTF-16LE";
    expect_with(BYTES("a.csv", "\xFF\xFEn\0\n\0a\0"), &options,
                "a UTF-16LE with byte order mark, separated by ,: <n>|2[a]");
}

Test(source, refuses_utf_8_with_a_few_damaged_bytes_rather_than_garble_all_accents)
{
    expect(BYTES("a.csv", "n\n\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xE9\n"),
           "!a.csv: this is UTF-8 text, but for 1 bytes, the first of them byte 12");
    expect(BYTES("a.csv", "n\n\xC3\xA9\xE9\xE9\n"),
           "a windows-1252, separated by ,: <n>|2[\xC3\x83\xC2\xA9\xC3\xA9\xC3\xA9]");
    expect(BYTES("a.csv", "n\nabc\xE9"), "a windows-1252, separated by ,: <n>|2[abc\xC3\xA9]");
}

Test(source, refuses_what_is_no_text)
{
    expect(BYTES("a.csv", "n\nab\0cd\n"), "!there is a NUL character near byte 4");
    expect(BYTES("a.csv", "\xFF\xFEn\0\n\0\x00\xD8"), "!is no UTF-16LE text");
    expect(BYTES("a.csv", ""), "!a.csv: the file is empty");
    expect(BYTES("a.csv", "\n\n"), "!a.csv: the file is empty");
    expect(BYTES("a.csv", ",,\n1,2,3\n"), "!the header row names no column");
}

Test(source, a_character_cut_between_two_reads_stays_whole)
{
    size_t size = 128 * 1024 + 10;
    scoped(string_free) char *content = x_alloc(size + 1);
    struct text got;

    text_init(&got, 1 << 20);
    memset(content, 'a', size);
    memcpy(content, "n\n", 2);
    memcpy(content + 128 * 1024 - 1, "\xC3\xA9", 2);
    show(write_bytes("a.csv", content, size), &(struct source_options){0}, &got);
    cr_expect(strstr(text_string(&got), "aaéaa"));
    cr_expect(strstr(text_string(&got), "UTF-8,"));
    text_release(&got);
}

Test(source, tells_columns_of_one_name_apart)
{
    struct source *source = NULL;
    struct scan *scan = NULL;
    struct fault fault = {0};
    size_t column = 99;

    expect(BYTES("a.csv", "name,value,name,,Value\n1,2,3,4,5\n"),
           "a UTF-8, separated by ,: <name><value><name#2><#4><Value>|2[1][2][3][4][5]");
    cr_assert(source_open(folder.file, &(struct source_options){0}, &source, &fault));
    cr_assert(source_scan(source, 0, &scan, &fault));
    cr_expect(!scan_find_column(scan, "name", &column, &fault));
    cr_expect(strstr(fault.text, "a.csv has column 'name' more than once: say 'name#1'"), "got %s", fault.text);
    cr_expect(scan_find_column(scan, "name#1", &column, &fault) && column == 0);
    cr_expect(scan_find_column(scan, "name#2", &column, &fault) && column == 2);
    cr_expect(scan_find_column(scan, "Value", &column, &fault) && column == 4);
    cr_expect(!scan_find_column(scan, "VALUE", &column, &fault), "VALUE could be either");
    cr_expect(!scan_find_column(scan, "nom", &column, &fault));
    cr_expect(strstr(fault.text, "a.csv has no column 'nom'; its columns are: name, value, name#2"), "got %s",
              fault.text);
    scan_close(&scan);
    source_close(&source);
}

Test(source, reads_headers_with_newlines_and_hints_of_spreadsheets)
{
    expect(BYTES("a.csv", "\" first\r\n\tname \",b\nx,y\n"), "a UTF-8, separated by ,: <first name><b>|2[x][y]");
    expect(BYTES("a.csv", "sep=;\r\na;b\r\n1,5;2\r\n"), "a UTF-8, separated by ;: <a><b>|3[1,5][2]");
    expect(BYTES("a.csv", "a,b,,\n1,2,,\n"), "a UTF-8, separated by ,: <a><b>|2[1][2]");
}

Test(source, refuses_rows_that_do_not_fit_the_header)
{
    expect(BYTES("a.csv", "a,b,c\n1,2,3\n4,5\n"), "!a.csv, row 3 (line 3) has 2 fields, but the header has 3");
    expect(BYTES("a.csv", "a,b\n1,2,3\n"), "!a.csv, row 2 (line 2) has 3 fields, but the header has 2");
    expect(BYTES("a.csv", "a,b\n1,2,,\n"), "a UTF-8, separated by ,: <a><b>|2[1][2]");
}

Test(source, lists_a_folder)
{
    BYTES("Patient.csv", "a\n1\n");
    BYTES("notes.md", "no table");
    BYTES("appointment.CSV", "b\n2\n");
    expect(folder.path, "appointment UTF-8, separated by ,: <b>|2[2]\nPatient UTF-8, separated by ,: <a>|2[1]");
    BYTES("patient.tsv", "a\n1\n");
    expect(folder.path, "!are both table");
}

Test(source, finds_tables_by_name)
{
    struct source *source = NULL;
    struct fault fault = {0};
    size_t table = 99;

    BYTES("Patient.csv", "a\n");
    BYTES("Appointment.csv", "a\n");
    cr_assert(source_open(folder.path, &(struct source_options){0}, &source, &fault));
    cr_expect(source_find_table(source, "patient", &table, &fault) && table == 1);
    cr_expect(source_find_table(source, "App*", &table, &fault) && table == 0);
    cr_expect(!source_find_table(source, "*", &table, &fault));
    cr_expect(strstr(fault.text, "more than one table fits '*'"), "got %s", fault.text);
    cr_expect(!source_find_table(source, "Invoice", &table, &fault));
    cr_expect(strstr(fault.text, "there is no table 'Invoice'; the source's tables are: Appointment, Patient"),
              "got %s", fault.text);
    source_close(&source);
}

Test(source, reads_zips_and_gzips)
{
    folder_fixture_zip(&folder, "x.zip", "export/Patient.csv", "a,b\nJos\xC3\xA9,2\n", NULL);
    expect(folder.file, "Patient UTF-8, separated by ,: <a><b>|2[José][2]");
}

Test(source, refuses_zips_that_cannot_be_read)
{
    char head[200];
    FILE *file = NULL;
    size_t size = 0;

    folder_fixture_zip(&folder, "x.zip", "Patient.csv", "a,b\n1,2\n", "secret");
    expect(folder.file, "!Patient.csv is protected by a password");
    folder_fixture_zip(&folder, "x.zip", "Patient.csv", "a,b\n1,2\n", NULL);
    file = fopen(folder.file, "rb");
    cr_assert(file != NULL);
    size = fread(head, 1, sizeof head, file);
    fclose(file);
    expect(write_bytes("x.zip", head, size - 10), "!is a damaged or cut-off zip");
    expect(BYTES("x.zip", "not a zip"), "!is named a zip, but it is none");
    folder_fixture_zip(&folder, "x.zip", "FD.bak", "TAPE", NULL);
    expect(folder.file, "!FD.bak is cut off");
    folder_fixture_zip(&folder, "x.zip", "inner.zip", "PK", NULL);
    expect(folder.file, "!holds another zip and neither .csv nor .bak files");
    folder_fixture_zip(&folder, "x.xlsx", "xl/workbook.xml", "<x/>", NULL);
    expect(folder.file, "!is an Excel workbook: save each sheet as CSV");
}

Test(source, notices_a_zip_whose_bytes_were_changed)
{
    char bytes[400];
    FILE *file = NULL;
    size_t size = 0;

    folder_fixture_zip(&folder, "x.zip", "Patient.csv", "a,b\n1,2\n3,4\n5,6\n7,8\n", NULL);
    file = fopen(folder.file, "rb");
    cr_assert(file != NULL);
    size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    for (size_t i = 0; i + 11 < size; i++)
        if (memcmp(bytes + i, "Patient.csv", 11) == 0) {
            bytes[i + 11 + 20] ^= 0x55;
            break;
        }
    expect(write_bytes("x.zip", bytes, size), "!Patient.csv");
}

Test(source, stops_at_a_zip_that_is_made_to_fill_disks)
{
    size_t size = 80 * 1024 * 1024;
    scoped(string_free) char *content = x_alloc(size + 1);

    memset(content, 'a', size);
    memcpy(content, "n,v\n", 4);
    for (size_t i = 100; i < size; i += 100)
        memcpy(content + i, ",\n", 2);
    folder_fixture_zip(&folder, "x.zip", "Patient.csv", content, NULL);
    expect(folder.file, "!unpacks to more than 200 times its size, which no export does");
}

Test(source, names_files_of_other_kinds)
{
    expect(BYTES("FD.bak", "TAPE\0\0"), "!FD.bak is cut off");
    expect(BYTES("a.xls", "\xD0\xCF\x11\xE0\xA1\xB1"), "!is an old Excel or Word file");
    expect(BYTES("a.csv", "%PDF-1.4"), "!is a PDF");
    expect("/nonexistent/file.csv", "!/nonexistent/file.csv cannot be opened");
    expect("/dev/null", "!is neither a file nor a folder");
    unlink(folder.file);
    unlink(BYTES("FD.bak", ""));
    unlink(BYTES("a.xls", ""));
    expect(folder.path, "!holds no .csv file and no .bak file");
}

Test(source, reads_the_shared_fixtures)
{
    static const struct {
        const char *name;
        const char *want;
    } cases[] = {
        {"csv/appveyor-duplicate-headers.csv",
         "appveyor-duplicate-headers UTF-8, separated by ,: <name><value><name#2>|2[john][100][doe]|3[jane][200][smith]"},
        {"csv/appveyor-malformed-quotes.csv",
         "appveyor-malformed-quotes UTF-8, separated by ,: <col1><col2>|2[value with \"embedded\" quotes][normal]"
         "|3[properly quoted][also normal]"},
        {"csv/csvkit-mac_newlines.csv",
         "csvkit-mac_newlines UTF-8, separated by ,: <a><b><c>|2[1][2][3]|3[Once upon\ra time][5][6]"},
        {"csv/csvkit-test_header_newline.csv",
         "csvkit-test_header_newline UTF-8, separated by ,: <start end><b><c>|2[d][e][f]"},
        {"csv/csvkit-test_latin1.csv",
         "csvkit-test_latin1 windows-1252, separated by ,: <a><b><c>|2[1][2][3]|3[4][5][©]"},
        {"csv/csvkit-test_utf16_little.csv", "csvkit-test_utf16_little UTF-16LE with byte order mark, separated by ,: "
                                             "<a><b><c>|2[1][2][3]|3[4][5][ʤ]"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        const char *path = shared_fixture(cases[i].name);

        if (path)
            expect(path, cases[i].want);
    }
}

Test(source, keeps_the_cells_of_a_real_list)
{
    const char *path = shared_fixture("csv/csvkit-test_geo.csv");
    struct text got;

    if (!path)
        return;
    text_init(&got, 10000);
    show(path, &(struct source_options){0}, &got);
    cr_expect(
        strstr(text_string(&got), "[dcl][Downtown Coffee Lounge][][In addition to being the only coffee shop in"));
    cr_expect(strstr(text_string(&got), "<a href=\"http"), "doubled quotes were not undone");
    cr_expect(strstr(text_string(&got), "[3/30/12][32.35066][-95.30181]"));
    text_release(&got);
}
