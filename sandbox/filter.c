#include "sandbox/filter.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"

enum { MATCH_DATE_SIZE = 10, AMOUNT_UNITS = 10000 };

#define AMOUNT_MAX  9e12

#define BIT(sign)   (1U << (sign))
#define COMPARISONS (BIT(FILTER_ABOVE) | BIT(FILTER_AT_LEAST) | BIT(FILTER_BELOW) | BIT(FILTER_AT_MOST))
#define PRESENCE    (BIT(FILTER_PRESENT) | BIT(FILTER_ABSENT))

/* API reference 3.2: the operators of each type. */
static unsigned operators_of(enum field_kind kind)
{
    switch (kind) {
    case FIELD_DATE:
        return BIT(FILTER_EQUAL) | COMPARISONS | PRESENCE;
    case FIELD_INSTANT:
        return COMPARISONS | PRESENCE | BIT(FILTER_ANY);
    case FIELD_ID:
    case FIELD_INTEGER:
    case FIELD_NUMBER:
    case FIELD_DECIMAL:
        return BIT(FILTER_EQUAL) | BIT(FILTER_NOT_EQUAL) | COMPARISONS | PRESENCE;
    case FIELD_TEXT:
        return BIT(FILTER_EQUAL) | BIT(FILTER_NOT_EQUAL) | BIT(FILTER_CONTAINS) | BIT(FILTER_WILDCARD) | PRESENCE;
    case FIELD_BOOL:
        return BIT(FILTER_EQUAL) | BIT(FILTER_NOT_EQUAL);
    case FIELD_IDS:
        return BIT(FILTER_CONTAINS);
    case FIELD_JSON:
    case FIELD_LINK:
        return 0;
    }
    return 0;
}

/* Longer operators stand before those that they start with. */
static bool read_operator(const char **text, enum filter_operator *ret)
{
    static const struct {
        const char *text;
        enum filter_operator sign;
    } signs[] = {
        {"!=", FILTER_NOT_EQUAL}, {"!?", FILTER_ABSENT}, {">=", FILTER_AT_LEAST}, {"<=", FILTER_AT_MOST},
        {"~~", FILTER_WILDCARD},  {"=", FILTER_EQUAL},   {">", FILTER_ABOVE},     {"<", FILTER_BELOW},
        {"~", FILTER_CONTAINS},   {"?", FILTER_PRESENT}, {"*", FILTER_ANY},
    };

    for (size_t i = 0; i < array_length(signs); i++) {
        size_t size = strlen(signs[i].text);

        if (strncmp(*text, signs[i].text, size) == 0) {
            *text += size;
            *ret = signs[i].sign;
            return true;
        }
    }
    return false;
}

static bool bad_value(const char *name, const char *wanted, struct fault *fault)
{
    return fault_set(fault, FAULT_BAD_INPUT, "%s is invalid: %s is expected", name, wanted);
}

/* "11,12,13" of `=`; one number for the others. */
static bool read_numbers(const char *name, struct condition *condition, struct fault *fault)
{
    scoped(string_free) char *copy = x_strdup(condition->text);
    char *rest = copy;
    size_t count = 1;

    for (const char *at = copy; *at; at++)
        count += *at == ',';
    if (count > FILTER_LIST_MAX)
        return bad_value(name, "a shorter list", fault);
    condition->ids = x_alloc_array(count, sizeof condition->ids[0]);
    while (rest) {
        char *comma = strchr(rest, ',');

        if (comma)
            *comma = '\0';
        if (strcmp(rest, "0") == 0)
            condition->ids[condition->id_count++] = 0;
        else if (!id_parse(rest, &condition->ids[condition->id_count++]))
            return bad_value(name, "a number", fault);
        rest = comma ? comma + 1 : NULL;
    }
    if (condition->id_count > 1 && condition->sign != FILTER_EQUAL)
        return bad_value(name, "one number", fault);
    return true;
}

static bool read_date(const char *name, struct condition *condition, struct fault *fault)
{
    if (date_parse(condition->text, &condition->number))
        return true;
    if (condition->sign != FILTER_EQUAL || strlen(condition->text) != MATCH_DATE_SIZE || !strchr(condition->text, '*'))
        return bad_value(name, "a date YYYY-MM-DD", fault);
    for (int i = 0; i < MATCH_DATE_SIZE; i++) {
        char byte = condition->text[i];

        if (i == 4 || i == 7 ? byte != '-' : byte != '*' && !isdigit((unsigned char)byte))
            return bad_value(name, "a date YYYY-MM-DD", fault);
    }
    condition->number = CELL_NULL; /* compared digit by digit */
    return true;
}

/* Compared to the hundredth of a cent. */
static bool read_amount(const char *text, int64_t *ret)
{
    struct fault ignored;
    double number = 0;

    if (!decimal_parse(slice_of(text), &number, &ignored) || fabs(number) > AMOUNT_MAX)
        return false;
    *ret = (int64_t)llround(number * AMOUNT_UNITS);
    return true;
}

static bool read_value(const struct field *field, const char *name, struct condition *condition, struct fault *fault)
{
    struct fault ignored;

    switch (field->kind) {
    case FIELD_ID:
    case FIELD_INTEGER:
        return read_numbers(name, condition, fault);
    case FIELD_NUMBER:
    case FIELD_DECIMAL:
        return read_amount(condition->text, &condition->number) || bad_value(name, "a number", fault);
    case FIELD_DATE:
        return read_date(name, condition, fault);
    case FIELD_INSTANT:
        return instant_parse(slice_of(condition->text), &condition->number, &ignored) ||
               bad_value(name, "a time YYYY-MM-DDTHH:MM:SSZ", fault);
    case FIELD_BOOL:
        condition->number = strcmp(condition->text, "true") == 0;
        return condition->number || strcmp(condition->text, "false") == 0 || bad_value(name, "true or false", fault);
    case FIELD_TEXT:
    case FIELD_IDS:
    case FIELD_JSON:
    case FIELD_LINK:
        return true;
    }
    return true;
}

/* Which state fields a single record may be asked with (API reference 3.2). */
static bool is_state(int field)
{
    return field == RECORD_ARCHIVED_AT || field == RECORD_DELETED_AT || field == RECORD_CANCELLED_AT;
}

static bool add_condition(struct filter *filter, const char *value, bool states_only, struct fault *fault)
{
    const char *colon = strchr(value, ':');
    size_t size = colon ? (size_t)(colon - value) : strlen(value);
    int place = schema_find(filter->schema, value, size);
    struct condition *condition = &filter->conditions[filter->count];
    const struct field *field = NULL;

    if (place < 0 || !(filter->schema->fields[place].flags & FIELD_FILTER) || (states_only && !is_state(place)))
        return fault_set(fault, FAULT_BAD_INPUT, "%.*s is not filterable", size > 100 ? 100 : (int)size, value);
    if (filter->count == FILTER_CONDITIONS_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "too many filters");
    field = &filter->schema->fields[place];
    *condition = (struct condition){.field = place};
    filter->count++;
    condition->text = colon ? colon + 1 : "";
    if (!read_operator(&condition->text, &condition->sign) || !(operators_of(field->kind) & BIT(condition->sign)))
        return fault_set(fault, FAULT_BAD_INPUT, "%s has an operator that its type does not take",
                         field_input_name(field));
    if (is_state(place))
        filter->sees[place] = true;
    if (BIT(condition->sign) & (PRESENCE | BIT(FILTER_ANY)))
        return *condition->text == '\0' || bad_value(field_input_name(field), "no value", fault);
    return read_value(field, field_input_name(field), condition, fault);
}

bool filter_parse(const struct schema *schema, const struct target *target, bool states_only, bool ignore_case,
                  struct filter *ret, struct fault *fault)
{
    ret->schema = schema;
    ret->count = 0;
    ret->ignore_case = ignore_case;
    memset(ret->sees, 0, sizeof ret->sees);
    for (int i = 0; i < target->parameter_count; i++) {
        const char *name = target->parameters[i].name;

        if (strcmp(name, "q[]") != 0 && strcmp(name, "q") != 0)
            continue;
        if (!add_condition(ret, target->parameters[i].value, states_only, fault)) {
            filter_release(ret);
            return false;
        }
    }
    return true;
}

void filter_release(struct filter *filter)
{
    for (int i = 0; i < filter->count; i++) {
        free(filter->conditions[i].ids);
        filter->conditions[i].ids = NULL;
    }
    filter->count = 0;
}

static bool same_byte(char one, char other, bool ignore_case)
{
    return ignore_case ? tolower((unsigned char)one) == tolower((unsigned char)other) : one == other;
}

/* `%` stands for any stretch. Goes back to the last one only, so the time is bounded by both lengths multiplied. */
static bool wildcard(const char *text, const char *pattern, bool ignore_case)
{
    const char *retry_text = NULL;
    const char *retry_pattern = NULL;

    while (*text) {
        if (*pattern == '%') {
            retry_pattern = ++pattern;
            retry_text = text;
        } else if (*pattern && same_byte(*text, *pattern, ignore_case)) {
            text++;
            pattern++;
        } else if (retry_pattern) {
            pattern = retry_pattern;
            text = ++retry_text;
        } else {
            return false;
        }
    }
    while (*pattern == '%')
        pattern++;
    return !*pattern;
}

static bool match_text(const struct condition *condition, const char *text, bool ignore_case)
{
    bool equal = false;

    if (!text)
        return false;
    if (condition->sign == FILTER_CONTAINS)
        return ignore_case ? strcasestr(text, condition->text) != NULL : strstr(text, condition->text) != NULL;
    if (condition->sign == FILTER_WILDCARD)
        return wildcard(text, condition->text, ignore_case);
    equal = ignore_case ? strcasecmp(text, condition->text) == 0 : strcmp(text, condition->text) == 0;
    return equal == (condition->sign == FILTER_EQUAL);
}

static bool match_order(enum filter_operator sign, int order)
{
    switch (sign) {
    case FILTER_EQUAL:
        return order == 0;
    case FILTER_NOT_EQUAL:
        return order != 0;
    case FILTER_ABOVE:
        return order > 0;
    case FILTER_AT_LEAST:
        return order >= 0;
    case FILTER_BELOW:
        return order < 0;
    case FILTER_AT_MOST:
        return order <= 0;
    case FILTER_CONTAINS:
    case FILTER_WILDCARD:
    case FILTER_PRESENT:
    case FILTER_ABSENT:
    case FILTER_ANY:
        break;
    }
    return false;
}

static bool match_id(const struct condition *condition, uint64_t id)
{
    if (condition->sign != FILTER_EQUAL)
        return match_order(condition->sign, (id > condition->ids[0]) - (id < condition->ids[0]));
    for (size_t i = 0; i < condition->id_count; i++)
        if (condition->ids[i] == id)
            return true;
    return false;
}

static bool match_date(const struct condition *condition, int64_t date)
{
    char text[DATE_SIZE];

    if (condition->number != CELL_NULL)
        return match_order(condition->sign, (date > condition->number) - (date < condition->number));
    date_format(date, text);
    for (int i = 0; i < MATCH_DATE_SIZE; i++)
        if (condition->text[i] != '*' && condition->text[i] != text[i])
            return false;
    return true;
}

/* The ids of an array are kept as JSON texts, so an element stands between quotes. */
static bool has_element(const char *ids, const char *wanted)
{
    size_t size = strlen(wanted);

    for (const char *at = size ? ids : NULL; at && (at = strstr(at, wanted)); at++)
        if (at > ids && at[-1] == '"' && at[size] == '"')
            return true;
    return false;
}

static bool matches(const struct filter *filter, const struct condition *condition, const struct record *record)
{
    const struct field *field = &filter->schema->fields[condition->field];
    const union cell *cell = &record->cells[condition->field];
    bool absent = cell_is_null(field->kind, cell);
    int64_t amount = 0;

    if (condition->sign == FILTER_ANY)
        return true;
    if (condition->sign == FILTER_PRESENT || condition->sign == FILTER_ABSENT)
        return absent == (condition->sign == FILTER_ABSENT);
    if (absent)
        return false;
    switch (field->kind) {
    case FIELD_TEXT:
        return match_text(condition, cell->text, filter->ignore_case);
    case FIELD_ID:
        return match_id(condition, cell->id);
    case FIELD_INTEGER:
        return match_id(condition, (uint64_t)cell->number);
    case FIELD_NUMBER:
    case FIELD_DECIMAL:
        return read_amount(cell->text, &amount) &&
               match_order(condition->sign, (amount > condition->number) - (amount < condition->number));
    case FIELD_DATE:
        return match_date(condition, cell->number);
    case FIELD_INSTANT:
    case FIELD_BOOL:
        return match_order(condition->sign, (cell->number > condition->number) - (cell->number < condition->number));
    case FIELD_IDS:
        return has_element(cell->text, condition->text);
    case FIELD_JSON:
    case FIELD_LINK:
        break;
    }
    return false;
}

bool filter_matches(const struct filter *filter, const struct record *record)
{
    static const int states[] = {RECORD_ARCHIVED_AT, RECORD_DELETED_AT, RECORD_CANCELLED_AT};

    for (size_t i = 0; i < array_length(states); i++)
        if (!filter->sees[states[i]] && record->cells[states[i]].number != CELL_NULL)
            return false;
    for (int i = 0; i < filter->count; i++)
        if (!matches(filter, &filter->conditions[i], record))
            return false;
    return true;
}

const struct condition *filter_indexed(const struct filter *filter)
{
    for (int i = 0; i < filter->count; i++) {
        const struct condition *condition = &filter->conditions[i];

        if (condition->sign == FILTER_EQUAL &&
            (filter->schema->fields[condition->field].index || condition->field == RECORD_ID))
            return condition;
    }
    return NULL;
}
