#include "sandbox/clinic/compose.h"

#include <string.h>

#include "base/memory.h"
#include "base/must.h"

enum { PICTURE_CAP = 4 * 1024 * 1024, TWIPS_PER_PIXEL = 15, HEX_LINE = 64 };

unsigned next_codepoint(const char **at)
{
    const unsigned char *bytes = (const unsigned char *)*at;
    size_t more = bytes[0] >= 0xF0 ? 3 : bytes[0] >= 0xE0 ? 2 : bytes[0] >= 0xC0 ? 1 : 0;
    unsigned value = more == 0 ? bytes[0] : bytes[0] & (0x3FU >> more);
    size_t i;

    for (i = 1; i <= more; i++) {
        value = value << 6 | (bytes[i] & 0x3FU);
    }
    *at += more + 1;
    return value;
}

/* ---- pictures ---- */

static void picture_bytes(const struct embedding *picture, struct text *out)
{
    switch (picture->kind) {
    case EMBEDDED_PNG:
        image_put(picture->raster, IMAGE_PNG, out);
        break;
    case EMBEDDED_JPEG:
        image_put(picture->raster, IMAGE_JPEG, out);
        break;
    case EMBEDDED_DIB:
        image_put_dib(picture->raster, out);
        break;
    case EMBEDDED_WMF:
        image_put_wmf(picture->raster, out);
        break;
    }
}

static void put_rtf_picture(const struct embedding *picture, struct text *out)
{
    static const char *const words[] = {"pngblip", "jpegblip", "dibitmap0", "wmetafile8"};
    static const char digits[] = "0123456789abcdef";
    scoped(text_release) struct text bytes;
    size_t i;

    text_init(&bytes, PICTURE_CAP);
    picture_bytes(picture, &bytes);
    text_printf(out, "{\\pict\\%s\\picw%d\\pich%d\\picwgoal%d\\pichgoal%d\r\n", words[picture->kind],
                picture->raster->width, picture->raster->height, picture->raster->width * TWIPS_PER_PIXEL,
                picture->raster->height * TWIPS_PER_PIXEL);
    for (i = 0; i < bytes.size; i++) {
        text_putc(out, digits[(unsigned char)bytes.data[i] >> 4]);
        text_putc(out, digits[(unsigned char)bytes.data[i] & 15]);
        if (i % HEX_LINE == HEX_LINE - 1) {
            text_puts(out, "\r\n");
        }
    }
    text_puts(out, "}\\par\r\n");
}

static void put_base64(const struct text *bytes, struct text *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t i;

    for (i = 0; i < bytes->size; i += 3) {
        size_t left = bytes->size - i;
        unsigned a = (unsigned char)bytes->data[i];
        unsigned b = left > 1 ? (unsigned char)bytes->data[i + 1] : 0;
        unsigned c = left > 2 ? (unsigned char)bytes->data[i + 2] : 0;

        text_putc(out, digits[a >> 2]);
        text_putc(out, digits[(a & 3) << 4 | b >> 4]);
        text_putc(out, left > 1 ? digits[(b & 15) << 2 | c >> 6] : '=');
        text_putc(out, left > 2 ? digits[c & 63] : '=');
    }
}

static void put_html_picture(const struct embedding *picture, struct text *out)
{
    scoped(text_release) struct text bytes;

    must(picture->kind == EMBEDDED_PNG || picture->kind == EMBEDDED_JPEG);
    text_init(&bytes, PICTURE_CAP);
    picture_bytes(picture, &bytes);
    text_printf(out, "<p><img alt=\"\" src=\"data:image/%s;base64,", picture->kind == EMBEDDED_PNG ? "png" : "jpeg");
    put_base64(&bytes, out);
    text_puts(out, "\"></p>\r\n");
}

/* ---- RTF ---- */

/* Byte of a character in Windows-1252, 0 when it has none. */
static unsigned windows_1252(unsigned codepoint)
{
    static const struct {
        unsigned codepoint, byte;
    } others[] = {{0x20AC, 0x80}, {0x2026, 0x85}, {0x2018, 0x91}, {0x2019, 0x92}, {0x201C, 0x93},
                  {0x201D, 0x94}, {0x2022, 0x95}, {0x2013, 0x96}, {0x2014, 0x97}, {0x2122, 0x99}};
    size_t i;

    if (codepoint >= 0xA0 && codepoint <= 0xFF) {
        return codepoint;
    }
    for (i = 0; i < array_length(others); i++) {
        if (others[i].codepoint == codepoint) {
            return others[i].byte;
        }
    }
    return 0;
}

/* Font 1 is Cyrillic: its bytes are Windows-1251, where А to я stand in a row from 0xC0 on. */
static bool is_cyrillic(unsigned codepoint)
{
    return codepoint >= 0x410 && codepoint <= 0x44F;
}

static void put_rtf_unicode(unsigned codepoint, struct text *out)
{
    unsigned rest;

    if (codepoint < 0x10000) {
        text_printf(out, "\\u%d?", codepoint < 0x8000 ? (int)codepoint : (int)codepoint - 0x10000);
        return;
    }
    rest = codepoint - 0x10000;
    put_rtf_unicode(0xD800 + (rest >> 10), out);
    put_rtf_unicode(0xDC00 + (rest & 0x3FF), out);
}

static void put_rtf_character(unsigned codepoint, struct text *out)
{
    if (codepoint == '{' || codepoint == '}' || codepoint == '\\') {
        text_putc(out, '\\');
        text_putc(out, (char)codepoint);
    } else if (codepoint == '\t') {
        text_puts(out, "\\tab ");
    } else if (codepoint < 0x80) {
        text_putc(out, (char)codepoint);
    } else if (is_cyrillic(codepoint)) {
        text_printf(out, "{\\f1\\'%02x}", codepoint - 0x410 + 0xC0);
    } else if (windows_1252(codepoint) != 0) {
        text_printf(out, "\\'%02x", windows_1252(codepoint));
    } else {
        put_rtf_unicode(codepoint, out);
    }
}

static void put_rtf_run(const char *from, const char *to, struct text *out)
{
    while (from < to) {
        put_rtf_character(next_codepoint(&from), out);
    }
}

/* Words up to a colon are bold, and links are fields. */
static void put_rtf_text(const char *from, const char *to, struct text *out)
{
    const char *colon = memchr(from, ':', (size_t)(to - from));
    const char *link = strstr(from, "www.");

    if (colon != NULL && colon - from < 24) {
        text_puts(out, "\\b ");
        put_rtf_run(from, colon + 1, out);
        text_puts(out, "\\b0\\i0 ");
        from = colon + 1;
    }
    if (link != NULL && link >= from && link < to) {
        const char *end = link + strcspn(link, " \n");

        put_rtf_run(from, link, out);
        text_puts(out, "{\\field{\\*\\fldinst{HYPERLINK \"https://example.com/\"}}{\\fldrslt{\\ul\\cf1 ");
        put_rtf_run(link, end, out);
        text_puts(out, "}}}");
        from = end;
    }
    put_rtf_run(from, to, out);
}

static void put_rtf_row(const char *from, const char *to, struct text *out)
{
    const char *at;
    int cells = 1;
    int i;

    for (at = from; at < to; at++) {
        cells += *at == '\t';
    }
    text_puts(out, "\\trowd\\trgaph108");
    for (i = 1; i <= cells; i++) {
        text_printf(out, "\\cellx%d", i * 2400);
    }
    text_puts(out, "\\pard\\intbl ");
    while (from < to) {
        const char *end = memchr(from, '\t', (size_t)(to - from));

        end = end != NULL ? end : to;
        put_rtf_run(from, end, out);
        text_puts(out, "\\cell ");
        from = end + 1;
    }
    text_puts(out, "\\row\\pard\r\n");
}

static bool is_entry(const char *line)
{
    return strncmp(line, "• ", strlen("• ")) == 0;
}

static void put_rtf_line(const char *from, const char *to, struct text *out)
{
    if (memchr(from, '\t', (size_t)(to - from)) != NULL) {
        put_rtf_row(from, to, out);
        return;
    }
    if (is_entry(from)) {
        text_puts(out,
                  "\\pard{\\pntext\\f2\\'B7\\tab}{\\*\\pn\\pnlvlblt\\pnf2\\pnindent0{\\pntxtb\\'B7}}\\fi-200\\li200 ");
        put_rtf_text(from + strlen("• "), to, out);
        text_puts(out, "\\par\\pard\r\n");
        return;
    }
    put_rtf_text(from, to, out);
    text_puts(out, "\\par\r\n");
}

void compose_rtf(const char *text, const struct embedding *pictures, size_t picture_count, struct text *out)
{
    size_t line = 0;

    text_puts(out, "{\\rtf1\\ansi\\ansicpg1252\\deff0\\deflang3081{\\fonttbl{\\f0\\fswiss\\fcharset0 Arial;}"
                   "{\\f1\\fswiss\\fcharset204 Arial Cyr;}{\\f2\\fnil\\fcharset2 Symbol;}}\r\n"
                   "{\\colortbl ;\\red0\\green0\\blue255;}{\\*\\generator Msftedit 5.41.21.2510;}"
                   "{\\info{\\author Front Desk}{\\title not shown}}\r\n\\viewkind4\\uc1\\pard\\f0\\fs20 ");
    while (*text != '\0') {
        const char *end = strchr(text, '\n');

        must(end != NULL);
        put_rtf_line(text, end, out);
        if (line < picture_count) {
            put_rtf_picture(&pictures[line], out);
        }
        line++;
        text = end + 1;
    }
    text_puts(out, "{\\v internal: not for print}\\pard\r\n}");
}

/* ---- HTML and plain ---- */

static void put_html_run(const char *from, const char *to, struct text *out)
{
    while (from < to) {
        unsigned codepoint = next_codepoint(&from);

        if (codepoint == '&') {
            text_puts(out, "&amp;");
        } else if (codepoint == '<') {
            text_puts(out, "&lt;");
        } else if (codepoint == '>') {
            text_puts(out, "&gt;");
        } else if (codepoint == 0xE9) {
            text_puts(out, "&eacute;");
        } else if (codepoint >= 0x2000 && codepoint < 0x2100) {
            text_printf(out, "&#%u;", codepoint);
        } else {
            text_put_codepoint(out, codepoint);
        }
    }
}

static void put_html_row(const char *from, const char *to, struct text *out)
{
    text_puts(out, "<table border=1><tr>");
    while (from < to) {
        const char *end = memchr(from, '\t', (size_t)(to - from));

        end = end != NULL ? end : to;
        text_puts(out, "<td>");
        put_html_run(from, end, out);
        text_puts(out, "</td>");
        from = end + 1;
    }
    text_puts(out, "</tr></table>\r\n");
}

static void put_html_line(const char *from, const char *to, struct text *out)
{
    if (memchr(from, '\t', (size_t)(to - from)) != NULL) {
        put_html_row(from, to, out);
    } else if (is_entry(from)) {
        text_puts(out, "<ul><li>");
        put_html_run(from + strlen("• "), to, out);
        text_puts(out, "</li></ul>\r\n");
    } else {
        text_puts(out, "<p style='margin:0'>");
        put_html_run(from, to, out);
        text_puts(out, from == to ? "&nbsp;</p>\r\n" : "</p>\r\n");
    }
}

void compose_html(const char *text, const struct embedding *pictures, size_t picture_count, struct text *out)
{
    size_t line = 0;

    text_puts(out, "<html><head><title>not shown</title><style>p { font: 10pt Arial }</style></head>\r\n<body>\r\n"
                   "<!-- kept by Front Desk -->\r\n");
    while (*text != '\0') {
        const char *end = strchr(text, '\n');

        must(end != NULL);
        put_html_line(text, end, out);
        if (line < picture_count) {
            put_html_picture(&pictures[line], out);
        }
        line++;
        text = end + 1;
    }
    text_puts(out, "</body></html>\r\n");
}

void compose_plain(const char *text, struct text *out)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            text_putc(out, '\r');
        }
        text_putc(out, *text);
    }
}
