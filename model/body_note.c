/* Bodies of notes and files. A note's content is one section with one paragraph in the HTML that Cliniko permits (API
 * reference 5.16); a long one is divided into sections, since how long an answer may be is not known (11). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/body_parts.h"
#include "model/letters.h"
#include "model/wording.h"

enum { ANSWER_CHARACTERS_MAX = 60000, HTML_BYTES_MAX = 128 * 1024 * 1024, TITLE_BYTES_MAX = 8192 };

static const char line_start[] = "<div>";
static const char line_end[] = "</div>";
static const char no_break_space[] = "\xC2\xA0";

static struct slice value_of(const void *context, const char *member)
{
    const char *text = json_text(json_member(context, member), NULL);

    return text ? slice_of(text) : (struct slice){0};
}

void body_note_title(const char *source_key, const struct json *payload, struct text *out)
{
    (void)wording_title(source_key, value_of, payload, out);
}

void body_description(enum entity entity, const char *source_key, const struct json *payload, struct text *out)
{
    (void)wording_description(entity, source_key, value_of, payload, out);
}

/* What stands before the note's own text: a title that was cut, and values that could not be read. */
static void put_preface(const char *source_key, const struct json *payload, struct text *out)
{
    struct slice notes = value_of(payload, "notes");
    struct text title;

    text_init(&title, TITLE_BYTES_MAX);
    if (!wording_title(source_key, value_of, payload, &title)) {
        wording_whole_title(value_of, payload, out);
        text_putc(out, '\n');
    }
    text_release(&title);
    if (notes.size) {
        text_put(out, notes.data, notes.size);
        text_putc(out, '\n');
    }
}

/* The markup of one character; NULL for one that stands for itself. Runs of blanks would be shown as one, and tabs,
 * which part the cells of a table, are dropped by the service: blanks that do not break take their place. */
static const char *markup_of(struct slice line, size_t at)
{
    switch (line.data[at]) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '\t':
        return "\xC2\xA0\xC2\xA0\xC2\xA0\xC2\xA0";
    case ' ':
        return at == 0 || (at + 1 < line.size && line.data[at + 1] == ' ') ? no_break_space : NULL;
    default:
        return (unsigned char)line.data[at] < 0x20 || line.data[at] == 0x7F ? "" : NULL;
    }
}

/* Bytes of the character at `at`, with those of its sequence. */
static size_t sequence_size(struct slice line, size_t at)
{
    size_t size = 1;

    while (at + size < line.size && ((unsigned char)line.data[at + size] & 0xC0) == 0x80)
        size++;
    return size;
}

/* Appends the beginning of a line whose markup has at most `room` characters, up to a blank where it does not fit
 * whole. Returns the bytes of the line that were taken. */
static size_t put_stretch(struct text *html, struct slice line, size_t room)
{
    size_t last_blank = 0; /* bytes of the line up to and with the last blank */
    size_t html_blank = 0; /* and of the markup */
    size_t html_start = html->size;
    size_t used = 0;

    for (size_t at = 0; at < line.size;) {
        const char *markup = markup_of(line, at);
        size_t size = sequence_size(line, at);
        size_t characters = markup ? utf8_length(slice_of(markup)) : 1;

        if (used + characters > room) {
            if (last_blank == 0)
                return at;
            html->size = html_start + html_blank;
            html->data[html->size] = '\0';
            return last_blank;
        }
        if (markup)
            text_puts(html, markup);
        else
            text_put(html, line.data + at, size);
        used += characters;
        at += size;
        if (line.data[at - 1] == ' ') {
            last_blank = at;
            html_blank = html->size - html_start;
        }
    }
    return line.size;
}

/* The markup of a note, and where each of its answers ends in it. */
struct answers {
    struct text html;
    size_t *ends;
    size_t count;
    size_t room; /* characters that the answer at the end may still take */
};

static void next_answer(struct answers *answers)
{
    answers->ends = x_grow_array(answers->ends, answers->count + 1, sizeof *answers->ends);
    answers->ends[answers->count++] = answers->html.size;
    answers->room = ANSWER_CHARACTERS_MAX;
}

static void put_line(struct answers *answers, struct slice line)
{
    static const size_t frame = sizeof line_start - 1 + sizeof line_end - 1;
    struct text *html = &answers->html;
    bool blank = letters_trim(line).size == 0;

    line = blank ? slice_of("") : line;
    do {
        size_t start = html->size;
        size_t taken = 0;

        if (answers->room < frame + strlen("<br>") + 4 * strlen("&amp;")) {
            next_answer(answers);
            start = html->size;
        }
        text_puts(html, line_start);
        taken = put_stretch(html, line, answers->room - frame);
        if (line.size && taken < line.size && answers->room < ANSWER_CHARACTERS_MAX) {
            /* A line is only divided when it does not fit into an answer of its own. */
            html->size = start;
            html->data[start] = '\0';
            next_answer(answers);
            continue;
        }
        text_puts(html, blank ? "<br>" : "");
        text_puts(html, line_end);
        answers->room -= utf8_length((struct slice){html->data + start, html->size - start});
        line.data += taken;
        line.size -= taken;
    } while (line.size && !html->overflowed);
}

static size_t line_size(struct slice text)
{
    size_t size = 0;

    while (size < text.size && !strchr("\n\r\f\v", text.data[size]))
        size++;
    return size;
}

static void put_lines(struct answers *answers, struct slice text)
{
    while (text.size && !answers->html.overflowed) {
        size_t size = line_size(text);
        size_t gap = size < text.size;

        put_line(answers, (struct slice){text.data, size});
        if (gap && text.data[size] == '\r' && size + 1 < text.size && text.data[size + 1] == '\n')
            gap = 2;
        text.data += size + gap;
        text.size -= size + gap;
    }
    next_answer(answers);
}

static void put_section(struct json_writer *writer, const struct answers *answers, size_t number)
{
    size_t start = number ? answers->ends[number - 1] : 0;
    char name[64];

    json_begin_object(writer);
    if (answers->count > 1) {
        snprintf(name, sizeof name, "Part %zu of %zu", number + 1, answers->count);
        json_member_text(writer, "name", name);
    }
    json_key(writer, "questions");
    json_begin_array(writer);
    json_begin_object(writer);
    json_member_text(writer, "name", "Note");
    json_member_text(writer, "type", "paragraph");
    if (answers->ends[number] > start) {
        json_key(writer, "answer");
        json_put_slice(writer, (struct slice){answers->html.data + start, answers->ends[number] - start});
    }
    json_end_object(writer);
    json_end_array(writer);
    json_end_object(writer);
}

static bool put_content(struct json_writer *writer, struct slice text, struct fault *fault)
{
    struct answers answers = {.room = ANSWER_CHARACTERS_MAX};
    bool fits = false;

    text_init(&answers.html, HTML_BYTES_MAX);
    put_lines(&answers, letters_trim(text));
    fits =
        !answers.html.overflowed || fault_set(fault, FAULT_REFUSED, "the note is larger than %d bytes", HTML_BYTES_MAX);
    json_key(writer, "content");
    json_begin_object(writer);
    json_key(writer, "sections");
    json_begin_array(writer);
    for (size_t i = 0; fits && i < answers.count; i++)
        put_section(writer, &answers, i);
    json_end_array(writer);
    json_end_object(writer);
    text_release(&answers.html);
    free(answers.ends);
    return fits;
}

static void put_composed(struct json_writer *writer, const char *name, const struct text *text)
{
    json_key(writer, name);
    json_put_slice(writer, text_slice(text));
}

bool body_put_note(struct json_writer *writer, const char *source_key, const struct json *payload,
                   const struct body_ids *ids, struct fault *fault)
{
    struct text title;

    if (!body_put_references(writer, ENTITY_TREATMENT_NOTE, ids, fault))
        return false;
    text_init(&title, TITLE_BYTES_MAX);
    body_note_title(source_key, payload, &title);
    put_composed(writer, "title", &title);
    text_release(&title);
    json_member_bool(writer, "draft", json_bool(json_member(payload, "draft"), false));
    return true;
}

bool body_write_note(const char *source_key, const struct json *payload, const struct body_ids *ids,
                     struct slice plain_text, struct text *out, struct fault *fault)
{
    struct json_writer writer;
    struct text all;
    bool written = false;

    text_init(&all, HTML_BYTES_MAX);
    put_preface(source_key, payload, &all);
    text_put(&all, plain_text.data ? plain_text.data : "", plain_text.size);
    json_write_init(&writer, out);
    json_begin_object(&writer);
    if (all.overflowed)
        fault_set(fault, FAULT_REFUSED, "the note is larger than %d bytes", HTML_BYTES_MAX);
    else
        written =
            body_put_note(&writer, source_key, payload, ids, fault) && put_content(&writer, text_slice(&all), fault);
    json_end_object(&writer);
    text_release(&all);
    return written;
}

bool body_put_file(struct json_writer *writer, enum entity entity, const char *source_key, const struct json *payload,
                   const struct body_ids *ids, struct fault *fault)
{
    struct text description;

    if (!body_put_references(writer, entity, ids, fault))
        return false;
    text_init(&description, TITLE_BYTES_MAX);
    body_description(entity, source_key, payload, &description);
    put_composed(writer, "description", &description);
    text_release(&description);
    return true;
}

bool body_write_attachment(enum entity entity, const char *source_key, const struct json *payload,
                           const struct body_ids *ids, const char *upload_url, struct text *out, struct fault *fault)
{
    struct json_writer writer;

    json_write_init(&writer, out);
    json_begin_object(&writer);
    if (!body_put_file(&writer, entity, source_key, payload, ids, fault))
        return false;
    json_member_text(&writer, "upload_url", upload_url);
    json_end_object(&writer);
    return true;
}
