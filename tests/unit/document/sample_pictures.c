#include "sample_pictures.h"

#include <stdio.h>

#include <cairo.h>
#include <criterion/criterion.h>
#include <jpeglib.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>
#include <unistd.h>

#include "base/memory.h"

uint32_t sample_colour(int x, int y)
{
    bool left = x < SAMPLE_SIDE / 2;

    if (y < SAMPLE_SIDE / 2)
        return left ? SAMPLE_RED : SAMPLE_GREEN;
    return left ? SAMPLE_BLUE : SAMPLE_WHITE;
}

void put_number(struct text *out, uint32_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        text_putc(out, (char)(value >> (8 * i)));
}

static unsigned palette_index(uint32_t colour)
{
    return colour == SAMPLE_RED ? 0 : colour == SAMPLE_GREEN ? 1 : colour == SAMPLE_BLUE ? 2 : 3;
}

static uint32_t palette_colour(int bits, unsigned index)
{
    static const uint32_t colours[] = {SAMPLE_RED, SAMPLE_GREEN, SAMPLE_BLUE, SAMPLE_WHITE};

    if (bits == 1)
        return index ? SAMPLE_WHITE : 0;
    return index < array_length(colours) ? colours[index] : 0;
}

static void put_bmp_row(struct text *out, const struct bmp_form *form, int y)
{
    size_t start = out->size;
    unsigned bits = 0;

    for (int x = 0; x < SAMPLE_SIDE; x++) {
        uint32_t colour = sample_colour(x, y);
        unsigned index = form->bits == 1 ? colour == SAMPLE_WHITE || colour == SAMPLE_RED : palette_index(colour);

        if (form->packed) {
            text_putc(out, 1);
            text_putc(out, (char)index);
        } else if (form->bits <= 8) {
            bits = bits << form->bits | index;
            if ((x + 1) * form->bits % 8 == 0)
                text_putc(out, (char)bits);
        } else if (form->bits == 16) {
            put_number(out, (colour >> 19 & 31) << 10 | (colour >> 11 & 31) << 5 | (colour >> 3 & 31), 2);
        } else {
            put_number(out, colour | form->alpha << 24, (size_t)form->bits / 8);
        }
    }
    if (form->packed)
        put_number(out, 0, 2);
    while (!form->packed && (out->size - start) % 4 != 0)
        text_putc(out, 0);
}

void put_bmp(struct text *out, const struct bmp_form *form)
{
    uint32_t colours = form->bits <= 8 ? 1U << form->bits : 0;
    uint32_t pixels = 14 + (form->os2 ? 12U : 40U) + colours * (form->os2 ? 3 : 4) + (form->masks ? 16 : 0);

    text_puts(out, "BM");
    put_number(out, 0, 4);
    put_number(out, 0, 4);
    put_number(out, pixels, 4);
    put_number(out, form->os2 ? 12 : form->masks ? 56 : 40, 4);
    put_number(out, SAMPLE_SIDE, form->os2 ? 2 : 4);
    put_number(out, form->top_down ? -(uint32_t)SAMPLE_SIDE : SAMPLE_SIDE, form->os2 ? 2 : 4);
    put_number(out, 1, 2);
    put_number(out, (uint32_t)form->bits, 2);
    if (!form->os2) {
        put_number(out, form->packed ? 1 : form->masks ? 3 : 0, 4);
        for (int i = 0; i < 5; i++)
            put_number(out, 0, 4);
    }
    if (form->masks) {
        put_number(out, 0xFF0000, 4);
        put_number(out, 0x00FF00, 4);
        put_number(out, 0x0000FF, 4);
        put_number(out, 0xFF000000, 4);
    }
    for (unsigned i = 0; i < colours; i++)
        put_number(out, palette_colour(form->bits, i), form->os2 ? 3 : 4);
    for (int i = 0; i < SAMPLE_SIDE; i++)
        put_bmp_row(out, form, form->top_down ? i : SAMPLE_SIDE - 1 - i);
    if (form->packed)
        put_number(out, 0x0100, 2);
}

static cairo_status_t put_bytes(void *closure, const unsigned char *data, unsigned size)
{
    text_put(closure, (const char *)data, size);
    return CAIRO_STATUS_SUCCESS;
}

void put_png(struct text *out)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, SAMPLE_SIDE, SAMPLE_SIDE);

    for (int y = 0; y < SAMPLE_SIDE; y++) {
        unsigned char *row = cairo_image_surface_get_data(surface) + y * cairo_image_surface_get_stride(surface);

        for (int x = 0; x < SAMPLE_SIDE; x++) {
            uint32_t colour = sample_colour(x, y);

            memcpy(row + 4 * x, &colour, sizeof colour);
        }
    }
    cairo_surface_mark_dirty(surface);
    cr_assert_eq(cairo_surface_write_to_png_stream(surface, put_bytes, out), CAIRO_STATUS_SUCCESS);
    cairo_surface_destroy(surface);
}

/* Codes of three bits; the dictionary is cleared before it grows, so that they stay at three bits. */
void put_gif(struct text *out)
{
    enum { CLEAR = 4, END = 5, CODE_BITS = 3 };
    scoped(text_release) struct text data;
    uint32_t bits = 0;
    int count = 0;

    text_init(&data, 4096);
    text_puts(out, "GIF89a");
    put_number(out, SAMPLE_SIDE, 2);
    put_number(out, SAMPLE_SIDE, 2);
    put_number(out, 0x0000F1, 3);
    for (unsigned i = 0; i < 4; i++) {
        uint32_t colour = palette_colour(8, i);

        put_number(out, (colour >> 16 & 255) | (colour & 0xFF00) | (colour & 255) << 16, 3);
    }
    put_number(out, 0x2C, 1);
    put_number(out, 0, 4);
    put_number(out, SAMPLE_SIDE, 2);
    put_number(out, SAMPLE_SIDE, 2);
    put_number(out, 0x0200, 2);
    for (int i = 0; i <= SAMPLE_SIDE * SAMPLE_SIDE; i++) {
        unsigned codes[2] = {CLEAR, END};

        if (i < SAMPLE_SIDE * SAMPLE_SIDE)
            codes[1] = palette_index(sample_colour(i % SAMPLE_SIDE, i / SAMPLE_SIDE));
        for (int j = 0; j < 2; j++) {
            bits |= codes[j] << count;
            for (count += CODE_BITS; count >= 8; count -= 8, bits >>= 8)
                text_putc(&data, (char)bits);
        }
    }
    text_putc(&data, (char)bits);
    for (size_t at = 0; at < data.size; at += 255) {
        size_t size = data.size - at < 255 ? data.size - at : 255;

        put_number(out, (uint32_t)size, 1);
        text_put(out, data.data + at, size);
    }
    put_number(out, 0x3B00, 2);
}

static void put_exif(struct jpeg_compress_struct *info, int orientation)
{
    unsigned char segment[] = "Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x01\0\0\0\0\0\0";

    segment[24] = (unsigned char)orientation;
    jpeg_write_marker(info, JPEG_APP0 + 1, segment, sizeof segment - 1);
}

static void put_jpeg_row(struct jpeg_compress_struct *info, int y)
{
    JSAMPLE samples[SAMPLE_SIDE * 4];
    JSAMPROW row = samples;

    for (int x = 0; x < SAMPLE_SIDE; x++) {
        uint32_t colour = sample_colour(x, y);
        JSAMPLE *at = samples + x * info->input_components;

        if (info->input_components == 1) {
            at[0] = colour == SAMPLE_WHITE ? 255 : colour == SAMPLE_GREEN ? 160 : 0;
            continue;
        }
        /* Without black ink, Adobe's inverted inks are just red, green and blue. */
        at[0] = (JSAMPLE)(colour >> 16);
        at[1] = (JSAMPLE)(colour >> 8);
        at[2] = (JSAMPLE)colour;
        if (info->input_components == 4)
            at[3] = 255;
    }
    jpeg_write_scanlines(info, &row, 1);
}

void put_jpeg(struct text *out, const struct jpeg_form *form)
{
    struct jpeg_compress_struct info;
    struct jpeg_error_mgr errors;
    unsigned char *bytes = NULL;
    unsigned long size = 0;

    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, &bytes, &size);
    info.image_width = SAMPLE_SIDE;
    info.image_height = SAMPLE_SIDE;
    info.input_components = form->components;
    info.in_color_space = form->components == 1 ? JCS_GRAYSCALE : form->components == 3 ? JCS_RGB : JCS_CMYK;
    jpeg_set_defaults(&info);
    if (form->rgb)
        jpeg_set_colorspace(&info, JCS_RGB);
    if (form->unmarked) {
        info.write_JFIF_header = FALSE;
        info.write_Adobe_marker = FALSE;
    }
    jpeg_set_quality(&info, 95, TRUE);
    info.comp_info[0].h_samp_factor = 1;
    info.comp_info[0].v_samp_factor = 1;
    info.arith_code = form->arithmetic;
    if (form->progressive)
        jpeg_simple_progression(&info);
    jpeg_start_compress(&info, TRUE);
    if (form->orientation)
        put_exif(&info, form->orientation);
    for (int y = 0; y < SAMPLE_SIDE; y++)
        put_jpeg_row(&info, y);
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    text_put(out, (const char *)bytes, size);
    free(bytes);
}

static void set_tiff_tags(TIFF *tiff, const struct tiff_form *form)
{
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, SAMPLE_SIDE);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, SAMPLE_SIDE);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, SAMPLE_SIDE);
    if (form->orientation)
        TIFFSetField(tiff, TIFFTAG_ORIENTATION, form->orientation);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, form->bilevel ? 1 : 3);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, form->bilevel ? 1 : 8);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, form->bilevel ? PHOTOMETRIC_MINISWHITE : PHOTOMETRIC_RGB);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, form->bilevel ? COMPRESSION_CCITTFAX4 : COMPRESSION_LZW);
    if (form->bilevel) {
        TIFFSetField(tiff, TIFFTAG_XRESOLUTION, 204.0);
        TIFFSetField(tiff, TIFFTAG_YRESOLUTION, 102.0);
    }
}

static void put_tiff_page(TIFF *tiff, const struct tiff_form *form, bool reduced)
{
    set_tiff_tags(tiff, form);
    if (reduced)
        TIFFSetField(tiff, TIFFTAG_SUBFILETYPE, FILETYPE_REDUCEDIMAGE);
    for (int y = 0; y < SAMPLE_SIDE; y++) {
        unsigned char row[SAMPLE_SIDE * 3] = {0};

        for (int x = 0; x < SAMPLE_SIDE; x++) {
            uint32_t colour = sample_colour(x, y);
            bool black = colour == SAMPLE_GREEN || colour == SAMPLE_BLUE;

            if (form->bilevel) {
                row[x / 8] = (unsigned char)(row[x / 8] | black << (7 - x % 8));
                continue;
            }
            row[3 * x] = (unsigned char)(colour >> 16);
            row[3 * x + 1] = (unsigned char)(colour >> 8);
            row[3 * x + 2] = (unsigned char)colour;
        }
        cr_assert_eq(TIFFWriteScanline(tiff, row, (uint32_t)y, 0), 1);
    }
    cr_assert(TIFFWriteDirectory(tiff));
}

void put_tiff(struct text *out, const struct tiff_form *form)
{
    char path[] = "/tmp/sample-tiff-XXXXXX";
    int descriptor = mkstemp(path);
    TIFF *tiff = TIFFFdOpen(descriptor, path, "w");
    scoped(file_close) FILE *file = NULL;
    int byte = 0;

    cr_assert_not_null(tiff);
    if (form->thumbnail)
        put_tiff_page(tiff, form, true);
    for (int page = 0; page < form->pages; page++)
        put_tiff_page(tiff, form, false);
    TIFFClose(tiff);
    file = fopen(path, "rb");
    cr_assert_not_null(file);
    while ((byte = getc(file)) != EOF)
        text_putc(out, (char)byte);
    unlink(path);
}

struct picture sample_picture(const struct text *bytes, enum picture_format format)
{
    /* A picture's owner may change its bytes; here nobody does. */
    return (struct picture){.format = format, .bytes = (unsigned char *)bytes->data, .size = bytes->size};
}
