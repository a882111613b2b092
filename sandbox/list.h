/* Lists: filters, order, pages and the links between them (API reference 3.1 to 3.4). */
#ifndef SANDBOX_LIST_H
#define SANDBOX_LIST_H

#include "sandbox/act.h"

/* What the path itself demands of every record in the list. */
struct list_scope {
    int field;        /* 0 for no demand */
    uint64_t id;      /* FIELD_ID: the value; FIELD_IDS: the element */
    int not_true;     /* a yes-or-no field that must not be set; 0 for no demand */
    bool active_only; /* practitioners: `active` must be */
    bool inactive_only;
    const char *ids; /* JSON array of ids, of which the record's own must be one; NULL for no demand */
};

/* Answers with one page of act->kind, at the path "collection" or a longer one, for the links. */
void list_answer(struct act *act, const struct list_scope *scope);

#endif
