/*
 * Pictures made ready for drawing. A JPEG is not decoded: cairo embeds its bytes as they are. A WMF stays a drawing.
 * Everything else becomes pixels, a page at a time.
 */
#ifndef DOCUMENT_SURFACE_H
#define DOCUMENT_SURFACE_H

#include <cairo.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "document/picture.h"

enum {
    SURFACE_PIXELS_MAX = 50 * 1000 * 1000, /* decoded: half a GB at the peak; X-ray detectors give up to 30 million */
    SURFACE_SIDE_MAX = 32767,              /* cairo's own limit */
    SURFACE_PAGES_MAX = 1000,
};

/* One page of a picture. */
struct surface {
    cairo_surface_t *pixels;
    int width; /* pixels, as they are stored: before the orientation is applied */
    int height;
    int orientation;     /* 1 to 8, as the tag Orientation of TIFF 6.0 and Exif has them: 1 is upright */
    double pixel_aspect; /* height of a pixel by its width; 1 but for fax pages */
    bool embedded;       /* the file's own bytes go into the PDF, pixels holds none of its own */
};

/* How many pages a picture has: 1 but for TIFF. FAULT_BAD_INPUT when it cannot be shown. */
MUST_CHECK bool surface_page_count(const struct picture *picture, size_t *ret_pages, struct fault *fault);

/* Reads page (0 is the first). What is embedded borrows the picture's bytes: they must live until the page of the PDF
 * that shows it is finished. FAULT_BAD_INPUT when the picture is damaged, too large or of a kind that is not read. */
MUST_CHECK bool surface_open(const struct picture *picture, size_t page, struct surface **ret_surface,
                             struct fault *fault);
void surface_destroy(struct surface **surface);

/* The size at 96 pixels to the inch, upright. */
void surface_size(const struct surface *surface, double *ret_width_points, double *ret_height_points);

/* Draws it upright into the rectangle, all of it, stretched where the sides differ. */
void surface_draw(const struct surface *surface, cairo_t *cairo, double x, double y, double width, double height);

#endif
