#include "document/picture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "document/picture_parts.h"
#include "document_fixture.h"

struct bytes {
    unsigned char data[512];
    size_t size;
};

static void put(struct bytes *bytes, unsigned long value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes->data[bytes->size++] = (unsigned char)(value >> (8 * i));
}

static struct slice all_of(const struct bytes *bytes)
{
    return (struct slice){(const char *)bytes->data, bytes->size};
}

/* A bitmap of two rows of one red and one blue pixel, 24 bits, with the given header. */
static struct bytes dib(unsigned header)
{
    struct bytes bytes = {0};

    put(&bytes, header, 4);
    put(&bytes, 2, header == 12 ? 2 : 4);
    put(&bytes, 2, header == 12 ? 2 : 4);
    put(&bytes, 1, 2);
    put(&bytes, 24, 2);
    bytes.size = header;
    for (size_t row = 0; row < 2; row++) {
        put(&bytes, 0xFF0000, 3);
        put(&bytes, 0x0000FF, 3);
        put(&bytes, 0, 2);
    }
    return bytes;
}

Test(picture, is_known_by_its_bytes)
{
    static const struct {
        const char *bytes;
        size_t size;
        enum picture_format want;
    } cases[] = {
        {"\xFF\xD8\xFF\xE0", 4, PICTURE_JPEG},
        {"\x89PNG\r\n\x1A\n", 8, PICTURE_PNG},
        {"GIF89a", 6, PICTURE_GIF},
        {"GIF87a", 6, PICTURE_GIF},
        {"II*\0", 4, PICTURE_TIFF},
        {"MM\0*", 4, PICTURE_TIFF},
        {"\xD7\xCD\xC6\x9A", 4, PICTURE_WMF},
        {"BM is text", 10, PICTURE_UNKNOWN},
        {"", 0, PICTURE_UNKNOWN},
        {"\xFF\xD8", 2, PICTURE_UNKNOWN},
        {"GIF88a", 6, PICTURE_UNKNOWN},
        {"\x89PNG\r\n\x1A", 7, PICTURE_UNKNOWN},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        enum picture_format got = picture_detect((struct slice){cases[i].bytes, cases[i].size});

        cr_expect_eq(got, cases[i].want, "case %zu: got %s, want %s", i, picture_format_name(got),
                     picture_format_name(cases[i].want));
    }
    cr_expect_str_eq(picture_format_name(PICTURE_DICOM), "DICOM");
    cr_expect_str_eq(picture_format_ending(PICTURE_EMF), "emf");
    cr_expect_str_eq(picture_format_ending(PICTURE_JPEG), "jpg");
}

Test(picture, of_the_fixtures_is_known)
{
    static const struct {
        const char *name;
        enum picture_format want;
    } files[] = {
        {"files/derived-xray-15b-gray8.bmp", PICTURE_BMP}, {"files/derived-xray-45-rgb24.bmp", PICTURE_BMP},
        {"files/figure1-COVID-00001.jpg", PICTURE_JPEG},   {"files/figure1-COVID-00015b.png", PICTURE_PNG},
        {"files/pydicom-CT_small.dcm", PICTURE_DICOM},     {"files/pydicom-MR_small.dcm", PICTURE_DICOM},
        {"files/pydicom-no_meta.dcm", PICTURE_UNKNOWN},    {"files/pypdf-habibi.pdf", PICTURE_UNKNOWN},
        {"rtf/striprtf-french.rtf", PICTURE_UNKNOWN},
    };

    for (size_t i = 0; i < array_length(files); i++) {
        struct text bytes = {0};
        enum picture_format got = PICTURE_UNKNOWN;

        if (!fixture_bytes(files[i].name, &bytes))
            return;
        got = picture_detect(text_slice(&bytes));
        cr_expect_eq(got, files[i].want, "%s: got %s", files[i].name, picture_format_name(got));
        text_release(&bytes);
    }
}

Test(picture, of_a_dib_gets_a_file_header)
{
    static const unsigned headers[] = {12, 40, 108, 124};

    for (size_t i = 0; i < array_length(headers); i++) {
        struct bytes bytes = dib(headers[i]);
        struct picture picture = {0};

        cr_assert(picture_of_dib(all_of(&bytes), &picture), "header %u", headers[i]);
        cr_expect_eq(picture.format, PICTURE_BMP);
        cr_expect_eq(picture.size, bytes.size + 14);
        cr_expect_arr_eq(picture.bytes + 14, bytes.data, bytes.size);
        cr_expect_eq(picture_u32((struct slice){(char *)picture.bytes, picture.size}, 10), 14 + headers[i]);
        cr_expect_eq(picture_detect((struct slice){(char *)picture.bytes, picture.size}), PICTURE_BMP);
        free(picture.bytes);
        bytes.size--;
        cr_expect_not(picture_of_dib(all_of(&bytes), &picture), "header %u, a byte short", headers[i]);
    }
}

Test(picture, of_a_dib_is_refused_with_senseless_fields)
{
    static const struct {
        const char *name;
        size_t at;
        unsigned char byte;
    } fields[] = {
        {"width 0", 4, 0},
        {"width negative", 7, 0xFF},
        {"height 0", 8, 0},
        {"5 bits a pixel", 14, 5},
        {"compression 9", 16, 9},
        {"65538 colours", 34, 1},
        {"header of 41 bytes", 0, 41},
    };

    for (size_t i = 0; i < array_length(fields); i++) {
        struct bytes bytes = dib(40);
        struct picture picture = {0};

        bytes.data[fields[i].at] = fields[i].byte;
        cr_expect_not(picture_of_dib(all_of(&bytes), &picture), "%s", fields[i].name);
    }
}

/* Rows of a DDB go downwards and are filled to two bytes, those of a DIB upwards and to four. */
Test(picture, of_a_ddb_is_turned_over)
{
    struct bytes ddb = {0};
    struct picture picture = {0};
    static const unsigned char want[] = {0x0F, 0, 0, 0, 0xF0, 0, 0, 0};

    put(&ddb, 0, 2);
    put(&ddb, 8, 2);
    put(&ddb, 2, 2);
    put(&ddb, 2, 2);
    put(&ddb, 1, 1);
    put(&ddb, 1, 1);
    put(&ddb, 0, 4);
    put(&ddb, 0xF0, 2);
    put(&ddb, 0x0F, 2);
    cr_assert(picture_of_ddb(all_of(&ddb), &picture));
    cr_expect_eq(picture.size, 14 + 40 + 8 + 8);
    cr_expect_arr_eq(picture.bytes + 14 + 40 + 8, want, sizeof want);
    free(picture.bytes);
    ddb.size--;
    cr_expect_not(picture_of_ddb(all_of(&ddb), &picture), "a byte short");
    ddb.size++;
    ddb.data[9] = 4;
    cr_expect_not(picture_of_ddb(all_of(&ddb), &picture), "4 bits have no colours of their own");
}

/* An EMF with a header, records of that operation, and an end. */
static struct bytes emf(size_t bitmaps, unsigned long operation, bool draws)
{
    struct bytes bytes = {0};
    struct bytes pixels = dib(40);

    put(&bytes, 1, 4);
    put(&bytes, 88, 4);
    bytes.size = 40;
    put(&bytes, 0x464D4520, 4);
    bytes.size = 88;
    for (size_t i = 0; i < bitmaps; i++) {
        size_t start = bytes.size;

        put(&bytes, 81, 4);
        put(&bytes, 80 + pixels.size, 4);
        bytes.size = start + 48;
        put(&bytes, 80, 4);
        put(&bytes, 40, 4);
        put(&bytes, 120, 4);
        put(&bytes, pixels.size - 40, 4);
        put(&bytes, 0, 4);
        put(&bytes, operation, 4);
        bytes.size = start + 80;
        memcpy(bytes.data + bytes.size, pixels.data, pixels.size);
        bytes.size += pixels.size;
    }
    if (draws) {
        put(&bytes, 43, 4);
        put(&bytes, 24, 4);
        bytes.size += 16;
    }
    put(&bytes, 14, 4);
    put(&bytes, 20, 4);
    bytes.size += 12;
    return bytes;
}

Test(picture, of_a_metafile_is_its_only_bitmap)
{
    enum { COPY = 0x00CC0020, AND = 0x008800C6 };
    static const struct {
        const char *name;
        size_t bitmaps;
        unsigned long operation;
        bool draws;
        bool want;
    } cases[] = {
        {"one", 1, COPY, false, true},
        {"none", 0, COPY, false, false},
        {"one and a rectangle", 1, COPY, true, false},
        {"two", 2, COPY, false, false},
        {"a mask and its bitmap", 2, AND, false, true},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct bytes bytes = emf(cases[i].bitmaps, cases[i].operation, cases[i].draws);
        struct picture picture = {0};
        bool got = picture_of_metafile(all_of(&bytes), &picture);

        cr_expect_eq(picture_detect(all_of(&bytes)), PICTURE_EMF, "%s", cases[i].name);
        cr_expect_eq(got, cases[i].want, "%s", cases[i].name);
        if (got)
            cr_expect_eq(picture.size, 14 + 40 + 16, "%s: got %zu bytes", cases[i].name, picture.size);
        free(picture.bytes);
    }
}

/* An object whose picture is a device-independent bitmap, and one whose bytes end anywhere. */
Test(picture, of_an_ole_object_may_stand_behind_its_data)
{
    struct bytes pixels = dib(40);
    struct bytes bytes = {0};
    struct picture picture = {0};

    put(&bytes, 0x501, 4);
    put(&bytes, 2, 4);
    put(&bytes, 4, 4);
    put(&bytes, 0x007A7978, 4);
    put(&bytes, 0, 4);
    put(&bytes, 0, 4);
    put(&bytes, 2, 4);
    put(&bytes, 0x6968, 2);
    put(&bytes, 0x501, 4);
    put(&bytes, 5, 4);
    put(&bytes, 4, 4);
    put(&bytes, 0x00424944, 4);
    put(&bytes, 100, 4);
    put(&bytes, 100, 4);
    put(&bytes, pixels.size, 4);
    memcpy(bytes.data + bytes.size, pixels.data, pixels.size);
    bytes.size += pixels.size;
    cr_assert(picture_of_ole(all_of(&bytes), &picture));
    cr_expect_eq(picture.size, 14 + pixels.size);
    free(picture.bytes);
    for (size_t size = 0; size < bytes.size; size++)
        cr_expect_not(picture_of_ole((struct slice){(char *)bytes.data, size}, &picture), "cut at %zu", size);
}

Test(picture, of_a_jpeg_is_cut_where_its_end_is_missing)
{
    unsigned char whole[9000] = {0xFF, 0xD8, 0xFF, 0xE0, 0xFF, 0xD9}; /* a marker of a thumbnail, early */
    struct picture picture = {.format = PICTURE_JPEG, .bytes = whole, .size = sizeof whole};

    cr_expect(picture_is_cut(&picture));
    whole[sizeof whole - 2] = 0xFF;
    whole[sizeof whole - 1] = 0xD9;
    cr_expect_not(picture_is_cut(&picture));
    picture.size--;
    cr_expect(picture_is_cut(&picture));
    whole[6000] = 0xFF;
    whole[6001] = 0xD9;
    cr_expect_not(picture_is_cut(&picture), "some bytes of a camera stand behind the end");
    picture = (struct picture){.format = PICTURE_JPEG, .bytes = whole, .size = 1};
    cr_expect(picture_is_cut(&picture));
    picture.format = PICTURE_PNG;
    cr_expect_not(picture_is_cut(&picture), "only of a JPEG is it known");
}
