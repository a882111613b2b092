/*
 * Metafiles as word processors write them around a bitmap: one record that draws it and others that only set the stage.
 * Records and their fields: MS-WMF 2.3, MS-EMF 2.3.
 */
#include <string.h>

#include "base/memory.h"
#include "document/picture_parts.h"

enum {
    WMF_PLACEABLE_BYTES = 22,
    WMF_HEADER_BYTES = 18,
    WMF_RECORD_BYTES = 6,
    EMF_RECORD_BYTES = 8,
    COPY = 0x00CC0020, /* raster operation SRCCOPY */
};

/* Where a record that draws a bitmap keeps it. In a WMF the colours and bits lie behind each other at `bitmap`; in an
 * EMF four numbers there say where. */
struct bitmap_record {
    uint32_t type;
    size_t bitmap;
    size_t operation; /* offset of the raster operation; 0: it is a copy */
};

static const struct bitmap_record wmf_bitmaps[] = {
    {0x0F43, 28, 6}, /* STRETCHDIB */
    {0x0B41, 26, 6}, /* DIBSTRETCHBLT */
    {0x0940, 22, 6}, /* DIBBITBLT */
    {0x0D33, 24, 0}, /* SETDIBTODEV */
};

static const struct bitmap_record emf_bitmaps[] = {
    {81, 48, 68}, /* STRETCHDIBITS */
    {76, 84, 40}, /* BITBLT */
    {77, 84, 40}, /* STRETCHBLT */
    {80, 48, 0},  /* SETDIBITSTODEVICE */
    {114, 84, 0}, /* ALPHABLEND */
};

/* Records that draw something else. */
static const uint32_t wmf_drawings[] = {
    0x0213, /* LINETO */
    0x0228, /* FILLREGION */
    0x012B, /* PAINTREGION */
    0x012C, /* PAINTREGION, as later systems number it */
    0x0324, /* POLYGON */
    0x0325, /* POLYLINE */
    0x0418, /* ELLIPSE */
    0x041B, /* RECTANGLE */
    0x0429, /* FRAMEREGION */
    0x0521, /* TEXTOUT */
    0x0538, /* POLYPOLYGON */
    0x061C, /* ROUNDRECT */
    0x0817, /* ARC */
    0x081A, /* PIE */
    0x0830, /* CHORD */
    0x0922, /* BITBLT of a device-dependent bitmap */
    0x0A32, /* EXTTEXTOUT */
    0x0B23, /* STRETCHBLT of one */
};

/* The best bitmap so far, and whether it is all that there is to see. */
struct findings {
    struct picture picture;
    unsigned copies;
    bool other;
};

static void drop(struct findings *findings)
{
    string_free((char **)&findings->picture.bytes);
}

/* A mask goes before the bitmap that it masks and is smaller; two plain bitmaps are more than one picture. */
static void take(struct findings *findings, struct slice dib, bool copy)
{
    struct picture picture = {0};

    if (!picture_of_dib(dib, &picture)) {
        findings->other = true;
        return;
    }
    findings->copies += copy;
    if (findings->picture.size >= picture.size) {
        string_free((char **)&picture.bytes);
        return;
    }
    drop(findings);
    findings->picture = picture;
}

static bool settle(struct findings *findings, struct picture *ret)
{
    if (!findings->picture.bytes || findings->copies > 1 || findings->other) {
        drop(findings);
        return false;
    }
    *ret = findings->picture;
    return true;
}

static const struct bitmap_record *find(const struct bitmap_record *records, size_t count, uint32_t type)
{
    for (size_t i = 0; i < count; i++)
        if (records[i].type == type)
            return &records[i];
    return NULL;
}

static bool draws_in_wmf(uint32_t type)
{
    for (size_t i = 0; i < array_length(wmf_drawings); i++)
        if (wmf_drawings[i] == type)
            return true;
    return false;
}

static bool draws_in_emf(uint32_t type)
{
    return (type >= 2 && type <= 8) || (type >= 41 && type <= 47) || (type >= 53 && type <= 56) ||
           (type >= 62 && type <= 64) || type == 71 || type == 72 || type == 74 || (type >= 82 && type <= 92) ||
           type == 96 || type == 97 || type == 108 || type == 118;
}

static bool read_wmf(struct slice bytes, struct picture *ret)
{
    struct findings findings = {0};
    size_t at = WMF_HEADER_BYTES;

    if (picture_u32(bytes, 0) == 0x9AC6CDD7U)
        at += WMF_PLACEABLE_BYTES;
    while (at + WMF_RECORD_BYTES <= bytes.size) {
        struct slice record = {bytes.data + at, (size_t)picture_u32(bytes, at) * 2};
        uint32_t type = picture_u16(bytes, at + 4);
        const struct bitmap_record *bitmap = find(wmf_bitmaps, array_length(wmf_bitmaps), type);

        if (type == 0 || record.size < WMF_RECORD_BYTES)
            break;
        if (record.size > bytes.size - at)
            record.size = bytes.size - at;
        if (bitmap && record.size > bitmap->bitmap)
            take(&findings, (struct slice){record.data + bitmap->bitmap, record.size - bitmap->bitmap},
                 bitmap->operation == 0 || picture_u32(record, bitmap->operation) == COPY);
        findings.other = findings.other || draws_in_wmf(type);
        at += record.size;
    }
    return settle(&findings, ret);
}

/* Colours and bits may lie apart. */
static void take_emf(struct findings *findings, struct slice record, const struct bitmap_record *bitmap)
{
    size_t colours = picture_u32(record, bitmap->bitmap);
    size_t colours_size = picture_u32(record, bitmap->bitmap + 4);
    size_t bits = picture_u32(record, bitmap->bitmap + 8);
    size_t bits_size = picture_u32(record, bitmap->bitmap + 12);
    struct text dib = {0};

    if (colours_size == 0 || bits_size == 0)
        return;
    if (colours > record.size || colours_size > record.size - colours || bits > record.size ||
        bits_size > record.size - bits) {
        findings->other = true;
        return;
    }
    text_init(&dib, record.size * 2);
    text_put(&dib, record.data + colours, colours_size);
    text_put(&dib, record.data + bits, bits_size);
    take(findings, text_slice(&dib), bitmap->operation == 0 || picture_u32(record, bitmap->operation) == COPY);
    text_release(&dib);
}

static bool read_emf(struct slice bytes, struct picture *ret)
{
    struct findings findings = {0};
    size_t at = 0;

    while (at + EMF_RECORD_BYTES <= bytes.size) {
        uint32_t type = picture_u32(bytes, at);
        struct slice record = {bytes.data + at, picture_u32(bytes, at + 4)};
        const struct bitmap_record *bitmap = find(emf_bitmaps, array_length(emf_bitmaps), type);

        if (record.size < EMF_RECORD_BYTES || record.size > bytes.size - at)
            break;
        if (bitmap)
            take_emf(&findings, record, bitmap);
        findings.other = findings.other || draws_in_emf(type);
        at += record.size;
    }
    return settle(&findings, ret);
}

bool picture_of_metafile(struct slice metafile, struct picture *ret)
{
    switch (picture_detect(metafile)) {
    case PICTURE_WMF:
        return read_wmf(metafile, ret);
    case PICTURE_EMF:
        return read_emf(metafile, ret);
    default:
        return false;
    }
}
