/* The sample clinic: the same seed gives the same bytes, and what the demo promises is in it. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "sandbox/clinic/clinic.h"
#include "sandbox/clinic/compose.h"
#include "sandbox/clinic/dice.h"
#include "sandbox/clinic/files.h"
#include "sandbox/clinic/images.h"
#include "sandbox/clinic/sheet.h"

enum { FILE_CAP = 16 * 1024 * 1024 };

static char *make_folder(void)
{
    char *folder = x_strdup("/tmp/clinic-test-XXXXXX");

    cr_assert_not_null(mkdtemp(folder));
    return folder;
}

static void empty_folder(int folder)
{
    DIR *listing = fdopendir(folder);
    struct dirent *entry;

    cr_assert_not_null(listing);
    while ((entry = readdir(listing)) != NULL) {
        if (entry->d_name[0] != '.' && unlinkat(folder, entry->d_name, 0) != 0) {
            empty_folder(openat(folder, entry->d_name, O_RDONLY | O_DIRECTORY));
            unlinkat(folder, entry->d_name, AT_REMOVEDIR);
        }
    }
    closedir(listing);
}

static void remove_folder(char **folder)
{
    empty_folder(open(*folder, O_RDONLY | O_DIRECTORY));
    rmdir(*folder);
    string_free(folder);
}

static char *read_file(const char *folder, const char *name)
{
    scoped(string_free) char *path = x_sprintf("%s/%s", folder, name);
    scoped(file_close) FILE *file = fopen(path, "rb");
    char *content = x_alloc(FILE_CAP);
    size_t size;

    cr_assert_not_null(file, "%s is not there", path);
    size = fread(content, 1, FILE_CAP - 1, file);
    cr_assert_lt(size, (size_t)FILE_CAP - 1);
    return content;
}

static int64_t size_of(const char *folder, const char *name)
{
    scoped(string_free) char *path = x_sprintf("%s/%s", folder, name);
    struct stat facts;

    return stat(path, &facts) == 0 ? (int64_t)facts.st_size : -1;
}

static size_t count(const char *content, const char *wanted)
{
    size_t found = 0;

    while ((content = strstr(content, wanted)) != NULL) {
        found++;
        content += strlen(wanted);
    }
    return found;
}

static struct clinic_options options_of(const char *folder, uint64_t seed)
{
    return (struct clinic_options){
        .folder = folder, .seed = seed, .patients = 460, .years = 8, .today = days_from_date(2026, 3, 2)};
}

static struct clinic_counts write_with(const struct clinic_options *options)
{
    struct clinic_counts counts = {0};
    struct fault fault = {0};

    cr_assert(clinic_write(options, &counts, &fault), "%s", fault.text);
    return counts;
}

static struct clinic_counts write_clinic(const char *folder, uint64_t seed)
{
    struct clinic_options options = options_of(folder, seed);

    return write_with(&options);
}

Test(dice, give_the_same_numbers_on_every_machine)
{
    struct dice dice;

    dice_init(&dice, 1, 1);
    cr_expect_eq(dice_next(&dice), UINT64_C(985014982364169350));
}

Test(dice, stay_within_their_bounds)
{
    struct dice dice;
    int i;

    dice_init(&dice, 7, 1);
    for (i = 0; i < 1000; i++) {
        int64_t drawn = dice_between(&dice, -3, 3);

        cr_assert(drawn >= -3 && drawn <= 3, "got %lld", (long long)drawn);
    }
    cr_expect_eq(dice_between(&dice, 5, 5), 5);
}

static const struct column letter_columns[] = {{"A", "int"},          {"B", "varchar(9)"}, {"C", "nvarchar(max)"},
                                               {"D", "datetime"},     {"E", "bit"},        {"F", "money"},
                                               {"G", "decimal(5,2)"}, {"H", "image"},      {0}};
static const struct table letters = {"T", letter_columns};
static const struct column one_column[] = {{"A", "nvarchar(3)"}, {0}};
static const struct table narrow = {"T", one_column};

Test(sheet, writes_null_empty_quoted_text_and_files)
{
    scoped(remove_folder) char *folder = make_folder();
    scoped(string_free) char *content = NULL;
    scoped(string_free) char *bytes = NULL;
    struct sheet *sheet = NULL;
    struct fault fault = {0};

    cr_assert(sheet_create(folder, &letters, &sheet, &fault), "%s", fault.text);
    sheet_text(sheet, "A", NULL);
    sheet_text(sheet, "B", "");
    sheet_text(sheet, "C", "say \"a, b\"\r\nc");
    sheet_moment(sheet, "D", moment_of(days_from_date(1899, 12, 30), 61));
    sheet_bit(sheet, "E", true);
    sheet_decimal(sheet, "F", -5);
    sheet_decimal(sheet, "G", 1234);
    sheet_bytes(sheet, "H", "1.bin", (struct slice){"x\0y", 3});
    sheet_key(sheet, "A", 7);
    sheet_text(sheet, "B", " x");
    sheet_text(sheet, "C", NULL);
    sheet_ticks(sheet, "D", moment_of(days_from_date(2026, 3, 2), 0), -3);
    sheet_bit(sheet, "E", false);
    sheet_decimal(sheet, "F", DECIMAL_NONE);
    sheet_decimal(sheet, "G", -1);
    sheet_bytes(sheet, "H", NULL, (struct slice){NULL, 0});
    cr_assert(sheet_finish(&sheet, &fault), "%s", fault.text);
    content = read_file(folder, "T.csv");
    cr_expect_str_eq(content, "A,B,C,D,E,F,G,H\r\n"
                              ",\"\",\"say \"\"a, b\"\"\r\nc\",1899-12-30 01:01:00,1,-0.0500,12.34,T.files/1.bin\r\n"
                              "7,\" x\",,2026-03-01 23:59:59.997,0,,-0.01,\r\n");
    bytes = read_file(folder, "T.files/1.bin");
    cr_expect_eq(memcmp(bytes, "x\0y", 4), 0);
    cr_expect_eq(size_of(folder, "T.files/1.bin"), 3);
}

Test(sheet, in_a_folder_that_is_not_there_is_refused)
{
    struct sheet *sheet = NULL;
    struct fault fault = {0};

    cr_assert_not(sheet_create("/nonexistent/folder", &narrow, &sheet, &fault));
    cr_expect_eq(fault.kind, FAULT_BAD_INPUT);
    cr_expect_not_null(strstr(fault.text, "/nonexistent/folder/T.csv"), "got %s", fault.text);
}

Test(sheet, on_a_full_disk_says_so)
{
    scoped(remove_folder) char *folder = make_folder();
    scoped(string_free) char *path = x_sprintf("%s/T.csv", folder);
    struct sheet *sheet = NULL;
    struct fault fault = {0};

    cr_assert_eq(symlink("/dev/full", path), 0);
    cr_assert(sheet_create(folder, &narrow, &sheet, &fault), "%s", fault.text);
    sheet_text(sheet, "A", "x");
    cr_assert_not(sheet_finish(&sheet, &fault));
    cr_expect_null(sheet);
    cr_expect_not_null(strstr(fault.text, "disk full"), "got %s", fault.text);
}

Test(sheet, says_when_a_file_beside_it_cannot_be_written)
{
    static const struct column columns[] = {{"A", "image"}, {0}};
    static const struct table table = {"T", columns};
    scoped(remove_folder) char *folder = make_folder();
    scoped(string_free) char *taken = x_sprintf("%s/T.files", folder);
    struct sheet *sheet = NULL;
    struct fault fault = {0};

    cr_assert_eq(symlink("/nonexistent", taken), 0);
    cr_assert(sheet_create(folder, &table, &sheet, &fault), "%s", fault.text);
    sheet_bytes(sheet, "A", "1.bin", slice_of("x"));
    cr_assert_not(sheet_finish(&sheet, &fault));
    cr_expect_null(sheet);
    cr_expect_not_null(strstr(fault.text, "/T.files"), "got %s", fault.text);
}

Test(compose, rtf_escapes_what_rtf_takes_for_its_own)
{
    scoped(text_release) struct text out;

    text_init(&out, 1 << 16);
    compose_rtf("a{b}\\c é – я 王 𠮷 x: y\n• z\np\tq\n", NULL, 0, &out);
    cr_expect_not_null(
        strstr(text_string(&out), "a\\{b\\}\\\\c \\'e9 \\'96 {\\f1\\'ff} \\u29579? \\u-10174?\\u-8265? x"), "got %s",
        text_string(&out));
    cr_expect_not_null(strstr(text_string(&out), "\\'B7\\tab}"));
    cr_expect_not_null(strstr(text_string(&out), "\\intbl p\\cell q\\cell \\row"));
}

Test(compose, html_and_plain_text_hold_the_same_lines)
{
    scoped(text_release) struct text out;

    text_init(&out, 1 << 16);
    compose_html("a < b & é\n\n", NULL, 0, &out);
    cr_expect_not_null(strstr(text_string(&out), "<p style='margin:0'>a &lt; b &amp; &eacute;</p>"));
    cr_expect_not_null(strstr(text_string(&out), ">&nbsp;</p>"));
    text_clear(&out);
    compose_plain("a\nb\n", &out);
    cr_expect_str_eq(text_string(&out), "a\r\nb\r\n");
}

Test(images, begin_as_their_formats_do)
{
    static const struct {
        enum image_format format;
        size_t at, size;
        const char *bytes;
    } cases[] = {
        {IMAGE_JPEG, 0, 3, "\xFF\xD8\xFF"}, {IMAGE_PNG, 0, 8, "\x89PNG\r\n\x1A\n"}, {IMAGE_BMP, 0, 2, "BM"},
        {IMAGE_TIFF, 0, 4, "II*\0"},        {IMAGE_DICOM, 128, 4, "DICM"},
    };
    struct dice dice;
    struct raster raster;
    size_t i;

    dice_init(&dice, 1, 1);
    raster = raster_of_bones(&dice, 61, 80, "L-0");
    for (i = 0; i < array_length(cases); i++) {
        scoped(text_release) struct text out;

        text_init(&out, 1 << 20);
        image_put(&raster, cases[i].format, &out);
        cr_assert_geq(out.size, cases[i].at + cases[i].size);
        cr_expect_eq(memcmp(out.data + cases[i].at, cases[i].bytes, cases[i].size), 0, "%s",
                     image_ending(cases[i].format));
    }
    raster_release(&raster);
}

Test(images, a_metafile_says_its_own_size)
{
    scoped(text_release) struct text out;
    struct dice dice;
    struct raster raster;
    size_t words;

    text_init(&out, 1 << 20);
    dice_init(&dice, 1, 1);
    raster = raster_of_bones(&dice, 61, 80, "X");
    image_put_wmf(&raster, &out);
    words =
        (unsigned char)out.data[6] | (size_t)(unsigned char)out.data[7] << 8 | (size_t)(unsigned char)out.data[8] << 16;
    cr_expect_eq(words * 2, out.size);
    raster_release(&raster);
}

Test(files, hold_their_lines)
{
    scoped(text_release) struct text out;

    text_init(&out, 1 << 20);
    file_docx("a & b\n", &out);
    cr_expect_eq(memcmp(out.data, "PK\3\4", 4), 0);
    cr_expect_not_null(memmem(out.data, out.size, "a &amp; b", 9));
    text_clear(&out);
    file_pdf("(a)\n", &out);
    cr_expect_not_null(memmem(out.data, out.size, "(\\(a\\)) Tj", 10));
    text_clear(&out);
    file_doc("a\nb\n", &out);
    cr_expect_eq(out.size, 512 * 11);
    cr_expect_not_null(memmem(out.data, out.size, "a\rb\r", 4));
}

Test(clinic, has_at_least_what_the_demo_promises)
{
    scoped(remove_folder) char *folder = make_folder();
    struct clinic_counts counts = write_clinic(folder, 1);

    cr_expect_geq(counts.patients, 400);
    cr_expect_geq(counts.appointments, 6000, "got %lld", (long long)counts.appointments);
}

Test(clinic, of_the_same_seed_is_the_same_to_the_byte)
{
    static const char *const files[] = {"Patient.csv",        "Appointment.csv",  "AppointmentSeries.csv",
                                        "PatientWarning.csv", "ClinicalNote.csv", "Attachment.csv",
                                        "XRay.csv",           "Letter.csv",       "Invoice.csv"};
    scoped(remove_folder) char *one = make_folder();
    scoped(remove_folder) char *two = make_folder();
    scoped(remove_folder) char *other = make_folder();
    size_t i;

    write_clinic(one, 1);
    write_clinic(two, 1);
    write_clinic(other, 2);
    for (i = 0; i < array_length(files); i++) {
        scoped(string_free) char *first = read_file(one, files[i]);
        scoped(string_free) char *second = read_file(two, files[i]);
        scoped(string_free) char *third = read_file(other, files[i]);

        cr_expect(strcmp(first, second) == 0, "%s differs for the same seed", files[i]);
        cr_expect(strcmp(first, third) != 0, "%s is the same for another seed", files[i]);
    }
}

Test(clinic, holds_the_rows_that_break_careless_programs)
{
    static const struct {
        const char *file, *text, *what;
    } cases[] = {
        {"Patient.csv", "王", "a name in Chinese"},
        {"Patient.csv", "𠮷", "a letter outside the basic plane"},
        {"Patient.csv", "1899-12-30", "a date that means none"},
        {"Patient.csv", "; work.", "two e-mails in a field"},
        {"Patient.csv", "0800", "a post code with a leading zero"},
        {"Patient.csv", "ask for Jan", "a phone number that is none"},
        {"Appointment.csv", ",-30,", "a negative length"},
        {"Appointment.csv", ",1500,", "more than a day"},
        {"Appointment.csv", "2025-10-05 02:30:00", "an hour that is not there"},
        {"Appointment.csv", "2025-04-06 02:30:00", "an hour that is there twice"},
        {"Appointment.csv", ":59.997", "a time that lies a tick before the minute"},
        {"Practitioner.csv", ",0,2024-", "a practitioner who left"},
        {"Location.csv", ",0800,", "a post code with a leading zero"},
        {"Product.csv", ",-3.00,", "a negative stock"},
        {"Patient.csv", ",1753-01-01 ", "the first day that a datetime can hold"},
        {"PatientWarning.csv", ",9000017,", "a warning of nobody"},
        {"ClinicalNote.csv", "\\pngblip", "a note with a PNG"},
        {"ClinicalNote.csv", "\\jpegblip", "a note with a JPEG"},
        {"ClinicalNote.csv", "\\dibitmap0", "a note with a bitmap"},
        {"ClinicalNote.csv", "\\wmetafile8", "a note with a metafile"},
        {"ClinicalNote.csv", "data:image/png;base64,", "an HTML note with a picture"},
        {"ClinicalNote.csv", "👍", "a note with an emoji"},
        {"ClinicalNote.csv", ",9000000,", "a note of nobody"},
        {"Attachment.csv", "\\\\SERVER\\Scans", "a file that is only a path"},
        {"Attachment.csv", "Überweisung", "a file name with an umlaut"},
        {"XRay.csv", ".dcm", "a DICOM image"},
        {"Letter.csv", ".docx", "a Word letter"},
        {"Invoice.csv", ",-", "a credit"},
    };
    scoped(remove_folder) char *folder = make_folder();
    size_t i;

    write_clinic(folder, 1);
    for (i = 0; i < array_length(cases); i++) {
        scoped(string_free) char *content = read_file(folder, cases[i].file);

        cr_expect_gt(count(content, cases[i].text), 0, "%s has nowhere %s", cases[i].file, cases[i].what);
    }
}

Test(clinic, has_every_table_with_its_columns_in_order)
{
    scoped(remove_folder) char *folder = make_folder();
    struct clinic_options options = options_of(folder, 3);
    size_t i;

    options.patients = 1;
    options.years = 1;
    write_with(&options);
    for (i = 0; i < CLINIC_TABLE_COUNT; i++) {
        scoped(string_free) char *name = x_sprintf("%s.csv", clinic_tables[i].name);
        scoped(string_free) char *content = read_file(folder, name);
        const char *at = content;
        size_t j;

        for (j = 0; clinic_tables[i].columns[j].name != NULL; j++) {
            const char *column = clinic_tables[i].columns[j].name;

            cr_assert(strncmp(at, column, strlen(column)) == 0, "%s: %s stands in the wrong place", name, column);
            at += strlen(column) + 1;
        }
        cr_expect_eq(at[-1], '\r', "%s has more columns", name);
    }
}

Test(clinic, has_every_odd_kind_of_paper_however_small_it_is)
{
    scoped(remove_folder) char *folder = make_folder();
    struct clinic_options options = options_of(folder, 3);

    options.patients = 3;
    options.years = 1;
    write_with(&options);
    cr_expect_eq(size_of(folder, "Attachment.files/7.txt"), 0, "an empty file");
    cr_expect_gt(size_of(folder, "Attachment.files/8.png"), 0);
    cr_expect_eq(size_of(folder, "Attachment.files/14.pdf"), -1, "a link has no bytes");
    cr_expect_eq(size_of(folder, "XRay.files/19.jpg"), 900, "a damaged image");
    cr_expect_gt(size_of(folder, "XRay.files/15-report.rtf"), 0);
    cr_expect_eq(size_of(folder, "Letter.files/10.rtf"), 0);
    cr_expect_eq(size_of(folder, "Letter.files/11.rtf"), -1);
}

Test(clinic, large_attachments_have_the_size_that_was_asked_for)
{
    scoped(remove_folder) char *folder = make_folder();
    struct clinic_options options = options_of(folder, 1);
    int64_t total = 0;
    int id;

    options.patients = 2;
    options.years = 1;
    options.attachment_bytes = 9000000;
    write_with(&options);
    for (id = 25; id < 40; id++) {
        scoped(string_free) char *name = x_sprintf("Attachment.files/%d.zip", id);
        int64_t size = size_of(folder, name);

        total += size > 0 ? size : 0;
        cr_expect(id > 25 || size == 5400000, "the first has %lld bytes", (long long)size);
    }
    cr_expect_eq(total, options.attachment_bytes, "got %lld", (long long)total);
}

Test(clinic, without_decryption_has_no_readable_note_or_file)
{
    scoped(remove_folder) char *folder = make_folder();
    struct clinic_options options = options_of(folder, 1);
    scoped(string_free) char *notes = NULL;

    options.patients = 20;
    options.undecrypted = true;
    write_with(&options);
    notes = read_file(folder, "ClinicalNote.csv");
    cr_expect_eq(count(notes, "rtf1"), 0);
    cr_expect_gt(count(notes, "ClinicalNote.files/"), 20);
    cr_expect_gt(count(notes, ",1,0,"), 0, "some are flagged");
    cr_expect_geq(size_of(folder, "ClinicalNote.files/1.bin"), 200);
}

Test(clinic, tells_the_texts_apart_from_the_export)
{
    scoped(remove_folder) char *folder = make_folder();
    scoped(remove_folder) char *truth = make_folder();
    struct clinic_options options = options_of(folder, 1);
    scoped(string_free) char *texts = NULL;

    options.truth = truth;
    options.patients = 20;
    write_with(&options);
    texts = read_file(truth, "Text.csv");
    cr_expect_gt(count(texts, "\nClinicalNote,"), 20);
    cr_expect_gt(count(texts, "\nLetter,"), 10);
    cr_expect_gt(count(texts, "\nXRay,"), 5);
    cr_expect_eq(size_of(folder, "Text.csv"), -1);
}

static struct json *read_json(const char *folder, const char *name)
{
    scoped(string_free) char *content = read_file(folder, name);
    struct json *json = NULL;
    struct fault fault = {0};

    cr_assert(json_parse(content, strlen(content), &json, &fault), "%s", fault.text);
    return json;
}

Test(clinic, account_has_its_places_and_its_people)
{
    scoped(remove_folder) char *folder = make_folder();
    scoped(string_free) char *path = x_sprintf("%s/account.json", folder);
    scoped(json_destroy) struct json *json = NULL;
    const struct json *account;
    struct fault fault = {0};

    cr_assert(clinic_write_account(path, &fault), "%s", fault.text);
    json = read_json(folder, "account.json");
    account = json_at(json_member(json, "accounts"), 0);
    cr_expect_eq(json_count(json_member(account, "businesses")), 3);
    cr_expect_eq(json_count(json_member(account, "practitioners")), 6);
    cr_expect_not(json_bool(json_member(json_at(json_member(account, "practitioners"), 2), "active"), true));
    cr_expect_null(json_member(account, "patients"));
}

Test(clinic, answers_name_who_stands_in_and_who_stays_behind)
{
    scoped(remove_folder) char *folder = make_folder();
    scoped(string_free) char *path = x_sprintf("%s/answers.json", folder);
    scoped(json_destroy) struct json *json = NULL;
    const struct json *practitioners;
    struct fault fault = {0};

    cr_assert(clinic_write_answers(path, &fault), "%s", fault.text);
    json = read_json(folder, "answers.json");
    practitioners = json_member(json, "practitioner");
    cr_expect_str_eq(json_text(json_member(practitioners, "FD-3"), ""), "Fiona O'Dea");
    cr_expect_str_eq(json_text(json_member(practitioners, "FD-4"), ""), "Old Front Desk practitioner");
    cr_expect(json_is_null(json_member(practitioners, "FD-5")));
    cr_expect(json_is_object(json_member(json, "questions")));
}

Test(clinic, keys_are_private_and_by_name)
{
    scoped(remove_folder) char *folder = make_folder();
    scoped(string_free) char *path = x_sprintf("%s/keys.json", folder);
    scoped(json_destroy) struct json *json = NULL;
    struct fault fault = {0};
    struct stat facts;

    cr_assert(clinic_write_keys(path, &fault), "%s", fault.text);
    json = read_json(folder, "keys.json");
    cr_expect_eq(json_count(json), 2);
    cr_expect_str_eq(json_text(json_member(json, "Đức Nguyễn"), ""), "harbour-sample-clinic-duc-au1");
    cr_assert_eq(stat(path, &facts), 0);
    cr_expect_eq(facts.st_mode & 0777, 0600);
}
