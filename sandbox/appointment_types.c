#include "sandbox/appointment_types.h"

#include <string.h>

#include "base/memory.h"
#include "sandbox/patterns.h"
#include "sandbox/resource.h"

static const char *const payment_modes[] = {"deposit_required", "optional", "required", NULL};
static const int lead_times[] = {0, 1, 2, 4, 12, 18, 24, 48, 72, 168, 336, 504, 672, -1};

static const struct field fields[TYPE_FIELDS] = {
    SCHEMA_COMMON_FIELDS(FIELD_FILTER, FIELD_HIDDEN, FIELD_HIDDEN),
    [TYPE_ADD_DEPOSIT] = {.name = "add_deposit_to_account_credit", .kind = FIELD_BOOL, .flags = FIELD_INPUT},
    [TYPE_CONFIRMATION_TEMPLATE_IDS] = {.name = "appointment_confirmation_template_ids",
                                        .kind = FIELD_IDS,
                                        .flags = FIELD_INPUT | FIELD_FILTER},
    [TYPE_REMINDER_TEMPLATE_IDS] = {.name = "appointment_reminder_template_ids",
                                    .kind = FIELD_IDS,
                                    .flags = FIELD_INPUT | FIELD_FILTER},
    [TYPE_CATEGORY] = {.name = "category", .kind = FIELD_TEXT, .flags = FIELD_INPUT | FIELD_FILTER},
    [TYPE_COLOR] = {.name = "color", .kind = FIELD_TEXT, .flags = FIELD_INPUT | FIELD_REQUIRED, .fits = pattern_colour},
    [TYPE_DEPOSIT_PRICE] = {.name = "deposit_price",
                            .kind = FIELD_DECIMAL,
                            .flags = FIELD_INPUT,
                            .fits = pattern_price},
    [TYPE_DESCRIPTION] = {.name = "description", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [TYPE_DURATION_IN_MINUTES] = {.name = "duration_in_minutes",
                                  .kind = FIELD_INTEGER,
                                  .flags = FIELD_INPUT | FIELD_REQUIRED,
                                  .least = 1,
                                  .greatest = 1439},
    [TYPE_MAX_ATTENDEES] = {.name = "max_attendees",
                            .kind = FIELD_INTEGER,
                            .flags = FIELD_INPUT | FIELD_REQUIRED,
                            .least = 1,
                            .greatest = 99},
    [TYPE_NAME] = {.name = "name", .kind = FIELD_TEXT, .flags = FIELD_INPUT | FIELD_REQUIRED, .max_length = 255},
    [TYPE_LEAD_TIME_HOURS] = {.name = "online_bookings_lead_time_hours",
                              .kind = FIELD_INTEGER,
                              .flags = FIELD_INPUT,
                              .numbers = lead_times},
    [TYPE_PAYMENTS_MODE] = {.name = "online_payments_mode",
                            .kind = FIELD_TEXT,
                            .flags = FIELD_INPUT | FIELD_FILTER,
                            .choices = payment_modes},
    [TYPE_SHOW_IN_ONLINE_BOOKINGS] = {.name = "show_in_online_bookings",
                                      .kind = FIELD_BOOL,
                                      .flags = FIELD_INPUT | FIELD_FILTER},
    [TYPE_TELEHEALTH_ENABLED] = {.name = "telehealth_enabled", .kind = FIELD_BOOL, .flags = FIELD_INPUT},
    [TYPE_BILLABLE_ITEM] = {.name = "billable_item",
                            .input = "billable_item_id",
                            .problem = "billable_item",
                            .kind = FIELD_ID,
                            .target = "billable_items",
                            .flags = FIELD_INPUT},
    [TYPE_PRODUCT] = {.name = "product",
                      .input = "product_id",
                      .problem = "product",
                      .kind = FIELD_ID,
                      .target = "products",
                      .flags = FIELD_INPUT},
    [TYPE_TREATMENT_NOTE_TEMPLATE] = {.name = "treatment_note_template",
                                      .input = "treatment_note_template_id",
                                      .problem = "treatment_note_template",
                                      .kind = FIELD_ID,
                                      .target = "treatment_note_templates",
                                      .flags = FIELD_INPUT},
    [TYPE_PRACTITIONER_IDS] = {.name = "practitioner_ids",
                               .kind = FIELD_IDS,
                               .target = "practitioners",
                               .flags = FIELD_INPUT | FIELD_HIDDEN},
    [TYPE_BUSINESS_IDS] = {.name = "business_ids",
                           .kind = FIELD_IDS,
                           .target = "businesses",
                           .flags = FIELD_INPUT | FIELD_HIDDEN},
    [TYPE_PRACTITIONERS] = {.name = "practitioners", .kind = FIELD_LINK},
};

static struct schema_names names;
static const struct schema schema = {"appointment_types", fields, TYPE_FIELDS, &names};

static void put_default(struct act *act, int field, const char *ids)
{
    if (act_cell(act, field)->text)
        return;
    act->change.cells[field].text = x_strdup(ids);
    act->change.set[field] = true;
}

/* A type that names no templates gets the account's: such a type sends messages (API reference 5.13). */
static void check(struct act *act)
{
    put_default(act, TYPE_CONFIRMATION_TEMPLATE_IDS, act->account->confirmation_templates);
    put_default(act, TYPE_REMINDER_TEMPLATE_IDS, act->account->reminder_templates);
    if (act_cell(act, TYPE_SHOW_IN_ONLINE_BOOKINGS)->number == CELL_NULL)
        change_number(&act->change, TYPE_SHOW_IN_ONLINE_BOOKINGS, true);
}

static void extras(const struct act *act, const struct record *record, struct json_writer *writer)
{
    (void)act;
    json_member_bool(writer, "online_payments_enabled", record->cells[TYPE_PAYMENTS_MODE].text != NULL);
}

const struct resource appointment_type_resource = {.schema = &schema, .check = check, .extras = extras};
