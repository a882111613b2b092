/*
 * Numbers of columns as exact decimal text. Format, section 9.
 */
#ifndef SOURCE_BAK_NUMBER_H
#define SOURCE_BAK_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/text.h"

enum { BAK_PRECISION_MAX = 38 };

/* Ten-thousandths, with four digits after the point. */
void bak_put_money(int64_t ten_thousandths, struct text *out);

/* A sign byte and an unsigned integer of 4, 8, 12 or 16 bytes, little-endian, in units of 10^-scale. False when it has
 * another size, more digits than its precision, or an impossible scale. */
MUST_CHECK bool bak_put_decimal(const uint8_t *data, size_t size, unsigned precision, unsigned scale, struct text *out);

/* IEEE 754 numbers with the fewest digits that give the same number again; without an exponent from 1e-20 to 1e21.
 * False for what is no number. */
MUST_CHECK bool bak_put_float(uint64_t bits, struct text *out);
MUST_CHECK bool bak_put_real(uint32_t bits, struct text *out);

#endif
