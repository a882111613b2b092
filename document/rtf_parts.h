/*
 * The RTF reader's inside: one pass over the bytes, a stack of group states, no recursion. rtf.c cuts the bytes into
 * tokens; rtf_word.c says what each control word does; rtf_text.c turns letters into UTF-8; rtf_picture.c collects
 * pictures and objects; rtf_field.c knows fields that show something without a result; rtf_list.c numbers paragraphs
 * whose number the writer left out. Words and their meaning: Rich Text Format Specification 1.9.1.
 */
#ifndef DOCUMENT_RTF_PARTS_H
#define DOCUMENT_RTF_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/text.h"
#include "document/document.h"
#include "document/document_build.h"
#include "document/numbering.h"
#include "document/plain.h"
#include "document/symbol.h"

enum {
    RTF_DEPTH_MAX = 10000,
    RTF_FONT_MAX = 65535,
    RTF_FONT_NAME_SIZE = 64,
    RTF_FORM_UNDEFINED = 25, /* \ffres25: nobody chose, the default holds */
    RTF_WORD_SIZE = 33,      /* a control word has at most 32 letters */
};

/* Where the letters of a group go. */
enum rtf_destination {
    RTF_TEXT,
    RTF_SKIP,        /* nowhere, with all that is within */
    RTF_UPR,         /* nowhere, but for \ud within: the same in Unicode */
    RTF_FONTS,       /* the font table */
    RTF_PICTURE,     /* hexadecimal bytes of a picture */
    RTF_OBJECT_DATA, /* hexadecimal bytes of an OLE object */
    RTF_FIELD_CODE,  /* a field's instruction */
    RTF_FORM,        /* a form field's settings: words only */
    RTF_FORM_ITEM,   /* an item of a drop-down list */
    RTF_SHAPE_NAME,  /* the name of a shape's property */
    RTF_SHAPE_VALUE, /* its value, which may hold a picture */
    RTF_LIST_TABLE,  /* settings of lists: words only */
    RTF_OVERRIDES,   /* which list uses which */
    RTF_LEVEL_TEXT,  /* the pattern of a list level's number */
};

/* What is done when the group that began it closes. */
enum rtf_closing {
    RTF_CLOSE_NOTHING,
    RTF_CLOSE_NOTE,
    RTF_CLOSE_SHAPE_TEXT,
    RTF_CLOSE_SHAPE_PICTURES, /* \shppict */
    RTF_CLOSE_PICTURE,
    RTF_CLOSE_OBJECT,
    RTF_CLOSE_OBJECT_DATA,
    RTF_CLOSE_FIELD_CODE,
    RTF_CLOSE_FIELD,
    RTF_CLOSE_FORM_ITEM,
    RTF_CLOSE_LEVEL,
};

/* A group's state: a copy of its parent's when it opens. */
struct rtf_state {
    uint8_t destination; /* enum rtf_destination */
    uint8_t outer;       /* where the letters went before this group's destination began */
    uint8_t closing;     /* enum rtf_closing, never inherited */
    bool hidden;         /* \v */
    bool deleted;        /* a revision that took it out, or moved it away */
    bool in_table;
    uint16_t font;
    uint16_t skips; /* \uc: fallback characters behind \u */
    uint16_t list;  /* \ls */
    uint8_t level;  /* \ilvl */
    size_t mark;    /* pieces of the document when the group began: to tell whether it showed anything */
};

struct rtf_font {
    int codepage; /* 0: the document's */
    enum symbol_set symbols;
};

struct rtf_picture {
    int ddb; /* kind: 1 when it is that */
    int metafile;
    int ddb_bits;
    int ddb_planes;
    int ddb_row_bytes;
    int width; /* \picw: pixels, or 0.01 mm of a metafile */
    int height;
    int goal_width; /* \picwgoal: twips */
    int goal_height;
    int scale_x; /* per cent */
    int scale_y;
    int crop_left; /* twips */
    int crop_right;
    int crop_top;
    int crop_bottom;
};

/* The control word at hand, for the function that acts on it. */
struct rtf_call {
    int argument; /* from the table of words */
    bool has_parameter;
    int parameter;
};

struct rtf {
    struct slice bytes;
    size_t at;
    struct document *body;  /* the document that the caller gets */
    struct document *flow;  /* where text goes now: the body, or the text of a shape */
    struct document *aside; /* text of shapes: placed behind the paragraph that they hang on */
    struct rtf_state *stack;
    size_t depth;
    size_t stack_room;
    struct rtf_state *state; /* the top of the stack */
    bool star;               /* \* came: an unknown word now makes the group one to skip */
    bool closed;             /* the last group was closed */
    bool reopened;           /* and text followed */
    size_t ended_at;         /* behind the last group or paragraph that ended */
    bool raw_is_utf8;        /* bytes above 7F that are not written as \'xx are UTF-8, whatever the code page says */
    struct fault *fault;
    bool failed;
    struct rtf_call word;

    /* letters */
    int codepage;     /* of the document */
    int run_codepage; /* of the bytes in run */
    struct text run;  /* bytes of a code page that wait for the rest of their character */
    struct text utf8;
    struct text_decoder *decoder;
    int decoder_codepage;
    unsigned high_surrogate;
    unsigned to_skip; /* fallback characters still to come */
    uint16_t default_font;
    struct rtf_font *fonts;
    size_t font_room;
    size_t font_at; /* in the font table */
    bool font_symbolic;
    char font_name[RTF_FONT_NAME_SIZE];
    size_t font_name_size;

    /* paragraphs */
    unsigned cells; /* tabs that are put when more text of the row comes */
    bool row_has_lines;
    unsigned notes; /* footnotes around the text at hand */
    bool note_begins;
    bool note_breaks;     /* a blank for a paragraph of the note, when more text comes */
    bool numbered;        /* the paragraph at hand has its list number */
    unsigned outer_cells; /* of the body, while the flow is a shape's */
    bool outer_row_has_lines;
    bool outer_numbered;

    /* pictures and objects */
    struct rtf_picture picture;
    struct text hex;
    int nibble; /* -1: none waits */
    bool shape_shown;
    struct text shape_name;
    struct picture object_picture; /* taken out of the object's data; bytes NULL for none */
    bool in_object;

    /* fields */
    struct text instruction;
    struct text field_text; /* shown when the field has no result */
    struct text form_items; /* each ended by a line feed */
    int form_type;
    int form_result;
    int form_default;

    /* lists */
    struct numbering *numbering;
    long list_pattern; /* at hand in the list table */
    long list_unnamed; /* ids of patterns whose \listid is still to come: -1, -2, … */
    unsigned list_level;
    bool level_text_begun;
    bool writer_numbers; /* \listtext or \pntext came: the writer gives all numbers */
    int override_list;   /* \listid within a list override */
};

/* rtf.c */
void rtf_fail(struct rtf *rtf, const char *what); /* keeps the first fault, with the offset */
void rtf_enter(struct rtf *rtf, enum rtf_destination destination, enum rtf_closing closing);

/* rtf_word.c */
void rtf_word(struct rtf *rtf, const char *word, bool has_parameter, int parameter);
void rtf_check_words(void); /* the tables are in order */
void rtf_end_paragraph(struct rtf *rtf);

/* rtf_text.c */
void rtf_put_literal(struct rtf *rtf, const char *data, size_t size_bytes);
void rtf_put_byte(struct rtf *rtf, unsigned char byte);     /* of the font's code page */
void rtf_put_character(struct rtf *rtf, struct slice utf8); /* one, written as it is */
void rtf_put_unicode(struct rtf *rtf, int parameter);
void rtf_put_codepoint(struct rtf *rtf, unsigned codepoint); /* a sign of the format's own, such as \emdash */
void rtf_put_text(struct rtf *rtf, struct slice text);       /* UTF-8 of our own */
void rtf_flush(struct rtf *rtf);
void rtf_define_font(struct rtf *rtf, int number);
void rtf_font_charset(struct rtf *rtf, int charset);
void rtf_font_codepage(struct rtf *rtf, int codepage);
void rtf_font_name(struct rtf *rtf, const char *data, size_t size_bytes);
enum symbol_set rtf_symbols(const struct rtf *rtf, unsigned number); /* of a font */
bool rtf_is_shown(const struct rtf *rtf); /* text of the state at hand comes into the document */

/* rtf_picture.c */
void rtf_begin_picture(struct rtf *rtf);
void rtf_put_hex(struct rtf *rtf, const char *data, size_t size_bytes);
void rtf_put_binary(struct rtf *rtf, struct slice bytes);
void rtf_end_picture(struct rtf *rtf, const struct rtf_state *closed);
void rtf_end_object_data(struct rtf *rtf);
void rtf_end_object(struct rtf *rtf, const struct rtf_state *closed);

/* rtf_field.c */
void rtf_end_field_code(struct rtf *rtf);
void rtf_end_field(struct rtf *rtf, const struct rtf_state *closed);

/* rtf_list.c */
void rtf_begin_list(struct rtf *rtf);
void rtf_name_list(struct rtf *rtf, int id);
void rtf_end_level(struct rtf *rtf, const struct rtf_state *closed);
void rtf_level_format(struct rtf *rtf, int number);
void rtf_level_start(struct rtf *rtf, int number);
void rtf_put_level_text(struct rtf *rtf, const char *data, size_t size_bytes);
void rtf_put_number(struct rtf *rtf); /* before the first text of a paragraph that is in a list */

/* Blocks and bytes that the document holds so far. */
size_t rtf_pieces(const struct rtf *rtf);

#endif
