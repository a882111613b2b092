#include "sandbox/tds_select.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "base/must.h"
#include "model/scratch.h"
#include "sandbox/tds_evaluate.h"

enum { UNKNOWN_TABLE = 208, SYNTAX = 102 };

/* One column of the result. */
struct selected {
    const struct tds_node *node; /* NULL: a column of the table */
    size_t field;
    struct tds_type type;
};

struct selection {
    struct tds_scope scope;
    struct selected *columns;
    size_t count;
    size_t *order; /* numbers of the rows that are given, in their order */
    size_t rows;
};

static void add_column(struct selection *selection, const struct selected *column)
{
    selection->columns = x_grow_array(selection->columns, selection->count + 1, sizeof *selection->columns);
    selection->columns[selection->count++] = *column;
}

static bool resolve(struct selection *selection, const struct tds_statement *statement, struct fault *fault)
{
    const struct tds_rows *rows = selection->scope.rows;
    bool ignored = false;
    struct tds_type type;

    for (size_t i = 0; i < statement->column_count; i++) {
        struct selected column = {.node = statement->columns[i]};

        if (column.node->kind == TDS_NODE_STAR && rows) {
            for (size_t at = 0; at < rows->field_count; at++)
                add_column(selection, &(struct selected){.field = at, .type = rows->fields[at].type});
            continue;
        }
        if (!tds_type_of(&selection->scope, column.node, &column.type, &ignored, fault))
            return false;
        add_column(selection, &column);
    }
    for (size_t i = 0; i < statement->order_count; i++)
        if (!tds_type_of(&selection->scope, statement->order[i], &type, &ignored, fault))
            return false;
    return !statement->where || tds_type_of(&selection->scope, statement->where, &type, &ignored, fault);
}

static bool is_counted(const struct tds_statement *statement)
{
    return statement->column_count == 1 && statement->columns[0]->kind == TDS_NODE_CALL &&
           strcasecmp(statement->columns[0]->name, "COUNT") == 0;
}

struct sorting {
    const struct tds_rows *rows;
    size_t fields[8];
    bool descending[8];
    size_t count;
};

static int compare_rows(const void *one, const void *two, void *context)
{
    const struct sorting *sorting = context;
    const struct tds_datum *first = tds_rows_at(sorting->rows, *(const size_t *)one);
    const struct tds_datum *second = tds_rows_at(sorting->rows, *(const size_t *)two);

    for (size_t i = 0; i < sorting->count; i++) {
        int order = tds_compare(&first[sorting->fields[i]], &second[sorting->fields[i]]);

        if (order)
            return sorting->descending[i] ? -order : order;
    }
    return (*(const size_t *)one > *(const size_t *)two) - (*(const size_t *)one < *(const size_t *)two);
}

static bool sort(struct selection *selection, const struct tds_statement *statement, struct fault *fault)
{
    struct sorting sorting = {.rows = selection->scope.rows};

    for (size_t i = 0; i < statement->order_count; i++) {
        if (statement->order[i]->kind != TDS_NODE_COLUMN || sorting.count == array_length(sorting.fields) ||
            !sorting.rows) {
            fault_set(fault, FAULT_BAD_INPUT, "The stand-in orders by up to 8 columns only.");
            fault->code = SYNTAX;
            return false;
        }
        sorting.descending[sorting.count] = statement->order[i]->descending;
        sorting.fields[sorting.count++] = tds_rows_field(sorting.rows, statement->order[i]->name);
    }
    if (sorting.count && selection->rows)
        qsort_r(selection->order, selection->rows, sizeof *selection->order, compare_rows, &sorting);
    return true;
}

static bool choose_rows(struct selection *selection, const struct tds_statement *statement, struct fault *fault)
{
    const struct tds_rows *rows = selection->scope.rows;
    size_t count = rows && !is_counted(statement) ? rows->row_count : 1;

    selection->order = x_alloc_array(count + 1, sizeof *selection->order);
    for (size_t i = 0; i < count; i++) {
        bool holds = true;

        selection->scope.row = rows && rows->row_count ? tds_rows_at(rows, i) : NULL;
        scratch_clear(selection->scope.scratch);
        if (statement->where && selection->scope.row && !tds_holds(&selection->scope, statement->where, &holds, fault))
            return false;
        if (holds)
            selection->order[selection->rows++] = i;
    }
    return sort(selection, statement, fault);
}

static void put_columns(const struct selection *selection, struct tds_reply *reply)
{
    const struct tds_rows *rows = selection->scope.rows;

    tds_reply_columns(reply, selection->count);
    for (size_t i = 0; i < selection->count; i++) {
        const struct selected *column = &selection->columns[i];
        const char *title = "";

        must(column->node || rows);
        if (!column->node)
            title = rows->fields[column->field].name;
        else if (column->node->title)
            title = column->node->title;
        else if (column->node->kind == TDS_NODE_COLUMN)
            title = column->node->name;
        tds_reply_column(reply, &column->type, true, title, rows ? rows->name : "");
    }
}

static void pause_ms(unsigned wait_ms)
{
    struct timespec wait = {.tv_sec = wait_ms / 1000, .tv_nsec = (long)(wait_ms % 1000) * 1000000};

    if (wait_ms)
        nanosleep(&wait, NULL);
}

static bool put_row(struct selection *selection, struct tds_reply *reply, struct fault *fault)
{
    tds_reply_row(reply);
    for (size_t i = 0; i < selection->count; i++) {
        const struct selected *column = &selection->columns[i];
        struct tds_datum datum;

        must(column->node || selection->scope.row);
        if (!column->node)
            datum = selection->scope.row[column->field];
        else if (!tds_evaluate(&selection->scope, column->node, &datum, fault))
            return false;
        if (!tds_datum_put(&datum, &column->type, &reply->out, fault))
            return false;
    }
    return true;
}

static bool send_rows(struct selection *selection, const struct tds_statement *statement, struct tds_reply *reply,
                      uint64_t *ret_rows, struct fault *fault)
{
    const struct tds_rows *rows = selection->scope.rows;
    size_t most =
        statement->top >= 0 && (size_t)statement->top < selection->rows ? (size_t)statement->top : selection->rows;

    put_columns(selection, reply);
    for (size_t i = 0; i < most && !reply->broken; i++) {
        selection->scope.row = rows && rows->row_count ? tds_rows_at(rows, selection->order[i]) : NULL;
        scratch_clear(selection->scope.scratch);
        if (!put_row(selection, reply, fault))
            return false;
        pause_ms(selection->scope.session->row_delay_ms);
        tds_reply_flush(reply, false);
    }
    *ret_rows = most;
    return true;
}

bool tds_select(const struct tds_session *session, const struct tds_statement *statement, struct tds_reply *reply,
                uint64_t *ret_rows, struct fault *fault)
{
    struct selection selection = {.scope = {.session = session}};
    bool good = false;

    if (statement->name[0])
        selection.scope.rows = tds_store_find(session->store, statement->name);
    if (statement->name[0] && !selection.scope.rows) {
        fault_set(fault, FAULT_BAD_INPUT, "Invalid object name '%s'.", statement->name);
        fault->code = UNKNOWN_TABLE;
        return false;
    }
    selection.scope.scratch = scratch_new();
    good = resolve(&selection, statement, fault) && choose_rows(&selection, statement, fault) &&
           send_rows(&selection, statement, reply, ret_rows, fault);
    scratch_destroy(&selection.scope.scratch);
    free(selection.columns);
    free(selection.order);
    return good;
}
