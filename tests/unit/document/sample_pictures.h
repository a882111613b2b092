/*
 * Small pictures in every format, made in memory: four quarters in four colours, so that a turned or mirrored one is
 * noticed. All have sides of SAMPLE_SIDE pixels.
 */
#ifndef TESTS_DOCUMENT_SAMPLE_PICTURES_H
#define TESTS_DOCUMENT_SAMPLE_PICTURES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "document/picture.h"

enum { SAMPLE_SIDE = 16 };

#define SAMPLE_RED   0xFF0000U
#define SAMPLE_GREEN 0x00FF00U
#define SAMPLE_BLUE  0x0000FFU
#define SAMPLE_WHITE 0xFFFFFFU

/* The colour at a place of the picture: red and green above blue and white. */
uint32_t sample_colour(int x, int y);

/* Number of two or four bytes, little endian. */
void put_number(struct text *out, uint32_t value, size_t size);

struct bmp_form {
    const char *name;
    int bits;
    bool top_down;
    bool os2;       /* the header of 12 bytes */
    bool packed;    /* RLE8 */
    uint32_t alpha; /* of every pixel, for 32 bits with masks; no masks when 0 */
    bool masks;
};

void put_bmp(struct text *out, const struct bmp_form *form);
void put_png(struct text *out);
void put_gif(struct text *out);

struct jpeg_form {
    int components;  /* 1, 3 or 4 */
    int orientation; /* an Exif segment with it; 0 for none */
    bool progressive;
    bool arithmetic;
    bool rgb;      /* three components are not turned into YCbCr */
    bool unmarked; /* neither JFIF nor Adobe segment */
};

void put_jpeg(struct text *out, const struct jpeg_form *form);

struct tiff_form {
    int pages;
    int orientation; /* 0 for none */
    bool bilevel;    /* red and white quarters are white, the others black; fax resolution */
    bool thumbnail;  /* a reduced picture stands before the pages */
};

void put_tiff(struct text *out, const struct tiff_form *form);

/* A picture that borrows the bytes. */
struct picture sample_picture(const struct text *bytes, enum picture_format format);

#endif
