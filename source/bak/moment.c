#include "source/bak/moment.h"

#include "base/clock.h"
#include "source/bak/catalogue.h"
#include "source/bak/endian.h"

enum {
    SCALE_MAX = 7,
    TICKS_PER_SECOND = 300,
    SECONDS_PER_DAY = 24 * 60 * 60,
    MINUTES_PER_DAY = 24 * 60,
    DATE_SIZE = 3,
    OFFSET_SIZE = 2,
    OFFSET_MOST = 14 * 60,   /* minutes */
    DATETIME_FIRST = -53690, /* 1753-01-01, in days since 1900 */
    DATETIME_LAST = 2958463, /* 9999-12-31 */
    DATES = 3652059,         /* 0001-01-01 to 9999-12-31 */
};

static const uint32_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};

/* Millions of dates are written: this is quicker than printf by far. */
static void put_digits(char *to, size_t count, uint32_t number)
{
    while (count--) {
        to[count] = (char)('0' + number % 10);
        number /= 10;
    }
}

static void put_date(int64_t days_since_1970, struct text *out)
{
    char date[] = "YYYY-MM-DD";
    int64_t year = 0;
    unsigned month = 0;
    unsigned day = 0;

    date_from_days(days_since_1970, &year, &month, &day);
    put_digits(date, 4, (uint32_t)year);
    put_digits(date + 5, 2, month);
    put_digits(date + 8, 2, day);
    text_put(out, date, sizeof date - 1);
}

static void put_time(unsigned seconds, struct text *out)
{
    char time[] = "HH:MM:SS";

    put_digits(time, 2, seconds / 3600);
    put_digits(time + 3, 2, seconds / 60 % 60);
    put_digits(time + 6, 2, seconds % 60);
    text_put(out, time, sizeof time - 1);
}

static void put_fraction(uint32_t fraction, unsigned scale, struct text *out)
{
    char digits[1 + SCALE_MAX] = ".";

    put_digits(digits + 1, scale, fraction);
    if (scale)
        text_put(out, digits, 1 + scale);
}

static bool put_datetime(const uint8_t *data, struct text *out)
{
    uint32_t ticks = bak_u32(data);
    int32_t days = bak_i32(data + 4);

    if (days < DATETIME_FIRST || days > DATETIME_LAST || ticks >= (uint32_t)TICKS_PER_SECOND * SECONDS_PER_DAY)
        return false;
    put_date(days_from_date(1900, 1, 1) + days, out);
    text_putc(out, ' ');
    put_time(ticks / TICKS_PER_SECOND, out);
    put_fraction((ticks % TICKS_PER_SECOND * 10 + 1) / 3, 3, out);
    return true;
}

static bool put_smalldatetime(const uint8_t *data, struct text *out)
{
    uint16_t minutes = bak_u16(data);

    if (minutes >= MINUTES_PER_DAY)
        return false;
    put_date(days_from_date(1900, 1, 1) + bak_u16(data + 2), out);
    text_putc(out, ' ');
    put_time(minutes * 60u, out);
    return true;
}

static uint64_t unsigned_at(const uint8_t *data, size_t size)
{
    uint64_t number = 0;

    for (size_t i = size; i > 0; i--)
        number = number << 8 | data[i - 1];
    return number;
}

static size_t time_size(unsigned scale)
{
    return scale <= 2 ? 3 : scale <= 4 ? 4 : 5;
}

/* Units of 10^-scale seconds since midnight. */
static bool read_time(const uint8_t *data, unsigned scale, unsigned *ret_seconds, uint32_t *ret_fraction)
{
    uint64_t units = unsigned_at(data, time_size(scale));

    if (units >= (uint64_t)SECONDS_PER_DAY * powers[scale])
        return false;
    *ret_seconds = (unsigned)(units / powers[scale]);
    *ret_fraction = (uint32_t)(units % powers[scale]);
    return true;
}

static bool read_date(const uint8_t *data, int64_t *ret_days)
{
    *ret_days = (int64_t)unsigned_at(data, DATE_SIZE);
    return *ret_days < DATES;
}

static bool put_time_of_day(const uint8_t *data, unsigned scale, struct text *out)
{
    unsigned seconds = 0;
    uint32_t fraction = 0;

    if (!read_time(data, scale, &seconds, &fraction))
        return false;
    put_time(seconds, out);
    put_fraction(fraction, scale, out);
    return true;
}

/* Time, date, and with has_offset the minutes by which the local time, which is written, is ahead of these. */
static bool put_datetime2(const uint8_t *data, unsigned scale, bool has_offset, struct text *out)
{
    const uint8_t *date = data + time_size(scale);
    int offset = has_offset ? bak_i16(date + DATE_SIZE) : 0;
    unsigned seconds = 0;
    uint32_t fraction = 0;
    int64_t days = 0;
    int64_t local = 0;

    if (!read_time(data, scale, &seconds, &fraction) || !read_date(date, &days) || offset < -OFFSET_MOST ||
        offset > OFFSET_MOST)
        return false;
    local = days * SECONDS_PER_DAY + seconds + offset * 60;
    if (local < 0 || local / SECONDS_PER_DAY >= DATES)
        return false;
    put_date(days_from_date(1, 1, 1) + local / SECONDS_PER_DAY, out);
    text_putc(out, ' ');
    put_time((unsigned)(local % SECONDS_PER_DAY), out);
    put_fraction(fraction, scale, out);
    if (has_offset)
        text_printf(out, " %c%02d:%02d", offset < 0 ? '-' : '+', (offset < 0 ? -offset : offset) / 60,
                    (offset < 0 ? -offset : offset) % 60);
    return true;
}

static bool put_day(const uint8_t *data, struct text *out)
{
    int64_t days = 0;

    if (!read_date(data, &days))
        return false;
    put_date(days_from_date(1, 1, 1) + days, out);
    return true;
}

bool bak_put_moment(uint8_t type, unsigned scale, const uint8_t *data, size_t size, struct text *out)
{
    if (scale > SCALE_MAX)
        return false;
    switch (type) {
    case BAK_TYPE_DATETIME:
        return size == 8 && put_datetime(data, out);
    case BAK_TYPE_SMALLDATETIME:
        return size == 4 && put_smalldatetime(data, out);
    case BAK_TYPE_DATE:
        return size == DATE_SIZE && put_day(data, out);
    case BAK_TYPE_TIME:
        return size == time_size(scale) && put_time_of_day(data, scale, out);
    case BAK_TYPE_DATETIME2:
        return size == time_size(scale) + DATE_SIZE && put_datetime2(data, scale, false, out);
    case BAK_TYPE_DATETIMEOFFSET:
        return size == time_size(scale) + DATE_SIZE + OFFSET_SIZE && put_datetime2(data, scale, true, out);
    default:
        return false;
    }
}
