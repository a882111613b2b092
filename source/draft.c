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

enum { TABLES_MAX = 200, SYSTEM_SIZE = 36 };

static void take_key(const struct draft_table *table, enum meaning meaning, struct choices *ret)
{
    struct choice key = choice_of_key(table, meaning);

    if (!key.column)
        return;
    for (size_t i = 0; i < MEANING_COUNT; i++)
        if (ret->of[i].column == key.column)
            ret->of[i] = (struct choice){0};
    ret->of[meaning] = key;
}

static void choose_columns(struct draft *draft)
{
    bool shared = draft->patients == draft->appointments;

    if (draft->patients && shared)
        choices_make(draft->appointments, MEANING_APPOINTMENT_KEY, MEANING_DELETED, NULL, &draft->appointment);
    if (draft->patients)
        choices_make(draft->patients, MEANING_PATIENT_KEY, MEANING_ARCHIVED, shared ? &draft->appointment : NULL,
                     &draft->patient);
    if (draft->patients && !shared)
        take_key(draft->patients, MEANING_PATIENT_KEY, &draft->patient);
    if (draft->appointments && !shared) {
        choices_make(draft->appointments, MEANING_NOTES, MEANING_DELETED, NULL, &draft->appointment);
        take_key(draft->appointments, MEANING_APPOINTMENT_KEY, &draft->appointment);
    }
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

/* A table with rows for patients or their appointments that the draft does not use is worth a look. */
static void note_relatives(struct draft *draft)
{
    for (size_t i = 0; i < draft->table_count; i++) {
        const struct draft_table *table = &draft->tables[i];
        const struct draft_table *const targets[] = {draft->patients, draft->appointments};

        for (size_t k = 0; k < array_length(targets) && !table->used && table->rows; k++) {
            struct choice key =
                targets[k] ? choice_of_reference(table, targets[k], NULL, MEANING_PATIENT_KEY) : (struct choice){0};

            if (!key.column || !key.column->keys.refers)
                continue;
            draft_note(&draft->json, "table %s: not used, though %zu rows%s belong to %s by their column %s",
                       table->name, table->rows, table->rows == DRAFT_ROWS_MAX ? " or more" : "", targets[k]->name,
                       key.column->name);
            break;
        }
    }
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

        if (!table->used)
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

/* The database's own name; NULL for sources that are none. Its backups have any name. */
static const char *database_name(const struct source_facts *facts)
{
    for (size_t i = 0; i < facts->count; i++)
        if (strcmp(facts->facts[i].name, "database") == 0)
            return facts->facts[i].text;
    return NULL;
}

/* The namespace of the keys: sources of different systems must not be taken for one. CSV exports are told apart by
 * their tables, since their folders have any name. */
static void put_system(struct draft *draft)
{
    struct source_facts facts = {0};
    const char *name = NULL;
    char system[SYSTEM_SIZE] = "";
    size_t size = 0;

    source_describe(draft->source, &facts);
    name = database_name(&facts);
    size = (size_t)snprintf(system, sizeof system, "%s", name ? "" : "csv-");
    for (const char *at = name ? name : draft->patients->name; *at && size + 2 < sizeof system; at++) {
        unsigned char byte = (unsigned char)*at;

        if (byte < 0x80 && isalnum(byte))
            system[size++] = (char)tolower(byte);
        else if (size && system[size - 1] != '-')
            system[size++] = '-';
    }
    if (size == 0)
        snprintf(system, sizeof system, "old-system");
    json_member_text(&draft->json.writer, "system", system);
    draft_note(&draft->json,
               "system: %s, by the name of the %s: the same for every export of the same system, another for every "
               "other system",
               system, name ? "database" : "file");
    source_facts_release(&facts);
}

static void mark_used(struct draft *draft)
{
    for (size_t i = 0; i < draft->table_count; i++) {
        const struct draft_table *table = &draft->tables[i];

        draft->tables[i].used =
            table == draft->patients || table == draft->appointments || table == draft->practitioners;
    }
}

static void put_profile(struct draft *draft)
{
    struct json_writer *writer = &draft->json.writer;
    bool has_diary = false;

    json_begin_object(writer);
    json_member_text(writer, "profile", "Draft");
    json_member_text(writer, "description",
                     "Proposed by handover profile draft. Read the reasons, correct what is wrong.");
    put_system(draft);
    mark_used(draft);
    json_key(writer, "entities");
    json_begin_object(writer);
    draft_put_patients(draft);
    has_diary = draft->appointments && draft_put_diary(draft);
    draft_put_others(draft, has_diary);
    json_end_object(writer);
    put_marks(draft);
    json_end_object(writer);
    note_all_unused(draft);
    note_relatives(draft);
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
    draft_split_words(draft);
    draft_find_tables(draft);
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
