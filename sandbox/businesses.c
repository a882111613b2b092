/* Businesses: the clinic's locations (API reference 5.1). */
#include "sandbox/resource.h"

#include "base/memory.h"

enum business_field {
    BUSINESS_ADDITIONAL_INFORMATION = RECORD_OWN,
    BUSINESS_ADDITIONAL_INVOICE_INFORMATION,
    BUSINESS_ADDRESS_1,
    BUSINESS_ADDRESS_2,
    BUSINESS_REMINDERS_ENABLED,
    BUSINESS_APPOINTMENT_TYPE_IDS,
    BUSINESS_NAME,
    BUSINESS_REGISTRATION_NAME,
    BUSINESS_REGISTRATION_VALUE,
    BUSINESS_CITY,
    BUSINESS_CONTACT_INFORMATION,
    BUSINESS_COUNTRY,
    BUSINESS_COUNTRY_CODE,
    BUSINESS_DISPLAY_NAME,
    BUSINESS_EMAIL_REPLY_TO,
    BUSINESS_LABEL,
    BUSINESS_POST_CODE,
    BUSINESS_SHOW_IN_ONLINE_BOOKINGS,
    BUSINESS_STATE,
    BUSINESS_TIME_ZONE,
    BUSINESS_TIME_ZONE_IDENTIFIER,
    BUSINESS_WEBSITE_ADDRESS,
    BUSINESS_APPOINTMENTS,
    BUSINESS_PRACTITIONERS,
    BUSINESS_FIELDS,
};

static const struct field fields[BUSINESS_FIELDS] = {
    SCHEMA_COMMON_FIELDS(FIELD_FILTER, FIELD_FILTER, FIELD_HIDDEN),
    [BUSINESS_ADDITIONAL_INFORMATION] = {.name = "additional_information",
                                         .kind = FIELD_TEXT,
                                         .flags = FIELD_INPUT,
                                         .max_length = 5000},
    [BUSINESS_ADDITIONAL_INVOICE_INFORMATION] = {.name = "additional_invoice_information",
                                                 .kind = FIELD_TEXT,
                                                 .flags = FIELD_INPUT,
                                                 .max_length = 5000},
    [BUSINESS_ADDRESS_1] = {.name = "address_1", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [BUSINESS_ADDRESS_2] = {.name = "address_2", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [BUSINESS_REMINDERS_ENABLED] = {.name = "appointment_reminders_enabled", .kind = FIELD_BOOL, .flags = FIELD_INPUT},
    [BUSINESS_APPOINTMENT_TYPE_IDS] = {.name = "appointment_type_ids",
                                       .kind = FIELD_IDS,
                                       .target = "appointment_types",
                                       .flags = FIELD_INPUT | FIELD_FILTER},
    [BUSINESS_NAME] = {.name = "business_name", .kind = FIELD_TEXT, .flags = FIELD_INPUT | FIELD_REQUIRED},
    [BUSINESS_REGISTRATION_NAME] = {.name = "business_registration_name", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [BUSINESS_REGISTRATION_VALUE] = {.name = "business_registration_value", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [BUSINESS_CITY] = {.name = "city", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [BUSINESS_CONTACT_INFORMATION] = {.name = "contact_information", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [BUSINESS_COUNTRY] = {.name = "country", .kind = FIELD_TEXT, .flags = FIELD_SEED},
    [BUSINESS_COUNTRY_CODE] = {.name = "country_code", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [BUSINESS_DISPLAY_NAME] = {.name = "display_name", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [BUSINESS_EMAIL_REPLY_TO] = {.name = "email_reply_to", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [BUSINESS_LABEL] = {.name = "label", .kind = FIELD_TEXT, .flags = FIELD_SEED},
    [BUSINESS_POST_CODE] = {.name = "post_code", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [BUSINESS_SHOW_IN_ONLINE_BOOKINGS] = {.name = "show_in_online_bookings",
                                          .kind = FIELD_BOOL,
                                          .flags = FIELD_INPUT | FIELD_FILTER},
    [BUSINESS_STATE] = {.name = "state", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [BUSINESS_TIME_ZONE] = {.name = "time_zone", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [BUSINESS_TIME_ZONE_IDENTIFIER] = {.name = "time_zone_identifier", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [BUSINESS_WEBSITE_ADDRESS] = {.name = "website_address", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [BUSINESS_APPOINTMENTS] = {.name = "appointments", .kind = FIELD_LINK},
    [BUSINESS_PRACTITIONERS] = {.name = "practitioners", .kind = FIELD_LINK},
};

static struct schema_names names;
static const struct schema schema = {"businesses", fields, BUSINESS_FIELDS, &names};

static void check(struct act *act)
{
    const char *name = act_cell(act, BUSINESS_DISPLAY_NAME)->text;

    if (!name)
        name = act_cell(act, BUSINESS_NAME)->text;
    if (act->change.set[BUSINESS_LABEL] || !name)
        return;
    act->change.cells[BUSINESS_LABEL].text = x_strdup(name);
    act->change.set[BUSINESS_LABEL] = true;
}

const struct resource business_resource = {.schema = &schema, .check = check};
