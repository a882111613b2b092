/*
 * A folder of its own for each test of PDFs, and what poppler-utils says about the file out.pdf in it.
 */
#ifndef TESTS_DOCUMENT_PDF_FIXTURE_H
#define TESTS_DOCUMENT_PDF_FIXTURE_H

#include <stddef.h>

#include "base/text.h"
#include "document/pdf.h"

enum { FILE_CAP = 64 * 1024 * 1024 };

void make_folder(void);
void remove_folder(void);

void read_file(const char *path, struct text *out);

/* What a program says on its standard output. */
void ask(const char *command, struct text *out);

void write_to(const char *path, const struct pdf_request *request, struct pdf_report *report);

/* Expects so many pages. */
void count_pages(size_t want);

struct page {
    struct text bytes;
    const unsigned char *pixels;
    int width;
    int height;
};

struct page render(int number);
void page_release(struct page *page);

/* The colour at a place of the page in points, as 0xRGB with a digit for each: JPEG and rounding blur the rest. */
unsigned colour_at(const struct page *page, double x, double y);

struct box {
    int left;
    int top;
    int right;
    int bottom;
};

/* What is not white, in points, between two heights. */
struct box ink_between(const struct page *page, double top, double bottom);

/* Letters, digits and signs without blanks, which line breaks and page margins change. */
void squeeze(const char *text, struct text *out);

/* Appends a copy of the bytes, as the document shows it at this size, as a paragraph of its own. */
void put_picture(struct document *document, const struct text *bytes, enum picture_format format, double width,
                 double height);

#endif
