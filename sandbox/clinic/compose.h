/*
 * Texts as an old system keeps them: RTF, HTML or plain text made of plain lines, so that what a person reads in them
 * is known. A line that begins with "• " becomes a list entry, one with tabs a row of a table, a word that begins with
 * "www." a link.
 */
#ifndef SANDBOX_CLINIC_COMPOSE_H
#define SANDBOX_CLINIC_COMPOSE_H

#include "base/text.h"
#include "sandbox/clinic/images.h"

enum embedded { EMBEDDED_PNG, EMBEDDED_JPEG, EMBEDDED_DIB, EMBEDDED_WMF };

struct embedding {
    enum embedded kind;
    const struct raster *raster;
};

/* `text` is UTF-8 with lines ended by '\n'. The n-th picture stands after the n-th line. Appends the document. */
void compose_rtf(const char *text, const struct embedding *pictures, size_t picture_count, struct text *out);

/* Pictures stand in the HTML itself, as PNG or JPEG; other kinds cannot. */
void compose_html(const char *text, const struct embedding *pictures, size_t picture_count, struct text *out);

/* With the line ends of Windows. */
void compose_plain(const char *text, struct text *out);

/* Reads one code point of valid UTF-8 and moves on. */
unsigned next_codepoint(const char **at);

#endif
