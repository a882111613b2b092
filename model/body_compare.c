/* Does Cliniko hold what was sent? The service gives some things back in another form than it takes them. */
#include <string.h>

#include "base/memory.h"
#include "base/must.h"
#include "base/number.h"
#include "model/body_parts.h"

enum { CONTENT_BYTES_MAX = 64 * 1024 * 1024 };

static void differs(struct text *differences, const char *name)
{
    text_printf(differences, "%s%s", differences->size ? ", " : "", name);
}

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
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

/* The value of an amount, be it a number or a text. Equal decimals make equal doubles. */
static bool amount_of(const struct json *json, double *ret)
{
    struct fault ignored = {0};

    *ret = json_number(json, 0);
    return json_is_number(json) || (json_is_text(json) && decimal_parse(slice_of(json_text(json, "")), ret, &ignored));
}

static bool amounts_equal(const struct json *sent, const struct json *held)
{
    double one = 0;
    double other = 0;

    return amount_of(sent, &one) && amount_of(held, &other) && one == other;
}

/* A product's price comes back twice, with and without its tax; which of them was sent stands beside it. */
static bool product_price_equals(const struct json *body, const struct json *object)
{
    const struct json *sent = json_member(body, "price");
    const struct json *includes_tax = json_member(body, "price_includes_tax");
    bool with = amounts_equal(sent, json_member(object, "price_including_tax"));
    bool without = amounts_equal(sent, json_member(object, "price_ex_tax"));

    if (!json_is_bool(includes_tax))
        return with || without;
    return json_bool(includes_tax, false) ? with : without;
}

/* The name, where it is given back, or else a link to the supplier. */
static bool supplier_equals(const struct json *sent, const struct json *object)
{
    const struct json *name = json_member(object, "product_supplier_name");

    if (json_is_text(name))
        return value_equals(sent, name);
    return json_is_text(json_member(json_member(json_member(object, "product_supplier"), "links"), "self"));
}

static bool content_equals(const struct json *sent, const struct json *held)
{
    struct text one;
    struct text other;
    bool equal = false;

    text_init(&one, CONTENT_BYTES_MAX);
    text_init(&other, CONTENT_BYTES_MAX);
    body_content_text(sent, &one);
    body_content_text(held, &other);
    equal = !one.overflowed && strcmp(text_string(&one), text_string(&other)) == 0;
    text_release(&one);
    text_release(&other);
    return equal;
}

/* Relations to many are lists of their own; how a price is meant and where a file came from are not given back. */
static bool is_compared(enum entity entity, const char *name)
{
    static const char *const type_lists[] = {"practitioner_ids", "business_ids",
                                             "appointment_confirmation_template_ids",
                                             "appointment_reminder_template_ids", NULL};

    if (entity == ENTITY_APPOINTMENT_TYPE)
        return !is_one_of(name, type_lists);
    if (entity == ENTITY_PRODUCT)
        return strcmp(name, "price_includes_tax") != 0;
    return strcmp(name, "upload_url") != 0;
}

static bool is_relation(const char *name)
{
    static const char *const relations[] = {
        "patient_id",       "practitioner_id",    "business_id",         "appointment_type_id", "tax_id",
        "billable_item_id", "concession_type_id", "referring_doctor_id", "booking_id",          NULL};

    return is_one_of(name, relations);
}

static bool member_equals(enum entity entity, const struct json *body, const struct json *sent,
                          const struct json *object)
{
    const char *name = json_name(sent);
    const struct json *held = json_member(object, name);

    if (is_relation(name))
        return relation_equals(object, name, json_text(sent, ""));
    if (strcmp(name, "patient_phone_numbers") == 0 || strcmp(name, "phone_numbers") == 0)
        return phones_equal(sent, held);
    if (entity == ENTITY_PRODUCT && strcmp(name, "price") == 0)
        return product_price_equals(body, object);
    if (entity == ENTITY_PRODUCT && strcmp(name, "product_supplier_name") == 0)
        return supplier_equals(sent, object);
    if (strcmp(name, "price") == 0 || strcmp(name, "cost_price") == 0 || strcmp(name, "rate") == 0)
        return amounts_equal(sent, held);
    if (entity == ENTITY_TREATMENT_NOTE && strcmp(name, "content") == 0)
        return content_equals(sent, held);
    return value_equals(sent, held);
}

/* A file that Cliniko could not make sense of is there, but not shown (API reference 8.7). */
static void compare_file(const struct json *object, struct text *differences)
{
    if (!json_bool(json_member(object, "processing_completed"), false))
        differs(differences, "processing_completed");
    if (strcmp(json_text(json_member(object, "content_type"), ""), "invalid/invalid") == 0)
        differs(differences, "content_type: Cliniko takes it for no valid file");
}

/* What shows in the object alone: that it was cancelled, archived, processed. */
static void compare_state(enum entity entity, const struct json *object, struct text *differences)
{
    switch (entity) {
    case ENTITY_CANCELLATION:
        if (!json_is_text(json_member(object, "cancelled_at")))
            differs(differences, "cancelled_at");
        break;
    case ENTITY_PRODUCT_ARCHIVAL:
    case ENTITY_BILLABLE_ITEM_ARCHIVAL:
    case ENTITY_APPOINTMENT_TYPE_ARCHIVAL:
    case ENTITY_CONTACT_ARCHIVAL:
    case ENTITY_ARCHIVAL:
        if (!json_is_text(json_member(object, "archived_at")))
            differs(differences, "archived_at");
        break;
    case ENTITY_NOTE_DOCUMENT:
    case ENTITY_ATTACHMENT:
    case ENTITY_XRAY:
    case ENTITY_LETTER:
        compare_file(object, differences);
        break;
    default:
        break;
    }
}

void body_compare_size(int64_t size_bytes, const struct json *object, struct text *differences)
{
    const struct json *held = json_member(object, "size");

    if (json_is_number(held) && json_number(held, 0) != (double)size_bytes)
        differs(differences, "size");
}

void body_compare(enum entity entity, const struct json *body, const struct json *object, struct text *differences)
{
    for (const struct json *sent = json_first(body); sent; sent = json_next(sent))
        if (is_compared(entity, json_name(sent)) && !member_equals(entity, body, sent, object))
            differs(differences, json_name(sent));
    compare_state(entity, object, differences);
}
