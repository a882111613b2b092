/*
 * The sample clinic as a backup: FD_DECRYPTED.bak, or FD.bak whose notes and files are still encrypted. The rows come
 * from the same generator as the CSV files, through the sink of sheet.h. What cannot be seen in a CSV is put in here: a
 * dropped column and columns added later (Appointment, ClinicalNote), a computed one (Patient), deleted rows, a row
 * that was moved (DbVersion), duplicates of a clustered key, extents and pages that are free.
 *
 * Not a database that a server would take: it is as complete as its readers need it.
 */
#ifndef SANDBOX_CLINIC_BAK_CLINIC_H
#define SANDBOX_CLINIC_BAK_CLINIC_H

#include <stdint.h>

#include "base/fault.h"
#include "sandbox/clinic/sheet.h"

struct mdf_clinic;

/* Creates the file. `today` is the day of the backup, since 1970. */
MUST_CHECK bool mdf_clinic_create(const char *path, int64_t today, struct mdf_clinic **ret, struct fault *fault);

/* Takes the rows, with the clinic as its context. */
extern const struct sheet_sink mdf_clinic_sink;

/* To be called when all tables are written. */
MUST_CHECK bool mdf_clinic_finish(struct mdf_clinic *clinic, struct fault *fault);

/* A backup that is not finished is removed. */
void mdf_clinic_destroy(struct mdf_clinic **clinic);

/* Packs a finished backup into a zip under the name `member`; `stored`: without deflating it. */
MUST_CHECK bool bak_zip_write(const char *path, const char *backup, const char *member, bool stored, int64_t today,
                              struct fault *fault);

#endif
