/* What the clinic is set up with and what hangs on a patient: fields, checks and consequences of each resource. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"
#include "fixture.h"

enum { LONG_LIST = 100, TARGET_MAX = 8192 };

#define PRACTITIONER_KEY OWNER_KEY
#define NO_PRACTITIONER  "books-key"

#define NOTE             "{\"sections\":[{\"questions\":[{\"name\":\"n\",\"type\":\"paragraph\",\"answer\":\"<div>a</div>\"}]}]}"

static const struct {
    const char *collection;
    const char *body; /* %s is a patient's id */
    const char *field;
    const char *want; /* NULL: accepted */
} bodies[] = {
    {"taxes", "{\"name\":\"GST\",\"rate\":10}", NULL, NULL},
    {"taxes", "{\"name\":\"GST\",\"amount\":12.5}", NULL, NULL},
    {"taxes", "{\"name\":\"GST\",\"rate\":\"10\"}", "rate", "is not a number"},
    {"taxes", "{\"name\":\"GST\",\"rate\":-1}", "rate", "is invalid"},
    {"taxes", "{\"name\":\"GST\"}", "rate", "can’t be blank"},
    {"concession_types", "{\"name\":\"\"}", "name", "can’t be blank"},
    {"product_suppliers", "{\"name\":null}", "name", "can’t be blank"},
    {"products", "{\"name\":\"Band\",\"price\":19.95}", NULL, NULL},
    {"products", "{\"name\":\"Band\",\"price\":\"19.95\"}", "price", "is not a number"},
    {"products", "{\"name\":\"Band\"}", "price", "can’t be blank"},
    {"products", "{\"name\":\"Band\",\"price\":1,\"cost_price\":5}", "cost_price", "is not a number"},
    {"products", "{\"name\":\"Band\",\"price\":1,\"cost_price\":\"-5\"}", "cost_price", "is invalid"},
    {"products", "{\"name\":\"Band\",\"price\":1,\"tax_id\":\"77\"}", "tax", "can’t be blank"},
    {"products", "{\"name\":\"Band\",\"price\":1,\"stock_level\":1.5}", "stock_level", "is not a number"},
    {"stock_adjustments", "{\"product_id\":\"77\",\"quantity\":1,\"adjustment_type\":\"Other\"}", "product",
     "can’t be blank"},
    {"stock_adjustments", "{\"product_id\":\"77\",\"quantity\":1,\"adjustment_type\":\"Lost\"}", "adjustment_type",
     "is not included in the list"},
    {"billable_items", "{\"name\":\"V\",\"item_type\":\"Service\",\"price\":\"90.00\"}", NULL, NULL},
    {"billable_items", "{\"name\":\"V\",\"item_type\":\"Service\",\"price\":90}", "price", "is not a number"},
    {"billable_items", "{\"name\":\"V\",\"item_type\":\"Service\",\"price\":\"abc\"}", "price", "is not a number"},
    {"billable_items", "{\"name\":\"V\",\"item_type\":\"Gift\",\"price\":\"1\"}", "item_type",
     "is not included in the list"},
    {"contacts", "{\"company_name\":\"Firm\"}", NULL, NULL},
    {"contacts", "{\"notes\":\"nameless\"}", "base", "must have a first name, a last name or a company name"},
    {"contacts", "{\"last_name\":\"B\",\"type_code\":3}", "type_code", "is not included in the list"},
    {"contacts", "{\"last_name\":\"B\",\"doctor_type\":\"vet\"}", "doctor_type", "is not included in the list"},
    {"contacts", "{\"last_name\":\"B\",\"country_code\":\"AUS\"}", "country_code",
     "is too long (maximum is 2 characters)"},
    {"contacts", "{\"last_name\":\"B\",\"phone_numbers\":[\"0400\"]}", "phone_numbers", "is invalid"},
    {"medical_alerts", "{\"patient_id\":\"%s\",\"name\":\"Nuts\"}", NULL, NULL},
    {"medical_alerts", "{\"patient_id\":\"%s\",\"name\":\"\"}", "name", "can’t be blank"},
    {"medical_alerts", "{\"patient_id\":\"77\",\"name\":\"Nuts\"}", "patient", "can’t be blank"},
    {"communications",
     "{\"patient_id\":\"%s\",\"type_code\":4,\"direction_code\":1,\"from\":\"a\",\"to\":\"b\",\"content\":\"c\","
     "\"confidential\":false}",
     NULL, NULL},
    {"communications",
     "{\"patient_id\":\"%s\",\"type_code\":4,\"direction_code\":1,\"from\":\"a\",\"to\":\"b\",\"content\":\"c\"}",
     "confidential", "is not included in the list"},
    {"communications",
     "{\"patient_id\":\"%s\",\"type_code\":4,\"direction_code\":1,\"from\":\"a\",\"to\":\"b\",\"content\":\"c\","
     "\"confidential\":false,\"category_code\":11}",
     "category_code", "is not included in the list"},
    {"patient_cases", "{\"patient_id\":\"%s\",\"name\":\"Knee\",\"max_sessions\":201}", "max_sessions",
     "must be less than or equal to 200"},
    {"patient_cases", "{\"patient_id\":\"%s\"}", "name", "can’t be blank"},
    {"treatment_note_templates", "{\"name\":\"T\",\"content\":" NOTE "}", NULL, NULL},
    {"treatment_note_templates", "{\"name\":\"T\"}", "content", "can’t be blank"},
    {"treatment_notes", "{\"patient_id\":\"%s\",\"title\":\"t\",\"draft\":false,\"content\":" NOTE "}", NULL, NULL},
    {"treatment_notes", "{\"patient_id\":\"%s\",\"title\":\"t\",\"draft\":false}", NULL, NULL},
    {"treatment_notes", "{\"patient_id\":\"%s\",\"draft\":false,\"content\":" NOTE "}", "title", "can’t be blank"},
    {"treatment_notes", "{\"patient_id\":\"%s\",\"title\":\"t\",\"content\":" NOTE "}", "draft",
     "is not included in the list"},
    {"treatment_notes", "{\"patient_id\":\"%s\",\"title\":\"t\",\"draft\":true,\"content\":{\"sections\":[]}}",
     "content", "'sections' must not be empty"},
    {"treatment_notes", "{\"patient_id\":\"%s\",\"title\":\"t\",\"draft\":true,\"booking_id\":\"77\"}", "booking",
     "can’t be blank"},
    {"unavailable_blocks", "{\"starts_at\":\"2026-03-01T10:00:00Z\",\"ends_at\":\"2026-03-01T09:00:00Z\"}", "ends_at",
     "must be after the start"},
    {"patients", "{\"first_name\":\"A\",\"last_name\":\"B\",\"referring_doctor_id\":\"77\"}", "referring_doctor",
     "can’t be blank"},
};

Test(resources, bodies_are_checked_field_by_field)
{
    struct fixture fixture;
    scoped(string_free) char *patient = NULL;

    fixture_open(&fixture, NULL);
    patient = fixture_quiet_patient(&fixture);
    for (size_t i = 0; i < array_length(bodies); i++) {
        const char *place = strstr(bodies[i].body, "%s");
        scoped(string_free) char *body =
            place ? x_sprintf("%.*s%s%s", (int)(place - bodies[i].body), bodies[i].body, patient, place + 2)
                  : x_strdup(bodies[i].body);
        scoped(string_free) char *target = x_sprintf("/v1/%s", bodies[i].collection);
        scoped(string_free) char *path = x_sprintf("errors.%s", bodies[i].field ? bodies[i].field : "");
        int got = fixture_call(&fixture, "POST", target, body);

        cr_expect_eq(got, bodies[i].want ? 422 : 201, "%s %s: got %d: %s", target, body, got,
                     text_string(&fixture.answer.body));
        if (bodies[i].want)
            cr_expect_str_eq(fixture_text(&fixture, path), bodies[i].want, "%s %s: got %s", target, body,
                             text_string(&fixture.answer.body));
    }
    fixture_close(&fixture);
}

Test(resources, a_product_has_its_prices_and_its_supplier)
{
    scoped(string_free) char *tax = NULL;
    scoped(string_free) char *body = NULL;
    scoped(string_free) char *product = NULL;
    scoped(string_free) char *supplier = NULL;
    scoped(string_free) char *adjust = NULL;
    struct fixture fixture;

    fixture_open(&fixture, NULL);
    tax = x_strdup(fixture_create(&fixture, "taxes", "{\"name\":\"GST\",\"rate\":10}"));
    body = x_sprintf("{\"name\":\"Band\",\"price\":11,\"price_includes_tax\":true,\"tax_id\":\"%s\","
                     "\"product_supplier_name\":\"Ropes\",\"stock_level\":7}",
                     tax);
    product = x_sprintf("/v1/products/%s", fixture_create(&fixture, "products", body));
    cr_expect_str_eq(fixture_text(&fixture, "price_including_tax"), "11.0");
    cr_expect_str_eq(fixture_text(&fixture, "price_ex_tax"), "10.0");
    supplier = x_strdup(fixture_text(&fixture, "product_supplier.links.self"));
    cr_expect(strstr(supplier, "/product_suppliers/"));
    fixture_create(&fixture, "products", body);
    cr_expect_str_eq(fixture_text(&fixture, "product_supplier.links.self"), supplier, "an equal name is used again");
    fixture_call(&fixture, "GET", "/v1/product_suppliers?q[]=name:=Ropes", NULL);
    cr_expect_eq(json_number(fixture_at(&fixture, "total_entries"), -1), 1);
    cr_expect_eq(fixture_call(&fixture, "PATCH", product, "{\"stock_level\":9,\"price_includes_tax\":false}"), 200);
    cr_expect_eq(json_number(fixture_at(&fixture, "stock_level"), -1), 7, "an update does not set the stock");
    cr_expect_str_eq(fixture_text(&fixture, "price_including_tax"), "12.1");
    adjust =
        x_sprintf("{\"product_id\":\"%s\",\"quantity\":-2,\"adjustment_type\":\"Damaged\"}", strrchr(product, '/') + 1);
    fixture_create(&fixture, "stock_adjustments", adjust);
    fixture_call(&fixture, "GET", product, NULL);
    cr_expect_eq(json_number(fixture_at(&fixture, "stock_level"), -1), 5);
    fixture_close(&fixture);
}

Test(resources, a_tax_is_really_deleted)
{
    scoped(string_free) char *target = NULL;
    struct fixture fixture;

    fixture_open(&fixture, NULL);
    target = x_sprintf("/v1/taxes/%s", fixture_create(&fixture, "taxes", "{\"name\":\"GST\",\"rate\":10}"));
    cr_expect_eq(fixture_call(&fixture, "DELETE", target, NULL), 204);
    cr_expect_eq(fixture_call(&fixture, "GET", target, NULL), 404);
    fixture_call(&fixture, "GET", "/v1/taxes", NULL);
    cr_expect_eq(json_number(fixture_at(&fixture, "total_entries"), -1), 0);
    fixture_close(&fixture);
}

Test(resources, what_cannot_be_written_is_not_routed)
{
    static const char *const routes[][2] = {
        {"POST", "/v1/concession_prices"},
        {"POST", "/v1/practitioners"},
        {"POST", "/v1/invoices"},
        {"DELETE", "/v1/communications/1"},
        {"DELETE", "/v1/patient_cases/1"},
        {"PATCH", "/v1/patient_attachments/1"},
        {"POST", "/v1/concession_types/1/archive"},
        {"GET", "/v1/recall_types"},
        {"POST", "/v1/recalls"},
    };
    struct fixture fixture;

    fixture_open(&fixture, NULL);
    for (size_t i = 0; i < array_length(routes); i++) {
        cr_expect_eq(fixture_call(&fixture, routes[i][0], routes[i][1], "{}"), 404, "%s %s", routes[i][0],
                     routes[i][1]);
        cr_expect(strstr(text_string(&fixture.answer.body), "<html>"), "%s %s", routes[i][0], routes[i][1]);
    }
    fixture_close(&fixture);
}

Test(resources, recalls_are_there_when_switched_on)
{
    const struct sandbox_options options = {.recalls = true};
    scoped(string_free) char *patient = NULL;
    scoped(string_free) char *type = NULL;
    scoped(string_free) char *body = NULL;
    struct fixture fixture;

    fixture_open(&fixture, &options);
    patient = fixture_quiet_patient(&fixture);
    type = x_strdup(fixture_create(&fixture, "recall_types", "{\"name\":\"Check\"}"));
    body = x_sprintf("{\"patient_id\":\"%s\",\"recall_type_id\":\"%s\",\"recall_at\":\"2026-08-01\"}", patient, type);
    fixture_create(&fixture, "recalls", body);
    cr_expect_eq(fixture_call(&fixture, "GET", "/v1/recalls?q[]=recall_at:>2026-01-01", NULL), 400);
    fixture_close(&fixture);
}

Test(resources, only_a_practitioner_writes_notes_and_is_their_author)
{
    scoped(string_free) char *patient = NULL;
    scoped(string_free) char *body = NULL;
    scoped(string_free) char *target = NULL;
    scoped(string_free) char *practitioner = NULL;
    struct fixture fixture;

    fixture_open(&fixture, NULL);
    patient = fixture_quiet_patient(&fixture);
    practitioner = fixture_seeded_id(&fixture, "practitioners", 0);
    body = x_sprintf("{\"patient_id\":\"%s\",\"title\":\"t\",\"draft\":true,\"content\":" NOTE "}", patient);
    target = x_sprintf("/v1/treatment_notes/%s", fixture_create(&fixture, "treatment_notes", body));
    cr_expect_str_eq(fixture_text(&fixture, "author_name"), "Mara Quill");
    cr_expect(strstr(fixture_text(&fixture, "practitioner.links.self"), practitioner));
    cr_expect(json_is_null(fixture_at(&fixture, "finalized_at")));
    fixture.key = NO_PRACTITIONER;
    cr_expect_eq(fixture_call(&fixture, "POST", "/v1/treatment_notes", body), 403);
    cr_expect_eq(fixture.answer.body.size, 0);
    cr_expect_eq(fixture_call(&fixture, "PATCH", target, "{\"title\":\"x\"}"), 403);
    fixture.key = PRACTITIONER_KEY;
    cr_expect_eq(fixture_call(&fixture, "POST", "/v1/treatment_notes", "{\"content\":\"text\"}"), 422);
    cr_expect_str_eq(fixture_text(&fixture, "message"), "must be an object");
    cr_expect(fixture_at(&fixture, "errors") == NULL);
    cr_expect_eq(fixture_call(&fixture, "PATCH", target, "{\"draft\":false}"), 200);
    cr_expect(*fixture_text(&fixture, "finalized_at"));
    cr_expect_eq(fixture_call(&fixture, "PATCH", target, "{\"title\":\"x\"}"), 422, "a final note stays as it is");
    fixture_close(&fixture);
}

Test(resources, a_note_belongs_to_a_booking_of_its_patient)
{
    scoped(string_free) char *patient = NULL;
    scoped(string_free) char *other = NULL;
    scoped(string_free) char *type = NULL;
    scoped(string_free) char *visit = NULL;
    scoped(string_free) char *booking = NULL;
    struct fixture fixture;

    fixture_open(&fixture, NULL);
    patient = fixture_quiet_patient(&fixture);
    other = fixture_quiet_patient(&fixture);
    type = fixture_seeded_id(&fixture, "appointment_types", 0);
    visit = fixture_appointment_body(&fixture, patient, type, "2026-03-01T09:00:00Z");
    booking = x_strdup(fixture_create(&fixture, "individual_appointments", visit));
    for (int i = 0; i < 2; i++) {
        scoped(string_free) char *body =
            x_sprintf("{\"patient_id\":\"%s\",\"title\":\"t\",\"draft\":false,\"booking_id\":\"%s\"}",
                      i == 0 ? patient : other, booking);

        cr_expect_eq(fixture_call(&fixture, "POST", "/v1/treatment_notes", body), i == 0 ? 201 : 422, "%s",
                     text_string(&fixture.answer.body));
        if (i == 0)
            cr_expect(strstr(fixture_text(&fixture, "booking.links.self"), "/bookings/"));
    }
    fixture_close(&fixture);
}

Test(resources, children_of_an_archived_patient_are_refused_and_old_ones_still_listed)
{
    static const char *const children[][2] = {
        {"medical_alerts", "\"name\":\"Nuts\""},
        {"communications", "\"type_code\":4,\"direction_code\":1,\"from\":\"a\",\"to\":\"b\",\"content\":\"c\","
                           "\"confidential\":false"},
        {"patient_cases", "\"name\":\"Knee\""},
        {"treatment_notes", "\"title\":\"t\",\"draft\":false"},
    };
    static const int wants[] = {422, 404, 201};

    for (size_t way = 0; way < array_length(wants); way++) {
        const struct sandbox_options options = {.archived_parent = (enum archived_parent)way};
        scoped(string_free) char *patient = NULL;
        scoped(string_free) char *archive = NULL;
        scoped(string_free) char *list = NULL;
        struct fixture fixture;

        fixture_open(&fixture, &options);
        patient = fixture_quiet_patient(&fixture);
        archive = x_sprintf("/v1/patients/%s/archive", patient);
        list = x_sprintf("/v1/patients/%s/medical_alerts", patient);
        for (int archived = 0; archived < 2; archived++) {
            for (size_t i = 0; i < array_length(children); i++) {
                scoped(string_free) char *body = x_sprintf("{\"patient_id\":\"%s\",%s}", patient, children[i][1]);
                scoped(string_free) char *target = x_sprintf("/v1/%s", children[i][0]);
                int got = fixture_call(&fixture, "POST", target, body);

                cr_expect_eq(got, archived ? wants[way] : 201, "%s: got %d, %s", target, got,
                             text_string(&fixture.answer.body));
            }
            if (!archived)
                cr_assert_eq(fixture_call(&fixture, "POST", archive, NULL), 204);
        }
        fixture_call(&fixture, "GET", list, NULL);
        cr_expect_eq(json_number(fixture_at(&fixture, "total_entries"), -1), wants[way] == 201 ? 2 : 1);
        fixture_close(&fixture);
    }
}

Test(resources, a_referring_doctor_is_a_doctor)
{
    static const int wants[] = {422, 201, 422};
    struct fixture fixture;

    fixture_open(&fixture, NULL);
    for (int code = 0; code < 3; code++) {
        scoped(string_free) char *contact = x_sprintf("{\"last_name\":\"B\",\"type_code\":%d}", code);
        scoped(string_free) char *body = NULL;

        fixture_create(&fixture, "contacts", contact);
        body = x_sprintf("{\"first_name\":\"A\",\"last_name\":\"B\",\"referring_doctor_id\":\"%s\"}", fixture.id);
        cr_expect_eq(fixture_call(&fixture, "POST", "/v1/patients", body), wants[code], "type_code %d", code);
    }
    fixture_close(&fixture);
}

Test(resources, a_block_conflicts_with_an_appointment)
{
    scoped(string_free) char *business = NULL;
    scoped(string_free) char *practitioner = NULL;
    scoped(string_free) char *body = NULL;
    scoped(string_free) char *conflicts = NULL;
    scoped(string_free) char *booking = NULL;
    scoped(string_free) char *patient = NULL;
    scoped(string_free) char *type = NULL;
    scoped(string_free) char *visit = NULL;
    struct fixture fixture;

    fixture_open(&fixture, NULL);
    business = fixture_seeded_id(&fixture, "businesses", 0);
    practitioner = fixture_seeded_id(&fixture, "practitioners", 0);
    body = x_sprintf("{\"business_id\":\"%s\",\"practitioner_id\":\"%s\",\"starts_at\":\"2026-03-01T09:00:00Z\","
                     "\"ends_at\":\"2026-03-01T10:00:00Z\"}",
                     business, practitioner);
    conflicts = x_sprintf("/v1/unavailable_blocks/%s/conflicts", fixture_create(&fixture, "unavailable_blocks", body));
    booking = x_sprintf("/v1/bookings/%s", fixture.id);
    cr_expect_eq(fixture_call(&fixture, "GET", booking, NULL), 200);
    fixture_call(&fixture, "GET", conflicts, NULL);
    cr_expect_not(json_bool(fixture_at(&fixture, "conflicts.exist"), true));
    patient = fixture_quiet_patient(&fixture);
    type = fixture_seeded_id(&fixture, "appointment_types", 0);
    visit = fixture_appointment_body(&fixture, patient, type, "2026-03-01T09:30:00Z");
    fixture_create(&fixture, "individual_appointments", visit);
    fixture_call(&fixture, "GET", conflicts, NULL);
    cr_expect(json_bool(fixture_at(&fixture, "conflicts.exist"), false));
    fixture_close(&fixture);
}

Test(resources, closed_cases_are_not_active)
{
    scoped(string_free) char *patient = NULL;
    struct fixture fixture;

    fixture_open(&fixture, NULL);
    patient = fixture_quiet_patient(&fixture);
    for (int closed = 0; closed < 2; closed++) {
        scoped(string_free) char *body =
            x_sprintf("{\"patient_id\":\"%s\",\"name\":\"Knee\",\"closed\":%s}", patient, closed ? "true" : "false");

        fixture_create(&fixture, "patient_cases", body);
    }
    fixture_call(&fixture, "GET", "/v1/patient_cases", NULL);
    cr_expect_eq(json_number(fixture_at(&fixture, "total_entries"), -1), 2);
    fixture_call(&fixture, "GET", "/v1/patient_cases/active", NULL);
    cr_expect_eq(json_number(fixture_at(&fixture, "total_entries"), -1), 1);
    fixture_close(&fixture);
}

Test(resources, attendees_are_found_by_a_hundred_bookings_at_once)
{
    scoped(string_free) char *patient = NULL;
    scoped(string_free) char *type = NULL;
    struct text target;
    struct fixture fixture;

    fixture_open(&fixture, NULL);
    patient = fixture_quiet_patient(&fixture);
    type = fixture_seeded_id(&fixture, "appointment_types", 0);
    text_init(&target, TARGET_MAX);
    text_puts(&target, "/v1/attendees?per_page=100&q%5B%5D=booking_id%3A%3D");
    for (int i = 0; i < LONG_LIST; i++) {
        scoped(string_free) char *body = fixture_appointment_body(&fixture, patient, type, "2026-03-01T09:00:00Z");

        text_printf(&target, "%s%s", i ? "%2C" : "", fixture_create(&fixture, "individual_appointments", body));
    }
    cr_assert_eq(fixture_call(&fixture, "GET", text_string(&target), NULL), 200);
    cr_expect_eq(json_count(fixture_at(&fixture, "attendees")), LONG_LIST);
    text_release(&target);
    fixture_close(&fixture);
}

Test(resources, concession_prices_are_filtered_as_numbers)
{
    static const char seed[] =
        "{\"accounts\":[{\"name\":\"H\",\"subdomain\":\"h\",\"users\":[{\"first_name\":\"A\",\"last_name\":\"B\","
        "\"email\":\"a@example.com\",\"role\":\"administrator\",\"keys\":[\"" OWNER_KEY "\"]}],"
        "\"concession_types\":[{\"ref\":\"c\",\"name\":\"C\"}],"
        "\"billable_items\":[{\"ref\":\"b\",\"name\":\"B\",\"item_type\":\"Other\",\"price\":\"9\"}],"
        "\"concession_prices\":[{\"price\":\"9.50\",\"billable_item_id\":\"@b\",\"concession_type_id\":\"@c\"},"
        "{\"price\":\"10.00\",\"billable_item_id\":\"@b\",\"concession_type_id\":\"@c\"}]}]}";
    static const struct {
        const char *filter;
        int want;
    } cases[] = {{"price:=9.5", 1}, {"price:>9.5", 1}, {"price:<=10", 2}, {"price:=9", 0}, {"price:!=10", 1}};
    struct fault fault = {0};
    struct fixture fixture;

    fixture_open(&fixture, NULL);
    sandbox_destroy(&fixture.sandbox);
    fixture.sandbox = sandbox_new(&(struct sandbox_options){.process_ms = 0});
    cr_assert(sandbox_seed(fixture.sandbox, slice_of(seed), fixture.now_ms, &fault), "%s", fault.text);
    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(string_free) char *target = x_sprintf("/v1/concession_prices?q[]=%s", cases[i].filter);

        cr_assert_eq(fixture_call(&fixture, "GET", target, NULL), 200, "%s", text_string(&fixture.answer.body));
        cr_expect_eq(json_number(fixture_at(&fixture, "total_entries"), -1), cases[i].want, "%s", cases[i].filter);
    }
    cr_expect_eq(fixture_call(&fixture, "GET", "/v1/concession_prices?q[]=price:=cheap", NULL), 400);
    fixture_close(&fixture);
}
