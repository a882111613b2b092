#ifndef DOCUMENT_HTML_H
#define DOCUMENT_HTML_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/text.h"
#include "document/document.h"

/* Appends what a person reads in the HTML. FAULT_BAD_INPUT, with the offset, for what is broken beyond reading. */
MUST_CHECK bool html_read(struct slice bytes, struct document *document, struct fault *fault);

#endif
