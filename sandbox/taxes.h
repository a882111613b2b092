/* Taxes (API reference 5.5). */
#ifndef SANDBOX_TAXES_H
#define SANDBOX_TAXES_H

#include "sandbox/record.h"

/* The percentage as text. */
const char *tax_rate(const struct record *tax);

#endif
