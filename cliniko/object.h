/*
 * Cliniko's objects, from JSON to plain structs that borrow from the tree (API reference 5). Ids are text of 1 to 20
 * digits; texts that are absent or null read as "". An object without the shape that the reference promises is
 * FAULT_REFUSED.
 */
#ifndef CLINIKO_OBJECT_H
#define CLINIKO_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/json.h"

enum { ID_SIZE = 21 }; /* 20 digits and a NUL */

/* True for text of 1 to 20 digits; NULL is not. */
bool object_id_valid(const char *id);

/* The object's own id. */
MUST_CHECK bool object_id(const struct json *object, const char **ret, struct fault *fault);

/* The id behind a relation such as "patient": the last segment of its links.self, without a query. An absent or null
 * relation gives "". */
MUST_CHECK bool object_relation(const struct json *object, const char *name, char ret[ID_SIZE], struct fault *fault);

struct cliniko_user {
    const char *id;
    const char *role;
    const char *email;
    const char *time_zone; /* the IANA name when the answer has it, else the display name */
    bool active;
    bool lacks_mobile; /* the answer shows phone numbers, and none is a mobile's */
};

struct cliniko_account { /* of /settings/public */
    const char *name;
    const char *subdomain;
    const char *country;
};

struct cliniko_practitioner {
    const char *id;
    const char *first_name;
    const char *last_name;
    const char *title;
    const char *label; /* as users see it */
    char user_id[ID_SIZE];
    bool active;
};

struct cliniko_business {
    const char *id;
    const char *name;      /* business_name */
    const char *label;     /* as users see it */
    const char *time_zone; /* IANA name */
    bool archived;
};

struct cliniko_appointment_type {
    const char *id;
    const char *name;
    int duration_minutes;
    int max_attendees;
    const char *created_at;
    bool archived;
    bool sends_messages; /* has a confirmation or reminder template (API reference 5.13) */
};

struct cliniko_patient {
    const char *id;
    const char *first_name;
    const char *last_name;
    const char *date_of_birth; /* "YYYY-MM-DD" */
    const char *email;
    const char *old_reference_id;
    const char *reminder_type;
    bool receives_confirmation_emails;
    bool archived;
};

struct cliniko_appointment {
    const char *id;
    char patient_id[ID_SIZE];
    char practitioner_id[ID_SIZE];
    char business_id[ID_SIZE];
    char appointment_type_id[ID_SIZE];
    int64_t starts_at; /* UTC seconds */
    int64_t ends_at;
    const char *notes;
    const char *created_at;
    int cancellation_reason; /* 0 for none */
    bool cancelled;
    bool archived;
};

enum cliniko_arrival {
    ARRIVAL_UNKNOWN, /* arrived: null */
    ARRIVAL_ARRIVED, /* true */
    ARRIVAL_MISSED,  /* false: did not arrive */
};

struct cliniko_attendee {
    const char *id;
    char booking_id[ID_SIZE]; /* equals the individual appointment's id (API reference 5.14) */
    char patient_id[ID_SIZE];
    enum cliniko_arrival arrival;
    bool cancelled;
};

MUST_CHECK bool object_read_user(const struct json *json, struct cliniko_user *ret, struct fault *fault);
MUST_CHECK bool object_read_account(const struct json *json, struct cliniko_account *ret, struct fault *fault);
MUST_CHECK bool object_read_practitioner(const struct json *json, struct cliniko_practitioner *ret,
                                         struct fault *fault);
MUST_CHECK bool object_read_business(const struct json *json, struct cliniko_business *ret, struct fault *fault);
MUST_CHECK bool object_read_appointment_type(const struct json *json, struct cliniko_appointment_type *ret,
                                             struct fault *fault);
MUST_CHECK bool object_read_patient(const struct json *json, struct cliniko_patient *ret, struct fault *fault);
MUST_CHECK bool object_read_appointment(const struct json *json, struct cliniko_appointment *ret, struct fault *fault);
MUST_CHECK bool object_read_attendee(const struct json *json, struct cliniko_attendee *ret, struct fault *fault);

#endif
