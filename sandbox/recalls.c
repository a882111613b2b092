/* Recalls and their types: newer than the vendor's document, so off unless a switch says otherwise (API
 * reference 5.17). */
#include "sandbox/patients.h"
#include "sandbox/resource.h"

enum recall_type_field {
    RECALL_TYPE_NAME = RECORD_OWN,
    RECALL_TYPE_FIELDS,
};

static const struct field type_fields[RECALL_TYPE_FIELDS] = {
    SCHEMA_COMMON_FIELDS(FIELD_FILTER, FIELD_HIDDEN, FIELD_HIDDEN),
    [RECALL_TYPE_NAME] = {.name = "name", .kind = FIELD_TEXT, .flags = FIELD_INPUT | FIELD_REQUIRED, .max_length = 255},
};

static struct schema_names type_names;
static const struct schema type_schema = {"recall_types", type_fields, RECALL_TYPE_FIELDS, &type_names};

const struct resource recall_type_resource = {.schema = &type_schema};

enum recall_field {
    RECALL_NOTES = RECORD_OWN,
    RECALL_AT,
    RECALL_PATIENT,
    RECALL_TYPE,
    RECALL_FIELDS,
};

static const struct field fields[RECALL_FIELDS] = {
    SCHEMA_COMMON_FIELDS(FIELD_FILTER, FIELD_HIDDEN, FIELD_HIDDEN),
    [RECALL_NOTES] = {.name = "notes", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [RECALL_AT] = {.name = "recall_at", .kind = FIELD_DATE, .flags = FIELD_INPUT | FIELD_REQUIRED},
    [RECALL_PATIENT] = {.name = "patient",
                        .input = "patient_id",
                        .problem = "patient",
                        .kind = FIELD_ID,
                        .target = "patients",
                        .flags = FIELD_INPUT | FIELD_REQUIRED | FIELD_FILTER,
                        .index = 1},
    [RECALL_TYPE] = {.name = "recall_type",
                     .input = "recall_type_id",
                     .problem = "recall_type",
                     .kind = FIELD_ID,
                     .target = "recall_types",
                     .flags = FIELD_INPUT | FIELD_REQUIRED | FIELD_FILTER},
};

static struct schema_names names;
static const struct schema schema = {"recalls", fields, RECALL_FIELDS, &names};

static void check(struct act *act)
{
    patient_check_live(act, RECALL_PATIENT);
}

const struct resource recall_resource = {.schema = &schema, .check = check};
