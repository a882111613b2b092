/* Clinical notes, files and contacts, where a table's name and its columns say clearly that it holds them. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "source/draft_parts.h"

enum { SURE = 90, BY_TYPE = 90 };

/* What belongs to a patient and is read from a table of its own. */
struct belonging {
    const struct draft_table *table;
    struct choice key;
    struct choice patient;
    struct choice content; /* the text of a note, the bytes of a file */
    struct choice dated;
};

static bool is_used(const struct draft *draft, const struct draft_table *table)
{
    return table->used || table == draft->patients || table == draft->appointments || table == draft->practitioners;
}

/* The declared type is surer than the header; among columns of one type the header decides, then the first. */
static struct choice find_content(const struct draft_table *table, enum meaning meaning)
{
    struct choice best = {0};

    for (size_t i = 0; i < table->column_count; i++) {
        const struct draft_column *column = &table->columns[i];
        struct choice choice = {.column = column};
        int words = words_fit(column->words, meaning, &choice.language);
        bool fits = meaning == MEANING_CONTENT ? column->type == DRAFT_TYPE_BYTES : column->long_text;

        if (column->keys.unique || column->keys.refers || (column->keys.known && !fits && meaning == MEANING_CONTENT))
            continue;
        choice.score = fits ? BY_TYPE + words / 10 : words >= SURE ? words : 0;
        if (fits)
            snprintf(choice.reason, sizeof choice.reason, "it is declared to hold %s",
                     meaning == MEANING_CONTENT ? "bytes" : "texts of any length");
        if (choice.score > best.score)
            best = choice;
    }
    return best;
}

static struct choice find_date(const struct draft_table *table)
{
    struct choices choices;
    struct choice choice = {0};

    choices_make(table, MEANING_STARTS, MEANING_STARTS, NULL, &choices);
    if (choices.of[MEANING_STARTS].language)
        return choices.of[MEANING_STARTS];
    for (size_t i = 0; i < table->column_count && !choice.column; i++)
        if (choice_is_date(&table->columns[i]))
            choice = (struct choice){.column = &table->columns[i], .score = 60, .reason = "its values are dates"};
    return choice;
}

static bool find_belonging(const struct draft *draft, enum table_role role, enum meaning content, struct belonging *ret)
{
    for (size_t i = 0; i < draft->table_count; i++) {
        const struct draft_table *table = &draft->tables[i];
        bool alone = false;

        if (is_used(draft, table) || words_role(table->words, &alone) != role)
            continue;
        *ret = (struct belonging){
            .table = table,
            .key = choice_of_key(table, MEANING_PATIENT_KEY),
            .patient = choice_of_reference(table, draft->patients, draft->patient.of[MEANING_PATIENT_KEY].column,
                                           MEANING_PATIENT_KEY),
            .content = find_content(table, content),
            .dated = find_date(table),
        };
        if (draft_usable_key(&ret->key, false) && ret->key.column != ret->patient.column &&
            ret->patient.score >= SURE && ret->content.column)
            return true;
    }
    return false;
}

static void begin_entity(struct draft *draft, const char *entity, const char *plural, const struct draft_table *table,
                         const struct choice *key)
{
    struct json_writer *writer = &draft->json.writer;
    char what[40];

    draft->tables[table - draft->tables].used = true;
    snprintf(what, sizeof what, "%s.key", entity);
    draft_note(&draft->json, "table %s: %s, by its name and its columns, %zu rows looked at", table->name, plural,
               table->rows);
    json_key(writer, entity);
    json_begin_object(writer);
    json_member_text(writer, "table", table->name);
    json_member_text(writer, "key", key->column->name);
    draft_explain(&draft->json, what, key, NULL);
    json_key(writer, "fields");
    json_begin_object(writer);
}

static void end_entity(struct draft *draft)
{
    json_end_object(&draft->json.writer);
    json_end_object(&draft->json.writer);
}

/* Who wrote it, where a column says so. */
static void put_author(struct draft *draft, const struct draft_table *table)
{
    struct choice author = {0};

    if (draft->practitioners)
        author = choice_of_reference(table, draft->practitioners, draft->practitioner_key, MEANING_PRACTITIONER);
    if (author.score < SURE || !draft->practitioner_key) {
        draft_put_with_default(draft, "practitioner", NULL);
        draft_note(&draft->json, "treatment_note.practitioner: low: no column names who wrote it");
        return;
    }
    draft_put_with_default(draft, "practitioner", &author);
    draft_explain(&draft->json, "treatment_note.practitioner", &author, NULL);
}

static void put_notes(struct draft *draft)
{
    struct belonging note;

    if (!find_belonging(draft, ROLE_NOTES, MEANING_BODY, &note) || !note.dated.column)
        return;
    begin_entity(draft, "treatment_note", "clinical notes", note.table, &note.key);
    draft_put_column(&draft->json, "treatment_note", "patient", &note.patient);
    put_author(draft, note.table);
    draft_put_date(&draft->json, "treatment_note", "dated", &note.dated);
    draft_put_column(&draft->json, "treatment_note", "body", &note.content);
    end_entity(draft);
}

static void put_files(struct draft *draft)
{
    struct belonging file;
    struct choices names;

    if (!find_belonging(draft, ROLE_FILES, MEANING_CONTENT, &file))
        return;
    choices_make(file.table, MEANING_FILE_NAME, MEANING_FILE_NAME, NULL, &names);
    begin_entity(draft, "attachment", "files", file.table, &file.key);
    draft_put_column(&draft->json, "attachment", "patient", &file.patient);
    draft_put_column(&draft->json, "attachment", "content", &file.content);
    if (names.of[MEANING_FILE_NAME].column != file.content.column)
        draft_put_column(&draft->json, "attachment", "file_name", &names.of[MEANING_FILE_NAME]);
    draft_put_date(&draft->json, "attachment", "dated", &file.dated);
    end_entity(draft);
}

static void put_contact_fields(struct draft *draft, const struct choices *of, const struct choice *company)
{
    static const struct {
        enum meaning meaning;
        const char *field;
    } plain[] = {
        {MEANING_TITLE, "title"},
        {MEANING_EMAIL, "email"},
        {MEANING_ADDRESS_1, "address_1"},
        {MEANING_ADDRESS_2, "address_2"},
        {MEANING_CITY, "city"},
        {MEANING_STATE, "state"},
        {MEANING_POST_CODE, "post_code"},
        {MEANING_PHONE_MOBILE, "phone_mobile"},
        {MEANING_PHONE_HOME, "phone_home"},
        {MEANING_PHONE_WORK, "phone_work"},
        {MEANING_PHONE_FAX, "phone_fax"},
        {MEANING_NOTES, "notes"},
    };

    if (of->of[MEANING_FULL_NAME].column || (of->of[MEANING_FIRST_NAME].column && of->of[MEANING_LAST_NAME].column)) {
        draft_put_names(&draft->json, "contact", &of->of[MEANING_FIRST_NAME], &of->of[MEANING_LAST_NAME],
                        &of->of[MEANING_FULL_NAME]);
    } else {
        draft_put_column(&draft->json, "contact", "first_name", &of->of[MEANING_FIRST_NAME]);
        draft_put_column(&draft->json, "contact", "last_name", &of->of[MEANING_LAST_NAME]);
    }
    draft_put_column(&draft->json, "contact", "company_name", company);
    for (size_t i = 0; i < array_length(plain); i++)
        draft_put_column(&draft->json, "contact", plain[i].field, &of->of[plain[i].meaning]);
}

/* A column of the patients that names the contact: who it is to the patient, only the clinic can say. */
static void note_referrer(struct draft *draft, const struct draft_table *table, const struct choice *key)
{
    struct choice from = choice_of_reference(draft->patients, table, key->column, MEANING_REFERRER);

    if (from.column)
        draft_note(
            &draft->json,
            "contact: column %s of %s names one: \"referring_doctor\" where it is the patient's doctor, else a join "
            "for \"referral_source\"",
            from.column->name, draft->patients->name);
}

static void put_contacts(struct draft *draft)
{
    for (size_t i = 0; i < draft->table_count; i++) {
        const struct draft_table *table = &draft->tables[i];
        struct choice key = choice_of_key(table, MEANING_PATIENT_KEY);
        struct choices of;
        struct choices companies;
        bool alone = false;

        if (is_used(draft, table) || words_role(table->words, &alone) != ROLE_CONTACTS ||
            !draft_usable_key(&key, false) ||
            choice_of_reference(table, draft->patients, NULL, MEANING_PATIENT_KEY).score >= SURE)
            continue;
        choices_make(table, MEANING_COMPANY, MEANING_COMPANY, NULL, &companies);
        choices_make(table, MEANING_FIRST_NAME, MEANING_NOTES, &companies, &of);
        draft_settle_names(&of);
        if (!draft_has_name(&of) && !companies.of[MEANING_COMPANY].column)
            continue;
        begin_entity(draft, "contact", "contacts", table, &key);
        put_contact_fields(draft, &of, &companies.of[MEANING_COMPANY]);
        end_entity(draft);
        note_referrer(draft, table, &key);
        return;
    }
}

void draft_put_others(struct draft *draft, bool has_diary)
{
    if (draft->patients == draft->appointments || !draft->patient.of[MEANING_PATIENT_KEY].column)
        return;
    put_contacts(draft);
    put_files(draft);
    if (has_diary)
        put_notes(draft); /* their authors are the diary's practitioners */
}
