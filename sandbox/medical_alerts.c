/* Medical alerts (API reference 5.17). */
#include "sandbox/medical_alerts.h"
#include "sandbox/patients.h"
#include "sandbox/resource.h"

static const struct field fields[ALERT_FIELDS] = {
    SCHEMA_COMMON_FIELDS(FIELD_FILTER, FIELD_FILTER, FIELD_HIDDEN),
    [ALERT_NAME] = {.name = "name", .kind = FIELD_TEXT, .flags = FIELD_INPUT | FIELD_REQUIRED, .max_length = 255},
    [ALERT_PATIENT] = {.name = "patient",
                       .input = "patient_id",
                       .problem = "patient",
                       .kind = FIELD_ID,
                       .target = "patients",
                       .flags = FIELD_INPUT | FIELD_REQUIRED | FIELD_FILTER,
                       .index = 1},
};

static struct schema_names names;
static const struct schema schema = {"medical_alerts", fields, ALERT_FIELDS, &names};

static void check(struct act *act)
{
    patient_check_live(act, ALERT_PATIENT);
}

const struct resource medical_alert_resource = {.schema = &schema, .check = check};
