#include "sandbox/clinic/catalogue.h"

#include "base/memory.h"
#include "sandbox/clinic/sheet.h"

static bool write_fee_categories(const struct clinic_options *options, struct fault *fault)
{
    static const struct {
        const char *name;
        int kind; /* 0 patient, 1 practitioner, 2 payer */
    } rows[FEE_CATEGORY_COUNT] = {{"Standard", 0}, {"Pensioner", 0}, {"Student", 0},
                                  {"DVA", 2},      {"WorkCover", 2}, {"Senior practitioner", 1}};
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    size_t i;

    if (!sheet_create(options->folder, clinic_table("FeeCategory"), &sheet, fault)) {
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

static bool write_health_funds(const struct clinic_options *options, struct fault *fault)
{
    static const char *const rows[HEALTH_FUND_COUNT][2] = {{"Southern Mutual Health", "SMH"},
                                                           {"Wattle Health Fund", "WHF"},
                                                           {"Teachers & Nurses Benefit", "TNB"},
                                                           {"Railway, Tram and Bus Fund", "RTB"},
                                                           {"Overseas Visitors Cover", ""}};
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    size_t i;

    if (!sheet_create(options->folder, clinic_table("HealthFund"), &sheet, fault)) {
        return false;
    }
    for (i = 0; i < HEALTH_FUND_COUNT; i++) {
        sheet_integer(sheet, "HealthFundID", (int64_t)i + 1);
        sheet_text(sheet, "Name", rows[i][0]);
        sheet_text(sheet, "Code", rows[i][1]);
    }
    return sheet_finish(&sheet, fault);
}

/* The same code stands twice: codes are no key. */
static const struct service {
    const char *code, *description;
    int duration_min;
    bool taxed, active;
    int64_t price; /* hundredths, of the standard category */
} services[SERVICE_COUNT] = {
    {"500", "Initial consultation", 45, false, true, 11000},
    {"505", "Subsequent consultation", 30, false, true, 8850},
    {"505", "Subsequent consultation, long", 60, false, true, 13200},
    {"560", "Hydrotherapy", 45, false, true, 9500},
    {"HV1", "Home visit incl. travel", 60, false, true, 16500},
    {"PIL", "Clinical Pilates", 50, false, false, 3300},
    {"REP", "Report for a third party", 0, true, true, 22000},
    {NULL, "Cancellation fee", 0, true, true, DECIMAL_NONE},
};

int64_t catalogue_service_price(int service_id)
{
    return services[service_id - 1].price;
}

static bool write_services(const struct clinic_options *options, struct fault *fault)
{
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    size_t i;

    if (!sheet_create(options->folder, clinic_table("Service"), &sheet, fault)) {
        return false;
    }
    for (i = 0; i < SERVICE_COUNT; i++) {
        sheet_integer(sheet, "ServiceID", (int64_t)i + 1);
        sheet_text(sheet, "ItemCode", services[i].code);
        sheet_text(sheet, "Description", services[i].description);
        sheet_key(sheet, "DurationMin", services[i].duration_min);
        sheet_bit(sheet, "GstIncluded", services[i].taxed);
        sheet_bit(sheet, "IsActive", services[i].active);
    }
    return sheet_finish(&sheet, fault);
}

/* A price for each category of patients and payers; one service has none at all. */
static bool write_service_prices(const struct clinic_options *options, struct fault *fault)
{
    static const int percent[FEE_CATEGORY_COUNT] = {100, 80, 75, 92, 115, 120};
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    size_t i;
    size_t j;

    if (!sheet_create(options->folder, clinic_table("ServicePrice"), &sheet, fault)) {
        return false;
    }
    for (i = 0; i < SERVICE_COUNT; i++) {
        for (j = 0; j < FEE_CATEGORY_COUNT && services[i].price != DECIMAL_NONE; j++) {
            sheet_integer(sheet, "ServiceID", (int64_t)i + 1);
            sheet_integer(sheet, "FeeCategoryID", (int64_t)j + 1);
            sheet_decimal(sheet, "Price", services[i].price * percent[j] / 100);
        }
    }
    return sheet_finish(&sheet, fault);
}

static bool write_suppliers(const struct clinic_options *options, struct fault *fault)
{
    static const struct {
        const char *name, *contact, *address_1, *address_2, *suburb, *state, *post_code, *phone, *fax, *email;
        bool active;
    } rows[] = {
        {"Bands & Braces Pty Ltd", "Trish Okafor", "Unit 4", "88 Parramatta Road", "Camperdown", "NSW", "2050",
         "(02) 9555 0161", "(02) 9555 0162", "orders@bandsbraces.example", true},
        {"Ortho Tape Australia", "", "PO Box 77", "", "Darwin", "NT", "0801", "1800 555 014", NULL,
         "sales@orthotape.example; accounts@orthotape.example", true},
        {"Günther Liegen GmbH", "Herr Günther", "Industriestraße 9", NULL, "Köln", "", "50667", "+49 221 5550 0", NULL,
         NULL, true},
        {"Old Physio Supplies", NULL, NULL, NULL, NULL, NULL, NULL, "ask reception", NULL, "", false},
    };
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    size_t i;

    if (!sheet_create(options->folder, clinic_table("Supplier"), &sheet, fault)) {
        return false;
    }
    for (i = 0; i < array_length(rows); i++) {
        sheet_integer(sheet, "SupplierID", (int64_t)i + 1);
        sheet_text(sheet, "Name", rows[i].name);
        sheet_text(sheet, "ContactName", rows[i].contact);
        sheet_text(sheet, "Address1", rows[i].address_1);
        sheet_text(sheet, "Address2", rows[i].address_2);
        sheet_text(sheet, "Suburb", rows[i].suburb);
        sheet_text(sheet, "State", rows[i].state);
        sheet_text(sheet, "PostCode", rows[i].post_code);
        sheet_text(sheet, "Phone", rows[i].phone);
        sheet_text(sheet, "Fax", rows[i].fax);
        sheet_text(sheet, "Email", rows[i].email);
        sheet_bit(sheet, "IsActive", rows[i].active);
    }
    return sheet_finish(&sheet, fault);
}

static const struct product {
    const char *code, *bar_code, *name;
    int supplier_id;                      /* 0: none; 99: one that is not there */
    int64_t cost, price, tax_rate, stock; /* hundredths */
    bool active;
} products[PRODUCT_COUNT] = {
    {"BAND-R", "9312345000017", "Resistance band, red", 1, 450, 1295, 1000, 4200, true},
    {"BAND-G", "9312345000024", "Resistance band, green", 1, 450, 1295, 1000, -300, true},
    {"BAND-B", "9312345000031", "Resistance band, blue \"extra\"", 1, 475, 1395, 1000, 0, true},
    {"TAPE", "9312345000048", "Rigid tape 38 mm", 2, 610, 1550, 1000, 12750, true},
    {"TAPE", NULL, "Rigid tape 25 mm", 2, 590, 1450, 1000, 800, true},
    {"KT-1", "", "Kinesiology tape – beige", 2, 725, 1995, 1000, 250, true},
    {"LIEGE", NULL, "Behandlungsliege, höhenverstellbar", 3, 98000, 145000, 1000, 100, true},
    {"PILLOW", "9312345000086", "Contour pillow", 1, 3300, 7900, 1000, 600, true},
    {"SPLINT", "9312345000093", "Wrist splint, L", 1, 2150, 4500, 0, 300, true},
    {"BOOK", "9780000000002", "Exercise book", 0, 0, 0, 0, 1000, true},
    {"OLD-1", NULL, "Heat pack (old)", 4, 350, 999, 1000, -25, false},
    {NULL, NULL, "Ice spray", 99, DECIMAL_NONE, 1605, 1000, DECIMAL_NONE, true},
};

int64_t catalogue_product_price(int product_id)
{
    return products[product_id - 1].price;
}

static bool write_products(const struct clinic_options *options, struct fault *fault)
{
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    size_t i;

    if (!sheet_create(options->folder, clinic_table("Product"), &sheet, fault)) {
        return false;
    }
    for (i = 0; i < PRODUCT_COUNT; i++) {
        sheet_integer(sheet, "ProductID", (int64_t)i + 1);
        sheet_text(sheet, "Code", products[i].code);
        sheet_text(sheet, "BarCode", products[i].bar_code);
        sheet_text(sheet, "Name", products[i].name);
        sheet_key(sheet, "SupplierID", products[i].supplier_id);
        sheet_decimal(sheet, "CostPrice", products[i].cost);
        sheet_decimal(sheet, "SellPrice", products[i].price);
        sheet_decimal(sheet, "TaxRate", products[i].tax_rate);
        sheet_decimal(sheet, "StockLevel", products[i].stock);
        sheet_bit(sheet, "IsActive", products[i].active);
    }
    return sheet_finish(&sheet, fault);
}

struct referrer {
    int kind; /* 0 referrer, 1 GP, 2 specialist, 3 advertising */
    const char *title, *first_name, *surname, *practice, *speciality, *provider_number, *email;
};

static const struct referrer referrers[REFERRER_COUNT] = {
    {1, "Dr", "Anand", "Krishnan", "Rozelle Family Practice", "", "0512345X", "anand.krishnan@rozellefp.example"},
    {1, "Dr", "Marie-Hélène", "Dubois", "Darling Street Medical", "", "0512346W", NULL},
    {1, "Dr", "Bill", "Tran", "Griffith Street Clinic", "", "0512347T", NULL},
    {1, "Dr", "Joan", "Fairweather", "Griffith Street Clinic", "", NULL, NULL},
    {2, "Prof", "Ewan", "Mackenzie", "Harbour Orthopaedics", "Orthopaedic surgeon", "0512348L", "not given"},
    {2, "Dr", "Yuki", "Tanaka", "Tweed Sports Medicine", "Sports physician", "0512349K",
     "Reception@TweedSports.Example"},
    {0, "Mr", "Tom", "Bosko", "Balmain Rowing Club", "", NULL, NULL},
    {3, "", "", NULL, "Local Paper", "", NULL, NULL},
    {3, "", NULL, "", "Web Search", "", NULL, NULL},
    {0, "", "", NULL, "Coastal WorkCover Agents", "", NULL, NULL},
    {0, "Ms", "Ines", "Quiroga", "", "Podiatrist", "", "ines@podiatry.example, ines.q@mail.example"},
};

static bool write_referrers(const struct clinic_options *options, struct fault *fault)
{
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    size_t i;

    if (!sheet_create(options->folder, clinic_table("Referrer"), &sheet, fault)) {
        return false;
    }
    for (i = 0; i < REFERRER_COUNT; i++) {
        const struct location *near = &catalogue_locations[i % MAIN_LOCATION_COUNT];

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
        sheet_text(sheet, "Fax", i % 4 == 0 ? "(02) 9555 0190" : NULL);
        sheet_text(sheet, "Email", referrers[i].email);
        sheet_bit(sheet, "IsActive", i != 3 && i != 10);
    }
    return sheet_finish(&sheet, fault);
}

/* Names as letters address them. */
const char *catalogue_doctor(int referrer_id)
{
    static const char *const names[REFERRER_COUNT] = {"Dr Anand Krishnan",   "Dr Marie-Hélène Dubois", "Dr Bill Tran",
                                                      "Dr Joan Fairweather", "Prof Ewan Mackenzie",    "Dr Yuki Tanaka",
                                                      "Mr Tom Bosko",        "Sir or Madam",           "Sir or Madam",
                                                      "Sir or Madam",        "Ms Ines Quiroga"};

    return names[referrer_id - 1];
}

bool prices_write(const struct clinic_options *options, struct fault *fault)
{
    return write_fee_categories(options, fault) && write_health_funds(options, fault) &&
           write_services(options, fault) && write_service_prices(options, fault) && write_suppliers(options, fault) &&
           write_products(options, fault) && write_referrers(options, fault);
}
