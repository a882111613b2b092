#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"

static int64_t read_clock_us(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_monotonic_us(void)
{
    return read_clock_us(CLOCK_BOOTTIME);
}

int64_t clock_monotonic_ms(void)
{
    return read_clock_us(CLOCK_BOOTTIME) / 1000;
}

int64_t clock_wall_ms(void)
{
    return read_clock_us(CLOCK_REALTIME) / 1000;
}

/* Both conversions count in 400-year eras that begin on 1 March, after H. Hinnant, "chrono-compatible low-level date
 * algorithms". */
int64_t days_from_date(int64_t year, unsigned month, unsigned day)
{
    int64_t shifted = year - (month <= 2);
    int64_t era = (shifted >= 0 ? shifted : shifted - 399) / 400;
    int64_t year_of_era = shifted - era * 400;
    int64_t day_of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + (int64_t)day - 1;

    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

void date_from_days(int64_t days, int64_t *ret_year, unsigned *ret_month, unsigned *ret_day)
{
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;

    *ret_day = (unsigned)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    *ret_month = (unsigned)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    *ret_year = year_of_era + era * 400 + (*ret_month <= 2);
}

bool date_exists(int64_t year, unsigned month, unsigned day)
{
    static const unsigned lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    if (year < 0 || year > 9999 || month < 1 || month > 12 || day < 1)
        return false;
    return day <= lengths[month - 1] + (leap && month == 2);
}

static int64_t floor_div(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

void instant_format(int64_t utc_seconds, char ret[INSTANT_SIZE])
{
    const int64_t first = days_from_date(0, 1, 1) * 86400;
    const int64_t last = days_from_date(10000, 1, 1) * 86400 - 1;
    int64_t seconds = utc_seconds < first ? first : utc_seconds > last ? last : utc_seconds;
    int64_t days = floor_div(seconds, 86400);
    int64_t left = seconds - days * 86400;
    int64_t year = 0;
    unsigned month = 0;
    unsigned day = 0;
    char text[64];

    date_from_days(days, &year, &month, &day);
    snprintf(text, sizeof text, "%04d-%02u-%02uT%02u:%02u:%02uZ", (int)year, month, day, (unsigned)(left / 3600),
             (unsigned)(left / 60 % 60), (unsigned)(left % 60));
    memcpy(ret, text, INSTANT_SIZE);
}

/* Reads exactly `count` digits at *at and moves past them; -1 when there are not that many. */
static int digits(struct slice text, size_t *at, size_t count)
{
    int value = 0;

    if (text.size - *at < count)
        return -1;
    for (size_t i = 0; i < count; i++) {
        int digit = text.data[*at + i] - '0';

        if (digit < 0 || digit > 9)
            return -1;
        value = value * 10 + digit;
    }
    *at += count;
    return value;
}

static bool skip(struct slice text, size_t *at, char wanted)
{
    if (*at >= text.size || text.data[*at] != wanted)
        return false;
    (*at)++;
    return true;
}

static bool parse_offset(struct slice text, size_t *at, int *ret_seconds)
{
    int sign = 0;
    int hours = 0;
    int minutes = 0;

    if (skip(text, at, 'Z')) {
        *ret_seconds = 0;
        return true;
    }
    if (skip(text, at, '+'))
        sign = 1;
    else if (skip(text, at, '-'))
        sign = -1;
    else
        return false;
    hours = digits(text, at, 2);
    skip(text, at, ':');
    minutes = digits(text, at, 2);
    if (hours < 0 || hours > 14 || minutes < 0 || minutes > 59)
        return false;
    *ret_seconds = sign * (hours * 3600 + minutes * 60);
    return true;
}

bool instant_parse(struct slice text, int64_t *ret_utc_seconds, struct fault *fault)
{
    size_t at = 0;
    int offset = 0;
    int year = digits(text, &at, 4);
    int month = skip(text, &at, '-') ? digits(text, &at, 2) : -1;
    int day = skip(text, &at, '-') ? digits(text, &at, 2) : -1;
    int hour = skip(text, &at, 'T') ? digits(text, &at, 2) : -1;
    int minute = skip(text, &at, ':') ? digits(text, &at, 2) : -1;
    int second = skip(text, &at, ':') ? digits(text, &at, 2) : -1;
    bool whole = year >= 0 && month > 0 && day > 0 && hour >= 0 && hour < 24 && minute >= 0 && minute < 60 &&
                 second >= 0 && second < 60 && date_exists(year, (unsigned)month, (unsigned)day);

    if (whole && skip(text, &at, '.')) {
        size_t start = at;

        while (at < text.size && text.data[at] >= '0' && text.data[at] <= '9')
            at++;
        whole = at > start;
    }
    if (!whole || !parse_offset(text, &at, &offset) || at != text.size)
        return fault_set(fault, FAULT_BAD_INPUT, "'%.*s' is not a UTC instant like 2026-03-01T00:00:00Z",
                         text.size > 40 ? 40 : (int)text.size, text.data);
    *ret_utc_seconds =
        days_from_date(year, (unsigned)month, (unsigned)day) * 86400 + hour * 3600 + minute * 60 + second - offset;
    return true;
}

bool http_date_parse(struct slice text, int64_t *ret_utc_seconds, struct fault *fault)
{
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    size_t at = 5; /* past "Sun, " */
    bool framed = text.size == 29 && memcmp(text.data + 3, ", ", 2) == 0 && text.data[7] == ' ' &&
                  text.data[11] == ' ' && text.data[16] == ' ' && memcmp(text.data + 25, " GMT", 4) == 0;
    int day = framed ? digits(text, &at, 2) : -1;
    unsigned month = 0;
    int year = -1;
    int hour = -1;
    int minute = -1;
    int second = -1;

    for (size_t i = 0; day > 0 && i < array_length(months); i++)
        if (memcmp(text.data + 8, months[i], 3) == 0)
            month = (unsigned)i + 1;
    if (month > 0) {
        at = 12;
        year = digits(text, &at, 4);
        at = 17;
        hour = digits(text, &at, 2);
        minute = skip(text, &at, ':') ? digits(text, &at, 2) : -1;
        second = skip(text, &at, ':') ? digits(text, &at, 2) : -1;
    }
    if (year < 0 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60 ||
        !date_exists(year, month, (unsigned)day))
        return fault_set(fault, FAULT_BAD_INPUT, "'%.*s' is not an HTTP date", text.size > 40 ? 40 : (int)text.size,
                         text.data);
    *ret_utc_seconds = days_from_date(year, month, (unsigned)day) * 86400 + hour * 3600 + minute * 60 + second;
    return true;
}
