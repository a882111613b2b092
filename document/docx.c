#include "document/docx.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "document/docx_parts.h"
#include "document/picture_parts.h"
#include "document/symbol.h"

enum {
    NOTE_KINDS = 3,
    CHOICES_MAX = 16,
};

#define EMU_PER_POINT 12700.0

struct note {
    long id;
    char *text;
};

struct notes {
    struct note *rows;
    size_t count;
};

/* Footnotes, endnotes, comments: the part's relationship, the element that holds one, the element that points to it. */
static const struct {
    const char *type;
    const char *element;
    const char *reference;
} note_kinds[NOTE_KINDS] = {
    {"/footnotes", "footnote", "footnoteReference"},
    {"/endnotes", "endnote", "endnoteReference"},
    {"/comments", "comment", "commentReference"},
};

/* Where the next letter goes. */
struct place {
    unsigned breaks; /* line ends that are put before it, unless it begins a cell */
    unsigned cells;  /* tabs that are put before it */
    bool numbered;   /* the paragraph at hand has its number */
    long list;       /* of the paragraph at hand; 0: none */
    unsigned level;
};

struct docx {
    struct docx_package *package;
    struct document *body;
    struct document *flow;  /* the body, the text of a shape, or a note */
    struct document *aside; /* text of shapes, placed behind the paragraph they hang on */
    struct numbering *numbering;
    struct docx_styles styles;
    struct notes notes[NOTE_KINDS];
    unsigned note_kind; /* of the part that is read; NOTE_KINDS for the body */
    long note_id;
    struct place place;
    struct place outer; /* while a shape's text is read */
    unsigned shapes;    /* open text boxes */
    unsigned runs;
    unsigned skipping; /* open elements that are not shown: the outermost and those within */
    bool in_text;
    bool hidden;                      /* of the run at hand */
    enum symbol_set symbols;          /* of its font */
    size_t choice_marks[CHOICES_MAX]; /* pieces of the document when an element with choices began */
    unsigned choices;
    double width; /* points, of the drawing at hand */
    double height;
    bool checked;
    long chosen; /* of the drop-down list at hand, counting down */
    char *choice;
};

static bool is(const char *name, const char *wanted)
{
    return strcmp(name, wanted) == 0;
}

static size_t pieces(const struct docx *docx)
{
    return document_text_size(docx->flow) + document_picture_count(docx->flow) + document_text_size(docx->aside) +
           document_picture_count(docx->aside);
}

static void put_breaks(struct docx *docx)
{
    for (; docx->place.cells == 0 && docx->place.breaks; docx->place.breaks--)
        document_end_paragraph(docx->flow);
    docx->place.breaks = 0;
    for (; docx->place.cells; docx->place.cells--)
        document_puts(docx->flow, "\t");
}

static void begin_text(struct docx *docx)
{
    struct text number = {0};

    put_breaks(docx);
    if (docx->place.numbered || docx->place.list == 0)
        return;
    docx->place.numbered = true;
    text_init(&number, UINT16_MAX);
    numbering_next(docx->numbering, docx->place.list, docx->place.level, &number);
    document_put(docx->flow, text_string(&number), number.size);
    text_release(&number);
}

static void put(struct docx *docx, const char *data, size_t size_bytes)
{
    if (docx->hidden || size_bytes == 0)
        return;
    begin_text(docx);
    document_put(docx->flow, data, size_bytes);
}

static void put_codepoint(struct docx *docx, unsigned codepoint)
{
    struct text one = {0};

    text_init(&one, 8);
    text_put_codepoint(&one, codepoint);
    put(docx, text_string(&one), one.size);
    text_release(&one);
}

static void put_text(struct docx *docx, struct slice text)
{
    struct text shown = {0};

    if (docx->symbols == SYMBOL_NONE && !memmem(text.data, text.size, "\xEF\x80", 2) &&
        !memmem(text.data, text.size, "\xEF\x81", 2) && !memmem(text.data, text.size, "\xEF\x82", 2) &&
        !memmem(text.data, text.size, "\xEF\x83", 2)) {
        put(docx, text.data, text.size);
        return;
    }
    text_init(&shown, text.size * 3 + 1);
    docx_put_signs(text, docx->symbols, &shown);
    put(docx, text_string(&shown), shown.size);
    text_release(&shown);
}

static void begin_paragraph(struct docx *docx)
{
    docx->place.list = 0;
    docx->place.level = 0;
    docx->place.numbered = false;
}

static void end_paragraph(struct docx *docx)
{
    if (docx->place.list && !docx->place.numbered)
        begin_text(docx);
    docx->place.list = 0;
    docx->place.breaks++;
    if (docx->flow != docx->body || document_block_count(docx->aside) == 0)
        return;
    put_breaks(docx);
    document_append(docx->body, docx->aside);
}

static void begin_shape(struct docx *docx)
{
    if (docx->shapes++ || docx->flow != docx->body)
        return;
    docx->outer = docx->place;
    docx->place = (struct place){0};
    docx->flow = docx->aside;
}

static void end_shape(struct docx *docx)
{
    docx->shapes -= docx->shapes > 0;
    if (docx->shapes || docx->flow != docx->aside)
        return;
    document_break(docx->aside);
    docx->place = docx->outer;
    docx->flow = docx->body;
}

static void put_picture(struct docx *docx, struct slice part)
{
    struct picture picture = {0};
    enum picture_format format = picture_detect(part);
    bool metafile = format == PICTURE_WMF || format == PICTURE_EMF;

    if (part.size == 0 || docx->hidden)
        return;
    if (!metafile || !picture_of_metafile(part, &picture))
        picture = picture_copy(part, format);
    if (docx->width > 0 && docx->height > 0) {
        picture.width_points = docx->width;
        picture.height_points = docx->height;
    }
    begin_text(docx);
    document_put_picture(docx->flow, picture);
    docx->width = docx->height = 0;
}

/* "width:100pt;height:2.5in" of VML. */
static double style_points(const char *style, const char *property)
{
    const char *found = strstr(style, property);
    char *unit = NULL;
    double value = 0;

    if (!found)
        return 0;
    value = strtod(found + strlen(property), &unit);
    if (strncmp(unit, "in", 2) == 0)
        value *= 72;
    if (strncmp(unit, "cm", 2) == 0)
        value *= 72 / 2.54;
    return value > 0 && value < 100000 ? value : 0;
}

static void put_note(struct docx *docx, const struct notes *notes, long id)
{
    for (size_t i = 0; i < notes->count; i++)
        if (notes->rows[i].id == id && notes->rows[i].text[0]) {
            put(docx, " [", 2);
            put(docx, notes->rows[i].text, strlen(notes->rows[i].text));
            put(docx, "]", 1);
            return;
        }
}

static bool is_true(xmlTextReaderPtr reader)
{
    scoped(string_free) char *value = docx_attribute(reader, "val");

    return !value || !(is(value, "0") || is(value, "false") || is(value, "off"));
}

/* Which list the paragraph is in: by its style, or by itself. */
static void on_paragraph_setting(struct docx *docx, xmlTextReaderPtr reader, const char *name)
{
    if (is(name, "pStyle")) {
        scoped(string_free) char *style = docx_attribute(reader, "val");

        for (size_t i = 0; style && i < docx->styles.count; i++)
            if (docx->styles.rows[i].id && is(docx->styles.rows[i].id, style)) {
                docx->place.list = docx->styles.rows[i].list;
                docx->place.level = docx->styles.rows[i].level;
            }
    } else if (is(name, "numId")) {
        docx->place.list = docx_number(reader, "val", 0);
    } else if (is(name, "ilvl")) {
        docx->place.level = (unsigned)docx_number(reader, "val", 0);
    }
}

static void put_symbol(struct docx *docx, xmlTextReaderPtr reader)
{
    scoped(string_free) char *font = docx_attribute(reader, "font");
    scoped(string_free) char *code = docx_attribute(reader, "char");
    unsigned long number = code ? strtoul(code, NULL, 16) : 0;
    enum symbol_set symbols = symbol_set_of_font(font ? font : "");

    if (symbols != SYMBOL_NONE && (number <= 0xFF || number >> 8 == 0xF0))
        put_codepoint(docx, symbol_codepoint(symbols, (unsigned char)number));
    else if (number && number <= 0x10FFFF)
        put_codepoint(docx, (unsigned)number);
}

static void set_font(struct docx *docx, xmlTextReaderPtr reader)
{
    scoped(string_free) char *font = docx_attribute(reader, "ascii");

    docx->symbols = symbol_set_of_font(font ? font : "");
}

/* Signs within a run. */
static void on_sign(struct docx *docx, xmlTextReaderPtr reader, const char *name)
{
    if (is(name, "tab") || is(name, "ptab"))
        put(docx, "\t", 1);
    else if ((is(name, "br") || is(name, "cr")) && !docx->hidden)
        docx->place.breaks++;
    else if (is(name, "noBreakHyphen"))
        put_codepoint(docx, 0x2011);
    else if (is(name, "sym"))
        put_symbol(docx, reader);
    else if (is(name, "vanish"))
        docx->hidden = is_true(reader);
    else if (is(name, "rFonts"))
        set_font(docx, reader);
    else if (is(name, "checkBox"))
        docx->checked = false;
    else if (is(name, "default") || is(name, "checked"))
        docx->checked = is_true(reader);
    else if (is(name, "ddList"))
        docx->chosen = 0;
    else if (is(name, "result"))
        docx->chosen = docx_number(reader, "val", 0);
    else if (is(name, "listEntry") && docx->chosen-- == 0)
        docx->choice = docx_attribute(reader, "val");
    for (size_t i = 0; i < NOTE_KINDS; i++)
        if (is(name, note_kinds[i].reference))
            put_note(docx, &docx->notes[i], docx_number(reader, "id", -1));
}

static void on_drawing(struct docx *docx, xmlTextReaderPtr reader, const char *name)
{
    scoped(string_free) char *id = NULL;

    if (is(name, "extent")) {
        docx->width = (double)docx_number(reader, "cx", 0) / EMU_PER_POINT;
        docx->height = (double)docx_number(reader, "cy", 0) / EMU_PER_POINT;
    } else if (is(name, "shape") || is(name, "rect")) {
        scoped(string_free) char *style = docx_attribute(reader, "style");

        docx->width = style ? style_points(style, "width:") : 0;
        docx->height = style ? style_points(style, "height:") : 0;
    } else if (is(name, "blip")) {
        id = docx_attribute(reader, "embed");
    } else if (is(name, "imagedata")) {
        id = docx_attribute(reader, "id");
    }
    if (id)
        put_picture(docx, docx_related_by_id(docx->package, id));
}

/* What was taken out, and what is there for who does not understand the choice before it. */
static bool is_not_shown(const struct docx *docx, const char *name)
{
    if (is(name, "Fallback"))
        return docx->choices && docx->choices <= CHOICES_MAX && docx->choice_marks[docx->choices - 1] != pieces(docx);
    return is(name, "del") || is(name, "moveFrom") || is(name, "pPrChange") || is(name, "rPrChange");
}

static void on_start(struct docx *docx, xmlTextReaderPtr reader, const char *name)
{
    if (docx->skipping || is_not_shown(docx, name)) {
        docx->skipping++;
    } else if (is(name, "p")) {
        begin_paragraph(docx);
    } else if (is(name, "r")) {
        docx->runs++;
    } else if (is(name, "t")) {
        docx->in_text = true;
    } else if (is(name, "txbxContent")) {
        begin_shape(docx);
    } else if (is(name, "AlternateContent")) {
        if (docx->choices < CHOICES_MAX)
            docx->choice_marks[docx->choices] = pieces(docx);
        docx->choices++;
    } else {
        if (docx->runs)
            on_sign(docx, reader, name);
        else
            on_paragraph_setting(docx, reader, name);
        on_drawing(docx, reader, name);
    }
}

static void on_end(struct docx *docx, const char *name)
{
    if (docx->skipping) {
        docx->skipping--;
    } else if (is(name, "p")) {
        end_paragraph(docx);
    } else if (is(name, "r")) {
        docx->runs -= docx->runs > 0;
        docx->hidden = false;
        docx->symbols = SYMBOL_NONE;
    } else if (is(name, "t")) {
        docx->in_text = false;
    } else if (is(name, "txbxContent")) {
        end_shape(docx);
    } else if (is(name, "AlternateContent")) {
        docx->choices -= docx->choices > 0;
    } else if (is(name, "tc")) {
        docx->place.breaks = 0;
        docx->place.cells++;
    } else if (is(name, "tr")) {
        docx->place.cells = 0;
        docx->place.breaks = 1;
    } else if (is(name, "checkBox")) {
        put_codepoint(docx, docx->checked ? 0x2612 : 0x2610);
    } else if (is(name, "ddList") && docx->choice) {
        put(docx, docx->choice, strlen(docx->choice));
        string_free(&docx->choice);
    }
}

static void on_node(void *context, xmlTextReaderPtr reader, int type, const char *name)
{
    struct docx *docx = context;

    if (type == XML_READER_TYPE_ELEMENT) {
        on_start(docx, reader, name);
    } else if (type == XML_READER_TYPE_END_ELEMENT) {
        on_end(docx, name);
    } else if (docx->in_text && !docx->skipping) {
        const char *text = (const char *)xmlTextReaderConstValue(reader);

        if (text)
            put_text(docx, slice_of(text));
    }
}

/* The text of one note, its paragraphs apart by blanks. */
static void keep_note(struct docx *docx)
{
    struct notes *notes = &docx->notes[docx->note_kind];
    struct text text = {0};

    text_init(&text, DOCUMENT_BYTES_MAX);
    document_break(docx->flow);
    document_put_text(docx->flow, &text);
    notes->rows = x_grow_array(notes->rows, notes->count + 1, sizeof *notes->rows);
    notes->rows[notes->count] = (struct note){docx->note_id, text_take(&text)};
    for (char *at = notes->rows[notes->count++].text; *at; at++)
        if (*at == '\n')
            *at = ' ';
    document_destroy(&docx->flow);
    docx->flow = docx->body;
    docx->place = (struct place){0};
}

static void on_note(void *context, xmlTextReaderPtr reader, int type, const char *name)
{
    struct docx *docx = context;
    bool is_note = is(name, note_kinds[docx->note_kind].element);

    if (is_note && type == XML_READER_TYPE_ELEMENT && docx->flow == docx->body) {
        docx->note_id = docx_number(reader, "id", -1);
        docx->flow = document_new();
        docx->place = (struct place){0};
    } else if (is_note && type == XML_READER_TYPE_END_ELEMENT && docx->flow != docx->body) {
        keep_note(docx);
    } else if (docx->flow != docx->body) {
        on_node(docx, reader, type, name);
    }
}

static bool read_parts(struct docx *docx, struct fault *fault)
{
    struct slice main = docx_part(docx->package, docx_main_part(docx->package));

    if (main.size == 0)
        return fault_set(fault, FAULT_BAD_INPUT, "DOCX: there is no part %.80s; the file is damaged",
                         docx_main_part(docx->package));
    if (!docx_read_numbering(docx_related_by_type(docx->package, "/numbering"), docx->numbering, fault) ||
        !docx_read_styles(docx_related_by_type(docx->package, "/styles"), &docx->styles, fault))
        return false;
    for (docx->note_kind = 0; docx->note_kind < NOTE_KINDS; docx->note_kind++) {
        struct slice part = docx_related_by_type(docx->package, note_kinds[docx->note_kind].type);

        if (part.size && !docx_walk(part, note_kinds[docx->note_kind].type + 1, on_note, docx, fault))
            return false;
    }
    return docx_walk(main, "document", on_node, docx, fault);
}

static void release(struct docx *docx)
{
    if (docx->flow != docx->body && docx->flow != docx->aside)
        document_destroy(&docx->flow);
    for (size_t i = 0; i < NOTE_KINDS; i++) {
        for (size_t k = 0; k < docx->notes[i].count; k++)
            free(docx->notes[i].rows[k].text);
        free(docx->notes[i].rows);
    }
    free(docx->choice);
    document_destroy(&docx->aside);
    docx_styles_release(&docx->styles);
    numbering_destroy(&docx->numbering);
    docx_package_destroy(&docx->package);
}

bool docx_read(struct slice bytes, struct document *document, struct fault *fault)
{
    struct docx docx = {.body = document, .flow = document};
    bool good = false;

    if (!docx_package_new(bytes, &docx.package, fault))
        return false;
    docx.aside = document_new();
    docx.numbering = numbering_new();
    good = read_parts(&docx, fault);
    document_append(document, docx.aside);
    release(&docx);
    return good;
}
