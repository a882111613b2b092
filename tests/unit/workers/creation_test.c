/* Each entity that is created, against a stub: what is asked, and what becomes of the record. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "sending.h"

TestSuite(creation, .timeout = 120);

static const struct {
    enum entity entity;
    const char *path;
    const char *array;
    const char *payload;
    const char *body;   /* a part of what is sent */
    const char *object; /* members by which the look-up finds it, beside its id and time */
    const char *other;  /* the same of an object that is another record's */
    const char *query;  /* a part of what the look-up asks */
} cases[] = {
    {ENTITY_TAX, "/v1/taxes", "taxes", "{\"name\":\"GST\",\"rate\":\"10\"}", "\"rate\":10", "\"name\":\"GST\"",
     "\"name\":\"VAT\"", "created_at:>="},
    {ENTITY_CONCESSION_TYPE, "/v1/concession_types", "concession_types", "{\"name\":\"Pension\"}",
     "\"name\":\"Pension\"", "\"name\":\"Pension\"", "\"name\":\"pension\"", "created_at:>="},
    {ENTITY_PRODUCT_SUPPLIER, "/v1/product_suppliers", "product_suppliers", "{\"name\":\"Acme\"}", "\"name\":\"Acme\"",
     "\"name\":\"Acme\"", "\"name\":\"Acme Ltd\"", "name:=Acme"},
    {ENTITY_PRODUCT, "/v1/products", "products",
     "{\"name\":\"Tape\",\"price\":\"12.50\",\"tax\":\"FD-X1\",\"price_includes_tax\":true}", "\"tax_id\":\"501\"",
     "\"name\":\"Tape\",\"notes\":\"[FD-1]\"", "\"name\":\"Tape\",\"notes\":\"[FD-11]\"", "name:=Tape"},
    {ENTITY_BILLABLE_ITEM, "/v1/billable_items", "billable_items",
     "{\"name\":\"Initial\",\"price\":\"80.00\",\"item_type\":\"Service\",\"item_code\":\"I1\",\"tax\":\"FD-X1\"}",
     "\"price\":\"80.00\"", "\"name\":\"Initial\",\"item_code\":\"I1\",\"item_type\":\"Service\"",
     "\"name\":\"Initial\",\"item_code\":\"I2\",\"item_type\":\"Service\"", "archived_at:*"},
    {ENTITY_APPOINTMENT_TYPE, "/v1/appointment_types", "appointment_types",
     "{\"name\":\"Initial\",\"duration_minutes\":45,\"billable_item\":\"FD-B1\"}", "\"billable_item_id\":\"502\"",
     "\"name\":\"Initial\",\"duration_in_minutes\":45", "\"name\":\"Initial\",\"duration_in_minutes\":30",
     "created_at:>="},
    {ENTITY_CONTACT, "/v1/contacts", "contacts", "{\"kind\":\"doctor\",\"first_name\":\"Ann\",\"last_name\":\"O Lee\"}",
     "\"type_code\":1", "\"last_name\":\"O Lee\",\"notes\":\"x [FD-1]\"", "\"last_name\":\"O Lee\",\"notes\":null",
     "last_name:=O Lee"},
    {ENTITY_PATIENT, "/v1/patients", "patients",
     "{\"first_name\":\"Ida\",\"last_name\":\"Poe\",\"concession_type\":\"FD-T1\",\"referring_doctor\":\"FD-C1\"}",
     "\"concession_type_id\":\"503\",\"referring_doctor_id\":\"504\"", "\"old_reference_id\":\"FD-1\"",
     "\"old_reference_id\":\"fd-1\"", "old_reference_id:=FD-1"},
    {ENTITY_MEDICAL_ALERT, "/v1/medical_alerts", "medical_alerts", "{\"patient\":\"FD-P1\",\"name\":\"Latex\"}",
     "\"patient_id\":\"505\"", "\"name\":\"Latex\"", "\"name\":\"Nuts\"", "patient_id:=505"},
    {ENTITY_REMINDER, "/v1/communications", "communications",
     "{\"patient\":\"FD-P1\",\"text\":\"ring\",\"due\":\"2026-02-03\"}", "\"category_code\":12",
     "\"content\":\"Reminder [FD-1]\"", "\"content\":\"Reminder [FD-2]\"", "category_code:=12"},
    {ENTITY_APPOINTMENT, "/v1/individual_appointments", "individual_appointments",
     "{\"patient\":\"FD-P1\",\"practitioner\":\"FD-U1\",\"business\":\"FD-S1\",\"appointment_type\":\"FD-A1\","
     "\"starts_at\":\"2026-03-01T00:00:00Z\",\"ends_at\":\"2026-03-01T01:00:00Z\"}",
     "\"appointment_type_id\":\"508\"",
     "\"practitioner\":{\"links\":{\"self\":\"{base}/v1/practitioners/506\"}},\"business\":{\"links\":{\"self\":"
     "\"{base}/v1/businesses/507\"}},\"appointment_type\":{\"links\":{\"self\":\"{base}/v1/appointment_types/508\"}}",
     "\"practitioner\":{\"links\":{\"self\":\"{base}/v1/practitioners/506\"}},\"business\":{\"links\":{\"self\":"
     "\"{base}/v1/businesses/507\"}},\"appointment_type\":{\"links\":{\"self\":\"{base}/v1/appointment_types/509\"}}",
     "starts_at:<=2026-03-01T00:00:00Z"},
    {ENTITY_UNAVAILABLE_BLOCK, "/v1/unavailable_blocks", "unavailable_blocks",
     "{\"practitioner\":\"FD-U1\",\"business\":\"FD-S1\",\"starts_at\":\"2026-03-01T00:00:00Z\","
     "\"ends_at\":\"2026-03-01T01:00:00Z\",\"notes\":\"leave\"}",
     "\"practitioner_id\":\"506\"", "\"notes\":\"leave [FD-1]\"", "\"notes\":\"leave\"", "practitioner_id:=506"},
    {ENTITY_TREATMENT_NOTE, "/v1/treatment_notes", "treatment_notes",
     "{\"patient\":\"FD-P1\",\"practitioner\":\"FD-U1\",\"appointment\":\"FD-V1\",\"dated\":\"2020-01-02 09:30\","
     "\"author\":\"Jane Lee\",\"title\":\"Visit\",\"body\":{\"text\":\"knee better\"},\"draft\":false}",
     "\"booking_id\":\"510\"", "\"title\":\"2020-01-02 [FD-1]\"", "\"title\":\"2020-01-02 [FD-3]\"", "patient_id:=505"},
};

static void open_case(struct sending *sending, size_t index, const struct stub_route *routes)
{
    sending_open(sending, routes, "/nowhere");
    sending_map(sending, ENTITY_TAX, "FD-X1", "501");
    sending_map(sending, ENTITY_BILLABLE_ITEM, "FD-B1", "502");
    sending_map(sending, ENTITY_CONCESSION_TYPE, "FD-T1", "503");
    sending_map(sending, ENTITY_CONTACT, "FD-C1", "504");
    sending_map(sending, ENTITY_PATIENT, "FD-P1", "505");
    sending_map(sending, ENTITY_PRACTITIONER, "FD-U1", "506");
    sending_map(sending, ENTITY_BUSINESS, "FD-S1", "507");
    sending_map(sending, ENTITY_APPOINTMENT_TYPE, "FD-A1", "508");
    sending_map(sending, ENTITY_APPOINTMENT, "FD-V1", "510");
    sending_stage(sending, cases[index].entity, "FD-1", cases[index].payload);
}

static void expect_state(struct sending *sending, size_t index, const char *want)
{
    const char *got = NULL;

    cr_expect_str_eq(sending->ending, "done", "%s: %s", entity_facts(cases[index].entity)->name, sending->ending);
    got = sending_state(sending, "FD-1");
    cr_expect_str_eq(got, want, "%s: got '%s', want '%s'", entity_facts(cases[index].entity)->name, got, want);
}

static void expect_part(size_t index, const char *text, const char *part)
{
    cr_expect(strstr(text, part), "%s: '%s' is not in %s", entity_facts(cases[index].entity)->name, part, text);
}

Test(creation, sends_each_entity_to_its_place)
{
    for (size_t i = 0; i < array_length(cases); i++) {
        const struct stub_route routes[] = {
            {.path = cases[i].path, .status = 201, .body = "{\"id\":\"9001\"}"},
            {0},
        };
        struct sending sending;

        open_case(&sending, i, routes);
        sending_run(&sending, cases[i].entity);
        expect_state(&sending, i, "created 9001");
        cr_expect_eq(stub_hits(sending.stub, cases[i].path), 1, "%s: %d requests", cases[i].path,
                     stub_hits(sending.stub, cases[i].path));
        expect_part(i, stub_body(sending.stub), cases[i].body);
        cr_expect_str_eq(database_text(&sending.database,
                                       "select cliniko_id from id_map where source_key = 'FD-1' and entity = '%s'",
                                       entity_facts(cases[i].entity)->name),
                         "9001");
        sending_close(&sending);
    }
}

/* A list's answer: an object that is older, one of another record and, unless it is empty, the one that was made. */
static char *list_of(size_t index, bool with_it)
{
    return x_sprintf("{\"%s\":[{\"id\":\"8001\",\"created_at\":\"2999-01-01T00:00:00Z\",%s}%s%s%s],\"links\":{}}",
                     cases[index].array, cases[index].other,
                     with_it ? ",{\"id\":\"8002\",\"created_at\":\"2999-01-01T00:00:00Z\"," : "",
                     with_it ? cases[index].object : "", with_it ? "}" : "");
}

Test(creation, adopts_what_was_made_without_an_answer)
{
    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(string_free) char *list = list_of(i, true);
        const struct stub_route routes[] = {
            {.path = cases[i].path, .uses = 1, .kind = STUB_DROP},
            {.path = cases[i].path, .body = list},
            {0},
        };
        struct sending sending;

        open_case(&sending, i, routes);
        sending_run(&sending, cases[i].entity);
        expect_state(&sending, i, "created 8002");
        cr_expect_eq(stub_hits(sending.stub, cases[i].path), 2, "%s: %d requests", cases[i].path,
                     stub_hits(sending.stub, cases[i].path));
        expect_part(i, stub_query(sending.stub), cases[i].query);
        sending_close(&sending);
    }
}

Test(creation, sends_again_what_two_looks_did_not_find)
{
    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(string_free) char *list = list_of(i, false);
        const struct stub_route routes[] = {
            {.path = cases[i].path, .uses = 1, .kind = STUB_DROP},
            {.path = cases[i].path, .uses = 2, .body = list},
            {.path = cases[i].path, .status = 201, .body = "{\"id\":\"9002\"}"},
            {0},
        };
        struct sending sending;

        open_case(&sending, i, routes);
        sending_run(&sending, cases[i].entity);
        expect_state(&sending, i, "created 9002");
        cr_expect_eq(stub_hits(sending.stub, cases[i].path), 4, "%s: %d requests", cases[i].path,
                     stub_hits(sending.stub, cases[i].path));
        expect_part(i, stub_body(sending.stub), cases[i].body);
        sending_close(&sending);
    }
}

Test(creation, never_adopts_what_stands_for_another_record)
{
    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(string_free) char *list = list_of(i, true);
        const struct stub_route routes[] = {
            {.path = cases[i].path, .uses = 1, .kind = STUB_DROP},
            {.path = cases[i].path, .uses = 2, .body = list},
            {.path = cases[i].path, .status = 201, .body = "{\"id\":\"9003\"}"},
            {0},
        };
        struct sending sending;

        open_case(&sending, i, routes);
        sending_map(&sending, cases[i].entity, "FD-twin", "8002");
        sending_run(&sending, cases[i].entity);
        expect_state(&sending, i, "created 9003");
        sending_close(&sending);
    }
}

Test(creation, fails_what_is_refused_with_the_words_of_cliniko)
{
    for (size_t i = 0; i < array_length(cases); i++) {
        const struct stub_route routes[] = {
            {.path = cases[i].path,
             .status = 422,
             .body = "{\"message\":\"Validation Failed\",\"errors\":{\"base\":\"is too odd\"}}"},
            {0},
        };
        struct sending sending;

        open_case(&sending, i, routes);
        sending_run(&sending, cases[i].entity);
        expect_state(&sending, i, "failed Cliniko refused it (422): base: is too odd");
        sending_close(&sending);
    }
}

/* Names alone cannot tell such records apart: only what was made since the sending is taken for theirs. */
Test(creation, of_what_has_no_marker_adopts_nothing_older)
{
    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(string_free) char *list =
            x_sprintf("{\"%s\":[{\"id\":\"8002\",\"created_at\":\"2020-01-01T00:00:00Z\",%s}],\"links\":{}}",
                      cases[i].array, cases[i].object);
        const struct stub_route routes[] = {
            {.path = cases[i].path, .uses = 1, .kind = STUB_DROP},
            {.path = cases[i].path, .uses = 2, .body = list},
            {.path = cases[i].path, .status = 201, .body = "{\"id\":\"9004\"}"},
            {0},
        };
        struct sending sending;

        if (strstr(cases[i].object, "FD-1") || cases[i].entity == ENTITY_APPOINTMENT)
            continue;
        open_case(&sending, i, routes);
        sending_run(&sending, cases[i].entity);
        expect_state(&sending, i, "created 9004");
        sending_close(&sending);
    }
}

Test(creation, says_what_a_record_goes_without)
{
    static const struct stub_route routes[] = {
        {.path = "/v1/patients", .status = 201, .body = "{\"id\":\"9001\"}"},
        {0},
    };
    struct sending sending;

    sending_open(&sending, routes, "/nowhere");
    sending_stage(&sending, ENTITY_PATIENT, "FD-1",
                  "{\"first_name\":\"Ida\",\"last_name\":\"Poe\",\"referring_doctor\":\"FD-C9\"}");
    database_run(&sending.database, "update record set warning = 'shortened'");
    sending_run(&sending, ENTITY_PATIENT);
    cr_expect_str_eq(sending_state(&sending, "FD-1"), "created 9001");
    cr_expect_str_eq(database_text(&sending.database, "select warning from record"),
                     "shortened; went over without what is not in Cliniko: referring_doctor");
    cr_expect_null(strstr(stub_body(sending.stub), "referring_doctor_id"));
    sending_close(&sending);
}

Test(creation, skips_dependants_and_names_what_is_missing)
{
    static const struct {
        enum entity entity;
        const char *payload;
        const char *want;
    } orphans[] = {
        {ENTITY_MEDICAL_ALERT, "{\"patient\":\"FD-P9\",\"name\":\"Latex\"}",
         "skipped its patient FD-P9 is not in Cliniko"},
        {ENTITY_TREATMENT_NOTE,
         "{\"patient\":\"FD-P9\",\"practitioner\":\"FD-U1\",\"dated\":\"2020-01-02\",\"body\":{\"text\":\"x\"}}",
         "skipped its patient FD-P9 is not in Cliniko"},
        {ENTITY_PRODUCT_ARCHIVAL, "{\"product\":\"FD-R9\"}", "skipped its product FD-R9 is not in Cliniko"},
        {ENTITY_REMINDER_PREFERENCE, "{\"patient\":\"FD-P9\",\"reminder_type\":\"SMS\"}",
         "skipped its patient FD-P9 is not in Cliniko"},
        {ENTITY_UNAVAILABLE_BLOCK,
         "{\"practitioner\":\"FD-U9\",\"business\":\"FD-S1\",\"starts_at\":\"2026-03-01T00:00:00Z\","
         "\"ends_at\":\"2026-03-01T01:00:00Z\"}",
         "skipped its practitioner is not in Cliniko"},
    };
    static const struct stub_route routes[] = {{0}};

    for (size_t i = 0; i < array_length(orphans); i++) {
        struct sending sending;

        sending_open(&sending, routes, "/nowhere");
        sending_stage(&sending, orphans[i].entity, "FD-1", orphans[i].payload);
        sending_run(&sending, orphans[i].entity);
        cr_expect_str_eq(sending_state(&sending, "FD-1"), orphans[i].want);
        sending_close(&sending);
    }
}

/* A worker died after it had sent: whoever comes next looks before it sends. */
Test(creation, asks_first_about_what_an_earlier_lease_sent)
{
    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(string_free) char *list = list_of(i, true);
        const struct stub_route routes[] = {{.path = cases[i].path, .body = list}, {0}};
        struct sending sending;

        open_case(&sending, i, routes);
        database_run(&sending.database, "update record set state = 'sending', lease_token = 1, attempts = 1, "
                                        "sent_at = now() - interval '1 minute'");
        sending_run(&sending, cases[i].entity);
        expect_state(&sending, i, "created 8002");
        cr_expect_str_eq(stub_method(sending.stub), "GET", "%s", cases[i].path);
        cr_expect_eq(stub_hits(sending.stub, cases[i].path), 1, "%s: %d requests", cases[i].path,
                     stub_hits(sending.stub, cases[i].path));
        sending_close(&sending);
    }
}

/* Two concessions of one name; the answer for one of them is lost. The other's object must not be taken for it. */
Test(creation, of_equal_records_gives_each_an_object_of_its_own)
{
    static const struct stub_route routes[] = {
        {.path = "/v1/concession_types", .uses = 1, .kind = STUB_DROP},
        {.path = "/v1/concession_types", .uses = 1, .status = 201, .body = "{\"id\":\"8002\"}"},
        {.path = "/v1/concession_types",
         .uses = 2,
         .body = "{\"concession_types\":[{\"id\":\"8002\",\"name\":\"Pension\",\"created_at\":"
                 "\"2999-01-01T00:00:00Z\"}],\"links\":{}}"},
        {.path = "/v1/concession_types", .status = 201, .body = "{\"id\":\"8003\"}"},
        {0},
    };
    struct sending sending;

    sending_open(&sending, routes, "/nowhere");
    sending_stage(&sending, ENTITY_CONCESSION_TYPE, "FD-1", "{\"name\":\"Pension\"}");
    sending_stage(&sending, ENTITY_CONCESSION_TYPE, "FD-2", "{\"name\":\"Pension\"}");
    sending_run(&sending, ENTITY_CONCESSION_TYPE);
    cr_expect_str_eq(sending.ending, "done");
    cr_expect_str_eq(database_text(&sending.database,
                                   "select string_agg(cliniko_id, ' ' order by cliniko_id) from record "
                                   "where state = 'created'"),
                     "8002 8003");
    sending_close(&sending);
}
