/* Any bytes: what is taken as JSON is written, read again and written again, and both writings are the same. */
#include <stdint.h>

#include "base/json.h"
#include "base/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WRITTEN_MAX = 16 * 1024 * 1024 };

static void write_value(const struct json *value, struct text *out)
{
    struct json_writer writer;

    text_init(out, WRITTEN_MAX);
    json_write_init(&writer, out);
    json_put_value(&writer, value);
    must(!out->overflowed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json *value = NULL;
    struct json *again = NULL;
    struct fault fault;
    struct text first;
    struct text second;

    if (!json_parse((const char *)data, size, &value, &fault))
        return 0;
    write_value(value, &first);
    must(json_parse(text_string(&first), first.size, &again, &fault));
    write_value(again, &second);
    must(slice_equals(text_slice(&second), text_string(&first)));
    text_release(&first);
    text_release(&second);
    json_destroy(&value);
    json_destroy(&again);
    return 0;
}
