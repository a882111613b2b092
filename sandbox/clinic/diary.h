/* The appointments of the sample clinic and the series that some of them came from. */
#ifndef SANDBOX_CLINIC_DIARY_H
#define SANDBOX_CLINIC_DIARY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "sandbox/clinic/clinic.h"
#include "sandbox/clinic/people.h"

/* Writes Appointment, in the order of start time, and AppointmentSeries. `people` has options->patients entries. */
MUST_CHECK bool diary_write(const struct clinic_options *options, const struct person *people, int64_t *ret_count,
                            struct fault *fault);

#endif
