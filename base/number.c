#include "base/number.h"

#include <ctype.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int quoted(struct slice text)
{
    return text.size > 40 ? 40 : (int)text.size;
}

bool number_parse(struct slice text, int64_t least, int64_t greatest, int64_t *ret, struct fault *fault)
{
    bool negative = text.size > 0 && text.data[0] == '-';
    int64_t value = 0;

    if (text.size == (size_t)negative)
        return fault_set(fault, FAULT_BAD_INPUT, "'%.*s' is not a whole number", quoted(text), text.data);
    for (size_t i = negative; i < text.size; i++) {
        int digit = text.data[i] - '0';

        if (digit < 0 || digit > 9)
            return fault_set(fault, FAULT_BAD_INPUT, "'%.*s' is not a whole number", quoted(text), text.data);
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, negative ? -digit : digit, &value))
            return fault_set(fault, FAULT_BAD_INPUT, "'%.*s' is too large", quoted(text), text.data);
    }
    if (value < least || value > greatest)
        return fault_set(fault, FAULT_BAD_INPUT, "'%.*s' is not within %" PRId64 " to %" PRId64, quoted(text),
                         text.data, least, greatest);
    *ret = value;
    return true;
}

bool decimal_parse(struct slice text, double *ret, struct fault *fault)
{
    char copy[64];
    char *end = NULL;
    double value = 0;

    if (text.size > 0 && text.size < sizeof copy && (isdigit((unsigned char)text.data[0]) || text.data[0] == '-')) {
        static locale_t plain;

        if (!plain)
            plain = newlocale(LC_NUMERIC_MASK, "C", NULL);
        memcpy(copy, text.data, text.size);
        copy[text.size] = '\0';
        value = strtod_l(copy, &end, plain);
        if (end == copy + text.size && isfinite(value) && !strpbrk(copy, "xXpP")) {
            *ret = value;
            return true;
        }
    }
    return fault_set(fault, FAULT_BAD_INPUT, "'%.*s' is not a decimal number", quoted(text), text.data);
}
