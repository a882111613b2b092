/* What hangs on patients: groups, accounts, people around them, warnings, referrals, and lists that stay behind. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "sandbox/clinic/catalogue.h"
#include "sandbox/clinic/dice.h"
#include "sandbox/clinic/people.h"
#include "sandbox/clinic/sheet.h"
#include "sandbox/clinic/words.h"

enum { STREAM_WARNINGS = 20, STREAM_RELATIONS = 21, STREAM_LISTS = 22, GROUP_COUNT = 3, LONG_WARNING = 700 };

static bool write_groups(const struct clinic_options *options, const struct person *people, struct fault *fault)
{
    static const char *const names[GROUP_COUNT] = {"Footballers", "Over 65s class", "Früh am Morgen"};
    scoped(sheet_destroy) struct sheet *groups = NULL;
    scoped(sheet_destroy) struct sheet *members = NULL;
    int i;

    if (!sheet_create(options->folder, clinic_table("PatientGroup"), &groups, fault) ||
        !sheet_create(options->folder, clinic_table("PatientGroupMember"), &members, fault)) {
        return false;
    }
    for (i = 0; i < GROUP_COUNT; i++) {
        sheet_integer(groups, "PatientGroupID", i + 1);
        sheet_text(groups, "Name", names[i]);
    }
    for (i = 0; i < options->patients; i++) {
        if (people[i].id % 9 < GROUP_COUNT) {
            sheet_integer(members, "PatientID", people[i].id);
            sheet_integer(members, "PatientGroupID", people[i].id % 9 + 1);
        }
    }
    return sheet_finish(&groups, fault) && sheet_finish(&members, fault);
}

/* Some have two accounts: their own, and one that an insurer pays. */
static bool write_accounts(const struct clinic_options *options, const struct person *people, struct fault *fault)
{
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    int id = 0;
    int i;
    int j;

    if (!sheet_create(options->folder, clinic_table("PatientAccount"), &sheet, fault)) {
        return false;
    }
    for (i = 0; i < options->patients; i++) {
        for (j = 0; j < (people[i].id % 11 == 4 ? 2 : 1); j++) {
            char claim[24];

            snprintf(claim, sizeof(claim), "WC-%06d/%d", people[i].id * 37 % 1000000, j);
            sheet_integer(sheet, "PatientAccountID", ++id);
            sheet_integer(sheet, "PatientID", people[i].id);
            sheet_text(sheet, "Name", j == 0 ? "Private" : "WorkCover");
            sheet_integer(sheet, "FeeCategoryID", j == 0 ? 1 : 5);
            sheet_text(sheet, "PayerName", j == 0 ? NULL : "Coastal WorkCover Agents");
            sheet_text(sheet, "ClaimNo", j == 0 ? NULL : claim);
            sheet_bit(sheet, "IsDefault", j == 0);
        }
    }
    return sheet_finish(&sheet, fault);
}

static bool write_contacts(const struct clinic_options *options, const struct person *people, struct fault *fault)
{
    static const char *const relations[] = {"Mother", "Carer", "Case manager", "Solicitor, \"Hart & Co\"", ""};
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    struct dice dice;
    int id = 0;
    int i;

    if (!sheet_create(options->folder, clinic_table("PatientContact"), &sheet, fault)) {
        return false;
    }
    dice_init(&dice, options->seed, STREAM_RELATIONS);
    for (i = 0; i < options->patients; i++) {
        if (people[i].id % 13 == 2) {
            sheet_integer(sheet, "PatientContactID", ++id);
            sheet_integer(sheet, "PatientID", people[i].id);
            sheet_text(sheet, "Name", dice_pick(&dice, &words_first_names_f));
            sheet_text(sheet, "Relation", dice_choose(&dice, relations));
            sheet_text(sheet, "Phone", "0400 333 444");
            sheet_text(sheet, "Email", dice_chance(&dice, 300) ? "contact@mail.example" : NULL);
            sheet_bit(sheet, "IsNextOfKin", dice_chance(&dice, 400));
        }
    }
    return sheet_finish(&sheet, fault);
}

/* Longer than the 255 characters that Cliniko gives a medical alert. */
static const char *long_warning(char *buffer, size_t size)
{
    static const char sentence[] = "Allergic to plasters of every brand that was tried so far – see the letter; ";
    size_t used = 0;

    while (used + sizeof(sentence) <= size) {
        memcpy(buffer + used, sentence, sizeof(sentence));
        used += sizeof(sentence) - 1;
    }
    return buffer;
}

static void write_warning(struct sheet *sheet, struct dice *dice, int id, const struct person *person)
{
    bool reminder = dice_chance(dice, 300);
    char long_text[LONG_WARNING];

    sheet_integer(sheet, "PatientWarningID", id);
    sheet_integer(sheet, "PatientID", id % 29 == 17 ? MISSING_PATIENT_ID + id : person->id);
    sheet_text(sheet, "WarningText",
               id % 9 == 5    ? long_warning(long_text, sizeof(long_text))
               : id % 31 == 8 ? " \r\n"
                              : dice_pick(dice, &words_warnings));
    sheet_integer(sheet, "Kind", reminder ? 1 : 0);
    sheet_bit(sheet, "IsConfidential", dice_chance(dice, 200));
    sheet_date(sheet, "DueDate", reminder && id % 5 != 0 ? person->first_day + dice_between(dice, 30, 700) : DAY_NONE);
    sheet_bit(sheet, "IsDone", reminder && dice_chance(dice, 500));
    sheet_moment(sheet, "CreatedAt", moment_of(person->first_day, dice_between(dice, 480, 1080)));
}

/* Some patients have several. */
static bool write_warnings(const struct clinic_options *options, const struct person *people, struct fault *fault)
{
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    struct dice dice;
    int id = 0;
    int i;

    if (!sheet_create(options->folder, clinic_table("PatientWarning"), &sheet, fault)) {
        return false;
    }
    dice_init(&dice, options->seed, STREAM_WARNINGS);
    for (i = 0; i < options->patients; i++) {
        int64_t left = dice_chance(&dice, 150) ? dice_between(&dice, 1, 3) : 0;

        for (; left > 0; left--) {
            write_warning(sheet, &dice, ++id, &people[i]);
        }
    }
    return sheet_finish(&sheet, fault);
}

static bool write_referrals(const struct clinic_options *options, const struct person *people, struct fault *fault)
{
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    struct dice dice;
    int id = 0;
    int i;

    if (!sheet_create(options->folder, clinic_table("Referral"), &sheet, fault)) {
        return false;
    }
    dice_init(&dice, options->seed, STREAM_RELATIONS + 100);
    for (i = 0; i < options->patients; i++) {
        if (people[i].id % 8 == 1) {
            sheet_integer(sheet, "ReferralID", ++id);
            sheet_integer(sheet, "PatientID", people[i].id);
            sheet_integer(sheet, "ReferrerID", dice_between(&dice, 1, 6));
            sheet_date(sheet, "ReferralDate", people[i].first_day);
            sheet_date(sheet, "ExpiryDate", dice_chance(&dice, 700) ? people[i].first_day + 365 : DAY_NONE);
            sheet_key(sheet, "Sessions", dice_between(&dice, 0, 5));
            sheet_text(sheet, "Notes", dice_chance(&dice, 300) ? "EPC; \"5 visits\"" : NULL);
        }
    }
    return sheet_finish(&sheet, fault);
}

static bool write_wait_list(const struct clinic_options *options, const struct person *people, struct fault *fault)
{
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    int id = 0;
    int i;

    if (!sheet_create(options->folder, clinic_table("WaitList"), &sheet, fault)) {
        return false;
    }
    for (i = 0; i < options->patients; i++) {
        if (people[i].id % 17 == 1) {
            sheet_integer(sheet, "WaitListID", ++id);
            sheet_integer(sheet, "PatientID", people[i].id);
            sheet_key(sheet, "PractitionerID", id % 3);
            sheet_text(sheet, "Wanted", "Any morning, not Fridays");
            sheet_moment(sheet, "AddedAt", moment_of(options->today - id % 30, 600));
            sheet_bit(sheet, "IsDone", id % 4 == 0);
        }
    }
    return sheet_finish(&sheet, fault);
}

static bool write_recalls(const struct clinic_options *options, const struct person *people, struct fault *fault)
{
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    int id = 0;
    int i;

    if (!sheet_create(options->folder, clinic_table("Recall"), &sheet, fault)) {
        return false;
    }
    for (i = 0; i < options->patients; i++) {
        if (people[i].id % 15 == 6) {
            sheet_integer(sheet, "RecallID", ++id);
            sheet_integer(sheet, "PatientID", people[i].id);
            sheet_date(sheet, "DueDate", options->today + id * 11 % 300 - 100);
            sheet_text(sheet, "Reason", "6/12 review");
            sheet_bit(sheet, "IsDone", id % 2 == 0);
        }
    }
    return sheet_finish(&sheet, fault);
}

bool relations_write(const struct clinic_options *options, const struct person *people, struct fault *fault)
{
    return write_groups(options, people, fault) && write_accounts(options, people, fault) &&
           write_contacts(options, people, fault) && write_warnings(options, people, fault) &&
           write_referrals(options, people, fault) && write_wait_list(options, people, fault) &&
           write_recalls(options, people, fault);
}
