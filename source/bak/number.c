#include "source/bak/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/bak/endian.h"

enum {
    DIGITS_MAX = 40,
    FLOAT_DIGITS = 17, /* always enough for a double; 9 for a single */
    REAL_DIGITS = 9,
    WRITTEN_SIZE = 40,
    PLAIN_LEAST = -20, /* exponents without scientific notation */
    PLAIN_MOST = 20,
};

/* Digits with the point `scale` places from their end. */
static void put_digits(const char *digits, size_t count, size_t scale, struct text *out)
{
    size_t whole = count > scale ? count - scale : 0;

    text_put(out, whole ? digits : "0", whole ? whole : 1);
    if (scale == 0)
        return;
    text_putc(out, '.');
    for (size_t i = count; i < scale; i++)
        text_putc(out, '0');
    text_put(out, digits + whole, count - whole);
}

void bak_put_money(int64_t ten_thousandths, struct text *out)
{
    uint64_t magnitude = ten_thousandths < 0 ? 0 - (uint64_t)ten_thousandths : (uint64_t)ten_thousandths;

    text_printf(out, "%s%" PRIu64 ".%04u", ten_thousandths < 0 ? "-" : "", magnitude / 10000,
                (unsigned)(magnitude % 10000));
}

bool bak_put_decimal(const uint8_t *data, size_t size, unsigned precision, unsigned scale, struct text *out)
{
    unsigned __int128 magnitude = 0;
    char digits[DIGITS_MAX];
    size_t at = sizeof digits;

    if ((size != 5 && size != 9 && size != 13 && size != 17) || data[0] > 1 || precision > BAK_PRECISION_MAX ||
        scale > precision)
        return false;
    for (size_t i = size; i > 1; i--)
        magnitude = magnitude << 8 | data[i - 1];
    for (; magnitude; magnitude /= 10)
        digits[--at] = (char)('0' + (unsigned)(magnitude % 10));
    if (sizeof digits - at > precision)
        return false;
    if (data[0] == 0 && at < sizeof digits)
        text_putc(out, '-');
    put_digits(digits + at, sizeof digits - at, scale, out);
    return true;
}

/* "-1.25e+02" laid out without its exponent where that is short enough. */
static void put_written(const char *written, struct text *out)
{
    char digits[DIGITS_MAX];
    size_t count = 0;
    int exponent = 0;
    const char *at = written;

    if (*at == '-')
        text_putc(out, *at++);
    for (; *at && *at != 'e'; at++)
        if (*at >= '0' && *at <= '9' && count < sizeof digits)
            digits[count++] = *at;
    exponent = *at == 'e' ? (int)strtol(at + 1, NULL, 10) : 0;
    while (count > 1 && digits[count - 1] == '0')
        count--;
    if (exponent < PLAIN_LEAST || exponent > PLAIN_MOST) {
        put_digits(digits, count, count - 1, out);
        text_printf(out, "E%+03d", exponent);
        return;
    }
    if (exponent >= (int)count - 1) {
        text_put(out, digits, count);
        for (int i = (int)count - 1; i < exponent; i++)
            text_putc(out, '0');
        return;
    }
    put_digits(digits, count, (size_t)((int)count - 1 - exponent), out);
}

bool bak_put_float(uint64_t bits, struct text *out)
{
    double number = 0;
    char written[WRITTEN_SIZE];

    memcpy(&number, &bits, sizeof number);
    if (!isfinite(number))
        return false;
    for (int digits = 0; digits < FLOAT_DIGITS; digits++) {
        snprintf(written, sizeof written, "%.*e", digits, number);
        if (strtod(written, NULL) == number)
            break;
    }
    put_written(number == 0 ? "0e+00" : written, out);
    return true;
}

bool bak_put_real(uint32_t bits, struct text *out)
{
    float number = 0;
    char written[WRITTEN_SIZE];

    memcpy(&number, &bits, sizeof number);
    if (!isfinite(number))
        return false;
    for (int digits = 0; digits < REAL_DIGITS; digits++) {
        snprintf(written, sizeof written, "%.*e", digits, (double)number);
        if (strtof(written, NULL) == number)
            break;
    }
    put_written(number == 0 ? "0e+00" : written, out);
    return true;
}
