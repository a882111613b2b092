/* Headers in one piece, "patientfname" or "docid": their words, by the tables that there are. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "source/draft_parts.h"

enum { STEM_SIZE = 100, PREFIX_LEAST = 3, REST_LEAST = 2, COLUMNS_LEAST = 2 };

/* How many columns of the table are one word that begins with the prefix and goes on. */
static size_t count_prefixed(const struct draft_table *table, const char *prefix, size_t size)
{
    size_t count = 0;

    for (size_t i = 0; i < table->column_count; i++) {
        const char *word = table->columns[i].words + 1;

        count += strncmp(word, prefix, size) == 0 && strcspn(word, " ") >= size + REST_LEAST;
    }
    return count;
}

/* The longest beginning of the table's name that several of its columns begin with; 0 for none. */
static size_t find_prefix(const struct draft_table *table, const char *stem)
{
    size_t size = strlen(stem);

    while (size >= PREFIX_LEAST && count_prefixed(table, stem, size) < COLUMNS_LEAST)
        size--;
    return size >= PREFIX_LEAST ? size : 0;
}

/* "docid" becomes "doctor id", since the columns of table doctor begin with "doc". */
static void split(struct draft_column *column, const char *stem, size_t prefix)
{
    const char *word = column->words + 1;
    size_t size = strcspn(word, " ");
    char *words = NULL;

    if (strncmp(word, stem, prefix) != 0 || size < prefix + REST_LEAST || word[size + 1])
        return;
    words = x_sprintf(" %s %s", stem, word + prefix);
    free(column->words);
    column->words = words;
}

void draft_split_words(struct draft *draft)
{
    for (size_t i = 0; i < draft->table_count; i++) {
        char stem[STEM_SIZE];
        size_t prefix = 0;

        words_stem(draft->tables[i].words, stem, sizeof stem);
        prefix = strchr(stem, ' ') ? 0 : find_prefix(&draft->tables[i], stem);
        for (size_t k = 0; prefix && k < draft->table_count; k++)
            for (size_t c = 0; c < draft->tables[k].column_count; c++)
                split(&draft->tables[k].columns[c], stem, prefix);
    }
}
