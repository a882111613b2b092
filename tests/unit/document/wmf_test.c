#include "document/wmf.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "document/document.h"
#include "document/pdf.h"
#include "sample_pictures.h"

enum { FILE_CAP = 16 * 1024 * 1024, SIDE = 96, END = -99999 };

/* Colours as they are seen; in records red comes first. */
enum { RED = 0xFF0000, GREEN = 0x00FF00, BLUE = 0x0000FF, WHITE = 0xFFFFFF, BLACK = 0 };

/* A record of 16-bit parameters, ended by END. */
static void put_record(struct text *out, unsigned function, ...)
{
    scoped(text_release) struct text parameters;
    va_list list;
    int value = 0;

    text_init(&parameters, FILE_CAP);
    va_start(list, function);
    while ((value = va_arg(list, int)) != END)
        put_number(&parameters, (uint32_t)value, 2);
    va_end(list);
    put_number(out, (uint32_t)(3 + parameters.size / 2), 4);
    put_number(out, function, 2);
    text_put(out, text_string(&parameters), parameters.size);
}

/* The head of a drawing with logical units from 0 to 100 on an inch, whose objects 0 and 1 are a red brush and no pen.
 */
static void put_start(struct text *out, bool placeable)
{
    if (placeable) {
        put_number(out, 0x9AC6CDD7, 4);
        put_number(out, 0, 2);
        put_number(out, 0, 4);
        put_number(out, 100, 2);
        put_number(out, 100, 2);
        put_number(out, 100, 2);
        put_number(out, 0, 4);
        put_number(out, 0, 2);
    }
    put_number(out, 0x00090001, 4);
    put_number(out, 0x0300, 2);
    for (int i = 0; i < 3; i++)
        put_number(out, 0, 4); /* sizes, which nobody reads */
    put_record(out, 0x0103, 8, END);
    put_record(out, 0x020B, 0, 0, END);
    put_record(out, 0x020C, 100, 100, END);
    put_record(out, 0x02FC, 0, 0x00FF, 0, 0, END);
    put_record(out, 0x02FA, 5, 0, 0, 0, 0, END);
    put_record(out, 0x012D, 0, END);
    put_record(out, 0x012D, 1, END);
}

static void put_end(struct text *out)
{
    put_record(out, 0, END);
}

struct canvas {
    cairo_surface_t *pixels;
};

static void canvas_release(struct canvas *canvas)
{
    cairo_surface_destroy(canvas->pixels);
}

/* The drawing on white paper of SIDE pixels. */
static struct canvas play(const struct text *bytes)
{
    struct canvas canvas = {cairo_image_surface_create(CAIRO_FORMAT_RGB24, SIDE, SIDE)};
    cairo_t *cairo = cairo_create(canvas.pixels);
    scoped(surface_destroy) struct surface *surface = NULL;
    struct fault fault = {0};

    cr_assert(wmf_open_surface(text_slice(bytes), &surface, &fault), "%s", fault.text);
    cairo_set_source_rgb(cairo, 1, 1, 1);
    cairo_paint(cairo);
    surface_draw(surface, cairo, 0, 0, SIDE, SIDE);
    cairo_destroy(cairo);
    cairo_surface_flush(canvas.pixels);
    return canvas;
}

/* At a place in logical units. */
static uint32_t colour_at(const struct canvas *canvas, int x, int y)
{
    const unsigned char *row = cairo_image_surface_get_data(canvas->pixels) +
                               (size_t)(y * SIDE / 100) * (size_t)cairo_image_surface_get_stride(canvas->pixels);
    uint32_t pixel = 0;

    memcpy(&pixel, row + 4 * (x * SIDE / 100), sizeof pixel);
    return pixel & 0xFFFFFF;
}

struct probe {
    int x;
    int y;
    uint32_t colour;
};

static void expect_colours(const struct text *bytes, const struct probe *probes, size_t count, const char *name)
{
    scoped(canvas_release) struct canvas canvas = play(bytes);

    for (size_t i = 0; i < count; i++) {
        uint32_t got = colour_at(&canvas, probes[i].x, probes[i].y);

        cr_expect_eq(got, probes[i].colour, "%s at %d, %d: got %06X, want %06X", name, probes[i].x, probes[i].y, got,
                     probes[i].colour);
    }
}

#define EXPECT_COLOURS(bytes, name, ...)                                                                               \
    expect_colours((bytes), (const struct probe[]){__VA_ARGS__}, array_length(((const struct probe[]){__VA_ARGS__})),  \
                   (name))

Test(wmf, draws_shapes)
{
    for (int placeable = 0; placeable < 2; placeable++) {
        scoped(text_release) struct text bytes;

        text_init(&bytes, FILE_CAP);
        put_start(&bytes, placeable);
        put_record(&bytes, 0x041B, 30, 40, 10, 10, END);            /* rectangle 10,10 to 40,30 */
        put_record(&bytes, 0x0418, 30, 90, 10, 60, END);            /* ellipse 60,10 to 90,30 */
        put_record(&bytes, 0x0324, 3, 10, 60, 40, 60, 10, 90, END); /* triangle */
        put_record(&bytes, 0x061C, 10, 10, 90, 90, 60, 60, END);    /* round rectangle 60,60 to 90,90 */
        put_record(&bytes, 0x0324, 4, 45, 45, 55, 45, 55, 55, 45, 55, END);
        put_end(&bytes);
        EXPECT_COLOURS(&bytes, "shapes", {12, 12, RED}, {38, 28, RED}, {42, 20, WHITE}, {75, 20, RED}, {61, 11, WHITE},
                       {15, 65, RED}, {35, 85, WHITE}, {75, 75, RED}, {60, 60, WHITE}, {65, 62, RED}, {50, 50, RED});
    }
}

/* Upside down: the window's height is negative. */
Test(wmf, follows_the_window)
{
    scoped(text_release) struct text bytes;

    text_init(&bytes, FILE_CAP);
    put_start(&bytes, true);
    put_record(&bytes, 0x001E, END);
    put_record(&bytes, 0x020B, 100, 0, END);
    put_record(&bytes, 0x020C, -100, 100, END);
    put_record(&bytes, 0x041B, 10, 20, 0, 0, END);
    put_record(&bytes, 0x0127, -1, END);
    put_record(&bytes, 0x041B, 10, 100, 0, 80, END);
    put_end(&bytes);
    EXPECT_COLOURS(&bytes, "window", {10, 95, RED}, {10, 5, WHITE}, {90, 5, RED}, {90, 95, WHITE});
}

Test(wmf, draws_lines_and_arcs_with_the_pen)
{
    scoped(text_release) struct text bytes;

    text_init(&bytes, FILE_CAP);
    put_start(&bytes, true);
    put_record(&bytes, 0x02FA, 0, 6, 0, 0, 0x00FF, END); /* blue, six units wide */
    put_record(&bytes, 0x012D, 2, END);
    put_record(&bytes, 0x0214, 10, 10, END);
    put_record(&bytes, 0x0213, 10, 90, END);
    put_record(&bytes, 0x0213, 90, 90, END);
    put_record(&bytes, 0x0325, 2, 10, 20, 10, 90, END);
    put_record(&bytes, 0x0817, 30, 50, 50, 70, 70, 70, 30, 30, END); /* from the right to the top */
    put_end(&bytes);
    EXPECT_COLOURS(&bytes, "lines", {50, 10, BLUE}, {90, 50, BLUE}, {10, 50, BLUE}, {50, 90, WHITE}, {64, 36, BLUE},
                   {36, 64, WHITE});
}

Test(wmf, cuts_pies_from_ellipses)
{
    scoped(text_release) struct text bytes;

    text_init(&bytes, FILE_CAP);
    put_start(&bytes, true);
    /* From the right (100, 50) counter-clockwise to the top (50, 0): the quarter in the upper right corner. */
    put_record(&bytes, 0x081A, 0, 50, 50, 100, 100, 100, 0, 0, END);
    put_end(&bytes);
    EXPECT_COLOURS(&bytes, "pie", {70, 30, RED}, {52, 48, RED}, {30, 30, WHITE}, {30, 70, WHITE}, {70, 70, WHITE});
}

Test(wmf, fills_polygons_within_polygons_by_their_mode)
{
    for (int mode = 1; mode <= 2; mode++) {
        scoped(text_release) struct text bytes;

        text_init(&bytes, FILE_CAP);
        put_start(&bytes, true);
        put_record(&bytes, 0x0106, mode, END);
        put_record(&bytes, 0x0538, 2, 4, 4, 10, 10, 90, 10, 90, 90, 10, 90, 30, 30, 70, 30, 70, 70, 30, 70, END);
        put_end(&bytes);
        EXPECT_COLOURS(&bytes, "polygons", {20, 20, RED}, {50, 50, mode == 1 ? WHITE : RED}, {95, 95, WHITE});
    }
}

Test(wmf, keeps_to_the_clip_until_it_is_restored)
{
    scoped(text_release) struct text bytes;

    text_init(&bytes, FILE_CAP);
    put_start(&bytes, true);
    put_record(&bytes, 0x001E, END);
    put_record(&bytes, 0x0416, 50, 50, 0, 0, END);
    put_record(&bytes, 0x041B, 100, 100, 0, 0, END);
    put_record(&bytes, 0x0127, -1, END);
    put_record(&bytes, 0x041B, 100, 100, 80, 80, END);
    put_end(&bytes);
    EXPECT_COLOURS(&bytes, "clip", {25, 25, RED}, {60, 60, WHITE}, {90, 90, RED});
}

/* Objects take the first free place; what was selected stays, even when its place is given away. */
Test(wmf, counts_objects_as_windows_does)
{
    scoped(text_release) struct text bytes;

    text_init(&bytes, FILE_CAP);
    put_start(&bytes, true);
    put_record(&bytes, 0x01F0, 0, END);
    put_record(&bytes, 0x02FC, 0, 0xFF00, 0, 0, END);
    put_record(&bytes, 0x041B, 20, 20, 0, 0, END);
    put_record(&bytes, 0x012D, 0, END);
    put_record(&bytes, 0x041B, 20, 60, 0, 40, END);
    put_record(&bytes, 0x061D, 0x0042, 0, 20, 20, 0, 80, END);
    put_end(&bytes);
    EXPECT_COLOURS(&bytes, "objects", {10, 10, RED}, {50, 10, GREEN}, {90, 10, BLACK});
}

Test(wmf, draws_bitmaps)
{
    static const struct {
        unsigned function;
        int words[12];
        size_t count;
    } cases[] = {
        {0x0F43, {0x0020, 0x00CC, 0, SAMPLE_SIDE, SAMPLE_SIDE, 0, 0, 100, 100, 0, 0}, 11},
        {0x0B41, {0x0020, 0x00CC, SAMPLE_SIDE, SAMPLE_SIDE, 0, 0, 100, 100, 0, 0}, 10},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct bmp_form form = {.bits = 24};
        scoped(text_release) struct text bytes;
        scoped(text_release) struct text bmp;

        text_init(&bytes, FILE_CAP);
        text_init(&bmp, FILE_CAP);
        put_bmp(&bmp, &form);
        put_start(&bytes, true);
        put_number(&bytes, (uint32_t)(3 + cases[i].count + (bmp.size - 14) / 2), 4);
        put_number(&bytes, cases[i].function, 2);
        for (size_t word = 0; word < cases[i].count; word++)
            put_number(&bytes, (uint32_t)cases[i].words[word], 2);
        text_put(&bytes, bmp.data + 14, bmp.size - 14);
        put_end(&bytes);
        EXPECT_COLOURS(&bytes, "bitmap", {25, 25, SAMPLE_RED}, {75, 25, SAMPLE_GREEN}, {25, 75, SAMPLE_BLUE},
                       {75, 75, SAMPLE_WHITE});
    }
}

/* How much of a part of the canvas is dark. */
static int ink(const struct canvas *canvas, int left, int top, int right, int bottom)
{
    int dark = 0;

    for (int y = top; y < bottom; y++)
        for (int x = left; x < right; x++)
            dark += (colour_at(canvas, x, y) & 0xFF) < 128;
    return dark;
}

Test(wmf, sets_text_where_it_stands_and_turned)
{
    scoped(text_release) struct text bytes;

    text_init(&bytes, FILE_CAP);
    put_start(&bytes, true);
    put_record(&bytes, 0x0102, 1, END);
    put_record(&bytes, 0x02FB, -30, 0, 0, 0, 700, 0, 0, 0, 0, END);
    put_record(&bytes, 0x012D, 2, END);
    put_record(&bytes, 0x0521, 2, 'H' | 'H' << 8, 2, 50, END);
    put_record(&bytes, 0x02FB, -30, 0, 900, 0, 700, 0, 0, 0, 0, END);
    put_record(&bytes, 0x012D, 3, END);
    put_record(&bytes, 0x0A32, 98, 2, 2, 0, 'H' | 'H' << 8, END);
    put_end(&bytes);
    {
        scoped(canvas_release) struct canvas canvas = play(&bytes);

        cr_expect_gt(ink(&canvas, 50, 2, 100, 40), 300);
        cr_expect_gt(ink(&canvas, 2, 50, 40, 100), 300);
        cr_expect_eq(ink(&canvas, 0, 0, 45, 45), 0);
        cr_expect_eq(ink(&canvas, 45, 50, 100, 100), 0);
    }
}

static void expect_refused(const struct text *bytes, const char *words)
{
    scoped(surface_destroy) struct surface *surface = NULL;
    struct fault fault = {0};

    cr_expect_not(wmf_open_surface(text_slice(bytes), &surface, &fault), "want: %s", words);
    cr_expect_eq(fault.kind, FAULT_BAD_INPUT);
    cr_expect_not_null(strstr(fault.text, words), "got %s, want %s", fault.text, words);
}

Test(wmf, refuses_what_it_would_draw_only_in_part)
{
    static const struct {
        unsigned function;
        int word;
        const char *words;
    } cases[] = {
        {0x0228, 0, "record 0228"},       {0x0103, 2, "mapping mode 2"}, {0x012D, 9, "object 9"},
        {0x0418, 0, "0418 is too short"}, {0x0324, 200, "fewer points"}, {0x012E, 1, "current position"},
        {0x0538, 9, "fewer points"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(text_release) struct text bytes;

        text_init(&bytes, FILE_CAP);
        put_start(&bytes, true);
        put_record(&bytes, cases[i].function, cases[i].word, END);
        put_end(&bytes);
        expect_refused(&bytes, cases[i].words);
    }
}

Test(wmf, refuses_operations_that_it_does_not_know)
{
    scoped(text_release) struct text bytes;

    text_init(&bytes, FILE_CAP);
    put_start(&bytes, true);
    put_record(&bytes, 0x061D, 0x0049, 0x005A, 20, 20, 0, 80, END);
    put_end(&bytes);
    expect_refused(&bytes, "operation 5A0049");
}

Test(wmf, is_whole_or_refused)
{
    scoped(text_release) struct text bytes;

    text_init(&bytes, FILE_CAP);
    put_start(&bytes, true);
    put_record(&bytes, 0x0538, 1, 3, 10, 10, 90, 10, 90, 90, END);
    put_record(&bytes, 0x0521, 2, 'H' | 'H' << 8, 2, 50, END);
    put_end(&bytes);
    for (size_t size = 0; size <= bytes.size; size++) {
        scoped(string_free) char *copy = x_alloc_raw(size ? size : 1);
        scoped(surface_destroy) struct surface *surface = NULL;
        struct fault fault = {0};
        bool opened = false;

        memcpy(copy, bytes.data, size);
        opened = wmf_open_surface((struct slice){copy, size}, &surface, &fault);
        cr_expect_eq(opened, size == bytes.size, "%zu of %zu bytes: got %d", size, bytes.size, opened);
        cr_expect(opened || fault.kind == FAULT_BAD_INPUT);
    }
}

Test(wmf, shows_every_drawing_in_real_notes)
{
    static const char *const names[] = {"rtfpipe-Issue46.rtf", "rtfpipe-old3_from_web.rtf",
                                        "rtfpipe-PictureObjectEmbed2.rtf", "striprtf-Example_text.rtf"};

    if (access(FIXTURES_DIR "/rtf", R_OK) != 0)
        cr_skip("no fixtures here");
    for (size_t i = 0; i < array_length(names); i++) {
        scoped(string_free) char *path = x_sprintf(FIXTURES_DIR "/rtf/%s", names[i]);
        scoped(file_close) FILE *file = fopen(path, "rb");
        scoped(string_free) char *bytes = x_alloc_raw(FILE_CAP);
        scoped(document_destroy) struct document *document = NULL;
        struct fault fault = {0};
        size_t pictures = 0;

        cr_assert(file, "%s", path);
        cr_assert(
            document_read((struct slice){bytes, fread(bytes, 1, FILE_CAP, file)}, DOCUMENT_RTF, &document, &fault),
            "%s: %s", names[i], fault.text);
        for (size_t block = 0; block < document_block_count(document); block++) {
            const struct picture *picture = document_block_at(document, block).picture;

            pictures += picture != NULL;
            cr_expect(!picture || pdf_can_show(picture), "%s: picture %zu", names[i], pictures);
        }
        cr_expect_gt(pictures, 0U, "%s", names[i]);
    }
}
