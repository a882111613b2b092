#include "sandbox/input.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "sandbox/resource.h"

enum { KEPT_JSON_MAX = 16 * 1024 * 1024, EXACT_DIGITS = 15, DECIMAL_MAX = 40 };

#define EXACT_MOST 1e15 /* the least number with more digits */

static const char *problem_name(const struct field *field)
{
    return field->problem ? field->problem : field_input_name(field);
}

static size_t characters(const char *text)
{
    size_t count = 0;

    for (; *text; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n")] == '\0';
}

static bool is_choice(const char *const *choices, const char *text)
{
    for (; *choices; choices++)
        if (strcmp(*choices, text) == 0)
            return true;
    return false;
}

static void read_text(struct act *act, int place, const struct field *field, const struct json *value)
{
    const char *text = json_text(value, NULL);

    if (!text)
        problems_add(&act->problems, problem_name(field), PROBLEM_INVALID);
    else if ((field->flags & FIELD_REQUIRED) && is_blank(text))
        problems_add(&act->problems, problem_name(field), PROBLEM_BLANK);
    else if (field->choices && !is_choice(field->choices, text))
        problems_add(&act->problems, problem_name(field), PROBLEM_NOT_IN_LIST);
    else if (field->max_length && strlen(text) > (size_t)field->max_length &&
             characters(text) > (size_t)field->max_length)
        problems_add(&act->problems, problem_name(field), "is too long (maximum is %d characters)", field->max_length);
    else if (field->fits && !field->fits(text))
        problems_add(&act->problems, problem_name(field), PROBLEM_INVALID);
    if (text) {
        act->change.cells[place].text = x_strdup(text);
        act->change.set[place] = true;
    }
}

static bool is_number_choice(const int *numbers, double value)
{
    for (; *numbers >= 0; numbers++)
        if (value == *numbers)
            return true;
    return false;
}

static void read_integer(struct act *act, int place, const struct field *field, const struct json *value)
{
    double number = json_number(value, NAN);

    if (isnan(number) || number != floor(number))
        problems_add(&act->problems, problem_name(field), PROBLEM_NOT_NUMBER);
    else if (field->numbers && !is_number_choice(field->numbers, number))
        problems_add(&act->problems, problem_name(field), PROBLEM_NOT_IN_LIST);
    else if (field->greatest && number < field->least)
        problems_add(&act->problems, problem_name(field), "must be greater than or equal to %" PRId64, field->least);
    else if (field->greatest && number > field->greatest)
        problems_add(&act->problems, problem_name(field), "must be less than or equal to %" PRId64, field->greatest);
    else if (fabs(number) > 1e15)
        problems_add(&act->problems, problem_name(field), PROBLEM_INVALID);
    else
        change_number(&act->change, place, (int64_t)number);
}

/* A decimal is a number in some bodies and a text in others, never either (API reference, quirk 5). */
static void read_decimal(struct act *act, int place, const struct field *field, const struct json *value)
{
    bool is_number = field->kind == FIELD_NUMBER;
    struct fault ignored;
    struct json_writer writer;
    struct text kept;
    double number = 0;

    text_init(&kept, DECIMAL_MAX);
    json_write_init(&writer, &kept);
    if (is_number)
        json_put_value(&writer, value);
    else
        text_puts(&kept, json_text(value, ""));
    if ((is_number ? !json_is_number(value) : !json_is_text(value)) || kept.overflowed ||
        !decimal_parse(text_slice(&kept), &number, &ignored))
        problems_add(&act->problems, problem_name(field), PROBLEM_NOT_NUMBER);
    else if (field->fits && !field->fits(text_string(&kept)))
        problems_add(&act->problems, problem_name(field), PROBLEM_INVALID);
    else
        change_text(&act->change, place, text_string(&kept));
    text_release(&kept);
}

static void read_date(struct act *act, int place, const struct field *field, const struct json *value)
{
    int64_t date = 0;

    if (date_parse(json_text(value, ""), &date))
        change_number(&act->change, place, date);
    else
        problems_add(&act->problems, problem_name(field), PROBLEM_INVALID);
}

static void read_instant(struct act *act, int place, const struct field *field, const struct json *value)
{
    struct fault ignored;
    int64_t seconds = 0;

    if (instant_parse(slice_of(json_text(value, "")), &seconds, &ignored))
        change_number(&act->change, place, seconds);
    else
        problems_add(&act->problems, problem_name(field), PROBLEM_INVALID);
}

static bool read_id_value(const struct json *value, uint64_t *ret)
{
    double number = json_number(value, 0);

    if (json_is_text(value))
        return id_parse(json_text(value, ""), ret);
    if (!(number >= 1 && number < EXACT_MOST) || number != floor(number))
        return false;
    *ret = (uint64_t)number;
    return true;
}

/* A collection that the sandbox does not serve has no records, so any id in it is unknown. */
static bool exists(struct act *act, const char *collection, uint64_t id)
{
    enum resource_kind kind =
        resource_find(strcmp(collection, "bookings") == 0 ? "individual_appointments" : collection);
    struct record *record = kind == RESOURCE_COUNT ? NULL : table_find(act_table(act, kind), id);

    return record && record->cells[RECORD_DELETED_AT].number == CELL_NULL;
}

/* What a 422 says of a value that is not there. An unknown appointment type is reported as a fault of max_attendees
 * (API reference 4.1). */
static const char *missing_text(const struct field *field)
{
    if (field->kind == FIELD_BOOL)
        return PROBLEM_NOT_IN_LIST;
    return field->problem && strcmp(field->problem, "max_attendees") == 0 ? PROBLEM_NOT_NUMBER : PROBLEM_BLANK;
}

static void read_id(struct act *act, int place, const struct field *field, const struct json *value)
{
    uint64_t id = 0;

    if (json_is_text(value) && is_blank(json_text(value, ""))) {
        change_id(&act->change, place, 0);
        return;
    }
    if (!read_id_value(value, &id) || (field->target && !exists(act, field->target, id))) {
        problems_add(&act->problems, problem_name(field), "%s", missing_text(field));
        act->unknown_related = true;
        return;
    }
    change_id(&act->change, place, id);
}

static void read_ids(struct act *act, int place, const struct field *field, const struct json *value)
{
    struct json_writer writer;
    struct text kept;
    uint64_t id = 0;
    char text[ID_SIZE];

    text_init(&kept, KEPT_JSON_MAX);
    json_write_init(&writer, &kept);
    json_begin_array(&writer);
    for (const struct json *item = json_first(value); item; item = json_next(item)) {
        if (!read_id_value(item, &id) || (field->target && !exists(act, field->target, id))) {
            problems_add(&act->problems, problem_name(field), PROBLEM_INVALID);
            break;
        }
        id_format(id, text);
        json_put_text(&writer, text);
    }
    json_end_array(&writer);
    if (!json_is_array(value) || kept.overflowed)
        problems_add(&act->problems, problem_name(field), PROBLEM_INVALID);
    act->change.cells[place].text = text_take(&kept);
    act->change.set[place] = true;
    text_release(&kept);
}

static void read_json(struct act *act, int place, const struct field *field, const struct json *value)
{
    const char *problem = PROBLEM_INVALID;
    struct text kept;

    text_init(&kept, KEPT_JSON_MAX);
    if (!field->check(value, &kept, &problem) || kept.overflowed)
        problems_add(&act->problems, problem_name(field), "%s", problem);
    act->change.cells[place].text = text_take(&kept);
    act->change.set[place] = true;
    text_release(&kept);
}

static void read_null(struct act *act, int place, const struct field *field)
{
    if (field->flags & (FIELD_REQUIRED | FIELD_NOT_NULL)) {
        problems_add(&act->problems, problem_name(field), "%s", missing_text(field));
        return;
    }
    if (cell_is_text(field->kind))
        act->change.cells[place].text = NULL;
    else if (field->kind == FIELD_ID)
        act->change.cells[place].id = 0;
    else
        act->change.cells[place].number = CELL_NULL;
    act->change.set[place] = true;
}

static void read_value(struct act *act, int place, const struct field *field, const struct json *value)
{
    switch (field->kind) {
    case FIELD_TEXT:
        read_text(act, place, field, value);
        break;
    case FIELD_BOOL:
        if (json_is_bool(value))
            change_number(&act->change, place, json_bool(value, false));
        else
            problems_add(&act->problems, problem_name(field), PROBLEM_NOT_IN_LIST);
        break;
    case FIELD_INTEGER:
        read_integer(act, place, field, value);
        break;
    case FIELD_NUMBER:
    case FIELD_DECIMAL:
        read_decimal(act, place, field, value);
        break;
    case FIELD_DATE:
        read_date(act, place, field, value);
        break;
    case FIELD_INSTANT:
        read_instant(act, place, field, value);
        break;
    case FIELD_ID:
        read_id(act, place, field, value);
        break;
    case FIELD_IDS:
        read_ids(act, place, field, value);
        break;
    case FIELD_JSON:
        read_json(act, place, field, value);
        break;
    case FIELD_LINK:
        break;
    }
}

static void require(struct act *act, const struct schema *schema)
{
    for (int i = 0; i < schema->count; i++) {
        const struct field *field = &schema->fields[i];

        if ((field->flags & FIELD_REQUIRED) && cell_is_null(field->kind, act_cell(act, i)))
            problems_add(&act->problems, problem_name(field), "%s", missing_text(field));
    }
}

void input_read(struct act *act)
{
    const struct schema *schema = resources[act->kind]->schema;
    int wanted = act->record ? FIELD_ON_UPDATE : FIELD_ON_CREATE;

    if (act->seeding)
        wanted |= FIELD_SEED;
    for (const struct json *member = json_first(act->body); member; member = json_next(member)) {
        const char *name = json_name(member);
        int place = schema_find(schema, name, strlen(name));

        /* Of a name that is given twice the first counts, as in json_member. */
        if (place < 0 || act->change.set[place] || !(schema->fields[place].flags & wanted))
            continue;
        if (json_is_null(member))
            read_null(act, place, &schema->fields[place]);
        else
            read_value(act, place, &schema->fields[place], member);
    }
    require(act, schema);
}

/* The size of the number at the start of the bytes if it is a whole one with more digits than a double keeps, else 0.
 */
static size_t long_number(struct slice rest)
{
    size_t size = 0;

    while (size < rest.size && isdigit((unsigned char)rest.data[size]))
        size++;
    if (size <= EXACT_DIGITS || (size < rest.size && strchr(".eE", rest.data[size])))
        return 0;
    return size;
}

void input_quote_long_numbers(struct slice json, struct text *out)
{
    bool in_text = false;

    for (size_t i = 0; i < json.size; i++) {
        bool starts = !in_text && isdigit((unsigned char)json.data[i]) &&
                      (i == 0 || !strchr("0123456789.-+eE", json.data[i - 1]));
        size_t size = starts ? long_number((struct slice){json.data + i, json.size - i}) : 0;

        if (size) {
            text_putc(out, '"');
            text_put(out, json.data + i, size);
            text_putc(out, '"');
            i += size - 1;
        } else if (in_text && json.data[i] == '\\' && i + 1 < json.size) {
            text_put(out, json.data + i, 2);
            i++;
        } else {
            if (json.data[i] == '"')
                in_text = !in_text;
            text_putc(out, json.data[i]);
        }
    }
}

bool input_has_long_numbers(const struct json *json)
{
    if (json_number(json, 0) >= EXACT_MOST)
        return true;
    for (const struct json *member = json_first(json); member; member = json_next(member)) {
        if (json_number(member, 0) >= EXACT_MOST)
            return true;
        for (const struct json *element = json_first(member); element; element = json_next(element))
            if (json_number(element, 0) >= EXACT_MOST)
                return true;
    }
    return false;
}
