#include "sandbox/patient_cases.h"

#include "sandbox/patients.h"
#include "sandbox/patterns.h"
#include "sandbox/resource.h"

static const char *const referral_types[] = {"dva", "medicare", NULL};

static const struct field fields[CASE_FIELDS] = {
    SCHEMA_COMMON_FIELDS(FIELD_FILTER, FIELD_HIDDEN, FIELD_HIDDEN),
    [CASE_ATTENDEE_IDS] = {.name = "attendee_ids", .kind = FIELD_IDS, .target = "attendees", .flags = FIELD_INPUT},
    [CASE_CLOSED] = {.name = "closed", .kind = FIELD_BOOL, .flags = FIELD_INPUT},
    [CASE_EXPIRY_DATE] = {.name = "expiry_date", .kind = FIELD_DATE, .flags = FIELD_INPUT | FIELD_FILTER},
    [CASE_INCLUDE_CANCELLED_ATTENDEES] = {.name = "include_cancelled_attendees",
                                          .kind = FIELD_BOOL,
                                          .flags = FIELD_INPUT},
    [CASE_INCLUDE_DNA_ATTENDEES] = {.name = "include_dna_attendees", .kind = FIELD_BOOL, .flags = FIELD_INPUT},
    [CASE_ISSUE_DATE] = {.name = "issue_date", .kind = FIELD_DATE, .flags = FIELD_INPUT},
    [CASE_MAX_INVOICEABLE_AMOUNT] = {.name = "max_invoiceable_amount",
                                     .kind = FIELD_DECIMAL,
                                     .flags = FIELD_INPUT,
                                     .fits = pattern_price},
    [CASE_MAX_SESSIONS] =
        {.name = "max_sessions", .kind = FIELD_INTEGER, .flags = FIELD_INPUT, .least = 1, .greatest = 200},
    [CASE_NAME] = {.name = "name", .kind = FIELD_TEXT, .flags = FIELD_INPUT | FIELD_REQUIRED},
    [CASE_NOTES] = {.name = "notes", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [CASE_REFERRAL] = {.name = "referral", .kind = FIELD_BOOL, .flags = FIELD_INPUT},
    [CASE_REFERRAL_TYPE] = {.name = "referral_type",
                            .kind = FIELD_TEXT,
                            .flags = FIELD_INPUT,
                            .choices = referral_types},
    [CASE_CONTACT] = {.name = "contact",
                      .input = "contact_id",
                      .problem = "contact",
                      .kind = FIELD_ID,
                      .target = "contacts",
                      .flags = FIELD_INPUT},
    [CASE_PATIENT] = {.name = "patient",
                      .input = "patient_id",
                      .problem = "patient",
                      .kind = FIELD_ID,
                      .target = "patients",
                      .flags = FIELD_INPUT | FIELD_REQUIRED | FIELD_FILTER,
                      .index = 1},
    [CASE_ATTACHMENT_IDS] = {.name = "patient_attachment_ids",
                             .kind = FIELD_IDS,
                             .target = "patient_attachments",
                             .flags = FIELD_INPUT | FIELD_HIDDEN},
    [CASE_ATTENDEES] = {.name = "attendees", .kind = FIELD_LINK},
    [CASE_BOOKINGS] = {.name = "bookings", .kind = FIELD_LINK},
    [CASE_INVOICES] = {.name = "invoices", .kind = FIELD_LINK},
    [CASE_ATTACHMENTS] = {.name = "patient_attachments", .kind = FIELD_LINK},
};

static struct schema_names names;
static const struct schema schema = {"patient_cases", fields, CASE_FIELDS, &names};

static void check(struct act *act)
{
    patient_check_live(act, CASE_PATIENT);
}

const struct resource patient_case_resource = {.schema = &schema, .check = check};
