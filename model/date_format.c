#include "model/date_format.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/memory.h"

enum part { PART_YEAR, PART_MONTH, PART_DAY, PART_HOUR, PART_MINUTE, PART_SECOND, PART_COUNT };

enum { TWO_DIGIT_PIVOT = 30, UNSET = -1 };

struct reading {
    struct slice text;
    size_t at;
    int parts[PART_COUNT];
    int afternoon; /* UNSET, 0 for AM, 1 for PM */
    bool twelve;   /* the hour is of a 12-hour clock */
    bool round_up; /* the fraction is half a second or more */
    bool has_offset;
    int offset_seconds;
};

static const struct token {
    const char *name;
    enum part part;
    int least; /* digits */
    int most;
    bool twelve;
} tokens[] = {
    {"YYYY", PART_YEAR, 4, 4, false}, {"YY", PART_YEAR, 2, 2, false},   {"MM", PART_MONTH, 2, 2, false},
    {"M", PART_MONTH, 1, 2, false},   {"DD", PART_DAY, 2, 2, false},    {"D", PART_DAY, 1, 2, false},
    {"HH", PART_HOUR, 2, 2, false},   {"H", PART_HOUR, 1, 2, false},    {"hh", PART_HOUR, 2, 2, true},
    {"h", PART_HOUR, 1, 2, true},     {"mm", PART_MINUTE, 2, 2, false}, {"m", PART_MINUTE, 1, 2, false},
    {"ss", PART_SECOND, 2, 2, false}, {"s", PART_SECOND, 1, 2, false},
};

static const char *const months[] = {"january", "february", "march",     "april",   "may",      "june",
                                     "july",    "august",   "september", "october", "november", "december"};

/* The longest token that the format begins with; NULL when its character stands for itself. "MMM" is no number. */
static const struct token *token_at(const char *format)
{
    const struct token *best = NULL;

    for (size_t i = 0; i < array_length(tokens); i++) {
        size_t length = strlen(tokens[i].name);

        if (strncmp(format, tokens[i].name, length) == 0 && (!best || length > strlen(best->name)))
            best = &tokens[i];
    }
    return best;
}

static bool read_number(struct reading *reading, const struct token *token)
{
    int value = 0;
    int count = 0;

    while (count < token->most && reading->at < reading->text.size &&
           isdigit((unsigned char)reading->text.data[reading->at])) {
        value = value * 10 + (reading->text.data[reading->at++] - '0');
        count++;
    }
    if (count < token->least)
        return false;
    if (token->part == PART_YEAR && token->most == 2)
        value += value < TWO_DIGIT_PIVOT ? 2000 : 1900;
    reading->parts[token->part] = value;
    reading->twelve |= token->twelve;
    return true;
}

static bool read_month_name(struct reading *reading)
{
    const char *data = reading->text.data + reading->at;
    size_t length = 0;

    while (reading->at + length < reading->text.size && isalpha((unsigned char)data[length]))
        length++;
    for (size_t i = 0; length >= 3 && i < array_length(months); i++) {
        bool short_form = length == 3 || (length == 4 && strncasecmp(data, "sept", 4) == 0);

        if ((short_form || length == strlen(months[i])) && strncasecmp(data, months[i], short_form ? 3 : length) == 0) {
            reading->parts[PART_MONTH] = (int)i + 1;
            reading->at += length;
            if (reading->at < reading->text.size && reading->text.data[reading->at] == '.')
                reading->at++;
            return true;
        }
    }
    return false;
}

static bool read_half_of_day(struct reading *reading)
{
    const char *data = reading->text.data + reading->at;

    if (reading->text.size - reading->at < 2 || (data[1] != 'm' && data[1] != 'M'))
        return false;
    if (data[0] == 'a' || data[0] == 'A')
        reading->afternoon = 0;
    else if (data[0] == 'p' || data[0] == 'P')
        reading->afternoon = 1;
    else
        return false;
    reading->at += 2;
    return true;
}

static bool read_fraction(struct reading *reading)
{
    size_t start = reading->at;

    while (reading->at < reading->text.size && isdigit((unsigned char)reading->text.data[reading->at]))
        reading->at++;
    if (reading->at == start)
        return false;
    reading->round_up = reading->text.data[start] >= '5';
    return true;
}

static bool read_offset(struct reading *reading)
{
    static const struct token two = {"", PART_HOUR, 2, 2, false};
    int sign = 0;
    int hours = 0;
    int kept = reading->parts[PART_HOUR];
    bool twelve = reading->twelve;

    if (reading->at >= reading->text.size)
        return false;
    reading->has_offset = true;
    switch (reading->text.data[reading->at++]) {
    case 'Z':
    case 'z':
        return true;
    case '+':
        sign = 1;
        break;
    case '-':
        sign = -1;
        break;
    default:
        return false;
    }
    if (!read_number(reading, &two))
        return false;
    hours = reading->parts[PART_HOUR];
    if (reading->at < reading->text.size && reading->text.data[reading->at] == ':')
        reading->at++;
    if (!read_number(reading, &two) || hours > 14 || reading->parts[PART_HOUR] > 59)
        return false;
    reading->offset_seconds = sign * (hours * 3600 + reading->parts[PART_HOUR] * 60);
    reading->parts[PART_HOUR] = kept;
    reading->twelve = twelve;
    return true;
}

static bool read_literal(struct reading *reading, char wanted)
{
    size_t start = reading->at;

    if (wanted == ' ') {
        while (reading->at < reading->text.size && reading->text.data[reading->at] == ' ')
            reading->at++;
        return reading->at > start;
    }
    if (reading->at >= reading->text.size || reading->text.data[reading->at] != wanted)
        return false;
    reading->at++;
    return true;
}

/* Reads one item of the format and moves *format past it. */
static bool read_item(const char **format, struct reading *reading)
{
    const struct token *token = token_at(*format);

    if (strncmp(*format, "MMM", 3) == 0) {
        *format += 3;
        return read_month_name(reading);
    }
    if (token) {
        *format += strlen(token->name);
        return read_number(reading, token);
    }
    switch (*(*format)++) {
    case 'A':
        return read_half_of_day(reading);
    case 'f':
        return read_fraction(reading);
    case 'Z':
        return read_offset(reading);
    default:
        return read_literal(reading, (*format)[-1]);
    }
}

/* The bracket that closes the group which *open begins; NULL when there is none. */
static const char *closing(const char *open)
{
    int depth = 0;

    for (const char *at = open; *at; at++) {
        if (*at == '[')
            depth++;
        else if (*at == ']' && --depth == 0)
            return at;
    }
    return NULL;
}

/* Reads up to `end` (exclusive). A group that does not match is taken back as a whole. Groups nest at most as deep as
 * the format is long, which date_format_check bounds. */
static bool read_items(const char *format, const char *end, struct reading *reading)
{
    while (format < end) {
        if (*format == '[') {
            const char *close = closing(format);
            struct reading attempt = *reading;

            if (read_items(format + 1, close, &attempt))
                *reading = attempt;
            format = close + 1;
        } else if (!read_item(&format, reading)) {
            return false;
        }
    }
    return true;
}

static bool fix_hour(struct reading *reading)
{
    int *hour = &reading->parts[PART_HOUR];

    if (reading->twelve && reading->afternoon == UNSET)
        return false;
    if (!reading->twelve || *hour == UNSET)
        return true;
    if (*hour < 1 || *hour > 12)
        return false;
    *hour = *hour % 12 + 12 * reading->afternoon;
    return true;
}

static bool finish(struct reading *reading, struct moment *ret)
{
    const int *parts = reading->parts;
    int hour = 0;
    int minute = parts[PART_MINUTE] == UNSET ? 0 : parts[PART_MINUTE];
    int second = parts[PART_SECOND] == UNSET ? 0 : parts[PART_SECOND];

    if (!fix_hour(reading) || parts[PART_YEAR] < 1 || parts[PART_MONTH] < 1 || parts[PART_DAY] < 1 ||
        !date_exists(parts[PART_YEAR], (unsigned)parts[PART_MONTH], (unsigned)parts[PART_DAY]))
        return false;
    hour = parts[PART_HOUR] == UNSET ? 0 : parts[PART_HOUR];
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    ret->wall_seconds =
        days_from_date(parts[PART_YEAR], (unsigned)parts[PART_MONTH], (unsigned)parts[PART_DAY]) * 86400 + hour * 3600 +
        minute * 60 + second + reading->round_up - reading->offset_seconds;
    ret->has_time = parts[PART_HOUR] != UNSET;
    ret->is_utc = reading->has_offset;
    ret->offset_seconds = reading->offset_seconds;
    return true;
}

bool date_format_read(const char *format, struct slice text, struct moment *ret)
{
    struct reading reading = {.text = text, .afternoon = UNSET};
    struct moment moment = {0};

    for (size_t i = 0; i < PART_COUNT; i++)
        reading.parts[i] = UNSET;
    if (!read_items(format, format + strlen(format), &reading) || reading.at != text.size)
        return false;
    if (!finish(&reading, &moment))
        return false;
    *ret = moment;
    return true;
}

/* Counts what the format holds of each part; false when a bracket is not closed. */
static bool count_parts(const char *format, int counts[PART_COUNT])
{
    int depth = 0;

    for (const char *at = format; *at;) {
        const struct token *token = token_at(at);

        if (strncmp(at, "MMM", 3) == 0) {
            counts[PART_MONTH]++;
            at += 3;
        } else if (token) {
            counts[token->part]++;
            at += strlen(token->name);
        } else {
            depth += *at == '[' ? 1 : *at == ']' ? -1 : 0;
            if (depth < 0)
                return false;
            at++;
        }
    }
    return depth == 0;
}

bool date_format_check(const char *format, struct fault *fault)
{
    int counts[PART_COUNT] = {0};

    if (strlen(format) > 80)
        return fault_set(fault, FAULT_BAD_INPUT, "a date format is at most 80 characters long");
    if (!count_parts(format, counts))
        return fault_set(fault, FAULT_BAD_INPUT, "'%s': the brackets of the date format do not match", format);
    for (size_t i = 0; i < PART_COUNT; i++)
        if (counts[i] > 1)
            return fault_set(fault, FAULT_BAD_INPUT,
                             "'%s': the date format names a part twice (MM is the month, mm "
                             "the minute)",
                             format);
    if (!counts[PART_YEAR] || !counts[PART_MONTH] || !counts[PART_DAY])
        return fault_set(fault, FAULT_BAD_INPUT, "'%s': a date format needs a year, a month (MM) and a day", format);
    return true;
}

void moment_put_date(const struct moment *moment, char ret[MOMENT_SIZE])
{
    instant_format(moment->wall_seconds + moment->offset_seconds, ret);
    ret[10] = '\0';
}

void moment_put_time(const struct moment *moment, char ret[MOMENT_SIZE])
{
    instant_format(moment->wall_seconds, ret);
    if (!moment->is_utc)
        ret[19] = '\0';
}
