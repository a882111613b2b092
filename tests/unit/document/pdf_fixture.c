#include "pdf_fixture.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "document/document_build.h"

enum { DOTS_PER_INCH = 36 };

static char folder[] = "/tmp/pdf-test-XXXXXX";

void make_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
}

void remove_folder(void)
{
    DIR *listing = opendir(folder);
    struct dirent *entry;

    while (listing && (entry = readdir(listing)) != NULL)
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(listing), entry->d_name, 0);
    if (listing)
        closedir(listing);
    rmdir(folder);
}

static void read_stream(FILE *file, struct text *out)
{
    char buffer[64 * 1024];
    size_t size = 0;

    while ((size = fread(buffer, 1, sizeof buffer, file)) > 0)
        text_put(out, buffer, size);
    cr_assert_not(out->overflowed);
}

void read_file(const char *path, struct text *out)
{
    scoped(file_close) FILE *file = fopen(path, "rb");

    cr_assert(file, "%s: %s", path, strerror(errno));
    read_stream(file, out);
}

void ask(const char *command, struct text *out)
{
    FILE *pipe = popen(command, "r");

    cr_assert_not_null(pipe);
    text_clear(out);
    read_stream(pipe, out);
    cr_assert_eq(pclose(pipe), 0, "%s failed: is poppler-utils installed?", command);
}

void write_to(const char *path, const struct pdf_request *request, struct pdf_report *report)
{
    scoped(descriptor_close) int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    struct fault fault = {0};

    cr_assert_geq(descriptor, 0);
    cr_assert(pdf_write(request, descriptor, report, &fault), "%s", fault.text);
}

void count_pages(size_t want)
{
    scoped(text_release) struct text said;
    scoped(string_free) char *line = x_sprintf("Pages: %*s%zu\n", 10, "", want);

    text_init(&said, FILE_CAP);
    ask("pdfinfo out.pdf", &said);
    cr_expect_not_null(strstr(text_string(&said), line), "want %s, got %s", line, text_string(&said));
}

struct page render(int number)
{
    struct page page = {0};
    scoped(string_free) char *command = x_sprintf("pdftoppm -r %d -f %d -l %d out.pdf", DOTS_PER_INCH, number, number);
    int start = 0;

    text_init(&page.bytes, FILE_CAP);
    ask(command, &page.bytes);
    cr_assert_eq(sscanf(text_string(&page.bytes), "P6 %d %d 255%n", &page.width, &page.height, &start), 2);
    page.pixels = (const unsigned char *)page.bytes.data + start + 1;
    return page;
}

void page_release(struct page *page)
{
    text_release(&page->bytes);
}

unsigned colour_at(const struct page *page, double x, double y)
{
    size_t column = (size_t)(x * DOTS_PER_INCH / 72);
    size_t row = (size_t)(y * DOTS_PER_INCH / 72);
    const unsigned char *at = page->pixels + 3 * (row * (size_t)page->width + column);

    return (at[0] + 8U) / 17 << 8 | (at[1] + 8U) / 17 << 4 | (at[2] + 8U) / 17;
}

struct box ink_between(const struct page *page, double top, double bottom)
{
    struct box box = {page->width, page->height, 0, 0};

    for (int y = (int)top * DOTS_PER_INCH / 72; y < (int)bottom * DOTS_PER_INCH / 72; y++)
        for (int x = 0; x < page->width; x++) {
            const unsigned char *at = page->pixels + 3 * ((size_t)y * (size_t)page->width + (size_t)x);

            if (at[0] > 200 && at[1] > 200 && at[2] > 200)
                continue;
            box.left = x < box.left ? x : box.left;
            box.right = x > box.right ? x : box.right;
            box.top = y < box.top ? y : box.top;
            box.bottom = y > box.bottom ? y : box.bottom;
        }
    return (struct box){box.left * 72 / DOTS_PER_INCH, box.top * 72 / DOTS_PER_INCH, box.right * 72 / DOTS_PER_INCH,
                        box.bottom * 72 / DOTS_PER_INCH};
}

void squeeze(const char *text, struct text *out)
{
    for (; *text; text++)
        if (!strchr(" \n\f\t", *text))
            text_putc(out, *text);
}

void put_picture(struct document *document, const struct text *bytes, enum picture_format format, double width,
                 double height)
{
    struct picture picture = {.format = format, .size = bytes->size, .width_points = width, .height_points = height};

    picture.bytes = x_alloc_raw(bytes->size);
    memcpy(picture.bytes, bytes->data, bytes->size);
    document_put_picture(document, picture);
    document_end_paragraph(document);
}
