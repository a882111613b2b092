/* handover-sample-clinic: writes the sample clinic's CSV export and its Cliniko account into a folder. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/memory.h"
#include "sandbox/clinic/clinic.h"

static const char *out_folder;
static const char *account_file;
static const char *today_text;
static int64_t seed;
static int64_t patient_count;
static int64_t year_count;

static const struct setting settings[] = {
    {.name = "out", .type = SETTING_FILE, .target = &out_folder, .help = "Folder for the CSV files; made when absent."},
    {.name = "account-file",
     .type = SETTING_FILE,
     .target = &account_file,
     .help = "File for the account's seed of the local Cliniko; without it no account is written."},
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
    text_puts(&text, "usage: handover-sample-clinic --out FOLDER [...]\n\n"
                     "Writes the CSV export of a made-up clinic, and its account for the local Cliniko.\n\n");
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

static bool make_folder(struct fault *fault)
{
    if (out_folder == NULL) {
        return fault_set(fault, FAULT_BAD_INPUT, "--out is missing: it names the folder for the CSV files.");
    }
    if (mkdir(out_folder, 0700) != 0 && errno != EEXIST) {
        return fault_errno(fault, FAULT_BAD_INPUT, "cannot make the folder %s", out_folder);
    }
    return true;
}

static bool run(int argc, char **argv, struct fault *fault)
{
    struct clinic_options options = {0};
    struct clinic_counts counts;
    int positional;

    if (!config_load(tables, argc, argv, &positional, fault)) {
        return false;
    }
    if (positional > 0) {
        return fault_set(fault, FAULT_BAD_INPUT, "'%s' is not understood; see --help.", argv[1]);
    }
    if (!parse_today(&options.today, fault) || !make_folder(fault)) {
        return false;
    }
    options.folder = out_folder;
    options.seed = (uint64_t)seed;
    options.patients = (int)patient_count;
    options.years = (int)year_count;
    if (!clinic_write(&options, &counts, fault) ||
        (account_file != NULL && !clinic_write_account(account_file, fault))) {
        return false;
    }
    printf("%s: %" PRId64 " patients, %" PRId64 " appointments\n", out_folder, counts.patients, counts.appointments);
    return true;
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
