/* Values in the bytes that an ordinary record holds, from their compressed form. Format, section 10. */
#include <stdlib.h>
#include <string.h>
#include <unicode/ucnv.h>

#include "base/memory.h"
#include "base/must.h"
#include "source/bak/compression.h"

enum {
    NUMBER_MAX = 8,
    DECIMAL_BIAS = 64,
    DECIMAL_DIGITS_MAX = 60,
    GROUP_BITS = 10,
    GROUP_DIGITS = 3,
    GROUP_MOST = 999,
    GROUP_FIRST_LEAST = 100, /* the first digit is not zero */
};

static bool bad(const char *why, const char **ret_why)
{
    *ret_why = why;
    return false;
}

/* Big-endian, with 2^(8n-1) added so that it is never negative; to little-endian with all its bytes. */
static bool expand_integer(const uint8_t *data, size_t size, size_t full, uint8_t *to, const char **ret_why)
{
    uint64_t number = 0;

    if (size > full || full > NUMBER_MAX)
        return bad("a number has more bytes than its type", ret_why);
    for (size_t i = 0; i < size; i++)
        number = number << 8 | data[i];
    if (size)
        number -= (uint64_t)1 << (8 * size - 1);
    for (size_t i = 0; i < full; i++)
        to[i] = (uint8_t)(number >> 8 * i);
    return true;
}

/* Bytes without the zeros (or blanks) at their end, or at their beginning. */
static bool pad(const uint8_t *data, size_t size, size_t full, int filler, bool in_front, uint8_t *to,
                const char **ret_why)
{
    if (size > full)
        return bad("a value has more bytes than its type", ret_why);
    memset(to, filler, full);
    memcpy(in_front ? to + full - size : to, data, size);
    return true;
}

static unsigned group_at(const uint8_t *data, size_t size, size_t group)
{
    unsigned value = 0;

    for (size_t bit = group * GROUP_BITS; bit < (group + 1) * GROUP_BITS; bit++)
        value = value << 1 | (bit / 8 < size ? data[bit / 8] >> (7 - bit % 8) & 1u : 0);
    return value;
}

/* Writes the digits of all groups; false when one is no group of three digits. */
static bool read_digits(const uint8_t *data, size_t size, char digits[DECIMAL_DIGITS_MAX], size_t *ret)
{
    size_t groups = (8 * size + GROUP_BITS - 1) / GROUP_BITS;

    *ret = 0;
    for (size_t i = 0; i < groups; i++) {
        unsigned group = group_at(data, size, i);

        if (group > GROUP_MOST || (i == 0 && group < GROUP_FIRST_LEAST) || *ret + GROUP_DIGITS > DECIMAL_DIGITS_MAX)
            return false;
        digits[(*ret)++] = (char)(group / 100);
        digits[(*ret)++] = (char)(group / 10 % 10);
        digits[(*ret)++] = (char)(group % 10);
    }
    while (*ret && digits[*ret - 1] == 0)
        --*ret;
    return true;
}

/* A sign, an exponent of ten, and digits with the point after the first; to a sign byte and an integer of the column's
 * scale. */
static bool expand_decimal(const struct bak_column *column, const uint8_t *data, size_t size, size_t full, uint8_t *to,
                           const char **ret_why)
{
    unsigned __int128 magnitude = 0;
    char digits[DECIMAL_DIGITS_MAX];
    size_t count = 0;
    int zeros;

    memset(to, 0, full);
    to[0] = 1;
    if (size == 0)
        return true;
    if (!read_digits(data + 1, size - 1, digits, &count) || count == 0)
        return bad("a decimal number has digits that are none", ret_why);
    to[0] = data[0] >> 7;
    zeros = (data[0] & 0x7F) - DECIMAL_BIAS - (int)(count - 1) + column->scale;
    if (zeros < 0 || (size_t)zeros + count > 38)
        return bad("a decimal number does not fit its precision", ret_why);
    for (size_t i = 0; i < count + (size_t)zeros; i++)
        magnitude = magnitude * 10 + (i < count ? (unsigned)digits[i] : 0);
    for (size_t i = 1; i < full; i++, magnitude >>= 8)
        to[i] = (uint8_t)magnitude;
    return magnitude == 0 || bad("a decimal number does not fit its size", ret_why);
}

/* An odd number of bytes is SCSU (Unicode Technical Standard 6); an even one UTF-16 as it stands. */
static bool expand_unicode(const uint8_t *data, size_t size, struct scratch *scratch, struct slice *ret,
                           const char **ret_why)
{
    UErrorCode status = U_ZERO_ERROR;
    UConverter *from;
    UChar *units;
    int32_t count;

    if (size % 2 == 0) {
        *ret = (struct slice){(const char *)data, size};
        return true;
    }
    from = ucnv_open("SCSU", &status);
    must(U_SUCCESS(status));
    units = x_alloc_array(size * 2 + 1, sizeof *units);
    count = ucnv_toUChars(from, units, (int32_t)size * 2, (const char *)data, (int32_t)size, &status);
    ucnv_close(from);
    if (U_SUCCESS(status)) {
        uint8_t *bytes = (uint8_t *)scratch_take(scratch, (size_t)count * 2 + 1);

        for (int32_t i = 0; i < count; i++) {
            bytes[2 * i] = (uint8_t)units[i];
            bytes[2 * i + 1] = (uint8_t)(units[i] >> 8);
        }
        *ret = (struct slice){(const char *)bytes, (size_t)count * 2};
    }
    free(units);
    return U_SUCCESS(status) || bad("a text cannot be expanded", ret_why);
}

static bool expand_nchar(const uint8_t *data, size_t size, size_t full, struct scratch *scratch, struct slice *ret,
                         const char **ret_why)
{
    struct slice text = {0};
    char *padded;

    if (!expand_unicode(data, size, scratch, &text, ret_why))
        return false;
    if (text.size > full)
        return bad("a value has more bytes than its type", ret_why);
    padded = scratch_take(scratch, full + 1);
    memcpy(padded, text.data, text.size);
    for (size_t i = text.size; i + 1 < full; i += 2) {
        padded[i] = ' ';
        padded[i + 1] = 0;
    }
    *ret = (struct slice){padded, full};
    return true;
}

static bool expand_fixed(const struct bak_column *column, const uint8_t *data, size_t size, size_t full, uint8_t *to,
                         const char **ret_why)
{
    switch (column->type) {
    case BAK_TYPE_SMALLINT:
    case BAK_TYPE_INT:
    case BAK_TYPE_BIGINT:
    case BAK_TYPE_MONEY:
    case BAK_TYPE_SMALLMONEY:
    case BAK_TYPE_DATETIME:
        return expand_integer(data, size, full, to, ret_why);
    case BAK_TYPE_DECIMAL:
    case BAK_TYPE_NUMERIC:
        return expand_decimal(column, data, size, full, to, ret_why);
    case BAK_TYPE_FLOAT:
    case BAK_TYPE_REAL:
    case BAK_TYPE_SMALLDATETIME:
    case BAK_TYPE_TIMESTAMP: /* a big-endian counter; nothing is known of how it is shortened otherwise */
        return pad(data, size, full, 0, true, to, ret_why);
    case BAK_TYPE_CHAR:
        return pad(data, size, full, ' ', false, to, ret_why);
    default: /* bytes, dates and times; a tinyint that is 0 has none */
        return pad(data, size, full, 0, false, to, ret_why);
    }
}

bool bak_expand(const struct bak_column *column, size_t full_size, const uint8_t *data, size_t size,
                struct scratch *scratch, struct slice *ret, const char **ret_why)
{
    uint8_t *to;

    switch (column->type) {
    case BAK_TYPE_NVARCHAR:
        if (column->length >= 0)
            return expand_unicode(data, size, scratch, ret, ret_why);
        break; /* of (max), only what is no large value could be; it is not compressed */
    case BAK_TYPE_NCHAR:
        return expand_nchar(data, size, full_size, scratch, ret, ret_why);
    case BAK_TYPE_VARCHAR:
    case BAK_TYPE_VARBINARY:
    case BAK_TYPE_TEXT:
    case BAK_TYPE_NTEXT:
    case BAK_TYPE_IMAGE:
    case BAK_TYPE_VARIANT:
    case BAK_TYPE_XML:
    case BAK_TYPE_CLR:
        break;
    default:
        to = (uint8_t *)scratch_take(scratch, full_size + 1);
        if (!expand_fixed(column, data, size, full_size, to, ret_why))
            return false;
        *ret = (struct slice){(const char *)to, full_size};
        return true;
    }
    *ret = (struct slice){(const char *)data, size};
    return true;
}
