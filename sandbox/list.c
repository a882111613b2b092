#include "sandbox/list.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "sandbox/filter.h"
#include "sandbox/pages.h"
#include "sandbox/practitioners.h"
#include "sandbox/render.h"
#include "sandbox/resource.h"

enum { SORT_KEYS_MAX = 6 };

struct sort_key {
    int field;
    bool descending;
};

struct order {
    const struct schema *schema;
    struct sort_key keys[SORT_KEYS_MAX];
    int count;
    bool as_stored; /* created_at ascending: the order of the table */
};

/* The matching records. */
struct matches {
    const struct record **records;
    size_t count;
    size_t room;
};

static void keep(struct matches *matches, const struct record *record)
{
    if (matches->count == matches->room) {
        matches->room = matches->room ? matches->room * 2 : 128;
        matches->records = x_grow_array(matches->records, matches->room, sizeof matches->records[0]);
    }
    matches->records[matches->count++] = record;
}

static bool holds_id(const char *ids, uint64_t id)
{
    char text[ID_SIZE + 2] = "\"";

    id_format(id, text + 1);
    text[strlen(text) + 1] = '\0';
    text[strlen(text)] = '"';
    return ids && strstr(ids, text);
}

static bool in_scope(const struct schema *schema, const struct list_scope *scope, const struct record *record)
{
    if (scope->active_only && record->cells[PRACTITIONER_ACTIVE].number != 1)
        return false;
    if (scope->inactive_only && record->cells[PRACTITIONER_ACTIVE].number == 1)
        return false;
    if (scope->not_true && record->cells[scope->not_true].number == true)
        return false;
    if (scope->ids && !holds_id(scope->ids, record->cells[RECORD_ID].id))
        return false;
    if (!scope->field)
        return true;
    if (schema->fields[scope->field].kind == FIELD_IDS)
        return holds_id(record->cells[scope->field].text, scope->id);
    return record->cells[scope->field].id == scope->id;
}

static int by_position(const void *one, const void *other)
{
    const struct record *const *left = one;
    const struct record *const *right = other;

    return ((*left)->position > (*right)->position) - ((*left)->position < (*right)->position);
}

static void drop_repeats(struct matches *matches)
{
    size_t kept = 0;

    for (size_t i = 0; i < matches->count; i++)
        if (i == 0 || matches->records[i] != matches->records[kept - 1])
            matches->records[kept++] = matches->records[i];
    matches->count = kept;
}

/* Goes by the index to the few records that can match. */
static void collect_indexed(const struct table *table, const struct condition *condition, const struct filter *filter,
                            const struct list_scope *scope, struct matches *matches)
{
    bool is_text = table->schema->fields[condition->field].kind == FIELD_TEXT;
    size_t keys = is_text ? 1 : condition->id_count;

    for (size_t i = 0; i < keys; i++) {
        scoped(string_free) char *text = is_text ? x_strdup(condition->text) : NULL;
        union cell key = {.id = is_text ? 0 : condition->ids[i]};
        const struct record *record = NULL;

        if (is_text)
            key.text = text;
        if (condition->field == RECORD_ID)
            record = table_find(table, key.id);
        else
            record = table_first(table, condition->field, &key);
        while (record) {
            if (in_scope(table->schema, scope, record) && filter_matches(filter, record))
                keep(matches, record);
            record = condition->field == RECORD_ID ? NULL : table_next(table, condition->field, record);
        }
    }
    if (matches->count > 1)
        qsort(matches->records, matches->count, sizeof matches->records[0], by_position);
    drop_repeats(matches);
}

static void collect(const struct table *table, const struct filter *filter, const struct list_scope *scope,
                    struct matches *matches)
{
    const struct condition *indexed = filter_indexed(filter);

    if (indexed) {
        collect_indexed(table, indexed, filter, scope, matches);
        return;
    }
    for (uint32_t i = 0; i < table->count; i++)
        if (in_scope(table->schema, scope, table->rows[i]) && filter_matches(filter, table->rows[i]))
            keep(matches, table->rows[i]);
}

static bool sortable(const struct field *field)
{
    return (field->flags & FIELD_FILTER) && field->kind != FIELD_IDS;
}

static bool add_key(struct order *order, char *word, bool descending, struct fault *fault)
{
    char *colon = strchr(word, ':');
    int place = 0;

    if (colon) {
        *colon++ = '\0';
        if (strcasecmp(colon, "desc") != 0 && strcasecmp(colon, "asc") != 0)
            return fault_set(fault, FAULT_BAD_INPUT, "sort takes asc or desc, not %.40s", colon);
        descending = strcasecmp(colon, "desc") == 0;
    }
    place = schema_find(order->schema, word, strlen(word));
    if (place < 0 || !sortable(&order->schema->fields[place]))
        return fault_set(fault, FAULT_BAD_INPUT, "%.100s is not sortable", word);
    if (order->count == SORT_KEYS_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "too many columns to sort by");
    order->keys[order->count++] = (struct sort_key){place, descending};
    return true;
}

static bool parse_order(const struct schema *schema, const struct target *target, struct order *ret,
                        struct fault *fault)
{
    const char *direction = target_parameter(target, "order");
    bool descending = direction && strcasecmp(direction, "desc") == 0;
    const char *sort = target_parameter(target, "sort");
    scoped(string_free) char *copy = x_strdup(sort && *sort ? sort : "created_at");
    char *rest = copy;

    *ret = (struct order){.schema = schema};
    while (rest) {
        char *word = strsep(&rest, ",");

        if (!add_key(ret, word, descending, fault))
            return false;
    }
    ret->as_stored = ret->keys[0].field == RECORD_CREATED_AT && !ret->keys[0].descending && ret->count == 1;
    return true;
}

static int compare_cells(enum field_kind kind, const union cell *one, const union cell *other)
{
    bool one_null = cell_is_null(kind, one);
    bool other_null = cell_is_null(kind, other);

    if (one_null || other_null)
        return one_null - other_null; /* nothing comes last */
    if (kind == FIELD_TEXT)
        return strcmp(one->text, other->text);
    if (kind == FIELD_ID)
        return (one->id > other->id) - (one->id < other->id);
    return (one->number > other->number) - (one->number < other->number);
}

static int by_order(const void *one, const void *other, void *argument)
{
    const struct order *order = argument;
    const struct record *left = *(const struct record *const *)one;
    const struct record *right = *(const struct record *const *)other;

    for (int i = 0; i < order->count; i++) {
        int field = order->keys[i].field;
        int result = compare_cells(order->schema->fields[field].kind, &left->cells[field], &right->cells[field]);

        if (result)
            return order->keys[i].descending ? -result : result;
    }
    return compare_cells(FIELD_ID, &left->cells[RECORD_ID], &right->cells[RECORD_ID]);
}

static void write_page(struct act *act, const struct matches *matches)
{
    struct pages pages = pages_parse(act->target);
    size_t first = (size_t)(pages.page - 1) * (size_t)pages.per_page;
    struct json_writer writer;

    json_write_init(&writer, &act->answer->body);
    json_begin_object(&writer);
    json_key(&writer, resources[act->kind]->schema->collection);
    json_begin_array(&writer);
    for (size_t i = first; i < matches->count && i < first + (size_t)pages.per_page; i++)
        render_record(act, act->kind, matches->records[i], &writer);
    json_end_array(&writer);
    pages_write(&pages, act->target, act->base, matches->count, &writer);
    json_end_object(&writer);
    answer_json(act->answer, 200);
}

void list_answer(struct act *act, const struct list_scope *scope)
{
    const struct table *table = act_table(act, act->kind);
    struct filter filter = {0};
    struct matches matches = {0};
    struct order order;
    struct fault fault = {0};

    if (!filter_parse(table->schema, act->target, false, act->options->ignore_case, &filter, &fault) ||
        !parse_order(table->schema, act->target, &order, &fault)) {
        answer_message(act->answer, 400, "%s", fault.text);
        filter_release(&filter);
        return;
    }
    collect(table, &filter, scope, &matches);
    if (!order.as_stored && matches.count > 1)
        qsort_r(matches.records, matches.count, sizeof matches.records[0], by_order, &order);
    write_page(act, &matches);
    free(matches.records);
    filter_release(&filter);
}
