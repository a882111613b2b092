/* The appointments of the sample clinic and the series that some of them came from. */
#ifndef SANDBOX_CLINIC_DIARY_H
#define SANDBOX_CLINIC_DIARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "sandbox/clinic/clinic.h"
#include "sandbox/clinic/people.h"

/* An appointment to which somebody came: notes are written about it, and it is paid for. */
struct attended {
    int id;
    int patient_id;
    int practitioner_id;
    int type_id;   /* 0: none was recorded */
    int64_t start; /* wall clock, see moment_of */
};

struct attended_list {
    struct attended *entries; /* in the order of start time */
    size_t count;
    size_t room;
};

void attended_release(struct attended_list *list);

/* Writes Appointment, in the order of start time, and AppointmentSeries. `people` has options->patients entries.
 * *ret_count is the number of appointments; fills *ret, which the caller releases. */
MUST_CHECK bool diary_write(const struct clinic_options *options, const struct person *people, int64_t *ret_count,
                            struct attended_list *ret, struct fault *fault);

#endif
