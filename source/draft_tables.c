/* Which table holds the patients, which the practitioners and which the appointments. */
#include "source/draft_parts.h"

enum {
    PATIENT_SIGNS_LEAST = 2,
    NAMED = 40,        /* the table's name says so, and nothing else */
    NAMED_IN_PART = 8, /* its name says so beside other things */
    REFERRED_TO = 12,  /* the appointments name its rows */
    HAS_ROWS = 4,
    SURE_REFERENCE = 90,
};

static int count_chosen(const struct choices *choices, enum meaning first, enum meaning last)
{
    int count = 0;

    for (size_t i = first; i <= (size_t)last; i++)
        count += choices->of[i].column != NULL;
    return count;
}

static int by_name(const struct draft_table *table, enum table_role wanted)
{
    bool alone = false;
    enum table_role role = words_role(table->words, &alone);

    return role != wanted ? 0 : alone ? NAMED : NAMED_IN_PART;
}

/* True when the name says that it holds something else. */
static bool is_other(const struct draft_table *table, enum table_role wanted)
{
    bool alone = false;
    enum table_role role = words_role(table->words, &alone);

    return role != ROLE_NONE && role != wanted;
}

static int score_practitioners(const struct draft_table *table)
{
    struct choices choices;
    int score = by_name(table, ROLE_PRACTITIONERS);

    choices_make(table, MEANING_FIRST_NAME, MEANING_FULL_NAME, NULL, &choices);
    return score && draft_has_name(&choices) ? score + (table->rows ? HAS_ROWS : 0) : 0;
}

/* A start and the patient's key, or the appointment's own. */
static int score_appointments(const struct draft *draft, const struct draft_table *table)
{
    struct choices choices;
    struct choice patient =
        choice_of_reference(table, draft->patients ? draft->patients : table, NULL, MEANING_PATIENT_KEY);
    int score = by_name(table, ROLE_APPOINTMENTS);

    choices_make(table, MEANING_PATIENT_KEY, MEANING_DELETED, NULL, &choices);
    if (!choices.of[MEANING_STARTS].column || is_other(table, ROLE_APPOINTMENTS))
        return 0;
    if (!choices.of[MEANING_APPOINTMENT_KEY].column && choices.of[MEANING_PATIENT_KEY].score < SURE_REFERENCE &&
        patient.score < SURE_REFERENCE)
        return 0;
    score += patient.score >= SURE_REFERENCE ? REFERRED_TO : 0;
    return score + 1 + (table->rows ? HAS_ROWS : 0) +
           count_chosen(&choices, MEANING_APPOINTMENT_KEY, MEANING_CANCELLED);
}

static bool is_referred_to(const struct draft *draft, const struct draft_table *table)
{
    for (size_t i = 0; draft->appointments && i < draft->appointments->column_count; i++) {
        const struct source_keys *keys = &draft->appointments->columns[i].keys;

        if (keys->refers && keys->table == table->number)
            return true;
    }
    return false;
}

/* 0 when it holds no people. */
static int score_patients(const struct draft *draft, const struct draft_table *table)
{
    struct choices choices;
    int signs = 0;

    if (is_other(table, ROLE_PATIENTS))
        return 0;
    choices_make(table, MEANING_PATIENT_KEY, MEANING_ARCHIVED, NULL, &choices);
    if (!draft_has_name(&choices) && !choices.of[MEANING_BIRTH].column)
        return 0;
    signs = count_chosen(&choices, MEANING_PATIENT_KEY, MEANING_EMERGENCY);
    if (signs < PATIENT_SIGNS_LEAST)
        return 0;
    return signs + by_name(table, ROLE_PATIENTS) + (is_referred_to(draft, table) ? REFERRED_TO : 0) +
           (table->rows ? HAS_ROWS : 0);
}

static const struct draft_table *find_practitioners(const struct draft *draft)
{
    const struct draft_table *found = NULL;
    int best = 0;

    for (size_t i = 0; i < draft->table_count; i++) {
        int score = score_practitioners(&draft->tables[i]);

        if (score > best) {
            found = &draft->tables[i];
            best = score;
        }
    }
    return found;
}

static const struct draft_table *find_appointments(const struct draft *draft)
{
    const struct draft_table *found = NULL;
    int best = 0;

    for (size_t i = 0; i < draft->table_count; i++) {
        int score = &draft->tables[i] == draft->practitioners ? 0 : score_appointments(draft, &draft->tables[i]);

        if (score > best) {
            found = &draft->tables[i];
            best = score;
        }
    }
    return found;
}

static const struct draft_table *find_patients(const struct draft *draft)
{
    const struct draft_table *found = NULL;
    int best = 0;

    for (size_t i = 0; i < draft->table_count; i++) {
        const struct draft_table *table = &draft->tables[i];
        int score = table == draft->practitioners || table == draft->appointments ? 0 : score_patients(draft, table);

        if (score > best) {
            found = table;
            best = score;
        }
    }
    return found;
}

void draft_find_tables(struct draft *draft)
{
    draft->practitioners = find_practitioners(draft);
    draft->appointments = find_appointments(draft);
    draft->patients = find_patients(draft);
    if (!draft->patients)
        draft->patients = draft->appointments;
    if (draft->patients == draft->appointments)
        return;
    draft->appointments = find_appointments(draft); /* once more, with the foreign keys to the patients */
    if (draft->appointments == draft->patients)
        draft->appointments = NULL;
}
