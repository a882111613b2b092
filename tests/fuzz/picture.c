/* What claims to be a picture and is read by code of our own: the segments of a JPEG, the elements of DICOM and the
 * records of WMF. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/must.h"
#include "document/surface.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* As in tests/support/lsan.supp. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\n";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct picture picture = {.format = picture_detect((struct slice){(const char *)data, size}), .size = size};
    scoped(surface_destroy) struct surface *surface = NULL;
    struct fault fault = {0};

    if (picture.format != PICTURE_JPEG && picture.format != PICTURE_DICOM && picture.format != PICTURE_WMF)
        return 0;
    picture.bytes = x_alloc_raw(size);
    memcpy(picture.bytes, data, size);
    if (surface_open(&picture, 0, &surface, &fault)) {
        must(surface->width > 0 && surface->width <= SURFACE_SIDE_MAX);
        must(surface->height > 0 && surface->height <= SURFACE_SIDE_MAX);
        must(surface->orientation >= 1 && surface->orientation <= 8);
    } else {
        must(fault.kind == FAULT_BAD_INPUT && fault.text[0]);
    }
    surface_destroy(&surface);
    free(picture.bytes);
    return 0;
}
