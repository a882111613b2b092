/*
 * What a person reads in the texts that the clinic keeps as RTF, HTML or Word files, for whoever checks a transfer: one
 * row for each text. Written beside the export and never part of it. Without a folder all of this does nothing.
 */
#ifndef SANDBOX_CLINIC_TRUTH_H
#define SANDBOX_CLINIC_TRUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"

struct truth;

/* Creates folder/Text.csv: table, row, column, number of pictures, text. *ret is NULL when there is no folder. */
MUST_CHECK bool truth_create(const char *folder, struct truth **ret, struct fault *fault);

void truth_put(struct truth *truth, const char *table_name, int64_t row, const char *column, int pictures,
               const char *text);

MUST_CHECK bool truth_finish(struct truth **truth, struct fault *fault);
void truth_destroy(struct truth **truth);

#endif
