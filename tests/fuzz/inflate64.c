/* Any bytes as a Deflate64 stream, given in pieces: it ends, is damaged or is short, and writes no more than it is
 * allowed to. Input: a byte for the size of the pieces, then the stream. */
#include <stdint.h>

#include "base/must.h"
#include "source/inflate64.h"

enum { OUTPUT_MAX = 4 * 1024 * 1024 };

struct stream {
    const uint8_t *data;
    size_t size;
    size_t piece;
    size_t given;
};

static volatile unsigned sink;

static bool fill(void *context, const uint8_t **ret, size_t *ret_size)
{
    struct stream *stream = context;

    *ret = stream->data;
    *ret_size = stream->piece < stream->size ? stream->piece : stream->size;
    stream->data += *ret_size;
    stream->size -= *ret_size;
    return true;
}

static bool take(void *context, const uint8_t *data, size_t size)
{
    struct stream *stream = context;
    unsigned sum = 0;

    for (size_t i = 0; i < size; i++)
        sum += data[i];
    sink += sum;
    stream->given += size;
    return stream->given <= OUTPUT_MAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stream stream = {0};
    enum inflate64_result result;

    if (size == 0)
        return 0;
    stream = (struct stream){.data = data + 1, .size = size - 1, .piece = data[0] + 1u};
    result = inflate64(fill, take, &stream);
    must(result != INFLATE64_STOPPED || stream.given > OUTPUT_MAX);
    return 0;
}
