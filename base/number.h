/* Numbers from text: no blanks, no overflow, no trailing bytes, no locale. Ids of Cliniko are text and never come here.
 */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/text.h"

/* Decimal integer with an optional leading '-', within [least, greatest]. The fault (FAULT_BAD_INPUT) quotes the text.
 */
MUST_CHECK bool number_parse(struct slice text, int64_t least, int64_t greatest, int64_t *ret, struct fault *fault);

/* Decimal number such as -12.50 or 1e-3, finite. */
MUST_CHECK bool decimal_parse(struct slice text, double *ret, struct fault *fault);

#endif
