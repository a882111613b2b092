#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "document/document_build.h"
#include "document/pdf.h"
#include "pdf_fixture.h"
#include "sample_pictures.h"

TestSuite(pdf_picture, .init = make_folder, .fini = remove_folder, .timeout = 60);

static void write_document(struct document *document, struct pdf_report *report)
{
    struct pdf_request request = {.title = "T", .created = "2019-03-04", .document = document, .pictures = true};
    struct fault fault = {0};

    cr_assert(document_finish(document, &fault), "%s", fault.text);
    write_to("out.pdf", &request, report);
}

/* The same bytes out of the PDF as went in, and the right colours at the right places, however the camera was held. */
Test(pdf_picture, embeds_a_jpeg_unchanged_and_upright)
{
    enum { R = 0xF00, G = 0x0F0, B = 0x00F, W = 0xFFF };
    static const unsigned want[][4] = {{R, G, B, W}, {G, R, W, B}, {W, B, G, R}, {B, W, R, G},
                                       {R, B, G, W}, {B, R, W, G}, {W, G, B, R}, {G, W, R, B}};

    for (int orientation = 1; orientation <= 8; orientation++) {
        scoped(document_destroy) struct document *document = document_new();
        scoped(pdf_report_release) struct pdf_report report;
        scoped(text_release) struct text bytes;
        scoped(text_release) struct text extracted;
        struct jpeg_form form = {.components = 3, .orientation = orientation};

        text_init(&bytes, FILE_CAP);
        text_init(&extracted, FILE_CAP);
        pdf_report_init(&report);
        put_jpeg(&bytes, &form);
        put_picture(document, &bytes, PICTURE_JPEG, 200, 200);
        write_document(document, &report);
        cr_expect_eq(report.pictures, 1);
        ask("pdfimages -all out.pdf out", &extracted);
        read_file("out-000.jpg", &extracted);
        cr_expect(extracted.size == bytes.size && memcmp(extracted.data, bytes.data, bytes.size) == 0,
                  "orientation %d: %zu bytes became %zu", orientation, bytes.size, extracted.size);
        {
            scoped(page_release) struct page page = render(1);
            struct box box = ink_between(&page, 100, 700);

            for (int i = 0; i < 4; i++) {
                unsigned got = colour_at(&page, i % 2 ? 206 : 106, box.top + (i < 2 ? 50 : 150));

                cr_expect_eq(got, want[orientation - 1][i], "orientation %d, quarter %d: got %03X, want %03X",
                             orientation, i, got, want[orientation - 1][i]);
            }
        }
    }
}

/* The document says how large the picture is as it lies, 200 by 100; upright it is 100 wide and 200 high. */
Test(pdf_picture, turns_the_size_with_the_picture)
{
    struct jpeg_form form = {.components = 3, .orientation = 6};
    scoped(document_destroy) struct document *document = document_new();
    scoped(pdf_report_release) struct pdf_report report;
    scoped(text_release) struct text bytes;

    text_init(&bytes, FILE_CAP);
    pdf_report_init(&report);
    put_jpeg(&bytes, &form);
    put_picture(document, &bytes, PICTURE_JPEG, 200, 100);
    write_document(document, &report);
    {
        scoped(page_release) struct page page = render(1);
        struct box box = ink_between(&page, 100, 700);

        cr_expect_eq(colour_at(&page, 81, box.top + 50), 0x00F);
        cr_expect_eq(colour_at(&page, 131, box.top + 50), 0xF00);
        cr_expect_eq(colour_at(&page, 131, box.top + 150), 0x0F0);
        cr_expect_eq(colour_at(&page, 181, box.top + 50), 0xFFF);
    }
}

Test(pdf_picture, shows_pictures_at_the_size_that_the_document_gives)
{
    static const struct {
        double width;
        double height;
        int want_width;
        int want_height;
    } cases[] = {{120, 60, 120, 60}, {0, 0, 12, 12},       {120, 0, 120, 120},
                 {0, 60, 60, 60},    {966, 483, 483, 241}, {1000, 4000, 179, 718}};

    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(document_destroy) struct document *document = document_new();
        scoped(pdf_report_release) struct pdf_report report;
        scoped(text_release) struct text bytes;
        struct bmp_form form = {.bits = 8, .name = "dark"};
        struct box box;

        text_init(&bytes, FILE_CAP);
        pdf_report_init(&report);
        put_bmp(&bytes, &form);
        /* The white quarter too shall be seen: its colour in the table becomes black. */
        memset(bytes.data + 14 + 40 + 12, 0, 4);
        put_picture(document, &bytes, PICTURE_BMP, cases[i].width, cases[i].height);
        write_document(document, &report);
        {
            scoped(page_release) struct page page = render((int)report.pages);

            box = ink_between(&page, report.pages == 1 ? 96 : 50, 780);
        }
        cr_expect(abs(box.right + 2 - box.left - cases[i].want_width) <= 3 &&
                      abs(box.bottom + 2 - box.top - cases[i].want_height) <= 3,
                  "case %zu: got %d x %d", i, box.right + 2 - box.left, box.bottom + 2 - box.top);
    }
}

Test(pdf_picture, never_splits_a_picture_over_pages)
{
    scoped(document_destroy) struct document *document = document_new();
    scoped(pdf_report_release) struct pdf_report report;
    scoped(text_release) struct text bytes;

    text_init(&bytes, FILE_CAP);
    pdf_report_init(&report);
    put_png(&bytes);
    for (int i = 0; i < 3; i++)
        put_picture(document, &bytes, PICTURE_PNG, 300, 300);
    write_document(document, &report);
    cr_expect_eq(report.pages, 2, "got %zu", report.pages);
    cr_expect_eq(report.pictures, 3);
    {
        scoped(page_release) struct page page = render(2);
        struct box box = ink_between(&page, 0, 700);

        cr_expect(box.top >= 54 && box.top <= 58, "got %d", box.top);
        cr_expect_eq(colour_at(&page, 131, 131), 0xF00);
        cr_expect_eq(colour_at(&page, 131, 281), 0x00F);
    }
}

Test(pdf_picture, shows_every_page_of_a_fax)
{
    struct tiff_form form = {.pages = 5};
    scoped(document_destroy) struct document *document = document_new();
    scoped(pdf_report_release) struct pdf_report report;
    scoped(text_release) struct text bytes;

    text_init(&bytes, FILE_CAP);
    pdf_report_init(&report);
    put_tiff(&bytes, &form);
    put_picture(document, &bytes, PICTURE_TIFF, 400, 500);
    write_document(document, &report);
    cr_expect_eq(report.pages, 5, "got %zu", report.pages);
    cr_expect_eq(report.pictures, 1);
}

Test(pdf_picture, says_where_a_picture_cannot_be_shown)
{
    scoped(document_destroy) struct document *document = document_new();
    scoped(pdf_report_release) struct pdf_report report;
    scoped(text_release) struct text bytes;
    scoped(text_release) struct text said;

    text_init(&bytes, FILE_CAP);
    text_init(&said, FILE_CAP);
    pdf_report_init(&report);
    document_puts(document, "before");
    document_end_paragraph(document);
    put_png(&bytes);
    put_picture(document, &bytes, PICTURE_PNG, 0, 0);
    bytes.size = 60;
    put_picture(document, &bytes, PICTURE_PNG, 0, 0);
    document_puts(document, "after");
    document_end_paragraph(document);
    write_document(document, &report);
    cr_expect_eq(report.pictures, 1);
    cr_expect_eq(report.pictures_missing, 1);
    ask("pdftotext out.pdf - | tr -s '\\n\\f' '||'", &said);
    cr_expect_str_eq(text_string(&said), "T|before|[A picture stands here that cannot be shown: PNG, 60 bytes]|after|"
                                         "T|1/1|");
}

Test(pdf_picture, leaves_pictures_out_of_letters)
{
    scoped(document_destroy) struct document *document = document_new();
    scoped(pdf_report_release) struct pdf_report report;
    scoped(text_release) struct text bytes;
    struct pdf_request request = {.title = "T", .document = document};
    struct fault fault = {0};

    text_init(&bytes, FILE_CAP);
    pdf_report_init(&report);
    put_png(&bytes);
    put_picture(document, &bytes, PICTURE_PNG, 0, 0);
    cr_assert(document_finish(document, &fault));
    write_to("out.pdf", &request, &report);
    cr_expect_eq(report.pictures + report.pictures_missing, 0);
    ask("pdfimages -list out.pdf | wc -l", &bytes);
    cr_expect_str_eq(text_string(&bytes), "2\n");
}

Test(pdf_picture, sets_the_image_as_large_as_the_page_allows_and_the_report_below)
{
    scoped(document_destroy) struct document *document = document_of_text(slice_of("The report."));
    scoped(pdf_report_release) struct pdf_report report;
    scoped(text_release) struct text bytes;
    struct bmp_form form = {.bits = 24};
    struct picture image;
    struct pdf_request request = {.title = "X-ray", .document = document, .image = &image};

    text_init(&bytes, FILE_CAP);
    pdf_report_init(&report);
    put_bmp(&bytes, &form);
    image = sample_picture(&bytes, PICTURE_BMP);
    write_to("out.pdf", &request, &report);
    cr_expect_eq(report.pages, 1);
    cr_expect_eq(report.pictures, 1);
    {
        scoped(page_release) struct page page = render(1);

        /* 16 pixels grow to 36 points at most: they stand in the middle. */
        cr_expect_eq(colour_at(&page, 297 - 9, 96 + 9), 0xF00);
        cr_expect_eq(colour_at(&page, 297 + 9, 96 + 9), 0x0F0);
    }
    ask("pdftotext out.pdf - | tr -s '\\n\\f' '||'", &bytes);
    cr_expect_str_eq(text_string(&bytes), "X-ray|The report.|X-ray|1/1|");
}

Test(pdf_picture, refuses_an_image_that_cannot_be_read_and_writes_nothing)
{
    unsigned char bytes[] = "\xFF\xD8\xFF nothing more";
    struct picture image = {.format = PICTURE_JPEG, .bytes = bytes, .size = sizeof bytes};
    struct pdf_request request = {.title = "X-ray", .image = &image};
    scoped(pdf_report_release) struct pdf_report report;
    scoped(descriptor_close) int descriptor = open("out.pdf", O_WRONLY | O_CREAT, 0600);
    struct fault fault = {0};

    pdf_report_init(&report);
    cr_expect_not(pdf_write(&request, descriptor, &report, &fault));
    cr_expect_eq(fault.kind, FAULT_BAD_INPUT);
    cr_expect_not_null(strstr(fault.text, "JPEG"), "%s", fault.text);
    cr_expect_eq(lseek(descriptor, 0, SEEK_END), 0);
    cr_expect_not(pdf_can_show(&image));
}

Test(pdf_picture, embeds_real_x_rays_unchanged)
{
    DIR *listing = opendir(FIXTURES_DIR "/files");
    struct dirent *entry;

    if (!listing)
        cr_skip("no fixtures here");
    while ((entry = readdir(listing)) != NULL) {
        scoped(string_free) char *path = x_sprintf(FIXTURES_DIR "/files/%s", entry->d_name);
        const char *ending = strrchr(entry->d_name, '.');
        scoped(text_release) struct text bytes;
        scoped(text_release) struct text extracted;
        scoped(pdf_report_release) struct pdf_report report;
        struct picture image;
        struct pdf_request request = {.title = "X-ray", .image = &image};

        text_init(&bytes, FILE_CAP);
        text_init(&extracted, FILE_CAP);
        pdf_report_init(&report);
        if (strcmp(ending, ".jpg") != 0)
            continue;
        read_file(path, &bytes);
        image = sample_picture(&bytes, picture_detect(text_slice(&bytes)));
        write_to("out.pdf", &request, &report);
        cr_expect_eq(report.pages, 1, "%s: %zu pages", entry->d_name, report.pages);
        ask("pdfimages -all out.pdf out", &extracted);
        read_file("out-000.jpg", &extracted);
        cr_expect(extracted.size == bytes.size && memcmp(extracted.data, bytes.data, bytes.size) == 0, "%s",
                  entry->d_name);
    }
    closedir(listing);
}
