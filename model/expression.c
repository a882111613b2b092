#include "model/expression.h"

#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "model/expression_parts.h"
#include "model/questions.h"

static bool evaluate_first(const struct expression *expression, const struct expression_row *row, struct slice *ret,
                           struct fault *fault)
{
    *ret = (struct slice){0};
    for (size_t i = 0; i < expression->part_count && !ret->data; i++)
        if (!expression_evaluate(expression->parts[i], row, ret, fault))
            return false;
    return true;
}

static struct slice put_together(const struct slice *values, size_t count, const char *separator,
                                 struct scratch *scratch)
{
    size_t separator_size = strlen(separator);
    size_t size = 0;
    char *out = NULL;
    size_t at = 0;

    for (size_t i = 0; i < count; i++)
        size += values[i].size + separator_size;
    out = scratch_take(scratch, size + 1);
    for (size_t i = 0; i < count; i++) {
        if (!values[i].data)
            continue;
        if (at) {
            memcpy(out + at, separator, separator_size);
            at += separator_size;
        }
        memcpy(out + at, values[i].data, values[i].size);
        at += values[i].size;
    }
    return (struct slice){at ? out : NULL, at};
}

enum { PARTS_AT_ONCE = 64 };

static bool evaluate_joined(const struct expression *expression, const struct expression_row *row, struct slice *ret,
                            struct fault *fault)
{
    struct slice values[PARTS_AT_ONCE] = {{0}};
    struct slice whole = {0};

    for (size_t start = 0; start < expression->part_count; start += PARTS_AT_ONCE - 1) {
        size_t count = 1;

        values[0] = whole;
        for (; count < PARTS_AT_ONCE && start + count - 1 < expression->part_count; count++)
            if (!expression_evaluate(expression->parts[start + count - 1], row, &values[count], fault))
                return false;
        whole = put_together(values, count, expression->constant, row->scratch);
    }
    *ret = whole;
    return true;
}

/* A "/" within a part is doubled, so that different parts never make the same key. */
static bool evaluate_key(const struct expression *expression, const struct expression_row *row, struct slice *ret,
                         struct fault *fault)
{
    struct text key;

    text_init(&key, 4096);
    for (size_t i = 0; i < expression->part_count; i++) {
        struct slice part = {0};

        if (!expression_evaluate(expression->parts[i], row, &part, fault)) {
            text_release(&key);
            return false;
        }
        if (!part.data) {
            text_release(&key);
            *ret = (struct slice){0};
            return true;
        }
        if (i)
            text_putc(&key, '/');
        for (size_t at = 0; at < part.size; at++)
            text_put(&key, part.data[at] == '/' ? "//" : part.data + at, part.data[at] == '/' ? 2 : 1);
    }
    *ret = scratch_copy(row->scratch, text_slice(&key));
    text_release(&key);
    return true;
}

static bool evaluate_choice(const struct expression *expression, const struct expression_row *row, struct slice *ret,
                            struct fault *fault)
{
    bool holds = false;

    *ret = (struct slice){0};
    if (!condition_holds(expression->when, row, &holds, fault))
        return false;
    if (holds)
        return expression_evaluate(expression->parts[0], row, ret, fault);
    return expression->part_count < 2 || expression_evaluate(expression->parts[1], row, ret, fault);
}

static bool evaluate_answer(const struct expression *expression, const struct expression_row *row, struct slice *ret,
                            struct fault *fault)
{
    const struct question *question = row->questions ? questions_find(row->questions, expression->constant) : NULL;
    const char *answer = NULL;

    if (!question)
        return fault_set(fault, FAULT_INTERNAL, "an answer to a question that nobody asks");
    answer = question_answer_of(question, row->answers);
    *ret = answer && answer[0] ? slice_of(answer) : (struct slice){0};
    return true;
}

static bool evaluate_base(const struct expression *expression, const struct expression_row *row, struct slice *ret,
                          struct fault *fault)
{
    switch (expression->kind) {
    case EXPRESSION_COLUMN:
        return row->read(row->context, expression->column, ret, fault);
    case EXPRESSION_CONSTANT:
        *ret = slice_of(expression->constant);
        ret->data = ret->size ? ret->data : NULL;
        return true;
    case EXPRESSION_FIRST:
        return evaluate_first(expression, row, ret, fault);
    case EXPRESSION_JOINED:
        return evaluate_joined(expression, row, ret, fault);
    case EXPRESSION_KEY:
        return evaluate_key(expression, row, ret, fault);
    case EXPRESSION_CHOICE:
        return evaluate_choice(expression, row, ret, fault);
    case EXPRESSION_ROWS:
        return expression_evaluate_rows(expression, row, ret, fault);
    case EXPRESSION_ANSWER:
        return evaluate_answer(expression, row, ret, fault);
    }
    return fault_set(fault, FAULT_INTERNAL, "an expression of an unknown kind");
}

bool expression_evaluate(const struct expression *expression, const struct expression_row *row, struct slice *ret,
                         struct fault *fault)
{
    struct slice value = {0};

    if (!evaluate_base(expression, row, &value, fault))
        return false;
    for (size_t i = 0; i < expression->step_count; i++) {
        struct slice before = value;

        if (!step_apply(expression->steps[i], row->scratch, &value, fault)) {
            long column = expression_first_column(expression);

            if (row->refusal && step_is_map(expression->steps[i]))
                *row->refusal = (struct refusal){.kind = REFUSAL_UNMAPPED, .column = column, .value = before};
            return column < 0 ? false : fault_prefix(fault, "column %s", row->name(row->context, (size_t)column));
        }
    }
    *ret = value;
    return true;
}

long expression_first_column(const struct expression *expression)
{
    long column = -1;

    if (expression->kind == EXPRESSION_COLUMN)
        return (long)expression->column;
    for (size_t i = 0; i < expression->part_count && column < 0; i++)
        column = expression_first_column(expression->parts[i]);
    return column;
}

long condition_first_column(const struct condition *condition)
{
    long column = -1;

    for (; condition && column < 0; condition = condition->next)
        column = expression_first_column(condition->value);
    return column;
}

void expression_mark_columns(const struct expression *expression, bool *flags)
{
    if (!expression)
        return;
    if (expression->kind == EXPRESSION_COLUMN)
        flags[expression->column] = true;
    for (size_t i = 0; i < expression->part_count; i++)
        expression_mark_columns(expression->parts[i], flags);
}

bool expression_evaluate_column(const struct expression *expression, const struct expression_row *row,
                                struct slice *ret, long *ret_column, struct fault *fault)
{
    bool holds = false;

    *ret = (struct slice){0};
    *ret_column = -1;
    if (expression->step_count == 0 && expression->kind == EXPRESSION_COLUMN) {
        *ret_column = (long)expression->column;
    } else if (expression->step_count == 0 && expression->kind == EXPRESSION_FIRST) {
        for (size_t i = 0; i < expression->part_count && !ret->data; i++)
            if (!expression_evaluate_column(expression->parts[i], row, ret, ret_column, fault))
                return false;
        return true;
    } else if (expression->step_count == 0 && expression->kind == EXPRESSION_CHOICE) {
        if (!condition_holds(expression->when, row, &holds, fault))
            return false;
        if (!holds && expression->part_count < 2)
            return true;
        return expression_evaluate_column(expression->parts[holds ? 0 : 1], row, ret, ret_column, fault);
    }
    return expression_evaluate(expression, row, ret, fault);
}

bool expression_is_column(const struct expression *expression)
{
    if (expression->step_count || (expression->kind != EXPRESSION_COLUMN && expression->kind != EXPRESSION_FIRST &&
                                   expression->kind != EXPRESSION_CHOICE))
        return false;
    for (size_t i = 0; i < expression->part_count; i++)
        if (!expression_is_column(expression->parts[i]))
            return false;
    return true;
}

static bool is_listed(char *const *texts, struct slice value)
{
    for (; *texts; texts++)
        if (slice_equals(value, *texts))
            return true;
    return false;
}

static bool compare_numbers(const struct condition *condition, struct slice value, bool *ret, struct fault *fault)
{
    double number = 0;

    *ret = false;
    if (!value.data)
        return true;
    if (!decimal_parse(value, &number, fault))
        return false;
    *ret = condition->kind == CONDITION_BELOW ? number < condition->bound : number > condition->bound;
    return true;
}

static bool one_holds(const struct condition *condition, struct slice value, bool *ret, struct fault *fault)
{
    switch (condition->kind) {
    case CONDITION_IN:
        *ret = value.data && is_listed(condition->texts, value);
        return true;
    case CONDITION_NOT_IN:
        *ret = !value.data || !is_listed(condition->texts, value);
        return true;
    case CONDITION_EMPTY:
        *ret = !value.data;
        return true;
    case CONDITION_FILLED:
        *ret = value.data != NULL;
        return true;
    case CONDITION_BELOW:
    case CONDITION_ABOVE:
        return compare_numbers(condition, value, ret, fault);
    case CONDITION_SAME:
    case CONDITION_DIFFERENT:
        break;
    }
    return fault_set(fault, FAULT_INTERNAL, "a condition of an unknown kind");
}

static bool compare_values(const struct condition *condition, const struct expression_row *row, struct slice value,
                           bool *ret, struct fault *fault)
{
    struct slice other = {0};
    bool same = false;

    if (!expression_evaluate(condition->other, row, &other, fault))
        return false;
    same = value.size == other.size && (value.size == 0 || memcmp(value.data, other.data, value.size) == 0);
    *ret = same == (condition->kind == CONDITION_SAME);
    return true;
}

bool condition_holds(const struct condition *condition, const struct expression_row *row, bool *ret,
                     struct fault *fault)
{
    bool holds = true;

    for (; condition && holds; condition = condition->next) {
        struct slice value = {0};

        if (!expression_evaluate(condition->value, row, &value, fault))
            return false;
        if (condition->other) {
            if (!compare_values(condition, row, value, &holds, fault))
                return false;
            continue;
        }
        if (!one_holds(condition, value, &holds, fault)) {
            long column = expression_first_column(condition->value);

            return column < 0 ? false : fault_prefix(fault, "column %s", row->name(row->context, (size_t)column));
        }
    }
    *ret = holds;
    return true;
}
