#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

#include "base/memory.h"
#include "document/surface_formats.h"

struct tiff_file {
    struct slice bytes;
    size_t at;
    char problem[120]; /* libtiff's first words */
};

static tmsize_t read_bytes(thandle_t handle, void *data, tmsize_t size)
{
    struct tiff_file *file = handle;
    size_t left = file->at < file->bytes.size ? file->bytes.size - file->at : 0;
    size_t taken = (size_t)size < left ? (size_t)size : left;

    memcpy(data, file->bytes.data + (left ? file->at : 0), taken);
    file->at += taken;
    return (tmsize_t)taken;
}

static tmsize_t refuse_write(thandle_t handle, void *data, tmsize_t size)
{
    (void)handle;
    (void)data;
    (void)size;
    return 0;
}

static toff_t seek_to(thandle_t handle, toff_t offset, int whence)
{
    struct tiff_file *file = handle;

    if (whence == SEEK_CUR)
        offset += file->at;
    else if (whence == SEEK_END)
        offset += file->bytes.size;
    file->at = (size_t)offset;
    return offset;
}

static int close_nothing(thandle_t handle)
{
    (void)handle;
    return 0;
}

static toff_t size_of_file(thandle_t handle)
{
    struct tiff_file *file = handle;

    return file->bytes.size;
}

/* libtiff reads from the memory itself, without read_bytes. */
static int map_bytes(thandle_t handle, void **ret_base, toff_t *ret_size)
{
    struct tiff_file *file = handle;

    memcpy(ret_base, &file->bytes.data, sizeof *ret_base);
    *ret_size = file->bytes.size;
    return 1;
}

static void unmap_nothing(thandle_t handle, void *base, toff_t size)
{
    (void)handle;
    (void)base;
    (void)size;
}

PRINTF_LIKE(4, 0)
static int keep_problem(TIFF *tiff, void *closure, const char *module, const char *format, va_list arguments)
{
    struct tiff_file *file = closure;

    (void)tiff;
    (void)module;
    if (!file->problem[0])
        vsnprintf(file->problem, sizeof file->problem, format, arguments);
    return 1;
}

PRINTF_LIKE(4, 0)
static int ignore_warning(TIFF *tiff, void *closure, const char *module, const char *format, va_list arguments)
{
    (void)tiff;
    (void)closure;
    (void)module;
    (void)format;
    (void)arguments;
    return 1;
}

static bool fault_from_file(const struct tiff_file *file, struct fault *fault)
{
    return fault_set(fault, FAULT_BAD_INPUT, "the TIFF is damaged or of a kind that is not read%s%s",
                     file->problem[0] ? ": " : "", file->problem);
}

static TIFF *open_file(struct tiff_file *file)
{
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    TIFF *tiff = NULL;

    if (!options)
        return NULL;
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)SURFACE_PIXELS_MAX * 4);
    TIFFOpenOptionsSetErrorHandlerExtR(options, keep_problem, file);
    TIFFOpenOptionsSetWarningHandlerExtR(options, ignore_warning, NULL);
    tiff = TIFFClientOpenExt("picture", "r", file, read_bytes, refuse_write, seek_to, close_nothing, size_of_file,
                             map_bytes, unmap_nothing, options);
    TIFFOpenOptionsFree(options);
    return tiff;
}

static void tiff_close(TIFF **tiff)
{
    if (*tiff)
        TIFFClose(*tiff);
}

/* Thumbnails stand between the pages as pictures of their own. */
static bool is_page(TIFF *tiff)
{
    uint32_t kind = 0;

    return !TIFFGetField(tiff, TIFFTAG_SUBFILETYPE, &kind) || !(kind & FILETYPE_REDUCEDIMAGE);
}

bool surface_count_tiff(struct slice bytes, size_t *ret_pages, struct fault *fault)
{
    struct tiff_file file = {.bytes = bytes};
    scoped(tiff_close) TIFF *tiff = open_file(&file);
    size_t pages = 0;

    if (!tiff)
        return fault_from_file(&file, fault);
    do {
        pages += is_page(tiff);
        if (pages > SURFACE_PAGES_MAX)
            return fault_set(fault, FAULT_BAD_INPUT, "the TIFF has more than %d pages", SURFACE_PAGES_MAX);
    } while (TIFFReadDirectory(tiff));
    /* The last directory ends without a word; a damaged chain of them does not. */
    if (file.problem[0] || pages == 0)
        return fault_from_file(&file, fault);
    *ret_pages = pages;
    return true;
}

/* Reads one page in libtiff's own order of rows and bytes, then puts white under it and cairo's order into it. */
static bool read_page(TIFF *tiff, const struct tiff_file *file, struct surface *surface, struct fault *fault)
{
    uint32_t *pixels = surface_row(surface, 0);
    size_t count = (size_t)surface->width * (size_t)surface->height;
    size_t i = 0;

    if (!TIFFReadRGBAImageOriented(tiff, (uint32_t)surface->width, (uint32_t)surface->height, pixels,
                                   surface->orientation, 1))
        return fault_from_file(file, fault);
    for (i = 0; i < count; i++) {
        uint32_t pixel = pixels[i];
        uint32_t white = 255 - TIFFGetA(pixel);
        uint32_t red = TIFFGetR(pixel) + white;
        uint32_t green = TIFFGetG(pixel) + white;
        uint32_t blue = TIFFGetB(pixel) + white;

        pixels[i] = (red > 255 ? 255 : red) << 16 | (green > 255 ? 255 : green) << 8 | (blue > 255 ? 255 : blue);
    }
    cairo_surface_mark_dirty(surface->pixels);
    return true;
}

bool surface_open_tiff(struct slice bytes, size_t page, struct surface **ret_surface, struct fault *fault)
{
    struct tiff_file file = {.bytes = bytes};
    scoped(tiff_close) TIFF *tiff = open_file(&file);
    scoped(surface_destroy) struct surface *surface = NULL;
    uint32_t width = 0;
    uint32_t height = 0;
    uint16_t orientation = ORIENTATION_TOPLEFT;
    float x_resolution = 0;
    float y_resolution = 0;

    if (!tiff)
        return fault_from_file(&file, fault);
    for (;;) {
        if (is_page(tiff) && page-- == 0)
            break;
        if (!TIFFReadDirectory(tiff))
            return fault_from_file(&file, fault);
    }
    if (!TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width) || !TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height))
        return fault_from_file(&file, fault);
    if (!surface_create(width, height, &surface, fault))
        return false;
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ORIENTATION, &orientation);
    surface->orientation = orientation >= 1 && orientation <= 8 ? orientation : 1;
    /* Fax pages have half as many rows to the inch as columns. */
    if (TIFFGetField(tiff, TIFFTAG_XRESOLUTION, &x_resolution) &&
        TIFFGetField(tiff, TIFFTAG_YRESOLUTION, &y_resolution) && x_resolution > 1 && y_resolution > 1 &&
        x_resolution < 4 * y_resolution && y_resolution < 4 * x_resolution)
        surface->pixel_aspect = (double)x_resolution / (double)y_resolution;
    if (!read_page(tiff, &file, surface, fault))
        return false;
    *ret_surface = steal(surface);
    return true;
}
