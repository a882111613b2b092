#include "document/picture.h"

#include <string.h>

#include "document/picture_parts.h"

static bool begins(struct slice bytes, const char *signature, size_t size)
{
    return bytes.size >= size && memcmp(bytes.data, signature, size) == 0;
}

/* A WMF without the placeable header: type 1 or 2, a header of nine words, version 1 or 3 (MS-WMF 2.3.2.2). */
static bool is_bare_wmf(struct slice bytes)
{
    return bytes.size >= 18 && (bytes.data[0] == 1 || bytes.data[0] == 2) && bytes.data[1] == 0 && bytes.data[2] == 9 &&
           bytes.data[3] == 0 && bytes.data[4] == 0 && (bytes.data[5] == 1 || bytes.data[5] == 3);
}

/* DICOM part 10 has a preamble of 128 bytes; older files begin with group 0008 at once, little endian. */
static bool is_dicom(struct slice bytes)
{
    if (bytes.size >= 132 && memcmp(bytes.data + 128, "DICM", 4) == 0)
        return true;
    return bytes.size >= 16 &&
           (begins(bytes, "\x08\x00\x00\x00", 4) || begins(bytes, "\x08\x00\x05\x00", 4) ||
            begins(bytes, "\x08\x00\x08\x00", 4)) &&
           (memcmp(bytes.data + 4, "UL", 2) == 0 || memcmp(bytes.data + 4, "CS", 2) == 0 ||
            memcmp(bytes.data + 4, "\x04\x00\x00\x00", 4) == 0 || memcmp(bytes.data + 4, "\x0A\x00\x00\x00", 4) == 0);
}

enum picture_format picture_detect(struct slice bytes)
{
    if (begins(bytes, "\xFF\xD8\xFF", 3))
        return PICTURE_JPEG;
    if (begins(bytes, "\x89PNG\r\n\x1A\n", 8))
        return PICTURE_PNG;
    if (begins(bytes, "GIF87a", 6) || begins(bytes, "GIF89a", 6))
        return PICTURE_GIF;
    if (begins(bytes, "BM", 2) &&
        picture_is_dib((struct slice){bytes.data + 14, bytes.size > 14 ? bytes.size - 14 : 0}))
        return PICTURE_BMP;
    /* A DICOM file may have the head of a TIFF in its preamble. */
    if (bytes.size >= 132 && memcmp(bytes.data + 128, "DICM", 4) == 0)
        return PICTURE_DICOM;
    if (begins(bytes, "II*\0", 4) || begins(bytes, "MM\0*", 4))
        return PICTURE_TIFF;
    if (begins(bytes, "\xD7\xCD\xC6\x9A", 4) || is_bare_wmf(bytes))
        return PICTURE_WMF;
    if (begins(bytes, "\1\0\0\0", 4) && bytes.size >= 44 && memcmp(bytes.data + 40, " EMF", 4) == 0)
        return PICTURE_EMF;
    return is_dicom(bytes) ? PICTURE_DICOM : PICTURE_UNKNOWN;
}

/* A thumbnail within the head has a marker of its own, so it must stand near the end; cameras put little behind it. */
bool picture_is_cut(const struct picture *picture)
{
    enum { BEHIND_MOST = 4096 };
    size_t least = picture->size > BEHIND_MOST ? picture->size - BEHIND_MOST : 0;

    if (picture->format != PICTURE_JPEG)
        return false;
    for (size_t at = picture->size; at >= least + 2; at--)
        if (picture->bytes[at - 2] == 0xFF && picture->bytes[at - 1] == 0xD9)
            return false;
    return true;
}

const char *picture_format_name(enum picture_format format)
{
    static const char *const names[] = {
        "an unknown picture", "JPEG", "PNG", "GIF", "BMP", "TIFF", "DICOM", "WMF", "EMF"};

    return names[format];
}

const char *picture_format_ending(enum picture_format format)
{
    static const char *const endings[] = {"bin", "jpg", "png", "gif", "bmp", "tif", "dcm", "wmf", "emf"};

    return endings[format];
}
