/*
 * Windows metafiles played as vectors: lines, shapes, text and bitmaps (MS-WMF). A record that draws something that is
 * not known here makes the whole file one that cannot be shown: a drawing with a part missing would be worse.
 */
#ifndef DOCUMENT_WMF_H
#define DOCUMENT_WMF_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/text.h"
#include "document/surface.h"

/* The surface is cairo's recording of the drawing. FAULT_BAD_INPUT says which record is not known or damaged. */
MUST_CHECK bool wmf_open_surface(struct slice bytes, struct surface **ret_surface, struct fault *fault);

#endif
