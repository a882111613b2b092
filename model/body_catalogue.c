/* Bodies of what a clinic works with: taxes, products, billable items, appointment types, contacts. Amounts are exact
 * texts in the payload and stay so: as a text or as a number's digits, whichever the resource takes (API reference 10,
 * quirk 5). */
#include <string.h>

#include "base/memory.h"
#include "model/body_parts.h"
#include "model/decimal.h"

static bool need_decimal(const struct json *payload, const char *name, struct decimal *ret, struct fault *fault)
{
    const char *digits = NULL;

    if (!body_need(payload, name, &digits, fault))
        return false;
    return decimal_read(slice_of(digits), ret) || fault_set(fault, FAULT_REFUSED, "%s is not a decimal number", name);
}

/* A number with the digits that the payload has. */
static bool put_number(struct json_writer *writer, const struct json *payload, const char *name, struct fault *fault)
{
    struct decimal decimal = {0};
    struct text digits;

    if (!need_decimal(payload, name, &decimal, fault))
        return false;
    text_init(&digits, writer->out->cap);
    decimal_put(&decimal, 0, &digits);
    json_key(writer, name);
    json_put_raw(writer, text_slice(&digits));
    text_release(&digits);
    return true;
}

bool body_put_tax(struct json_writer *writer, const struct json *payload, struct fault *fault)
{
    return put_number(writer, payload, "rate", fault);
}

bool body_put_product(struct json_writer *writer, const char *source_key, const struct json *payload,
                      struct fault *fault)
{
    static const char *const same[] = {
        "price_includes_tax", "cost_price", "item_code", "serial_number", "product_supplier_name", "stock_level", NULL,
    };

    if (!put_number(writer, payload, "price", fault))
        return false;
    body_copy_all(writer, payload, same);
    body_put_marked_notes(writer, payload, source_key);
    return true;
}

bool body_put_billable_item(struct json_writer *writer, const struct json *payload, struct fault *fault)
{
    struct decimal price = {0};

    if (!need_decimal(payload, "price", &price, fault))
        return false;
    json_member_text(writer, "item_type", json_text(json_member(payload, "item_type"), "Service"));
    body_copy(writer, payload, "price", "price");
    body_copy(writer, payload, "item_code", "item_code");
    return true;
}

static void put_ids(struct json_writer *writer, const char *name, const char *const *ids, size_t count)
{
    json_key(writer, name);
    json_begin_array(writer);
    for (size_t i = 0; i < count; i++)
        json_put_text(writer, ids[i]);
    json_end_array(writer);
}

void body_put_appointment_type(struct json_writer *writer, const struct json *payload, const struct body_ids *ids)
{
    body_copy(writer, payload, "duration_minutes", "duration_in_minutes");
    json_member_integer(writer, "max_attendees", 1);
    json_member_text(writer, "color", json_text(json_member(payload, "color"), "#6c8ebf"));
    put_ids(writer, "practitioner_ids", ids->practitioners, ids->practitioner_count);
    put_ids(writer, "business_ids", ids->businesses, ids->business_count);
    put_ids(writer, "appointment_confirmation_template_ids", NULL, 0);
    put_ids(writer, "appointment_reminder_template_ids", NULL, 0);
    json_member_bool(writer, "show_in_online_bookings", false);
}

/* Cliniko's numbers for the kinds of contact (API reference 5.11). */
static int type_code(const char *kind)
{
    static const char *const kinds[] = {"standard", "doctor", "third_party"};

    for (size_t i = 0; i < array_length(kinds); i++)
        if (strcmp(kinds[i], kind) == 0)
            return (int)i;
    return 0;
}

void body_put_contact(struct json_writer *writer, const char *source_key, const struct json *payload)
{
    static const char *const same[] = {
        "doctor_type",     "title",        "first_name", "last_name", "preferred_name", "company_name", "occupation",
        "provider_number", "email",        "address_1",  "address_2", "address_3",      "city",         "state",
        "post_code",       "country_code", NULL,
    };

    json_member_integer(writer, "type_code", type_code(json_text(json_member(payload, "kind"), "standard")));
    body_copy_all(writer, payload, same);
    body_put_phones(writer, "phone_numbers", json_member(payload, "phones"));
    body_put_marked_notes(writer, payload, source_key);
}
