#include "document/plain.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/ucnv.h>

#include "base/memory.h"
#include "document/document_build.h"
#include "model/blob_format.h"

enum {
    CHUNK_BYTES = 4096,
    PIVOT_UNITS = 1024,
};

struct text_decoder {
    UConverter *from;
    UConverter *to;
};

bool plain_is_utf16(struct slice bytes, const char **ret_name, size_t *ret_mark)
{
    bool big_endian = false;

    if (!blob_is_utf16(bytes, &big_endian, ret_mark))
        return false;
    *ret_name = big_endian ? "UTF-16BE" : "UTF-16LE";
    return true;
}

struct text_decoder *text_decoder_new(const char *name)
{
    scoped(text_decoder_destroy) struct text_decoder *decoder = x_alloc(sizeof *decoder);
    UErrorCode status = U_ZERO_ERROR;

    decoder->from = ucnv_open(name, &status);
    decoder->to = ucnv_open("UTF-8", &status);
    return U_SUCCESS(status) ? steal(decoder) : NULL;
}

void text_decoder_destroy(struct text_decoder **decoder)
{
    if (!*decoder)
        return;
    ucnv_close((*decoder)->from);
    ucnv_close((*decoder)->to);
    free(*decoder);
    *decoder = NULL;
}

void text_decoder_put(struct text_decoder *decoder, struct slice bytes, struct text *out)
{
    UChar pivot[PIVOT_UNITS];
    UChar *pivot_source = pivot;
    UChar *pivot_target = pivot;
    const char *source = bytes.data;
    const char *end = bytes.data + bytes.size;
    UErrorCode status = U_BUFFER_OVERFLOW_ERROR;
    UBool reset = true;

    while (status == U_BUFFER_OVERFLOW_ERROR && !out->overflowed) {
        char chunk[CHUNK_BYTES];
        char *target = chunk;

        status = U_ZERO_ERROR;
        ucnv_convertEx(decoder->to, decoder->from, &target, chunk + sizeof chunk, &source, end, pivot, &pivot_source,
                       &pivot_target, pivot + PIVOT_UNITS, reset, true, &status);
        reset = false;
        text_put(out, chunk, (size_t)(target - chunk));
    }
    /* What is no character has become U+FFFD; only a stretch that ends within a character is left to tell. */
    if (U_FAILURE(status) && status != U_BUFFER_OVERFLOW_ERROR)
        text_put_codepoint(out, 0xFFFD);
}

bool plain_put_encoded(const char *name, struct slice bytes, struct text *out)
{
    scoped(text_decoder_destroy) struct text_decoder *decoder = text_decoder_new(name);

    if (decoder)
        text_decoder_put(decoder, bytes, out);
    return decoder != NULL;
}

void plain_put_utf8(struct slice bytes, struct text *out)
{
    const char *name = NULL;
    size_t mark = 0;

    if (plain_is_utf16(bytes, &name, &mark)) {
        plain_put_encoded(name, (struct slice){bytes.data + mark, bytes.size - mark}, out);
        return;
    }
    if (bytes.size >= 3 && memcmp(bytes.data, "\xEF\xBB\xBF", 3) == 0)
        bytes = (struct slice){bytes.data + 3, bytes.size - 3};
    if (utf8_valid(bytes.data, bytes.size))
        text_put(out, bytes.data, bytes.size);
    else
        plain_put_encoded("windows-1252", bytes, out);
}

static bool ends_line(char byte)
{
    return byte == '\n' || byte == '\r' || byte == '\f';
}

void plain_put_lines(struct document *document, struct slice text)
{
    while (text.size) {
        size_t size = 0;

        while (size < text.size && !ends_line(text.data[size]))
            size++;
        document_put(document, text.data, size);
        if (size == text.size)
            return;
        document_end_paragraph(document);
        size += text.data[size] == '\r' && size + 1 < text.size && text.data[size + 1] == '\n' ? 2 : 1;
        text = (struct slice){text.data + size, text.size - size};
    }
}

bool plain_read(struct slice bytes, struct document *document, struct fault *fault)
{
    struct text text = {0};

    (void)fault;
    text_init(&text, (size_t)DOCUMENT_BYTES_MAX * 3);
    plain_put_utf8(bytes, &text);
    plain_put_lines(document, text_slice(&text));
    text_release(&text);
    return true;
}
