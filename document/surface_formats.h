/*
 * One function for each picture format, for surface.c. All give FAULT_BAD_INPUT for what they cannot show.
 */
#ifndef DOCUMENT_SURFACE_FORMATS_H
#define DOCUMENT_SURFACE_FORMATS_H

#include <cairo.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/text.h"
#include "document/surface.h"

/* FAULT_BAD_INPUT for a side of 0 or beyond the limit of surface.h: all that matters for what is not decoded. */
MUST_CHECK bool surface_check_sides(uint64_t width, uint64_t height, struct fault *fault);

/* The same, and the limit of pixels. */
MUST_CHECK bool surface_check_size(uint64_t width, uint64_t height, struct fault *fault);

/* An upright surface, which takes the pixels over. */
struct surface *surface_new(cairo_surface_t *pixels, int width, int height);

/* An upright surface of opaque pixels, black, after the same check. */
MUST_CHECK bool surface_create(uint64_t width, uint64_t height, struct surface **ret_surface, struct fault *fault);

/* The pixels of row y, 0x00RRGGBB each. After the last row: cairo_surface_mark_dirty. */
uint32_t *surface_row(struct surface *surface, int y);

/* What a JPEG's own header does not say, or says wrongly when it stands in another format. */
struct jpeg_hints {
    bool is_rgb;   /* three components are red, green and blue whatever the header lets assume */
    bool inverted; /* 0 is white */
};

/* Embeds the bytes as they are (and borrows them) where a PDF reader shows the right colours; else decodes them. */
MUST_CHECK bool surface_open_jpeg(struct slice bytes, struct jpeg_hints hints, struct surface **ret_surface,
                                  struct fault *fault);

MUST_CHECK bool surface_open_tiff(struct slice bytes, size_t page, struct surface **ret_surface, struct fault *fault);
MUST_CHECK bool surface_count_tiff(struct slice bytes, size_t *ret_pages, struct fault *fault);

/* BMP and GIF, of an animation the first picture. */
MUST_CHECK bool surface_open_pixbuf(struct slice bytes, const char *type, struct surface **ret_surface,
                                    struct fault *fault);

#endif
