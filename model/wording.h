/*
 * The titles and descriptions that Cliniko shows for notes and files: composed of what is known, at most 255
 * characters, ended by the marker of the record, which is never cut.
 */
#ifndef MODEL_WORDING_H
#define MODEL_WORDING_H

#include <stdbool.h>

#include "base/text.h"
#include "model/entity.h"

enum { WORDING_CHARACTERS_MAX = 255 };

/* Gives a member of the record by its name in the payload; a slice with NULL data when it is empty. */
typedef struct slice wording_value_fn(const void *context, const char *member);

/* Appends "2024-03-01 09:30, Dr Jane Lee: Initial visit [FD-N7]"; parts that are empty leave no punctuation. False when
 * it did not fit: its end is then cut before the marker. */
bool wording_title(const char *source_key, wording_value_fn *value, const void *context, struct text *out);

/* The title without limit and marker. */
void wording_whole_title(wording_value_fn *value, const void *context, struct text *out);

/* Appends what an attachment, an X-ray, a letter or the document of a note is called:
 * "X-ray: left knee, Dr Jane Lee, knee.jpg, 2021-03-04 [FD-X3]". False when it did not fit: date and marker stay. */
bool wording_description(enum entity entity, const char *source_key, wording_value_fn *value, const void *context,
                         struct text *out);

#endif
