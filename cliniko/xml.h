/*
 * The little of XML that S3's answers need: the text of one element below the root (API reference 8.3, 8.5).
 */
#ifndef CLINIKO_XML_H
#define CLINIKO_XML_H

#include <stdbool.h>

#include "base/text.h"

/* Appends the text of the root's first child of that name. False, with nothing appended, when the text is no
 * well-formed XML of at most 64 KiB, or there is no such element, or it holds more than plain text. */
bool xml_element(struct slice xml, const char *name, struct text *out);

#endif
