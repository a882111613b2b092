#include "source/draft_choice.h"

#include <string.h>

enum {
    SCORE_LEAST = 55,
    SCORE_BY_VALUES = 60,
    KEY_FILLED_PERCENT = 95,
    MOSTLY_PERCENT = 60,
};

static bool is_date(const struct draft_column *column)
{
    bool has_time = false;
    bool ambiguous = false;

    return draft_date_format(column, &has_time, &ambiguous) != NULL;
}

static bool can_be_key(const struct draft_column *column)
{
    return column->filled > 0 && column->filled * 100 >= column->rows * KEY_FILLED_PERCENT && !is_date(column);
}

/* False when the values speak against the meaning. A column without values speaks against nothing. */
static bool values_allow(const struct draft_column *column, enum meaning meaning)
{
    if (column->filled == 0)
        return true;
    switch (meaning) {
    case MEANING_PATIENT_KEY:
    case MEANING_APPOINTMENT_KEY:
        return can_be_key(column);
    case MEANING_BIRTH:
    case MEANING_STARTS:
        return is_date(column);
    case MEANING_TIME:
        return draft_mostly(column, column->times, MOSTLY_PERCENT);
    case MEANING_ENDS:
        return is_date(column) || draft_mostly(column, column->times, MOSTLY_PERCENT);
    case MEANING_EMAIL:
        return draft_mostly(column, column->emails, MOSTLY_PERCENT);
    case MEANING_PHONE_HOME:
    case MEANING_PHONE_MOBILE:
    case MEANING_PHONE_WORK:
    case MEANING_PHONE_FAX:
        return draft_mostly(column, column->phones, MOSTLY_PERCENT);
    case MEANING_DURATION:
        return draft_mostly(column, column->integers, MOSTLY_PERCENT);
    case MEANING_SEX:
    case MEANING_ARCHIVED:
    case MEANING_ATTENDANCE:
    case MEANING_CANCELLED:
    case MEANING_DELETED:
        return column->value_count <= DRAFT_VALUES_MAX;
    case MEANING_FIRST_NAME:
    case MEANING_LAST_NAME:
    case MEANING_FULL_NAME:
        return !draft_mostly(column, column->integers + column->decimals, MOSTLY_PERCENT) && !is_date(column);
    case MEANING_TITLE:
    case MEANING_PREFERRED_NAME:
    case MEANING_ADDRESS_1:
    case MEANING_ADDRESS_2:
    case MEANING_CITY:
    case MEANING_STATE:
    case MEANING_POST_CODE:
    case MEANING_COUNTRY:
    case MEANING_MEDICARE:
    case MEANING_MEDICARE_REFERENCE:
    case MEANING_DVA:
    case MEANING_OCCUPATION:
    case MEANING_EMERGENCY:
    case MEANING_NOTES:
    case MEANING_PRACTITIONER:
    case MEANING_BUSINESS:
    case MEANING_APPOINTMENT_TYPE:
    case MEANING_COUNT:
        break;
    }
    return true;
}

int choice_score(const struct draft_column *column, enum meaning meaning, const char **ret_language)
{
    int score = 0;

    *ret_language = NULL;
    if (!values_allow(column, meaning))
        return 0;
    score = words_fit(column->words, meaning, ret_language);
    if (score == 0 && meaning == MEANING_EMAIL && draft_mostly(column, column->emails, 90))
        return SCORE_BY_VALUES;
    return score >= SCORE_LEAST ? score : 0;
}

static bool is_taken(const struct choices *choices, const struct draft_column *column)
{
    for (size_t i = 0; choices && i < MEANING_COUNT; i++)
        if (choices->of[i].column == column)
            return true;
    return false;
}

/* The surest pair that is still open; at equal scores the first meaning and the first column. */
static bool choose_next(const struct draft_table *table, enum meaning first, enum meaning last,
                        const struct choices *taken, struct choices *ret)
{
    struct choice best = {0};
    size_t best_meaning = 0;

    for (size_t meaning = first; meaning <= (size_t)last; meaning++) {
        for (size_t i = 0; i < table->column_count && !ret->of[meaning].column; i++) {
            const struct draft_column *column = &table->columns[i];
            struct choice choice = {.column = column};

            if (is_taken(taken, column) || is_taken(ret, column))
                continue;
            choice.score = choice_score(column, (enum meaning)meaning, &choice.language);
            if (choice.score > best.score) {
                best = choice;
                best_meaning = meaning;
            }
        }
    }
    if (!best.column)
        return false;
    ret->of[best_meaning] = best;
    return true;
}

void choices_make(const struct draft_table *table, enum meaning first, enum meaning last, const struct choices *taken,
                  struct choices *ret)
{
    memset(ret, 0, sizeof *ret);
    while (choose_next(table, first, last, taken, ret))
        ;
}
