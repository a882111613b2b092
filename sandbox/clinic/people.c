#include "sandbox/clinic/people.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/must.h"
#include "sandbox/clinic/catalogue.h"
#include "sandbox/clinic/dice.h"
#include "sandbox/clinic/images.h"
#include "sandbox/clinic/sheet.h"
#include "sandbox/clinic/words.h"

enum { STREAM_PEOPLE = 1, STREAM_PHOTOS = 2, PHOTO_SIZE = 96, PHOTO_CAP = 256 * 1024 };
enum status { STATUS_ACTIVE, STATUS_INACTIVE, STATUS_ARCHIVED, STATUS_DECEASED };

/* What the members of a family have in common. */
struct household {
    int members_left;
    const char *surname;
    const struct place *place;
    char address[80];
    char home_phone[32];
    char mobile[32];
    char email[80];
};

struct writer {
    const struct clinic_options *options;
    struct sheet *sheet;
    struct dice dice;
    struct household household;
    struct name last_name; /* of the row before, and when that patient was born */
    int64_t last_born;
};

/* The order in which the compiler evaluates arguments and initialisers is its own: two throws never stand in one. */

static void draw_mobile(struct dice *dice, char *ret, size_t size)
{
    int a = (int)dice_between(dice, 0, 99);
    int b = (int)dice_between(dice, 0, 999);
    int c = (int)dice_between(dice, 0, 999);
    int64_t form = dice_between(dice, 0, 3);

    if (form == 0) {
        snprintf(ret, size, "+61 4%02d %03d %03d", a, b, c);
    } else if (form == 1) {
        snprintf(ret, size, "04%02d%03d%03d", a, b, c);
    } else {
        snprintf(ret, size, "04%02d %03d %03d", a, b, c);
    }
}

static void draw_household(struct writer *writer, int id)
{
    struct household *household = &writer->household;
    struct dice *dice = &writer->dice;
    int number;

    household->members_left = dice_chance(dice, 300) ? (int)dice_between(dice, 2, 5) : 1;
    household->surname = dice_pick(dice, &words_surnames);
    household->place = &words_places[dice_next(dice) % words_places_count];
    number = (int)dice_between(dice, 1, 340);
    snprintf(household->address, sizeof(household->address), "%d %s", number, dice_pick(dice, &words_streets));
    number = (int)dice_between(dice, 50000000, 99999999);
    snprintf(household->home_phone, sizeof(household->home_phone), "(0%d) %04d %04d",
             household->place->location_id == 1 ? 2 : 7, number / 10000, number % 10000);
    draw_mobile(dice, household->mobile, sizeof(household->mobile));
    snprintf(household->email, sizeof(household->email), "home.%d@mail.example", id);
}

/* The same person entered twice, with the same name and date of birth; nobody has noticed yet. */
static bool is_double(int id)
{
    return id % 40 == 34;
}

static struct name draw_name(struct writer *writer, int id)
{
    struct dice *dice = &writer->dice;
    struct name name = {.surname = writer->household.surname};
    bool female = dice_chance(dice, 540);

    if (is_double(id)) {
        return writer->last_name;
    }
    if (id % 24 == 7) {
        return words_hard_names[(size_t)(id / 24) % words_hard_names_count];
    }
    if (female) {
        static const char *const titles[] = {"Mrs", "Ms", "Miss", "Dr", ""};

        name.title = dice_choose(dice, titles);
        name.first = dice_pick(dice, &words_first_names_f);
        name.middle = dice_chance(dice, 300) ? dice_pick(dice, &words_first_names_f) : NULL;
        name.sex = 'F';
    } else {
        name.title = dice_chance(dice, 800) ? "Mr" : NULL;
        name.first = dice_pick(dice, &words_first_names_m);
        name.middle = dice_chance(dice, 300) ? dice_pick(dice, &words_first_names_m) : "";
        name.sex = 'M';
    }
    name.preferred = dice_chance(dice, 80) ? "Sam" : NULL;
    return name;
}

/* Old systems write "no date" as the zero of their date type; leap days and centenarians are real. */
static int64_t draw_birth_date(struct writer *writer, int id)
{
    int64_t day = dice_between(&writer->dice, writer->options->today - 33000, writer->options->today - 1500);

    if (is_double(id)) {
        return writer->last_born;
    }
    switch (id % 61) {
    case 5:
        return days_from_date(1899, 12, 30);
    case 17:
        return DAY_NONE;
    case 29:
        return days_from_date(2000, 2, 29);
    case 41:
        return days_from_date(1923, 7, 1) + id % 100;
    case 53:
        return days_from_date(1753, 1, 1);
    case 59:
        return writer->options->today + 400;
    default:
        return day;
    }
}

static void write_names(struct writer *writer, int id, const struct name *name)
{
    struct sheet *sheet = writer->sheet;
    int64_t born = writer->last_born;
    char sex[2] = {name->sex, '\0'};
    char number[16];

    snprintf(number, sizeof(number), "H%06d", id);
    sheet_integer(sheet, "PatientID", id);
    sheet_text(sheet, "FileNumber", number);
    sheet_text(sheet, "Title", name->title);
    sheet_text(sheet, "FirstName", name->first);
    sheet_text(sheet, "MiddleName", name->middle);
    sheet_text(sheet, "Surname", name->surname);
    sheet_text(sheet, "PreferredName", name->preferred);
    sheet_moment(sheet, "DateOfBirth", born == DAY_NONE ? MOMENT_NONE : moment_of(born, 0));
    sheet_text(sheet, "Sex", sex);
}

static void write_address(struct writer *writer)
{
    struct sheet *sheet = writer->sheet;
    struct dice *dice = &writer->dice;
    const struct household *household = &writer->household;

    sheet_text(sheet, "Address1", household->address);
    sheet_text(sheet, "Address2", dice_chance(dice, 100) ? "Unit 2, rear" : "");
    sheet_text(sheet, "Suburb", household->place->suburb);
    sheet_text(sheet, "State", household->place->state);
    sheet_text(sheet, "PostCode", household->place->post_code);
    sheet_text(sheet, "Country", dice_chance(dice, 600) ? "Australia" : NULL);
    sheet_text(sheet, "PostalAddress", dice_chance(dice, 60) ? "PO Box 12\r\nBalmain NSW 2041" : NULL);
}

static void write_phones(struct writer *writer)
{
    struct sheet *sheet = writer->sheet;
    struct dice *dice = &writer->dice;
    char work[40] = "";
    char mobile[80];
    int number;

    snprintf(mobile, sizeof(mobile), "%s", writer->household.mobile);
    if (dice_chance(dice, 400)) {
        draw_mobile(dice, mobile, sizeof(mobile));
    }
    if (dice_chance(dice, 30)) {
        snprintf(mobile, sizeof(mobile), "%s / 0400 111 222", writer->household.mobile);
    }
    if (dice_chance(dice, 150)) {
        number = (int)dice_between(dice, 0, 9999999);
        snprintf(work, sizeof(work), "02 9%03d %04d ext %d", number / 10000, number % 10000, 1 + number % 99);
    }
    sheet_text(sheet, "PhoneHome", dice_chance(dice, 20) ? "ask for Jan" : writer->household.home_phone);
    sheet_text(sheet, "PhoneWork", work);
    sheet_text(sheet, "PhoneMobile", dice_chance(dice, 100) ? NULL : mobile);
    sheet_text(sheet, "Fax", dice_chance(dice, 20) ? "(02) 9555 0199" : NULL);
}

static void write_email(struct writer *writer, int id)
{
    struct dice *dice = &writer->dice;
    char email[200];

    snprintf(email, sizeof(email), "%s", writer->household.email);
    if (dice_chance(dice, 300)) {
        snprintf(email, sizeof(email), "Patient.%d@Mail.Example", id);
    }
    if (dice_chance(dice, 40)) {
        snprintf(email, sizeof(email), "%s; work.%d@office.example", writer->household.email, id);
    }
    if (dice_chance(dice, 10)) {
        snprintf(email, sizeof(email), "%s", "none");
    }
    sheet_text(writer->sheet, "Email", dice_chance(dice, 150) ? "" : email);
}

/* Eight digits, the check digit over them (weights 1 3 7 9 1 3 7 9), and the card's issue number. */
static void draw_medicare(struct dice *dice, char ret[11])
{
    static const int weights[8] = {1, 3, 7, 9, 1, 3, 7, 9};
    int sum = 0;
    size_t i;

    for (i = 0; i < 8; i++) {
        int digit = (int)dice_between(dice, i == 0 ? 2 : 0, i == 0 ? 6 : 9);

        sum += digit * weights[i];
        ret[i] = (char)('0' + digit);
    }
    ret[8] = (char)('0' + sum % 10);
    ret[9] = (char)('0' + dice_between(dice, 1, 9));
    ret[10] = '\0';
}

static void write_medicare(struct writer *writer)
{
    struct sheet *sheet = writer->sheet;
    struct dice *dice = &writer->dice;
    char digits[11];
    char shown[16];
    char expiry[32];
    int reference = (int)dice_between(dice, 1, 5);
    int64_t form = dice_between(dice, 0, 9);
    int month;

    draw_medicare(dice, digits);
    month = (int)dice_between(dice, 2024 * 12, 2030 * 12 - 1);
    snprintf(expiry, sizeof(expiry), "%02d/%04d", month % 12 + 1, month / 12);
    if (form < 4) {
        snprintf(shown, sizeof(shown), "%s", digits);
    } else if (form < 6) {
        snprintf(shown, sizeof(shown), "%.4s %.5s %s", digits, digits + 4, digits + 9);
    } else {
        snprintf(shown, sizeof(shown), "%s%d", digits, reference);
    }
    sheet_text(sheet, "MedicareNo", form == 9 ? "" : shown);
    sheet_key(sheet, "MedicareRef", form < 6 ? reference : 0);
    sheet_text(sheet, "MedicareExpiry", form == 9 ? NULL : expiry);
}

static void write_veteran(struct writer *writer)
{
    static const char *const well_formed[] = {"NX123456", "QSM12345A", "VX901122", "TKM5566", "SX77812B"};
    static const char *const odd[] = {"nx 98 765", "to be adv.", "X123456", "WX-99-1", "N123456"};
    struct dice *dice = &writer->dice;
    bool veteran = dice_chance(dice, 60);
    const char *number = dice_chance(dice, 600) ? dice_choose(dice, well_formed) : dice_choose(dice, odd);

    sheet_text(writer->sheet, "DvaNo", veteran ? number : "");
    sheet_integer(writer->sheet, "DvaCard", veteran ? dice_between(dice, 1, 3) : 0);
}

static void write_payers(struct writer *writer, int id)
{
    struct sheet *sheet = writer->sheet;
    struct dice *dice = &writer->dice;
    bool insured = dice_chance(dice, 450);
    char member[16];
    char pension[16];

    snprintf(member, sizeof(member), "%08" PRId64, dice_between(dice, 1, 99999999));
    snprintf(pension, sizeof(pension), "%03d %03d %03dA", id % 1000, (int)dice_between(dice, 0, 999), id % 7);
    sheet_key(sheet, "HealthFundID", insured ? dice_between(dice, 1, HEALTH_FUND_COUNT) : 0);
    sheet_text(sheet, "HealthFundNo", insured ? member : "");
    sheet_text(sheet, "PensionNo", dice_chance(dice, 80) ? pension : NULL);
    sheet_key(sheet, "FeeCategoryID", dice_chance(dice, 50) ? 0 : dice_between(dice, 1, FEE_CATEGORY_COUNT - 1));
    sheet_key(sheet, "ReferrerID", dice_chance(dice, 350) ? dice_between(dice, 5, REFERRER_COUNT) : 0);
    sheet_key(sheet, "GpID", dice_chance(dice, 500) ? dice_between(dice, 1, 4) : id % 47 == 12 ? 999 : 0);
}

static void write_emergency(struct writer *writer)
{
    static const char *const relations[] = {"Wife", "Husband", "Mother", "Father", "Daughter", "Son", "Neighbour", ""};
    struct sheet *sheet = writer->sheet;
    struct dice *dice = &writer->dice;
    bool known = dice_chance(dice, 350);
    char name[80];

    snprintf(name, sizeof(name), "%s %s", dice_pick(dice, &words_first_names_f), writer->household.surname);
    sheet_text(sheet, "EmergencyName", known ? name : NULL);
    sheet_text(sheet, "EmergencyPhone", known ? writer->household.mobile : NULL);
    sheet_text(sheet, "EmergencyRelation", known ? dice_choose(dice, relations) : NULL);
    sheet_bit(sheet, "ConsentSms", dice_chance(dice, 800));
    sheet_bit(sheet, "ConsentEmail", dice_chance(dice, 650));
}

static enum status draw_status(struct dice *dice)
{
    int64_t draw = dice_between(dice, 0, 99);

    if (draw < 74) {
        return STATUS_ACTIVE;
    }
    if (draw < 83) {
        return STATUS_INACTIVE;
    }
    return draw < 96 ? STATUS_ARCHIVED : STATUS_DECEASED;
}

/* The version is eight bytes, which tools for exports show as a hexadecimal number. */
static void write_numbers(struct writer *writer, int id)
{
    char version[24];
    char guid[GUID_SIZE];

    snprintf(version, sizeof(version), "0x%016X", 2000 + id);
    dice_guid(&writer->dice, guid);
    sheet_text(writer->sheet, "RowVer", version);
    sheet_text(writer->sheet, "RowGuid", guid);
}

static void write_full_name(struct writer *writer, const struct name *name)
{
    char full[160];

    snprintf(full, sizeof(full), "%s, %s", name->surname, name->first);
    must(strlen(full) + 1 < sizeof(full));
    sheet_text(writer->sheet, "FullName", full);
}

/* A doubled file was merged into the one that was opened before it, and that one may have been merged again. */
static bool is_merged(int id)
{
    return id % 23 == 20 || id % 23 == 21;
}

static void write_photo(struct writer *writer, int id)
{
    enum image_format format = id % 24 == 3 ? IMAGE_PNG : IMAGE_JPEG;
    scoped(raster_release) struct raster face = {0};
    scoped(text_release) struct text bytes;
    char name[32];
    struct dice dice;

    text_init(&bytes, PHOTO_CAP);
    snprintf(name, sizeof(name), "%d.%s", id, image_ending(format));
    if (id % 12 == 3) {
        dice_init(&dice, writer->options->seed + (uint64_t)id, STREAM_PHOTOS);
        face = raster_of_face(&dice, PHOTO_SIZE);
        image_put(&face, format, &bytes);
    }
    sheet_bytes(writer->sheet, "Photo", id % 12 == 3 ? name : NULL, text_slice(&bytes));
}

static void write_state(struct writer *writer, const struct person *person, enum status status)
{
    struct sheet *sheet = writer->sheet;
    struct dice *dice = &writer->dice;
    int64_t hour = dice_between(dice, 480, 1080);
    int64_t modified = person->first_day + dice_between(dice, 0, 400);
    int64_t today = writer->options->today;

    sheet_integer(sheet, "Status", person->merged ? STATUS_ARCHIVED : status);
    sheet_key(sheet, "MergedIntoPatientID", person->merged ? person->id - 1 : 0);
    sheet_text(sheet, "Notes", dice_chance(dice, 250) ? dice_pick(dice, &words_patient_notes) : NULL);
    write_photo(writer, person->id);
    sheet_moment(sheet, "DateCreated", moment_of(person->first_day, hour));
    sheet_ticks(sheet, "DateModified", moment_of(modified < today ? modified : today, hour + 7), 125);
}

static void draw_person(struct writer *writer, enum status status, struct person *ret)
{
    int64_t today = writer->options->today;
    struct dice *dice = &writer->dice;
    int64_t since = today - (int64_t)writer->options->years * 365;

    ret->first_day = dice_between(dice, since, today - 30);
    ret->last_day = status == STATUS_ACTIVE ? today + 180 : dice_between(dice, ret->first_day, today - 1);
    ret->location_id = writer->household.place->location_id;
    ret->practitioner_id = ret->location_id == 1 ? (int)dice_between(dice, 1, 2) : (int)dice_between(dice, 2, 3);
}

static void write_patient(struct writer *writer, struct person *person)
{
    enum status status = draw_status(&writer->dice);
    struct name name;

    if (writer->household.members_left == 0) {
        draw_household(writer, person->id);
    }
    writer->household.members_left--;
    name = draw_name(writer, person->id);
    writer->last_born = draw_birth_date(writer, person->id);
    writer->last_name = name;
    draw_person(writer, status, person);
    person->first_name = name.first;
    person->surname = name.surname;
    person->archived = status != STATUS_ACTIVE;
    person->merged = is_merged(person->id);
    write_names(writer, person->id, &name);
    write_address(writer);
    write_phones(writer);
    write_email(writer, person->id);
    sheet_text(writer->sheet, "Occupation", dice_pick(&writer->dice, &words_occupations));
    sheet_text(writer->sheet, "Employer", dice_chance(&writer->dice, 60) ? "Sydney Ferries (Wharf 3), \"HR\"" : NULL);
    write_medicare(writer);
    write_veteran(writer);
    write_payers(writer, person->id);
    sheet_key(writer->sheet, "PractitionerID", person->practitioner_id);
    write_emergency(writer);
    write_state(writer, person, status);
    write_numbers(writer, person->id);
    write_full_name(writer, &name);
}

static bool write_patients(const struct clinic_options *options, struct person *people, struct fault *fault)
{
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    struct writer writer = {.options = options};
    int i;

    if (!sheet_create(options->folder, clinic_table("Patient"), &sheet, fault)) {
        return false;
    }
    writer.sheet = sheet;
    dice_init(&writer.dice, options->seed, STREAM_PEOPLE);
    for (i = 0; i < options->patients; i++) {
        people[i].id = i + 1;
        write_patient(&writer, &people[i]);
    }
    return sheet_finish(&sheet, fault);
}

bool people_write(const struct clinic_options *options, struct person **ret_people, struct fault *fault)
{
    struct person *people = x_alloc_array((size_t)options->patients, sizeof(*people));

    if (!write_patients(options, people, fault)) {
        free(people);
        return false;
    }
    *ret_people = people;
    return true;
}
