/*
 * Records as they would be sent: the body of the request, with "<patient 7>" where Cliniko's id of that record will
 * stand.
 */
#ifndef CLI_PREVIEW_H
#define CLI_PREVIEW_H

#include "base/fault.h"
#include "base/text.h"
#include "source/extraction.h"
#include "source/source.h"

/* Appends a JSON object. Locations and practitioners are not sent but matched: the object is then what is matched. The
 * source is asked for the text of notes that stand in large values. FAULT_REFUSED and FAULT_BAD_INPUT when the record
 * cannot be sent. */
MUST_CHECK bool preview_write(const struct staged_record *record, struct source *source, struct text *out,
                              struct fault *fault);

#endif
