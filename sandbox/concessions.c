/* Concession types, and the prices of a concession, which can only be read (API reference 5.6). */
#include "sandbox/resource.h"

#include "sandbox/patterns.h"

enum concession_type_field {
    CONCESSION_TYPE_NAME = RECORD_OWN,
    CONCESSION_TYPE_FIELDS,
};

static const struct field type_fields[CONCESSION_TYPE_FIELDS] = {
    SCHEMA_COMMON_FIELDS(FIELD_HIDDEN, FIELD_HIDDEN, FIELD_HIDDEN),
    [CONCESSION_TYPE_NAME] = {.name = "name",
                              .kind = FIELD_TEXT,
                              .flags = FIELD_INPUT | FIELD_REQUIRED,
                              .max_length = 255},
};

static struct schema_names type_names;
static const struct schema type_schema = {"concession_types", type_fields, CONCESSION_TYPE_FIELDS, &type_names};

const struct resource concession_type_resource = {.schema = &type_schema};

enum concession_price_field {
    CONCESSION_PRICE_PRICE = RECORD_OWN,
    CONCESSION_PRICE_BILLABLE_ITEM,
    CONCESSION_PRICE_TYPE,
    CONCESSION_PRICE_FIELDS,
};

static const struct field price_fields[CONCESSION_PRICE_FIELDS] = {
    SCHEMA_COMMON_FIELDS(FIELD_HIDDEN, FIELD_HIDDEN, FIELD_HIDDEN),
    [CONCESSION_PRICE_PRICE] = {.name = "price",
                                .kind = FIELD_DECIMAL,
                                .flags = FIELD_SEED | FIELD_FILTER,
                                .fits = pattern_signed_price},
    [CONCESSION_PRICE_BILLABLE_ITEM] = {.name = "billable_item",
                                        .input = "billable_item_id",
                                        .kind = FIELD_ID,
                                        .target = "billable_items",
                                        .flags = FIELD_SEED | FIELD_REQUIRED | FIELD_FILTER},
    [CONCESSION_PRICE_TYPE] = {.name = "concession_type",
                               .input = "concession_type_id",
                               .kind = FIELD_ID,
                               .target = "concession_types",
                               .flags = FIELD_SEED | FIELD_REQUIRED | FIELD_FILTER},
};

static struct schema_names price_names;
static const struct schema price_schema = {"concession_prices", price_fields, CONCESSION_PRICE_FIELDS, &price_names};

const struct resource concession_price_resource = {.schema = &price_schema};
