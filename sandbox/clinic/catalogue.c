#include "sandbox/clinic/catalogue.h"

#include "base/memory.h"
#include "sandbox/clinic/sheet.h"

const struct location catalogue_locations[LOCATION_COUNT] = {
    {1, "Harbour Physiotherapy Balmain", "Suite 3, 214 Darling Street", "Balmain", "NSW", "2041", "(02) 9555 0140",
     "Australia/Sydney", "Sydney"},
    {2, "Harbour Physiotherapy Coolangatta", "18 Griffith Street", "Coolangatta", "QLD", "4225", "(07) 5536 0177",
     "Australia/Brisbane", "Brisbane"},
    {3, "Harbour Physiotherapy Darwin", "Shop 2, 60 Smith Street", "Darwin", "NT", "0800", "(08) 8941 0133",
     "Australia/Darwin", "Darwin"},
};

const struct practitioner catalogue_practitioners[PRACTITIONER_COUNT] = {
    {1, 1, 1, "Ms", "Sarah", "Whitlock", "SW", "Physiotherapist", "sarah@harbourphysio.example", "2412345A", true, 0},
    {2, 1, 0, "Mr", "Đức", "Nguyễn", "DN", "Physiotherapist", "duc@harbourphysio.example", "2412346B", true, 0},
    {3, 1, 2, "Dr", "Fiona", "O'Dea", "FOD", "Exercise Physiologist", "fiona@harbourphysio.example", "2412347C", false,
     700},
    {4, 2, 1, "Mr", "Graham", "Pell", "GP", "Physiotherapist", "graham@harbourphysio.example", "2412348D", false, 1500},
    {5, 2, 2, "Ms", "Lena", "Brandt", "LB", "Locum", "", NULL, false, 2200},
};

const struct appointment_type catalogue_types[APPOINTMENT_TYPE_COUNT] = {
    {1, "Initial Consultation", 45, 0x00CC66, 1, true},
    {2, "Standard Consultation", 30, 0xFF9933, 2, true},
    {3, "Extended Consultation", 60, 0x3366FF, 3, true},
    {4, "Hydrotherapy, one to one", 45, 0xFFCC00, 4, true},
    {5, "Home Visit", 60, 0x0099FF, 5, true},
    {6, "Post-op \"Knee\" Review", 20, 0x9966CC, 2, true},
    {7, "Clinical Pilates (old)", 50, 0x808080, 6, false},
    {8, "Gait analysis – new", 0, 0x000001, 99, true},
};

int64_t day_of_leaving(const struct practitioner *one, const struct clinic_options *options)
{
    int64_t latest = (int64_t)options->years * 365 * one->left_days / 3000;

    if (one->active) {
        return DAY_NONE;
    }
    return options->today - (latest < one->left_days ? latest : one->left_days);
}

static bool write_practice_groups(const struct clinic_options *options, struct fault *fault)
{
    scoped(sheet_destroy) struct sheet *sheet = NULL;

    if (!sheet_create(options->folder, clinic_table("PracticeGroup"), &sheet, fault)) {
        return false;
    }
    sheet_integer(sheet, "PracticeGroupID", 1);
    sheet_text(sheet, "Name", "Harbour Physiotherapy");
    sheet_text(sheet, "HeaderText",
               "Harbour Physiotherapy Pty Ltd\r\nABN 00 000 000 000\r\n\"Moving well, by the water\" – since 1998");
    sheet_text(sheet, "BankDetails", "BSB 000-000, account 12345678");
    sheet_bit(sheet, "IsLocation", false);
    sheet_bit(sheet, "IsActive", true);
    sheet_integer(sheet, "PracticeGroupID", 2);
    sheet_text(sheet, "Name", "Sports and Exercise");
    sheet_text(sheet, "HeaderText", NULL);
    sheet_text(sheet, "BankDetails", "");
    sheet_bit(sheet, "IsLocation", false);
    sheet_bit(sheet, "IsActive", false);
    return sheet_finish(&sheet, fault);
}

static bool write_locations(const struct clinic_options *options, struct fault *fault)
{
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    size_t i;

    if (!sheet_create(options->folder, clinic_table("Location"), &sheet, fault)) {
        return false;
    }
    for (i = 0; i < LOCATION_COUNT; i++) {
        sheet_integer(sheet, "LocationID", catalogue_locations[i].id);
        sheet_text(sheet, "Name", catalogue_locations[i].name);
        sheet_text(sheet, "Address1", catalogue_locations[i].address);
        sheet_text(sheet, "Address2", "");
        sheet_text(sheet, "Suburb", catalogue_locations[i].suburb);
        sheet_text(sheet, "State", catalogue_locations[i].state);
        sheet_text(sheet, "PostCode", catalogue_locations[i].post_code);
        sheet_text(sheet, "Phone", catalogue_locations[i].phone);
        sheet_text(sheet, "TimeZoneName", catalogue_locations[i].zone);
    }
    return sheet_finish(&sheet, fault);
}

static bool write_practitioners(const struct clinic_options *options, struct fault *fault)
{
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    size_t i;

    if (!sheet_create(options->folder, clinic_table("Practitioner"), &sheet, fault)) {
        return false;
    }
    for (i = 0; i < PRACTITIONER_COUNT; i++) {
        const struct practitioner *one = &catalogue_practitioners[i];

        sheet_integer(sheet, "PractitionerID", one->id);
        sheet_integer(sheet, "PracticeGroupID", one->group_id);
        sheet_key(sheet, "LocationID", one->location_id);
        sheet_text(sheet, "Title", one->title);
        sheet_text(sheet, "FirstName", one->first_name);
        sheet_text(sheet, "Surname", one->surname);
        sheet_text(sheet, "ShortDescription", one->short_name);
        sheet_text(sheet, "Profession", one->profession);
        sheet_text(sheet, "Qualifications", "B.Phty, APAM");
        sheet_text(sheet, "Email", one->email);
        sheet_text(sheet, "ProviderNumber", one->provider_number);
        sheet_bit(sheet, "IsActive", one->active);
        sheet_moment(sheet, "DateLeft", one->active ? MOMENT_NONE : moment_of(day_of_leaving(one, options), 0));
    }
    return sheet_finish(&sheet, fault);
}

static bool write_provider_numbers(const struct clinic_options *options, struct fault *fault)
{
    static const struct {
        int practitioner, location, fund;
        const char *number;
    } rows[] = {{1, 1, 0, "2412345A"}, {2, 1, 0, "2412346B"}, {2, 2, 0, "2412346J"}, {2, 2, 3, "2412346K"}};
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    size_t i;

    if (!sheet_create(options->folder, clinic_table("ProviderNumber"), &sheet, fault)) {
        return false;
    }
    for (i = 0; i < array_length(rows); i++) {
        sheet_integer(sheet, "ProviderNumberID", (int64_t)i + 1);
        sheet_integer(sheet, "PractitionerID", rows[i].practitioner);
        sheet_integer(sheet, "LocationID", rows[i].location);
        sheet_key(sheet, "HealthFundID", rows[i].fund);
        sheet_key(sheet, "FeeCategoryID", 0);
        sheet_text(sheet, "Number", rows[i].number);
    }
    return sheet_finish(&sheet, fault);
}

static bool write_appointment_types(const struct clinic_options *options, struct fault *fault)
{
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    size_t i;

    if (!sheet_create(options->folder, clinic_table("AppointmentType"), &sheet, fault)) {
        return false;
    }
    for (i = 0; i < APPOINTMENT_TYPE_COUNT; i++) {
        sheet_integer(sheet, "AppointmentTypeID", catalogue_types[i].id);
        sheet_text(sheet, "Name", catalogue_types[i].name);
        sheet_integer(sheet, "DurationMin", catalogue_types[i].duration_min);
        sheet_integer(sheet, "Colour", catalogue_types[i].colour);
        sheet_key(sheet, "ServiceID", catalogue_types[i].service_id);
        sheet_bit(sheet, "IsActive", catalogue_types[i].active);
    }
    return sheet_finish(&sheet, fault);
}

static bool write_version(const struct clinic_options *options, struct fault *fault)
{
    scoped(sheet_destroy) struct sheet *sheet = NULL;

    if (!sheet_create(options->folder, clinic_table("DbVersion"), &sheet, fault)) {
        return false;
    }
    sheet_text(sheet, "SchemaVersion", "2014.18");
    sheet_moment(sheet, "UpgradedAt", moment_of(options->today - 3000, 1125));
    return sheet_finish(&sheet, fault);
}

static bool write_note_templates(const struct clinic_options *options, struct fault *fault)
{
    static const char *const names[NOTE_TEMPLATE_COUNT] = {"Standard SOAP", "Initial assessment", "Discharge (old)"};
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    size_t i;

    if (!sheet_create(options->folder, clinic_table("NoteTemplate"), &sheet, fault)) {
        return false;
    }
    for (i = 0; i < NOTE_TEMPLATE_COUNT; i++) {
        sheet_integer(sheet, "NoteTemplateID", (int64_t)i + 1);
        sheet_text(sheet, "Name", names[i]);
    }
    return sheet_finish(&sheet, fault);
}

/* A user may belong to a practitioner, and the column that says so has another type than the key it points to. */
static bool write_users(const struct clinic_options *options, struct fault *fault)
{
    static const struct {
        const char *login;
        int practitioner;
        bool administrator;
    } rows[USER_COUNT] = {{"Admin", 0, true},  {"sarah", 1, true},  {"duc", 2, false},
                          {"fiona", 3, false}, {"gpell", 4, false}, {"reception", 0, false}};
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    size_t i;

    if (!sheet_create(options->folder, clinic_table("AppUser"), &sheet, fault)) {
        return false;
    }
    for (i = 0; i < USER_COUNT; i++) {
        sheet_integer(sheet, "UserID", (int64_t)i + 1);
        sheet_text(sheet, "LoginName", rows[i].login);
        sheet_key(sheet, "PractitionerID", rows[i].practitioner);
        sheet_bit(sheet, "IsAdmin", rows[i].administrator);
    }
    return sheet_finish(&sheet, fault);
}

bool catalogue_write(const struct clinic_options *options, struct fault *fault)
{
    return write_version(options, fault) && write_practice_groups(options, fault) && write_locations(options, fault) &&
           write_practitioners(options, fault) && write_provider_numbers(options, fault) &&
           write_appointment_types(options, fault) && write_note_templates(options, fault) &&
           write_users(options, fault);
}
