#include "document/surface.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"
#include "document/pdf.h"
#include "sample_pictures.h"

enum { BYTES_CAP = 1024 * 1024 };

/* The colours of the four quarters as they are drawn: upper left, upper right, lower left, lower right. */
struct quarters {
    uint32_t colours[4];
};

static struct quarters draw_quarters(const struct surface *surface)
{
    cairo_surface_t *page = cairo_image_surface_create(CAIRO_FORMAT_RGB24, SAMPLE_SIDE, SAMPLE_SIDE);
    cairo_t *cairo = cairo_create(page);
    struct quarters quarters;

    surface_draw(surface, cairo, 0, 0, SAMPLE_SIDE, SAMPLE_SIDE);
    cairo_destroy(cairo);
    cairo_surface_flush(page);
    for (int i = 0; i < 4; i++) {
        int x = SAMPLE_SIDE / 4 + i % 2 * SAMPLE_SIDE / 2;
        int y = SAMPLE_SIDE / 4 + i / 2 * SAMPLE_SIDE / 2;
        uint32_t pixel = 0;

        memcpy(&pixel, cairo_image_surface_get_data(page) + y * cairo_image_surface_get_stride(page) + 4 * x, 4);
        quarters.colours[i] = pixel & 0xFFFFFF;
    }
    cairo_surface_destroy(page);
    return quarters;
}

static void expect_quarters(const struct surface *surface, struct quarters want, const char *name)
{
    struct quarters got = draw_quarters(surface);

    for (int i = 0; i < 4; i++)
        for (int shift = 0; shift < 24; shift += 8) {
            int difference = (int)(got.colours[i] >> shift & 255) - (int)(want.colours[i] >> shift & 255);

            cr_expect(difference >= -8 && difference <= 8, "%s, quarter %d: got %06X, want %06X", name, i,
                      got.colours[i], want.colours[i]);
        }
}

static const struct quarters upright = {{SAMPLE_RED, SAMPLE_GREEN, SAMPLE_BLUE, SAMPLE_WHITE}};

/* Every beginning of a file is either shown or refused with words; the whole file is shown. */
static void expect_any_cut_is_safe(const struct text *bytes, enum picture_format format, const char *name)
{
    for (size_t size = 0; size < bytes->size; size++) {
        scoped(surface_destroy) struct surface *surface = NULL;
        scoped(string_free) char *copy = x_alloc_raw(size + 1); /* so that the sanitizer sees a byte too far */
        struct picture picture = {.format = format, .bytes = (unsigned char *)copy, .size = size};
        struct fault fault = {0};
        size_t pages = 0;

        copy = x_grow_array(copy, size ? size : 1, 1);
        picture.bytes = (unsigned char *)copy;
        memcpy(copy, bytes->data, size);
        if (!surface_page_count(&picture, &pages, &fault) || !surface_open(&picture, 0, &surface, &fault))
            cr_expect(fault.kind == FAULT_BAD_INPUT && fault.text[0], "%s cut to %zu bytes: %s", name, size,
                      fault.text);
        cr_expect(size >= 16 || !surface, "%s cut to %zu bytes is shown", name, size);
    }
}

static struct surface *open_whole(const struct text *bytes, enum picture_format format, const char *name)
{
    struct picture picture = sample_picture(bytes, format);
    struct surface *surface = NULL;
    struct fault fault = {0};

    cr_assert_not(bytes->overflowed);
    cr_assert(surface_open(&picture, 0, &surface, &fault), "%s: %s", name, fault.text);
    cr_expect_eq(surface->width, SAMPLE_SIDE);
    cr_expect_eq(surface->height, SAMPLE_SIDE);
    cr_expect(pdf_can_show(&picture), "%s", name);
    return surface;
}

Test(surface, shows_every_kind_of_bmp)
{
    static const struct bmp_form forms[] = {
        {.name = "4 bits", .bits = 4},
        {.name = "8 bits", .bits = 8},
        {.name = "8 bits, top down", .bits = 8, .top_down = true},
        {.name = "8 bits, RLE", .bits = 8, .packed = true},
        {.name = "8 bits, OS/2", .bits = 8, .os2 = true},
        {.name = "16 bits", .bits = 16},
        {.name = "24 bits", .bits = 24},
        {.name = "24 bits, OS/2", .bits = 24, .os2 = true},
        {.name = "24 bits, top down", .bits = 24, .top_down = true},
        {.name = "32 bits", .bits = 32},
        {.name = "32 bits, opaque", .bits = 32, .masks = true, .alpha = 255},
        {.name = "32 bits, alpha not filled in", .bits = 32, .masks = true},
    };

    for (size_t i = 0; i < array_length(forms); i++) {
        scoped(surface_destroy) struct surface *surface = NULL;
        scoped(text_release) struct text bytes;

        text_init(&bytes, BYTES_CAP);
        put_bmp(&bytes, &forms[i]);
        surface = open_whole(&bytes, PICTURE_BMP, forms[i].name);
        expect_quarters(surface, upright, forms[i].name);
        expect_any_cut_is_safe(&bytes, PICTURE_BMP, forms[i].name);
    }
}

Test(surface, shows_black_and_white_bmp)
{
    struct bmp_form form = {.bits = 1};
    struct quarters want = {{SAMPLE_WHITE, 0, 0, SAMPLE_WHITE}};
    scoped(surface_destroy) struct surface *surface = NULL;
    scoped(text_release) struct text bytes;

    text_init(&bytes, BYTES_CAP);
    put_bmp(&bytes, &form);
    surface = open_whole(&bytes, PICTURE_BMP, "1 bit");
    expect_quarters(surface, want, "1 bit");
}

Test(surface, puts_white_under_what_is_half_transparent)
{
    struct bmp_form form = {.bits = 32, .masks = true, .alpha = 128};
    struct quarters want = {{0xFF7F7F, 0x7FFF7F, 0x7F7FFF, SAMPLE_WHITE}};
    scoped(surface_destroy) struct surface *surface = NULL;
    scoped(text_release) struct text bytes;

    text_init(&bytes, BYTES_CAP);
    put_bmp(&bytes, &form);
    surface = open_whole(&bytes, PICTURE_BMP, "alpha");
    expect_quarters(surface, want, "alpha");
}

Test(surface, shows_png_and_gif)
{
    scoped(surface_destroy) struct surface *png = NULL;
    scoped(surface_destroy) struct surface *gif = NULL;
    scoped(text_release) struct text bytes;

    text_init(&bytes, BYTES_CAP);
    put_png(&bytes);
    png = open_whole(&bytes, PICTURE_PNG, "PNG");
    expect_quarters(png, upright, "PNG");
    expect_any_cut_is_safe(&bytes, PICTURE_PNG, "PNG");
    text_clear(&bytes);
    put_gif(&bytes);
    gif = open_whole(&bytes, PICTURE_GIF, "GIF");
    expect_quarters(gif, upright, "GIF");
    expect_any_cut_is_safe(&bytes, PICTURE_GIF, "GIF");
}

Test(surface, turns_tiff_as_its_tag_says)
{
    enum { R = SAMPLE_RED, G = SAMPLE_GREEN, B = SAMPLE_BLUE, W = SAMPLE_WHITE };
    /* TIFF 6.0, section 8, tag 274: where row 0 and column 0 stand. */
    static const struct quarters want[] = {{{R, G, B, W}}, {{G, R, W, B}}, {{W, B, G, R}}, {{B, W, R, G}},
                                           {{R, B, G, W}}, {{B, R, W, G}}, {{W, G, B, R}}, {{G, W, R, B}}};

    for (int orientation = 1; orientation <= 8; orientation++) {
        struct tiff_form form = {.pages = 1, .orientation = orientation};
        scoped(surface_destroy) struct surface *surface = NULL;
        scoped(string_free) char *name = x_sprintf("orientation %d", orientation);
        scoped(text_release) struct text bytes;

        text_init(&bytes, BYTES_CAP);
        put_tiff(&bytes, &form);
        surface = open_whole(&bytes, PICTURE_TIFF, name);
        expect_quarters(surface, want[orientation - 1], name);
    }
}

Test(surface, has_every_page_of_a_tiff_but_no_thumbnail)
{
    struct tiff_form form = {.pages = 3, .thumbnail = true};
    scoped(text_release) struct text bytes;
    struct picture picture;
    struct fault fault = {0};
    size_t pages = 0;

    text_init(&bytes, BYTES_CAP);
    put_tiff(&bytes, &form);
    picture = sample_picture(&bytes, PICTURE_TIFF);
    cr_assert(surface_page_count(&picture, &pages, &fault), "%s", fault.text);
    cr_expect_eq(pages, 3, "got %zu", pages);
    for (size_t page = 0; page <= pages; page++) {
        scoped(surface_destroy) struct surface *surface = NULL;
        bool opened = surface_open(&picture, page, &surface, &fault);

        cr_expect_eq(opened, page < pages, "page %zu: got %d", page, opened);
        if (opened)
            expect_quarters(surface, upright, "page");
    }
    expect_any_cut_is_safe(&bytes, PICTURE_TIFF, "TIFF");
}

Test(surface, gives_fax_pages_their_height)
{
    struct tiff_form form = {.pages = 1, .bilevel = true};
    struct quarters want = {{SAMPLE_WHITE, 0, 0, SAMPLE_WHITE}};
    scoped(surface_destroy) struct surface *surface = NULL;
    scoped(text_release) struct text bytes;
    double width = 0;
    double height = 0;

    text_init(&bytes, BYTES_CAP);
    put_tiff(&bytes, &form);
    surface = open_whole(&bytes, PICTURE_TIFF, "fax");
    expect_quarters(surface, want, "fax");
    surface_size(surface, &width, &height);
    cr_expect_float_eq(width, 12, 1e-6);
    cr_expect_float_eq(height, 24, 1e-6);
}

Test(surface, embeds_only_jpegs_that_readers_show_in_the_right_colours)
{
    static const struct {
        const char *name;
        struct jpeg_form form;
        bool embedded;
    } cases[] = {
        {"grey", {.components = 1}, true},
        {"YCbCr", {.components = 3}, true},
        {"progressive", {.components = 3, .progressive = true}, true},
        {"RGB with Adobe's marker", {.components = 3, .rgb = true}, true},
        {"RGB, unmarked", {.components = 3, .rgb = true, .unmarked = true}, false},
        {"arithmetic", {.components = 3, .arithmetic = true}, false},
        {"CMYK", {.components = 4}, false},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(surface_destroy) struct surface *surface = NULL;
        scoped(text_release) struct text bytes;

        text_init(&bytes, BYTES_CAP);
        put_jpeg(&bytes, &cases[i].form);
        surface = open_whole(&bytes, PICTURE_JPEG, cases[i].name);
        cr_expect_eq(surface->embedded, cases[i].embedded, "%s: got %d", cases[i].name, surface->embedded);
        if (!surface->embedded)
            expect_quarters(surface, upright, cases[i].name);
        expect_any_cut_is_safe(&bytes, PICTURE_JPEG, cases[i].name);
    }
}

Test(surface, reads_the_orientation_of_a_jpeg)
{
    for (int orientation = 0; orientation <= 9; orientation++) {
        struct jpeg_form form = {.components = 3, .orientation = orientation};
        scoped(surface_destroy) struct surface *surface = NULL;
        scoped(text_release) struct text bytes;
        int want = orientation >= 1 && orientation <= 8 ? orientation : 1;

        text_init(&bytes, BYTES_CAP);
        put_jpeg(&bytes, &form);
        surface = open_whole(&bytes, PICTURE_JPEG, "JPEG");
        cr_expect_eq(surface->orientation, want, "got %d, want %d", surface->orientation, want);
    }
}

/* A header is believed in nothing: no room is made for pixels that it only claims. */
Test(surface, refuses_sizes_beyond_the_limit)
{
    static const struct {
        uint32_t width;
        uint32_t height;
        const char *words;
    } cases[] = {{0, 16, "no pixels"},        {40000, 2, "too large"},       {16, 0x7FFFFFFF, "too large"},
                 {20000, 20000, "too large"}, {16, 0x80000000, "too large"}, {0xFFFFFFFF, 16, "width"}};

    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(surface_destroy) struct surface *surface = NULL;
        scoped(text_release) struct text bytes;
        struct bmp_form form = {.bits = 24};
        struct picture picture;
        struct fault fault = {0};

        text_init(&bytes, BYTES_CAP);
        put_bmp(&bytes, &form);
        memcpy(bytes.data + 18, &cases[i].width, 4);
        memcpy(bytes.data + 22, &cases[i].height, 4);
        picture = sample_picture(&bytes, PICTURE_BMP);
        cr_expect_not(surface_open(&picture, 0, &surface, &fault));
        cr_expect_eq(fault.kind, FAULT_BAD_INPUT);
        cr_expect_not_null(strstr(fault.text, cases[i].words), "%u x %u: %s", cases[i].width, cases[i].height,
                           fault.text);
    }
}

Test(surface, says_which_formats_are_not_shown)
{
    static const enum picture_format formats[] = {PICTURE_UNKNOWN, PICTURE_EMF};
    unsigned char bytes[64] = {0};

    for (size_t i = 0; i < array_length(formats); i++) {
        struct picture picture = {.format = formats[i], .bytes = bytes, .size = sizeof bytes};
        struct surface *surface = NULL;
        struct fault fault = {0};
        size_t pages = 0;

        cr_expect_not(surface_page_count(&picture, &pages, &fault));
        cr_expect_not(surface_open(&picture, 0, &surface, &fault));
        cr_expect_eq(fault.kind, FAULT_BAD_INPUT);
        cr_expect_not_null(strstr(fault.text, picture_format_name(formats[i])), "%s", fault.text);
        cr_expect_not(pdf_can_show(&picture));
    }
}
