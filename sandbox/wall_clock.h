/* The clock of the local Cliniko, which may be another one than its clients': that is so with the real service too. */
#ifndef SANDBOX_WALL_CLOCK_H
#define SANDBOX_WALL_CLOCK_H

#include <stdint.h>

enum { WALL_CLOCK_DATE_SIZE = 30 }; /* "Sat, 28 Nov 2026 16:00:00 GMT" and its NUL */

/* For the whole process, before it serves. */
void wall_clock_set_ahead(int64_t seconds);

int64_t wall_clock_ms(void); /* UTC, since 1970 */

/* The header Date of an answer that is made now (RFC 9110, section 5.6.7). */
void wall_clock_date(char ret[WALL_CLOCK_DATE_SIZE]);

#endif
