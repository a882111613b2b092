#ifndef DOCUMENT_DOCX_H
#define DOCUMENT_DOCX_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/text.h"
#include "document/document.h"

/* Appends what a person reads in the DOCX. FAULT_BAD_INPUT, with the offset, for what is broken beyond reading. */
MUST_CHECK bool docx_read(struct slice bytes, struct document *document, struct fault *fault);

#endif
