/* The field errors of one request, for a 422 (API reference 4.1). */
#ifndef SANDBOX_PROBLEMS_H
#define SANDBOX_PROBLEMS_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/text.h"

enum { PROBLEMS_MAX = 24, PROBLEM_TEXT_SIZE = 80 };

#define PROBLEM_BLANK       "can’t be blank"
#define PROBLEM_INVALID     "is invalid"
#define PROBLEM_NOT_NUMBER  "is not a number"
#define PROBLEM_NOT_IN_LIST "is not included in the list"

struct problem {
    const char *field;
    char text[PROBLEM_TEXT_SIZE];
};

struct problems {
    int count;
    struct problem list[PROBLEMS_MAX];
};

/* The first problem of a field stands; `field` is borrowed. */
void problems_add(struct problems *problems, const char *field, const char *format, ...) PRINTF_LIKE(3, 4);

/* {"message":"Validation Failed","errors":{…}} */
void problems_write(const struct problems *problems, struct text *out);

#endif
