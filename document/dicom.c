#include "document/dicom.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/must.h"
#include "base/number.h"
#include "document/surface_formats.h"

enum { PREAMBLE_SIZE = 132, NESTING_MAX = 16 };

#define UNDEFINED_LENGTH 0xFFFFFFFFU

/* Group and element as one number (PS3.6). */
enum tag {
    TAG_TRANSFER_SYNTAX = 0x00020010,
    TAG_SAMPLES = 0x00280002,
    TAG_PHOTOMETRIC = 0x00280004,
    TAG_PLANAR = 0x00280006,
    TAG_FRAMES = 0x00280008,
    TAG_ROWS = 0x00280010,
    TAG_COLUMNS = 0x00280011,
    TAG_BITS_ALLOCATED = 0x00280100,
    TAG_BITS_STORED = 0x00280101,
    TAG_HIGH_BIT = 0x00280102,
    TAG_SIGNED = 0x00280103,
    TAG_PADDING = 0x00280120,
    TAG_WINDOW_CENTRE = 0x00281050,
    TAG_WINDOW_WIDTH = 0x00281051,
    TAG_INTERCEPT = 0x00281052,
    TAG_SLOPE = 0x00281053,
    TAG_PIXELS = 0x7FE00010,
};

#define TAG_ITEM         0xFFFEE000U
#define TAG_ITEM_END     0xFFFEE00DU
#define TAG_SEQUENCE_END 0xFFFEE0DDU

struct element {
    uint32_t tag;
    uint32_t length;
    const unsigned char *value;
};

struct reader {
    const unsigned char *data;
    size_t size;
    size_t at;
    bool explicit_types; /* each element names the type of its value */
};

struct image {
    bool jpeg;
    struct slice photometric;
    unsigned samples;
    unsigned planar;
    unsigned frames;
    unsigned rows;
    unsigned columns;
    unsigned bits_allocated;
    unsigned bits_stored;
    unsigned high_bit;
    bool is_signed;
    bool has_padding;
    int padding;
    bool has_centre;
    bool has_width;
    double centre;
    double width;
    double slope;
    double intercept;
    struct element pixels;
};

static unsigned number_at(const unsigned char *at, size_t size)
{
    unsigned value = 0;

    while (size-- > 0)
        value = value << 8 | at[size];
    return value;
}

static bool ends_early(const struct reader *reader, struct fault *fault)
{
    return fault_set(fault, FAULT_BAD_INPUT, "the DICOM file is cut off or damaged at byte %zu of %zu", reader->at,
                     reader->size);
}

/* Types whose length has four bytes after two unused ones (PS3.5, 7.1.2). */
static bool has_long_length(const unsigned char *type)
{
    static const char types[][3] = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"};
    size_t i = 0;

    for (i = 0; i < array_length(types); i++)
        if (memcmp(type, types[i], 2) == 0)
            return true;
    return false;
}

/* Reads the head of the next element; the value stays ahead. */
static bool read_head(struct reader *reader, struct element *element, struct fault *fault)
{
    const unsigned char *at = reader->data + reader->at;
    size_t left = reader->size - reader->at;
    size_t head = 8;
    bool is_item = false;

    if (left < head)
        return ends_early(reader, fault);
    element->tag = number_at(at, 2) << 16 | number_at(at + 2, 2);
    element->length = number_at(at + 4, 4);
    is_item = element->tag >> 16 == TAG_ITEM >> 16;
    if (reader->explicit_types && !is_item && has_long_length(at + 4)) {
        head = 12;
        if (left < head)
            return ends_early(reader, fault);
        element->length = number_at(at + 8, 4);
    } else if (reader->explicit_types && !is_item) {
        element->length = number_at(at + 6, 2);
    }
    reader->at += head;
    element->value = reader->data + reader->at;
    if (element->length != UNDEFINED_LENGTH && element->length > reader->size - reader->at)
        return ends_early(reader, fault);
    return true;
}

/* Passes over the value of an element of undefined length, whose head was read: items up to the end mark. */
static bool skip_nested(struct reader *reader, uint32_t end, unsigned depth, struct fault *fault)
{
    struct element element = {0};

    if (depth > NESTING_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "the DICOM file nests its sequences too deeply at byte %zu",
                         reader->at);
    for (;;) {
        if (!read_head(reader, &element, fault))
            return false;
        if (element.tag == end)
            return true;
        if (element.length != UNDEFINED_LENGTH)
            reader->at += element.length;
        else if (!skip_nested(reader, element.tag == TAG_ITEM ? TAG_ITEM_END : TAG_SEQUENCE_END, depth + 1, fault))
            return false;
    }
}

/* Text values are padded with a blank or a NUL to an even length; of several, the first counts. */
static struct slice text_of(const struct element *element)
{
    struct slice text = {(const char *)element->value, element->length};
    const char *end = NULL;

    while (text.size > 0 && text.data[text.size - 1] == '\0')
        text.size--;
    end = text.size ? memchr(text.data, '\\', text.size) : NULL;
    if (end)
        text.size = (size_t)(end - text.data);
    return slice_trim(text);
}

static bool decimal_of(const struct element *element, double *ret)
{
    struct fault ignored;

    return decimal_parse(text_of(element), ret, &ignored);
}

static void take_element(struct image *image, const struct element *element)
{
    unsigned number = element->length >= 2 ? number_at(element->value, 2) : 0;
    struct fault ignored;
    int64_t frames = 0;

    switch (element->tag) {
    case TAG_SAMPLES:
        image->samples = number;
        break;
    case TAG_PHOTOMETRIC:
        image->photometric = text_of(element);
        break;
    case TAG_PLANAR:
        image->planar = number;
        break;
    case TAG_FRAMES:
        image->frames = number_parse(text_of(element), 0, INT_MAX, &frames, &ignored) ? (unsigned)frames : 0;
        break;
    case TAG_ROWS:
        image->rows = number;
        break;
    case TAG_COLUMNS:
        image->columns = number;
        break;
    case TAG_BITS_ALLOCATED:
        image->bits_allocated = number;
        break;
    case TAG_BITS_STORED:
        image->bits_stored = number;
        break;
    case TAG_HIGH_BIT:
        image->high_bit = number;
        break;
    case TAG_SIGNED:
        image->is_signed = number == 1;
        break;
    case TAG_PADDING:
        image->has_padding = element->length >= 2;
        image->padding = (int)number;
        break;
    case TAG_WINDOW_CENTRE:
        image->has_centre = decimal_of(element, &image->centre);
        break;
    case TAG_WINDOW_WIDTH:
        image->has_width = decimal_of(element, &image->width);
        break;
    case TAG_INTERCEPT:
        decimal_of(element, &image->intercept);
        break;
    case TAG_SLOPE:
        decimal_of(element, &image->slope);
        break;
    default:
        break;
    }
}

/* What viewers draw over the picture: groups 6000 to 601E (PS3.3, C.9.2). */
static bool is_overlay(uint32_t tag)
{
    return tag >> 24 == 0x60 && (tag & 0xFFFF) == 0x3000;
}

/* Files from before DICOM had a file format begin with the data at once; the first type shows whether there are any. */
static bool starts_with_type(const struct reader *reader)
{
    const unsigned char *type = reader->data + reader->at + 4;

    return reader->size - reader->at >= 8 && type[0] >= 'A' && type[0] <= 'Z' && type[1] >= 'A' && type[1] <= 'Z';
}

static bool read_transfer_syntax(struct reader *reader, struct image *image, struct fault *fault)
{
    struct slice syntax = {"", 0};
    struct element element = {0};

    if (reader->size < PREAMBLE_SIZE || memcmp(reader->data + PREAMBLE_SIZE - 4, "DICM", 4) != 0) {
        reader->explicit_types = starts_with_type(reader);
        return true;
    }
    reader->at = PREAMBLE_SIZE;
    /* Group 2 always has explicit types (PS3.10, 7.1). */
    reader->explicit_types = true;
    while (reader->size - reader->at >= 2 && number_at(reader->data + reader->at, 2) == 2) {
        if (!read_head(reader, &element, fault))
            return false;
        if (element.length == UNDEFINED_LENGTH)
            return ends_early(reader, fault);
        if (element.tag == TAG_TRANSFER_SYNTAX)
            syntax = text_of(&element);
        reader->at += element.length;
    }
    /* 4.50 and 4.51 are JPEG by Huffman coding; 4.51 may have 12 bits, which the JPEG reader refuses. */
    image->jpeg = slice_equals(syntax, "1.2.840.10008.1.2.4.50") || slice_equals(syntax, "1.2.840.10008.1.2.4.51");
    reader->explicit_types = !slice_equals(syntax, "1.2.840.10008.1.2");
    if (reader->explicit_types && !image->jpeg && !slice_equals(syntax, "1.2.840.10008.1.2.1"))
        return fault_set(fault, FAULT_BAD_INPUT,
                         "the DICOM file has a compression that is not read: transfer syntax \"%.*s\"",
                         (int)(syntax.size < 64 ? syntax.size : 64), syntax.data);
    return true;
}

static bool read_image(struct reader *reader, struct image *image, struct fault *fault)
{
    struct element element = {0};

    if (!read_transfer_syntax(reader, image, fault))
        return false;
    while (reader->at < reader->size) {
        if (!read_head(reader, &element, fault))
            return false;
        if (is_overlay(element.tag))
            return fault_set(fault, FAULT_BAD_INPUT,
                             "the DICOM file draws an overlay over its picture, which is not read");
        if (element.tag == TAG_PIXELS) {
            image->pixels = element;
            return true;
        }
        if (element.length == UNDEFINED_LENGTH) {
            if (!skip_nested(reader, TAG_SEQUENCE_END, 1, fault))
                return false;
            continue;
        }
        take_element(image, &element);
        reader->at += element.length;
    }
    return fault_set(fault, FAULT_BAD_INPUT, "the DICOM file holds no picture");
}

static bool is_grey(const struct image *image)
{
    return slice_equals(image->photometric, "MONOCHROME1") || slice_equals(image->photometric, "MONOCHROME2");
}

static bool check_image(const struct image *image, struct fault *fault)
{
    bool ok = is_grey(image) ? image->samples == 1 : image->samples == 3;

    if (image->frames > 1)
        return fault_set(fault, FAULT_BAD_INPUT, "the DICOM file holds %u frames; only a single picture is shown",
                         image->frames);
    if (!image->jpeg)
        ok = ok && (is_grey(image) ? image->bits_allocated == 8 || image->bits_allocated == 16
                                   : slice_equals(image->photometric, "RGB") && image->bits_allocated == 8);
    ok = ok && image->bits_stored >= 1 && image->bits_stored <= image->bits_allocated &&
         image->high_bit < image->bits_allocated && image->high_bit + 1 >= image->bits_stored;
    if (!ok)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "the DICOM file holds pixels of a kind that is not read: %.*s, %u samples of %u bits in %u",
                         (int)(image->photometric.size < 16 ? image->photometric.size : 16), image->photometric.data,
                         image->samples, image->bits_stored, image->bits_allocated);
    return true;
}

static int stored_value(const struct image *image, unsigned raw)
{
    unsigned sign = 0;
    unsigned value = 0;

    must(image->bits_stored >= 1 && image->bits_stored <= 16);
    sign = 1U << (image->bits_stored - 1);
    value = raw >> (image->high_bit + 1 - image->bits_stored) & (sign * 2 - 1);
    return image->is_signed && value & sign ? (int)value - (int)(sign * 2) : (int)value;
}

static unsigned raw_at(const struct image *image, size_t index)
{
    size_t bytes = image->bits_allocated / 8;

    return number_at(image->pixels.value + index * bytes, bytes);
}

/* The window that spans all values but the padding around the picture. */
static void window_from_values(struct image *image)
{
    size_t count = (size_t)image->rows * image->columns;
    int padding = stored_value(image, (unsigned)image->padding);
    int least = INT_MAX;
    int greatest = INT_MIN;
    size_t i = 0;

    for (i = 0; i < count; i++) {
        int value = stored_value(image, raw_at(image, i));

        if (image->has_padding && value == padding)
            continue;
        least = value < least ? value : least;
        greatest = value > greatest ? value : greatest;
    }
    if (least > greatest)
        least = greatest = 0;
    image->slope = 1;
    image->intercept = 0;
    image->centre = (least + greatest + 1) / 2.0;
    image->width = greatest - least + 1;
}

/* The linear function of PS3.3, C.11.2.1.2. */
static unsigned char shade_of(const struct image *image, int value)
{
    double x = value * image->slope + image->intercept;
    double low = image->centre - 0.5 - (image->width - 1) / 2;
    double high = image->centre - 0.5 + (image->width - 1) / 2;

    if (x <= low)
        return 0;
    if (x > high)
        return 255;
    return (unsigned char)(((x - (image->centre - 0.5)) / (image->width - 1) + 0.5) * 255 + 0.5);
}

static void draw_grey(struct image *image, struct surface *surface)
{
    enum { VALUES = 1 << 16 };
    scoped(string_free) char *shades = x_alloc_raw(VALUES); /* by the raw bits */
    bool inverted = slice_equals(image->photometric, "MONOCHROME1");
    size_t index = 0;
    unsigned raw = 0;
    int x = 0;
    int y = 0;

    if (!image->has_centre || !image->has_width || image->width < 1)
        window_from_values(image);
    for (raw = 0; raw < VALUES; raw++) {
        unsigned char shade = shade_of(image, stored_value(image, raw));

        shades[raw] = (char)(inverted ? 255 - shade : shade);
    }
    for (y = 0; y < surface->height; y++) {
        uint32_t *row = surface_row(surface, y);

        for (x = 0; x < surface->width; x++)
            row[x] = (unsigned char)shades[raw_at(image, index++)] * 0x010101U;
    }
}

static void draw_rgb(const struct image *image, struct surface *surface)
{
    size_t plane = (size_t)image->rows * image->columns;
    size_t step = image->planar ? 1 : 3;
    size_t apart = image->planar ? plane : 1;
    const unsigned char *at = image->pixels.value;
    int x = 0;
    int y = 0;

    must(at);
    for (y = 0; y < surface->height; y++) {
        uint32_t *row = surface_row(surface, y);

        for (x = 0; x < surface->width; x++, at += step)
            row[x] = (uint32_t)at[0] << 16 | (uint32_t)at[apart] << 8 | at[2 * apart];
    }
}

static bool open_pixels(struct image *image, struct surface **ret_surface, struct fault *fault)
{
    size_t wanted = (size_t)image->rows * image->columns * image->samples * (image->bits_allocated / 8);

    if (image->pixels.length == UNDEFINED_LENGTH || image->pixels.length < wanted)
        return fault_set(fault, FAULT_BAD_INPUT, "the DICOM file holds %u bytes of pixels where its header wants %zu",
                         image->pixels.length == UNDEFINED_LENGTH ? 0 : image->pixels.length, wanted);
    if (!surface_create(image->columns, image->rows, ret_surface, fault))
        return false;
    if (is_grey(image))
        draw_grey(image, *ret_surface);
    else
        draw_rgb(image, *ret_surface);
    cairo_surface_mark_dirty((*ret_surface)->pixels);
    return true;
}

/* A table of offsets, then the fragments of the stream (PS3.5, A.4). A single frame's table says nothing. */
static bool open_jpeg(struct reader *reader, const struct image *image, struct surface **ret_surface,
                      struct fault *fault)
{
    struct jpeg_hints hints = {.is_rgb = slice_equals(image->photometric, "RGB"),
                               .inverted = slice_equals(image->photometric, "MONOCHROME1")};
    struct slice stream = {NULL, 0};
    struct element item = {0};

    if (image->pixels.length != UNDEFINED_LENGTH)
        return fault_set(fault, FAULT_BAD_INPUT, "the DICOM file names JPEG but its pixels are not in fragments");
    if (!read_head(reader, &item, fault))
        return false;
    reader->at += item.tag == TAG_ITEM && item.length != UNDEFINED_LENGTH ? item.length : 0;
    for (;;) {
        if (!read_head(reader, &item, fault))
            return false;
        if (item.tag == TAG_SEQUENCE_END)
            break;
        if (item.tag != TAG_ITEM || item.length == UNDEFINED_LENGTH)
            return ends_early(reader, fault);
        if (stream.data)
            return fault_set(fault, FAULT_BAD_INPUT,
                             "the DICOM file cuts its JPEG into fragments, which are not joined");
        stream = (struct slice){(const char *)item.value, item.length};
        reader->at += item.length;
    }
    if (!stream.data)
        return fault_set(fault, FAULT_BAD_INPUT, "the DICOM file holds no picture");
    return surface_open_jpeg(stream, hints, ret_surface, fault);
}

bool dicom_open_surface(struct slice bytes, struct surface **ret_surface, struct fault *fault)
{
    struct reader reader = {.data = (const unsigned char *)bytes.data, .size = bytes.size};
    struct image image = {.photometric = {"", 0}, .slope = 1};

    if (!read_image(&reader, &image, fault) || !check_image(&image, fault))
        return false;
    return image.jpeg ? open_jpeg(&reader, &image, ret_surface, fault) : open_pixels(&image, ret_surface, fault);
}
