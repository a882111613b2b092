/*
 * The HTML reader's inside: html.c turns elements into paragraphs, html_charset.c finds the encoding, html_picture.c
 * takes pictures out of data: addresses.
 */
#ifndef DOCUMENT_HTML_PARTS_H
#define DOCUMENT_HTML_PARTS_H

#include <stdbool.h>

#include "base/text.h"
#include "document/picture.h"

/* Appends the bytes as UTF-8: by the byte order mark, else by what the head says, else as plain text is taken (WHATWG
 * HTML, "determining the character encoding"). */
void html_put_utf8(struct slice bytes, struct text *out);

/* The picture in a data: address (RFC 2397); false when there is none. */
bool html_picture(const char *address, struct picture *ret);

/* The size that a width or height attribute gives, in points; 0 when it gives none. */
double html_points(const char *attribute);

#endif
