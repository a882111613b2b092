/*
 * The sample clinic by several doors: what a source gives, as lines that can be compared whichever way it came. Large
 * values stand there as SHA-256; where a row stands, and what only one form can know, is left out.
 */
#ifndef TESTS_CLINIC_FORMS_H
#define TESTS_CLINIC_FORMS_H

#include <stddef.h>
#include <stdint.h>

#include "sandbox/clinic/clinic.h"

enum { CLINIC_TODAY = 20514 };

/* Writes a clinic of 60 patients as CSV into the folder `csv`, as a backup to the file `backup`, or as both with the
 * same rows: NULL leaves one out. What of `options` makes it that clinic is set here. */
void clinic_make(struct clinic_options options, const char *csv, const char *backup);

struct lines {
    char **lines;
    size_t count;
};

void lines_release(struct lines *lines);

/* Canonical records of the source by profiles/front-desk.json, and what stays behind. */
void clinic_records(const char *path, struct lines *ret);

/* Every table, row and column. `table_count`: how many there must be. */
void clinic_rows(const char *path, size_t table_count, struct lines *ret);

/* Fails the test where they differ, in any order of rows; sorts both. */
void lines_expect_same(struct lines *one, struct lines *other, const char *one_name, const char *other_name);

#endif
