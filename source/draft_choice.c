#include "source/draft_choice.h"

#include <stdio.h>
#include <string.h>

enum {
    SCORE_LEAST = 55,
    SCORE_BY_VALUES = 60,
    SCORE_EXACT = 100,
    SCORE_BARE_KEY = 92,
    SCORE_LEAST_KEY = 90,
    VALUES_LEAST = 3,
    SURELY_PERCENT = 90,
    KEY_FILLED_PERCENT = 95,
    MOSTLY_PERCENT = 60,
};

bool choice_is_date(const struct draft_column *column)
{
    bool has_time = false;
    bool ambiguous = false;

    if (column->filled == 0)
        return column->type == DRAFT_TYPE_DATE || column->type == DRAFT_TYPE_MOMENT;
    return draft_date_format(column, &has_time, &ambiguous) != NULL;
}

/* Without values the declared type alone speaks. */
static bool type_allows(const struct draft_column *column, enum meaning meaning)
{
    bool is_text = column->type == DRAFT_TYPE_TEXT;

    if (column->type == DRAFT_TYPE_UNKNOWN)
        return true;
    switch (meaning) {
    case MEANING_BIRTH:
    case MEANING_STARTS:
        return is_text || choice_is_date(column);
    case MEANING_TIME:
    case MEANING_ENDS:
        return is_text || column->type == DRAFT_TYPE_TIME || column->type == DRAFT_TYPE_MOMENT;
    case MEANING_FIRST_NAME:
    case MEANING_LAST_NAME:
    case MEANING_FULL_NAME:
    case MEANING_EMAIL:
        return is_text;
    default:
        return column->type != DRAFT_TYPE_BYTES;
    }
}

static bool can_be_key(const struct draft_column *column)
{
    return column->filled > 0 && column->filled * 100 >= column->rows * KEY_FILLED_PERCENT && !choice_is_date(column);
}

/* False when the values speak against the meaning. A column without values speaks against nothing. */
static bool values_allow(const struct draft_column *column, enum meaning meaning)
{
    if (column->type == DRAFT_TYPE_BYTES)
        return false;
    if (column->filled == 0)
        return type_allows(column, meaning);
    switch (meaning) {
    case MEANING_PATIENT_KEY:
    case MEANING_APPOINTMENT_KEY:
        return can_be_key(column);
    case MEANING_BIRTH:
    case MEANING_STARTS:
        return choice_is_date(column);
    case MEANING_TIME:
        return draft_mostly(column, column->times, MOSTLY_PERCENT);
    case MEANING_ENDS:
        return choice_is_date(column) || draft_mostly(column, column->times, MOSTLY_PERCENT);
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
        return !draft_mostly(column, column->integers + column->decimals, MOSTLY_PERCENT) && !choice_is_date(column);
    default:
        return true;
    }
}

/* Where the header says nothing. Columns that are keys or refer to others are none of these. */
static bool values_look_like(const struct draft_column *column, enum meaning meaning, const char **ret_as)
{
    bool has_time = false;
    bool ambiguous = false;

    if (column->filled < VALUES_LEAST || column->keys.unique || column->keys.refers)
        return false;
    switch (meaning) {
    case MEANING_EMAIL:
        *ret_as = "e-mail addresses";
        return draft_mostly(column, column->emails, SURELY_PERCENT);
    case MEANING_PHONE_HOME:
        *ret_as = "phone numbers";
        return draft_mostly(column, column->phones, SURELY_PERCENT) &&
               draft_mostly(column, column->phone_marks, SURELY_PERCENT) && !choice_is_date(column);
    case MEANING_BIRTH:
        *ret_as = "dates of birth: most are long ago";
        return draft_date_format(column, &has_time, &ambiguous) &&
               draft_mostly(column, column->years_ago, MOSTLY_PERCENT) &&
               (!has_time || column->midnights == column->filled);
    case MEANING_STARTS:
        *ret_as = "times of appointments: days of late with a time";
        return draft_date_format(column, &has_time, &ambiguous) && has_time && column->years_ago == 0 &&
               column->midnights * 2 < column->filled;
    default:
        return false;
    }
}

/* "Ward ID" is a key of wards: what stands beside "ID" must be nothing, or say patient. */
static int key_score(const struct draft_column *column, int score)
{
    if (score == SCORE_EXACT && !words_name_patients(column->words))
        return SCORE_BARE_KEY;
    if (score < SCORE_LEAST_KEY && !words_name_patients(column->words))
        return 0;
    return score;
}

/* How well a column would do for a meaning: the words of its header, lowered or refused by its values. */
static int choice_score(const struct draft_column *column, enum meaning meaning, struct choice *ret)
{
    const char *as = NULL;
    int score = 0;

    ret->language = NULL;
    ret->reason[0] = '\0';
    if (!values_allow(column, meaning))
        return 0;
    score = words_fit(column->words, meaning, &ret->language);
    if (meaning == MEANING_PATIENT_KEY)
        score = key_score(column, score);
    if (score >= SCORE_LEAST)
        return score;
    if (!values_look_like(column, meaning, &as))
        return 0;
    ret->language = NULL;
    snprintf(ret->reason, sizeof ret->reason, "its values look like %s", as);
    return SCORE_BY_VALUES;
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
            choice.score = choice_score(column, (enum meaning)meaning, &choice);
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

static bool begins(const struct draft_column *column, const char *stem)
{
    size_t size = strlen(stem);

    return size && strncmp(column->words + 1, stem, size) == 0;
}

/* "Booking ID" in the table of bookings, "Note ID" in that of clinical notes. */
static bool named_after(const struct draft_column *column, const struct draft_table *table)
{
    char stem[100];
    const char *last = NULL;

    words_stem(table->words, stem, sizeof stem);
    last = strrchr(stem, ' ');
    return (begins(column, stem) || (last && begins(column, last + 1))) && words_end_as_key(column->words);
}

/* "Patient ID" in the table of notes. */
static bool names_another(const struct draft_column *column, const struct draft_table *table, enum meaning meaning)
{
    return meaning == MEANING_PATIENT_KEY && words_name_patients(column->words) && !words_name_patients(table->words);
}

struct choice choice_of_key(const struct draft_table *table, enum meaning meaning)
{
    struct choices choices;

    for (size_t i = 0; i < table->column_count; i++) {
        struct choice choice = {.column = &table->columns[i], .score = SCORE_EXACT};

        if (!table->columns[i].keys.primary && !(table->columns[i].keys.unique && named_after(choice.column, table)))
            continue;
        snprintf(choice.reason, sizeof choice.reason, "it is the %s of the table",
                 choice.column->keys.primary ? "primary key" : "unique key");
        return choice;
    }
    choices_make(table, meaning, meaning, NULL, &choices);
    if (choices.of[meaning].score >= SCORE_LEAST_KEY && !names_another(choices.of[meaning].column, table, meaning))
        return choices.of[meaning];
    for (size_t i = 0; i < table->column_count; i++) {
        struct choice choice = {.column = &table->columns[i], .score = SCORE_LEAST_KEY};

        if (!named_after(choice.column, table) || !can_be_key(choice.column))
            continue;
        snprintf(choice.reason, sizeof choice.reason, "it is named after its table");
        return choice;
    }
    return choices.of[meaning];
}

/* What the values say: "96 % of its values are in Patients.PatientID". */
static void add_share(struct choice *choice, const struct draft_table *target, const struct draft_column *key)
{
    size_t at = strlen(choice->reason);

    if (key && choice->column->sample_count)
        snprintf(choice->reason + at, sizeof choice->reason - at, "%s%u %% of its values are in %.40s.%.40s",
                 at ? "; " : "", draft_share_found(choice->column, key), target->name, key->name);
}

static bool shares_values(const struct draft_column *column, const struct draft_column *key)
{
    return key && column->sample_count >= VALUES_LEAST && draft_share_found(column, key) >= SURELY_PERCENT &&
           words_end_as_key(column->words);
}

struct choice choice_of_reference(const struct draft_table *table, const struct draft_table *target,
                                  const struct draft_column *key, enum meaning meaning)
{
    struct choice best = {0};

    for (size_t i = 0; i < table->column_count; i++) {
        struct choice choice = {.column = &table->columns[i]};
        const char *language = NULL;
        int score = values_allow(choice.column, MEANING_APPOINTMENT_TYPE)
                        ? words_fit(choice.column->words, meaning, &language)
                        : 0;

        if (choice.column->keys.refers && choice.column->keys.table == target->number) {
            choice.score = SCORE_EXACT;
            snprintf(choice.reason, sizeof choice.reason, "it is a foreign key to %.60s", target->name);
        } else if (choice.column->keys.primary || choice.column->keys.refers) {
            continue;
        } else if (score >= SCORE_LEAST_KEY &&
                   (meaning != MEANING_PATIENT_KEY || words_name_patients(choice.column->words))) {
            choice.score = score - 1;
            choice.language = language;
        } else if (shares_values(choice.column, key)) {
            choice.score = SCORE_LEAST;
        }
        if (choice.score <= best.score)
            continue;
        best = choice;
        add_share(&best, target, key);
    }
    return best;
}
