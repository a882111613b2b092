#include "sandbox/clinic/images.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>

#include "base/memory.h"
#include "base/must.h"

enum { GLYPH_WIDTH = 5, GLYPH_HEIGHT = 7, GLYPH_SCALE = 4, MARKER_VALUE = 245, PALETTE_BYTES = 1024 };
enum { BMP_FILE_HEADER = 14, BMP_INFO_HEADER = 40, JPEG_QUALITY = 85 };

static const struct {
    char letter;
    unsigned char rows[GLYPH_HEIGHT]; /* five bits each, the leftmost highest */
} glyphs[] = {
    {'0', {14, 17, 19, 21, 25, 17, 14}}, {'1', {4, 12, 4, 4, 4, 4, 14}},      {'2', {14, 17, 1, 2, 4, 8, 31}},
    {'3', {31, 2, 4, 2, 1, 17, 14}},     {'4', {2, 6, 10, 18, 31, 2, 2}},     {'5', {31, 16, 30, 1, 1, 17, 14}},
    {'6', {6, 8, 16, 30, 17, 17, 14}},   {'7', {31, 1, 2, 4, 8, 8, 8}},       {'8', {14, 17, 17, 14, 17, 17, 14}},
    {'9', {14, 17, 17, 15, 1, 2, 12}},   {'L', {16, 16, 16, 16, 16, 16, 31}}, {'R', {30, 17, 17, 30, 20, 18, 17}},
    {'X', {17, 17, 10, 4, 10, 17, 17}},  {'-', {0, 0, 0, 31, 0, 0, 0}},
};

/* ---- drawing ---- */

static struct raster raster_make(int width, int height, int channels)
{
    struct raster raster = {width, height, channels, NULL};

    raster.pixels = x_alloc_array((size_t)width * (size_t)height, (size_t)channels);
    return raster;
}

void raster_release(struct raster *raster)
{
    free(raster->pixels);
    raster->pixels = NULL;
}

static unsigned char *pixel_at(const struct raster *raster, int x, int y)
{
    return raster->pixels + ((size_t)y * (size_t)raster->width + (size_t)x) * (size_t)raster->channels;
}

static void draw_glyph(const struct raster *raster, char letter, int left, int top)
{
    size_t which = 0;
    int x;
    int y;

    while (glyphs[which].letter != letter) {
        which++;
        must(which < array_length(glyphs));
    }
    for (y = 0; y < GLYPH_HEIGHT * GLYPH_SCALE; y++) {
        for (x = 0; x < GLYPH_WIDTH * GLYPH_SCALE && left + x < raster->width; x++) {
            if ((glyphs[which].rows[y / GLYPH_SCALE] >> (GLYPH_WIDTH - 1 - x / GLYPH_SCALE)) & 1) {
                *pixel_at(raster, left + x, top + y) = MARKER_VALUE;
            }
        }
    }
}

static void draw_marker(const struct raster *raster, const char *marker)
{
    int left = 2 * GLYPH_SCALE;

    for (; *marker != '\0'; marker++) {
        draw_glyph(raster, *marker, left, 2 * GLYPH_SCALE);
        left += (GLYPH_WIDTH + 1) * GLYPH_SCALE;
    }
}

/* Brightness of bone at a distance from its axis: dense at the rim, as the shaft of a long bone is. */
static int bone_at(int distance, int half)
{
    if (distance < 0) {
        distance = -distance;
    }
    if (distance > half) {
        return 0;
    }
    return 110 + 90 * distance / (half + 1);
}

struct raster raster_of_bones(struct dice *dice, int width, int height, const char *marker)
{
    struct raster raster = raster_make(width, height, 1);
    int lean = (int)dice_between(dice, -width / 8, width / 8);
    int thick = (int)dice_between(dice, width / 12, width / 8);
    int joint = height / 2 + (int)dice_between(dice, -height / 12, height / 12);
    int x;
    int y;

    for (y = 0; y < height; y++) {
        int away = abs(y - joint);
        int flare = away < height / 6 ? (height / 6 - away) * width / (height * 2) : 0;
        int axis = width / 2 + (y < joint ? lean * (joint - y) / height : 0);

        for (x = 0; x < width; x++) {
            int tissue = 40 - 30 * abs(x - width / 2) * 2 / width;
            int bone = away < height / 60 ? 0 : bone_at(x - axis, thick + flare);
            int noise = (int)(dice_next(dice) & 7);

            *pixel_at(&raster, x, y) = (unsigned char)((bone > 0 ? bone : tissue) + noise);
        }
    }
    draw_marker(&raster, marker);
    return raster;
}

static bool in_circle(int x, int y, int centre_x, int centre_y, int radius)
{
    return (x - centre_x) * (x - centre_x) + (y - centre_y) * (y - centre_y) < radius * radius;
}

static const unsigned char *face_colour(const unsigned char colours[4][3], int x, int y, int size)
{
    if (in_circle(x, y, size * 2 / 5, size * 2 / 5, size / 20) ||
        in_circle(x, y, size * 3 / 5, size * 2 / 5, size / 20)) {
        return colours[3];
    }
    if (in_circle(x, y, size / 2, size / 2, size / 4)) {
        return colours[1];
    }
    if (in_circle(x, y, size / 2, size * 9 / 20, size * 3 / 10)) {
        return colours[3];
    }
    return in_circle(x, y, size / 2, size * 11 / 10, size * 2 / 5) ? colours[2] : colours[0];
}

struct raster raster_of_face(struct dice *dice, int size)
{
    struct raster raster = raster_make(size, size, 3);
    unsigned char colours[4][3]; /* wall, skin, clothes, hair and eyes */
    uint64_t draw = dice_next(dice);
    size_t i;
    int x;
    int y;

    for (i = 0; i < 12; i++) {
        colours[i / 3][i % 3] = (unsigned char)(40 + (draw >> (i * 5)) % 32 * 5);
    }
    for (y = 0; y < size; y++) {
        for (x = 0; x < size; x++) {
            memcpy(pixel_at(&raster, x, y), face_colour(colours, x, y, size), 3);
        }
    }
    return raster;
}

/* ---- encoders ---- */

static void put_16(struct text *out, unsigned value)
{
    text_putc(out, (char)(value & 0xFF));
    text_putc(out, (char)(value >> 8 & 0xFF));
}

static void put_32(struct text *out, size_t value)
{
    put_16(out, (unsigned)(value & 0xFFFF));
    put_16(out, (unsigned)(value >> 16 & 0xFFFF));
}

static size_t pixel_bytes(const struct raster *raster)
{
    return (size_t)raster->width * (size_t)raster->height * (size_t)raster->channels;
}

/* libjpeg ends the program itself when it is out of memory, the only thing that can go wrong here. */
static void put_jpeg(const struct raster *raster, struct text *out)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned char *bytes = NULL;
    unsigned long size = 0;

    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &bytes, &size);
    jpeg.image_width = (JDIMENSION)raster->width;
    jpeg.image_height = (JDIMENSION)raster->height;
    jpeg.input_components = raster->channels;
    jpeg.in_color_space = raster->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, JPEG_QUALITY, TRUE);
    jpeg_start_compress(&jpeg, TRUE);
    while (jpeg.next_scanline < jpeg.image_height) {
        JSAMPROW row = pixel_at(raster, 0, (int)jpeg.next_scanline);

        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    text_put(out, (const char *)bytes, size);
    free(bytes);
}

static void put_png(const struct raster *raster, struct text *out)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    png_alloc_size_t size;
    unsigned char *bytes;

    image.width = (png_uint_32)raster->width;
    image.height = (png_uint_32)raster->height;
    image.format = raster->channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
    size = PNG_IMAGE_PNG_SIZE_MAX(image);
    bytes = x_alloc_raw(size);
    must(png_image_write_to_memory(&image, bytes, &size, 0, raster->pixels, 0, NULL));
    text_put(out, (const char *)bytes, size);
    free(bytes);
}

static size_t dib_row_bytes(const struct raster *raster)
{
    return ((size_t)raster->width + 3) / 4 * 4;
}

void image_put_dib(const struct raster *raster, struct text *out)
{
    size_t padding = dib_row_bytes(raster) - (size_t)raster->width;
    unsigned i;
    int y;

    must(raster->channels == 1);
    put_32(out, BMP_INFO_HEADER);
    put_32(out, (size_t)raster->width);
    put_32(out, (size_t)raster->height);
    put_16(out, 1); /* planes */
    put_16(out, 8); /* bits for each pixel */
    put_32(out, 0); /* not packed */
    put_32(out, dib_row_bytes(raster) * (size_t)raster->height);
    put_32(out, 2835); /* 72 dots an inch */
    put_32(out, 2835);
    put_32(out, 256); /* colours */
    put_32(out, 0);
    for (i = 0; i < 256; i++) {
        put_32(out, i * 0x010101);
    }
    for (y = raster->height - 1; y >= 0; y--) {
        text_put(out, (const char *)pixel_at(raster, 0, y), (size_t)raster->width);
        text_put(out, "\0\0\0", padding);
    }
}

static void put_bmp(const struct raster *raster, struct text *out)
{
    size_t start = BMP_FILE_HEADER + BMP_INFO_HEADER + PALETTE_BYTES;

    text_puts(out, "BM");
    put_32(out, start + dib_row_bytes(raster) * (size_t)raster->height);
    put_32(out, 0);
    put_32(out, start);
    image_put_dib(raster, out);
}

/* MS-WMF: a header of 9 words, records of a size in words and a function, coordinates y before x. */
void image_put_wmf(const struct raster *raster, struct text *out)
{
    unsigned width = (unsigned)raster->width;
    unsigned height = (unsigned)raster->height;
    size_t dib = BMP_INFO_HEADER + PALETTE_BYTES + dib_row_bytes(raster) * height;
    size_t stretch = 3 + 11 + (dib + 1) / 2;

    put_16(out, 1); /* in memory */
    put_16(out, 9);
    put_16(out, 0x0300);
    put_32(out, 9 + 4 + 5 + 5 + stretch + 3);
    put_16(out, 0);
    put_32(out, stretch);
    put_16(out, 0);
    put_32(out, 4); /* META_SETMAPMODE: anisotropic */
    put_16(out, 0x0103);
    put_16(out, 8);
    put_32(out, 5); /* META_SETWINDOWORG */
    put_16(out, 0x020B);
    put_32(out, 0);
    put_32(out, 5); /* META_SETWINDOWEXT */
    put_16(out, 0x020C);
    put_16(out, height);
    put_16(out, width);
    put_32(out, stretch); /* META_STRETCHDIB */
    put_16(out, 0x0F43);
    put_32(out, 0x00CC0020); /* SRCCOPY */
    put_16(out, 0);
    put_16(out, height);
    put_16(out, width);
    put_32(out, 0);
    put_16(out, height);
    put_16(out, width);
    put_32(out, 0);
    image_put_dib(raster, out);
    if (dib % 2 != 0) {
        text_putc(out, '\0');
    }
    put_32(out, 3); /* META_EOF */
    put_16(out, 0);
}

static void put_tiff_entry(struct text *out, unsigned tag, bool is_long, size_t value)
{
    put_16(out, tag);
    put_16(out, is_long ? 4 : 3);
    put_32(out, 1);
    put_32(out, value);
}

/* TIFF 6.0, little-endian: header, pixels in one strip, directory. */
static void put_tiff(const struct raster *raster, struct text *out)
{
    size_t size = pixel_bytes(raster);

    text_put(out, "II*\0", 4);
    put_32(out, 8 + size + size % 2);
    text_put(out, (const char *)raster->pixels, size);
    text_put(out, "\0", size % 2);
    put_16(out, 9);
    put_tiff_entry(out, 256, true, (size_t)raster->width);
    put_tiff_entry(out, 257, true, (size_t)raster->height);
    put_tiff_entry(out, 258, false, 8); /* bits */
    put_tiff_entry(out, 259, false, 1); /* not packed */
    put_tiff_entry(out, 262, false, 1); /* black is zero */
    put_tiff_entry(out, 273, true, 8);  /* where the strip is */
    put_tiff_entry(out, 277, false, 1); /* channels */
    put_tiff_entry(out, 278, true, (size_t)raster->height);
    put_tiff_entry(out, 279, true, size);
    put_32(out, 0);
}

/* An element of DICOM with explicit type and short length (PS3.5, 7.1.2); the value is padded to an even length. */
static void put_element(struct text *out, unsigned group, unsigned element, const char *type, const char *value)
{
    size_t size = strlen(value);

    put_16(out, group);
    put_16(out, element);
    text_puts(out, type);
    put_16(out, (unsigned)(size + size % 2));
    text_puts(out, value);
    if (size % 2 != 0) {
        text_putc(out, strcmp(type, "UI") == 0 ? '\0' : ' ');
    }
}

static void put_short(struct text *out, unsigned element, unsigned value)
{
    put_16(out, 0x0028);
    put_16(out, element);
    text_puts(out, "US");
    put_16(out, 2);
    put_16(out, value);
}

static void put_dicom_pixels(const struct raster *raster, struct text *out)
{
    size_t size = pixel_bytes(raster);
    size_t i;

    put_element(out, 0x0028, 0x0004, "CS", "MONOCHROME2");
    put_short(out, 0x0010, (unsigned)raster->height);
    put_short(out, 0x0011, (unsigned)raster->width);
    put_short(out, 0x0100, 16);
    put_short(out, 0x0101, 12);
    put_short(out, 0x0102, 11);
    put_short(out, 0x0103, 0);
    put_element(out, 0x0028, 0x1050, "DS", "2048");
    put_element(out, 0x0028, 0x1051, "DS", "4096");
    put_16(out, 0x7FE0);
    put_16(out, 0x0010);
    text_put(out, "OW\0\0", 4);
    put_32(out, size * 2);
    for (i = 0; i < size; i++) {
        put_16(out, raster->pixels[i] * 16U);
    }
}

static void put_dicom(const struct raster *raster, struct text *out)
{
    static const char image_class[] = "1.2.840.10008.5.1.4.1.1.1"; /* computed radiography */
    static const char instance[] = "2.25.123456789";
    struct text meta;

    text_init(&meta, 1024);
    put_element(&meta, 0x0002, 0x0002, "UI", image_class);
    put_element(&meta, 0x0002, 0x0003, "UI", instance);
    put_element(&meta, 0x0002, 0x0010, "UI", "1.2.840.10008.1.2.1");
    text_put(out, (const char[128]){0}, 128);
    text_puts(out, "DICM");
    text_put(out, "\x02\0\0\0UL\x04\0", 8);
    put_32(out, meta.size);
    text_put(out, meta.data, meta.size);
    text_release(&meta);
    put_element(out, 0x0008, 0x0016, "UI", image_class);
    put_element(out, 0x0008, 0x0018, "UI", instance);
    put_element(out, 0x0008, 0x0060, "CS", "CR");
    put_element(out, 0x0010, 0x0010, "PN", "SAMPLE^CLINIC");
    put_short(out, 0x0002, 1);
    put_dicom_pixels(raster, out);
}

void image_put(const struct raster *raster, enum image_format format, struct text *out)
{
    static void (*const encoders[IMAGE_FORMAT_COUNT])(const struct raster *, struct text *) = {
        put_jpeg, put_png, put_bmp, put_tiff, put_dicom};

    must(raster->channels == 1 || format == IMAGE_JPEG || format == IMAGE_PNG);
    encoders[format](raster, out);
}

const char *image_ending(enum image_format format)
{
    static const char *const endings[IMAGE_FORMAT_COUNT] = {"jpg", "png", "bmp", "tif", "dcm"};

    return endings[format];
}
