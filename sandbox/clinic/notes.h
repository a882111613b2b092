/* The clinical notes, and the templates that some were made from. */
#ifndef SANDBOX_CLINIC_NOTES_H
#define SANDBOX_CLINIC_NOTES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "sandbox/clinic/clinic.h"
#include "sandbox/clinic/diary.h"
#include "sandbox/clinic/people.h"
#include "sandbox/clinic/truth.h"

/* Writes ClinicalNote: about every third visit that somebody came to has one. */
MUST_CHECK bool notes_write(const struct clinic_options *options, const struct attended_list *attended,
                            struct truth *truth, int64_t *ret_count, struct fault *fault);

#endif
