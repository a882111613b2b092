/* Any bytes as a large value, in pieces whose size the first byte says: the same answers however they are cut. */
#include <stdint.h>

#include "base/must.h"
#include "model/blob_format.h"

static struct blob_look look_at(struct slice bytes, size_t piece)
{
    struct blob_look look = {0};

    for (size_t at = 0; at < bytes.size; at += piece) {
        size_t size = bytes.size - at < piece ? bytes.size - at : piece;

        if (!blob_look_at(&look, (struct slice){bytes.data + at, size}))
            break;
    }
    return look;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice bytes = {(const char *)data + 1, size ? size - 1 : 0};
    struct blob_look whole;
    struct blob_look cut;

    if (size < 2)
        return 0;
    whole = look_at(bytes, bytes.size);
    cut = look_at(bytes, data[0] % 50u + 1);
    must(blob_look_format(&whole) == blob_look_format(&cut));
    must(blob_look_has_pictures(&whole) == blob_look_has_pictures(&cut));
    must(blob_look_is_encrypted(&whole) == blob_look_is_encrypted(&cut));
    return 0;
}
