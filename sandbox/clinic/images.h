/* Pictures that code draws, and small encoders for the formats in which an old system keeps them. */
#ifndef SANDBOX_CLINIC_IMAGES_H
#define SANDBOX_CLINIC_IMAGES_H

#include "base/text.h"
#include "sandbox/clinic/dice.h"

/* Rows from the top, without padding; 1 channel (grey) or 3 (red, green, blue). */
struct raster {
    int width;
    int height;
    int channels;
    unsigned char *pixels;
};

enum image_format { IMAGE_JPEG, IMAGE_PNG, IMAGE_BMP, IMAGE_TIFF, IMAGE_DICOM, IMAGE_FORMAT_COUNT };

/* Two bones that meet in a joint, grey, with a marker of digits and the letters L, R, X and - in a corner. */
struct raster raster_of_bones(struct dice *dice, int width, int height, const char *marker);

/* A face, in colour. */
struct raster raster_of_face(struct dice *dice, int size);

void raster_release(struct raster *raster);

/* Appends the file. BMP, TIFF and DICOM take grey rasters only; BMP and TIFF are not packed, and DICOM has 12 of 16
 * bits with explicit lengths. */
void image_put(const struct raster *raster, enum image_format format, struct text *out);

/* "jpg", "png" and so on. */
const char *image_ending(enum image_format format);

/* A bitmap without its file header, as RTF holds it, and a Windows metafile that shows nothing but this bitmap. */
void image_put_dib(const struct raster *raster, struct text *out);
void image_put_wmf(const struct raster *raster, struct text *out);

#endif
