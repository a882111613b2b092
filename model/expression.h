/*
 * Expressions of a profile: how one target field comes about from the columns of a row. They are data, read from JSON
 * and checked when read; evaluating one cannot loop and touches nothing but the row.
 */
#ifndef MODEL_EXPRESSION_H
#define MODEL_EXPRESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/json.h"
#include "base/text.h"
#include "model/scratch.h"

struct expression;
struct condition;
struct questions;

/* Asked by the reader for each column that it meets: the number under which the row will be asked for it. `join` is
 * NULL for the entity's own table. Faults when there is no such join. */
typedef bool (*column_number_fn)(void *context, const char *join, const char *column, size_t *ret, struct fault *fault);

struct expression_reader {
    column_number_fn number;
    bool (*open_rows)(void *context, const char *join, size_t *ret, struct fault *fault); /* NULL: there are no rows */
    void (*close_rows)(void *context); /* columns of the join that was opened last may no longer be read */
    void *context;
    const struct questions *questions; /* that answers may be asked for; NULL for none */
    const struct json *date_formats;   /* the profile's, for date steps that name none; NULL for none */
    const struct json *empty_dates;
};

#define EXPRESSION_NO_ROW SIZE_MAX

/* Why a row was refused, beside the fault and its words: for those who count alike cases. */
enum refusal_kind {
    REFUSAL_OTHER,
    REFUSAL_UNMAPPED, /* a value map without "otherwise" does not know the value */
    REFUSAL_DANGLING, /* the value names a row or a record that is not there */
};

struct refusal {
    enum refusal_kind kind;
    long column;        /* that the value comes from, -1 when it is not known */
    struct slice value; /* borrowed as long as the row's values */
    const char *noun;   /* REFUSAL_DANGLING, for people: "patient" 'FD-7' "is not in the source"; NULL for none */
    const char *fate;
};

/* What an expression is evaluated on. `read` gives the text of a column, NULL data when it is empty. */
struct expression_row {
    bool (*read)(void *context, size_t number, struct slice *ret, struct fault *fault);
    const char *(*name)(void *context, size_t number); /* the column's name, for messages */

    /* How many rows a join of many has, and which of them `read` shall read next: one of them, or EXPRESSION_NO_ROW.
     * Only needed where expressions have the form "rows". */
    bool (*count_rows)(void *context, size_t join, size_t *ret, struct fault *fault);
    void (*choose_row)(void *context, size_t join, size_t row);

    void *context;
    struct scratch *scratch;
    const struct questions *questions; /* of the profile; NULL for none */
    const struct json *answers;        /* as question_answer_of takes them; NULL for none */
    struct refusal *refusal;           /* filled in beside a fault that is no REFUSAL_OTHER; NULL when nobody asks */
};

/* `where` is the JSON path of `json`. Faults (FAULT_BAD_INPUT) carry the path of what is wrong. */
MUST_CHECK bool expression_read(const struct json *json, const char *where, const struct expression_reader *reader,
                                struct expression **ret, struct fault *fault);
void expression_destroy(struct expression **expression);

/* A key of one or several columns: a list of expressions joined by "/", of which none may be empty. */
MUST_CHECK bool expression_read_key(const struct json *json, const char *where, const struct expression_reader *reader,
                                    struct expression **ret, struct fault *fault);

/* The value, NULL data when empty; borrowed until the row's scratch is cleared or the row moves on. A fault is a
 * problem of this row; its text names the column and quotes at most 40 characters of the value. */
MUST_CHECK bool expression_evaluate(const struct expression *expression, const struct expression_row *row,
                                    struct slice *ret, struct fault *fault);

/* As expression_evaluate, and which column the value is that of, unchanged; -1 when it was made of anything else. */
MUST_CHECK bool expression_evaluate_column(const struct expression *expression, const struct expression_row *row,
                                           struct slice *ret, long *ret_column, struct fault *fault);

/* True when the value is always that of a column, unchanged: made of columns, "first" and "if" alone. */
bool expression_is_column(const struct expression *expression);

/* The first column that the expression reads, -1 for none. */
long expression_first_column(const struct expression *expression);

/* Sets flags[n] for every column n that the value comes from; NULL reads none. Columns of conditions do not count. */
void expression_mark_columns(const struct expression *expression, bool *flags);

/* A condition on a row, or a list of conditions that must all hold. */
MUST_CHECK bool condition_read(const struct json *json, const char *where, const struct expression_reader *reader,
                               struct condition **ret, struct fault *fault);
void condition_destroy(struct condition **condition);

/* The first column that a condition looks at, -1 for none. */
long condition_first_column(const struct condition *condition);
MUST_CHECK bool condition_holds(const struct condition *condition, const struct expression_row *row, bool *ret,
                                struct fault *fault);

#endif
