/* Attendees: one a patient and booking; they say whether the patient came (API reference 5.14). */
#ifndef SANDBOX_ATTENDEES_H
#define SANDBOX_ATTENDEES_H

#include "sandbox/act.h"
#include "sandbox/schema.h"

enum attendee_field {
    ATTENDEE_ARRIVED = RECORD_OWN,
    ATTENDEE_CANCELLATION_NOTE,
    ATTENDEE_CANCELLATION_REASON,
    ATTENDEE_NOTES,
    ATTENDEE_BOOKING,
    ATTENDEE_APPOINTMENT, /* the booking again, under its filter's other name */
    ATTENDEE_PATIENT,
    ATTENDEE_PATIENT_CASE,
    ATTENDEE_INVOICES,
    ATTENDEE_PATIENT_FORMS,
    ATTENDEE_FIELDS,
};

/* Makes the attendee that every individual appointment has. */
void attendee_create_for(struct act *act, const struct record *appointment);

/* Takes over the cancellation of its appointment. */
void attendee_cancel(struct act *act, struct record *attendee, const struct record *appointment);

#endif
