/*
 * Dates and times of columns as text. Format, section 9.
 */
#ifndef SOURCE_BAK_MOMENT_H
#define SOURCE_BAK_MOMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/text.h"

/* Appends a value of one of the six types of dates and times (enum bak_type) as SQL Server writes it: a datetime as
 * "2025-01-15 09:00:00.003", a date without a time, a time without a date, fractions with as many digits as the scale,
 * a datetimeoffset with its own local time and " +10:00". False when its size is not that of the type and scale, or it
 * is no date or time that SQL Server can hold. */
MUST_CHECK bool bak_put_moment(uint8_t type, unsigned scale, const uint8_t *data, size_t size, struct text *out);

#endif
