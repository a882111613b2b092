#include <string.h>

#include "base/memory.h"
#include "document/codepage.h"
#include "document/rtf_parts.h"

enum {
    PRIVATE_FIRST = 0xF020,
    PRIVATE_LAST = 0xF0FF,
    RUN_BYTES_MAX = 16 * 1024,
};

bool rtf_is_shown(const struct rtf *rtf)
{
    return rtf->state->destination == RTF_TEXT && !rtf->state->hidden && !rtf->state->deleted;
}

/* Text of the document itself: behind the tabs of the cells before it. */
static void show(struct rtf *rtf, const char *data, size_t size_bytes)
{
    if (!rtf_is_shown(rtf))
        return;
    while (rtf->note_begins && size_bytes && (*data == ' ' || *data == '\t')) {
        data++;
        size_bytes--;
    }
    if (size_bytes == 0)
        return;
    if (rtf->note_breaks && !rtf->note_begins)
        document_puts(rtf->flow, " ");
    rtf->note_begins = false;
    rtf->note_breaks = false;
    for (; rtf->cells; rtf->cells--)
        document_puts(rtf->flow, "\t");
    rtf_put_number(rtf);
    document_put(rtf->flow, data, size_bytes);
}

static void put_utf8(struct rtf *rtf, const char *data, size_t size_bytes)
{
    if (rtf->high_surrogate) {
        rtf->high_surrogate = 0;
        put_utf8(rtf, "\xEF\xBF\xBD", 3);
    }
    switch ((enum rtf_destination)rtf->state->destination) {
    case RTF_TEXT:
        show(rtf, data, size_bytes);
        break;
    case RTF_FIELD_CODE:
        text_put(&rtf->instruction, data, size_bytes);
        break;
    case RTF_FORM_ITEM:
        text_put(&rtf->form_items, data, size_bytes);
        break;
    case RTF_SHAPE_NAME:
        text_put(&rtf->shape_name, data, size_bytes);
        break;
    case RTF_FONTS:
        rtf_font_name(rtf, data, size_bytes);
        break;
    case RTF_LEVEL_TEXT:
        rtf_put_level_text(rtf, data, size_bytes);
        break;
    case RTF_SKIP:
    case RTF_UPR:
    case RTF_PICTURE:
    case RTF_OBJECT_DATA:
    case RTF_FORM:
    case RTF_SHAPE_VALUE:
    case RTF_LIST_TABLE:
    case RTF_OVERRIDES:
        break;
    }
}

static void put_one(struct rtf *rtf, unsigned codepoint)
{
    struct text one = {0};

    text_init(&one, 8);
    text_put_codepoint(&one, codepoint);
    put_utf8(rtf, text_string(&one), one.size);
    text_release(&one);
}

static const struct rtf_font *font(const struct rtf *rtf)
{
    static const struct rtf_font unknown = {0};

    return rtf->state->font < rtf->font_room ? &rtf->fonts[rtf->state->font] : &unknown;
}

enum symbol_set rtf_symbols(const struct rtf *rtf, unsigned number)
{
    return number < rtf->font_room ? rtf->fonts[number].symbols : SYMBOL_NONE;
}

static int codepage(const struct rtf *rtf)
{
    int number = rtf->state->destination == RTF_FONTS ? 0 : font(rtf)->codepage;

    return number ? number : rtf->codepage;
}

static bool need_decoder(struct rtf *rtf, int number)
{
    const char *name = codepage_name(number);

    if (rtf->decoder && rtf->decoder_codepage == number)
        return true;
    text_decoder_destroy(&rtf->decoder);
    rtf->decoder = name ? text_decoder_new(name) : NULL;
    rtf->decoder_codepage = number;
    return rtf->decoder != NULL;
}

void rtf_flush(struct rtf *rtf)
{
    if (rtf->run.size == 0)
        return;
    if (need_decoder(rtf, rtf->run_codepage)) {
        text_decoder_put(rtf->decoder, text_slice(&rtf->run), &rtf->utf8);
        put_utf8(rtf, text_string(&rtf->utf8), rtf->utf8.size);
    } else if (rtf_is_shown(rtf)) {
        rtf_fail(rtf, "the letters before this are of a code page that is not known");
    }
    text_clear(&rtf->run);
    text_clear(&rtf->utf8);
}

/* The bytes of the run end with the first half of a character of two bytes. */
static bool is_half(const struct rtf *rtf)
{
    bool half = false;

    for (size_t i = 0; i < rtf->run.size; i++)
        half = !half && codepage_is_lead(rtf->run_codepage, (unsigned char)rtf->run.data[i]);
    return half;
}

static void put_symbols(struct rtf *rtf, const char *data, size_t size_bytes)
{
    for (size_t i = 0; i < size_bytes; i++)
        put_one(rtf, data[i] == '\t' ? '\t' : symbol_codepoint(font(rtf)->symbols, (unsigned char)data[i]));
}

static bool is_symbolic(const struct rtf *rtf)
{
    return rtf->state->destination != RTF_FONTS && font(rtf)->symbols != SYMBOL_NONE;
}

void rtf_put_literal(struct rtf *rtf, const char *data, size_t size_bytes)
{
    size_t skipped = rtf->to_skip < size_bytes ? rtf->to_skip : size_bytes;

    rtf->to_skip -= (unsigned)skipped;
    data += skipped;
    size_bytes -= skipped;
    if (size_bytes == 0)
        return;
    if (rtf->state->destination == RTF_PICTURE || rtf->state->destination == RTF_OBJECT_DATA) {
        rtf_put_hex(rtf, data, size_bytes);
        return;
    }
    if (rtf->run.size && is_half(rtf)) {
        text_putc(&rtf->run, *data++);
        size_bytes--;
    }
    rtf_flush(rtf);
    if (is_symbolic(rtf) && rtf->state->destination == RTF_TEXT)
        put_symbols(rtf, data, size_bytes);
    else if (size_bytes)
        put_utf8(rtf, data, size_bytes);
}

void rtf_put_byte(struct rtf *rtf, unsigned char byte)
{
    int number = codepage(rtf);

    if (rtf->to_skip) {
        rtf->to_skip--;
        return;
    }
    if (rtf->state->destination == RTF_SKIP || rtf->state->destination == RTF_UPR)
        return;
    if (is_symbolic(rtf)) {
        rtf_flush(rtf);
        put_one(rtf, symbol_codepoint(font(rtf)->symbols, byte));
        return;
    }
    if (number != rtf->run_codepage || rtf->run.size >= RUN_BYTES_MAX) {
        rtf_flush(rtf);
        rtf->run_codepage = number;
    }
    text_putc(&rtf->run, (char)byte);
}

void rtf_put_codepoint(struct rtf *rtf, unsigned codepoint)
{
    if (rtf->to_skip) {
        rtf->to_skip--;
        return;
    }
    rtf_flush(rtf);
    put_one(rtf, codepoint);
}

void rtf_put_character(struct rtf *rtf, struct slice utf8)
{
    if (rtf->to_skip)
        rtf->to_skip--;
    else
        rtf_put_text(rtf, utf8);
}

void rtf_put_text(struct rtf *rtf, struct slice text)
{
    rtf_flush(rtf);
    put_utf8(rtf, text.data, text.size);
}

/* \uN: a UTF-16 unit as a signed number of 16 bits; some writers give the whole code point. */
void rtf_put_unicode(struct rtf *rtf, int parameter)
{
    unsigned unit = parameter < 0 ? (unsigned)parameter & 0xFFFF : (unsigned)parameter;

    rtf_flush(rtf);
    rtf->to_skip = rtf->state->skips;
    if (unit >= 0xD800 && unit <= 0xDBFF) {
        if (rtf->high_surrogate)
            put_utf8(rtf, "", 0);
        rtf->high_surrogate = unit;
        return;
    }
    if (unit >= 0xDC00 && unit <= 0xDFFF && rtf->high_surrogate) {
        unit = 0x10000 + ((rtf->high_surrogate - 0xD800) << 10) + (unit - 0xDC00);
        rtf->high_surrogate = 0;
    }
    /* The font of a list level's pattern comes behind it. */
    if (unit >= PRIVATE_FIRST && unit <= PRIVATE_LAST && rtf->state->destination != RTF_LEVEL_TEXT)
        unit = symbol_codepoint(is_symbolic(rtf) ? font(rtf)->symbols : SYMBOL_GREEK, (unsigned char)(unit & 0xFF));
    if (unit)
        put_one(rtf, unit);
}

void rtf_define_font(struct rtf *rtf, int number)
{
    size_t wanted = number >= 0 && number <= RTF_FONT_MAX ? (size_t)number : 0;

    if (wanted >= rtf->font_room) {
        size_t room = wanted + 64;

        rtf->fonts = x_grow_array(rtf->fonts, room, sizeof *rtf->fonts);
        memset(rtf->fonts + rtf->font_room, 0, (room - rtf->font_room) * sizeof *rtf->fonts);
        rtf->font_room = room;
    }
    rtf->font_at = wanted;
    rtf->fonts[wanted] = (struct rtf_font){0};
    rtf->font_name_size = 0;
    rtf->font_symbolic = false;
}

void rtf_font_charset(struct rtf *rtf, int charset)
{
    if (rtf->font_at >= rtf->font_room)
        return;
    rtf->font_symbolic = charset == 2;
    rtf->fonts[rtf->font_at].codepage = codepage_of_charset(charset);
}

void rtf_font_codepage(struct rtf *rtf, int number)
{
    if (rtf->font_at < rtf->font_room && codepage_name(number))
        rtf->fonts[rtf->font_at].codepage = number;
}

/* A name ends with a semicolon. Fonts of signs are known by their names; a font of letters that is marked as one of
 * signs has the document's letters. */
void rtf_font_name(struct rtf *rtf, const char *data, size_t size_bytes)
{
    for (size_t i = 0; i < size_bytes && rtf->font_at < rtf->font_room; i++) {
        if (data[i] != ';') {
            if (rtf->font_name_size + 1 < sizeof rtf->font_name)
                rtf->font_name[rtf->font_name_size++] = data[i];
            continue;
        }
        rtf->font_name[rtf->font_name_size] = '\0';
        if (rtf->font_symbolic || rtf->fonts[rtf->font_at].codepage == 0)
            rtf->fonts[rtf->font_at].symbols = symbol_set_of_font(rtf->font_name);
        rtf->font_name_size = 0;
    }
}
