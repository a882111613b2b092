/*
 * Tab stops for the rows of a table, whose cells stand apart by tabs.
 */
#ifndef DOCUMENT_PDF_TABLE_H
#define DOCUMENT_PDF_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "document/document.h"
#include "document/pdf_flow.h"

/* How many paragraphs from this one on are rows of a table; 0 when this one is none. */
size_t table_row_count(const struct document *document, size_t first);

/* Stops that set the cells of these rows under each other. False when they do not fit on the page: then the distance of
 * tabs is even. */
bool table_tabs(struct flow *flow, const struct document *document, size_t first, size_t count, struct flow_tabs *ret);

#endif
