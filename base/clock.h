/*
 * The clocks, and UTC instants as text. Floors below the programs take the time as a parameter; only loops and programs
 * ask. Leases are measured with the monotonic clock, records carry UTC seconds.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/text.h"

enum { INSTANT_SIZE = 21 }; /* "2026-03-01T00:00:00Z" and its NUL */

int64_t clock_monotonic_ms(void); /* never goes back, and goes on while the machine sleeps: a lease does not wait */
int64_t clock_monotonic_us(void);
int64_t clock_wall_ms(void); /* UTC, since 1970 */

/* Days since 1970-01-01 of a date of the Gregorian calendar, and back. */
int64_t days_from_date(int64_t year, unsigned month, unsigned day);
void date_from_days(int64_t days, int64_t *ret_year, unsigned *ret_month, unsigned *ret_day);
bool date_exists(int64_t year, unsigned month, unsigned day);

/* Writes an instant as Cliniko wants it: UTC, whole seconds, "2026-03-01T00:00:00Z" (API reference 1.3).
 * Years 0000 to 9999; anything outside is clamped. */
void instant_format(int64_t utc_seconds, char ret[INSTANT_SIZE]);

/* Reads "YYYY-MM-DDTHH:MM:SS" with an optional fraction (dropped) and "Z" or an offset "+10:00"; to UTC seconds. */
MUST_CHECK bool instant_parse(struct slice text, int64_t *ret_utc_seconds, struct fault *fault);

/* Reads an HTTP date, "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, section 5.6.7). */
MUST_CHECK bool http_date_parse(struct slice text, int64_t *ret_utc_seconds, struct fault *fault);

#endif
