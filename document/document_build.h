/*
 * How a reader fills a document: text runs and pictures in their order, cut into paragraphs. Part of document/ only.
 */
#ifndef DOCUMENT_DOCUMENT_BUILD_H
#define DOCUMENT_DOCUMENT_BUILD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "base/text.h"
#include "document/document.h"

/* Greatest input that is read, and greatest text that comes of it. */
enum { DOCUMENT_BYTES_MAX = 256 * 1024 * 1024 };

struct document *document_new(void);

/* Appends UTF-8 to the paragraph at hand; control characters but the tab are left out. */
void document_put(struct document *document, const char *data, size_t size_bytes);
void document_puts(struct document *document, const char *string);
void document_put_codepoint(struct document *document, unsigned codepoint);

/* Ends the paragraph at hand, empty or not. A paragraph that holds only pictures leaves no empty text. */
void document_end_paragraph(struct document *document);

/* Ends it only when it holds something. */
void document_break(struct document *document);

/* Nothing is in the paragraph at hand yet. */
bool document_at_start(const struct document *document);

/* Places the picture behind the text so far. The bytes become the document's. */
void document_put_picture(struct document *document, struct picture picture);

/* Appends the paragraphs and pictures of another document as paragraphs of their own and leaves that empty. */
void document_append(struct document *document, struct document *other);

size_t document_text_size(const struct document *document); /* bytes of all text so far */

/* False when more text came than DOCUMENT_BYTES_MAX: then the document is not whole. */
MUST_CHECK bool document_finish(struct document *document, struct fault *fault);

#endif
