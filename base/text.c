#include "base/text.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/must.h"

void text_init(struct text *text, size_t cap_bytes)
{
    *text = (struct text){.cap = cap_bytes};
}

void text_release(struct text *text)
{
    free(text->data);
    text_init(text, text->cap);
}

void text_clear(struct text *text)
{
    text->size = 0;
    text->overflowed = false;
    if (text->data)
        text->data[0] = '\0';
}

static bool reserve(struct text *text, size_t more)
{
    size_t wanted = 0;

    must(text->cap > 0);
    if (text->overflowed || more > text->cap - text->size) {
        text->overflowed = true;
        return false;
    }
    wanted = text->size + more + 1;
    if (wanted > text->room) {
        text->room = wanted < 64 ? 64 : wanted + wanted / 2;
        text->data = x_grow_array(text->data, text->room, 1);
    }
    return true;
}

void text_put(struct text *text, const char *data, size_t size_bytes)
{
    if (!reserve(text, size_bytes))
        return;
    if (size_bytes)
        memcpy(text->data + text->size, data, size_bytes);
    text->size += size_bytes;
    text->data[text->size] = '\0';
}

void text_puts(struct text *text, const char *string)
{
    text_put(text, string, strlen(string));
}

void text_putc(struct text *text, char byte)
{
    text_put(text, &byte, 1);
}

void text_printf(struct text *text, const char *format, ...)
{
    va_list arguments;
    int length = 0;

    va_start(arguments, format);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    must(length >= 0);
    if (!reserve(text, (size_t)length))
        return;
    va_start(arguments, format);
    vsnprintf(text->data + text->size, (size_t)length + 1, format, arguments);
    va_end(arguments);
    text->size += (size_t)length;
}

const char *text_string(const struct text *text)
{
    return text->data ? text->data : "";
}

struct slice text_slice(const struct text *text)
{
    return (struct slice){text_string(text), text->size};
}

char *text_take(struct text *text)
{
    char *data = text->data ? text->data : x_strdup("");

    text_init(text, text->cap);
    return data;
}

struct slice slice_of(const char *string)
{
    return (struct slice){string, strlen(string)};
}

bool slice_equals(struct slice slice, const char *string)
{
    return strlen(string) == slice.size && (slice.size == 0 || memcmp(slice.data, string, slice.size) == 0);
}

struct slice slice_trim(struct slice slice)
{
    while (slice.size && isspace((unsigned char)slice.data[0])) {
        slice.data++;
        slice.size--;
    }
    while (slice.size && isspace((unsigned char)slice.data[slice.size - 1]))
        slice.size--;
    return slice;
}

/* The length of the well-formed sequence at the start of the bytes, 0 when there is none (RFC 3629, section 4). */
static size_t sequence_length(const unsigned char *byte, size_t left)
{
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    size_t length = 0;

    if (byte[0] < 0x80)
        return 1;
    if (byte[0] >= 0xC2 && byte[0] <= 0xDF)
        length = 2;
    else if (byte[0] >= 0xE0 && byte[0] <= 0xEF)
        length = 3;
    else if (byte[0] >= 0xF0 && byte[0] <= 0xF4)
        length = 4;
    if (length == 0 || length > left)
        return 0;
    if (byte[0] == 0xE0)
        low = 0xA0;
    if (byte[0] == 0xED)
        high = 0x9F;
    if (byte[0] == 0xF0)
        low = 0x90;
    if (byte[0] == 0xF4)
        high = 0x8F;
    if (byte[1] < low || byte[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if (byte[i] < 0x80 || byte[i] > 0xBF)
            return 0;
    return length;
}

bool utf8_valid(const char *data, size_t size_bytes)
{
    const unsigned char *bytes = (const unsigned char *)data;
    size_t at = 0;

    while (at < size_bytes) {
        size_t length = 0;
        uint64_t eight = 0;

        /* Most text is ASCII: eight bytes at a time. */
        while (size_bytes - at >= sizeof eight) {
            memcpy(&eight, bytes + at, sizeof eight);
            if (eight & 0x8080808080808080U)
                break;
            at += sizeof eight;
        }
        if (at == size_bytes)
            break;
        length = sequence_length(bytes + at, size_bytes - at);

        if (length == 0)
            return false;
        at += length;
    }
    return true;
}

void text_put_codepoint(struct text *text, unsigned codepoint)
{
    char bytes[4];
    size_t size = 0;

    if (codepoint > 0x10FFFF || (codepoint >= 0xD800 && codepoint <= 0xDFFF))
        codepoint = 0xFFFD;
    if (codepoint < 0x80) {
        bytes[size++] = (char)codepoint;
    } else if (codepoint < 0x800) {
        bytes[size++] = (char)(0xC0 | (codepoint >> 6));
        bytes[size++] = (char)(0x80 | (codepoint & 0x3F));
    } else if (codepoint < 0x10000) {
        bytes[size++] = (char)(0xE0 | (codepoint >> 12));
        bytes[size++] = (char)(0x80 | ((codepoint >> 6) & 0x3F));
        bytes[size++] = (char)(0x80 | (codepoint & 0x3F));
    } else {
        bytes[size++] = (char)(0xF0 | (codepoint >> 18));
        bytes[size++] = (char)(0x80 | ((codepoint >> 12) & 0x3F));
        bytes[size++] = (char)(0x80 | ((codepoint >> 6) & 0x3F));
        bytes[size++] = (char)(0x80 | (codepoint & 0x3F));
    }
    text_put(text, bytes, size);
}
