/*
 * The picture in a DICOM file, as far as a page of paper can show it: one frame, greyscale or RGB, uncompressed or
 * baseline JPEG. What a viewer would show beyond that (frames, overlays, palettes, other compressions) is refused, so
 * that the file itself goes over instead of half a picture.
 */
#ifndef DOCUMENT_DICOM_H
#define DOCUMENT_DICOM_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/text.h"
#include "document/surface.h"

/* Greyscale goes through the window that the file names, or from its least to its greatest value. A JPEG of a single
 * fragment is embedded as it is, and borrows the bytes. FAULT_BAD_INPUT says what the file is or where it breaks. */
MUST_CHECK bool dicom_open_surface(struct slice bytes, struct surface **ret_surface, struct fault *fault);

#endif
