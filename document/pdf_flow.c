#include "document/pdf_flow.h"

#include <pango/pangocairo.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* The layout of one very long paragraph is made a part at a time: memory stays bounded, lines stay what they are. */
enum { PART_SIZE_MAX = 4 * 1024, MISSING_MAX = 20, MISSING_CAP = 400, TEXT_CAP = INT32_MAX / 4 };

#define LINE_SPACING  1.12
#define TAB_DISTANCE  36.0
#define BLANK_HEIGHT  12.8
#define FOOT_DISTANCE 22.0
#define GREY          0.4

static const struct {
    const char *font;
    double grey;
} styles[FLOW_STYLES] = {
    [FLOW_HEADING] = {"DejaVu Sans Bold 15", 0},
    [FLOW_DETAIL] = {"DejaVu Sans 9", GREY},
    [FLOW_BODY] = {"DejaVu Sans 10", 0},
    [FLOW_REMARK] = {"DejaVu Sans Oblique 9", GREY},
};

static bool fonts_are_there(PangoFontMap *map)
{
    PangoFontFamily **families = NULL;
    int count = 0;

    pango_font_map_list_families(map, &families, &count);
    g_free(families);
    return count > 0;
}

bool flow_init(struct flow *flow, const char *foot, struct fault *fault)
{
    PangoFontMap *map = pango_cairo_font_map_get_default();
    cairo_font_options_t *options = NULL;
    size_t i = 0;

    *flow = (struct flow){.foot = foot, .page = 1, .y = MARGIN_TOP};
    text_init(&flow->missing, MISSING_CAP);
    if (!fonts_are_there(map))
        return fault_set(fault, FAULT_INTERNAL, "no font is installed: install the package fonts-dejavu-core");
    flow->context = pango_font_map_create_context(map);
    /* The page alone decides what it looks like, not the language or the screen of who runs the program. */
    pango_context_set_language(flow->context, pango_language_from_string("en"));
    pango_cairo_context_set_resolution(flow->context, 72);
    pango_context_set_round_glyph_positions(flow->context, FALSE);
    options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    pango_cairo_context_set_font_options(flow->context, options);
    cairo_font_options_destroy(options);
    for (i = 0; i < FLOW_STYLES; i++)
        flow->fonts[i] = pango_font_description_from_string(styles[i].font);
    /* A hyphen of pango's own, where it breaks a number or an address, would be read as part of it. */
    flow->as_written = pango_attr_list_new();
    pango_attr_list_insert(flow->as_written, pango_attr_insert_hyphens_new(FALSE));
    return true;
}

void flow_release(struct flow *flow)
{
    size_t i = 0;

    for (i = 0; i < FLOW_STYLES; i++)
        pango_font_description_free(flow->fonts[i]);
    if (flow->as_written)
        pango_attr_list_unref(flow->as_written);
    flow->as_written = NULL;
    g_clear_object(&flow->context);
    if (flow->cairo)
        cairo_destroy(flow->cairo);
    flow->cairo = NULL;
    text_release(&flow->missing);
}

void flow_draw_on(struct flow *flow, cairo_surface_t *surface)
{
    flow->cairo = cairo_create(surface);
    flow->pages = flow->page;
    flow->page = 1;
    flow->page_pixels = 0;
    flow->y = MARGIN_TOP;
}

double flow_room(const struct flow *flow)
{
    return PAGE_HEIGHT - MARGIN_BOTTOM - flow->y;
}

static bool at_top(const struct flow *flow)
{
    return flow->y <= MARGIN_TOP;
}

/* Appends what pango can lay out: valid UTF-8 without control characters but tab and line end. */
static void put_clean(struct text *out, struct slice text)
{
    const char *at = text.data;
    const char *end = text.data + text.size;

    while (at < end) {
        gunichar code = g_utf8_get_char_validated(at, end - at);
        bool valid = code != (gunichar)-1 && code != (gunichar)-2;
        size_t size = valid ? (size_t)g_utf8_skip[(unsigned char)*at] : 1;

        if (!valid)
            text_puts(out, "\xEF\xBF\xBD");
        else if (code == 0x0B || code == 0x0C || code == 0x85)
            text_putc(out, '\n');
        else if (code == '\t' || code == '\n' || g_unichar_type(code) != G_UNICODE_CONTROL)
            text_put(out, at, size);
        at += size;
    }
}

static PangoLayout *layout_new(struct flow *flow, enum flow_style style, const char *text, size_t size)
{
    PangoLayout *layout = pango_layout_new(flow->context);

    pango_layout_set_font_description(layout, flow->fonts[style]);
    pango_layout_set_attributes(layout, flow->as_written);
    pango_layout_set_text(layout, text, (int)size);
    return layout;
}

static void set_tabs(PangoLayout *layout, const struct flow_tabs *tabs)
{
    enum { EVEN_TABS = 12 };
    size_t count = tabs ? tabs->count : EVEN_TABS;
    PangoTabArray *array = pango_tab_array_new((int)count, FALSE);
    size_t i = 0;

    for (i = 0; i < count; i++)
        pango_tab_array_set_tab(array, (int)i, PANGO_TAB_LEFT,
                                pango_units_from_double(tabs ? tabs->at[i] : TAB_DISTANCE * (double)(i + 1)));
    pango_layout_set_tabs(layout, array);
    pango_tab_array_free(array);
    if (tabs)
        pango_layout_set_indent(layout, -pango_units_from_double(tabs->indent));
}

static void note_missing(struct flow *flow, unsigned code)
{
    char name[16] = "";

    snprintf(name, sizeof name, " U+%04X ", code);
    if (flow->missing_count >= MISSING_MAX)
        return;
    /* The list has a blank at either end while it grows, so that no name is found within another. */
    if (flow->missing.size == 0)
        text_putc(&flow->missing, ' ');
    if (strstr(text_string(&flow->missing), name))
        return;
    text_puts(&flow->missing, name + 1);
    flow->missing_count++;
}

/* Pango puts the character itself into the glyph when no font has one for it, and draws a box with its number. */
static void note_unknown_glyphs(struct flow *flow, PangoLayout *layout)
{
    PangoLayoutIter *lines = NULL;

    if (pango_layout_get_unknown_glyphs_count(layout) == 0)
        return;
    lines = pango_layout_get_iter(layout);
    do {
        PangoLayoutRun *run = pango_layout_iter_get_run_readonly(lines);
        int i = 0;

        for (i = 0; run && i < run->glyphs->num_glyphs; i++) {
            PangoGlyph glyph = run->glyphs->glyphs[i].glyph;

            if (glyph & PANGO_GLYPH_UNKNOWN_FLAG)
                note_missing(flow, glyph & ~(unsigned)PANGO_GLYPH_UNKNOWN_FLAG);
        }
    } while (pango_layout_iter_next_run(lines));
    pango_layout_iter_free(lines);
}

static void draw_line(struct flow *flow, enum flow_style style, PangoLayoutIter *lines, double offset)
{
    PangoRectangle extents;
    double grey = styles[style].grey;

    if (!flow->cairo)
        return;
    pango_layout_iter_get_line_extents(lines, NULL, &extents);
    cairo_set_source_rgb(flow->cairo, grey, grey, grey);
    cairo_move_to(flow->cairo, MARGIN_SIDE + pango_units_to_double(extents.x), flow->y + offset);
    pango_cairo_show_layout_line(flow->cairo, pango_layout_iter_get_line_readonly(lines));
}

/* How many lines, from this one on, must stand on the same page: the first two and the last two of a paragraph. */
static int lines_together(int line, int count)
{
    if (line == 0)
        return count <= 3 ? count : 2;
    return line == count - 2 && count > 3 ? 2 : 1;
}

/* Puts the lines of a layout, of a part that goes on all but the last. Returns the bytes that they hold. */
static size_t put_lines(struct flow *flow, enum flow_style style, PangoLayout *layout, size_t size, bool goes_on)
{
    int count = pango_layout_get_line_count(layout);
    PangoLayoutIter *lines = pango_layout_get_iter(layout);
    size_t taken = size;
    int line = 0;

    for (line = 0; line < count; line++, pango_layout_iter_next_line(lines)) {
        int top = 0;
        int bottom = 0;
        double height = 0;

        if (goes_on && line > 0 && line == count - 1) {
            taken = (size_t)pango_layout_iter_get_line_readonly(lines)->start_index;
            break;
        }
        pango_layout_iter_get_line_yrange(lines, &top, &bottom);
        height = pango_units_to_double(bottom - top) * LINE_SPACING;
        if (height * lines_together(line, count) > flow_room(flow) && !at_top(flow))
            flow_next_page(flow);
        draw_line(flow, style, lines, pango_units_to_double(pango_layout_iter_get_baseline(lines) - top));
        flow->y += height;
    }
    pango_layout_iter_free(lines);
    return taken;
}

/* The greatest part that ends between two characters. */
static size_t part_size(const char *text, size_t size)
{
    size_t part = PART_SIZE_MAX;

    if (size <= part)
        return size;
    while (((unsigned char)text[part] & 0xC0) == 0x80)
        part--;
    return part;
}

/* Puts as many lines of the text as one layout may hold and returns the bytes that they take. The first part finds out
 * in which direction the paragraph runs, by its first letter; the others keep to that. */
static size_t put_part(struct flow *flow, enum flow_style style, struct slice text, const struct flow_tabs *tabs,
                       PangoDirection *direction)
{
    size_t size = part_size(text.data, text.size);
    bool first = *direction == PANGO_DIRECTION_NEUTRAL;
    PangoLayout *layout = NULL;

    pango_context_set_base_dir(flow->context, first ? PANGO_DIRECTION_LTR : *direction);
    layout = layout_new(flow, style, text.data, size);
    pango_layout_set_width(layout, pango_units_from_double(TEXT_WIDTH));
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_auto_dir(layout, first);
    pango_layout_set_alignment(layout, *direction == PANGO_DIRECTION_RTL ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT);
    set_tabs(layout, tabs);
    if (first)
        *direction = pango_layout_line_get_resolved_direction(pango_layout_get_line_readonly(layout, 0));
    if (!flow->cairo)
        note_unknown_glyphs(flow, layout);
    size = put_lines(flow, style, layout, size, size < text.size);
    g_object_unref(layout);
    return size;
}

void flow_put_text(struct flow *flow, enum flow_style style, struct slice text, const struct flow_tabs *tabs)
{
    scoped(text_release) struct text clean;
    PangoDirection direction = PANGO_DIRECTION_NEUTRAL;
    struct slice rest = {NULL, 0};

    text_init(&clean, TEXT_CAP);
    put_clean(&clean, text);
    rest = text_slice(&clean);
    while (rest.size > 0) {
        size_t taken = put_part(flow, style, rest, tabs, &direction);

        rest.data += taken;
        rest.size -= taken;
    }
}

double flow_text_width(struct flow *flow, enum flow_style style, struct slice text)
{
    scoped(text_release) struct text clean;
    PangoLayout *layout = NULL;
    PangoRectangle extents;

    text_init(&clean, TEXT_CAP);
    put_clean(&clean, text);
    layout = layout_new(flow, style, text_string(&clean), part_size(text_string(&clean), clean.size));
    pango_layout_get_extents(layout, NULL, &extents);
    g_object_unref(layout);
    return pango_units_to_double(extents.width);
}

void flow_put_rule(struct flow *flow)
{
    enum { ABOVE = 6, BELOW = 10 };

    flow->y += ABOVE;
    if (flow->cairo) {
        cairo_set_source_rgb(flow->cairo, GREY, GREY, GREY);
        cairo_set_line_width(flow->cairo, 0.5);
        cairo_move_to(flow->cairo, MARGIN_SIDE, flow->y);
        cairo_line_to(flow->cairo, PAGE_WIDTH - MARGIN_SIDE, flow->y);
        cairo_stroke(flow->cairo);
    }
    flow->y += BELOW;
}

void flow_put_gap(struct flow *flow, double points)
{
    if (!at_top(flow))
        flow->y += points;
}

void flow_put_blank(struct flow *flow)
{
    flow_put_gap(flow, BLANK_HEIGHT);
}

void flow_put_picture(struct flow *flow, const struct surface *surface, double width, double height, bool centred)
{
    size_t pixels = surface->embedded ? 0 : (size_t)surface->width * (size_t)surface->height;
    double x = centred ? (PAGE_WIDTH - width) / 2 : MARGIN_SIDE;

    if (!at_top(flow) && (height > flow_room(flow) || pixels + flow->page_pixels > SURFACE_PIXELS_MAX))
        flow_next_page(flow);
    if (flow->cairo)
        surface_draw(surface, flow->cairo, x, flow->y, width, height);
    flow->page_pixels += pixels;
    flow->y += height;
}

static void draw_foot(struct flow *flow)
{
    enum { NUMBER_WIDTH = 80 };
    scoped(text_release) struct text clean;
    scoped(string_free) char *number = x_sprintf("%zu / %zu", flow->page, flow->pages);
    PangoLayout *layouts[2] = {NULL, NULL};
    double left[2] = {MARGIN_SIDE, PAGE_WIDTH - MARGIN_SIDE - NUMBER_WIDTH};
    size_t i = 0;

    text_init(&clean, TEXT_CAP);
    put_clean(&clean, slice_of(flow->foot));
    pango_context_set_base_dir(flow->context, PANGO_DIRECTION_LTR);
    layouts[0] = layout_new(flow, FLOW_DETAIL, text_string(&clean), clean.size);
    pango_layout_set_width(layouts[0], pango_units_from_double(TEXT_WIDTH - NUMBER_WIDTH));
    pango_layout_set_ellipsize(layouts[0], PANGO_ELLIPSIZE_END);
    pango_layout_set_single_paragraph_mode(layouts[0], TRUE);
    pango_layout_set_auto_dir(layouts[0], FALSE);
    layouts[1] = layout_new(flow, FLOW_DETAIL, number, strlen(number));
    pango_layout_set_width(layouts[1], pango_units_from_double(NUMBER_WIDTH));
    pango_layout_set_alignment(layouts[1], PANGO_ALIGN_RIGHT);
    cairo_set_source_rgb(flow->cairo, GREY, GREY, GREY);
    for (i = 0; i < array_length(layouts); i++) {
        cairo_move_to(flow->cairo, left[i], PAGE_HEIGHT - MARGIN_BOTTOM + FOOT_DISTANCE);
        pango_cairo_show_layout(flow->cairo, layouts[i]);
        g_object_unref(layouts[i]);
    }
}

void flow_end(struct flow *flow)
{
    if (!flow->cairo)
        return;
    draw_foot(flow);
    cairo_show_page(flow->cairo);
}

void flow_next_page(struct flow *flow)
{
    flow_end(flow);
    flow->page++;
    flow->page_pixels = 0;
    flow->y = MARGIN_TOP;
}
