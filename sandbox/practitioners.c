#include "sandbox/practitioners.h"

#include "base/memory.h"
#include "sandbox/resource.h"

static const struct field fields[PRACTITIONER_FIELDS] = {
    SCHEMA_COMMON_FIELDS(FIELD_HIDDEN, FIELD_HIDDEN, FIELD_HIDDEN),
    [PRACTITIONER_ACTIVE] = {.name = "active", .kind = FIELD_BOOL, .flags = FIELD_SEED | FIELD_NOT_NULL},
    [PRACTITIONER_DESCRIPTION] = {.name = "description", .kind = FIELD_TEXT, .flags = FIELD_SEED},
    [PRACTITIONER_DESIGNATION] = {.name = "designation", .kind = FIELD_TEXT, .flags = FIELD_SEED},
    [PRACTITIONER_DISPLAY_NAME] = {.name = "display_name", .kind = FIELD_TEXT, .flags = FIELD_SEED},
    [PRACTITIONER_FIRST_NAME] = {.name = "first_name", .kind = FIELD_TEXT, .flags = FIELD_SEED | FIELD_REQUIRED},
    [PRACTITIONER_LABEL] = {.name = "label", .kind = FIELD_TEXT, .flags = FIELD_SEED},
    [PRACTITIONER_LAST_NAME] = {.name = "last_name", .kind = FIELD_TEXT, .flags = FIELD_SEED | FIELD_REQUIRED},
    [PRACTITIONER_SHOW_IN_ONLINE_BOOKINGS] = {.name = "show_in_online_bookings",
                                              .kind = FIELD_BOOL,
                                              .flags = FIELD_SEED | FIELD_FILTER},
    [PRACTITIONER_TITLE] = {.name = "title", .kind = FIELD_TEXT, .flags = FIELD_SEED},
    [PRACTITIONER_USER] = {.name = "user",
                           .input = "user_id",
                           .kind = FIELD_ID,
                           .target = "users",
                           .flags = FIELD_SEED | FIELD_FILTER,
                           .index = 1},
    [PRACTITIONER_DEFAULT_APPOINTMENT_TYPE] = {.name = "default_appointment_type",
                                               .input = "default_appointment_type_id",
                                               .kind = FIELD_ID,
                                               .target = "appointment_types"},
    [PRACTITIONER_BUSINESS_IDS] = {.name = "business_ids",
                                   .kind = FIELD_IDS,
                                   .target = "businesses",
                                   .flags = FIELD_SEED | FIELD_HIDDEN},
    [PRACTITIONER_APPOINTMENT_TYPES] = {.name = "appointment_types", .kind = FIELD_LINK},
    [PRACTITIONER_APPOINTMENTS] = {.name = "appointments", .kind = FIELD_LINK},
    [PRACTITIONER_INVOICES] = {.name = "invoices", .kind = FIELD_LINK},
    [PRACTITIONER_REFERENCE_NUMBERS] = {.name = "practitioner_reference_numbers", .kind = FIELD_LINK},
};

static struct schema_names names;
static const struct schema schema = {"practitioners", fields, PRACTITIONER_FIELDS, &names};

static void put_name(struct act *act, int field)
{
    const char *title = act_cell(act, PRACTITIONER_TITLE)->text;
    const char *first = act_cell(act, PRACTITIONER_FIRST_NAME)->text;
    const char *last = act_cell(act, PRACTITIONER_LAST_NAME)->text;

    if (act_cell(act, field)->text || !first || !last)
        return;
    act->change.cells[field].text = x_sprintf("%s%s%s %s", title ? title : "", title ? " " : "", first, last);
    act->change.set[field] = true;
}

static void check(struct act *act)
{
    if (act_cell(act, PRACTITIONER_ACTIVE)->number == CELL_NULL)
        change_number(&act->change, PRACTITIONER_ACTIVE, true);
    if (act_cell(act, PRACTITIONER_SHOW_IN_ONLINE_BOOKINGS)->number == CELL_NULL)
        change_number(&act->change, PRACTITIONER_SHOW_IN_ONLINE_BOOKINGS, true);
    put_name(act, PRACTITIONER_DISPLAY_NAME);
    put_name(act, PRACTITIONER_LABEL);
}

const struct resource practitioner_resource = {.schema = &schema, .check = check};
