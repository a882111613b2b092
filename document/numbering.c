#include "document/numbering.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { PATTERNS_MAX = 10000 }; /* and lists */

struct pattern {
    long id;
    struct numbering_level levels[NUMBERING_LEVELS];
};

struct list {
    long id;
    long pattern;
    long next[NUMBERING_LEVELS];
    long starts[NUMBERING_LEVELS];
    bool has_start[NUMBERING_LEVELS];
    bool counting[NUMBERING_LEVELS]; /* the level has a number since its parent's last one */
};

struct numbering {
    struct pattern *patterns;
    size_t pattern_count;
    struct list *lists;
    size_t list_count;
};

struct numbering *numbering_new(void)
{
    return x_alloc(sizeof(struct numbering));
}

void numbering_destroy(struct numbering **numbering)
{
    if (!*numbering)
        return;
    free((*numbering)->patterns);
    free((*numbering)->lists);
    free(*numbering);
    *numbering = NULL;
}

static struct pattern *find_pattern(const struct numbering *numbering, long id)
{
    for (size_t i = 0; i < numbering->pattern_count; i++)
        if (numbering->patterns[i].id == id)
            return &numbering->patterns[i];
    return NULL;
}

static struct list *find_list(const struct numbering *numbering, long id)
{
    for (size_t i = 0; i < numbering->list_count; i++)
        if (numbering->lists[i].id == id)
            return &numbering->lists[i];
    return NULL;
}

struct numbering_level *numbering_levels(struct numbering *numbering, long id)
{
    struct pattern *pattern = find_pattern(numbering, id);

    if (pattern)
        return pattern->levels;
    if (numbering->pattern_count == PATTERNS_MAX)
        return NULL;
    numbering->patterns = x_grow_array(numbering->patterns, numbering->pattern_count + 1, sizeof *numbering->patterns);
    pattern = &numbering->patterns[numbering->pattern_count++];
    *pattern = (struct pattern){.id = id};
    for (unsigned i = 0; i < NUMBERING_LEVELS; i++)
        pattern->levels[i].start = 1;
    return pattern->levels;
}

void numbering_bind(struct numbering *numbering, long id, long pattern)
{
    struct list *list = find_list(numbering, id);

    if (!list) {
        if (numbering->list_count == PATTERNS_MAX)
            return;
        numbering->lists = x_grow_array(numbering->lists, numbering->list_count + 1, sizeof *numbering->lists);
        list = &numbering->lists[numbering->list_count++];
    }
    *list = (struct list){.id = id, .pattern = pattern};
}

void numbering_start(struct numbering *numbering, long id, unsigned level, long start)
{
    struct list *list = find_list(numbering, id);

    if (!list || level >= NUMBERING_LEVELS)
        return;
    list->starts[level] = start;
    list->has_start[level] = true;
}

static void put_roman(long number, bool upper, struct text *out)
{
    static const struct {
        long value;
        const char *upper;
        const char *lower;
    } digits[] = {{1000, "M", "m"}, {900, "CM", "cm"}, {500, "D", "d"},  {400, "CD", "cd"}, {100, "C", "c"},
                  {90, "XC", "xc"}, {50, "L", "l"},    {40, "XL", "xl"}, {10, "X", "x"},    {9, "IX", "ix"},
                  {5, "V", "v"},    {4, "IV", "iv"},   {1, "I", "i"}};

    if (number < 1 || number > 3999) {
        text_printf(out, "%ld", number);
        return;
    }
    for (size_t i = 0; i < array_length(digits); i++)
        for (; number >= digits[i].value; number -= digits[i].value)
            text_puts(out, upper ? digits[i].upper : digits[i].lower);
}

/* a … z, aa … zz, aaa … */
static void put_letters(long number, char first, struct text *out)
{
    if (number < 1 || number > 26 * 30) {
        text_printf(out, "%ld", number);
        return;
    }
    for (long i = 0; i <= (number - 1) / 26; i++)
        text_putc(out, (char)(first + (number - 1) % 26));
}

static const char *ordinal_ending(long number)
{
    if (number % 100 >= 11 && number % 100 <= 13)
        return "th";
    switch (number % 10) {
    case 1:
        return "st";
    case 2:
        return "nd";
    case 3:
        return "rd";
    default:
        return "th";
    }
}

void numbering_put(enum numbering_format format, long number, struct text *out)
{
    switch (format) {
    case NUMBERING_DECIMAL:
        text_printf(out, "%ld", number);
        break;
    case NUMBERING_DECIMAL_ZERO:
        text_printf(out, "%02ld", number);
        break;
    case NUMBERING_UPPER_ROMAN:
    case NUMBERING_LOWER_ROMAN:
        put_roman(number, format == NUMBERING_UPPER_ROMAN, out);
        break;
    case NUMBERING_UPPER_LETTER:
        put_letters(number, 'A', out);
        break;
    case NUMBERING_LOWER_LETTER:
        put_letters(number, 'a', out);
        break;
    case NUMBERING_ORDINAL:
        text_printf(out, "%ld%s", number, ordinal_ending(number));
        break;
    case NUMBERING_BULLET:
    case NUMBERING_NONE:
        break;
    }
}

static long first_number(const struct list *list, const struct pattern *pattern, unsigned level)
{
    return list->has_start[level] ? list->starts[level] : pattern->levels[level].start;
}

static void put_pattern(const struct list *list, const struct pattern *pattern, unsigned level, struct text *out)
{
    size_t before = out->size;

    for (const char *at = pattern->levels[level].pattern; *at; at++) {
        unsigned shown = at[0] == '%' && at[1] >= '1' && at[1] <= '9' ? (unsigned)(at[1] - '1') : NUMBERING_LEVELS;

        if (shown == NUMBERING_LEVELS) {
            text_putc(out, *at);
            continue;
        }
        numbering_put(pattern->levels[shown].format,
                      list->counting[shown] ? list->next[shown] - 1 : first_number(list, pattern, shown), out);
        at++;
    }
    if (out->size > before)
        text_putc(out, '\t');
}

void numbering_next(struct numbering *numbering, long id, unsigned level, struct text *out)
{
    struct list *list = find_list(numbering, id);
    const struct pattern *pattern = list ? find_pattern(numbering, list->pattern) : NULL;

    if (!pattern || level >= NUMBERING_LEVELS)
        return;
    if (!list->counting[level])
        list->next[level] = first_number(list, pattern, level);
    list->counting[level] = true;
    list->next[level]++;
    for (unsigned deeper = level + 1; deeper < NUMBERING_LEVELS; deeper++)
        list->counting[deeper] = false;
    if (pattern->levels[level].format != NUMBERING_NONE)
        put_pattern(list, pattern, level, out);
}
