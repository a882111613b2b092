/* The text of a note as Cliniko gives it back. The service may write its markup anew, so only what is read counts. */
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "model/body_parts.h"

enum { ENTITY_LENGTH_MAX = 10 };

/* White space of any kind becomes one blank, none at the beginning. */
static void put_blank(struct text *out)
{
    if (out->size && out->data[out->size - 1] != ' ')
        text_putc(out, ' ');
}

static void put_codepoint(struct text *out, unsigned codepoint)
{
    if (codepoint == ' ' || codepoint == 0xA0)
        put_blank(out);
    else
        text_put_codepoint(out, codepoint);
}

/* "&#39;" and "&#x27;": digits of a base up to the end. False when they are none. */
static bool read_number(const char *at, size_t size, unsigned *ret)
{
    unsigned base = size && (at[0] == 'x' || at[0] == 'X') ? 16 : 10;
    size_t i = base == 16;

    if (i == size)
        return false;
    for (*ret = 0; i < size; i++) {
        const char *digits = "0123456789abcdef";
        const char *digit = strchr(digits, at[i] | 0x20);

        if (!digit || !*digit || (unsigned)(digit - digits) >= base || *ret > 0x10FFFF)
            return false;
        *ret = *ret * base + (unsigned)(digit - digits);
    }
    return true;
}

/* A character reference at the beginning; returns its bytes, 0 when it is none. */
static size_t put_reference(struct text *out, const char *at, size_t size)
{
    static const struct {
        const char *name;
        unsigned codepoint;
    } names[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}, {"nbsp", 0xA0}};
    const char *end = memchr(at, ';', size < ENTITY_LENGTH_MAX ? size : ENTITY_LENGTH_MAX);
    size_t length = end ? (size_t)(end - at) - 1 : 0;
    unsigned codepoint = 0;

    if (length == 0)
        return 0;
    for (size_t i = 0; i < array_length(names); i++)
        if (strlen(names[i].name) == length && memcmp(names[i].name, at + 1, length) == 0)
            codepoint = names[i].codepoint;
    if (codepoint == 0 && (at[1] != '#' || !read_number(at + 2, length - 1, &codepoint)))
        return 0;
    put_codepoint(out, codepoint);
    return length + 2;
}

/* Text within a line, as b, i, u and a are; every other element begins or ends a line. */
static bool is_inline(const char *tag, size_t size)
{
    static const char *const names[] = {"b", "i", "u", "a", "span", "strong", "em"};
    size_t start = size > 1 && tag[1] == '/' ? 2 : 1;
    size_t length = 0;

    while (start + length < size && !strchr(" />\t\n", tag[start + length]))
        length++;
    for (size_t i = 0; i < array_length(names); i++)
        if (strlen(names[i]) == length && strncasecmp(names[i], tag + start, length) == 0)
            return true;
    return false;
}

/* One byte of text, or the two of a blank that does not break; returns how many. */
static size_t put_plain(struct text *out, const char *at)
{
    bool is_no_break = at[0] == '\xC2' && at[1] == '\xA0';

    if (is_no_break || at[0] == ' ' || (at[0] >= '\t' && at[0] <= '\r'))
        put_blank(out);
    else
        text_putc(out, at[0]);
    return is_no_break ? 2 : 1;
}

static void put_text_of(const char *html, struct text *out)
{
    size_t size = strlen(html);

    for (size_t at = 0; at < size;) {
        const char *end = html[at] == '<' ? memchr(html + at, '>', size - at) : NULL;
        size_t taken = html[at] == '&' ? put_reference(out, html + at, size - at) : 0;

        if (end) {
            taken = (size_t)(end - html) - at + 1;
            if (!is_inline(html + at, taken))
                put_blank(out);
        } else if (taken == 0) {
            taken = put_plain(out, html + at);
        }
        at += taken;
    }
}

void body_content_text(const struct json *content, struct text *out)
{
    const struct json *sections = json_member(content, "sections");

    for (const struct json *section = json_first(sections); section; section = json_next(section)) {
        const struct json *questions = json_member(section, "questions");

        for (const struct json *question = json_first(questions); question; question = json_next(question)) {
            put_text_of(json_text(json_member(question, "answer"), ""), out);
            put_blank(out);
        }
    }
}
