/*
 * The steps of an expression's "then" list: small changes of a text, one after another. A step is not asked for an
 * empty value, "default" excepted.
 */
#ifndef MODEL_STEP_H
#define MODEL_STEP_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/json.h"
#include "base/text.h"
#include "model/scratch.h"

struct step;

/* Date formats and "empty" dates for the date steps that name none of their own: JSON lists of texts or NULL. */
struct step_defaults {
    const struct json *date_formats;
    const struct json *empty_dates;
};

/* `json` is a step's name, or an object that begins with the step's name. */
MUST_CHECK bool step_read(const struct json *json, const char *where, const struct step_defaults *defaults,
                          struct step **ret, struct fault *fault);
void step_destroy(struct step **step);

/* Changes *value, whose data is NULL when it is empty. The fault names the value (at most 40 characters) and the step.
 */
MUST_CHECK bool step_apply(const struct step *step, struct scratch *scratch, struct slice *value, struct fault *fault);

/* True for a value map, whose faults all mean that it does not know the value. */
bool step_is_map(const struct step *step);

#endif
