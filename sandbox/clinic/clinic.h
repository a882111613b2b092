/*
 * "Harbour Physiotherapy", a clinic that never was: three locations in three time zones, five practitioners of whom
 * three have left, and some years of patients, appointments, notes and files with everything that old databases have in
 * them. Written as the CSV export of the reference schema, and as the seed of the Cliniko account that this clinic has
 * prepared. The same options give the same bytes.
 */
#ifndef SANDBOX_CLINIC_CLINIC_H
#define SANDBOX_CLINIC_CLINIC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"

struct clinic_options {
    const char *folder; /* exists, and takes one .csv file for each table */
    const char *truth;  /* exists, and takes Text.csv: what a person reads in each note, letter and report; or NULL */
    uint64_t seed;
    int patients;             /* 1 to 1,000,000 */
    int years;                /* of history, 1 to 40 */
    int64_t today;            /* days since 1970: what is later is a future appointment */
    int64_t attachment_bytes; /* of large files beside the ordinary ones */
    int64_t largest_file;     /* of these; 0: 5 GB */
    bool undecrypted;         /* notes and files are still encrypted, as in a backup made without the vendor's help */
};

struct clinic_counts {
    int64_t patients;
    int64_t appointments;
    int64_t notes;
    int64_t files; /* attachments, X-rays and letters */
};

/* Writes all tables. FAULT_BAD_INPUT when the folder cannot be written. */
MUST_CHECK bool clinic_write(const struct clinic_options *options, struct clinic_counts *ret, struct fault *fault);

/* Writes the account as a seed for the local Cliniko (docs/sandbox.md). */
MUST_CHECK bool clinic_write_account(const char *path, struct fault *fault);

/* Writes the clinic's answers to the questions of profiles/front-desk.json. */
MUST_CHECK bool clinic_write_answers(const char *path, struct fault *fault);

/* Writes the keys of the practitioners who have one, by their names, for the notes that they wrote. */
MUST_CHECK bool clinic_write_keys(const char *path, struct fault *fault);

#endif
