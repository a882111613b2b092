/* The sample clinic: the same seed gives the same bytes, and what the demo promises is in it. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "sandbox/clinic/clinic.h"
#include "sandbox/clinic/dice.h"
#include "sandbox/clinic/sheet.h"

enum { FILE_CAP = 16 * 1024 * 1024 };

static char *make_folder(void)
{
    char *folder = x_strdup("/tmp/clinic-test-XXXXXX");

    cr_assert_not_null(mkdtemp(folder));
    return folder;
}

static void remove_folder(char **folder)
{
    DIR *listing = opendir(*folder);
    struct dirent *entry;

    while (listing != NULL && (entry = readdir(listing)) != NULL) {
        if (entry->d_name[0] != '.') {
            unlinkat(dirfd(listing), entry->d_name, 0);
        }
    }
    if (listing != NULL) {
        closedir(listing);
    }
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

static size_t count(const char *content, const char *wanted)
{
    size_t found = 0;

    while ((content = strstr(content, wanted)) != NULL) {
        found++;
        content += strlen(wanted);
    }
    return found;
}

static struct clinic_counts write_clinic(const char *folder, uint64_t seed)
{
    struct clinic_options options = {.folder = folder, .seed = seed, .patients = 460, .years = 8};
    struct clinic_counts counts = {0};
    struct fault fault = {0};

    options.today = days_from_date(2026, 3, 2);
    cr_assert(clinic_write(&options, &counts, &fault), "%s", fault.text);
    return counts;
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

Test(sheet, writes_null_empty_and_quoted_text)
{
    static const char *const columns[] = {"A", "B", "C", "D", "E", NULL};
    scoped(remove_folder) char *folder = make_folder();
    scoped(string_free) char *content = NULL;
    struct sheet *sheet = NULL;
    struct fault fault = {0};

    cr_assert(sheet_create(folder, "T", columns, &sheet, &fault), "%s", fault.text);
    sheet_text(sheet, "A", NULL);
    sheet_text(sheet, "B", "");
    sheet_text(sheet, "C", "say \"a, b\"\r\nc");
    sheet_moment(sheet, "D", moment_of(days_from_date(1899, 12, 30), 61));
    sheet_bit(sheet, "E", true);
    cr_assert(sheet_finish(&sheet, &fault), "%s", fault.text);
    content = read_file(folder, "T.csv");
    cr_expect_str_eq(content, "A,B,C,D,E\r\n,\"\",\"say \"\"a, b\"\"\r\nc\",1899-12-30 01:01:00,1\r\n");
}

Test(sheet, in_a_folder_that_is_not_there_is_refused)
{
    static const char *const columns[] = {"A", NULL};
    struct sheet *sheet = NULL;
    struct fault fault = {0};

    cr_assert_not(sheet_create("/nonexistent/folder", "T", columns, &sheet, &fault));
    cr_expect_eq(fault.kind, FAULT_BAD_INPUT);
    cr_expect_not_null(strstr(fault.text, "/nonexistent/folder/T.csv"), "got %s", fault.text);
}

Test(sheet, on_a_full_disk_says_so)
{
    static const char *const columns[] = {"A", NULL};
    scoped(remove_folder) char *folder = make_folder();
    scoped(string_free) char *path = x_sprintf("%s/T.csv", folder);
    struct sheet *sheet = NULL;
    struct fault fault = {0};

    cr_assert_eq(symlink("/dev/full", path), 0);
    cr_assert(sheet_create(folder, "T", columns, &sheet, &fault), "%s", fault.text);
    sheet_text(sheet, "A", "x");
    cr_assert_not(sheet_finish(&sheet, &fault));
    cr_expect_null(sheet);
    cr_expect_not_null(strstr(fault.text, "disk full"), "got %s", fault.text);
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
    static const char *const files[] = {"Patient.csv", "Appointment.csv", "AppointmentSeries.csv",
                                        "PatientWarning.csv"};
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
        {"Practitioner.csv", ",0,2024-", "a practitioner who left"},
    };
    scoped(remove_folder) char *folder = make_folder();
    size_t i;

    write_clinic(folder, 1);
    for (i = 0; i < array_length(cases); i++) {
        scoped(string_free) char *content = read_file(folder, cases[i].file);

        cr_expect_gt(count(content, cases[i].text), 0, "%s has nowhere %s", cases[i].file, cases[i].what);
    }
}

Test(clinic, account_has_both_places_and_all_three_people)
{
    scoped(remove_folder) char *folder = make_folder();
    scoped(string_free) char *path = x_sprintf("%s/account.json", folder);
    scoped(string_free) char *content = NULL;
    scoped(json_destroy) struct json *json = NULL;
    const struct json *account;
    struct fault fault = {0};

    cr_assert(clinic_write_account(path, &fault), "%s", fault.text);
    content = read_file(folder, "account.json");
    cr_assert(json_parse(content, strlen(content), &json, &fault), "%s", fault.text);
    account = json_at(json_member(json, "accounts"), 0);
    cr_expect_eq(json_count(json_member(account, "businesses")), 2);
    cr_expect_eq(json_count(json_member(account, "practitioners")), 3);
    cr_expect_not(json_bool(json_member(json_at(json_member(account, "practitioners"), 2), "active"), true));
    cr_expect_null(json_member(account, "patients"));
}
