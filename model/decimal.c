#include "model/decimal.h"

#include <string.h>

static size_t digits_at(struct slice text)
{
    size_t count = 0;

    while (count < text.size && text.data[count] >= '0' && text.data[count] <= '9')
        count++;
    return count;
}

static struct slice skip(struct slice text, size_t count)
{
    return (struct slice){text.data + count, text.size - count};
}

bool decimal_read(struct slice text, struct decimal *ret)
{
    size_t digits = 0;

    *ret = (struct decimal){0};
    if (!text.data)
        return false;
    if (text.size && (text.data[0] == '-' || text.data[0] == '+')) {
        ret->negative = text.data[0] == '-';
        text = skip(text, 1);
    }
    ret->whole = (struct slice){text.data, digits_at(text)};
    text = skip(text, ret->whole.size);
    if (text.size && text.data[0] == '.') {
        text = skip(text, 1);
        ret->fraction = (struct slice){text.data, digits_at(text)};
        text = skip(text, ret->fraction.size);
    }
    digits = ret->whole.size + ret->fraction.size;
    while (ret->whole.size && ret->whole.data[0] == '0')
        ret->whole = skip(ret->whole, 1);
    while (ret->fraction.size && ret->fraction.data[ret->fraction.size - 1] == '0')
        ret->fraction.size--;
    if (ret->whole.size + ret->fraction.size == 0)
        ret->negative = false;
    return digits > 0 && text.size == 0;
}

void decimal_put(const struct decimal *decimal, size_t places, struct text *out)
{
    text_puts(out, decimal->negative ? "-" : "");
    if (decimal->whole.size)
        text_put(out, decimal->whole.data, decimal->whole.size);
    else
        text_putc(out, '0');
    if (decimal->fraction.size || places)
        text_putc(out, '.');
    if (decimal->fraction.size)
        text_put(out, decimal->fraction.data, decimal->fraction.size);
    for (size_t i = decimal->fraction.size; i < places; i++)
        text_putc(out, '0');
}

bool decimal_fits(const struct decimal *decimal)
{
    static const char limit[] = "4000000000";
    size_t digits = strlen(limit);

    return decimal->whole.size < digits ||
           (decimal->whole.size == digits && memcmp(decimal->whole.data, limit, digits) < 0);
}
