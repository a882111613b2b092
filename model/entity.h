/*
 * The entities that a transfer moves, one table for all who need to know them. A staged record is one request to
 * Cliniko: what takes a second request (attendance, cancellation, archiving) is a record of its own that names its
 * parent.
 */
#ifndef MODEL_ENTITY_H
#define MODEL_ENTITY_H

#include <stdbool.h>

enum entity {
    ENTITY_BUSINESS,     /* a location: matched with one of Cliniko's, never created */
    ENTITY_PRACTITIONER, /* matched, never created */
    ENTITY_TAX,          /* matched by its rate, created where there is none */
    ENTITY_CONCESSION_TYPE,
    ENTITY_PRODUCT_SUPPLIER,
    ENTITY_PRODUCT,
    ENTITY_BILLABLE_ITEM,
    ENTITY_APPOINTMENT_TYPE, /* with empty message templates */
    ENTITY_CONTACT,
    ENTITY_PATIENT,
    ENTITY_MEDICAL_ALERT,
    ENTITY_REMINDER, /* a reminder on the patient's file, as a memo */
    ENTITY_APPOINTMENT,
    ENTITY_UNAVAILABLE_BLOCK,
    ENTITY_ATTENDANCE,   /* arrived or did not arrive: a change of the appointment's attendee */
    ENTITY_CANCELLATION, /* cancels an appointment that was created */
    ENTITY_TREATMENT_NOTE,
    ENTITY_NOTE_DOCUMENT, /* the PDF of a note that holds pictures */
    ENTITY_ATTACHMENT,
    ENTITY_XRAY,
    ENTITY_LETTER,
    ENTITY_REMINDER_PREFERENCE, /* sets how a patient wants to be reminded, once all appointments are there */
    ENTITY_PRODUCT_ARCHIVAL,    /* archivals come last, since what is archived takes no children */
    ENTITY_BILLABLE_ITEM_ARCHIVAL,
    ENTITY_APPOINTMENT_TYPE_ARCHIVAL,
    ENTITY_CONTACT_ARCHIVAL,
    ENTITY_ARCHIVAL, /* archives a patient */
    ENTITY_COUNT,
};

struct entity_facts {
    const char *name;   /* in the database, in profiles and in logs */
    const char *plural; /* for people */
    const char *kind;   /* the kind of worker that sends it; NULL when it is only matched */
    int phase;          /* entities of a phase may go side by side; 0 when it is only matched */
    const char *parent; /* the payload's member that holds its parent's source key; NULL for none. Without the parent in
                         * Cliniko the record is skipped */
    enum entity parent_entity;
    const char *link; /* the member with the source key of a record of a large entity that it points to as well; NULL
                       * for none. Without it the record goes over all the same */
    enum entity link_entity;
};

const struct entity_facts *entity_facts(enum entity entity);

/* False when no entity has that name. */
bool entity_find(const char *name, enum entity *ret);

#endif
