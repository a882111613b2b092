/* Product suppliers, products and stock adjustments (API reference 5.7 and 5.8). */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "sandbox/patterns.h"
#include "sandbox/resource.h"
#include "sandbox/taxes.h"

enum supplier_field {
    SUPPLIER_NAME = RECORD_OWN,
    SUPPLIER_FIELDS,
};

static const struct field supplier_fields[SUPPLIER_FIELDS] = {
    SCHEMA_COMMON_FIELDS(FIELD_HIDDEN, FIELD_HIDDEN, FIELD_HIDDEN),
    [SUPPLIER_NAME] = {.name = "name",
                       .kind = FIELD_TEXT,
                       .flags = FIELD_INPUT | FIELD_REQUIRED | FIELD_FILTER,
                       .index = 1},
};

static struct schema_names supplier_names;
static const struct schema supplier_schema = {"product_suppliers", supplier_fields, SUPPLIER_FIELDS, &supplier_names};

const struct resource product_supplier_resource = {.schema = &supplier_schema};

enum product_field {
    PRODUCT_COST_PRICE = RECORD_OWN,
    PRODUCT_ITEM_CODE,
    PRODUCT_NAME,
    PRODUCT_NOTES,
    PRODUCT_PRICE,
    PRODUCT_PRICE_INCLUDES_TAX,
    PRODUCT_SUPPLIER_NAME,
    PRODUCT_SERIAL_NUMBER,
    PRODUCT_STOCK_LEVEL,
    PRODUCT_SUPPLIER,
    PRODUCT_TAX,
    PRODUCT_FIELDS,
};

static const struct field product_fields[PRODUCT_FIELDS] = {
    SCHEMA_COMMON_FIELDS(FIELD_FILTER, FIELD_HIDDEN, FIELD_HIDDEN),
    [PRODUCT_COST_PRICE] = {.name = "cost_price", .kind = FIELD_DECIMAL, .flags = FIELD_INPUT, .fits = pattern_price},
    [PRODUCT_ITEM_CODE] = {.name = "item_code", .kind = FIELD_TEXT, .flags = FIELD_INPUT, .max_length = 100},
    [PRODUCT_NAME] = {.name = "name",
                      .kind = FIELD_TEXT,
                      .flags = FIELD_INPUT | FIELD_REQUIRED | FIELD_FILTER,
                      .max_length = 255,
                      .index = 1},
    [PRODUCT_NOTES] = {.name = "notes", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [PRODUCT_PRICE] = {.name = "price", .kind = FIELD_NUMBER, .flags = FIELD_INPUT | FIELD_REQUIRED | FIELD_HIDDEN},
    [PRODUCT_PRICE_INCLUDES_TAX] = {.name = "price_includes_tax",
                                    .kind = FIELD_BOOL,
                                    .flags = FIELD_INPUT | FIELD_HIDDEN},
    [PRODUCT_SUPPLIER_NAME] = {.name = "product_supplier_name", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [PRODUCT_SERIAL_NUMBER] = {.name = "serial_number", .kind = FIELD_TEXT, .flags = FIELD_INPUT, .max_length = 255},
    [PRODUCT_STOCK_LEVEL] = {.name = "stock_level",
                             .kind = FIELD_INTEGER,
                             .flags = FIELD_ON_CREATE,
                             .least = -INT64_C(4000000000),
                             .greatest = INT64_C(4000000000)},
    [PRODUCT_SUPPLIER] = {.name = "product_supplier", .kind = FIELD_ID, .target = "product_suppliers"},
    [PRODUCT_TAX] = {.name = "tax",
                     .input = "tax_id",
                     .problem = "tax",
                     .kind = FIELD_ID,
                     .target = "taxes",
                     .flags = FIELD_INPUT | FIELD_FILTER},
};

static struct schema_names product_names;
static const struct schema product_schema = {"products", product_fields, PRODUCT_FIELDS, &product_names};

static struct record *find_supplier(struct act *act, const char *name)
{
    struct table *suppliers = act_table(act, RESOURCE_PRODUCT_SUPPLIERS);
    const union cell key = {.text = (char *)(uintptr_t)name};
    struct record *at = table_first(suppliers, SUPPLIER_NAME, &key);

    while (at &&
           (strcmp(at->cells[SUPPLIER_NAME].text, name) != 0 || at->cells[RECORD_ARCHIVED_AT].number != CELL_NULL))
        at = table_next(suppliers, SUPPLIER_NAME, at);
    return at;
}

/* An equal name is used again, a new one makes a supplier (assumed, API reference 5.8). */
static void connect_supplier(struct act *act, struct record *product)
{
    const char *name = product->cells[PRODUCT_SUPPLIER_NAME].text;
    struct record *supplier = name && *name ? find_supplier(act, name) : NULL;

    if (name && *name && !supplier) {
        supplier = record_new(&supplier_schema);
        supplier->cells[RECORD_ID].id = store_next_id(act->store);
        supplier->cells[RECORD_CREATED_AT].number = act->now;
        supplier->cells[RECORD_UPDATED_AT].number = act->now;
        supplier->cells[SUPPLIER_NAME].text = x_strdup(name);
        table_add(act_table(act, RESOURCE_PRODUCT_SUPPLIERS), supplier);
    }
    product->cells[PRODUCT_SUPPLIER].id = supplier ? supplier->cells[RECORD_ID].id : 0;
}

static void product_changed(struct act *act, struct record *product)
{
    if (act->touched[PRODUCT_SUPPLIER_NAME])
        connect_supplier(act, product);
}

static double number_of(const char *text)
{
    struct fault ignored;
    double number = 0;

    return text && decimal_parse(slice_of(text), &number, &ignored) ? number : 0;
}

/* At most four digits after the point, at least one. */
static void put_price(struct json_writer *writer, const char *name, double price)
{
    scoped(string_free) char *text = x_sprintf("%.4f", price);

    for (size_t size = strlen(text); text[size - 1] == '0' && text[size - 2] != '.'; size--)
        text[size - 1] = '\0';
    json_member_text(writer, name, text);
}

static void product_extras(const struct act *act, const struct record *product, struct json_writer *writer)
{
    const struct record *tax = table_find(&act->account->tables[RESOURCE_TAXES], product->cells[PRODUCT_TAX].id);
    double factor = 1 + (tax ? number_of(tax_rate(tax)) : 0) / 100;
    double price = number_of(product->cells[PRODUCT_PRICE].text);
    bool includes = product->cells[PRODUCT_PRICE_INCLUDES_TAX].number == 1;

    put_price(writer, "price_ex_tax", includes ? price / factor : price);
    put_price(writer, "price_including_tax", includes ? price : price * factor);
}

const struct resource product_resource = {
    .schema = &product_schema,
    .created = connect_supplier,
    .changed = product_changed,
    .extras = product_extras,
};

enum adjustment_field {
    ADJUSTMENT_TYPE = RECORD_OWN,
    ADJUSTMENT_COMMENT,
    ADJUSTMENT_QUANTITY,
    ADJUSTMENT_PRODUCT,
    ADJUSTMENT_USER,
    ADJUSTMENT_FIELDS,
};

static const char *const adjustment_types[] = {"Stock Purchase", "Returned",  "Other", "Damaged",
                                               "Out of Date",    "Item Sold", NULL};

static const struct field adjustment_fields[ADJUSTMENT_FIELDS] = {
    SCHEMA_COMMON_FIELDS(FIELD_HIDDEN, FIELD_HIDDEN, FIELD_HIDDEN),
    [ADJUSTMENT_TYPE] = {.name = "adjustment_type",
                         .kind = FIELD_TEXT,
                         .flags = FIELD_ON_CREATE | FIELD_REQUIRED,
                         .choices = adjustment_types},
    [ADJUSTMENT_COMMENT] = {.name = "comment", .kind = FIELD_TEXT, .flags = FIELD_ON_CREATE},
    [ADJUSTMENT_QUANTITY] = {.name = "quantity", .kind = FIELD_INTEGER, .flags = FIELD_ON_CREATE | FIELD_REQUIRED},
    [ADJUSTMENT_PRODUCT] = {.name = "product",
                            .input = "product_id",
                            .problem = "product",
                            .kind = FIELD_ID,
                            .target = "products",
                            .flags = FIELD_ON_CREATE | FIELD_REQUIRED | FIELD_FILTER},
    [ADJUSTMENT_USER] = {.name = "user", .kind = FIELD_ID, .target = "users"},
};

static struct schema_names adjustment_names;
static const struct schema adjustment_schema = {"stock_adjustments", adjustment_fields, ADJUSTMENT_FIELDS,
                                                &adjustment_names};

static void adjustment_created(struct act *act, struct record *adjustment)
{
    struct record *product = table_find(act_table(act, RESOURCE_PRODUCTS), adjustment->cells[ADJUSTMENT_PRODUCT].id);
    int64_t level = product->cells[PRODUCT_STOCK_LEVEL].number;

    adjustment->cells[ADJUSTMENT_USER].id = act->user ? act->user->id : 0;
    product->cells[PRODUCT_STOCK_LEVEL].number =
        (level == CELL_NULL ? 0 : level) + adjustment->cells[ADJUSTMENT_QUANTITY].number;
}

const struct resource stock_adjustment_resource = {.schema = &adjustment_schema, .created = adjustment_created};
