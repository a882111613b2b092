#include "cliniko/object.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"

bool object_id_valid(const char *id)
{
    size_t size = id ? strlen(id) : 0;

    return size > 0 && size < ID_SIZE && strspn(id, "0123456789") == size;
}

static const char *member_text(const struct json *object, const char *name)
{
    return json_text(json_member(object, name), "");
}

static bool has_value(const struct json *object, const char *name)
{
    const struct json *member = json_member(object, name);

    return member && !json_is_null(member);
}

bool object_id(const struct json *object, const char **ret, struct fault *fault)
{
    const struct json *id = json_member(object, "id");

    /* A number has gone through a double and may be another one now. */
    if (!object_id_valid(json_text(id, NULL)))
        return fault_set(fault, FAULT_REFUSED, "Cliniko's answer has %s",
                         !json_is_object(object) ? "no object"
                         : !id                   ? "no id"
                                                 : "an id that is not text of 1 to 20 digits");
    *ret = json_text(id, NULL);
    return true;
}

static bool relation_refused(const char *name, struct fault *fault)
{
    return fault_set(fault, FAULT_REFUSED, "Cliniko's answer has a relation '%s' whose link does not end in an id",
                     name);
}

bool object_relation(const struct json *object, const char *name, char ret[ID_SIZE], struct fault *fault)
{
    const struct json *relation = json_member(object, name);
    const char *link = json_text(json_member(json_member(relation, "links"), "self"), NULL);
    const char *last = link ? strrchr(link, '/') : NULL;
    size_t path_size = link ? strcspn(link, "?#") : 0;
    char id[ID_SIZE] = "";

    if (!relation || json_is_null(relation)) {
        ret[0] = '\0';
        return true;
    }
    if (link)
        last = memrchr(link, '/', path_size);
    if (!last || (size_t)(link + path_size - last - 1) >= ID_SIZE)
        return relation_refused(name, fault);
    memcpy(id, last + 1, (size_t)(link + path_size - last - 1));
    if (!object_id_valid(id))
        return relation_refused(name, fault);
    memcpy(ret, id, ID_SIZE);
    return true;
}

/* A whole number that may be absent or null, then 0. */
static int member_integer(const struct json *object, const char *name)
{
    double number = json_number(json_member(object, name), 0);

    return number > -1e9 && number < 1e9 ? (int)number : 0;
}

static bool member_instant(const struct json *object, const char *name, int64_t *ret, struct fault *fault)
{
    struct fault reason;

    if (instant_parse(slice_of(member_text(object, name)), ret, &reason))
        return true;
    return fault_set(fault, FAULT_REFUSED, "Cliniko's answer: %s: %s", name, reason.text);
}

static bool lacks_mobile(const struct json *numbers)
{
    for (const struct json *number = json_first(numbers); number; number = json_next(number))
        if (strcmp(member_text(number, "phone_type"), "Mobile") == 0 && member_text(number, "number")[0])
            return false;
    return json_is_array(numbers);
}

bool object_read_user(const struct json *json, struct cliniko_user *ret, struct fault *fault)
{
    struct cliniko_user user = {
        .role = member_text(json, "role"),
        .email = member_text(json, "email"),
        .time_zone = json_text(json_member(json, "time_zone_identifier"), member_text(json, "time_zone")),
        .active = json_bool(json_member(json, "active"), true),
        .lacks_mobile = lacks_mobile(json_member(json, "phone_numbers")),
    };

    if (!object_id(json, &user.id, fault))
        return false;
    *ret = user;
    return true;
}

bool object_read_account(const struct json *json, struct cliniko_account *ret, struct fault *fault)
{
    const struct json *account = json_member(json, "account");

    if (!json_is_object(account))
        return fault_set(fault, FAULT_REFUSED, "Cliniko's public settings have no account");
    *ret = (struct cliniko_account){
        .name = member_text(account, "name"),
        .subdomain = member_text(account, "subdomain"),
        .country = member_text(account, "country"),
    };
    return true;
}

bool object_read_practitioner(const struct json *json, struct cliniko_practitioner *ret, struct fault *fault)
{
    struct cliniko_practitioner practitioner = {
        .first_name = member_text(json, "first_name"),
        .last_name = member_text(json, "last_name"),
        .title = member_text(json, "title"),
        .label = json_text(json_member(json, "label"), member_text(json, "display_name")),
        .active = json_bool(json_member(json, "active"), true),
    };

    if (!object_id(json, &practitioner.id, fault) || !object_relation(json, "user", practitioner.user_id, fault))
        return false;
    *ret = practitioner;
    return true;
}

bool object_read_business(const struct json *json, struct cliniko_business *ret, struct fault *fault)
{
    struct cliniko_business business = {
        .name = member_text(json, "business_name"),
        .label = json_text(json_member(json, "label"), member_text(json, "display_name")),
        .time_zone = member_text(json, "time_zone_identifier"),
        .archived = has_value(json, "archived_at") || has_value(json, "deleted_at"),
    };

    if (!object_id(json, &business.id, fault))
        return false;
    *ret = business;
    return true;
}

bool object_read_appointment_type(const struct json *json, struct cliniko_appointment_type *ret, struct fault *fault)
{
    struct cliniko_appointment_type type = {
        .name = member_text(json, "name"),
        .duration_minutes = member_integer(json, "duration_in_minutes"),
        .max_attendees = member_integer(json, "max_attendees"),
        .created_at = member_text(json, "created_at"),
        .archived = has_value(json, "archived_at") || has_value(json, "deleted_at"),
        .sends_messages = json_count(json_member(json, "appointment_confirmation_template_ids")) > 0 ||
                          json_count(json_member(json, "appointment_reminder_template_ids")) > 0,
    };

    if (!object_id(json, &type.id, fault))
        return false;
    *ret = type;
    return true;
}

bool object_read_patient(const struct json *json, struct cliniko_patient *ret, struct fault *fault)
{
    struct cliniko_patient patient = {
        .first_name = member_text(json, "first_name"),
        .last_name = member_text(json, "last_name"),
        .date_of_birth = member_text(json, "date_of_birth"),
        .email = member_text(json, "email"),
        .old_reference_id = member_text(json, "old_reference_id"),
        .reminder_type = member_text(json, "reminder_type"),
        .receives_confirmation_emails = json_bool(json_member(json, "receives_confirmation_emails"), false),
        .archived = has_value(json, "archived_at") || has_value(json, "deleted_at"),
    };

    if (!object_id(json, &patient.id, fault))
        return false;
    *ret = patient;
    return true;
}

static bool appointment_relations(const struct json *json, struct cliniko_appointment *appointment, struct fault *fault)
{
    return object_relation(json, "patient", appointment->patient_id, fault) &&
           object_relation(json, "practitioner", appointment->practitioner_id, fault) &&
           object_relation(json, "business", appointment->business_id, fault) &&
           object_relation(json, "appointment_type", appointment->appointment_type_id, fault);
}

bool object_read_appointment(const struct json *json, struct cliniko_appointment *ret, struct fault *fault)
{
    struct cliniko_appointment appointment = {
        .notes = member_text(json, "notes"),
        .created_at = member_text(json, "created_at"),
        .cancellation_reason = member_integer(json, "cancellation_reason"),
        .cancelled = has_value(json, "cancelled_at"),
        .archived = has_value(json, "archived_at") || has_value(json, "deleted_at"),
    };

    if (!object_id(json, &appointment.id, fault) || !appointment_relations(json, &appointment, fault) ||
        !member_instant(json, "starts_at", &appointment.starts_at, fault) ||
        !member_instant(json, "ends_at", &appointment.ends_at, fault))
        return false;
    *ret = appointment;
    return true;
}

bool object_read_attendee(const struct json *json, struct cliniko_attendee *ret, struct fault *fault)
{
    const struct json *arrived = json_member(json, "arrived");
    struct cliniko_attendee attendee = {.cancelled = has_value(json, "cancelled_at")};

    if (json_is_bool(arrived))
        attendee.arrival = json_bool(arrived, false) ? ARRIVAL_ARRIVED : ARRIVAL_MISSED;
    if (!object_id(json, &attendee.id, fault) || !object_relation(json, "booking", attendee.booking_id, fault) ||
        !object_relation(json, "patient", attendee.patient_id, fault))
        return false;
    *ret = attendee;
    return true;
}
