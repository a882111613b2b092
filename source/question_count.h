/* How many rows of the source a question is about: one that no row is about need not be answered. */
#ifndef SOURCE_QUESTION_COUNT_H
#define SOURCE_QUESTION_COUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "model/profile.h"
#include "model/questions.h"
#include "source/source.h"

struct question_count;

/* Starts to count. A question without a table counts one row. Source, profile and question are borrowed. */
MUST_CHECK bool question_count_open(struct source *source, const struct profile *profile,
                                    const struct question *question, struct question_count **ret, struct fault *fault);
void question_count_close(struct question_count **count);

/* Looks at up to `most` further rows. */
MUST_CHECK bool question_count_step(struct question_count *count, uint64_t most, bool *ret_end, struct fault *fault);

uint64_t question_count_rows(const struct question_count *count);

#endif
