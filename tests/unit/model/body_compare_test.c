/* What Cliniko gives back for each kind of record, in its own form (API reference 5). */
#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"
#include "built.h"
#include "model/body.h"

struct compare_case {
    const char *name;
    enum entity entity;
    const char *body;
    const char *object;
    const char *want;
};

static void check(const struct compare_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        scoped(json_destroy) struct json *body = NULL;
        scoped(json_destroy) struct json *object = NULL;
        struct fault fault = {0};
        struct text differences;

        text_init(&differences, 1000);
        cr_assert(json_parse(cases[i].body, strlen(cases[i].body), &body, &fault), "%s: %s", cases[i].body, fault.text);
        cr_assert(json_parse(cases[i].object, strlen(cases[i].object), &object, &fault), "%s: %s", cases[i].object,
                  fault.text);
        body_compare(cases[i].entity, body, object, &differences);
        cr_expect_str_eq(text_string(&differences), cases[i].want, "%s: got '%s', want '%s'", cases[i].name,
                         text_string(&differences), cases[i].want);
        text_release(&differences);
    }
}

#define LINK(relation, id) "\"" relation "\":{\"links\":{\"self\":\"https://api.au1.cliniko.com/v1/x/" id "\"}}"

Test(body_compare, amounts_are_compared_by_value)
{
    static const struct compare_case cases[] = {
        {"product as sent", ENTITY_PRODUCT,
         "{\"name\":\"N\",\"price\":39.95,\"price_includes_tax\":true,\"cost_price\":\"20.10\",\"item_code\":\"C\","
         "\"serial_number\":\"S\",\"tax_id\":\"5\",\"product_supplier_name\":\"Ortho\",\"stock_level\":-3,"
         "\"notes\":\"[FD-7]\"}",
         "{\"name\":\"N\",\"price_including_tax\":\"39.950\",\"price_ex_tax\":\"36.32\",\"cost_price\":\"20.1\","
         "\"item_code\":\"C\",\"serial_number\":\"S\"," LINK("tax", "5") "," LINK(
             "product_supplier", "8") ",\"stock_level\":-3,\"notes\":\"[FD-7]\"}",
         ""},
        {"price without tax", ENTITY_PRODUCT, "{\"price\":10,\"price_includes_tax\":false}",
         "{\"price_including_tax\":\"11.0\",\"price_ex_tax\":\"10.0\"}", ""},
        {"price taken the other way", ENTITY_PRODUCT, "{\"price\":10,\"price_includes_tax\":true}",
         "{\"price_including_tax\":\"11.0\",\"price_ex_tax\":\"10.0\"}", "price"},
        {"price, either way", ENTITY_PRODUCT, "{\"price\":11}",
         "{\"price_including_tax\":\"11.0\",\"price_ex_tax\":\"10.0\"}", ""},
        {"price, neither", ENTITY_PRODUCT, "{\"price\":12}",
         "{\"price_including_tax\":\"11.0\",\"price_ex_tax\":\"10.0\"}", "price"},
        {"no price", ENTITY_PRODUCT, "{\"price\":0}", "{}", "price"},
        {"cost", ENTITY_PRODUCT, "{\"cost_price\":\"20.10\"}", "{\"cost_price\":\"20.11\"}", "cost_price"},
        {"stock", ENTITY_PRODUCT, "{\"stock_level\":-3}", "{\"stock_level\":0}", "stock_level"},
        {"another tax", ENTITY_PRODUCT, "{\"tax_id\":\"5\"}", "{" LINK("tax", "51") "}", "tax_id"},
        {"supplier by name", ENTITY_PRODUCT, "{\"product_supplier_name\":\"Ortho\"}",
         "{\"product_supplier_name\":\"Other\"}", "product_supplier_name"},
        {"no supplier", ENTITY_PRODUCT, "{\"product_supplier_name\":\"Ortho\"}",
         "{\"product_supplier_name\":null,\"product_supplier\":null}", "product_supplier_name"},
        {"item", ENTITY_BILLABLE_ITEM,
         "{\"name\":\"N\",\"item_type\":\"Service\",\"price\":\"95.00\",\"tax_id\":\"5\"}",
         "{\"name\":\"N\",\"item_type\":\"Service\",\"price\":\"95\"," LINK("tax", "5") "}", ""},
        {"item at another price", ENTITY_BILLABLE_ITEM, "{\"price\":\"95.00\"}", "{\"price\":\"95.01\"}", "price"},
        {"item at no price", ENTITY_BILLABLE_ITEM, "{\"price\":\"0.00\"}", "{\"price\":null}", "price"},
        {"item at a price of words", ENTITY_BILLABLE_ITEM, "{\"price\":\"0.00\"}", "{\"price\":\"none\"}", "price"},
        {"tax", ENTITY_TAX, "{\"name\":\"GST\",\"rate\":10}", "{\"name\":\"GST\",\"rate\":10.0,\"amount\":10}", ""},
        {"tax at another rate", ENTITY_TAX, "{\"rate\":10}", "{\"rate\":12.5}", "rate"},
    };

    check(cases, array_length(cases));
}

Test(body_compare, people_are_compared_with_what_they_point_to)
{
    static const struct compare_case cases[] = {
        {"contact", ENTITY_CONTACT,
         "{\"type_code\":1,\"last_name\":\"Lee\",\"country_code\":\"AU\","
         "\"phone_numbers\":[{\"phone_type\":\"Work\",\"number\":\"08 1\"}],\"notes\":\"n\\n[FD-7]\"}",
         "{\"type\":\"Doctor\",\"type_code\":1,\"last_name\":\"Lee\",\"country_code\":\"AU\",\"country\":\"Australia\","
         "\"phone_numbers\":[{\"number\":\"08 1\",\"phone_type\":\"Work\",\"normalized_number\":\"0801\"}],"
         "\"notes\":\"n\\n[FD-7]\"}",
         ""},
        {"contact of another kind", ENTITY_CONTACT, "{\"type_code\":1}", "{\"type_code\":0}", "type_code"},
        {"another phone", ENTITY_CONTACT, "{\"phone_numbers\":[{\"phone_type\":\"Work\",\"number\":\"08 1\"}]}",
         "{\"phone_numbers\":[{\"phone_type\":\"Work\",\"number\":\"08 2\"}]}", "phone_numbers"},
        {"no phone", ENTITY_CONTACT, "{\"phone_numbers\":[{\"phone_type\":\"Work\",\"number\":\"08 1\"}]}",
         "{\"phone_numbers\":null}", "phone_numbers"},
        {"no phones at all", ENTITY_CONTACT, "{\"phone_numbers\":[]}", "{\"phone_numbers\":null}", ""},
        {"patient", ENTITY_PATIENT,
         "{\"old_reference_id\":\"FD-1\",\"concession_type_id\":\"7\",\"referring_doctor_id\":\"8\"}",
         "{\"old_reference_id\":\"FD-1\"," LINK("concession_type", "7") "," LINK("referring_doctor", "8") "}", ""},
        {"patient of another doctor", ENTITY_PATIENT, "{\"old_reference_id\":\"FD-1\",\"referring_doctor_id\":\"8\"}",
         "{\"old_reference_id\":\"FD-2\",\"referring_doctor\":null}", "old_reference_id, referring_doctor_id"},
        {"alert", ENTITY_MEDICAL_ALERT, "{\"patient_id\":\"1\",\"name\":\"Nuts\"}",
         "{\"name\":\"Nuts\"," LINK("patient", "1") "}", ""},
        {"alert of somebody else", ENTITY_MEDICAL_ALERT, "{\"patient_id\":\"1\",\"name\":\"Nuts\"}",
         "{\"name\":\"Nut\"," LINK("patient", "11") "}", "patient_id, name"},
        {"memo", ENTITY_REMINDER,
         "{\"patient_id\":\"1\",\"content\":\"Reminder: x\\n[FD-7]\",\"type_code\":4,\"category_code\":12,"
         "\"direction_code\":1,\"from\":\"a\",\"to\":\"b\",\"confidential\":false}",
         "{" LINK("patient", "1") ",\"content\":\"Reminder: x\\n[FD-7]\",\"type_code\":4,\"type\":\"Other\","
                                  "\"category_code\":12,\"direction_code\":1,\"from\":\"a\",\"to\":\"b\","
                                  "\"confidential\":true}",
         "confidential"},
        {"preference", ENTITY_REMINDER_PREFERENCE, "{\"reminder_type\":\"SMS\"}", "{\"reminder_type\":\"None\"}",
         "reminder_type"},
        {"type", ENTITY_APPOINTMENT_TYPE,
         "{\"name\":\"N\",\"practitioner_ids\":[\"1\"],\"business_ids\":[\"2\"],\"billable_item_id\":\"6\"}",
         "{\"name\":\"N\"," LINK("billable_item", "6") "}", ""},
        {"type without its item", ENTITY_APPOINTMENT_TYPE, "{\"billable_item_id\":\"6\"}", "{}", "billable_item_id"},
        {"block", ENTITY_UNAVAILABLE_BLOCK,
         "{\"practitioner_id\":\"2\",\"business_id\":\"3\",\"starts_at\":\"2026-03-01T00:00:00Z\",\"notes\":\"[FD-7]\"}",
         "{" LINK("practitioner", "2") "," LINK("business", "4") ",\"starts_at\":\"2026-03-01T00:00:00Z\","
                                                                 "\"notes\":\"[FD-7]\"}",
         "business_id"},
    };

    check(cases, array_length(cases));
}

Test(body_compare, archivals_show_in_archived_at)
{
    static const enum entity archivals[] = {ENTITY_PRODUCT_ARCHIVAL, ENTITY_BILLABLE_ITEM_ARCHIVAL,
                                            ENTITY_APPOINTMENT_TYPE_ARCHIVAL, ENTITY_CONTACT_ARCHIVAL, ENTITY_ARCHIVAL};

    for (size_t i = 0; i < array_length(archivals); i++) {
        const struct compare_case cases[] = {
            {"archived", archivals[i], "{}", "{\"archived_at\":\"2026-03-01T00:00:00Z\"}", ""},
            {"not archived", archivals[i], "{}", "{\"archived_at\":null}", "archived_at"},
        };

        check(cases, array_length(cases));
    }
}

Test(body_compare, files_are_compared_once_they_are_processed)
{
    static const struct compare_case cases[] = {
        {"processed", ENTITY_ATTACHMENT, "{\"patient_id\":\"1\",\"description\":\"d [FD-7]\",\"upload_url\":\"u\"}",
         "{" LINK("patient",
                  "1") ",\"description\":\"d [FD-7]\",\"content_type\":\"image/png\",\"processing_completed\":true}",
         ""},
        {"not yet", ENTITY_ATTACHMENT, "{\"description\":\"d\"}",
         "{\"description\":\"d\",\"size\":null,\"processing_completed\":false}", "processing_completed"},
        {"not taken for a file", ENTITY_LETTER, "{}",
         "{\"content_type\":\"invalid/invalid\",\"processing_completed\":true}",
         "content_type: Cliniko takes it for no valid file"},
        {"letter", ENTITY_LETTER, "{\"description\":\"d\"}", "{\"description\":\"e\",\"processing_completed\":true}",
         "description"},
        {"X-ray", ENTITY_XRAY, "{}", "{}", "processing_completed"},
        {"document", ENTITY_NOTE_DOCUMENT, "{}", "{\"processing_completed\":true}", ""},
    };

    check(cases, array_length(cases));
}

Test(body_compare, size_of_a_file_is_compared_once_it_is_known)
{
    static const struct {
        const char *object;
        const char *want;
    } cases[] = {{"{\"size\":1234567890123}", ""}, {"{\"size\":1234567890124}", "size"}, {"{\"size\":null}", ""}};

    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(json_destroy) struct json *object = NULL;
        struct text differences;
        struct fault fault;

        cr_assert(json_parse(cases[i].object, strlen(cases[i].object), &object, &fault));
        text_init(&differences, 100);
        body_compare_size(1234567890123, object, &differences);
        cr_expect_str_eq(text_string(&differences), cases[i].want, "%s", cases[i].object);
        text_release(&differences);
    }
}

#define CONTENT(answer)                                                                                                        \
    "\"content\":{\"sections\":[{\"name\":\"S\",\"questions\":[{\"name\":\"Note\",\"type\":\"paragraph\",\"answer\":\"" answer \
    "\"}]}]}"

Test(body_compare, notes_are_compared_by_what_is_read)
{
    static const char sent[] = "{\"title\":\"t [FD-7]\",\"draft\":false," CONTENT(
        "<div>a &lt; b &amp; c</div><div><br></div><div>d\u00A0\u00A0 e</div>") "}";
    static const struct compare_case cases[] = {
        {"as sent", ENTITY_TREATMENT_NOTE, sent,
         "{\"title\":\"t [FD-7]\",\"draft\":false," CONTENT(
             "<div>a &lt; b &amp; c</div><div><br></div><div>d\u00A0\u00A0 e</div>") "}",
         ""},
        {"other markup", ENTITY_TREATMENT_NOTE, sent,
         "{\"title\":\"t [FD-7]\",\"draft\":false," CONTENT(
             "<p class=\\\"x\\\">a &#60; b &#x26; <b>c</b></p>\\n<br/>d&nbsp;&nbsp; <i>e</i>") "}",
         ""},
        {"a word less", ENTITY_TREATMENT_NOTE, sent,
         "{\"title\":\"t [FD-7]\",\"draft\":false," CONTENT("<div>a &lt; b &amp; c</div><div>d</div>") "}", "content"},
        {"lines run together", ENTITY_TREATMENT_NOTE, sent,
         "{\"title\":\"t [FD-7]\",\"draft\":false," CONTENT("a &lt; b &amp; cd e") "}", "content"},
        {"escapes lost", ENTITY_TREATMENT_NOTE, sent,
         "{\"title\":\"t [FD-7]\",\"draft\":false," CONTENT("<div>a &amp;lt; b &amp;amp; c</div><div>d e</div>") "}",
         "content"},
        {"nothing", ENTITY_TREATMENT_NOTE, sent, "{\"title\":\"t [FD-7]\",\"draft\":true,\"content\":null}",
         "draft, content"},
        {"sections joined", ENTITY_TREATMENT_NOTE,
         "{\"content\":{\"sections\":[{\"questions\":[{\"answer\":\"<div>a</div>\"}]},"
         "{\"questions\":[{\"answer\":\"<div>b</div>\"}]}]}}",
         "{" CONTENT("<div>a</div><div>b</div>") "}", ""},
        {"no answer", ENTITY_TREATMENT_NOTE, "{\"content\":{\"sections\":[{\"questions\":[{\"name\":\"Note\"}]}]}}",
         "{" CONTENT("") "}", ""},
        {"of another visit", ENTITY_TREATMENT_NOTE, "{\"patient_id\":\"1\",\"booking_id\":\"2\"}",
         "{" LINK("patient", "1") "," LINK("booking", "3") "}", "booking_id"},
    };

    check(cases, array_length(cases));
}

/* The content that a note gets is equal to itself, whatever its text. */
Test(body_compare, notes_equal_themselves)
{
    static const char *const texts[] = {"",      "a",         "a\n\nb", "<&>",     "&nbsp;", "a < b > c",
                                        "&#60;", "tab\there", "é  ü",   "a;b&c;d", "\x01",   "日本語\n\n\n語"};
    const struct body_ids ids = {.of = {[ENTITY_PATIENT] = "1"}};

    for (size_t i = 0; i < array_length(texts); i++) {
        scoped(json_destroy) struct json *payload = NULL;
        scoped(json_destroy) struct json *note = NULL;
        scoped(json_destroy) struct json *other = NULL;
        struct fault fault = {0};
        struct text out;
        struct text differences;

        text_init(&out, 10000);
        text_init(&differences, 1000);
        cr_assert(json_parse("{}", 2, &payload, &fault));
        cr_assert(body_write_note("k", payload, &ids, slice_of(texts[i]), &out, &fault));
        cr_assert(json_parse(text_string(&out), out.size, &note, &fault));
        text_clear(&out);
        cr_assert(body_write_note("k", payload, &ids, slice_of("something else"), &out, &fault));
        cr_assert(json_parse(text_string(&out), out.size, &other, &fault));
        body_compare(ENTITY_TREATMENT_NOTE, note, note, &differences);
        cr_expect_str_eq(text_string(&differences), "patient_id", "'%s' differs from itself", texts[i]);
        text_clear(&differences);
        body_compare(ENTITY_TREATMENT_NOTE, note, other, &differences);
        cr_expect_str_eq(text_string(&differences), "patient_id, content", "'%s' equals another", texts[i]);
        text_release(&out);
        text_release(&differences);
    }
}
