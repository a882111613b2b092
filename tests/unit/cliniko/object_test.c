#include <criterion/criterion.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "cliniko/object.h"

TestSuite(object, .timeout = 10);

static struct json *parse(const char *text)
{
    struct json *json = NULL;
    struct fault fault;

    cr_assert(json_parse(text, strlen(text), &json, &fault), "%s: %s", text, fault.text);
    return json;
}

static const struct {
    const char *json;
    const char *id; /* NULL: refused */
} ids[] = {
    {"{\"id\":\"1\"}", "1"},
    {"{\"id\":\"9007199254740993\"}", "9007199254740993"},
    {"{\"id\":\"12345678901234567890\"}", "12345678901234567890"},
    {"{\"id\":\"123456789012345678901\"}", NULL},
    {"{\"id\":\"\"}", NULL},
    {"{\"id\":\"12a\"}", NULL},
    {"{\"id\":\"-1\"}", NULL},
    {"{\"id\":\" 1\"}", NULL},
    {"{\"id\":9007199254740993}", NULL},
    {"{\"id\":null}", NULL},
    {"{\"ID\":\"1\"}", NULL},
    {"{}", NULL},
    {"[]", NULL},
    {"\"1\"", NULL},
};

Test(object, id_is_text_of_1_to_20_digits)
{
    for (size_t i = 0; i < array_length(ids); i++) {
        scoped(json_destroy) struct json *json = parse(ids[i].json);
        struct fault fault = {0};
        const char *id = NULL;

        cr_expect_eq(object_id(json, &id, &fault), ids[i].id != NULL, "%s", ids[i].json);
        if (ids[i].id)
            cr_expect_str_eq(id, ids[i].id);
        else
            cr_expect_eq(fault.kind, FAULT_REFUSED);
    }
}

static const struct {
    const char *json;
    const char *id; /* NULL: refused */
} relations[] = {
    {"{\"patient\":{\"links\":{\"self\":\"https://api.au1.cliniko.com/v1/patients/42\"}}}", "42"},
    {"{\"patient\":{\"links\":{\"self\":\"https://x/v1/patients/9007199254740993?a=/7\"}}}", "9007199254740993"},
    {"{\"patient\":{\"links\":{\"self\":\"https://x/v1/patients/42#/8\"}}}", "42"},
    {"{\"patient\":null}", ""},
    {"{}", ""},
    {"{\"patient\":{}}", NULL},
    {"{\"patient\":{\"links\":{}}}", NULL},
    {"{\"patient\":{\"links\":{\"self\":null}}}", NULL},
    {"{\"patient\":{\"links\":{\"self\":\"https://x/v1/patients/\"}}}", NULL},
    {"{\"patient\":{\"links\":{\"self\":\"https://x/v1/patients\"}}}", NULL},
    {"{\"patient\":{\"links\":{\"self\":\"42\"}}}", NULL},
    {"{\"patient\":{\"links\":{\"self\":\"?/42\"}}}", NULL},
    {"{\"patient\":{\"links\":{\"self\":\"\"}}}", NULL},
    {"{\"patient\":{\"links\":{\"self\":\"https://x/v1/patients/123456789012345678901\"}}}", NULL},
    {"{\"patient\":\"42\"}", NULL},
};

Test(object, relation_is_the_last_segment_of_its_link)
{
    for (size_t i = 0; i < array_length(relations); i++) {
        scoped(json_destroy) struct json *json = parse(relations[i].json);
        struct fault fault = {0};
        char id[ID_SIZE] = "untouched";

        cr_expect_eq(object_relation(json, "patient", id, &fault), relations[i].id != NULL, "%s", relations[i].json);
        cr_expect_str_eq(id, relations[i].id ? relations[i].id : "untouched", "%s: got %s", relations[i].json, id);
    }
}

Test(object, appointment_is_read_whole)
{
    scoped(json_destroy) struct json *json = parse(
        "{\"id\":\"7\",\"starts_at\":\"2026-03-01T00:00:00Z\",\"ends_at\":\"2026-03-01T00:30:00Z\","
        "\"cancelled_at\":\"2026-02-01T00:00:00Z\",\"archived_at\":null,\"cancellation_reason\":50,\"notes\":null,"
        "\"patient\":{\"links\":{\"self\":\"https://x/v1/patients/1\"}},"
        "\"practitioner\":{\"links\":{\"self\":\"https://x/v1/practitioners/2\"}},"
        "\"business\":{\"links\":{\"self\":\"https://x/v1/businesses/3\"}},"
        "\"appointment_type\":{\"links\":{\"self\":\"https://x/v1/appointment_types/4\"}}}");
    struct cliniko_appointment appointment;
    struct fault fault;

    cr_assert(object_read_appointment(json, &appointment, &fault), "%s", fault.text);
    cr_expect_str_eq(appointment.id, "7");
    cr_expect_str_eq(appointment.patient_id, "1");
    cr_expect_str_eq(appointment.practitioner_id, "2");
    cr_expect_str_eq(appointment.business_id, "3");
    cr_expect_str_eq(appointment.appointment_type_id, "4");
    cr_expect_eq(appointment.starts_at, 1772323200);
    cr_expect_eq(appointment.ends_at, 1772325000);
    cr_expect_str_eq(appointment.notes, "");
    cr_expect_eq(appointment.cancellation_reason, 50);
    cr_expect(appointment.cancelled);
    cr_expect(!appointment.archived);
}

Test(object, appointment_without_a_time_is_refused)
{
    scoped(json_destroy) struct json *json = parse("{\"id\":\"7\",\"starts_at\":\"soon\"}");
    struct cliniko_appointment appointment;
    struct fault fault = {0};

    cr_expect(!object_read_appointment(json, &appointment, &fault));
    cr_expect_eq(fault.kind, FAULT_REFUSED);
    cr_expect(strstr(fault.text, "starts_at"), "got %s", fault.text);
}

static const struct {
    const char *arrived;
    enum cliniko_arrival arrival;
} arrivals[] = {
    {"true", ARRIVAL_ARRIVED},
    {"false", ARRIVAL_MISSED},
    {"null", ARRIVAL_UNKNOWN},
};

Test(object, attendee_tells_arrived_from_missed_from_unknown)
{
    for (size_t i = 0; i < array_length(arrivals); i++) {
        char text[300];
        scoped(json_destroy) struct json *json = NULL;
        struct cliniko_attendee attendee;
        struct fault fault;

        snprintf(text, sizeof text,
                 "{\"id\":\"5\",\"arrived\":%s,\"booking\":{\"links\":{\"self\":\"https://x/v1/bookings/7\"}},"
                 "\"patient\":{\"links\":{\"self\":\"https://x/v1/patients/1\"}}}",
                 arrivals[i].arrived);
        json = parse(text);
        cr_assert(object_read_attendee(json, &attendee, &fault), "%s", fault.text);
        cr_expect_eq(attendee.arrival, arrivals[i].arrival);
        cr_expect_str_eq(attendee.booking_id, "7");
    }
}

Test(object, people_and_places_are_read)
{
    scoped(json_destroy) struct json *json = parse(
        "{\"id\":\"9\",\"role\":\"administrator\",\"email\":\"a@example.com\",\"time_zone\":\"Perth\",\"active\":false,"
        "\"first_name\":\"Zo\xc3\xab\",\"last_name\":\"M\",\"label\":\"Zo\xc3\xab M\",\"business_name\":\"Harbour\","
        "\"time_zone_identifier\":\"Australia/Perth\",\"archived_at\":\"2026-02-01T00:00:00Z\",\"name\":\"Initial\","
        "\"duration_in_minutes\":45,\"max_attendees\":1,\"appointment_reminder_template_ids\":[\"1\"],"
        "\"date_of_birth\":\"1980-02-29\",\"old_reference_id\":\"FD-1\",\"reminder_type\":\"None\","
        "\"account\":{\"name\":\"Harbour\",\"subdomain\":\"harbour\",\"country\":\"Australia\"},"
        "\"user\":{\"links\":{\"self\":\"https://x/v1/users/8\"}}}");
    struct cliniko_user user;
    struct cliniko_account account;
    struct cliniko_practitioner practitioner;
    struct cliniko_business business;
    struct cliniko_appointment_type type;
    struct cliniko_patient patient;
    struct fault fault;

    cr_assert(object_read_user(json, &user, &fault) && object_read_account(json, &account, &fault) &&
                  object_read_practitioner(json, &practitioner, &fault) &&
                  object_read_business(json, &business, &fault) && object_read_appointment_type(json, &type, &fault) &&
                  object_read_patient(json, &patient, &fault),
              "%s", fault.text);
    cr_expect_str_eq(user.role, "administrator");
    cr_expect_str_eq(user.time_zone, "Australia/Perth");
    cr_expect(!user.active);
    cr_expect_str_eq(account.subdomain, "harbour");
    cr_expect_str_eq(practitioner.user_id, "8");
    cr_expect_str_eq(practitioner.label, "Zo\xc3\xab M");
    cr_expect_str_eq(business.time_zone, "Australia/Perth");
    cr_expect(business.archived);
    cr_expect_eq(type.duration_minutes, 45);
    cr_expect(type.sends_messages);
    cr_expect_str_eq(patient.old_reference_id, "FD-1");
    cr_expect_str_eq(patient.date_of_birth, "1980-02-29");
}

Test(object, user_without_a_mobile_is_known_as_far_as_numbers_are_shown)
{
    static const struct {
        const char *json;
        bool lacks;
    } cases[] = {
        {"{\"id\":\"9\"}", false},
        {"{\"id\":\"9\",\"phone_numbers\":null}", false},
        {"{\"id\":\"9\",\"phone_numbers\":[]}", true},
        {"{\"id\":\"9\",\"phone_numbers\":[{\"phone_type\":\"Home\",\"number\":\"02 1\"}]}", true},
        {"{\"id\":\"9\",\"phone_numbers\":[{\"phone_type\":\"Home\",\"number\":\"02 1\"},{\"phone_type\":"
         "\"Mobile\",\"number\":\"0400\"}]}",
         false},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(json_destroy) struct json *json = parse(cases[i].json);
        struct cliniko_user user;
        struct fault fault;

        cr_assert(object_read_user(json, &user, &fault), "%s", fault.text);
        cr_expect_eq(user.lacks_mobile, cases[i].lacks, "case %zu", i);
    }
}
