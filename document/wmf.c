#include "document/wmf.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "document/picture_parts.h"
#include "document/surface_formats.h"
#include "document/wmf_parts.h"

enum { PLACEABLE_SIZE = 22, HEADER_SIZE = 18, RECORD_HEAD = 6, OBJECTS_MAX = 4096 };

/* The greater side of a drawing that does not say how large it is: 400 points. Documents mostly do say it. */
#define SIDE_UNKNOWN (400 * 96 / 72.0)

int wmf_number(struct slice parameters, size_t word)
{
    return (int16_t)picture_u16(parameters, 2 * word);
}

static bool set_origin(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    (void)fault;
    wmf->state.origin_y = wmf_number(parameters, 0);
    wmf->state.origin_x = wmf_number(parameters, 1);
    return true;
}

static bool set_extent(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    int height = wmf_number(parameters, 0);
    int width = wmf_number(parameters, 1);

    if (height == 0 || width == 0)
        return fault_set(fault, FAULT_BAD_INPUT, "the WMF is damaged: its window has no size");
    wmf->state.extent_y = height;
    wmf->state.extent_x = width;
    return true;
}

/* Text (1), isotropic (7) and anisotropic (8) units follow the window; the others are millimetres and inches. */
static bool set_map_mode(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    int mode = wmf_number(parameters, 0);

    (void)wmf;
    if (mode != 1 && mode != 7 && mode != 8)
        return fault_set(fault, FAULT_BAD_INPUT, "the WMF is drawn in units that are not read: mapping mode %d", mode);
    return true;
}

static bool set_background_mode(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    (void)fault;
    wmf->state.opaque = wmf_number(parameters, 0) == 2;
    return true;
}

static bool set_background(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    (void)fault;
    wmf->state.background = picture_u32(parameters, 0);
    return true;
}

static bool set_text_colour(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    (void)fault;
    wmf->state.text_colour = picture_u32(parameters, 0);
    return true;
}

static bool set_align(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    enum { AT_CURRENT_POSITION = 1 };

    wmf->state.align = picture_u16(parameters, 0);
    if (wmf->state.align & AT_CURRENT_POSITION)
        return fault_set(fault, FAULT_BAD_INPUT, "the WMF sets text at the current position, which is not read");
    return true;
}

static bool set_fill_mode(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    (void)fault;
    wmf->state.winding = wmf_number(parameters, 0) == 2;
    return true;
}

static bool move_to(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    (void)fault;
    wmf->state.y = wmf_number(parameters, 0);
    wmf->state.x = wmf_number(parameters, 1);
    return true;
}

static bool save_state(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    (void)parameters;
    if (wmf->saved_count == WMF_SAVED_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "the WMF saves its state more than %d times", WMF_SAVED_MAX);
    wmf->saved[wmf->saved_count++] = wmf->state;
    cairo_save(wmf->cairo);
    return true;
}

/* A negative number counts back from now, a positive one from the beginning. */
static bool restore_state(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    int number = wmf_number(parameters, 0);
    int level = number < 0 ? (int)wmf->saved_count + number : number - 1;

    (void)fault;
    while (level >= 0 && (int)wmf->saved_count > level) {
        wmf->state = wmf->saved[--wmf->saved_count];
        cairo_restore(wmf->cairo);
    }
    return true;
}

static bool clip_to(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    double bottom = wmf_y(wmf, wmf_number(parameters, 0));
    double right = wmf_x(wmf, wmf_number(parameters, 1));
    double top = wmf_y(wmf, wmf_number(parameters, 2));
    double left = wmf_x(wmf, wmf_number(parameters, 3));

    (void)fault;
    cairo_rectangle(wmf->cairo, left, top, right - left, bottom - top);
    cairo_clip(wmf->cairo);
    return true;
}

/* A new object takes the first free place (MS-WMF 3.1.4.1). */
static bool add_object(struct wmf *wmf, const struct wmf_object *object, struct fault *fault)
{
    size_t place = 0;

    while (place < wmf->object_count && wmf->objects[place].kind != WMF_FREE)
        place++;
    if (place == OBJECTS_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "the WMF makes more than %d objects", OBJECTS_MAX);
    if (place == wmf->object_count)
        wmf->objects = x_grow_array(wmf->objects, ++wmf->object_count, sizeof *wmf->objects);
    wmf->objects[place] = *object;
    return true;
}

static bool create_pen(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    struct wmf_object object = {.kind = WMF_PEN,
                                .pen = {.style = picture_u16(parameters, 0),
                                        .width = wmf_number(parameters, 1),
                                        .colour = picture_u32(parameters, 6)}};

    return add_object(wmf, &object, fault);
}

static bool create_brush(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    struct wmf_object object = {.kind = WMF_BRUSH,
                                .brush = {.style = picture_u16(parameters, 0), .colour = picture_u32(parameters, 2)}};

    return add_object(wmf, &object, fault);
}

static bool create_pattern(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    enum { PATTERN = 3 };
    struct wmf_object object = {.kind = WMF_BRUSH, .brush = {.style = PATTERN}};

    (void)parameters;
    return add_object(wmf, &object, fault);
}

static bool create_font(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    enum { FACE_AT = 18 };
    struct wmf_object object = {.kind = WMF_FONT};
    struct wmf_font *font = &object.font;
    size_t size = parameters.size > FACE_AT ? parameters.size - FACE_AT : 0;

    font->height = wmf_number(parameters, 0);
    font->degrees = wmf_number(parameters, 2) / 10.0;
    font->weight = wmf_number(parameters, 4);
    font->italic = picture_u16(parameters, 10) & 255;
    font->underline = picture_u16(parameters, 10) >> 8;
    font->charset = picture_u16(parameters, 12) >> 8;
    memcpy(font->face, parameters.data + (size ? FACE_AT : 0), size < WMF_FACE_SIZE ? size : WMF_FACE_SIZE);
    return add_object(wmf, &object, fault);
}

/* Palettes and regions: they take their place and are not looked at, unless a record that is not known uses them. */
static bool create_other(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    struct wmf_object object = {.kind = WMF_OTHER};

    (void)parameters;
    return add_object(wmf, &object, fault);
}

static bool select_object(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    size_t place = picture_u16(parameters, 0);
    const struct wmf_object *object = place < wmf->object_count ? &wmf->objects[place] : NULL;

    if (!object || object->kind == WMF_FREE)
        return fault_set(fault, FAULT_BAD_INPUT, "the WMF is damaged: it uses object %zu, which it did not make",
                         place);
    if (object->kind == WMF_PEN)
        wmf->state.pen = object->pen;
    else if (object->kind == WMF_BRUSH)
        wmf->state.brush = object->brush;
    else if (object->kind == WMF_FONT)
        wmf->state.font = object->font;
    return true;
}

static bool delete_object(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    size_t place = picture_u16(parameters, 0);

    (void)fault;
    if (place < wmf->object_count)
        wmf->objects[place].kind = WMF_FREE;
    return true;
}

static bool skip(struct wmf *wmf, struct slice parameters, struct fault *fault)
{
    (void)wmf;
    (void)parameters;
    (void)fault;
    return true;
}

/* MS-WMF 2.1.1.1. What is not here draws or clips in a way that is not known, and ends the playing. */
static const struct {
    unsigned function;
    size_t least; /* words of parameters */
    wmf_record_fn *play;
} records[] = {
    {0x001E, 0, save_state},
    {0x0035, 0, skip},         /* REALIZEPALETTE */
    {0x0037, 0, skip},         /* SETPALENTRIES */
    {0x00F7, 0, create_other}, /* CREATEPALETTE */
    {0x0102, 1, set_background_mode},
    {0x0103, 1, set_map_mode},
    {0x0104, 0, skip}, /* SETROP2 */
    {0x0106, 1, set_fill_mode},
    {0x0107, 0, skip}, /* SETSTRETCHBLTMODE */
    {0x0108, 0, skip}, /* SETTEXTCHAREXTRA */
    {0x0127, 1, restore_state},
    {0x012D, 1, select_object},
    {0x012E, 1, set_align},
    {0x0139, 0, skip},           /* RESIZEPALETTE */
    {0x0142, 0, create_pattern}, /* DIBCREATEPATTERNBRUSH */
    {0x0149, 0, skip},           /* SETLAYOUT */
    {0x01F0, 1, delete_object},
    {0x01F9, 0, create_pattern}, /* CREATEPATTERNBRUSH */
    {0x0201, 2, set_background},
    {0x0209, 2, set_text_colour},
    {0x020A, 0, skip}, /* SETTEXTJUSTIFICATION */
    {0x020B, 2, set_origin},
    {0x020C, 2, set_extent},
    {0x0213, 2, wmf_line_to},
    {0x0214, 2, move_to},
    {0x0231, 0, skip}, /* SETMAPPERFLAGS */
    {0x0234, 0, skip}, /* SELECTPALETTE */
    {0x02FA, 5, create_pen},
    {0x02FB, 9, create_font},
    {0x02FC, 3, create_brush},
    {0x0324, 1, wmf_polygon},
    {0x0325, 1, wmf_polyline},
    {0x0416, 4, clip_to},
    {0x0418, 4, wmf_ellipse},
    {0x041B, 4, wmf_rectangle},
    {0x041F, 4, wmf_set_pixel},
    {0x0436, 0, skip}, /* ANIMATEPALETTE */
    {0x0521, 3, wmf_text_out},
    {0x0538, 1, wmf_poly_polygon},
    {0x061C, 6, wmf_round_rectangle},
    {0x061D, 6, wmf_fill_pattern},
    {0x0626, 0, skip},         /* ESCAPE: for printers, and comments */
    {0x06FF, 0, create_other}, /* CREATEREGION */
    {0x0817, 8, wmf_arc},
    {0x081A, 8, wmf_pie},
    {0x0830, 8, wmf_chord},
    {0x0940, 8, wmf_dib_copy},
    {0x0A32, 4, wmf_text_out_extended},
    {0x0B41, 10, wmf_dib_stretch},
    {0x0D33, 9, wmf_dib_to_device},
    {0x0F43, 11, wmf_stretch_dib},
};

static bool play_record(struct wmf *wmf, unsigned function, struct slice parameters, struct fault *fault)
{
    size_t i = 0;

    for (i = 0; i < array_length(records); i++) {
        if (records[i].function != function)
            continue;
        if (parameters.size < 2 * records[i].least)
            return fault_set(fault, FAULT_BAD_INPUT, "the WMF is damaged: record %04X is too short", function);
        return records[i].play(wmf, parameters, fault);
    }
    return fault_set(fault, FAULT_BAD_INPUT, "the WMF draws in a way that is not known here: record %04X", function);
}

/* Each record has its length in words, its function and its parameters; function 0 ends them. */
static bool next_record(struct slice bytes, size_t *at, unsigned *function, struct slice *parameters,
                        struct fault *fault)
{
    size_t size = 0;

    if (bytes.size - *at < RECORD_HEAD)
        return fault_set(fault, FAULT_BAD_INPUT, "the WMF is cut off at byte %zu", *at);
    size = 2 * (size_t)picture_u32(bytes, *at);
    *function = picture_u16(bytes, *at + 4);
    if (*function != 0 && (size < RECORD_HEAD || size > bytes.size - *at))
        return fault_set(fault, FAULT_BAD_INPUT, "the WMF is damaged at byte %zu: a record of %zu bytes", *at, size);
    *parameters = (struct slice){bytes.data + *at + RECORD_HEAD, size > RECORD_HEAD ? size - RECORD_HEAD : 0};
    *at += size;
    return true;
}

/* The window that the drawing sets first is its frame, when no placeable header gave one. */
static bool find_frame(struct wmf *wmf, struct slice bytes, size_t at, struct fault *fault)
{
    enum { SET_EXTENT = 0x020C };
    unsigned function = 1;
    struct slice parameters = {NULL, 0};
    double greater = 0;

    while (function != SET_EXTENT) {
        if (!next_record(bytes, &at, &function, &parameters, fault))
            return false;
        if (function == 0)
            return fault_set(fault, FAULT_BAD_INPUT, "the WMF does not say how large it is");
    }
    if (!set_extent(wmf, parameters, fault))
        return false;
    greater = fmax(fabs(wmf->state.extent_x), fabs(wmf->state.extent_y));
    wmf->width = fabs(wmf->state.extent_x) / greater * SIDE_UNKNOWN;
    wmf->height = fabs(wmf->state.extent_y) / greater * SIDE_UNKNOWN;
    return true;
}

/* MS-WMF 2.3.2.3: the frame in logical units and how many of them an inch has. */
static bool read_placeable(struct wmf *wmf, struct slice bytes, struct fault *fault)
{
    double inch = picture_u16(bytes, 14);

    wmf->state.origin_x = (int16_t)picture_u16(bytes, 6);
    wmf->state.origin_y = (int16_t)picture_u16(bytes, 8);
    wmf->state.extent_x = (int16_t)picture_u16(bytes, 10) - wmf->state.origin_x;
    wmf->state.extent_y = (int16_t)picture_u16(bytes, 12) - wmf->state.origin_y;
    if (inch == 0 || wmf->state.extent_x == 0 || wmf->state.extent_y == 0)
        return fault_set(fault, FAULT_BAD_INPUT, "the WMF is damaged: its frame has no size");
    wmf->width = fabs(wmf->state.extent_x) / inch * 96;
    wmf->height = fabs(wmf->state.extent_y) / inch * 96;
    return true;
}

static bool play_all(struct wmf *wmf, struct slice bytes, size_t at, struct fault *fault)
{
    unsigned function = 1;
    struct slice parameters = {NULL, 0};

    for (;;) {
        if (!next_record(bytes, &at, &function, &parameters, fault))
            return false;
        if (function == 0)
            return true;
        if (!play_record(wmf, function, parameters, fault))
            return false;
    }
}

static void wmf_release(struct wmf *wmf)
{
    if (wmf->cairo)
        cairo_destroy(wmf->cairo);
    if (wmf->context)
        g_object_unref(wmf->context);
    free(wmf->objects);
}

bool wmf_open_surface(struct slice bytes, struct surface **ret_surface, struct fault *fault)
{
    scoped(wmf_release) struct wmf wmf = {0};
    scoped(surface_destroy) struct surface *surface = NULL;
    bool placeable = bytes.size >= 4 && memcmp(bytes.data, "\xD7\xCD\xC6\x9A", 4) == 0;
    size_t start = HEADER_SIZE + (placeable ? PLACEABLE_SIZE : 0);
    cairo_rectangle_t extents = {0};

    if (bytes.size < start)
        return fault_set(fault, FAULT_BAD_INPUT, "the WMF is cut off within its header");
    if (placeable ? !read_placeable(&wmf, bytes, fault) : !find_frame(&wmf, bytes, start, fault))
        return false;
    if (!surface_check_sides((uint64_t)ceil(wmf.width), (uint64_t)ceil(wmf.height), fault))
        return false;
    extents.width = ceil(wmf.width);
    extents.height = ceil(wmf.height);
    surface = surface_new(cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, &extents), (int)extents.width,
                          (int)extents.height);
    wmf.cairo = cairo_create(surface->pixels);
    wmf.state.background = 0xFFFFFF;
    wmf.state.opaque = true;
    wmf.state.brush.colour = 0xFFFFFF;
    if (!play_all(&wmf, bytes, start, fault))
        return false;
    if (cairo_status(wmf.cairo) != CAIRO_STATUS_SUCCESS)
        return fault_set(fault, FAULT_BAD_INPUT, "the WMF cannot be drawn: %s",
                         cairo_status_to_string(cairo_status(wmf.cairo)));
    *ret_surface = steal(surface);
    return true;
}
