/* What expressions and conditions consist of: shared by their reader and their evaluation, by nobody else. */
#ifndef MODEL_EXPRESSION_PARTS_H
#define MODEL_EXPRESSION_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "model/expression.h"
#include "model/step.h"

enum expression_kind {
    EXPRESSION_COLUMN,
    EXPRESSION_CONSTANT,
    EXPRESSION_FIRST,  /* the first part that is not empty */
    EXPRESSION_JOINED, /* the parts that are not empty, with a separator between them */
    EXPRESSION_KEY,    /* the parts with "/" between them; none may be empty */
    EXPRESSION_CHOICE, /* parts[0] when the condition holds, else parts[1] when there is one */
};

struct expression {
    enum expression_kind kind;
    size_t column;  /* EXPRESSION_COLUMN */
    char *constant; /* EXPRESSION_CONSTANT; the separator of EXPRESSION_JOINED */
    struct expression **parts;
    size_t part_count;
    struct condition *when;
    struct step **steps;
    size_t step_count;
};

enum condition_kind {
    CONDITION_IN,     /* the value is one of the texts */
    CONDITION_NOT_IN, /* an empty value is in no list */
    CONDITION_EMPTY,
    CONDITION_FILLED,
    CONDITION_BELOW, /* as numbers; an empty value is neither below nor above */
    CONDITION_ABOVE,
};

struct condition {
    struct condition *next; /* must hold as well */
    enum condition_kind kind;
    struct expression *value;
    char **texts;
    double bound;
};

#endif
