#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/must.h"
#include "document/codepage.h"
#include "document/rtf_parts.h"

/* Destinations in which a word means something. */
enum {
    IN_TEXT = 1 << RTF_TEXT,
    IN_FONTS = 1 << RTF_FONTS,
    IN_PICTURE = 1 << RTF_PICTURE,
    IN_FIELD = 1 << RTF_FIELD_CODE,
    IN_FORM = 1 << RTF_FORM,
    IN_SHAPE = 1 << RTF_SHAPE_VALUE,
    IN_LISTS = 1 << RTF_LIST_TABLE | 1 << RTF_LEVEL_TEXT,
    IN_LETTERS = IN_TEXT | IN_FIELD | 1 << RTF_FORM_ITEM,
    IN_UPR = 1 << RTF_UPR,
    IN_OVERRIDES = 1 << RTF_OVERRIDES,
    ANYWHERE = ~0,
};

enum { NESTED = 1 }; /* a row of a table in a table */

/* What the word needs beside its name is in rtf->word. */
typedef void (*word_fn)(struct rtf *rtf);

struct word {
    const char *name;
    word_fn act;
    int argument;
    int where;
    bool begins_destination; /* may follow \* */
};

static bool is_on(const struct rtf *rtf)
{
    return !rtf->word.has_parameter || rtf->word.parameter != 0;
}

/* Fallback characters that did not come before the end of a cell or paragraph do not come. */
static void end_fallback(struct rtf *rtf)
{
    rtf_flush(rtf);
    rtf->to_skip = 0;
}

/* What a paragraph's end means for text that waits for it. */
void rtf_end_paragraph(struct rtf *rtf)
{
    end_fallback(rtf);
    rtf->ended_at = rtf->at;
    if (!rtf_is_shown(rtf))
        return;
    if (rtf->notes) {
        rtf->note_breaks = true;
        return;
    }
    rtf_put_number(rtf);
    document_end_paragraph(rtf->flow);
    rtf->numbered = false;
    rtf->row_has_lines = rtf->state->in_table;
    if (rtf->flow == rtf->body)
        document_append(rtf->body, rtf->aside);
}

static void act_paragraph(struct rtf *rtf)
{
    rtf_end_paragraph(rtf);
}

/* A line within a paragraph: no new number. */
static void act_line(struct rtf *rtf)
{
    rtf_end_paragraph(rtf);
    rtf->numbered = true;
}

/* A new page, column or section ends a line that has begun. */
static void act_break(struct rtf *rtf)
{
    end_fallback(rtf);
    if (!document_at_start(rtf->flow))
        rtf_end_paragraph(rtf);
}

static void act_cell(struct rtf *rtf)
{
    end_fallback(rtf);
    rtf->cells++;
    rtf->numbered = false;
}

/* A row ends its line. When its last cell held paragraphs or rows of its own, they have ended theirs. */
static void act_row(struct rtf *rtf)
{

    rtf_flush(rtf);
    rtf->cells = 0;
    rtf->numbered = true;
    if (!rtf->row_has_lines || !document_at_start(rtf->flow))
        rtf_end_paragraph(rtf);
    rtf->row_has_lines = rtf->word.argument == NESTED;
    rtf->numbered = false;
}

static void act_codepoint(struct rtf *rtf)
{
    rtf_put_codepoint(rtf, (unsigned)rtf->word.argument);
}

static void act_tab(struct rtf *rtf)
{
    end_fallback(rtf);
    rtf_put_codepoint(rtf, '\t');
}

static void act_unicode(struct rtf *rtf)
{
    if (rtf->word.has_parameter)
        rtf_put_unicode(rtf, rtf->word.parameter);
}

static void act_skips(struct rtf *rtf)
{
    if (rtf->word.has_parameter && rtf->word.parameter >= 0 && rtf->word.parameter <= UINT8_MAX)
        rtf->state->skips = (uint16_t)rtf->word.parameter;
}

static void act_charset(struct rtf *rtf)
{
    rtf->codepage = rtf->word.argument;
}

/* Code page 0 or UTF-16 cannot be that of bytes: some writers put them there and mean Windows-1252. */
static void act_codepage(struct rtf *rtf)
{
    if (rtf->word.has_parameter && rtf->word.parameter != 0 && rtf->word.parameter != 1200)
        rtf->codepage = rtf->word.parameter;
}

static uint16_t font_number(const struct rtf *rtf, int parameter)
{
    return parameter >= 0 && parameter <= RTF_FONT_MAX ? (uint16_t)parameter : rtf->default_font;
}

static void act_font(struct rtf *rtf)
{
    rtf_flush(rtf);
    if (rtf->state->destination == RTF_FONTS)
        rtf_define_font(rtf, rtf->word.parameter);
    else
        rtf->state->font = font_number(rtf, rtf->word.parameter);
}

static void act_default_font(struct rtf *rtf)
{
    act_font(rtf);
    rtf->default_font = rtf->state->font;
}

static void act_font_charset(struct rtf *rtf)
{
    rtf_font_charset(rtf, rtf->word.parameter);
}

static void act_font_codepage(struct rtf *rtf)
{
    rtf_font_codepage(rtf, rtf->word.parameter);
}

static void act_plain(struct rtf *rtf)
{
    rtf_flush(rtf);
    rtf->state->hidden = false;
    rtf->state->deleted = false;
    rtf->state->font = rtf->default_font;
}

static void act_paragraph_defaults(struct rtf *rtf)
{
    rtf_flush(rtf);
    rtf->state->in_table = false;
    rtf->state->list = 0;
    rtf->state->level = 0;
}

static void act_hidden(struct rtf *rtf)
{
    rtf_flush(rtf);
    rtf->state->hidden = is_on(rtf);
}

static void act_deleted(struct rtf *rtf)
{
    rtf_flush(rtf);
    rtf->state->deleted = is_on(rtf);
}

static void act_in_table(struct rtf *rtf)
{
    rtf->state->in_table = is_on(rtf);
}

/* A document behind the document, as some writers join them. */
static void act_document(struct rtf *rtf)
{
    rtf_flush(rtf);
    document_break(rtf->flow);
}

static void act_enter(struct rtf *rtf)
{
    rtf_flush(rtf);
    rtf_enter(rtf, (enum rtf_destination)rtf->word.argument, RTF_CLOSE_NOTHING);
}

/* Goes on as before, and something is done at its end. */
static void act_watch(struct rtf *rtf)
{
    rtf_flush(rtf);
    rtf_enter(rtf, (enum rtf_destination)rtf->state->destination, (enum rtf_closing)rtf->word.argument);
    rtf->in_object = rtf->in_object || rtf->word.argument == RTF_CLOSE_OBJECT;
}

/* A destination whose text is the text around it. */
static void act_transparent(struct rtf *rtf)
{
    rtf->state->outer = rtf->state->destination;
}

/* {\upr{in a code page}{\*\ud{in Unicode}}}: the second is read in the place of both. */
static void act_unicode_destination(struct rtf *rtf)
{
    rtf->state->destination = rtf->state->outer;
}

static void act_note(struct rtf *rtf)
{
    rtf_put_text(rtf, slice_of(" ["));
    rtf_enter(rtf, RTF_TEXT, RTF_CLOSE_NOTE);
    rtf->state->in_table = false;
    rtf->notes++;
    rtf->note_begins = true;
    rtf->note_breaks = false;
}

/* The text of a shape stands behind the paragraph that the shape hangs on; a shape within one stands in its place. */
static void act_shape_text(struct rtf *rtf)
{
    rtf_flush(rtf);
    if (rtf->flow == rtf->aside) {
        document_break(rtf->aside);
        return;
    }
    rtf->flow = rtf->aside;
    rtf_enter(rtf, RTF_TEXT, RTF_CLOSE_SHAPE_TEXT);
    rtf->state->in_table = false;
    rtf->outer_cells = rtf->cells;
    rtf->outer_row_has_lines = rtf->row_has_lines;
    rtf->outer_numbered = rtf->numbered;
    rtf->cells = 0;
    rtf->row_has_lines = false;
    rtf->numbered = false;
}

static void act_picture(struct rtf *rtf)
{
    rtf_flush(rtf);
    rtf_begin_picture(rtf);
    rtf_enter(rtf, RTF_PICTURE, RTF_CLOSE_PICTURE);
}

static void act_object_data(struct rtf *rtf)
{
    rtf_flush(rtf);
    rtf_begin_picture(rtf);
    rtf_enter(rtf, RTF_OBJECT_DATA, RTF_CLOSE_OBJECT_DATA);
}

static void act_other_picture(struct rtf *rtf)
{
    if (rtf->shape_shown)
        rtf_enter(rtf, RTF_SKIP, RTF_CLOSE_NOTHING);
    rtf->shape_shown = false;
}

static void act_shape_name(struct rtf *rtf)
{
    text_clear(&rtf->shape_name);
    rtf_enter(rtf, RTF_SHAPE_NAME, RTF_CLOSE_NOTHING);
}

static void act_field_code(struct rtf *rtf)
{
    rtf_flush(rtf);
    text_clear(&rtf->instruction);
    rtf_enter(rtf, RTF_FIELD_CODE, RTF_CLOSE_FIELD_CODE);
}

static void act_form(struct rtf *rtf)
{
    rtf_flush(rtf);
    rtf->form_type = 0;
    rtf->form_result = RTF_FORM_UNDEFINED;
    rtf->form_default = 0;
    text_clear(&rtf->form_items);
    rtf_enter(rtf, RTF_FORM, RTF_CLOSE_NOTHING);
}

static void act_form_item(struct rtf *rtf)
{
    rtf_enter(rtf, RTF_FORM_ITEM, RTF_CLOSE_FORM_ITEM);
}

static void put_number_at(void *object, const struct rtf *rtf, int value)
{
    memcpy((char *)object + rtf->word.argument, &value, sizeof value);
}

static void act_form_number(struct rtf *rtf)
{
    put_number_at(rtf, rtf, rtf->word.parameter);
}

static void act_picture_number(struct rtf *rtf)
{
    put_number_at(&rtf->picture, rtf, rtf->word.parameter);
}

static void act_picture_kind(struct rtf *rtf)
{
    put_number_at(&rtf->picture, rtf, 1);
}

/* The writer's own number of the paragraph. */
static void act_list_text(struct rtf *rtf)
{
    act_transparent(rtf);
    rtf->writer_numbers = true;
    rtf->numbered = true;
}

static void act_list_number(struct rtf *rtf)
{
    if (rtf->state->destination == RTF_OVERRIDES)
        numbering_bind(rtf->numbering, rtf->word.parameter, rtf->override_list);
    else
        rtf->state->list =
            rtf->word.parameter > 0 && rtf->word.parameter <= UINT16_MAX ? (uint16_t)rtf->word.parameter : 0;
}

static void act_list_level(struct rtf *rtf)
{
    rtf->state->level =
        rtf->word.parameter > 0 && rtf->word.parameter < NUMBERING_LEVELS ? (uint8_t)rtf->word.parameter : 0;
}

static void act_list(struct rtf *rtf)
{
    rtf_begin_list(rtf);
}

static void act_list_id(struct rtf *rtf)
{
    if (rtf->state->destination == RTF_OVERRIDES)
        rtf->override_list = rtf->word.parameter;
    else
        rtf_name_list(rtf, rtf->word.parameter);
}

static void act_level(struct rtf *rtf)
{
    rtf_enter(rtf, RTF_LIST_TABLE, RTF_CLOSE_LEVEL);
}

static void act_level_format(struct rtf *rtf)
{
    rtf_level_format(rtf, rtf->word.parameter);
}

static void act_level_start(struct rtf *rtf)
{
    rtf_level_start(rtf, rtf->word.parameter);
}

static void act_level_text(struct rtf *rtf)
{
    rtf->level_text_begun = false;
    rtf_enter(rtf, RTF_LEVEL_TEXT, RTF_CLOSE_NOTHING);
}

/* Destinations that hold no text of the body, beside those behind \* that are not in the other table. Sorted as strcmp
 * sorts. */
static const char *const skipped[] = {
    "aftncn",        "aftnsep",       "aftnsepc",     "atnauthor",   "atnid",
    "atnref",        "author",        "bkmkend",      "bkmkstart",   "blipuid",
    "buptim",        "category",      "colortbl",     "comment",     "company",
    "creatim",       "datafield",     "doccomm",      "docvar",      "falt",
    "filetbl",       "fname",         "fontemb",      "fontfile",    "footer",
    "footerf",       "footerl",       "footerr",      "ftncn",       "ftnsep",
    "ftnsepc",       "generator",     "gridtbl",      "header",      "headerf",
    "headerl",       "headerr",       "hlinkbase",    "info",        "keycode",
    "keywords",      "latentstyles",  "lchars",       "listpicture", "maccPr",
    "manager",       "margPr",        "mathPr",       "mbarPr",      "mborderBoxPr",
    "mboxPr",        "mctrlPr",       "mdPr",         "meqArrPr",    "mfPr",
    "mfuncPr",       "mgroupChrPr",   "mlimLowPr",    "mlimUppPr",   "mmPr",
    "mmathPict",     "mnaryPr",       "moMathParaPr", "mphantPr",    "mrPr",
    "mradPr",        "msPr",          "msPrePr",      "msSubPr",     "msSubSupPr",
    "msSupPr",       "nextfile",      "nonesttables", "objalias",    "objclass",
    "objname",       "objsect",       "objtime",      "oldcprops",   "oldpprops",
    "oldsprops",     "oldtprops",     "operator",     "panose",      "password",
    "passwordhash",  "pgp",           "pgptbl",       "picprop",     "pn",
    "pnseclvl",      "pntxta",        "pntxtb",       "printim",     "private",
    "propname",      "revtbl",        "revtim",       "rsidtbl",     "rxe",
    "shprslt",       "staticval",     "stylesheet",   "subject",     "tc",
    "tcn",           "template",      "title",        "txe",         "userprops",
    "wgrffmtfilter", "windowcaption", "xe",           "xmlnstbl",
};

/* Sorted as strcmp sorts. */
static const struct word words[] = {
    {"annotation", act_note, 0, IN_TEXT, true},
    {"ansi", act_charset, CODEPAGE_WESTERN, IN_TEXT, false},
    {"ansicpg", act_codepage, 0, IN_TEXT, false},
    {"bullet", act_codepoint, 0x2022, IN_LETTERS, false},
    {"cell", act_cell, 0, IN_TEXT, false},
    {"column", act_break, 0, IN_TEXT, false},
    {"cpg", act_font_codepage, 0, IN_FONTS, false},
    {"deff", act_default_font, 0, IN_TEXT, false},
    {"deleted", act_deleted, 0, IN_TEXT, false},
    {"do", act_transparent, 0, IN_TEXT, true},
    {"dptxbxtext", act_shape_text, 0, IN_TEXT, true},
    {"emdash", act_codepoint, 0x2014, IN_LETTERS, false},
    {"emfblip", act_picture_kind, offsetof(struct rtf_picture, metafile), IN_PICTURE, false},
    {"emspace", act_codepoint, 0x2003, IN_LETTERS, false},
    {"endash", act_codepoint, 0x2013, IN_LETTERS, false},
    {"enspace", act_codepoint, 0x2002, IN_LETTERS, false},
    {"f", act_font, 0, IN_TEXT | IN_FONTS | IN_LISTS, false},
    {"fcharset", act_font_charset, 0, IN_FONTS, false},
    {"ffdefres", act_form_number, offsetof(struct rtf, form_default), IN_FORM, false},
    {"ffl", act_form_item, 0, IN_FORM, true},
    {"ffres", act_form_number, offsetof(struct rtf, form_result), IN_FORM, false},
    {"fftype", act_form_number, offsetof(struct rtf, form_type), IN_FORM, false},
    {"field", act_watch, RTF_CLOSE_FIELD, IN_TEXT, true},
    {"fldinst", act_field_code, 0, IN_TEXT, true},
    {"fldrslt", act_transparent, 0, IN_TEXT, true},
    {"fonttbl", act_enter, RTF_FONTS, IN_TEXT, true},
    {"footnote", act_note, 0, IN_TEXT, true},
    {"formfield", act_form, 0, IN_FIELD | IN_TEXT, true},
    {"ilvl", act_list_level, 0, IN_TEXT, false},
    {"intbl", act_in_table, 0, IN_TEXT, false},
    {"itap", act_in_table, 0, IN_TEXT, false},
    {"ldblquote", act_codepoint, 0x201C, IN_LETTERS, false},
    {"levelnfc", act_level_format, 0, IN_LISTS, false},
    {"levelnfcn", act_level_format, 0, IN_LISTS, false},
    {"levelnumbers", act_enter, RTF_SKIP, IN_LISTS, true},
    {"levelstartat", act_level_start, 0, IN_LISTS, false},
    {"leveltext", act_level_text, 0, IN_LISTS, false},
    {"line", act_line, 0, IN_TEXT, false},
    {"list", act_list, 0, IN_LISTS, false},
    {"listid", act_list_id, 0, IN_LISTS | IN_OVERRIDES, false},
    {"listlevel", act_level, 0, IN_LISTS, false},
    {"listname", act_enter, RTF_SKIP, IN_LISTS, true},
    {"listoverridetable", act_enter, RTF_OVERRIDES, IN_TEXT, true},
    {"listtable", act_enter, RTF_LIST_TABLE, IN_TEXT, true},
    {"listtext", act_list_text, 0, IN_TEXT, true},
    {"lquote", act_codepoint, 0x2018, IN_LETTERS, false},
    {"ls", act_list_number, 0, IN_TEXT | IN_OVERRIDES, false},
    {"ltrmark", act_codepoint, 0x200E, IN_LETTERS, false},
    {"mac", act_charset, CODEPAGE_MAC, IN_TEXT, false},
    {"moMath", act_transparent, 0, IN_TEXT, true},
    {"moMathPara", act_transparent, 0, IN_TEXT, true},
    {"mvf", act_deleted, 0, IN_TEXT, false},
    {"nestcell", act_cell, 0, IN_TEXT, false},
    {"nestrow", act_row, NESTED, IN_TEXT, false},
    {"nesttableprops", act_transparent, 0, IN_TEXT, true},
    {"nonshppict", act_other_picture, 0, IN_TEXT, true},
    {"objdata", act_object_data, 0, IN_TEXT, true},
    {"object", act_watch, RTF_CLOSE_OBJECT, IN_TEXT, true},
    {"page", act_break, 0, IN_TEXT, false},
    {"par", act_paragraph, 0, IN_TEXT, false},
    {"pard", act_paragraph_defaults, 0, IN_TEXT, false},
    {"pc", act_charset, 437, IN_TEXT, false},
    {"pca", act_charset, 850, IN_TEXT, false},
    {"piccropb", act_picture_number, offsetof(struct rtf_picture, crop_bottom), IN_PICTURE, false},
    {"piccropl", act_picture_number, offsetof(struct rtf_picture, crop_left), IN_PICTURE, false},
    {"piccropr", act_picture_number, offsetof(struct rtf_picture, crop_right), IN_PICTURE, false},
    {"piccropt", act_picture_number, offsetof(struct rtf_picture, crop_top), IN_PICTURE, false},
    {"pich", act_picture_number, offsetof(struct rtf_picture, height), IN_PICTURE, false},
    {"pichgoal", act_picture_number, offsetof(struct rtf_picture, goal_height), IN_PICTURE, false},
    {"picscalex", act_picture_number, offsetof(struct rtf_picture, scale_x), IN_PICTURE, false},
    {"picscaley", act_picture_number, offsetof(struct rtf_picture, scale_y), IN_PICTURE, false},
    {"pict", act_picture, 0, IN_TEXT | IN_SHAPE, true},
    {"picw", act_picture_number, offsetof(struct rtf_picture, width), IN_PICTURE, false},
    {"picwgoal", act_picture_number, offsetof(struct rtf_picture, goal_width), IN_PICTURE, false},
    {"plain", act_plain, 0, IN_TEXT, false},
    {"pntext", act_list_text, 0, IN_TEXT, true},
    {"qmspace", act_codepoint, 0x2005, IN_LETTERS, false},
    {"rdblquote", act_codepoint, 0x201D, IN_LETTERS, false},
    {"result", act_transparent, 0, IN_TEXT, true},
    {"row", act_row, 0, IN_TEXT, false},
    {"rquote", act_codepoint, 0x2019, IN_LETTERS, false},
    {"rtf", act_document, 0, IN_TEXT, false},
    {"rtlmark", act_codepoint, 0x200F, IN_LETTERS, false},
    {"sect", act_break, 0, IN_TEXT, false},
    {"shpgrp", act_transparent, 0, IN_TEXT, true},
    {"shpinst", act_transparent, 0, IN_TEXT, true},
    {"shppict", act_watch, RTF_CLOSE_SHAPE_PICTURES, IN_TEXT | IN_SHAPE, true},
    {"shptxt", act_shape_text, 0, IN_TEXT, true},
    {"sn", act_shape_name, 0, IN_SHAPE, true},
    {"sp", act_enter, RTF_SHAPE_VALUE, IN_TEXT, true},
    {"sv", act_transparent, 0, IN_SHAPE, true},
    {"tab", act_tab, 0, IN_LETTERS, false},
    {"u", act_unicode, 0, ANYWHERE, false},
    {"uc", act_skips, 0, ANYWHERE, false},
    {"ud", act_unicode_destination, 0, IN_UPR, true},
    {"upr", act_enter, RTF_UPR, IN_TEXT, true},
    {"v", act_hidden, 0, IN_TEXT, false},
    {"wbitmap", act_picture_kind, offsetof(struct rtf_picture, ddb), IN_PICTURE, false},
    {"wbmbitspixel", act_picture_number, offsetof(struct rtf_picture, ddb_bits), IN_PICTURE, false},
    {"wbmplanes", act_picture_number, offsetof(struct rtf_picture, ddb_planes), IN_PICTURE, false},
    {"wbmwidthbytes", act_picture_number, offsetof(struct rtf_picture, ddb_row_bytes), IN_PICTURE, false},
    {"wmetafile", act_picture_kind, offsetof(struct rtf_picture, metafile), IN_PICTURE, false},
    {"zwbo", act_codepoint, 0x200B, IN_LETTERS, false},
    {"zwj", act_codepoint, 0x200D, IN_LETTERS, false},
    {"zwnbo", act_codepoint, 0x2060, IN_LETTERS, false},
    {"zwnj", act_codepoint, 0x200C, IN_LETTERS, false},
};

void rtf_check_words(void)
{
    for (size_t i = 1; i < array_length(words); i++)
        must(strcmp(words[i - 1].name, words[i].name) < 0);
    for (size_t i = 1; i < array_length(skipped); i++)
        must(strcmp(skipped[i - 1], skipped[i]) < 0);
}

static int compare(const void *name, const void *word)
{
    return strcmp(name, ((const struct word *)word)->name);
}

static int compare_skipped(const void *name, const void *entry)
{
    return strcmp(name, *(const char *const *)entry);
}

static bool is_skipped(const char *name)
{
    return bsearch(name, skipped, array_length(skipped), sizeof *skipped, compare_skipped) != NULL;
}

void rtf_word(struct rtf *rtf, const char *name, bool has_parameter, int parameter)
{
    const struct word *word = bsearch(name, words, array_length(words), sizeof *words, compare);
    bool star = rtf->star;

    rtf->star = false;
    if (rtf->state->destination == RTF_SKIP)
        return;
    if ((star && !(word && word->begins_destination)) || is_skipped(name)) {
        rtf_flush(rtf);
        rtf_enter(rtf, RTF_SKIP, RTF_CLOSE_NOTHING);
        return;
    }
    if (!word || !(word->where & 1 << rtf->state->destination))
        return;
    rtf->word = (struct rtf_call){word->argument, has_parameter, parameter};
    word->act(rtf);
}
