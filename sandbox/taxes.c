/* Taxes (API reference 5.5): the one resource that is really deleted. */
#include "sandbox/taxes.h"

#include "sandbox/patterns.h"
#include "sandbox/resource.h"

enum tax_field {
    TAX_AMOUNT = RECORD_OWN,
    TAX_NAME,
    TAX_RATE,
    TAX_FIELDS,
};

static const struct field fields[TAX_FIELDS] = {
    SCHEMA_COMMON_FIELDS(FIELD_HIDDEN, FIELD_HIDDEN, FIELD_HIDDEN),
    [TAX_AMOUNT] = {.name = "amount", .kind = FIELD_NUMBER, .flags = FIELD_INPUT, .fits = pattern_price},
    [TAX_NAME] = {.name = "name", .kind = FIELD_TEXT, .flags = FIELD_INPUT | FIELD_REQUIRED},
    [TAX_RATE] = {.name = "rate", .kind = FIELD_NUMBER, .flags = FIELD_INPUT, .fits = pattern_price},
};

static struct schema_names names;
static const struct schema schema = {"taxes", fields, TAX_FIELDS, &names};

/* `amount` is the older name of `rate`; answers hold both. */
static void check(struct act *act)
{
    if (act->change.set[TAX_RATE])
        change_text(&act->change, TAX_AMOUNT, act_cell(act, TAX_RATE)->text);
    else if (act->change.set[TAX_AMOUNT])
        change_text(&act->change, TAX_RATE, act_cell(act, TAX_AMOUNT)->text);
    if (!act_cell(act, TAX_RATE)->text)
        problems_add(&act->problems, "rate", PROBLEM_BLANK);
}

const char *tax_rate(const struct record *tax)
{
    return tax->cells[TAX_RATE].text;
}

const struct resource tax_resource = {.schema = &schema, .check = check};
