/* Bodies of everything but notes and files, as API reference 5 wants them. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"
#include "model/body.h"

static const struct body_ids all_ids = {
    .of[ENTITY_PATIENT] = "1800000000000000001",
    .of[ENTITY_PRACTITIONER] = "1800000000000000002",
    .of[ENTITY_BUSINESS] = "1800000000000000003",
    .of[ENTITY_TAX] = "1800000000000000005",
    .of[ENTITY_BILLABLE_ITEM] = "1800000000000000006",
    .of[ENTITY_CONCESSION_TYPE] = "1800000000000000007",
    .of[ENTITY_CONTACT] = "1800000000000000008",
};

typedef bool write_fn(enum entity entity, const char *source_key, const struct json *payload,
                      const struct body_ids *ids, struct text *out, struct fault *fault);

/* The body, or "! " and the fault; the caller frees it. */
static char *written(write_fn *write, enum entity entity, const char *payload_text, const struct body_ids *ids)
{
    scoped(json_destroy) struct json *payload = NULL;
    scoped(json_destroy) struct json *body = NULL;
    struct fault fault = {0};
    struct text out;

    text_init(&out, 100000);
    cr_assert(json_parse(payload_text, strlen(payload_text), &payload, &fault), "%s: %s", payload_text, fault.text);
    if (!write(entity, "FD-7", payload, ids, &out, &fault)) {
        text_release(&out);
        return x_sprintf("! %s: %s", fault_kind_name(fault.kind), fault.text);
    }
    cr_expect(json_parse(text_string(&out), out.size, &body, &fault), "%s: %s", text_string(&out), fault.text);
    return text_take(&out);
}

struct body_case {
    const char *name;
    enum entity entity;
    const char *payload;
    const char *want;
};

static void check(const struct body_case *cases, size_t count, write_fn *write, const struct body_ids *ids)
{
    for (size_t i = 0; i < count; i++) {
        scoped(string_free) char *got = written(write, cases[i].entity, cases[i].payload, ids);

        cr_expect_str_eq(got, cases[i].want, "%s: got %s, want %s", cases[i].name, got, cases[i].want);
    }
}

Test(body_entities, hold_what_the_catalogue_needs)
{
    static const struct body_case cases[] = {
        {"tax", ENTITY_TAX, "{\"name\":\"GST\",\"rate\":\"12.5\"}", "{\"name\":\"GST\",\"rate\":12.5}"},
        {"tax, exact", ENTITY_TAX, "{\"name\":\"X\",\"rate\":\"0.1234567890123456789\"}",
         "{\"name\":\"X\",\"rate\":0.1234567890123456789}"},
        {"concession", ENTITY_CONCESSION_TYPE, "{\"name\":\"Pensioner\"}", "{\"name\":\"Pensioner\"}"},
        {"supplier", ENTITY_PRODUCT_SUPPLIER, "{\"name\":\"Ortho & Co\"}", "{\"name\":\"Ortho & Co\"}"},
        {"smallest product", ENTITY_PRODUCT, "{\"name\":\"Roller\",\"price\":\"0.00\"}",
         "{\"name\":\"Roller\",\"price\":0,\"notes\":\"[FD-7]\",\"tax_id\":\"1800000000000000005\"}"},
        {"full product", ENTITY_PRODUCT,
         "{\"name\":\"Roller\",\"price\":\"39.95\",\"price_includes_tax\":true,\"cost_price\":\"20.125\","
         "\"item_code\":\"FR\",\"serial_number\":\"93\",\"tax\":\"FD-T\",\"product_supplier_name\":\"Ortho\","
         "\"stock_level\":-3,\"notes\":\"Blue\\n90 cm\",\"archived\":true}",
         "{\"name\":\"Roller\",\"price\":39.95,\"price_includes_tax\":true,\"cost_price\":\"20.125\","
         "\"item_code\":\"FR\",\"serial_number\":\"93\",\"product_supplier_name\":\"Ortho\",\"stock_level\":-3,"
         "\"notes\":\"Blue\\n90 cm\\n[FD-7]\",\"tax_id\":\"1800000000000000005\"}"},
        {"price as digits", ENTITY_PRODUCT, "{\"name\":\"R\",\"price\":\"+007.10\"}",
         "{\"name\":\"R\",\"price\":7.1,\"notes\":\"[FD-7]\",\"tax_id\":\"1800000000000000005\"}"},
        {"billable item", ENTITY_BILLABLE_ITEM,
         "{\"name\":\"Initial\",\"item_code\":\"500\",\"item_type\":\"Service\",\"price\":\"95.00\",\"tax\":\"t\"}",
         "{\"name\":\"Initial\",\"item_type\":\"Service\",\"price\":\"95.00\",\"item_code\":\"500\","
         "\"tax_id\":\"1800000000000000005\"}"},
        {"appointment type", ENTITY_APPOINTMENT_TYPE, "{\"name\":\"N\",\"duration_minutes\":30,\"color\":\"#fff\"}",
         "{\"name\":\"N\",\"duration_in_minutes\":30,\"max_attendees\":1,\"color\":\"#fff\",\"practitioner_ids\":[],"
         "\"business_ids\":[],\"appointment_confirmation_template_ids\":[],\"appointment_reminder_template_ids\":[],"
         "\"show_in_online_bookings\":false,\"billable_item_id\":\"1800000000000000006\"}"},
    };

    check(cases, array_length(cases), body_write, &all_ids);
}

Test(body_entities, hold_what_people_need)
{
    static const struct body_case cases[] = {
        {"firm", ENTITY_CONTACT, "{\"kind\":\"standard\",\"company_name\":\"Ortho\",\"phones\":[]}",
         "{\"type_code\":0,\"company_name\":\"Ortho\",\"phone_numbers\":[],\"notes\":\"[FD-7]\"}"},
        {"doctor", ENTITY_CONTACT,
         "{\"kind\":\"doctor\",\"doctor_type\":\"specialist\",\"title\":\"Dr\",\"first_name\":\"A\",\"last_name\":\"B\","
         "\"preferred_name\":\"C\",\"company_name\":\"D\",\"occupation\":\"E\",\"provider_number\":\"2123456A\","
         "\"address_1\":\"1\",\"address_2\":\"2\",\"address_3\":\"3\",\"city\":\"F\",\"state\":\"G\","
         "\"post_code\":\"0800\",\"country_code\":\"AU\",\"email\":\"a@example.com\","
         "\"phones\":[{\"type\":\"Fax\",\"number\":\"08 1\"}],\"notes\":\"H\",\"archived\":true}",
         "{\"type_code\":1,\"doctor_type\":\"specialist\",\"title\":\"Dr\",\"first_name\":\"A\",\"last_name\":\"B\","
         "\"preferred_name\":\"C\",\"company_name\":\"D\",\"occupation\":\"E\",\"provider_number\":\"2123456A\","
         "\"email\":\"a@example.com\",\"address_1\":\"1\",\"address_2\":\"2\",\"address_3\":\"3\",\"city\":\"F\","
         "\"state\":\"G\",\"post_code\":\"0800\",\"country_code\":\"AU\","
         "\"phone_numbers\":[{\"phone_type\":\"Fax\",\"number\":\"08 1\"}],\"notes\":\"H\\n[FD-7]\"}"},
        {"payer", ENTITY_CONTACT, "{\"kind\":\"third_party\",\"company_name\":\"Fund\",\"phones\":[]}",
         "{\"type_code\":2,\"company_name\":\"Fund\",\"phone_numbers\":[],\"notes\":\"[FD-7]\"}"},
        {"patient", ENTITY_PATIENT,
         "{\"first_name\":\"A\",\"last_name\":\"B\",\"concession_type\":\"c\",\"referring_doctor\":\"d\","
         "\"referral_source\":\"Yellow Pages\",\"reminder_preference\":\"SMS\",\"phones\":[]}",
         "{\"first_name\":\"A\",\"last_name\":\"B\",\"referral_source\":\"Yellow Pages\",\"patient_phone_numbers\":[],"
         "\"old_reference_id\":\"FD-7\",\"concession_type_id\":\"1800000000000000007\","
         "\"referring_doctor_id\":\"1800000000000000008\",\"reminder_type\":\"None\","
         "\"receives_confirmation_emails\":false}"},
        {"alert", ENTITY_MEDICAL_ALERT, "{\"patient\":\"p\",\"name\":\"Nuts (1/2)\"}",
         "{\"patient_id\":\"1800000000000000001\",\"name\":\"Nuts (1/2)\"}"},
        {"reminder", ENTITY_REMINDER, "{\"patient\":\"p\",\"text\":\"Ring\\nher\",\"done\":false}",
         "{\"patient_id\":\"1800000000000000001\",\"content\":\"Reminder: Ring\\nher\\n[FD-7]\",\"type_code\":4,"
         "\"category_code\":12,\"direction_code\":1,\"from\":\"Previous system\",\"to\":\"Clinic\","
         "\"confidential\":false}"},
        {"reminder with a day", ENTITY_REMINDER,
         "{\"patient\":\"p\",\"text\":\"Ring\",\"due\":\"2026-05-01\",\"done\":true}",
         "{\"patient_id\":\"1800000000000000001\",\"content\":\"Reminder, due 2026-05-01, done: Ring\\n[FD-7]\","
         "\"type_code\":4,\"category_code\":12,\"direction_code\":1,\"from\":\"Previous system\",\"to\":\"Clinic\","
         "\"confidential\":false}"},
        {"preference, SMS", ENTITY_REMINDER_PREFERENCE, "{\"patient\":\"p\",\"reminder_type\":\"SMS\"}",
         "{\"reminder_type\":\"SMS\"}"},
        {"preference, both", ENTITY_REMINDER_PREFERENCE, "{\"patient\":\"p\",\"reminder_type\":\"SMS & Email\"}",
         "{\"reminder_type\":\"SMS & Email\",\"receives_confirmation_emails\":true}"},
        {"block", ENTITY_UNAVAILABLE_BLOCK,
         "{\"starts_at\":\"2026-03-01T00:00:00Z\",\"ends_at\":\"2026-03-01T00:30:00Z\",\"notes\":\"Lunch\"}",
         "{\"practitioner_id\":\"1800000000000000002\",\"business_id\":\"1800000000000000003\","
         "\"starts_at\":\"2026-03-01T00:00:00Z\",\"ends_at\":\"2026-03-01T00:30:00Z\",\"notes\":\"Lunch\\n[FD-7]\"}"},
        {"archived product", ENTITY_PRODUCT_ARCHIVAL, "{\"product\":\"p\"}", "{}"},
        {"archived item", ENTITY_BILLABLE_ITEM_ARCHIVAL, "{\"billable_item\":\"p\"}", "{}"},
        {"archived type", ENTITY_APPOINTMENT_TYPE_ARCHIVAL, "{\"appointment_type\":\"p\"}", "{}"},
        {"archived contact", ENTITY_CONTACT_ARCHIVAL, "{\"contact\":\"p\"}", "{}"},
    };

    check(cases, array_length(cases), body_write, &all_ids);
}

Test(body_entities, are_refused_without_what_they_need)
{
    static const struct body_ids none = {.of = {NULL}};
    static const struct body_case cases[] = {
        {"tax without a rate", ENTITY_TAX, "{\"name\":\"GST\"}", "! refused: rate: missing"},
        {"tax with a number", ENTITY_TAX, "{\"name\":\"GST\",\"rate\":10}", "! refused: rate: not a text"},
        {"tax of words", ENTITY_TAX, "{\"name\":\"GST\",\"rate\":\"ten\"}", "! refused: rate is not a decimal number"},
        {"nameless", ENTITY_CONCESSION_TYPE, "{\"name\":\"\"}", "! refused: name is empty"},
        {"priceless", ENTITY_PRODUCT, "{\"name\":\"N\"}", "! refused: price: missing"},
        {"price that is JSON", ENTITY_PRODUCT, "{\"name\":\"N\",\"price\":\"1,\\\"x\\\":2\"}",
         "! refused: price is not a decimal number"},
        {"item without a price", ENTITY_BILLABLE_ITEM, "{\"name\":\"N\",\"price\":\"\"}", "! refused: price is empty"},
        {"alert", ENTITY_MEDICAL_ALERT, "{\"patient\":\"p\",\"name\":\"x\"}",
         "! refused: its patient is not in Cliniko"},
        {"reminder", ENTITY_REMINDER, "{\"patient\":\"p\",\"text\":\"x\"}", "! refused: its patient is not in Cliniko"},
        {"block", ENTITY_UNAVAILABLE_BLOCK, "{}", "! refused: its practitioner is not in Cliniko"},
        {"preference", ENTITY_REMINDER_PREFERENCE, "{}", "! refused: reminder_type: missing"},
        {"note", ENTITY_TREATMENT_NOTE, "{}", "! internal: the body of a treatment_note is not written this way"},
        {"file", ENTITY_XRAY, "{}", "! internal: the body of a xray is not written this way"},
        {"location", ENTITY_BUSINESS, "{}", "! internal: the body of a business is not written this way"},
    };

    check(cases, array_length(cases), body_write, &none);
}

Test(body_entities, do_without_optional_references_and_say_so)
{
    static const struct {
        enum entity entity;
        const char *payload;
        const char *want;
    } cases[] = {
        {ENTITY_PATIENT, "{\"concession_type\":\"c\",\"referring_doctor\":\"d\"}", "concession_type, referring_doctor"},
        {ENTITY_PATIENT, "{\"referring_doctor\":null}", ""},
        {ENTITY_PRODUCT, "{\"tax\":\"t\"}", "tax"},
        {ENTITY_BILLABLE_ITEM, "{\"tax\":\"t\"}", "tax"},
        {ENTITY_APPOINTMENT_TYPE, "{\"billable_item\":\"b\"}", "billable_item"},
        {ENTITY_TREATMENT_NOTE, "{\"patient\":\"p\",\"practitioner\":\"q\",\"appointment\":\"a\"}", "appointment"},
        {ENTITY_APPOINTMENT, "{\"patient\":\"p\"}", ""},
    };
    static const struct body_ids none = {.of = {NULL}};
    scoped(string_free) char *patient = written(
        body_write, ENTITY_PATIENT,
        "{\"first_name\":\"A\",\"last_name\":\"B\",\"concession_type\":\"c\",\"referring_doctor\":\"d\"}", &none);

    cr_expect_null(strstr(patient, "_id\":\"18"), "got %s", patient);
    cr_expect_null(strstr(patient, "referring"), "got %s", patient);
    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(json_destroy) struct json *payload = NULL;
        struct fault fault = {0};
        struct text names;

        text_init(&names, 1000);
        cr_assert(json_parse(cases[i].payload, strlen(cases[i].payload), &payload, &fault));
        body_left_out(cases[i].entity, payload, &none, &names);
        cr_expect_str_eq(text_string(&names), cases[i].want, "%s: got '%s', want '%s'", cases[i].payload,
                         text_string(&names), cases[i].want);
        text_clear(&names);
        body_left_out(cases[i].entity, payload,
                      &(struct body_ids){.of = {[ENTITY_TAX] = "1",
                                                [ENTITY_BILLABLE_ITEM] = "2",
                                                [ENTITY_CONCESSION_TYPE] = "3",
                                                [ENTITY_CONTACT] = "4",
                                                [ENTITY_APPOINTMENT] = "5"}},
                      &names);
        cr_expect_str_eq(text_string(&names), "", "%s: got '%s', want none", cases[i].payload, text_string(&names));
        text_release(&names);
    }
}

Test(body_entities, are_expected_as_they_stand_in_the_end)
{
    static const struct body_case cases[] = {
        {"patient with a preference", ENTITY_PATIENT,
         "{\"first_name\":\"A\",\"last_name\":\"B\",\"reminder_preference\":\"SMS\",\"phones\":[]}",
         "{\"first_name\":\"A\",\"last_name\":\"B\",\"patient_phone_numbers\":[],\"old_reference_id\":\"FD-7\"}"},
        {"patient without", ENTITY_PATIENT,
         "{\"first_name\":\"A\",\"last_name\":\"B\",\"reminder_preference\":\"None\",\"phones\":[]}",
         "{\"first_name\":\"A\",\"last_name\":\"B\",\"patient_phone_numbers\":[],\"old_reference_id\":\"FD-7\","
         "\"reminder_type\":\"None\",\"receives_confirmation_emails\":false}"},
        {"note", ENTITY_TREATMENT_NOTE, "{\"dated\":\"2024-03-01\",\"draft\":true,\"body\":{\"text\":\"x\"}}",
         "{\"patient_id\":\"1\",\"booking_id\":\"2\",\"title\":\"2024-03-01 [FD-7]\",\"draft\":true}"},
        {"attachment", ENTITY_ATTACHMENT,
         "{\"file_name\":\"a.pdf\",\"content\":{\"locator\":\"x\",\"size\":1234567890123}}",
         "{\"patient_id\":\"1\",\"description\":\"a.pdf [FD-7]\"}"},
        {"attachment of text", ENTITY_ATTACHMENT, "{\"file_name\":\"a.txt\",\"content\":{\"text\":\"x\"}}",
         "{\"patient_id\":\"1\",\"description\":\"a.txt [FD-7]\"}"},
        {"letter", ENTITY_LETTER, "{\"content\":{\"locator\":\"x\",\"size\":12}}",
         "{\"patient_id\":\"1\",\"description\":\"Letter [FD-7]\"}"},
        {"tax", ENTITY_TAX, "{\"name\":\"GST\",\"rate\":\"10\"}", "{\"name\":\"GST\",\"rate\":10}"},
    };
    static const struct body_ids ids = {.of = {[ENTITY_PATIENT] = "1", [ENTITY_APPOINTMENT] = "2"}};

    check(cases, array_length(cases), body_expect, &ids);
}
