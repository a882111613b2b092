#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"
#include "fixture.h"

Test(records, patients_are_checked_as_cliniko_checks_them)
{
    static const char names[] = "\"first_name\":\"A\",\"last_name\":\"B\"";
    static const struct {
        const char *fields; /* added to the names; NULL replaces them */
        const char *field;
        const char *want; /* NULL: accepted */
    } cases[] = {
        {"\"x\":1", NULL, NULL},
        {"\"first_name\":\"\"", "first_name", "can’t be blank"},
        {"\"email\":\"a@example.com\"", NULL, NULL},
        {"\"email\":\"A.B+c@Example.CO\"", NULL, NULL},
        {"\"email\":null", NULL, NULL},
        {"\"email\":\"\"", "email", "is invalid"},
        {"\"email\":\"a@example\"", "email", "is invalid"},
        {"\"email\":\"a b@example.com\"", "email", "is invalid"},
        {"\"email\":\"é@example.com\"", "email", "is invalid"},
        {"\"email\":5", "email", "is invalid"},
        {"\"reminder_type\":\"SMS & Email\"", NULL, NULL},
        {"\"reminder_type\":\"sms\"", "reminder_type", "is not included in the list"},
        {"\"dva_card_number\":\"NX123456\"", NULL, NULL},
        {"\"dva_card_number\":\"N 123456A\"", NULL, NULL},
        {"\"dva_card_number\":\"VSM12345\"", NULL, NULL},
        {"\"dva_card_number\":\"QABC1234\"", NULL, NULL},
        {"\"dva_card_number\":\"QABC12345\"", "dva_card_number", "is invalid"},
        {"\"dva_card_number\":\"XX123456\"", "dva_card_number", "is invalid"},
        {"\"dva_card_number\":\"N123\"", "dva_card_number", "is invalid"},
        {"\"date_of_birth\":\"1980-02-29\"", NULL, NULL},
        {"\"date_of_birth\":\"1981-02-29\"", "date_of_birth", "is invalid"},
        {"\"date_of_birth\":\"09/05/1980\"", "date_of_birth", "is invalid"},
        {"\"receives_confirmation_emails\":\"no\"", "receives_confirmation_emails", "is not included in the list"},
        {"\"patient_phone_numbers\":[{\"phone_type\":\"Mobile\",\"number\":\"0400\"}]", NULL, NULL},
        {"\"patient_phone_numbers\":[{\"phone_type\":\"Pager\",\"number\":\"0400\"}]", "patient_phone_numbers",
         "is not included in the list"},
        {"\"patient_phone_numbers\":[\"0400\"]", "patient_phone_numbers", "is invalid"},
        {"\"patient_phone_numbers\":null", "patient_phone_numbers", "can’t be blank"},
        {"\"pronouns\":{\"accusative\":\"her\"}", "pronouns", "is invalid"},
        {"\"concession_type_id\":\"77\"", "concession_type", "can’t be blank"},
        {"\"archived_at\":\"2020-01-01T00:00:00Z\"", NULL, NULL},
    };
    struct fixture fixture;

    fixture_open(&fixture, NULL);
    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(string_free) char *body = x_sprintf("{%s,%s}", cases[i].fields, names);
        scoped(string_free) char *path = x_sprintf("errors.%s", cases[i].field ? cases[i].field : "");
        int want = cases[i].want ? 422 : 201;
        int got = fixture_call(&fixture, "POST", "/v1/patients", body);

        cr_expect_eq(got, want, "%s: got %d, want %d: %s", body, got, want, text_string(&fixture.answer.body));
        if (!cases[i].want)
            continue;
        cr_expect_str_eq(fixture_text(&fixture, "message"), "Validation Failed");
        cr_expect_str_eq(fixture_text(&fixture, path), cases[i].want, "%s: got '%s', want '%s'", body,
                         fixture_text(&fixture, path), cases[i].want);
    }
    fixture_close(&fixture);
}

Test(records, lengths_count_characters_not_bytes)
{
    struct fixture fixture;

    fixture_open(&fixture, NULL);
    for (int length = 255; length <= 256; length++) {
        char body[1200] = "{\"first_name\":\"A\",\"last_name\":\"";
        int want = length == 255 ? 201 : 422;
        size_t at = strlen(body);

        for (int i = 0; i < length; i++, at += 2)
            memcpy(body + at, "é", 2);
        memcpy(body + at, "\"}", 3);
        cr_expect_eq(fixture_call(&fixture, "POST", "/v1/patients", body), want, "%d characters", length);
    }
    cr_expect_str_eq(fixture_text(&fixture, "errors.last_name"), "is too long (maximum is 255 characters)");
    fixture_close(&fixture);
}

Test(records, bodies_that_are_no_json_object_are_answered_400)
{
    static const char *const bodies[] = {"", "{", "[]", "null", "{\"a\":1} x", "{\"first_name\":\"\xff\"}"};
    struct fixture fixture;

    fixture_open(&fixture, NULL);
    for (size_t i = 0; i < array_length(bodies); i++) {
        cr_expect_eq(fixture_call(&fixture, "POST", "/v1/patients", bodies[i]), 400, "'%s'", bodies[i]);
        cr_expect_str_neq(fixture_text(&fixture, "message"), "");
    }
    cr_expect_eq(fixture_call(&fixture, "POST", "/v1/patients", NULL), 400, "no content type");
    fixture_close(&fixture);
}

Test(records, a_patch_changes_only_what_it_names)
{
    struct fixture fixture;
    scoped(string_free) char *target = NULL;

    fixture_open(&fixture, NULL);
    target = x_sprintf("/v1/patients/%s", fixture_create(&fixture, "patients",
                                                         "{\"first_name\":\"A\",\"last_name\":\"B\",\"city\":\"Perth\","
                                                         "\"old_reference_id\":\"FD-1\"}"));
    cr_expect_eq(fixture_call(&fixture, "PATCH", target, "{\"city\":null,\"old_reference_id\":\"FD-2\"}"), 200);
    cr_expect(json_is_null(fixture_at(&fixture, "city")));
    cr_expect_str_eq(fixture_text(&fixture, "last_name"), "B");
    cr_expect_eq(fixture_call(&fixture, "PATCH", target, "{\"last_name\":null}"), 422);
    fixture_call(&fixture, "GET", "/v1/patients?q[]=old_reference_id:=FD-1", NULL);
    cr_expect_eq(json_number(fixture_at(&fixture, "total_entries"), -1), 0, "the index forgets the old value");
    fixture_call(&fixture, "GET", "/v1/patients?q[]=old_reference_id:=FD-2", NULL);
    cr_expect_eq(json_number(fixture_at(&fixture, "total_entries"), -1), 1);
    fixture_close(&fixture);
}

Test(records, ids_are_long_texts_and_are_taken_as_texts_or_numbers)
{
    struct fixture fixture;
    scoped(string_free) char *patient = NULL;
    scoped(string_free) char *type = NULL;
    scoped(string_free) char *body = NULL;
    char *at = NULL;

    fixture_open(&fixture, NULL);
    patient = fixture_quiet_patient(&fixture);
    cr_expect_eq(strlen(patient), 19);
    type = fixture_seeded_id(&fixture, "appointment_types", 0);
    body = fixture_appointment_body(&fixture, patient, type, "2026-03-01T09:00:00+11:00");
    at = strstr(body, patient);
    at[-1] = ' ';
    at[19] = ' ';
    cr_assert_eq(fixture_call(&fixture, "POST", "/v1/individual_appointments", body), 201, "%s",
                 text_string(&fixture.answer.body));
    cr_expect(strstr(fixture_text(&fixture, "patient.links.self"), patient), "got %s",
              fixture_text(&fixture, "patient.links.self"));
    cr_expect_str_eq(fixture_text(&fixture, "starts_at"), "2026-02-28T22:00:00Z");
    cr_expect_str_eq(fixture_text(&fixture, "ends_at"), "2026-02-28T22:45:00Z", "the end comes from the type");
    fixture_close(&fixture);
}

Test(records, an_archived_patient_is_hidden_and_takes_no_children)
{
    struct fixture fixture;
    scoped(string_free) char *patient = NULL;
    scoped(string_free) char *type = NULL;
    scoped(string_free) char *body = NULL;
    scoped(string_free) char *target = NULL;
    scoped(string_free) char *archive = NULL;
    scoped(string_free) char *hidden = NULL;
    scoped(string_free) char *unarchive = NULL;

    fixture_open(&fixture, NULL);
    patient = fixture_quiet_patient(&fixture);
    type = fixture_seeded_id(&fixture, "appointment_types", 0);
    body = fixture_appointment_body(&fixture, patient, type, "2026-03-01T09:00:00Z");
    target = x_sprintf("/v1/patients/%s", patient);
    archive = x_sprintf("%s/archive", target);
    unarchive = x_sprintf("%s/unarchive", target);
    hidden = x_sprintf("%s?q[]=archived_at:*", target);
    cr_expect_eq(fixture_call(&fixture, "POST", archive, NULL), 204);
    cr_expect_eq(fixture.answer.body.size, 0);
    cr_expect_eq(fixture_call(&fixture, "GET", target, NULL), 404);
    cr_expect_eq(fixture_call(&fixture, "GET", hidden, NULL), 200);
    cr_expect_eq(fixture_call(&fixture, "POST", archive, NULL), 404, "a second time");
    fixture_call(&fixture, "GET", "/v1/patients", NULL);
    cr_expect_eq(json_number(fixture_at(&fixture, "total_entries"), -1), 0);
    fixture_call(&fixture, "GET", "/v1/patients?q[]=archived_at:*", NULL);
    cr_expect_eq(json_number(fixture_at(&fixture, "total_entries"), -1), 1);
    cr_expect_eq(fixture_call(&fixture, "POST", "/v1/individual_appointments", body), 422);
    cr_expect_eq(fixture_call(&fixture, "POST", unarchive, NULL), 200);
    cr_expect_eq(fixture_call(&fixture, "POST", "/v1/individual_appointments", body), 201);
    cr_expect_eq(fixture_call(&fixture, "DELETE", target, NULL), 204, "the older name of archive");
    fixture_close(&fixture);
}

Test(records, an_appointment_names_records_that_are_there)
{
    static const struct {
        const char *field;
        const char *problem;
        const char *want;
    } cases[] = {
        {"patient_id", "errors.patient", "can’t be blank"},
        {"practitioner_id", "errors.practitioner", "can’t be blank"},
        {"business_id", "errors.business", "can’t be blank"},
        {"appointment_type_id", "errors.max_attendees", "is not a number"},
    };
    struct fixture fixture;
    scoped(string_free) char *patient = NULL;
    scoped(string_free) char *type = NULL;
    scoped(string_free) char *good = NULL;

    fixture_open(&fixture, NULL);
    patient = fixture_quiet_patient(&fixture);
    type = fixture_seeded_id(&fixture, "appointment_types", 0);
    good = fixture_appointment_body(&fixture, patient, type, "2026-03-01T09:00:00Z");
    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(string_free) char *body = x_strdup(good);
        char *value = strstr(body, cases[i].field) + strlen(cases[i].field) + 3;

        value[18] = value[18] == '9' ? '8' : '9';
        value[17] = value[17] == '9' ? '8' : '9';
        cr_expect_eq(fixture_call(&fixture, "POST", "/v1/individual_appointments", body), 422, "%s", body);
        cr_expect_str_eq(fixture_text(&fixture, cases[i].problem), cases[i].want, "%s: got %s", cases[i].field,
                         text_string(&fixture.answer.body));
    }
    cr_expect_eq(fixture_call(&fixture, "POST", "/v1/individual_appointments", "{}"), 422);
    cr_expect_str_eq(fixture_text(&fixture, "errors.starts_at"), "can’t be blank");
    fixture_close(&fixture);
}

Test(records, switches_change_how_unknown_ids_and_inactive_practitioners_are_answered)
{
    const struct sandbox_options options = {.unknown_related = UNKNOWN_RELATED_404, .refuse_inactive = true};
    struct fixture fixture;
    scoped(string_free) char *patient = NULL;
    scoped(string_free) char *type = NULL;
    scoped(string_free) char *active = NULL;
    scoped(string_free) char *inactive = NULL;
    scoped(string_free) char *body = NULL;

    fixture_open(&fixture, &options);
    patient = fixture_quiet_patient(&fixture);
    type = fixture_seeded_id(&fixture, "appointment_types", 0);
    active = fixture_seeded_id(&fixture, "practitioners", 0);
    inactive = fixture_seeded_id(&fixture, "practitioners/inactive", 0);
    cr_assert_str_neq(active, inactive);
    body = fixture_appointment_body(&fixture, patient, type, "2026-03-01T09:00:00Z");
    memcpy(strstr(body, active), inactive, strlen(inactive));
    cr_expect_eq(fixture_call(&fixture, "POST", "/v1/individual_appointments", body), 422);
    cr_expect_str_eq(fixture_text(&fixture, "errors.practitioner"), "is invalid");
    memcpy(strstr(body, inactive), "1000000000000000001", 19);
    cr_expect_eq(fixture_call(&fixture, "POST", "/v1/individual_appointments", body), 404);
    fixture_close(&fixture);
}

Test(records, attendance_follows_the_attendee)
{
    static const struct {
        const char *body;
        const char *arrived;
        const char *missed;
    } cases[] = {
        {"{\"notes\":\"n\"}", "false", "false"},  {"{\"arrived\":true}", "true", "false"},
        {"{\"arrived\":false}", "false", "true"}, {"{\"notes\":\"x\"}", "false", "true"},
        {"{\"arrived\":null}", "null", "null"},
    };
    struct fixture fixture;
    scoped(string_free) char *patient = NULL;
    scoped(string_free) char *type = NULL;
    scoped(string_free) char *body = NULL;
    scoped(string_free) char *appointment = NULL;
    scoped(string_free) char *list = NULL;
    scoped(string_free) char *attendee = NULL;
    scoped(string_free) char *read = NULL;

    fixture_open(&fixture, NULL);
    patient = fixture_quiet_patient(&fixture);
    type = fixture_seeded_id(&fixture, "appointment_types", 0);
    body = fixture_appointment_body(&fixture, patient, type, "2026-03-01T09:00:00Z");
    appointment = x_strdup(fixture_create(&fixture, "individual_appointments", body));
    list = x_sprintf("/v1/attendees?q[]=booking_id:=77,%s", appointment);
    cr_assert_eq(fixture_call(&fixture, "GET", list, NULL), 200);
    cr_assert_eq(json_number(fixture_at(&fixture, "total_entries"), -1), 1);
    cr_expect(json_is_null(fixture_at(&fixture, "attendees.0.arrived")));
    attendee = x_sprintf("/v1/attendees/%s", fixture_text(&fixture, "attendees.0.id"));
    cr_expect(strstr(fixture_text(&fixture, "attendees.0.booking.links.self"), appointment));
    read = x_sprintf("/v1/bookings/%s", appointment);
    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(string_free) char *arrived = x_sprintf("\"patient_arrived\":%s", cases[i].arrived);
        scoped(string_free) char *missed = x_sprintf("\"did_not_arrive\":%s", cases[i].missed);

        cr_expect_eq(fixture_call(&fixture, "PATCH", attendee, cases[i].body), 200);
        fixture_call(&fixture, "GET", read, NULL);
        cr_expect(strstr(text_string(&fixture.answer.body), arrived), "%s: want %s", cases[i].body, arrived);
        cr_expect(strstr(text_string(&fixture.answer.body), missed), "%s: want %s", cases[i].body, missed);
    }
    fixture_close(&fixture);
}

Test(records, a_cancellation_needs_a_listed_reason_and_hides_both)
{
    struct fixture fixture;
    scoped(string_free) char *patient = NULL;
    scoped(string_free) char *type = NULL;
    scoped(string_free) char *body = NULL;
    scoped(string_free) char *target = NULL;
    scoped(string_free) char *cancel = NULL;
    scoped(string_free) char *shown = NULL;

    fixture_open(&fixture, NULL);
    patient = fixture_quiet_patient(&fixture);
    type = fixture_seeded_id(&fixture, "appointment_types", 0);
    body = fixture_appointment_body(&fixture, patient, type, "2026-03-01T09:00:00Z");
    target = x_sprintf("/v1/individual_appointments/%s", fixture_create(&fixture, "individual_appointments", body));
    cancel = x_sprintf("%s/cancel", target);
    shown = x_sprintf("%s?q[]=cancelled_at:*", target);
    cr_expect_eq(fixture_call(&fixture, "PATCH", cancel, "{}"), 422);
    cr_expect_str_eq(fixture_text(&fixture, "errors.cancellation_reason"), "can’t be blank");
    cr_expect_eq(fixture_call(&fixture, "PATCH", cancel, "{\"cancellation_reason\":99}"), 422);
    cr_expect_str_eq(fixture_text(&fixture, "errors.cancellation_reason"), "is not included in the list");
    cr_expect_eq(fixture_call(&fixture, "PATCH", cancel, "{\"cancellation_reason\":50,\"cancellation_note\":\"n\"}"),
                 204);
    cr_expect_eq(fixture_call(&fixture, "GET", target, NULL), 404);
    cr_expect_eq(fixture_call(&fixture, "GET", shown, NULL), 200);
    cr_expect_str_eq(fixture_text(&fixture, "cancellation_reason_description"), "Other");
    cr_expect_str_neq(fixture_text(&fixture, "cancelled_at"), "");
    fixture_call(&fixture, "GET", "/v1/attendees", NULL);
    cr_expect_eq(json_number(fixture_at(&fixture, "total_entries"), -1), 0);
    fixture_call(&fixture, "GET", "/v1/attendees?q[]=cancelled_at:?", NULL);
    cr_expect_eq(json_number(fixture_at(&fixture, "total_entries"), -1), 1);
    cr_expect_eq(fixture_call(&fixture, "PATCH", cancel, "{\"cancellation_reason\":50}"), 422, "a second time");
    fixture_close(&fixture);
}

Test(records, overlaps_are_allowed_and_reported)
{
    struct fixture fixture;
    scoped(string_free) char *patient = NULL;
    scoped(string_free) char *type = NULL;
    scoped(string_free) char *body = NULL;
    scoped(string_free) char *conflicts = NULL;

    fixture_open(&fixture, NULL);
    patient = fixture_quiet_patient(&fixture);
    type = fixture_seeded_id(&fixture, "appointment_types", 0);
    body = fixture_appointment_body(&fixture, patient, type, "2026-03-01T09:00:00Z");
    conflicts = x_sprintf("/v1/individual_appointments/%s/conflicts",
                          fixture_create(&fixture, "individual_appointments", body));
    fixture_call(&fixture, "GET", conflicts, NULL);
    cr_expect_str_eq(text_string(&fixture.answer.body), "{\"conflicts\":{\"exist\":false}}");
    fixture_create(&fixture, "individual_appointments", body);
    fixture_call(&fixture, "GET", conflicts, NULL);
    cr_expect_str_eq(text_string(&fixture.answer.body), "{\"conflicts\":{\"exist\":true}}");
    fixture_close(&fixture);
}

Test(records, only_a_fully_guarded_appointment_stays_out_of_the_notification_log)
{
    static const struct {
        const char *patient;
        int type;
        int confirmations;
        int reminders;
    } cases[] = {
        {"\"reminder_type\":\"None\",\"receives_confirmation_emails\":false", 0, 0, 0},
        {"\"reminder_type\":\"None\",\"receives_confirmation_emails\":true", 0, 1, 0},
        {"\"reminder_type\":\"SMS\",\"receives_confirmation_emails\":false", 0, 0, 1},
        {"\"notes\":\"careless\"", 0, 1, 1},
        {"\"reminder_type\":null,\"receives_confirmation_emails\":null", 0, 1, 1},
        {"\"reminder_type\":\"None\",\"receives_confirmation_emails\":false", 1, 1, 1},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct fixture fixture;
        scoped(string_free) char *new_patient =
            x_sprintf("{\"first_name\":\"A\",\"last_name\":\"B\",%s}", cases[i].patient);
        scoped(string_free) char *patient = NULL;
        scoped(string_free) char *type = NULL;
        scoped(string_free) char *body = NULL;

        fixture_open(&fixture, NULL);
        patient = x_strdup(fixture_create(&fixture, "patients", new_patient));
        type = fixture_seeded_id(&fixture, "appointment_types", cases[i].type);
        body = fixture_appointment_body(&fixture, patient, type, "2020-03-01T09:00:00Z");
        fixture_create(&fixture, "individual_appointments", body);
        fixture_call(&fixture, "GET", "/__notifications", NULL);
        cr_expect_eq(json_number(fixture_at(&fixture, "confirmations"), -1), cases[i].confirmations, "case %zu: %s", i,
                     text_string(&fixture.answer.body));
        cr_expect_eq(json_number(fixture_at(&fixture, "reminders"), -1), cases[i].reminders, "case %zu: %s", i,
                     text_string(&fixture.answer.body));
        fixture_close(&fixture);
    }
}
