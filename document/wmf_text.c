#include <math.h>
#include <pango/pangocairo.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "document/codepage.h"
#include "document/plain.h"
#include "document/symbol.h"
#include "document/wmf_parts.h"

enum { TEXT_CAP = 256 * 1024, CHARSET_SYMBOL = 2, HEIGHT_MAX = 2000 };

/* The part of a font's height that letters take without the space above them, for the fonts of Windows. */
#define EM_OF_CELL 0.87

/* The width of Arial by that of DejaVu Sans. */
#define SUBSTITUTE_WIDTH 0.87

static void put_symbols(struct slice bytes, const char *face, struct text *out)
{
    enum symbol_set set = symbol_set_of_font(face);
    size_t i = 0;

    for (i = 0; i < bytes.size; i++)
        text_put_codepoint(out,
                           symbol_codepoint(set == SYMBOL_NONE ? SYMBOL_GREEK : set, (unsigned char)bytes.data[i]));
}

static void put_letters(const struct wmf_font *font, struct slice bytes, struct text *out)
{
    const char *name = codepage_name(codepage_of_charset(font->charset));
    const char *end = bytes.size ? memchr(bytes.data, '\0', bytes.size) : NULL;

    if (end)
        bytes.size = (size_t)(end - bytes.data);
    if (font->charset == CHARSET_SYMBOL || symbol_set_of_font(font->face) != SYMBOL_NONE)
        put_symbols(bytes, font->face, out);
    else if (!name || !plain_put_encoded(name, bytes, out))
        plain_put_utf8(bytes, out);
}

static PangoContext *context_of(struct wmf *wmf)
{
    if (!wmf->context) {
        wmf->context = pango_font_map_create_context(pango_cairo_font_map_get_default());
        pango_context_set_language(wmf->context, pango_language_from_string("en"));
        pango_cairo_context_set_resolution(wmf->context, 72);
        pango_context_set_round_glyph_positions(wmf->context, FALSE);
    }
    return wmf->context;
}

static PangoLayout *layout_of(struct wmf *wmf, struct slice bytes)
{
    const struct wmf_font *font = &wmf->state.font;
    double height = wmf_length(wmf, font->height) * (font->height > 0 ? EM_OF_CELL : 1);
    PangoLayout *layout = pango_layout_new(context_of(wmf));
    PangoFontDescription *description = pango_font_description_new();
    scoped(text_release) struct text text;

    text_init(&text, TEXT_CAP);
    put_letters(font, bytes, &text);
    pango_font_description_set_family(description, utf8_valid(font->face, strlen(font->face)) && font->face[0] &&
                                                           symbol_set_of_font(font->face) == SYMBOL_NONE
                                                       ? font->face
                                                       : "DejaVu Sans");
    pango_font_description_set_absolute_size(description, fmin(height > 1 ? height : 12, HEIGHT_MAX) * PANGO_SCALE);
    if (font->weight >= 600)
        pango_font_description_set_weight(description, PANGO_WEIGHT_BOLD);
    if (font->italic)
        pango_font_description_set_style(description, PANGO_STYLE_ITALIC);
    pango_layout_set_font_description(layout, description);
    pango_font_description_free(description);
    pango_layout_set_single_paragraph_mode(layout, TRUE);
    pango_layout_set_text(layout, text_string(&text), (int)text.size);
    return layout;
}

/* Whether the font that the drawing names is there. What stands in for it is DejaVu Sans, which is wider than most. */
static bool is_substituted(struct wmf *wmf, PangoLayout *layout)
{
    PangoFont *font = pango_context_load_font(context_of(wmf), pango_layout_get_font_description(layout));
    PangoFontDescription *found = font ? pango_font_describe(font) : NULL;
    bool same = found && strcasecmp(pango_font_description_get_family(found), wmf->state.font.face) == 0;

    if (found)
        pango_font_description_free(found);
    if (font)
        g_object_unref(font);
    return !same;
}

/* Letters turn with the logical space: where that is upside down, they turn the other way. */
static double angle_of(const struct wmf *wmf)
{
    bool mirrored = (wmf->state.extent_x < 0) != (wmf->state.extent_y < 0);

    return wmf->state.font.degrees * M_PI / 180 * (mirrored ? 1 : -1);
}

/* Draws text whose reference point is x, y (in the frame); width is what the letters shall take, 0 for what they do. */
static void draw_text(struct wmf *wmf, struct slice bytes, double x, double y, double width)
{
    enum { HORIZONTAL = 6, RIGHT = 2, CENTRE = 6, VERTICAL = 24, BOTTOM = 8, BASELINE = 24 };
    const struct wmf_state *state = &wmf->state;
    PangoLayout *layout = layout_of(wmf, bytes);
    PangoRectangle box;
    double scale = is_substituted(wmf, layout) ? SUBSTITUTE_WIDTH : 1;
    double left = 0;
    double top = 0;

    pango_layout_get_extents(layout, NULL, &box);
    /* Letters that would become many times as wide or as narrow come from nonsense. */
    if (width > 0 && box.width > 0 && width < 5 * pango_units_to_double(box.width) &&
        width > 0.2 * pango_units_to_double(box.width))
        scale = width / pango_units_to_double(box.width);
    width = scale * pango_units_to_double(box.width);
    if ((state->align & HORIZONTAL) == CENTRE)
        left = -width / 2;
    else if ((state->align & HORIZONTAL) == RIGHT)
        left = -width;
    if ((state->align & VERTICAL) == BASELINE)
        top = -pango_units_to_double(pango_layout_get_baseline(layout));
    else if ((state->align & VERTICAL) == BOTTOM)
        top = -pango_units_to_double(box.height);
    cairo_save(wmf->cairo);
    cairo_translate(wmf->cairo, x, y);
    cairo_rotate(wmf->cairo, angle_of(wmf));
    cairo_translate(wmf->cairo, left, top);
    if (state->opaque) {
        wmf_set_colour(wmf, state->background);
        cairo_rectangle(wmf->cairo, 0, 0, width, pango_units_to_double(box.height));
        cairo_fill(wmf->cairo);
    }
    wmf_set_colour(wmf, state->text_colour);
    if (state->font.underline) {
        double baseline = pango_units_to_double(pango_layout_get_baseline(layout));

        cairo_rectangle(wmf->cairo, 0, baseline * 1.1, width, baseline * 0.07);
        cairo_fill(wmf->cairo);
    }
    cairo_scale(wmf->cairo, scale, 1);
    cairo_move_to(wmf->cairo, 0, 0);
    pango_cairo_show_layout(wmf->cairo, layout);
    cairo_restore(wmf->cairo);
    g_object_unref(layout);
}

static bool cut_off(struct fault *fault)
{
    return fault_set(fault, FAULT_BAD_INPUT, "the WMF is damaged: a record has fewer letters than it says");
}

bool wmf_text_out(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    size_t count = (uint16_t)wmf_number(parameters, 0);
    size_t place = 1 + (count + 1) / 2;

    if (2 * (place + 2) > parameters.size)
        return cut_off(fault);
    draw_text(wmf, (struct slice){parameters.data + 2, count}, wmf_x(wmf, wmf_number(parameters, place + 1)),
              wmf_y(wmf, wmf_number(parameters, place)), 0);
    return true;
}

/* The place, the count, options, perhaps a rectangle to fill before or to keep within, the letters and perhaps the
 * distance of each to the next (MS-WMF 2.3.3.5). */
bool wmf_text_out_extended(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    enum { OPAQUE = 2, CLIPPED = 4 };
    size_t count = (uint16_t)wmf_number(parameters, 2);
    int options = wmf_number(parameters, 3);
    size_t text = options & (OPAQUE | CLIPPED) ? 8 : 4;
    size_t distances = text + (count + 1) / 2;
    double width = 0;
    size_t i = 0;

    if (2 * text + count > parameters.size)
        return cut_off(fault);
    cairo_save(wmf->cairo);
    if (options & (OPAQUE | CLIPPED)) {
        double left = wmf_x(wmf, wmf_number(parameters, 4));
        double top = wmf_y(wmf, wmf_number(parameters, 5));

        cairo_rectangle(wmf->cairo, left, top, wmf_x(wmf, wmf_number(parameters, 6)) - left,
                        wmf_y(wmf, wmf_number(parameters, 7)) - top);
        wmf_set_colour(wmf, wmf->state.background);
        if (options & OPAQUE)
            cairo_fill_preserve(wmf->cairo);
        if (options & CLIPPED)
            cairo_clip_preserve(wmf->cairo);
        cairo_new_path(wmf->cairo);
    }
    if (2 * (distances + count) <= parameters.size)
        for (i = 0; i < count; i++)
            width += wmf_number(parameters, distances + i) / wmf->state.extent_x * wmf->width;
    draw_text(wmf, (struct slice){parameters.data + 2 * text, count}, wmf_x(wmf, wmf_number(parameters, 1)),
              wmf_y(wmf, wmf_number(parameters, 0)), fabs(width));
    cairo_restore(wmf->cairo);
    return true;
}
