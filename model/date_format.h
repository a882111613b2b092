/*
 * Dates and times as old systems write them, read by a format such as "DD/MM/YYYY[ HH:mm[:ss]]". A value that a format
 * does not describe to its last character is refused: a date is never guessed.
 *
 *   YYYY year   YY year of two digits (00 to 29 are 20.., the others 19..)
 *   MM DD HH mm ss  two digits         M D H m s  one or two digits       hh h  hour of a 12-hour clock
 *   MMM English month, "Mar" or "March"           A  AM or PM, in any case   f  fraction of a second, any digits
 *   Z   "Z" or an offset such as +10:00           [ ]  may be absent, all of it
 *   any other character stands for itself; a blank for one or more blanks
 */
#ifndef MODEL_DATE_FORMAT_H
#define MODEL_DATE_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/text.h"

struct moment {
    int64_t wall_seconds; /* since 1970 on the wall, rounded to the nearest second; with an offset: UTC */
    bool has_time;        /* the format held an hour */
    bool is_utc;          /* the text held Z or an offset */
    int offset_seconds;   /* that offset */
};

/* Checks a format of a profile: it must hold a year, a month and a day, each at most once, and closed brackets. */
MUST_CHECK bool date_format_check(const char *format, struct fault *fault);

/* False when the text does not follow the format, or the date or time does not exist. */
bool date_format_read(const char *format, struct slice text, struct moment *ret);

enum { MOMENT_SIZE = 21 };

/* "YYYY-MM-DD", the date as it was written; "YYYY-MM-DDTHH:MM:SS" with a final Z when it is UTC. */
void moment_put_date(const struct moment *moment, char ret[MOMENT_SIZE]);
void moment_put_time(const struct moment *moment, char ret[MOMENT_SIZE]);

#endif
