#include "sandbox/users.h"

#include "base/memory.h"
#include "sandbox/patterns.h"
#include "sandbox/resource.h"

static const struct field fields[USER_FIELDS] = {
    SCHEMA_COMMON_FIELDS(FIELD_HIDDEN, FIELD_HIDDEN, FIELD_HIDDEN),
    [USER_ACTIVE] = {.name = "active", .kind = FIELD_BOOL, .flags = FIELD_SEED | FIELD_NOT_NULL},
    [USER_EMAIL] = {.name = "email", .kind = FIELD_TEXT, .flags = FIELD_SEED | FIELD_REQUIRED, .fits = pattern_email},
    [USER_FIRST_NAME] = {.name = "first_name", .kind = FIELD_TEXT, .flags = FIELD_SEED | FIELD_REQUIRED},
    [USER_LAST_NAME] = {.name = "last_name", .kind = FIELD_TEXT, .flags = FIELD_SEED | FIELD_REQUIRED},
    [USER_PHONE_NUMBERS] = {.name = "phone_numbers", .kind = FIELD_JSON, .flags = FIELD_SEED, .check = phones_check},
    [USER_ROLE] = {.name = "role", .kind = FIELD_TEXT, .flags = FIELD_SEED | FIELD_REQUIRED, .choices = role_names},
    [USER_TIME_ZONE] = {.name = "time_zone", .kind = FIELD_TEXT, .flags = FIELD_SEED},
    [USER_TIME_ZONE_IDENTIFIER] = {.name = "time_zone_identifier", .kind = FIELD_TEXT, .flags = FIELD_SEED},
    [USER_TITLE] = {.name = "title", .kind = FIELD_TEXT, .flags = FIELD_SEED},
};

static struct schema_names names;
static const struct schema schema = {"users", fields, USER_FIELDS, &names};

static void check(struct act *act)
{
    if (act_cell(act, USER_ACTIVE)->number == CELL_NULL)
        change_number(&act->change, USER_ACTIVE, true);
    if (!act_cell(act, USER_PHONE_NUMBERS)->text) {
        act->change.cells[USER_PHONE_NUMBERS].text = x_strdup("[]");
        act->change.set[USER_PHONE_NUMBERS] = true;
    }
}

static void extras(const struct act *act, const struct record *record, struct json_writer *writer)
{
    (void)act;
    json_member_bool(writer, "new_ui_enabled", true);
    json_member_text(writer, "privacy_policy_accepted", NULL);
    json_member_bool(writer, "user_active", record->cells[USER_ACTIVE].number == 1);
}

const struct resource user_resource = {.schema = &schema, .check = check, .extras = extras};
