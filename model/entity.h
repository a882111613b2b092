/*
 * The entities that a transfer moves, one table for all who need to know them. A staged record is one request to
 * Cliniko: what takes a second request (attendance, cancellation, archiving) is a record of its own that names its
 * parent.
 */
#ifndef MODEL_ENTITY_H
#define MODEL_ENTITY_H

#include <stdbool.h>

enum entity {
    ENTITY_BUSINESS,         /* a location: matched with one of Cliniko's, never created */
    ENTITY_PRACTITIONER,     /* matched, never created */
    ENTITY_APPOINTMENT_TYPE, /* created, with empty message templates */
    ENTITY_PATIENT,
    ENTITY_APPOINTMENT,
    ENTITY_ATTENDANCE,   /* arrived or did not arrive: a change of the appointment's attendee */
    ENTITY_CANCELLATION, /* cancels an appointment that was created */
    ENTITY_ARCHIVAL,     /* archives a patient; last, since an archived patient takes no children */
    ENTITY_COUNT,
};

struct entity_facts {
    const char *name;   /* in the database, in profiles and in logs */
    const char *plural; /* for people */
    const char *kind;   /* the kind of worker that sends it; NULL when it is only matched */
    int phase;          /* entities of a phase may go side by side; 0 when it is only matched */
    const char *parent; /* the payload's member that holds its parent's source key; NULL for none */
    enum entity parent_entity;
};

const struct entity_facts *entity_facts(enum entity entity);

/* False when no entity has that name. */
bool entity_find(const char *name, enum entity *ret);

#endif
