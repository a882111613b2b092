#include "sandbox/attendees.h"

#include "base/memory.h"
#include "sandbox/appointments.h"
#include "sandbox/resource.h"

static const struct field fields[ATTENDEE_FIELDS] = {
    SCHEMA_COMMON_FIELDS(FIELD_FILTER, FIELD_FILTER, FIELD_FILTER),
    [ATTENDEE_ARRIVED] = {.name = "arrived", .kind = FIELD_BOOL, .flags = FIELD_INPUT},
    [ATTENDEE_CANCELLATION_NOTE] = {.name = "cancellation_note", .kind = FIELD_TEXT},
    [ATTENDEE_CANCELLATION_REASON] = {.name = "cancellation_reason", .kind = FIELD_INTEGER},
    [ATTENDEE_NOTES] = {.name = "notes", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [ATTENDEE_BOOKING] = {.name = "booking",
                          .input = "booking_id",
                          .problem = "booking",
                          .kind = FIELD_ID,
                          .target = "bookings",
                          .flags = FIELD_ON_CREATE | FIELD_REQUIRED | FIELD_FILTER,
                          .index = 1},
    [ATTENDEE_APPOINTMENT] = {.name = "appointment_id",
                              .kind = FIELD_ID,
                              .flags = FIELD_HIDDEN | FIELD_FILTER,
                              .index = 3},
    [ATTENDEE_PATIENT] = {.name = "patient",
                          .input = "patient_id",
                          .problem = "patient",
                          .kind = FIELD_ID,
                          .target = "patients",
                          .flags = FIELD_ON_CREATE | FIELD_REQUIRED | FIELD_FILTER,
                          .index = 2},
    [ATTENDEE_PATIENT_CASE] = {.name = "patient_case",
                               .input = "patient_case_id",
                               .problem = "patient_case",
                               .kind = FIELD_ID,
                               .target = "patient_cases",
                               .flags = FIELD_INPUT | FIELD_FILTER},
    [ATTENDEE_INVOICES] = {.name = "invoices", .kind = FIELD_LINK},
    [ATTENDEE_PATIENT_FORMS] = {.name = "patient_forms", .kind = FIELD_LINK},
};

static struct schema_names names;
static const struct schema schema = {"attendees", fields, ATTENDEE_FIELDS, &names};

void attendee_create_for(struct act *act, const struct record *appointment)
{
    struct record *attendee = record_new(&schema);

    attendee->cells[RECORD_ID].id = store_next_id(act->store);
    attendee->cells[RECORD_CREATED_AT] = appointment->cells[RECORD_CREATED_AT];
    attendee->cells[RECORD_UPDATED_AT] = appointment->cells[RECORD_CREATED_AT];
    attendee->cells[ATTENDEE_BOOKING] = appointment->cells[RECORD_ID];
    attendee->cells[ATTENDEE_APPOINTMENT] = appointment->cells[RECORD_ID];
    attendee->cells[ATTENDEE_PATIENT] = appointment->cells[APPOINTMENT_PATIENT];
    attendee->cells[ATTENDEE_PATIENT_CASE] = appointment->cells[APPOINTMENT_PATIENT_CASE];
    table_add(act_table(act, RESOURCE_ATTENDEES), attendee);
}

void attendee_cancel(struct act *act, struct record *attendee, const struct record *appointment)
{
    struct change change = {0};

    change_number(&change, RECORD_CANCELLED_AT, appointment->cells[RECORD_CANCELLED_AT].number);
    change_number(&change, RECORD_UPDATED_AT, act->now);
    change_number(&change, ATTENDEE_CANCELLATION_REASON, appointment->cells[APPOINTMENT_CANCELLATION_REASON].number);
    change.cells[ATTENDEE_CANCELLATION_NOTE].text = x_strdup(appointment->cells[APPOINTMENT_CANCELLATION_NOTE].text);
    change.set[ATTENDEE_CANCELLATION_NOTE] = true;
    table_change(act_table(act, RESOURCE_ATTENDEES), attendee, &change);
}

/* Attendees are created for group bookings only, of which the sandbox has none: any booking is a wrong one. */
static void check(struct act *act)
{
    if (!act->record)
        problems_add(&act->problems, "booking", PROBLEM_INVALID);
}

static void changed(struct act *act, struct record *attendee)
{
    struct record *appointment =
        table_find(act_table(act, RESOURCE_APPOINTMENTS), attendee->cells[ATTENDEE_BOOKING].id);

    if (appointment && act->touched[ATTENDEE_ARRIVED])
        appointment_set_arrival(act, appointment, attendee->cells[ATTENDEE_ARRIVED].number);
}

static void extras(const struct act *act, const struct record *record, struct json_writer *writer)
{
    (void)act;
    json_member_text(writer, "booking_ip_address", NULL);
    json_member_text(writer, "cancellation_reason_description",
                     cancellation_reason_text(record->cells[ATTENDEE_CANCELLATION_REASON].number));
    json_member_text(writer, "cancellation_url", NULL);
    json_member_bool(writer, "email_reminder_sent", false);
    json_member_text(writer, "invoice_status", NULL);
    json_member_bool(writer, "online_booking_policy_accepted", false);
    json_member_bool(writer, "sms_reminder_sent", false);
    json_member_text(writer, "telehealth_url", NULL);
    json_member_text(writer, "treatment_note_status", NULL);
}

const struct resource attendee_resource = {.schema = &schema, .check = check, .changed = changed, .extras = extras};
