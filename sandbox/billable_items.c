/* Billable items: what a clinic charges for (API reference 5.9). */
#include "sandbox/patterns.h"
#include "sandbox/resource.h"

enum billable_item_field {
    BILLABLE_ITEM_CODE = RECORD_OWN,
    BILLABLE_ITEM_TYPE,
    BILLABLE_ITEM_NAME,
    BILLABLE_ITEM_PRICE,
    BILLABLE_ITEM_TAX,
    BILLABLE_ITEM_FIELDS,
};

static const char *const item_types[] = {"Service", "Product", "Other", NULL};

static const struct field fields[BILLABLE_ITEM_FIELDS] = {
    SCHEMA_COMMON_FIELDS(FIELD_FILTER, FIELD_HIDDEN, FIELD_HIDDEN),
    [BILLABLE_ITEM_CODE] = {.name = "item_code", .kind = FIELD_TEXT, .flags = FIELD_INPUT, .max_length = 100},
    [BILLABLE_ITEM_TYPE] = {.name = "item_type",
                            .kind = FIELD_TEXT,
                            .flags = FIELD_INPUT | FIELD_REQUIRED,
                            .choices = item_types},
    [BILLABLE_ITEM_NAME] = {.name = "name",
                            .kind = FIELD_TEXT,
                            .flags = FIELD_INPUT | FIELD_REQUIRED,
                            .max_length = 255},
    [BILLABLE_ITEM_PRICE] = {.name = "price",
                             .kind = FIELD_DECIMAL,
                             .flags = FIELD_INPUT | FIELD_REQUIRED,
                             .fits = pattern_signed_price},
    [BILLABLE_ITEM_TAX] = {.name = "tax",
                           .input = "tax_id",
                           .problem = "tax",
                           .kind = FIELD_ID,
                           .target = "taxes",
                           .flags = FIELD_INPUT | FIELD_FILTER},
};

static struct schema_names names;
static const struct schema schema = {"billable_items", fields, BILLABLE_ITEM_FIELDS, &names};

const struct resource billable_item_resource = {.schema = &schema};
