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
    EXPRESSION_ROWS,   /* parts[0] for each row of a join of many for which the condition holds, with a separator */
    EXPRESSION_ANSWER, /* what the clinic answered to a question */
};

struct expression {
    enum expression_kind kind;
    size_t column;  /* EXPRESSION_COLUMN; by which EXPRESSION_ROWS are put in order, or EXPRESSION_NO_ROW */
    size_t join;    /* EXPRESSION_ROWS */
    char *constant; /* EXPRESSION_CONSTANT; the separator of EXPRESSION_JOINED and _ROWS; the id of EXPRESSION_ANSWER */
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
    CONDITION_SAME, /* the value is that of another expression; two empty ones are the same */
    CONDITION_DIFFERENT,
};

struct condition {
    struct condition *next; /* must hold as well */
    enum condition_kind kind;
    struct expression *value;
    struct expression *other; /* CONDITION_SAME and _DIFFERENT */
    char **texts;
    double bound;
};

/* EXPRESSION_ROWS, in expression_rows.c. */
MUST_CHECK bool expression_evaluate_rows(const struct expression *expression, const struct expression_row *row,
                                         struct slice *ret, struct fault *fault);

#endif
