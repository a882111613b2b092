/* What a clinic sells and how it charges: taxes, concessions, suppliers, products, billable items, appointment types.
 */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/number.h"
#include "model/contact.h"
#include "model/letters.h"
#include "model/record_parts.h"

enum { TYPE_MINUTES_MAX = 1439, TYPE_MINUTES_DEFAULT = 30, MONEY_PLACES = 2 };

static bool need_line(struct building *building, size_t field)
{
    return building_line(building, field).data || building_refuse(building, field, (struct slice){0}, "is empty");
}

static bool refuse_amount(struct building *building, size_t field, const char *why)
{
    return building_refuse(building, field, building_line(building, field), why);
}

bool record_build_tax(struct building *building)
{
    struct decimal rate = {0};

    if (!need_line(building, TAX_NAME) || !need_line(building, TAX_RATE))
        return false;
    if (!building_decimal(building, TAX_RATE, &rate) || rate.negative)
        return refuse_amount(building, TAX_RATE, "is no percentage that Cliniko takes");
    building_put_cut(building, TAX_NAME);
    building_put_decimal(building, TAX_RATE, &rate, 0);
    return true;
}

bool record_build_named(struct building *building)
{
    enum { NAME };

    if (!need_line(building, NAME))
        return false;
    building_put_cut(building, NAME);
    return true;
}

/* Cliniko takes nothing without a price. */
static bool put_price(struct building *building, size_t field)
{
    struct decimal price = {0};

    if (!building_line(building, field).data)
        building_warn(building, field, "empty, sent as 0.00");
    else if (!building_decimal(building, field, &price))
        return refuse_amount(building, field, "is no price that Cliniko takes");
    building_put_decimal(building, field, &price, MONEY_PLACES);
    return true;
}

static void note_as_recorded(struct building *building, size_t field, const char *why)
{
    char label[48];

    building_note(building, building_label(building, field, label), building_line(building, field));
    building_warn(building, field, "%s, put into the notes", why);
}

static void put_cost(struct building *building)
{
    struct decimal cost = {0};

    if (!building_line(building, PRODUCT_COST).data)
        return;
    if (building_decimal(building, PRODUCT_COST, &cost) && !cost.negative)
        building_put_decimal(building, PRODUCT_COST, &cost, MONEY_PLACES);
    else
        note_as_recorded(building, PRODUCT_COST, "no cost that Cliniko takes");
}

/* Cliniko counts whole pieces; a fraction is rounded towards zero. */
static void put_stock(struct building *building)
{
    struct fault ignored = {0};
    struct decimal stock = {0};
    int64_t pieces = 0;

    if (!building_line(building, PRODUCT_STOCK).data)
        return;
    if (!building_decimal(building, PRODUCT_STOCK, &stock)) {
        note_as_recorded(building, PRODUCT_STOCK, "no number of pieces that Cliniko takes");
        return;
    }
    if (stock.whole.size && !number_parse(stock.whole, 0, INT64_MAX, &pieces, &ignored))
        return; /* decimal_fits has bounded it */
    pieces = stock.negative ? -pieces : pieces;
    json_member_integer(&building->writer, "stock_level", pieces);
    if (stock.fraction.size) {
        char label[48];

        building_note(building, building_label(building, PRODUCT_STOCK, label), building_line(building, PRODUCT_STOCK));
        building_warn(building, PRODUCT_STOCK, "not a whole number, sent as %" PRId64 " and put into the notes",
                      pieces);
    }
}

static bool put_includes_tax(struct building *building)
{
    bool includes_tax = false;

    if (!building_bool(building, PRODUCT_INCLUDES_TAX, false, &includes_tax))
        return false;
    if (building_line(building, PRODUCT_INCLUDES_TAX).data)
        json_member_bool(&building->writer, "price_includes_tax", includes_tax);
    return true;
}

bool record_build_product(struct building *building)
{
    if (!need_line(building, PRODUCT_NAME))
        return false;
    building_begin_notes(building, PRODUCT_NOTES);
    building_put_line(building, PRODUCT_NAME, true);
    if (!put_price(building, PRODUCT_PRICE) || !put_includes_tax(building))
        return false;
    put_cost(building);
    building_put_within(building, PRODUCT_CODE, CODE_CHARACTERS);
    building_put_within(building, PRODUCT_SERIAL, LIMIT_CHARACTERS);
    if (!building_put_reference(building, PRODUCT_TAX))
        return false;
    building_put(building, "product_supplier_name", building_line(building, PRODUCT_SUPPLIER));
    put_stock(building);
    building_end_notes(building);
    return building_put_archived(building, PRODUCT_ARCHIVED, ENTITY_PRODUCT_ARCHIVAL, "product");
}

static bool put_item_type(struct building *building)
{
    static const char *const types[] = {"Service", "Product", "Other"};
    struct slice value = building_line(building, BILLABLE_KIND);

    for (size_t i = 0; i < array_length(types); i++) {
        if (!value.data || (strlen(types[i]) == value.size && strncasecmp(types[i], value.data, value.size) == 0)) {
            building_put(building, "item_type", slice_of(types[i]));
            return true;
        }
    }
    return building_refuse(building, BILLABLE_KIND, value, "is none of Service, Product, Other");
}

/* Billable items have no notes, so a code that is too long is part of the name. */
static void put_billable_name(struct building *building)
{
    struct slice name = building_line(building, BILLABLE_NAME);
    struct slice code = building_line(building, BILLABLE_CODE);
    struct text both;

    if (utf8_length(code) <= CODE_CHARACTERS) {
        building_put_cut(building, BILLABLE_NAME);
        building_put(building, "item_code", code);
        return;
    }
    text_init(&both, NOTES_BYTES_MAX);
    text_put(&both, name.data, name.size);
    text_printf(&both, " (%.*s)", (int)code.size, code.data);
    building_warn(building, BILLABLE_CODE, "longer than %d characters, put into the name", CODE_CHARACTERS);
    if (utf8_length(text_slice(&both)) > LIMIT_CHARACTERS)
        building_warn(building, BILLABLE_NAME, "longer than %d characters, cut there", LIMIT_CHARACTERS);
    building_put(building, "name", utf8_cut(text_slice(&both), LIMIT_CHARACTERS));
    text_release(&both);
}

bool record_build_billable_item(struct building *building)
{
    if (!need_line(building, BILLABLE_NAME))
        return false;
    put_billable_name(building);
    if (!put_item_type(building) || !put_price(building, BILLABLE_PRICE) ||
        !building_put_reference(building, BILLABLE_TAX))
        return false;
    return building_put_archived(building, BILLABLE_ARCHIVED, ENTITY_BILLABLE_ITEM_ARCHIVAL, "billable_item");
}

bool record_build_appointment_type(struct building *building)
{
    struct slice minutes_text = building_line(building, TYPE_DURATION);
    struct slice colour = building_line(building, TYPE_COLOUR);
    struct fault fault = {0};
    int64_t minutes = TYPE_MINUTES_DEFAULT;

    if (!need_line(building, TYPE_NAME))
        return false;
    building_put_cut(building, TYPE_NAME);
    if (!number_parse(minutes_text, 1, TYPE_MINUTES_MAX, &minutes, &fault))
        building_warn(building, TYPE_DURATION, "%s, so %d minutes are taken", fault.text, TYPE_MINUTES_DEFAULT);
    json_member_integer(&building->writer, "duration_minutes", minutes);
    if (colour.data && colour_valid(colour))
        building_put(building, "color", colour);
    else if (colour.data)
        building_warn(building, TYPE_COLOUR, "no colour like #rrggbb, left out");
    if (!building_put_reference(building, TYPE_BILLABLE_ITEM))
        return false;
    return building_put_archived(building, TYPE_ARCHIVED, ENTITY_APPOINTMENT_TYPE_ARCHIVAL, "appointment_type");
}
