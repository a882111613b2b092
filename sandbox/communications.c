/* Memos: communications that are only recorded; nothing is sent (API reference 5.17). */
#include "base/memory.h"
#include "sandbox/patients.h"
#include "sandbox/resource.h"

enum communication_field {
    COMMUNICATION_CATEGORY_CODE = RECORD_OWN,
    COMMUNICATION_CONFIDENTIAL,
    COMMUNICATION_CONTENT,
    COMMUNICATION_DIRECTION_CODE,
    COMMUNICATION_FROM,
    COMMUNICATION_TO,
    COMMUNICATION_TYPE_CODE,
    COMMUNICATION_PATIENT,
    COMMUNICATION_FIELDS,
};

enum { CATEGORY_MEMO = 12 };

static const int categories[] = {CATEGORY_MEMO, -1};
static const int directions[] = {1, 2, -1};
static const int types[] = {1, 2, 3, 4, -1};

static const struct field fields[COMMUNICATION_FIELDS] = {
    SCHEMA_COMMON_FIELDS(FIELD_FILTER, FIELD_HIDDEN, FIELD_HIDDEN),
    [COMMUNICATION_CATEGORY_CODE] = {.name = "category_code",
                                     .kind = FIELD_INTEGER,
                                     .flags = FIELD_INPUT | FIELD_FILTER,
                                     .numbers = categories},
    [COMMUNICATION_CONFIDENTIAL] = {.name = "confidential", .kind = FIELD_BOOL, .flags = FIELD_INPUT | FIELD_REQUIRED},
    [COMMUNICATION_CONTENT] = {.name = "content", .kind = FIELD_TEXT, .flags = FIELD_INPUT | FIELD_REQUIRED},
    [COMMUNICATION_DIRECTION_CODE] = {.name = "direction_code",
                                      .kind = FIELD_INTEGER,
                                      .flags = FIELD_INPUT | FIELD_REQUIRED,
                                      .numbers = directions},
    [COMMUNICATION_FROM] = {.name = "from", .kind = FIELD_TEXT, .flags = FIELD_INPUT | FIELD_REQUIRED},
    [COMMUNICATION_TO] = {.name = "to", .kind = FIELD_TEXT, .flags = FIELD_INPUT | FIELD_REQUIRED},
    [COMMUNICATION_TYPE_CODE] = {.name = "type_code",
                                 .kind = FIELD_INTEGER,
                                 .flags = FIELD_INPUT | FIELD_REQUIRED,
                                 .numbers = types},
    [COMMUNICATION_PATIENT] = {.name = "patient",
                               .input = "patient_id",
                               .problem = "patient",
                               .kind = FIELD_ID,
                               .target = "patients",
                               .flags = FIELD_INPUT | FIELD_REQUIRED | FIELD_FILTER,
                               .index = 1},
};

static struct schema_names names;
static const struct schema schema = {"communications", fields, COMMUNICATION_FIELDS, &names};

static void check(struct act *act)
{
    patient_check_live(act, COMMUNICATION_PATIENT);
    if (act_cell(act, COMMUNICATION_CATEGORY_CODE)->number == CELL_NULL)
        change_number(&act->change, COMMUNICATION_CATEGORY_CODE, CATEGORY_MEMO);
}

static void extras(const struct act *act, const struct record *memo, struct json_writer *writer)
{
    static const char *const directions_text[] = {"Sent", "Received"};
    static const char *const types_text[] = {"SMS", "Email", "Phone call", "Other"};

    (void)act;
    json_member_text(writer, "category", "Memo");
    json_member_text(writer, "direction_description",
                     directions_text[memo->cells[COMMUNICATION_DIRECTION_CODE].number - 1]);
    json_member_text(writer, "type", types_text[memo->cells[COMMUNICATION_TYPE_CODE].number - 1]);
}

const struct resource communication_resource = {.schema = &schema, .check = check, .extras = extras};
