/* Treatment notes and their templates (API reference 5.16). */
#ifndef SANDBOX_TREATMENT_NOTES_H
#define SANDBOX_TREATMENT_NOTES_H

#include "sandbox/act.h"
#include "sandbox/schema.h"

enum note_field {
    NOTE_CONTENT = RECORD_OWN,
    NOTE_DRAFT,
    NOTE_FINALIZED_AT,
    NOTE_PINNED_AT,
    NOTE_TITLE,
    NOTE_ATTENDEE,
    NOTE_BOOKING,
    NOTE_PATIENT,
    NOTE_PRACTITIONER,
    NOTE_TEMPLATE,
    NOTE_FIELDS,
};

/* Whether the key's user may write this note: it is a practitioner, and the content is of the right kind. False:
 * answered. The author of a note is always the practitioner of the key. */
bool treatment_note_admits(struct act *act);

#endif
