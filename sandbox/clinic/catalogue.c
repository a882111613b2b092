#include "sandbox/clinic/catalogue.h"

#include "base/memory.h"
#include "sandbox/clinic/sheet.h"

const struct location catalogue_locations[LOCATION_COUNT] = {
    {1, "Harbour Physiotherapy Balmain", "Suite 3, 214 Darling Street", "Balmain", "NSW", "2041", "(02) 9555 0140",
     "Australia/Sydney", "Sydney"},
    {2, "Harbour Physiotherapy Coolangatta", "18 Griffith Street", "Coolangatta", "QLD", "4225", "(07) 5536 0177",
     "Australia/Brisbane", "Brisbane"},
};

const struct practitioner catalogue_practitioners[PRACTITIONER_COUNT] = {
    {1, 1, "Ms", "Sarah", "Whitlock", "SW", "Physiotherapist", "sarah@harbourphysio.example", "2412345A", true},
    {2, 0, "Mr", "Đức", "Nguyễn", "DN", "Physiotherapist", "duc@harbourphysio.example", "2412346B", true},
    {3, 2, "Dr", "Fiona", "O'Dea", "FOD", "Exercise Physiologist", "fiona@harbourphysio.example", "2412347C", false},
};

const struct appointment_type catalogue_types[APPOINTMENT_TYPE_COUNT] = {
    {1, "Initial Consultation", 45, 0x00CC66, 1, true},
    {2, "Standard Consultation", 30, 0xFF9933, 2, true},
    {3, "Extended Consultation", 60, 0x3366FF, 3, true},
    {4, "Hydrotherapy, one to one", 45, 0xFFCC00, 4, true},
    {5, "Home Visit", 60, 0x0099FF, 5, true},
    {6, "Post-op \"Knee\" Review", 20, 0x9966CC, 2, true},
    {7, "Clinical Pilates (old)", 50, 0x808080, 6, false},
};

int64_t day_of_leaving(int64_t today)
{
    return today - 700;
}

static bool write_practice_groups(const char *folder, struct fault *fault)
{
    static const char *const columns[] = {"PracticeGroupID", "Name",     "HeaderText", "BankDetails",
                                          "IsLocation",      "IsActive", NULL};
    scoped(sheet_destroy) struct sheet *sheet = NULL;

    if (!sheet_create(folder, "PracticeGroup", columns, &sheet, fault)) {
        return false;
    }
    sheet_integer(sheet, "PracticeGroupID", 1);
    sheet_text(sheet, "Name", "Harbour Physiotherapy");
    sheet_text(sheet, "HeaderText",
               "Harbour Physiotherapy Pty Ltd\r\nABN 00 000 000 000\r\n\"Moving well, by the water\"");
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

static bool write_locations(const char *folder, struct fault *fault)
{
    static const char *const columns[] = {"LocationID", "Name",     "Address1", "Address2",     "Suburb",
                                          "State",      "PostCode", "Phone",    "TimeZoneName", NULL};
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    size_t i;

    if (!sheet_create(folder, "Location", columns, &sheet, fault)) {
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

static bool write_practitioners(const char *folder, int64_t today, struct fault *fault)
{
    static const char *const columns[] = {"PractitionerID",   "PracticeGroupID",
                                          "LocationID",       "Title",
                                          "FirstName",        "Surname",
                                          "ShortDescription", "Profession",
                                          "Qualifications",   "Email",
                                          "ProviderNumber",   "IsActive",
                                          "DateLeft",         NULL};
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    size_t i;

    if (!sheet_create(folder, "Practitioner", columns, &sheet, fault)) {
        return false;
    }
    for (i = 0; i < PRACTITIONER_COUNT; i++) {
        const struct practitioner *one = &catalogue_practitioners[i];

        sheet_integer(sheet, "PractitionerID", one->id);
        sheet_integer(sheet, "PracticeGroupID", 1);
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
        sheet_moment(sheet, "DateLeft", one->active ? MOMENT_NONE : moment_of(day_of_leaving(today), 0));
    }
    return sheet_finish(&sheet, fault);
}

static bool write_provider_numbers(const char *folder, struct fault *fault)
{
    static const char *const columns[] = {"ProviderNumberID", "PractitionerID", "LocationID", "HealthFundID",
                                          "FeeCategoryID",    "Number",         NULL};
    static const struct {
        int practitioner, location, fund;
        const char *number;
    } rows[] = {{1, 1, 0, "2412345A"}, {2, 1, 0, "2412346B"}, {2, 2, 0, "2412346J"}, {2, 2, 3, "2412346K"}};
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    size_t i;

    if (!sheet_create(folder, "ProviderNumber", columns, &sheet, fault)) {
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

static bool write_fee_categories(const char *folder, struct fault *fault)
{
    static const char *const columns[] = {"FeeCategoryID", "Name", "Kind", "IsActive", NULL};
    static const struct {
        const char *name;
        int kind; /* 0 patient, 1 practitioner, 2 payer */
    } rows[FEE_CATEGORY_COUNT] = {{"Standard", 0}, {"Pensioner", 0}, {"Student", 0},
                                  {"DVA", 2},      {"WorkCover", 2}, {"Senior practitioner", 1}};
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    size_t i;

    if (!sheet_create(folder, "FeeCategory", columns, &sheet, fault)) {
        return false;
    }
    for (i = 0; i < FEE_CATEGORY_COUNT; i++) {
        sheet_integer(sheet, "FeeCategoryID", (int64_t)i + 1);
        sheet_text(sheet, "Name", rows[i].name);
        sheet_integer(sheet, "Kind", rows[i].kind);
        sheet_bit(sheet, "IsActive", i != 5);
    }
    return sheet_finish(&sheet, fault);
}

static bool write_health_funds(const char *folder, struct fault *fault)
{
    static const char *const columns[] = {"HealthFundID", "Name", "Code", NULL};
    static const char *const rows[HEALTH_FUND_COUNT][2] = {{"Southern Mutual Health", "SMH"},
                                                           {"Wattle Health Fund", "WHF"},
                                                           {"Teachers & Nurses Benefit", "TNB"},
                                                           {"Railway, Tram and Bus Fund", "RTB"},
                                                           {"Overseas Visitors Cover", ""}};
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    size_t i;

    if (!sheet_create(folder, "HealthFund", columns, &sheet, fault)) {
        return false;
    }
    for (i = 0; i < HEALTH_FUND_COUNT; i++) {
        sheet_integer(sheet, "HealthFundID", (int64_t)i + 1);
        sheet_text(sheet, "Name", rows[i][0]);
        sheet_text(sheet, "Code", rows[i][1]);
    }
    return sheet_finish(&sheet, fault);
}

static bool write_services(const char *folder, struct fault *fault)
{
    static const char *const columns[] = {"ServiceID",   "ItemCode", "Description", "DurationMin",
                                          "GstIncluded", "IsActive", NULL};
    /* The same code stands twice: codes are no key. */
    static const struct {
        const char *code, *description;
        int duration_min;
    } rows[] = {{"500", "Initial consultation", 45},          {"505", "Subsequent consultation", 30},
                {"505", "Subsequent consultation, long", 60}, {"560", "Hydrotherapy", 45},
                {"HV1", "Home visit incl. travel", 60},       {"PIL", "Clinical Pilates", 50}};
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    size_t i;

    if (!sheet_create(folder, "Service", columns, &sheet, fault)) {
        return false;
    }
    for (i = 0; i < array_length(rows); i++) {
        sheet_integer(sheet, "ServiceID", (int64_t)i + 1);
        sheet_text(sheet, "ItemCode", rows[i].code);
        sheet_text(sheet, "Description", rows[i].description);
        sheet_integer(sheet, "DurationMin", rows[i].duration_min);
        sheet_bit(sheet, "GstIncluded", false);
        sheet_bit(sheet, "IsActive", i != 5);
    }
    return sheet_finish(&sheet, fault);
}

static bool write_appointment_types(const char *folder, struct fault *fault)
{
    static const char *const columns[] = {"AppointmentTypeID", "Name",     "DurationMin", "Colour",
                                          "ServiceID",         "IsActive", NULL};
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    size_t i;

    if (!sheet_create(folder, "AppointmentType", columns, &sheet, fault)) {
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

struct referrer {
    int kind; /* 0 referrer, 1 GP, 2 specialist, 3 advertising */
    const char *title, *first_name, *surname, *practice, *speciality, *provider_number;
};

static const struct referrer referrers[REFERRER_COUNT] = {
    {1, "Dr", "Anand", "Krishnan", "Rozelle Family Practice", "", "0512345X"},
    {1, "Dr", "Marie-Hélène", "Dubois", "Darling Street Medical", "", "0512346W"},
    {1, "Dr", "Bill", "Tran", "Griffith Street Clinic", "", "0512347T"},
    {1, "Dr", "Joan", "Fairweather", "Griffith Street Clinic", "", NULL},
    {2, "Prof", "Ewan", "Mackenzie", "Harbour Orthopaedics", "Orthopaedic surgeon", "0512348L"},
    {2, "Dr", "Yuki", "Tanaka", "Tweed Sports Medicine", "Sports physician", "0512349K"},
    {0, "Mr", "Tom", "Bosko", "Balmain Rowing Club", "", NULL},
    {3, "", "", "Local Paper", "", "", NULL},
    {3, "", "", "Web Search", "", "", NULL},
};

static const char *const referrer_columns[] = {
    "ReferrerID", "Kind",   "Title", "FirstName", "Surname", "PracticeName", "Speciality", "ProviderNumber", "Address1",
    "Address2",   "Suburb", "State", "PostCode",  "Phone",   "Fax",          "Email",      "IsActive",       NULL};

static bool write_referrers(const char *folder, struct fault *fault)
{
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    size_t i;

    if (!sheet_create(folder, "Referrer", referrer_columns, &sheet, fault)) {
        return false;
    }
    for (i = 0; i < REFERRER_COUNT; i++) {
        const struct location *near = &catalogue_locations[i % LOCATION_COUNT];

        sheet_integer(sheet, "ReferrerID", (int64_t)i + 1);
        sheet_integer(sheet, "Kind", referrers[i].kind);
        sheet_text(sheet, "Title", referrers[i].title);
        sheet_text(sheet, "FirstName", referrers[i].first_name);
        sheet_text(sheet, "Surname", referrers[i].surname);
        sheet_text(sheet, "PracticeName", referrers[i].practice);
        sheet_text(sheet, "Speciality", referrers[i].speciality);
        sheet_text(sheet, "ProviderNumber", referrers[i].provider_number);
        sheet_text(sheet, "Address1", referrers[i].kind == 3 ? NULL : near->address);
        sheet_text(sheet, "Address2", "");
        sheet_text(sheet, "Suburb", near->suburb);
        sheet_text(sheet, "State", near->state);
        sheet_text(sheet, "PostCode", near->post_code);
        sheet_text(sheet, "Phone", referrers[i].kind == 3 ? "" : near->phone);
        sheet_text(sheet, "Fax", NULL);
        sheet_text(sheet, "Email", NULL);
        sheet_bit(sheet, "IsActive", i != 3);
    }
    return sheet_finish(&sheet, fault);
}

static bool write_version(const char *folder, int64_t today, struct fault *fault)
{
    static const char *const columns[] = {"SchemaVersion", "UpgradedAt", NULL};
    scoped(sheet_destroy) struct sheet *sheet = NULL;

    if (!sheet_create(folder, "DbVersion", columns, &sheet, fault)) {
        return false;
    }
    sheet_text(sheet, "SchemaVersion", "2014.18");
    sheet_moment(sheet, "UpgradedAt", moment_of(today - 3000, 1125));
    return sheet_finish(&sheet, fault);
}

bool catalogue_write(const char *folder, int64_t today, struct fault *fault)
{
    return write_version(folder, today, fault) && write_practice_groups(folder, fault) &&
           write_locations(folder, fault) && write_practitioners(folder, today, fault) &&
           write_provider_numbers(folder, fault) && write_fee_categories(folder, fault) &&
           write_health_funds(folder, fault) && write_services(folder, fault) &&
           write_appointment_types(folder, fault) && write_referrers(folder, fault);
}
