/* Reads the body of a create or update into a change, by the schema: types, lengths, patterns, required fields. */
#ifndef SANDBOX_INPUT_H
#define SANDBOX_INPUT_H

#include "base/text.h"
#include "sandbox/act.h"

/* Fills act->change and act->problems from act->body, an object. Unknown members are ignored, as the service does. */
void input_read(struct act *act);

/* Copies JSON, with every number of more than 15 digits put between quotes: such a number is an id, and as a double it
 * would be another one. */
void input_quote_long_numbers(struct slice json, struct text *out);

/* True when the value, a member of it or an element of a member may be such a number, so that the copy is needed. */
bool input_has_long_numbers(const struct json *json);

#endif
