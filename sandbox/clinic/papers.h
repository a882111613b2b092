/* The files of patients: attachments, X-rays and letters. `people` has options->patients entries. */
#ifndef SANDBOX_CLINIC_PAPERS_H
#define SANDBOX_CLINIC_PAPERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "sandbox/clinic/clinic.h"
#include "sandbox/clinic/people.h"
#include "sandbox/clinic/truth.h"

/* Writes Attachment: about one for every second patient, and large ones of options->attachment_bytes in all. */
MUST_CHECK bool attachments_write(const struct clinic_options *options, const struct person *people, int64_t *ret_count,
                                  struct fault *fault);

/* Writes XRay. */
MUST_CHECK bool xrays_write(const struct clinic_options *options, const struct person *people, struct truth *truth,
                            int64_t *ret_count, struct fault *fault);

/* Writes Letter. */
MUST_CHECK bool letters_write(const struct clinic_options *options, const struct person *people, struct truth *truth,
                              int64_t *ret_count, struct fault *fault);

#endif
