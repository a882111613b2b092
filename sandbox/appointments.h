/* Individual appointments and what follows from them: the attendee, messages to the patient (API reference 5.13). */
#ifndef SANDBOX_APPOINTMENTS_H
#define SANDBOX_APPOINTMENTS_H

#include <stdbool.h>

#include "sandbox/act.h"
#include "sandbox/schema.h"

enum appointment_field {
    APPOINTMENT_CANCELLATION_NOTE = RECORD_OWN,
    APPOINTMENT_CANCELLATION_REASON,
    APPOINTMENT_DID_NOT_ARRIVE,
    APPOINTMENT_ENDS_AT,
    APPOINTMENT_NOTES,
    APPOINTMENT_PATIENT_ARRIVED,
    APPOINTMENT_REPEAT_RULE,
    APPOINTMENT_STARTS_AT,
    APPOINTMENT_TYPE,
    APPOINTMENT_BUSINESS,
    APPOINTMENT_PATIENT,
    APPOINTMENT_PATIENT_CASE,
    APPOINTMENT_PRACTITIONER,
    APPOINTMENT_REPEATED_FROM,
    APPOINTMENT_ATTENDEES,
    APPOINTMENT_CONFLICTS,
    APPOINTMENT_REPEATS,
    APPOINTMENT_FIELDS,
};

/* A rule of repeats, for FIELD_JSON. It is kept; the repeats themselves are not made. */
bool repeat_rule_check(const struct json *value, struct text *kept, const char **ret_problem);

/* PATCH /individual_appointments/{id}/cancel: act->record with the reason from act->body. */
void appointment_cancel(struct act *act);

/* GET /individual_appointments/{id}/conflicts, and of an unavailable block: whether another appointment or block of the
 * practitioner overlaps. */
void appointment_conflicts(struct act *act);

/* An attendee's `arrived` changed: true, false or CELL_NULL (API reference 5.14). */
void appointment_set_arrival(struct act *act, struct record *appointment, int64_t arrived);

/* "Feeling Better" for 10 and so on; NULL for an unknown one. */
const char *cancellation_reason_text(int64_t reason);

#endif
