#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "document/docx_parts.h"
#include "document/symbol.h"

bool docx_walk(struct slice part, const char *part_name, docx_node_fn act, void *context, struct fault *fault)
{
    xmlTextReaderPtr reader =
        xmlReaderForMemory(part.data, (int)part.size, NULL, NULL,
                           XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_COMPACT);
    bool declared = false;
    int result = reader ? 1 : -1;

    while (result == 1 && (result = xmlTextReaderRead(reader)) == 1 && !declared) {
        int type = xmlTextReaderNodeType(reader);
        const xmlChar *name = xmlTextReaderConstLocalName(reader);

        declared = type == XML_READER_TYPE_DOCUMENT_TYPE || type == XML_READER_TYPE_ENTITY_REFERENCE;
        if (!declared)
            act(context, reader, type, name ? (const char *)name : "");
        if (type == XML_READER_TYPE_ELEMENT && xmlTextReaderIsEmptyElement(reader))
            act(context, reader, XML_READER_TYPE_END_ELEMENT, name ? (const char *)name : "");
    }
    if (declared)
        fault_set(fault, FAULT_BAD_INPUT, "DOCX, part %s: a document type is declared, which no DOCX has", part_name);
    else if (result != 0)
        fault_set(fault, FAULT_BAD_INPUT, "DOCX, part %s, line %d: the XML is broken", part_name,
                  reader ? xmlTextReaderGetParserLineNumber(reader) : 0);
    xmlFreeTextReader(reader);
    return result == 0 && !declared;
}

char *docx_attribute(xmlTextReaderPtr reader, const char *name)
{
    char *found = NULL;

    for (int more = xmlTextReaderMoveToFirstAttribute(reader); more == 1 && !found;
         more = xmlTextReaderMoveToNextAttribute(reader))
        if (strcmp((const char *)xmlTextReaderConstLocalName(reader), name) == 0)
            found = x_strdup((const char *)xmlTextReaderConstValue(reader));
    xmlTextReaderMoveToElement(reader);
    return found;
}

long docx_number(xmlTextReaderPtr reader, const char *name, long fallback)
{
    scoped(string_free) char *value = docx_attribute(reader, name);
    char *end = NULL;
    long number = value ? strtol(value, &end, 10) : fallback;

    return value && end == value ? fallback : number;
}

void docx_put_signs(struct slice text, enum symbol_set symbols, struct text *out)
{
    const unsigned char *at = (const unsigned char *)text.data;
    const unsigned char *end = at + text.size;

    while (at < end) {
        if (end - at >= 3 && at[0] == 0xEF && at[1] >= 0x80 && at[1] <= 0x83) {
            text_put_codepoint(out, symbol_codepoint(symbols == SYMBOL_NONE ? SYMBOL_GREEK : symbols,
                                                     (unsigned char)((at[1] & 3U) << 6 | (at[2] & 0x3FU))));
            at += 3;
        } else if (symbols != SYMBOL_NONE && at[0] > 0x20 && at[0] < 0x80) {
            text_put_codepoint(out, symbol_codepoint(symbols, *at++));
        } else if (symbols != SYMBOL_NONE && end - at >= 2 && (at[0] == 0xC2 || at[0] == 0xC3)) {
            text_put_codepoint(out, symbol_codepoint(symbols, (unsigned char)((at[0] & 3U) << 6 | (at[1] & 0x3FU))));
            at += 2;
        } else {
            text_putc(out, (char)*at++);
        }
    }
}

struct numbering_walk {
    struct numbering *numbering;
    struct numbering_level *level; /* at hand */
    long pattern;
    long list;
    unsigned level_number;
};

static enum numbering_format format_of(const char *name)
{
    static const struct {
        const char *name;
        enum numbering_format format;
    } formats[] = {{"bullet", NUMBERING_BULLET},
                   {"none", NUMBERING_NONE},
                   {"upperRoman", NUMBERING_UPPER_ROMAN},
                   {"lowerRoman", NUMBERING_LOWER_ROMAN},
                   {"upperLetter", NUMBERING_UPPER_LETTER},
                   {"lowerLetter", NUMBERING_LOWER_LETTER},
                   {"ordinal", NUMBERING_ORDINAL},
                   {"decimalZero", NUMBERING_DECIMAL_ZERO}};

    for (size_t i = 0; i < array_length(formats); i++)
        if (strcmp(formats[i].name, name) == 0)
            return formats[i].format;
    return NUMBERING_DECIMAL;
}

/* A sign of the level's font is a code point of the private area, or a letter where the font is one of signs. */
static void set_sign(struct numbering_level *level, const char *font)
{
    struct text sign = {0};

    if (level->format != NUMBERING_BULLET)
        return;
    text_init(&sign, sizeof level->pattern - 1);
    docx_put_signs(slice_of(level->pattern), symbol_set_of_font(font), &sign);
    memcpy(level->pattern, text_string(&sign), sign.size + 1);
    text_release(&sign);
}

static void begin_level(struct numbering_walk *walk, xmlTextReaderPtr reader)
{
    long number = docx_number(reader, "ilvl", 0);
    struct numbering_level *levels =
        number >= 0 && number < NUMBERING_LEVELS ? numbering_levels(walk->numbering, walk->pattern) : NULL;

    walk->level = levels ? &levels[number] : NULL;
}

static void on_level_setting(struct numbering_walk *walk, xmlTextReaderPtr reader, const char *name)
{
    scoped(string_free) char *value = docx_attribute(reader, "val");
    scoped(string_free) char *font = docx_attribute(reader, "ascii");

    if (strcmp(name, "start") == 0)
        walk->level->start = docx_number(reader, "val", 1);
    else if (strcmp(name, "numFmt") == 0 && value)
        walk->level->format = format_of(value);
    else if (strcmp(name, "lvlText") == 0 && value && strlen(value) < sizeof walk->level->pattern)
        memcpy(walk->level->pattern, value, strlen(value) + 1);
    else if (strcmp(name, "rFonts") == 0)
        set_sign(walk->level, font ? font : "");
}

static void on_numbering(void *context, xmlTextReaderPtr reader, int type, const char *name)
{
    struct numbering_walk *walk = context;

    if (type == XML_READER_TYPE_END_ELEMENT && strcmp(name, "lvl") == 0) {
        if (walk->level)
            set_sign(walk->level, "");
        walk->level = NULL;
    }
    if (type != XML_READER_TYPE_ELEMENT)
        return;
    if (strcmp(name, "abstractNum") == 0)
        walk->pattern = docx_number(reader, "abstractNumId", -1);
    else if (strcmp(name, "num") == 0)
        walk->list = docx_number(reader, "numId", -1);
    else if (strcmp(name, "abstractNumId") == 0)
        numbering_bind(walk->numbering, walk->list, docx_number(reader, "val", -1));
    else if (strcmp(name, "lvlOverride") == 0)
        walk->level_number = (unsigned)docx_number(reader, "ilvl", 0);
    else if (strcmp(name, "startOverride") == 0)
        numbering_start(walk->numbering, walk->list, walk->level_number, docx_number(reader, "val", 1));
    else if (strcmp(name, "lvl") == 0 && walk->list == 0)
        begin_level(walk, reader);
    else if (walk->level)
        on_level_setting(walk, reader, name);
}

bool docx_read_numbering(struct slice part, struct numbering *numbering, struct fault *fault)
{
    struct numbering_walk walk = {.numbering = numbering};

    return part.size == 0 || docx_walk(part, "numbering", on_numbering, &walk, fault);
}

static void on_style(void *context, xmlTextReaderPtr reader, int type, const char *name)
{
    struct docx_styles *styles = context;
    struct docx_style *style = styles->count ? &styles->rows[styles->count - 1] : NULL;

    if (type != XML_READER_TYPE_ELEMENT)
        return;
    if (strcmp(name, "style") == 0) {
        styles->rows = x_grow_array(styles->rows, styles->count + 1, sizeof *styles->rows);
        styles->rows[styles->count++] = (struct docx_style){.id = docx_attribute(reader, "styleId")};
    } else if (style && strcmp(name, "numId") == 0) {
        style->list = docx_number(reader, "val", 0);
    } else if (style && strcmp(name, "ilvl") == 0) {
        style->level = (unsigned)docx_number(reader, "val", 0);
    }
}

bool docx_read_styles(struct slice part, struct docx_styles *styles, struct fault *fault)
{
    return part.size == 0 || docx_walk(part, "styles", on_style, styles, fault);
}

void docx_styles_release(struct docx_styles *styles)
{
    for (size_t i = 0; i < styles->count; i++)
        free(styles->rows[i].id);
    free(styles->rows);
    *styles = (struct docx_styles){0};
}
