#include <gdk-pixbuf/gdk-pixbuf.h>
#include <string.h>

#include "base/memory.h"
#include "document/surface_formats.h"

static unsigned little_endian(const char *at, size_t size)
{
    unsigned value = 0;

    while (size-- > 0)
        value = value << 8 | (unsigned char)at[size];
    return value;
}

/* The size that the header claims, read before the loader makes room for it. */
static bool check_size(struct slice bytes, const char *type, struct fault *fault)
{
    enum { GIF_HEADER = 10, BMP_HEADER = 26, OS2_HEADER_SIZE = 12 };
    bool is_gif = strcmp(type, "gif") == 0;
    int64_t width = 0;
    int64_t height = 0;

    if (bytes.size < (is_gif ? GIF_HEADER : BMP_HEADER))
        return fault_set(fault, FAULT_BAD_INPUT, "the picture ends within its header");
    if (is_gif) {
        width = little_endian(bytes.data + 6, 2);
        height = little_endian(bytes.data + 8, 2);
    } else if (little_endian(bytes.data + 14, 4) == OS2_HEADER_SIZE) {
        width = little_endian(bytes.data + 18, 2);
        height = little_endian(bytes.data + 20, 2);
    } else {
        width = (int32_t)little_endian(bytes.data + 18, 4);
        height = (int32_t)little_endian(bytes.data + 22, 4);
        height = height < 0 ? -height : height; /* negative: the rows stand top down */
    }
    if (width < 0)
        return fault_set(fault, FAULT_BAD_INPUT, "the picture is damaged: its header says a width of %lld",
                         (long long)width);
    return surface_check_size((uint64_t)width, (uint64_t)height, fault);
}

/* Pictures from the clipboard often have an alpha channel that nobody filled in. */
static bool alpha_is_used(const guchar *pixels, int width, int height, int stride)
{
    int x = 0;
    int y = 0;

    for (y = 0; y < height; y++)
        for (x = 0; x < width; x++)
            if (pixels[(size_t)y * (size_t)stride + (size_t)x * 4 + 3] != 0)
                return true;
    return false;
}

static uint32_t on_white(unsigned value, unsigned alpha)
{
    return (value * alpha + 255 * (255 - alpha) + 127) / 255;
}

static bool copy_pixels(const GdkPixbuf *pixbuf, struct surface **ret_surface, struct fault *fault)
{
    int width = gdk_pixbuf_get_width(pixbuf);
    int height = gdk_pixbuf_get_height(pixbuf);
    int stride = gdk_pixbuf_get_rowstride(pixbuf);
    size_t channels = (size_t)gdk_pixbuf_get_n_channels(pixbuf);
    const guchar *pixels = gdk_pixbuf_read_pixels(pixbuf);
    bool alpha = channels == 4 && alpha_is_used(pixels, width, height, stride);
    int x = 0;
    int y = 0;

    if (!surface_create((uint64_t)width, (uint64_t)height, ret_surface, fault))
        return false;
    for (y = 0; y < height; y++) {
        const guchar *from = pixels + (size_t)y * (size_t)stride;
        uint32_t *to = surface_row(*ret_surface, y);

        for (x = 0; x < width; x++, from += channels) {
            unsigned opacity = alpha ? from[3] : 255;

            to[x] = on_white(from[0], opacity) << 16 | on_white(from[1], opacity) << 8 | on_white(from[2], opacity);
        }
    }
    cairo_surface_mark_dirty((*ret_surface)->pixels);
    return true;
}

static bool fault_from_error(GError **error, const char *type, struct fault *fault)
{
    fault_set(fault, FAULT_BAD_INPUT, "the %s is damaged or of a kind that is not read: %s", type,
              *error ? (*error)->message : "it holds no picture");
    g_clear_error(error);
    return false;
}

bool surface_open_pixbuf(struct slice bytes, const char *type, struct surface **ret_surface, struct fault *fault)
{
    GError *error = NULL;
    GdkPixbufLoader *loader = NULL;
    GdkPixbuf *pixbuf = NULL;
    bool ok = false;

    if (!check_size(bytes, type, fault))
        return false;
    loader = gdk_pixbuf_loader_new_with_type(type, &error);
    if (!loader)
        return fault_from_error(&error, type, fault);
    /* A loader must be closed once; a failing write has closed it. */
    ok = gdk_pixbuf_loader_write(loader, (const guchar *)bytes.data, bytes.size, &error) &&
         gdk_pixbuf_loader_close(loader, &error);
    pixbuf = ok ? gdk_pixbuf_loader_get_pixbuf(loader) : NULL;
    ok = pixbuf ? copy_pixels(pixbuf, ret_surface, fault) : fault_from_error(&error, type, fault);
    g_object_unref(loader);
    return ok;
}
