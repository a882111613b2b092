/* Bitmaps without a file header (DIB) and device-dependent ones (DDB), as BMP files. */
#include <string.h>

#include "base/memory.h"
#include "document/picture_parts.h"

enum {
    FILE_HEADER_BYTES = 14,
    CORE_HEADER_BYTES = 12,
    INFO_HEADER_BYTES = 40,
    SIDE_MAX = 65535, /* pixels */
};

enum compression {
    BI_RGB = 0,
    BI_BITFIELDS = 3,
    BI_ALPHABITFIELDS = 6,
};

/* What the header of a DIB says. */
struct dib {
    size_t header_bytes;
    int64_t width;
    int64_t height; /* negative: top row first */
    unsigned bits;  /* per pixel */
    uint32_t compression;
    uint32_t image_bytes; /* 0 when not said */
    size_t palette_bytes; /* colour table and masks */
};

uint16_t picture_u16(struct slice bytes, size_t at)
{
    const unsigned char *byte = (const unsigned char *)bytes.data + at;

    return at + 2 <= bytes.size ? (uint16_t)(byte[0] | byte[1] << 8) : 0;
}

uint32_t picture_u32(struct slice bytes, size_t at)
{
    return picture_u16(bytes, at) | (uint32_t)picture_u16(bytes, at + 2) << 16;
}

static bool is_header_size(size_t size)
{
    return size == CORE_HEADER_BYTES || size == INFO_HEADER_BYTES || size == 52 || size == 56 || size == 64 ||
           size == 108 || size == 124;
}

static bool is_depth(unsigned bits)
{
    return bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32;
}

static bool read_header(struct slice bytes, struct dib *dib)
{
    *dib = (struct dib){.header_bytes = picture_u32(bytes, 0)};
    if (!is_header_size(dib->header_bytes) || bytes.size < dib->header_bytes)
        return false;
    if (dib->header_bytes == CORE_HEADER_BYTES) {
        dib->width = picture_u16(bytes, 4);
        dib->height = picture_u16(bytes, 6);
        dib->bits = picture_u16(bytes, 10);
        dib->palette_bytes = dib->bits <= 8 ? ((size_t)3 << dib->bits) : 0;
    } else {
        uint32_t colours = picture_u32(bytes, 32);

        dib->width = (int32_t)picture_u32(bytes, 4);
        dib->height = (int32_t)picture_u32(bytes, 8);
        dib->bits = picture_u16(bytes, 14);
        dib->compression = picture_u32(bytes, 16);
        dib->image_bytes = picture_u32(bytes, 20);
        if (colours > 256 || (dib->bits <= 8 && colours > 1U << dib->bits))
            return false;
        dib->palette_bytes = 4 * (size_t)(colours || dib->bits > 8 ? colours : 1U << dib->bits);
        if (dib->header_bytes == INFO_HEADER_BYTES && dib->compression == BI_BITFIELDS)
            dib->palette_bytes += 12;
        if (dib->header_bytes == INFO_HEADER_BYTES && dib->compression == BI_ALPHABITFIELDS)
            dib->palette_bytes += 16;
    }
    return dib->width > 0 && dib->width <= SIDE_MAX && dib->height != 0 && dib->height <= SIDE_MAX &&
           dib->height >= -SIDE_MAX && is_depth(dib->bits) && dib->compression <= BI_ALPHABITFIELDS;
}

bool picture_is_dib(struct slice bytes)
{
    struct dib dib = {0};

    return read_header(bytes, &dib);
}

/* Bytes that the pixels take; 0 when they are compressed and the header does not say. */
static size_t pixel_bytes(const struct dib *dib)
{
    size_t row = ((size_t)dib->width * dib->bits + 31) / 32 * 4;
    size_t rows = (size_t)(dib->height < 0 ? -dib->height : dib->height);

    if (dib->compression == BI_RGB || dib->compression == BI_BITFIELDS || dib->compression == BI_ALPHABITFIELDS)
        return row * rows;
    return dib->image_bytes;
}

static void put_u32(unsigned char *to, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        to[i] = (unsigned char)(value >> (8 * i));
}

/* A file of this many bytes behind its header, whose pixels begin behind that much of a DIB. */
static struct picture bmp_file(size_t bytes, size_t before_pixels)
{
    struct picture picture = {.format = PICTURE_BMP, .size = FILE_HEADER_BYTES + bytes};

    picture.bytes = x_alloc(picture.size);
    memcpy(picture.bytes, "BM", 2);
    put_u32(picture.bytes + 2, (uint32_t)picture.size);
    put_u32(picture.bytes + 10, (uint32_t)(FILE_HEADER_BYTES + before_pixels));
    return picture;
}

bool picture_of_dib(struct slice bytes, struct picture *ret)
{
    struct dib dib = {0};
    size_t before = 0;

    if (!read_header(bytes, &dib))
        return false;
    before = dib.header_bytes + dib.palette_bytes;
    if (bytes.size <= before || bytes.size - before < pixel_bytes(&dib))
        return false;
    *ret = bmp_file(bytes.size, before);
    memcpy(ret->bytes + FILE_HEADER_BYTES, bytes.data, bytes.size);
    return true;
}

/* Rows of a DDB begin at an even byte and go downwards; those of a DIB begin at every fourth byte. A DDB of 4 or 8 bits
 * has no colours of its own and cannot be shown. */
bool picture_of_ddb(struct slice bytes, struct picture *ret)
{
    size_t width = picture_u16(bytes, 2);
    size_t height = picture_u16(bytes, 4);
    size_t from_row = picture_u16(bytes, 6);
    unsigned bits = bytes.size >= 10 ? (unsigned char)bytes.data[8] * (unsigned)(unsigned char)bytes.data[9] : 0;
    size_t to_row = (width * bits + 31) / 32 * 4;
    size_t palette = bits == 1 ? 8 : 0;
    unsigned char *to = NULL;

    if (bytes.size < 14 || width == 0 || height == 0 || (bits != 1 && bits != 16 && bits != 24 && bits != 32))
        return false;
    if (from_row * 8 < width * bits || bytes.size - 14 < from_row * height)
        return false;
    *ret = bmp_file(INFO_HEADER_BYTES + palette + to_row * height, INFO_HEADER_BYTES + palette);
    to = ret->bytes + FILE_HEADER_BYTES;
    put_u32(to, INFO_HEADER_BYTES);
    put_u32(to + 4, (uint32_t)width);
    put_u32(to + 8, (uint32_t)height);
    to[12] = 1;
    to[14] = (unsigned char)bits;
    put_u32(to + 20, (uint32_t)(to_row * height));
    if (bits == 1)
        memset(to + INFO_HEADER_BYTES + 4, 0xFF, 3);
    to += INFO_HEADER_BYTES + palette;
    for (size_t row = 0; row < height; row++)
        memcpy(to + (height - 1 - row) * to_row, bytes.data + 14 + row * from_row,
               from_row < to_row ? from_row : to_row);
    return true;
}

struct picture picture_copy(struct slice bytes, enum picture_format format)
{
    struct picture picture = {.format = format, .bytes = x_alloc_raw(bytes.size), .size = bytes.size};

    if (bytes.size)
        memcpy(picture.bytes, bytes.data, bytes.size);
    return picture;
}
