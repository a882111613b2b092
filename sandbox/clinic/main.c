/* handover-sample-clinic: writes the sample clinic as CSV or backup, and on request its Cliniko account and answers. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/memory.h"
#include "sandbox/clinic/bak_clinic.h"
#include "sandbox/clinic/clinic.h"

#define LARGEST_IN_BACKUP INT64_C(2000000000)

static const char *out_folder;
static const char *backup_file;
static const char *zip_file;
static const char *account_file;
static const char *answers_file;
static const char *keys_file;
static const char *truth_folder;
static const char *today_text;
static const char *attachment_text;
static bool undecrypted;
static bool zip_stored;
static int64_t seed;
static int64_t patient_count;
static int64_t year_count;

static const struct setting settings[] = {
    {.name = "out",
     .type = SETTING_FILE,
     .target = &out_folder,
     .help = "Folder for the CSV files and the files beside them; made when absent."},
    {.name = "bak",
     .type = SETTING_FILE,
     .target = &backup_file,
     .help = "File for the same clinic as a backup of SQL Server, to read and not to restore."},
    {.name = "zip",
     .type = SETTING_FILE,
     .target = &zip_file,
     .help = "File for a zip with this backup in it, as FD_DECRYPTED.bak, or FD.bak with --undecrypted."},
    {.name = "zip-stored",
     .type = SETTING_SWITCH,
     .target = &zip_stored,
     .help = "The backup stands in the zip as it is, not deflated."},
    {.name = "account-file",
     .type = SETTING_FILE,
     .target = &account_file,
     .help = "File for the account's seed of the local Cliniko; without it no account is written."},
    {.name = "answers-file",
     .type = SETTING_FILE,
     .target = &answers_file,
     .help =
         "File for the clinic's answers to the questions of profiles/front-desk.json; without it none are written."},
    {.name = "keys-file",
     .type = SETTING_FILE,
     .target = &keys_file,
     .help = "File for the keys of the account's practitioners; without it none are written."},
    {.name = "truth",
     .type = SETTING_FILE,
     .target = &truth_folder,
     .help = "Folder for a table of what a person reads in each note, letter and report; made when absent. For whoever "
             "checks a transfer, and no part of the export."},
    {.name = "seed",
     .type = SETTING_INTEGER,
     .target = &seed,
     .fallback = "1",
     .greatest = INT64_MAX,
     .help = "Another seed makes other people; the same seed makes the same bytes."},
    {.name = "patients",
     .type = SETTING_INTEGER,
     .target = &patient_count,
     .fallback = "460",
     .least = 1,
     .greatest = 1000000,
     .help = "How many patients; each has some fifteen appointments."},
    {.name = "years",
     .type = SETTING_INTEGER,
     .target = &year_count,
     .fallback = "8",
     .least = 1,
     .greatest = 40,
     .unit = "years",
     .help = "How far back the appointments go."},
    {.name = "attachments-gb",
     .type = SETTING_TEXT,
     .target = &attachment_text,
     .fallback = "0",
     .unit = "GB",
     .help = "Large attachments beside the ordinary ones, in all, such as 0.5; one of them has up to 5 GB."},
    {.name = "undecrypted",
     .type = SETTING_SWITCH,
     .target = &undecrypted,
     .help = "Notes and files are still encrypted, as in a backup that the vendor has not decrypted."},
    {.name = "today",
     .type = SETTING_TEXT,
     .target = &today_text,
     .fallback = "2026-03-02",
     .help = "The day of the export, YYYY-MM-DD: what is later is a future appointment."},
    {.name = NULL},
};

static const struct setting *const tables[] = {settings, NULL};

static void print_help(void)
{
    scoped(text_release) struct text text;

    text_init(&text, 64 * 1024);
    text_puts(
        &text,
        "usage: handover-sample-clinic --out FOLDER | --bak FILE | --zip FILE [...]\n\n"
        "Writes a made-up clinic as CSV export or backup, its account for the local Cliniko, and its answers.\n\n");
    config_print_help(tables, &text);
    fputs(text_string(&text), stdout);
}

static bool parse_today(int64_t *ret_days, struct fault *fault)
{
    scoped(string_free) char *instant = x_sprintf("%sT00:00:00Z", today_text);
    int64_t seconds;

    if (!instant_parse(slice_of(instant), &seconds, fault)) {
        return fault_set(fault, FAULT_BAD_INPUT, "--today: '%s' is no date; write it as YYYY-MM-DD.", today_text);
    }
    *ret_days = seconds / 86400;
    return true;
}

/* A decimal number of gigabytes, up to 100,000, to bytes. */
static bool parse_gigabytes(int64_t *ret_bytes, struct fault *fault)
{
    char *end;
    double value = strtod(attachment_text, &end);

    if (end == attachment_text || *end != '\0' || !(value >= 0 && value <= 100000)) {
        return fault_set(fault, FAULT_BAD_INPUT, "--attachments-gb: '%s' is no number of gigabytes from 0 to 100000.",
                         attachment_text);
    }
    *ret_bytes = (int64_t)(value * 1e9);
    return true;
}

static bool make_folder(const char *folder, struct fault *fault)
{
    if (folder != NULL && mkdir(folder, 0700) != 0 && errno != EEXIST) {
        return fault_errno(fault, FAULT_BAD_INPUT, "cannot make the folder %s", folder);
    }
    return true;
}

static bool make_folders(struct fault *fault)
{
    if (out_folder == NULL && backup_file == NULL && zip_file == NULL) {
        return fault_set(fault, FAULT_BAD_INPUT,
                         "--out is missing: it names the folder for the CSV files. Or give --bak or --zip.");
    }
    return make_folder(out_folder, fault) && make_folder(truth_folder, fault);
}

static void print_counts(const char *where, const struct clinic_counts *counts)
{
    printf("%s: %" PRId64 " patients, %" PRId64 " appointments, %" PRId64 " notes, %" PRId64 " files\n", where,
           counts->patients, counts->appointments, counts->notes, counts->files);
}

static bool write_backup(const char *path, struct clinic_options options, struct clinic_counts *ret,
                         struct fault *fault)
{
    scoped(mdf_clinic_destroy) struct mdf_clinic *clinic = NULL;
    bool good;

    options.folder = NULL;
    options.truth = out_folder == NULL ? truth_folder : NULL;
    if (!mdf_clinic_create(path, options.today, &clinic, fault)) {
        return false;
    }
    sheet_redirect(&mdf_clinic_sink, clinic);
    good = clinic_write(&options, ret, fault);
    sheet_redirect(NULL, NULL);
    return good && mdf_clinic_finish(clinic, fault);
}

/* A zip is made from a backup: from the one that stays, or one that goes. */
static bool write_backups(const struct clinic_options *options, struct fault *fault)
{
    scoped(string_free) char *passing = zip_file != NULL ? x_sprintf("%s.bak", zip_file) : NULL;
    const char *backup = backup_file != NULL ? backup_file : passing;
    struct clinic_counts counts;
    bool good;

    if (!write_backup(backup, *options, &counts, fault)) {
        return false;
    }
    print_counts(zip_file != NULL ? zip_file : backup, &counts);
    good = zip_file == NULL || bak_zip_write(zip_file, backup, undecrypted ? "FD.bak" : "FD_DECRYPTED.bak", zip_stored,
                                             options->today, fault);
    if (passing != NULL && backup == passing) {
        unlink(passing);
    }
    return good;
}

static bool write_all(const struct clinic_options *options, struct fault *fault)
{
    struct clinic_counts counts;

    if (out_folder != NULL) {
        if (!clinic_write(options, &counts, fault)) {
            return false;
        }
        print_counts(out_folder, &counts);
    }
    if ((backup_file != NULL || zip_file != NULL) && !write_backups(options, fault)) {
        return false;
    }
    return (account_file == NULL || clinic_write_account(account_file, fault)) &&
           (answers_file == NULL || clinic_write_answers(answers_file, fault)) &&
           (keys_file == NULL || clinic_write_keys(keys_file, fault));
}

static bool run(int argc, char **argv, struct fault *fault)
{
    struct clinic_options options = {0};
    int positional;

    if (!config_load(tables, argc, argv, &positional, fault)) {
        return false;
    }
    if (positional > 0) {
        return fault_set(fault, FAULT_BAD_INPUT, "'%s' is not understood; see --help.", argv[1]);
    }
    if (!parse_today(&options.today, fault) || !parse_gigabytes(&options.attachment_bytes, fault) ||
        !make_folders(fault)) {
        return false;
    }
    options.folder = out_folder;
    options.truth = truth_folder;
    options.undecrypted = undecrypted;
    options.seed = (uint64_t)seed;
    options.patients = (int)patient_count;
    options.years = (int)year_count;
    /* No value of a database is longer than 2 GB; both forms then hold the same. */
    options.largest_file = backup_file != NULL || zip_file != NULL ? LARGEST_IN_BACKUP : 0;
    return write_all(&options, fault);
}

int main(int argc, char **argv)
{
    struct fault fault = {0};

    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        print_help();
        return 0;
    }
    if (!run(argc, argv, &fault)) {
        fprintf(stderr, "handover-sample-clinic: %s\n", fault.text);
        return 1;
    }
    return 0;
}
