/*
 * A picture as it was found: its bytes are never changed here. What can be shown is turned into a cairo surface or, for
 * JPEG, embedded as it is.
 */
#ifndef DOCUMENT_PICTURE_H
#define DOCUMENT_PICTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

enum picture_format {
    PICTURE_UNKNOWN,
    PICTURE_JPEG,
    PICTURE_PNG,
    PICTURE_GIF,
    PICTURE_BMP, /* with its file header: a bare DIB gets one when it is found */
    PICTURE_TIFF,
    PICTURE_DICOM,
    PICTURE_WMF, /* with or without the placeable header */
    PICTURE_EMF,
};

struct picture {
    enum picture_format format;
    unsigned char *bytes; /* owned by whoever owns the picture */
    size_t size;
    double width_points; /* as the document shows it; 0 when it does not say */
    double height_points;
};

/* By the leading bytes. */
enum picture_format picture_detect(struct slice bytes);

/* True for a JPEG whose data end before its end-of-image marker (ITU T.81, B.2.1): viewers show a part of it. */
bool picture_is_cut(const struct picture *picture);

/* "JPEG" and so on, for people; the ending of a file of this kind, without the dot. */
const char *picture_format_name(enum picture_format format);
const char *picture_format_ending(enum picture_format format);

#endif
