/* The text of a column as expressions see it: trimmed, and empty where the profile says that it stands for nothing. */
#ifndef SOURCE_PLAIN_VALUE_H
#define SOURCE_PLAIN_VALUE_H

#include "model/profile.h"
#include "model/scratch.h"
#include "model/value.h"

/* The text form of a value whatever it is, not trimmed; NULL data for NULL. Borrowed as below. */
struct slice value_text(const struct value *value, struct scratch *scratch);

/* NULL data when empty; borrowed from the value, or from the scratch when it had to be written out. */
struct slice plain_value(const struct profile *profile, const struct value *value, struct scratch *scratch);

#endif
