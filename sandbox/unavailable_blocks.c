#include "sandbox/unavailable_blocks.h"

#include "sandbox/appointments.h"
#include "sandbox/resource.h"

static const struct field fields[BLOCK_FIELDS] = {
    SCHEMA_COMMON_FIELDS(FIELD_FILTER, FIELD_FILTER, FIELD_HIDDEN),
    [BLOCK_ENDS_AT] = {.name = "ends_at", .kind = FIELD_INSTANT, .flags = FIELD_INPUT | FIELD_REQUIRED | FIELD_FILTER},
    [BLOCK_NOTES] = {.name = "notes", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [BLOCK_REPEAT_RULE] = {.name = "repeat_rule", .kind = FIELD_JSON, .flags = FIELD_INPUT, .check = repeat_rule_check},
    [BLOCK_STARTS_AT] = {.name = "starts_at",
                         .kind = FIELD_INSTANT,
                         .flags = FIELD_INPUT | FIELD_REQUIRED | FIELD_FILTER},
    [BLOCK_BUSINESS] = {.name = "business",
                        .input = "business_id",
                        .problem = "business",
                        .kind = FIELD_ID,
                        .target = "businesses",
                        .flags = FIELD_INPUT | FIELD_REQUIRED | FIELD_FILTER},
    [BLOCK_PRACTITIONER] = {.name = "practitioner",
                            .input = "practitioner_id",
                            .problem = "practitioner",
                            .kind = FIELD_ID,
                            .target = "practitioners",
                            .flags = FIELD_INPUT | FIELD_REQUIRED | FIELD_FILTER,
                            .index = 1},
    [BLOCK_REPEATED_FROM] = {.name = "repeated_from",
                             .input = "repeated_from_id",
                             .kind = FIELD_ID,
                             .target = "unavailable_blocks",
                             .flags = FIELD_FILTER},
    [BLOCK_CONFLICTS] = {.name = "conflicts", .kind = FIELD_LINK},
    [BLOCK_REPEATS] = {.name = "repeats", .kind = FIELD_LINK},
};

static struct schema_names names;
static const struct schema schema = {"unavailable_blocks", fields, BLOCK_FIELDS, &names};

static void check(struct act *act)
{
    int64_t start = act_cell(act, BLOCK_STARTS_AT)->number;
    int64_t end = act_cell(act, BLOCK_ENDS_AT)->number;

    if (start != CELL_NULL && end != CELL_NULL && end <= start)
        problems_add(&act->problems, "ends_at", "must be after the start");
}

const struct resource unavailable_block_resource = {.schema = &schema, .check = check};
