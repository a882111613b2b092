#include "model/step.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "model/amount.h"
#include "model/date_format.h"
#include "model/letters.h"
#include "model/shape.h"

enum { WHOLE_TO_END = 0, QUOTED = 40 };

struct map_entry {
    char *from;
    char *to; /* NULL: empty */
};

typedef bool (*step_apply_fn)(const struct step *step, struct scratch *scratch, struct slice *value,
                              struct fault *fault);

struct step {
    const struct step_kind *kind;
    char **texts;  /* null_if, replace, prefix, suffix, default, split; date formats */
    char **others; /* empty dates */
    long from;     /* split, characters: 1 is the first, negative counts from the end */
    long to;
    struct map_entry *entries;
    size_t entry_count;
    char *otherwise;
    bool has_otherwise;
    bool keeps_others;
};

struct step_kind {
    const char *name;
    const char *members; /* of the object form, with the name; NULL when only the bare name is meant */
    bool bare;           /* the bare name will do */
    bool (*read)(const struct json *json, const char *where, const struct step_defaults *defaults, struct step *step,
                 struct fault *fault);
    step_apply_fn apply;
};

static int quoted(struct slice text)
{
    return text.size > QUOTED ? (int)utf8_cut(text, QUOTED).size : (int)text.size;
}

static bool read_texts(const struct json *json, const char *where, const struct step_defaults *defaults,
                       struct step *step, struct fault *fault)
{
    (void)defaults;
    return shape_texts(json_first(json), where, &step->texts, fault);
}

static bool read_replace(const struct json *json, const char *where, const struct step_defaults *defaults,
                         struct step *step, struct fault *fault)
{
    if (!read_texts(json, where, defaults, step, fault))
        return false;
    if (texts_count(step->texts) != 2 || step->texts[0][0] == '\0')
        return fault_set(fault, FAULT_BAD_INPUT, "%s: replace takes two texts, the first of them not empty", where);
    return true;
}

static bool read_split(const struct json *json, const char *where, const struct step_defaults *defaults,
                       struct step *step, struct fault *fault)
{
    const struct json *to_end = json_member(json, "to_end");
    bool open = false;

    if (!read_texts(json, where, defaults, step, fault))
        return false;
    if (!shape_integer(json_member(json, "part"), where, -100, 100, &step->from, fault))
        return fault_prefix(fault, "part of split");
    if (!shape_optional_bool(to_end, where, &open, fault))
        return false;
    step->to = open;
    if (step->texts[0][0] == '\0' || step->from == 0)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "%s: split takes a text that is not empty, and a part of 1 (the first), 2 "
                         "… or -1 (the last)",
                         where);
    return true;
}

static bool read_characters(const struct json *json, const char *where, const struct step_defaults *defaults,
                            struct step *step, struct fault *fault)
{
    const struct json *range = json_member(json, "characters");

    (void)defaults;
    if (!json_is_array(range) || json_count(range) != 2 ||
        !shape_integer(json_at(range, 0), where, 1, 100000, &step->from, fault) ||
        !shape_integer(json_at(range, 1), where, step->from, 100000, &step->to, fault))
        return fault_set(fault, FAULT_BAD_INPUT, "%s: characters takes the first and the last, such as [1, 10]", where);
    return true;
}

static bool read_minutes(const struct json *json, const char *where, const struct step_defaults *defaults,
                         struct step *step, struct fault *fault)
{
    (void)defaults;
    return shape_integer(json_first(json), where, -100000, 100000, &step->from, fault);
}

static bool read_entries(const struct json *map, const char *where, struct step *step, struct fault *fault)
{
    if (!json_is_object(map) || json_count(map) == 0)
        return fault_set(fault, FAULT_BAD_INPUT, "%s.map: not an object of values", where);
    step->entries = x_alloc_array(json_count(map), sizeof *step->entries);
    for (const struct json *item = json_first(map); item; item = json_next(item)) {
        struct map_entry *entry = &step->entries[step->entry_count++];

        if (!json_is_text(item) && !json_is_null(item))
            return fault_set(fault, FAULT_BAD_INPUT, "%s.map.%.40s: neither a text nor null", where, json_name(item));
        if (json_member(map, json_name(item)) != item)
            return fault_set(fault, FAULT_BAD_INPUT, "%s.map: '%.40s' occurs twice", where, json_name(item));
        entry->from = x_strdup(json_name(item));
        entry->to = x_strdup(json_text(item, NULL));
    }
    return true;
}

static bool read_map(const struct json *json, const char *where, const struct step_defaults *defaults,
                     struct step *step, struct fault *fault)
{
    const struct json *otherwise = json_member(json, "otherwise");

    (void)defaults;
    if (!read_entries(json_member(json, "map"), where, step, fault))
        return false;
    if (!shape_optional_bool(json_member(json, "keep_others"), where, &step->keeps_others, fault))
        return false;
    if (otherwise && !json_is_text(otherwise) && !json_is_null(otherwise))
        return fault_set(fault, FAULT_BAD_INPUT, "%s.otherwise: neither a text nor null", where);
    if (otherwise && step->keeps_others)
        return fault_set(fault, FAULT_BAD_INPUT, "%s: say either otherwise or keep_others", where);
    step->has_otherwise = otherwise != NULL;
    step->otherwise = x_strdup(json_text(otherwise, NULL));
    return true;
}

static bool read_dates(const struct json *json, const char *where, const struct step_defaults *defaults,
                       struct step *step, struct fault *fault)
{
    const struct json *formats = json_is_object(json) ? json_first(json) : defaults->date_formats;
    const struct json *empty = json_member(json, "empty");

    empty = empty ? empty : defaults->empty_dates;
    if (formats && !shape_texts(formats, where, &step->texts, fault))
        return false;
    if (empty && !shape_texts(empty, where, &step->others, fault))
        return false;
    for (char **format = step->texts; format && *format; format++)
        if (!date_format_check(*format, fault))
            return fault_prefix(fault, "%s", where);
    return true;
}

/* The object form names the decimal point. */
static bool read_point(const struct json *json, const char *where, const struct step_defaults *defaults,
                       struct step *step, struct fault *fault)
{
    if (json_is_text(json)) {
        step->texts = x_alloc_array(2, sizeof(char *));
        step->texts[0] = x_strdup(".");
        return true;
    }
    if (!read_texts(json, where, defaults, step, fault))
        return false;
    if (strcmp(step->texts[0], ".") != 0 && strcmp(step->texts[0], ",") != 0)
        return fault_set(fault, FAULT_BAD_INPUT, "%s: %s takes the decimal point, \".\" or \",\"", where,
                         step->kind->name);
    return true;
}

static bool apply_trim(const struct step *step, struct scratch *scratch, struct slice *value, struct fault *fault)
{
    (void)step, (void)scratch, (void)fault;
    *value = letters_trim(*value);
    return true;
}

static bool apply_upper(const struct step *step, struct scratch *scratch, struct slice *value, struct fault *fault)
{
    (void)step, (void)fault;
    *value = letters_case(*value, LETTERS_UPPER, scratch);
    return true;
}

static bool apply_lower(const struct step *step, struct scratch *scratch, struct slice *value, struct fault *fault)
{
    (void)step, (void)fault;
    *value = letters_case(*value, LETTERS_LOWER, scratch);
    return true;
}

static bool apply_title(const struct step *step, struct scratch *scratch, struct slice *value, struct fault *fault)
{
    (void)step, (void)fault;
    *value = letters_case(*value, LETTERS_TITLE, scratch);
    return true;
}

static bool apply_one_line(const struct step *step, struct scratch *scratch, struct slice *value, struct fault *fault)
{
    (void)step, (void)fault;
    *value = letters_one_line(*value, scratch);
    return true;
}

static bool apply_digits(const struct step *step, struct scratch *scratch, struct slice *value, struct fault *fault)
{
    char *out = scratch_take(scratch, value->size + 1);
    size_t size = 0;

    (void)step, (void)fault;
    for (size_t i = 0; i < value->size; i++)
        if (value->data[i] >= '0' && value->data[i] <= '9')
            out[size++] = value->data[i];
    *value = (struct slice){out, size};
    return true;
}

/* Windows keeps a colour as one number, blue in the high byte. */
static bool apply_colour(const struct step *step, struct scratch *scratch, struct slice *value, struct fault *fault)
{
    char text[16];
    int64_t colour = 0;

    (void)step;
    if (!number_parse(*value, 0, 0xFFFFFF, &colour, fault))
        return fault_prefix(fault, "colour");
    snprintf(text, sizeof text, "#%02x%02x%02x", (unsigned)(colour & 0xFF), (unsigned)(colour >> 8 & 0xFF),
             (unsigned)(colour >> 16 & 0xFF));
    *value = scratch_copy(scratch, slice_of(text));
    return true;
}

/* Finds `separator` at or after `from`; the size when there is none. */
static size_t find_from(struct slice text, size_t from, const char *separator)
{
    const char *found =
        from < text.size ? memmem(text.data + from, text.size - from, separator, strlen(separator)) : NULL;

    return found ? (size_t)(found - text.data) : text.size;
}

static long count_parts(struct slice text, const char *separator)
{
    long count = 1;

    for (size_t at = find_from(text, 0, separator); at < text.size;
         at = find_from(text, at + strlen(separator), separator))
        count++;
    return count;
}

static bool apply_split(const struct step *step, struct scratch *scratch, struct slice *value, struct fault *fault)
{
    const char *separator = step->texts[0];
    long wanted = step->from > 0 ? step->from : count_parts(*value, separator) + 1 + step->from;
    size_t start = 0;
    size_t end = find_from(*value, 0, separator);

    (void)scratch, (void)fault;
    for (long part = 1; part < wanted; part++) {
        if (end == value->size)
            wanted = 0;
        start = end + strlen(separator);
        end = find_from(*value, start, separator);
    }
    if (wanted < 1) {
        *value = (struct slice){0};
        return true;
    }
    end = step->to ? value->size : end;
    *value = letters_trim((struct slice){value->data + start, end - start});
    return true;
}

static bool apply_characters(const struct step *step, struct scratch *scratch, struct slice *value, struct fault *fault)
{
    struct slice head = utf8_cut(*value, (size_t)step->from - 1);
    struct slice upto = utf8_cut(*value, (size_t)step->to);

    (void)scratch, (void)fault;
    *value = (struct slice){value->data + head.size, upto.size - head.size};
    return true;
}

static const struct map_entry *find_entry(const struct step *step, struct slice value)
{
    for (size_t i = 0; i < step->entry_count; i++)
        if (slice_equals(value, step->entries[i].from))
            return &step->entries[i];
    for (size_t i = 0; i < step->entry_count; i++)
        if (strlen(step->entries[i].from) == value.size &&
            strncasecmp(step->entries[i].from, value.data, value.size) == 0)
            return &step->entries[i];
    return NULL;
}

static bool fault_unmapped(const struct step *step, struct slice value, struct fault *fault)
{
    struct text known;

    text_init(&known, 120);
    for (size_t i = 0; i < step->entry_count; i++)
        text_printf(&known, "%s%s", i ? ", " : "", step->entries[i].from);
    fault_set(fault, FAULT_BAD_INPUT, "'%.*s' is not in the profile's value map (%s%s)", quoted(value), value.data,
              text_string(&known), known.overflowed ? " …" : "");
    text_release(&known);
    return false;
}

static bool apply_map(const struct step *step, struct scratch *scratch, struct slice *value, struct fault *fault)
{
    const struct map_entry *entry = find_entry(step, *value);
    const char *to = entry ? entry->to : step->otherwise;

    (void)scratch;
    if (!entry && step->keeps_others)
        return true;
    if (!entry && !step->has_otherwise)
        return fault_unmapped(step, *value, fault);
    *value = to ? slice_of(to) : (struct slice){0};
    return true;
}

static bool apply_null_if(const struct step *step, struct scratch *scratch, struct slice *value, struct fault *fault)
{
    (void)scratch, (void)fault;
    for (char **text = step->texts; *text; text++) {
        if (strlen(*text) == value->size && strncasecmp(*text, value->data, value->size) == 0) {
            *value = (struct slice){0};
            return true;
        }
    }
    return true;
}

static struct slice glue(struct scratch *scratch, struct slice one, struct slice two)
{
    char *out = scratch_take(scratch, one.size + two.size + 1);

    memcpy(out, one.data, one.size);
    memcpy(out + one.size, two.data, two.size);
    return (struct slice){out, one.size + two.size};
}

static bool apply_prefix(const struct step *step, struct scratch *scratch, struct slice *value, struct fault *fault)
{
    (void)fault;
    *value = glue(scratch, slice_of(step->texts[0]), *value);
    return true;
}

static bool apply_suffix(const struct step *step, struct scratch *scratch, struct slice *value, struct fault *fault)
{
    (void)fault;
    *value = glue(scratch, *value, slice_of(step->texts[0]));
    return true;
}

static bool apply_default(const struct step *step, struct scratch *scratch, struct slice *value, struct fault *fault)
{
    (void)scratch, (void)fault;
    if (!value->data)
        *value = slice_of(step->texts[0]);
    return true;
}

static bool apply_replace(const struct step *step, struct scratch *scratch, struct slice *value, struct fault *fault)
{
    const char *from = step->texts[0];
    struct slice to = slice_of(step->texts[1]);
    size_t count = (size_t)count_parts(*value, from) - 1;
    char *out = scratch_take(scratch, value->size + count * to.size + 1);
    size_t size = 0;
    size_t start = 0;

    (void)fault;
    for (size_t i = 0; i <= count; i++) {
        size_t end = find_from(*value, start, from);

        memcpy(out + size, value->data + start, end - start);
        size += end - start;
        if (i < count) {
            memcpy(out + size, to.data, to.size);
            size += to.size;
        }
        start = end + strlen(from);
    }
    *value = (struct slice){out, size};
    return true;
}

static bool fault_date(const struct step *step, struct slice value, struct fault *fault)
{
    struct text known;

    text_init(&known, 160);
    for (char **format = step->texts; format && *format; format++)
        text_printf(&known, "%s, ", *format);
    fault_set(fault, FAULT_BAD_INPUT, "'%.*s' is no date that exists, or fits none of the formats: %sYYYY-MM-DD",
              quoted(value), value.data, text_string(&known));
    text_release(&known);
    return false;
}

/* ISO dates read as they stand in any profile: they cannot be mistaken. */
static bool read_moment(const struct step *step, struct slice value, struct moment *ret)
{
    for (char **format = step->texts; format && *format; format++)
        if (date_format_read(*format, value, ret))
            return true;
    return date_format_read("YYYY-MM-DD[ HH:mm[:ss[.f]]][Z]", value, ret) ||
           date_format_read("YYYY-MM-DDTHH:mm[:ss[.f]][Z]", value, ret);
}

/* True when the value, or its date, is one that stands for "none". */
static bool is_empty_date(const struct step *step, struct slice value, const char *date)
{
    for (char **empty = step->others; empty && *empty; empty++)
        if (slice_equals(value, *empty) || strcmp(date, *empty) == 0)
            return true;
    return false;
}

static bool apply_date(const struct step *step, struct scratch *scratch, struct slice *value, struct fault *fault)
{
    struct moment moment = {0};
    char text[MOMENT_SIZE] = "";
    bool fits = read_moment(step, *value, &moment);

    if (fits)
        moment_put_date(&moment, text);
    if (is_empty_date(step, *value, text)) {
        *value = (struct slice){0};
        return true;
    }
    if (!fits)
        return fault_date(step, *value, fault);
    *value = scratch_copy(scratch, slice_of(text));
    return true;
}

static bool apply_time(const struct step *step, struct scratch *scratch, struct slice *value, struct fault *fault)
{
    struct moment moment = {0};
    char text[MOMENT_SIZE] = "";
    bool fits = read_moment(step, *value, &moment);

    if (fits)
        moment_put_date(&moment, text);
    if (is_empty_date(step, *value, text)) {
        *value = (struct slice){0};
        return true;
    }
    if (!fits)
        return fault_date(step, *value, fault);
    if (!moment.has_time)
        return fault_set(fault, FAULT_BAD_INPUT, "'%.*s' is a date without a time of day", quoted(*value), value->data);
    moment_put_time(&moment, text);
    *value = scratch_copy(scratch, slice_of(text));
    return true;
}

static bool apply_minutes(const struct step *step, struct scratch *scratch, struct slice *value, struct fault *fault)
{
    struct moment moment = {0};
    char text[MOMENT_SIZE];

    if (!date_format_read("YYYY-MM-DDTHH:mm:ss[Z]", *value, &moment))
        return fault_set(fault, FAULT_BAD_INPUT, "'%.*s' is no time: plus_minutes stands after a step \"time\"",
                         quoted(*value), value->data);
    moment.wall_seconds += step->from * 60;
    moment_put_time(&moment, text);
    *value = scratch_copy(scratch, slice_of(text));
    return true;
}

static bool apply_amount(const struct step *step, struct scratch *scratch, struct slice *value, struct fault *fault)
{
    bool is_money = strcmp(step->kind->name, "money") == 0;
    struct slice amount = {0};

    if (!(is_money ? amount_read_money : amount_read_decimal)(*value, step->texts[0][0], scratch, &amount))
        return fault_set(fault, FAULT_BAD_INPUT, "'%.*s' is no %s with '%s' as decimal point", quoted(*value),
                         value->data, is_money ? "amount of money" : "number", step->texts[0]);
    *value = amount;
    return true;
}

static const struct step_kind kinds[] = {
    {.name = "trim", .bare = true, .apply = apply_trim},
    {.name = "upper", .bare = true, .apply = apply_upper},
    {.name = "lower", .bare = true, .apply = apply_lower},
    {.name = "title", .bare = true, .apply = apply_title},
    {.name = "one_line", .bare = true, .apply = apply_one_line},
    {.name = "digits", .bare = true, .apply = apply_digits},
    {.name = "colour_bgr", .bare = true, .apply = apply_colour},
    {.name = "money", .members = "money", .bare = true, .read = read_point, .apply = apply_amount},
    {.name = "decimal", .members = "decimal", .bare = true, .read = read_point, .apply = apply_amount},
    {.name = "date", .members = "date empty", .bare = true, .read = read_dates, .apply = apply_date},
    {.name = "time", .members = "time empty", .bare = true, .read = read_dates, .apply = apply_time},
    {.name = "plus_minutes", .members = "plus_minutes", .read = read_minutes, .apply = apply_minutes},
    {.name = "split", .members = "split part to_end", .read = read_split, .apply = apply_split},
    {.name = "characters", .members = "characters", .read = read_characters, .apply = apply_characters},
    {.name = "map", .members = "map otherwise keep_others", .read = read_map, .apply = apply_map},
    {.name = "null_if", .members = "null_if", .read = read_texts, .apply = apply_null_if},
    {.name = "prefix", .members = "prefix", .read = read_texts, .apply = apply_prefix},
    {.name = "suffix", .members = "suffix", .read = read_texts, .apply = apply_suffix},
    {.name = "default", .members = "default", .read = read_texts, .apply = apply_default},
    {.name = "replace", .members = "replace", .read = read_replace, .apply = apply_replace},
};

static const struct step_kind *find_kind(const char *name)
{
    for (size_t i = 0; i < array_length(kinds); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

static bool fault_unknown(const char *where, const char *name, struct fault *fault)
{
    struct text known;

    text_init(&known, 300);
    for (size_t i = 0; i < array_length(kinds); i++)
        text_printf(&known, "%s%s", i ? " " : "", kinds[i].name);
    fault_set(fault, FAULT_BAD_INPUT, "%s: no step '%.40s'; there are: %s", where, name, text_string(&known));
    text_release(&known);
    return false;
}

bool step_read(const struct json *json, const char *where, const struct step_defaults *defaults, struct step **ret,
               struct fault *fault)
{
    const char *name = json_is_object(json) ? json_name(json_first(json)) : json_text(json, NULL);
    const struct step_kind *kind = name ? find_kind(name) : NULL;
    scoped(step_destroy) struct step *step = NULL;

    if (!name)
        return fault_set(fault, FAULT_BAD_INPUT, "%s: a step is a name or an object that begins with its name", where);
    if (!kind)
        return fault_unknown(where, name, fault);
    if (json_is_text(json) ? !kind->bare : !kind->members)
        return fault_set(fault, FAULT_BAD_INPUT, "%s: step %s is written %s", where, name,
                         kind->bare ? "as its bare name" : "as an object with its settings");
    if (json_is_object(json) && !shape_object(json, where, kind->members, fault))
        return false;
    step = x_alloc(sizeof *step);
    step->kind = kind;
    if (kind->read && !kind->read(json, where, defaults, step, fault))
        return false;
    *ret = steal(step);
    return true;
}

void step_destroy(struct step **step)
{
    if (!*step)
        return;
    texts_free(&(*step)->texts);
    texts_free(&(*step)->others);
    for (size_t i = 0; i < (*step)->entry_count; i++) {
        free((*step)->entries[i].from);
        free((*step)->entries[i].to);
    }
    free((*step)->entries);
    free((*step)->otherwise);
    free(*step);
    *step = NULL;
}

bool step_apply(const struct step *step, struct scratch *scratch, struct slice *value, struct fault *fault)
{
    if (!value->data && step->kind->apply != apply_default)
        return true;
    if (!step->kind->apply(step, scratch, value, fault))
        return false;
    if (value->size == 0)
        value->data = NULL;
    return true;
}

bool step_is_map(const struct step *step)
{
    return step->kind->apply == apply_map;
}
