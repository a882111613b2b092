#include "sandbox/contacts.h"

#include "base/memory.h"
#include "sandbox/patterns.h"
#include "sandbox/resource.h"

enum contact_field {
    CONTACT_ADDRESS_1 = RECORD_OWN,
    CONTACT_ADDRESS_2,
    CONTACT_ADDRESS_3,
    CONTACT_CITY,
    CONTACT_COMPANY_NAME,
    CONTACT_COUNTRY_CODE,
    CONTACT_DOCTOR_TYPE,
    CONTACT_EMAIL,
    CONTACT_FIRST_NAME,
    CONTACT_LAST_NAME,
    CONTACT_NOTES,
    CONTACT_OCCUPATION,
    CONTACT_PHONE_NUMBERS,
    CONTACT_POST_CODE,
    CONTACT_PREFERRED_NAME,
    CONTACT_PROVIDER_NUMBER,
    CONTACT_STATE,
    CONTACT_TITLE,
    CONTACT_TYPE_CODE,
    CONTACT_FIELDS,
};

enum { CONTACT_STANDARD = 0, CONTACT_DOCTOR = 1 };

static const char *const doctor_types[] = {"general_practitioner", "specialist", NULL};
static const int type_codes[] = {0, 1, 2, -1};

static const struct field fields[CONTACT_FIELDS] = {
    SCHEMA_COMMON_FIELDS(FIELD_FILTER, FIELD_FILTER, FIELD_HIDDEN),
    [CONTACT_ADDRESS_1] = {.name = "address_1", .kind = FIELD_TEXT, .flags = FIELD_INPUT, .max_length = 255},
    [CONTACT_ADDRESS_2] = {.name = "address_2", .kind = FIELD_TEXT, .flags = FIELD_INPUT, .max_length = 255},
    [CONTACT_ADDRESS_3] = {.name = "address_3", .kind = FIELD_TEXT, .flags = FIELD_INPUT, .max_length = 255},
    [CONTACT_CITY] = {.name = "city", .kind = FIELD_TEXT, .flags = FIELD_INPUT, .max_length = 255},
    [CONTACT_COMPANY_NAME] = {.name = "company_name", .kind = FIELD_TEXT, .flags = FIELD_INPUT, .max_length = 255},
    [CONTACT_COUNTRY_CODE] = {.name = "country_code", .kind = FIELD_TEXT, .flags = FIELD_INPUT, .max_length = 2},
    [CONTACT_DOCTOR_TYPE] = {.name = "doctor_type", .kind = FIELD_TEXT, .flags = FIELD_INPUT, .choices = doctor_types},
    [CONTACT_EMAIL] = {.name = "email",
                       .kind = FIELD_TEXT,
                       .flags = FIELD_INPUT | FIELD_FILTER,
                       .max_length = 255,
                       .fits = pattern_email},
    [CONTACT_FIRST_NAME] = {.name = "first_name",
                            .kind = FIELD_TEXT,
                            .flags = FIELD_INPUT | FIELD_FILTER,
                            .max_length = 255},
    [CONTACT_LAST_NAME] =
        {.name = "last_name", .kind = FIELD_TEXT, .flags = FIELD_INPUT | FIELD_FILTER, .max_length = 255, .index = 1},
    [CONTACT_NOTES] = {.name = "notes", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [CONTACT_OCCUPATION] = {.name = "occupation", .kind = FIELD_TEXT, .flags = FIELD_INPUT, .max_length = 255},
    [CONTACT_PHONE_NUMBERS] = {.name = "phone_numbers",
                               .kind = FIELD_JSON,
                               .flags = FIELD_INPUT | FIELD_NOT_NULL,
                               .check = phones_check},
    [CONTACT_POST_CODE] = {.name = "post_code", .kind = FIELD_TEXT, .flags = FIELD_INPUT, .max_length = 255},
    [CONTACT_PREFERRED_NAME] = {.name = "preferred_name", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [CONTACT_PROVIDER_NUMBER] = {.name = "provider_number",
                                 .kind = FIELD_TEXT,
                                 .flags = FIELD_INPUT,
                                 .max_length = 255},
    [CONTACT_STATE] = {.name = "state", .kind = FIELD_TEXT, .flags = FIELD_INPUT, .max_length = 255},
    [CONTACT_TITLE] = {.name = "title", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [CONTACT_TYPE_CODE] = {.name = "type_code",
                           .kind = FIELD_INTEGER,
                           .flags = FIELD_INPUT | FIELD_FILTER,
                           .numbers = type_codes},
};

static struct schema_names names;
static const struct schema schema = {"contacts", fields, CONTACT_FIELDS, &names};

static bool has_text(const struct act *act, int field)
{
    const char *text = act_cell(act, field)->text;

    return text && *text;
}

/* That some name is needed is assumed. */
static void check(struct act *act)
{
    if (!has_text(act, CONTACT_FIRST_NAME) && !has_text(act, CONTACT_LAST_NAME) && !has_text(act, CONTACT_COMPANY_NAME))
        problems_add(&act->problems, "base", "must have a first name, a last name or a company name");
    if (act_cell(act, CONTACT_TYPE_CODE)->number == CELL_NULL && !act->record)
        change_number(&act->change, CONTACT_TYPE_CODE, CONTACT_STANDARD);
    if (!act_cell(act, CONTACT_PHONE_NUMBERS)->text)
        change_text(&act->change, CONTACT_PHONE_NUMBERS, "[]");
}

static void extras(const struct act *act, const struct record *contact, struct json_writer *writer)
{
    static const char *const types[] = {"Standard", "Doctor", "3rd Party Payer"};
    int64_t code = contact->cells[CONTACT_TYPE_CODE].number;

    (void)act;
    json_member_text(writer, "country", NULL);
    json_member_text(writer, "type", code >= 0 && code < (int64_t)array_length(types) ? types[code] : NULL);
}

bool contact_is_doctor(const struct record *contact)
{
    return contact->cells[CONTACT_TYPE_CODE].number == CONTACT_DOCTOR;
}

const struct resource contact_resource = {.schema = &schema, .check = check, .extras = extras};
