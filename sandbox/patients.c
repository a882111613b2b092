#include "sandbox/patients.h"

#include <stdlib.h>

#include "base/memory.h"
#include "sandbox/appointments.h"
#include "sandbox/contacts.h"
#include "sandbox/patterns.h"
#include "sandbox/render.h"
#include "sandbox/resource.h"

static const char *const patient_reminder_types[] = {"None", "SMS", "Email", "SMS & Email", NULL};

static const struct field fields[PATIENT_FIELDS] = {
    SCHEMA_COMMON_FIELDS(FIELD_FILTER, 0, FIELD_HIDDEN),
    [PATIENT_ACCEPTED_EMAIL_MARKETING] = {.name = "accepted_email_marketing", .kind = FIELD_BOOL, .flags = FIELD_INPUT},
    [PATIENT_ACCEPTED_PRIVACY_POLICY] = {.name = "accepted_privacy_policy", .kind = FIELD_BOOL, .flags = FIELD_INPUT},
    [PATIENT_ADDRESS_1] = {.name = "address_1", .kind = FIELD_TEXT, .flags = FIELD_INPUT, .max_length = 255},
    [PATIENT_ADDRESS_2] = {.name = "address_2", .kind = FIELD_TEXT, .flags = FIELD_INPUT, .max_length = 255},
    [PATIENT_ADDRESS_3] = {.name = "address_3", .kind = FIELD_TEXT, .flags = FIELD_INPUT, .max_length = 255},
    [PATIENT_APPOINTMENT_NOTES] = {.name = "appointment_notes", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [PATIENT_CITY] = {.name = "city", .kind = FIELD_TEXT, .flags = FIELD_INPUT, .max_length = 255},
    [PATIENT_COUNTRY] = {.name = "country", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [PATIENT_CUSTOM_FIELDS] = {.name = "custom_fields",
                               .kind = FIELD_JSON,
                               .flags = FIELD_INPUT,
                               .check = object_check},
    [PATIENT_DATE_OF_BIRTH] = {.name = "date_of_birth", .kind = FIELD_DATE, .flags = FIELD_INPUT | FIELD_FILTER},
    [PATIENT_DVA_CARD_NUMBER] = {.name = "dva_card_number",
                                 .kind = FIELD_TEXT,
                                 .flags = FIELD_INPUT,
                                 .fits = pattern_dva},
    [PATIENT_EMAIL] = {.name = "email",
                       .kind = FIELD_TEXT,
                       .flags = FIELD_INPUT | FIELD_FILTER,
                       .max_length = 255,
                       .fits = pattern_email,
                       .index = 3},
    [PATIENT_EMERGENCY_CONTACT] = {.name = "emergency_contact",
                                   .kind = FIELD_TEXT,
                                   .flags = FIELD_INPUT,
                                   .max_length = 255},
    [PATIENT_FIRST_NAME] = {.name = "first_name",
                            .kind = FIELD_TEXT,
                            .flags = FIELD_INPUT | FIELD_REQUIRED | FIELD_FILTER,
                            .max_length = 255},
    [PATIENT_GENDER_IDENTITY] = {.name = "gender_identity", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [PATIENT_INVOICE_DEFAULT_TO] = {.name = "invoice_default_to", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [PATIENT_INVOICE_EMAIL] = {.name = "invoice_email",
                               .kind = FIELD_TEXT,
                               .flags = FIELD_INPUT,
                               .fits = pattern_email},
    [PATIENT_INVOICE_EXTRA_INFORMATION] = {.name = "invoice_extra_information",
                                           .kind = FIELD_TEXT,
                                           .flags = FIELD_INPUT},
    [PATIENT_LAST_NAME] = {.name = "last_name",
                           .kind = FIELD_TEXT,
                           .flags = FIELD_INPUT | FIELD_REQUIRED | FIELD_FILTER,
                           .max_length = 255,
                           .index = 2},
    [PATIENT_MEDICARE] = {.name = "medicare", .kind = FIELD_TEXT, .flags = FIELD_INPUT, .max_length = 255},
    [PATIENT_MEDICARE_REFERENCE_NUMBER] = {.name = "medicare_reference_number",
                                           .kind = FIELD_TEXT,
                                           .flags = FIELD_INPUT,
                                           .max_length = 255},
    [PATIENT_NOTES] = {.name = "notes", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [PATIENT_OCCUPATION] = {.name = "occupation", .kind = FIELD_TEXT, .flags = FIELD_INPUT, .max_length = 255},
    [PATIENT_OLD_REFERENCE_ID] = {.name = "old_reference_id",
                                  .kind = FIELD_TEXT,
                                  .flags = FIELD_INPUT | FIELD_FILTER,
                                  .max_length = 255,
                                  .index = 1},
    [PATIENT_PHONE_NUMBERS] = {.name = "patient_phone_numbers",
                               .kind = FIELD_JSON,
                               .flags = FIELD_INPUT | FIELD_NOT_NULL,
                               .check = phones_check},
    [PATIENT_POST_CODE] = {.name = "post_code", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [PATIENT_PREFERRED_FIRST_NAME] = {.name = "preferred_first_name",
                                      .kind = FIELD_TEXT,
                                      .flags = FIELD_INPUT | FIELD_FILTER,
                                      .max_length = 255},
    [PATIENT_PRONOUNS] = {.name = "pronouns", .kind = FIELD_JSON, .flags = FIELD_INPUT, .check = pronouns_check},
    [PATIENT_RECEIVES_CONFIRMATION_EMAILS] = {.name = "receives_confirmation_emails",
                                              .kind = FIELD_BOOL,
                                              .flags = FIELD_INPUT},
    [PATIENT_REFERRAL_SOURCE] = {.name = "referral_source",
                                 .kind = FIELD_TEXT,
                                 .flags = FIELD_INPUT,
                                 .max_length = 255},
    [PATIENT_REMINDER_TYPE] = {.name = "reminder_type",
                               .kind = FIELD_TEXT,
                               .flags = FIELD_INPUT,
                               .choices = patient_reminder_types},
    [PATIENT_SEX] = {.name = "sex", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [PATIENT_STATE] = {.name = "state", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [PATIENT_TIME_ZONE] = {.name = "time_zone", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [PATIENT_TITLE] = {.name = "title", .kind = FIELD_TEXT, .flags = FIELD_INPUT, .max_length = 255},
    [PATIENT_UNSUBSCRIBE_SMS_MARKETING] = {.name = "unsubscribe_sms_marketing",
                                           .kind = FIELD_BOOL,
                                           .flags = FIELD_INPUT | FIELD_NOT_NULL | FIELD_HIDDEN},
    [PATIENT_CONCESSION_TYPE] = {.name = "concession_type",
                                 .input = "concession_type_id",
                                 .problem = "concession_type",
                                 .kind = FIELD_ID,
                                 .target = "concession_types",
                                 .flags = FIELD_INPUT},
    [PATIENT_REFERRING_DOCTOR] = {.name = "referring_doctor",
                                  .input = "referring_doctor_id",
                                  .problem = "referring_doctor",
                                  .kind = FIELD_ID,
                                  .target = "contacts",
                                  .flags = FIELD_INPUT},
    [PATIENT_APPOINTMENTS] = {.name = "appointments", .kind = FIELD_LINK},
    [PATIENT_ATTENDEES] = {.name = "attendees", .kind = FIELD_LINK},
    [PATIENT_INVOICES] = {.name = "invoices", .kind = FIELD_LINK},
    [PATIENT_MEDICAL_ALERTS] = {.name = "medical_alerts", .kind = FIELD_LINK},
    [PATIENT_ATTACHMENTS] = {.name = "patient_attachments", .kind = FIELD_LINK},
};

static struct schema_names names;
static const struct schema schema = {"patients", fields, PATIENT_FIELDS, &names};

/* What an account does when a create says nothing of messages: it sends them (API reference 5.13). */
static void check(struct act *act)
{
    const struct record *doctor =
        table_find(act_table(act, RESOURCE_CONTACTS), act_cell(act, PATIENT_REFERRING_DOCTOR)->id);

    if (doctor && !contact_is_doctor(doctor))
        problems_add(&act->problems, "referring_doctor", PROBLEM_INVALID);
    if (!act_cell(act, PATIENT_REMINDER_TYPE)->text && !act->record) {
        act->change.cells[PATIENT_REMINDER_TYPE].text = x_strdup(act->account->default_reminder_type);
        act->change.set[PATIENT_REMINDER_TYPE] = true;
    }
    if (act_cell(act, PATIENT_RECEIVES_CONFIRMATION_EMAILS)->number == CELL_NULL && !act->record)
        change_number(&act->change, PATIENT_RECEIVES_CONFIRMATION_EMAILS, true);
    if (!act_cell(act, PATIENT_PHONE_NUMBERS)->text) {
        act->change.cells[PATIENT_PHONE_NUMBERS].text = x_strdup("[]");
        act->change.set[PATIENT_PHONE_NUMBERS] = true;
    }
}

void patient_check_live(struct act *act, int field)
{
    const struct record *patient = table_find(act_table(act, RESOURCE_PATIENTS), act_cell(act, field)->id);

    if (act->record || act->seeding || !patient || patient->cells[RECORD_ARCHIVED_AT].number == CELL_NULL ||
        act->options->archived_parent == ARCHIVED_PARENT_ALLOWED)
        return;
    problems_add(&act->problems, "patient", "has been archived");
    act->archived_parent = true;
}

static uint64_t latest_booking(const struct act *act, const struct record *patient)
{
    const struct table *appointments = &act->account->tables[RESOURCE_APPOINTMENTS];
    const struct record *latest = NULL;

    for (const struct record *at = table_first(appointments, APPOINTMENT_PATIENT, &patient->cells[RECORD_ID]); at;
         at = table_next(appointments, APPOINTMENT_PATIENT, at))
        if (!latest || at->cells[APPOINTMENT_STARTS_AT].number > latest->cells[APPOINTMENT_STARTS_AT].number)
            latest = at;
    return latest ? latest->cells[RECORD_ID].id : 0;
}

static void put_label(const struct record *patient, struct json_writer *writer)
{
    scoped(string_free) char *label =
        x_sprintf("%s %s", patient->cells[PATIENT_FIRST_NAME].text, patient->cells[PATIENT_LAST_NAME].text);

    json_member_text(writer, "label", label);
}

static void extras(const struct act *act, const struct record *patient, struct json_writer *writer)
{
    int64_t unsubscribed = patient->cells[PATIENT_UNSUBSCRIBE_SMS_MARKETING].number;

    json_member_bool(writer, "accepted_sms_marketing", unsubscribed != 1);
    json_member_text(writer, "gender", NULL);
    put_label(patient, writer);
    json_member_text(writer, "merged_at", NULL);
    render_relation(act, "merged_with_patient", "patients", 0, "", writer);
    render_relation(act, "latest_booking", "bookings", latest_booking(act, patient), "", writer);
}

const struct resource patient_resource = {.schema = &schema, .check = check, .extras = extras};
