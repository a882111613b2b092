#include "source/draft.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "model/profile.h"
#include "source/draft_parts.h"
#include "source/source.h"

enum { TABLES_MAX = 200, PATIENT_SIGNS_LEAST = 2, SYSTEM_SIZE = 36 };

static int count_chosen(const struct choices *choices, enum meaning first, enum meaning last)
{
    int count = 0;

    for (size_t i = first; i <= (size_t)last; i++)
        count += choices->of[i].column != NULL;
    return count;
}

static bool looks_like_practitioners(const struct draft_table *table)
{
    struct choices choices;
    struct text words;
    bool named = false;

    text_init(&words, 190);
    words_of(table->name, &words);
    named = !words.overflowed && words_name_practitioners(text_string(&words));
    text_release(&words);
    choices_make(table, MEANING_FIRST_NAME, MEANING_FULL_NAME, NULL, &choices);
    return named && draft_has_name(&choices);
}

static bool looks_like_appointments(const struct draft_table *table)
{
    struct choices choices;
    const struct choice *start = &choices.of[MEANING_STARTS];

    choices_make(table, MEANING_PATIENT_KEY, MEANING_DELETED, NULL, &choices);
    if (!start->column)
        return false;
    return choices.of[MEANING_APPOINTMENT_KEY].column || choices.of[MEANING_PATIENT_KEY].score >= 95;
}

/* How many signs of patients the table bears, 0 when it holds none. */
static int signs_of_patients(const struct draft_table *table)
{
    struct choices choices;
    int signs = 0;

    choices_make(table, MEANING_PATIENT_KEY, MEANING_ARCHIVED, NULL, &choices);
    if (!draft_has_name(&choices) && !choices.of[MEANING_BIRTH].column)
        return 0;
    signs = count_chosen(&choices, MEANING_PATIENT_KEY, MEANING_EMERGENCY);
    return signs < PATIENT_SIGNS_LEAST ? 0 : signs;
}

static void find_diary(struct draft *draft)
{
    for (size_t i = 0; i < draft->table_count; i++) {
        const struct draft_table *table = &draft->tables[i];

        if (!draft->practitioners && looks_like_practitioners(table))
            draft->practitioners = table;
        else if (!draft->appointments && looks_like_appointments(table))
            draft->appointments = table;
    }
}

static void find_patients(struct draft *draft)
{
    int best = 0;

    for (size_t i = 0; i < draft->table_count; i++) {
        const struct draft_table *table = &draft->tables[i];
        int signs = signs_of_patients(table);

        if (table != draft->practitioners && table != draft->appointments && signs > best) {
            draft->patients = table;
            best = signs;
        }
    }
    if (!draft->patients)
        draft->patients = draft->appointments;
}

static void choose_columns(struct draft *draft)
{
    bool shared = draft->patients == draft->appointments;

    if (draft->patients && shared)
        choices_make(draft->appointments, MEANING_APPOINTMENT_KEY, MEANING_DELETED, NULL, &draft->appointment);
    if (draft->patients)
        choices_make(draft->patients, MEANING_PATIENT_KEY, MEANING_ARCHIVED, shared ? &draft->appointment : NULL,
                     &draft->patient);
    if (draft->appointments && !shared)
        choices_make(draft->appointments, MEANING_NOTES, MEANING_DELETED, NULL, &draft->appointment);
    draft_settle_names(&draft->patient);
}

/* What is not used, so that a person sees it before a record goes over without it. */
static void note_unused(struct draft *draft, const struct draft_table *table, const struct choices *one,
                        const struct choices *two)
{
    struct text names;

    text_init(&names, 400);
    for (size_t i = 0; i < table->column_count; i++) {
        bool used = false;

        for (size_t k = 0; k < MEANING_COUNT; k++)
            used |= one->of[k].column == &table->columns[i] || two->of[k].column == &table->columns[i];
        if (!used)
            text_printf(&names, "%s%s", names.size ? ", " : "", table->columns[i].name);
    }
    if (names.size)
        draft_note(&draft->json, "table %s: columns that are not used: %s", table->name, text_string(&names));
    text_release(&names);
}

static void note_all_unused(struct draft *draft)
{
    note_unused(draft, draft->patients, &draft->patient, &draft->appointment);
    if (draft->appointments && draft->appointments != draft->patients) {
        struct choices reference = {0};

        reference.of[MEANING_PATIENT_KEY] = draft_patient_reference(draft);
        note_unused(draft, draft->appointments, &draft->appointment, &reference);
    }
}

static void put_marks(struct draft *draft)
{
    struct json_writer *writer = &draft->json.writer;

    json_key(writer, "recognise");
    json_begin_array(writer);
    for (size_t i = 0; i < draft->table_count; i++) {
        const struct draft_table *table = &draft->tables[i];

        if (table != draft->patients && table != draft->appointments && table != draft->practitioners)
            continue;
        json_begin_object(writer);
        json_member_text(writer, "table", table->name);
        json_key(writer, "columns");
        json_begin_array(writer);
        for (size_t k = 0; k < table->column_count; k++)
            json_put_text(writer, table->columns[k].name);
        json_end_array(writer);
        json_end_object(writer);
    }
    json_end_array(writer);
}

/* The namespace of the keys: sources of different systems must not be taken for one. */
static void put_system(struct draft *draft)
{
    char system[SYSTEM_SIZE] = "csv";
    size_t size = strlen(system);

    for (const char *at = draft->patients->name; *at && size + 2 < sizeof system; at++) {
        bool plain = (unsigned char)*at < 0x80 && isalnum((unsigned char)*at);

        if (size == 3 || (!plain && system[size - 1] != '-'))
            system[size++] = '-';
        if (plain)
            system[size++] = (char)tolower((unsigned char)*at);
    }
    json_member_text(&draft->json.writer, "system", system);
    draft_note(&draft->json,
               "system: %s, by the name of the file: the same for every export of the same system, another "
               "for every other system",
               system);
}

static void put_profile(struct draft *draft)
{
    struct json_writer *writer = &draft->json.writer;

    json_begin_object(writer);
    json_member_text(writer, "profile", "Draft");
    json_member_text(writer, "description",
                     "Proposed by handover profile draft. Read the reasons, correct what is wrong.");
    put_system(draft);
    put_marks(draft);
    json_key(writer, "entities");
    json_begin_object(writer);
    draft_put_patients(draft);
    if (draft->appointments)
        draft_put_diary(draft);
    json_end_object(writer);
    json_end_object(writer);
    note_all_unused(draft);
}

static bool read_tables(struct draft *draft, struct fault *fault)
{
    size_t count = source_table_count(draft->source);
    struct fault first = {0};

    if (count > TABLES_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "the source has %zu tables: draft a profile for at most %d", count,
                         TABLES_MAX);
    draft->tables = x_alloc_array(count, sizeof *draft->tables);
    for (size_t i = 0; i < count; i++) {
        struct fault why = {0};

        if (draft_table_read(draft->source, i, &draft->tables[draft->table_count], &why)) {
            draft->table_count++;
            continue;
        }
        draft_note(&draft->json, "table %s: cannot be read: %s", source_table_name(draft->source, i), why.text);
        if (first.kind == FAULT_NONE)
            first = why;
    }
    if (draft->table_count == 0)
        *fault = first;
    return draft->table_count > 0;
}

static void release(struct draft *draft)
{
    for (size_t i = 0; i < draft->table_count; i++)
        draft_table_release(&draft->tables[i]);
    free(draft->tables);
    source_close(&draft->source);
}

static bool make(struct draft *draft, struct text *compact, struct fault *fault)
{
    scoped(profile_destroy) struct profile *check = NULL;

    if (!read_tables(draft, fault))
        return false;
    find_diary(draft);
    find_patients(draft);
    if (!draft->patients)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "no table looks like patients or appointments: write a profile by hand, see docs/profiles.md");
    choose_columns(draft);
    put_profile(draft);
    if (!profile_parse(text_string(compact), compact->size, &check, fault))
        return fault_prefix(fault, "the draft is no profile itself");
    return true;
}

bool draft_profile(const char *path, struct text *ret_profile, struct text *ret_reasons, struct fault *fault)
{
    struct source_options options = {0};
    struct draft draft = {0};
    struct text compact;
    bool done = false;

    text_init(&compact, PROFILE_SIZE_MAX);
    draft.json.reasons = ret_reasons;
    json_write_init(&draft.json.writer, &compact);
    done = source_open(path, &options, &draft.source, fault) && make(&draft, &compact, fault);
    if (done)
        draft_indent(text_slice(&compact), ret_profile);
    release(&draft);
    text_release(&compact);
    return done;
}
