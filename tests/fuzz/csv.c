/* Any bytes as CSV, in stretches whose size the first byte says: no crash, and the same rows however they are cut. */
#include <stdint.h>
#include <string.h>

#include "base/must.h"
#include "source/csv.h"

struct dripping {
    struct slice left;
    size_t stretch;
};

static bool drip(void *context, struct slice *ret, struct fault *fault)
{
    struct dripping *source = context;
    size_t size = source->stretch < source->left.size ? source->stretch : source->left.size;

    (void)fault;
    *ret = (struct slice){source->left.data, size};
    source->left.data += size;
    source->left.size -= size;
    return true;
}

/* A sum over all values and their places. */
static uint64_t read_all(struct slice bytes, size_t stretch, bool *ret_failed)
{
    struct dripping source = {.left = bytes, .stretch = stretch};
    struct csv *csv = csv_new(',', drip, &source);
    const struct value *values = NULL;
    struct fault fault = {0};
    uint64_t sum = 1;
    size_t count = 0;

    while (csv_next(csv, &values, &count, &fault) && values) {
        for (size_t i = 0; i < count; i++) {
            sum = sum * 31 + i + (uint64_t)values[i].type * 7;
            for (size_t k = 0; k < values[i].text.size; k++)
                sum = sum * 257 + (unsigned char)values[i].text.data[k];
        }
        sum = sum * 1000003 + csv_row(csv);
    }
    *ret_failed = fault.kind != FAULT_NONE;
    csv_destroy(&csv);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice bytes = {(const char *)data + 1, size ? size - 1 : 0};
    bool failed_whole = false;
    bool failed_cut = false;

    if (size == 0)
        return 0;
    must(read_all(bytes, size, &failed_whole) == read_all(bytes, data[0] % 7u + 1, &failed_cut));
    must(failed_whole == failed_cut);
    csv_detect_separator(bytes);
    return 0;
}
