#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "document/picture_parts.h"
#include "document/surface_formats.h"
#include "document/wmf_parts.h"

enum { PEN_STYLE = 0xF, PEN_NONE = 5, BRUSH_SOLID = 0, BRUSH_NONE = 1 };

/* The thinnest line that is seen on paper, in pixels of the frame. */
#define THINNEST 0.7

double wmf_x(const struct wmf *wmf, double x)
{
    return (x - wmf->state.origin_x) / wmf->state.extent_x * wmf->width;
}

double wmf_y(const struct wmf *wmf, double y)
{
    return (y - wmf->state.origin_y) / wmf->state.extent_y * wmf->height;
}

double wmf_length(const struct wmf *wmf, double length)
{
    return fabs(length / wmf->state.extent_y * wmf->height);
}

void wmf_set_colour(const struct wmf *wmf, uint32_t colour)
{
    cairo_set_source_rgb(wmf->cairo, (colour & 255) / 255.0, (colour >> 8 & 255) / 255.0, (colour >> 16 & 255) / 255.0);
}

/* Brushes with a pattern or hatching are a light tint of their colour: what they cover is seen, and what is under it.
 */
static void fill(const struct wmf *wmf)
{
    uint32_t colour = wmf->state.brush.colour;

    if (wmf->state.brush.style == BRUSH_NONE)
        return;
    wmf_set_colour(wmf, colour);
    if (wmf->state.brush.style != BRUSH_SOLID)
        cairo_set_source_rgba(wmf->cairo, (colour & 255) / 255.0, (colour >> 8 & 255) / 255.0,
                              (colour >> 16 & 255) / 255.0, 0.3);
    cairo_set_fill_rule(wmf->cairo, wmf->state.winding ? CAIRO_FILL_RULE_WINDING : CAIRO_FILL_RULE_EVEN_ODD);
    cairo_fill_preserve(wmf->cairo);
}

static void stroke(const struct wmf *wmf)
{
    static const double dashes[][6] = {{0}, {18, 6}, {3, 3}, {9, 6, 3, 6}, {9, 3, 3, 3, 3, 3}};
    static const int counts[] = {0, 2, 2, 4, 6};
    unsigned style = wmf->state.pen.style & PEN_STYLE;
    double width = wmf_length(wmf, wmf->state.pen.width);

    if (style != PEN_NONE) {
        wmf_set_colour(wmf, wmf->state.pen.colour);
        cairo_set_line_width(wmf->cairo, width > THINNEST ? width : THINNEST);
        cairo_set_line_cap(wmf->cairo, CAIRO_LINE_CAP_ROUND);
        cairo_set_line_join(wmf->cairo, CAIRO_LINE_JOIN_ROUND);
        cairo_set_dash(wmf->cairo, style < array_length(counts) ? dashes[style] : NULL,
                       style < array_length(counts) ? counts[style] : 0, 0);
        cairo_stroke_preserve(wmf->cairo);
    }
    cairo_new_path(wmf->cairo);
}

static void fill_and_stroke(const struct wmf *wmf)
{
    fill(wmf);
    stroke(wmf);
}

static bool cut_off(struct fault *fault)
{
    return fault_set(fault, FAULT_BAD_INPUT, "the WMF is damaged: a record has fewer points than it says");
}

/* Adds the points from this word of the record on to the path. */
static bool add_points(const struct wmf *wmf, struct slice parameters, size_t word, size_t count, struct fault *fault)
{
    size_t i = 0;

    if (count > parameters.size / 4 || (word + 2 * count) * 2 > parameters.size)
        return cut_off(fault);
    cairo_new_sub_path(wmf->cairo);
    for (i = 0; i < count; i++)
        cairo_line_to(wmf->cairo, wmf_x(wmf, wmf_number(parameters, word + 2 * i)),
                      wmf_y(wmf, wmf_number(parameters, word + 2 * i + 1)));
    return true;
}

bool wmf_line_to(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    (void)fault;
    cairo_move_to(wmf->cairo, wmf_x(wmf, wmf->state.x), wmf_y(wmf, wmf->state.y));
    wmf->state.y = wmf_number(parameters, 0);
    wmf->state.x = wmf_number(parameters, 1);
    cairo_line_to(wmf->cairo, wmf_x(wmf, wmf->state.x), wmf_y(wmf, wmf->state.y));
    stroke(wmf);
    return true;
}

bool wmf_polygon(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    if (!add_points(wmf, parameters, 1, (uint16_t)wmf_number(parameters, 0), fault))
        return false;
    cairo_close_path(wmf->cairo);
    fill_and_stroke(wmf);
    return true;
}

bool wmf_polyline(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    if (!add_points(wmf, parameters, 1, (uint16_t)wmf_number(parameters, 0), fault))
        return false;
    stroke(wmf);
    return true;
}

bool wmf_poly_polygon(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    size_t polygons = (uint16_t)wmf_number(parameters, 0);
    size_t word = 1 + polygons;
    size_t i = 0;

    if (word * 2 > parameters.size)
        return cut_off(fault);
    for (i = 0; i < polygons; i++) {
        size_t count = (uint16_t)wmf_number(parameters, 1 + i);

        if (!add_points(wmf, parameters, word, count, fault))
            return false;
        cairo_close_path(wmf->cairo);
        word += 2 * count;
    }
    fill_and_stroke(wmf);
    return true;
}

struct frame {
    double left;
    double top;
    double right;
    double bottom;
};

/* Records hold rectangles from bottom to left. */
static struct frame frame_at(const struct wmf *wmf, struct slice parameters, size_t word)
{
    return (struct frame){.bottom = wmf_y(wmf, wmf_number(parameters, word)),
                          .right = wmf_x(wmf, wmf_number(parameters, word + 1)),
                          .top = wmf_y(wmf, wmf_number(parameters, word + 2)),
                          .left = wmf_x(wmf, wmf_number(parameters, word + 3))};
}

bool wmf_rectangle(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    struct frame frame = frame_at(wmf, parameters, 0);

    (void)fault;
    cairo_rectangle(wmf->cairo, frame.left, frame.top, frame.right - frame.left, frame.bottom - frame.top);
    fill_and_stroke(wmf);
    return true;
}

/* An arc of the ellipse in the frame, counter-clockwise as it is seen; whole from 0 to a full turn. */
static void add_arc(const struct wmf *wmf, struct frame frame, double from, double to)
{
    if (frame.left == frame.right || frame.top == frame.bottom)
        return;
    cairo_save(wmf->cairo);
    cairo_translate(wmf->cairo, (frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2);
    cairo_scale(wmf->cairo, fabs(frame.right - frame.left) / 2, fabs(frame.bottom - frame.top) / 2);
    cairo_arc_negative(wmf->cairo, 0, 0, 1, from, to);
    cairo_restore(wmf->cairo);
}

bool wmf_ellipse(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    (void)fault;
    cairo_new_sub_path(wmf->cairo);
    add_arc(wmf, frame_at(wmf, parameters, 0), 2 * M_PI, 0);
    cairo_close_path(wmf->cairo);
    fill_and_stroke(wmf);
    return true;
}

/* The corners are quarters of an ellipse, whose height and width stand before the frame. */
bool wmf_round_rectangle(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    struct frame frame = frame_at(wmf, parameters, 2);
    double height = wmf_length(wmf, wmf_number(parameters, 0));
    double width = fabs(wmf_number(parameters, 1) / wmf->state.extent_x * wmf->width);
    struct frame whole = {fmin(frame.left, frame.right), fmin(frame.top, frame.bottom), fmax(frame.left, frame.right),
                          fmax(frame.top, frame.bottom)};
    int corner = 0;

    (void)fault;
    width = fmin(width, whole.right - whole.left);
    height = fmin(height, whole.bottom - whole.top);
    cairo_new_sub_path(wmf->cairo);
    for (corner = 0; corner < 4; corner++) {
        double left = corner == 1 || corner == 2 ? whole.left : whole.right - width;
        double top = corner < 2 ? whole.top : whole.bottom - height;

        add_arc(wmf, (struct frame){left, top, left + width, top + height}, -corner * M_PI_2, -(corner + 1) * M_PI_2);
    }
    cairo_close_path(wmf->cairo);
    fill_and_stroke(wmf);
    return true;
}

/* Adds the arc of ARC, PIE and CHORD: its end and its beginning lie on lines from the middle through two points. */
static struct frame add_cut_arc(const struct wmf *wmf, struct slice parameters)
{
    struct frame frame = frame_at(wmf, parameters, 4);
    double x = (frame.left + frame.right) / 2;
    double y = (frame.top + frame.bottom) / 2;
    double width = fabs(frame.right - frame.left);
    double height = fabs(frame.bottom - frame.top);
    double ends[2] = {0, 0};
    size_t i = 0;

    for (i = 0; i < 2 && width > 0 && height > 0; i++)
        ends[i] = atan2((wmf_y(wmf, wmf_number(parameters, 2 * i)) - y) / height,
                        (wmf_x(wmf, wmf_number(parameters, 2 * i + 1)) - x) / width);
    cairo_new_sub_path(wmf->cairo);
    add_arc(wmf, frame, ends[1], ends[0]);
    return frame;
}

bool wmf_arc(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    (void)fault;
    add_cut_arc(wmf, parameters);
    stroke(wmf);
    return true;
}

bool wmf_chord(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    (void)fault;
    add_cut_arc(wmf, parameters);
    cairo_close_path(wmf->cairo);
    fill_and_stroke(wmf);
    return true;
}

bool wmf_pie(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    struct frame frame = add_cut_arc(wmf, parameters);

    (void)fault;
    cairo_line_to(wmf->cairo, (frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2);
    cairo_close_path(wmf->cairo);
    fill_and_stroke(wmf);
    return true;
}

static uint32_t long_at(struct slice parameters, size_t word)
{
    return picture_u32(parameters, 2 * word);
}

bool wmf_set_pixel(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    (void)fault;
    wmf_set_colour(wmf, long_at(parameters, 0));
    cairo_rectangle(wmf->cairo, wmf_x(wmf, wmf_number(parameters, 3)), wmf_y(wmf, wmf_number(parameters, 2)), 1, 1);
    cairo_fill(wmf->cairo);
    return true;
}

static bool unknown_operation(uint32_t operation, struct fault *fault)
{
    return fault_set(fault, FAULT_BAD_INPUT, "the WMF mixes colours in a way that is not known here: operation %06X",
                     (unsigned)operation);
}

bool wmf_fill_pattern(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    enum { PATTERN = 0xF00021, BLACK = 0x000042, WHITE = 0xFF0062 };
    uint32_t operation = long_at(parameters, 0);
    double left = wmf_x(wmf, wmf_number(parameters, 5));
    double top = wmf_y(wmf, wmf_number(parameters, 4));
    double right = wmf_x(wmf, wmf_number(parameters, 5) + wmf_number(parameters, 3));
    double bottom = wmf_y(wmf, wmf_number(parameters, 4) + wmf_number(parameters, 2));

    if (operation != PATTERN && operation != BLACK && operation != WHITE)
        return unknown_operation(operation, fault);
    cairo_rectangle(wmf->cairo, left, top, right - left, bottom - top);
    if (operation == PATTERN) {
        fill(wmf);
    } else {
        wmf_set_colour(wmf, operation == WHITE ? 0xFFFFFF : 0);
        cairo_fill(wmf->cairo);
    }
    cairo_new_path(wmf->cairo);
    return true;
}

struct bitmap {
    uint32_t operation;
    int from[4]; /* left, top, width and height in the bitmap; a width of 0 is all of it */
    int to[4];   /* the same in logical space */
    struct slice dib;
};

static bool operator_for(uint32_t operation, cairo_operator_t *ret, struct fault *fault)
{
    enum { COPY = 0xCC0020, AND = 0x8800C6, OR = 0xEE0086, INVERT = 0x660046 };

    switch (operation) {
    case COPY:
        *ret = CAIRO_OPERATOR_OVER;
        return true;
    case AND: /* exact for masks of black and white, which is what it is used for; so are the next two */
        *ret = CAIRO_OPERATOR_MULTIPLY;
        return true;
    case OR:
        *ret = CAIRO_OPERATOR_SCREEN;
        return true;
    case INVERT:
        *ret = CAIRO_OPERATOR_DIFFERENCE;
        return true;
    default:
        return unknown_operation(operation, fault);
    }
}

static void paint_bitmap(const struct wmf *wmf, const struct bitmap *bitmap, const struct surface *surface,
                         cairo_operator_t operation)
{
    double left = wmf_x(wmf, bitmap->to[0]);
    double top = wmf_y(wmf, bitmap->to[1]);
    double width = wmf_x(wmf, bitmap->to[0] + bitmap->to[2]) - left;
    double height = wmf_y(wmf, bitmap->to[1] + bitmap->to[3]) - top;
    double scale_x = width / (bitmap->from[2] ? bitmap->from[2] : surface->width);
    double scale_y = height / (bitmap->from[3] ? bitmap->from[3] : surface->height);

    if (scale_x == 0 || scale_y == 0)
        return;
    cairo_save(wmf->cairo);
    cairo_rectangle(wmf->cairo, left, top, width, height);
    cairo_clip(wmf->cairo);
    cairo_set_operator(wmf->cairo, operation);
    cairo_translate(wmf->cairo, left, top);
    cairo_scale(wmf->cairo, scale_x, scale_y);
    cairo_set_source_surface(wmf->cairo, surface->pixels, -bitmap->from[0], -bitmap->from[1]);
    cairo_paint(wmf->cairo);
    cairo_restore(wmf->cairo);
}

static bool draw_bitmap(struct wmf *wmf, const struct bitmap *bitmap, struct fault *fault)
{
    scoped(surface_destroy) struct surface *surface = NULL;
    struct picture picture = {0};
    cairo_operator_t operation = CAIRO_OPERATOR_OVER;
    bool ok = false;

    if (!operator_for(bitmap->operation, &operation, fault))
        return false;
    if (!picture_of_dib(bitmap->dib, &picture))
        return fault_set(fault, FAULT_BAD_INPUT, "the WMF is damaged: a record holds no bitmap where one must be");
    ok = surface_open_pixbuf((struct slice){(const char *)picture.bytes, picture.size}, "bmp", &surface, fault);
    free(picture.bytes);
    if (!ok)
        return false;
    wmf->pixels += (size_t)surface->width * (size_t)surface->height;
    if (wmf->pixels > SURFACE_PIXELS_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "the bitmaps of the WMF have more than %d million pixels",
                         SURFACE_PIXELS_MAX / 1000000);
    paint_bitmap(wmf, bitmap, surface, operation);
    return true;
}

/* The bytes from this word on. */
static struct slice rest_from(struct slice parameters, size_t word)
{
    size_t skipped = 2 * word < parameters.size ? 2 * word : parameters.size;

    return (struct slice){parameters.data + skipped, parameters.size - skipped};
}

/* Height and width come before top and left, of the source and then of the destination. */
static struct bitmap stretched(struct slice parameters, size_t word)
{
    struct bitmap bitmap = {.operation = long_at(parameters, 0)};
    size_t i = 0;

    for (i = 0; i < 4; i++) {
        static const size_t places[] = {3, 2, 1, 0};

        bitmap.from[i] = wmf_number(parameters, word + places[i]);
        bitmap.to[i] = wmf_number(parameters, word + 4 + places[i]);
    }
    bitmap.dib = rest_from(parameters, word + 8);
    return bitmap;
}

bool wmf_stretch_dib(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    struct bitmap bitmap = stretched(parameters, 3);

    return draw_bitmap(wmf, &bitmap, fault);
}

bool wmf_dib_stretch(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    struct bitmap bitmap = stretched(parameters, 2);

    return draw_bitmap(wmf, &bitmap, fault);
}

bool wmf_dib_copy(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    struct bitmap bitmap = {.operation = long_at(parameters, 0),
                            .from = {wmf_number(parameters, 3), wmf_number(parameters, 2), 0, 0},
                            .to = {wmf_number(parameters, 7), wmf_number(parameters, 6), wmf_number(parameters, 5),
                                   wmf_number(parameters, 4)},
                            .dib = rest_from(parameters, 8)};

    bitmap.from[2] = bitmap.to[2];
    bitmap.from[3] = bitmap.to[3];
    return draw_bitmap(wmf, &bitmap, fault);
}

bool wmf_dib_to_device(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    struct bitmap bitmap = {.operation = 0xCC0020,
                            .from = {wmf_number(parameters, 4), wmf_number(parameters, 3), 0, 0},
                            .to = {wmf_number(parameters, 8), wmf_number(parameters, 7), wmf_number(parameters, 6),
                                   wmf_number(parameters, 5)},
                            .dib = rest_from(parameters, 9)};

    bitmap.from[2] = bitmap.to[2];
    bitmap.from[3] = bitmap.to[3];
    return draw_bitmap(wmf, &bitmap, fault);
}
