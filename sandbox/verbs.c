#include "sandbox/verbs.h"

#include <string.h>

#include "sandbox/filter.h"
#include "sandbox/input.h"
#include "sandbox/render.h"
#include "sandbox/resource.h"

static struct record *find(struct act *act, const char *id)
{
    uint64_t number = 0;

    return id_parse(id, &number) ? table_find(act_table(act, act->kind), number) : NULL;
}

static bool not_found(struct act *act)
{
    answer_message(act->answer, 404, "Resource not found");
    return false;
}

static void show(struct act *act, const struct record *record, int status)
{
    struct json_writer writer;

    json_write_init(&writer, &act->answer->body);
    render_record(act, act->kind, record, &writer);
    answer_json(act->answer, status);
}

bool verb_find(struct act *act, const char *id)
{
    struct record *record = find(act, id);

    if (!record || record->cells[RECORD_ARCHIVED_AT].number != CELL_NULL ||
        record->cells[RECORD_DELETED_AT].number != CELL_NULL)
        return not_found(act);
    act->record = record;
    return true;
}

void verb_read(struct act *act, const char *id)
{
    const struct record *record = find(act, id);
    struct filter filter = {0};
    struct fault fault = {0};

    if (!filter_parse(resources[act->kind]->schema, act->target, true, false, &filter, &fault)) {
        answer_message(act->answer, 400, "%s", fault.text);
        return;
    }
    if (act->options->read_cancelled)
        filter.sees[RECORD_CANCELLED_AT] = true;
    if (record && filter_matches(&filter, record))
        show(act, record, 200);
    else
        not_found(act);
    filter_release(&filter);
}

/* What the switches say about a record that names another one that is not there, or is archived. */
static void answer_problems(struct act *act)
{
    text_clear(&act->answer->body);
    if (act->unknown_related && act->options->unknown_related == UNKNOWN_RELATED_500) {
        answer_html(act->answer, 500, "Internal Server Error");
    } else if ((act->unknown_related && act->options->unknown_related == UNKNOWN_RELATED_404) ||
               (act->archived_parent && act->options->archived_parent == ARCHIVED_PARENT_404)) {
        not_found(act);
    } else {
        problems_write(&act->problems, &act->answer->body);
        answer_json(act->answer, 422);
    }
}

static bool check_input(struct act *act)
{
    const struct resource *resource = resources[act->kind];

    input_read(act);
    if (resource->check)
        resource->check(act);
    if (!act->problems.count)
        return true;
    change_release(resource->schema, &act->change);
    return false;
}

bool verb_store(struct act *act)
{
    const struct resource *resource = resources[act->kind];
    struct record *record = NULL;

    if (!check_input(act))
        return false;
    record = record_new(resource->schema);
    record_apply(resource->schema, record, &act->change);
    if (!record->cells[RECORD_ID].id)
        record->cells[RECORD_ID].id = store_next_id(act->store);
    record->cells[RECORD_CREATED_AT].number = act->now;
    record->cells[RECORD_UPDATED_AT].number = act->now;
    table_add(act_table(act, act->kind), record);
    act->record = record;
    if (resource->created)
        resource->created(act, record);
    return true;
}

void verb_create(struct act *act)
{
    if (!verb_store(act)) {
        answer_problems(act);
        return;
    }
    act->stats->creates[act->kind]++;
    show(act, act->record, 201);
}

void verb_update(struct act *act)
{
    const struct resource *resource = resources[act->kind];

    if (!check_input(act)) {
        answer_problems(act);
        return;
    }
    memcpy(act->touched, act->change.set, sizeof act->touched);
    change_number(&act->change, RECORD_UPDATED_AT, act->now);
    table_change(act_table(act, act->kind), act->record, &act->change);
    if (resource->changed)
        resource->changed(act, act->record);
    show(act, act->record, 200);
}

static void set_state(struct act *act, int state, int64_t at)
{
    struct change change = {0};

    change_number(&change, state, at);
    change_number(&change, RECORD_UPDATED_AT, act->now);
    table_change(act_table(act, act->kind), act->record, &change);
}

void verb_archive(struct act *act)
{
    set_state(act, RECORD_ARCHIVED_AT, act->now);
    answer_empty(act->answer, 204);
}

void verb_delete(struct act *act)
{
    set_state(act, RECORD_DELETED_AT, act->now);
    answer_empty(act->answer, 204);
}

void verb_unarchive(struct act *act, const char *id)
{
    act->record = find(act, id);
    if (!act->record || act->record->cells[RECORD_DELETED_AT].number != CELL_NULL) {
        not_found(act);
        return;
    }
    set_state(act, RECORD_ARCHIVED_AT, CELL_NULL);
    show(act, act->record, 200);
}
