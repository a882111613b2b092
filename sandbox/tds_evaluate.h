/* Expressions of the stand-in SQL Server: their types, and their values in a row. */
#ifndef SANDBOX_TDS_EVALUATE_H
#define SANDBOX_TDS_EVALUATE_H

#include <stdbool.h>

#include "base/fault.h"
#include "sandbox/tds_select.h"

struct scratch;

struct tds_scope {
    const struct tds_session *session;
    const struct tds_rows *rows; /* NULL without FROM */
    const struct tds_datum *row; /* at hand */
    struct scratch *scratch;     /* of values that are made */
};

/* The type of an expression, whether it may be NULL, and that all of its names are known. */
MUST_CHECK bool tds_type_of(const struct tds_scope *scope, const struct tds_node *node, struct tds_type *ret,
                            bool *ret_nullable, struct fault *fault);

MUST_CHECK bool tds_evaluate(const struct tds_scope *scope, const struct tds_node *node, struct tds_datum *ret,
                             struct fault *fault);

/* Whether a condition holds; what compares with NULL does not. */
MUST_CHECK bool tds_holds(const struct tds_scope *scope, const struct tds_node *node, bool *ret, struct fault *fault);

/* Less than, equal to or greater than zero: numbers by their value, texts without case. */
int tds_compare(const struct tds_datum *one, const struct tds_datum *two);

#endif
