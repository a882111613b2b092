#include "model/body.h"

#include <string.h>

#include "base/memory.h"
#include "base/must.h"
#include "model/body_parts.h"

enum { MARKER_MAX = 600 };

/* What records point to. Required ones first, in the order in which their absence is reported. */
static const struct reference {
    enum entity entity;
    bool required;
    const char *member; /* of the payload: a source key */
    const char *name;   /* of the body: Cliniko's id */
    enum entity target;
    const char *called; /* for people */
} references[] = {
    {ENTITY_APPOINTMENT, true, "patient", "patient_id", ENTITY_PATIENT, "patient"},
    {ENTITY_APPOINTMENT, true, "practitioner", "practitioner_id", ENTITY_PRACTITIONER, "practitioner"},
    {ENTITY_APPOINTMENT, true, "business", "business_id", ENTITY_BUSINESS, "location"},
    {ENTITY_APPOINTMENT, true, "appointment_type", "appointment_type_id", ENTITY_APPOINTMENT_TYPE, "appointment type"},
    {ENTITY_UNAVAILABLE_BLOCK, true, "practitioner", "practitioner_id", ENTITY_PRACTITIONER, "practitioner"},
    {ENTITY_UNAVAILABLE_BLOCK, true, "business", "business_id", ENTITY_BUSINESS, "location"},
    {ENTITY_MEDICAL_ALERT, true, "patient", "patient_id", ENTITY_PATIENT, "patient"},
    {ENTITY_REMINDER, true, "patient", "patient_id", ENTITY_PATIENT, "patient"},
    {ENTITY_TREATMENT_NOTE, true, "patient", "patient_id", ENTITY_PATIENT, "patient"},
    {ENTITY_TREATMENT_NOTE, false, "appointment", "booking_id", ENTITY_APPOINTMENT, "appointment"},
    {ENTITY_NOTE_DOCUMENT, true, "patient", "patient_id", ENTITY_PATIENT, "patient"},
    {ENTITY_ATTACHMENT, true, "patient", "patient_id", ENTITY_PATIENT, "patient"},
    {ENTITY_XRAY, true, "patient", "patient_id", ENTITY_PATIENT, "patient"},
    {ENTITY_LETTER, true, "patient", "patient_id", ENTITY_PATIENT, "patient"},
    {ENTITY_PRODUCT, false, "tax", "tax_id", ENTITY_TAX, "tax"},
    {ENTITY_BILLABLE_ITEM, false, "tax", "tax_id", ENTITY_TAX, "tax"},
    {ENTITY_APPOINTMENT_TYPE, false, "billable_item", "billable_item_id", ENTITY_BILLABLE_ITEM, "billable item"},
    {ENTITY_PATIENT, false, "concession_type", "concession_type_id", ENTITY_CONCESSION_TYPE, "concession type"},
    {ENTITY_PATIENT, false, "referring_doctor", "referring_doctor_id", ENTITY_CONTACT, "referring doctor"},
};

void body_copy(struct json_writer *writer, const struct json *payload, const char *from, const char *to)
{
    const struct json *member = json_member(payload, from);

    if (!member || json_is_null(member))
        return;
    json_key(writer, to);
    json_put_value(writer, member);
}

void body_copy_all(struct json_writer *writer, const struct json *payload, const char *const *names)
{
    for (; *names; names++)
        body_copy(writer, payload, *names, *names);
}

void body_marker(const char *source_key, struct text *out)
{
    text_printf(out, "[%s]", source_key);
}

bool body_has_marker(const char *text, const char *source_key)
{
    struct text marker;
    const char *at = text;
    bool found = false;

    text_init(&marker, MARKER_MAX);
    body_marker(source_key, &marker);
    while (marker.size > 0 && (at = strstr(at, text_string(&marker)))) {
        at += marker.size;
        found = strchr(at, '[') == NULL;
    }
    text_release(&marker);
    return found;
}

static void put_marked(struct json_writer *writer, const char *name, struct text *text, const char *source_key)
{
    if (text->size)
        text_putc(text, '\n');
    body_marker(source_key, text);
    json_key(writer, name);
    json_put_slice(writer, text_slice(text));
}

void body_put_marked_notes(struct json_writer *writer, const struct json *payload, const char *source_key)
{
    struct text notes;

    text_init(&notes, writer->out->cap);
    text_puts(&notes, json_text(json_member(payload, "notes"), ""));
    put_marked(writer, "notes", &notes, source_key);
    text_release(&notes);
}

void body_put_phones(struct json_writer *writer, const char *name, const struct json *phones)
{
    json_key(writer, name);
    json_begin_array(writer);
    for (const struct json *phone = json_first(phones); phone; phone = json_next(phone)) {
        json_begin_object(writer);
        json_member_text(writer, "phone_type", json_text(json_member(phone, "type"), "Other"));
        json_member_text(writer, "number", json_text(json_member(phone, "number"), ""));
        json_end_object(writer);
    }
    json_end_array(writer);
}

bool body_put_references(struct json_writer *writer, enum entity entity, const struct body_ids *ids,
                         struct fault *fault)
{
    for (size_t i = 0; i < array_length(references); i++) {
        const struct reference *reference = &references[i];
        const char *id = ids->of[reference->target];

        if (reference->entity != entity)
            continue;
        if (id)
            json_member_text(writer, reference->name, id);
        else if (reference->required)
            return fault_set(fault, FAULT_REFUSED, "its %s is not in Cliniko", reference->called);
    }
    return true;
}

void body_left_out(enum entity entity, const struct json *payload, const struct body_ids *ids, struct text *names)
{
    for (size_t i = 0; i < array_length(references); i++) {
        const struct reference *reference = &references[i];

        if (reference->entity == entity && !reference->required && !ids->of[reference->target] &&
            json_is_text(json_member(payload, reference->member)))
            text_printf(names, "%s%s", names->size ? ", " : "", reference->member);
    }
}

bool body_need(const struct json *payload, const char *name, const char **ret, struct fault *fault)
{
    if (!json_need_text(payload, "", name, ret, fault)) {
        fault->kind = FAULT_REFUSED;
        return false;
    }
    return (*ret)[0] || fault_set(fault, FAULT_REFUSED, "%s is empty", name);
}

static bool put_name(struct json_writer *writer, const struct json *payload, struct fault *fault)
{
    const char *name = NULL;

    if (!body_need(payload, "name", &name, fault))
        return false;
    json_member_text(writer, "name", name);
    return true;
}

static bool put_patient(struct json_writer *writer, const char *source_key, const struct json *payload,
                        const struct body_ids *ids, struct fault *fault)
{
    static const char *const same[] = {
        "first_name",
        "last_name",
        "title",
        "preferred_first_name",
        "date_of_birth",
        "sex",
        "email",
        "address_1",
        "address_2",
        "address_3",
        "city",
        "state",
        "post_code",
        "country",
        "medicare",
        "medicare_reference_number",
        "dva_card_number",
        "occupation",
        "emergency_contact",
        "referral_source",
        "notes",
        "appointment_notes",
        "invoice_email",
        NULL,
    };

    body_copy_all(writer, payload, same);
    body_put_phones(writer, "patient_phone_numbers", json_member(payload, "phones"));
    json_member_text(writer, "old_reference_id", source_key);
    return body_put_references(writer, ENTITY_PATIENT, ids, fault);
}

static void put_guard(struct json_writer *writer)
{
    json_member_text(writer, "reminder_type", "None");
    json_member_bool(writer, "receives_confirmation_emails", false);
}

/* Appointments and blocks alike. */
static bool put_span(struct json_writer *writer, enum entity entity, const struct json *payload,
                     const struct body_ids *ids, struct fault *fault)
{
    const char *starts_at = NULL;
    const char *ends_at = NULL;

    if (!body_put_references(writer, entity, ids, fault) || !body_need(payload, "starts_at", &starts_at, fault) ||
        !body_need(payload, "ends_at", &ends_at, fault))
        return false;
    json_member_text(writer, "starts_at", starts_at);
    json_member_text(writer, "ends_at", ends_at);
    return true;
}

/* A memo on the patient's file: nothing is sent to anybody. All members are needed (API reference 5.17). */
static bool put_reminder(struct json_writer *writer, const char *source_key, const struct json *payload,
                         const struct body_ids *ids, struct fault *fault)
{
    enum { TYPE_OTHER = 4, CATEGORY_MEMO = 12, DIRECTION_SENT = 1 };
    const char *due = json_text(json_member(payload, "due"), NULL);
    const char *reminder = NULL;
    struct text content;

    if (!body_put_references(writer, ENTITY_REMINDER, ids, fault) || !body_need(payload, "text", &reminder, fault))
        return false;
    text_init(&content, writer->out->cap);
    text_printf(&content, "Reminder%s%s%s: %s", due ? ", due " : "", due ? due : "",
                json_bool(json_member(payload, "done"), false) ? ", done" : "", reminder);
    put_marked(writer, "content", &content, source_key);
    text_release(&content);
    json_member_integer(writer, "type_code", TYPE_OTHER);
    json_member_integer(writer, "category_code", CATEGORY_MEMO);
    json_member_integer(writer, "direction_code", DIRECTION_SENT);
    json_member_text(writer, "from", "Previous system");
    json_member_text(writer, "to", "Clinic");
    json_member_bool(writer, "confidential", false);
    return true;
}

static bool put_reminder_preference(struct json_writer *writer, const struct json *payload, struct fault *fault)
{
    const char *type = NULL;

    if (!body_need(payload, "reminder_type", &type, fault))
        return false;
    json_member_text(writer, "reminder_type", type);
    if (strstr(type, "Email"))
        json_member_bool(writer, "receives_confirmation_emails", true);
    return true;
}

static bool put_catalogue(struct json_writer *writer, enum entity entity, const char *source_key,
                          const struct json *payload, const struct body_ids *ids, struct fault *fault)
{
    if (!put_name(writer, payload, fault))
        return false;
    switch (entity) {
    case ENTITY_TAX:
        return body_put_tax(writer, payload, fault);
    case ENTITY_PRODUCT:
        return body_put_product(writer, source_key, payload, fault) && body_put_references(writer, entity, ids, fault);
    case ENTITY_BILLABLE_ITEM:
        return body_put_billable_item(writer, payload, fault) && body_put_references(writer, entity, ids, fault);
    case ENTITY_APPOINTMENT_TYPE:
        body_put_appointment_type(writer, payload, ids);
        return body_put_references(writer, entity, ids, fault);
    default:
        return true;
    }
}

static bool put_entity(struct json_writer *writer, enum entity entity, const char *source_key,
                       const struct json *payload, const struct body_ids *ids, struct fault *fault)
{
    switch (entity) {
    case ENTITY_TAX:
    case ENTITY_CONCESSION_TYPE:
    case ENTITY_PRODUCT_SUPPLIER:
    case ENTITY_PRODUCT:
    case ENTITY_BILLABLE_ITEM:
    case ENTITY_APPOINTMENT_TYPE:
        return put_catalogue(writer, entity, source_key, payload, ids, fault);
    case ENTITY_CONTACT:
        body_put_contact(writer, source_key, payload);
        return true;
    case ENTITY_PATIENT:
        return put_patient(writer, source_key, payload, ids, fault);
    case ENTITY_MEDICAL_ALERT:
        return body_put_references(writer, entity, ids, fault) && put_name(writer, payload, fault);
    case ENTITY_REMINDER:
        return put_reminder(writer, source_key, payload, ids, fault);
    case ENTITY_APPOINTMENT:
        if (!put_span(writer, entity, payload, ids, fault))
            return false;
        body_copy(writer, payload, "notes", "notes");
        return true;
    case ENTITY_UNAVAILABLE_BLOCK:
        if (!put_span(writer, entity, payload, ids, fault))
            return false;
        body_put_marked_notes(writer, payload, source_key);
        return true;
    case ENTITY_ATTENDANCE:
        body_copy(writer, payload, "arrived", "arrived");
        return true;
    case ENTITY_CANCELLATION:
        body_copy(writer, payload, "reason", "cancellation_reason");
        body_copy(writer, payload, "note", "cancellation_note");
        return true;
    case ENTITY_REMINDER_PREFERENCE:
        return put_reminder_preference(writer, payload, fault);
    case ENTITY_PRODUCT_ARCHIVAL:
    case ENTITY_BILLABLE_ITEM_ARCHIVAL:
    case ENTITY_APPOINTMENT_TYPE_ARCHIVAL:
    case ENTITY_CONTACT_ARCHIVAL:
    case ENTITY_ARCHIVAL:
        return true;
    default:
        return fault_set(fault, FAULT_INTERNAL, "the body of a %s is not written this way", entity_facts(entity)->name);
    }
}

bool body_write(enum entity entity, const char *source_key, const struct json *payload, const struct body_ids *ids,
                struct text *out, struct fault *fault)
{
    struct json_writer writer;

    json_write_init(&writer, out);
    json_begin_object(&writer);
    if (!put_entity(&writer, entity, source_key, payload, ids, fault))
        return false;
    if (entity == ENTITY_PATIENT)
        put_guard(&writer);
    json_end_object(&writer);
    return true;
}

static bool has_preference(const struct json *payload)
{
    return strcmp(json_text(json_member(payload, "reminder_preference"), "None"), "None") != 0;
}

bool body_expect(enum entity entity, const char *source_key, const struct json *payload, const struct body_ids *ids,
                 struct text *out, struct fault *fault)
{
    struct json_writer writer;
    bool done = false;

    json_write_init(&writer, out);
    json_begin_object(&writer);
    switch (entity) {
    case ENTITY_TREATMENT_NOTE:
        done = body_put_note(&writer, source_key, payload, ids, fault);
        break;
    case ENTITY_NOTE_DOCUMENT:
    case ENTITY_ATTACHMENT:
    case ENTITY_XRAY:
    case ENTITY_LETTER:
        done = body_put_file(&writer, entity, source_key, payload, ids, fault);
        break;
    default:
        done = put_entity(&writer, entity, source_key, payload, ids, fault);
    }
    if (entity == ENTITY_PATIENT && !has_preference(payload))
        put_guard(&writer);
    json_end_object(&writer);
    return done;
}
