/*
 * The DOCX reader's inside: docx.c turns the elements of WordprocessingML into paragraphs; docx_list.c reads the
 * numbers of lists; docx_package.c unpacks. Elements: ECMA-376, part 1, 17.
 */
#ifndef DOCUMENT_DOCX_PARTS_H
#define DOCUMENT_DOCX_PARTS_H

#include <libxml/xmlreader.h>
#include <stdbool.h>

#include "base/fault.h"
#include "base/text.h"
#include "document/document_build.h"
#include "document/docx_package.h"
#include "document/numbering.h"
#include "document/symbol.h"

/* Which list the paragraphs of a style are in. */
struct docx_style {
    char *id;
    long list;
    unsigned level;
};

struct docx_styles {
    struct docx_style *rows;
    size_t count;
};

/* Acts on each start and end of an element, and on text. */
typedef void (*docx_node_fn)(void *context, xmlTextReaderPtr reader, int type, const char *name);

/* Goes through a part. FAULT_BAD_INPUT with the line when it is no well-formed XML, or declares a document type. */
MUST_CHECK bool docx_walk(struct slice part, const char *part_name, docx_node_fn act, void *context,
                          struct fault *fault);

/* An attribute by its local name, whatever its namespace; NULL when there is none. The caller frees. */
char *docx_attribute(xmlTextReaderPtr reader, const char *name);
long docx_number(xmlTextReaderPtr reader, const char *name, long fallback);

/* Appends text with the signs of its font in Unicode: code points U+F000 to U+F0FF, and the letters of a font of signs.
 */
void docx_put_signs(struct slice text, enum symbol_set symbols, struct text *out);

/* Reads the numbering and styles parts; empty parts are no error. */
MUST_CHECK bool docx_read_numbering(struct slice part, struct numbering *numbering, struct fault *fault);
MUST_CHECK bool docx_read_styles(struct slice part, struct docx_styles *styles, struct fault *fault);
void docx_styles_release(struct docx_styles *styles);

#endif
