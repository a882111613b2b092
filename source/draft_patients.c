#include "base/memory.h"
#include "source/draft_parts.h"

enum { KEY_REPEATED_PERCENT = 10 };

bool draft_has_name(const struct choices *choices)
{
    return choices->of[MEANING_FIRST_NAME].column || choices->of[MEANING_LAST_NAME].column ||
           choices->of[MEANING_FULL_NAME].column;
}

void draft_settle_names(struct choices *choices)
{
    struct choice *first = &choices->of[MEANING_FIRST_NAME];
    struct choice *last = &choices->of[MEANING_LAST_NAME];
    struct choice *full = &choices->of[MEANING_FULL_NAME];

    if (full->column && first->column && !last->column) {
        *last = *full;
        *full = (struct choice){0};
    }
    if (!full->column && first->column && !last->column && draft_mostly(first->column, first->column->blanks, 70)) {
        *full = *first;
        *first = (struct choice){0};
    }
    if (full->column && (first->column || last->column))
        *full = (struct choice){0};
}

bool draft_usable_key(const struct choice *choice, bool distinct)
{
    return choice->column &&
           (distinct || choice->column->repeats * 100 <= choice->column->filled * KEY_REPEATED_PERCENT);
}

/* Patients without a number of their own are told apart by what is known of them. */
static void put_made_up_key(struct draft *draft)
{
    static const enum meaning parts[] = {MEANING_FULL_NAME,    MEANING_FIRST_NAME, MEANING_LAST_NAME,
                                         MEANING_BIRTH,        MEANING_SEX,        MEANING_EMAIL,
                                         MEANING_PHONE_MOBILE, MEANING_PHONE_HOME};
    struct json_writer *writer = &draft->json.writer;

    json_key(writer, "key");
    json_begin_object(writer);
    json_key(writer, "joined");
    json_begin_array(writer);
    for (size_t i = 0; i < array_length(parts); i++)
        if (draft->patient.of[parts[i]].column)
            json_put_text(writer, draft->patient.of[parts[i]].column->name);
    json_end_array(writer);
    json_member_text(writer, "with", "/");
    json_end_object(writer);
    draft_note(&draft->json, "patient.key: low: no column is different for every patient, so name, birth and contact "
                             "together tell them apart; two patients who share all of it become a problem");
}

static void put_patient_key(struct draft *draft, bool distinct)
{
    const struct choice *key = &draft->patient.of[MEANING_PATIENT_KEY];

    if (!draft_usable_key(key, distinct)) {
        put_made_up_key(draft);
        return;
    }
    json_member_text(&draft->json.writer, "key", key->column->name);
    draft_explain(&draft->json, "patient.key", key, NULL);
    if (key->column->repeats && !distinct)
        draft_note(&draft->json, "patient.key: %zu of %zu rows repeat the key of another: they will be problems",
                   key->column->repeats, key->column->rows);
}

static void put_plain_fields(struct draft *draft)
{
    static const struct {
        enum meaning meaning;
        const char *field;
    } plain[] = {
        {MEANING_TITLE, "title"},
        {MEANING_PREFERRED_NAME, "preferred_first_name"},
        {MEANING_EMAIL, "email"},
        {MEANING_ADDRESS_1, "address_1"},
        {MEANING_ADDRESS_2, "address_2"},
        {MEANING_CITY, "city"},
        {MEANING_STATE, "state"},
        {MEANING_POST_CODE, "post_code"},
        {MEANING_COUNTRY, "country"},
        {MEANING_PHONE_MOBILE, "phone_mobile"},
        {MEANING_PHONE_HOME, "phone_home"},
        {MEANING_PHONE_WORK, "phone_work"},
        {MEANING_PHONE_FAX, "phone_fax"},
        {MEANING_MEDICARE, "medicare"},
        {MEANING_MEDICARE_REFERENCE, "medicare_reference_number"},
        {MEANING_DVA, "dva_card_number"},
        {MEANING_OCCUPATION, "occupation"},
        {MEANING_EMERGENCY, "emergency_contact"},
        {MEANING_NOTES, "notes"},
        {MEANING_ARCHIVED, "archived"},
    };

    for (size_t i = 0; i < array_length(plain); i++)
        draft_put_column(&draft->json, "patient", plain[i].field, &draft->patient.of[plain[i].meaning]);
}

/* Without any name the key stands in for the last name, so that people can find the patient. */
static void put_patient_names(struct draft *draft, bool distinct)
{
    const struct choice *key = &draft->patient.of[MEANING_PATIENT_KEY];

    if (draft_has_name(&draft->patient)) {
        draft_put_names(&draft->json, "patient", &draft->patient.of[MEANING_FIRST_NAME],
                        &draft->patient.of[MEANING_LAST_NAME], &draft->patient.of[MEANING_FULL_NAME]);
        return;
    }
    draft_put_constant(&draft->json, "first_name", "Patient");
    if (draft_usable_key(key, distinct))
        json_member_text(&draft->json.writer, "last_name", key->column->name);
    else
        draft_put_constant(&draft->json, "last_name", "");
    draft_note(&draft->json, "patient.first_name, last_name: low: no column holds names, so patients are called "
                             "\"Patient\" and their number");
}

void draft_put_patients(struct draft *draft)
{
    struct json_writer *writer = &draft->json.writer;
    bool distinct = draft->patients == draft->appointments;

    draft_note(&draft->json, "table %s: patients, %zu rows looked at", draft->patients->name, draft->patients->rows);
    json_key(writer, "patient");
    json_begin_object(writer);
    json_member_text(writer, "table", draft->patients->name);
    put_patient_key(draft, distinct);
    if (distinct)
        json_member_bool(writer, "distinct", true);
    json_key(writer, "fields");
    json_begin_object(writer);
    put_patient_names(draft, distinct);
    draft_put_date(&draft->json, "patient", "date_of_birth", &draft->patient.of[MEANING_BIRTH]);
    draft_put_sex(&draft->json, &draft->patient.of[MEANING_SEX]);
    put_plain_fields(draft);
    json_end_object(writer);
    json_end_object(writer);
}
