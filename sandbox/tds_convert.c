#include "sandbox/tds_convert.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "model/scratch.h"

enum {
    CONVERSION = 245,
    NO_STYLE = 281,
    STYLE_MONEY_WHOLE = 2,
    STYLE_SECONDS = 120,
    STYLE_MILLISECONDS = 121,
    SECONDS_SIZE = 19,
    MILLISECONDS_SIZE = 23,
    MONEY_PLACES_LEFT_OUT = 2,
};

static bool refuse(struct fault *fault, int number, const char *what)
{
    fault_set(fault, FAULT_BAD_INPUT, "The stand-in cannot convert to '%s'.", what);
    fault->code = number;
    return false;
}

bool tds_variant_open(const struct tds_datum *datum, struct slice *ret_name, struct tds_type *ret_type,
                      struct tds_datum *ret_value, struct fault *fault)
{
    struct slice text = datum->bytes;
    const char *colon = datum->kind == TDS_TEXT && text.size ? memchr(text.data, ':', text.size) : NULL;
    struct slice type = {text.data, colon ? (size_t)(colon - text.data) : 0};
    const char *bracket = type.size ? memchr(type.data, '(', type.size) : NULL;

    if (!colon || !tds_type_parse(type, ret_type))
        return refuse(fault, CONVERSION, "sql_variant");
    *ret_name = (struct slice){type.data, bracket ? (size_t)(bracket - type.data) : type.size};
    *ret_value = tds_text((struct slice){colon + 1, text.size - type.size - 1});
    return true;
}

/* Numbers go with their highest byte first, other than over the wire. */
static bool put_number(const struct tds_datum *value, const struct tds_type *from, struct text *out,
                       struct fault *fault)
{
    scoped(text_release) struct text wire;

    text_init(&wire, INT_MAX);
    if (!tds_datum_put(value, from, &wire, fault))
        return false;
    for (size_t i = wire.size; i > 1; i--)
        text_putc(out, wire.data[i - 1]);
    return true;
}

static bool to_bytes(struct scratch *scratch, const struct tds_type *from, const struct tds_datum *value,
                     const struct tds_type *to, struct tds_datum *ret, struct fault *fault)
{
    scoped(text_release) struct text bytes = {0};
    bool good = true;

    *ret = *value;
    if (value->kind != TDS_TEXT)
        return true;
    text_init(&bytes, INT_MAX);
    if (tds_type_is_text(from))
        tds_put_stored(value->bytes, from, &bytes);
    else if (from->id == TDS_TYPE_FLOAT || from->id == TDS_TYPE_REAL || tds_type_is_integer(from))
        good = put_number(value, from, &bytes, fault);
    else if (tds_type_is_bytes(from))
        good = tds_datum_put_bytes(value, INT64_MAX, &bytes, fault);
    else
        return refuse(fault, CONVERSION, "varbinary");
    if (to->length >= 0 && bytes.size > (size_t)to->length)
        bytes.size = (size_t)to->length;
    *ret = (struct tds_datum){.kind = TDS_BYTES, .bytes = scratch_copy(scratch, text_slice(&bytes))};
    return good;
}

/* By the style that is asked for; without one a server writes neither all digits of money nor the date as one sorts it.
 */
static bool to_styled(struct scratch *scratch, const struct tds_type *from, struct tds_datum *value, int64_t style,
                      struct fault *fault)
{
    bool is_money = from->id == TDS_TYPE_MONEY || from->id == TDS_TYPE_SMALLMONEY;
    bool is_old_date = from->id == TDS_TYPE_DATETIME || from->id == TDS_TYPE_SMALLDATETIME;
    scoped(text_release) struct text written = {0};

    if (value->kind != TDS_TEXT || (!is_money && !is_old_date))
        return true;
    text_init(&written, INT_MAX);
    text_put(&written, value->bytes.data, value->bytes.size);
    if (is_old_date && style != STYLE_SECONDS && style != STYLE_MILLISECONDS)
        return refuse(fault, NO_STYLE, "this style of a date");
    if (is_money && style != STYLE_MONEY_WHOLE && written.size > MONEY_PLACES_LEFT_OUT)
        written.size -= MONEY_PLACES_LEFT_OUT;
    if (is_old_date && style == STYLE_SECONDS && written.size > SECONDS_SIZE)
        written.size = SECONDS_SIZE;
    if (is_old_date && style == STYLE_MILLISECONDS && written.size < MILLISECONDS_SIZE)
        text_puts(&written, ".000");
    value->bytes = scratch_copy(scratch, text_slice(&written));
    return true;
}

static bool integer_of(const struct tds_datum *datum, int64_t *ret)
{
    struct fault ignored = {0};

    *ret = datum->number;
    return datum->kind == TDS_NUMBER ||
           (datum->kind == TDS_TEXT && number_parse(datum->bytes, INT64_MIN, INT64_MAX, ret, &ignored));
}

bool tds_convert(struct scratch *scratch, const struct tds_type *from, struct tds_datum value,
                 const struct tds_type *to, int64_t style, struct tds_datum *ret, struct fault *fault)
{
    struct tds_type held = *from;
    struct slice ignored = {0};
    int64_t number = 0;

    *ret = value;
    if (value.kind == TDS_NULL)
        return true;
    if (from->id == TDS_TYPE_VARIANT && !tds_variant_open(&value, &ignored, &held, ret, fault))
        return false;
    if (tds_type_is_bytes(to)) {
        value = *ret;
        return to_bytes(scratch, &held, &value, to, ret, fault);
    }
    if (tds_type_is_integer(to)) {
        if (!integer_of(ret, &number))
            return refuse(fault, CONVERSION, "int");
        *ret = tds_number(number);
    } else if (tds_type_is_text(to) && ret->kind == TDS_NUMBER) {
        char digits[32];

        snprintf(digits, sizeof digits, "%" PRId64, ret->number);
        *ret = tds_text(scratch_copy(scratch, slice_of(digits)));
    } else if (tds_type_is_text(to)) {
        return to_styled(scratch, &held, ret, style, fault);
    }
    return true;
}
