#include "sandbox/note_content.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "sandbox/problems.h"
#include "sandbox/record.h"

enum {
    NAME_LENGTH = 255,
    DESCRIPTION_LENGTH = 10000,
    ANSWER_MAX = 1024 * 1024,
    TAG_MAX = 16,
};

/* What is being read, and the first thing that is wrong with it. */
struct reading {
    struct json_writer writer;
    const char *problem;
};

static bool wrong(struct reading *reading, const char *problem)
{
    if (!reading->problem)
        reading->problem = problem;
    return false;
}

static size_t characters(const char *text)
{
    size_t count = 0;

    for (; *text; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

static bool is_permitted(const char *name)
{
    static const char *const names[] = {"p",  "div", "br", "ul", "ol", "li", "blockquote",
                                        "h1", "h2",  "b",  "i",  "u",  "a"};

    for (size_t i = 0; i < array_length(names); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* The quoted value of href, when it is an address that may stand in a note. */
static void put_address(const char *tag, const char *end, struct text *out)
{
    const char *at = tag;
    const char *quote = NULL;

    while (at < end && strncasecmp(at, " href=\"", 7) != 0)
        at++;
    if (at == end)
        return;
    at += 7;
    quote = memchr(at, '"', (size_t)(end - at));
    if (!quote || memchr(at, '<', (size_t)(quote - at)) ||
        (strncasecmp(at, "https://", 8) != 0 && strncasecmp(at, "http://", 7) != 0 &&
         strncasecmp(at, "mailto:", 7) != 0))
        return;
    text_puts(out, " href=\"");
    text_put(out, at, (size_t)(quote - at));
    text_putc(out, '"');
}

/* One tag, from its '<' to its `end`, a '>'. */
static void put_tag(const char *tag, const char *end, struct text *out)
{
    bool closes = tag[1] == '/';
    const char *from = tag + 1 + closes;
    char name[TAG_MAX];
    size_t size = 0;

    while (from + size < end && size < TAG_MAX - 1 && isalnum((unsigned char)from[size])) {
        name[size] = (char)tolower((unsigned char)from[size]);
        size++;
    }
    name[size] = '\0';
    if (!is_permitted(name))
        return;
    text_putc(out, '<');
    if (closes)
        text_putc(out, '/');
    text_puts(out, name);
    if (!closes && strcmp(name, "a") == 0)
        put_address(from, end, out);
    text_putc(out, '>');
}

void note_html_clean(const char *html, struct text *out)
{
    for (const char *at = html; *at; at++) {
        const char *end = *at == '<' ? strchr(at, '>') : NULL;

        if (strchr("\r\n\t", *at))
            continue;
        if (*at != '<') {
            text_putc(out, *at);
        } else if (!end || !(isalpha((unsigned char)at[1]) || at[1] == '/' || at[1] == '!')) {
            text_puts(out, "&lt;");
        } else {
            put_tag(at, end, out);
            at = end;
        }
    }
}

static void put_line(const char *line, struct text *out)
{
    for (; *line; line++)
        if (!strchr("\r\n\t", *line))
            text_putc(out, *line);
}

/* A text that may be missing or null. */
static bool read_name(struct reading *reading, const struct json *object, const char *name, size_t length)
{
    const struct json *value = json_member(object, name);

    if (!value)
        return true;
    if (!json_is_null(value) && !json_is_text(value))
        return wrong(reading, "has a name or description that is no text");
    if (characters(json_text(value, "")) > length)
        return wrong(reading, "has a name or description that is too long");
    json_member_text(&reading->writer, name, json_text(value, NULL));
    return true;
}

static bool read_answer(struct reading *reading, const struct json *question, const char *type)
{
    const struct json *value = json_member(question, "answer");
    const char *answer = json_text(value, "");
    struct text kept;
    int64_t date = 0;

    if (!value)
        return true;
    if (!json_is_text(value) || !*answer)
        return wrong(reading, "'answer' must not be empty");
    if (strcmp(type, "text") != 0 && strcmp(type, "paragraph") != 0 && strcmp(type, "date") != 0)
        return wrong(reading, "'answer' is for text, paragraph and date questions only");
    if (strlen(answer) > ANSWER_MAX)
        return wrong(reading, "'answer' is too long");
    if (strcmp(type, "date") == 0 && !date_parse(answer, &date))
        return wrong(reading, "'answer' must be a date");
    text_init(&kept, ANSWER_MAX * 5);
    if (strcmp(type, "paragraph") == 0)
        note_html_clean(answer, &kept);
    else
        put_line(answer, &kept);
    json_key(&reading->writer, "answer");
    json_put_slice(&reading->writer, text_slice(&kept));
    text_release(&kept);
    return true;
}

static bool read_choice(struct reading *reading, const struct json *choice, int *selected)
{
    const struct json *mark = json_member(choice, "selected");

    if (!json_is_object(choice))
        return wrong(reading, "'answers' must hold objects");
    if (mark && !json_bool(mark, false))
        return wrong(reading, "'selected' must be true or left out");
    json_begin_object(&reading->writer);
    if (!read_name(reading, choice, "value", NAME_LENGTH))
        return false;
    if (mark)
        json_member_bool(&reading->writer, "selected", true);
    json_end_object(&reading->writer);
    *selected += mark != NULL;
    return true;
}

static bool read_choices(struct reading *reading, const struct json *question, const char *type)
{
    const struct json *answers = json_member(question, "answers");
    int selected = 0;

    if (!answers)
        return true;
    if (!json_is_array(answers) || !json_count(answers))
        return wrong(reading, "'answers' must not be empty");
    if (strcmp(type, "checkboxes") != 0 && strcmp(type, "radiobuttons") != 0)
        return wrong(reading, "'answers' is for checkboxes and radiobuttons only");
    json_key(&reading->writer, "answers");
    json_begin_array(&reading->writer);
    for (const struct json *choice = json_first(answers); choice; choice = json_next(choice))
        if (!read_choice(reading, choice, &selected))
            return false;
    json_end_array(&reading->writer);
    if (selected > 1 && strcmp(type, "radiobuttons") == 0)
        return wrong(reading, "'answers' of radiobuttons has more than one selected");
    return true;
}

static bool read_other(struct reading *reading, const struct json *question)
{
    const struct json *other = json_member(question, "other");
    const struct json *selected = json_member(other, "selected");
    const struct json *value = json_member(other, "value");
    bool enabled = json_bool(json_member(other, "enabled"), false);

    if (!other)
        return true;
    if (!json_is_object(other) || !json_is_bool(json_member(other, "enabled")) || (selected && !json_is_bool(selected)))
        return wrong(reading, "'other' is invalid");
    if ((selected && !enabled) || (value && !json_bool(selected, false)))
        return wrong(reading, "'other' has an answer that is not enabled or selected");
    json_key(&reading->writer, "other");
    json_begin_object(&reading->writer);
    json_member_bool(&reading->writer, "enabled", enabled);
    if (selected)
        json_member_bool(&reading->writer, "selected", json_bool(selected, false));
    if (!read_name(reading, other, "value", NAME_LENGTH))
        return false;
    json_end_object(&reading->writer);
    return true;
}

static bool read_question(struct reading *reading, const struct json *question)
{
    static const char *const types[] = {"text", "paragraph", "date", "checkboxes", "radiobuttons", "bodycharts"};
    const char *type = json_text(json_member(question, "type"), "");
    bool known = false;

    for (size_t i = 0; i < array_length(types); i++)
        known = known || strcmp(types[i], type) == 0;
    if (!json_is_object(question) || !json_is_text(json_member(question, "name")))
        return wrong(reading, "'name' of a question is missing");
    if (!known)
        return wrong(reading, "'type' of a question is not included in the list");
    json_begin_object(&reading->writer);
    if (!read_name(reading, question, "name", NAME_LENGTH))
        return false;
    json_member_text(&reading->writer, "type", type);
    if (!read_answer(reading, question, type) || !read_choices(reading, question, type) ||
        !read_other(reading, question))
        return false;
    json_end_object(&reading->writer);
    return true;
}

static bool read_section(struct reading *reading, const struct json *section)
{
    const struct json *questions = json_member(section, "questions");

    if (!json_is_object(section))
        return wrong(reading, "'sections' must hold objects");
    json_begin_object(&reading->writer);
    if (!read_name(reading, section, "name", NAME_LENGTH) ||
        !read_name(reading, section, "description", DESCRIPTION_LENGTH))
        return false;
    if (questions && (!json_is_array(questions) || !json_count(questions)))
        return wrong(reading, "'questions' must not be empty");
    if (questions) {
        json_key(&reading->writer, "questions");
        json_begin_array(&reading->writer);
        for (const struct json *question = json_first(questions); question; question = json_next(question))
            if (!read_question(reading, question))
                return false;
        json_end_array(&reading->writer);
    }
    json_end_object(&reading->writer);
    return true;
}

bool note_content_check(const struct json *value, struct text *kept, const char **ret_problem)
{
    const struct json *sections = json_member(value, "sections");
    struct reading reading = {.problem = NULL};
    bool good = true;

    json_write_init(&reading.writer, kept);
    if (!json_is_object(value) || !json_is_array(sections) || !json_count(sections))
        good = wrong(&reading, "'sections' must not be empty");
    json_begin_object(&reading.writer);
    json_key(&reading.writer, "sections");
    json_begin_array(&reading.writer);
    for (const struct json *section = json_first(sections); section && good; section = json_next(section))
        good = read_section(&reading, section);
    json_end_array(&reading.writer);
    json_end_object(&reading.writer);
    *ret_problem = reading.problem ? reading.problem : PROBLEM_INVALID;
    return good;
}
