#include "document/surface.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "document/dicom.h"
#include "document/surface_formats.h"
#include "document/wmf.h"

bool surface_check_sides(uint64_t width, uint64_t height, struct fault *fault)
{
    if (width == 0 || height == 0)
        return fault_set(fault, FAULT_BAD_INPUT, "the picture has no pixels: its header says %llu x %llu",
                         (unsigned long long)width, (unsigned long long)height);
    if (width > SURFACE_SIDE_MAX || height > SURFACE_SIDE_MAX)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "the picture is too large to be shown: %llu x %llu pixels, no side may have more than %d",
                         (unsigned long long)width, (unsigned long long)height, SURFACE_SIDE_MAX);
    return true;
}

bool surface_check_size(uint64_t width, uint64_t height, struct fault *fault)
{
    if (!surface_check_sides(width, height, fault))
        return false;
    if (width * height > SURFACE_PIXELS_MAX)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "the picture is too large to be shown: %llu x %llu pixels, the limit is %d million",
                         (unsigned long long)width, (unsigned long long)height, SURFACE_PIXELS_MAX / 1000000);
    return true;
}

struct surface *surface_new(cairo_surface_t *pixels, int width, int height)
{
    struct surface *surface = x_alloc(sizeof *surface);

    surface->pixels = pixels;
    surface->width = width;
    surface->height = height;
    surface->orientation = 1;
    surface->pixel_aspect = 1;
    return surface;
}

bool surface_create(uint64_t width, uint64_t height, struct surface **ret_surface, struct fault *fault)
{
    cairo_surface_t *pixels = NULL;

    if (!surface_check_size(width, height, fault))
        return false;
    pixels = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)width, (int)height);
    if (cairo_surface_status(pixels) != CAIRO_STATUS_SUCCESS)
        return fault_set(fault, FAULT_RETRY, "no memory for a picture of %llu x %llu pixels", (unsigned long long)width,
                         (unsigned long long)height);
    *ret_surface = surface_new(pixels, (int)width, (int)height);
    return true;
}

void surface_destroy(struct surface **surface)
{
    if (!*surface)
        return;
    cairo_surface_destroy((*surface)->pixels);
    free(*surface);
    *surface = NULL;
}

uint32_t *surface_row(struct surface *surface, int y)
{
    unsigned char *data = cairo_image_surface_get_data(surface->pixels);
    void *row = data + (size_t)y * (size_t)cairo_image_surface_get_stride(surface->pixels);

    return row;
}

struct reading {
    struct slice bytes;
    size_t at;
};

static cairo_status_t read_png(void *closure, unsigned char *data, unsigned size)
{
    struct reading *reading = closure;

    if (size > reading->bytes.size - reading->at)
        return CAIRO_STATUS_READ_ERROR;
    memcpy(data, reading->bytes.data + reading->at, size);
    reading->at += size;
    return CAIRO_STATUS_SUCCESS;
}

static uint64_t big_endian(const char *at)
{
    const unsigned char *byte = (const unsigned char *)at;

    return (uint64_t)byte[0] << 24 | (uint64_t)byte[1] << 16 | (uint64_t)byte[2] << 8 | byte[3];
}

static bool open_png(struct slice bytes, struct surface **ret_surface, struct fault *fault)
{
    enum { HEADER_SIZE = 24 };
    struct reading reading = {.bytes = bytes};
    cairo_surface_t *pixels = NULL;

    /* IHDR is the first chunk of every PNG: its size is checked before libpng makes room for it. */
    if (bytes.size < HEADER_SIZE)
        return fault_set(fault, FAULT_BAD_INPUT, "the PNG ends within its header");
    if (!surface_check_size(big_endian(bytes.data + 16), big_endian(bytes.data + 20), fault))
        return false;
    pixels = cairo_image_surface_create_from_png_stream(read_png, &reading);
    if (cairo_surface_status(pixels) != CAIRO_STATUS_SUCCESS)
        return fault_set(fault, FAULT_BAD_INPUT, "the PNG is damaged: %s",
                         cairo_status_to_string(cairo_surface_status(pixels)));
    *ret_surface = surface_new(pixels, cairo_image_surface_get_width(pixels), cairo_image_surface_get_height(pixels));
    return true;
}

static bool not_shown(const struct picture *picture, struct fault *fault)
{
    return fault_set(fault, FAULT_BAD_INPUT, "a picture of the format %s cannot be shown in a PDF: attach it as it is",
                     picture_format_name(picture->format));
}

bool surface_page_count(const struct picture *picture, size_t *ret_pages, struct fault *fault)
{
    struct slice bytes = {(const char *)picture->bytes, picture->size};

    if (picture->format == PICTURE_UNKNOWN || picture->format == PICTURE_EMF)
        return not_shown(picture, fault);
    if (picture->format == PICTURE_TIFF)
        return surface_count_tiff(bytes, ret_pages, fault);
    *ret_pages = 1;
    return true;
}

bool surface_open(const struct picture *picture, size_t page, struct surface **ret_surface, struct fault *fault)
{
    struct slice bytes = {(const char *)picture->bytes, picture->size};

    switch (picture->format) {
    case PICTURE_JPEG:
        return surface_open_jpeg(bytes, (struct jpeg_hints){0}, ret_surface, fault);
    case PICTURE_PNG:
        return open_png(bytes, ret_surface, fault);
    case PICTURE_GIF:
        return surface_open_pixbuf(bytes, "gif", ret_surface, fault);
    case PICTURE_BMP:
        return surface_open_pixbuf(bytes, "bmp", ret_surface, fault);
    case PICTURE_TIFF:
        return surface_open_tiff(bytes, page, ret_surface, fault);
    case PICTURE_DICOM:
        return dicom_open_surface(bytes, ret_surface, fault);
    case PICTURE_WMF:
        return wmf_open_surface(bytes, ret_surface, fault);
    case PICTURE_EMF:
    case PICTURE_UNKNOWN:
        break;
    }
    return not_shown(picture, fault);
}

/* True when the orientation swaps width and height. */
static bool is_transposed(const struct surface *surface)
{
    return surface->orientation >= 5;
}

void surface_size(const struct surface *surface, double *ret_width_points, double *ret_height_points)
{
    double width = surface->width * 72.0 / 96.0;
    double height = surface->height * surface->pixel_aspect * 72.0 / 96.0;

    *ret_width_points = is_transposed(surface) ? height : width;
    *ret_height_points = is_transposed(surface) ? width : height;
}

void surface_draw(const struct surface *surface, cairo_t *cairo, double x, double y, double width, double height)
{
    /* Where the stored unit square goes, by orientation: {xx, yx, xy, yy, x0, y0} as cairo_matrix_init has them. */
    static const double turns[][6] = {
        {1, 0, 0, 1, 0, 0}, {-1, 0, 0, 1, 1, 0}, {-1, 0, 0, -1, 1, 1}, {1, 0, 0, -1, 0, 1},
        {0, 1, 1, 0, 0, 0}, {0, 1, -1, 0, 1, 0}, {0, -1, -1, 0, 1, 1}, {0, -1, 1, 0, 0, 1},
    };
    const double *turn = turns[surface->orientation - 1];
    cairo_matrix_t matrix;

    cairo_save(cairo);
    cairo_translate(cairo, x, y);
    cairo_scale(cairo, width, height);
    cairo_matrix_init(&matrix, turn[0], turn[1], turn[2], turn[3], turn[4], turn[5]);
    cairo_transform(cairo, &matrix);
    cairo_scale(cairo, 1.0 / surface->width, 1.0 / surface->height);
    cairo_set_source_surface(cairo, surface->pixels, 0, 0);
    cairo_paint(cairo);
    cairo_restore(cairo);
}
