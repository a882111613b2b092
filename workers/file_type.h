/*
 * What kind of file it is, by its name and by its leading bytes. Cliniko looks into files as well, and one whose bytes
 * are of another kind than its name says ends there as "invalid/invalid" (API reference 8.7).
 */
#ifndef WORKERS_FILE_TYPE_H
#define WORKERS_FILE_TYPE_H

#include "base/text.h"

/* What stands behind the last dot, at most five letters or digits; NULL for none. Borrows from `name`. */
const char *file_type_ending_of(const char *name);

/* "application/pdf" by the ending of the name; "application/octet-stream" for one that nobody knows. */
const char *file_type_of_name(const char *name);

/* The ending by the leading bytes; NULL when they tell nothing. */
const char *file_type_ending_by(struct slice head);

/* The ending that a file should have when its name says another kind than its leading bytes do beyond doubt; NULL when
 * they agree, and when either tells nothing. */
const char *file_type_true_ending(const char *name, struct slice head);

#endif
