/*
 * The metafile player's inside: wmf.c goes through the records and keeps the state, wmf_draw.c draws shapes and
 * bitmaps, wmf_text.c letters.
 */
#ifndef DOCUMENT_WMF_PARTS_H
#define DOCUMENT_WMF_PARTS_H

#include <cairo.h>
#include <pango/pango.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/text.h"

enum { WMF_FACE_SIZE = 32, WMF_SAVED_MAX = 32 };

struct wmf_pen {
    unsigned style; /* MS-WMF 2.1.1.23: the low four bits */
    double width;   /* logical units */
    uint32_t colour;
};

struct wmf_brush {
    unsigned style; /* MS-WMF 2.1.1.4 */
    uint32_t colour;
};

struct wmf_font {
    double height;  /* logical units; negative: of the letters without the space above them */
    double degrees; /* counter-clockwise */
    int weight;
    bool italic;
    bool underline;
    int charset;
    char face[WMF_FACE_SIZE + 1];
};

struct wmf_object {
    enum { WMF_FREE, WMF_PEN, WMF_BRUSH, WMF_FONT, WMF_OTHER } kind;
    struct wmf_pen pen;
    struct wmf_brush brush;
    struct wmf_font font;
};

/* What SAVEDC keeps, beside the clip, which cairo keeps. */
struct wmf_state {
    double origin_x; /* the window: the part of logical space that fills the frame */
    double origin_y;
    double extent_x;
    double extent_y;
    double x; /* the current position */
    double y;
    bool opaque; /* gaps in lines and the ground of text are filled with the background */
    uint32_t background;
    uint32_t text_colour;
    unsigned align; /* MS-WMF 2.1.2.3 */
    bool winding;   /* polygons that cross themselves are filled all over */
    struct wmf_pen pen;
    struct wmf_brush brush;
    struct wmf_font font;
};

struct wmf {
    cairo_t *cairo;
    double width; /* of the frame, in pixels at 96 to the inch */
    double height;
    struct wmf_state state;
    struct wmf_state saved[WMF_SAVED_MAX];
    size_t saved_count;
    struct wmf_object *objects;
    size_t object_count;
    size_t pixels; /* of all bitmaps so far */
    PangoContext *context;
};

/* The signed number in this word of a record's parameters; 0 beyond its end. */
int wmf_number(struct slice parameters, size_t word);

/* From logical space to the frame. */
double wmf_x(const struct wmf *wmf, double x);
double wmf_y(const struct wmf *wmf, double y);
double wmf_length(const struct wmf *wmf, double length); /* a height or the width of a pen */

void wmf_set_colour(const struct wmf *wmf, uint32_t colour);

/* Each plays one record from its parameters. */
typedef bool wmf_record_fn(struct wmf *wmf, struct slice parameters, struct fault *fault);

wmf_record_fn wmf_line_to;
wmf_record_fn wmf_polygon;
wmf_record_fn wmf_polyline;
wmf_record_fn wmf_poly_polygon;
wmf_record_fn wmf_rectangle;
wmf_record_fn wmf_round_rectangle;
wmf_record_fn wmf_ellipse;
wmf_record_fn wmf_arc;
wmf_record_fn wmf_pie;
wmf_record_fn wmf_chord;
wmf_record_fn wmf_set_pixel;
wmf_record_fn wmf_fill_pattern;
wmf_record_fn wmf_stretch_dib;
wmf_record_fn wmf_dib_stretch;
wmf_record_fn wmf_dib_copy;
wmf_record_fn wmf_dib_to_device;
wmf_record_fn wmf_text_out;
wmf_record_fn wmf_text_out_extended;

#endif
