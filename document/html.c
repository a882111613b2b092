#include "document/html.h"

#include <libxml/HTMLparser.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "document/document_build.h"
#include "document/html_parts.h"
#include "document/numbering.h"

enum {
    DEPTH_MAX = 10000,
    LISTS_MAX = 32, /* deeper lists are numbered as one */
    TABLES_MAX = 32,
    MARK_BYTES_MAX = 256,
};

enum kind {
    KIND_INLINE,
    KIND_BLOCK,
    KIND_SKIPPED, /* with all that is within */
    KIND_PRE,
    KIND_LIST,
    KIND_NUMBERED,
    KIND_ITEM,
    KIND_ROW,
    KIND_CELL,
    KIND_TABLE,
    KIND_BREAK,
    KIND_RULE,
    KIND_IMAGE,
    KIND_INPUT,
    KIND_SELECT,
    KIND_OPTION,
};

static const struct {
    const char *name;
    enum kind kind;
} elements[] = {
    {"p", KIND_BLOCK},          {"div", KIND_BLOCK},        {"h1", KIND_BLOCK},         {"h2", KIND_BLOCK},
    {"h3", KIND_BLOCK},         {"h4", KIND_BLOCK},         {"h5", KIND_BLOCK},         {"h6", KIND_BLOCK},
    {"body", KIND_BLOCK},       {"html", KIND_BLOCK},       {"blockquote", KIND_BLOCK}, {"address", KIND_BLOCK},
    {"article", KIND_BLOCK},    {"section", KIND_BLOCK},    {"header", KIND_BLOCK},     {"footer", KIND_BLOCK},
    {"main", KIND_BLOCK},       {"nav", KIND_BLOCK},        {"aside", KIND_BLOCK},      {"figure", KIND_BLOCK},
    {"figcaption", KIND_BLOCK}, {"center", KIND_BLOCK},     {"form", KIND_BLOCK},       {"fieldset", KIND_BLOCK},
    {"legend", KIND_BLOCK},     {"dl", KIND_BLOCK},         {"dt", KIND_BLOCK},         {"dd", KIND_BLOCK},
    {"caption", KIND_BLOCK},    {"details", KIND_BLOCK},    {"summary", KIND_BLOCK},    {"dir", KIND_LIST},
    {"menu", KIND_LIST},        {"ul", KIND_LIST},          {"ol", KIND_NUMBERED},      {"li", KIND_ITEM},
    {"table", KIND_TABLE},      {"tr", KIND_ROW},           {"td", KIND_CELL},          {"th", KIND_CELL},
    {"br", KIND_BREAK},         {"hr", KIND_RULE},          {"img", KIND_IMAGE},        {"pre", KIND_PRE},
    {"xmp", KIND_PRE},          {"textarea", KIND_PRE},     {"input", KIND_INPUT},      {"select", KIND_SELECT},
    {"option", KIND_OPTION},    {"head", KIND_SKIPPED},     {"title", KIND_SKIPPED},    {"script", KIND_SKIPPED},
    {"style", KIND_SKIPPED},    {"template", KIND_SKIPPED}, {"iframe", KIND_SKIPPED},   {"map", KIND_SKIPPED},
    {"noframes", KIND_SKIPPED}, {"datalist", KIND_SKIPPED},
};

struct html {
    struct document *document;
    bool *hidden; /* for each open element: it and what is within is not shown */
    size_t depth;
    size_t room;
    bool too_deep;
    unsigned skipping; /* open elements that are not shown */
    unsigned pre;
    bool pre_begins;            /* a line end right behind the tag is none */
    bool blank;                 /* white space that is put when a letter follows */
    unsigned breaks;            /* line ends that are put when a letter follows in the same cell */
    unsigned tabs;              /* cells that have begun before that letter */
    bool at_mark;               /* the line holds the mark of a list item only */
    unsigned cells[TABLES_MAX]; /* cells begun in the row at hand of each open table */
    unsigned tables;
    enum numbering_format formats[LISTS_MAX];
    long numbers[LISTS_MAX]; /* next number of each open list, -1: bullets */
    unsigned lists;
};

static enum kind kind_of(const char *name)
{
    for (size_t i = 0; i < array_length(elements); i++)
        if (strcasecmp(elements[i].name, name) == 0)
            return elements[i].kind;
    return KIND_INLINE;
}

static const char *attribute(const xmlChar **attributes, const char *name)
{
    for (size_t i = 0; attributes && attributes[i]; i += 2)
        if (strcasecmp((const char *)attributes[i], name) == 0)
            return attributes[i + 1] ? (const char *)attributes[i + 1] : "";
    return NULL;
}

/* Two blocks are apart by one line end, however many begin or end between them. */
static void end_line(struct html *html)
{
    html->blank = false;
    if (html->breaks == 0 && !html->at_mark && !document_at_start(html->document))
        html->breaks = 1;
}

/* Puts what waits for a letter. The next cell of a row goes on in its line. */
static void begin_text(struct html *html)
{
    for (; html->tabs == 0 && html->breaks; html->breaks--)
        document_end_paragraph(html->document);
    html->breaks = 0;
    if (html->tabs)
        html->blank = false;
    for (; html->tabs; html->tabs--)
        document_puts(html->document, "\t");
    if (html->blank && !document_at_start(html->document))
        document_puts(html->document, " ");
    html->blank = false;
    html->at_mark = false;
}

static void put(struct html *html, const char *data, size_t size_bytes)
{
    begin_text(html);
    document_put(html->document, data, size_bytes);
}

static void put_preformatted(struct html *html, const char *data, size_t size_bytes)
{
    size_t start = 0;

    for (size_t i = 0; i < size_bytes; i++) {
        if (data[i] != '\n')
            continue;
        put(html, data + start, i - start);
        html->breaks++;
        start = i + 1;
    }
    if (start < size_bytes)
        put(html, data + start, size_bytes - start);
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n' || byte == '\f';
}

static void on_characters(void *context, const xmlChar *text, int size)
{
    struct html *html = context;
    const char *data = (const char *)text;
    size_t left = size > 0 ? (size_t)size : 0;

    if (html->skipping)
        return;
    if (html->pre) {
        bool first = html->pre_begins && left && *data == '\n';

        html->pre_begins = false;
        data += first;
        left -= first;
        put_preformatted(html, data, left);
        return;
    }
    while (left) {
        size_t letters = 0;

        while (letters < left && !is_blank(data[letters]))
            letters++;
        if (letters)
            put(html, data, letters);
        else
            html->blank = true;
        letters += letters == 0;
        data += letters;
        left -= letters;
    }
}

static enum numbering_format format_of(const char *type)
{
    if (type && strcmp(type, "I") == 0)
        return NUMBERING_UPPER_ROMAN;
    if (type && strcmp(type, "i") == 0)
        return NUMBERING_LOWER_ROMAN;
    if (type && strcmp(type, "A") == 0)
        return NUMBERING_UPPER_LETTER;
    return type && strcmp(type, "a") == 0 ? NUMBERING_LOWER_LETTER : NUMBERING_DECIMAL;
}

static void begin_list(struct html *html, const xmlChar **attributes, bool numbered)
{
    const char *start = attribute(attributes, "start");

    html->at_mark = false;
    end_line(html);
    if (html->lists < LISTS_MAX) {
        html->numbers[html->lists] = numbered ? (start ? strtol(start, NULL, 10) : 1) : -1;
        html->formats[html->lists] = format_of(attribute(attributes, "type"));
    }
    html->lists++;
}

static void begin_item(struct html *html, const xmlChar **attributes)
{
    unsigned depth = html->lists > LISTS_MAX ? LISTS_MAX : html->lists;
    long *number = depth ? &html->numbers[depth - 1] : NULL;
    const char *value = attribute(attributes, "value");
    struct text mark = {0};

    html->at_mark = false;
    end_line(html);
    text_init(&mark, MARK_BYTES_MAX);
    for (unsigned i = 1; i < depth; i++)
        text_puts(&mark, "  ");
    if (number && *number >= 0) {
        if (value)
            *number = strtol(value, NULL, 10);
        numbering_put(html->formats[depth - 1], *number, &mark);
        text_puts(&mark, ". ");
        *number += *number < LONG_MAX;
    } else {
        text_puts(&mark, "\xE2\x80\xA2 ");
    }
    put(html, mark.data, mark.size);
    text_release(&mark);
    html->at_mark = true;
}

static void put_image(struct html *html, const xmlChar **attributes)
{
    const char *address = attribute(attributes, "src");
    const char *instead = attribute(attributes, "alt");
    struct picture picture = {0};

    if (address && html_picture(address, &picture)) {
        picture.width_points = html_points(attribute(attributes, "width"));
        picture.height_points = html_points(attribute(attributes, "height"));
        if (picture.width_points <= 0 || picture.height_points <= 0)
            picture.width_points = picture.height_points = 0;
        begin_text(html);
        document_put_picture(html->document, picture);
    } else if (instead && *instead) {
        put(html, "[", 1);
        put(html, instead, strlen(instead));
        put(html, "]", 1);
    }
}

/* What a form shows: boxes, buttons' and fields' words. */
static void put_input(struct html *html, const xmlChar **attributes)
{
    const char *type = attribute(attributes, "type");
    const char *value = attribute(attributes, "value");
    bool checked = attribute(attributes, "checked") != NULL;

    type = type ? type : "text";
    if (strcasecmp(type, "checkbox") == 0)
        put(html, checked ? "\xE2\x98\x92" : "\xE2\x98\x90", 3);
    else if (strcasecmp(type, "radio") == 0)
        put(html, checked ? "\xE2\x97\x89" : "\xE2\x97\x8B", 3);
    else if (strcasecmp(type, "hidden") != 0 && strcasecmp(type, "password") != 0 && value)
        put(html, value, strlen(value));
}

/* Not shown by its attributes: hidden, display: none, an option that is not chosen. */
static bool is_hidden(enum kind kind, const xmlChar **attributes)
{
    const char *style = attribute(attributes, "style");
    const char *display = style ? strcasestr(style, "display") : NULL;

    if (kind == KIND_SKIPPED || attribute(attributes, "hidden"))
        return true;
    if (kind == KIND_OPTION && !attribute(attributes, "selected"))
        return true;
    if (!display)
        return false;
    display += strlen("display");
    display += strspn(display, " \t:");
    return strncasecmp(display, "none", 4) == 0;
}

static unsigned *cells(struct html *html)
{
    return &html->cells[html->tables < TABLES_MAX ? html->tables : TABLES_MAX - 1];
}

static void begin_row(struct html *html)
{
    html->at_mark = false;
    end_line(html);
    html->tabs = 0;
    *cells(html) = 0;
}

static void begin(struct html *html, enum kind kind, const xmlChar **attributes)
{
    switch (kind) {
    case KIND_INLINE:
    case KIND_SKIPPED:
    case KIND_OPTION:
        break;
    case KIND_BLOCK:
    case KIND_RULE:
        end_line(html);
        break;
    case KIND_SELECT:
        html->blank = true;
        break;
    case KIND_PRE:
        end_line(html);
        html->pre++;
        html->pre_begins = true;
        break;
    case KIND_LIST:
    case KIND_NUMBERED:
        begin_list(html, attributes, kind == KIND_NUMBERED);
        break;
    case KIND_ITEM:
        begin_item(html, attributes);
        break;
    case KIND_TABLE:
        html->tables++;
        begin_row(html);
        break;
    case KIND_ROW:
        begin_row(html);
        break;
    case KIND_CELL:
        html->blank = false;
        html->tabs += (*cells(html))++ > 0;
        break;
    case KIND_BREAK:
        html->blank = false;
        html->breaks++;
        break;
    case KIND_IMAGE:
        put_image(html, attributes);
        break;
    case KIND_INPUT:
        put_input(html, attributes);
        break;
    }
}

static void end(struct html *html, enum kind kind)
{
    switch (kind) {
    case KIND_ITEM:
        html->at_mark = false;
        end_line(html);
        break;
    case KIND_BLOCK:
        end_line(html);
        break;
    case KIND_ROW:
        begin_row(html);
        break;
    case KIND_TABLE:
        begin_row(html);
        html->tables -= html->tables > 0;
        break;
    case KIND_PRE:
        html->pre -= html->pre > 0;
        end_line(html);
        break;
    case KIND_LIST:
    case KIND_NUMBERED:
        end_line(html);
        html->lists -= html->lists > 0;
        break;
    case KIND_SELECT:
        html->blank = true;
        break;
    default:
        break;
    }
}

static void on_start(void *context, const xmlChar *name, const xmlChar **attributes)
{
    struct html *html = context;
    enum kind kind = kind_of((const char *)name);
    bool hidden = is_hidden(kind, attributes);

    if (html->depth == html->room) {
        html->room = html->room ? html->room * 2 : 64;
        html->hidden = x_grow_array(html->hidden, html->room, sizeof *html->hidden);
    }
    html->too_deep = html->too_deep || html->depth >= DEPTH_MAX;
    html->hidden[html->depth++] = hidden;
    html->skipping += hidden;
    if (!html->skipping)
        begin(html, kind, attributes);
}

static void on_end(void *context, const xmlChar *name)
{
    struct html *html = context;

    if (html->depth == 0)
        return;
    if (!html->skipping)
        end(html, kind_of((const char *)name));
    html->skipping -= html->hidden[--html->depth];
}

static void on_error(void *context, const char *format, ...)
{
    (void)context;
    (void)format;
}

static bool parse(struct slice text, struct html *html, struct fault *fault)
{
    htmlSAXHandler handler = {
        .startElement = on_start,
        .endElement = on_end,
        .characters = on_characters,
        .ignorableWhitespace = on_characters,
        .error = on_error,
        .warning = on_error,
    };
    htmlParserCtxtPtr parser = htmlCreateMemoryParserCtxt(text.data, (int)text.size);
    htmlSAXHandlerPtr own = NULL;
    bool broken = false;

    if (!parser)
        return fault_set(fault, FAULT_BAD_INPUT, "HTML, byte 0: there is nothing to read");
    htmlCtxtUseOptions(parser, HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET |
                                   HTML_PARSE_IGNORE_ENC | XML_PARSE_HUGE);
    own = parser->sax;
    parser->sax = &handler;
    parser->userData = html;
    parser->charset = XML_CHAR_ENCODING_UTF8;
    parser->encoding = xmlStrdup((const xmlChar *)"UTF-8"); /* or it guesses by the first bytes */
    htmlParseDocument(parser);
    broken = parser->disableSAX != 0;
    parser->sax = own;
    htmlFreeParserCtxt(parser);
    if (html->too_deep)
        return fault_set(fault, FAULT_BAD_INPUT, "HTML: elements are nested more than %d deep", DEPTH_MAX);
    return broken ? fault_set(fault, FAULT_BAD_INPUT, "HTML: the document cannot be read to its end") : true;
}

static void drop_nuls(struct text *text)
{
    size_t size = 0;

    for (size_t i = 0; i < text->size; i++)
        if (text->data[i])
            text->data[size++] = text->data[i];
    text->size = size;
    if (text->data)
        text->data[size] = '\0';
}

/* Text with tags for single words only, as a field of a form may hold it, keeps its line ends: nothing else parts its
 * lines. */
static bool has_lines_of_its_own(struct slice text)
{
    char name[16];

    for (size_t i = 0; i < text.size; i++) {
        enum kind kind = KIND_INLINE;
        size_t size = 0;

        if (text.data[i] != '<')
            continue;
        for (; size + 1 < sizeof name && i + 1 + size < text.size; size++) {
            char byte = text.data[i + 1 + size];

            if (!(byte >= 'a' && byte <= 'z') && !(byte >= 'A' && byte <= 'Z') && !(byte >= '1' && byte <= '6'))
                break;
            name[size] = byte;
        }
        name[size] = '\0';
        kind = kind_of(name);
        if (kind != KIND_INLINE && kind != KIND_IMAGE)
            return false;
    }
    return true;
}

bool html_read(struct slice bytes, struct document *document, struct fault *fault)
{
    struct html html = {.document = document};
    struct text text = {0};
    bool good = false;

    text_init(&text, (size_t)DOCUMENT_BYTES_MAX * 4);
    html_put_utf8(bytes, &text);
    drop_nuls(&text); /* the parser ends at one */
    html.pre = has_lines_of_its_own(text_slice(&text));
    good = parse(text_slice(&text), &html, fault);
    text_release(&text);
    free(html.hidden);
    return good;
}
