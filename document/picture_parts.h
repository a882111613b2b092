/*
 * Pictures within pictures: bitmaps without a file header, and the bitmap that a metafile or an OLE object wraps.
 */
#ifndef DOCUMENT_PICTURE_PARTS_H
#define DOCUMENT_PICTURE_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "document/picture.h"

/* Little-endian numbers at an offset; 0 beyond the end. */
uint16_t picture_u16(struct slice bytes, size_t at);
uint32_t picture_u32(struct slice bytes, size_t at);

/* The bytes begin with a BITMAPCOREHEADER or BITMAPINFOHEADER (any version) with sane fields. */
bool picture_is_dib(struct slice bytes);

/* A DIB with its file header before it. False when the bytes are no DIB or its pixels are not all there. */
bool picture_of_dib(struct slice dib, struct picture *ret);

/* A DDB (BITMAP structure, 14 bytes, with bits behind it) of one, 16, 24 or 32 bits. */
bool picture_of_ddb(struct slice ddb, struct picture *ret);

/* The one bitmap of a WMF or EMF that draws nothing else. False when there is none, or more to see than that. */
bool picture_of_metafile(struct slice metafile, struct picture *ret);

/* The picture in the data of an OLE 1 object, as RTF's \objdata holds it (MS-OLEDS 2.2): PBrush, Bitmap, DIB, a static
 * DIB or metafile, or a packaged image file. False when there is none. */
bool picture_of_ole(struct slice object, struct picture *ret);

/* A copy of image bytes as they are. */
struct picture picture_copy(struct slice bytes, enum picture_format format);

#endif
