/*
 * "Harbour Physiotherapy", a clinic that never was: two locations in two time zones, three practitioners of whom one
 * has left, and some years of patients and appointments with everything that old databases have in them. Written as the
 * CSV export of the reference schema, and as the seed of the Cliniko account that this clinic has prepared. The same
 * options give the same bytes.
 */
#ifndef SANDBOX_CLINIC_CLINIC_H
#define SANDBOX_CLINIC_CLINIC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"

struct clinic_options {
    const char *folder; /* exists, and takes one .csv file for each table */
    uint64_t seed;
    int patients;  /* 1 to 1,000,000 */
    int years;     /* of history, 1 to 40 */
    int64_t today; /* days since 1970: what is later is a future appointment */
};

struct clinic_counts {
    int64_t patients;
    int64_t appointments;
};

/* Writes all tables. FAULT_BAD_INPUT when the folder cannot be written. */
MUST_CHECK bool clinic_write(const struct clinic_options *options, struct clinic_counts *ret, struct fault *fault);

/* Writes the account as a seed for the local Cliniko (docs/sandbox.md). */
MUST_CHECK bool clinic_write_account(const char *path, struct fault *fault);

#endif
