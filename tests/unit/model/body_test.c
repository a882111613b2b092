#include "model/body.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"

static const char *const two_ids[] = {"1811111111111111111", "1822222222222222222"};

static const struct body_ids all_ids = {
    .of[ENTITY_PATIENT] = "1800000000000000001",
    .of[ENTITY_PRACTITIONER] = "1800000000000000002",
    .of[ENTITY_BUSINESS] = "1800000000000000003",
    .of[ENTITY_APPOINTMENT_TYPE] = "1800000000000000004",
    .practitioners = two_ids,
    .practitioner_count = 2,
    .businesses = two_ids,
    .business_count = 1,
};

static struct json *parse(const char *text)
{
    struct json *json = NULL;
    struct fault fault = {0};

    cr_assert(json_parse(text, strlen(text), &json, &fault), "%s: %s", text, fault.text);
    return json;
}

/* The body of a payload, to be freed. */
static char *body_of(enum entity entity, const char *payload_text)
{
    scoped(json_destroy) struct json *payload = parse(payload_text);
    struct text out;
    struct fault fault = {0};

    text_init(&out, 100000);
    cr_assert(body_write(entity, "key-7", payload, &all_ids, &out, &fault), "%s", fault.text);
    return text_take(&out);
}

static const char full_patient[] =
    "{\"first_name\":\"Zoë\",\"last_name\":\"O'Brien\",\"title\":\"Dr\",\"preferred_first_name\":\"Zo\","
    "\"date_of_birth\":\"1980-02-29\",\"sex\":\"Female\",\"email\":\"zoe@example.com\",\"address_1\":\"1 High St\","
    "\"address_2\":\"Flat 2\",\"address_3\":\"Rear\",\"city\":\"Perth\",\"state\":\"WA\",\"post_code\":\"6000\","
    "\"country\":\"Australia\",\"medicare\":\"2123456701\",\"medicare_reference_number\":\"1\","
    "\"dva_card_number\":\"WX123456\",\"occupation\":\"Baker\",\"emergency_contact\":\"Tom\",\"notes\":\"n\","
    "\"appointment_notes\":\"a\",\"invoice_email\":\"bill@example.com\","
    "\"phones\":[{\"type\":\"Mobile\",\"number\":\"0400 000 000\"},{\"number\":\"1\"}]}";

Test(body, holds_what_each_entity_needs_and_nothing_else)
{
    static const struct {
        const char *name;
        enum entity entity;
        const char *payload;
        const char *want;
    } cases[] = {
        {"smallest patient", ENTITY_PATIENT, "{\"first_name\":\"A\",\"last_name\":\"B\",\"email\":null,\"x\":1}",
         "{\"first_name\":\"A\",\"last_name\":\"B\",\"patient_phone_numbers\":[],\"old_reference_id\":\"key-7\","
         "\"reminder_type\":\"None\",\"receives_confirmation_emails\":false}"},
        {"full patient", ENTITY_PATIENT, full_patient,
         "{\"first_name\":\"Zoë\",\"last_name\":\"O'Brien\",\"title\":\"Dr\",\"preferred_first_name\":\"Zo\","
         "\"date_of_birth\":\"1980-02-29\",\"sex\":\"Female\",\"email\":\"zoe@example.com\","
         "\"address_1\":\"1 High St\",\"address_2\":\"Flat 2\",\"address_3\":\"Rear\",\"city\":\"Perth\","
         "\"state\":\"WA\",\"post_code\":\"6000\",\"country\":\"Australia\",\"medicare\":\"2123456701\","
         "\"medicare_reference_number\":\"1\",\"dva_card_number\":\"WX123456\",\"occupation\":\"Baker\","
         "\"emergency_contact\":\"Tom\",\"notes\":\"n\",\"appointment_notes\":\"a\","
         "\"invoice_email\":\"bill@example.com\",\"patient_phone_numbers\":[{\"phone_type\":\"Mobile\","
         "\"number\":\"0400 000 000\"},{\"phone_type\":\"Other\",\"number\":\"1\"}],\"old_reference_id\":\"key-7\","
         "\"reminder_type\":\"None\",\"receives_confirmation_emails\":false}"},
        {"appointment type", ENTITY_APPOINTMENT_TYPE, "{\"name\":\"Initial\",\"duration_minutes\":45}",
         "{\"name\":\"Initial\",\"duration_in_minutes\":45,\"max_attendees\":1,\"color\":\"#6c8ebf\","
         "\"practitioner_ids\":[\"1811111111111111111\",\"1822222222222222222\"],"
         "\"business_ids\":[\"1811111111111111111\"],\"appointment_confirmation_template_ids\":[],"
         "\"appointment_reminder_template_ids\":[],\"show_in_online_bookings\":false}"},
        {"appointment", ENTITY_APPOINTMENT,
         "{\"patient\":\"p\",\"starts_at\":\"2026-03-01T00:00:00Z\",\"ends_at\":\"2026-03-01T00:30:00Z\","
         "\"notes\":\"bring\\nX-rays\"}",
         "{\"patient_id\":\"1800000000000000001\",\"practitioner_id\":\"1800000000000000002\","
         "\"business_id\":\"1800000000000000003\",\"appointment_type_id\":\"1800000000000000004\","
         "\"starts_at\":\"2026-03-01T00:00:00Z\",\"ends_at\":\"2026-03-01T00:30:00Z\","
         "\"notes\":\"bring\\nX-rays\"}"},
        {"attendance", ENTITY_ATTENDANCE, "{\"appointment\":\"a\",\"arrived\":true}", "{\"arrived\":true}"},
        {"cancellation", ENTITY_CANCELLATION, "{\"appointment\":\"a\",\"reason\":50,\"note\":\"rain\"}",
         "{\"cancellation_reason\":50,\"cancellation_note\":\"rain\"}"},
        {"archival", ENTITY_ARCHIVAL, "{\"patient\":\"p\"}", "{}"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(string_free) char *got = body_of(cases[i].entity, cases[i].payload);

        cr_expect_str_eq(got, cases[i].want, "%s: got %s, want %s", cases[i].name, got, cases[i].want);
    }
}

/* API reference 5.13: what would make Cliniko write to patients is decided here and nowhere else. */
Test(body, guard_cannot_be_switched_off_by_a_payload)
{
    static const char patient[] =
        "{\"first_name\":\"A\",\"last_name\":\"B\",\"reminder_type\":\"SMS & Email\","
        "\"receives_confirmation_emails\":true,\"old_reference_id\":\"other\",\"patient_phone_numbers\":[1],"
        "\"send_confirmation\":true}";
    static const char type[] =
        "{\"name\":\"N\",\"duration_minutes\":30,\"appointment_confirmation_template_ids\":[\"5\"],"
        "\"appointment_reminder_template_ids\":[\"6\"],\"show_in_online_bookings\":true,\"max_attendees\":9,"
        "\"practitioner_ids\":[\"7\"]}";
    scoped(string_free) char *patient_text = body_of(ENTITY_PATIENT, patient);
    scoped(string_free) char *type_text = body_of(ENTITY_APPOINTMENT_TYPE, type);
    scoped(json_destroy) struct json *patient_body = parse(patient_text);
    scoped(json_destroy) struct json *type_body = parse(type_text);

    cr_expect_str_eq(json_text(json_member(patient_body, "reminder_type"), "?"), "None");
    cr_expect(!json_bool(json_member(patient_body, "receives_confirmation_emails"), true));
    cr_expect_str_eq(json_text(json_member(patient_body, "old_reference_id"), "?"), "key-7");
    cr_expect_null(json_member(patient_body, "send_confirmation"));
    cr_expect_null(strstr(strstr(patient_text, "reminder_type") + 1, "reminder_type"), "it stands there twice");
    cr_expect(json_is_array(json_member(type_body, "appointment_confirmation_template_ids")));
    cr_expect_eq(json_count(json_member(type_body, "appointment_confirmation_template_ids")), 0);
    cr_expect(json_is_array(json_member(type_body, "appointment_reminder_template_ids")));
    cr_expect_eq(json_count(json_member(type_body, "appointment_reminder_template_ids")), 0);
    cr_expect(!json_bool(json_member(type_body, "show_in_online_bookings"), true));
    cr_expect_eq(json_number(json_member(type_body, "max_attendees"), 0), 1);
    cr_expect_eq(json_count(type_body), 9, "got %zu members, want 9", json_count(type_body));
}

Test(body, of_an_appointment_needs_all_that_it_points_to)
{
    static const char payload_text[] = "{\"starts_at\":\"2026-03-01T00:00:00Z\",\"ends_at\":\"2026-03-01T00:30:00Z\"}";
    static const struct {
        const char *want;
        struct body_ids ids;
        const char *payload;
    } cases[] = {
        {"patient",
         {.of[ENTITY_PRACTITIONER] = "2", .of[ENTITY_BUSINESS] = "3", .of[ENTITY_APPOINTMENT_TYPE] = "4"},
         payload_text},
        {"practitioner",
         {.of[ENTITY_PATIENT] = "1", .of[ENTITY_BUSINESS] = "3", .of[ENTITY_APPOINTMENT_TYPE] = "4"},
         payload_text},
        {"location",
         {.of[ENTITY_PATIENT] = "1", .of[ENTITY_PRACTITIONER] = "2", .of[ENTITY_APPOINTMENT_TYPE] = "4"},
         payload_text},
        {"appointment type",
         {.of[ENTITY_PATIENT] = "1", .of[ENTITY_PRACTITIONER] = "2", .of[ENTITY_BUSINESS] = "3"},
         payload_text},
        {"starts_at",
         {.of[ENTITY_PATIENT] = "1",
          .of[ENTITY_PRACTITIONER] = "2",
          .of[ENTITY_BUSINESS] = "3",
          .of[ENTITY_APPOINTMENT_TYPE] = "4"},
         "{\"ends_at\":\"2026-03-01T00:30:00Z\"}"},
        {"ends_at",
         {.of[ENTITY_PATIENT] = "1",
          .of[ENTITY_PRACTITIONER] = "2",
          .of[ENTITY_BUSINESS] = "3",
          .of[ENTITY_APPOINTMENT_TYPE] = "4"},
         "{\"starts_at\":\"2026-03-01T00:30:00Z\",\"ends_at\":5}"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(json_destroy) struct json *payload = parse(cases[i].payload);
        struct text out;
        struct fault fault = {0};

        text_init(&out, 10000);
        cr_expect(!body_write(ENTITY_APPOINTMENT, "k", payload, &cases[i].ids, &out, &fault), "%s is not missed",
                  cases[i].want);
        cr_expect_eq(fault.kind, FAULT_REFUSED, "%s: got %s, want refused", cases[i].want, fault_kind_name(fault.kind));
        cr_expect(strstr(fault.text, cases[i].want), "got '%s', want '%s'", fault.text, cases[i].want);
        text_release(&out);
    }
}

static bool is_relation(enum entity entity, const char *name)
{
    size_t length = strlen(name);

    return entity == ENTITY_APPOINTMENT && length > 3 && strcmp(name + length - 3, "_id") == 0;
}

static void put_relation(struct json_writer *writer, const char *name, const char *id)
{
    scoped(string_free) char *relation = x_strndup(name, strlen(name) - 3);
    scoped(string_free) char *link = x_sprintf("https://api.au1.cliniko.com/v1/%ss/%s", relation, id);

    json_key(writer, relation);
    json_begin_object(writer);
    json_key(writer, "links");
    json_begin_object(writer);
    json_member_text(writer, "self", link);
    json_end_object(writer);
    json_end_object(writer);
}

static void put_changed(struct json_writer *writer, enum entity entity, const char *name, const struct json *sent)
{
    if (is_relation(entity, name)) {
        scoped(string_free) char *id = x_sprintf("%s1", json_text(sent, "")); /* begins with the id that was sent */

        put_relation(writer, name, id);
        return;
    }
    json_key(writer, name);
    if (json_is_text(sent))
        json_put_text(writer, "something else");
    else if (json_is_bool(sent))
        json_put_bool(writer, !json_bool(sent, false));
    else if (json_is_number(sent))
        json_put_number(writer, json_number(sent, 0) + 1);
    else
        json_put_raw(writer, slice_of("[{\"phone_type\":\"Mobile\",\"number\":\"2\"}]"));
}

/* What Cliniko would give back, with one member changed or, with `drop`, not there. `changed` -1 changes none. */
static struct json *object_of(enum entity entity, const struct json *body, int changed, bool drop)
{
    struct text out;
    struct json_writer writer;
    struct json *object = NULL;
    int index = 0;

    text_init(&out, 100000);
    json_write_init(&writer, &out);
    json_begin_object(&writer);
    json_member_text(&writer, "id", "1899999999999999999");
    json_member_text(&writer, "cancelled_at", "2026-03-01T00:00:00Z");
    for (const struct json *sent = json_first(body); sent; sent = json_next(sent), index++) {
        const char *name = json_name(sent);

        if (index == changed && drop)
            continue;
        if (index == changed) {
            put_changed(&writer, entity, name, sent);
        } else if (is_relation(entity, name)) {
            put_relation(&writer, name, json_text(sent, ""));
        } else {
            json_key(&writer, name);
            json_put_value(&writer, sent);
        }
    }
    json_end_object(&writer);
    object = parse(text_string(&out));
    text_release(&out);
    return object;
}

static bool is_looked_at(enum entity entity, const char *name)
{
    return entity != ENTITY_APPOINTMENT_TYPE || !strstr(name, "_ids");
}

static void check_single_differences(enum entity entity, const char *payload)
{
    scoped(string_free) char *text = body_of(entity, payload);
    scoped(json_destroy) struct json *body = parse(text);
    struct text differences;
    int index = 0;

    text_init(&differences, 10000);
    {
        scoped(json_destroy) struct json *same = object_of(entity, body, -1, false);

        body_compare(entity, body, same, &differences);
        cr_expect_str_eq(text_string(&differences), "", "%s: equal ones differ in %s", entity_facts(entity)->name,
                         text_string(&differences));
    }
    for (const struct json *sent = json_first(body); sent; sent = json_next(sent), index++) {
        const char *want = is_looked_at(entity, json_name(sent)) ? json_name(sent) : "";

        for (int drop = 0; drop < 2; drop++) {
            scoped(json_destroy) struct json *object = object_of(entity, body, index, drop);

            text_clear(&differences);
            body_compare(entity, body, object, &differences);
            cr_expect_str_eq(text_string(&differences), want, "%s, %s %s: got '%s', want '%s'",
                             entity_facts(entity)->name, json_name(sent), drop ? "missing" : "changed",
                             text_string(&differences), want);
        }
    }
    text_release(&differences);
}

Test(body, compare_names_each_single_difference)
{
    check_single_differences(ENTITY_PATIENT, full_patient);
    check_single_differences(ENTITY_APPOINTMENT_TYPE, "{\"name\":\"N\",\"duration_minutes\":30}");
    check_single_differences(ENTITY_APPOINTMENT, "{\"starts_at\":\"2026-03-01T00:00:00Z\","
                                                 "\"ends_at\":\"2026-03-01T00:30:00Z\",\"notes\":\"n\"}");
    check_single_differences(ENTITY_ATTENDANCE, "{\"arrived\":true}");
    check_single_differences(ENTITY_ATTENDANCE, "{\"arrived\":false}");
    check_single_differences(ENTITY_CANCELLATION, "{\"reason\":50,\"note\":\"rain\"}");
}

Test(body, compare_tells_more_cases_apart)
{
    static const struct {
        const char *name;
        enum entity entity;
        const char *body;
        const char *object;
        const char *want;
    } cases[] = {
        {"two at once", ENTITY_PATIENT, "{\"first_name\":\"A\",\"last_name\":\"B\",\"city\":\"C\"}",
         "{\"first_name\":\"a\",\"last_name\":\"B\",\"city\":null}", "first_name, city"},
        {"empty and null are one", ENTITY_PATIENT, "{\"notes\":\"\"}", "{\"notes\":null}", ""},
        {"text and number", ENTITY_PATIENT, "{\"post_code\":\"6000\"}", "{\"post_code\":6000}", "post_code"},
        {"one phone more", ENTITY_PATIENT, "{\"patient_phone_numbers\":[]}",
         "{\"patient_phone_numbers\":[{\"phone_type\":\"Home\",\"number\":\"1\"}]}", "patient_phone_numbers"},
        {"other kind of phone", ENTITY_PATIENT,
         "{\"patient_phone_numbers\":[{\"phone_type\":\"Home\",\"number\":\"1\"}]}",
         "{\"patient_phone_numbers\":[{\"phone_type\":\"Work\",\"number\":\"1\"}]}", "patient_phone_numbers"},
        {"phones swapped", ENTITY_PATIENT,
         "{\"patient_phone_numbers\":[{\"phone_type\":\"Home\",\"number\":\"1\"},{\"phone_type\":\"Home\","
         "\"number\":\"2\"}]}",
         "{\"patient_phone_numbers\":[{\"phone_type\":\"Home\",\"number\":\"2\"},{\"phone_type\":\"Home\","
         "\"number\":\"1\"}]}",
         "patient_phone_numbers"},
        {"link with a query", ENTITY_APPOINTMENT, "{\"patient_id\":\"12\"}",
         "{\"patient\":{\"links\":{\"self\":\"https://x/v1/patients/12?a=b\"}}}", ""},
        {"no link", ENTITY_APPOINTMENT, "{\"patient_id\":\"12\"}", "{\"patient\":null}", "patient_id"},
        {"not cancelled", ENTITY_CANCELLATION, "{}", "{\"cancelled_at\":null}", "cancelled_at"},
        {"cancelled", ENTITY_CANCELLATION, "{}", "{\"cancelled_at\":\"2026-03-01T00:00:00Z\"}", ""},
        {"not archived", ENTITY_ARCHIVAL, "{}", "{}", "archived_at"},
        {"archived", ENTITY_ARCHIVAL, "{}", "{\"archived_at\":\"2026-03-01T00:00:00Z\"}", ""},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(json_destroy) struct json *body = parse(cases[i].body);
        scoped(json_destroy) struct json *object = parse(cases[i].object);
        struct text differences;

        text_init(&differences, 1000);
        body_compare(cases[i].entity, body, object, &differences);
        cr_expect_str_eq(text_string(&differences), cases[i].want, "%s: got '%s', want '%s'", cases[i].name,
                         text_string(&differences), cases[i].want);
        text_release(&differences);
    }
}
