/* The expression "rows": many joined rows into one value. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "model/expression_parts.h"

enum { ROWS_VALUE_BYTES_MAX = 4 * 1024 * 1024 };

struct sorted_row {
    struct slice by;
    double number;
    bool is_number;
    size_t place;
};

static void sorted_rows_free(struct sorted_row **rows)
{
    free(*rows);
    *rows = NULL;
}

static int compare_texts(struct slice one, struct slice two)
{
    size_t common = one.size < two.size ? one.size : two.size;
    int order = common && one.data && two.data ? memcmp(one.data, two.data, common) : 0;

    return order ? order : (one.size > two.size) - (one.size < two.size);
}

/* Empty values come first, then numbers by their size, then texts; equal ones stay as the table has them. */
static int compare_rows(const void *left, const void *right)
{
    const struct sorted_row *one = left;
    const struct sorted_row *two = right;
    int order = (one->by.data != NULL) - (two->by.data != NULL);

    if (order == 0)
        order = two->is_number - one->is_number;
    if (order == 0 && one->is_number)
        order = (one->number > two->number) - (one->number < two->number);
    else if (order == 0)
        order = compare_texts(one->by, two->by);
    return order ? order : (one->place > two->place) - (one->place < two->place);
}

/* The rows in the order in which they are to be read. */
static bool put_in_order(const struct expression *expression, const struct expression_row *row, struct sorted_row *rows,
                         size_t count, struct fault *fault)
{
    struct fault ignored = {0};

    for (size_t i = 0; i < count; i++) {
        rows[i].place = i;
        if (expression->column == EXPRESSION_NO_ROW)
            continue;
        row->choose_row(row->context, expression->join, i);
        if (!row->read(row->context, expression->column, &rows[i].by, fault))
            return false;
        rows[i].is_number = rows[i].by.data && decimal_parse(rows[i].by, &rows[i].number, &ignored);
    }
    if (expression->column != EXPRESSION_NO_ROW && count)
        qsort(rows, count, sizeof *rows, compare_rows);
    return true;
}

static bool add_row(const struct expression *expression, const struct expression_row *row, struct text *out,
                    struct fault *fault)
{
    struct slice value = {0};
    bool holds = true;

    if (expression->when && !condition_holds(expression->when, row, &holds, fault))
        return false;
    if (!holds)
        return true;
    if (!expression_evaluate(expression->parts[0], row, &value, fault))
        return false;
    if (!value.data)
        return true;
    if (out->size)
        text_puts(out, expression->constant);
    text_put(out, value.data, value.size);
    return true;
}

static bool gather(const struct expression *expression, const struct expression_row *row, struct text *out,
                   struct fault *fault)
{
    scoped(sorted_rows_free) struct sorted_row *rows = NULL;
    size_t count = 0;

    if (!row->count_rows(row->context, expression->join, &count, fault))
        return false;
    rows = x_alloc_array(count + 1, sizeof *rows);
    if (!put_in_order(expression, row, rows, count, fault))
        return false;
    for (size_t i = 0; i < count; i++) {
        row->choose_row(row->context, expression->join, rows[i].place);
        if (!add_row(expression, row, out, fault))
            return false;
    }
    if (out->overflowed)
        return fault_set(fault, FAULT_BAD_INPUT, "%zu rows make a value of more than %d bytes", count,
                         ROWS_VALUE_BYTES_MAX);
    return true;
}

bool expression_evaluate_rows(const struct expression *expression, const struct expression_row *row, struct slice *ret,
                              struct fault *fault)
{
    struct text out;
    bool done = false;

    text_init(&out, ROWS_VALUE_BYTES_MAX);
    done = gather(expression, row, &out, fault);
    row->choose_row(row->context, expression->join, EXPRESSION_NO_ROW);
    if (done)
        *ret = out.size ? scratch_copy(row->scratch, text_slice(&out)) : (struct slice){0};
    text_release(&out);
    return done;
}
