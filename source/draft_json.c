#include "source/draft_json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"

enum { HIGH = 90, MIDDLE = 70, SHORT_LIST_BYTES = 70 };

void draft_note(struct draft_json *json, const char *format, ...)
{
    char line[600];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    text_puts(json->reasons, line);
    text_putc(json->reasons, '\n');
}

void draft_explain(struct draft_json *json, const char *what, const struct choice *choice, const char *more)
{
    const char *sure = choice->score >= HIGH ? "high" : choice->score >= MIDDLE ? "middle" : "low";
    char says[80] = "";

    if (choice->language)
        snprintf(says, sizeof says, "its header says so in %s", choice->language);
    draft_note(json, "%s: %s (%d): column %s, %s%s%s%s%s", what, sure, choice->score, choice->column->name, says,
               says[0] && choice->reason[0] ? "; " : "", choice->reason, more ? "; " : "", more ? more : "");
}

static void explain_field(struct draft_json *json, const char *entity, const char *field, const struct choice *choice,
                          const char *more)
{
    char what[80];

    snprintf(what, sizeof what, "%s.%s", entity, field);
    draft_explain(json, what, choice, more);
}

void draft_put_constant(struct draft_json *json, const char *field, const char *constant)
{
    json_key(&json->writer, field);
    json_begin_object(&json->writer);
    json_member_text(&json->writer, "constant", constant);
    json_end_object(&json->writer);
}

void draft_put_column(struct draft_json *json, const char *entity, const char *field, const struct choice *choice)
{
    if (!choice->column)
        return;
    json_member_text(&json->writer, field, choice->column->name);
    explain_field(json, entity, field, choice, NULL);
}

/* A choice without a column carries the constant in place of the language. */
void draft_put_name_or_constant(struct draft_json *json, const char *field, const struct choice *choice)
{
    if (choice->column)
        json_member_text(&json->writer, field, choice->column->name);
    else
        draft_put_constant(json, field, choice->language);
}

void draft_leave_empty(struct draft_json *json, const char *column)
{
    struct json_writer *writer = &json->writer;

    json_key(writer, "leave_behind");
    json_begin_array(writer);
    json_begin_object(writer);
    json_key(writer, "when");
    json_begin_object(writer);
    json_member_text(writer, "column", column);
    json_member_bool(writer, "empty", true);
    json_end_object(writer);
    json_member_text(writer, "reason", "names none");
    json_end_object(writer);
    json_end_array(writer);
}

/* Begins {"column": …, "then": [ and leaves it open for steps. */
static void begin_steps(struct draft_json *json, const char *field, const char *column)
{
    json_key(&json->writer, field);
    json_begin_object(&json->writer);
    json_member_text(&json->writer, "column", column);
    json_key(&json->writer, "then");
    json_begin_array(&json->writer);
}

static void end_steps(struct draft_json *json)
{
    json_end_array(&json->writer);
    json_end_object(&json->writer);
}

static void put_split(struct draft_json *json, const char *field, const char *column, const char *separator, int part)
{
    begin_steps(json, field, column);
    json_begin_object(&json->writer);
    json_member_text(&json->writer, "split", separator);
    json_member_integer(&json->writer, "part", part);
    if (part == 2)
        json_member_bool(&json->writer, "to_end", true);
    json_end_object(&json->writer);
    end_steps(json);
}

static bool has_commas(const struct draft_column *column)
{
    return column->value_count > 0 && column->values[0] && strchr(column->values[0], ',');
}

static void put_full_name(struct draft_json *json, const char *entity, const struct choice *full)
{
    bool turned = has_commas(full->column);
    const char *separator = turned ? "," : " ";

    put_split(json, "first_name", full->column->name, separator, turned ? 2 : 1);
    put_split(json, "last_name", full->column->name, separator, turned ? 1 : 2);
    explain_field(json, entity, "first_name, last_name", full,
                  turned ? "one column holds both, the last name before the comma"
                         : "one column holds both; the first word is taken as the first name: look through them");
}

void draft_put_names(struct draft_json *json, const char *entity, const struct choice *first, const struct choice *last,
                     const struct choice *full)
{
    if (full->column) {
        put_full_name(json, entity, full);
        return;
    }
    draft_put_column(json, entity, "first_name", first);
    if (!first->column) {
        draft_put_constant(json, "first_name", "");
        draft_note(json, "%s.first_name: low: no column holds it; Cliniko needs one, so (unknown) is sent", entity);
    }
    draft_put_column(json, entity, "last_name", last);
    if (!last->column) {
        draft_put_constant(json, "last_name", "");
        draft_note(json, "%s.last_name: low: no column holds it; Cliniko needs one, so (unknown) is sent", entity);
    }
}

static void put_formats(struct draft_json *json, const char *step, const char *format)
{
    json_begin_object(&json->writer);
    json_key(&json->writer, step);
    json_begin_array(&json->writer);
    json_put_text(&json->writer, format);
    json_end_array(&json->writer);
    json_end_object(&json->writer);
}

/* The format by the values; ISO for a column without any. */
static const char *find_format(const struct choice *choice, bool *ret_has_time, char why[120])
{
    bool ambiguous = false;
    const char *format = draft_date_format(choice->column, ret_has_time, &ambiguous);

    if (!format) {
        *ret_has_time = choice->column->type == DRAFT_TYPE_MOMENT;
        format = *ret_has_time ? "YYYY-MM-DD HH:mm[:ss[.f]]" : "YYYY-MM-DD";
    }
    snprintf(why, 120, "as %s%s", format,
             ambiguous ? ", though day and month could be the other way round: ask the clinic" : "");
    return format;
}

void draft_put_date(struct draft_json *json, const char *entity, const char *field, const struct choice *choice)
{
    char why[120];
    bool has_time = false;

    if (!choice->column)
        return;
    begin_steps(json, field, choice->column->name);
    put_formats(json, "date", find_format(choice, &has_time, why));
    end_steps(json);
    explain_field(json, entity, field, choice, why);
}

/* "IsFemale: 1" says what "1" alone does not. */
static const char *sex_of(const struct draft_column *column, const char *value)
{
    bool female = strstr(column->words, " female ") && !strstr(column->words, " male ");
    bool male = strstr(column->words, " male ") && !strstr(column->words, " female ");
    bool is_yes = strcmp(value, "1") == 0 || strcasecmp(value, "true") == 0;

    if ((female || male) && (is_yes || strcmp(value, "0") == 0 || strcasecmp(value, "false") == 0))
        return female == is_yes ? "Female" : "Male";
    return words_sex(slice_of(value));
}

void draft_put_sex(struct draft_json *json, const struct choice *choice)
{
    static const char *const usual[] = {"F", "M", "1", "0"};
    size_t known = 0;

    if (!choice->column)
        return;
    begin_steps(json, "sex", choice->column->name);
    json_begin_object(&json->writer);
    json_key(&json->writer, "map");
    json_begin_object(&json->writer);
    for (size_t i = 0; i < choice->column->value_count && i < DRAFT_VALUES_MAX; i++) {
        const char *meaning = sex_of(choice->column, choice->column->values[i]);

        known += meaning != NULL;
        json_member_text(&json->writer, choice->column->values[i], meaning ? meaning : choice->column->values[i]);
    }
    for (size_t i = 0; i < array_length(usual) && choice->column->value_count == 0; i++)
        json_member_text(&json->writer, usual[i], sex_of(choice->column, usual[i]));
    json_end_object(&json->writer);
    json_member_bool(&json->writer, "keep_others", true);
    json_end_object(&json->writer);
    end_steps(json);
    explain_field(json, "patient", "sex", choice,
                  known == choice->column->value_count ? "all its values are known"
                                                       : "some values are not known and kept as they are");
}

static void put_start_with_time(struct draft_json *json, const char *date, const char *format, const char *time)
{
    static const char *const formats[] = {"YYYY-MM-DDTH:mm[:ss]", "YYYY-MM-DDTh:mm[:ss][ ]A"};
    struct json_writer *writer = &json->writer;

    json_key(writer, "starts_at");
    json_begin_object(writer);
    json_key(writer, "joined");
    json_begin_array(writer);
    json_begin_object(writer);
    json_member_text(writer, "column", date);
    json_key(writer, "then");
    json_begin_array(writer);
    put_formats(json, "date", format);
    json_end_array(writer);
    json_end_object(writer);
    json_put_text(writer, time);
    json_end_array(writer);
    json_member_text(writer, "with", "T");
    json_key(writer, "then");
    json_begin_array(writer);
    json_begin_object(writer);
    json_key(writer, "time");
    json_begin_array(writer);
    for (size_t i = 0; i < array_length(formats); i++)
        json_put_text(writer, formats[i]);
    json_end_array(writer);
    json_end_object(writer);
    json_end_array(writer);
    json_end_object(writer);
}

void draft_put_start(struct draft_json *json, const struct choice *start, const struct choice *time)
{
    char why[120];
    bool has_time = false;
    const char *format = find_format(start, &has_time, why);
    bool all_midnight = start->column->filled > 0 && start->column->midnights == start->column->filled;

    if ((!has_time || all_midnight) && time->column) {
        put_start_with_time(json, start->column->name, format, time->column->name);
        explain_field(json, "appointment", "starts_at", start, why);
        explain_field(
            json, "appointment", "starts_at (time of day)", time,
            time->column->early && !time->column->late
                ? "some are before 7 in the morning and none is after noon: perhaps those are in the afternoon"
                : NULL);
        return;
    }
    begin_steps(json, "starts_at", start->column->name);
    put_formats(json, has_time && !all_midnight ? "time" : "date", format);
    if (!has_time || all_midnight) {
        json_begin_object(&json->writer);
        json_member_text(&json->writer, "suffix", "T09:00:00");
        json_end_object(&json->writer);
        draft_note(json, "appointment.starts_at: low: days without a time of day, so 09:00 is taken for all");
    }
    end_steps(json);
    explain_field(json, "appointment", "starts_at", start, why);
}

void draft_put_length(struct draft_json *json, const struct choice *duration)
{
    if (duration->column) {
        draft_put_column(json, "appointment", "duration_minutes", duration);
        draft_put_constant(json, "usual_duration_minutes", "30");
        return;
    }
    draft_put_constant(json, "duration_minutes", "30");
    draft_note(json, "appointment.duration_minutes: low: no column holds it, so 30 minutes are taken");
}

/* "No-show: Yes" says the contrary of "Attended: Yes". */
static const char *attendance_of(const struct draft_column *column, const char *value)
{
    static const char *const yes[] = {"yes", "1", "true", "y", "oui", "ja", "si"};
    bool negative = strstr(column->words, " no show ") || strstr(column->words, " noshow ") ||
                    strstr(column->words, " dna ") || strstr(column->words, " missed ");
    struct text words;
    bool is_yes = false;
    const char *known = words_attendance(slice_of(value));

    if (known)
        return strcmp(known, "cancelled") == 0 ? NULL : known;
    if (!negative)
        return NULL;
    text_init(&words, 100);
    words_of(value, &words);
    for (size_t i = 0; i < array_length(yes); i++)
        is_yes |= slice_equals(slice_trim(text_slice(&words)), yes[i]);
    text_release(&words);
    return is_yes ? "did_not_arrive" : "arrived";
}

static void put_value_map(struct draft_json *json, const struct draft_column *column, const char *field, bool cancelled)
{
    begin_steps(json, field, column->name);
    json_begin_object(&json->writer);
    json_key(&json->writer, "map");
    json_begin_object(&json->writer);
    for (size_t i = 0; i < column->value_count && i < DRAFT_VALUES_MAX; i++) {
        const char *known = words_attendance(slice_of(column->values[i]));
        bool is_cancelled = known && strcmp(known, "cancelled") == 0;
        const char *attendance = attendance_of(column, column->values[i]);

        json_member_text(&json->writer, column->values[i], cancelled ? (is_cancelled ? "yes" : "no") : attendance);
    }
    json_end_object(&json->writer);
    json_end_object(&json->writer);
    end_steps(json);
}

static void put_cancelled(struct draft_json *json, const struct choice *choice)
{
    json_member_text(&json->writer, "cancelled", choice->column->name);
    explain_field(json, "appointment", "cancelled", choice, NULL);
}

/* A state may say that an appointment was cancelled; a column that says nothing else is surer. */
static void put_state(struct draft_json *json, const struct choice *choice, bool has_column)
{
    bool cancelled = false;
    size_t known = 0;

    for (size_t i = 0; i < choice->column->value_count && i < DRAFT_VALUES_MAX; i++) {
        const char *meaning = words_attendance(slice_of(choice->column->values[i]));

        cancelled |= meaning && strcmp(meaning, "cancelled") == 0;
        known += meaning || attendance_of(choice->column, choice->column->values[i]);
    }
    if (known == 0) {
        draft_note(json, "appointment.attendance: column %s is not used, none of its values is known",
                   choice->column->name);
        return;
    }
    put_value_map(json, choice->column, "attendance", false);
    if (cancelled && !has_column)
        put_value_map(json, choice->column, "cancelled", true);
    explain_field(json, "appointment", "attendance", choice,
                  known == choice->column->value_count ? NULL : "values that are not known count as nothing recorded");
}

void draft_put_attendance(struct draft_json *json, const struct choice *choice, const struct choice *cancelled)
{
    if (cancelled->column)
        put_cancelled(json, cancelled);
    if (choice->column && choice->column->value_count > 0)
        put_state(json, choice, cancelled->column != NULL);
}

void draft_leave_deleted(struct draft_json *json, const struct choice *choice)
{
    static const char *const yes[] = {"1", "-1", "true", "True", "TRUE", "yes", "Yes", "Y"};
    struct json_writer *writer = &json->writer;

    if (!choice->column)
        return;
    json_key(writer, "leave_behind");
    json_begin_array(writer);
    json_begin_object(writer);
    json_key(writer, "when");
    json_begin_object(writer);
    json_member_text(writer, "column", choice->column->name);
    json_key(writer, "in");
    json_begin_array(writer);
    for (size_t i = 0; i < array_length(yes); i++)
        json_put_text(writer, yes[i]);
    json_end_array(writer);
    json_end_object(writer);
    json_member_text(writer, "reason", "deleted in the old system");
    json_end_object(writer);
    json_end_array(writer);
    draft_explain(json, "appointment.leave_behind", choice, "deleted appointments stay behind");
}

static void new_line(struct text *ret, int depth)
{
    text_putc(ret, '\n');
    for (int i = 0; i < depth; i++)
        text_puts(ret, "  ");
}

/* Bytes up to the end of the text that begins at `at`. */
static size_t text_size(struct slice compact, size_t at)
{
    size_t end = at + 1;

    while (end < compact.size && compact.data[end] != '"')
        end += compact.data[end] == '\\' ? 2 : 1;
    return end + 1 - at;
}

/* Bytes of a list or object that is short enough for one line; 0 when it is not. */
static size_t short_size(struct slice compact, size_t at)
{
    int depth = 0;

    for (size_t end = at; end < compact.size && end - at < SHORT_LIST_BYTES;) {
        char byte = compact.data[end];

        if (byte == '"') {
            end += text_size(compact, end);
            continue;
        }
        depth += byte == '{' || byte == '[' ? 1 : byte == '}' || byte == ']' ? -1 : 0;
        end++;
        if (depth == 0)
            return end - at;
    }
    return 0;
}

static void put_on_one_line(struct slice compact, struct text *ret)
{
    for (size_t at = 0; at < compact.size;) {
        size_t size = compact.data[at] == '"' ? text_size(compact, at) : 1;

        text_put(ret, compact.data + at, size);
        if (size == 1 && (compact.data[at] == ':' || compact.data[at] == ','))
            text_putc(ret, ' ');
        at += size;
    }
}

void draft_indent(struct slice compact, struct text *ret)
{
    int depth = 0;

    for (size_t at = 0; at < compact.size;) {
        char byte = compact.data[at];
        bool opens = byte == '{' || byte == '[';
        size_t size = byte == '"' ? text_size(compact, at) : opens ? short_size(compact, at) : 1;

        if (byte == '}' || byte == ']')
            new_line(ret, --depth);
        put_on_one_line((struct slice){compact.data + at, size ? size : 1}, ret);
        if (opens && size == 0)
            new_line(ret, ++depth);
        else if (byte == ',') {
            ret->size--;
            new_line(ret, depth);
        }
        at += size ? size : 1;
    }
    text_putc(ret, '\n');
}
