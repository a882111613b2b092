/* A multipart body as it comes from the network, in pieces: first byte the size of the pieces, the rest the body. What
 * comes out must not depend on the pieces. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/must.h"
#include "sandbox/multipart.h"

enum { SEEN_MAX = 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_begin(void *argument, const struct multipart_part *part)
{
    text_printf(argument, "%s|%s|%s{", part->name, part->file_name, part->content_type);
}

static void on_data(void *argument, const char *data, size_t size)
{
    must(size > 0);
    text_put(argument, data, size);
}

static void on_end(void *argument)
{
    text_putc(argument, '}');
}

static bool feed(const char *data, size_t size, size_t piece, struct text *seen)
{
    static const struct multipart_events events = {on_begin, on_data, on_end};
    struct multipart *multipart = multipart_new("B", &events, seen);
    bool complete = false;

    for (size_t i = 0; i < size; i += piece) {
        size_t left = size - i < piece ? size - i : piece;
        /* A copy of its own, so that a read beyond the piece is seen. */
        char *copy = x_alloc_raw(left);
        bool good = false;

        memcpy(copy, data + i, left);
        good = multipart_feed(multipart, copy, left);
        free(copy);
        if (!good)
            break;
    }
    complete = multipart_is_complete(multipart);
    multipart_destroy(&multipart);
    return complete;
}

/* Bytes that may be the start of a boundary are held back, so of a body that is not complete one way may show more. */
static void compare(const struct text *whole, const struct text *pieces, bool complete)
{
    size_t size = whole->size < pieces->size ? whole->size : pieces->size;

    must(!complete || whole->size == pieces->size);
    must(memcmp(text_string(whole), text_string(pieces), size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text whole;
    struct text pieces;
    bool complete = false;

    if (size < 2)
        return 0;
    text_init(&whole, SEEN_MAX);
    text_init(&pieces, SEEN_MAX);
    complete = feed((const char *)data + 1, size - 1, size, &whole);
    must(complete == feed((const char *)data + 1, size - 1, (size_t)data[0] + 1, &pieces));
    compare(&whole, &pieces, complete);
    text_release(&whole);
    text_release(&pieces);
    return 0;
}
