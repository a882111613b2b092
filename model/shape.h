/*
 * The shape of a profile's JSON: each problem is reported with the path where it stands.
 */
#ifndef MODEL_SHAPE_H
#define MODEL_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "base/json.h"

/* The value is an object whose members are all named in `names` (separated by blanks), none of them twice. */
MUST_CHECK bool shape_object(const struct json *json, const char *where, const char *names, struct fault *fault);

/* The value is a text; *ret is borrowed. */
MUST_CHECK bool shape_text(const struct json *json, const char *where, const char **ret, struct fault *fault);

/* As shape_text, copied to the caller; an absent value (NULL) leaves *ret NULL. */
MUST_CHECK bool shape_optional_text(const struct json *json, const char *where, char **ret, struct fault *fault);

/* The value is a list of at least one text, or one text that stands for such a list; the caller frees the
 * NULL-terminated copy with texts_free. */
MUST_CHECK bool shape_texts(const struct json *json, const char *where, char ***ret, struct fault *fault);
MUST_CHECK bool shape_optional_bool(const struct json *json, const char *where, bool *ret, struct fault *fault);
MUST_CHECK bool shape_integer(const struct json *json, const char *where, long least, long greatest, long *ret,
                              struct fault *fault);

void texts_free(char ***texts);
size_t texts_count(char *const *texts);

/* The path of a member or of an element; the caller owns it. */
char *path_member(const char *where, const char *name);
char *path_element(const char *where, size_t index);

#endif
