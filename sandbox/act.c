#include "sandbox/act.h"

#include <stddef.h>
#include <string.h>

#include "sandbox/resource.h"

void act_init(struct act *act)
{
    memset(act, 0, offsetof(struct act, change));
    memset(act->change.set, 0, sizeof act->change.set);
    memset(act->touched, 0, sizeof act->touched);
    act->problems.count = 0;
    act->unknown_related = false;
    act->archived_parent = false;
    act->seeding = false;
    act->answer = NULL;
}

const union cell *act_cell(const struct act *act, int field)
{
    static const union cell no_text = {.text = NULL};
    static const union cell no_id = {.id = 0};
    static const union cell no_number = {.number = CELL_NULL};
    enum field_kind kind = resources[act->kind]->schema->fields[field].kind;

    if (act->change.set[field])
        return &act->change.cells[field];
    if (act->record)
        return &act->record->cells[field];
    if (cell_is_text(kind))
        return &no_text;
    return kind == FIELD_ID ? &no_id : &no_number;
}
