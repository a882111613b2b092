/* Decimal numbers as exact text: amounts never pass through binary fractions. */
#ifndef MODEL_DECIMAL_H
#define MODEL_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* Borrowed from the text that was read. */
struct decimal {
    bool negative;         /* never for zero */
    struct slice whole;    /* digits before the point, without leading zeros; empty for 0 */
    struct slice fraction; /* digits after it, without trailing zeros; empty for none */
};

/* Digits with an optional sign and at most one point: "12.50", "-3", "+.5", "7.". False for anything else. */
bool decimal_read(struct slice text, struct decimal *ret);

/* Appends it in full, with at least `places` digits after the point: "12.50". */
void decimal_put(const struct decimal *decimal, size_t places, struct text *out);

/* True when the amount, sign apart, is below 4,000,000,000: what Cliniko takes in prices, rates and stock levels
 * (OpenAPI document). */
bool decimal_fits(const struct decimal *decimal);

#endif
