/* What was charged and paid, which stays behind: written to prove it. */
#ifndef SANDBOX_CLINIC_MONEY_H
#define SANDBOX_CLINIC_MONEY_H

#include <stdbool.h>

#include "base/fault.h"
#include "sandbox/clinic/clinic.h"
#include "sandbox/clinic/diary.h"

/* Writes Invoice, InvoiceLine and Payment: one invoice for about every second visit that somebody came to. Some are
 * owed, some are paid too much, some are credits. */
MUST_CHECK bool money_write(const struct clinic_options *options, const struct attended_list *attended,
                            struct fault *fault);

#endif
