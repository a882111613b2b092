/* The patterns of single values (OpenAPI document; API reference 5.12 and quirk 1) and of telephone numbers. */
#ifndef SANDBOX_PATTERNS_H
#define SANDBOX_PATTERNS_H

#include <stdbool.h>

struct json;
struct text;

/* name@domain.tld, in either case: the document's own pattern knows capitals only. */
bool pattern_email(const char *text);

/* Department of Veterans' Affairs file number: state letter, war code, number, optional dependant letter. */
bool pattern_dva(const char *text);

/* #rgb or #rrggbb */
bool pattern_colour(const char *text);

/* A decimal from 0 to 4,000,000,000, or from minus that. */
bool pattern_price(const char *text);
bool pattern_signed_price(const char *text);

/* An array of {phone_type, number}; the kept form has normalized_number too. For FIELD_JSON. */
bool phones_check(const struct json *value, struct text *kept, const char **ret_problem);

/* Keeps an object as it is. For FIELD_JSON. */
bool object_check(const struct json *value, struct text *kept, const char **ret_problem);

/* Five strings, all needed. For FIELD_JSON. */
bool pronouns_check(const struct json *value, struct text *kept, const char **ret_problem);

#endif
