#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/expression_parts.h"
#include "model/questions.h"
#include "model/shape.h"

enum { LISTED_BYTES_MAX = 300 };

static const char comparisons[] = "is is_not in not_in empty below above same_as differs_from";

static bool read_column(const struct json *column, const struct json *join, const char *where,
                        const struct expression_reader *reader, struct expression *expression, struct fault *fault)
{
    const char *name = NULL;
    const char *join_name = NULL;

    if (!shape_text(column, where, &name, fault) || (join && !shape_text(join, where, &join_name, fault)))
        return false;
    expression->kind = EXPRESSION_COLUMN;
    if (!reader->number(reader->context, join_name, name, &expression->column, fault))
        return fault_prefix(fault, "%s", where);
    return true;
}

static bool add_part(const struct json *json, const char *where, const struct expression_reader *reader,
                     struct expression *expression, struct fault *fault)
{
    if (!expression_read(json, where, reader, &expression->parts[expression->part_count], fault))
        return false;
    expression->part_count++;
    return true;
}

static bool read_parts(const struct json *list, const char *where, const struct expression_reader *reader,
                       struct expression *expression, struct fault *fault)
{
    size_t at = 0;

    if (!json_is_array(list) || json_count(list) == 0)
        return fault_set(fault, FAULT_BAD_INPUT, "%s: not a list of expressions", where);
    expression->parts = x_alloc_array(json_count(list), sizeof(struct expression *));
    for (const struct json *item = json_first(list); item; item = json_next(item)) {
        scoped(string_free) char *path = path_element(where, at++);

        if (!add_part(item, path, reader, expression, fault))
            return false;
    }
    return true;
}

static bool read_choice(const struct json *json, const char *where, const struct expression_reader *reader,
                        struct expression *expression, struct fault *fault)
{
    const struct json *otherwise = json_member(json, "else");
    scoped(string_free) char *when_path = path_member(where, "if");
    scoped(string_free) char *value_path = path_member(where, "value");
    scoped(string_free) char *else_path = path_member(where, "else");

    expression->kind = EXPRESSION_CHOICE;
    expression->parts = x_alloc_array(2, sizeof(struct expression *));
    return condition_read(json_member(json, "if"), when_path, reader, &expression->when, fault) &&
           add_part(json_member(json, "value"), value_path, reader, expression, fault) &&
           (!otherwise || add_part(otherwise, else_path, reader, expression, fault));
}

static bool read_first(const struct json *json, const char *where, const struct expression_reader *reader,
                       struct expression *expression, struct fault *fault)
{
    scoped(string_free) char *path = path_member(where, "first");

    expression->kind = EXPRESSION_FIRST;
    return read_parts(json_member(json, "first"), path, reader, expression, fault);
}

static bool read_joined(const struct json *json, const char *where, const struct expression_reader *reader,
                        struct expression *expression, struct fault *fault)
{
    scoped(string_free) char *path = path_member(where, "joined");
    const struct json *with = json_member(json, "with");
    const char *separator = " ";

    if (with && !shape_text(with, where, &separator, fault))
        return false;
    expression->kind = EXPRESSION_JOINED;
    expression->constant = x_strdup(separator);
    return read_parts(json_member(json, "joined"), path, reader, expression, fault);
}

static bool read_constant(const struct json *json, const char *where, const struct expression_reader *reader,
                          struct expression *expression, struct fault *fault)
{
    const char *constant = NULL;

    (void)reader;
    expression->kind = EXPRESSION_CONSTANT;
    if (!shape_text(json_member(json, "constant"), where, &constant, fault))
        return false;
    expression->constant = x_strdup(constant);
    return true;
}

static bool fault_question(const struct questions *questions, const char *where, const char *id, struct fault *fault)
{
    struct text known;

    text_init(&known, LISTED_BYTES_MAX);
    for (size_t i = 0; questions && i < questions->count; i++)
        text_printf(&known, " %s", questions->items[i].id);
    fault_set(fault, FAULT_BAD_INPUT, "%s: no question '%.40s'; there are:%s", where, id,
              known.size ? text_string(&known) : " none");
    text_release(&known);
    return false;
}

static bool read_answer(const struct json *json, const char *where, const struct expression_reader *reader,
                        struct expression *expression, struct fault *fault)
{
    const char *id = NULL;

    expression->kind = EXPRESSION_ANSWER;
    if (!shape_text(json_member(json, "answer"), where, &id, fault))
        return false;
    if (!reader->questions || !questions_find(reader->questions, id))
        return fault_question(reader->questions, where, id, fault);
    expression->constant = x_strdup(id);
    return true;
}

/* What stands within "rows" may read the columns of its join; the join is closed whether or not it can be read. */
static bool read_rows_parts(const struct json *json, const char *join, const char *where,
                            const struct expression_reader *reader, struct expression *expression, struct fault *fault)
{
    const struct json *when = json_member(json, "when");
    const struct json *order = json_member(json, "order");
    scoped(string_free) char *when_path = path_member(where, "when");
    scoped(string_free) char *value_path = path_member(where, "value");
    scoped(string_free) char *order_path = path_member(where, "order");
    const char *column = NULL;

    expression->column = EXPRESSION_NO_ROW;
    expression->parts = x_alloc_array(1, sizeof(struct expression *));
    if (order) {
        if (!shape_text(order, order_path, &column, fault))
            return false;
        if (!reader->number(reader->context, join, column, &expression->column, fault))
            return fault_prefix(fault, "%s", order_path);
    }
    return (!when || condition_read(when, when_path, reader, &expression->when, fault)) &&
           add_part(json_member(json, "value"), value_path, reader, expression, fault);
}

static bool read_rows(const struct json *json, const char *where, const struct expression_reader *reader,
                      struct expression *expression, struct fault *fault)
{
    const struct json *with = json_member(json, "with");
    const char *separator = "\n";
    const char *join = NULL;
    bool done = false;

    expression->kind = EXPRESSION_ROWS;
    if (!shape_text(json_member(json, "rows"), where, &join, fault) ||
        (with && !shape_text(with, where, &separator, fault)))
        return false;
    expression->constant = x_strdup(separator);
    if (!reader->open_rows)
        return fault_set(fault, FAULT_BAD_INPUT, "%s: there are no joins here", where);
    if (!reader->open_rows(reader->context, join, &expression->join, fault))
        return fault_prefix(fault, "%s", where);
    done = read_rows_parts(json, join, where, reader, expression, fault);
    reader->close_rows(reader->context);
    return done;
}

static bool read_column_object(const struct json *json, const char *where, const struct expression_reader *reader,
                               struct expression *expression, struct fault *fault)
{
    return read_column(json_member(json, "column"), json_member(json, "join"), where, reader, expression, fault);
}

static const struct form {
    const char *name; /* the member by which the form is known */
    const char *members;
    bool (*read)(const struct json *json, const char *where, const struct expression_reader *reader,
                 struct expression *expression, struct fault *fault);
} forms[] = {
    {"column", "column join then", read_column_object},
    {"constant", "constant then", read_constant},
    {"first", "first then", read_first},
    {"joined", "joined with then", read_joined},
    {"if", "if value else then", read_choice},
    {"rows", "rows when value with order then", read_rows},
    {"answer", "answer then", read_answer},
};

static bool read_steps(const struct json *then, const char *where, const struct expression_reader *reader,
                       struct expression *expression, struct fault *fault)
{
    const struct step_defaults defaults = {reader->date_formats, reader->empty_dates};

    if (!then)
        return true;
    if (!json_is_array(then))
        return fault_set(fault, FAULT_BAD_INPUT, "%s.then: not a list of steps", where);
    expression->steps = x_alloc_array(json_count(then) + 1, sizeof(struct step *));
    for (const struct json *item = json_first(then); item; item = json_next(item)) {
        scoped(string_free) char *path = x_sprintf("%s.then[%zu]", where, expression->step_count);

        if (!step_read(item, path, &defaults, &expression->steps[expression->step_count], fault))
            return false;
        expression->step_count++;
    }
    return true;
}

static bool read_object(const struct json *json, const char *where, const struct expression_reader *reader,
                        struct expression *expression, struct fault *fault)
{
    for (size_t i = 0; i < array_length(forms); i++) {
        if (!json_member(json, forms[i].name))
            continue;
        return shape_object(json, where, forms[i].members, fault) &&
               forms[i].read(json, where, reader, expression, fault) &&
               read_steps(json_member(json, "then"), where, reader, expression, fault);
    }
    return fault_set(fault, FAULT_BAD_INPUT,
                     "%s: an expression has one of the members column, constant, first, joined, if, rows, answer",
                     where);
}

bool expression_read(const struct json *json, const char *where, const struct expression_reader *reader,
                     struct expression **ret, struct fault *fault)
{
    scoped(expression_destroy) struct expression *expression = x_alloc(sizeof *expression);

    if (!json)
        return fault_set(fault, FAULT_BAD_INPUT, "%s: missing", where);
    if (json_is_text(json)) {
        if (!read_column(json, NULL, where, reader, expression, fault))
            return false;
    } else if (json_is_object(json)) {
        if (!read_object(json, where, reader, expression, fault))
            return false;
    } else {
        return fault_set(fault, FAULT_BAD_INPUT, "%s: an expression is a column's name or an object", where);
    }
    *ret = steal(expression);
    return true;
}

bool expression_read_key(const struct json *json, const char *where, const struct expression_reader *reader,
                         struct expression **ret, struct fault *fault)
{
    scoped(expression_destroy) struct expression *expression = NULL;

    if (!json_is_array(json))
        return expression_read(json, where, reader, ret, fault);
    expression = x_alloc(sizeof *expression);
    expression->kind = EXPRESSION_KEY;
    if (!read_parts(json, where, reader, expression, fault))
        return false;
    *ret = steal(expression);
    return true;
}

void expression_destroy(struct expression **expression)
{
    struct expression *old = *expression;

    if (!old)
        return;
    for (size_t i = 0; i < old->part_count; i++)
        expression_destroy(&old->parts[i]);
    for (size_t i = 0; i < old->step_count; i++)
        step_destroy(&old->steps[i]);
    condition_destroy(&old->when);
    free(old->parts);
    free(old->steps);
    free(old->constant);
    free(old);
    *expression = NULL;
}

static bool read_list(const struct json *operand, enum condition_kind kind, const char *where,
                      struct condition *condition, struct fault *fault)
{
    condition->kind = kind;
    return shape_texts(operand, where, &condition->texts, fault);
}

static bool read_bound(const struct json *operand, enum condition_kind kind, const char *where,
                       struct condition *condition, struct fault *fault)
{
    condition->kind = kind;
    condition->bound = json_number(operand, 0);
    if (!json_is_number(operand))
        return fault_set(fault, FAULT_BAD_INPUT, "%s: below and above take a number", where);
    return true;
}

static bool read_other(const struct json *json, const char *where, const struct expression_reader *reader,
                       struct condition *condition, struct fault *fault)
{
    const struct json *same = json_member(json, "same_as");
    scoped(string_free) char *path = path_member(where, same ? "same_as" : "differs_from");

    condition->kind = same ? CONDITION_SAME : CONDITION_DIFFERENT;
    return expression_read(same ? same : json_member(json, "differs_from"), path, reader, &condition->other, fault);
}

/* An answer is compared with choices that there are. */
static bool check_choices(const struct condition *condition, const char *where, const struct expression_reader *reader,
                          struct fault *fault)
{
    const struct question *question = NULL;

    if (condition->value->kind != EXPRESSION_ANSWER)
        return true;
    question = questions_find(reader->questions, condition->value->constant);
    for (char **text = condition->texts; text && *text; text++) {
        size_t i = 0;

        while (i < question->choice_count && strcmp(question->choices[i].value, *text) != 0)
            i++;
        if (i == question->choice_count)
            return fault_set(fault, FAULT_BAD_INPUT, "%s: question %s has no choice '%.40s'", where, question->id,
                             *text);
    }
    return true;
}

/* Exactly one comparison stands in a condition. */
static bool read_comparison(const struct json *json, const char *where, const struct expression_reader *reader,
                            struct condition *condition, struct fault *fault)
{
    const struct json *equal = json_member(json, "is") ? json_member(json, "is") : json_member(json, "in");
    const struct json *differ = json_member(json, "is_not") ? json_member(json, "is_not") : json_member(json, "not_in");
    const struct json *empty = json_member(json, "empty");

    if (json_count(json) != 2u + (json_member(json, "join") != NULL))
        return fault_set(fault, FAULT_BAD_INPUT, "%s: a condition has a column, value or answer, and one of: %s", where,
                         comparisons);
    if (equal)
        return read_list(equal, CONDITION_IN, where, condition, fault);
    if (differ)
        return read_list(differ, CONDITION_NOT_IN, where, condition, fault);
    if (json_member(json, "below"))
        return read_bound(json_member(json, "below"), CONDITION_BELOW, where, condition, fault);
    if (json_member(json, "above"))
        return read_bound(json_member(json, "above"), CONDITION_ABOVE, where, condition, fault);
    if (json_member(json, "same_as") || json_member(json, "differs_from"))
        return read_other(json, where, reader, condition, fault);
    if (!json_is_bool(empty))
        return fault_set(fault, FAULT_BAD_INPUT, "%s: a condition has one of: %s (empty is true or false)", where,
                         comparisons);
    condition->kind = json_bool(empty, false) ? CONDITION_EMPTY : CONDITION_FILLED;
    return true;
}

static bool read_condition_value(const struct json *json, const char *where, const struct expression_reader *reader,
                                 struct condition *condition, struct fault *fault)
{
    const struct json *value = json_member(json, "value");
    scoped(string_free) char *path = path_member(where, "value");

    if (value)
        return expression_read(value, path, reader, &condition->value, fault);
    condition->value = x_alloc(sizeof *condition->value);
    if (json_member(json, "answer"))
        return read_answer(json, where, reader, condition->value, fault);
    return read_column_object(json, where, reader, condition->value, fault);
}

static bool read_one_condition(const struct json *json, const char *where, const struct expression_reader *reader,
                               struct condition **ret, struct fault *fault)
{
    scoped(condition_destroy) struct condition *condition = x_alloc(sizeof *condition);

    if (!shape_object(json, where,
                      "column join value answer is is_not in not_in empty below above same_as differs_from", fault) ||
        !read_condition_value(json, where, reader, condition, fault) ||
        !read_comparison(json, where, reader, condition, fault) || !check_choices(condition, where, reader, fault))
        return false;
    *ret = steal(condition);
    return true;
}

bool condition_read(const struct json *json, const char *where, const struct expression_reader *reader,
                    struct condition **ret, struct fault *fault)
{
    scoped(condition_destroy) struct condition *first = NULL;
    struct condition **end = &first;
    size_t at = 0;

    if (!json_is_array(json))
        return read_one_condition(json, where, reader, ret, fault);
    if (json_count(json) == 0)
        return fault_set(fault, FAULT_BAD_INPUT, "%s: a list of no conditions", where);
    for (const struct json *item = json_first(json); item; item = json_next(item)) {
        scoped(string_free) char *path = path_element(where, at++);

        if (!read_one_condition(item, path, reader, end, fault))
            return false;
        end = &(*end)->next;
    }
    *ret = steal(first);
    return true;
}

void condition_destroy(struct condition **condition)
{
    while (*condition) {
        struct condition *old = *condition;

        *condition = old->next;
        expression_destroy(&old->value);
        expression_destroy(&old->other);
        texts_free(&old->texts);
        free(old);
    }
}
