/*
 * Filters, `q[]=field:OPERATORvalue` (API reference 3.2): which operator fits which type, and whether a record matches.
 * Pure: nothing but schema and record is looked at.
 */
#ifndef SANDBOX_FILTER_H
#define SANDBOX_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "sandbox/record.h"
#include "sandbox/target.h"

enum filter_operator {
    FILTER_EQUAL,
    FILTER_NOT_EQUAL,
    FILTER_ABOVE,
    FILTER_AT_LEAST,
    FILTER_BELOW,
    FILTER_AT_MOST,
    FILTER_CONTAINS,
    FILTER_WILDCARD,
    FILTER_PRESENT, /* ? */
    FILTER_ABSENT,  /* !? */
    FILTER_ANY,     /* * */
};

enum { FILTER_CONDITIONS_MAX = 24, FILTER_LIST_MAX = 500 };

struct condition {
    int field;
    enum filter_operator sign;
    const char *text; /* the value as given; borrowed from the target */
    int64_t number;   /* bool, integer, date, instant */
    uint64_t *ids;    /* ids and numbers: the list of `=`, else one entry */
    size_t id_count;
};

/* The conditions of one request, joined by AND. Archived, deleted and cancelled records are hidden unless a condition
 * speaks of that state (API reference 3.5). */
struct filter {
    const struct schema *schema;
    struct condition conditions[FILTER_CONDITIONS_MAX];
    int count;
    bool ignore_case;
    bool sees[RECORD_OWN]; /* by state field: its records are not hidden */
};

/* Takes the q[] (and legacy q) parameters. FAULT_BAD_INPUT: the text is the `message` of the 400. With `states_only`,
 * as for a single record, only archived_at, deleted_at and cancelled_at may be named. */
MUST_CHECK bool filter_parse(const struct schema *schema, const struct target *target, bool states_only,
                             bool ignore_case, struct filter *ret, struct fault *fault);
void filter_release(struct filter *filter);

bool filter_matches(const struct filter *filter, const struct record *record);

/* A condition that an index of the schema answers, or NULL. */
const struct condition *filter_indexed(const struct filter *filter);

#endif
