/*
 * What a person reads in a document of the old system: paragraphs and pictures in their order, whatever the format was.
 * Formatting is dropped; text, lists, tables (a row a line, cells apart by tabs) and pictures stay.
 */
#ifndef DOCUMENT_DOCUMENT_H
#define DOCUMENT_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "base/text.h"
#include "document/picture.h"

enum document_format {
    DOCUMENT_EMPTY,
    DOCUMENT_PLAIN,
    DOCUMENT_RTF,
    DOCUMENT_HTML,
    DOCUMENT_DOCX,
    DOCUMENT_DOC,   /* Word 97: not read, attached as it is */
    DOCUMENT_PDF,   /* not read, attached as it is */
    DOCUMENT_OTHER, /* a file of another kind, or bytes of none: perhaps still encrypted */
};

/* By the leading bytes and the content, never by a name or a flag (front-desk.md, section 4). */
enum document_format document_detect(struct slice bytes);

/* "RTF", "plain text" and so on, for people. */
const char *document_format_name(enum document_format format);

/* True when the bytes look uniformly random, as encrypted content does: no known type, entropy near that of noise. */
bool document_looks_encrypted(struct slice bytes);

struct document_block {
    struct slice text;             /* a paragraph without its line end, UTF-8; NULL data when this is a picture */
    const struct picture *picture; /* NULL when this is a paragraph */
};

struct document;

/* Reads plain text, RTF, HTML or DOCX. Text that is no UTF-8 is taken as UTF-16 (by its mark or zeros) or
 * Windows-1252. FAULT_BAD_INPUT, with the offset, for what is broken beyond reading: what a reader of the format would
 * show is never cut short in silence. Formats that cannot be read are refused by name. */
MUST_CHECK bool document_read(struct slice bytes, enum document_format format, struct document **ret,
                              struct fault *fault);
void document_destroy(struct document **document);

/* A document of plain lines, for what other formats do not hold. */
struct document *document_of_text(struct slice text);

size_t document_block_count(const struct document *document);
struct document_block document_block_at(const struct document *document, size_t index);
size_t document_picture_count(const struct document *document);

/* Appends the text, paragraphs apart by '\n', without pictures and without blank lines at either end. */
void document_put_text(const struct document *document, struct text *out);

#endif
