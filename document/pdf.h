/*
 * PDF files of what cannot go over as it was: letters as plain text, notes with their pictures, X-rays with their
 * reports. Paginated A4; the same input gives the same bytes.
 */
#ifndef DOCUMENT_PDF_H
#define DOCUMENT_PDF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "base/text.h"
#include "document/document.h"

struct pdf_request {
    const char *title;        /* heading of the first page and title of the file */
    const char *const *lines; /* under the heading: patient's reference, author, date; NULL for none */
    size_t line_count;
    const char *created;             /* YYYY-MM-DD, the original's date, for the file's properties; NULL for none */
    const struct picture *image;     /* an image before the text, as large as the page allows; NULL for none */
    const struct document *document; /* may be NULL when there is an image */
    bool pictures;                   /* show the document's pictures; false leaves them out (letters) */
};

struct pdf_report {
    size_t pages;
    size_t pictures;         /* shown */
    size_t pictures_missing; /* not shown since they cannot be read: a line in their place says so */
    struct text missing;     /* characters that no font holds, as "U+1F600 U+10A00", at most 20; empty for none */
};

/* Writes the file to the open descriptor, from its position on. The report must be initialised with pdf_report_init.
 * FAULT_RETRY when the disk is full, FAULT_BAD_INPUT when the image cannot be read. */
MUST_CHECK bool pdf_write(const struct pdf_request *request, int descriptor, struct pdf_report *report,
                          struct fault *fault);
void pdf_report_init(struct pdf_report *report);
void pdf_report_release(struct pdf_report *report);

/* Reads the whole picture: true when pdf_write will show all of it. */
bool pdf_can_show(const struct picture *picture);

#endif
