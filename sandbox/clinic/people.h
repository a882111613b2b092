/* The patients of the sample clinic, their warnings, and what the diary has to know of them. */
#ifndef SANDBOX_CLINIC_PEOPLE_H
#define SANDBOX_CLINIC_PEOPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "sandbox/clinic/clinic.h"

/* What the diary has to know of a patient. */
struct person {
    int id;
    int location_id;
    int practitioner_id;
    int64_t first_day; /* when the file was opened */
    int64_t last_day;  /* of visits; may be in the future */
};

/* Writes Patient, PatientWarning. *ret_people has options->patients entries, to be freed by the caller. */
MUST_CHECK bool people_write(const struct clinic_options *options, struct person **ret_people, struct fault *fault);

#endif
