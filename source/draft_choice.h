/*
 * Which column of a table is meant for what: header words and values together, the surest pair first, each column once.
 */
#ifndef SOURCE_DRAFT_CHOICE_H
#define SOURCE_DRAFT_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

#include "source/draft_column.h"
#include "source/draft_words.h"

struct choice {
    const struct draft_column *column; /* NULL: none */
    int score;                         /* 0 to 100 */
    const char *language;              /* of the header; NULL when only the values speak */
};

struct choices {
    struct choice of[MEANING_COUNT];
};

/* Chooses for the meanings from `first` to `last`. Columns that `taken` holds are left alone; NULL for none. */
void choices_make(const struct draft_table *table, enum meaning first, enum meaning last, const struct choices *taken,
                  struct choices *ret);

/* How well a column would do for a meaning: the words of its header, lowered or refused by its values. */
int choice_score(const struct draft_column *column, enum meaning meaning, const char **ret_language);

#endif
