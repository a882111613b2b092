#include "model/body.h"

#include <string.h>

#include "base/must.h"

static void copy_member(struct json_writer *writer, const struct json *payload, const char *from, const char *to)
{
    const struct json *member = json_member(payload, from);

    if (!member || json_is_null(member))
        return;
    json_key(writer, to);
    json_put_value(writer, member);
}

static void put_phones(struct json_writer *writer, const struct json *phones)
{
    json_key(writer, "patient_phone_numbers");
    json_begin_array(writer);
    for (const struct json *phone = json_first(phones); phone; phone = json_next(phone)) {
        json_begin_object(writer);
        json_member_text(writer, "phone_type", json_text(json_member(phone, "type"), "Other"));
        json_member_text(writer, "number", json_text(json_member(phone, "number"), ""));
        json_end_object(writer);
    }
    json_end_array(writer);
}

static void put_patient(struct json_writer *writer, const char *source_key, const struct json *payload)
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
        "notes",
        "appointment_notes",
        "invoice_email",
        NULL,
    };

    for (const char *const *name = same; *name; name++)
        copy_member(writer, payload, *name, *name);
    put_phones(writer, json_member(payload, "phones"));
    json_member_text(writer, "old_reference_id", source_key);
    json_member_text(writer, "reminder_type", "None");
    json_member_bool(writer, "receives_confirmation_emails", false);
}

static void put_ids(struct json_writer *writer, const char *name, const char *const *ids, size_t count)
{
    json_key(writer, name);
    json_begin_array(writer);
    for (size_t i = 0; i < count; i++)
        json_put_text(writer, ids[i]);
    json_end_array(writer);
}

static void put_appointment_type(struct json_writer *writer, const struct json *payload, const struct body_ids *ids)
{
    copy_member(writer, payload, "name", "name");
    copy_member(writer, payload, "duration_minutes", "duration_in_minutes");
    json_member_integer(writer, "max_attendees", 1);
    json_member_text(writer, "color", json_text(json_member(payload, "color"), "#6c8ebf"));
    put_ids(writer, "practitioner_ids", ids->practitioners, ids->practitioner_count);
    put_ids(writer, "business_ids", ids->businesses, ids->business_count);
    put_ids(writer, "appointment_confirmation_template_ids", NULL, 0);
    put_ids(writer, "appointment_reminder_template_ids", NULL, 0);
    json_member_bool(writer, "show_in_online_bookings", false);
}

static bool put_appointment(struct json_writer *writer, const struct json *payload, const struct body_ids *ids,
                            struct fault *fault)
{
    const char *starts_at = NULL;
    const char *ends_at = NULL;

    if (!ids->of[ENTITY_PATIENT] || !ids->of[ENTITY_PRACTITIONER] || !ids->of[ENTITY_BUSINESS] ||
        !ids->of[ENTITY_APPOINTMENT_TYPE])
        return fault_set(fault, FAULT_REFUSED, "its %s is not in Cliniko",
                         !ids->of[ENTITY_PATIENT]        ? "patient"
                         : !ids->of[ENTITY_PRACTITIONER] ? "practitioner"
                         : !ids->of[ENTITY_BUSINESS]     ? "location"
                                                         : "appointment type");
    if (!json_need_text(payload, "", "starts_at", &starts_at, fault) ||
        !json_need_text(payload, "", "ends_at", &ends_at, fault)) {
        fault->kind = FAULT_REFUSED;
        return false;
    }
    json_member_text(writer, "patient_id", ids->of[ENTITY_PATIENT]);
    json_member_text(writer, "practitioner_id", ids->of[ENTITY_PRACTITIONER]);
    json_member_text(writer, "business_id", ids->of[ENTITY_BUSINESS]);
    json_member_text(writer, "appointment_type_id", ids->of[ENTITY_APPOINTMENT_TYPE]);
    json_member_text(writer, "starts_at", starts_at);
    json_member_text(writer, "ends_at", ends_at);
    copy_member(writer, payload, "notes", "notes");
    return true;
}

bool body_write(enum entity entity, const char *source_key, const struct json *payload, const struct body_ids *ids,
                struct text *out, struct fault *fault)
{
    struct json_writer writer;
    bool written = true;

    json_write_init(&writer, out);
    json_begin_object(&writer);
    switch (entity) {
    case ENTITY_PATIENT:
        put_patient(&writer, source_key, payload);
        break;
    case ENTITY_APPOINTMENT_TYPE:
        put_appointment_type(&writer, payload, ids);
        break;
    case ENTITY_APPOINTMENT:
        written = put_appointment(&writer, payload, ids, fault);
        break;
    case ENTITY_ATTENDANCE:
        copy_member(&writer, payload, "arrived", "arrived");
        break;
    case ENTITY_CANCELLATION:
        copy_member(&writer, payload, "reason", "cancellation_reason");
        copy_member(&writer, payload, "note", "cancellation_note");
        break;
    case ENTITY_ARCHIVAL:
        break;
    default:
        must(!"an entity that is never sent");
    }
    json_end_object(&writer);
    return written;
}

static void differs(struct text *differences, const char *name)
{
    text_printf(differences, "%s%s", differences->size ? ", " : "", name);
}

/* "patient_id": the id is the last segment of object.patient.links.self (API reference 5). */
static bool relation_equals(const struct json *object, const char *name, const char *id)
{
    char relation[64];
    size_t length = strlen(name) - strlen("_id");
    const char *link = NULL;

    must(length < sizeof relation);
    memcpy(relation, name, length);
    relation[length] = '\0';
    link = json_text(json_member(json_member(json_member(object, relation), "links"), "self"), "");
    link = strrchr(link, '/') ? strrchr(link, '/') + 1 : link;
    return strncmp(link, id, strlen(id)) == 0 && (link[strlen(id)] == '\0' || link[strlen(id)] == '?');
}

static bool phones_equal(const struct json *sent, const struct json *held)
{
    const struct json *other = json_first(held);

    if (json_count(sent) != json_count(held))
        return false;
    for (const struct json *phone = json_first(sent); phone; phone = json_next(phone), other = json_next(other))
        if (strcmp(json_text(json_member(phone, "number"), ""), json_text(json_member(other, "number"), "")) != 0 ||
            strcmp(json_text(json_member(phone, "phone_type"), ""), json_text(json_member(other, "phone_type"), "")) !=
                0)
            return false;
    return true;
}

static bool value_equals(const struct json *sent, const struct json *held)
{
    if (json_is_text(sent))
        return strcmp(json_text(sent, ""), json_text(held, "")) == 0;
    if (json_is_bool(sent))
        return json_is_bool(held) && json_bool(sent, false) == json_bool(held, false);
    if (json_is_number(sent))
        return json_is_number(held) && json_number(sent, 0) == json_number(held, 0);
    return true;
}

static bool is_compared(enum entity entity, const char *name)
{
    /* Relations to many are lists of their own; what a cancellation says is read back with the appointment. */
    if (entity == ENTITY_APPOINTMENT_TYPE &&
        (strcmp(name, "practitioner_ids") == 0 || strcmp(name, "business_ids") == 0 || strstr(name, "template_ids")))
        return false;
    return true;
}

void body_compare(enum entity entity, const struct json *body, const struct json *object, struct text *differences)
{
    for (const struct json *sent = json_first(body); sent; sent = json_next(sent)) {
        const char *name = json_name(sent);
        size_t length = strlen(name);
        bool equal = true;

        if (!is_compared(entity, name))
            continue;
        if (strcmp(name, "patient_phone_numbers") == 0)
            equal = phones_equal(sent, json_member(object, name));
        else if (entity == ENTITY_APPOINTMENT && length > 3 && strcmp(name + length - 3, "_id") == 0)
            equal = relation_equals(object, name, json_text(sent, ""));
        else
            equal = value_equals(sent, json_member(object, name));
        if (!equal)
            differs(differences, name);
    }
    if (entity == ENTITY_CANCELLATION && !json_is_text(json_member(object, "cancelled_at")))
        differs(differences, "cancelled_at");
    if (entity == ENTITY_ARCHIVAL && !json_is_text(json_member(object, "archived_at")))
        differs(differences, "archived_at");
}
