#include <string.h>

#include "source/draft_parts.h"

struct choice draft_patient_reference(const struct draft *draft)
{
    if (draft->patients == draft->appointments)
        return draft->patient.of[MEANING_PATIENT_KEY];
    return choice_of_reference(draft->appointments, draft->patients, draft->patient.of[MEANING_PATIENT_KEY].column,
                               MEANING_PATIENT_KEY);
}

/* A practitioner's key: the primary key, what the header calls so, or a plain id. */
static struct choice practitioner_key(const struct draft *draft)
{
    struct choice key = choice_of_key(draft->practitioners, MEANING_PRACTITIONER);

    if (draft_usable_key(&key, false))
        return key;
    key = choice_of_key(draft->practitioners, MEANING_PATIENT_KEY);
    return draft_usable_key(&key, false) ? key : (struct choice){0};
}

typedef void (*fill_fn)(struct draft_json *json, const struct choice *name, const struct choice *duration);

/* Where an appointment says nothing, it gets the record of this key. */
static const char nothing[] = "none";

static void put_constant_record(struct draft *draft, const char *constant, fill_fn fill)
{
    struct json_writer *writer = &draft->json.writer;
    const struct choice none = {.language = constant};

    json_begin_object(writer);
    draft_put_constant(&draft->json, "key", nothing);
    json_key(writer, "fields");
    json_begin_object(writer);
    fill(&draft->json, &none, &none);
    json_end_object(writer);
    json_end_object(writer);
}

static void put_with_default(struct draft *draft, const char *field, const char *column)
{
    struct json_writer *writer = &draft->json.writer;

    json_key(writer, field);
    json_begin_object(writer);
    json_member_text(writer, "column", column);
    json_key(writer, "then");
    json_begin_array(writer);
    json_begin_object(writer);
    json_member_text(writer, "default", nothing);
    json_end_object(writer);
    json_end_array(writer);
    json_end_object(writer);
}

/* The table in which the column's name is a key of its own: what the appointments refer to. */
static const struct draft_table *find_master(const struct draft *draft, const struct draft_column *reference,
                                             const struct draft_column **ret_key)
{
    for (size_t i = 0; i < draft->table_count; i++) {
        const struct draft_table *table = &draft->tables[i];

        if (reference->keys.refers && reference->keys.table == table->number) {
            *ret_key = &table->columns[reference->keys.column];
            return table;
        }
        for (size_t k = 0; k < table->column_count && table != draft->appointments; k++) {
            const struct draft_column *column = &table->columns[k];

            if (strcmp(column->words, reference->words) == 0 && column->repeats == 0 && column->filled > 0) {
                *ret_key = column;
                return table;
            }
        }
    }
    return NULL;
}

static void put_master(struct draft *draft, const struct draft_table *table, const char *key, fill_fn fill)
{
    struct json_writer *writer = &draft->json.writer;
    struct choices names;
    struct choices lengths;

    choices_make(table, MEANING_FULL_NAME, MEANING_FULL_NAME, NULL, &names);
    choices_make(table, MEANING_DURATION, MEANING_DURATION, NULL, &lengths);
    json_begin_object(writer);
    json_member_text(writer, "table", table->name);
    json_member_text(writer, "key", key);
    json_key(writer, "fields");
    json_begin_object(writer);
    if (!names.of[MEANING_FULL_NAME].column)
        names.of[MEANING_FULL_NAME].language = key;
    fill(&draft->json, &names.of[MEANING_FULL_NAME], &lengths.of[MEANING_DURATION]);
    json_end_object(writer);
    json_end_object(writer);
}

/* One record for each different value in the appointments. */
static void put_named(struct draft *draft, const struct choice *choice, fill_fn fill)
{
    struct json_writer *writer = &draft->json.writer;
    const struct choice none = {0};

    json_begin_object(writer);
    json_member_text(writer, "table", draft->appointments->name);
    json_member_text(writer, "key", choice->column->name);
    json_member_bool(writer, "distinct", true);
    draft_leave_empty(&draft->json, choice->column->name);
    json_key(writer, "fields");
    json_begin_object(writer);
    fill(&draft->json, choice, &none);
    json_end_object(writer);
    json_end_object(writer);
}

/* What appointments refer to: the records of a table of their own, or one for each different value, or nothing but the
 * constant; and the constant in any case, for appointments that name none. */
static void put_referred(struct draft *draft, const char *entity, const struct choice *choice, const char *constant,
                         fill_fn fill)
{
    const struct draft_column *key = NULL;
    const struct draft_table *master = choice->column ? find_master(draft, choice->column, &key) : NULL;

    json_key(&draft->json.writer, entity);
    json_begin_array(&draft->json.writer);
    if (master) {
        put_master(draft, master, key->name, fill);
        draft_explain(&draft->json, entity, choice, "with a table of its own");
    } else if (choice->column) {
        put_named(draft, choice, fill);
        draft_explain(&draft->json, entity, choice, "one for each different value");
    } else {
        draft_note(&draft->json, "%s: low: no column names it, so \"%s\" stands for all", entity, constant);
    }
    put_constant_record(draft, constant, fill);
    json_end_array(&draft->json.writer);
}

static void fill_business(struct draft_json *json, const struct choice *name, const struct choice *duration)
{
    (void)duration;
    draft_put_name_or_constant(json, "name", name);
}

static void fill_type(struct draft_json *json, const struct choice *name, const struct choice *duration)
{
    draft_put_name_or_constant(json, "name", name);
    if (duration->column)
        json_member_text(&json->writer, "duration_minutes", duration->column->name);
    else
        draft_put_constant(json, "duration_minutes", "30");
}

static void fill_practitioner(struct draft_json *json, const struct choice *name, const struct choice *duration)
{
    (void)duration;
    draft_put_constant(json, "first_name", "");
    draft_put_name_or_constant(json, "last_name", name);
}

static void put_practitioner_table(struct draft *draft, const struct choice *key)
{
    struct json_writer *writer = &draft->json.writer;
    struct choices choices;

    choices_make(draft->practitioners, MEANING_FIRST_NAME, MEANING_TITLE, NULL, &choices);
    draft_settle_names(&choices);
    json_key(writer, "practitioner");
    json_begin_array(writer);
    json_begin_object(writer);
    json_member_text(writer, "table", draft->practitioners->name);
    json_member_text(writer, "key", key->column->name);
    draft_explain(&draft->json, "practitioner.key", key, NULL);
    json_key(writer, "fields");
    json_begin_object(writer);
    draft_put_names(&draft->json, "practitioner", &choices.of[MEANING_FIRST_NAME], &choices.of[MEANING_LAST_NAME],
                    &choices.of[MEANING_FULL_NAME]);
    draft_put_column(&draft->json, "practitioner", "title", &choices.of[MEANING_TITLE]);
    json_end_object(writer);
    json_end_object(writer);
    put_constant_record(draft, "Practitioner", fill_practitioner);
    json_end_array(writer);
}

void draft_put_with_default(struct draft *draft, const char *field, const struct choice *choice)
{
    if (choice && choice->column)
        put_with_default(draft, field, choice->column->name);
    else
        draft_put_constant(&draft->json, field, nothing);
}

static void put_appointment_fields(struct draft *draft, const struct choice *patient)
{
    const struct choice *of = draft->appointment.of;

    json_member_text(&draft->json.writer, "patient", patient->column->name);
    draft_explain(&draft->json, "appointment.patient", patient, NULL);
    draft_put_with_default(draft, "practitioner", &of[MEANING_PRACTITIONER]);
    draft_put_with_default(draft, "business", &of[MEANING_BUSINESS]);
    draft_put_with_default(draft, "appointment_type", &of[MEANING_APPOINTMENT_TYPE]);
    draft_put_start(&draft->json, &of[MEANING_STARTS], &of[MEANING_TIME]);
    draft_put_length(&draft->json, &of[MEANING_DURATION]);
    draft_put_column(&draft->json, "appointment", "notes", &of[MEANING_NOTES]);
    draft_put_attendance(&draft->json, &of[MEANING_ATTENDANCE], &of[MEANING_CANCELLED]);
}

static void put_appointments(struct draft *draft, const struct choice *patient)
{
    struct json_writer *writer = &draft->json.writer;
    const struct choice *key = &draft->appointment.of[MEANING_APPOINTMENT_KEY];

    draft_note(&draft->json, "table %s: appointments, %zu rows looked at", draft->appointments->name,
               draft->appointments->rows);
    json_key(writer, "appointment");
    json_begin_object(writer);
    json_member_text(writer, "table", draft->appointments->name);
    json_key(writer, "key");
    if (draft_usable_key(key, false)) {
        json_put_text(writer, key->column->name);
        draft_explain(&draft->json, "appointment.key", key, NULL);
    } else {
        json_begin_array(writer);
        json_put_text(writer, patient->column->name);
        json_put_text(writer, draft->appointment.of[MEANING_STARTS].column->name);
        json_end_array(writer);
        draft_note(&draft->json, "appointment.key: low: no column numbers them, so patient and start tell them apart");
    }
    draft_leave_deleted(&draft->json, &draft->appointment.of[MEANING_DELETED]);
    json_key(writer, "fields");
    json_begin_object(writer);
    put_appointment_fields(draft, patient);
    json_end_object(writer);
    json_end_object(writer);
}

/* The column of the appointments that names the practitioner: a foreign key is surer than its header. */
static void take_practitioner(struct draft *draft, const struct choice *key)
{
    struct choice *chosen = &draft->appointment.of[MEANING_PRACTITIONER];
    struct choice found =
        choice_of_reference(draft->appointments, draft->practitioners, key->column, MEANING_PRACTITIONER);

    if (found.score > chosen->score)
        *chosen = found;
    if (chosen->column || draft->patients == draft->appointments)
        return;
    found = choice_of_reference(draft->patients, draft->practitioners, key->column, MEANING_PRACTITIONER);
    if (found.column)
        draft_note(
            &draft->json,
            "appointment.practitioner: low: no column of %s names one, so \"Practitioner\" stands for all; column "
            "%s of %s names one for each patient: a join can take it from there",
            draft->appointments->name, found.column->name, draft->patients->name);
}

bool draft_put_diary(struct draft *draft)
{
    struct choice patient = draft_patient_reference(draft);
    struct choice key = {0};
    const struct choice *of = draft->appointment.of;

    if (!patient.column) {
        draft_note(&draft->json, "table %s: not used, no column names the patient", draft->appointments->name);
        return false;
    }
    if (draft->practitioners)
        key = practitioner_key(draft);
    draft->practitioner_key = key.column;
    if (key.column)
        take_practitioner(draft, &key);
    put_referred(draft, "business", &of[MEANING_BUSINESS], "Clinic", fill_business);
    if (key.column)
        put_practitioner_table(draft, &key);
    else
        put_referred(draft, "practitioner", &of[MEANING_PRACTITIONER], "Practitioner", fill_practitioner);
    put_referred(draft, "appointment_type", &of[MEANING_APPOINTMENT_TYPE], "Appointment", fill_type);
    put_appointments(draft, &patient);
    draft_note(&draft->json,
               "time zone: not known; add \"time_zone\": {\"constant\": \"Australia/Sydney\"} or the like, or "
               "name it on the command line");
    return true;
}
