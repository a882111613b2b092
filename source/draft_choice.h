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
    const char *language;              /* of the header; NULL when only the values or the reason speak */
    char reason[160];                  /* beside or instead of the header; "" for none */
};

struct choices {
    struct choice of[MEANING_COUNT];
};

/* Chooses for the meanings from `first` to `last`. Columns that `taken` holds are left alone; NULL for none. */
void choices_make(const struct draft_table *table, enum meaning first, enum meaning last, const struct choices *taken,
                  struct choices *ret);

/* True when the values are dates, or a column without values is declared to hold them. */
bool choice_is_date(const struct draft_column *column);

/* The column that tells the rows of the table apart: its primary key, or what its header says in that meaning. */
struct choice choice_of_key(const struct draft_table *table, enum meaning meaning);

/* The column of `table` whose values are keys of `target`: by a foreign key, by its header in that meaning, or by its
 * values. `key` is the column that they are found in; NULL when the target has none. */
struct choice choice_of_reference(const struct draft_table *table, const struct draft_table *target,
                                  const struct draft_column *key, enum meaning meaning);

#endif
