/* The patients of the sample clinic, and what the other parts have to know of them. */
#ifndef SANDBOX_CLINIC_PEOPLE_H
#define SANDBOX_CLINIC_PEOPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "sandbox/clinic/clinic.h"

/* Who is no patient of ours: appointments, notes and files may point there, since no foreign key is declared. */
enum { MISSING_PATIENT_ID = 9000000 };

struct person {
    int id;
    const char *first_name; /* borrowed; may be NULL or empty, as the surname */
    const char *surname;
    int location_id;
    int practitioner_id;
    int64_t first_day; /* when the file was opened */
    int64_t last_day;  /* of visits; may be in the future */
    bool archived;     /* inactive, archived or deceased */
    bool merged;       /* into another file */
};

/* Writes Patient. *ret_people has options->patients entries, to be freed by the caller. */
MUST_CHECK bool people_write(const struct clinic_options *options, struct person **ret_people, struct fault *fault);

/* Writes what hangs on patients: PatientGroup, PatientGroupMember, PatientAccount, PatientContact, PatientWarning,
 * Referral, WaitList, Recall. */
MUST_CHECK bool relations_write(const struct clinic_options *options, const struct person *people, struct fault *fault);

#endif
