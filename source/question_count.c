#include "source/question_count.h"

#include <stdlib.h>

#include "base/memory.h"
#include "model/scratch.h"
#include "source/plain_value.h"

struct question_count {
    const struct profile *profile;
    const struct question *question;
    struct scan *scan; /* NULL for a question without a table */
    const struct value *values;
    size_t places[QUESTION_COLUMNS_MAX];
    struct scratch *scratch;
    uint64_t rows;
};

bool question_count_open(struct source *source, const struct profile *profile, const struct question *question,
                         struct question_count **ret, struct fault *fault)
{
    scoped(question_count_close) struct question_count *count = x_alloc(sizeof *count);
    size_t table = 0;

    count->profile = profile;
    count->question = question;
    count->scratch = scratch_new();
    if (question->about_table) {
        if (!source_find_table(source, question->about_table, &table, fault) ||
            !source_scan(source, table, &count->scan, fault))
            return fault_prefix(fault, "questions.%s.about", question->id);
        for (size_t i = 0; i < question->about_column_count; i++)
            if (!scan_find_column(count->scan, question->about_columns[i], &count->places[i], fault))
                return fault_prefix(fault, "questions.%s.about", question->id);
    }
    *ret = steal(count);
    return true;
}

void question_count_close(struct question_count **place)
{
    struct question_count *count = *place;

    *place = NULL;
    if (!count)
        return;
    scan_close(&count->scan);
    scratch_destroy(&count->scratch);
    free(count);
}

static bool read_column(void *context, size_t number, struct slice *ret, struct fault *fault)
{
    const struct question_count *count = context;

    (void)fault;
    *ret = plain_value(count->profile, &count->values[count->places[number]], count->scratch);
    return true;
}

static const char *column_name(void *context, size_t number)
{
    const struct question_count *count = context;

    return count->question->about_columns[number];
}

bool question_count_step(struct question_count *count, uint64_t most, bool *ret_end, struct fault *fault)
{
    struct expression_row row = {.read = read_column, .name = column_name, .context = count, .scratch = count->scratch};

    *ret_end = !count->scan;
    count->rows += !count->scan;
    while (!*ret_end && most-- > 0) {
        bool holds = true;

        scratch_clear(count->scratch);
        if (!scan_next(count->scan, &count->values, fault))
            return false;
        *ret_end = count->values == NULL;
        if (!*ret_end && count->question->about && !condition_holds(count->question->about, &row, &holds, fault))
            return fault_prefix(fault, "questions.%s.about", count->question->id);
        count->rows += !*ret_end && holds;
    }
    return true;
}

uint64_t question_count_rows(const struct question_count *count)
{
    return count->rows;
}
