/* libjpeg.h needs the sizes of stdio. */
#include <stdio.h>

#include <jpeglib.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "document/surface_formats.h"

struct jpeg_reader {
    struct jpeg_decompress_struct info;
    struct jpeg_error_mgr errors;
    jmp_buf failed;
    char problem[JMSG_LENGTH_MAX];
    JSAMPLE *row; /* freed with the reader, since a failure jumps over everything else */
};

/* libjpeg calls this for what it cannot go on from; it must not return. */
__attribute__((noreturn)) static void leave(j_common_ptr info)
{
    struct jpeg_reader *reader = info->client_data;

    reader->errors.format_message(info, reader->problem);
    longjmp(reader->failed, 1);
}

static void ignore_message(j_common_ptr info)
{
    (void)info;
}

static struct jpeg_reader *reader_new(struct slice bytes)
{
    struct jpeg_reader *reader = x_alloc(sizeof *reader);

    reader->info.err = jpeg_std_error(&reader->errors);
    reader->info.client_data = reader;
    reader->errors.error_exit = leave;
    reader->errors.output_message = ignore_message;
    if (setjmp(reader->failed) == 0) {
        jpeg_create_decompress(&reader->info);
        jpeg_mem_src(&reader->info, (const unsigned char *)bytes.data, bytes.size);
        jpeg_save_markers(&reader->info, JPEG_APP0 + 1, 0xFFFF);
    }
    return reader;
}

static void reader_destroy(struct jpeg_reader **reader)
{
    if (!*reader)
        return;
    jpeg_destroy_decompress(&(*reader)->info);
    free((*reader)->row);
    free(*reader);
    *reader = NULL;
}

static bool fault_from_reader(const struct jpeg_reader *reader, struct fault *fault)
{
    return fault_set(fault, FAULT_BAD_INPUT, "the JPEG is damaged or of a kind that is not read: %s", reader->problem);
}

static bool read_header(struct jpeg_reader *reader, struct fault *fault)
{
    if (setjmp(reader->failed))
        return fault_from_reader(reader, fault);
    jpeg_read_header(&reader->info, TRUE);
    return true;
}

static unsigned number_at(const JOCTET *at, size_t size, bool little)
{
    unsigned value = 0;
    size_t i = 0;

    for (i = 0; i < size; i++)
        value = value << 8 | at[little ? size - 1 - i : i];
    return value;
}

/* The tag Orientation of the first directory of an Exif segment (Exif 2.3, 4.6.4), 1 when there is none. */
static int exif_orientation(const JOCTET *data, size_t size)
{
    enum { SIGNATURE = 6, HEADER = 8, ENTRY = 12, TAG = 0x0112, TYPE_SHORT = 3 };
    bool little = false;
    size_t at = 0;
    unsigned entries = 0;

    if (size < SIGNATURE + HEADER || memcmp(data, "Exif\0", SIGNATURE) != 0)
        return 1;
    data += SIGNATURE;
    size -= SIGNATURE;
    little = data[0] == 'I';
    at = number_at(data + 4, 4, little);
    if (at > size - 2)
        return 1;
    for (entries = number_at(data + at, 2, little), at += 2; entries > 0 && size - at >= ENTRY;
         entries--, at += ENTRY) {
        unsigned value = number_at(data + at + 8, 2, little);

        if (number_at(data + at, 2, little) == TAG && number_at(data + at + 2, 2, little) == TYPE_SHORT)
            return value >= 1 && value <= 8 ? (int)value : 1;
    }
    return 1;
}

static int orientation_of(const struct jpeg_reader *reader)
{
    jpeg_saved_marker_ptr marker = NULL;

    for (marker = reader->info.marker_list; marker; marker = marker->next) {
        int orientation = exif_orientation(marker->data, marker->data_length);

        if (orientation != 1)
            return orientation;
    }
    return 1;
}

/* A PDF shows the right colours of one component, or of three that are YCbCr or that an Adobe marker calls RGB. Four
 * are left out since cairo writes no Decode array, without which Adobe's inverted CMYK is shown as a negative; and
 * arithmetic coding since PDF does not have it (ISO 32000-1, 7.4.8). */
static bool can_embed(const struct jpeg_reader *reader, struct jpeg_hints hints)
{
    const struct jpeg_decompress_struct *info = &reader->info;

    if (info->arith_code || hints.inverted)
        return false;
    if (info->num_components == 1)
        return true;
    return info->num_components == 3 &&
           (info->saw_Adobe_marker || (info->jpeg_color_space == JCS_YCbCr && !hints.is_rgb));
}

/* Whether the picture can be decoded at all, at an eighth of its size, as far as its data are sound: a JPEG that is cut
 * off or scratched is shown as viewers show it. Not for progressive ones, whose coefficients would all have to be held.
 */
static bool check_data(struct jpeg_reader *reader, struct fault *fault)
{
    if (reader->info.progressive_mode)
        return true;
    if (setjmp(reader->failed))
        return fault_from_reader(reader, fault);
    reader->info.scale_num = 1;
    reader->info.scale_denom = 8;
    jpeg_start_decompress(&reader->info);
    reader->row = x_alloc_array(reader->info.output_width, (size_t)reader->info.output_components);
    while (reader->info.output_scanline < reader->info.output_height && reader->errors.num_warnings == 0)
        jpeg_read_scanlines(&reader->info, &reader->row, 1);
    return true;
}

static void put_row(const struct jpeg_reader *reader, struct jpeg_hints hints, uint32_t *to)
{
    const JSAMPLE *from = reader->row;
    bool adobe = reader->info.saw_Adobe_marker;
    uint32_t flip = hints.inverted ? 0xFFFFFF : 0;
    JDIMENSION x = 0;

    for (x = 0; x < reader->info.output_width; x++, from += reader->info.output_components) {
        uint32_t red = from[0];
        uint32_t green = from[0];
        uint32_t blue = from[0];

        if (reader->info.output_components == 4) {
            /* Adobe writes 255 for no ink. */
            unsigned black = adobe ? from[3] : 255U - from[3];

            red = (adobe ? from[0] : 255U - from[0]) * black / 255;
            green = (adobe ? from[1] : 255U - from[1]) * black / 255;
            blue = (adobe ? from[2] : 255U - from[2]) * black / 255;
        } else if (reader->info.output_components == 3) {
            green = from[1];
            blue = from[2];
        }
        to[x] = (red << 16 | green << 8 | blue) ^ flip;
    }
}

static bool decode(struct jpeg_reader *reader, struct jpeg_hints hints, struct surface *surface, struct fault *fault)
{
    struct jpeg_decompress_struct *info = &reader->info;

    if (info->num_components != 1 && info->num_components != 3 && info->num_components != 4)
        return fault_set(fault, FAULT_BAD_INPUT, "a JPEG of %d components is not read", info->num_components);
    if (setjmp(reader->failed))
        return fault_from_reader(reader, fault);
    if (info->num_components == 3 && hints.is_rgb && !info->saw_Adobe_marker)
        info->jpeg_color_space = JCS_RGB;
    if (info->num_components == 3)
        info->out_color_space = JCS_RGB;
    jpeg_start_decompress(info);
    reader->row = x_alloc_array(info->output_width, (size_t)info->output_components);
    while (info->output_scanline < info->output_height) {
        int y = (int)info->output_scanline;

        jpeg_read_scanlines(info, &reader->row, 1);
        put_row(reader, hints, surface_row(surface, y));
    }
    cairo_surface_mark_dirty(surface->pixels);
    return true;
}

/* A surface without pixels of its own, which carries the file's bytes. */
static bool embed(const struct jpeg_reader *reader, struct slice bytes, struct surface **ret_surface,
                  struct fault *fault)
{
    cairo_rectangle_t extents = {0, 0, reader->info.image_width, reader->info.image_height};
    cairo_surface_t *pixels = cairo_recording_surface_create(CAIRO_CONTENT_COLOR, &extents);

    *ret_surface = surface_new(pixels, (int)reader->info.image_width, (int)reader->info.image_height);
    (*ret_surface)->embedded = true;
    if (cairo_surface_set_mime_data(pixels, CAIRO_MIME_TYPE_JPEG, (const unsigned char *)bytes.data, bytes.size, NULL,
                                    NULL) != CAIRO_STATUS_SUCCESS)
        return fault_set(fault, FAULT_RETRY, "no memory for a JPEG of %zu bytes", bytes.size);
    return true;
}

bool surface_open_jpeg(struct slice bytes, struct jpeg_hints hints, struct surface **ret_surface, struct fault *fault)
{
    scoped(reader_destroy) struct jpeg_reader *reader = reader_new(bytes);
    scoped(surface_destroy) struct surface *surface = NULL;

    if (reader->problem[0])
        return fault_from_reader(reader, fault);
    if (!read_header(reader, fault) || !surface_check_sides(reader->info.image_width, reader->info.image_height, fault))
        return false;
    if (can_embed(reader, hints)) {
        if (!check_data(reader, fault) || !embed(reader, bytes, &surface, fault))
            return false;
    } else if (!surface_create(reader->info.image_width, reader->info.image_height, &surface, fault) ||
               !decode(reader, hints, surface, fault)) {
        return false;
    }
    surface->orientation = orientation_of(reader);
    *ret_surface = steal(surface);
    return true;
}
