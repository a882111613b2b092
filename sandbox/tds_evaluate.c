#include "sandbox/tds_evaluate.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/number.h"
#include "model/scratch.h"
#include "sandbox/tds_convert.h"

enum { UNKNOWN_FUNCTION = 195, UNKNOWN_COLUMN = 207, SYNTAX = 102, WRONG_COUNT = 174, CONVERSION = 245 };

static const struct tds_type type_int = {.id = TDS_TYPE_INT, .length = 4};
static const struct tds_type type_bigint = {.id = TDS_TYPE_BIGINT, .length = 8};
static const struct tds_type type_name = {.id = TDS_TYPE_NVARCHAR, .length = 256};
static const struct tds_type type_text = {.id = TDS_TYPE_NVARCHAR, .length = 8000};
static const struct tds_type type_small = {.id = TDS_TYPE_SMALLINT, .length = 2};

static bool refuse(struct fault *fault, int number, const char *format, const char *name)
{
    scoped(string_free) char *text = x_sprintf("%s '%s'.", format, name);

    fault_set(fault, FAULT_BAD_INPUT, "%s", text);
    fault->code = number;
    return false;
}

static bool is_call(const struct tds_node *node, const char *name)
{
    return strcasecmp(node->name, name) == 0;
}

static size_t wanted_parts(const struct tds_node *node)
{
    static const struct {
        const char *name;
        size_t parts;
    } functions[] = {
        {"DATALENGTH", 1}, {"SUBSTRING", 3},   {"COUNT", 1},       {"SERVERPROPERTY", 1}, {"COLLATIONPROPERTY", 2},
        {"DB_NAME", 0},    {"SCHEMA_NAME", 1}, {"SUSER_SNAME", 0}, {"ISNULL", 2},         {"SQL_VARIANT_PROPERTY", 2},
    };

    for (size_t i = 0; i < array_length(functions); i++)
        if (is_call(node, functions[i].name))
            return functions[i].parts;
    return SIZE_MAX;
}

static bool type_of_call(const struct tds_scope *scope, const struct tds_node *node, struct tds_type *ret,
                         struct fault *fault)
{
    size_t parts = wanted_parts(node);
    struct tds_type first = type_int;
    bool ignored = false;

    if (parts == SIZE_MAX)
        return refuse(fault, UNKNOWN_FUNCTION, "This function is not known to the stand-in:", node->name);
    if (node->part_count != parts)
        return refuse(fault, WRONG_COUNT, "Another number of arguments is expected by", node->name);
    for (size_t i = 0; i < node->part_count; i++) {
        struct tds_type type = type_int;

        if (node->parts[i]->kind != TDS_NODE_STAR && !tds_type_of(scope, node->parts[i], &type, &ignored, fault))
            return false;
        first = i == 0 ? type : first;
    }
    if (is_call(node, "DATALENGTH"))
        *ret = tds_type_is_chunked(&first) ? type_bigint : type_int;
    else if (is_call(node, "SUBSTRING") || is_call(node, "ISNULL"))
        *ret = first;
    else
        *ret = is_call(node, "COUNT") || is_call(node, "COLLATIONPROPERTY") ? type_int : type_name;
    return true;
}

static bool type_of_case(const struct tds_scope *scope, const struct tds_node *node, struct tds_type *ret,
                         struct fault *fault)
{
    bool ignored = false;
    bool found = false;

    *ret = type_int;
    for (size_t i = 0; i < node->part_count; i++) {
        bool is_value = i % 2 == 1 || (node->otherwise && i + 1 == node->part_count);
        struct tds_type type;

        if (!tds_type_of(scope, node->parts[i], &type, &ignored, fault))
            return false;
        if (is_value && !found && node->parts[i]->kind != TDS_NODE_NULL) {
            *ret = type;
            found = true;
        }
    }
    return true;
}

static bool check_parts(const struct tds_scope *scope, const struct tds_node *node, struct fault *fault)
{
    struct tds_type type;
    bool ignored = false;

    for (size_t i = 0; i < node->part_count; i++)
        if (!tds_type_of(scope, node->parts[i], &type, &ignored, fault))
            return false;
    return true;
}

bool tds_type_of(const struct tds_scope *scope, const struct tds_node *node, struct tds_type *ret, bool *ret_nullable,
                 struct fault *fault)
{
    size_t field = 0;

    *ret_nullable = true;
    *ret = type_int;
    switch (node->kind) {
    case TDS_NODE_COLUMN:
        field = scope->rows ? tds_rows_field(scope->rows, node->name) : 0;
        if (!scope->rows || field == scope->rows->field_count)
            return refuse(fault, UNKNOWN_COLUMN, "Invalid column name", node->name);
        *ret = scope->rows->fields[field].type;
        *ret_nullable = !scope->rows->fields[field].key;
        return true;
    case TDS_NODE_TEXT:
        *ret = type_text;
        return true;
    case TDS_NODE_CALL:
        return type_of_call(scope, node, ret, fault);
    case TDS_NODE_GLOBAL:
        *ret = is_call(node, "@@SPID") ? type_small : is_call(node, "@@TRANCOUNT") ? type_int : type_text;
        return true;
    case TDS_NODE_CAST:
        *ret = node->type;
        return check_parts(scope, node, fault);
    case TDS_NODE_CASE:
        return type_of_case(scope, node, ret, fault);
    case TDS_NODE_NUMBER:
    case TDS_NODE_NULL:
        return true;
    case TDS_NODE_STAR:
        return refuse(fault, SYNTAX, "Incorrect syntax near", "*");
    case TDS_NODE_COMPARE:
    case TDS_NODE_IS_NULL:
    case TDS_NODE_IN:
    case TDS_NODE_AND:
    case TDS_NODE_OR:
        break;
    }
    return check_parts(scope, node, fault);
}

static struct tds_datum made_text(const struct tds_scope *scope, const char *text)
{
    return tds_text(scratch_copy(scope->scratch, slice_of(text)));
}

static struct tds_datum server_property(const struct tds_scope *scope, const struct tds_datum *name)
{
    if (name->kind == TDS_TEXT && name->bytes.size == 14 && strncasecmp(name->bytes.data, "ProductVersion", 14) == 0)
        return made_text(scope, "15.0.4183.0");
    if (name->kind == TDS_TEXT && name->bytes.size == 7 && strncasecmp(name->bytes.data, "Edition", 7) == 0)
        return made_text(scope, "Stand-in for tests");
    return (struct tds_datum){.kind = TDS_NULL};
}

static bool integer_of(const struct tds_datum *datum, int64_t *ret)
{
    struct fault ignored = {0};

    *ret = datum->number;
    return datum->kind == TDS_NUMBER ||
           (datum->kind == TDS_TEXT && number_parse(datum->bytes, INT64_MIN, INT64_MAX, ret, &ignored));
}

/* Of bytes; a text is cut by characters. */
static struct tds_datum substring(struct tds_datum datum, int64_t from, int64_t length)
{
    int64_t size = datum.kind == TDS_FILE ? datum.size : (int64_t)datum.bytes.size;
    int64_t start = from > 1 ? from - 1 : 0;

    if (datum.kind == TDS_TEXT) {
        size_t at = 0;

        for (int64_t i = 0; i < start && at < datum.bytes.size; i++)
            do
                at++;
            while (at < datum.bytes.size && (datum.bytes.data[at] & 0xC0) == 0x80);
        datum.bytes = (struct slice){datum.bytes.data + at, datum.bytes.size - at};
        start = 0;
        for (int64_t i = 0; i < length && start < (int64_t)datum.bytes.size; i++)
            do
                start++;
            while (start < (int64_t)datum.bytes.size && (datum.bytes.data[start] & 0xC0) == 0x80);
        datum.bytes.size = (size_t)start;
        return datum;
    }
    start = start < size ? start : size;
    size = size - start < length ? size - start : length;
    if (datum.kind == TDS_FILE) {
        datum.from += start;
        datum.size = size;
    } else {
        datum.bytes = (struct slice){datum.bytes.data + start, (size_t)size};
    }
    return datum;
}

/* Of a sql_variant, that of what it holds. */
static bool data_length(const struct tds_datum *datum, const struct tds_type *type, struct tds_datum *ret,
                        struct fault *fault)
{
    struct tds_datum value = *datum;
    struct tds_type held = *type;
    struct slice name;

    if (type->id == TDS_TYPE_VARIANT && !tds_variant_open(datum, &name, &held, &value, fault))
        return false;
    *ret = tds_number(tds_datum_size(&value, &held));
    return true;
}

static bool variant_property(const struct tds_scope *scope, const struct tds_datum *variant,
                             const struct tds_datum *property, struct tds_datum *ret, struct fault *fault)
{
    struct tds_datum value;
    struct tds_type type;
    struct slice name;

    if (!tds_variant_open(variant, &name, &type, &value, fault))
        return false;
    if (slice_equals(property->bytes, "BaseType"))
        *ret = tds_text(name);
    else if (slice_equals(property->bytes, "Collation") && tds_type_is_text(&type))
        *ret = made_text(scope, tds_collation_name);
    return true;
}

static bool evaluate_call(const struct tds_scope *scope, const struct tds_node *node, struct tds_datum *ret,
                          struct fault *fault)
{
    struct tds_datum parts[3] = {{TDS_NULL, 0, {0}, 0, 0}, {TDS_NULL, 0, {0}, 0, 0}, {TDS_NULL, 0, {0}, 0, 0}};
    struct tds_type type = type_int;
    int64_t from = 0;
    int64_t length = 0;
    bool ignored = false;

    if (is_call(node, "COUNT")) {
        *ret = tds_number((int64_t)scope->rows->row_count);
        return true;
    }
    for (size_t i = 0; i < node->part_count && i < array_length(parts); i++)
        if (!tds_evaluate(scope, node->parts[i], &parts[i], fault))
            return false;
    if (is_call(node, "DB_NAME"))
        *ret = made_text(scope, scope->session->database);
    else if (is_call(node, "SUSER_SNAME"))
        *ret = made_text(scope, scope->session->user);
    else if (is_call(node, "SCHEMA_NAME"))
        *ret = made_text(scope, parts[0].number == 1 ? "dbo" : "sys");
    else if (is_call(node, "SERVERPROPERTY"))
        *ret = server_property(scope, &parts[0]);
    else if (is_call(node, "ISNULL"))
        *ret = parts[parts[0].kind == TDS_NULL];
    else if (parts[0].kind == TDS_NULL)
        *ret = parts[0];
    else if (is_call(node, "COLLATIONPROPERTY"))
        *ret = tds_number(TDS_CODE_PAGE);
    else if (is_call(node, "SQL_VARIANT_PROPERTY"))
        return variant_property(scope, &parts[0], &parts[1], ret, fault);
    else if (is_call(node, "DATALENGTH") && tds_type_of(scope, node->parts[0], &type, &ignored, fault))
        return data_length(&parts[0], &type, ret, fault);
    else if (is_call(node, "SUBSTRING") && integer_of(&parts[1], &from) && integer_of(&parts[2], &length) &&
             length >= 0)
        *ret = substring(parts[0], from, length);
    else
        return refuse(fault, CONVERSION, "An argument is out of range in", node->name);
    return true;
}

static bool evaluate_cast(const struct tds_scope *scope, const struct tds_node *node, struct tds_datum *ret,
                          struct fault *fault)
{
    struct tds_datum style = tds_number(TDS_STYLE_NONE);
    struct tds_datum value = {.kind = TDS_NULL};
    struct tds_type from = type_int;
    bool ignored = false;

    return tds_type_of(scope, node->parts[0], &from, &ignored, fault) &&
           tds_evaluate(scope, node->parts[0], &value, fault) &&
           (node->part_count < 2 || tds_evaluate(scope, node->parts[1], &style, fault)) &&
           tds_convert(scope->scratch, &from, value, &node->type, style.number, ret, fault);
}

static bool evaluate_case(const struct tds_scope *scope, const struct tds_node *node, struct tds_datum *ret,
                          struct fault *fault)
{
    size_t pairs = (node->part_count - node->otherwise) / 2;

    for (size_t i = 0; i < pairs; i++) {
        bool holds = false;

        if (!tds_holds(scope, node->parts[2 * i], &holds, fault))
            return false;
        if (holds)
            return tds_evaluate(scope, node->parts[2 * i + 1], ret, fault);
    }
    *ret = (struct tds_datum){.kind = TDS_NULL};
    return !node->otherwise || tds_evaluate(scope, node->parts[node->part_count - 1], ret, fault);
}

static struct tds_datum global_of(const struct tds_scope *scope, const struct tds_node *node)
{
    if (is_call(node, "@@SPID"))
        return tds_number(scope->session->number);
    if (is_call(node, "@@TRANCOUNT"))
        return tds_number(0);
    return made_text(scope,
                     is_call(node, "@@VERSION") ? "Microsoft SQL Server stand-in for tests - 15.0.4183.0" : "STANDIN");
}

bool tds_evaluate(const struct tds_scope *scope, const struct tds_node *node, struct tds_datum *ret,
                  struct fault *fault)
{
    *ret = (struct tds_datum){.kind = TDS_NULL};
    switch (node->kind) {
    case TDS_NODE_COLUMN:
        *ret = scope->row[tds_rows_field(scope->rows, node->name)];
        return true;
    case TDS_NODE_NUMBER:
        *ret = tds_number(node->number);
        return true;
    case TDS_NODE_TEXT:
        *ret = tds_text(slice_of(node->text));
        return true;
    case TDS_NODE_CALL:
        return evaluate_call(scope, node, ret, fault);
    case TDS_NODE_GLOBAL:
        *ret = global_of(scope, node);
        return true;
    case TDS_NODE_CAST:
        return evaluate_cast(scope, node, ret, fault);
    case TDS_NODE_CASE:
        return evaluate_case(scope, node, ret, fault);
    case TDS_NODE_NULL:
    case TDS_NODE_STAR:
    case TDS_NODE_COMPARE:
    case TDS_NODE_IS_NULL:
    case TDS_NODE_IN:
    case TDS_NODE_AND:
    case TDS_NODE_OR:
        break;
    }
    return true;
}

int tds_compare(const struct tds_datum *one, const struct tds_datum *two)
{
    size_t least = one->bytes.size < two->bytes.size ? one->bytes.size : two->bytes.size;
    int64_t first = 0;
    int64_t second = 0;
    int order = 0;

    if (integer_of(one, &first) && integer_of(two, &second))
        return (first > second) - (first < second);
    if (one->kind != TDS_TEXT || two->kind != TDS_TEXT)
        return (int)one->kind - (int)two->kind;
    order = strncasecmp(one->bytes.data, two->bytes.data, least);
    return order ? order : (one->bytes.size > two->bytes.size) - (one->bytes.size < two->bytes.size);
}

static bool matches(const char *sign, int order)
{
    if (sign[0] == '=')
        return order == 0;
    if (sign[0] == '!' || sign[1] == '>')
        return order != 0;
    if (order == 0)
        return sign[1] == '=';
    return sign[0] == '<' ? order < 0 : order > 0;
}

static bool is_moment(const struct tds_scope *scope, const struct tds_node *node)
{
    struct tds_type type = type_int;
    struct fault ignored = {0};
    bool nullable = false;

    if (!tds_type_of(scope, node, &type, &nullable, &ignored))
        return false;
    return (type.id >= TDS_TYPE_DATE && type.id <= TDS_TYPE_DATETIMEOFFSET) || type.id == TDS_TYPE_DATETIME ||
           type.id == TDS_TYPE_SMALLDATETIME;
}

/* Dates and times are compared by their digits, however they are written: '20260228', '2026-02-28T00:00:00'. */
static void keep_digits(const struct tds_scope *scope, struct tds_datum *datum)
{
    struct text digits;

    if (datum->kind != TDS_TEXT)
        return;
    text_init(&digits, datum->bytes.size + 1);
    for (size_t i = 0; i < datum->bytes.size; i++)
        if (datum->bytes.data[i] >= '0' && datum->bytes.data[i] <= '9')
            text_putc(&digits, datum->bytes.data[i]);
    while (digits.size > 8 && digits.data[digits.size - 1] == '0')
        digits.size--;
    text_putc(&digits, '-'); /* no number: these are texts */
    datum->bytes = scratch_copy(scope->scratch, text_slice(&digits));
    text_release(&digits);
}

static bool holds_in(const struct tds_scope *scope, const struct tds_node *node, const struct tds_datum *first,
                     bool *ret, struct fault *fault)
{
    bool found = false;

    for (size_t i = 1; i < node->part_count && !found; i++) {
        struct tds_datum other;

        if (!tds_evaluate(scope, node->parts[i], &other, fault))
            return false;
        found = other.kind != TDS_NULL && tds_compare(first, &other) == 0;
    }
    *ret = first->kind != TDS_NULL && found != node->negated;
    return true;
}

static bool holds_all(const struct tds_scope *scope, const struct tds_node *node, bool *ret, struct fault *fault)
{
    bool wanted = node->kind == TDS_NODE_AND;

    *ret = wanted;
    for (size_t i = 0; i < node->part_count && *ret == wanted; i++)
        if (!tds_holds(scope, node->parts[i], ret, fault))
            return false;
    return true;
}

bool tds_holds(const struct tds_scope *scope, const struct tds_node *node, bool *ret, struct fault *fault)
{
    struct tds_datum first;
    struct tds_datum second;

    if (node->kind == TDS_NODE_AND || node->kind == TDS_NODE_OR)
        return holds_all(scope, node, ret, fault);
    if (!tds_evaluate(scope, node->parts[0], &first, fault))
        return false;
    if (node->kind == TDS_NODE_IN)
        return holds_in(scope, node, &first, ret, fault);
    if (node->kind == TDS_NODE_IS_NULL) {
        *ret = (first.kind == TDS_NULL) != node->negated;
        return true;
    }
    if (!tds_evaluate(scope, node->parts[1], &second, fault))
        return false;
    if (is_moment(scope, node->parts[0])) {
        keep_digits(scope, &first);
        keep_digits(scope, &second);
    }
    *ret = first.kind != TDS_NULL && second.kind != TDS_NULL && matches(node->name, tds_compare(&first, &second));
    return true;
}
