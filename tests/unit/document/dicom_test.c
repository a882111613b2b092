#include "document/dicom.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "document/surface_formats.h"
#include "sample_pictures.h"

enum { FILE_CAP = 1024 * 1024, COLUMNS = 4, ROWS = 2 };

#define EXPLICIT  "1.2.840.10008.1.2.1"
#define IMPLICIT  "1.2.840.10008.1.2"
#define JPEG      "1.2.840.10008.1.2.4.50"
#define JPEG_2000 "1.2.840.10008.1.2.4.90"

struct form {
    const char *syntax;
    const char *photometric;
    unsigned samples;
    unsigned bits_allocated;
    unsigned bits_stored;
    bool is_signed;
    bool planar;
    const char *centre; /* NULL for no window */
    const char *width;
    const char *frames;
    bool overlay;
    bool sequences; /* of known and of unknown length, with pixels within them that are not ours */
    bool no_preamble;
};

static const struct form plain = {
    .syntax = EXPLICIT, .photometric = "MONOCHROME2", .samples = 1, .bits_allocated = 8, .bits_stored = 8};

static void put_head(struct text *out, const struct form *form, uint32_t tag, const char *type, uint32_t length)
{
    put_number(out, tag >> 16, 2);
    put_number(out, tag & 0xFFFF, 2);
    if (strcmp(form->syntax, IMPLICIT) == 0 && tag >> 16 != 2) {
        put_number(out, length, 4);
        return;
    }
    text_puts(out, type);
    if (strcmp(type, "SQ") == 0 || strcmp(type, "OW") == 0 || strcmp(type, "OB") == 0 || strcmp(type, "UN") == 0) {
        put_number(out, 0, 2);
        put_number(out, length, 4);
    } else {
        put_number(out, length, 2);
    }
}

static void put_string(struct text *out, const struct form *form, uint32_t tag, const char *type, const char *value)
{
    size_t size = strlen(value);

    put_head(out, form, tag, type, (uint32_t)(size + size % 2));
    text_put(out, value, size + size % 2);
}

static void put_short(struct text *out, const struct form *form, uint32_t tag, unsigned value)
{
    put_head(out, form, tag, "US", 2);
    put_number(out, value, 2);
}

static void put_item(struct text *out, uint32_t tag, uint32_t length)
{
    put_number(out, tag >> 16, 2);
    put_number(out, tag & 0xFFFF, 2);
    put_number(out, length, 4);
}

static void put_sequences(struct text *out, const struct form *form)
{
    put_head(out, form, 0x00081115, "SQ", 0xFFFFFFFF);
    put_item(out, 0xFFFEE000, 0xFFFFFFFF);
    put_short(out, form, 0x00280010, 999);
    put_head(out, form, 0x00081199, "SQ", 0xFFFFFFFF);
    put_item(out, 0xFFFEE0DD, 0);
    put_item(out, 0xFFFEE00D, 0);
    put_item(out, 0xFFFEE000, 0);
    put_item(out, 0xFFFEE0DD, 0);
    put_head(out, form, 0x00081140, "SQ", 8);
    put_item(out, 0xFFFEE000, 0);
}

/* All of a file up to the head of the pixels. */
static void put_header(struct text *out, const struct form *form)
{
    if (!form->no_preamble) {
        for (int i = 0; i < 128; i++)
            text_putc(out, 0);
        text_puts(out, "DICM");
        put_string(out, form, 0x00020010, "UI", form->syntax);
    }
    put_string(out, form, 0x00080060, "CS", "DX");
    if (form->sequences)
        put_sequences(out, form);
    put_short(out, form, 0x00280002, form->samples);
    put_string(out, form, 0x00280004, "CS", form->photometric);
    put_short(out, form, 0x00280006, form->planar);
    if (form->frames)
        put_string(out, form, 0x00280008, "IS", form->frames);
    put_short(out, form, 0x00280010, ROWS);
    put_short(out, form, 0x00280011, COLUMNS);
    put_short(out, form, 0x00280100, form->bits_allocated);
    put_short(out, form, 0x00280101, form->bits_stored);
    put_short(out, form, 0x00280102, form->bits_stored - 1);
    put_short(out, form, 0x00280103, form->is_signed);
    if (form->centre)
        put_string(out, form, 0x00281050, "DS", form->centre);
    if (form->width)
        put_string(out, form, 0x00281051, "DS", form->width);
    if (form->overlay)
        put_head(out, form, 0x60003000, "OW", 0);
}

static void put_pixels(struct text *out, const struct form *form, const unsigned *values, size_t count)
{
    size_t size = form->bits_allocated / 8;

    put_head(out, form, 0x7FE00010, "OW", (uint32_t)(count * size));
    for (size_t i = 0; i < count; i++)
        put_number(out, values[i], size);
}

static struct surface *open_values(const struct form *form, const unsigned *values, size_t count, struct fault *fault)
{
    scoped(text_release) struct text bytes;
    struct surface *surface = NULL;

    text_init(&bytes, FILE_CAP);
    put_header(&bytes, form);
    put_pixels(&bytes, form, values, count);
    return dicom_open_surface(text_slice(&bytes), &surface, fault) ? surface : NULL;
}

static void expect_shades(const struct form *form, const unsigned *values, const unsigned char *want, const char *name)
{
    struct fault fault = {0};
    scoped(surface_destroy) struct surface *surface = open_values(form, values, COLUMNS * ROWS, &fault);

    cr_assert(surface, "%s: %s", name, fault.text);
    cr_assert_eq(surface->width, COLUMNS);
    cr_assert_eq(surface->height, ROWS);
    for (int i = 0; i < COLUMNS * ROWS; i++) {
        uint32_t got = surface_row(surface, i / COLUMNS)[i % COLUMNS] & 0xFFFFFF;

        cr_expect_eq(got, want[i] * 0x010101U, "%s, pixel %d: got %06X, want %02X", name, i, got, want[i]);
    }
}

Test(dicom, spans_the_values_when_there_is_no_window)
{
    static const unsigned values[] = {100, 101, 102, 103, 104, 105, 150, 200};
    static const unsigned char want[] = {0, 3, 5, 8, 10, 13, 128, 255};
    struct form form = plain;

    expect_shades(&form, values, want, "explicit");
    form.syntax = IMPLICIT;
    expect_shades(&form, values, want, "implicit");
    form.no_preamble = true;
    expect_shades(&form, values, want, "implicit, no preamble");
    form.syntax = EXPLICIT;
    expect_shades(&form, values, want, "explicit, no preamble");
    form.sequences = true;
    expect_shades(&form, values, want, "sequences");
    form.frames = "1";
    expect_shades(&form, values, want, "one frame");
}

/* PS3.3, C.11.2.1.2: centre 128 and width 128 leave 64 black and 191 white. */
Test(dicom, looks_through_the_window)
{
    static const unsigned values[] = {0, 64, 65, 96, 127, 190, 191, 255};
    static const unsigned char want[] = {0, 0, 2, 64, 126, 253, 255, 255};
    struct form form = plain;

    form.centre = "128\\40";
    form.width = "128\\80 ";
    expect_shades(&form, values, want, "window");
    form.width = NULL;
    form.centre = "nonsense";
    expect_shades(&form, values, (unsigned char[]){0, 64, 65, 96, 127, 190, 191, 255}, "half a window");
}

Test(dicom, shows_monochrome_1_inverted)
{
    static const unsigned values[] = {0, 255, 0, 255, 0, 255, 51, 204};
    static const unsigned char want[] = {255, 0, 255, 0, 255, 0, 204, 51};
    struct form form = plain;

    form.photometric = "MONOCHROME1";
    expect_shades(&form, values, want, "MONOCHROME1");
}

Test(dicom, reads_signed_values_of_twelve_bits_in_sixteen)
{
    /* -2048, -1, 0, 2047, and bits above the stored ones, which are none of ours. */
    static const unsigned values[] = {0x0800, 0x0FFF, 0x0000, 0x07FF, 0xF800, 0xFFFF, 0xF000, 0xF7FF};
    static const unsigned char want[] = {0, 127, 128, 255, 0, 127, 128, 255};
    struct form form = plain;

    form.bits_allocated = 16;
    form.bits_stored = 12;
    form.is_signed = true;
    expect_shades(&form, values, want, "signed");
}

Test(dicom, shows_one_grey_when_all_values_are_equal)
{
    static const unsigned values[COLUMNS * ROWS] = {7, 7, 7, 7, 7, 7, 7, 7};
    struct fault fault = {0};
    scoped(surface_destroy) struct surface *surface = open_values(&plain, values, COLUMNS * ROWS, &fault);

    cr_expect(surface, "%s", fault.text);
}

Test(dicom, reads_rgb_by_pixel_and_by_plane)
{
    enum { COUNT = COLUMNS * ROWS };
    unsigned by_pixel[3 * COUNT];
    unsigned by_plane[3 * COUNT];

    for (unsigned i = 0; i < COUNT; i++)
        for (unsigned c = 0; c < 3; c++)
            by_pixel[3 * i + c] = by_plane[c * COUNT + i] = 16 * i + c;
    for (int planar = 0; planar < 2; planar++) {
        struct form form = plain;
        struct fault fault = {0};
        scoped(surface_destroy) struct surface *surface = NULL;

        form.photometric = "RGB";
        form.samples = 3;
        form.planar = planar;
        surface = open_values(&form, planar ? by_plane : by_pixel, array_length(by_pixel), &fault);
        cr_assert(surface, "%s", fault.text);
        for (unsigned i = 0; i < COUNT; i++) {
            uint32_t got = surface_row(surface, (int)i / COLUMNS)[i % COLUMNS] & 0xFFFFFF;
            uint32_t want = (16 * i) << 16 | (16 * i + 1) << 8 | (16 * i + 2);

            cr_expect_eq(got, want, "planar %d, pixel %u: got %06X, want %06X", planar, i, got, want);
        }
    }
}

Test(dicom, refuses_what_it_would_show_only_half)
{
    static const unsigned values[COLUMNS * ROWS * 3] = {0};
    static const struct {
        const char *syntax;
        const char *photometric;
        unsigned samples;
        unsigned bits_allocated;
        unsigned bits_stored;
        const char *frames;
        bool overlay;
        const char *words;
    } cases[] = {
        {JPEG_2000, "MONOCHROME2", 1, 8, 8, NULL, false, "1.2.840.10008.1.2.4.90"},
        {EXPLICIT, "PALETTE COLOR", 1, 8, 8, NULL, false, "PALETTE COLOR"},
        {EXPLICIT, "YBR_FULL", 3, 8, 8, NULL, false, "YBR_FULL"},
        {EXPLICIT, "MONOCHROME2", 1, 32, 32, NULL, false, "32 bits"},
        {EXPLICIT, "MONOCHROME2", 1, 8, 0, NULL, false, "0 bits"},
        {EXPLICIT, "MONOCHROME2", 1, 8, 9, NULL, false, "9 bits"},
        {EXPLICIT, "RGB", 3, 16, 16, NULL, false, "16 bits"},
        {EXPLICIT, "MONOCHROME2", 1, 8, 8, "20", false, "20 frames"},
        {EXPLICIT, "MONOCHROME2", 1, 8, 8, NULL, true, "overlay"},
        {JPEG, "MONOCHROME2", 1, 8, 8, NULL, false, "fragments"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct form form = {.syntax = cases[i].syntax,
                            .photometric = cases[i].photometric,
                            .samples = cases[i].samples,
                            .bits_allocated = cases[i].bits_allocated,
                            .bits_stored = cases[i].bits_stored,
                            .frames = cases[i].frames,
                            .overlay = cases[i].overlay};
        struct fault fault = {0};
        scoped(surface_destroy) struct surface *surface =
            open_values(&form, values, COLUMNS * ROWS * cases[i].samples, &fault);

        cr_expect_not(surface, "%s", cases[i].words);
        cr_expect_eq(fault.kind, FAULT_BAD_INPUT);
        cr_expect_not_null(strstr(fault.text, cases[i].words), "want %s, got %s", cases[i].words, fault.text);
    }
}

Test(dicom, is_whole_or_refused)
{
    static const unsigned values[COLUMNS * ROWS] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct form form = plain;
    scoped(text_release) struct text bytes;

    form.sequences = true;
    text_init(&bytes, FILE_CAP);
    put_header(&bytes, &form);
    put_pixels(&bytes, &form, values, array_length(values));
    for (size_t size = 0; size <= bytes.size; size++) {
        scoped(string_free) char *copy = x_alloc_raw(size ? size : 1);
        scoped(surface_destroy) struct surface *surface = NULL;
        struct fault fault = {0};
        bool opened = false;

        memcpy(copy, bytes.data, size);
        opened = dicom_open_surface((struct slice){copy, size}, &surface, &fault);
        cr_expect_eq(opened, size == bytes.size, "%zu of %zu bytes: got %d", size, bytes.size, opened);
        cr_expect(opened || fault.kind == FAULT_BAD_INPUT, "%zu bytes", size);
    }
}

Test(dicom, ends_nesting_that_never_ends)
{
    scoped(text_release) struct text bytes;
    struct surface *surface = NULL;
    struct fault fault = {0};

    text_init(&bytes, FILE_CAP);
    put_header(&bytes, &plain);
    for (int i = 0; i < 1000; i++) {
        put_head(&bytes, &plain, 0x00281100, "SQ", 0xFFFFFFFF);
        put_item(&bytes, 0xFFFEE000, 0xFFFFFFFF);
    }
    cr_expect_not(dicom_open_surface(text_slice(&bytes), &surface, &fault));
    cr_expect_not_null(strstr(fault.text, "too deeply"), "%s", fault.text);
}

static bool open_jpeg(struct text *bytes, const char *photometric, int fragments, struct surface **ret,
                      struct fault *fault)
{
    struct form form = {.syntax = JPEG, .photometric = photometric, .bits_allocated = 8, .bits_stored = 8};
    struct jpeg_form jpeg = {.components = strcmp(photometric, "RGB") == 0 ? 3 : 1};
    scoped(text_release) struct text stream;

    jpeg.rgb = jpeg.unmarked = jpeg.components == 3;
    form.samples = (unsigned)jpeg.components;
    text_init(&stream, FILE_CAP);
    put_jpeg(&stream, &jpeg);
    put_header(bytes, &form);
    put_head(bytes, &form, 0x7FE00010, "OB", 0xFFFFFFFF);
    put_item(bytes, 0xFFFEE000, 4);
    put_number(bytes, 0, 4);
    for (int i = 0; i < fragments; i++) {
        put_item(bytes, 0xFFFEE000, (uint32_t)stream.size);
        text_put(bytes, stream.data, stream.size);
    }
    put_item(bytes, 0xFFFEE0DD, 0);
    return dicom_open_surface(text_slice(bytes), ret, fault);
}

Test(dicom, embeds_a_jpeg_whose_colours_a_pdf_shows)
{
    static const struct {
        const char *photometric;
        int fragments;
        bool shown;
        bool embedded;
    } cases[] = {{"MONOCHROME2", 1, true, true},
                 {"MONOCHROME1", 1, true, false},
                 {"RGB", 1, true, false},
                 {"MONOCHROME2", 0, false, false},
                 {"MONOCHROME2", 2, false, false}};

    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(text_release) struct text bytes;
        scoped(surface_destroy) struct surface *surface = NULL;
        struct fault fault = {0};

        text_init(&bytes, FILE_CAP);
        cr_expect_eq(open_jpeg(&bytes, cases[i].photometric, cases[i].fragments, &surface, &fault), cases[i].shown,
                     "case %zu: %s", i, fault.text);
        cr_expect_eq(surface && surface->embedded, cases[i].embedded, "case %zu", i);
    }
}

Test(dicom, inverts_a_jpeg_in_monochrome_1)
{
    scoped(text_release) struct text bytes;
    scoped(surface_destroy) struct surface *surface = NULL;
    struct fault fault = {0};

    text_init(&bytes, FILE_CAP);
    cr_assert(open_jpeg(&bytes, "MONOCHROME1", 1, &surface, &fault), "%s", fault.text);
    /* The white quarter, and the red one that was made black. */
    cr_expect_lt(surface_row(surface, 12)[12] & 255, 8U);
    cr_expect_gt(surface_row(surface, 4)[4] & 255, 247U);
}

Test(dicom, reads_real_files)
{
    static const struct {
        const char *name;
        int side; /* 0: refused */
        const char *words;
    } cases[] = {
        {"pydicom-CT_small.dcm", 128, ""},
        {"pydicom-MR_small.dcm", 64, ""},
        {"pydicom-MR_truncated.dcm", 0, "cut off"},
        {"pydicom-examples_jpeg2k.dcm", 0, "1.2.840.10008.1.2.4.90"},
        {"pydicom-waveform_ecg.dcm", 0, "no picture"},
    };

    if (access(FIXTURES_DIR "/files", R_OK) != 0)
        cr_skip("no fixtures here");
    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(string_free) char *path = x_sprintf(FIXTURES_DIR "/files/%s", cases[i].name);
        scoped(file_close) FILE *file = fopen(path, "rb");
        scoped(string_free) char *bytes = x_alloc_raw(FILE_CAP);
        scoped(surface_destroy) struct surface *surface = NULL;
        struct fault fault = {0};
        size_t size = 0;

        cr_assert(file, "%s", path);
        size = fread(bytes, 1, FILE_CAP, file);
        cr_expect_eq(dicom_open_surface((struct slice){bytes, size}, &surface, &fault), cases[i].side > 0, "%s: %s",
                     cases[i].name, fault.text);
        cr_expect_eq(surface ? surface->width : 0, cases[i].side);
        cr_expect_not_null(strstr(fault.text, cases[i].words), "%s: %s", cases[i].name, fault.text);
    }
}
